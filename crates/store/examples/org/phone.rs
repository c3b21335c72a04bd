//! The search by telephone number, among contacts with six numbers each: beside the bare look-up
//! in the index of keys, and beside `LIKE` over the six columns.

use std::path::Path;
use std::time::{Duration, Instant};

use offhook_org::{ObjectName, UserContext};
use offhook_phone::{Region, lookup_keys};
use offhook_store::Store;
use sqlx::{Connection, SqliteConnection};

use crate::report::{Times, times};
use crate::{Failure, People, bare, open, scattered, telephone};

/// Searches that are measured; through `LIKE` fewer, since each looks at every contact.
const SEARCHES: u64 = 5_000;
const LIKE_SEARCHES: u64 = 5;

/// Searches before those that are measured.
const WARM_UP: u64 = 2_000;

/// Searches for numbers that are there, by an administrator and by a rep; and alone in turn with
/// them, so that all meet the same noise.
pub(crate) async fn measure(path: &Path, people: &People, contacts: u64) -> Result<(), Failure> {
    let store = open(path).await?;
    let (admin, rep) = (people.admin(&store).await?, people.rep(&store).await?);
    let mut connection = bare::connect(path).await?;
    let objects: Vec<ObjectName> = ["Contact", "Lead", "Account"].map(Into::into).into();
    let number = |step| telephone(scattered(step, contacts * 6));
    let mut took: [Vec<Duration>; 3] = Default::default();
    for step in 0..SEARCHES + WARM_UP {
        // Each its own number: the first to ask for one would fetch its pages for the others.
        let alone = by_index(&mut connection, &number(step * 3)).await?;
        let by_admin = by_store(&store, &admin, &number(step * 3 + 1), &objects).await?;
        let by_rep = by_store(&store, &rep, &number(step * 3 + 2), &objects).await?;
        if step >= WARM_UP {
            for (took, time) in took.iter_mut().zip([alone, by_admin, by_rep]) {
                took.push(time);
            }
        }
    }
    let [alone, by_admin, by_rep] = took.map(Times::new);
    let what = "phone: SQLite alone, keys and contact by index";
    times(what, &alone, &alone);
    times(
        "phone: Store::search_phone, an administrator",
        &by_admin,
        &alone,
    );
    times("phone: Store::search_phone, a rep", &by_rep, &alone);
    let mut took = Vec::new();
    for step in 0..LIKE_SEARCHES {
        took.push(by_like(&mut connection, &number(step)).await?);
    }
    let what = "phone: SQLite alone, LIKE over six columns";
    times(what, &Times::new(took), &alone);
    connection.close().await?;
    store.close().await;
    Ok(())
}

async fn by_store(
    store: &Store,
    user: &UserContext,
    number: &str,
    objects: &[ObjectName],
) -> Result<Duration, Failure> {
    let begun = Instant::now();
    let hits = store.search_phone(user, number, objects).await?;
    let took = begun.elapsed();
    found(hits.len())?;
    Ok(took)
}

/// The look-up in the index, and the contact that it points to with the same columns as the
/// store gives: all of them.
async fn by_index(connection: &mut SqliteConnection, number: &str) -> Result<Duration, Failure> {
    let begun = Instant::now();
    let keys = lookup_keys(number, Region::parse("US").ok_or("no such region")?);
    let marks = vec!["?"; keys.len()].join(", ");
    let sql = format!(
        "SELECT c.* FROM phone_key k JOIN org_contact c ON c.id = k.record
         WHERE k.key IN ({marks}) AND c.is_deleted = FALSE"
    );
    let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
    for key in &keys {
        query = query.bind(&key.text);
    }
    found(query.fetch_all(&mut *connection).await?.len())?;
    Ok(begun.elapsed())
}

async fn by_like(connection: &mut SqliteConnection, number: &str) -> Result<Duration, Failure> {
    let begun = Instant::now();
    let query = sqlx::query(
        "SELECT id, name FROM org_contact
         WHERE (phone LIKE $1 OR mobilephone LIKE $1 OR homephone LIKE $1 OR otherphone LIKE $1
             OR assistantphone LIKE $1 OR direct_line__c LIKE $1) AND is_deleted = FALSE",
    );
    let digits = number.get(2..).unwrap_or(number);
    let query = query.bind(format!("%{digits}"));
    found(query.fetch_all(&mut *connection).await?.len())?;
    Ok(begun.elapsed())
}

fn found(count: usize) -> Result<(), Failure> {
    match count {
        0 => Err("a number was not found".into()),
        _ => Ok(()),
    }
}
