//! Who is asking: the console's session cookie, and what a handler gets to know of it.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use offhook_org::{RecordId, UserContext};
use offhook_store::StoreError;
use offhook_store::accounts::{
    SIGNED_IN, Session, SignInDoor, SignInError, SignInName, sign_in_status,
};

use crate::error::Failure;
use crate::headers::Nonce;
use crate::{AppState, now_ms};

/// A request that asks for the `<main>` element alone carries this header.
const FRAGMENT_HEADER: &str = "x-offhook-fragment";

/// The signed-in user, and what a page must know of the request. An extractor: without a session
/// it sends a person to the login page, and a script away with 401.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    pub(crate) session: Session,
    pub(crate) user: UserContext,
    pub(crate) visit: Visit,
}

/// What a page must know of the request, whoever asks.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    /// For the scripts of the page.
    pub(crate) nonce: String,
    /// Only the `<main>` element is wanted.
    pub(crate) fragment: bool,
    /// Path and query.
    pub(crate) url: String,
}

impl SignedIn {
    /// The id of the user's record. Every session has one.
    pub(crate) fn user_id(&self) -> &RecordId {
        &self.session.user
    }
}

/// The session of a request, worked out once for all that handle it.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) session: Session,
    pub(crate) user: UserContext,
}

/// From where a request came, for the history of sign-ins.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    source: Option<IpAddr>,
    program: String,
}

impl Origin {
    /// Notes that this user signed in, or that somebody with this name did not.
    pub(crate) fn note(
        &self,
        state: &AppState,
        name: &str,
        signed_in: &Result<Session, SignInError>,
        application: &str,
        login_url: &'static str,
    ) {
        let (who, status) = match signed_in {
            Ok(session) => (SignInName::User(session.user.clone()), SIGNED_IN),
            Err(problem) => (SignInName::Given(name.to_owned()), sign_in_status(problem)),
        };
        let door = self.door(application, login_url);
        state.store.note_sign_in_later(who, status, door, now_ms());
    }

    /// Notes where a session began, for its user to tell it from others.
    pub(crate) async fn describe(
        &self,
        state: &AppState,
        session: &Session,
    ) -> Result<(), StoreError> {
        let source = self.source.map_or(String::new(), |ip| ip.to_string());
        let described =
            state
                .store
                .describe_session(&session.token, &source, &self.program, now_ms());
        described.await
    }

    /// Notes that this user came in with something else than a password.
    pub(crate) fn note_user(
        &self,
        state: &AppState,
        user: &RecordId,
        application: &str,
        login_url: &'static str,
    ) {
        let (who, door) = (
            SignInName::User(user.clone()),
            self.door(application, login_url),
        );
        state
            .store
            .note_sign_in_later(who, SIGNED_IN, door, now_ms());
    }

    fn door(&self, application: &str, login_url: &'static str) -> SignInDoor {
        SignInDoor {
            login_type: "Application",
            application: application.to_owned(),
            source: self.source,
            program: self.program.clone(),
            login_url,
            ..SignInDoor::default()
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Origin {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let program = parts.headers.get(header::USER_AGENT);
        let program = program.and_then(|value| value.to_str().ok());
        Ok(Self {
            source: peer.map(|ConnectInfo(peer)| peer.ip()),
            program: program.unwrap_or_default().to_owned(),
        })
    }
}

/// Looks the session cookie up, for everything below.
pub(crate) async fn load(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    match known(&state, request.headers()).await {
        Ok(Some(known)) => {
            request.extensions_mut().insert(known);
        }
        Ok(None) => {}
        Err(failure) => return failure.into_response(),
    }
    next.run(request).await
}

async fn known(state: &AppState, headers: &HeaderMap) -> Result<Option<Known>, Failure> {
    let Some(token) = cookie(headers, cookie_name(state)) else {
        return Ok(None);
    };
    let Some(session) = state.store.session(token, now_ms()).await? else {
        return Ok(None);
    };
    let user = state.store.user_context(&session.user).await?;
    Ok(user.map(|user| Known { session, user }))
}

impl<S: Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let visit = Visit::of(parts);
        match parts.extensions.get::<Known>() {
            Some(Known { session, user }) => Ok(Self {
                session: session.clone(),
                user: user.clone(),
                visit,
            }),
            None => Err(Failure::SignedOut {
                page_wanted: !visit.fragment && accepts_page(&parts.headers),
                next: visit.url,
            }),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(parts))
    }
}

impl Visit {
    pub(crate) fn of(parts: &Parts) -> Self {
        let url = parts.uri.path_and_query().map_or("/", |url| url.as_str());
        Self {
            nonce: parts
                .extensions
                .get::<Nonce>()
                .map(|n| n.0.clone())
                .unwrap_or_default(),
            fragment: parts.headers.contains_key(FRAGMENT_HEADER),
            url: url.to_owned(),
        }
    }
}

fn accepts_page(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|v| v.to_str().ok())
        .is_none_or(|v| v.contains("text/html") || v.contains("*/*"))
        && !headers.contains_key("x-csrf-token")
}

/// The value of a cookie.
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// `__Host-` binds the cookie to https and to this host alone; plain http is for loopback only.
fn cookie_name(state: &AppState) -> &'static str {
    if secure(state) {
        "__Host-offhook_session"
    } else {
        "offhook_session"
    }
}

fn secure(state: &AppState) -> bool {
    state.settings.console_origin.starts_with("https:")
}

/// The `Set-Cookie` that starts a session.
pub(crate) fn set_cookie(state: &AppState, token: &str) -> HeaderValue {
    cookie_header(state, token, "")
}

/// The `Set-Cookie` that ends it.
pub(crate) fn clear_cookie(state: &AppState) -> HeaderValue {
    cookie_header(state, "", "; Max-Age=0")
}

fn cookie_header(state: &AppState, value: &str, more: &str) -> HeaderValue {
    let secure = if secure(state) { "; Secure" } else { "" };
    let name = cookie_name(state);
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{more}");
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
}
