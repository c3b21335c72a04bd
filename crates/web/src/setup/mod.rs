//! Setup: what an admin arranges.

use axum::Router;

use crate::AppState;

/// Routes of the console origin, below `/lightning/setup`.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
}
