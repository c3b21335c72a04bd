//! Who asks: the token of a request, and the user behind it with all rights worked out.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

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
    ticket: Ticket,
}

/// By which the session is looked at again.
#[derive(Clone)]
struct Ticket {
    token: Arc<str>,
    /// How often sessions had been revoked when this one was found to be good.
    revocations: u64,
}

impl std::fmt::Debug for Ticket {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Ticket")
    }
}

/// How often a session is looked at that nobody revoked: its user may have been deactivated.
const RECHECK: Duration = Duration::from_secs(1);

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
    let revocations = *state.store.api_revocations().borrow();
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
        ticket: Ticket {
            token: token.into(),
            revocations,
        },
    })
}

impl ApiUser {
    /// Refuses with 401 if the session ended since it was looked at; of a session that nobody
    /// revoked the database is not asked.
    pub(crate) async fn check(&self, state: &ApiState) -> Result<(), ApiError> {
        if *state.store.api_revocations().borrow() == self.ticket.revocations {
            return Ok(());
        }
        self.look(state).await
    }

    async fn look(&self, state: &ApiState) -> Result<(), ApiError> {
        let again = authenticate(state, &self.ticket.token, self.version);
        again.await.map(drop)
    }

    /// What `work` answers, or 401 as soon as the session is revoked or its user deactivated. Only
    /// for work that reads: it is dropped where it stands.
    pub(crate) async fn while_good<T>(
        &self,
        state: &ApiState,
        work: impl Future<Output = Result<T, ApiError>>,
    ) -> Result<T, ApiError> {
        let mut watch = Watch::new(state, self);
        tokio::select! {
            biased;
            answer = work => {
                self.check(state).await?;
                answer
            }
            ended = watch.ended() => Err(ended),
        }
    }
}

/// Looks at a session for as long as something is done for it.
pub(crate) struct Watch {
    state: ApiState,
    user: ApiUser,
    revocations: tokio::sync::watch::Receiver<u64>,
    next_look: tokio::time::Instant,
}

impl Watch {
    pub(crate) fn new(state: &ApiState, user: &ApiUser) -> Self {
        Self {
            state: state.clone(),
            user: user.clone(),
            revocations: state.store.api_revocations(),
            next_look: tokio::time::Instant::now() + RECHECK,
        }
    }

    /// Comes back when the session is no longer good, with what the client is told.
    async fn ended(&mut self) -> ApiError {
        loop {
            let next = tokio::time::sleep_until(self.next_look);
            tokio::select! {
                () = next => {}
                // A store that is gone revokes nothing any more.
                Ok(()) = self.revocations.changed() => {}
            }
            if let Err(error) = self.look().await {
                return error;
            }
        }
    }

    /// Refuses with 401 if the session ended; asks the database once a second at most, and
    /// whenever sessions were revoked.
    pub(crate) async fn check(&mut self) -> Result<(), ApiError> {
        let is_due = tokio::time::Instant::now() >= self.next_look;
        match is_due || self.revocations.has_changed().unwrap_or(false) {
            true => self.look().await,
            false => Ok(()),
        }
    }

    async fn look(&mut self) -> Result<(), ApiError> {
        self.revocations.borrow_and_update();
        self.next_look = tokio::time::Instant::now() + RECHECK;
        match self.user.look(&self.state).await {
            // A database that does not answer ends nothing that is under way.
            Err(error) if error.status.is_server_error() => Ok(()),
            looked => looked,
        }
    }
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
