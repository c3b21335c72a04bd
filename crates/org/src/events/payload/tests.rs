//! What subscribers are sent, by value.

use serde_json::json;

use super::*;
use crate::Schema;
use crate::access::Profile;
use crate::events::{Change, Commit, change_event};

fn commit() -> Commit {
    Commit {
        at_ms: 1_790_000_000_000,
        user: Some(RecordId::from_serial("005", 7)),
        origin: "com/salesforce/api/rest/64.0".to_owned(),
        transaction_key: "t-1".to_owned(),
    }
}

fn fields(values: &[(&str, &str)]) -> Fields {
    let value = |text: &str| match text {
        "" => Value::Null,
        text => Value::Text(text.to_owned()),
    };
    let fields = values.iter();
    fields
        .map(|(name, text)| ((*name).into(), value(text)))
        .collect()
}

fn told(
    user: &UserContext,
    object: &str,
    change_type: ChangeType,
    before: Option<Fields>,
    after: Option<Fields>,
) -> Option<Json> {
    let schema = Schema::standard();
    let object = schema.object(object).unwrap();
    let change = Change {
        object,
        record: &RecordId::from_serial(&object.key_prefix, 1),
        change_type,
        before: before.as_ref(),
        after: after.as_ref(),
    };
    let body = change_event(&change, &commit(), 1)?;
    // As it comes back from where it is kept.
    let kept = serde_json::to_string(&body).unwrap();
    let body: EventBody = serde_json::from_str(&kept).unwrap();
    Some(body.data(user, object, 42)["payload"].clone())
}

fn rep_without_city() -> UserContext {
    let profiles = Profile::standard();
    let rep = profiles.iter().find(|p| p.name == "Sales Rep").unwrap();
    let mut user =
        UserContext::of_profile(RecordId::from_serial("005", 9), rep, &Schema::standard());
    let mut rights = (*user.rights).clone();
    rights.hide(&["Contact.MailingCity"]);
    user.rights = rights.into();
    user
}

#[test]
fn a_new_record_is_told_with_its_values_and_names_in_parts() {
    let system = UserContext::system();
    let after = fields(&[
        ("Name", "Ida Young"),
        ("LastName", "Young"),
        ("FirstName", "Ida"),
        ("MailingCity", "Bern"),
        ("Title", ""),
    ]);
    let payload = told(&system, "Contact", ChangeType::Create, None, Some(after)).unwrap();
    assert_eq!(
        payload,
        json!({
            "ChangeEventHeader": {
                "entityName": "Contact",
                "recordIds": ["003000000000001AAA"],
                "changeType": "CREATE",
                "changeOrigin": "com/salesforce/api/rest/64.0",
                "transactionKey": "t-1",
                "sequenceNumber": 1,
                "commitTimestamp": 1_790_000_000_000_i64,
                "commitNumber": 42,
                "commitUser": RecordId::from_serial("005", 7).as_str(),
                "nulledFields": [], "diffFields": [], "changedFields": [],
            },
            "Name": { "FirstName": "Ida", "LastName": "Young" },
            "MailingAddress": { "City": "Bern" },
        })
    );
}

#[test]
fn an_update_tells_what_changed_and_what_was_emptied() {
    let system = UserContext::system();
    let before = fields(&[
        ("Subject", "Call"),
        ("Description", "x"),
        ("Status", "Open"),
    ]);
    let after = fields(&[
        ("Subject", "Call 2"),
        ("Description", ""),
        ("Status", "Open"),
    ]);
    let payload = told(
        &system,
        "Task",
        ChangeType::Update,
        Some(before),
        Some(after),
    )
    .unwrap();
    let header = &payload["ChangeEventHeader"];
    assert_eq!(header["changedFields"], json!(["Subject", "Description"]));
    assert_eq!(header["nulledFields"], json!(["Description"]));
    assert_eq!(payload["Subject"], "Call 2");
    assert_eq!(payload["Description"], Json::Null);
    assert!(payload.get("Status").is_none());
}

#[test]
fn an_update_that_changes_nothing_is_not_told() {
    let system = UserContext::system();
    let mut before = fields(&[("Subject", "Call")]);
    before.insert("LastModifiedDate".into(), Value::DateTime(1));
    let mut after = before.clone();
    after.insert("LastModifiedDate".into(), Value::DateTime(2));
    let update = ChangeType::Update;
    assert_eq!(
        told(&system, "Task", update, Some(before), Some(after)),
        None
    );
}

#[test]
fn a_deletion_tells_no_fields_and_an_undeletion_all() {
    let system = UserContext::system();
    let values = fields(&[("Subject", "Call")]);
    let gone = told(
        &system,
        "Task",
        ChangeType::Delete,
        Some(values.clone()),
        None,
    )
    .unwrap();
    assert_eq!(gone.as_object().unwrap().len(), 1);
    let back = told(&system, "Task", ChangeType::Undelete, None, Some(values)).unwrap();
    assert_eq!(back["Subject"], "Call");
    assert_eq!(back["ChangeEventHeader"]["changeType"], "UNDELETE");
}

#[test]
fn a_field_that_the_subscriber_may_not_read_is_nowhere_in_the_event() {
    let before = fields(&[("MailingCity", "Bern"), ("Title", "CEO")]);
    let after = fields(&[("MailingCity", "Rome"), ("Title", "CTO")]);
    let rep = rep_without_city();
    let payload = told(
        &rep,
        "Contact",
        ChangeType::Update,
        Some(before),
        Some(after),
    )
    .unwrap();
    assert_eq!(
        payload["ChangeEventHeader"]["changedFields"],
        json!(["Title"])
    );
    let text = payload.to_string();
    assert!(!text.contains("City") && !text.contains("Rome"), "{text}");
}

#[test]
fn a_change_that_is_too_large_becomes_a_gap() {
    let system = UserContext::system();
    let long = "x".repeat(BODY_MAX_BYTES);
    let after = fields(&[("Description", &long)]);
    let payload = told(&system, "Task", ChangeType::Create, None, Some(after)).unwrap();
    assert_eq!(payload["ChangeEventHeader"]["changeType"], "GAP_CREATE");
    assert_eq!(payload.as_object().unwrap().len(), 1);
}

#[test]
fn every_change_type_is_spelled_as_on_the_platform() {
    for (change_type, name) in [
        (ChangeType::GapCreate, "GAP_CREATE"),
        (ChangeType::GapUpdate, "GAP_UPDATE"),
        (ChangeType::GapDelete, "GAP_DELETE"),
        (ChangeType::GapUndelete, "GAP_UNDELETE"),
        (ChangeType::GapOverflow, "GAP_OVERFLOW"),
    ] {
        assert_eq!(json!(change_type), name);
        assert!(change_type.is_gap());
    }
}

#[test]
fn the_name_of_a_shape_changes_with_its_fields() {
    let schema = Schema::standard();
    let task = schema.object("Task").unwrap();
    let mut wider = (**task).clone();
    wider.fields.pop();
    let (one, two) = (schema_id(task), schema_id(&wider));
    assert_ne!(one, two);
    assert_eq!(one.len(), 22);
}
