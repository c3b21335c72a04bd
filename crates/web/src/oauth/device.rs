//! `/setup/connect`: a person types the code that a device without a browser shows, and allows
//! or refuses what the device asks for.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use offhook_org::oauth::PermittedUsers;
use offhook_store::accounts::{DeviceQuestion, SignInError};
use serde::Deserialize;

use super::consent::meanings;
use crate::console::{login, shell};
use crate::error::Failure;
use crate::session::{SignedIn, Visit};
use crate::{AppState, now_ms};

#[derive(Template)]
#[template(path = "oauth/device.html")]
struct CodeTemplate<'a> {
    csrf: &'a str,
    code: &'a str,
    problem: Option<String>,
    done: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "oauth/device_consent.html")]
struct QuestionTemplate<'a> {
    csrf: &'a str,
    code: &'a str,
    app: &'a str,
    user_name: &'a str,
    wants: Vec<&'static str>,
}

#[derive(Deserialize)]
pub(super) struct Entry {
    #[serde(default)]
    user_code: String,
    #[serde(default)]
    answer: String,
}

/// `GET`: the field for the code.
pub(super) async fn page(
    who: SignedIn,
    visit: Visit,
    Query(entry): Query<Entry>,
) -> Result<Response, Failure> {
    code_page(&who, &visit, &entry.user_code, None)
}

fn code_page(
    who: &SignedIn,
    visit: &Visit,
    code: &str,
    problem: Option<(StatusCode, String)>,
) -> Result<Response, Failure> {
    let (status, problem) = match problem {
        Some((status, problem)) => (status, Some(problem)),
        None => (StatusCode::OK, None),
    };
    let body = CodeTemplate {
        csrf: &who.session.csrf_token,
        code,
        problem,
        done: None,
    };
    shell::bare_page(visit, status, "Connect a device", &body)
}

/// `POST`: what the device with this code asks for.
pub(super) async fn ask(
    State(state): State<AppState>,
    who: SignedIn,
    visit: Visit,
    Form(entry): Form<Entry>,
) -> Result<Response, Failure> {
    let question = match question(&state, &who, &entry.user_code).await? {
        Ok(question) => question,
        Err(problem) => return code_page(&who, &visit, &entry.user_code, Some(problem)),
    };
    let app = state.store.connected_app(&question.app).await?;
    let app = app.ok_or(Failure::NotFound)?;
    let body = QuestionTemplate {
        csrf: &who.session.csrf_token,
        code: &question.user_code,
        app: &app.settings.name,
        user_name: &who.user.user_name,
        wants: meanings(&question.scopes),
    };
    shell::bare_page(&visit, StatusCode::OK, "Allow access?", &body)
}

/// `POST …/answer`.
pub(super) async fn answer(
    State(state): State<AppState>,
    who: SignedIn,
    visit: Visit,
    Form(entry): Form<Entry>,
) -> Result<Response, Failure> {
    let question = match question(&state, &who, &entry.user_code).await? {
        Ok(question) => question,
        Err(problem) => return code_page(&who, &visit, "", Some(problem)),
    };
    let is_allowed = entry.answer == "allow";
    if is_allowed {
        let app = state.store.connected_app(&question.app).await?;
        let app = app.ok_or(Failure::NotFound)?;
        let is_closed = app.settings.permitted_users == PermittedUsers::AdminApproved
            && !state.store.is_approved_for(&app, who.user_id()).await?;
        if is_closed || app.settings.is_blocked {
            return Err(Failure::Forbidden {
                needs: "An administrator has not approved this app for you. Ask for it, then \
                        begin again on the device."
                    .to_owned(),
            });
        }
    }
    let answered = state
        .store
        .answer_device(&question, who.user_id(), is_allowed, now_ms());
    if !answered.await? {
        return code_page(&who, &visit, "", Some(unknown_code()));
    }
    let body = CodeTemplate {
        csrf: &who.session.csrf_token,
        code: "",
        problem: None,
        done: Some(match is_allowed {
            true => "The device is connected. You can close this page.",
            false => "The device was refused. You can close this page.",
        }),
    };
    shell::bare_page(&visit, StatusCode::OK, "Connect a device", &body)
}

/// Wrong codes are counted: after five in a row the user has to wait.
async fn question(
    state: &AppState,
    who: &SignedIn,
    typed: &str,
) -> Result<Result<DeviceQuestion, (StatusCode, String)>, Failure> {
    match state
        .store
        .guess_device_code(who.user_id(), typed, now_ms())
        .await
    {
        Ok(Some(question)) => Ok(Ok(question)),
        Ok(None) => Ok(Err(unknown_code())),
        Err(SignInError::Store(error)) => Err(error.into()),
        Err(SignInError::Locked { minutes }) => {
            let problem = format!("Too many wrong codes: try again in {minutes} minutes.");
            Ok(Err((StatusCode::TOO_MANY_REQUESTS, problem)))
        }
        Err(other) => Ok(Err(login::told(&other))),
    }
}

fn unknown_code() -> (StatusCode, String) {
    let text = "This code is not known or too old. Compare it with the device, or begin again \
                there.";
    (StatusCode::BAD_REQUEST, text.to_owned())
}
