//! The API as clients meet it, request by request, with a real store in a folder.

mod auth_exchanges;
mod bad_input;
mod bulk;
mod bulk_edges;
#[path = "../../../store/tests/it/cluster.rs"]
mod cluster;
mod codes;
mod doors;
mod endpoints;
mod events;
mod exchanges;
mod files;
mod house;
mod injections;
mod many;
mod matrix;
mod oauth;
mod oauth_ways;
mod office;
mod queries;
mod records;
mod resources;
mod revoked;
#[path = "../../../store/tests/it/schemas.rs"]
mod schemas;
mod shapes;
mod sign_ins;
mod soap;
mod soap_login;
mod streaming;
mod usage;
mod xml_bodies;
