//! The lists of other records that point to a record, on its page and in full.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use offhook_org::access::Operation;
use offhook_org::schema::{Object, RelatedList};
use offhook_org::{Record, Value};
use offhook_store::org::{Filter, ListQuery, Order, Page};

use super::list::{self, Row};
use super::record;
use super::shell::{self, Head, RecordHead};
use super::value::{self, RecordLink, Words};
use crate::error::Failure;
use crate::session::SignedIn;
use crate::{AppState, query};

/// Records of a related list on the record's page.
const SHORT_MAX: u32 = 6;

/// Records of a related list on a page of its own.
const FULL_MAX: u32 = 50;

/// A related list.
pub(crate) struct Related {
    pub(crate) label: String,
    pub(crate) icon: String,
    /// `3`, `6+`.
    pub(crate) count: String,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Row>,
    pub(crate) all_href: Option<String>,
    pub(crate) new_href: Option<String>,
    /// Part of the ids of its elements.
    pub(crate) key: String,
}

#[derive(Template)]
#[template(path = "related.html")]
struct RelatedTemplate {
    parent: RecordLink,
    list: Related,
    summary: String,
    previous: Option<String>,
    next: Option<String>,
}

/// The lists that the user's layout of the record has.
fn of_layout(who: &SignedIn, object: &Object, record: &Record) -> Vec<RelatedList> {
    let record_type = record.get("RecordTypeId").as_reference();
    object
        .layout_for(&who.user.profile, record_type)
        .related_lists
}

/// The lists of a record that the user may read.
pub(crate) async fn of_record(
    state: &AppState,
    who: &SignedIn,
    object: &Object,
    record: &Record,
) -> Result<Vec<Related>, Failure> {
    let mut lists = Vec::new();
    for definition in &of_layout(who, object, record) {
        let Some(other) = readable(state, who, definition) else {
            continue;
        };
        let found = find(state, who, definition, record, 0, SHORT_MAX).await?;
        let mut list = shown(state, who, &other, definition, record, &found).await?;
        list.all_href = (found.total > SHORT_MAX).then(|| all_href(object, record, definition));
        lists.push(list);
    }
    Ok(lists)
}

/// `/lightning/r/{object}/{id}/related/{other}/view`.
pub(crate) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
    Path((_, id, other)): Path<(String, String, String)>,
    RawQuery(raw): RawQuery,
) -> Result<Response, Failure> {
    let (object, record) = record::readable(&state, &who, &id).await?;
    let object = &*object;
    let (other, by) = match other.split_once('.') {
        Some((other, field)) => (other, Some(field)),
        None => (other.as_str(), None),
    };
    let lists = of_layout(&who, object, &record);
    let definition = lists
        .iter()
        .filter(|list| list.object.as_str().eq_ignore_ascii_case(other))
        .find(|list| by.is_none_or(|by| list.field.as_str().eq_ignore_ascii_case(by)))
        .ok_or(Failure::NotFound)?;
    let other = readable(&state, &who, definition).ok_or(Failure::NotFound)?;
    let asked = query::pairs(raw.unwrap_or_default().as_bytes());
    let page: u32 = query::value(&asked, "page")
        .parse()
        .unwrap_or(1)
        .clamp(1, 100_000);
    let before = (page - 1) * FULL_MAX;
    let found = find(&state, &who, definition, &record, before, FULL_MAX).await?;
    let shown_count = u32::try_from(found.records.len()).unwrap_or(u32::MAX);
    let here = all_href(object, &record, definition);
    let name = value::name_of(object, &record);
    let body = RelatedTemplate {
        parent: value::link(object, &record.id, &name),
        list: shown(&state, &who, &other, definition, &record, &found).await?,
        summary: list::summary(before, shown_count, found.total),
        previous: (page > 1).then(|| format!("{here}?page={}", page - 1)),
        next: (before + shown_count < found.total).then(|| format!("{here}?page={}", page + 1)),
    };
    let head = Head {
        kind: "record",
        title: format!("{} of {name}", definition.label),
        icon: other.icon.clone(),
        record: Some(RecordHead {
            id: record.id.to_string(),
            name,
            object: object.name.to_string(),
            person: value::person_of(&record),
        }),
        ..Head::default()
    };
    shell::page(&state, &who, head, &body).await
}

fn readable(state: &AppState, who: &SignedIn, definition: &RelatedList) -> Option<Arc<Object>> {
    let (object, field) = (definition.object.as_str(), definition.field.as_str());
    state
        .store
        .schema()
        .object(object)
        .filter(|_| who.user.may(object, Operation::Read) && who.user.may_read_field(object, field))
        .cloned()
}

async fn find(
    state: &AppState,
    who: &SignedIn,
    definition: &RelatedList,
    record: &Record,
    offset: u32,
    limit: u32,
) -> Result<Page, Failure> {
    let list = ListQuery {
        object: definition.object.clone(),
        filters: vec![Filter::Equals(
            definition.field.clone(),
            Value::Reference(record.id.clone()),
        )],
        order: Some(("LastModifiedDate".into(), Order::Descending)),
        offset,
        limit,
    };
    Ok(state.store.list(&who.user, &list).await?)
}

async fn shown(
    state: &AppState,
    who: &SignedIn,
    other: &Object,
    definition: &RelatedList,
    record: &Record,
    found: &Page,
) -> Result<Related, Failure> {
    let records: Vec<&Record> = found.records.iter().collect();
    let words = Words::of(state, &who.user, &records)
        .await?
        .beside_a_record();
    let may_create = other.has_tab && who.user.may(other.name.as_str(), Operation::Create);
    Ok(Related {
        label: definition.label.clone(),
        icon: other.icon.clone(),
        count: match found.total {
            2_000.. => "2,000+".to_owned(),
            total => total.to_string(),
        },
        columns: value::readable(&who.user, other, &definition.columns)
            .map(|field| field.label.clone())
            .collect(),
        rows: list::rows(
            &who.user,
            other,
            &definition.columns,
            &found.records,
            &words,
        ),
        all_href: None,
        new_href: may_create.then(|| record::new_href(other, &filled(other, definition, record))),
        key: format!("{}-{}", definition.object, definition.field),
    })
}

/// A new record of the list points here; one made for a contact belongs to its account too.
fn filled<'a>(
    other: &Object,
    definition: &'a RelatedList,
    record: &'a Record,
) -> Vec<(&'a str, &'a str)> {
    let mut values = vec![(definition.field.as_str(), record.id.as_str())];
    if let Some(account) = record.get("AccountId").as_reference()
        && other.field("AccountId").is_some()
        && definition.field.as_str() != "AccountId"
    {
        values.push(("AccountId", account.as_str()));
    }
    values
}

fn all_href(object: &Object, record: &Record, definition: &RelatedList) -> String {
    let (other, field) = (&definition.object, &definition.field);
    let is_same = |list: &&RelatedList| list.object == *other;
    let other = match object.related_lists.iter().filter(is_same).count() {
        // The platform's address, where it says enough.
        0 | 1 => other.to_string(),
        _ => format!("{other}.{field}"),
    };
    let (object, id) = (&object.name, &record.id);
    format!("/lightning/r/{object}/{id}/related/{other}/view")
}
