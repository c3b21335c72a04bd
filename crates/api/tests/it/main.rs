//! The API as clients meet it, request by request, with a real store in a folder.

mod auth_exchanges;
mod doors;
mod house;
mod oauth;
mod office;
mod soap_login;
mod streaming;
