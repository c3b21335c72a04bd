//! What an engine's error means: the value is taken, try again, damaged, or broken.

use sqlx::error::ErrorKind;

use crate::error::StoreError;

/// A failed statement.
#[derive(Debug, Clone)]
pub(crate) enum DbError {
    /// A unique index has the value already; the text names the index.
    Unique(String),
    /// Locked, out of connections, or out of reach: trying again can help.
    Busy(String),
    /// Two transactions waited for each other, and this one was ended: the same work, done again
    /// from its beginning, finds its way.
    Deadlock(String),
    /// The disk, or the room that the database may take, is full.
    Full(String),
    /// The file is damaged, or a value is not what was written.
    Corrupt(String),
    /// The statement took longer than it may.
    TimedOut,
    /// Anything else.
    Failed(String),
}

/// Errors of an operation that hold a [`StoreError`] take what the engine says through it.
macro_rules! through_store_error {
    ($($operation:ty),*) => {$(
        impl From<DbError> for $operation {
            fn from(error: DbError) -> Self {
                Self::Store(error.into())
            }
        }
    )*};
}

through_store_error!(
    crate::accounts::SignInError,
    crate::cti::CallCenterError,
    crate::error::SaveFailure
);

impl From<DbError> for StoreError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Unique(index) => Self::Failed(format!("the index {index} has that value")),
            DbError::Busy(why) => Self::Busy(why),
            DbError::Deadlock(why) => Self::Deadlock(why),
            DbError::Full(why) => Self::Full(why),
            DbError::Corrupt(why) => Self::Corrupt(why),
            DbError::TimedOut => Self::Busy("the statement took too long".to_owned()),
            DbError::Failed(why) => Self::Failed(why),
        }
    }
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => from_engine(database.as_ref()),
            sqlx::Error::PoolTimedOut => Self::Busy("no connection became free in time".to_owned()),
            sqlx::Error::PoolClosed => Self::Failed("the database was closed".to_owned()),
            sqlx::Error::Io(_) => Self::Busy(error.to_string()),
            _ => Self::Failed(error.to_string()),
        }
    }
}

fn from_engine(error: &dyn sqlx::error::DatabaseError) -> DbError {
    let message = error.message().to_owned();
    if error.kind() == ErrorKind::UniqueViolation {
        let index = error.constraint().map(ToOwned::to_owned);
        return DbError::Unique(index.unwrap_or(message));
    }
    let code = error.code().unwrap_or_default();
    match code.parse::<u32>() {
        // SQLite: the low byte is the primary code.
        Ok(number) if code.len() < 5 => match number & 0xff {
            5 | 6 => DbError::Busy(message),
            9 => DbError::TimedOut,
            13 => DbError::Full(message),
            11 | 26 => DbError::Corrupt(message),
            _ => DbError::Failed(message),
        },
        // PostgreSQL: deadlock and serialization; then lock not available, connection, shutting
        // down; then disk full.
        _ => match code.as_ref() {
            "40P01" | "40001" => DbError::Deadlock(message),
            "55P03" | "53300" | "57P01" | "57P03" => DbError::Busy(message),
            "53100" => DbError::Full(message),
            "57014" => DbError::TimedOut,
            "XX001" | "XX002" => DbError::Corrupt(message),
            _ => DbError::Failed(message),
        },
    }
}
