//! What becomes a Task: from the facts of a call to the fields of its log.

use crate::record::Fields;
use crate::schema::Schema;
use crate::{RecordId, Value};

/// The Task field that holds the log key, `CALL_ID:REP_ID`.
pub const CALL_KEY_FIELD: &str = "Offhook_Call_Key__c";

/// The outcome of a log that nobody completed.
pub const OUTCOME_NOT_SET: &str = "Not set";

/// The facts of a call, in the org's words. Built by the telephone side from its call record.
#[derive(Debug, Clone, PartialEq)]
pub struct CallFacts {
    /// The log key.
    pub key: String,
    /// The call's id, written to `CallObject`.
    pub call_id: String,
    /// `Inbound`, `Outbound`, `Internal`.
    pub call_type: String,
    /// The far party's number for display.
    pub number: String,
    /// The far party's name from the trunk.
    pub far_name: Option<String>,
    /// Was it answered?
    pub answered: bool,
    /// The date it started, in the owner's time zone.
    pub date: jiff::civil::Date,
    /// Answer to hang-up in milliseconds; 0 when unanswered.
    pub talk_duration_ms: u64,
    /// The owner of the log.
    pub owner: RecordId,
    /// The outcome; for an unanswered call its cause (`No answer`, `Busy`).
    pub outcome: Option<String>,
    /// Notes.
    pub notes: String,
    /// The record that it concerns, with its name.
    pub record: Option<(RecordId, String)>,
}

/// The fields of the Task: Subject, Type, TaskSubtype, CallType, CallDurationInSeconds,
/// CallDisposition, CallObject, WhoId or WhatId by the record's object, Status, ActivityDate,
/// OwnerId, Description, and the key.
pub fn task_fields(facts: &CallFacts, schema: &Schema) -> Fields {
    let _ = (facts, schema);
    todo!()
}

/// Merges a save under a key that already has its Task: what a person wrote (outcome, notes,
/// subject, links) wins over what the server filled in by itself; a fact of the call never
/// changes back to empty. Gives the fields that change.
pub fn merge(existing: &crate::Record, incoming: &Fields, incoming_is_page: bool) -> Fields {
    let _ = (existing, incoming, incoming_is_page);
    todo!()
}

/// Links (`WhoId`, `WhatId`) for a record of this object: people (Contact, Lead) are Who, all
/// else is What.
pub fn link_fields(record: &RecordId, schema: &Schema) -> Vec<(&'static str, Value)> {
    let _ = (record, schema);
    todo!()
}
