//! The phone system: where it is called, through which trunks, and a test call into it.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use offhook_calls::AgentId;
use offhook_calls::link::Up;
use serde::Deserialize;

use super::frame::{self, Place, admit};
use super::show;
use crate::AppState;
use crate::console::flash::{self, Flash, Notice};
use crate::error::Failure;
use crate::session::SignedIn;

/// The caller's number that the form proposes: from a range kept for examples.
pub(super) const TEST_CALL_FROM: &str = "+1 415 555 0134";

/// A network could send anything, but not more than this.
const FROM_LENGTH_MAX: usize = 64;

#[derive(Template)]
#[template(path = "setup/phone_system.html")]
struct PhoneSystemTemplate<'a> {
    csrf: &'a str,
    sip_address: &'a str,
    trunks: &'a [(String, String)],
    console_origin: &'a str,
    pages_origin: &'a str,
    development: bool,
    connected: usize,
    own_connected: bool,
    from: &'a str,
    problem: Option<&'a str>,
}

/// `GET /lightning/setup/phone-system`.
pub(super) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
    Flash(notice): Flash,
) -> Result<Response, Failure> {
    admit(&who, Place::PhoneSystem)?;
    let response = render(&state, &who, StatusCode::OK, notice, TEST_CALL_FROM, None).await?;
    Ok(flash::said(response))
}

#[derive(Deserialize)]
pub(super) struct TestCall {
    #[serde(default)]
    from: String,
}

/// `POST /lightning/setup/phone-system/test-call`.
pub(super) async fn test_call(
    State(state): State<AppState>,
    who: SignedIn,
    Form(form): Form<TestCall>,
) -> Result<Response, Failure> {
    admit(&who, Place::PhoneSystem)?;
    let from = form.from.trim();
    if let Some(problem) = from_problem(from) {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return render(&state, &who, status, None, from, Some(problem)).await;
    }
    let call = Up::PlaceTestCall {
        from: from.to_owned(),
    };
    if state.up.try_send(call).is_err() {
        let problem = "The phone system does not take calls now. Look at its log, start it again \
                       if it has ended, then try once more.";
        let status = StatusCode::SERVICE_UNAVAILABLE;
        return render(&state, &who, status, None, from, Some(problem)).await;
    }
    let connected = state.sockets.agent_count();
    let what_next = match connected {
        0 => "No softphone is open, so the caller will hear ringing and then a notice.".to_owned(),
        _ => format!(
            "{} open: a free one rings within a second or two.",
            show::count(connected, "softphone is", "softphones are")
        ),
    };
    let text = format!("A test call from {from} is on its way. {what_next}");
    Ok(flash::redirect(Place::PhoneSystem.path(), &text, None))
}

fn from_problem(from: &str) -> Option<&'static str> {
    if from.is_empty() {
        return Some("Say which number the call shall come from, for example +1 415 555 0134.");
    }
    if from.chars().count() > FROM_LENGTH_MAX {
        return Some("A caller's number has 64 characters at most.");
    }
    if from.chars().any(char::is_control) {
        return Some("A caller's number has no line breaks.");
    }
    None
}

async fn render(
    state: &AppState,
    who: &SignedIn,
    status: StatusCode,
    notice: Option<Notice>,
    from: &str,
    problem: Option<&str>,
) -> Result<Response, Failure> {
    let settings = &state.settings;
    let body = PhoneSystemTemplate {
        csrf: &who.session.csrf_token,
        sip_address: &settings.sip_address,
        trunks: &settings.trunks,
        console_origin: &settings.console_origin,
        pages_origin: &settings.pages_origin,
        development: settings.console_origin.starts_with("http:"),
        connected: state.sockets.agent_count(),
        own_connected: state
            .sockets
            .is_connected(&AgentId::new(who.user_id().as_str())),
        from,
        problem,
    };
    let place = Place::PhoneSystem;
    frame::page_with_status(state, who, status, place, place.label(), notice, &body).await
}
