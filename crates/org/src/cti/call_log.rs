//! What becomes a Task: from the facts of a call to the fields of its log.

use crate::record::Fields;
use crate::schema::Schema;
use crate::{Record, RecordId, Value};

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
    let text = |text: &str| Value::Text(text.to_owned());
    let seconds = i64::try_from(facts.talk_duration_ms.saturating_add(500) / 1_000);
    let outcome = facts
        .outcome
        .as_deref()
        .filter(|outcome| !outcome.is_empty());
    let mut fields = Fields::from([
        ("Subject".into(), Value::Text(subject(facts))),
        ("Type".into(), text("Call")),
        ("TaskSubtype".into(), text("Call")),
        ("CallType".into(), text(&facts.call_type)),
        (
            "CallDurationInSeconds".into(),
            Value::Integer(seconds.unwrap_or(i64::MAX)),
        ),
        (
            "CallDisposition".into(),
            text(&cut(outcome.unwrap_or(OUTCOME_NOT_SET))),
        ),
        ("CallObject".into(), text(&facts.call_id)),
        ("Status".into(), text("Completed")),
        ("Priority".into(), text("Normal")),
        ("ActivityDate".into(), Value::Date(facts.date)),
        ("OwnerId".into(), Value::Reference(facts.owner.clone())),
        (CALL_KEY_FIELD.into(), text(&facts.key)),
    ]);
    if !facts.notes.is_empty() {
        let notes = facts.notes.chars().take(NOTES_LENGTH_MAX).collect();
        fields.insert("Description".into(), Value::Text(notes));
    }
    if let Some((record, _)) = &facts.record {
        fields.extend(
            link_fields(record, schema)
                .into_iter()
                .map(|(n, v)| (n.into(), v)),
        );
    }
    fields
}

/// `Call with Ann Smith`, `Missed call from (415) 555-1212`, `Outbound call to …`.
fn subject(facts: &CallFacts) -> String {
    let name = facts
        .record
        .as_ref()
        .map(|(_, name)| name.as_str())
        .filter(|n| !n.is_empty());
    let far = name
        .or(facts.far_name.as_deref().filter(|n| !n.is_empty()))
        .or(Some(facts.number.as_str()).filter(|n| !n.is_empty()))
        .unwrap_or("an unknown number");
    let subject = match (facts.call_type.as_str(), facts.answered) {
        ("Outbound", true) => format!("Outbound call to {far}"),
        ("Outbound", false) => format!("Outbound call to {far}, not answered"),
        (_, true) => format!("Call with {far}"),
        (_, false) => format!("Missed call from {far}"),
    };
    cut(&subject)
}

fn cut(text: &str) -> String {
    text.chars().take(TEXT_LENGTH_MAX).collect()
}

/// Characters of Task.Description; what is longer is cut, since a log must never be refused for
/// its length.
const NOTES_LENGTH_MAX: usize = 32_000;

/// Characters of Task.Subject and Task.CallDisposition.
const TEXT_LENGTH_MAX: usize = 255;

/// Fields that are facts of the call: once they say something, they are not emptied again.
const FACTS: &[&str] = &[
    "CallType",
    "CallDurationInSeconds",
    "CallObject",
    "TaskSubtype",
    "Type",
    CALL_KEY_FIELD,
];

/// Fields in which a person's words go before the server's.
const PERSONAL: &[&str] = &[
    "Subject",
    "CallDisposition",
    "Description",
    "WhoId",
    "WhatId",
    "Status",
    "Priority",
    "ActivityDate",
    "OwnerId",
];

/// Merges a save under a key that already has its Task: what a person wrote (outcome, notes,
/// subject, links) wins over what the server filled in by itself; a fact of the call never
/// changes back to empty. Gives the fields that change.
pub fn merge(existing: &Record, incoming: &Fields, incoming_is_page: bool) -> Fields {
    let changes = incoming.iter().filter(|(name, value)| {
        let before = existing.get(name.as_str());
        let name = name.as_str();
        if before == *value || (value.is_null() && FACTS.contains(&name)) {
            false
        } else if incoming_is_page || is_unsaid(name, before) {
            true
        } else {
            !PERSONAL.contains(&name)
        }
    });
    // What a Task is for, and whose log it is, do not change after its birth.
    let fixed = ["TaskSubtype", CALL_KEY_FIELD];
    let changes = changes.filter(|(name, _)| {
        !fixed.contains(&name.as_str()) || existing.get(name.as_str()).is_null()
    });
    changes
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// Nobody has said anything here yet.
fn is_unsaid(name: &str, value: &Value) -> bool {
    value.is_null()
        || value.as_text() == Some("")
        || (name == "CallDisposition" && value.as_text() == Some(OUTCOME_NOT_SET))
}

/// Links (`WhoId`, `WhatId`) for a record of this object: people (Contact, Lead) are Who, all
/// else is What. A record that Task cannot point to gives none.
pub fn link_fields(record: &RecordId, schema: &Schema) -> Vec<(&'static str, Value)> {
    let Some(object) = schema.object_of(record) else {
        return Vec::new();
    };
    let may_point = |field: &str| {
        let found = schema.object("Task").and_then(|task| task.field(field));
        found.is_some_and(|field| field.reference_to.contains(&object.name))
    };
    let links = ["WhoId", "WhatId"]
        .into_iter()
        .filter(|field| may_point(field));
    links
        .map(|field| (field, Value::Reference(record.clone())))
        .collect()
}

#[cfg(test)]
#[path = "call_log_tests.rs"]
mod tests;
