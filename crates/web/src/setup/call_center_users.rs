//! The users of a call center: who is in and why, who could be added, moved or removed, many at
//! once, with an answer for each.

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use offhook_calls::AgentId;
use offhook_org::{FieldName, ObjectName, RecordId};
use offhook_store::cti::{
    MembershipChange, MembershipOutcome, PhoneUser, StoredCallCenter, UserSearch,
};
use offhook_store::org::{ListQuery, Order};
use serde::Deserialize;

use super::call_center_groups::{self as groups, GroupView};
use super::call_centers::{find, refusal};
use super::frame::{self, Place, admit};
use super::show;
use crate::AppState;
use crate::console::flash::{self, Flash, Notice};
use crate::error::Failure;
use crate::query;
use crate::session::SignedIn;

/// Users that a search shows.
const FOUND_MAX: u32 = 50;

/// Users that are changed at once.
const CHANGED_MAX: u32 = 1_000;

/// A search is cut to this.
const SEARCH_LENGTH_MAX: usize = 100;

/// Profiles and roles to choose from.
const CHOICES_MAX: u32 = 500;

struct Person {
    id: String,
    name: String,
    profile: String,
    role: String,
    elsewhere: Option<String>,
    by_group: Option<String>,
    connected: bool,
}

struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "setup/call_center_users.html")]
struct UsersTemplate<'a> {
    id: &'a str,
    csrf: &'a str,
    display_name: &'a str,
    members: Vec<Person>,
    groups: Vec<GroupView>,
    free_groups: Vec<(String, String)>,
    asked: &'a Asked,
    profiles: Vec<Choice>,
    roles: Vec<Choice>,
    found: Vec<Person>,
    /// How many there are in all, up to what is changed at once.
    found_count: usize,
    problem: Option<String>,
}

/// A search, as the address says it.
#[derive(Deserialize, Default)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    profile: String,
    #[serde(default)]
    role: String,
    /// `all` for those that are in another call center too.
    #[serde(default)]
    who: String,
}

impl Asked {
    fn of(form: &[(String, String)]) -> Self {
        let text = |name| query::value(form, name).to_owned();
        Self {
            q: text("q"),
            profile: text("profile"),
            role: text("role"),
            who: text("who"),
        }
    }

    fn search(&self, limit: u32) -> UserSearch {
        UserSearch {
            text: self.q.trim().chars().take(SEARCH_LENGTH_MAX).collect(),
            profile: RecordId::parse(&self.profile).ok(),
            role: RecordId::parse(&self.role).ok(),
            only_free: self.who != "all",
            limit,
        }
    }

    /// Back to the page with the same search.
    fn path(&self, center: &RecordId) -> String {
        let pairs = [
            ("q", &self.q),
            ("profile", &self.profile),
            ("role", &self.role),
            ("who", &self.who),
        ];
        let pairs = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        let pairs: Vec<String> = pairs
            .map(|(name, value)| format!("{name}={}", query::encode(value)))
            .collect();
        let path = format!("{}/{center}/users", Place::CallCenters.path());
        match pairs.is_empty() {
            true => path,
            false => format!("{path}?{}", pairs.join("&")),
        }
    }
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
    let status = StatusCode::OK;
    let page = render(&state, &who, status, &center, &asked, notice, None).await;
    page.map(flash::said)
}

/// The page, perhaps with what went wrong.
pub(super) async fn render(
    state: &AppState,
    who: &SignedIn,
    status: StatusCode,
    center: &StoredCallCenter,
    asked: &Asked,
    notice: Option<Notice>,
    problem: Option<String>,
) -> Result<Response, Failure> {
    let store = &state.store;
    let person = |user: PhoneUser| Person {
        connected: state.sockets.is_connected(&AgentId::new(user.id.as_str())),
        id: user.id.as_str().to_owned(),
        name: user.name,
        profile: user.profile,
        role: user.role,
        elsewhere: user.call_center,
        by_group: user.by_group,
    };
    let members = store.call_center_users(&center.id).await?;
    let is_member = |user: &PhoneUser| members.iter().any(|member| member.id == user.id);
    let mut found = store.find_phone_users(&asked.search(CHANGED_MAX)).await?;
    found.retain(|user| !is_member(user));
    let free_groups = store.free_public_groups().await?;
    let body = UsersTemplate {
        id: center.id.as_str(),
        csrf: &who.session.csrf_token,
        display_name: &center.definition.display_name,
        groups: groups::views(store.call_center_groups(&center.id).await?),
        free_groups: free_groups
            .into_iter()
            .map(|(id, name)| (id.as_str().to_owned(), name))
            .collect(),
        asked,
        profiles: choices(state, who, "Profile", &asked.profile).await?,
        roles: choices(state, who, "UserRole", &asked.role).await?,
        found_count: found.len(),
        found: found
            .into_iter()
            .take(FOUND_MAX as usize)
            .map(person)
            .collect(),
        members: members.into_iter().map(person).collect(),
        problem,
    };
    let title = format!("Users of {}", center.definition.display_name);
    let place = Place::CallCenters;
    frame::page_with_status(state, who, status, place, &title, notice, &body).await
}

async fn choices(
    state: &AppState,
    who: &SignedIn,
    object: &str,
    chosen: &str,
) -> Result<Vec<Choice>, Failure> {
    let all = ListQuery {
        object: ObjectName::new(object),
        filters: Vec::new(),
        order: Some((FieldName::new("Name"), Order::Ascending)),
        offset: 0,
        limit: CHOICES_MAX,
    };
    let page = state.store.list(&who.user, &all).await?;
    let choice = |record: &offhook_org::Record| Choice {
        value: record.id.as_str().to_owned(),
        label: record.text("Name").to_owned(),
        chosen: record.id.as_str() == chosen,
    };
    Ok(page.records.iter().map(choice).collect())
}

/// `POST /lightning/setup/call-centers/{id}/users/add`.
pub(super) async fn add(
    state: State<AppState>,
    who: SignedIn,
    id: Path<String>,
    body: Bytes,
) -> Result<Response, Failure> {
    change(state, who, id, body, MembershipChange::Add).await
}

/// `POST /lightning/setup/call-centers/{id}/users/move`.
pub(super) async fn move_here(
    state: State<AppState>,
    who: SignedIn,
    id: Path<String>,
    body: Bytes,
) -> Result<Response, Failure> {
    change(state, who, id, body, MembershipChange::Move).await
}

/// `POST /lightning/setup/call-centers/{id}/users/remove`.
pub(super) async fn remove(
    state: State<AppState>,
    who: SignedIn,
    id: Path<String>,
    body: Bytes,
) -> Result<Response, Failure> {
    change(state, who, id, body, MembershipChange::Remove).await
}

async fn change(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    body: Bytes,
    change: MembershipChange,
) -> Result<Response, Failure> {
    admit(&who, Place::CallCenters)?;
    let center = find(&state, &id).await?;
    let form = query::pairs(&body);
    let asked = Asked::of(&form);
    let users = chosen(&state, &center, &form, &asked, change).await?;
    let problem = match users.len() {
        0 => Some("No user was chosen. Choose one or more, then press the button.".to_owned()),
        n if n > CHANGED_MAX as usize => Some(format!(
            "{CHANGED_MAX} users are changed at once; choose fewer."
        )),
        _ => None,
    };
    if problem.is_some() {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return render(&state, &who, status, &center, &asked, None, problem).await;
    }
    let done = state
        .store
        .change_call_center_users(&who.user, &center.id, change, &users)
        .await;
    let mut outcomes = match done {
        Ok(outcomes) => outcomes,
        Err(error) => {
            let problem = Some(refusal(error)?);
            let status = StatusCode::CONFLICT;
            return render(&state, &who, status, &center, &asked, None, problem).await;
        }
    };
    match (outcomes.len(), outcomes.pop()) {
        (1, Some(one)) => one_answer(&state, &who, &center, &asked, change, one).await,
        (_, last) => {
            outcomes.extend(last);
            results(&state, &who, &center, &asked, change, outcomes).await
        }
    }
}

/// One user by a button, those with a mark, or all that a search finds.
async fn chosen(
    state: &AppState,
    center: &StoredCallCenter,
    form: &[(String, String)],
    asked: &Asked,
    change: MembershipChange,
) -> Result<Vec<RecordId>, Failure> {
    let only = query::value(form, "only");
    if query::value(form, "all") == "1" {
        let members = state.store.call_center_users(&center.id).await?;
        let members: Vec<RecordId> = members.into_iter().map(|user| user.id).collect();
        if change == MembershipChange::Remove {
            return Ok(members);
        }
        let found = state
            .store
            .find_phone_users(&asked.search(CHANGED_MAX))
            .await?;
        let found = found.into_iter().map(|user| user.id);
        return Ok(found.filter(|user| !members.contains(user)).collect());
    }
    let given = form
        .iter()
        .filter(|(name, _)| name == "user" && only.is_empty());
    let given = given.map(|(_, value)| value.as_str());
    let only = Some(only).filter(|only| !only.is_empty());
    let mut users = Vec::new();
    for text in given.chain(only) {
        let user = RecordId::parse(text).map_err(|_| Failure::BadRequest {
            why: "No user was chosen. Go back and choose one.".to_owned(),
        })?;
        if !users.contains(&user) {
            users.push(user);
        }
    }
    Ok(users)
}

async fn one_answer(
    state: &AppState,
    who: &SignedIn,
    center: &StoredCallCenter,
    asked: &Asked,
    change: MembershipChange,
    outcome: MembershipOutcome,
) -> Result<Response, Failure> {
    match outcome.done {
        Ok(_) => {
            let text = match change {
                MembershipChange::Add => {
                    "was added. The softphone is there when the console is loaded next."
                }
                MembershipChange::Move => {
                    "was moved. The softphone is there when the console is loaded next."
                }
                MembershipChange::Remove => "was removed. A call in progress is not cut.",
            };
            let text = format!("{} {text}", outcome.name);
            Ok(flash::redirect(&asked.path(&center.id), &text, None))
        }
        Err(error) => {
            let problem = Some(refusal(error)?);
            let status = StatusCode::CONFLICT;
            render(state, who, status, center, asked, None, problem).await
        }
    }
}

struct ResultRow {
    id: String,
    name: String,
    /// Why not.
    refused: Option<String>,
    text: &'static str,
}

#[derive(Template)]
#[template(path = "setup/call_center_results.html")]
struct ResultsTemplate<'a> {
    id: &'a str,
    display_name: &'a str,
    back: String,
    summary: String,
    rows: Vec<ResultRow>,
}

/// What became of each; those that were refused first.
async fn results(
    state: &AppState,
    who: &SignedIn,
    center: &StoredCallCenter,
    asked: &Asked,
    change: MembershipChange,
    outcomes: Vec<MembershipOutcome>,
) -> Result<Response, Failure> {
    let mut rows = Vec::new();
    let (mut changed, mut refused) = (0, 0);
    for outcome in outcomes {
        let (text, why) = match (outcome.done, change) {
            (Ok(true), MembershipChange::Add) => ("Added", None),
            (Ok(true), MembershipChange::Move) => ("Moved", None),
            (Ok(true), MembershipChange::Remove) => ("Removed", None),
            (Ok(false), MembershipChange::Remove) => ("Was not in it", None),
            (Ok(false), _) => ("Was in it already", None),
            (Err(error), _) => ("Refused", Some(refusal(error)?)),
        };
        changed += usize::from(matches!(text, "Added" | "Moved" | "Removed"));
        refused += usize::from(why.is_some());
        rows.push(ResultRow {
            id: outcome.user.as_str().to_owned(),
            name: outcome.name,
            refused: why,
            text,
        });
    }
    rows.sort_by_key(|row| row.refused.is_none());
    let body = ResultsTemplate {
        id: center.id.as_str(),
        display_name: &center.definition.display_name,
        back: asked.path(&center.id),
        summary: format!(
            "{} changed, {refused} refused.",
            show::count(changed, "user was", "users were")
        ),
        rows,
    };
    let title = format!("Users of {}", center.definition.display_name);
    frame::page(state, who, Place::CallCenters, &title, None, &body).await
}
