//! The authorisation matrix, generated from the schema: everybody, every object, every field,
//! through every door of the store. What a door shows must be what the oracle allows: nothing
//! more, so that nothing leaks, and nothing less. Counts, orders and refusals too.

mod doors;
mod explained;
mod world;

use offhook_org::record::Fields;
use offhook_org::save::Strictness;
use offhook_org::{FieldName, RecordId, UserContext, Value};
use offhook_store::error::SaveFailure;

use self::doors::{Door, options};
use self::world::{Known, OBJECTS, Person, World};
use crate::databases::on_both_databases;

/// Differences that are shown of a matrix that does not agree.
const SHOWN_MAX: usize = 60;

on_both_databases! {
    async fn every_door_shows_what_everybody_may_see_and_nothing_more(database: TestDatabase) {
        let world = World::new(database.open().await).await;
        let mut differences = Vec::new();
        for person in &world.people {
            let user = world.context(person).await;
            for object in OBJECTS {
                for door in Door::ALL {
                    compare(&world, person, &user, object, door, &mut differences).await;
                }
            }
        }
        let count = differences.len();
        differences.truncate(SHOWN_MAX);
        assert!(count == 0, "{count} differences:\n{}", differences.join("\n"));
    }

    async fn counts_and_orders_tell_nothing_of_what_is_not_seen(database: TestDatabase) {
        let world = World::new(database.open().await).await;
        for person in &world.people {
            let user = world.context(person).await;
            for object in OBJECTS {
                let records = world.of_object(object);
                let seen = records.filter(|known| world.sees(person, known)).count();
                let seen = u64::try_from(seen).unwrap();
                check_counts(&world, &user, object, seen).await;
            }
            check_order_by_parent(&world, person, &user).await;
        }
    }

    async fn an_unseen_record_answers_like_one_that_is_not_there(database: TestDatabase) {
        let world = World::new(database.open().await).await;
        for person in &world.people {
            let user = world.context(person).await;
            for known in &world.records {
                if !world.sees(person, known) {
                    check_unseen(&world, &user, known).await;
                }
            }
        }
    }
}

async fn compare(
    world: &World,
    person: &Person,
    user: &UserContext,
    name: &'static str,
    door: Door,
    differences: &mut Vec<String>,
) {
    if !door.is_for(name) {
        return;
    }
    let schema = world.store.schema();
    let object = schema.object(name).unwrap();
    let seen = door.seen(world, user, object).await;
    let mut expected = world.expected(person, name, &door.fields(object));
    door_limits(world, person, name, door, &mut expected);
    for (id, field) in seen.difference(&expected) {
        differences.push(format!(
            "LEAK {door:?}: {} learns {name}.{field} of {id}",
            person.name
        ));
    }
    for (id, field) in expected.difference(&seen) {
        differences.push(format!(
            "HIDDEN {door:?}: {} misses {name}.{field} of {id}",
            person.name
        ));
    }
}

/// What a door asks besides: through a case one learns of its account only if one sees the case.
fn door_limits(
    world: &World,
    person: &Person,
    name: &str,
    door: Door,
    expected: &mut std::collections::BTreeSet<(RecordId, String)>,
) {
    let number = |id: &RecordId| {
        let mut records = world.of_object(name);
        records
            .find(|known| known.id == *id)
            .map(|known| known.number)
    };
    let sees = |object: &str, number: usize| {
        let other = world.of_object(object).nth(number);
        other.is_some_and(|other| world.sees(person, other))
    };
    match door {
        Door::QueryParent | Door::QuerySemiJoin => {
            expected.retain(|(id, _)| number(id).is_some_and(|number| sees("Case", number)));
        }
        Door::QueryChildren => {
            expected.retain(|(id, _)| number(id).is_some_and(|number| sees("Account", number)));
        }
        _ => {}
    }
}

async fn check_counts(world: &World, user: &UserContext, object: &str, seen: u64) {
    let count = format!("SELECT COUNT() FROM {object}");
    let told = world.store.query(user, &count, options()).await;
    assert_eq!(
        told.map_or(0, |page| page.total),
        seen,
        "{count} {}",
        user.user_name
    );
    let grouped = format!("SELECT OwnerId, COUNT(Id) n FROM {object} GROUP BY OwnerId");
    let told = world.store.query(user, &grouped, options()).await;
    let rows = told.map_or(0, |page| page.rows.len());
    assert_eq!(
        u64::try_from(rows).unwrap(),
        seen,
        "{grouped} {}",
        user.user_name
    );
    let deleted = offhook_store::org::query::QueryOptions {
        all_rows: true,
        ..options()
    };
    let told = world.store.query(user, &count, deleted).await;
    assert_eq!(told.map_or(0, |page| page.total), seen, "all rows: {count}");
}

/// Contacts by the names of their accounts: one whose account is not seen sorts like one without.
async fn check_order_by_parent(world: &World, person: &Person, user: &UserContext) {
    let soql = "SELECT Id FROM Contact ORDER BY Account.Name DESC NULLS LAST, Id";
    let Ok(page) = world.store.query(user, soql, options()).await else {
        assert!(!world.reads_object(person, "Contact") || !world.reads_object(person, "Account"));
        return;
    };
    let told: Vec<RecordId> = page.rows.into_iter().filter_map(|row| row.id).collect();
    let account = |known: &Known| {
        let account = world.of_object("Account").nth(known.number)?;
        let name = account.values.get("Name")?;
        world.sees(person, account).then(|| format!("{name:?}"))
    };
    let mut expected: Vec<&Known> = (world.of_object("Contact"))
        .filter(|known| world.sees(person, known))
        .collect();
    expected.sort_by(|a, b| account(b).cmp(&account(a)).then_with(|| a.id.cmp(&b.id)));
    let expected: Vec<RecordId> = expected.into_iter().map(|known| known.id.clone()).collect();
    assert_eq!(told, expected, "{}", person.name);
}

async fn check_unseen(world: &World, user: &UserContext, known: &Known) {
    let (id, prefix) = (&known.id, known.id.key_prefix());
    let missing = RecordId::from_serial(prefix, 999_999);
    for id in [id, &missing] {
        assert!(world.store.record(user, id).await.unwrap().is_none());
        assert!(world.store.timeline(user, id, 10).await.unwrap().is_empty());
        let field = FieldName::new("Description");
        let change = Fields::from([(field, Value::Text("mine".to_owned()))]);
        let updated = world
            .store
            .update(user, id, &change, Strictness::Strict, None)
            .await;
        assert!(matches!(updated, Err(SaveFailure::NotFound)), "{updated:?}");
        let deleted = world.store.delete(user, id).await;
        assert!(matches!(deleted, Err(SaveFailure::NotFound)), "{deleted:?}");
        let restored = world.store.restore(user, id).await;
        assert!(
            matches!(restored, Err(SaveFailure::NotFound)),
            "{restored:?}"
        );
    }
    let pointing = async |target: &RecordId| {
        let values = [
            ("LastName", Value::Text("Guess".to_owned())),
            ("AccountId", Value::Reference(target.clone())),
        ];
        let fields = values.map(|(name, value)| (FieldName::new(name), value));
        let made = (world.store)
            .create(
                user,
                &"Contact".into(),
                &Fields::from(fields),
                Strictness::Strict,
            )
            .await;
        format!("{made:?}").replace(target.as_str(), "ID")
    };
    if prefix == "001" && user.may("Contact", offhook_org::access::Operation::Create) {
        assert_eq!(pointing(id).await, pointing(&missing).await);
    }
}
