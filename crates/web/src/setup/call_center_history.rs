//! The states that a call center had: who made each, when, what differs from the one before, and
//! the way back to it.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use offhook_org::cti::call_center_edit::differences;
use serde::Deserialize;

use super::call_center_view::{self as view, ChangeView};
use super::call_centers::{find, refusal};
use super::frame::{self, Place, admit};
use crate::AppState;
use crate::console::flash::{self, Flash};
use crate::error::Failure;
use crate::session::SignedIn;

struct Past {
    version: u32,
    reason: String,
    made: String,
    is_now: bool,
    is_original: bool,
    /// The same as what is there now: nothing to go back to.
    is_same: bool,
    changes: Vec<ChangeView>,
}

#[derive(Template)]
#[template(path = "setup/call_center_history.html")]
struct HistoryTemplate<'a> {
    id: &'a str,
    csrf: &'a str,
    display_name: &'a str,
    now: u32,
    states: Vec<Past>,
}

/// `GET /lightning/setup/call-centers/{id}/history`.
pub(super) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    Flash(notice): Flash,
) -> Result<Response, Failure> {
    admit(&who, Place::CallCenters)?;
    let center = find(&state, &id).await?;
    let history = state.store.call_center_history(&center.id).await?;
    let mut states = Vec::new();
    for (place, version) in history.iter().enumerate() {
        let before = history.get(place + 1);
        let changes = before.map_or_else(Vec::new, |before| {
            differences(&before.definition, &version.definition)
        });
        states.push(Past {
            version: version.version,
            reason: version.reason.clone(),
            made: view::made(version, &who.user),
            is_now: version.version == center.version,
            is_original: version.version == 1,
            is_same: version.definition == center.definition,
            changes: view::changes(changes),
        });
    }
    let body = HistoryTemplate {
        id: center.id.as_str(),
        csrf: &who.session.csrf_token,
        display_name: &center.definition.display_name,
        now: center.version,
        states,
    };
    let title = format!("History of {}", center.definition.display_name);
    let page = frame::page(&state, &who, Place::CallCenters, &title, notice, &body).await;
    page.map(flash::said)
}

#[derive(Deserialize)]
pub(super) struct Chosen {
    version: u32,
    seen: u32,
}

/// `POST /lightning/setup/call-centers/{id}/rollback`: makes a state the newest again.
pub(super) async fn roll_back(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    Form(chosen): Form<Chosen>,
) -> Result<Response, Failure> {
    admit(&who, Place::CallCenters)?;
    let center = find(&state, &id).await?;
    let history = state.store.call_center_history(&center.id).await?;
    let wanted = history.iter().find(|v| v.version == chosen.version);
    let wanted = wanted.ok_or(Failure::NotFound)?;
    let reason = format!("Rolled back to version {}", wanted.version);
    let done = state
        .store
        .change_call_center(
            &who.user,
            &center.id,
            chosen.seen,
            &wanted.definition,
            &reason,
        )
        .await;
    let target = format!("{}/{}/history", Place::CallCenters.path(), center.id);
    let text = match done {
        Ok(()) => format!("{reason}. What was there before is in the history."),
        Err(error) => refusal(error)?,
    };
    Ok(flash::redirect(&target, &text, None))
}
