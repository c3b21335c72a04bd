//! One database behind two engines: a [`Statement`] goes in, [`Row`]s come out, on SQLite as on
//! PostgreSQL. SQLite has one writing connection and several that read; what the engines do
//! differently is in [`dialect`].

mod attempts;
pub(crate) mod dialect;
mod failure;
pub(crate) mod folding;
#[cfg(test)]
mod full_disk;
mod postgres;
mod readers;
mod sqlite;
pub(crate) mod sqlite_copy;
mod statement;
mod timed;

use std::sync::Arc;
use std::time::Duration;

use sqlx::{AssertSqlSafe, PgPool, SqlitePool};
use tokio::sync::watch;

pub(crate) use attempts::{Attempts, MayBeDeadlock};
pub(crate) use dialect::Dialect;
pub(crate) use failure::DbError;
pub(crate) use folding::fold;
pub(crate) use statement::{Param, Row, Statement};

use crate::error::OpenError;
use crate::events::{self, NewEvent, Told};

/// Waiting for a lock or a connection longer than this is "busy", in milliseconds.
pub(crate) const BUSY_TIMEOUT_MS: u64 = 5_000;

/// SQLite's planner learns how the tables have grown this often.
const LOOK_AT_TABLES_EVERY: Duration = Duration::from_secs(600);

/// The pools of one open database, and what keeps others out of it.
pub(crate) enum Database {
    Sqlite {
        /// One connection, so writes stand in line here and not at the file's lock.
        writer: SqlitePool,
        readers: readers::Readers,
        /// The locked file that says that this process owns the database.
        ownership: std::fs::File,
        last_event: watch::Sender<i64>,
    },
    Postgres {
        pool: PgPool,
        /// One connection beside the transactions, which takes numbers ([`crate::serial`]).
        serials: PgPool,
        /// Whose turn it is: many transactions, or one that met a deadlock before.
        turns: Arc<tokio::sync::RwLock<()>>,
        /// Holds the advisory lock that says that this process owns the schema.
        ownership: tokio::sync::Mutex<Option<sqlx::PgConnection>>,
        last_event: watch::Sender<i64>,
    },
}

/// An open transaction; dropped without [`Transaction::commit`] it is rolled back.
pub(crate) struct Transaction {
    engine: Engine,
    /// Events of what it writes; they are numbered at the commit.
    told: Told,
    last_event: watch::Sender<i64>,
}

enum Engine {
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
    Postgres {
        transaction: sqlx::Transaction<'static, sqlx::Postgres>,
        serials: PgPool,
        _turn: attempts::Turn,
    },
}

impl Database {
    /// Opens `sqlite:PATH` or `postgres://…` for this process alone.
    pub(crate) async fn open(url: &str) -> Result<Self, OpenError> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            return sqlite::open(std::path::Path::new(path.trim_start_matches("//"))).await;
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return postgres::open(url).await;
        }
        Err(OpenError::Unreachable {
            why: "the database URL must begin with sqlite: or postgres://".to_owned(),
        })
    }

    /// The replay id of the newest committed event; changes after the commit.
    pub(crate) fn last_event(&self) -> &watch::Sender<i64> {
        match self {
            Self::Sqlite { last_event, .. } | Self::Postgres { last_event, .. } => last_event,
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite { .. } => Dialect::Sqlite,
            Self::Postgres { .. } => Dialect::Postgres,
        }
    }

    /// Rows of a statement that only reads.
    pub(crate) async fn read(&self, statement: &Statement) -> Result<Vec<Row>, DbError> {
        match self {
            Self::Sqlite { readers, .. } => readers.read(statement, None).await,
            Self::Postgres { pool, .. } => {
                let query = statement::bind(sqlx::query(text(statement)), statement);
                let rows = query.fetch_all(pool).await?;
                rows.iter().map(statement::postgres_row).collect()
            }
        }
    }

    /// The first row of a statement that only reads.
    pub(crate) async fn read_one(&self, statement: &Statement) -> Result<Option<Row>, DbError> {
        Ok(self.read(statement).await?.into_iter().next())
    }

    /// Runs one statement in a transaction of its own and says how many rows it touched.
    pub(crate) async fn write(&self, statement: &Statement) -> Result<u64, DbError> {
        let mut transaction = self.begin().await?;
        let touched = transaction.execute(statement).await?;
        transaction.commit().await?;
        Ok(touched)
    }

    /// Statements that SQLite's readers were given so far.
    #[cfg(test)]
    pub(crate) fn read_count(&self) -> u64 {
        match self {
            Self::Sqlite { readers, .. } => readers.read_count(),
            Self::Postgres { .. } => 0,
        }
    }

    /// Begins a transaction that will write. Whoever holds one begins no other.
    pub(crate) async fn begin(&self) -> Result<Transaction, DbError> {
        self.begin_attempt(&Attempts::default()).await
    }

    /// The same for work that may have been begun before.
    pub(crate) async fn begin_attempt(&self, attempts: &Attempts) -> Result<Transaction, DbError> {
        let engine = match self {
            Self::Sqlite { writer, .. } => {
                Engine::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?)
            }
            Self::Postgres {
                pool,
                serials,
                turns,
                ..
            } => Engine::Postgres {
                _turn: attempts.turn(turns).await,
                transaction: pool.begin_with(postgres::BEGIN_TO_WRITE).await?,
                serials: serials.clone(),
            },
        };
        Ok(Transaction {
            engine,
            told: Told::default(),
            last_event: self.last_event().clone(),
        })
    }

    /// Tells the engine's planner, now and then as long as the database is open, what the tables
    /// hold.
    pub(crate) fn keep_planner_informed(database: &Arc<Self>) {
        let database = Arc::downgrade(database);
        tokio::spawn(async move {
            while let Some(database) = database.upgrade() {
                if let Self::Sqlite { writer, .. } = &*database {
                    sqlite::optimize(writer).await;
                }
                drop(database);
                tokio::time::sleep(LOOK_AT_TABLES_EVERY).await;
            }
        });
    }

    /// Closes all connections; SQLite's log is moved into the file.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite {
                writer,
                readers,
                ownership,
                ..
            } => {
                readers.close().await;
                writer.close().await;
                // Should it fail, the lock goes with the file or the process.
                let _ = ownership.unlock();
            }
            Self::Postgres {
                pool,
                serials,
                ownership,
                ..
            } => {
                pool.close().await;
                serials.close().await;
                if let Some(mut connection) = ownership.lock().await.take() {
                    // The server frees the lock with the connection, however it ends, but some
                    // time later: whoever opens the database next should not meet it.
                    let unlock = sqlx::raw_sql("SELECT pg_advisory_unlock_all()");
                    let _ = unlock.execute(&mut connection).await;
                    let _ = sqlx::Connection::close(connection).await;
                }
            }
        }
    }
}

impl Transaction {
    /// Rows of a statement.
    pub(crate) async fn fetch(&mut self, statement: &Statement) -> Result<Vec<Row>, DbError> {
        match &mut self.engine {
            Engine::Sqlite(transaction) => {
                let query = statement::bind(sqlx::query(sqlite_text(statement)), statement);
                let rows = query.fetch_all(&mut **transaction).await?;
                rows.iter().map(statement::sqlite_row).collect()
            }
            Engine::Postgres { transaction, .. } => {
                let query = statement::bind(sqlx::query(text(statement)), statement);
                let rows = query.fetch_all(&mut **transaction).await?;
                rows.iter().map(statement::postgres_row).collect()
            }
        }
    }

    /// The first row of a statement that takes numbers which nobody takes again, whatever becomes
    /// of the transaction. On PostgreSQL it is committed at once, so that nobody waits for the
    /// numbers until the transaction ends, or for each other; SQLite has one writer anyway.
    pub(crate) async fn fetch_beside(
        &mut self,
        statement: &Statement,
    ) -> Result<Option<Row>, DbError> {
        let Engine::Postgres { serials, .. } = &self.engine else {
            return self.fetch_one(statement).await;
        };
        let query = statement::bind(sqlx::query(text(statement)), statement);
        let row = query.fetch_optional(serials).await?;
        row.as_ref().map(statement::postgres_row).transpose()
    }

    /// The first row of a statement.
    pub(crate) async fn fetch_one(
        &mut self,
        statement: &Statement,
    ) -> Result<Option<Row>, DbError> {
        Ok(self.fetch(statement).await?.into_iter().next())
    }

    /// Runs a statement and says how many rows it touched.
    pub(crate) async fn execute(&mut self, statement: &Statement) -> Result<u64, DbError> {
        Ok(match &mut self.engine {
            Engine::Sqlite(transaction) => {
                let query = statement::bind(sqlx::query(sqlite_text(statement)), statement);
                query.execute(&mut **transaction).await?.rows_affected()
            }
            Engine::Postgres { transaction, .. } => {
                let query = statement::bind(sqlx::query(text(statement)), statement);
                query.execute(&mut **transaction).await?.rows_affected()
            }
        })
    }

    /// Runs several statements without parameters, parted by semicolons.
    pub(crate) async fn execute_script(&mut self, script: &str) -> Result<(), DbError> {
        let script = sqlx::raw_sql(AssertSqlSafe(script));
        match &mut self.engine {
            Engine::Sqlite(transaction) => script.execute(&mut **transaction).await.map(drop)?,
            Engine::Postgres { transaction, .. } => {
                script.execute(&mut **transaction).await.map(drop)?;
            }
        }
        Ok(())
    }

    /// Marks a point to come back to. Marks of one name nest.
    pub(crate) async fn savepoint(&mut self, name: &'static str) -> Result<(), DbError> {
        let mark = Statement::new(format!("SAVEPOINT {name}"));
        self.told.mark(name);
        self.execute(&mark).await.map(drop)
    }

    /// Takes back all that was written since the mark, which stays.
    pub(crate) async fn roll_back_to(&mut self, name: &'static str) -> Result<(), DbError> {
        let back = Statement::new(format!("ROLLBACK TO SAVEPOINT {name}"));
        self.told.roll_back_to(name);
        self.execute(&back).await.map(drop)
    }

    /// Forgets the mark.
    pub(crate) async fn release(&mut self, name: &'static str) -> Result<(), DbError> {
        let release = Statement::new(format!("RELEASE SAVEPOINT {name}"));
        self.told.release(name);
        self.execute(&release).await.map(drop)
    }

    /// An event of what this transaction writes: kept with it, or not at all.
    pub(crate) fn tell(&mut self, event: NewEvent) {
        self.told.push(event);
    }

    pub(crate) async fn commit(mut self) -> Result<(), DbError> {
        let events = self.told.take();
        let last = match events.is_empty() {
            true => None,
            false => Some(events::append(&mut self, events).await?),
        };
        match self.engine {
            Engine::Sqlite(transaction) => transaction.commit().await?,
            Engine::Postgres { transaction, .. } => transaction.commit().await?,
        }
        if let Some(last) = last {
            self.last_event.send_if_modified(|known| {
                let is_new = last > *known;
                *known = last.max(*known);
                is_new
            });
        }
        Ok(())
    }
}

/// Statement texts are made in this crate alone, from constants and from names of the schema;
/// what comes from outside is always a parameter.
fn text(statement: &Statement) -> AssertSqlSafe<&str> {
    AssertSqlSafe(statement.sql())
}

fn sqlite_text(statement: &Statement) -> AssertSqlSafe<String> {
    AssertSqlSafe(statement.sql_for_sqlite().into_owned())
}
