//! The page for what could not be done.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::shell::{self, Head};
use crate::AppState;
use crate::error::Sentence;
use crate::session::{SignedIn, Visit};

#[derive(Template)]
#[template(path = "failure.html")]
struct FailureTemplate<'a> {
    sentence: &'a Sentence,
}

/// In the console's frame.
pub(crate) async fn page(
    state: &AppState,
    who: &SignedIn,
    status: StatusCode,
    sentence: &Sentence,
) -> Response {
    let head = Head {
        kind: "failure",
        title: short(status).to_owned(),
        icon: "unmatched".to_owned(),
        ..Head::default()
    };
    let body = FailureTemplate { sentence };
    match shell::page_with_status(state, who, status, head, &body).await {
        Ok(response) => response,
        // The frame itself needs what is broken: the words alone must do.
        Err(_) => bare_page(&who.visit, status, sentence),
    }
}

/// The title of the tab.
fn short(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "Not found",
        StatusCode::FORBIDDEN => "Not allowed",
        _ => "Error",
    }
}

/// Without a session.
pub(crate) fn bare_page(visit: &Visit, status: StatusCode, sentence: &Sentence) -> Response {
    shell::bare_page(
        visit,
        status,
        &sentence.title,
        &FailureTemplate { sentence },
    )
    .unwrap_or_else(|_| (status, sentence.text.clone()).into_response())
}
