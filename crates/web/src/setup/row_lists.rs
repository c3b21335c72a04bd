//! Lists of rows of Setup: a page of an object's rows, or those that point to one row.

use std::collections::BTreeMap;

use offhook_org::access::Operation;
use offhook_org::schema::{Field, Object};
use offhook_org::{FieldName, Record, RecordId, Value};
use offhook_store::org::{Filter, ListQuery, Order};

use crate::AppState;
use crate::error::Failure;
use crate::session::SignedIn;

/// Rows on one page.
pub(super) const PAGE_SIZE: u32 = 100;

pub(super) struct Line {
    pub(super) href: String,
    pub(super) cells: Vec<String>,
}

pub(super) struct Table {
    pub(super) object: String,
    pub(super) title: String,
    pub(super) labels: Vec<String>,
    pub(super) lines: Vec<Line>,
    pub(super) total: u32,
    pub(super) new_href: Option<String>,
}

pub(super) fn path(object: &Object) -> String {
    format!("/lightning/setup/rows/{}", object.name)
}

/// A list of rows; of those that point to a record by a field, where one is given.
pub(super) async fn table(
    state: &AppState,
    who: &SignedIn,
    object: &Object,
    under: Option<(&str, &RecordId)>,
    offset: u32,
) -> Result<Table, Failure> {
    let by_time = ["LoginTime", "CreatedDate"].into_iter();
    let is_history = ["LoginHistory", "SetupAuditTrail"].contains(&object.name.as_str());
    let time = by_time
        .filter(|_| is_history)
        .find(|name| object.field(name).is_some());
    let order = match time {
        Some(time) => (FieldName::new(time), Order::Descending),
        None => (object.name_field.clone(), Order::Ascending),
    };
    let mut filters = Vec::new();
    if let Some((field, id)) = under {
        filters.push(Filter::Equals(field.into(), Value::Reference(id.clone())));
    } else if object.name.as_str() == "PermissionSet" {
        let owned = Value::Boolean(false);
        filters.push(Filter::Equals("IsOwnedByProfile".into(), owned));
    } else if object.name.as_str() == "Group" {
        let shown = ["Regular", "Queue"].map(|kind| Value::Text(kind.to_owned()));
        filters.push(Filter::In("Type".into(), shown.into()));
    }
    let asked = ListQuery {
        object: object.name.clone(),
        filters,
        order: Some(order),
        offset,
        limit: PAGE_SIZE,
    };
    let found = state.store.list(&who.user, &asked).await?;
    let references = found
        .records
        .iter()
        .flat_map(|record| record.fields.values());
    let ids: Vec<RecordId> = references
        .filter_map(|v| v.as_reference().cloned())
        .collect();
    let names = state.store.names(&who.user, &ids).await?;
    let columns: Vec<&Field> = (object.list_columns.iter())
        .filter_map(|name| object.field(name.as_str()))
        .collect();
    let line = |record: &Record| Line {
        href: format!("{}/{}", path(object), record.id),
        cells: columns
            .iter()
            .map(|field| shown(record.get(field.name.as_str()), &names))
            .collect(),
    };
    let creates =
        object.abilities.createable && who.user.may(object.name.as_str(), Operation::Create);
    let given = under.map_or(String::new(), |(field, id)| format!("?{field}={id}"));
    Ok(Table {
        object: object.label.clone(),
        title: object.plural_label.clone(),
        labels: columns.iter().map(|field| field.label.clone()).collect(),
        lines: found.records.iter().map(line).collect(),
        total: found.total,
        new_href: creates.then(|| format!("{}/new{given}", path(object))),
    })
}

pub(super) fn shown(value: &Value, names: &BTreeMap<RecordId, String>) -> String {
    match value {
        Value::Null => String::new(),
        Value::Boolean(true) => "Yes".to_owned(),
        Value::Boolean(false) => "No".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Reference(id) => names.get(id).cloned().unwrap_or_else(|| id.to_string()),
        Value::Date(date) => date.to_string(),
        Value::Time(time) => time.to_string(),
        Value::DateTime(ms) => jiff::Timestamp::from_millisecond(*ms)
            .map_or(String::new(), |moment| {
                moment.strftime("%Y-%m-%d %H:%M UTC").to_string()
            }),
    }
}

pub(super) fn named(object: &Object, record: &Record) -> String {
    match record.text(object.name_field.as_str()) {
        "" => format!("{} {}", object.label, record.id),
        name => name.to_owned(),
    }
}
