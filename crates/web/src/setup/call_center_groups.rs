//! Public groups of a call center: mapped, taken out after those who leave with them were named,
//! and the users to whom groups would give another phone than they have.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use offhook_org::RecordId;
use offhook_store::cti::CallCenterGroup;
use serde::Deserialize;

use super::call_center_users::{self as users, Asked};
use super::call_centers::{find, refusal};
use super::frame::{self, Place, admit};
use crate::AppState;
use crate::console::flash;
use crate::error::Failure;
use crate::session::SignedIn;

/// A group on a page.
pub(super) struct GroupView {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) member_count: u32,
}

/// Groups as pages show them.
pub(super) fn views(groups: Vec<CallCenterGroup>) -> Vec<GroupView> {
    let view = |group: CallCenterGroup| GroupView {
        id: group.id.as_str().to_owned(),
        name: group.name,
        member_count: group.member_count,
    };
    groups.into_iter().map(view).collect()
}

#[derive(Deserialize)]
pub(super) struct Chosen {
    #[serde(default)]
    group: String,
}

/// `POST /lightning/setup/call-centers/{id}/groups`: maps a group; its members have the phone
/// with the answer.
pub(super) async fn map(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    Form(chosen): Form<Chosen>,
) -> Result<Response, Failure> {
    admit(&who, Place::CallCenters)?;
    let center = find(&state, &id).await?;
    let Ok(group) = RecordId::parse(&chosen.group) else {
        let problem = Some("No public group was chosen. Choose one first.".to_owned());
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let asked = Asked::default();
        return users::render(&state, &who, status, &center, &asked, None, problem).await;
    };
    let done = state
        .store
        .map_call_center_group(&who.user, &center.id, &group)
        .await;
    if let Err(error) = done {
        let problem = Some(refusal(error)?);
        let (status, asked) = (StatusCode::CONFLICT, Asked::default());
        return users::render(&state, &who, status, &center, &asked, None, problem).await;
    }
    let settled = state.store.settle_call_center_groups().await?;
    let text = format!(
        "The group was mapped; {} joined by it. Whoever joins the group later gets the phone \
         within seconds.",
        super::show::count(settled.joined.len(), "user", "users")
    );
    let target = format!("{}/{}/users", Place::CallCenters.path(), center.id);
    Ok(flash::redirect(&target, &text, None))
}

#[derive(Template)]
#[template(path = "setup/call_center_group_remove.html")]
struct RemoveTemplate<'a> {
    id: &'a str,
    csrf: &'a str,
    display_name: &'a str,
    group: &'a str,
    group_name: &'a str,
    users: Vec<String>,
}

/// `GET /lightning/setup/call-centers/{id}/groups/{group}/remove`.
pub(super) async fn confirm_remove(
    State(state): State<AppState>,
    who: SignedIn,
    Path((id, group)): Path<(String, String)>,
) -> Result<Response, Failure> {
    admit(&who, Place::CallCenters)?;
    let center = find(&state, &id).await?;
    let group = RecordId::parse(&group).map_err(|_| Failure::NotFound)?;
    let groups = state.store.call_center_groups(&center.id).await?;
    let group = groups.into_iter().find(|known| known.id == group);
    let group = group.ok_or(Failure::NotFound)?;
    let body = RemoveTemplate {
        id: center.id.as_str(),
        csrf: &who.session.csrf_token,
        display_name: &center.definition.display_name,
        group: group.id.as_str(),
        group_name: &group.name,
        users: state.store.users_by_group(&group.id).await?,
    };
    let title = format!("Take {} out", group.name);
    frame::page(&state, &who, Place::CallCenters, &title, None, &body).await
}

/// `POST /lightning/setup/call-centers/{id}/groups/{group}/remove`.
pub(super) async fn remove(
    State(state): State<AppState>,
    who: SignedIn,
    Path((id, group)): Path<(String, String)>,
) -> Result<Response, Failure> {
    admit(&who, Place::CallCenters)?;
    let center = find(&state, &id).await?;
    let group = RecordId::parse(&group).map_err(|_| Failure::NotFound)?;
    let done = state
        .store
        .unmap_call_center_group(&who.user, &center.id, &group)
        .await;
    let text = match done {
        Ok(()) => {
            let settled = state.store.settle_call_center_groups().await?;
            let left = super::show::count(settled.left.len(), "user", "users");
            match settled.waiting.len() {
                0 => format!("The group was taken out; {left} lost the phone."),
                waiting => format!(
                    "The group was taken out; {left} lost the phone, {waiting} more lose it \
                     when their call is over."
                ),
            }
        }
        Err(error) => refusal(error)?,
    };
    let target = format!("{}/{}/users", Place::CallCenters.path(), center.id);
    Ok(flash::redirect(&target, &text, None))
}

struct ConflictRow {
    id: String,
    name: String,
    present: String,
    wanted: String,
}

#[derive(Template)]
#[template(path = "setup/call_center_conflicts.html")]
struct ConflictsTemplate {
    rows: Vec<ConflictRow>,
}

/// `GET /lightning/setup/call-centers/conflicts`.
pub(super) async fn conflicts(
    State(state): State<AppState>,
    who: SignedIn,
) -> Result<Response, Failure> {
    admit(&who, Place::CallCenters)?;
    let conflicts = state.store.call_center_group_conflicts().await?;
    let row = |conflict: offhook_store::cti::GroupConflict| ConflictRow {
        id: conflict.user.as_str().to_owned(),
        name: conflict.name,
        present: conflict.present.unwrap_or_else(|| "None".to_owned()),
        wanted: conflict.wanted.join(", "),
    };
    let body = ConflictsTemplate {
        rows: conflicts.into_iter().map(row).collect(),
    };
    let title = "Users Between Two Phones";
    frame::page(&state, &who, Place::CallCenters, title, None, &body).await
}
