//! Which layout the users of a profile see for records of a type.

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use offhook_org::RecordId;
use offhook_org::access::ProfileName;
use offhook_org::schema::{Layout, LayoutAssignment, Object};

use super::layouts::{TAB, arranged, root};
use super::tabs::{Tab, tabs};
use super::{Done, path, refusal, status};
use crate::AppState;
use crate::console::flash;
use crate::error::Failure;
use crate::query;
use crate::session::SignedIn;
use crate::setup::frame::{self, Place, admit};

struct Cell {
    name: String,
    label: String,
    /// What is shown without an assignment of its own.
    inherited: String,
    chosen: String,
}

struct Row {
    label: String,
    cells: Vec<Cell>,
}

#[derive(Template)]
#[template(path = "setup/object_manager/layout_access.html")]
struct AccessTemplate<'a> {
    csrf: &'a str,
    object: &'a Object,
    path: String,
    tabs: Vec<Tab>,
    columns: Vec<String>,
    layouts: Vec<Layout>,
    rows: Vec<Row>,
    problem: Option<&'a String>,
}

/// Everybody first, then each profile by its id.
fn profiles_of(profiles: &[ProfileName]) -> Vec<Option<&ProfileName>> {
    std::iter::once(None)
        .chain(profiles.iter().map(Some))
        .collect()
}

/// The master first, then each record type.
fn types_of(object: &Object) -> Vec<Option<&RecordId>> {
    let types = object.record_types.iter().map(|it| Some(&it.id));
    std::iter::once(None).chain(types).collect()
}

fn cell_name(profile: Option<&ProfileName>, record_type: Option<&RecordId>) -> String {
    let profile = profile.and_then(|profile| profile.id.as_ref());
    let part = |id: Option<&RecordId>| id.map_or("any", RecordId::as_str).to_owned();
    format!("cell.{}.{}", part(profile), part(record_type))
}

fn is_for(
    assignment: &LayoutAssignment,
    profile: Option<&ProfileName>,
    record_type: Option<&RecordId>,
) -> bool {
    let same_profile = match (&assignment.profile, profile) {
        (Some(text), Some(profile)) => profile.is_meant_by(text),
        (None, None) => true,
        _ => false,
    };
    same_profile && assignment.record_type.as_ref() == record_type
}

/// What would be seen if the cell said nothing.
fn inherited(
    object: &Object,
    assignments: &[LayoutAssignment],
    profile: Option<&ProfileName>,
    record_type: Option<&RecordId>,
) -> String {
    let mut others = object.clone();
    others.layout_assignments = assignments.to_vec();
    let own = |assignment: &LayoutAssignment| is_for(assignment, profile, record_type);
    others.layout_assignments.retain(|a| !own(a));
    let nobody = ProfileName {
        id: None,
        name: String::new(),
    };
    others
        .layout_for(profile.unwrap_or(&nobody), record_type)
        .name
}

async fn show(
    state: &AppState,
    who: &SignedIn,
    object: &Object,
    assignments: &[LayoutAssignment],
    problem: Option<&String>,
) -> Result<Response, Failure> {
    let profiles = state.store.profiles().await?;
    let type_label = |id: Option<&RecordId>| {
        let known = id.and_then(|id| object.record_type(id));
        known.map_or_else(|| "Master".to_owned(), |it| it.label.clone())
    };
    let row = |profile: Option<&ProfileName>| {
        let label = profile.map_or("Every other profile", |profile| profile.name.as_str());
        let cell = |record_type: Option<&RecordId>| {
            let mut own = assignments.iter();
            let own = own.find(|assignment| is_for(assignment, profile, record_type));
            Cell {
                name: cell_name(profile, record_type),
                label: format!("{label}, {}", type_label(record_type)),
                inherited: inherited(object, assignments, profile, record_type),
                chosen: own.map(|own| own.layout.to_string()).unwrap_or_default(),
            }
        };
        Row {
            label: label.to_owned(),
            cells: types_of(object).into_iter().map(cell).collect(),
        }
    };
    let body = AccessTemplate {
        csrf: &who.session.csrf_token,
        object,
        path: path(object),
        tabs: tabs(object, TAB),
        columns: types_of(object).into_iter().map(type_label).collect(),
        layouts: object.layouts.clone(),
        rows: profiles_of(&profiles).into_iter().map(row).collect(),
        problem,
    };
    let (place, title) = (Place::ObjectManager, "Page Layout Assignment");
    frame::page_with_status(state, who, status(problem), place, title, None, &body).await
}

/// `GET …/layouts/access`.
pub(super) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
    Path(name): Path<String>,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = arranged(&state, &name)?;
    show(&state, &who, &object, &object.layout_assignments, None).await
}

/// `POST …/layouts/access`.
pub(super) async fn save(
    State(state): State<AppState>,
    who: SignedIn,
    Path(name): Path<String>,
    body: Bytes,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = arranged(&state, &name)?;
    let sent = query::pairs(&body);
    let profiles = state.store.profiles().await?;
    let mut assignments = Vec::new();
    for profile in profiles_of(&profiles) {
        for record_type in types_of(&object) {
            let chosen = query::value(&sent, &cell_name(profile, record_type));
            if chosen.is_empty() {
                continue;
            }
            let id = profile.and_then(|profile| profile.id.as_ref());
            assignments.push(LayoutAssignment {
                profile: id.map(ToString::to_string),
                record_type: record_type.cloned(),
                layout: RecordId::parse(chosen).map_err(|_| Failure::NotFound)?,
            });
        }
    }
    let store = &state.store;
    let done = store.put_layout_assignments(&who.user, &object.name, assignments.clone());
    match done.await {
        Ok(()) => {
            let said = "The assignment of page layouts was saved; it acts with the next page.";
            Ok(flash::redirect(&root(&object), said, None))
        }
        Err(failure) => {
            let problem = refusal(failure)?;
            show(&state, &who, &object, &assignments, Some(&problem)).await
        }
    }
}
