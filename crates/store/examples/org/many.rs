//! What people do in an org with many contacts: lists in one order or another, searches by words,
//! and an administrator's new field.

use std::path::Path;
use std::time::{Duration, Instant};

use offhook_org::schema::{Field, FieldKind};
use offhook_org::{UserContext, Value};
use offhook_store::Store;
use offhook_store::org::metadata::VisibleTo;
use offhook_store::org::query::QueryOptions;
use offhook_store::org::{Filter, ListQuery, Order};

use crate::fill::letters;
use crate::report::{Times, times};
use crate::{Failure, People, open};

/// Each is done so often, or as often as fits in this time.
const ROUNDS: u32 = 50;
const TIME_MAX: Duration = Duration::from_secs(5);

/// Lists, searches and fields on the file of the search by telephone number.
pub(crate) async fn measure(path: &Path, people: &People) -> Result<(), Failure> {
    let store = open(path).await?;
    let admin = people.admin(&store).await?;
    let rep = people.rep(&store).await?;
    for (what, who) in [("an administrator", &admin), ("a rep", &rep)] {
        lists(&store, who, what).await?;
        searches(&store, who, what).await?;
    }
    fields(&store, &admin).await?;
    store.close().await;
    Ok(())
}

async fn lists(store: &Store, user: &UserContext, who: &str) -> Result<(), Failure> {
    let owner = user.user.clone().ok_or("nobody")?;
    let mine = vec![Filter::Equals("OwnerId".into(), Value::Reference(owner))];
    let up = Order::Ascending;
    for (what, filters, field, order, offset) in [
        ("all by name", Vec::new(), "Name", up, 0),
        ("all by name, page 40", Vec::new(), "Name", up, 1_950),
        (
            "all by last change",
            Vec::new(),
            "LastModifiedDate",
            Order::Descending,
            0,
        ),
        ("all by title", Vec::new(), "Title", up, 0),
        ("own by name", mine.clone(), "Name", up, 0),
        (
            "own by last change",
            mine,
            "LastModifiedDate",
            Order::Descending,
            0,
        ),
    ] {
        let query = ListQuery {
            object: "Contact".into(),
            filters,
            order: Some((field.into(), order)),
            offset,
            limit: 50,
        };
        let list = rounds(async || store.list(user, &query).await.map(drop));
        let list = list.await?;
        times(&format!("list: {what}, {who}"), &list, &list);
    }
    Ok(())
}

async fn searches(store: &Store, user: &UserContext, who: &str) -> Result<(), Failure> {
    let (first, last) = (letters('F', 12, 3), letters('L', 4_711, 5));
    for (what, text) in [
        ("a last name", last.clone()),
        ("both names", format!("{first} {}", letters('L', 12, 5))),
        ("a first name of thousands", first),
        ("the first letters of a name", last[..3].to_owned()),
    ] {
        let objects = ["Contact".into()];
        let search = rounds(async || {
            let found = store.search_text(user, &text, &objects, 20).await;
            found.map(drop)
        });
        let search = search.await?;
        times(&format!("search: {what}, {who}"), &search, &search);
    }
    let options = QueryOptions {
        all_rows: false,
        batch_size: 2_000,
        api_version: 60,
        now_ms: 0,
    };
    let sosl = format!("FIND {{{last}}} IN NAME FIELDS RETURNING Contact(Id, Name, Email)");
    let search = rounds(async || store.search(user, &sosl, options).await.map(drop));
    let search = search.await?;
    times(
        &format!("search: SOSL, a last name, {who}"),
        &search,
        &search,
    );
    Ok(())
}

/// A field is made, one with an index is made, and one is deleted.
async fn fields(store: &Store, admin: &UserContext) -> Result<(), Failure> {
    let contact = "Contact".into();
    let mut plain = Field::new("Bench_Note__c", "Bench Note", FieldKind::Text);
    plain.length_max = 40;
    let mut unique = Field::new("Bench_Key__c", "Bench Key", FieldKind::Text);
    (unique.length_max, unique.unique, unique.external_id) = (40, true, true);
    for (what, field) in [
        ("a field", plain),
        ("a unique field with its index", unique),
    ] {
        let (name, begun) = (field.name.clone(), Instant::now());
        let made = store.create_field(admin, &contact, field, &VisibleTo::Everyone);
        made.await?;
        let took = Times::new(vec![begun.elapsed()]);
        times(&format!("field: {what} made"), &took, &took);
        let begun = Instant::now();
        store.delete_field(admin, &contact, &name).await?;
        let took = Times::new(vec![begun.elapsed()]);
        times(&format!("field: {what} deleted"), &took, &took);
    }
    Ok(())
}

/// How long each took, after one that is not counted.
async fn rounds<E>(work: impl AsyncFn() -> Result<(), E>) -> Result<Times, E> {
    work().await?;
    let (mut took, begun) = (Vec::new(), Instant::now());
    for _ in 0..ROUNDS {
        let one = Instant::now();
        work().await?;
        took.push(one.elapsed());
        if begun.elapsed() > TIME_MAX {
            break;
        }
    }
    Ok(Times::new(took))
}
