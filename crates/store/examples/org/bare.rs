//! SQLite alone: a table, its indexes and the keys of its telephone numbers as the store has
//! them, without anything around them.

use std::path::Path;

use offhook_org::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use crate::{Failure, contact};

const TABLES: &str = "CREATE TABLE contact (id TEXT PRIMARY KEY, firstname TEXT, lastname TEXT,
        name TEXT, email TEXT, phone TEXT, title TEXT, mailingcity TEXT, leadsource TEXT,
        accountid TEXT, key TEXT, createddate BIGINT, systemmodstamp BIGINT);
    CREATE INDEX contact_by_name ON contact (name, id);
    CREATE INDEX contact_by_account ON contact (accountid);
    CREATE INDEX contact_by_key ON contact (key);
    CREATE INDEX contact_by_created ON contact (createddate);
    CREATE INDEX contact_by_stamp ON contact (systemmodstamp);
    CREATE TABLE phone_key (record TEXT, field TEXT, key TEXT, strength BIGINT,
        PRIMARY KEY (record, field, key)) WITHOUT ROWID;
    CREATE INDEX phone_key_by_key ON phone_key (key, strength);";

/// A connection with the settings of the store's own.
pub(crate) async fn connect(path: &Path) -> Result<SqliteConnection, Failure> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .statement_cache_capacity(400)
        .pragma("cache_size", "-32000")
        // Keys and names here are ASCII, of which this is the store's own order.
        .collation("folded", |a, b| a.to_lowercase().cmp(&b.to_lowercase()));
    Ok(options.connect().await?)
}

/// A new file with its tables.
pub(crate) async fn create(path: &Path) -> Result<SqliteConnection, Failure> {
    let mut connection = connect(path).await?;
    sqlx::raw_sql(TABLES).execute(&mut connection).await?;
    Ok(connection)
}

/// Inserts a contact and its keys in a transaction of its own or a larger one.
pub(crate) async fn insert(connection: &mut SqliteConnection, number: u64) -> Result<(), Failure> {
    let fields = contact(number);
    let text = |name: &str| {
        let value = fields.get(&name.into());
        value.and_then(Value::as_text).unwrap_or("")
    };
    let id = format!("003{number:015}");
    sqlx::query("INSERT INTO contact VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 1)")
        .bind(&id)
        .bind(text("FirstName"))
        .bind(text("LastName"))
        .bind(format!("{} {}", text("FirstName"), text("LastName")))
        .bind(text("Email"))
        .bind(text("Phone"))
        .bind(text("Title"))
        .bind(text("MailingCity"))
        .bind(text("LeadSource"))
        .bind(format!("001{:015}", number / 10))
        .bind(format!("K{number}"))
        .execute(&mut *connection)
        .await?;
    for (strength, digits) in [(0, 11), (1, 10), (2, 7)] {
        let phone = text("Phone");
        sqlx::query("INSERT INTO phone_key VALUES (?, 'Phone', ?, ?)")
            .bind(&id)
            .bind(format!("{strength}{}", &phone[phone.len() - digits..]))
            .bind(strength)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Inserts so many, `batch` a commit.
pub(crate) async fn load(path: &Path, count: u64, batch: u64) -> Result<(), Failure> {
    let mut connection = create(path).await?;
    let mut number = 0;
    while number < count {
        let last = (number + batch).min(count);
        let mut transaction = connection.begin().await?;
        for number in number..last {
            insert(&mut transaction, number).await?;
        }
        transaction.commit().await?;
        number = last;
    }
    Ok(connection.close().await?)
}
