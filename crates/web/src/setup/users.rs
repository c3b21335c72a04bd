//! Users: who is there, with which profile, in which call center.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use offhook_org::{FieldName, ObjectName, Value};
use offhook_store::org::{ListQuery, Order};
use serde::Deserialize;

use super::frame::{self, Place, admit};
use crate::AppState;
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
