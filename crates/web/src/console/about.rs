//! What this is, and whose work is in it.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::shell;
use crate::AppState;
use crate::error::Failure;
use crate::session::Visit;

#[derive(Template)]
#[template(path = "about.html")]
struct AboutTemplate {
    version: &'static str,
}

/// `/about`, with or without a session.
pub(crate) async fn page(State(state): State<AppState>, visit: Visit) -> Result<Response, Failure> {
    let body = AboutTemplate {
        version: state.settings.version,
    };
    shell::bare_page(&visit, StatusCode::OK, "About", &body)
}

/// `/favicon.svg`: the mark of the brand.
pub(crate) async fn favicon() -> impl IntoResponse {
    let head = [
        ("content-type", "image/svg+xml"),
        ("cache-control", "max-age=86400"),
    ];
    (head, include_str!("../../templates/favicon.svg"))
}
