//! Forms of fields: a new one of each type, what may be changed of a field, its deletion.

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use offhook_org::FieldName;
use offhook_org::schema::definition::FieldChange;
use offhook_org::schema::{Field, FieldKind, Object, ObjectKind};
use offhook_store::org::metadata::{MetadataFailure, RESTORE_DAYS, VisibleTo};

use super::objects::{DeleteTemplate, find};
use super::reading::{self, TYPES, kind_of, type_label};
use super::{Done, path, refusal, status};
use crate::AppState;
use crate::console::flash::{self, Flash};
use crate::error::Failure;
use crate::query;
use crate::session::SignedIn;
use crate::setup::frame::{self, Place, admit};

struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "setup/object_manager/field_types.html")]
struct TypesTemplate {
    object: String,
    path: String,
    types: Vec<(&'static str, &'static str)>,
}

/// A row of the table of dependent values: the value and, by column, the cell and whether it
/// fits.
struct Fits {
    value: String,
    cells: Vec<(String, bool)>,
}

#[derive(Template)]
#[template(path = "setup/object_manager/field_form.html")]
struct FieldTemplate<'a> {
    csrf: &'a str,
    title: String,
    action: String,
    cancel: String,
    delete: Option<String>,
    is_new: bool,
    type_label: &'static str,
    field: &'a Field,
    is_custom: bool,
    is_number: bool,
    has_length: bool,
    is_reference: bool,
    is_picklist: bool,
    can_be_key: bool,
    digits: u8,
    plain_name: String,
    values: String,
    default_value: String,
    targets: Vec<Choice>,
    controllers: Vec<Choice>,
    columns: Vec<String>,
    fits: Vec<Fits>,
    problem: Option<&'a String>,
}

/// `GET …/{object}/fields/new`: first the type, then the form of it.
pub(super) async fn new_form(
    State(state): State<AppState>,
    who: SignedIn,
    Path(name): Path<String>,
    RawQuery(raw): RawQuery,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = find(&state, &name)?;
    let asked = query::pairs(raw.unwrap_or_default().as_bytes());
    let word = query::value(&asked, "type");
    let Some(kind) = kind_of(word) else {
        let body = TypesTemplate {
            object: object.label.clone(),
            path: path(&object),
            types: TYPES.to_vec(),
        };
        return frame::page(&state, &who, Place::ObjectManager, "New Field", None, &body).await;
    };
    let mut field = Field::new("", "", kind);
    match kind {
        FieldKind::Text => field.length_max = 80,
        FieldKind::LongText => field.length_max = 32_768,
        FieldKind::Number | FieldKind::Currency | FieldKind::Percent => {
            (field.precision, field.scale) = (18, if kind == FieldKind::Currency { 2 } else { 0 });
        }
        FieldKind::AutoNumber => field.auto_number_format = Some("A-{0000}".to_owned()),
        _ => {}
    }
    field.is_master_detail = word == "master_detail";
    field.external_id = word == "external_id";
    show(&state, &who, &object, &field, Some(word), None, None).await
}

/// `POST …/{object}/fields/new`.
pub(super) async fn create(
    State(state): State<AppState>,
    who: SignedIn,
    Path(name): Path<String>,
    body: Bytes,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = find(&state, &name)?;
    let form = query::pairs(&body);
    let word = query::value(&form, "type");
    let kind = kind_of(word).ok_or(Failure::NotFound)?;
    let field = reading::field(&form, word, kind);
    let visible_to = match query::value(&form, "visible_to") {
        "admins" => VisibleTo::Profiles(std::collections::BTreeSet::new()),
        _ => VisibleTo::Everyone,
    };
    let made = state
        .store
        .create_field(&who.user, &object.name, field.clone(), &visible_to)
        .await;
    match made {
        Ok(name) => {
            let said = format!("{} was created.", field.label);
            let target = match field.controller {
                Some(_) => format!("{}/fields/{name}", path(&object)),
                None => path(&object),
            };
            Ok(flash::redirect(&target, &said, None))
        }
        Err(failure) => {
            let problem = refusal(failure)?;
            show(
                &state,
                &who,
                &object,
                &field,
                Some(word),
                None,
                Some(&problem),
            )
            .await
        }
    }
}

/// `GET …/{object}/fields/{field}`.
pub(super) async fn edit_form(
    State(state): State<AppState>,
    who: SignedIn,
    Path((name, field)): Path<(String, String)>,
    Flash(notice): Flash,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = find(&state, &name)?;
    let field = object.field(&field).ok_or(Failure::NotFound)?;
    let page = show(&state, &who, &object, field, None, notice, None).await;
    page.map(flash::said)
}

/// `POST …/{object}/fields/{field}`.
pub(super) async fn change(
    State(state): State<AppState>,
    who: SignedIn,
    Path((name, field)): Path<(String, String)>,
    body: Bytes,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = find(&state, &name)?;
    let known = object.field(&field).ok_or(Failure::NotFound)?;
    let form = query::pairs(&body);
    let mut field = known.clone();
    query::value(&form, "label")
        .trim()
        .clone_into(&mut field.label);
    if field.kind.is_picklist() {
        field.values = reading::values(&form, &known.values);
        let by = controlling_values(&object, known);
        if !by.is_empty() {
            reading::read_fits(&mut field.values, &form, &by);
        }
    }
    let done = match field.is_custom() {
        true => {
            reading::read_common(&mut field, &form);
            let number = query::value(&form, "length").trim().parse();
            field.length_max = number.unwrap_or(field.length_max);
            field.external_id = reading::checked(&form, "external_id");
            let changed = state
                .store
                .update_field(&who.user, &object.name, field.clone());
            changed.await
        }
        false => change_standard(&state, &who, &object, &field, &form).await,
    };
    match done {
        Ok(()) => {
            let said = format!("{} was saved.", field.label);
            let target = format!("{}/fields/{}", path(&object), field.name);
            Ok(flash::redirect(&target, &said, None))
        }
        Err(failure) => {
            let problem = refusal(failure)?;
            show(&state, &who, &object, &field, None, None, Some(&problem)).await
        }
    }
}

async fn change_standard(
    state: &AppState,
    who: &SignedIn,
    object: &Object,
    field: &Field,
    form: &[(String, String)],
) -> Result<(), MetadataFailure> {
    let is_picklist = field.kind.is_picklist();
    let controller = FieldName::new(query::value(form, "controller").trim());
    let change = FieldChange {
        label: Some(field.label.clone()),
        help: Some(query::value(form, "help").trim().to_owned()),
        values: is_picklist.then(|| field.values.clone()),
        controller: is_picklist.then_some(controller),
        history_tracked: Some(reading::checked(form, "tracked")),
    };
    let store = &state.store;
    store
        .change_field(&who.user, &object.name, &field.name, change)
        .await
}

/// The values of the field that controls this one; `true` and `false` of a checkbox.
fn controlling_values(object: &Object, field: &Field) -> Vec<String> {
    let controller = field.controller.as_ref();
    let controller = controller.and_then(|name| object.field(name.as_str()));
    match controller {
        None => Vec::new(),
        Some(field) if field.kind == FieldKind::Checkbox => {
            vec!["false".to_owned(), "true".to_owned()]
        }
        Some(field) => field.values.iter().map(|v| v.value.clone()).collect(),
    }
}

async fn show(
    state: &AppState,
    who: &SignedIn,
    object: &Object,
    field: &Field,
    new_type: Option<&str>,
    notice: Option<flash::Notice>,
    problem: Option<&String>,
) -> Done {
    let name = field.name.as_str();
    let own = format!("{}/fields/{name}", path(object));
    let is_custom = new_type.is_some() || field.is_custom();
    let body = FieldTemplate {
        csrf: &who.session.csrf_token,
        title: match new_type {
            Some(_) => format!("New field of {}", object.label),
            None => format!("{} of {}", field.label, object.label),
        },
        action: match new_type {
            Some(word) => format!("{}/fields/new?type={word}", path(object)),
            None => own.clone(),
        },
        cancel: path(object),
        delete: (new_type.is_none() && is_custom).then(|| format!("{own}/delete")),
        is_new: new_type.is_some(),
        type_label: type_label(field),
        field,
        is_custom,
        is_number: field.precision > 0,
        has_length: matches!(field.kind, FieldKind::Text | FieldKind::LongText),
        is_reference: field.kind == FieldKind::Reference,
        is_picklist: field.kind.is_picklist(),
        can_be_key: matches!(
            field.kind,
            FieldKind::Text | FieldKind::Number | FieldKind::Email | FieldKind::AutoNumber
        ),
        digits: field.precision.saturating_sub(field.scale),
        plain_name: new_type.unwrap_or(name).to_owned(),
        values: lines(field),
        default_value: field.default.clone().unwrap_or_default(),
        targets: targets(state, field),
        controllers: controllers(object, field),
        columns: controlling_values(object, field),
        fits: fits(object, field),
        problem,
    };
    let (place, title) = (Place::ObjectManager, body.title.clone());
    frame::page_with_status(state, who, status(problem), place, &title, notice, &body).await
}

fn lines(field: &Field) -> String {
    let values: Vec<&str> = field.active_values().map(|v| v.value.as_str()).collect();
    values.join("\n")
}

fn targets(state: &AppState, field: &Field) -> Vec<Choice> {
    let schema = state.store.schema();
    let objects = schema.objects().iter();
    objects
        .filter(|o| {
            matches!(o.kind, ObjectKind::Standard | ObjectKind::Custom) || o.name.as_str() == "User"
        })
        .map(|o| Choice {
            value: o.name.to_string(),
            label: o.label.clone(),
            chosen: field.reference_to.contains(&o.name),
        })
        .collect()
}

fn controllers(object: &Object, field: &Field) -> Vec<Choice> {
    let fields = object.fields.iter();
    fields
        .filter(|f| matches!(f.kind, FieldKind::Picklist | FieldKind::Checkbox))
        .filter(|f| f.name != field.name && !f.is_bin_flag())
        .map(|f| Choice {
            value: f.name.to_string(),
            label: f.label.clone(),
            chosen: field.controller.as_ref() == Some(&f.name),
        })
        .collect()
}

fn fits(object: &Object, field: &Field) -> Vec<Fits> {
    let by = controlling_values(object, field);
    let values = field.values.iter().enumerate();
    let row = |(row, value): (usize, &offhook_org::schema::PicklistValue)| Fits {
        value: value.label.clone(),
        cells: by
            .iter()
            .enumerate()
            .map(|(column, name)| (format!("{row}.{column}"), value.valid_for.contains(name)))
            .collect(),
    };
    match by.is_empty() {
        true => Vec::new(),
        false => values.map(row).collect(),
    }
}

async fn deletion(
    state: &AppState,
    who: &SignedIn,
    object: &Object,
    field: &Field,
    problem: Option<&String>,
) -> Done {
    let own = format!("{}/fields/{}", path(object), field.name);
    let body = DeleteTemplate {
        csrf: &who.session.csrf_token,
        title: format!("Delete {} of {}", field.label, object.label),
        consequence: format!(
            "The values of {} disappear from all {}, from layouts, list views and queries, and \
             from what clients read and write",
            field.label, object.plural_label
        ),
        action: format!("{own}/delete"),
        cancel: own,
        restore_days: RESTORE_DAYS,
        problem,
    };
    let (place, title) = (Place::ObjectManager, "Delete field");
    frame::page_with_status(state, who, status(problem), place, title, None, &body).await
}

/// `GET …/fields/{field}/delete`: what goes with it.
pub(super) async fn delete_form(
    State(state): State<AppState>,
    who: SignedIn,
    Path((name, field)): Path<(String, String)>,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = find(&state, &name)?;
    let field = object.field(&field).ok_or(Failure::NotFound)?;
    deletion(&state, &who, &object, field, None).await
}

/// `POST …/fields/{field}/delete`.
pub(super) async fn delete(
    State(state): State<AppState>,
    who: SignedIn,
    Path((name, field)): Path<(String, String)>,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = find(&state, &name)?;
    let field = object.field(&field).ok_or(Failure::NotFound)?;
    let store = &state.store;
    let done = store.delete_field(&who.user, &object.name, &field.name);
    match done.await {
        Ok(()) => {
            let said = format!("{} was deleted.", field.label);
            Ok(flash::redirect(&path(&object), &said, None))
        }
        Err(failure) => deletion(&state, &who, &object, field, Some(&refusal(failure)?)).await,
    }
}
