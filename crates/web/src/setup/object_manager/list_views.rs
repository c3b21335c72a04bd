//! List views of an object: those that it comes with, those that were made, and their deletion.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use offhook_org::schema::{ListAudience, ListScope, ListView, Object};
use offhook_org::{FieldName, ObjectName, RecordId};
use offhook_store::org::{ListQuery, Order};

use super::layouts::DeleteTemplate;
use super::objects::find;
use super::tabs::{Tab, has_lists, tabs};
use super::{Done, path, refusal, status};
use crate::AppState;
use crate::console::flash::{self, Flash};
use crate::error::Failure;
use crate::session::SignedIn;
use crate::setup::frame::{self, Place, admit};

pub(super) const TAB: &str = "List Views";

struct ViewRow {
    label: String,
    name: String,
    /// Nothing of a standard view.
    path: Option<String>,
    records: String,
    seen_by: String,
}

#[derive(Template)]
#[template(path = "setup/object_manager/list_views.html")]
struct ListTemplate<'a> {
    object: &'a Object,
    path: String,
    tabs: Vec<Tab>,
    rows: Vec<ViewRow>,
}

/// A group or a queue by its name.
pub(super) struct KnownGroup {
    pub(super) id: RecordId,
    pub(super) label: String,
    pub(super) is_queue: bool,
}

/// The object of an address, if it has lists.
pub(super) fn listed(state: &AppState, name: &str) -> Result<Arc<Object>, Failure> {
    let object = find(state, name)?;
    match has_lists(&object) {
        true => Ok(object),
        false => Err(Failure::NotFound),
    }
}

pub(super) fn root(object: &Object) -> String {
    format!("{}/list-views", path(object))
}

/// The list view of an address, of those that were made.
pub(super) fn one<'a>(object: &'a Object, id: &str) -> Result<&'a ListView, Failure> {
    let mut views = object.list_views.iter();
    let view = views.find(|view| view.id.as_str() == id);
    view.ok_or(Failure::NotFound)
}

/// Groups and queues, those of roles with their kind.
pub(super) async fn groups(state: &AppState, who: &SignedIn) -> Result<Vec<KnownGroup>, Failure> {
    let asked = ListQuery {
        object: ObjectName::new("Group"),
        filters: Vec::new(),
        order: Some((FieldName::new("Name"), Order::Ascending)),
        offset: 0,
        limit: 200,
    };
    let found = state.store.list(&who.user, &asked).await?;
    let known = found.records.into_iter().map(|group| {
        let (kind, name) = (group.text("Type"), group.text("Name"));
        let label = match kind {
            "Regular" => name.to_owned(),
            "Role" => format!("Role {name}"),
            "RoleAndSubordinates" => format!("Role {name} and those below"),
            "Organization" => "Everybody in the org".to_owned(),
            _ => format!("Queue {name}"),
        };
        let is_queue = kind == "Queue";
        KnownGroup {
            id: group.id,
            label,
            is_queue,
        }
    });
    Ok(known.collect())
}

fn seen_by(view: &ListView, groups: &[KnownGroup], users: &BTreeMap<RecordId, String>) -> String {
    match &view.shown_to {
        ListAudience::Everyone => "Everybody".to_owned(),
        ListAudience::Only(owner) => match users.get(owner) {
            Some(name) => format!("Only {name}"),
            None => "Only its maker".to_owned(),
        },
        ListAudience::Groups(ids) => {
            let known = groups.iter().filter(|group| ids.contains(&group.id));
            let names: Vec<&str> = known.map(|group| group.label.as_str()).collect();
            names.join(", ")
        }
    }
}

fn records(view: &ListView, groups: &[KnownGroup]) -> String {
    let scope = match &view.scope {
        ListScope::Everything => "All".to_owned(),
        ListScope::Mine => "Those of the user".to_owned(),
        ListScope::Queue(id) => {
            let queue = groups.iter().find(|group| group.id == *id);
            queue.map_or_else(|| "Those of a queue".to_owned(), |q| q.label.clone())
        }
    };
    match view.filters.len() {
        0 => scope,
        1 => format!("{scope}, 1 filter"),
        count => format!("{scope}, {count} filters"),
    }
}

/// `GET …/{object}/list-views`.
pub(super) async fn list(
    State(state): State<AppState>,
    who: SignedIn,
    Path(name): Path<String>,
    Flash(notice): Flash,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = listed(&state, &name)?;
    let groups = groups(&state, &who).await?;
    let owners = object
        .list_views
        .iter()
        .filter_map(|view| match &view.shown_to {
            ListAudience::Only(owner) => Some(owner.clone()),
            ListAudience::Everyone | ListAudience::Groups(_) => None,
        });
    let owners: Vec<RecordId> = owners.collect();
    let users = state.store.names(&who.user, &owners).await?;
    let row = |view: &ListView, path: Option<String>| ViewRow {
        label: view.label.clone(),
        name: view.developer_name.clone(),
        path,
        records: records(view, &groups),
        seen_by: seen_by(view, &groups, &users),
    };
    let standard = object.standard_list_views();
    let mut made: Vec<&ListView> = object.list_views.iter().collect();
    made.sort_by_key(|view| view.label.to_lowercase());
    let standard = standard.iter().map(|view| row(view, None));
    let made = made.into_iter().map(|view| {
        let path = format!("{}/{}", root(&object), view.id);
        row(view, Some(path))
    });
    let body = ListTemplate {
        object: &object,
        path: path(&object),
        tabs: tabs(&object, TAB),
        rows: made.chain(standard).collect(),
    };
    let title = format!("List Views of {}", object.label);
    let page = frame::page(&state, &who, Place::ObjectManager, &title, notice, &body).await;
    page.map(flash::said)
}

async fn deletion(
    state: &AppState,
    who: &SignedIn,
    object: &Object,
    view: &ListView,
    problem: Option<&String>,
) -> Result<Response, Failure> {
    let own = format!("{}/{}", root(object), view.id);
    let body = DeleteTemplate {
        csrf: &who.session.csrf_token,
        object,
        path: path(object),
        tabs: tabs(object, TAB),
        title: format!("Delete the list view {}", view.label),
        consequence: "It is gone for everybody who sees it, and for API clients, for good. \
                      Records stay as they are.",
        action: format!("{own}/delete"),
        cancel: own,
        problem,
    };
    let (place, title) = (Place::ObjectManager, "Delete list view");
    frame::page_with_status(state, who, status(problem), place, title, None, &body).await
}

/// `GET …/list-views/{id}/delete`.
pub(super) async fn delete_form(
    State(state): State<AppState>,
    who: SignedIn,
    Path((name, id)): Path<(String, String)>,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = listed(&state, &name)?;
    deletion(&state, &who, &object, one(&object, &id)?, None).await
}

/// `POST …/list-views/{id}/delete`.
pub(super) async fn delete(
    State(state): State<AppState>,
    who: SignedIn,
    Path((name, id)): Path<(String, String)>,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = listed(&state, &name)?;
    let view = one(&object, &id)?;
    let store = &state.store;
    let done = store.delete_list_view(&who.user, &object.name, &view.id);
    match done.await {
        Ok(()) => {
            let said = format!("{} was deleted.", view.label);
            Ok(flash::redirect(&root(&object), &said, None))
        }
        Err(failure) => deletion(&state, &who, &object, view, Some(&refusal(failure)?)).await,
    }
}
