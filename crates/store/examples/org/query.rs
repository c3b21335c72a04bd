//! Queries of SOQL beside the same SQL on a connection of its own to the same file.

use std::path::Path;
use std::time::Instant;

use offhook_org::UserContext;
use offhook_store::Store;
use offhook_store::org::query::QueryOptions;
use sqlx::{Connection, Row, SqliteConnection};

use crate::report::{Times, times};
use crate::{Failure, bare, scattered};

/// Queries of each sort.
const QUERIES: u64 = 5_000;

/// Queries before those that are measured.
const WARM_UP: u64 = 500;

const BY_KEY: &str = "SELECT id, name, email FROM org_contact
    WHERE key__c COLLATE folded = ? AND is_deleted = FALSE";

const BY_ACCOUNT: &str = "SELECT c.id, c.name, c.email, a.id, a.name FROM org_contact c
    LEFT JOIN org_account a ON a.id = c.accountid
    WHERE c.accountid = ? AND c.is_deleted = FALSE";

/// By external id, and the contacts of an account with its name.
pub(crate) async fn measure(
    path: &Path,
    store: &Store,
    user: &UserContext,
    records: u64,
) -> Result<(), Failure> {
    let mut connection = bare::connect(path).await?;
    let key = |step| format!("K{}", scattered(step, records));
    let floor = bare_times(&mut connection, BY_KEY, key).await?;
    times("query: SQLite alone, by external id, 1 row", &floor, &floor);
    let found = soql_times(store, user, |step| {
        let key = key(step);
        format!("SELECT Id, Name, Email FROM Contact WHERE Key__c = '{key}'")
    });
    times("query: SOQL, by external id, 1 row", &found.await?, &floor);
    let mut accounts = Vec::new();
    for row in sqlx::query("SELECT id FROM org_account ORDER BY id")
        .fetch_all(&mut connection)
        .await?
    {
        accounts.push(row.try_get::<String, _>(0)?);
    }
    let count = u64::try_from(accounts.len())?;
    let account = |step| {
        let place = usize::try_from(scattered(step, count)).unwrap_or(0);
        accounts.get(place).cloned().unwrap_or_default()
    };
    let floor = bare_times(&mut connection, BY_ACCOUNT, account).await?;
    times("query: SQLite alone, by account, 10 rows", &floor, &floor);
    let found = soql_times(store, user, |step| {
        let account = account(step);
        format!("SELECT Id, Name, Email, Account.Name FROM Contact WHERE AccountId = '{account}'")
    });
    let found = found.await?;
    times(
        "query: SOQL, by account with its name, 10 rows",
        &found,
        &floor,
    );
    Ok(connection.close().await?)
}

async fn soql_times(
    store: &Store,
    user: &UserContext,
    soql: impl Fn(u64) -> String,
) -> Result<Times, Failure> {
    let options = QueryOptions {
        all_rows: false,
        batch_size: 2_000,
        api_version: 60,
        now_ms: 0,
    };
    let mut took = Vec::new();
    for step in 0..QUERIES + WARM_UP {
        let soql = soql(step);
        let begun = Instant::now();
        let page = store.query(user, &soql, options).await?;
        let time = begun.elapsed();
        if page.rows.is_empty() {
            return Err(format!("nothing was found: {soql}").into());
        }
        if step >= WARM_UP {
            took.push(time);
        }
    }
    Ok(Times::new(took))
}

async fn bare_times(
    connection: &mut SqliteConnection,
    sql: &'static str,
    key: impl Fn(u64) -> String,
) -> Result<Times, Failure> {
    let mut took = Vec::new();
    for step in 0..QUERIES + WARM_UP {
        let key = key(step);
        let begun = Instant::now();
        let rows = sqlx::query(sql).bind(&key).fetch_all(&mut *connection);
        let rows = rows.await?;
        let mut texts = Vec::with_capacity(rows.len());
        for row in &rows {
            for column in 0..row.len() {
                texts.push(row.try_get::<Option<String>, _>(column)?);
            }
        }
        let time = begun.elapsed();
        if texts.is_empty() {
            return Err(format!("nothing was found by {key}").into());
        }
        if step >= WARM_UP {
            took.push(time);
        }
    }
    Ok(Times::new(took))
}
