//! What makes an account a person, and what its contact says.

use serde_json::json;

use super::*;
use crate::save::{Prepared, fields_from_json, prepare_create, prepare_update};
use crate::schema::definition::{Metadata, compile};
use crate::schema::{RecordType, Schema};
use crate::{ObjectName, Record, UserContext};

const TODAY: jiff::civil::Date = jiff::civil::date(2026, 1, 2);

fn record_type(number: u64, name: &str, is_person: bool) -> RecordType {
    RecordType {
        id: RecordId::from_serial("012", number),
        developer_name: name.to_owned(),
        label: name.to_owned(),
        description: String::new(),
        is_active: true,
        is_person,
        picklists: std::collections::BTreeMap::new(),
        profiles: None,
        default_for: Vec::new(),
    }
}

fn schema() -> Schema {
    let types = vec![
        record_type(1, "Business", false),
        record_type(2, PERSON_RECORD_TYPE, true),
    ];
    let metadata = Metadata {
        person_accounts: true,
        record_types: [(ObjectName::new("Account"), types)].into(),
        ..Metadata::default()
    };
    compile(&metadata).unwrap()
}

fn account(sent: serde_json::Value) -> Result<Fields, Vec<SaveError>> {
    let schema = schema();
    let object = schema.object("Account").unwrap();
    let fields = fields_from_json(object, sent.as_object().unwrap(), Strictness::Strict);
    let fields = fields.unwrap().fields;
    prepare_create(
        &UserContext::system(),
        object,
        &fields,
        Strictness::Strict,
        TODAY,
    )
    .map(|Prepared { fields, .. }| fields)
}

fn text<'f>(fields: &'f Fields, name: &str) -> &'f str {
    let value = fields.get(&FieldName::new(name));
    value.and_then(Value::as_text).unwrap_or("")
}

#[test]
fn an_account_with_a_last_name_or_a_record_type_of_persons_is_a_person() {
    for sent in [
        json!({"LastName": "Ito", "FirstName": "Ann"}),
        json!({"LastName": "Ito", "FirstName": "Ann", "RecordTypeId": "012000000000002"}),
    ] {
        let made = account(sent).unwrap();
        assert!(is_person(&made));
        assert_eq!(text(&made, "Name"), "Ann Ito");
        let kind = made[&"RecordTypeId".into()].as_reference().unwrap();
        assert_eq!(*kind, RecordId::from_serial("012", 2));
    }
    let business = account(json!({"Name": "Acme"})).unwrap();
    assert!(!is_person(&business));
    assert_eq!(business[&"IsPersonAccount".into()], Value::Boolean(false));
    assert!(!business.contains_key(&"PersonEmail".into()));
    let of_master = account(json!({"Name": "Acme", "RecordTypeId": "012000000000000AAA"}));
    assert_eq!(of_master.unwrap()[&"RecordTypeId".into()], Value::Null);
}

#[test]
fn each_kind_of_account_takes_its_own_fields() {
    for (sent, code, field) in [
        (
            json!({"LastName": "Ito", "Name": "Ito"}),
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            "Name",
        ),
        (
            json!({"Name": "Acme", "PersonEmail": "a@b.example"}),
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            "PersonEmail",
        ),
        (
            json!({"Name": "A", "LastName": "Ito", "RecordTypeId": "012000000000001"}),
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            "LastName",
        ),
        (
            json!({"RecordTypeId": "012000000000002", "FirstName": "Ann"}),
            "REQUIRED_FIELD_MISSING",
            "LastName",
        ),
        (
            json!({"PersonEmail": "a@b.example"}),
            "REQUIRED_FIELD_MISSING",
            "LastName",
        ),
        (
            json!({"LastName": "Ito", "ParentId": "001000000000001"}),
            "INVALID_PERSON_ACCOUNT_OPERATION",
            "ParentId",
        ),
        (
            json!({"PersonEmail": null}),
            "REQUIRED_FIELD_MISSING",
            "Name",
        ),
    ] {
        let refused = account(sent.clone()).unwrap_err();
        let told = serde_json::to_value(&refused[0]).unwrap();
        assert_eq!(
            (&told["statusCode"], &told["fields"]),
            (&json!(code), &json!([field])),
            "{sent}"
        );
    }
    let refused = account(json!({"LastName": "Ito", "Name": "Ito"})).unwrap_err();
    let words = "Account: bad field names on insert/update call: Name.";
    assert!(refused[0].message.starts_with(words));
}

#[test]
fn an_account_stays_of_its_kind_and_a_person_keeps_a_name() {
    let schema = schema();
    let object = schema.object("Account").unwrap();
    let made = account(json!({"LastName": "Ito", "FirstName": "Ann"})).unwrap();
    let before = Record {
        object: object.name.clone(),
        id: RecordId::from_serial("001", 1),
        fields: made,
    };
    let update = |name: &str, value: Value| {
        let changes = Fields::from([(FieldName::new(name), value)]);
        prepare_update(
            &UserContext::system(),
            object,
            &before,
            &changes,
            Strictness::Strict,
        )
    };
    let renamed = update("FirstName", Value::Text("Bea".into()))
        .unwrap()
        .fields;
    assert_eq!(text(&renamed, "Name"), "Bea Ito");
    assert!(update("Name", Value::Text("Other".into())).is_err());
    assert!(update("LastName", Value::Null).is_err());
    assert!(update("RecordTypeId", Value::Null).is_err());
    let business = Value::Reference(RecordId::from_serial("012", 1));
    let refused = update("RecordTypeId", business).unwrap_err();
    assert_eq!(
        refused[0].status_code,
        SaveErrorCode::InvalidPersonAccountOperation
    );
}

#[test]
fn the_contact_of_a_person_says_what_the_account_says() {
    let schema = schema();
    let (account_object, contact) = (
        schema.object("Account").unwrap(),
        schema.object("Contact").unwrap(),
    );
    let made = account(json!({
        "LastName": "Ito", "PersonEmail": "a@b.example", "Phone": "+14155550100",
        "Direct_Line__pc": "+14155550101", "Rating": "Hot",
    }));
    let says = fields_of_contact(contact, &made.unwrap());
    assert_eq!(text(&says, "Email"), "a@b.example");
    assert_eq!(text(&says, "Phone"), "+14155550100");
    assert_eq!(text(&says, "Direct_Line__c"), "+14155550101");
    assert_eq!(text(&says, "LastName"), "Ito");
    assert!(!says.contains_key(&"Name".into()) && !says.contains_key(&"Rating".into()));
    let code = SaveErrorCode::DuplicateValue;
    let refused = SaveError::new(code, "duplicate Email", vec!["Email".to_owned()]);
    let told = told_of_account(account_object, refused);
    assert_eq!(
        (told.message.as_str(), &told.fields[0][..]),
        ("duplicate PersonEmail", "PersonEmail")
    );
}
