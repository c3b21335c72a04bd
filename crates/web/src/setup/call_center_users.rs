//! The users of a call center: who is in, who could be added, and why somebody cannot.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use offhook_calls::AgentId;
use offhook_org::RecordId;
use offhook_store::cti::{CallCenterError, StoredCallCenter};
use serde::Deserialize;

use super::call_centers::{find, refusal};
use super::frame::{self, Place, admit};
use crate::AppState;
use crate::console::flash::{self, Flash, Notice};
use crate::error::Failure;
use crate::session::SignedIn;

/// Users that a search shows.
const FOUND_MAX: u32 = 50;

/// A search is cut to this.
const SEARCH_LENGTH_MAX: usize = 100;

struct Person {
    id: String,
    name: String,
    profile: String,
    connected: bool,
}

#[derive(Template)]
#[template(path = "setup/call_center_users.html")]
struct UsersTemplate<'a> {
    id: &'a str,
    csrf: &'a str,
    display_name: &'a str,
    members: Vec<Person>,
    search: &'a str,
    found: Vec<Person>,
    found_all: bool,
    problem: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
}

#[derive(Deserialize)]
pub(super) struct Chosen {
    #[serde(default)]
    user: String,
    #[serde(default)]
    q: String,
}

/// `GET /lightning/setup/call-centers/{id}/users`.
pub(super) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    Flash(notice): Flash,
) -> Result<Response, Failure> {
    admit(&who, Place::CallCenters)?;
    let center = find(&state, &id).await?;
    let page = render(
        &state,
        &who,
        StatusCode::OK,
        &center,
        &asked.q,
        notice,
        None,
    )
    .await;
    page.map(flash::said)
}

async fn render(
    state: &AppState,
    who: &SignedIn,
    status: StatusCode,
    center: &StoredCallCenter,
    search: &str,
    notice: Option<Notice>,
    problem: Option<String>,
) -> Result<Response, Failure> {
    let search: String = search.trim().chars().take(SEARCH_LENGTH_MAX).collect();
    let person = |(id, name, profile): (RecordId, String, String)| Person {
        connected: state.sockets.is_connected(&AgentId::new(id.as_str())),
        id: id.as_str().to_owned(),
        name,
        profile,
    };
    let members = state.store.call_center_users(&center.id).await?;
    let found = state
        .store
        .users_without_call_center(&search, FOUND_MAX)
        .await?;
    let body = UsersTemplate {
        id: center.id.as_str(),
        csrf: &who.session.csrf_token,
        display_name: &center.definition.display_name,
        members: members.into_iter().map(person).collect(),
        search: &search,
        found_all: found.len() < FOUND_MAX as usize,
        found: found.into_iter().map(person).collect(),
        problem,
    };
    let title = format!("Users of {}", center.definition.display_name);
    frame::page_with_status(
        state,
        who,
        status,
        Place::CallCenters,
        &title,
        notice,
        &body,
    )
    .await
}

/// `POST /lightning/setup/call-centers/{id}/users/add`.
pub(super) async fn add(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    Form(chosen): Form<Chosen>,
) -> Result<Response, Failure> {
    admit(&who, Place::CallCenters)?;
    let center = find(&state, &id).await?;
    let user = user_id(&chosen)?;
    let done = state
        .store
        .add_call_center_user(&who.user, &center.id, &user)
        .await;
    let text = "was added. The softphone is there when the console is loaded next.";
    answer(&state, &who, &center, &chosen, done, text).await
}

/// `POST /lightning/setup/call-centers/{id}/users/remove`.
pub(super) async fn remove(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    Form(chosen): Form<Chosen>,
) -> Result<Response, Failure> {
    admit(&who, Place::CallCenters)?;
    let center = find(&state, &id).await?;
    let user = user_id(&chosen)?;
    let done = state
        .store
        .remove_call_center_user(&who.user, &center.id, &user)
        .await;
    let text = "was removed. A call in progress is not cut.";
    answer(&state, &who, &center, &chosen, done, text).await
}

fn user_id(chosen: &Chosen) -> Result<RecordId, Failure> {
    RecordId::parse(&chosen.user).map_err(|_| Failure::BadRequest {
        why: "No user was chosen. Go back and choose one.".to_owned(),
    })
}

async fn answer(
    state: &AppState,
    who: &SignedIn,
    center: &StoredCallCenter,
    chosen: &Chosen,
    done: Result<(), CallCenterError>,
    text: &str,
) -> Result<Response, Failure> {
    match done {
        Ok(()) => {
            let user = user_id(chosen)?;
            let names = state
                .store
                .names(&who.user, std::slice::from_ref(&user))
                .await?;
            let name = names.get(&user).map_or("The user", String::as_str);
            let mut target = format!("{}/{}/users", Place::CallCenters.path(), center.id);
            if !chosen.q.is_empty() {
                target = format!("{target}?q={}", crate::query::encode(&chosen.q));
            }
            Ok(flash::redirect(&target, &format!("{name} {text}"), None))
        }
        Err(error) => {
            let problem = Some(refusal(error)?);
            let status = StatusCode::CONFLICT;
            render(state, who, status, center, &chosen.q, None, problem).await
        }
    }
}
