//! The search by telephone number, among contacts with six numbers each: beside the bare look-up
//! in the index of keys, and beside `LIKE` over the six columns.

use std::path::Path;
use std::time::{Duration, Instant};

use offhook_org::record::Fields;
use offhook_org::{ObjectName, Value};
use offhook_phone::{Region, lookup_keys};
use offhook_store::Store;
use sqlx::{Connection, SqliteConnection};

use crate::report::{Times, rate, times};
use crate::{Failure, admin, bare, contact, open, scattered, telephone};

/// Searches that are measured; through `LIKE` fewer, since each looks at every contact.
const SEARCHES: u64 = 5_000;
const LIKE_SEARCHES: u64 = 20;

/// Contacts that are filled in at once.
const FILL: u64 = 20_000;

const FIELDS: [&str; 6] = [
    "Phone",
    "MobilePhone",
    "HomePhone",
    "OtherPhone",
    "AssistantPhone",
    "Direct_Line__c",
];

/// Searches for numbers that are there.
pub(crate) async fn measure(folder: &Path, records: u64) -> Result<(), Failure> {
    let path = folder.join("phone.db");
    let store = open(&path).await?;
    let user = admin(&store).await?;
    let begun = Instant::now();
    fill(&store, records).await?;
    rate(
        "phone: contacts with six numbers filled in",
        records,
        begun.elapsed(),
    );
    let mut connection = bare::connect(&path).await?;
    let number = |step| telephone(scattered(step, records * 6));
    let mut took = Vec::new();
    for step in 0..SEARCHES {
        took.push(by_index(&mut connection, &number(step)).await?);
    }
    let floor = Times::new(took);
    times(
        "phone: SQLite alone, keys and contact by index",
        &floor,
        &floor,
    );
    let objects: Vec<ObjectName> = ["Contact", "Lead", "Account"].map(Into::into).into();
    let mut took = Vec::new();
    for step in 0..SEARCHES {
        let number = number(step);
        let begun = Instant::now();
        let hits = store.search_phone(&user, &number, &objects).await?;
        took.push(begun.elapsed());
        if hits.is_empty() {
            return Err("a number was not found".into());
        }
    }
    times("phone: Store::search_phone", &Times::new(took), &floor);
    let mut took = Vec::new();
    for step in 0..LIKE_SEARCHES {
        took.push(by_like(&mut connection, &number(step)).await?);
    }
    times(
        "phone: SQLite alone, LIKE over six columns",
        &Times::new(took),
        &floor,
    );
    connection.close().await?;
    store.close().await;
    Ok(())
}

async fn fill(store: &Store, records: u64) -> Result<(), Failure> {
    let mut number = 0;
    while number < records {
        let last = (number + FILL).min(records);
        let contacts: Vec<Fields> = (number..last).map(with_six_numbers).collect();
        store.create_many(&"Contact".into(), &contacts).await?;
        number = last;
    }
    Ok(())
}

fn with_six_numbers(number: u64) -> Fields {
    let mut fields = contact(number);
    for (place, field) in (0..).zip(FIELDS) {
        let telephone = Value::Text(telephone(number * 6 + place));
        fields.insert(field.into(), telephone);
    }
    fields
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
