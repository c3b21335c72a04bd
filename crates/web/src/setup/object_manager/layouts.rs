//! Page layouts of an object: the list, new ones as copies, and their deletion.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use offhook_org::RecordId;
use offhook_org::access::ProfileName;
use offhook_org::schema::{Layout, Object};

use super::objects::find;
use super::tabs::{Tab, has_pages, tabs};
use super::{Done, path, refusal, status};
use crate::AppState;
use crate::console::flash::{self, Flash};
use crate::error::Failure;
use crate::query;
use crate::session::SignedIn;
use crate::setup::frame::{self, Place, admit};

pub(super) const TAB: &str = "Page Layouts";

struct LayoutRow {
    name: String,
    path: String,
    sections: usize,
    fields: usize,
    seen_by: String,
}

#[derive(Template)]
#[template(path = "setup/object_manager/layouts.html")]
struct ListTemplate<'a> {
    object: &'a Object,
    path: String,
    tabs: Vec<Tab>,
    rows: Vec<LayoutRow>,
}

#[derive(Template)]
#[template(path = "setup/object_manager/layout_new.html")]
struct NewTemplate<'a> {
    csrf: &'a str,
    object: &'a Object,
    path: String,
    tabs: Vec<Tab>,
    name: String,
    layouts: Vec<(String, String, bool)>,
    problem: Option<&'a String>,
}

#[derive(Template)]
#[template(path = "setup/object_manager/page_delete.html")]
pub(super) struct DeleteTemplate<'a> {
    pub(super) csrf: &'a str,
    pub(super) object: &'a Object,
    pub(super) path: String,
    pub(super) tabs: Vec<Tab>,
    pub(super) title: String,
    pub(super) consequence: &'static str,
    pub(super) action: String,
    pub(super) cancel: String,
    pub(super) problem: Option<&'a String>,
}

/// The object of an address, if admins arrange its pages.
pub(super) fn arranged(state: &AppState, name: &str) -> Result<Arc<Object>, Failure> {
    let object = find(state, name)?;
    match has_pages(&object) {
        true => Ok(object),
        false => Err(Failure::NotFound),
    }
}

pub(super) fn root(object: &Object) -> String {
    format!("{}/layouts", path(object))
}

/// The layout of an address.
pub(super) fn one(object: &Object, id: &str) -> Result<Layout, Failure> {
    let mut layouts = object.all_layouts().into_iter();
    let layout = layouts.find(|layout| layout.id.as_str() == id);
    layout.ok_or(Failure::NotFound)
}

/// Who sees the layout of at least some records.
fn seen_by(object: &Object, layout: &Layout, profiles: &[ProfileName]) -> String {
    let types = object.record_types.iter().map(|it| Some(&it.id));
    let types: Vec<Option<&RecordId>> = types.chain([None]).collect();
    let sees = |profile: &&ProfileName| {
        let mut types = types.iter();
        types.any(|it| object.layout_for(profile, *it).id == layout.id)
    };
    let names: Vec<&str> = profiles
        .iter()
        .filter(sees)
        .map(|profile| profile.name.as_str())
        .collect();
    match names.len() {
        0 => "Nobody".to_owned(),
        all if all == profiles.len() => "All profiles".to_owned(),
        _ => names.join(", "),
    }
}

/// `GET …/{object}/layouts`.
pub(super) async fn list(
    State(state): State<AppState>,
    who: SignedIn,
    Path(name): Path<String>,
    Flash(notice): Flash,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = arranged(&state, &name)?;
    let profiles = state.store.profiles().await?;
    let rows = object.all_layouts().into_iter().map(|layout| LayoutRow {
        path: format!("{}/{}", root(&object), layout.id),
        sections: layout.sections.len(),
        fields: layout.sections.iter().map(|s| s.fields.len()).sum(),
        seen_by: seen_by(&object, &layout, &profiles),
        name: layout.name,
    });
    let body = ListTemplate {
        object: &object,
        path: path(&object),
        tabs: tabs(&object, TAB),
        rows: rows.collect(),
    };
    let title = format!("Page Layouts of {}", object.label);
    let page = frame::page(&state, &who, Place::ObjectManager, &title, notice, &body).await;
    page.map(flash::said)
}

async fn form(
    state: &AppState,
    who: &SignedIn,
    object: &Object,
    name: &str,
    like: &str,
    problem: Option<&String>,
) -> Result<Response, Failure> {
    let layouts = object.all_layouts().into_iter().map(|layout| {
        let id = layout.id.to_string();
        let is_chosen = id == like;
        (id, layout.name, is_chosen)
    });
    let body = NewTemplate {
        csrf: &who.session.csrf_token,
        object,
        path: path(object),
        tabs: tabs(object, TAB),
        name: name.to_owned(),
        layouts: layouts.collect(),
        problem,
    };
    let (place, title) = (Place::ObjectManager, "New Page Layout");
    frame::page_with_status(state, who, status(problem), place, title, None, &body).await
}

/// `GET …/layouts/new`.
pub(super) async fn new_form(
    State(state): State<AppState>,
    who: SignedIn,
    Path(name): Path<String>,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = arranged(&state, &name)?;
    form(&state, &who, &object, "", "", None).await
}

/// `POST …/layouts/new`: a copy of another, to be arranged next.
pub(super) async fn create(
    State(state): State<AppState>,
    who: SignedIn,
    Path(name): Path<String>,
    body: Bytes,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = arranged(&state, &name)?;
    let sent = query::pairs(&body);
    let (name, like) = (
        query::value(&sent, "name").trim(),
        query::value(&sent, "like"),
    );
    let layout = Layout {
        name: name.to_owned(),
        ..one(&object, like)?
    };
    let store = &state.store;
    match store
        .put_layout(&who.user, &object.name, layout, true)
        .await
    {
        Ok(id) => {
            let said = format!("{name} was created. Assign it to profiles when it is arranged.");
            Ok(flash::redirect(
                &format!("{}/{id}", root(&object)),
                &said,
                None,
            ))
        }
        Err(failure) => {
            let problem = refusal(failure)?;
            form(&state, &who, &object, name, like, Some(&problem)).await
        }
    }
}

async fn deletion(
    state: &AppState,
    who: &SignedIn,
    object: &Object,
    layout: &Layout,
    problem: Option<&String>,
) -> Done {
    let own = format!("{}/{}", root(object), layout.id);
    let body = DeleteTemplate {
        csrf: &who.session.csrf_token,
        object,
        path: path(object),
        tabs: tabs(object, TAB),
        title: format!("Delete the page layout {}", layout.name),
        consequence: "Its arrangement is gone for good. Records and fields stay as they are.",
        action: format!("{own}/delete"),
        cancel: own,
        problem,
    };
    let (place, title) = (Place::ObjectManager, "Delete page layout");
    frame::page_with_status(state, who, status(problem), place, title, None, &body).await
}

/// `GET …/layouts/{id}/delete`.
pub(super) async fn delete_form(
    State(state): State<AppState>,
    who: SignedIn,
    Path((name, id)): Path<(String, String)>,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = arranged(&state, &name)?;
    deletion(&state, &who, &object, &one(&object, &id)?, None).await
}

/// `POST …/layouts/{id}/delete`.
pub(super) async fn delete(
    State(state): State<AppState>,
    who: SignedIn,
    Path((name, id)): Path<(String, String)>,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = arranged(&state, &name)?;
    let layout = one(&object, &id)?;
    let store = &state.store;
    let done = store.delete_layout(&who.user, &object.name, &layout.id);
    match done.await {
        Ok(()) => {
            let said = format!("{} was deleted.", layout.name);
            Ok(flash::redirect(&root(&object), &said, None))
        }
        Err(failure) => deletion(&state, &who, &object, &layout, Some(&refusal(failure)?)).await,
    }
}
