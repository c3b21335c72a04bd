//! The page of a record: its head, its fields in sections, the records that point to it, and its
//! activities.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use offhook_org::access::{AccessLevel, Operation, Permission};
use offhook_org::schema::{Field, LayoutSection, Object};
use offhook_org::{FieldName, Record, RecordId, Value};

use super::files;
use super::flash::{self, Flash, Notice};
use super::history::{self, History};
use super::inline::{self, Inline};
use super::related::{self, Related};
use super::shell::{self, Head, RecordHead};
use super::timeline::{self, Timeline};
use super::value::{self, Entry, Shown, Words};
use super::{form, record_type};
use crate::error::Failure;
use crate::session::SignedIn;
use crate::{AppState, query};

#[derive(Template)]
#[template(path = "record.html")]
struct RecordTemplate<'a> {
    object: &'a Object,
    name: String,
    badges: Vec<&'static str>,
    highlights: Vec<Entry>,
    sections: Vec<ShownSection>,
    related: Vec<Related>,
    timeline: Option<Timeline>,
    record_type: Option<ShownType>,
    /// Changes of fields that are kept.
    changes: Option<History>,
    /// The card of its files, written out.
    files: Option<String>,
    /// Created and changed: when, by whom.
    history: Vec<Entry>,
    edit_href: Option<String>,
    delete_href: Option<String>,
    /// Who gets to the record, and why: for those who arrange it.
    sharing_href: Option<String>,
    complete_action: Option<String>,
    new_task_href: Option<String>,
    csrf: &'a str,
    /// This page.
    here: String,
}

/// The record type, and where another one is chosen.
struct ShownType {
    label: String,
    change_href: Option<String>,
}

struct ShownSection {
    label: String,
    one_column: bool,
    entries: Vec<ShownField>,
}

/// A field of a section: its value, or the form that stands in its place.
struct ShownField {
    name: String,
    label: String,
    value: Shown,
    wide: bool,
    edit_href: Option<String>,
    form: Option<String>,
}

/// `/lightning/r/{id}` and `/lightning/r/{id}/view`: the object is found by the id.
pub(crate) async fn by_id(
    State(state): State<AppState>,
    _: SignedIn,
    Path(id): Path<String>,
) -> Result<Redirect, Failure> {
    let id = RecordId::parse(&id).map_err(|_| Failure::NotFound)?;
    let object = state
        .store
        .schema()
        .object_of(&id)
        .cloned()
        .ok_or(Failure::NotFound)?;
    Ok(Redirect::to(&value::record_path(&object, &id)))
}

/// `/lightning/r/{object}/{id}/view`.
pub(crate) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
    Flash(notice): Flash,
    Path((object_name, id)): Path<(String, String)>,
) -> Result<Response, Failure> {
    tracing::debug!(target: "offhook::milestone", "page");
    let (object, record) = readable(&state, &who, &id).await?;
    let object = &*object;
    if object.name.as_str() != object_name || record.id.as_str() != id {
        return Ok(Redirect::to(&value::record_path(object, &record.id)).into_response());
    }
    // The note is a write and waits for the disk; the page is read meanwhile.
    let (noted, page) = tokio::join!(
        state.store.note_viewed(&who.user, &record.id),
        show(
            &state,
            &who,
            StatusCode::OK,
            notice,
            (object, &record),
            None
        ),
    );
    noted?;
    page.map(flash::said)
}

/// The page of a record, with a form in the place of one field where one is open.
pub(crate) async fn show(
    state: &AppState,
    who: &SignedIn,
    status: StatusCode,
    notice: Option<Notice>,
    (object, record): (&Object, &Record),
    inline: Option<Inline>,
) -> Result<Response, Failure> {
    let body = template(state, who, object, record, inline).await?;
    tracing::debug!(target: "offhook::milestone", "rendered");
    let head = Head {
        kind: "record",
        title: body.name.clone(),
        icon: object.icon.clone(),
        record: Some(RecordHead {
            id: record.id.to_string(),
            name: body.name.clone(),
            object: object.name.to_string(),
            person: value::person_of(record),
        }),
        notice,
        ..Head::default()
    };
    shell::page_with_status(state, who, status, head, &body).await
}

/// The record with this id and its object. No such record, and one that the user may not see,
/// are the same.
pub(crate) async fn readable(
    state: &AppState,
    who: &SignedIn,
    id: &str,
) -> Result<(Arc<Object>, Record), Failure> {
    let id = RecordId::parse(id).map_err(|_| Failure::NotFound)?;
    let object = state
        .store
        .schema()
        .object_of(&id)
        .cloned()
        .ok_or(Failure::NotFound)?;
    match state.store.record(&who.user, &id).await? {
        Some(record) => Ok((object, record)),
        None => Err(Failure::NotFound),
    }
}

/// How far the user gets with the record. Users are changed in Setup.
pub(crate) async fn level(
    state: &AppState,
    who: &SignedIn,
    record: &Record,
) -> Result<AccessLevel, Failure> {
    Ok(state.store.access_level(&who.user, &record.id).await?)
}

/// May the user do this here with a record of the object that the user gets so far with?
pub(crate) fn may_change(
    who: &SignedIn,
    object: &Object,
    level: AccessLevel,
    operation: Operation,
) -> bool {
    object.has_tab && who.user.may_at_level(object, level, operation)
}

/// May the user change this record, shares aside?
pub(crate) fn owner_may_edit(who: &SignedIn, object: &Object, record: &Record) -> bool {
    let owner = record.get("OwnerId").as_reference();
    may_change(
        who,
        object,
        who.user.level_by_owner(object, owner),
        Operation::Edit,
    )
}

async fn template<'a>(
    state: &AppState,
    who: &'a SignedIn,
    object: &'a Object,
    record: &Record,
    inline: Option<Inline>,
) -> Result<RecordTemplate<'a>, Failure> {
    let words = Words::of(state, &who.user, &[record])
        .await?
        .beside_a_record();
    let path = format!("/lightning/r/{}/{}", object.name, record.id);
    let level = level(state, who, record).await?;
    let may_edit = may_change(who, object, level, Operation::Edit);
    let open_task =
        object.name.as_str() == "Task" && record.get("IsClosed") == &Value::Boolean(false);
    Ok(RecordTemplate {
        object,
        name: value::name_of(object, record),
        badges: badges(record),
        highlights: words.entries(&who.user, object, record, &object.highlights),
        sections: sections(who, object, record, &words, may_edit, inline.as_ref()),
        related: related::of_record(state, who, object, record).await?,
        changes: history::of_record(state, who, object, record).await?,
        timeline: match has_activities(object) {
            true => Some(timeline::of_record(state, who, &record.id).await?),
            false => None,
        },
        record_type: shown_type(who, object, record, may_edit),
        files: files::card(state, who, object, record).await?,
        history: history(who, object, record, &words),
        edit_href: may_edit.then(|| format!("{path}/edit")),
        delete_href: may_change(who, object, level, Operation::Delete)
            .then(|| format!("{path}/delete")),
        sharing_href: arranges_sharing(who)
            .then(|| format!("/lightning/setup/sharing/record/{}", record.id)),
        complete_action: (may_edit && open_task).then(|| format!("{path}/complete")),
        new_task_href: new_task_href(state, who, object, record),
        csrf: &who.session.csrf_token,
        here: format!("{path}/view"),
    })
}

/// May the user open the page that tells who gets to a record?
fn arranges_sharing(who: &SignedIn) -> bool {
    let needed = [Permission::ViewSetup, Permission::ManageUsers];
    needed
        .into_iter()
        .all(|permission| who.user.holds(permission))
}

/// Tasks and events are activities themselves; users have none.
fn has_activities(object: &Object) -> bool {
    object.has_tab && !matches!(object.name.as_str(), "Task" | "Event")
}

/// What one must know before anything else.
fn badges(record: &Record) -> Vec<&'static str> {
    let states = [
        ("DoNotCall", true, "Do not call"),
        ("IsConverted", true, "Converted"),
        ("IsClosed", true, "Closed"),
        ("IsActive", false, "Inactive"),
    ];
    states
        .into_iter()
        .filter(|(field, state, _)| record.get(field) == &Value::Boolean(*state))
        .map(|(_, _, words)| words)
        .collect()
}

/// The sections of the layout. Whoever may not change the record is spared the empty ones.
fn sections(
    who: &SignedIn,
    object: &Object,
    record: &Record,
    words: &Words<'_>,
    may_edit: bool,
    inline: Option<&Inline>,
) -> Vec<ShownSection> {
    let changeable = match may_edit {
        true => inline::changeable_fields(&who.user, object, record),
        false => Vec::new(),
    };
    let field_of = |field: &Field| {
        let name = field.name.as_str();
        let is_changeable = changeable.iter().any(|known| known == name);
        ShownField {
            name: name.to_owned(),
            label: field.label.clone(),
            value: words.show(object, record, field),
            wide: form::is_wide(field),
            edit_href: is_changeable.then(|| inline::path(object, record, name)),
            form: inline
                .filter(|inline| inline.field == name)
                .map(ToString::to_string),
        }
    };
    let shown = |section: &LayoutSection| {
        let names: Vec<FieldName> = (section.fields.iter())
            .map(|placed| placed.field.clone())
            .collect();
        ShownSection {
            label: section.label.clone(),
            one_column: section.one_column,
            entries: value::readable(&who.user, object, &names)
                .map(field_of)
                .collect(),
        }
    };
    let record_type = record.get("RecordTypeId").as_reference();
    let layout = object.layout_for(&who.user.profile, record_type);
    let mut sections: Vec<ShownSection> = layout.sections.iter().map(shown).collect();
    let says = |entry: &ShownField| entry.value.says_something() || entry.edit_href.is_some();
    sections.retain(|section| section.entries.iter().any(says));
    sections
}

fn shown_type(
    who: &SignedIn,
    object: &Object,
    record: &Record,
    may_edit: bool,
) -> Option<ShownType> {
    let id = record.get("RecordTypeId").as_reference();
    let own = id.and_then(|id| object.record_type(id));
    let offered = record_type::offered_to(&who.user, object, record);
    let has_other = offered.iter().any(|other| Some(&other.id) != id);
    let change_href = (may_edit && has_other)
        .then(|| format!("/lightning/r/{}/{}/recordtype", object.name, record.id));
    let label = match own {
        Some(own) => own.label.clone(),
        None if change_href.is_some() => "None".to_owned(),
        None => return None,
    };
    Some(ShownType { label, change_href })
}

fn history(who: &SignedIn, object: &Object, record: &Record, words: &Words<'_>) -> Vec<Entry> {
    let names: Vec<FieldName> = [
        "CreatedById",
        "CreatedDate",
        "LastModifiedById",
        "LastModifiedDate",
    ]
    .into_iter()
    .map(FieldName::from)
    .collect();
    words.entries(&who.user, object, record, &names)
}

/// The form for a task about this record: a person is its Who, all else its What.
fn new_task_href(
    state: &AppState,
    who: &SignedIn,
    object: &Object,
    record: &Record,
) -> Option<String> {
    let may = has_activities(object) && who.user.may("Task", Operation::Create);
    let schema = state.store.schema();
    let task = schema.object("Task").filter(|_| may)?;
    let field = ["WhoId", "WhatId"].into_iter().find(|name| {
        task.field(name)
            .is_some_and(|field| field.reference_to.contains(&object.name))
    })?;
    Some(new_href(task, &[(field, record.id.as_str())]))
}

/// The form for a new record, filled in with these values.
pub(crate) fn new_href(object: &Object, values: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = values
        .iter()
        .map(|(field, value)| format!("{field}={}", query::encode(value)))
        .collect();
    let filled = query::encode(&pairs.join(","));
    format!(
        "/lightning/o/{}/new?defaultFieldValues={filled}",
        object.name
    )
}
