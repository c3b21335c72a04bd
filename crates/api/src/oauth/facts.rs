//! What becomes of a token: revoke, introspect, and the way from it into the console.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use offhook_org::oauth::Scope;
use offhook_org::{RecordId, UserContext};
use offhook_store::accounts::ConnectedApp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value as Json, json};

use super::client::Client;
use super::identity::{bad_token, bearer};
use super::params::Asked;
use super::reply::identity_url;
use super::{OauthError, uncached};
use crate::ApiState;

/// `revoke`: by POST or GET, by whoever has the token.
pub(super) async fn revoke(
    State(state): State<ApiState>,
    asked: Asked,
) -> Result<Response, OauthError> {
    let token = asked.value("token");
    if token.is_empty() {
        let text = "missing required token parameter";
        return Err(OauthError::new("invalid_request", text));
    }
    match state.store.revoke_token(token).await? {
        true => Ok(StatusCode::OK.into_response()),
        false => Err(OauthError::new(
            "invalid_token",
            "the token is not one of this org's, or has ended already",
        )),
    }
}

/// `introspect`: an app asks what one of its own tokens is.
pub(super) async fn introspect(
    State(state): State<ApiState>,
    asked: Asked,
) -> Result<Response, OauthError> {
    let app = Client::of(&state, &asked).await?.proven_if_needed()?;
    let facts = token_facts(&state, &asked, &app).await?;
    Ok(uncached(facts.unwrap_or_else(|| json!({"active": false}))))
}

async fn token_facts(
    state: &ApiState,
    asked: &Asked,
    app: &ConnectedApp,
) -> Result<Option<Json>, OauthError> {
    let (store, token) = (&state.store, asked.value("token"));
    if let Some(session) = store.peek_api_session(token, asked.now_ms).await? {
        if session.app_id.as_ref() != Some(&app.id) {
            return Ok(None);
        }
        let mut facts = common(state, asked, app, &session.user).await?;
        facts["scope"] = json!(session.scopes.to_string());
        facts["token_type"] = json!("access_token");
        facts["iat"] = json!(session.issued_at_ms / 1_000);
        facts["nbf"] = json!(session.issued_at_ms / 1_000);
        facts["exp"] = json!(session.expires_at_ms / 1_000);
        return Ok(Some(facts));
    }
    let facts = store.refresh_token_facts(token).await?;
    let Some(found) = facts.filter(|facts| facts.app_id == app.id) else {
        return Ok(None);
    };
    let mut facts = common(state, asked, app, &found.user).await?;
    facts["scope"] = json!(found.scopes.to_string());
    facts["token_type"] = json!("refresh_token");
    facts["iat"] = json!(found.issued_at_ms / 1_000);
    facts["nbf"] = json!(found.issued_at_ms / 1_000);
    Ok(Some(facts))
}

async fn common(
    state: &ApiState,
    asked: &Asked,
    app: &ConnectedApp,
    user: &RecordId,
) -> Result<Json, OauthError> {
    let record = state.store.record(&UserContext::system(), user).await?;
    Ok(json!({
        "active": true,
        "client_id": app.client_id,
        "username": record.map(|r| r.text("Username").to_owned()).unwrap_or_default(),
        "sub": identity_url(state, &asked.base, user),
    }))
}

/// `singleaccess`: a one-time address that opens the console in a browser.
pub(super) async fn single_access(
    State(state): State<ApiState>,
    asked: Asked,
) -> Result<Response, OauthError> {
    let Some(session) = bearer(&state, &asked).await? else {
        return Ok(bad_token());
    };
    if !session.scopes.allow(Scope::Web) {
        let text = "the token needs the scope web to open the console";
        return Err(OauthError::new("invalid_scope", text));
    }
    let login = state
        .store
        .issue_one_time_login(&session.user, asked.now_ms);
    let mut address = format!("{}/secur/frontdoor.jsp?otp={}", asked.base, login.await?);
    let next = asked.value("redirect_uri");
    if !next.is_empty() {
        address.push_str("&startURL=");
        address.extend(utf8_percent_encode(next, NON_ALPHANUMERIC));
    }
    Ok(uncached(json!({"frontdoor_uri": address})))
}
