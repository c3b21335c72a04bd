//! The pages of OAuth that people see: signing in for an app, consent, the code of a device, and
//! the door through which a token opens the console. What an app may ask for is decided by
//! `org::oauth`; the endpoints that programs call are the API's.

mod authorize;
mod consent;
mod device;
mod frontdoor;
mod request;

use axum::Router;
use axum::routing::get;

use crate::AppState;

/// Routes of the console's origin.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route(
            "/services/oauth2/authorize",
            get(authorize::page).post(authorize::sign_in),
        )
        .route(
            "/services/oauth2/approve",
            get(consent::page).post(consent::answer),
        )
        .route("/setup/connect", get(device::page).post(device::ask))
        .route("/setup/connect/answer", axum::routing::post(device::answer))
        .route("/secur/frontdoor.jsp", get(frontdoor::enter))
}
