//! A form on its way: read from what was sent, and shown on a page with everything that belongs
//! to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use offhook_org::access::{AccessLevel, Operation};
use offhook_org::record::Fields;
use offhook_org::save::{
    Rules, SaveError, SaveErrorCode, Strictness, check_update, fields_from_form, prepare_create,
};
use offhook_org::schema::{Field, FieldKind, Object};
use offhook_org::{Record, RecordId, Value};

use super::form::{self, Draft, Entered, Form, Purpose};
use super::shell::{self, Head, RecordHead};
use super::value::{self, Shown, Words};
use super::{dependent, list, lookup, record, record_type};
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

/// The record, if the user may change it here.
pub(crate) async fn changeable(
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

/// The lookup fields that the draft's form has.
pub(crate) fn lookup_fields<'a>(who: &SignedIn, draft: &Draft<'a>) -> Vec<&'a Field> {
    let layout = draft.layout(&who.user);
    let names = form::asked_for(&who.user, draft.object, draft.purpose(), &layout)
        .filter(|(field, _)| field.kind == FieldKind::Reference)
        .map(|(field, _)| field.name.as_str());
    names.filter_map(|name| draft.object.field(name)).collect()
}

/// The texts of what was sent, by the fields that the user may write.
pub(crate) fn texts(
    who: &SignedIn,
    object: &Object,
    purpose: Purpose,
    sent: &[(String, String)],
) -> Entered {
    let mut entered = Entered::new();
    for field in form::writable(&who.user, object, purpose) {
        let name = field.name.as_str();
        let texts = sent.iter().filter(|(key, _)| key == name);
        let mut texts = texts.map(|(_, text)| text.as_str());
        let text = match field.kind {
            FieldKind::MultiPicklist => {
                let texts: Vec<&str> = texts.collect();
                let chosen = texts.iter().filter(|text| !text.is_empty());
                let chosen: Vec<&str> = chosen.copied().collect();
                (!texts.is_empty()).then(|| chosen.join(";"))
            }
            // Browsers end the lines of a text as mail does.
            FieldKind::LongText | FieldKind::TextArea => {
                texts.next_back().map(|text| text.replace("\r\n", "\n"))
            }
            // A checkbox sends an empty text, and a second one when it is checked.
            _ => texts.next_back().map(str::to_owned),
        };
        if let Some(text) = text {
            entered.insert(name.to_owned(), text);
        }
    }
    entered
}

/// Reads a form that was sent: the draft to show again, and the fields when they can be read; of
/// a changed record those that changed.
pub(crate) async fn read<'a>(
    state: &AppState,
    who: &SignedIn,
    object: &'a Object,
    record: Option<&'a Record>,
    sent: &[(String, String)],
) -> Result<(Draft<'a>, Option<Fields>), Failure> {
    let mut draft = Draft {
        object,
        record,
        record_type: record.and_then(|r| r.get("RecordTypeId").as_reference().cloned()),
        entered: Entered::new(),
        lookups: BTreeMap::new(),
        errors: Vec::new(),
        changed_by: None,
    };
    draft.entered = texts(who, object, draft.purpose(), sent);
    let mut errors: Vec<SaveError> = take_record_type(who, &mut draft).into_iter().collect();
    let lookups = lookup_fields(who, &draft);
    let (lookups, more) = lookup::resolve(state, who, &lookups, sent, &mut draft.entered).await?;
    draft.lookups = lookups;
    errors.extend(more);
    let before = record.map(|record| form::texts_of(&who.user, record));
    errors.extend(form::lacking(&who.user, &draft));
    errors.extend(dependent::refusals(&who.user, &draft, before.as_ref()));
    let is_changed = |name: &str, text: &String| {
        (before.as_ref()).is_none_or(|before| before.get(name) != Some(text))
    };
    let pairs: Vec<(String, String)> = draft
        .entered
        .iter()
        .filter(|(name, text)| is_changed(name, text))
        .map(|(name, text)| (name.clone(), text.clone()))
        .collect();
    let fields = match fields_from_form(&who.user, object, &pairs) {
        Ok(mut fields) if errors.is_empty() => {
            if let Some(record) = record {
                fields.retain(|name, value| record.get(name.as_str()) != value);
            }
            Some(fields)
        }
        Ok(fields) => {
            errors.extend(other_refusals(who, object, record, fields, &errors));
            None
        }
        Err(more) => {
            errors.extend(more);
            None
        }
    };
    draft.errors = errors;
    Ok((draft, fields))
}

/// The record type that the form names, if the user may give it to the record.
fn take_record_type(who: &SignedIn, draft: &mut Draft<'_>) -> Option<SaveError> {
    let text = draft.entered.get("RecordTypeId")?.trim();
    if text == record_type::MASTER_ID && draft.record.is_none() {
        return None;
    }
    let asked = RecordId::parse(text).ok();
    let is_allowed =
        |id: &RecordId| record_type::allowed(&who.user, draft.object, draft.record, id);
    match asked {
        Some(id) if is_allowed(&id) => {
            draft.record_type = Some(id);
            None
        }
        None if text.is_empty() => {
            draft.entered.remove("RecordTypeId");
            None
        }
        _ => {
            let words = "Record Type: you do not have this record type. Cancel, and choose \
                         another one.";
            let code = SaveErrorCode::InvalidCrossReferenceKey;
            Some(SaveError::new(code, words, vec!["RecordTypeId".to_owned()]))
        }
    }
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

/// Shows the form.
pub(crate) async fn show(
    state: &AppState,
    who: &SignedIn,
    status: StatusCode,
    draft: Draft<'_>,
) -> Result<Response, Failure> {
    let object = draft.object;
    // Somebody else saved meanwhile: what is saved is shown beside what was entered.
    let newer = newer(state, who, &draft).await?;
    let fields = lookup_fields(who, &draft);
    let saved = match &newer {
        Some(record) => Some(texts_with_names(state, who, &fields, record).await?),
        None => None,
    };
    let fixed = match newer.as_ref().or(draft.record) {
        Some(record) => fixed(state, who, &draft, record).await?,
        None => BTreeMap::new(),
    };
    let mut built = form::build(&who.user, &draft, saved.as_ref(), fixed);
    // The console's script asks for suggestions itself.
    if !who.visit.fragment {
        built.suggestions = lookup::suggestions(state, who, &fields).await?;
    }
    let since = newer.as_ref().or(draft.record).and_then(last_modified_ms);
    let head = head(object, draft.record);
    let body = template(who, draft, built, since);
    shell::page_with_status(state, who, status, head, &body).await
}

/// The record as somebody else saved it since the form was opened.
pub(crate) async fn newer(
    state: &AppState,
    who: &SignedIn,
    draft: &Draft<'_>,
) -> Result<Option<Record>, Failure> {
    match (&draft.changed_by, draft.record) {
        (Some(_), Some(record)) => Ok(state.store.record(&who.user, &record.id).await?),
        _ => Ok(None),
    }
}

/// The values of the layout's fields that the user may read and not write here.
async fn fixed(
    state: &AppState,
    who: &SignedIn,
    draft: &Draft<'_>,
    record: &Record,
) -> Result<BTreeMap<String, Shown>, Failure> {
    let layout = draft.layout(&who.user);
    let placed = layout.sections.iter().flat_map(|section| &section.fields);
    let fields = placed.filter_map(|placed| draft.object.field(placed.field.as_str()));
    let fields = fields.filter(|field| {
        let (object, field) = (draft.object.name.as_str(), field.name.as_str());
        who.user.may_read_field(object, field)
    });
    let words = Words::of(state, &who.user, &[record]).await?;
    let shown = |field: &Field| {
        let shown = words.show(draft.object, record, field);
        (field.name.to_string(), shown)
    };
    Ok(fields.map(shown).collect())
}

/// A record's values as texts; for lookups the names of their records.
pub(crate) async fn texts_with_names(
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

pub(crate) fn last_modified_ms(record: &Record) -> Option<i64> {
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
        person: value::person_of(record),
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
    draft: Draft<'a>,
    form: Form,
    since: Option<i64>,
) -> FormTemplate<'a> {
    let (object, record) = (draft.object, draft.record);
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
        changed_by: draft.changed_by,
        then_new: record.is_none(),
        csrf: &who.session.csrf_token,
    }
}

/// A query with the part of it that this object's form reads.
pub(crate) fn new_path(object: &Object, record_type: Option<&RecordId>) -> String {
    let path = format!("/lightning/o/{}/new", object.name);
    match record_type {
        Some(id) => format!("{path}?recordTypeId={}", query::encode(id.as_str())),
        None => path,
    }
}
