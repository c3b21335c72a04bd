//! What can go wrong on the shelves.

use offhook_org::save::SaveError;

/// Why the store could not be opened. Each message is for an admin and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The database file or its folder cannot be written.
    #[error(
        "cannot write the database {path}: {why}. Give the user that runs Offhook the right to \
         write there, or choose another folder"
    )]
    Unwritable {
        /// The file.
        path: String,
        /// The system's words.
        why: String,
    },
    /// The file is not a database, or its check failed.
    #[error(
        "the database {path} is damaged: {why}. Nothing was changed. Restore a backup, or move \
         the file away to start with an empty org"
    )]
    Damaged {
        /// The file.
        path: String,
        /// What the check said.
        why: String,
    },
    /// A newer Offhook wrote it.
    #[error(
        "the database was written by a newer Offhook (schema {found}, this one knows {known}). \
         Nothing was changed. Start the newer version"
    )]
    Newer {
        /// In the database.
        found: i64,
        /// The newest this binary knows.
        known: i64,
    },
    /// There are tables of something else.
    #[error(
        "the database {path} is not Offhook's: it has other tables. Nothing was changed. Choose \
         another file or database"
    )]
    Foreign {
        /// The file or database.
        path: String,
    },
    /// Another process has it.
    #[error(
        "the database {path} is in use by another Offhook. Stop that one first, or choose \
         another data folder"
    )]
    InUse {
        /// The file.
        path: String,
    },
    /// The URL names neither SQLite nor PostgreSQL, or the server cannot be reached.
    #[error("cannot open the database: {why}")]
    Unreachable {
        /// What and why.
        why: String,
    },
}

/// Why a read or write failed: the world's fault, not the asker's.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The database did not answer in time or is locked; trying again can help.
    #[error("the database is busy: {0}")]
    Busy(String),
    /// Two writers waited for each other again and again, and this one gave way; nothing of it
    /// was written. Trying again can help.
    #[error("the database is busy: {0}")]
    Deadlock(String),
    /// There is no room on the disk. Nothing of this was written, and what was there is as it
    /// was; work goes on as soon as there is room.
    #[error("the disk of the database is full: {0}")]
    Full(String),
    /// The database failed.
    #[error("the database failed: {0}")]
    Failed(String),
    /// What was read is not what was written: our fault, or a damaged file.
    #[error("the database holds something unexpected: {0}")]
    Corrupt(String),
    /// The query names something that is not there or that the user may not read (the same
    /// answer for both), or compares what cannot be compared.
    #[error("{0}")]
    BadQuery(String),
}

/// Why a save did not happen.
#[derive(Debug, thiserror::Error)]
pub enum SaveFailure {
    /// The org's rules refuse it: an answer for the asker.
    #[error("the record was not saved: {}", .0.first().map_or("refused", |e| e.message.as_str()))]
    Refused(Vec<SaveError>),
    /// The record is not there, or the user may not see it.
    #[error("the record does not exist, or you have no access to it")]
    NotFound,
    /// Somebody else changed it since it was read.
    #[error("the record was changed by {by} since you opened it")]
    Changed {
        /// Name of the user who did.
        by: String,
    },
    /// The world.
    #[error(transparent)]
    Store(#[from] StoreError),
}
