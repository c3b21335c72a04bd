//! Queries of SOQL beside the same SQL on a connection of its own to the same file.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use offhook_org::UserContext;
use offhook_org::soql::{self, PlanOptions};
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
    let soql = |key: &str| format!("SELECT Id, Name, Email FROM Contact WHERE Key__c = '{key}'");
    let what = "by external id, 1 row";
    beside(&mut connection, store, user, what, BY_KEY, key, soql).await?;
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
    let soql = |id: &str| {
        format!("SELECT Id, Name, Email, Account.Name FROM Contact WHERE AccountId = '{id}'")
    };
    let what = "by account with its name, 10 rows";
    beside(
        &mut connection,
        store,
        user,
        what,
        BY_ACCOUNT,
        account,
        soql,
    )
    .await?;
    planned(store, user);
    Ok(connection.close().await?)
}

/// The SQL alone and the query of SOQL in turn, so that both meet the same noise.
async fn beside(
    connection: &mut SqliteConnection,
    store: &Store,
    user: &UserContext,
    what: &str,
    sql: &'static str,
    key: impl Fn(u64) -> String,
    soql: impl Fn(&str) -> String,
) -> Result<(), Failure> {
    let (mut alone, mut took) = (Vec::new(), Vec::new());
    for step in 0..QUERIES + WARM_UP {
        let key = key(step);
        let bare = bare_time(connection, sql, &key).await?;
        let whole = soql_time(store, user, &soql(&key)).await?;
        if step >= WARM_UP {
            alone.push(bare);
            took.push(whole);
        }
    }
    let floor = Times::new(alone);
    times(&format!("query: SQLite alone, {what}"), &floor, &floor);
    times(&format!("query: SOQL, {what}"), &Times::new(took), &floor);
    Ok(())
}

/// What of a query is neither the database's nor the rows'.
fn planned(store: &Store, user: &UserContext) {
    let schema = store.schema();
    let mut took = Vec::new();
    for step in 0..QUERIES {
        let text =
            format!("SELECT Id, Name, Email, Account.Name FROM Contact WHERE Key__c = '{step}'");
        let begun = Instant::now();
        let query = soql::parse(&text);
        let plan = query.map(|query| soql::plan(&schema, user, &query, PlanOptions::at(0)));
        black_box(&plan);
        took.push(begun.elapsed());
    }
    let took = Times::new(took);
    times("query: SOQL, read and planned only", &took, &took);
}

async fn soql_time(store: &Store, user: &UserContext, soql: &str) -> Result<Duration, Failure> {
    let options = QueryOptions {
        all_rows: false,
        batch_size: 2_000,
        api_version: 60,
        now_ms: 0,
    };
    let begun = Instant::now();
    let page = store.query(user, soql, options).await?;
    let took = begun.elapsed();
    match page.rows.is_empty() {
        true => Err(format!("nothing was found: {soql}").into()),
        false => Ok(took),
    }
}

async fn bare_time(
    connection: &mut SqliteConnection,
    sql: &'static str,
    key: &str,
) -> Result<Duration, Failure> {
    let begun = Instant::now();
    let rows = sqlx::query(sql).bind(key).fetch_all(&mut *connection);
    let rows = rows.await?;
    let mut texts = Vec::with_capacity(rows.len());
    for row in &rows {
        for column in 0..row.len() {
            texts.push(row.try_get::<Option<String>, _>(column)?);
        }
    }
    let took = begun.elapsed();
    match texts.is_empty() {
        true => Err(format!("nothing was found by {key}").into()),
        false => Ok(took),
    }
}
