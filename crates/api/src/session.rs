//! Who asks: the token of a request, and the user behind it with all rights worked out.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use offhook_org::UserContext;
use offhook_org::oauth::Scope;
use offhook_store::accounts::{ApiSession, api_enabled};

use crate::error::ApiError;
use crate::version::ApiVersion;
use crate::{ApiState, now_ms};

/// The user of a request, and the version that was asked for. An extractor: without a live
/// session the answer is 401 `INVALID_SESSION_ID`, and for nothing else.
#[derive(Debug, Clone)]
pub struct ApiUser {
    /// The user with all rights.
    pub user: Arc<UserContext>,
    /// The session.
    pub session: ApiSession,
    /// From the path; the newest where the path has none.
    pub version: ApiVersion,
}

impl FromRequestParts<ApiState> for ApiUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        let token = token_of(&parts.headers, &parts.uri).ok_or_else(ApiError::dead_session)?;
        let version = version_of(parts.uri.path())?;
        authenticate(state, &token, version).await
    }
}

/// The user of this session, or 401. SOAP calls it with the token from the body.
pub(crate) async fn authenticate(
    state: &ApiState,
    token: &str,
    version: ApiVersion,
) -> Result<ApiUser, ApiError> {
    let session = state.store.api_session(token, now_ms()).await?;
    let session = session.ok_or_else(ApiError::dead_session)?;
    let user = state.store.user_context(&session.user).await?;
    let user = user.ok_or_else(ApiError::dead_session)?;
    if !api_enabled(&user) {
        return Err(ApiError::forbidden(
            "API_CURRENTLY_DISABLED",
            "API is disabled for this User. Ask an administrator for the permission API Enabled",
        ));
    }
    if !session.scopes.allow(Scope::Api) {
        return Err(ApiError::forbidden(
            "INSUFFICIENT_ACCESS",
            "this token is not for the API: its scopes do not include api. Sign in again with \
             the scope api",
        ));
    }
    Ok(ApiUser {
        user: Arc::new(user),
        session,
        version,
    })
}

/// The token as any of the clients sends it.
pub(crate) fn token_of(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let authorization = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.trim().split_once(' '))
        .filter(|(scheme, _)| {
            scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("oauth")
        })
        .map(|(_, token)| token.trim().to_owned());
    let session = || {
        let value = headers.get("x-sfdc-session")?.to_str().ok()?;
        Some(value.trim().to_owned())
    };
    let in_query = || {
        let query = uri.query()?.as_bytes();
        let mut pairs = form_urlencoded::parse(query);
        pairs
            .find(|(name, _)| name == "oauth_token")
            .map(|(_, token)| token.into_owned())
    };
    authorization
        .or_else(session)
        .or_else(in_query)
        .filter(|token| !token.is_empty())
}

/// The version in a path of any door; the newest where there is none.
fn version_of(path: &str) -> Result<ApiVersion, ApiError> {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    let version = match (segments.next(), segments.next()) {
        (Some("services"), Some("data" | "async")) => segments.next(),
        (Some("services"), Some("Soap")) => segments.nth(1),
        _ => None,
    };
    match version {
        Some(text) => Ok(ApiVersion::parse(text)?),
        None => Ok(ApiVersion::NEWEST),
    }
}
