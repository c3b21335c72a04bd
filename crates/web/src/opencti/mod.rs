//! The host's side of Open CTI: the libraries, and what stands behind each method.

use axum::Router;

use crate::AppState;

/// Routes of the console origin.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
}

/// Routes of both origins: the libraries.
pub(crate) fn library_routes() -> Router<AppState> {
    Router::new()
}
