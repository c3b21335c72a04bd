//! The list of objects, the page of one, and the forms of custom objects and platform events.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use offhook_org::schema::definition::ObjectDefinition;
use offhook_org::schema::{Object, ObjectKind, SharingDefault};
use offhook_store::org::metadata::{Deleted, RESTORE_DAYS, VisibleTo};

use super::reading::{api_name, checked, type_label};
use super::tabs::{Tab, tabs};
use super::{Done, ROOT, path, refusal, status};
use crate::AppState;
use crate::console::flash::{self, Flash};
use crate::error::Failure;
use crate::query;
use crate::session::SignedIn;
use crate::setup::frame::{self, Place, admit};

struct ObjectRow {
    label: String,
    name: String,
    path: String,
    kind: &'static str,
    fields: usize,
}

#[derive(Template)]
#[template(path = "setup/object_manager/objects.html")]
struct ListTemplate<'a> {
    csrf: &'a str,
    rows: Vec<ObjectRow>,
    deleted: Vec<Deleted>,
    restore_days: i64,
}

#[derive(Template)]
#[template(path = "setup/object_manager/object_form.html")]
struct FormTemplate<'a> {
    csrf: &'a str,
    action: String,
    cancel: String,
    is_new: bool,
    definition: &'a ObjectDefinition,
    problem: Option<&'a String>,
}

struct FieldRow {
    label: String,
    name: String,
    path: String,
    kind: &'static str,
    custom: bool,
    required: bool,
    tracked: bool,
}

#[derive(Template)]
#[template(path = "setup/object_manager/object.html")]
struct ObjectTemplate<'a> {
    csrf: &'a str,
    object: &'a Object,
    path: String,
    definition: Option<&'a ObjectDefinition>,
    fields: Vec<FieldRow>,
    takes_fields: bool,
    tabs: Vec<Tab>,
    problem: Option<&'a String>,
}

/// The object of an address.
pub(super) fn find(state: &AppState, name: &str) -> Result<Arc<Object>, Failure> {
    let schema = state.store.schema();
    schema.object(name).cloned().ok_or(Failure::NotFound)
}

fn kind_label(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Standard | ObjectKind::Setup => "Standard Object",
        ObjectKind::Custom => "Custom Object",
        ObjectKind::Event => "Platform Event",
        ObjectKind::Share => "Share",
        ObjectKind::History => "History",
        ObjectKind::View => "View",
    }
}

/// Objects that take custom fields.
fn takes_fields(object: &Object) -> bool {
    matches!(
        object.kind,
        ObjectKind::Standard | ObjectKind::Custom | ObjectKind::Event
    ) || object.name.as_str() == "User"
}

/// `GET /lightning/setup/object-manager`.
pub(super) async fn list(
    State(state): State<AppState>,
    who: SignedIn,
    Flash(notice): Flash,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let schema = state.store.schema();
    let mut objects: Vec<&Arc<Object>> = schema.objects().iter().collect();
    objects.retain(|object| takes_fields(object));
    objects.sort_by(|a, b| a.label.cmp(&b.label));
    let rows = objects.into_iter().map(|object| ObjectRow {
        label: object.label.clone(),
        name: object.name.to_string(),
        path: path(object),
        kind: kind_label(object.kind),
        fields: object.fields.len(),
    });
    let body = ListTemplate {
        csrf: &who.session.csrf_token,
        rows: rows.collect(),
        deleted: state.store.deleted_metadata().await?,
        restore_days: RESTORE_DAYS,
    };
    let place = Place::ObjectManager;
    let page = frame::page(&state, &who, place, place.label(), notice, &body).await;
    page.map(flash::said)
}

/// `GET /lightning/setup/object-manager/new`.
pub(super) async fn new_form(State(state): State<AppState>, who: SignedIn) -> Done {
    admit(&who, Place::ObjectManager)?;
    form(&state, &who, &read(&[]), None).await
}

async fn form(
    state: &AppState,
    who: &SignedIn,
    definition: &ObjectDefinition,
    problem: Option<&String>,
) -> Result<Response, Failure> {
    let body = FormTemplate {
        csrf: &who.session.csrf_token,
        action: format!("{ROOT}/new"),
        cancel: ROOT.to_owned(),
        is_new: true,
        definition,
        problem,
    };
    let (place, title) = (Place::ObjectManager, "New Custom Object");
    frame::page_with_status(state, who, status(problem), place, title, None, &body).await
}

/// A custom object or event as its form gives it.
fn read(form: &[(String, String)]) -> ObjectDefinition {
    let text = |name: &str| query::value(form, name).trim().to_owned();
    let kind = match query::value(form, "kind") {
        "event" => ObjectKind::Event,
        _ => ObjectKind::Custom,
    };
    let suffix = match kind {
        ObjectKind::Event => "__e",
        _ => "__c",
    };
    let format = Some(text("name_format")).filter(|format| !format.is_empty());
    ObjectDefinition {
        name: api_name(form, suffix).as_str().into(),
        label: text("label"),
        plural_label: text("plural_label"),
        description: text("description"),
        key_prefix: String::new(),
        kind,
        name_label: match text("name_label") {
            empty if empty.is_empty() => format!("{} Name", text("label")),
            given => given,
        },
        name_format: format,
        sharing: match query::value(form, "sharing") {
            "private" => SharingDefault::Private,
            "public_read" => SharingDefault::PublicRead,
            _ => SharingDefault::PublicReadWrite,
        },
        has_tab: kind == ObjectKind::Custom && (form.is_empty() || checked(form, "has_tab")),
    }
}

/// `POST /lightning/setup/object-manager/new`.
pub(super) async fn create(State(state): State<AppState>, who: SignedIn, body: Bytes) -> Done {
    admit(&who, Place::ObjectManager)?;
    let definition = read(&query::pairs(&body));
    let made = state
        .store
        .create_object(&who.user, definition.clone(), &VisibleTo::Everyone)
        .await;
    match made {
        Ok(name) => {
            let said = format!("{} was created.", definition.label);
            Ok(flash::redirect(&format!("{ROOT}/{name}"), &said, None))
        }
        Err(failure) => form(&state, &who, &definition, Some(&refusal(failure)?)).await,
    }
}

/// `GET /lightning/setup/object-manager/{object}`.
pub(super) async fn detail(
    State(state): State<AppState>,
    who: SignedIn,
    Path(name): Path<String>,
    Flash(notice): Flash,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = find(&state, &name)?;
    let metadata = state.store.metadata().await?;
    let page = show(&state, &who, &object, &metadata, notice, None).await;
    page.map(flash::said)
}

async fn show(
    state: &AppState,
    who: &SignedIn,
    object: &Object,
    metadata: &offhook_org::schema::definition::Metadata,
    notice: Option<flash::Notice>,
    problem: Option<&String>,
) -> Done {
    let mut fields: Vec<FieldRow> = object
        .fields
        .iter()
        .map(|field| FieldRow {
            label: field.label.clone(),
            name: field.name.to_string(),
            path: format!("{}/fields/{}", path(object), field.name),
            kind: type_label(field),
            custom: field.is_custom(),
            required: field.required,
            tracked: field.history_tracked,
        })
        .collect();
    fields.sort_by(|a, b| a.label.cmp(&b.label));
    let body = ObjectTemplate {
        csrf: &who.session.csrf_token,
        object,
        path: path(object),
        definition: metadata.object(object.name.as_str()),
        fields,
        takes_fields: takes_fields(object),
        tabs: tabs(object, "Fields"),
        problem,
    };
    let (place, title) = (Place::ObjectManager, object.label.as_str());
    frame::page_with_status(state, who, status(problem), place, title, notice, &body).await
}

/// `POST /lightning/setup/object-manager/{object}`: labels and the like of a custom object.
pub(super) async fn change(
    State(state): State<AppState>,
    who: SignedIn,
    Path(name): Path<String>,
    body: Bytes,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = find(&state, &name)?;
    let definition = ObjectDefinition {
        name: object.name.clone(),
        ..read(&query::pairs(&body))
    };
    match state.store.update_object(&who.user, definition).await {
        Ok(()) => {
            let said = format!("{} was saved.", object.label);
            Ok(flash::redirect(&path(&object), &said, None))
        }
        Err(failure) => {
            let problem = refusal(failure)?;
            let metadata = state.store.metadata().await?;
            show(&state, &who, &object, &metadata, None, Some(&problem)).await
        }
    }
}

#[derive(Template)]
#[template(path = "setup/object_manager/delete.html")]
pub(super) struct DeleteTemplate<'a> {
    pub(super) csrf: &'a str,
    pub(super) title: String,
    pub(super) consequence: String,
    pub(super) action: String,
    pub(super) cancel: String,
    pub(super) restore_days: i64,
    pub(super) problem: Option<&'a String>,
}

async fn deletion(
    state: &AppState,
    who: &SignedIn,
    object: &Object,
    problem: Option<&String>,
) -> Done {
    let body = DeleteTemplate {
        csrf: &who.session.csrf_token,
        title: format!("Delete {}", object.label),
        consequence: format!(
            "{} and all their records, fields, layouts and list views disappear for everybody. \
             Their history and their manual shares are gone for good",
            object.plural_label
        ),
        action: format!("{}/delete", path(object)),
        cancel: path(object),
        restore_days: RESTORE_DAYS,
        problem,
    };
    let (place, title) = (Place::ObjectManager, "Delete object");
    frame::page_with_status(state, who, status(problem), place, title, None, &body).await
}

/// `GET …/{object}/delete`: what goes with it.
pub(super) async fn delete_form(
    State(state): State<AppState>,
    who: SignedIn,
    Path(name): Path<String>,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = find(&state, &name)?;
    deletion(&state, &who, &object, None).await
}

/// `POST …/{object}/delete`.
pub(super) async fn delete(
    State(state): State<AppState>,
    who: SignedIn,
    Path(name): Path<String>,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = find(&state, &name)?;
    match state.store.delete_object(&who.user, &object.name).await {
        Ok(()) => {
            let said = format!("{} was deleted.", object.label);
            Ok(flash::redirect(ROOT, &said, None))
        }
        Err(failure) => deletion(&state, &who, &object, Some(&refusal(failure)?)).await,
    }
}

/// `POST /lightning/setup/object-manager/restore`.
pub(super) async fn restore(State(state): State<AppState>, who: SignedIn, body: Bytes) -> Done {
    admit(&who, Place::ObjectManager)?;
    let form = query::pairs(&body);
    let id = query::value(&form, "id").parse();
    let id = id.map_err(|_| Failure::NotFound)?;
    let said = match state.store.restore_metadata(&who.user, id).await {
        Ok(()) => "It was restored.".to_owned(),
        Err(failure) => format!("It was not restored. {}", refusal(failure)?),
    };
    Ok(flash::redirect(ROOT, &said, None))
}
