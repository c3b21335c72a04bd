//! Forms and pages as an admin's metadata makes them: record types, layouts, picklists.

use axum::http::StatusCode;
use offhook_org::schema::{
    Field, FieldKind, Layout, LayoutAssignment, LayoutField, LayoutSection, PicklistValue,
    RecordType, RecordTypeValues,
};
use offhook_org::{FieldName, ObjectName, RecordId, UserContext, Value};
use offhook_store::org::metadata::VisibleTo;

use crate::house::{Answer, House};

const CASE: &str = "Case";
const NEW: &str = "/lightning/o/Case/new";

/// Record types of cases: both reps and agents have "Support", agents have "Repair" as well.
struct Types {
    support: RecordId,
    repair: RecordId,
}

fn no_id() -> RecordId {
    RecordId::from_serial("012", 0)
}

async fn put_type(house: &House, record_type: RecordType) -> RecordId {
    let system = UserContext::system();
    let case = ObjectName::new(CASE);
    let put = house
        .store
        .put_record_type(&system, &case, record_type, true);
    put.await.unwrap()
}

async fn types(house: &House) -> Types {
    let plain = |name: &str| RecordType {
        id: no_id(),
        developer_name: name.to_owned(),
        label: name.to_owned(),
        description: format!("About {name}"),
        is_active: true,
        is_person: false,
        picklists: std::collections::BTreeMap::new(),
        profiles: None,
        default_for: Vec::new(),
    };
    let mut repair = plain("Repair");
    repair.profiles = Some(vec!["Service Agent".to_owned()]);
    let mut support = plain("Support");
    support.default_for = vec!["Service Agent".to_owned()];
    let values = RecordTypeValues {
        values: ["High", "Low"].map(str::to_owned).into(),
        default: Some("Low".to_owned()),
    };
    support.picklists.insert("Priority".into(), values);
    Types {
        repair: put_type(house, repair).await,
        support: put_type(house, support).await,
    }
}

async fn add_field(house: &House, mut field: Field) {
    field.label = field.name.as_str().trim_end_matches("__c").to_owned();
    let (system, case) = (UserContext::system(), ObjectName::new(CASE));
    let made = house
        .store
        .create_field(&system, &case, field, &VisibleTo::Everyone);
    made.await.unwrap();
}

/// "Part" depends on the standard field "Type", and holds several values.
async fn add_part(house: &House, kind: FieldKind) {
    let mut field = Field::new("Part__c", "Part", kind);
    let fitting = [
        ("Gear", &["Mechanical"][..]),
        ("Fuse", &["Electrical"]),
        ("Wire", &["Electrical", "Electronic"]),
        ("Any", &["Mechanical", "Electrical", "Electronic"]),
    ];
    for (name, valid_for) in fitting {
        let mut value = PicklistValue::new(name);
        value.valid_for = valid_for.iter().map(|text| (*text).to_owned()).collect();
        field.values.push(value);
    }
    field.controller = Some("Type".into());
    add_field(house, field).await;
}

/// The element of a form's field, from its label on.
fn control<'a>(answer: &'a Answer, field: &str) -> &'a str {
    let start = format!("id=\"field-{field}\"");
    let (_, rest) = answer
        .text
        .split_once(&start)
        .unwrap_or_else(|| panic!("no {field} in {}", answer.text));
    let end = rest
        .find("<div class=\"slds-form-element")
        .unwrap_or(rest.len());
    &rest[..end]
}

fn made(answer: &Answer) -> RecordId {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    RecordId::parse(answer.location().split('/').nth(4).unwrap()).unwrap()
}

async fn text_of(house: &House, id: &RecordId, field: &str) -> String {
    let system = UserContext::system();
    let record = house.store.record(&system, id).await.unwrap().unwrap();
    match record.get(field) {
        Value::Reference(id) => id.to_string(),
        Value::Text(text) => text.clone(),
        other => format!("{other:?}"),
    }
}

#[tokio::test]
async fn whoever_has_several_record_types_is_asked_first_and_the_default_is_chosen() {
    let house = House::new().await;
    let types = types(&house).await;
    let sam = house.sign_in("Sam").await;
    let asked = sam
        .get(&format!("{NEW}?defaultFieldValues=Subject=No%2520heat"))
        .await;
    asked.says("What sort of case is it?").says("About Repair");
    asked.says("name=\"defaultFieldValues\" value=\"Subject=No%20heat\"");
    asked.says(&format!("value=\"{}\" required checked", types.support));
    asked.says(&format!("value=\"{}\" required>", types.repair));
    let path = format!(
        "{NEW}?recordTypeId={}&defaultFieldValues=Subject=No%2520heat",
        types.repair
    );
    let form = sam.get(&path).await;
    form.says("Record type: <strong>Repair</strong>");
    form.says(&format!("name=\"RecordTypeId\" value=\"{}\"", types.repair));
    assert!(control(&form, "Subject").contains("value=\"No heat\""));
    let sent = [
        ("RecordTypeId", types.repair.as_str()),
        ("Subject", "No heat"),
        ("Status", "New"),
    ];
    let id = made(&sam.post_form(NEW, &sent).await);
    assert_eq!(
        text_of(&house, &id, "RecordTypeId").await,
        types.repair.as_str()
    );
    let page = sam.get(&format!("/lightning/r/Case/{id}/view")).await;
    page.says("<dt>Record Type</dt><dd>Repair");
    page.says(&format!("/lightning/r/Case/{id}/recordtype"));
}

#[tokio::test]
async fn whoever_has_one_record_type_gets_its_form_with_its_values_at_once() {
    let house = House::new().await;
    let types = types(&house).await;
    let rita = house.sign_in("Rita").await;
    let form = rita.get(NEW).await;
    form.says("Record type: <strong>Support</strong>");
    let priority = control(&form, "Priority");
    assert!(priority.contains("value=\"Low\" selected"), "{priority}");
    assert!(!priority.contains("Medium"), "{priority}");
    let other = rita
        .get(&format!("{NEW}?recordTypeId={}", types.repair))
        .await;
    other.says("names a record type that you do not have");
    let forged = [
        ("RecordTypeId", types.repair.as_str()),
        ("Subject", "Kept"),
        ("Status", "New"),
    ];
    let refused = rita.post_form(NEW, &forged).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("you do not have this record type");
    assert!(control(&refused, "Subject").contains("value=\"Kept\""));
    let next = [
        ("RecordTypeId", types.support.as_str()),
        ("Subject", "One of many"),
        ("Status", "New"),
        ("_then", "new"),
    ];
    let answer = rita.post_form(NEW, &next).await;
    let again = format!("{NEW}?recordTypeId={}", types.support);
    assert_eq!(answer.location(), again);
}

#[tokio::test]
async fn a_record_gets_another_record_type_by_its_form() {
    let house = House::new().await;
    let types = types(&house).await;
    let fields = [("Subject", "Old"), ("Priority", "Medium")];
    let id = house.create("Case", &fields).await;
    let sam = house.sign_in("Sam").await;
    let asked = sam.get(&format!("/lightning/r/Case/{id}/recordtype")).await;
    asked
        .says("What sort of case is")
        .says("Repair")
        .says("Support");
    let path = format!("/lightning/r/Case/{id}/edit");
    let form = sam
        .get(&format!("{path}?recordTypeId={}", types.support))
        .await;
    form.says("Record type: <strong>Support</strong>");
    // What the record has is not taken away unasked.
    let priority = control(&form, "Priority");
    assert!(priority.contains("value=\"Medium\" selected"), "{priority}");
    let sent = [
        ("RecordTypeId", types.support.as_str()),
        ("Priority", "High"),
    ];
    made(&sam.post_form(&path, &sent).await);
    assert_eq!(
        text_of(&house, &id, "RecordTypeId").await,
        types.support.as_str()
    );
    let rita = house.sign_in("Rita").await;
    let none = rita
        .get(&format!("/lightning/r/Case/{id}/recordtype"))
        .await;
    none.says("Support").does_not_say("Repair");
}

#[tokio::test]
async fn a_form_follows_the_layout_of_profile_and_record_type() {
    let house = House::new().await;
    let types = types(&house).await;
    let (system, case) = (UserContext::system(), ObjectName::new(CASE));
    let placed = |name: &str, required, read_only| LayoutField {
        field: FieldName::new(name),
        required,
        read_only,
    };
    let schema = house.store.schema();
    let layout = Layout {
        name: "Desk".to_owned(),
        sections: vec![LayoutSection {
            label: "At the desk".to_owned(),
            one_column: true,
            fields: vec![
                placed("Status", false, false),
                placed("Origin", true, false),
                placed("Reason", false, true),
            ],
        }],
        ..schema.object(CASE).unwrap().default_layout()
    };
    let put = house.store.put_layout(&system, &case, layout, true);
    let layout = put.await.unwrap();
    let everywhere = LayoutAssignment {
        profile: Some("Service Agent".to_owned()),
        record_type: Some(types.support.clone()),
        layout,
    };
    let assigned = house
        .store
        .put_layout_assignments(&system, &case, vec![everywhere]);
    assigned.await.unwrap();
    let sam = house.sign_in("Sam").await;
    let path = format!(
        "{NEW}?recordTypeId={}&defaultFieldValues=SuppliedName=Bea",
        types.support
    );
    let form = sam.get(&path).await;
    form.says("At the desk").says("oh-form__fields_single");
    form.does_not_say("field-Subject");
    assert!(control(&form, "Origin").contains(" required"));
    // What the link gives is kept, though the layout has no place for it.
    form.says("type=\"hidden\" name=\"SuppliedName\" value=\"Bea\"");
    let type_id = types.support.as_str();
    let lacking = [("RecordTypeId", type_id), ("Status", "New"), ("Origin", "")];
    let refused = sam.post_form(NEW, &lacking).await;
    refused.says("Required fields are missing: [Case Origin]");
    assert!(control(&refused, "Origin").contains("aria-invalid=\"true\""));
    let sent = [
        ("RecordTypeId", type_id),
        ("Status", "New"),
        ("Origin", "Web"),
        ("SuppliedName", "Bea"),
    ];
    let id = made(&sam.post_form(NEW, &sent).await);
    assert_eq!(text_of(&house, &id, "SuppliedName").await, "Bea");
    let edit = sam.get(&format!("/lightning/r/Case/{id}/edit")).await;
    let reason = control(&edit, "Reason");
    assert!(reason.contains("oh-empty"), "{reason}");
    edit.does_not_say("name=\"Reason\"");
}

#[tokio::test]
async fn a_value_that_does_not_go_with_the_controlling_field_is_refused_at_its_field() {
    let house = House::new().await;
    add_part(&house, FieldKind::Picklist).await;
    let rita = house.sign_in("Rita").await;
    let form = rita.get(NEW).await;
    let part = control(&form, "Part__c");
    assert!(part.contains("data-controller=\"Type\""), "{part}");
    let fits = "value=\"Fuse\" data-fits=\"[&#34;Electrical&#34;]\"";
    assert!(part.contains(fits), "{part}");
    let base = [("Subject", "Sparks"), ("Status", "New")];
    let with = |kind: &'static str, part: &'static str| {
        [base[0], base[1], ("Type", kind), ("Part__c", part)]
    };
    let refused = rita.post_form(NEW, &with("Mechanical", "Fuse")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("“Fuse” does not go with Type “Mechanical”. Choose one of: Gear, Any.");
    assert!(control(&refused, "Part__c").contains("error-Part__c"));
    assert!(control(&refused, "Subject").contains("value=\"Sparks\""));
    let refused = rita.post_form(NEW, &with("", "Fuse")).await;
    refused.says("choose a value of Type first");
    let id = made(&rita.post_form(NEW, &with("Electrical", "Fuse")).await);
    let path = format!("/lightning/r/Case/{id}/edit");
    let refused = rita.post_form(&path, &[("Type", "Electronic")]).await;
    assert_eq!(refused.status, StatusCode::SEE_OTHER, "Part is not sent");
    let both = [("Type", "Mechanical"), ("Part__c", "Fuse")];
    let refused = rita.post_form(&path, &both).await;
    refused.says("does not go with Type “Mechanical”");
    // What the record has already, and nobody touches, hinders no other change.
    let other = [
        ("Type", "Electronic"),
        ("Part__c", "Fuse"),
        ("Subject", "Calm"),
    ];
    made(&rita.post_form(&path, &other).await);
    assert_eq!(text_of(&house, &id, "Subject").await, "Calm");
}

#[tokio::test]
async fn several_values_are_boxes_and_are_kept_in_the_order_of_the_list() {
    let house = House::new().await;
    add_part(&house, FieldKind::MultiPicklist).await;
    let rita = house.sign_in("Rita").await;
    let form = rita.get(NEW).await;
    form.says("<fieldset class=\"oh-several\" id=\"field-Part__c\"");
    let sent = [
        ("Subject", "Two"),
        ("Status", "New"),
        ("Type", "Electrical"),
        ("Part__c", ""),
        ("Part__c", "Any"),
        ("Part__c", "Fuse"),
    ];
    let id = made(&rita.post_form(NEW, &sent).await);
    assert_eq!(text_of(&house, &id, "Part__c").await, "Fuse;Any");
    let path = format!("/lightning/r/Case/{id}/edit");
    let edit = rita.get(&path).await;
    let boxes = control(&edit, "Part__c").matches(" checked").count();
    assert_eq!(boxes, 2);
    rita.get(&format!("/lightning/r/Case/{id}/view"))
        .await
        .says("Fuse; Any");
    made(&rita.post_form(&path, &[("Part__c", "")]).await);
    assert_eq!(text_of(&house, &id, "Part__c").await, "Null");
}

#[tokio::test]
async fn what_a_form_shows_shorter_than_it_is_stays_as_it_is_when_untouched() {
    let house = House::new().await;
    add_field(&house, Field::new("Met__c", "", FieldKind::DateTime)).await;
    let fields = [
        ("Subject", "One"),
        ("Met__c", "2026-03-04T10:05:33Z"),
        ("Description", "First\nSecond"),
    ];
    let id = house.create("Case", &fields).await;
    let rita = house.sign_in("Rita").await;
    let path = format!("/lightning/r/Case/{id}/edit");
    let form = rita.get(&path).await;
    assert!(control(&form, "Met__c").contains("value=\"2026-03-04T02:05\""));
    let sent = [
        ("Subject", "Two"),
        ("Met__c", "2026-03-04T02:05"),
        ("Description", "First\r\nSecond"),
    ];
    made(&rita.post_form(&path, &sent).await);
    let system = UserContext::system();
    let record = house.store.record(&system, &id).await.unwrap().unwrap();
    assert_eq!(record.text("Subject"), "Two");
    assert_eq!(record.text("Description"), "First\nSecond");
    assert_eq!(record.get("Met__c"), &Value::DateTime(1_772_618_733_000));
}

#[tokio::test]
async fn suggestions_of_a_lookup_know_the_beginnings_of_words_and_the_users_rights() {
    let house = House::new().await;
    let contact = house
        .create("Contact", &[("LastName", "Harbor"), ("FirstName", "Ada")])
        .await;
    let lead = [("LastName", "Harborough"), ("Company", "Quay")];
    house.create_for(&house.ray, "Lead", &lead).await;
    let rita = house.sign_in("Rita").await;
    let found = rita.get("/lightning/lookup/Task/WhoId?q=harb").await.json();
    let options = found["options"].as_array().unwrap();
    assert_eq!(options.len(), 1, "the lead is not Rita's: {found}");
    assert_eq!(options[0]["id"], contact.as_str());
    assert_eq!(options[0]["name"], "Ada Harbor");
    assert_eq!(options[0]["object"], "Contact");
    let labels: Vec<&str> = (found["creates"].as_array().unwrap().iter())
        .map(|create| create["label"].as_str().unwrap())
        .collect();
    assert_eq!(labels, ["New Contact", "New Lead"]);
    let ray = house.sign_in("Ray").await;
    let both = ray.get("/lightning/lookup/Task/WhoId?q=harb").await.json();
    assert_eq!(both["options"].as_array().unwrap().len(), 2);
    let owners = rita.get("/lightning/lookup/Case/OwnerId?q=ray").await;
    assert_eq!(owners.json()["options"][0]["name"], "Ray Tester");
    for none in ["Case/Subject", "Nope/OwnerId", "Case/Nope"] {
        let answer = rita.get(&format!("/lightning/lookup/{none}?q=a")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{none}");
    }
}

#[tokio::test]
async fn one_field_is_changed_on_the_page_of_its_record() {
    let house = House::new().await;
    let contact = [("LastName", "Smith"), ("Title", "Nurse")];
    let id = house.create_for(&house.rita, "Contact", &contact).await;
    let rita = house.sign_in("Rita").await;
    let page = format!("/lightning/r/Contact/{id}/view");
    let path = format!("/lightning/r/Contact/{id}/field/Title");
    rita.get(&page).await.says(&format!("href=\"{path}\""));
    let open = rita.get(&path).await;
    open.says("data-inline=\"Title\"");
    assert!(control(&open, "Title").contains("value=\"Nurse\""));
    let saved = rita.post_form(&path, &[("Title", "Matron")]).await;
    assert_eq!(saved.location(), page);
    assert_eq!(text_of(&house, &id, "Title").await, "Matron");
    // Only the field that is open is taken from its form.
    let forged = [("Title", "Doctor"), ("LastName", "Jones")];
    made(&rita.post_form(&path, &forged).await);
    assert_eq!(text_of(&house, &id, "LastName").await, "Smith");
    let path = format!("/lightning/r/Contact/{id}/field/Email");
    let refused = rita.post_form(&path, &[("Email", "nobody at home")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let email = control(&refused, "Email");
    assert!(email.contains("value=\"nobody at home\""), "{email}");
    assert!(email.contains("error-Email"), "{email}");
    let system = format!("/lightning/r/Contact/{id}/field/CreatedDate");
    assert_eq!(rita.get(&system).await.location(), page);
    let refused = rita.post_form(&system, &[("CreatedDate", "")]).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn of_two_who_change_a_field_in_place_the_second_is_told() {
    let house = House::new().await;
    let contact = [("LastName", "Smith"), ("Title", "Nurse")];
    let id = house.create_for(&house.rita, "Contact", &contact).await;
    let rita = house.sign_in("Rita").await;
    let path = format!("/lightning/r/Contact/{id}/field/Title");
    let late = [("Title", "Doctor"), ("_since", "1")];
    let refused = rita.post_form(&path, &late).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("since you opened it. Nothing was saved.");
    let title = control(&refused, "Title");
    assert!(title.contains("value=\"Doctor\""), "{title}");
    assert!(title.contains("Saved meanwhile: Nurse"), "{title}");
    let (_, rest) = refused.text.split_once("name=\"_since\" value=\"").unwrap();
    let since = rest.split('"').next().unwrap();
    made(
        &rita
            .post_form(&path, &[("Title", "Doctor"), ("_since", since)])
            .await,
    );
    assert_eq!(text_of(&house, &id, "Title").await, "Doctor");
}

#[tokio::test]
async fn a_dependent_field_is_changed_in_place_with_what_it_depends_on() {
    let house = House::new().await;
    add_part(&house, FieldKind::Picklist).await;
    let fields = [
        ("Subject", "One"),
        ("Type", "Mechanical"),
        ("Part__c", "Gear"),
    ];
    let id = house.create("Case", &fields).await;
    let rita = house.sign_in("Rita").await;
    let path = format!("/lightning/r/Case/{id}/field/Part__c");
    let open = rita.get(&path).await;
    assert!(control(&open, "Type").contains("Electrical"));
    assert!(control(&open, "Part__c").contains("data-controller=\"Type\""));
    let wrong = [("Type", "Electrical"), ("Part__c", "Gear")];
    let refused = rita.post_form(&path, &wrong).await;
    refused.says("“Gear” does not go with Type “Electrical”");
    let right = [("Type", "Electrical"), ("Part__c", "Fuse")];
    made(&rita.post_form(&path, &right).await);
    assert_eq!(text_of(&house, &id, "Part__c").await, "Fuse");
    assert_eq!(text_of(&house, &id, "Type").await, "Electrical");
}

#[tokio::test]
async fn kept_changes_of_fields_are_told_on_the_page() {
    let house = House::new().await;
    let mut field = Field::new("Room__c", "", FieldKind::Text);
    field.length_max = 20;
    field.history_tracked = true;
    add_field(&house, field).await;
    let fields = [("Subject", "One"), ("Room__c", "North")];
    let id = house.create_for(&house.rita, "Case", &fields).await;
    let rita = house.sign_in("Rita").await;
    let path = format!("/lightning/r/Case/{id}/field/Room__c");
    made(&rita.post_form(&path, &[("Room__c", "South")]).await);
    let page = rita.get(&format!("/lightning/r/Case/{id}/view")).await;
    page.says("Case History");
    page.says("data-label=\"Original Value\">North<");
    page.says("data-label=\"New Value\">South<");
    page.says("data-label=\"User\">Rita Tester<");
}

#[tokio::test]
async fn where_accounts_can_be_persons_a_new_one_is_a_business_or_a_person() {
    let house = House::new().await;
    let system = UserContext::system();
    house
        .store
        .switch_person_accounts(&system, true)
        .await
        .unwrap();
    let rita = house.sign_in("Rita").await;
    let new = "/lightning/o/Account/new";
    let asked = rita.get(new).await;
    asked.says("Business Account").says("Person Account");
    let schema = house.store.schema();
    let account = schema.object("Account").unwrap();
    let person = account.record_types.iter().find(|t| t.is_person).unwrap();
    let form = rita.get(&format!("{new}?recordTypeId={}", person.id)).await;
    form.says("Record type: <strong>Person Account</strong>");
    form.says("field-LastName").says("field-PersonEmail");
    form.does_not_say("field-NumberOfEmployees");
    let sent = [
        ("RecordTypeId", person.id.as_str()),
        ("FirstName", "Ada"),
        ("LastName", "Harbor"),
        ("PersonEmail", "ada@harbor.example"),
    ];
    let id = made(&rita.post_form(new, &sent).await);
    let page = rita.get(&format!("/lightning/r/Account/{id}/view")).await;
    page.says("Ada Harbor").says("mailto:ada@harbor.example");
    page.says("<dt>Record Type</dt><dd>Person Account");
    let business = "012000000000000AAA";
    let form = rita.get(&format!("{new}?recordTypeId={business}")).await;
    form.says("field-NumberOfEmployees")
        .does_not_say("field-LastName");
    let sent = [("RecordTypeId", business), ("Name", "Harbor Ltd")];
    let id = made(&rita.post_form(new, &sent).await);
    assert_eq!(text_of(&house, &id, "Name").await, "Harbor Ltd");
    let record_type = text_of(&house, &id, "RecordTypeId").await;
    assert_ne!(record_type, person.id.as_str());
}
