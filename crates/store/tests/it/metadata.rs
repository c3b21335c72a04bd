//! Objects, fields, record types and pages that admins make, and what becomes of records.

use offhook_org::access::ProfileName;
use offhook_org::record::Fields;
use offhook_org::save::Strictness;
use offhook_org::schema::definition::{FieldChange, ObjectDefinition};
use offhook_org::schema::{
    Field, FieldKind, Layout, LayoutAssignment, LayoutField, LayoutSection, ListAudience,
    ListScope, ListView, ObjectKind, PicklistValue, RecordType, SharingDefault,
};
use offhook_org::{ObjectName, RecordId, UserContext, Value};
use offhook_store::Store;
use offhook_store::org::metadata::{MetadataFailure, VisibleTo};

use crate::databases::on_both_databases;
use crate::desk::{Desk, fields};

fn visit() -> ObjectDefinition {
    ObjectDefinition {
        name: "Visit__c".into(),
        label: "Visit".to_owned(),
        plural_label: "Visits".to_owned(),
        description: String::new(),
        key_prefix: String::new(),
        kind: ObjectKind::Custom,
        name_label: "Visit Number".to_owned(),
        name_format: Some("V-{0000}".to_owned()),
        sharing: SharingDefault::PublicReadWrite,
        has_tab: true,
    }
}

fn text_field(name: &str, length: usize) -> Field {
    let mut field = Field::new(name, name.trim_end_matches("__c"), FieldKind::Text);
    field.length_max = length;
    field
}

/// The store after a restart.
struct Reopened {
    store: Store,
}

/// Somebody who holds every right, as an admin does.
fn admin() -> UserContext {
    UserContext::system()
}

async fn make_visits(store: &Store) -> ObjectName {
    let admin = admin();
    let made = store.create_object(&admin, visit(), &VisibleTo::Everyone);
    let name = made.await.unwrap();
    let field = text_field("Color__c", 40);
    store
        .create_field(&admin, &name, field, &VisibleTo::Everyone)
        .await
        .unwrap();
    name
}

async fn create(store: &Store, object: &ObjectName, values: &Fields) -> RecordId {
    let admin = admin();
    let made = store.create(&admin, object, values, Strictness::Strict);
    made.await.unwrap()
}

async fn value(store: &Store, id: &RecordId, field: &str) -> Value {
    let record = store.record(&admin(), id).await.unwrap().unwrap();
    record.get(field).clone()
}

async fn rows(store: &Store, soql: &str) -> usize {
    let options = crate::query::options();
    let page = store.query(&admin(), soql, options).await.unwrap();
    page.rows.len()
}

fn refused<T: std::fmt::Debug>(outcome: Result<T, MetadataFailure>) -> String {
    match outcome {
        Err(failure @ (MetadataFailure::Refused(_) | MetadataFailure::Forbidden)) => {
            failure.to_string()
        }
        other => panic!("expected a refusal, found {other:?}"),
    }
}

on_both_databases! {
    async fn a_custom_object_keeps_records_and_survives_a_restart(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let object = make_visits(&desk.store).await;
        let values = fields(&[("Color__c", "Red")]);
        let first = create(&desk.store, &object, &values).await;
        assert_eq!(first.key_prefix(), "a00");
        assert_eq!(value(&desk.store, &first, "Name").await, Value::Text("V-0001".into()));
        desk.store.close().await;
        let desk = Reopened { store: database.open().await };
        let schema = desk.store.schema();
        assert!(schema.object("visit__c").unwrap().field("color__C").is_some());
        let second = create(&desk.store, &object, &values).await;
        assert_eq!(value(&desk.store, &second, "Name").await, Value::Text("V-0002".into()));
        let found = rows(&desk.store, "SELECT Id FROM Visit__c WHERE Color__c = 'red'");
        assert_eq!(found.await, 2);
        let definition = rows(
            &desk.store,
            "SELECT Id FROM FieldDefinition WHERE QualifiedApiName = 'Color__c'",
        );
        assert_eq!(definition.await, 1);
    }

    async fn who_may_not_customize_changes_nothing(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let rep = desk.rep.clone();
        let outcome = desk
            .store
            .create_object(&rep, visit(), &VisibleTo::Everyone)
            .await;
        assert!(refused(outcome).contains("customize the application"));
        assert!(desk.store.schema().object("Visit__c").is_none());
    }

    async fn a_new_field_is_seen_by_those_it_is_given_to(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let object: ObjectName = "Contact".into();
        let rep = desk.rep.clone();
        let profiles = [rep.profile.name.clone()].into();
        let secret = text_field("Secret__c", 40);
        let nobody = VisibleTo::Profiles(std::collections::BTreeSet::new());
        let open = text_field("Open__c", 40);
        let store = &desk.store;
        store.create_field(&admin(), &object, secret, &nobody).await.unwrap();
        store
            .create_field(&admin(), &object, open, &VisibleTo::Profiles(profiles))
            .await
            .unwrap();
        let user = rep.user.clone().unwrap();
        let rep = store.user_context(&user).await.unwrap().unwrap();
        assert!(!rep.may_read_field("Contact", "Secret__c"));
        assert!(rep.may_write_field("Contact", "Open__c"));
    }

    async fn a_deleted_field_comes_back_with_its_values(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let store = &desk.store;
        let object = make_visits(store).await;
        let id = create(store, &object, &fields(&[("Color__c", "Red")])).await;
        let color = "Color__c".into();
        store.delete_field(&admin(), &object, &color).await.unwrap();
        assert!(store.schema().object("Visit__c").unwrap().field("Color__c").is_none());
        let again = text_field("Color__c", 10);
        store
            .create_field(&admin(), &object, again, &VisibleTo::Everyone)
            .await
            .unwrap();
        assert_eq!(value(store, &id, "Color__c").await, Value::Null);
        let deleted = store.deleted_metadata().await.unwrap();
        assert!(refused(store.restore_metadata(&admin(), deleted[0].id).await).contains("already"));
        store.delete_field(&admin(), &object, &color).await.unwrap();
        let deleted = store.deleted_metadata().await.unwrap();
        assert_eq!(deleted.len(), 2);
        store.restore_metadata(&admin(), deleted[1].id).await.unwrap();
        assert_eq!(value(store, &id, "Color__c").await, Value::Text("Red".into()));
    }

    async fn a_deleted_object_comes_back_with_its_records(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let store = &desk.store;
        let object = make_visits(store).await;
        let id = create(store, &object, &fields(&[("Color__c", "Red")])).await;
        store.delete_object(&admin(), &object).await.unwrap();
        assert!(store.record(&admin(), &id).await.unwrap().is_none());
        let second = store
            .create_object(&admin(), visit(), &VisibleTo::Everyone)
            .await
            .unwrap();
        let other = create(store, &second, &Fields::new()).await;
        assert_eq!(other.key_prefix(), "a01", "a prefix is never given out again");
        store.delete_object(&admin(), &second).await.unwrap();
        let deleted = store.deleted_metadata().await.unwrap();
        store.restore_metadata(&admin(), deleted[1].id).await.unwrap();
        assert_eq!(value(store, &id, "Color__c").await, Value::Text("Red".into()));
        create(store, &object, &Fields::new()).await;
    }

    async fn a_unique_field_over_equal_values_is_refused_and_leaves_nothing(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let store = &desk.store;
        let object = make_visits(store).await;
        for _ in 0..2 {
            create(store, &object, &fields(&[("Color__c", "Red")])).await;
        }
        let mut unique = text_field("Color__c", 40);
        unique.unique = true;
        let outcome = store.update_field(&admin(), &object, unique.clone()).await;
        assert!(refused(outcome).contains("same value"));
        let schema = store.schema();
        assert!(!schema.object("Visit__c").unwrap().field("Color__c").unwrap().unique);
        let mut key = text_field("Key__c", 40);
        (key.unique, key.external_id, key.case_sensitive) = (true, true, true);
        store
            .create_field(&admin(), &object, key, &VisibleTo::Everyone)
            .await
            .unwrap();
        create(store, &object, &fields(&[("Key__c", "a")])).await;
        create(store, &object, &fields(&[("Key__c", "A")])).await;
        let twice = fields(&[("Key__c", "a")]);
        let twice = store.create(&admin(), &object, &twice, Strictness::Strict).await;
        assert!(twice.is_err());
    }

    async fn every_type_of_field_keeps_its_values(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let store = &desk.store;
        let object = make_visits(store).await;
        let mut made = Vec::new();
        for (name, kind, text) in [
            ("Note__c", FieldKind::LongText, "two\nlines"),
            ("Amount__c", FieldKind::Currency, "12.5"),
            ("Done__c", FieldKind::Checkbox, "true"),
            ("Day__c", FieldKind::Date, "2026-02-03"),
            ("At__c", FieldKind::DateTime, "2026-02-03T04:05:06Z"),
            ("Hour__c", FieldKind::Time, "10:30"),
            ("Kinds__c", FieldKind::MultiPicklist, "b;a"),
            ("Count__c", FieldKind::AutoNumber, ""),
        ] {
            let mut field = Field::new(name, name.trim_end_matches("__c"), kind);
            match kind {
                FieldKind::LongText => field.length_max = 1_000,
                FieldKind::Currency => (field.precision, field.scale) = (18, 2),
                FieldKind::MultiPicklist => {
                    field.values = vec![PicklistValue::new("a"), PicklistValue::new("b")];
                }
                FieldKind::AutoNumber => field.auto_number_format = Some("C{00}".to_owned()),
                _ => {}
            }
            store
                .create_field(&admin(), &object, field, &VisibleTo::Everyone)
                .await
                .unwrap();
            made.push((name, text));
        }
        let given: Vec<_> = made.iter().filter(|(_, text)| !text.is_empty()).copied().collect();
        let id = create(store, &object, &fields(&given)).await;
        let schema = store.schema();
        let visit = schema.object("Visit__c").unwrap();
        for (name, expected) in [
            ("Note__c", "Text(\"two\\nlines\")"),
            ("Amount__c", "Number(12.5)"),
            ("Done__c", "Boolean(true)"),
            ("Day__c", "Date(2026-02-03)"),
            ("At__c", "DateTime(1770091506000)"),
            ("Hour__c", "Time(10:30:00)"),
            ("Kinds__c", "Text(\"a;b\")"),
            ("Count__c", "Text(\"C01\")"),
        ] {
            assert!(visit.field(name).is_some());
            assert_eq!(format!("{:?}", value(store, &id, name).await), expected, "{name}");
        }
    }

    async fn values_of_a_status_are_rows_that_follow_the_picklist(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let store = &desk.store;
        let closed = "SELECT Id FROM CaseStatus WHERE IsClosed = TRUE";
        assert_eq!(rows(store, closed).await, 1);
        let schema = store.schema();
        let case = schema.object("Case").unwrap();
        let mut values = case.field("Status").unwrap().values.clone();
        let mut done = PicklistValue::new("Done");
        done.meaning.is_closed = true;
        values.push(done);
        let change = FieldChange {
            values: Some(values),
            history_tracked: Some(true),
            ..FieldChange::default()
        };
        store
            .change_field(&admin(), &"Case".into(), &"Status".into(), change)
            .await
            .unwrap();
        assert_eq!(rows(store, closed).await, 2);
        let id = create(store, &"Case".into(), &fields(&[("Subject", "Pump")])).await;
        let done = fields(&[("Status", "Done")]);
        store
            .update(&admin(), &id, &done, Strictness::Strict, None)
            .await
            .unwrap();
        assert_eq!(value(store, &id, "IsClosed").await, Value::Boolean(true));
        let history = "SELECT Field, NewValue FROM CaseHistory WHERE NewValue = 'Done'";
        assert_eq!(rows(store, history).await, 1);
    }

    async fn record_types_layouts_and_list_views_are_kept(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let store = &desk.store;
        let case: ObjectName = "Case".into();
        let kind = RecordType {
            id: RecordId::from_serial("012", 0),
            developer_name: "Repair".to_owned(),
            label: "Repair".to_owned(),
            description: String::new(),
            is_active: true,
            is_person: false,
            picklists: std::collections::BTreeMap::new(),
            profiles: None,
            default_for: Vec::new(),
        };
        let id = store.put_record_type(&admin(), &case, kind, true).await.unwrap();
        assert_eq!(rows(store, "SELECT Id FROM RecordType WHERE SobjectType = 'Case'").await, 1);
        let mut layout = Layout {
            id: RecordId::from_serial("00h", 0),
            name: "Short".to_owned(),
            related_lists: Vec::new(),
            sections: vec![LayoutSection {
                label: "Facts".to_owned(),
                one_column: true,
                fields: Vec::new(),
            }],
        };
        let lacking = store.put_layout(&admin(), &case, layout.clone(), true).await;
        assert!(refused(lacking).contains("must be on every layout"));
        layout.sections[0].fields.push(LayoutField {
            field: "Status".into(),
            required: true,
            read_only: false,
        });
        let short = store.put_layout(&admin(), &case, layout, true).await.unwrap();
        let everybody = LayoutAssignment {
            profile: None,
            record_type: None,
            layout: short.clone(),
        };
        store.put_layout_assignments(&admin(), &case, vec![everybody]).await.unwrap();
        let assigned = store.delete_layout(&admin(), &case, &short).await;
        assert!(refused(assigned).contains("assigned to profiles"));
        let mut view = ListView {
            id: RecordId::from_serial("00B", 0),
            developer_name: "Mine".to_owned(),
            label: "Of mine".to_owned(),
            scope: ListScope::Mine,
            filters: Vec::new(),
            logic: None,
            sort: None,
            columns: vec!["CaseNumber".into()],
            shown_to: ListAudience::Everyone,
        };
        let twin = store.put_list_view(&admin(), &case, view.clone(), true).await;
        assert!(refused(twin).contains("there is a list view Mine already"));
        view.developer_name = "Of_Mine".to_owned();
        store.put_list_view(&admin(), &case, view, true).await.unwrap();
        desk.store.close().await;
        let desk = Reopened { store: database.open().await };
        let schema = desk.store.schema();
        let object = schema.object("Case").unwrap();
        assert_eq!(object.record_types[0].id, id);
        let any = ProfileName {
            id: None,
            name: "Any".to_owned(),
        };
        assert_eq!(object.layout_for(&any, None).name, "Short");
        let names: Vec<&str> = object.layouts.iter().map(|l| l.name.as_str()).collect();
        assert_eq!(names, ["Case Layout", "Short"]);
        assert_eq!(object.list_views.len(), 1);
        let used = fields(&[("Subject", "x"), ("RecordTypeId", id.as_str())]);
        create(&desk.store, &case, &used).await;
        let outcome = desk.store.delete_record_type(&admin(), &case, &id, None).await;
        assert!(refused(outcome).contains("records have it"));
        assert_eq!(desk.store.count_of_record_type(&case, &id).await.unwrap(), 1);
        let outcome = desk.store.delete_record_type(&admin(), &case, &id, Some(None)).await;
        outcome.unwrap();
        assert_eq!(desk.store.count_of_record_type(&case, &id).await.unwrap(), 0);
        assert_eq!(rows(&desk.store, "SELECT Id FROM Case WHERE RecordTypeId = null").await, 1);
    }

    async fn a_master_comes_before_the_records(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let store = &desk.store;
        let object = make_visits(store).await;
        let id = create(store, &object, &Fields::new()).await;
        let mut master = Field::new("Account__c", "Account", FieldKind::Reference);
        master.reference_to = vec!["Account".into()];
        master.child_relationship = Some("Visits".to_owned());
        master.is_master_detail = true;
        let outcome = store
            .create_field(&admin(), &object, master.clone(), &VisibleTo::Everyone)
            .await;
        assert!(refused(outcome).contains("while there are none"));
        assert_eq!(value(store, &id, "Name").await, Value::Text("V-0001".into()));
    }
}
