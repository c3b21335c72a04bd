//! OAuth 2.0 as the org decides it: what a registered app may ask for, and whether a request is
//! right. Tokens themselves, keys and clocks are the shells'. (RFC 6749, 7523, 7636, 8252, 8628;
//! the platform's "OAuth Authorization Flows".)

mod scope;

pub use scope::{ALL_SCOPES, Scope, Scopes};
