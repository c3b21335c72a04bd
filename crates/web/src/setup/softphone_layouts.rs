//! Softphone layouts: which objects a call searches, what is shown of them, and what pops.

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use offhook_org::cti::SoftphoneLayout;
use offhook_org::cti::softphone_layout::{MultipleMatches, NoMatch, OpenWithin, SingleMatch};
use offhook_store::cti::LayoutAssignment;

use super::call_centers::refusal;
use super::frame::{self, Place, admit};
use super::softphone_layout_form::{self as form, Part, Target};
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
    profiles: String,
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
    Flash(notice): Flash,
) -> Result<Response, Failure> {
    admit(&who, Place::SoftphoneLayouts)?;
    let layouts = state.store.softphone_layouts().await?;
    let assignments = state.store.layout_assignments().await?;
    let rows = layouts.iter().map(|layout| Row {
        profiles: profiles(&assignments, layout).join(", "),
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
    let page = frame::page(&state, &who, place, place.label(), notice, &body).await;
    page.map(flash::said)
}

/// Names of the profiles that have a layout.
fn profiles(assignments: &[LayoutAssignment], layout: &SoftphoneLayout) -> Vec<String> {
    let has = |a: &&LayoutAssignment| match &a.layout {
        Some(name) => *name == layout.name,
        None => layout.is_default,
    };
    let having = assignments.iter().filter(has);
    having.map(|a| a.profile_name.clone()).collect()
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
    clone_path: String,
    profiles: String,
    new_window: bool,
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
    let assignments = state.store.layout_assignments().await?;
    let body = DetailTemplate {
        path: path(&layout),
        clone_path: format!("{NEW}?from={}", query::encode(&layout.name)),
        profiles: profiles(&assignments, &layout).join(", "),
        new_window: layout.screen_pop.open_within == OpenWithin::NewWindow,
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

/// The address of the form for a new layout; no layout can have it.
const NEW: &str = "/lightning/setup/softphone-layout-new";

#[derive(Template)]
#[template(path = "setup/softphone_layout_edit.html")]
struct EditTemplate<'a> {
    csrf: &'a str,
    title: &'a str,
    action: &'a str,
    back: String,
    name: &'a str,
    is_default: bool,
    /// The default stays it until another takes its place.
    was_default: bool,
    new_window: bool,
    problems: &'a [String],
    pops: Vec<(&'static str, &'static str, Target)>,
    parts: Vec<Part>,
}

/// A form, for a layout that is there or a new one.
struct Form<'a> {
    title: &'a str,
    action: &'a str,
    back: String,
    was_default: bool,
}

async fn form_page(
    state: &AppState,
    who: &SignedIn,
    status: StatusCode,
    form: Form<'_>,
    layout: &SoftphoneLayout,
    problems: &[String],
) -> Result<Response, Failure> {
    let schema = &state.store.schema();
    let names = [
        ("no_match", "No matching records"),
        ("single_match", "Single-matching record"),
        ("multiple_matches", "Multiple-matching records"),
    ];
    let targets = form::targets(layout, schema);
    let pops = names.into_iter().zip(targets);
    let body = EditTemplate {
        csrf: &who.session.csrf_token,
        title: form.title,
        action: form.action,
        back: form.back,
        name: &layout.name,
        is_default: layout.is_default,
        was_default: form.was_default,
        new_window: layout.screen_pop.open_within == OpenWithin::NewWindow,
        problems,
        pops: pops
            .map(|((name, label), target)| (name, label, target))
            .collect(),
        parts: form::parts(layout, schema),
    };
    let place = Place::SoftphoneLayouts;
    frame::page_with_status(state, who, status, place, form.title, None, &body).await
}

#[derive(serde::Deserialize)]
pub(super) struct From {
    #[serde(default)]
    from: String,
}

/// `GET /lightning/setup/softphone-layout-new`, with `from` to clone one.
pub(super) async fn new(
    State(state): State<AppState>,
    who: SignedIn,
    Query(asked): Query<From>,
) -> Result<Response, Failure> {
    admit(&who, Place::SoftphoneLayouts)?;
    let mut layout = match asked.from.as_str() {
        "" => SoftphoneLayout::standard(),
        name => find(&state, name).await?,
    };
    layout.is_default = false;
    layout.name = match asked.from.as_str() {
        "" => String::new(),
        name => format!("{name} copy"),
    };
    new_page(&state, &who, StatusCode::OK, &layout, &[]).await
}

async fn new_page(
    state: &AppState,
    who: &SignedIn,
    status: StatusCode,
    layout: &SoftphoneLayout,
    problems: &[String],
) -> Result<Response, Failure> {
    let form = Form {
        title: "New Softphone Layout",
        action: NEW,
        back: Place::SoftphoneLayouts.path().to_owned(),
        was_default: false,
    };
    form_page(state, who, status, form, layout, problems).await
}

/// `POST /lightning/setup/softphone-layout-new`.
pub(super) async fn create(
    State(state): State<AppState>,
    who: SignedIn,
    body: Bytes,
) -> Result<Response, Failure> {
    admit(&who, Place::SoftphoneLayouts)?;
    let mut first = SoftphoneLayout::standard();
    first.is_default = false;
    first.name = String::new();
    let (layout, problems) = form::read(&query::pairs(&body), &first, &state.store.schema());
    if !problems.is_empty() {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return new_page(&state, &who, status, &layout, &problems).await;
    }
    match state
        .store
        .create_softphone_layout(&who.user, &layout)
        .await
    {
        Ok(()) => {
            let text = format!("{} was made. Assign it to profiles to use it.", layout.name);
            Ok(flash::redirect(&path(&layout), &text, None))
        }
        Err(error) => {
            let problem = refusal(error)?;
            new_page(&state, &who, StatusCode::CONFLICT, &layout, &[problem]).await
        }
    }
}

/// `GET /lightning/setup/softphone-layouts/{name}/edit`.
pub(super) async fn edit(
    State(state): State<AppState>,
    who: SignedIn,
    Path(name): Path<String>,
) -> Result<Response, Failure> {
    admit(&who, Place::SoftphoneLayouts)?;
    let layout = find(&state, &name).await?;
    edit_page(&state, &who, StatusCode::OK, &layout, &layout, &[]).await
}

async fn edit_page(
    state: &AppState,
    who: &SignedIn,
    status: StatusCode,
    before: &SoftphoneLayout,
    layout: &SoftphoneLayout,
    problems: &[String],
) -> Result<Response, Failure> {
    let form = Form {
        title: &format!("Edit {}", before.name),
        action: &format!("{}/edit", path(before)),
        back: path(before),
        was_default: before.is_default,
    };
    form_page(state, who, status, form, layout, problems).await
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
        return edit_page(&state, &who, status, &before, &layout, &problems).await;
    }
    let done = state
        .store
        .change_softphone_layout(&who.user, &before.name, &layout)
        .await;
    match done {
        Ok(()) => {
            let text = format!("{} was saved. The next call uses it.", layout.name);
            Ok(flash::redirect(&path(&layout), &text, None))
        }
        Err(error) => {
            let problem = refusal(error)?;
            let status = StatusCode::CONFLICT;
            edit_page(&state, &who, status, &before, &layout, &[problem]).await
        }
    }
}

#[derive(Template)]
#[template(path = "setup/softphone_layout_delete.html")]
struct DeleteTemplate<'a> {
    csrf: &'a str,
    path: String,
    name: &'a str,
    problem: Option<String>,
}

/// `GET /lightning/setup/softphone-layouts/{name}/delete`.
pub(super) async fn confirm_delete(
    State(state): State<AppState>,
    who: SignedIn,
    Path(name): Path<String>,
) -> Result<Response, Failure> {
    admit(&who, Place::SoftphoneLayouts)?;
    let layout = find(&state, &name).await?;
    delete_page(&state, &who, StatusCode::OK, &layout, None).await
}

async fn delete_page(
    state: &AppState,
    who: &SignedIn,
    status: StatusCode,
    layout: &SoftphoneLayout,
    problem: Option<String>,
) -> Result<Response, Failure> {
    let body = DeleteTemplate {
        csrf: &who.session.csrf_token,
        path: path(layout),
        name: &layout.name,
        problem,
    };
    let title = format!("Delete {}", layout.name);
    let place = Place::SoftphoneLayouts;
    frame::page_with_status(state, who, status, place, &title, None, &body).await
}

/// `POST /lightning/setup/softphone-layouts/{name}/delete`.
pub(super) async fn delete(
    State(state): State<AppState>,
    who: SignedIn,
    Path(name): Path<String>,
) -> Result<Response, Failure> {
    admit(&who, Place::SoftphoneLayouts)?;
    let layout = find(&state, &name).await?;
    let done = state
        .store
        .delete_softphone_layout(&who.user, &layout.name)
        .await;
    match done {
        Ok(()) => {
            let text = format!("{} was deleted.", layout.name);
            Ok(flash::redirect(Place::SoftphoneLayouts.path(), &text, None))
        }
        Err(error) => {
            let why = Some(refusal(error)?);
            delete_page(&state, &who, StatusCode::CONFLICT, &layout, why).await
        }
    }
}
