//! `/services/oauth2/token`: every way to get a token, by `grant_type`.

use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use offhook_org::oauth::{Flow, PermittedUsers, Scope, Scopes, read_claims};
use offhook_store::accounts::{
    Assertion, CodeProof, ConnectedApp, GrantError, SIGNED_IN, SignInError, SignInName, Tokens,
};
use serde_json::json;

use super::client::{Client, app_of, check_flow};
use super::params::Asked;
use super::{OauthError, reply, uncached};
use crate::ApiState;

/// The platform's words where a user name or password is not right.
const WRONG_PASSWORD: &str = "authentication failure";

/// Answers one request for a token.
pub(super) async fn token(
    State(state): State<ApiState>,
    asked: Asked,
) -> Result<Response, OauthError> {
    if asked.method != Method::POST {
        return Err(OauthError::new("invalid_request", "must use HTTP POST"));
    }
    if asked.value("response_type") == "device_code" {
        return begin_device(&state, &asked).await;
    }
    let given = by_grant_type(&state, &asked).await;
    note(&state, &asked, &given);
    let (app, tokens) = given?;
    reply::tokens(&state, &asked.base, &app, &tokens).await
}

async fn by_grant_type(
    state: &ApiState,
    asked: &Asked,
) -> Result<(ConnectedApp, Tokens), OauthError> {
    match asked.value("grant_type") {
        "authorization_code" | "hybrid_auth_code" => by_code(state, asked).await,
        "refresh_token" | "hybrid_refresh" => by_refresh_token(state, asked).await,
        "urn:ietf:params:oauth:grant-type:jwt-bearer" => by_assertion(state, asked).await,
        "client_credentials" => by_client(state, asked).await,
        "password" => by_password(state, asked).await,
        "device" | "urn:ietf:params:oauth:grant-type:device_code" => by_device(state, asked).await,
        _ => Err(OauthError::new(
            "unsupported_grant_type",
            "grant type not supported",
        )),
    }
}

/// Notes who came in, and who was named and kept out.
fn note(state: &ApiState, asked: &Asked, given: &Result<(ConnectedApp, Tokens), OauthError>) {
    let (who, status, app) = match given {
        Ok((app, tokens)) => {
            let name = app.settings.name.clone();
            (
                SignInName::User(tokens.user.clone()),
                SIGNED_IN.to_owned(),
                name,
            )
        }
        Err(error) => {
            let named = match asked.value("username") {
                "" => Assertion::parse(asked.value("assertion"))
                    .and_then(|assertion| subject_of(&assertion.payload)),
                name => Some(name.to_owned()),
            };
            let Some(name) = named else { return };
            let status = format!("Failed: {}", error.description());
            (
                SignInName::Given(name),
                status,
                asked.value("client_id").to_owned(),
            )
        }
    };
    let door = asked.origin.oauth(app);
    state
        .store
        .note_sign_in_later(who, &status, door, asked.now_ms);
}

/// Whom an assertion names, whether it is good or not.
fn subject_of(claims: &serde_json::Value) -> Option<String> {
    let named = claims["sub"].as_str().or(claims["prn"].as_str());
    named.map(ToOwned::to_owned)
}

async fn by_code(state: &ApiState, asked: &Asked) -> Result<(ConnectedApp, Tokens), OauthError> {
    let app = Client::of(state, asked).await?.proven_if_needed()?;
    let code = required(asked, "code")?;
    let only = match app.settings.redirect_uris.as_slice() {
        [only] => only.as_str(),
        _ => "",
    };
    let proof = CodeProof {
        redirect_uri: Some(asked.value("redirect_uri"))
            .filter(|uri| !uri.is_empty())
            .unwrap_or(only),
        verifier: Some(asked.value("code_verifier")).filter(|v| !v.is_empty()),
    };
    let redeemed = state
        .store
        .redeem_authorization_code(&app, code, proof, asked.now_ms);
    let tokens = redeemed.await.map_err(refusal_of_code)?;
    Ok((app, tokens))
}

async fn by_refresh_token(
    state: &ApiState,
    asked: &Asked,
) -> Result<(ConnectedApp, Tokens), OauthError> {
    let app = Client::of(state, asked).await?.proven_if_needed()?;
    let refresh_token = required(asked, "refresh_token")?;
    let scopes = scopes(asked)?;
    let refreshed = state
        .store
        .refresh(&app, refresh_token, &scopes, asked.now_ms);
    let tokens = refreshed.await.map_err(|error| match error {
        GrantError::Unknown | GrantError::Expired | GrantError::Reused => {
            OauthError::new("invalid_grant", "expired access/refresh token")
        }
        error => refusal(error),
    })?;
    Ok((app, tokens))
}

async fn by_assertion(
    state: &ApiState,
    asked: &Asked,
) -> Result<(ConnectedApp, Tokens), OauthError> {
    let invalid = || OauthError::new("invalid_grant", "invalid assertion");
    let assertion = Assertion::parse(required(asked, "assertion")?).ok_or_else(invalid)?;
    let bases = [state.settings.public_origin.as_str(), asked.base.as_str()];
    let claims = read_claims(&assertion.payload, &bases, asked.now_ms);
    let claims = claims.map_err(|error| OauthError::new("invalid_grant", error.to_string()))?;
    let app = app_of(state, &claims.issuer).await?;
    check_flow(&app, Flow::JwtBearer)?;
    let certificate = app.settings.certificate.as_deref().unwrap_or_default();
    if !assertion.is_signed_for(certificate, asked.now_ms) {
        return Err(invalid());
    }
    let scopes = grant(&app, asked)?;
    let user = state.store.user_named(&claims.subject).await?;
    let user = user.ok_or_else(|| {
        let text = "user hasn't approved this consumer";
        OauthError::new("invalid_grant", text)
    })?;
    if !may_use(state, &app, &user.id, &scopes).await? {
        let text = match app.settings.permitted_users {
            PermittedUsers::AdminApproved => "user is not admin approved to access this app",
            PermittedUsers::AllUsers => "user hasn't approved this consumer",
        };
        return Err(OauthError::new("invalid_grant", text));
    }
    if !user.is_active {
        return Err(refusal(GrantError::Inactive));
    }
    let issued = state
        .store
        .issue_app_session(&app, &user.id, &scopes, asked.now_ms);
    Ok((app.clone(), issued.await?))
}

/// Nobody is asked here: an administrator approved it, or the user did before.
async fn may_use(
    state: &ApiState,
    app: &ConnectedApp,
    user: &offhook_org::RecordId,
    scopes: &Scopes,
) -> Result<bool, OauthError> {
    Ok(match app.settings.permitted_users {
        PermittedUsers::AdminApproved => state.store.is_approved_for(app, user).await?,
        PermittedUsers::AllUsers => state.store.has_granted(&app.id, user, scopes).await?,
    })
}

async fn by_client(state: &ApiState, asked: &Asked) -> Result<(ConnectedApp, Tokens), OauthError> {
    let app = Client::of(state, asked).await?.proven()?;
    check_flow(&app, Flow::ClientCredentials)?;
    let nobody = || OauthError::new("invalid_grant", "no client credentials user enabled");
    let run_as = app.settings.run_as.clone().ok_or_else(nobody)?;
    if state.store.user_context(&run_as).await?.is_none() {
        return Err(nobody());
    }
    let scopes = grant(&app, asked)?;
    let issued = state
        .store
        .issue_app_session(&app, &run_as, &scopes, asked.now_ms);
    Ok((app.clone(), issued.await?))
}

async fn by_password(
    state: &ApiState,
    asked: &Asked,
) -> Result<(ConnectedApp, Tokens), OauthError> {
    let app = Client::of(state, asked).await?.proven()?;
    if !state.store.api_policy().await?.password_flow {
        // The platform's own answer; the words after it say who can change that.
        return Err(OauthError::new(
            "invalid_grant",
            "authentication failure: the username-password flow is off in this org (Setup, \
             API Access)",
        ));
    }
    check_flow(&app, Flow::UsernamePassword)?;
    let (name, password) = (asked.value("username"), asked.value("password"));
    let checked = state.store.check_api_password(name, password, asked.now_ms);
    let user = checked.await.map_err(|error| match error {
        SignInError::Wrong | SignInError::Locked { .. } => {
            OauthError::new("invalid_grant", WRONG_PASSWORD)
        }
        SignInError::Inactive => refusal(GrantError::Inactive),
        SignInError::Store(error) => error.into(),
    })?;
    if app.settings.permitted_users == PermittedUsers::AdminApproved
        && !state.store.is_approved_for(&app, &user).await?
    {
        let text = "user is not admin approved to access this app";
        return Err(OauthError::new("invalid_grant", text));
    }
    let scopes = grant(&app, asked)?;
    let issued = state
        .store
        .issue_app_session(&app, &user, &scopes, asked.now_ms);
    Ok((app.clone(), issued.await?))
}

async fn begin_device(state: &ApiState, asked: &Asked) -> Result<Response, OauthError> {
    let app = Client::of(state, asked).await?.proven_if_needed()?;
    check_flow(&app, Flow::Device)?;
    let scopes = grant(&app, asked)?;
    let start = state.store.begin_device(&app, &scopes, asked.now_ms);
    let start = start.await.map_err(refusal)?;
    Ok(uncached(json!({
        "device_code": start.device_code,
        "user_code": start.user_code,
        "verification_uri": format!("{}/setup/connect", asked.base),
        "interval": start.interval_s,
        "expires_in": start.expires_in_s,
    })))
}

async fn by_device(state: &ApiState, asked: &Asked) -> Result<(ConnectedApp, Tokens), OauthError> {
    let app = Client::of(state, asked).await?.proven_if_needed()?;
    let code = match asked.value("code") {
        "" => required(asked, "device_code")?,
        code => code,
    };
    let polled = state.store.poll_device(&app, code, asked.now_ms).await;
    let tokens = polled.map_err(|error| match error {
        GrantError::Unknown => OauthError::new("invalid_grant", "invalid device code"),
        GrantError::Expired => OauthError::new("expired_token", "expired device code"),
        error => refusal(error),
    })?;
    Ok((app, tokens))
}

fn required<'a>(asked: &'a Asked, name: &str) -> Result<&'a str, OauthError> {
    match asked.value(name) {
        "" => Err(OauthError::new(
            "invalid_request",
            format!("missing required {name} parameter"),
        )),
        value => Ok(value),
    }
}

fn scopes(asked: &Asked) -> Result<Scopes, OauthError> {
    Scopes::parse(asked.value("scope")).map_err(|word| {
        OauthError::new("invalid_scope", format!("the scope {word:?} is not known"))
    })
}

fn grant(app: &ConnectedApp, asked: &Asked) -> Result<Scopes, OauthError> {
    let granted = app.settings.grant(&scopes(asked)?);
    granted.map_err(|_: Scope| refusal(GrantError::Scope))
}

fn refusal_of_code(error: GrantError) -> OauthError {
    match error {
        GrantError::Unknown => OauthError::new("invalid_grant", "invalid authorization code"),
        GrantError::Expired | GrantError::Reused => {
            OauthError::new("invalid_grant", "expired authorization code")
        }
        error => refusal(error),
    }
}

/// What is the same in every flow.
fn refusal(error: GrantError) -> OauthError {
    match error {
        GrantError::Unknown | GrantError::Expired | GrantError::Reused => {
            OauthError::new("invalid_grant", "expired authorization")
        }
        GrantError::RedirectMismatch => OauthError::new(
            "redirect_uri_mismatch",
            "redirect_uri must match configuration",
        ),
        GrantError::WrongVerifier => OauthError::new("invalid_grant", "invalid code verifier"),
        GrantError::Scope => OauthError::new("invalid_scope", "the requested scope is not allowed"),
        GrantError::Inactive => OauthError::new("invalid_grant", "inactive user"),
        GrantError::Pending => OauthError::new(
            "authorization_pending",
            "the user has not yet approved the request",
        ),
        GrantError::TooOften => OauthError::new("slow_down", "polling too quickly"),
        GrantError::Denied => OauthError::new("access_denied", "end-user denied authorization"),
        GrantError::TooMany => OauthError::new(
            "rate_limit_exceeded",
            "too many devices wait for an answer: try again in some minutes",
        ),
        GrantError::Store(error) => error.into(),
    }
}
