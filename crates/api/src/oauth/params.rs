//! The pairs of a request, from its form or its address, and the address that it came to.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri};

use super::OauthError;
use crate::door::{Origin, OverTls, base_address};
use crate::session::token_of;
use crate::{ApiState, now_ms};

/// One request to an OAuth endpoint.
pub(super) struct Asked {
    pub(super) method: Method,
    pub(super) headers: HeaderMap,
    pub(super) uri: Uri,
    /// Scheme, host and port that the client used.
    pub(super) base: String,
    pub(super) now_ms: i64,
    /// From where it came.
    pub(super) origin: Origin,
    /// The form's pairs, then those of the address.
    pairs: Vec<(String, String)>,
}

impl Asked {
    /// The first value under a name; empty when there is none.
    pub(super) fn value(&self, name: &str) -> &str {
        let found = self.pairs.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// The access token that the request carries.
    pub(super) fn access_token(&self) -> Option<String> {
        let in_form = Some(self.value("access_token").to_owned());
        token_of(&self.headers, &self.uri).or(in_form.filter(|token| !token.is_empty()))
    }
}

impl FromRequest<ApiState> for Asked {
    type Rejection = OauthError;

    async fn from_request(request: Request, state: &ApiState) -> Result<Self, OauthError> {
        let (parts, body) = request.into_parts();
        let base = Base::of(&parts, state).0;
        let origin = Origin::of(&parts.extensions, &parts.headers);
        let Parts {
            method,
            uri,
            headers,
            ..
        } = parts.clone();
        let request = Request::from_parts(parts, body);
        let body = Bytes::from_request(request, state)
            .await
            .map_err(|_| OauthError {
                status: StatusCode::PAYLOAD_TOO_LARGE,
                ..OauthError::new("invalid_request", "the request is larger than 64 kB")
            })?;
        let query = uri.query().unwrap_or_default().as_bytes();
        let (form, query) = (form_urlencoded::parse(&body), form_urlencoded::parse(query));
        let pairs = form.into_owned().chain(query.into_owned());
        Ok(Self {
            pairs: pairs.collect(),
            method,
            headers,
            uri,
            base,
            now_ms: now_ms(),
            origin,
        })
    }
}

/// Scheme, host and port that the client used.
pub(super) struct Base(pub(super) String);

impl Base {
    fn of(parts: &Parts, state: &ApiState) -> Self {
        let over_tls = parts.extensions.get::<OverTls>().is_some();
        Self(base_address(&state.settings, &parts.headers, over_tls))
    }
}

impl FromRequestParts<ApiState> for Base {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &ApiState,
    ) -> Result<Self, Self::Rejection> {
        Ok(Self::of(parts, state))
    }
}
