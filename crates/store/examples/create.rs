//! The benchmark of saving (`cargo xtask bench create`): single records that many clients create
//! at once, and a load of many, each beside the same rows written by SQLite alone in the same
//! run. Every write is durable: WAL, `synchronous=FULL`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use offhook_org::record::Fields;
use offhook_org::{UserContext, Value};
use offhook_phone::Region;
use offhook_store::org::{Write, WriteOptions};
use offhook_store::{Store, StoreSettings};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};

/// Clients that create single records at once.
const CLIENTS: u64 = 64;

/// How long they do.
const SINGLE_TIME: Duration = Duration::from_secs(5);

/// Records in one request of the load.
const BATCH: u64 = 2_000;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1);
    let count = args.next().map_or(Ok(100_000), |text| text.parse())?;
    let folder = args.next().map_or_else(std::env::temp_dir, Into::into);
    let folder = folder.join(format!("offhook-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let outcome = measure(&folder, count).await;
    std::fs::remove_dir_all(&folder)?;
    outcome
}

async fn measure(folder: &std::path::Path, count: u64) -> Result<(), Failure> {
    let alone = bare_singles(&folder.join("singles.db")).await?;
    say(
        "single creates, SQLite alone, a commit each",
        alone,
        SINGLE_TIME,
    );
    let store = Store::open(&StoreSettings {
        database_url: format!("sqlite:{}", folder.join("offhook.db").display()),
        region: Region::parse("US").ok_or("no such region")?,
        time_zone: "UTC".to_owned(),
    })
    .await?;
    let one = singles(&store, 1).await?;
    say("single creates, Store::write, one client", one, SINGLE_TIME);
    let many = singles(&store, CLIENTS).await?;
    say(
        "single creates, Store::write, 64 clients",
        many,
        SINGLE_TIME,
    );
    let begun = Instant::now();
    load(&store, count).await?;
    say(
        "load, Store::write, 2,000 a request",
        count,
        begun.elapsed(),
    );
    store.close().await;
    let begun = Instant::now();
    bare_load(&folder.join("load.db"), count).await?;
    say("load, SQLite alone, 2,000 a commit", count, begun.elapsed());
    Ok(())
}

#[expect(clippy::print_stdout, reason = "what it found is its output")]
fn say(what: &str, records: u64, took: Duration) {
    #[expect(clippy::cast_precision_loss, reason = "a rate to look at")]
    let rate = records as f64 / took.as_secs_f64();
    println!(
        "{what:48} {records:>9} in {:>7.2} s {rate:>9.0}/s",
        took.as_secs_f64()
    );
}

/// A contact with the fields that an import brings.
fn contact(number: u64) -> Fields {
    let text = |text: String| Value::Text(text);
    Fields::from([
        ("FirstName".into(), text(format!("First{}", number % 997))),
        ("LastName".into(), text(format!("Last{number}"))),
        ("Email".into(), text(format!("person{number}@example.com"))),
        (
            "Phone".into(),
            text(format!("+1415{:07}", 2_000_000 + number % 7_000_000)),
        ),
        ("Title".into(), text("Buyer".to_owned())),
        ("MailingCity".into(), text(format!("City {}", number % 300))),
        ("LeadSource".into(), text("Web".to_owned())),
    ])
}

fn create(number: u64) -> Write {
    Write::Create {
        object: "Contact".into(),
        fields: contact(number),
        lookups: Vec::new(),
    }
}

/// How many records so many clients create, one a request, in the time given.
async fn singles(store: &Store, clients: u64) -> Result<u64, Failure> {
    let made = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    for client in 0..clients {
        let (store, made) = (store.clone(), made.clone());
        running.spawn(async move {
            let user = UserContext::system();
            let mut number = client << 32;
            while begun.elapsed() < SINGLE_TIME {
                number += 1;
                let options = WriteOptions::default();
                let outcomes = store.write(&user, vec![create(number)], options).await?;
                outcomes[0].as_ref().map_err(|e| e[0].message.clone())?;
                made.fetch_add(1, Ordering::Relaxed);
            }
            Ok::<_, Failure>(())
        });
    }
    while let Some(done) = running.join_next().await {
        done??;
    }
    Ok(made.load(Ordering::Relaxed))
}

/// Loads so many records, one request after the other, as a bulk job does.
async fn load(store: &Store, count: u64) -> Result<(), Failure> {
    let user = UserContext::system();
    let mut number = 0;
    while number < count {
        let last = (number + BATCH).min(count);
        let writes = (number..last).map(create).collect();
        let outcomes = store.write(&user, writes, WriteOptions::default()).await?;
        for outcome in &outcomes {
            outcome.as_ref().map_err(|e| e[0].message.clone())?;
        }
        number = last;
    }
    Ok(())
}

/// The same table and indexes without anything around them.
const BARE: &str = "CREATE TABLE contact (id TEXT PRIMARY KEY, firstname TEXT, lastname TEXT,
        name TEXT, email TEXT, phone TEXT, title TEXT, mailingcity TEXT, leadsource TEXT,
        createddate BIGINT, systemmodstamp BIGINT);
    CREATE INDEX contact_by_name ON contact (name, id);
    CREATE INDEX contact_by_created ON contact (createddate);
    CREATE INDEX contact_by_stamp ON contact (systemmodstamp);
    CREATE TABLE phone_key (key TEXT, record TEXT, field TEXT, strength BIGINT,
        PRIMARY KEY (key, record, field)) WITHOUT ROWID;";

async fn bare(path: &std::path::Path) -> Result<SqliteConnection, Failure> {
    let mut connection = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("cache_size", "-32000")
        .connect()
        .await?;
    sqlx::raw_sql(BARE).execute(&mut connection).await?;
    Ok(connection)
}

async fn bare_insert(connection: &mut SqliteConnection, number: u64) -> Result<(), Failure> {
    let fields = contact(number);
    let text = |name: &str| {
        fields
            .get(&name.into())
            .and_then(Value::as_text)
            .unwrap_or("")
    };
    let id = format!("003{number:015}");
    sqlx::query("INSERT INTO contact VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(&id)
        .bind(text("FirstName"))
        .bind(text("LastName"))
        .bind(format!("{} {}", text("FirstName"), text("LastName")))
        .bind(text("Email"))
        .bind(text("Phone"))
        .bind(text("Title"))
        .bind(text("MailingCity"))
        .bind(text("LeadSource"))
        .bind(1_i64)
        .bind(1_i64)
        .execute(&mut *connection)
        .await?;
    for (strength, digits) in [(0, 11), (1, 10), (2, 7)] {
        let phone = text("Phone");
        sqlx::query("INSERT INTO phone_key VALUES (?, ?, 'Phone', ?)")
            .bind(format!("{strength}{}", &phone[phone.len() - digits..]))
            .bind(&id)
            .bind(strength)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn bare_singles(path: &std::path::Path) -> Result<u64, Failure> {
    let mut connection = bare(path).await?;
    let begun = Instant::now();
    let mut number = 0;
    while begun.elapsed() < SINGLE_TIME {
        let mut transaction = connection.begin().await?;
        bare_insert(&mut transaction, number).await?;
        transaction.commit().await?;
        number += 1;
    }
    connection.close().await?;
    Ok(number)
}

async fn bare_load(path: &std::path::Path, count: u64) -> Result<(), Failure> {
    let mut connection = bare(path).await?;
    let mut number = 0;
    while number < count {
        let last = (number + BATCH).min(count);
        let mut transaction = connection.begin().await?;
        for number in number..last {
            bare_insert(&mut transaction, number).await?;
        }
        transaction.commit().await?;
        number = last;
    }
    connection.close().await?;
    Ok(())
}
