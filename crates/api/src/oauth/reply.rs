//! The token reply, whole: clients differ in what of it they need.

use axum::response::Response;
use offhook_org::oauth::Scope;
use offhook_store::accounts::{ConnectedApp, Tokens, access_token_hash};
use serde_json::{Value as Json, json};

use super::{OauthError, uncached};
use crate::ApiState;

/// An id token is for the moment in which it is given.
const ID_TOKEN_S: i64 = 120;

/// The address that stands for a user: its last two parts are the ids of org and user.
pub(super) fn identity_url(state: &ApiState, base: &str, user: &offhook_org::RecordId) -> String {
    format!("{base}/id/{}/{user}", state.store.org_id())
}

/// What the client gets.
pub(super) async fn tokens(
    state: &ApiState,
    base: &str,
    app: &ConnectedApp,
    tokens: &Tokens,
) -> Result<Response, OauthError> {
    let id = identity_url(state, base, &tokens.user);
    let issued_at = tokens.issued_at_ms.to_string();
    let signed = format!("{id}{issued_at}");
    let mut body = json!({
        "access_token": tokens.access_token,
        "signature": state.store.sign_for_app(&app.id, &signed).await?,
        "scope": tokens.scopes.to_string(),
        "instance_url": base,
        "id": id,
        "token_type": "Bearer",
        "issued_at": issued_at,
    });
    if let Some(refresh_token) = &tokens.refresh_token {
        body["refresh_token"] = json!(refresh_token);
    }
    if tokens.scopes.names(Scope::OpenId) {
        let claims = id_token(base, &id, app, tokens);
        body["id_token"] = json!(state.store.sign_jwt(&claims).await?);
    }
    Ok(uncached(body))
}

fn id_token(base: &str, id: &str, app: &ConnectedApp, tokens: &Tokens) -> Json {
    let issued_s = tokens.issued_at_ms / 1_000;
    let mut claims = json!({
        "iss": base,
        "sub": id,
        "aud": app.client_id,
        "iat": issued_s,
        "exp": issued_s + ID_TOKEN_S,
        "at_hash": access_token_hash(&tokens.access_token),
    });
    if let Some(nonce) = &tokens.nonce {
        claims["nonce"] = json!(nonce);
    }
    claims
}
