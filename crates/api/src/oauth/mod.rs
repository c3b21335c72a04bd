//! OAuth 2.0 endpoints that programs call: tokens, their end, and who is behind them. The pages
//! on which people sign in and consent are the web's. Errors are one JSON object, never the array
//! of REST.

mod client;
mod facts;
mod identity;
mod params;
mod reply;
mod token;

use std::borrow::Cow;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use offhook_store::StoreError;
use serde_json::json;

use crate::ApiState;
use crate::error::JSON_TYPE;

/// The largest form: a JWT of 16 kB and its neighbours.
const FORM_SIZE_MAX: usize = 64 * 1024;

/// Routes of the console's origin.
pub(crate) fn routes() -> Router<ApiState> {
    Router::new()
        .route("/services/oauth2/token", any(token::token))
        .route("/services/oauth2/revoke", any(facts::revoke))
        .route("/services/oauth2/introspect", any(facts::introspect))
        .route("/services/oauth2/singleaccess", any(facts::single_access))
        .route("/services/oauth2/userinfo", any(identity::user_info))
        .route("/id/keys", get(identity::keys))
        .route("/id/{org}/{user}", any(identity::identity))
        .route(
            "/.well-known/openid-configuration",
            get(identity::configuration),
        )
        .layer(DefaultBodyLimit::max(FORM_SIZE_MAX))
}

/// Why a client gets no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OauthError {
    status: StatusCode,
    error: &'static str,
    description: Cow<'static, str>,
}

impl OauthError {
    /// 400 with this error and these words, which clients match.
    pub(crate) fn new(error: &'static str, description: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            error,
            description: description.into(),
        }
    }

    /// What went wrong, in the words of the answer.
    pub(crate) fn description(&self) -> &str {
        &self.description
    }

    /// 401: the client did not prove who it is.
    pub(crate) fn client(description: &'static str) -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            ..Self::new("invalid_client", description)
        }
    }
}

impl From<StoreError> for OauthError {
    fn from(error: StoreError) -> Self {
        if let StoreError::Busy(why) | StoreError::Deadlock(why) = &error {
            tracing::warn!(%why, "the database was busy");
            return Self {
                status: StatusCode::SERVICE_UNAVAILABLE,
                ..Self::new("temporarily_unavailable", "the database is busy: try again")
            };
        }
        tracing::error!(%error, "an OAuth request failed");
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            ..Self::new(
                "server_error",
                "unknown error; the log of the server says more",
            )
        }
    }
}

impl IntoResponse for OauthError {
    fn into_response(self) -> Response {
        let body = json!({"error": self.error, "error_description": self.description});
        (self.status, uncached(body)).into_response()
    }
}

/// A JSON answer that nobody keeps.
fn uncached(body: serde_json::Value) -> Response {
    let headers = [
        (header::CONTENT_TYPE, JSON_TYPE),
        (header::CACHE_CONTROL, "no-cache, no-store"),
        (header::PRAGMA, "no-cache"),
    ];
    (headers, body.to_string()).into_response()
}
