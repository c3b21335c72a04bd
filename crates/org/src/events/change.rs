//! From a change of a record to its event.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::body::{BODY_MAX_BYTES, ChangeHeader, EventBody, EventKind};
use super::payload::{json_of, names_in_parts};
use crate::record::Fields;
use crate::schema::{Field, FieldKind, Object};
use crate::{RecordId, Value};

/// Changes of one object in one transaction that are told one by one.
pub const CHANGES_IN_TRANSACTION_MAX: usize = 100_000;

/// Fields that no change event carries.
const SILENT_FIELDS: [&str; 5] = [
    "Id",
    "SystemModstamp",
    "IsDeleted",
    "LastViewedDate",
    "LastReferencedDate",
];

/// What happened to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the names are the platform's change types")]
pub enum ChangeType {
    Create,
    Update,
    Delete,
    Undelete,
    GapCreate,
    GapUpdate,
    GapDelete,
    GapUndelete,
    GapOverflow,
}

impl ChangeType {
    /// The same change told without its fields.
    pub fn gap(self) -> Self {
        match self {
            Self::Create | Self::GapCreate => Self::GapCreate,
            Self::Update | Self::GapUpdate => Self::GapUpdate,
            Self::Delete | Self::GapDelete => Self::GapDelete,
            Self::Undelete | Self::GapUndelete => Self::GapUndelete,
            Self::GapOverflow => Self::GapOverflow,
        }
    }

    /// Is it told without fields, so that the subscriber has to read the record?
    pub fn is_gap(self) -> bool {
        self.gap() == self
    }
}

/// What is common to all changes of one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// When, UTC milliseconds.
    pub at_ms: i64,
    /// By whom; `None` for the system.
    pub user: Option<RecordId>,
    /// Through which door, as change events spell it: `com/salesforce/api/rest/64.0`.
    pub origin: String,
    /// Tells this transaction from all others.
    pub transaction_key: String,
}

/// One change: the record's fields before it and after it.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// The record's object.
    pub object: &'a Object,
    /// The record.
    pub record: &'a RecordId,
    /// What happened.
    pub change_type: ChangeType,
    /// All fields before; nothing for a new record.
    pub before: Option<&'a Fields>,
    /// All fields after; nothing for one that is gone.
    pub after: Option<&'a Fields>,
}

/// The event of a change, or `None` of an update that changed nothing that events tell.
pub fn change_event(change: &Change, commit: &Commit, sequence_number: u32) -> Option<EventBody> {
    let mut change_type = change.change_type;
    let mut fields = match change_type {
        ChangeType::Create | ChangeType::Undelete => all_fields(change),
        ChangeType::Update => changed_fields(change)?,
        _ => Map::new(),
    };
    if size(&fields) > BODY_MAX_BYTES {
        change_type = change_type.gap();
        fields = Map::new();
    }
    Some(EventBody {
        object: change.object.name.as_str().to_owned(),
        kind: EventKind::Change(ChangeHeader {
            record: Some(change.record.clone()),
            owner: owner(change),
            change_type,
            origin: commit.origin.clone(),
            transaction_key: commit.transaction_key.clone(),
            sequence_number,
            commit_ms: commit.at_ms,
            commit_user: commit.user.clone(),
        }),
        fields,
    })
}

/// The one event for more than [`CHANGES_IN_TRANSACTION_MAX`] changes of an object at once.
pub fn overflow_event(object: &Object, commit: &Commit, sequence_number: u32) -> EventBody {
    EventBody {
        object: object.name.as_str().to_owned(),
        kind: EventKind::Change(ChangeHeader {
            record: None,
            owner: None,
            change_type: ChangeType::GapOverflow,
            origin: commit.origin.clone(),
            transaction_key: commit.transaction_key.clone(),
            sequence_number,
            commit_ms: commit.at_ms,
            commit_user: commit.user.clone(),
        }),
        fields: Map::new(),
    }
}

/// Does a change event tell this field? A person's name is told in its parts.
fn is_told(object: &Object, field: &Field) -> bool {
    let name = field.name.as_str();
    let is_whole_name = name == "Name" && names_in_parts(object);
    field.kind != FieldKind::Id && !SILENT_FIELDS.contains(&name) && !is_whole_name
}

/// Every field that has a value.
fn all_fields(change: &Change) -> Map<String, Json> {
    let Some(after) = change.after else {
        return Map::new();
    };
    let told = change
        .object
        .fields
        .iter()
        .filter(|field| is_told(change.object, field));
    let valued = told.filter_map(|field| {
        let value = after.get(&field.name).filter(|value| !value.is_null())?;
        Some((field.name.as_str().to_owned(), json_of(value)))
    });
    valued.collect()
}

/// The fields whose values differ, `None` when only the time of change does.
fn changed_fields(change: &Change) -> Option<Map<String, Json>> {
    let (before, after) = (change.before?, change.after?);
    let mut fields = Map::new();
    let mut is_change = false;
    for field in change
        .object
        .fields
        .iter()
        .filter(|field| is_told(change.object, field))
    {
        let old = before.get(&field.name).unwrap_or(&Value::Null);
        let new = after.get(&field.name).unwrap_or(&Value::Null);
        if old != new {
            is_change |= !matches!(field.name.as_str(), "LastModifiedDate" | "LastModifiedById");
            fields.insert(field.name.as_str().to_owned(), json_of(new));
        }
    }
    is_change.then_some(fields)
}

fn owner(change: &Change) -> Option<RecordId> {
    let fields = change.after.or(change.before)?;
    fields.get(&"OwnerId".into())?.as_reference().cloned()
}

/// About how many bytes the fields are as JSON text.
fn size(fields: &Map<String, Json>) -> usize {
    let sizes = fields.iter().map(|(name, value)| {
        let value = match value {
            Json::String(text) => text.len() + 2,
            _ => 24,
        };
        name.len() + 4 + value
    });
    sizes.sum()
}
