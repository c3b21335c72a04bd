//! Opening a SQLite file: owned by one process, checked before it is touched, durable at commit.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, SqliteConnection, SqlitePool};
use tokio::sync::watch;

use super::readers::Readers;
use super::{BUSY_TIMEOUT_MS, Database, DbError, folding};
use crate::error::OpenError;

/// Files up to this size are checked as a whole when they are opened.
const WHOLE_CHECK_MAX_BYTES: u64 = 256 * 1024 * 1024;

/// Tables that are checked in a file of any size.
const ALWAYS_CHECKED: &[&str] = &[
    "offhook_meta",
    "serial",
    "org_field",
    "profile",
    "password",
    "session",
    "call_center",
    "call",
    "outbox",
    "org_user",
    "org_task",
];

/// The first bytes of every SQLite file.
const HEADER: &[u8; 16] = b"SQLite format 3\0";

pub(super) async fn open(path: &Path) -> Result<Database, OpenError> {
    let ownership = own(path)?;
    let is_new = check_header(path)?;
    let options = options(path);
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_millis(BUSY_TIMEOUT_MS))
        .test_before_acquire(false)
        .before_acquire(|connection, _| Box::pin(is_usable(connection)));
    let writer = pool
        .connect_with(options.clone())
        .await
        .map_err(|e| open_error(path, &e.into()))?;
    if !is_new {
        quick_check(&writer, path).await?;
    }
    let readers = Readers::open(options.pragma("query_only", "ON")).await;
    let readers = readers.map_err(|e| open_error(path, &e))?;
    Ok(Database::Sqlite {
        writer,
        readers,
        ownership,
        last_event: watch::Sender::new(0),
    })
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // With NORMAL a committed transaction can vanish at power loss.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_millis(BUSY_TIMEOUT_MS))
        .statement_cache_capacity(400)
        // In KiB when negative.
        .pragma("cache_size", "-32000")
        .pragma("temp_store", "MEMORY")
        .collation("folded", folding::compare)
}

/// Lets SQLite look at what its tables hold, where that has changed much: without it, it believes
/// that a range of dates holds a quarter of all records, and that a million of them are there.
/// PostgreSQL does so by itself. Nothing depends on it, so an error is left alone.
pub(super) async fn optimize(writer: &SqlitePool) {
    let look = sqlx::raw_sql("PRAGMA optimize = 0x10002")
        .execute(writer)
        .await;
    if let Err(error) = look {
        tracing::debug!(%error, "SQLite took no notice of what its tables hold");
    }
}

/// When the disk is full, SQLite ends a transaction by itself; sqlx then fails to roll it back,
/// and believes for ever that it is open. Such a connection is closed, and another one opened.
async fn is_usable(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    if connection.is_in_transaction() {
        // The rollback of a dropped transaction may stand in line before this.
        connection.ping().await?;
    }
    Ok(!connection.is_in_transaction())
}

/// Locks the file beside the database. SQLite's own locks let several processes in, and a second
/// switchboard on the same calls would log them again.
fn own(path: &Path) -> Result<File, OpenError> {
    let lock_path = beside(path, ".lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&lock_path)
        .map_err(|e| unwritable(path, &e.to_string()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse {
            path: path.display().to_string(),
        }),
        Err(TryLockError::Error(e)) => Err(unwritable(path, &e.to_string())),
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Is the database still to be made? SQLite would take an empty file for a new database, and
/// overwrite the log of one whose content was lost.
fn check_header(path: &Path) -> Result<bool, OpenError> {
    let mut header = Vec::new();
    match File::open(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
        Err(e) => return Err(unwritable(path, &e.to_string())),
        Ok(file) => {
            let read = file.take(HEADER.len() as u64).read_to_end(&mut header);
            read.map_err(|e| unwritable(path, &e.to_string()))?;
            OpenOptions::new()
                .write(true)
                .open(path)
                .map_err(|e| unwritable(path, &e.to_string()))?;
        }
    }
    if header.is_empty() {
        let log = std::fs::metadata(beside(path, "-wal")).map_or(0, |m| m.len());
        return match log {
            0 => Ok(true),
            _ => Err(damaged(path, "the file is empty, but its log is not")),
        };
    }
    match header == HEADER {
        true => Ok(false),
        false => Err(damaged(path, "it is not a SQLite file")),
    }
}

/// Looks for damage before anything is written. Of a large file only the tables without which
/// nobody signs in and no call is kept: reading a gigabyte would hold up the start.
async fn quick_check(pool: &SqlitePool, path: &Path) -> Result<(), OpenError> {
    let size = std::fs::metadata(path).map_or(0, |m| m.len());
    let checks = match size <= WHOLE_CHECK_MAX_BYTES {
        true => vec!["PRAGMA quick_check(1)".to_owned()],
        false => table_checks(pool).await.map_err(|e| open_error(path, &e))?,
    };
    for check in checks {
        let answer: String = sqlx::query_scalar(sqlx::AssertSqlSafe(check))
            .fetch_one(pool)
            .await
            .map_err(|e| open_error(path, &e.into()))?;
        if answer != "ok" {
            pool.close().await;
            return Err(damaged(path, answer.trim()));
        }
    }
    Ok(())
}

async fn table_checks(pool: &SqlitePool) -> Result<Vec<String>, DbError> {
    let tables: Vec<String> =
        sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'table'")
            .fetch_all(pool)
            .await?;
    let checked = tables
        .iter()
        .filter(|t| ALWAYS_CHECKED.contains(&t.as_str()));
    Ok(checked
        .map(|table| format!("PRAGMA quick_check('{table}')"))
        .collect())
}

fn open_error(path: &Path, error: &DbError) -> OpenError {
    match error {
        DbError::Corrupt(why) => damaged(path, why),
        DbError::Busy(_) | DbError::Deadlock(_) | DbError::TimedOut => OpenError::InUse {
            path: path.display().to_string(),
        },
        DbError::Unique(why) | DbError::Full(why) | DbError::Failed(why) => unwritable(path, why),
    }
}

fn unwritable(path: &Path, why: &str) -> OpenError {
    OpenError::Unwritable {
        path: path.display().to_string(),
        why: why.to_owned(),
    }
}

fn damaged(path: &Path, why: &str) -> OpenError {
    OpenError::Damaged {
        path: path.display().to_string(),
        why: why.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use offhook_phone::Region;

    use super::*;
    use crate::{Store, StoreSettings};

    #[tokio::test]
    async fn every_table_that_is_always_checked_is_there_and_whole() {
        let folder = tempfile::tempdir().unwrap();
        let settings = StoreSettings {
            database_url: format!("sqlite:{}", folder.path().join("checked.db").display()),
            region: Region::parse("US").unwrap(),
            time_zone: "UTC".to_owned(),
        };
        let store = Store::open(&settings).await.unwrap();
        let Database::Sqlite { writer, .. } = store.database() else {
            panic!("a test of SQLite");
        };
        let checks = table_checks(writer).await.unwrap();
        assert_eq!(checks.len(), ALWAYS_CHECKED.len());
        for check in checks {
            let check = sqlx::query_scalar(sqlx::AssertSqlSafe(check));
            let answer: String = check.fetch_one(writer).await.unwrap();
            assert_eq!(answer, "ok");
        }
    }
}
