//! Which profile has which softphone layout: one table, saved as a whole.

use std::collections::BTreeMap;

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use offhook_org::RecordId;

use super::call_centers::refusal;
use super::frame::{self, Place, admit};
use super::show;
use crate::AppState;
use crate::console::flash::{self, Flash, Notice};
use crate::error::Failure;
use crate::query;
use crate::session::SignedIn;

/// The address of the page.
pub(super) const PATH: &str = "/lightning/setup/softphone-layout-assignment";

struct Row {
    profile: String,
    name: String,
    users: String,
    layout: String,
}

#[derive(Template)]
#[template(path = "setup/softphone_layout_assignment.html")]
struct AssignmentTemplate<'a> {
    csrf: &'a str,
    path: &'a str,
    default: String,
    layouts: Vec<String>,
    rows: Vec<Row>,
    problem: Option<String>,
}

/// `GET /lightning/setup/softphone-layout-assignment`.
pub(super) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
    Flash(notice): Flash,
) -> Result<Response, Failure> {
    admit(&who, Place::SoftphoneLayouts)?;
    let page = render(&state, &who, StatusCode::OK, notice, None).await;
    page.map(flash::said)
}

async fn render(
    state: &AppState,
    who: &SignedIn,
    status: StatusCode,
    notice: Option<Notice>,
    problem: Option<String>,
) -> Result<Response, Failure> {
    let layouts = state.store.softphone_layouts().await?;
    let default = layouts.iter().find(|layout| layout.is_default);
    let assignments = state.store.layout_assignments().await?;
    let row = |a: offhook_store::cti::LayoutAssignment| Row {
        profile: a.profile.as_str().to_owned(),
        name: a.profile_name,
        users: show::count(a.user_count as usize, "active user", "active users"),
        layout: a.layout.unwrap_or_default(),
    };
    let body = AssignmentTemplate {
        csrf: &who.session.csrf_token,
        path: PATH,
        default: default.map_or_else(String::new, |layout| layout.name.clone()),
        layouts: layouts.into_iter().map(|layout| layout.name).collect(),
        rows: assignments.into_iter().map(row).collect(),
        problem,
    };
    let place = Place::SoftphoneLayouts;
    let title = "Softphone Layout Assignment";
    frame::page_with_status(state, who, status, place, title, notice, &body).await
}

/// `POST /lightning/setup/softphone-layout-assignment`.
pub(super) async fn save(
    State(state): State<AppState>,
    who: SignedIn,
    body: Bytes,
) -> Result<Response, Failure> {
    admit(&who, Place::SoftphoneLayouts)?;
    let mut wanted = BTreeMap::new();
    for (name, value) in query::pairs(&body) {
        let profile = name.strip_prefix("layout.").map(RecordId::parse);
        if let Some(Ok(profile)) = profile {
            wanted.insert(profile, Some(value).filter(|name| !name.is_empty()));
        }
    }
    let done = state
        .store
        .assign_softphone_layouts(&who.user, &wanted)
        .await;
    match done {
        Ok(changed) => {
            let text = match changed {
                0 => "Nothing was changed.".to_owned(),
                1 => "1 profile has another layout. The next call uses it.".to_owned(),
                n => format!("{n} profiles have another layout. The next call uses it."),
            };
            Ok(flash::redirect(PATH, &text, None))
        }
        Err(error) => {
            let problem = Some(refusal(error)?);
            render(&state, &who, StatusCode::CONFLICT, None, problem).await
        }
    }
}
