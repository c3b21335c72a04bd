//! The store, tested as the other rooms see it: every test runs on SQLite and on PostgreSQL.

mod accounts;
mod calls;
mod databases;
mod open;
