//! One field changed on the record page itself: its control stands where its value was, with
//! what is wrong and with what somebody else saved meanwhile.

use std::collections::BTreeMap;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use offhook_org::save::Strictness;
use offhook_org::schema::{FieldKind, Object};
use offhook_org::{Record, UserContext};
use offhook_store::error::SaveFailure;

use super::control::FormField;
use super::draft::{self, changeable};
use super::form::{self, Draft, Purpose};
use super::{flash, lookup, record, value};
use crate::error::Failure;
use crate::session::SignedIn;
use crate::{AppState, query};

/// The form in the place of a value.
#[derive(Template)]
#[template(path = "parts/inline.html")]
pub(crate) struct Inline {
    /// API name of the field that was asked for.
    pub(crate) field: String,
    label: String,
    action: String,
    cancel: String,
    csrf: String,
    since: Option<i64>,
    changed_by: Option<String>,
    fields: Vec<FormField>,
    /// What is wrong elsewhere than at these fields.
    problems: Vec<String>,
}

/// The fields that can be changed on the page of a record, by API name.
pub(crate) fn changeable_fields(
    user: &UserContext,
    object: &Object,
    record: &Record,
) -> Vec<String> {
    let record_type = record.get("RecordTypeId").as_reference();
    let layout = object.layout_for(&user.profile, record_type);
    form::asked_for(user, object, Purpose::Update, &layout)
        .map(|(field, _)| field.name.to_string())
        .collect()
}

/// Where one field is changed.
pub(crate) fn path(object: &Object, record: &Record, field: &str) -> String {
    format!("/lightning/r/{}/{}/field/{field}", object.name, record.id)
}

/// The field, what it depends on and what depends on it: they are changed together.
fn group(object: &Object, all: &[String], field: &str) -> Vec<String> {
    let controls = |one: &str, other: &str| {
        let dependent = object.field(other);
        let controller = dependent.and_then(|field| field.controller.as_ref());
        controller.is_some_and(|name| name.as_str() == one)
    };
    let mut group = vec![field.to_owned()];
    loop {
        let more = all.iter().find(|name| {
            let is_tied = |known: &String| controls(known, name) || controls(name, known);
            !group.contains(name) && group.iter().any(is_tied)
        });
        match more {
            Some(name) => group.push(name.clone()),
            None => break,
        }
    }
    // In the order of the layout, so that what controls stands before what depends.
    all.iter()
        .filter(|name| group.contains(name))
        .cloned()
        .collect()
}

/// `/lightning/r/{object}/{id}/field/{field}`: the record's page with the field open.
pub(crate) async fn open(
    State(state): State<AppState>,
    who: SignedIn,
    Path((_, id, field)): Path<(String, String, String)>,
) -> Result<Response, Failure> {
    let (object, record) = changeable(&state, &who, &id).await?;
    let object = &*object;
    let all = changeable_fields(&who.user, object, &record);
    if !all.contains(&field) {
        return Ok(Redirect::to(&value::record_path(object, &record.id)).into_response());
    }
    let mut draft = Draft {
        object,
        record: Some(&record),
        record_type: record.get("RecordTypeId").as_reference().cloned(),
        entered: form::texts_of(&who.user, &record),
        lookups: BTreeMap::new(),
        errors: Vec::new(),
        changed_by: None,
    };
    let fields = draft::lookup_fields(&who, &draft);
    draft.lookups = lookup::from_ids(&state, &who, &fields, &draft.entered).await?;
    let group = group(object, &all, &field);
    show(&state, &who, StatusCode::OK, draft, &field, &group).await
}

/// Takes the field's form.
pub(crate) async fn save(
    State(state): State<AppState>,
    who: SignedIn,
    Path((_, id, field)): Path<(String, String, String)>,
    body: Bytes,
) -> Result<Response, Failure> {
    let (object, record) = changeable(&state, &who, &id).await?;
    let object = &*object;
    let all = changeable_fields(&who.user, object, &record);
    if !all.contains(&field) {
        return Err(Failure::NotFound);
    }
    let group = group(object, &all, &field);
    let mut sent = query::pairs(&body);
    let since = query::value(&sent, "_since").parse().ok();
    sent.retain(|(name, _)| {
        let of = name.split('.').next().unwrap_or(name);
        group.iter().any(|known| known == of)
    });
    let (mut draft, fields) = draft::read(&state, &who, object, Some(&record), &sent).await?;
    let refused = StatusCode::UNPROCESSABLE_ENTITY;
    let Some(fields) = fields else {
        return show(&state, &who, refused, draft, &field, &group).await;
    };
    let page = value::record_path(object, &record.id);
    if fields.is_empty() {
        return Ok(Redirect::to(&page).into_response());
    }
    let strict = Strictness::Strict;
    let saved = state
        .store
        .update(&who.user, &record.id, &fields, strict, since);
    match saved.await {
        Ok(()) => {
            let label = object.field(&field).map_or("", |field| &field.label);
            return Ok(flash::redirect(&page, &format!("{label} was saved."), None));
        }
        Err(SaveFailure::Refused(errors)) => draft.errors = errors,
        Err(SaveFailure::Changed { by }) => draft.changed_by = Some(by),
        Err(SaveFailure::NotFound) => return Err(Failure::NotFound),
        Err(SaveFailure::Store(error)) => return Err(error.into()),
    }
    show(&state, &who, refused, draft, &field, &group).await
}

/// The record's page with the form in it.
async fn show(
    state: &AppState,
    who: &SignedIn,
    status: StatusCode,
    draft: Draft<'_>,
    field: &str,
    group: &[String],
) -> Result<Response, Failure> {
    let Some(record) = draft.record else {
        return Err(Failure::NotFound);
    };
    let object = draft.object;
    let newer = draft::newer(state, who, &draft).await?;
    let lookups: Vec<_> = group
        .iter()
        .filter_map(|name| object.field(name))
        .filter(|field| field.kind == FieldKind::Reference)
        .collect();
    let saved = match &newer {
        Some(newer) => Some(draft::texts_with_names(state, who, &lookups, newer).await?),
        None => None,
    };
    let layout = draft.layout(&who.user);
    let asked: BTreeMap<String, bool> =
        form::asked_for(&who.user, object, Purpose::Update, &layout)
            .map(|(field, placed)| (field.name.to_string(), placed.required))
            .collect();
    let fields = group.iter().filter_map(|name| object.field(name));
    let in_group = |name: &str| group.iter().any(|known| known == name);
    let built = fields.map(|field| {
        let is_required = asked.get(field.name.as_str()).copied().unwrap_or(false);
        form::form_field(&draft, field, is_required, saved.as_ref(), in_group)
    });
    let elsewhere = draft.errors.iter();
    let elsewhere = elsewhere.filter(|error| !error.fields.iter().any(|name| in_group(name)));
    let shown = newer.as_ref().unwrap_or(record);
    let inline = Inline {
        field: field.to_owned(),
        label: object
            .field(field)
            .map_or_else(String::new, |f| f.label.clone()),
        action: path(object, record, field),
        cancel: value::record_path(object, &record.id),
        csrf: who.session.csrf_token.clone(),
        since: draft::last_modified_ms(shown),
        fields: built.collect(),
        problems: elsewhere.map(|error| error.message.clone()).collect(),
        changed_by: draft.changed_by.clone(),
    };
    record::show(state, who, status, None, (object, shown), Some(inline)).await
}
