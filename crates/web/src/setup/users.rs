//! Users: who is there, with which profile, in which call center.

use std::collections::BTreeMap;

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use offhook_org::{FieldName, ObjectName, RecordId, Value};
use offhook_store::accounts::{PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN};
use offhook_store::org::{ListQuery, Order};
use serde::Deserialize;

use super::frame::{self, Place, admit};
use crate::AppState;
use crate::console::flash;
use crate::error::Failure;
use crate::session::SignedIn;

/// Users on one page.
const PAGE_SIZE: u32 = 100;

struct Row {
    id: String,
    name: String,
    user_name: String,
    profile: String,
    /// Id and display name.
    center: Option<(String, String)>,
    active: bool,
    connected: bool,
}

#[derive(Template)]
#[template(path = "setup/users.html")]
struct UsersTemplate {
    rows: Vec<Row>,
    total: u32,
    first: u32,
    last: u32,
    previous_page: Option<u32>,
    next_page: Option<u32>,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    page: u32,
}

/// `GET /lightning/setup/users`.
pub(super) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    admit(&who, Place::Users)?;
    let number = asked.page.clamp(1, 10_000);
    let query = ListQuery {
        object: ObjectName::new("User"),
        filters: Vec::new(),
        order: Some((FieldName::new("Name"), Order::Ascending)),
        offset: (number - 1) * PAGE_SIZE,
        limit: PAGE_SIZE,
    };
    let found = state.store.list(&who.user, &query).await?;
    let centers: BTreeMap<String, (String, String)> = state
        .store
        .call_centers()
        .await?
        .into_iter()
        .map(|c| {
            let named = (c.id.as_str().to_owned(), c.definition.display_name);
            (c.definition.internal_name, named)
        })
        .collect();
    let rows: Vec<Row> = found
        .records
        .iter()
        .map(|user| Row {
            id: user.id.as_str().to_owned(),
            name: user.text("Name").to_owned(),
            user_name: user.text("Username").to_owned(),
            profile: user.text("ProfileName").to_owned(),
            center: centers.get(user.text("CallCenterName")).cloned(),
            active: *user.get("IsActive") == Value::Boolean(true),
            connected: state
                .sockets
                .is_connected(&offhook_calls::AgentId::new(user.id.as_str())),
        })
        .collect();
    let last = query.offset + u32::try_from(rows.len()).unwrap_or(0);
    let body = UsersTemplate {
        total: found.total,
        first: if rows.is_empty() { 0 } else { query.offset + 1 },
        last,
        previous_page: (number > 1).then(|| number - 1),
        next_page: (last < found.total).then(|| number + 1),
        rows,
    };
    frame::page(&state, &who, Place::Users, "Users", None, &body).await
}

/// `POST /lightning/setup/users/{id}/freeze`.
pub(super) async fn freeze(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    set_frozen(&state, &who, &id, true).await
}

/// `POST /lightning/setup/users/{id}/unfreeze`.
pub(super) async fn unfreeze(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    set_frozen(&state, &who, &id, false).await
}

async fn set_frozen(
    state: &AppState,
    who: &SignedIn,
    id: &str,
    frozen: bool,
) -> Result<Response, Failure> {
    admit(who, Place::Users)?;
    let id = user_of(state, who, id).await?;
    if *who.user_id() == id {
        return Err(Failure::BadRequest {
            why: "You cannot freeze yourself. Ask another administrator.".to_owned(),
        });
    }
    state.store.set_frozen(&who.user, &id, frozen).await?;
    let said = match frozen {
        true => "The user is frozen; every session has ended.",
        false => "The user may sign in again.",
    };
    let target = format!("/lightning/setup/rows/User/{id}");
    Ok(flash::redirect(&target, said, None))
}

#[derive(Deserialize)]
pub(super) struct NewPassword {
    #[serde(default)]
    password: String,
}

/// `POST /lightning/setup/users/{id}/password`.
pub(super) async fn reset_password(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    Form(sent): Form<NewPassword>,
) -> Result<Response, Failure> {
    admit(&who, Place::Users)?;
    let id = user_of(&state, &who, &id).await?;
    let length = sent.password.chars().count();
    if !(PASSWORD_LENGTH_MIN..=PASSWORD_LENGTH_MAX).contains(&length) {
        return Err(Failure::BadRequest {
            why: format!(
                "A password has {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters. Go \
                 back and choose another."
            ),
        });
    }
    state.store.set_password(&id, &sent.password).await?;
    let said = format!("Reset password of user {id}");
    let store = &state.store;
    store
        .audit(&who.user, "Manage Users", "resetpassword", &said)
        .await?;
    let target = format!("/lightning/setup/rows/User/{id}");
    let said = "The password was set; every session of the user has ended.";
    Ok(flash::redirect(&target, said, None))
}

async fn user_of(state: &AppState, who: &SignedIn, id: &str) -> Result<RecordId, Failure> {
    let id = RecordId::parse(id).map_err(|_| Failure::NotFound)?;
    let record = state.store.record(&who.user, &id).await?;
    let user = record.filter(|record| record.object.as_str() == "User");
    user.map(|record| record.id).ok_or(Failure::NotFound)
}
