//! Which app asks, and whether it proves that: id and secret in the form, or as HTTP Basic.

use axum::http::header;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use offhook_org::oauth::Flow;
use offhook_store::accounts::ConnectedApp;
use percent_encoding::percent_decode_str;

use super::OauthError;
use super::params::Asked;
use crate::ApiState;

/// An app that is there and not blocked, and whether it proved that it is itself.
pub(super) struct Client {
    pub(super) app: ConnectedApp,
    has_proven: bool,
}

impl Client {
    /// The client of a request. A wrong secret is refused whether or not one is needed.
    pub(super) async fn of(state: &ApiState, asked: &Asked) -> Result<Self, OauthError> {
        let (id, secret) = credentials(asked);
        let app = app_of(state, &id).await?;
        if secret.is_empty() {
            return Ok(Self {
                app,
                has_proven: false,
            });
        }
        let fits = state.store.app_secret_fits(&app.id, &secret, asked.now_ms);
        match fits.await? {
            true => Ok(Self {
                app,
                has_proven: true,
            }),
            false => Err(OauthError::client("invalid client credentials")),
        }
    }

    /// The app, if it proved itself.
    pub(super) fn proven(self) -> Result<ConnectedApp, OauthError> {
        match self.has_proven {
            true => Ok(self.app),
            false => Err(OauthError::client("invalid client credentials")),
        }
    }

    /// The app, if it proved itself or need not.
    pub(super) fn proven_if_needed(self) -> Result<ConnectedApp, OauthError> {
        match self.has_proven || !self.app.settings.secret_required {
            true => Ok(self.app),
            false => Err(OauthError::client("invalid client credentials")),
        }
    }
}

/// The app with this consumer key.
pub(super) async fn app_of(state: &ApiState, client_id: &str) -> Result<ConnectedApp, OauthError> {
    let app = match client_id.is_empty() {
        true => None,
        false => state.store.connected_app_of_client(client_id).await?,
    };
    match app {
        None => Err(OauthError::new(
            "invalid_client_id",
            "client identifier invalid",
        )),
        Some(app) if app.settings.is_blocked => Err(OauthError::new(
            "OAUTH_APP_BLOCKED",
            "this app is blocked by admin",
        )),
        Some(app) => Ok(app),
    }
}

/// Refuses a flow that the app does not have.
pub(super) fn check_flow(app: &ConnectedApp, flow: Flow) -> Result<(), OauthError> {
    match app.settings.flows.contains(&flow) {
        true => Ok(()),
        false => Err(OauthError::new(
            "unauthorized_client",
            format!(
                "the flow is not enabled for this app: an administrator can enable {} in Setup, \
                 Connected Apps",
                flow.label()
            ),
        )),
    }
}

/// Id and secret: of the Authorization header where it is Basic, else of the form.
fn credentials(asked: &Asked) -> (String, String) {
    basic(asked).unwrap_or_else(|| {
        let secret = asked.value("client_secret").to_owned();
        (asked.value("client_id").to_owned(), secret)
    })
}

fn basic(asked: &Asked) -> Option<(String, String)> {
    let value = asked.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decode = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
    Some((decode(id), decode(secret)))
}
