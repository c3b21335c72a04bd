//! What the org allows to API clients as a whole, and the administrator's own security token.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::Response;
use offhook_store::accounts::{ApiPolicy, SecurityTokenRule};
use serde::Deserialize;

use super::connected_apps::refusal;
use super::frame::{self, Place, admit};
use crate::AppState;
use crate::console::flash::{self, Flash, Notice};
use crate::error::Failure;
use crate::session::SignedIn;

const MINUTE_MS: i64 = 60 * 1_000;

/// Choices for the end of an unused session, in minutes, as on the platform.
const IDLE_MIN: [i64; 7] = [15, 30, 60, 120, 240, 480, 1_440];

struct Choice {
    minutes: i64,
    label: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "setup/api_access.html")]
struct AccessTemplate<'a> {
    csrf: &'a str,
    policy: &'a ApiPolicy,
    token_required: bool,
    idle: Vec<Choice>,
    /// A security token that was just made: shown this once.
    security_token: Option<&'a str>,
}

/// `GET /lightning/setup/api-access`.
pub(super) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
    Flash(notice): Flash,
) -> Result<Response, Failure> {
    admit(&who, Place::ApiAccess)?;
    show(&state, &who, None, notice).await.map(flash::said)
}

async fn show(
    state: &AppState,
    who: &SignedIn,
    security_token: Option<&str>,
    notice: Option<Notice>,
) -> Result<Response, Failure> {
    let policy = state.store.api_policy().await?;
    let choice = |minutes: i64| Choice {
        minutes,
        label: match minutes {
            0..=59 => format!("{minutes} minutes"),
            60 => "1 hour".to_owned(),
            _ => format!("{} hours", minutes / 60),
        },
        chosen: policy.session_idle_ms == minutes * MINUTE_MS,
    };
    let body = AccessTemplate {
        csrf: &who.session.csrf_token,
        policy: &policy,
        token_required: policy.security_token == SecurityTokenRule::Required,
        idle: IDLE_MIN.map(choice).into(),
        security_token,
    };
    let place = Place::ApiAccess;
    frame::page(state, who, place, place.label(), notice, &body).await
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(super) struct Entry {
    soap_login: String,
    password_flow: String,
    token_required: String,
    idle_minutes: i64,
}

/// `POST /lightning/setup/api-access`.
pub(super) async fn save(
    State(state): State<AppState>,
    who: SignedIn,
    Form(entry): Form<Entry>,
) -> Result<Response, Failure> {
    admit(&who, Place::ApiAccess)?;
    if !IDLE_MIN.contains(&entry.idle_minutes) {
        let why = "Choose one of the times that the page offers.".to_owned();
        return Err(Failure::BadRequest { why });
    }
    let policy = ApiPolicy {
        soap_login: !entry.soap_login.is_empty(),
        password_flow: !entry.password_flow.is_empty(),
        security_token: match entry.token_required.is_empty() {
            true => SecurityTokenRule::Optional,
            false => SecurityTokenRule::Required,
        },
        session_idle_ms: entry.idle_minutes * MINUTE_MS,
    };
    let saved = state.store.put_api_policy(&who.user, &policy).await;
    saved.map_err(refusal)?;
    Ok(flash::redirect(
        Place::ApiAccess.path(),
        "API access was saved.",
        None,
    ))
}

/// `POST …/security-token`: a new one for the administrator, shown on the page that answers.
pub(super) async fn reset_security_token(
    State(state): State<AppState>,
    who: SignedIn,
) -> Result<Response, Failure> {
    admit(&who, Place::ApiAccess)?;
    let security_token = state.store.reset_security_token(who.user_id()).await?;
    show(&state, &who, Some(&security_token), None).await
}
