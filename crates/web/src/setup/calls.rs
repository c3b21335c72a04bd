//! The newest calls, and call logs that need attention: refused by the org's rules, kept, and
//! sent again when an admin says so.

use std::collections::BTreeMap;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::Response;
use offhook_calls::{CallRecord, CallState, LogEntry, LogKey, RecordRef};
use offhook_org::RecordId;
use serde::Deserialize;

use super::frame::{self, Place, admit};
use super::show;
use crate::AppState;
use crate::console::flash::{self, Flash};
use crate::error::Failure;
use crate::provider::far_display;
use crate::session::SignedIn;

/// Calls on the page.
const CALLS_MAX: u32 = 100;

struct CallRow {
    started: String,
    direction: &'static str,
    number: String,
    agent: String,
    state: &'static str,
    open: bool,
    cause: &'static str,
    talk: String,
    outcome: String,
    record: Option<RecordRef>,
    task: Option<String>,
}

struct ParkedRow {
    key: String,
    started: String,
    number: String,
    agent: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "setup/calls.html")]
struct CallsTemplate<'a> {
    csrf: &'a str,
    parked: Vec<ParkedRow>,
    calls: Vec<CallRow>,
}

/// `GET /lightning/setup/calls`.
pub(super) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
    Flash(notice): Flash,
) -> Result<Response, Failure> {
    admit(&who, Place::Calls)?;
    let calls = state.store.latest_calls(CALLS_MAX).await?;
    let parked = state.store.parked_logs().await?;
    let names = agent_names(&state, &who, &calls, &parked).await?;
    let name = |agent: &str| names.get(agent).cloned().unwrap_or_default();
    let region = state.store.region();
    let call_row = |call: CallRecord| CallRow {
        started: show::moment(call.started_at_ms, &who.user),
        direction: show::direction(call.direction),
        number: far_display(&call, region),
        agent: call
            .agent
            .as_ref()
            .map(|agent| name(agent.as_str()))
            .unwrap_or_default(),
        state: show::state(call.state),
        open: call.state != CallState::Closed,
        cause: call.end_cause.map_or("", show::end_cause),
        talk: show::duration(call.talk_duration_ms),
        outcome: call.outcome.unwrap_or_default(),
        record: call.record,
        task: call.task,
    };
    let parked_row = |(entry, reason): (LogEntry, String)| ParkedRow {
        key: entry.key.to_string(),
        started: show::moment(entry.call.started_at_ms, &who.user),
        number: far_display(&entry.call, region),
        agent: name(entry.key.agent.as_str()),
        reason,
    };
    let body = CallsTemplate {
        csrf: &who.session.csrf_token,
        parked: parked.into_iter().map(parked_row).collect(),
        calls: calls.into_iter().map(call_row).collect(),
    };
    let place = Place::Calls;
    frame::page(&state, &who, place, place.label(), notice, &body)
        .await
        .map(flash::said)
}

/// Names of the agents by their id as calls carry it.
async fn agent_names(
    state: &AppState,
    who: &SignedIn,
    calls: &[CallRecord],
    parked: &[(LogEntry, String)],
) -> Result<BTreeMap<String, String>, Failure> {
    let of_calls = calls.iter().filter_map(|call| call.agent.as_ref());
    let of_parked = parked.iter().map(|(entry, _)| &entry.key.agent);
    let mut ids: Vec<RecordId> = of_calls
        .chain(of_parked)
        .filter_map(|agent| RecordId::parse(agent.as_str()).ok())
        .collect();
    ids.sort();
    ids.dedup();
    let names = state.store.names(&who.user, &ids).await?;
    Ok(names
        .into_iter()
        .map(|(id, name)| (id.as_str().to_owned(), name))
        .collect())
}

#[derive(Deserialize)]
pub(super) struct Resend {
    #[serde(default)]
    key: String,
}

/// `POST /lightning/setup/calls/resend`.
pub(super) async fn resend(
    State(state): State<AppState>,
    who: SignedIn,
    Form(form): Form<Resend>,
) -> Result<Response, Failure> {
    admit(&who, Place::Calls)?;
    let key = LogKey::parse(&form.key).ok_or_else(|| Failure::BadRequest {
        why: "No call log was chosen. Go back and choose one.".to_owned(),
    })?;
    state.store.resend_log(&key).await?;
    let text = "The log is sent again. If it is refused once more, it comes back to this page.";
    Ok(flash::redirect(Place::Calls.path(), text, None))
}
