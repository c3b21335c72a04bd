//! The host's side of Open CTI: the libraries that softphones load, the frame they are put in,
//! and what stands behind each method that the server answers.

mod adapter_url;
mod classic;
mod host;
pub(crate) mod membership;
mod phone_frame;
mod pop;
mod pop_request;
mod record_info;
mod run_apex;
mod save_log;
mod scripts;
mod web_tab;

use axum::Router;
use axum::routing::{get, post};

use crate::AppState;

pub(crate) use adapter_url::AdapterUrl;
pub(crate) use pop::{Popped, search_and_choose};

/// Routes of the console origin.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/host/call", post(host::call))
        .route("/host/record", post(record_info::record))
        .route("/host/phone-frame", post(phone_frame::frame))
        .route("/lightning/web", get(web_tab::page_in_tab))
}

/// Routes of both origins: the libraries. Adapters that put a path behind `document.referrer`
/// ask with two slashes.
pub(crate) fn library_routes() -> Router<AppState> {
    let mut router = Router::new();
    for slash in ["/", "//"] {
        let lightning = format!("{slash}support/api/{{version}}/lightning/{{file}}");
        let interaction = format!("{slash}support/api/{{version}}/interaction.js");
        let integration = format!("{slash}support/console/{{version}}/integration.js");
        router = router
            .route(&lightning, get(scripts::library))
            .route(&interaction, get(scripts::interaction))
            .route(&integration, get(scripts::integration));
    }
    router
}
