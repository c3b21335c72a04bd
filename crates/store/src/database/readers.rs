//! SQLite's connections that read. One message goes to the thread of a connection for each
//! statement and its rows come back: a pool of sqlx sends four more (it tries the connection when
//! it comes back, and an end for the statement has to be set and taken away), which takes longer
//! than most statements do.
//!
//! A statement may be given an end; then, and when nobody waits for its rows any more, SQLite
//! breaks it off.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::timed::STEPS_BETWEEN_LOOKS;
use super::{BUSY_TIMEOUT_MS, DbError, Row, Statement, sqlite_text, statement};

/// Connections. More do not help: reads are short and come from the page cache.
const READER_COUNT: u32 = 8;

/// The end of a statement that has none.
const NEVER: u64 = u64::MAX;

/// The end of one that nobody waits for.
const NOW: u64 = 0;

/// The connections, each made when it is first needed and kept then.
#[derive(Clone)]
pub(crate) struct Readers(Arc<Shared>);

struct Shared {
    options: SqliteConnectOptions,
    /// The one that was used last is used next: what it read is still in its cache.
    idle: Mutex<Vec<Reader>>,
    permits: Arc<Semaphore>,
    #[cfg(test)]
    reads: AtomicU64,
}

struct Reader {
    connection: SqliteConnection,
    end: Arc<End>,
}

/// When the statement that runs is to end.
struct End {
    /// From when it counts.
    opened: Instant,
    /// Nanoseconds.
    at: AtomicU64,
}

impl End {
    fn set(&self, until: Option<Instant>) {
        let at = until.map_or(NEVER, |until| {
            let left = until.saturating_duration_since(self.opened);
            u64::try_from(left.as_nanos()).unwrap_or(NEVER)
        });
        self.at.store(at, Ordering::Relaxed);
    }

    fn goes_on(&self) -> bool {
        match self.at.load(Ordering::Relaxed) {
            NEVER => true,
            NOW => false,
            at => self.opened.elapsed().as_nanos() < u128::from(at),
        }
    }
}

impl Readers {
    /// Connections with these options; one is opened to see that it can be.
    pub(super) async fn open(options: SqliteConnectOptions) -> Result<Self, DbError> {
        let first = Reader::open(&options).await?;
        Ok(Self(Arc::new(Shared {
            options,
            idle: Mutex::new(vec![first]),
            permits: Arc::new(Semaphore::new(READER_COUNT as usize)),
            #[cfg(test)]
            reads: AtomicU64::new(0),
        })))
    }

    /// Rows of a statement; [`DbError::TimedOut`] when it would go on longer than until then.
    pub(super) async fn read(
        &self,
        statement: &Statement,
        until: Option<Instant>,
    ) -> Result<Vec<Row>, DbError> {
        #[cfg(test)]
        self.0.reads.fetch_add(1, Ordering::Relaxed);
        let mut lease = self.lease().await?;
        let rows = lease.fetch(statement, until).await;
        let rows = lease.give_back(rows)?;
        rows.iter().map(statement::sqlite_row).collect()
    }

    /// Statements that were read so far.
    #[cfg(test)]
    pub(super) fn read_count(&self) -> u64 {
        self.0.reads.load(Ordering::Relaxed)
    }

    async fn lease(&self) -> Result<Lease, DbError> {
        let permits = self.0.permits.clone();
        let permit = match permits.clone().try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => self.wait(permits).await?,
        };
        let idle = self.0.idle().pop();
        let reader = match idle {
            Some(reader) => reader,
            None => Reader::open(&self.0.options).await?,
        };
        Ok(Lease {
            reader: Some(reader),
            permit: Some(permit),
            readers: self.clone(),
        })
    }

    async fn wait(&self, permits: Arc<Semaphore>) -> Result<OwnedSemaphorePermit, DbError> {
        let most = Duration::from_millis(BUSY_TIMEOUT_MS);
        match tokio::time::timeout(most, permits.acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) => Err(sqlx::Error::PoolClosed.into()),
            Err(_) => Err(sqlx::Error::PoolTimedOut.into()),
        }
    }

    /// Waits for reads that go on, and closes all connections.
    pub(super) async fn close(&self) {
        let all = self.0.permits.acquire_many(READER_COUNT).await;
        self.0.permits.close();
        drop(all);
        let idle = std::mem::take(&mut *self.0.idle());
        for reader in idle {
            // It was only read from.
            let _ = reader.connection.close().await;
        }
    }
}

impl Shared {
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Reader>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reader {
    async fn open(options: &SqliteConnectOptions) -> Result<Self, DbError> {
        let mut connection = options.connect().await?;
        let end = Arc::new(End {
            opened: Instant::now(),
            at: AtomicU64::new(NEVER),
        });
        let looked_at = end.clone();
        let mut handle = connection.lock_handle().await?;
        handle.set_progress_handler(STEPS_BETWEEN_LOOKS, move || looked_at.goes_on());
        drop(handle);
        Ok(Self { connection, end })
    }
}

/// A connection that is used; dropped in the middle of a statement it comes back when SQLite has
/// ended that.
struct Lease {
    reader: Option<Reader>,
    permit: Option<OwnedSemaphorePermit>,
    readers: Readers,
}

impl Lease {
    async fn fetch(
        &mut self,
        statement: &Statement,
        until: Option<Instant>,
    ) -> Result<Vec<SqliteRow>, sqlx::Error> {
        let reader = self.reader.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        reader.end.set(until);
        let query = statement::bind(sqlx::query(sqlite_text(statement)), statement);
        query.fetch_all(&mut reader.connection).await
    }

    /// The statement is over, whatever came of it. A connection that is broken is not used again.
    fn give_back<T>(mut self, outcome: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        let is_usable = matches!(outcome, Ok(_) | Err(sqlx::Error::Database(_)));
        let reader = self.reader.take();
        if let Some(reader) = reader.filter(|_| is_usable) {
            self.readers.0.idle().push(reader);
        }
        outcome
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(mut reader) = self.reader.take() else {
            return;
        };
        reader.end.at.store(NOW, Ordering::Relaxed);
        let (permit, readers) = (self.permit.take(), self.readers.clone());
        // Without a runtime the connection closes itself.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        runtime.spawn(async move {
            // Stands in line behind the statement.
            if reader.connection.ping().await.is_ok() {
                readers.0.idle().push(reader);
            }
            drop(permit);
        });
    }
}
