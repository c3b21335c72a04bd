//! What explains rights says what decides them: for everybody and every record of the matrix's
//! world, with rules beside it, the widest of the reasons is the level that the database finds,
//! and the sources of rights together give what the user has.

use std::sync::Arc;

use offhook_org::access::explain::{Cause, widest};
use offhook_org::access::{
    AccessLevel, Comparison, Criterion, Operation, Permission, SharingBasis, SharingRule,
};
use offhook_org::record::Fields;
use offhook_org::save::Strictness;
use offhook_org::{FieldName, RecordId, UserContext, Value};

use super::world::World;
use crate::databases::on_both_databases;

on_both_databases! {
    async fn the_reasons_for_access_are_what_decides_it(database: TestDatabase) {
        let world = World::new(database.open().await).await;
        add_rules(&world).await;
        let (mut none, mut some, mut by_rule) = (0, 0, 0);
        for person in &world.people {
            let user = world.context(person).await;
            for known in &world.records {
                let level = world.store.access_level(&user, &known.id).await.unwrap();
                let reasons = world.store.explain_access(&user, &known.id).await.unwrap().unwrap();
                let (who, object, number) = (person.name, known.object, known.number);
                assert_eq!(widest(&reasons), level, "{who} {object} {number} {reasons:?}");
                match level {
                    AccessLevel::None => none += 1,
                    _ => some += 1,
                }
                let is_rule = |cause: &Cause| matches!(cause, Cause::Rule(..));
                by_rule += usize::from(reasons.iter().any(|reason| is_rule(&reason.cause)));
            }
        }
        assert!(none > 20 && some > 60 && by_rule > 2, "{none} {some} {by_rule}");
        let missing = RecordId::from_serial("001", 999_999);
        let ada = world.context(world.person("Ada")).await;
        assert!(world.store.explain_access(&ada, &missing).await.unwrap().is_none());
    }

    async fn who_reaches_a_record_is_everybody_who_may_see_it(database: TestDatabase) {
        let world = World::new(database.open().await).await;
        add_rules(&world).await;
        for known in &world.records {
            let readers = world.store.readers(&known.id).await.unwrap().unwrap();
            for person in &world.people {
                let user = world.context(person).await;
                let level = world.store.access_level(&user, &known.id).await.unwrap();
                let told = readers.iter().find(|reader| reader.user == person.id);
                let told = told.map_or(AccessLevel::None, |reader| reader.level);
                assert_eq!(told, level, "{} {}", person.name, known.object);
            }
        }
    }

    async fn the_sources_of_rights_together_give_what_a_user_has(database: TestDatabase) {
        let world = World::new(database.open().await).await;
        give_a_set(&world).await;
        let schema = world.store.schema();
        for person in &world.people {
            let user = world.context(person).await;
            let sources = world.store.rights_sources(&person.id).await.unwrap();
            let alone: Vec<UserContext> = (sources.into_iter())
                .map(|source| UserContext {
                    rights: Arc::new(source.rights.with_open_fields(&schema)),
                    ..user.clone()
                })
                .collect();
            for object in schema.objects() {
                let name = object.name.as_str();
                for operation in Operation::ALL {
                    let any = alone.iter().any(|one| one.may(name, operation));
                    assert_eq!(any, user.may(name, operation), "{} {name}", person.name);
                }
                for field in &object.fields {
                    let field = field.name.as_str();
                    let reads = alone.iter().any(|one| one.may_read_field(name, field));
                    let writes = alone.iter().any(|one| one.may_write_field(name, field));
                    let has = (user.may_read_field(name, field), user.may_write_field(name, field));
                    assert_eq!((reads, writes), has, "{} {name}.{field}", person.name);
                }
            }
        }
    }
}

async fn create(world: &World, object: &str, values: &[(&str, Value)]) -> RecordId {
    let values = values.iter().cloned();
    let fields: Fields = values
        .map(|(name, value)| (FieldName::new(name), value))
        .collect();
    let (system, object) = (UserContext::system(), object.into());
    let made = world
        .store
        .create(&system, &object, &fields, Strictness::Strict);
    made.await.unwrap()
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

async fn group(world: &World, name: &str, member: &str) -> RecordId {
    let group = [
        ("Name", text(name)),
        ("DeveloperName", text(name)),
        ("Type", text("Regular")),
    ];
    let group = create(world, "Group", &group).await;
    let member = world.person(member).id.clone();
    let row = [
        ("GroupId", Value::Reference(group.clone())),
        ("UserOrGroupId", Value::Reference(member)),
    ];
    create(world, "GroupMember", &row).await;
    group
}

/// Accounts of Oli's are changed by Sam; leads with a company whose mark ends so are read by Rae,
/// and by Mo above her.
async fn add_rules(world: &World) {
    let (owners, grantee) = (
        group(world, "Owners", "Oli").await,
        group(world, "Agents", "Sam").await,
    );
    let reps = group(world, "Reps", "Rae").await;
    let company = world.of_object("Lead").nth(2).unwrap().values["Company"].clone();
    let company = company.as_text().unwrap().to_uppercase();
    let rules = [
        SharingRule {
            label: "Accounts to agents".to_owned(),
            object: "Account".into(),
            basis: SharingBasis::OwnedBy(owners),
            grantee,
            edits: true,
        },
        SharingRule {
            label: "One company".to_owned(),
            object: "Lead".into(),
            basis: SharingBasis::Criteria(vec![Criterion {
                field: "Company".into(),
                comparison: Comparison::Contains,
                value: company,
            }]),
            grantee: reps,
            edits: false,
        },
    ];
    let system = UserContext::system();
    for rule in &rules {
        world
            .store
            .put_sharing_rule(&system, None, rule)
            .await
            .unwrap();
    }
}

/// Nil gets two objects by a set of a group.
async fn give_a_set(world: &World) {
    let flag = |permission: Permission| (permission.column(), Value::Boolean(true));
    let set = [
        ("Name", text("More")),
        ("Label", text("More")),
        flag(Permission::RunReports),
    ];
    let set = create(world, "PermissionSet", &set).await;
    let row = [
        ("ParentId", Value::Reference(set.clone())),
        ("SobjectType", text("Lead")),
        ("PermissionsRead", Value::Boolean(true)),
    ];
    create(world, "ObjectPermissions", &row).await;
    let group = [
        ("DeveloperName", text("Both")),
        ("MasterLabel", text("Both")),
    ];
    let group = create(world, "PermissionSetGroup", &group).await;
    let row = [
        ("PermissionSetGroupId", Value::Reference(group.clone())),
        ("PermissionSetId", Value::Reference(set)),
    ];
    create(world, "PermissionSetGroupComponent", &row).await;
    let nil = world.person("Nil").id.clone();
    let row = [
        ("AssigneeId", Value::Reference(nil)),
        ("PermissionSetGroupId", Value::Reference(group)),
    ];
    create(world, "PermissionSetAssignment", &row).await;
}
