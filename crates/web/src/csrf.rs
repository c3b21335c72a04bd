//! Requests that change something must come from our own pages: the Origin must be the console's,
//! and the session's token must come along, in the header `X-CSRF-Token` or in the form's field
//! `_csrf`. One guard stands before every route of the console, so none can be forgotten; files
//! that are uploaded come beside it, because it holds whole bodies, and check the same.

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::AppState;
use crate::error::Failure;
use crate::session::Known;

/// The largest body taken: a call center definition of 5 MiB and its form around it.
const BODY_SIZE_MAX: usize = 6 * 1024 * 1024;

/// The guard.
pub(crate) async fn guard(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    ) {
        return next.run(request).await;
    }
    match checked(&state, request).await {
        Ok(request) => next.run(request).await,
        Err(failure) => failure.into_response(),
    }
}

async fn checked(state: &AppState, request: Request) -> Result<Request, Failure> {
    check_origin(state, request.headers())?;
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, BODY_SIZE_MAX)
        .await
        .map_err(|_| Failure::TooLarge)?;
    // Without a session there is nothing to forge; the Origin was checked.
    if let Some(known) = parts.extensions.get::<Known>()
        && !carries_token(&parts.headers, &body, &known.session.csrf_token)
    {
        return Err(Failure::StaleForm);
    }
    Ok(Request::from_parts(parts, Body::from(body)))
}

/// Refuses a request that came from another origin.
pub(crate) fn check_origin(state: &AppState, headers: &HeaderMap) -> Result<(), Failure> {
    let origin = headers.get(header::ORIGIN).and_then(|v| v.to_str().ok());
    match origin == Some(state.settings.console_origin.as_str()) {
        true => Ok(()),
        false => Err(Failure::WrongOrigin {
            console_origin: state.settings.console_origin.clone(),
        }),
    }
}

/// Is the session's token in the header?
pub(crate) fn header_carries(headers: &HeaderMap, token: &str) -> bool {
    let given = headers.get("x-csrf-token");
    given.is_some_and(|given| same(given.as_bytes(), token.as_bytes()))
}

fn carries_token(headers: &HeaderMap, body: &Bytes, token: &str) -> bool {
    if headers.contains_key("x-csrf-token") {
        return header_carries(headers, token);
    }
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or("");
    if kind.starts_with("application/x-www-form-urlencoded") {
        return crate::query::pairs(body)
            .iter()
            .any(|(name, value)| name == "_csrf" && same(value.as_bytes(), token.as_bytes()));
    }
    if kind.starts_with("multipart/form-data") {
        let part = format!("name=\"_csrf\"\r\n\r\n{token}\r\n");
        return body
            .windows(part.len())
            .any(|window| window == part.as_bytes());
    }
    false
}

/// Compares in a time that does not tell where the two differ.
pub(crate) fn same(given: &[u8], token: &[u8]) -> bool {
    given.len() == token.len()
        && !token.is_empty()
        && given
            .iter()
            .zip(token)
            .fold(0, |difference, (a, b)| difference | (a ^ b))
            == 0
}
