//! Softphone layouts: which objects a call searches, what is shown of them, and what pops.

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use offhook_org::cti::SoftphoneLayout;
use offhook_org::cti::softphone_layout::{MultipleMatches, NoMatch, SingleMatch};

use super::call_centers::refusal;
use super::frame::{self, Place, admit};
use super::softphone_layout_form::{self as form, Choice, Part};
use crate::AppState;
use crate::console::flash::{self, Flash};
use crate::error::Failure;
use crate::query;
use crate::session::SignedIn;

struct Row {
    path: String,
    name: String,
    is_default: bool,
    inbound: String,
    no_match: String,
}

#[derive(Template)]
#[template(path = "setup/softphone_layouts.html")]
struct ListTemplate {
    rows: Vec<Row>,
}

/// `GET /lightning/setup/softphone-layouts`.
pub(super) async fn list(
    State(state): State<AppState>,
    who: SignedIn,
) -> Result<Response, Failure> {
    admit(&who, Place::SoftphoneLayouts)?;
    let layouts = state.store.softphone_layouts().await?;
    let rows = layouts.iter().map(|layout| Row {
        path: path(layout),
        name: layout.name.clone(),
        is_default: layout.is_default,
        inbound: searched(&state, layout),
        no_match: no_match(&state, layout),
    });
    let body = ListTemplate {
        rows: rows.collect(),
    };
    let place = Place::SoftphoneLayouts;
    frame::page(&state, &who, place, place.label(), None, &body).await
}

fn path(layout: &SoftphoneLayout) -> String {
    format!(
        "{}/{}",
        Place::SoftphoneLayouts.path(),
        query::encode(&layout.name)
    )
}

/// `Contact, Lead, Account`, in the order of the search.
fn searched(state: &AppState, layout: &SoftphoneLayout) -> String {
    let schema = state.store.schema();
    let label = |object: &offhook_org::ObjectName| {
        schema
            .object(object.as_str())
            .map_or_else(|| object.to_string(), |o| o.label.clone())
    };
    let objects = layout.inbound.objects.iter().map(|o| label(&o.object));
    objects.collect::<Vec<_>>().join(", ")
}

fn no_match(state: &AppState, layout: &SoftphoneLayout) -> String {
    let choices = form::no_match_choices(layout, &state.store.schema());
    let chosen = choices
        .into_iter()
        .find(|choice| choice.chosen)
        .map(|choice| choice.label);
    match (&layout.screen_pop.no_match, chosen) {
        (_, Some(label)) => label,
        (NoMatch::NewRecord { object }, None) => format!("Pop to new {object}"),
        (NoMatch::DoNotPop, None) => "Don't pop any screen".to_owned(),
        (NoMatch::Visualforce { page }, None) => to_page(page),
        (NoMatch::Flow { flow }, None) => to_flow(flow),
    }
}

fn single_match(layout: &SoftphoneLayout) -> String {
    match &layout.screen_pop.single_match {
        SingleMatch::DoNotPop => "Don't pop any screen".to_owned(),
        SingleMatch::DetailPage => "Pop detail page".to_owned(),
        SingleMatch::Visualforce { page } => to_page(page),
        SingleMatch::Flow { flow } => to_flow(flow),
    }
}

fn multiple_matches(layout: &SoftphoneLayout) -> String {
    match &layout.screen_pop.multiple_matches {
        MultipleMatches::DoNotPop => "Don't pop any screen".to_owned(),
        MultipleMatches::SearchPage => "Pop to search page".to_owned(),
        MultipleMatches::Visualforce { page } => to_page(page),
        MultipleMatches::Flow { flow } => to_flow(flow),
    }
}

fn to_page(page: &str) -> String {
    format!("Pop to Visualforce page {page}")
}

fn to_flow(flow: &str) -> String {
    format!("Pop to flow {flow}: flows do not run here yet, so nothing pops")
}

#[derive(Template)]
#[template(path = "setup/softphone_layout.html")]
struct DetailTemplate<'a> {
    path: String,
    layout: &'a SoftphoneLayout,
    no_match: String,
    single_match: String,
    multiple_matches: String,
    parts: Vec<Part>,
}

/// `GET /lightning/setup/softphone-layouts/{name}`.
pub(super) async fn detail(
    State(state): State<AppState>,
    who: SignedIn,
    Path(name): Path<String>,
    Flash(notice): Flash,
) -> Result<Response, Failure> {
    admit(&who, Place::SoftphoneLayouts)?;
    let layout = find(&state, &name).await?;
    let body = DetailTemplate {
        path: path(&layout),
        no_match: no_match(&state, &layout),
        single_match: single_match(&layout),
        multiple_matches: multiple_matches(&layout),
        parts: form::parts(&layout, &state.store.schema()),
        layout: &layout,
    };
    let page = frame::page(
        &state,
        &who,
        Place::SoftphoneLayouts,
        &layout.name,
        notice,
        &body,
    )
    .await;
    page.map(flash::said)
}

async fn find(state: &AppState, name: &str) -> Result<SoftphoneLayout, Failure> {
    let layouts = state.store.softphone_layouts().await?;
    layouts
        .into_iter()
        .find(|layout| layout.name == name)
        .ok_or(Failure::NotFound)
}

#[derive(Template)]
#[template(path = "setup/softphone_layout_edit.html")]
struct EditTemplate<'a> {
    csrf: &'a str,
    path: String,
    name: &'a str,
    problems: &'a [String],
    no_match: Vec<Choice>,
    single_match_pops: bool,
    multiple_matches_pop: bool,
    parts: Vec<Part>,
}

/// `GET /lightning/setup/softphone-layouts/{name}/edit`.
pub(super) async fn edit(
    State(state): State<AppState>,
    who: SignedIn,
    Path(name): Path<String>,
) -> Result<Response, Failure> {
    admit(&who, Place::SoftphoneLayouts)?;
    let layout = find(&state, &name).await?;
    edit_page(&state, &who, StatusCode::OK, &layout, &[]).await
}

async fn edit_page(
    state: &AppState,
    who: &SignedIn,
    status: StatusCode,
    layout: &SoftphoneLayout,
    problems: &[String],
) -> Result<Response, Failure> {
    let schema = &state.store.schema();
    let body = EditTemplate {
        csrf: &who.session.csrf_token,
        path: path(layout),
        name: &layout.name,
        problems,
        no_match: form::no_match_choices(layout, schema),
        single_match_pops: layout.screen_pop.single_match == SingleMatch::DetailPage,
        multiple_matches_pop: layout.screen_pop.multiple_matches == MultipleMatches::SearchPage,
        parts: form::parts(layout, schema),
    };
    let title = format!("Edit {}", layout.name);
    let place = Place::SoftphoneLayouts;
    frame::page_with_status(state, who, status, place, &title, None, &body).await
}

/// `POST /lightning/setup/softphone-layouts/{name}/edit`.
pub(super) async fn save(
    State(state): State<AppState>,
    who: SignedIn,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<Response, Failure> {
    admit(&who, Place::SoftphoneLayouts)?;
    let before = find(&state, &name).await?;
    let (layout, problems) = form::read(&query::pairs(&body), &before, &state.store.schema());
    if !problems.is_empty() {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return edit_page(&state, &who, status, &layout, &problems).await;
    }
    match state.store.put_softphone_layout(&who.user, &layout).await {
        Ok(()) => {
            let text = format!("{} was saved. The next call uses it.", layout.name);
            Ok(flash::redirect(&path(&layout), &text, None))
        }
        Err(error) => {
            let problem = refusal(error)?;
            edit_page(&state, &who, StatusCode::CONFLICT, &layout, &[problem]).await
        }
    }
}
