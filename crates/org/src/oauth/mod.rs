//! OAuth 2.0 as the org decides it: what a registered app may ask for, and whether a request is
//! right. Tokens themselves, keys and clocks are the shells'. (RFC 6749, 7523, 7636, 8252, 8628;
//! the platform's "OAuth Authorization Flows".)

mod app;
mod assertion;
mod authorization;
mod redirect;
mod scope;

pub use app::{
    APP_DESCRIPTION_MAX, APP_NAME_MAX, AppProblem, AppSettings, Flow, PermittedUsers, REDIRECTS_MAX,
};
pub use assertion::{Claims, ClaimsError, read_claims};
pub use authorization::{
    Authorization, AuthorizationError, AuthorizationParams, REDIRECT_MISMATCH, authorization,
};
pub use redirect::{
    REDIRECT_LENGTH_MAX, RedirectError, check_redirect, is_registered, origin_of, with_pairs,
};
pub use scope::{ALL_SCOPES, Scope, Scopes};
