//! Reads with an end: a statement that somebody else wrote may look through the whole database,
//! and must not do so for ever.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::{Database, DbError, Engine, Row, Statement, Transaction, sqlite_text, statement};

/// SQLite looks at the clock after so many steps of its machine: about every millisecond.
pub(super) const STEPS_BETWEEN_LOOKS: i32 = 100_000;

impl Database {
    /// Rows of a statement that only reads; [`DbError::TimedOut`] when it would go on longer.
    /// When nobody waits for the rows any more, SQLite ends it at once, and PostgreSQL when its
    /// own time for statements is over.
    pub(crate) async fn read_until(
        &self,
        statement: &Statement,
        until: Instant,
    ) -> Result<Vec<Row>, DbError> {
        match self {
            Self::Sqlite { readers, .. } => readers.read(statement, Some(until)).await,
            // The server ends a statement by itself, see `postgres.rs`.
            Self::Postgres { .. } => {
                let until = tokio::time::Instant::from_std(until);
                let read = tokio::time::timeout_at(until, self.read(statement));
                read.await.map_err(|_| DbError::TimedOut)?
            }
        }
    }
}

struct Abandon(Arc<AtomicBool>);

impl Drop for Abandon {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Transaction {
    /// [`Transaction::fetch`] that ends at this moment with [`DbError::TimedOut`].
    pub(crate) async fn fetch_until(
        &mut self,
        statement: &Statement,
        until: Instant,
    ) -> Result<Vec<Row>, DbError> {
        if let Engine::Sqlite(transaction) = &mut self.engine {
            // Whoever is gone before the read is over leaves no end behind for other statements.
            let is_over = Arc::new(AtomicBool::new(false));
            let _guard = Abandon(is_over.clone());
            let goes_on = move || is_over.load(Ordering::Relaxed) || Instant::now() < until;
            let mut handle = transaction.lock_handle().await?;
            handle.set_progress_handler(STEPS_BETWEEN_LOOKS, goes_on);
            drop(handle);
            let query = statement::bind(sqlx::query(sqlite_text(statement)), statement);
            let rows = query.fetch_all(&mut **transaction).await;
            transaction.lock_handle().await?.remove_progress_handler();
            return rows?.iter().map(statement::sqlite_row).collect();
        }
        let until = tokio::time::Instant::from_std(until);
        let read = tokio::time::timeout_at(until, self.fetch(statement));
        read.await.map_err(|_| DbError::TimedOut)?
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use offhook_phone::Region;

    use super::*;
    use crate::{Store, StoreSettings};

    const ENDLESS: &str = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)
                           SELECT count(*) FROM c";

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_statement_without_end_is_ended_and_leaves_its_connection_usable() {
        let folder = tempfile::tempdir().unwrap();
        let settings = StoreSettings {
            database_url: format!("sqlite:{}", folder.path().join("timed.db").display()),
            region: Region::parse("US").unwrap(),
            time_zone: "UTC".to_owned(),
        };
        let store = Store::open(&settings).await.unwrap();
        let (database, endless) = (store.database(), Statement::new(ENDLESS));
        // More often than there are connections: each is used again.
        for _ in 0..10 {
            let until = Instant::now() + Duration::from_millis(20);
            let read = database.read_until(&endless, until).await;
            assert!(matches!(read, Err(DbError::TimedOut)), "{read:?}");
        }
        // Nobody waits for these.
        for _ in 0..10 {
            let until = Instant::now() + Duration::from_secs(600);
            let read = database.read_until(&endless, until);
            let left = tokio::time::timeout(Duration::from_millis(20), read).await;
            assert!(left.is_err());
        }
        let until = Instant::now() + Duration::from_secs(10);
        let one = database
            .read_until(&Statement::new("SELECT 1"), until)
            .await;
        assert_eq!(one.unwrap()[0].integer(0).unwrap(), 1);
        store.close().await;
    }
}
