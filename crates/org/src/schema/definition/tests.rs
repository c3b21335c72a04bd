//! What admins may make, and what becomes of it.

use super::*;
use crate::RecordId;
use crate::access::ProfileName;
use crate::schema::{DeleteRule, FieldKind, LayoutField, LayoutSection, Object, Schema};

fn visit() -> ObjectDefinition {
    ObjectDefinition {
        name: "Visit__c".into(),
        label: "Visit".to_owned(),
        plural_label: "Visits".to_owned(),
        description: String::new(),
        key_prefix: "a00".to_owned(),
        kind: ObjectKind::Custom,
        name_label: "Visit Number".to_owned(),
        name_format: Some("V-{0000}".to_owned()),
        sharing: SharingDefault::Private,
        has_tab: true,
    }
}

fn with_field(field: Field) -> Metadata {
    Metadata {
        objects: vec![visit()],
        fields: [("Visit__c".into(), vec![field])].into(),
        ..Metadata::default()
    }
}

fn field(name: &str, kind: FieldKind) -> Field {
    let mut field = Field::new(name, name, kind);
    field.length_max = match kind {
        FieldKind::Text | FieldKind::TextArea => 80,
        _ => 0,
    };
    field
}

fn visit_of(schema: &Schema) -> &Object {
    schema.object("visit__C").unwrap()
}

fn refusal(metadata: &Metadata) -> String {
    compile(metadata).unwrap_err().to_string()
}

#[test]
fn a_custom_object_has_the_fields_of_every_object_and_its_own() {
    let schema = compile(&with_field(field("Color__c", FieldKind::Text))).unwrap();
    let visit = visit_of(&schema);
    assert!(visit.is_custom());
    let names: Vec<&str> = visit.fields.iter().map(|f| f.name.as_str()).collect();
    for name in [
        "Id",
        "Name",
        "OwnerId",
        "Color__c",
        "IsDeleted",
        "SystemModstamp",
    ] {
        assert!(names.contains(&name), "{name}");
    }
    assert_eq!(visit.field("Name").unwrap().numbered(7), "V-0007");
    assert!(schema.object("Visit__History").is_some());
    assert_eq!(
        visit.sections[0].fields.last().unwrap().as_str(),
        "Color__c"
    );
}

#[test]
fn a_master_takes_the_place_of_the_owner_and_lists_its_details() {
    let mut account = field("Account__c", FieldKind::Reference);
    account.reference_to = vec!["Account".into()];
    account.relationship_name = Some("Account__r".to_owned());
    account.child_relationship = Some("Visits__r".to_owned());
    account.is_master_detail = true;
    account.required = true;
    account.delete_rule = DeleteRule::Cascade;
    let schema = compile(&with_field(account)).unwrap();
    let visit = visit_of(&schema);
    assert!(visit.field("OwnerId").is_none());
    assert_eq!(visit.sharing, SharingDefault::ControlledByParent);
    let account = schema.object("Account").unwrap();
    let child = schema.child_relationship(account, "visits__r").unwrap();
    assert_eq!(child.object.name.as_str(), "Visit__c");
    let listed = |list: &crate::schema::RelatedList| list.object == visit.name;
    assert!(account.related_lists.iter().any(listed));
}

#[test]
fn names_that_clients_could_not_write_are_refused() {
    for (name, words) in [
        ("Color", "must end with __c"),
        ("9Color__c", "must begin with a letter"),
        ("Color___c", "may not end with an underscore"),
        ("Co__lor__c", "two in a row"),
        ("Gr\u{fc}n__c", "only letters a to z"),
        ("'; DROP TABLE x__c", "only letters a to z"),
        (&format!("{}__c", "x".repeat(41)), "at most 40"),
    ] {
        let error = refusal(&with_field(field(name, FieldKind::Text)));
        assert!(error.contains(words), "{name}: {error}");
    }
    let mut twice = with_field(field("Color__c", FieldKind::Text));
    let fields = twice.fields.get_mut(&ObjectName::from("Visit__c")).unwrap();
    fields.push(field("COLOR__c", FieldKind::Text));
    assert!(refusal(&twice).contains("already"));
    let mut object = visit();
    object.name = "account__c".into();
    let metadata = Metadata {
        objects: vec![object],
        ..Metadata::default()
    };
    assert!(compile(&metadata).is_ok());
}

#[test]
fn limits_of_fields_are_kept() {
    let mut long = field("A__c", FieldKind::Text);
    long.length_max = 256;
    assert!(refusal(&with_field(long)).contains("from 1 to 255"));
    let mut number = field("A__c", FieldKind::Number);
    number.precision = 19;
    assert!(refusal(&with_field(number.clone())).contains("1 to 18 digits"));
    (number.precision, number.scale) = (4, 5);
    assert!(refusal(&with_field(number)).contains("decimal places"));
    let mut check = field("A__c", FieldKind::Checkbox);
    check.required = true;
    assert!(refusal(&with_field(check)).contains("cannot be required"));
    let mut count = field("A__c", FieldKind::AutoNumber);
    count.auto_number_format = Some("A-{12}".to_owned());
    assert!(refusal(&with_field(count)).contains("zeros in braces"));
    let mut date = field("A__c", FieldKind::Date);
    date.default = Some("tomorrow".to_owned());
    assert!(refusal(&with_field(date)).contains("Default Value"));
    assert!(refusal(&with_field(field("A__c", FieldKind::Picklist))).contains("at least one"));
}

#[test]
fn picklists_cannot_control_each_other_in_a_circle() {
    let picklist = |name: &str, controller: &str| {
        let mut field = field(name, FieldKind::Picklist);
        field.values = vec![PicklistValue::new("x")];
        field.controller = Some(controller.into());
        field
    };
    let mut metadata = with_field(picklist("A__c", "B__c"));
    let fields = metadata
        .fields
        .get_mut(&ObjectName::from("Visit__c"))
        .unwrap();
    fields.push(picklist("B__c", "A__c"));
    assert!(refusal(&metadata).contains("circle"));
}

#[test]
fn changes_of_standard_fields_lie_over_what_they_come_with() {
    let mut metadata = Metadata::default();
    let mut values = vec![PicklistValue::new("Open"), PicklistValue::new("Done")];
    values[0].is_default = true;
    values[1].meaning.is_closed = true;
    let change = FieldChange {
        label: Some("State".to_owned()),
        values: Some(values),
        history_tracked: Some(true),
        ..FieldChange::default()
    };
    metadata
        .changes
        .insert(("Case".into(), "Status".into()), change);
    let schema = compile(&metadata).unwrap();
    let status = schema.object("Case").unwrap().field("Status").unwrap();
    assert_eq!(
        (status.label.as_str(), status.history_tracked),
        ("State", true)
    );
    assert_eq!(status.default.as_deref(), Some("Open"));
    assert!(status.picklist_value("done").unwrap().meaning.is_closed);
}

#[test]
fn the_most_particular_layout_counts() {
    let mut metadata = Metadata::default();
    let case = "Case".into();
    let kind = RecordType {
        id: RecordId::from_serial("012", 7),
        developer_name: "Repair".to_owned(),
        label: "Repair".to_owned(),
        description: String::new(),
        is_active: true,
        is_person: false,
        picklists: BTreeMap::new(),
        profiles: None,
        default_for: Vec::new(),
    };
    let layout_id = |place| RecordId::from_serial("00h", place);
    let layout = |place: u64, name: &str| Layout {
        id: layout_id(place),
        name: name.to_owned(),
        related_lists: Vec::new(),
        sections: vec![LayoutSection {
            label: "Facts".to_owned(),
            one_column: false,
            fields: vec![LayoutField {
                field: "Status".into(),
                required: true,
                read_only: false,
            }],
        }],
    };
    let assign =
        |profile: Option<&str>, record_type: Option<&RecordId>, layout: u64| LayoutAssignment {
            profile: profile.map(ToOwned::to_owned),
            record_type: record_type.cloned(),
            layout: layout_id(layout),
        };
    let pages = ObjectPages {
        layouts: vec![layout(1, "All"), layout(2, "Agents"), layout(3, "Repairs")],
        layout_assignments: vec![
            assign(None, None, 1),
            assign(Some("Agent"), None, 2),
            assign(Some("Agent"), Some(&kind.id), 3),
        ],
        list_views: Vec::new(),
    };
    metadata.pages.insert(case, pages);
    metadata
        .record_types
        .insert("Case".into(), vec![kind.clone()]);
    let schema = compile(&metadata).unwrap();
    let case = schema.object("Case").unwrap();
    let profile = |name: &str| ProfileName {
        id: None,
        name: name.to_owned(),
    };
    let name = |name: &str, kind: Option<&RecordId>| case.layout_for(&profile(name), kind).name;
    assert_eq!(name("Other", None), "All");
    assert_eq!(name("Other", Some(&kind.id)), "All");
    assert_eq!(name("Agent", None), "Agents");
    assert_eq!(name("Agent", Some(&kind.id)), "Repairs");
    let lead = schema.object("Lead").unwrap();
    assert_eq!(lead.layout_for(&profile("Agent"), None).name, "Lead Layout");
}
