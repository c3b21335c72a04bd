//! Deleting a call center, with everything that goes with it said first, and restoring it.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use offhook_calls::AgentId;
use offhook_org::RecordId;
use offhook_store::cti::StoredCallCenter;
use serde::Deserialize;

use super::call_centers::{find, refusal};
use super::frame::{self, Place, admit};
use super::show;
use crate::AppState;
use crate::console::flash;
use crate::error::Failure;
use crate::session::SignedIn;

/// Names of users that are shown; of the others the number.
const NAMES_MAX: usize = 100;

#[derive(Template)]
#[template(path = "setup/call_center_delete.html")]
struct DeleteTemplate<'a> {
    id: &'a str,
    csrf: &'a str,
    display_name: &'a str,
    user_count: u32,
    users: Vec<String>,
    others: usize,
    open_now: usize,
    groups: Vec<String>,
    typed: &'a str,
    problem: Option<String>,
}

/// `GET /lightning/setup/call-centers/{id}/delete`.
pub(super) async fn confirm(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    admit(&who, Place::CallCenters)?;
    let center = find(&state, &id).await?;
    delete_page(&state, &who, StatusCode::OK, &center, "", None).await
}

async fn delete_page(
    state: &AppState,
    who: &SignedIn,
    status: StatusCode,
    center: &StoredCallCenter,
    typed: &str,
    problem: Option<String>,
) -> Result<Response, Failure> {
    let users = state.store.call_center_users(&center.id).await?;
    let groups = state.store.call_center_groups(&center.id).await?;
    let is_open = |id: &RecordId| state.sockets.is_connected(&AgentId::new(id.as_str()));
    let body = DeleteTemplate {
        id: center.id.as_str(),
        csrf: &who.session.csrf_token,
        display_name: &center.definition.display_name,
        user_count: center.user_count,
        open_now: users.iter().filter(|user| is_open(&user.id)).count(),
        others: users.len().saturating_sub(NAMES_MAX),
        users: users.into_iter().take(NAMES_MAX).map(|u| u.name).collect(),
        groups: groups.into_iter().map(|group| group.name).collect(),
        typed,
        problem,
    };
    let title = format!("Delete {}", center.definition.display_name);
    frame::page_with_status(state, who, status, Place::CallCenters, &title, None, &body).await
}

#[derive(Deserialize)]
pub(super) struct Confirmation {
    #[serde(default)]
    name: String,
    #[serde(default)]
    users: u32,
}

/// `POST /lightning/setup/call-centers/{id}/delete`.
pub(super) async fn delete(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    Form(given): Form<Confirmation>,
) -> Result<Response, Failure> {
    admit(&who, Place::CallCenters)?;
    let center = find(&state, &id).await?;
    let name = &center.definition.display_name;
    if given.name.trim() != name.trim() {
        let why = Some(format!(
            "Nothing was deleted. Type the name {name} to confirm."
        ));
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return delete_page(&state, &who, status, &center, &given.name, why).await;
    }
    let done = state
        .store
        .delete_call_center(&who.user, &center.id, given.users)
        .await;
    match done {
        Ok(()) => {
            let text = format!("{name} was deleted. It can be restored below.");
            Ok(flash::redirect(Place::CallCenters.path(), &text, None))
        }
        Err(error) => {
            let why = refusal(error)?;
            delete_page(&state, &who, StatusCode::CONFLICT, &center, "", Some(why)).await
        }
    }
}

/// `POST /lightning/setup/call-centers/{id}/restore`.
pub(super) async fn restore(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    admit(&who, Place::CallCenters)?;
    let id = RecordId::parse(&id).map_err(|_| Failure::NotFound)?;
    match state.store.restore_call_center(&who.user, &id).await {
        Ok(users) => {
            let back = show::count(users as usize, "user is", "users are");
            let text = format!("The call center was restored; {back} in it again.");
            let target = format!("{}/{id}", Place::CallCenters.path());
            Ok(flash::redirect(&target, &text, None))
        }
        Err(error) => {
            let text = format!("It was not restored: {}", refusal(error)?);
            Ok(flash::redirect(Place::CallCenters.path(), &text, None))
        }
    }
}
