//! The store, tested as the other rooms see it: every test runs on SQLite and on PostgreSQL.

mod accounts;
mod api_access;
mod backup;
mod bin_page;
mod bulk;
mod call_logs;
mod calls;
mod conversions;
mod cti;
mod databases;
mod desk;
mod events;
mod matrix;
mod metadata;
mod oauth;
mod open;
mod query;
mod query_differential;
mod records;
mod recycle_bin;
mod rights;
mod search;
mod soql_vectors;
mod usage;
mod versions;
mod write;
