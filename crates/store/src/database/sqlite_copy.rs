//! A SQLite database beside another process that works with it: copied, and looked into.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use super::{BUSY_TIMEOUT_MS, folding};
use crate::backup::BackupError;

/// Copies the database as it is at this moment, checks the copy, and says the version of its
/// tables. Writers go on meanwhile.
pub(crate) async fn copy(from: &Path, to: &Path) -> Result<i64, BackupError> {
    let mut connection = open(from).await?;
    let target = to.display().to_string();
    let copied = sqlx::query("VACUUM INTO $1").bind(target);
    let copied = copied.execute(&mut connection).await;
    // It was only read from.
    let _ = connection.close().await;
    copied.map_err(|e| failed(from, e.to_string()))?;
    check(to).await
}

/// Checks that a database is whole and Offhook's, and says the version of its tables.
pub(crate) async fn check(path: &Path) -> Result<i64, BackupError> {
    let mut connection = open(path).await?;
    let outcome = async {
        let check = sqlx::query_scalar::<_, String>("PRAGMA quick_check(1)");
        let answer = check.fetch_one(&mut connection).await;
        let answer = answer.map_err(|e| failed(path, e.to_string()))?;
        if answer != "ok" {
            return Err(failed(path, format!("is damaged: {}", answer.trim())));
        }
        let version = "SELECT value FROM offhook_meta WHERE name = 'version'";
        let version = sqlx::query_scalar::<_, i64>(version);
        let version = version.fetch_optional(&mut connection).await;
        version
            .ok()
            .flatten()
            .ok_or_else(|| failed(path, "is not Offhook's".to_owned()))
    };
    let outcome = outcome.await;
    // It was only read from.
    let _ = connection.close().await;
    outcome
}

/// API calls since this hour, and the body of the org's limits if they were ever set: read
/// beside a server that runs.
pub(crate) async fn api_usage(
    path: &Path,
    first_hour: i64,
) -> Result<(i64, Option<String>), BackupError> {
    let mut connection = open(path).await?;
    let outcome = async {
        let calls = "SELECT coalesce(sum(calls), 0) FROM api_usage WHERE hour >= $1";
        let calls = sqlx::query_scalar::<_, i64>(calls).bind(first_hour);
        let calls = calls.fetch_one(&mut connection).await?;
        let limits = "SELECT body FROM org_setting WHERE name = 'api_limits'";
        let limits = sqlx::query_scalar::<_, String>(limits);
        Ok((calls, limits.fetch_optional(&mut connection).await?))
    };
    let outcome: Result<_, sqlx::Error> = outcome.await;
    // It was only read from.
    let _ = connection.close().await;
    outcome.map_err(|e| failed(path, e.to_string()))
}

async fn open(path: &Path) -> Result<SqliteConnection, BackupError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .busy_timeout(Duration::from_millis(BUSY_TIMEOUT_MS))
        .collation("folded", folding::compare);
    let connection = options.connect().await;
    connection.map_err(|e| failed(path, format!("cannot be opened: {e}")))
}

fn failed(path: &Path, why: String) -> BackupError {
    BackupError::Database {
        path: path.to_owned(),
        why,
    }
}
