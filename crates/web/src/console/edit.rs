//! New records and changed ones: the form, and what becomes of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use offhook_org::access::{AccessLevel, Operation};
use offhook_org::record::Fields;
use offhook_org::save::{
    Rules, SaveError, Strictness, check_update, fields_from_form, prepare_create,
};
use offhook_org::schema::{Field, FieldKind, Object};
use offhook_org::{Record, RecordId, Value};
use offhook_store::error::SaveFailure;

use super::flash;
use super::form::{self, Control, Entered, Form, Purpose};
use super::lookup::{self, Chosen};
use super::shell::{self, Head, RecordHead};
use super::{list, record, value};
use crate::error::Failure;
use crate::session::SignedIn;
use crate::{AppState, query};

#[derive(Template)]
#[template(path = "form.html")]
struct FormTemplate<'a> {
    object: &'a Object,
    title: String,
    form: Form,
    action: String,
    cancel: String,
    /// When the record was changed last, as the form knows it.
    since: Option<i64>,
    /// Who changed it since.
    changed_by: Option<String>,
    /// A second new record can follow.
    then_new: bool,
    csrf: &'a str,
}

/// A form on its way to a page.
struct Draft<'a> {
    object: &'a Object,
    record: Option<&'a Record>,
    entered: Entered,
    lookups: BTreeMap<String, Chosen>,
    errors: Vec<SaveError>,
    /// Who changed the record since the form was opened.
    changed_by: Option<String>,
}

/// `/lightning/o/{object}/new`.
pub(crate) async fn new_form(
    State(state): State<AppState>,
    who: SignedIn,
    Path(object): Path<String>,
    RawQuery(raw): RawQuery,
) -> Result<Response, Failure> {
    let object = &creatable(&state, &who, &object)?;
    let asked = query::pairs(raw.unwrap_or_default().as_bytes());
    let mut entered = defaults(&who, object);
    for (name, text) in default_field_values(query::value(&asked, "defaultFieldValues")) {
        if let Some(field) = object.field(&name) {
            entered.insert(field.name.to_string(), text);
        }
    }
    let fields = lookup_fields(&who, object, Purpose::Create);
    let draft = Draft {
        object,
        record: None,
        lookups: lookup::from_ids(&state, &who, &fields, &entered).await?,
        entered,
        errors: Vec::new(),
        changed_by: None,
    };
    show(&state, &who, StatusCode::OK, draft).await
}

/// Takes the form for a new record.
pub(crate) async fn create(
    State(state): State<AppState>,
    who: SignedIn,
    Path(object): Path<String>,
    body: Bytes,
) -> Result<Response, Failure> {
    let object = &creatable(&state, &who, &object)?;
    let sent = query::pairs(&body);
    let (draft, fields) = read(&state, &who, object, None, &sent).await?;
    let Some(fields) = fields else {
        return show(&state, &who, StatusCode::UNPROCESSABLE_ENTITY, draft).await;
    };
    let created = state
        .store
        .create(&who.user, &object.name, &fields, Strictness::Strict)
        .await;
    match created {
        Ok(id) => {
            let said = format!("{} was created.", named(&state, &who, object, &id).await?);
            let target = match query::value(&sent, "_then") {
                "new" => format!("/lightning/o/{}/new", object.name),
                _ => value::record_path(object, &id),
            };
            Ok(flash::redirect(&target, &said, None))
        }
        Err(failure) => refused(&state, &who, draft, failure).await,
    }
}

/// `/lightning/r/{object}/{id}/edit`.
pub(crate) async fn edit_form(
    State(state): State<AppState>,
    who: SignedIn,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let (object, record) = changeable(&state, &who, &id).await?;
    let object = &*object;
    let entered = form::texts_of(&who.user, &record);
    let fields = lookup_fields(&who, object, Purpose::Update);
    let draft = Draft {
        object,
        record: Some(&record),
        lookups: lookup::from_ids(&state, &who, &fields, &entered).await?,
        entered,
        errors: Vec::new(),
        changed_by: None,
    };
    show(&state, &who, StatusCode::OK, draft).await
}

/// Takes the form for a changed record.
pub(crate) async fn update(
    State(state): State<AppState>,
    who: SignedIn,
    Path((_, id)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Failure> {
    let (object, record) = changeable(&state, &who, &id).await?;
    let object = &*object;
    let sent = query::pairs(&body);
    let (draft, fields) = read(&state, &who, object, Some(&record), &sent).await?;
    let Some(mut fields) = fields else {
        return show(&state, &who, StatusCode::UNPROCESSABLE_ENTITY, draft).await;
    };
    fields.retain(|name, value| record.get(name.as_str()) != value);
    let page = value::record_path(object, &record.id);
    if fields.is_empty() {
        return Ok(Redirect::to(&page).into_response());
    }
    let since = query::value(&sent, "_since").parse().ok();
    let strict = Strictness::Strict;
    match state
        .store
        .update(&who.user, &record.id, &fields, strict, since)
        .await
    {
        Ok(()) => {
            let said = format!(
                "{} was saved.",
                named(&state, &who, object, &record.id).await?
            );
            Ok(flash::redirect(&page, &said, None))
        }
        Err(failure) => refused(&state, &who, draft, failure).await,
    }
}

/// The object, if the user may create its records here.
fn creatable(state: &AppState, who: &SignedIn, name: &str) -> Result<Arc<Object>, Failure> {
    let object = list::object_with_tab(state, who, name)?;
    match who.user.may(object.name.as_str(), Operation::Create) {
        true => Ok(object),
        false => Err(Failure::Forbidden {
            needs: format!(
                "Your profile does not let you create {}. Ask an administrator.",
                object.plural_label.to_lowercase()
            ),
        }),
    }
}

/// The record, if the user may change it here.
async fn changeable(
    state: &AppState,
    who: &SignedIn,
    id: &str,
) -> Result<(Arc<Object>, Record), Failure> {
    let (object, record) = record::readable(state, who, id).await?;
    let level = record::level(state, who, &record).await?;
    match record::may_change(who, &object, level, Operation::Edit) {
        true => Ok((object, record)),
        false => Err(Failure::Forbidden {
            needs: format!(
                "You may read this {}, not change it. Ask its owner or an administrator.",
                object.label.to_lowercase()
            ),
        }),
    }
}

/// What a new record starts with.
fn defaults(who: &SignedIn, object: &Object) -> Entered {
    let fields = form::writable(&who.user, object, Purpose::Create);
    let default = |field: &Field| match (field.name.as_str(), &field.default) {
        ("OwnerId", None) => Some(("OwnerId".to_owned(), who.user_id().to_string())),
        (name, Some(default)) => Some((name.to_owned(), default.clone())),
        (_, None) => None,
    };
    fields.filter_map(default).collect()
}

/// `Phone=%2B1415,LastName=Lovelace`: pairs with a comma between them, each value encoded for
/// itself.
fn default_field_values(text: &str) -> Vec<(String, String)> {
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (name.trim().to_owned(), query::decode(value)))
        .collect()
}

fn lookup_fields<'a>(who: &'a SignedIn, object: &'a Object, purpose: Purpose) -> Vec<&'a Field> {
    form::writable(&who.user, object, purpose)
        .filter(|field| field.kind == FieldKind::Reference)
        .collect()
}

/// Reads a form that was sent: the draft to show again, and the fields when they can be read.
async fn read<'a>(
    state: &AppState,
    who: &SignedIn,
    object: &'a Object,
    record: Option<&'a Record>,
    sent: &[(String, String)],
) -> Result<(Draft<'a>, Option<Fields>), Failure> {
    let purpose = purpose_of(record);
    let mut entered = Entered::new();
    for field in form::writable(&who.user, object, purpose) {
        let name = field.name.as_str();
        // A checkbox sends an empty text, and a second one when it is checked.
        if let Some((_, text)) = sent.iter().rev().find(|(key, _)| key == name) {
            entered.insert(name.to_owned(), text.clone());
        }
    }
    let fields = lookup_fields(who, object, purpose);
    let (lookups, mut errors) = lookup::resolve(state, who, &fields, sent, &mut entered).await?;
    let record_type = record.and_then(|record| record.get("RecordTypeId").as_reference());
    let record_type = record_type.map_or("", |id| id.as_str());
    errors.extend(form::lacking(
        &who.user,
        object,
        purpose,
        &entered,
        record_type,
    ));
    let pairs: Vec<(String, String)> = entered
        .iter()
        .map(|(name, text)| (name.clone(), text.clone()))
        .collect();
    let fields = match fields_from_form(&who.user, object, &pairs) {
        Ok(fields) if errors.is_empty() => Some(fields),
        Ok(fields) => {
            errors.extend(other_refusals(who, object, record, fields, &errors));
            None
        }
        Err(more) => {
            errors.extend(more);
            None
        }
    };
    let draft = Draft {
        object,
        record,
        entered,
        lookups,
        errors,
        changed_by: None,
    };
    Ok((draft, fields))
}

/// What else the org's rules refuse, so that a person learns everything at once. Fields that are
/// known to be wrong are left out of it.
fn other_refusals(
    who: &SignedIn,
    object: &Object,
    record: Option<&Record>,
    mut fields: Fields,
    known: &[SaveError],
) -> Vec<SaveError> {
    let is_known = |name: &str| {
        known
            .iter()
            .any(|e| e.fields.iter().any(|field| field == name))
    };
    fields.retain(|name, _| !is_known(name.as_str()));
    let strict = Strictness::Strict;
    let refused = match record {
        None => prepare_create(&who.user, object, &fields, strict, list::today(&who.user)),
        Some(record) => {
            let rules = Rules {
                strictness: strict,
                allow_truncation: false,
                today: list::today(&who.user),
            };
            // That the user may change it was found out already.
            check_update(
                &who.user,
                object,
                record,
                AccessLevel::Full,
                &fields,
                &rules,
            )
        }
    };
    let mut more = refused.err().unwrap_or_default();
    more.retain(|error| !error.fields.iter().any(|name| is_known(name)));
    more
}

fn purpose_of(record: Option<&Record>) -> Purpose {
    match record {
        Some(_) => Purpose::Update,
        None => Purpose::Create,
    }
}

/// The form once more, with what was entered and why it was not saved.
async fn refused(
    state: &AppState,
    who: &SignedIn,
    mut draft: Draft<'_>,
    failure: SaveFailure,
) -> Result<Response, Failure> {
    match failure {
        SaveFailure::Refused(errors) => draft.errors = errors,
        SaveFailure::Changed { by } => draft.changed_by = Some(by),
        SaveFailure::NotFound => return Err(Failure::NotFound),
        SaveFailure::Store(error) => return Err(error.into()),
    }
    show(state, who, StatusCode::UNPROCESSABLE_ENTITY, draft).await
}

async fn show(
    state: &AppState,
    who: &SignedIn,
    status: StatusCode,
    draft: Draft<'_>,
) -> Result<Response, Failure> {
    let object = draft.object;
    let purpose = purpose_of(draft.record);
    // Somebody else saved meanwhile: what is saved is shown beside what was entered.
    let newer = match (&draft.changed_by, draft.record) {
        (Some(_), Some(record)) => state.store.record(&who.user, &record.id).await?,
        _ => None,
    };
    let fields = lookup_fields(who, object, purpose);
    let saved = match &newer {
        Some(record) => Some(texts_with_names(state, who, &fields, record).await?),
        None => None,
    };
    let mut built = form::build(
        &who.user,
        object,
        purpose,
        &draft.entered,
        &draft.lookups,
        &draft.errors,
        saved.as_ref(),
    );
    built.suggestions = lookup::suggestions(state, who, &fields).await?;
    let since = newer.as_ref().or(draft.record).and_then(last_modified_ms);
    let head = head(object, draft.record);
    let body = template(who, object, draft.record, built, since, draft.changed_by);
    shell::page_with_status(state, who, status, head, &body).await
}

/// A record's values as texts; for lookups the names of their records.
async fn texts_with_names(
    state: &AppState,
    who: &SignedIn,
    fields: &[&Field],
    record: &Record,
) -> Result<Entered, Failure> {
    let mut texts = form::texts_of(&who.user, record);
    let names = lookup::from_ids(state, who, fields, &texts).await?;
    texts.extend(names.into_iter().map(|(name, chosen)| (name, chosen.text)));
    Ok(texts)
}

fn last_modified_ms(record: &Record) -> Option<i64> {
    match record.get("LastModifiedDate") {
        Value::DateTime(ms) => Some(*ms),
        _ => None,
    }
}

fn head(object: &Object, record: Option<&Record>) -> Head {
    let of_record = |record: &Record| RecordHead {
        id: record.id.to_string(),
        name: value::name_of(object, record),
        object: object.name.to_string(),
    };
    Head {
        kind: if record.is_some() { "edit" } else { "new" },
        title: title(object, record),
        icon: object.icon.clone(),
        record: record.map(of_record),
        object: Some(object.name.to_string()),
        notice: None,
    }
}

fn title(object: &Object, record: Option<&Record>) -> String {
    match record {
        Some(record) => format!("Edit {}", value::name_of(object, record)),
        None => format!("New {}", object.label),
    }
}

fn template<'a>(
    who: &'a SignedIn,
    object: &'a Object,
    record: Option<&Record>,
    form: Form,
    since: Option<i64>,
    changed_by: Option<String>,
) -> FormTemplate<'a> {
    let path = |record: &Record| format!("/lightning/r/{}/{}", object.name, record.id);
    FormTemplate {
        object,
        title: title(object, record),
        form,
        action: match record {
            Some(record) => format!("{}/edit", path(record)),
            None => format!("/lightning/o/{}/new", object.name),
        },
        cancel: match record {
            Some(record) => format!("{}/view", path(record)),
            None => format!("/lightning/o/{}/list", object.name),
        },
        since,
        changed_by,
        then_new: record.is_none(),
        csrf: &who.session.csrf_token,
    }
}

/// `Contact “Ada Lovelace”`.
pub(crate) async fn named(
    state: &AppState,
    who: &SignedIn,
    object: &Object,
    id: &RecordId,
) -> Result<String, Failure> {
    let names = state
        .store
        .names(&who.user, std::slice::from_ref(id))
        .await?;
    Ok(match names.get(id) {
        Some(name) => format!("{} “{name}”", object.label),
        None => format!("The {}", object.label.to_lowercase()),
    })
}

#[cfg(test)]
mod tests {
    use super::default_field_values;

    #[test]
    fn default_values_may_hold_commas_and_plus_signs_when_encoded() {
        let read = default_field_values("Phone=%2B1%20415,LastName=Love%2C%20lace,x,=y");
        let pairs: Vec<(&str, &str)> = read
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            pairs,
            [("Phone", "+1 415"), ("LastName", "Love, lace"), ("", "y")]
        );
    }
}
