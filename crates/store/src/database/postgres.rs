//! Opening a PostgreSQL schema: owned by one process, durable at commit.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, PgConnection};
use tokio::sync::watch;

use super::{BUSY_TIMEOUT_MS, Database};
use crate::error::OpenError;

const CONNECTION_COUNT: u32 = 12;

/// A read that takes longer is ended, in milliseconds: the platform's limit of a query.
const READ_TIMEOUT_MS: u32 = 120_000;

/// Writes may take longer: an index over a large table.
pub(super) const BEGIN_TO_WRITE: &str = "BEGIN; SET LOCAL statement_timeout = 0";

pub(super) async fn open(url: &str) -> Result<Database, OpenError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|e| unreachable(&e.to_string()))?
        .application_name("offhook")
        .options([
            ("synchronous_commit", "on".to_owned()),
            ("lock_timeout", format!("{BUSY_TIMEOUT_MS}ms")),
            ("statement_timeout", format!("{READ_TIMEOUT_MS}ms")),
        ]);
    let mut ownership = options
        .connect()
        .await
        .map_err(|e| unreachable(&e.to_string()))?;
    own(&mut ownership, &options).await?;
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTION_COUNT)
        .acquire_timeout(Duration::from_millis(BUSY_TIMEOUT_MS))
        .after_connect(|connection, _| Box::pin(notice_deadlocks_soon(connection)))
        .connect_with(options.clone())
        .await
        .map_err(|e| unreachable(&e.to_string()))?;
    // What took a number is committed later, and with it, in the order of the log, the number: it
    // need not be on disk before.
    let numbers = options.options([("synchronous_commit", "off")]);
    let serials = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_millis(BUSY_TIMEOUT_MS))
        .connect_lazy_with(numbers);
    Ok(Database::Postgres {
        pool,
        serials,
        turns: Arc::default(),
        ownership: tokio::sync::Mutex::new(Some(ownership)),
        last_event: watch::Sender::new(0),
    })
}

/// After this time of waiting the server looks whether two wait for each other, in milliseconds.
const DEADLOCK_TIMEOUT_MS: u32 = 100;

/// By itself the server looks after a second. Only who is allowed to can change that; the others
/// wait longer, no more.
async fn notice_deadlocks_soon(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let soon = format!("SET deadlock_timeout = {DEADLOCK_TIMEOUT_MS}");
    match sqlx::raw_sql(sqlx::AssertSqlSafe(soon))
        .execute(connection)
        .await
    {
        Err(sqlx::Error::Database(_)) | Ok(_) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Takes the advisory lock of the schema, which lives as long as the connection.
async fn own(connection: &mut PgConnection, options: &PgConnectOptions) -> Result<(), OpenError> {
    let (is_ours, schema): (bool, String) = sqlx::query_as(
        "SELECT pg_try_advisory_lock(hashtext('offhook'), hashtext(current_schema())),
                current_schema()::text",
    )
    .fetch_one(connection)
    .await
    .map_err(|e| unreachable(&e.to_string()))?;
    match is_ours {
        true => Ok(()),
        false => Err(OpenError::InUse {
            path: format!("{}.{schema}", options.get_database().unwrap_or_default()),
        }),
    }
}

fn unreachable(why: &str) -> OpenError {
    OpenError::Unreachable {
        why: format!("{why}. Check the database URL and that the server runs"),
    }
}
