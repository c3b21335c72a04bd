//! Record types of an object: the list, the form with the values that a type has of each
//! picklist, and their deletion.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use offhook_org::RecordId;
use offhook_org::schema::definition::name_from_label;
use offhook_org::schema::describe::MASTER_RECORD_TYPE_ID;
use offhook_org::schema::{Field, FieldKind, Object, RecordType, RecordTypeValues};

use super::objects::find;
use super::reading::checked;
use super::tabs::{Tab, has_record_types, tabs};
use super::{Done, path, refusal, status};
use crate::AppState;
use crate::console::flash::{self, Flash};
use crate::error::Failure;
use crate::query;
use crate::session::SignedIn;
use crate::setup::frame::{self, Place, admit};

const TAB: &str = "Record Types";

struct TypeRow {
    label: String,
    name: String,
    description: String,
    path: String,
    is_active: bool,
    given_to: String,
}

#[derive(Template)]
#[template(path = "setup/object_manager/record_types.html")]
struct ListTemplate<'a> {
    object: &'a Object,
    path: String,
    tabs: Vec<Tab>,
    master: &'static str,
    rows: Vec<TypeRow>,
}

/// A picklist with the values that the type has.
struct Picklist {
    name: String,
    label: String,
    summary: String,
    values: Vec<PickedValue>,
    default: Option<String>,
    /// Why the form is shown open.
    is_narrowed: bool,
}

struct PickedValue {
    value: String,
    label: String,
    has: bool,
}

#[derive(Template)]
#[template(path = "setup/object_manager/record_type_form.html")]
struct FormTemplate<'a> {
    csrf: &'a str,
    object: &'a Object,
    title: String,
    path: String,
    tabs: Vec<Tab>,
    action: String,
    is_new: bool,
    it: &'a RecordType,
    others: Vec<(String, String)>,
    picklists: Vec<Picklist>,
    problem: Option<&'a String>,
}

#[derive(Template)]
#[template(path = "setup/object_manager/record_type_delete.html")]
struct DeleteTemplate<'a> {
    csrf: &'a str,
    object: &'a Object,
    path: String,
    tabs: Vec<Tab>,
    it: &'a RecordType,
    action: String,
    records: i64,
    others: Vec<(String, String)>,
    problem: Option<&'a String>,
}

/// The object of an address, if its records have types.
pub(super) fn typed(state: &AppState, name: &str) -> Result<Arc<Object>, Failure> {
    let object = find(state, name)?;
    match has_record_types(&object) {
        true => Ok(object),
        false => Err(Failure::NotFound),
    }
}

pub(super) fn root(object: &Object) -> String {
    format!("{}/record-types", path(object))
}

fn one<'a>(object: &'a Object, id: &str) -> Result<&'a RecordType, Failure> {
    let id = RecordId::parse(id).map_err(|_| Failure::NotFound)?;
    object.record_type(&id).ok_or(Failure::NotFound)
}

/// `GET …/{object}/record-types`.
pub(super) async fn list(
    State(state): State<AppState>,
    who: SignedIn,
    Path(name): Path<String>,
    Flash(notice): Flash,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = typed(&state, &name)?;
    let profiles = state.store.profiles().await?;
    let rows = object.record_types.iter().map(|it| {
        let having = profiles.iter().filter(|profile| it.is_given_to(profile));
        let having: Vec<&str> = having.map(|profile| profile.name.as_str()).collect();
        TypeRow {
            label: it.label.clone(),
            name: it.developer_name.clone(),
            description: it.description.clone(),
            path: format!("{}/{}", root(&object), it.id),
            is_active: it.is_active,
            given_to: match having.len() {
                0 => "No profile".to_owned(),
                all if all == profiles.len() => "All profiles".to_owned(),
                _ => having.join(", "),
            },
        }
    });
    let body = ListTemplate {
        object: &object,
        path: path(&object),
        tabs: tabs(&object, TAB),
        master: MASTER_RECORD_TYPE_ID,
        rows: rows.collect(),
    };
    let title = format!("Record Types of {}", object.label);
    let page = frame::page(&state, &who, Place::ObjectManager, &title, notice, &body).await;
    page.map(flash::said)
}

fn blank() -> RecordType {
    RecordType {
        id: RecordId::from_serial("012", 0),
        developer_name: String::new(),
        label: String::new(),
        description: String::new(),
        is_active: true,
        is_person: false,
        picklists: std::collections::BTreeMap::new(),
        profiles: None,
        default_for: Vec::new(),
    }
}

/// Picklists of which a type can have some values only.
fn picklists(object: &Object) -> impl Iterator<Item = &Field> {
    let fields = object.fields.iter();
    fields.filter(|field| {
        matches!(field.kind, FieldKind::Picklist | FieldKind::MultiPicklist)
            && field.active_values().next().is_some()
            && (field.createable || field.updateable)
    })
}

fn shown(object: &Object, it: &RecordType) -> Vec<Picklist> {
    let picklist = |field: &Field| {
        let chosen = it.picklists.get(&field.name);
        let has = |value: &str| {
            chosen.is_none_or(|chosen| chosen.values.iter().any(|known| known == value))
        };
        let values: Vec<PickedValue> = field
            .active_values()
            .map(|value| PickedValue {
                value: value.value.clone(),
                label: value.label.clone(),
                has: has(&value.value),
            })
            .collect();
        let count = values.iter().filter(|value| value.has).count();
        let default = chosen.and_then(|chosen| chosen.default.clone());
        let mut summary = match chosen {
            None => format!("all {} values", values.len()),
            Some(_) => format!("{count} of {} values", values.len()),
        };
        if let Some(default) = &default {
            summary.push_str(&format!(", default {default}"));
        }
        Picklist {
            name: field.name.to_string(),
            label: field.label.clone(),
            summary,
            values,
            default,
            is_narrowed: chosen.is_some(),
        }
    };
    picklists(object).map(picklist).collect()
}

/// What a form says of the type; of a new one, the values are those of another.
fn read(object: &Object, form: &[(String, String)], known: &RecordType) -> RecordType {
    let text = |name: &str| query::value(form, name).trim().to_owned();
    let mut it = RecordType {
        label: text("label"),
        developer_name: match text("name") {
            empty if empty.is_empty() => name_from_label(&text("label")),
            given => given,
        },
        description: text("description"),
        is_active: checked(form, "active"),
        ..known.clone()
    };
    for field in picklists(object) {
        // Only the form of a known type has the values.
        if !form
            .iter()
            .any(|(name, value)| name == "picklist" && *value == field.name.as_str())
        {
            continue;
        }
        let key = format!("values.{}", field.name);
        let values: Vec<String> = field
            .active_values()
            .map(|value| value.value.clone())
            .filter(|value| {
                form.iter()
                    .any(|(name, sent)| *name == key && sent == value)
            })
            .collect();
        let default = Some(text(&format!("default.{}", field.name)));
        let default = default.filter(|default| !default.is_empty());
        let is_whole = values.len() == field.active_values().count();
        match is_whole && default.is_none() {
            true => drop(it.picklists.remove(&field.name)),
            false => {
                let values = RecordTypeValues { values, default };
                it.picklists.insert(field.name.clone(), values);
            }
        }
    }
    it
}

async fn form(
    state: &AppState,
    who: &SignedIn,
    object: &Object,
    it: &RecordType,
    is_new: bool,
    notice: Option<flash::Notice>,
    problem: Option<&String>,
) -> Done {
    let title = match is_new {
        true => format!("New record type of {}", object.label),
        false => format!("{}: record type of {}", it.label, object.label),
    };
    let others = object.record_types.iter();
    let body = FormTemplate {
        csrf: &who.session.csrf_token,
        object,
        title: title.clone(),
        path: path(object),
        tabs: tabs(object, TAB),
        action: match is_new {
            true => format!("{}/new", root(object)),
            false => format!("{}/{}", root(object), it.id),
        },
        is_new,
        it,
        others: others
            .map(|it| (it.id.to_string(), it.label.clone()))
            .collect(),
        picklists: match is_new {
            true => Vec::new(),
            false => shown(object, it),
        },
        problem,
    };
    let place = Place::ObjectManager;
    frame::page_with_status(state, who, status(problem), place, &title, notice, &body).await
}

/// `GET …/record-types/new`.
pub(super) async fn new_form(
    State(state): State<AppState>,
    who: SignedIn,
    Path(name): Path<String>,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = typed(&state, &name)?;
    form(&state, &who, &object, &blank(), true, None, None).await
}

/// `POST …/record-types/new`.
pub(super) async fn create(
    State(state): State<AppState>,
    who: SignedIn,
    Path(name): Path<String>,
    body: Bytes,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = typed(&state, &name)?;
    let sent = query::pairs(&body);
    let mut it = read(&object, &sent, &blank());
    if let Ok(like) = one(&object, query::value(&sent, "like")) {
        it.picklists.clone_from(&like.picklists);
        it.is_person = like.is_person;
    }
    if query::value(&sent, "given") == "none" {
        it.profiles = Some(Vec::new());
    }
    let store = &state.store;
    let made = store.put_record_type(&who.user, &object.name, it.clone(), true);
    match made.await {
        Ok(id) => {
            let said = format!("{} was created. Choose the values that it has.", it.label);
            Ok(flash::redirect(
                &format!("{}/{id}", root(&object)),
                &said,
                None,
            ))
        }
        Err(failure) => {
            let problem = refusal(failure)?;
            form(&state, &who, &object, &it, true, None, Some(&problem)).await
        }
    }
}

/// `GET …/record-types/{id}`.
pub(super) async fn edit_form(
    State(state): State<AppState>,
    who: SignedIn,
    Path((name, id)): Path<(String, String)>,
    Flash(notice): Flash,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = typed(&state, &name)?;
    let it = one(&object, &id)?;
    let page = form(&state, &who, &object, it, false, notice, None).await;
    page.map(flash::said)
}

/// `POST …/record-types/{id}`.
pub(super) async fn change(
    State(state): State<AppState>,
    who: SignedIn,
    Path((name, id)): Path<(String, String)>,
    body: Bytes,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = typed(&state, &name)?;
    let it = read(&object, &query::pairs(&body), one(&object, &id)?);
    let store = &state.store;
    let done = store.put_record_type(&who.user, &object.name, it.clone(), false);
    match done.await {
        Ok(_) => {
            let said = format!("{} was saved.", it.label);
            Ok(flash::redirect(&root(&object), &said, None))
        }
        Err(failure) => {
            let problem = refusal(failure)?;
            form(&state, &who, &object, &it, false, None, Some(&problem)).await
        }
    }
}

async fn deletion(
    state: &AppState,
    who: &SignedIn,
    object: &Object,
    it: &RecordType,
    problem: Option<&String>,
) -> Done {
    let records = state.store.count_of_record_type(&object.name, &it.id).await;
    let records = records.map_err(|failure| match refusal(failure) {
        Ok(_) => Failure::NotFound,
        Err(failure) => failure,
    })?;
    let others = object.record_types.iter();
    let others = others.filter(|other| other.id != it.id && other.is_person == it.is_person);
    let body = DeleteTemplate {
        csrf: &who.session.csrf_token,
        object,
        path: path(object),
        tabs: tabs(object, TAB),
        it,
        action: format!("{}/{}/delete", root(object), it.id),
        records,
        others: others
            .map(|it| (it.id.to_string(), it.label.clone()))
            .collect(),
        problem,
    };
    let (place, title) = (Place::ObjectManager, "Delete record type");
    frame::page_with_status(state, who, status(problem), place, title, None, &body).await
}

/// `GET …/record-types/{id}/delete`: the records that have it, and what becomes of them.
pub(super) async fn delete_form(
    State(state): State<AppState>,
    who: SignedIn,
    Path((name, id)): Path<(String, String)>,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = typed(&state, &name)?;
    deletion(&state, &who, &object, one(&object, &id)?, None).await
}

/// `POST …/record-types/{id}/delete`.
pub(super) async fn delete(
    State(state): State<AppState>,
    who: SignedIn,
    Path((name, id)): Path<(String, String)>,
    body: Bytes,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = typed(&state, &name)?;
    let it = one(&object, &id)?;
    let sent = query::pairs(&body);
    let replacement = match query::value(&sent, "replace_with") {
        "" => None,
        "master" => Some(None),
        other => Some(Some(one(&object, other)?.id.clone())),
    };
    let store = &state.store;
    let done = store.delete_record_type(&who.user, &object.name, &it.id, replacement);
    match done.await {
        Ok(()) => {
            let said = format!("{} was deleted.", it.label);
            Ok(flash::redirect(&root(&object), &said, None))
        }
        Err(failure) => deletion(&state, &who, &object, it, Some(&refusal(failure)?)).await,
    }
}
