//! Saving, by example: what goes in, what comes out or is refused.

use serde_json::json;

use super::*;
use crate::access::Profile;
use crate::schema::{FieldKind, RecordType, RecordTypeValues};
use crate::{FieldName, RecordId, Schema, Value};

const TODAY: jiff::civil::Date = jiff::civil::date(2026, 11, 24);

fn rep() -> UserContext {
    let mut profiles = Profile::standard().into_iter();
    let profile = profiles.find(|p| p.name == "Sales Rep").unwrap();
    let id = RecordId::from_serial("005", 1);
    UserContext {
        time_zone: "Europe/Berlin".to_owned(),
        ..UserContext::of_profile(id, &profile, &Schema::standard())
    }
}

/// Creates from JSON and prints what would be written, or the refusals.
fn create(object: &str, json: serde_json::Value, strictness: Strictness) -> String {
    let schema = Schema::standard();
    let object = schema.object(object).unwrap();
    let map = json.as_object().unwrap().clone();
    let outcome = fields_from_json(object, &map, strictness).and_then(|read| {
        let mut prepared = prepare_create(&rep(), object, &read.fields, strictness, TODAY)?;
        prepared.warnings.splice(0..0, read.warnings);
        Ok(prepared)
    });
    match outcome {
        Ok(prepared) => print(&prepared),
        Err(errors) => print_errors(&errors),
    }
}

fn print(prepared: &Prepared) -> String {
    let skip = [
        "OwnerId",
        "Priority",
        "TaskSubtype",
        "DoNotCall",
        "IsConverted",
    ];
    let mut lines: Vec<String> = prepared
        .fields
        .iter()
        .filter(|(name, _)| !skip.contains(&name.as_str()))
        .map(|(name, value)| format!("{name}={value:?}"))
        .collect();
    lines.extend(prepared.warnings.iter().map(|w| format!("! {w}")));
    lines.join("\n")
}

fn print_errors(errors: &[SaveError]) -> String {
    let line = |e: &SaveError| {
        format!(
            "{:?} {}\n  {}",
            e.status_code,
            e.fields.join(","),
            e.message
        )
    };
    errors.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_fields_that_adapters_send_make_a_task() {
    let sent = json!({
        "entityApiName": "Task", "subject": "Call", "status": "completed", "IsClosed": true,
        "Activitydate": "2024-1-5", "CallDurationInSeconds": "12", "CallType": "inbound",
        "Phone": "4155551212", "CallObject": 17, "whoId": "003000000000001",
    });
    insta::assert_snapshot!(create("Task", sent, Strictness::Compatible), @r#"
    ActivityDate=Date(2024-01-05)
    CallDurationInSeconds=Integer(12)
    CallObject=Text("17")
    CallType=Text("Inbound")
    IsArchived=Boolean(false)
    IsClosed=Boolean(true)
    IsHighPriority=Boolean(false)
    IsRecurrence=Boolean(false)
    IsReminderSet=Boolean(false)
    Status=Text("Completed")
    Subject=Text("Call")
    WhoId=Reference(RecordId("003000000000001AAA"))
    ! No such column 'Phone' on sobject of type Task
    ! Unable to create/update fields: IsClosed. Please check the security settings of this field and verify that it is read/write for your profile or permission set.
    "#);
}

#[test]
fn strict_saves_refuse_what_compatible_ones_leave_out() {
    let sent = json!({"Phone": "1", "IsClosed": true, "CallDurationInSeconds": "long"});
    insta::assert_snapshot!(create("Task", sent.clone(), Strictness::Strict), @"
    InvalidField Phone
      No such column 'Phone' on sobject of type Task
    InvalidTypeOnFieldInRecord CallDurationInSeconds
      Call Duration: value not of required type: long. Expected: a whole number
    ");
    let written = create("Task", sent, Strictness::Compatible);
    assert!(
        written.contains("! Call Duration: value not of required type: long"),
        "{written}"
    );
}

#[test]
fn a_save_names_every_fault_with_the_platforms_code() {
    let sent = json!({
        "FirstName": "x".repeat(41), "Email": "ann at acme", "AccountId": "003000000000001AAA",
        "ReportsToId": "nobody", "LastName": " ",
    });
    insta::assert_snapshot!(create("Contact", sent, Strictness::Strict), @"
    FieldIntegrityException AccountId
      Account Name: id value of incorrect type: 003000000000001AAA is not the id of a record of Account
    InvalidEmailAddress Email
      Email: invalid email address: ann at acme
    StringTooLong FirstName
      First Name: data value too large: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx (max length=40). It has 41 characters
    MalformedId ReportsToId
      Reports To: id value of incorrect type: nobody. 15 or 18 letters and digits are expected
    RequiredFieldMissing LastName
      Required fields are missing: [Last Name]
    ");
    let sent = json!({"CallType": "Up"});
    insta::assert_snapshot!(create("Task", sent, Strictness::Compatible), @"
    InvalidOrNullForRestrictedPicklist CallType
      Call Type: bad value for restricted picklist field: Up. It takes Internal, Inbound, Outbound
    ");
}

#[test]
fn a_person_gets_a_name_and_an_owner() {
    let schema = Schema::standard();
    let contact = schema.object("Contact").unwrap();
    let fields = Fields::from([
        ("FirstName".into(), Value::Text("Ann".to_owned())),
        ("LastName".into(), Value::Text(" Smith ".to_owned())),
    ]);
    let made = prepare_create(&rep(), contact, &fields, Strictness::Strict, TODAY).unwrap();
    assert_eq!(
        made.fields[&"Name".into()],
        Value::Text("Ann Smith".to_owned())
    );
    let owner = made.fields[&"OwnerId".into()].as_reference().unwrap();
    assert_eq!(Some(owner), rep().user.as_ref());
}

#[test]
fn an_update_gives_only_what_changes() {
    let schema = Schema::standard();
    let opportunity = schema.object("Opportunity").unwrap();
    let before = Record {
        object: "Opportunity".into(),
        id: RecordId::from_serial("006", 1),
        fields: Fields::from([
            (
                "OwnerId".into(),
                Value::Reference(RecordId::from_serial("005", 1)),
            ),
            ("Name".into(), Value::Text("Pumps".to_owned())),
            ("StageName".into(), Value::Text("Prospecting".to_owned())),
            ("IsClosed".into(), Value::Boolean(false)),
            ("IsWon".into(), Value::Boolean(false)),
        ]),
    };
    let update = |user: &UserContext, name: &str, text: &str| {
        let changes = Fields::from([
            (FieldName::from("Name"), Value::Text("Pumps ".to_owned())),
            (FieldName::from(name), Value::Text(text.to_owned())),
        ]);
        match prepare_update(user, opportunity, &before, &changes, Strictness::Strict) {
            Ok(prepared) => print(&prepared),
            Err(errors) => print_errors(&errors),
        }
    };
    insta::assert_snapshot!(update(&rep(), "StageName", "closed won"), @r#"
    ForecastCategory=Text("Closed")
    ForecastCategoryName=Text("Closed")
    IsClosed=Boolean(true)
    IsWon=Boolean(true)
    Probability=Number(100.0)
    StageName=Text("Closed Won")
    "#);
    insta::assert_snapshot!(update(&rep(), "StageName", ""), @"
    RequiredFieldMissing StageName
      Required fields are missing: [Stage]
    ");
    insta::assert_snapshot!(update(&rep(), "IsWon", "true"), @"
    InvalidFieldForInsertUpdate IsWon
      Unable to create/update fields: IsWon. Please check the security settings of this field and verify that it is read/write for your profile or permission set.
    ");
    let mut colleague = rep();
    colleague.user = Some(RecordId::from_serial("005", 2));
    let refusal = update(&colleague, "StageName", "closed won");
    assert!(
        refusal.starts_with("InsufficientAccessOrReadonly"),
        "{refusal}"
    );
}

#[test]
fn a_form_reads_moments_in_the_users_zone_and_unchecked_boxes() {
    let schema = Schema::standard();
    let event = schema.object("Event").unwrap();
    let form = |pairs: &[(&str, &str)]| {
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(k, v)| ((*k).into(), (*v).into()))
            .collect();
        fields_from_form(&rep(), event, &pairs)
    };
    let read = form(&[
        ("_csrf", "abc"),
        ("StartDateTime", "2026-07-01T09:30"),
        ("IsAllDayEvent", ""),
        ("Subject", ""),
    ]);
    let read = read.unwrap();
    assert_eq!(read.len(), 3);
    assert_eq!(
        read[&"StartDateTime".into()],
        Value::DateTime(1_782_891_000_000)
    );
    assert_eq!(read[&"IsAllDayEvent".into()], Value::Boolean(false));
    assert_eq!(read[&"Subject".into()], Value::Null);
    let checked = form(&[("IsAllDayEvent", ""), ("IsAllDayEvent", "true")]).unwrap();
    assert_eq!(checked[&"IsAllDayEvent".into()], Value::Boolean(true));
    let refused = form(&[("EndDateTime", "tomorrow")]).unwrap_err();
    assert_eq!(refused[0].fields, ["EndDateTime"]);
}

#[test]
fn an_event_cannot_end_before_it_starts() {
    let sent = json!({"StartDateTime": "2026-01-02T10:00:00.000+0000",
        "EndDateTime": "2026-01-02T09:00:00Z"});
    let refusal = create("Event", sent, Strictness::Strict);
    assert!(
        refusal.starts_with("FieldIntegrityException EndDateTime"),
        "{refusal}"
    );
}

#[test]
fn a_web_address_cannot_carry_script() {
    for (address, is_taken) in [
        ("https://acme.example/a?b=c", true),
        ("acme.example", true),
        ("acme.example:8080/x", true),
        ("javascript:alert(1)", false),
        ("data:text/html,x", false),
        ("https://", false),
    ] {
        let written = create(
            "Account",
            json!({"Name": "A", "Website": address}),
            Strictness::Strict,
        );
        assert_eq!(written.contains("Website=Text"), is_taken, "{written}");
    }
}

#[test]
fn only_the_system_sets_what_people_cannot() {
    let schema = Schema::standard();
    let lead = schema.object("Lead").unwrap();
    let fields = Fields::from([
        ("LastName".into(), Value::Text("Ito".to_owned())),
        ("Company".into(), Value::Text("Acme".to_owned())),
        ("IsConverted".into(), Value::Boolean(true)),
        ("CreatedDate".into(), Value::DateTime(5)),
    ]);
    let system = UserContext::system();
    let made = prepare_create(&system, lead, &fields, Strictness::Strict, TODAY).unwrap();
    assert_eq!(made.fields[&"CreatedDate".into()], Value::DateTime(5));
    assert_eq!(made.fields[&"ConvertedDate".into()], Value::Date(TODAY));
    let refused = prepare_create(&rep(), lead, &fields, Strictness::Strict, TODAY).unwrap_err();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].fields, ["CreatedDate", "IsConverted"]);
}

#[test]
fn a_text_that_is_too_long_is_cut_only_where_that_is_asked_for() {
    let schema = Schema::standard();
    let contact = schema.object("Contact").unwrap();
    let fields = Fields::from([("LastName".into(), Value::Text("é".repeat(100)))]);
    let rules = |allow_truncation| Rules {
        strictness: Strictness::Strict,
        allow_truncation,
        today: TODAY,
    };
    let refused = check_create(&rep(), contact, &fields, &rules(false)).unwrap_err();
    assert_eq!(refused[0].status_code, SaveErrorCode::StringTooLong);
    let cut = check_create(&rep(), contact, &fields, &rules(true)).unwrap();
    assert_eq!(cut.fields[&"LastName".into()], Value::Text("é".repeat(80)));
}

#[test]
fn values_become_what_the_field_holds() {
    let sent = json!({"LastName": "Smith", "Birthdate": "1990-2-28T00:00:00Z", "DoNotCall": "1"});
    let made = create("Contact", sent, Strictness::Strict);
    assert!(made.contains("Birthdate=Date(1990-02-28)"), "{made}");
    let sent = json!({"Name": "A", "StageName": "prospecting", "CloseDate": "2026-12-01",
        "Amount": "1,234.565", "Probability": "12.5%"});
    let made = create("Opportunity", sent, Strictness::Strict);
    assert!(made.contains("Amount=Number(1234.57)"), "{made}");
    assert!(made.contains("Probability=Number(13.0)"), "{made}");
    for (field, value, code) in [
        ("Amount", "1,5", "InvalidTypeOnFieldInRecord Amount"),
        ("Amount", "1e17", "NumberOutsideValidRange Amount"),
        (
            "CloseDate",
            "1.2.2026",
            "InvalidTypeOnFieldInRecord CloseDate",
        ),
        ("AccountId", "0012K00001drfGYQAZ", "MalformedId AccountId"),
        (
            "AccountId",
            "003000000000001AAA",
            "FieldIntegrityException AccountId",
        ),
    ] {
        let mut sent = json!({"Name": "A", "StageName": "Prospecting", "CloseDate": "2026-12-01"});
        sent[field] = json!(value);
        let refused = create("Opportunity", sent, Strictness::Strict);
        assert!(refused.starts_with(code), "{refused}");
    }
}

#[test]
fn a_task_of_a_lead_is_related_to_nothing_else() {
    let lead = RecordId::from_serial("00Q", 1).to_string();
    let account = RecordId::from_serial("001", 1).to_string();
    let refused = create(
        "Task",
        json!({"Subject": "x", "WhoId": lead, "WhatId": account}),
        Strictness::Strict,
    );
    assert!(
        refused.starts_with("FieldIntegrityException WhatId"),
        "{refused}"
    );
}

#[test]
fn a_converted_lead_is_not_changed_any_more() {
    let schema = Schema::standard();
    let lead = schema.object("Lead").unwrap();
    let before = Record {
        object: "Lead".into(),
        id: RecordId::from_serial("00Q", 1),
        fields: Fields::from([
            (
                "OwnerId".into(),
                Value::Reference(RecordId::from_serial("005", 1)),
            ),
            ("IsConverted".into(), Value::Boolean(true)),
        ]),
    };
    let changes = Fields::from([("Company".into(), Value::Text("Acme".to_owned()))]);
    let change =
        |user: &UserContext| prepare_update(user, lead, &before, &changes, Strictness::Strict);
    let refused = change(&rep()).unwrap_err();
    assert_eq!(
        refused[0].status_code,
        SaveErrorCode::CannotUpdateConvertedLead
    );
    assert!(change(&UserContext::system()).is_ok());
}

#[test]
fn a_record_type_has_some_values_of_a_picklist_only() {
    let schema = Schema::standard();
    let mut task = schema.object("Task").unwrap().as_ref().clone();
    let id = RecordId::from_serial("012", 7);
    let values = RecordTypeValues {
        values: vec!["Inbound".to_owned()],
        default: Some("Inbound".to_owned()),
    };
    task.record_types.push(RecordType {
        id: id.clone(),
        developer_name: "Support".to_owned(),
        label: "Support".to_owned(),
        description: String::new(),
        is_active: true,
        is_person: false,
        picklists: [("CallType".into(), values)].into(),
        profiles: None,
        default_for: Vec::new(),
    });
    let mut field = task.field("TaskSubtype").unwrap().clone();
    field.name = "RecordTypeId".into();
    field.kind = FieldKind::Reference;
    field.reference_prefixes = vec!["012".to_owned()];
    field.default = None;
    field.values.clear();
    task.fields.push(field);
    let system = UserContext::system();
    let save = |call_type: Option<&str>, id: &RecordId| {
        let mut fields = Fields::from([("RecordTypeId".into(), Value::Reference(id.clone()))]);
        if let Some(call_type) = call_type {
            fields.insert("CallType".into(), Value::Text(call_type.to_owned()));
        }
        prepare_create(&system, &task, &fields, Strictness::Strict, TODAY)
    };
    let made = save(None, &id).unwrap();
    assert_eq!(
        made.fields[&"CallType".into()],
        Value::Text("Inbound".to_owned())
    );
    let refused = save(Some("Outbound"), &id).unwrap_err();
    let code = SaveErrorCode::InvalidOrNullForRestrictedPicklist;
    assert_eq!(refused[0].status_code, code);
    assert!(refused[0].message.ends_with("Outbound. It takes Inbound"));
    let refused = save(None, &RecordId::from_serial("012", 8)).unwrap_err();
    assert_eq!(refused[0].fields, ["RecordTypeId"]);
}

#[test]
fn json_of_a_client_is_taken_as_it_came_with_references_by_other_keys_apart() {
    let schema = Schema::standard();
    let contact = schema.object("Contact").unwrap();
    let json = json!({
        "attributes": {"type": "Contact"},
        "id": "003000000000001AAA",
        "lastname": "Smith",
        "Nonsense": 1,
        "Account": {"attributes": {"type": "Account"}, "Ext__c": "x"},
        "ReportsTo": null,
    });
    let (fields, lookups) = record_from_json(contact, json.as_object().unwrap()).unwrap();
    let names: Vec<_> = fields.keys().map(FieldName::as_str).collect();
    assert_eq!(names, ["LastName", "Nonsense", "ReportsToId"]);
    let account = Lookup {
        field: "AccountId".into(),
        object: Some("Account".into()),
        key_field: "Ext__c".into(),
        key: Value::Text("x".to_owned()),
    };
    assert_eq!(lookups, [account]);
    for wrong in [
        json!({"Account": {}}),
        json!({"LastName": [1]}),
        json!({"Nonsense": {}}),
    ] {
        assert!(record_from_json(contact, wrong.as_object().unwrap()).is_err());
    }
}

#[test]
fn a_profile_has_record_types_and_one_where_none_is_chosen() {
    let schema = Schema::standard();
    let mut case = schema.object("Case").unwrap().as_ref().clone();
    let kind = |number: u64, label: &str, profiles: &[&str]| RecordType {
        id: RecordId::from_serial("012", number),
        developer_name: label.to_owned(),
        label: label.to_owned(),
        description: String::new(),
        is_active: true,
        is_person: false,
        picklists: [].into(),
        profiles: Some(profiles.iter().map(|name| (*name).to_owned()).collect()),
        default_for: profiles.iter().map(|name| (*name).to_owned()).collect(),
    };
    let mut repair = kind(1, "Repair", &["Sales Rep"]);
    let values = RecordTypeValues {
        values: vec!["Working".to_owned(), "Closed".to_owned()],
        default: None,
    };
    repair.picklists.insert("Status".into(), values);
    let (id, other) = (repair.id.clone(), RecordId::from_serial("012", 2));
    case.record_types = vec![repair, kind(2, "Billing", &["Service Agent"])];
    let save = |fields: &[(&str, Value)]| {
        let fields = fields.iter().map(|(name, v)| ((*name).into(), v.clone()));
        prepare_create(&rep(), &case, &fields.collect(), Strictness::Strict, TODAY)
    };
    let working = ("Status", Value::Text("Working".to_owned()));
    let made = save(std::slice::from_ref(&working)).unwrap();
    assert_eq!(made.fields[&"RecordTypeId".into()], Value::Reference(id));
    let chosen = ("RecordTypeId", Value::Reference(other.clone()));
    let refused = save(&[working.clone(), chosen]).unwrap_err();
    assert_eq!(
        refused[0].status_code,
        SaveErrorCode::InvalidCrossReferenceKey
    );
    let words = format!("Record Type ID: this ID value isn't valid for the user: {other}");
    assert!(
        refused[0].message.starts_with(&words),
        "{}",
        refused[0].message
    );
    let master = RecordId::parse("012000000000000AAA").unwrap();
    let made = save(&[("RecordTypeId", Value::Reference(master))]).unwrap();
    assert_eq!(made.fields[&"Status".into()], Value::Text("New".to_owned()));
    // The default of the field is not one of the type's values, and nothing is put in its place.
    let refused = save(&[]).unwrap_err();
    assert_eq!(refused[0].status_code, SaveErrorCode::RequiredFieldMissing);
}
