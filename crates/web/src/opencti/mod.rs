//! The host's side of Open CTI: the libraries that softphones load, the frame they are put in,
//! and what stands behind each method that the server answers.

mod adapter_url;
mod host;
mod phone_frame;
mod pop;
mod pop_request;
mod save_log;
mod scripts;

use axum::Router;
use axum::routing::{get, post};

use crate::AppState;

pub(crate) use adapter_url::AdapterUrl;
pub(crate) use pop::{Popped, search_and_choose};

/// Routes of the console origin.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/host/call", post(host::call))
        .route("/host/phone-frame", post(phone_frame::frame))
}

/// Routes of both origins: the libraries. Adapters that put a path behind `document.referrer`
/// ask with two slashes.
pub(crate) fn library_routes() -> Router<AppState> {
    Router::new()
        .route(
            "/support/api/{version}/lightning/{file}",
            get(scripts::library),
        )
        .route(
            "//support/api/{version}/lightning/{file}",
            get(scripts::library),
        )
}
