//! The body of an event as it is kept: everything that any subscriber may be sent.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::change::ChangeType;
use crate::RecordId;

/// Bytes of a body; the platform's limit of a message. A change that is larger is told without
/// its fields (a gap event), a platform event that is larger is refused.
pub const BODY_MAX_BYTES: usize = 1_000_000;

/// An event as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventBody {
    /// Its object: `Task`, `Call_Event__e`.
    pub object: String,
    /// What kind of event.
    #[serde(flatten)]
    pub kind: EventKind,
    /// Field values by name, as JSON.
    pub fields: Map<String, Json>,
}

/// What kind of event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EventKind {
    /// A platform event.
    Platform {
        /// Its id among all events, for ever.
        uuid: String,
        /// Who published it.
        created_by: Option<RecordId>,
        /// When, UTC milliseconds.
        created_at_ms: i64,
    },
    /// A change of a record.
    Change(ChangeHeader),
}

/// What a change event says beside the fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangeHeader {
    /// The record; `None` when too much changed at once to name each.
    pub record: Option<RecordId>,
    /// Its owner at that time, by whom it is seen when it is there no more.
    pub owner: Option<RecordId>,
    /// What happened.
    pub change_type: ChangeType,
    /// Through which door.
    pub origin: String,
    /// The same for all changes of one transaction.
    pub transaction_key: String,
    /// Its place in the transaction, from 1.
    pub sequence_number: u32,
    /// When, UTC milliseconds.
    pub commit_ms: i64,
    /// By whom.
    pub commit_user: Option<RecordId>,
}

impl EventBody {
    /// Is it a change, or a platform event?
    pub fn is_change(&self) -> bool {
        matches!(self.kind, EventKind::Change(_))
    }
}
