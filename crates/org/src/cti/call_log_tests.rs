//! What becomes of a call's facts, and how two saves of one log become one.

use super::*;
use crate::ObjectName;

fn facts() -> CallFacts {
    CallFacts {
        key: "01CALL:005REP".to_owned(),
        call_id: "01CALL".to_owned(),
        call_type: "Inbound".to_owned(),
        number: "(555) 123-4567".to_owned(),
        far_name: None,
        answered: true,
        date: jiff::civil::date(2026, 11, 24),
        talk_duration_ms: 61_499,
        owner: RecordId::from_serial("005", 1),
        outcome: Some("Connected".to_owned()),
        notes: "Wants a quote.".to_owned(),
        record: Some((RecordId::from_serial("003", 7), "Ann Smith".to_owned())),
    }
}

fn stored(fields: Fields) -> Record {
    let id = RecordId::from_serial("00T", 1);
    Record {
        object: ObjectName::new("Task"),
        id,
        fields,
    }
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

#[test]
fn an_answered_call_becomes_a_completed_task_with_its_contact_as_who() {
    let fields = task_fields(&facts(), &Schema::standard());
    let get = |name: &str| fields.get(&name.into()).cloned().unwrap_or(Value::Null);
    assert_eq!(get("Subject"), text("Call with Ann Smith"));
    assert_eq!(get("Type"), text("Call"));
    assert_eq!(get("TaskSubtype"), text("Call"));
    assert_eq!(get("CallType"), text("Inbound"));
    assert_eq!(get("CallDurationInSeconds"), Value::Integer(61));
    assert_eq!(get("CallDisposition"), text("Connected"));
    assert_eq!(get("CallObject"), text("01CALL"));
    assert_eq!(get("Status"), text("Completed"));
    assert_eq!(
        get("WhoId"),
        Value::Reference(RecordId::from_serial("003", 7))
    );
    assert_eq!(get("WhatId"), Value::Null);
    assert_eq!(get(CALL_KEY_FIELD), text("01CALL:005REP"));
}

#[test]
fn a_missed_call_from_nobody_known_names_its_number_and_takes_no_time() {
    let facts = CallFacts {
        answered: false,
        talk_duration_ms: 0,
        record: None,
        outcome: None,
        ..facts()
    };
    let fields = task_fields(&facts, &Schema::standard());
    assert_eq!(
        fields[&"Subject".into()],
        text("Missed call from (555) 123-4567")
    );
    assert_eq!(fields[&"CallDurationInSeconds".into()], Value::Integer(0));
    assert_eq!(fields[&"CallDisposition".into()], text(OUTCOME_NOT_SET));
}

#[test]
fn a_call_without_a_number_and_with_endless_notes_still_makes_a_task_that_can_be_saved() {
    let facts = CallFacts {
        number: String::new(),
        record: None,
        notes: "ä".repeat(40_000),
        outcome: Some("x".repeat(300)),
        ..facts()
    };
    let schema = Schema::standard();
    let fields = task_fields(&facts, &schema);
    assert_eq!(
        fields[&"Subject".into()],
        text("Call with an unknown number")
    );
    let task = schema.object("Task").expect("an object");
    let saved = crate::save::prepare_create(
        &crate::UserContext::system(),
        task,
        &fields,
        crate::save::Strictness::Strict,
        facts.date,
    );
    assert!(saved.is_ok(), "{saved:?}");
}

#[test]
fn an_account_is_what_the_call_is_about() {
    let record = RecordId::from_serial("001", 3);
    let links = link_fields(&record, &Schema::standard());
    assert_eq!(links, [("WhatId", Value::Reference(record))]);
    assert_eq!(
        link_fields(&RecordId::from_serial("005", 3), &Schema::standard()),
        []
    );
}

#[test]
fn the_server_s_log_adds_facts_and_leaves_a_person_s_words() {
    let page = stored(Fields::from([
        ("Subject".into(), text("My own words")),
        ("CallDisposition".into(), text("Left voicemail")),
        ("CallDurationInSeconds".into(), Value::Null),
    ]));
    let changes = merge(&page, &task_fields(&facts(), &Schema::standard()), false);
    assert!(!changes.contains_key(&"Subject".into()));
    assert!(!changes.contains_key(&"CallDisposition".into()));
    assert_eq!(changes[&"CallDurationInSeconds".into()], Value::Integer(61));
    assert_eq!(changes[&"Description".into()], text("Wants a quote."));
}

#[test]
fn a_person_s_late_save_goes_over_the_server_s_log() {
    let server = stored(task_fields(
        &CallFacts {
            outcome: None,
            ..facts()
        },
        &Schema::standard(),
    ));
    let page = Fields::from([
        ("Subject".into(), text("Call about pumps")),
        ("CallDisposition".into(), text("Connected")),
        ("CallDurationInSeconds".into(), Value::Null),
    ]);
    let changes = merge(&server, &page, true);
    assert_eq!(changes[&"Subject".into()], text("Call about pumps"));
    assert_eq!(changes[&"CallDisposition".into()], text("Connected"));
    assert!(
        !changes.contains_key(&"CallDurationInSeconds".into()),
        "a fact is not emptied"
    );
}

#[test]
fn the_same_save_twice_changes_nothing() {
    let fields = task_fields(&facts(), &Schema::standard());
    let task = stored(fields.clone());
    assert_eq!(merge(&task, &fields, true), Fields::new());
    assert_eq!(merge(&task, &fields, false), Fields::new());
}
