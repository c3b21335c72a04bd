//! Backups while the server runs: one tar file with a copy of the embedded database as it was at
//! one moment, everything else in the data folder, and a manifest with the checksum of each.
//!
//! The copy is made by SQLite itself (`VACUUM INTO`), on a connection of its own beside the
//! server's; writers do not wait for it. Files are copied after the database, so what the
//! database names is there. On PostgreSQL the database is dumped with that engine's own tools.

mod make;
mod restore;
mod tar;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use make::{BackupSource, make};
pub use restore::{restore, verify};

/// The first format of backups, and so far the only one.
const FORMAT: u32 = 1;

/// The manifest's name in the archive; it is the last entry.
const MANIFEST: &str = "manifest.json";

/// The database's name in the archive and in the data folder.
const DATABASE: &str = "offhook.db";

/// The note of the newest backup, in the data folder.
const LAST_BACKUP: &str = "last-backup.json";

/// The key that opens sealed secrets; left out of a backup on request.
const MASTER_KEY: &str = "master.key";

/// What is in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Of the archive.
    pub format: u32,
    /// The Offhook that made it.
    pub offhook: String,
    /// When, UTC milliseconds.
    pub made_at_ms: i64,
    /// The version of the database's tables; `None` when the database is not in it.
    pub schema: Option<i64>,
    /// Are the keys in it that open sealed secrets?
    pub has_keys: bool,
    /// Its files, in the order of the archive.
    pub files: Vec<FileFacts>,
}

/// One file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFacts {
    /// Path within the data folder, with `/`.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256 as hexadecimal digits.
    pub sha256: String,
}

/// The newest backup of a data folder, noted in the folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastBackup {
    /// When, UTC milliseconds.
    pub made_at_ms: i64,
    /// Where it was written.
    pub file: String,
    /// Its size.
    pub bytes: u64,
    /// Is the database in it?
    pub has_database: bool,
    /// Is the master key in it?
    pub has_keys: bool,
}

/// The newest backup that was made of a data folder; `None` when none was, or the note of it
/// cannot be read.
pub fn last(folder: &Path) -> Option<LastBackup> {
    let text = std::fs::read(folder.join(LAST_BACKUP)).ok()?;
    serde_json::from_slice(&text).ok()
}

/// Why there is no backup, or nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file or folder could not be read or written.
    #[error("{what} {}: {why}", path.display())]
    Io {
        /// `cannot write`.
        what: &'static str,
        /// Which.
        path: PathBuf,
        /// The system's words.
        why: std::io::Error,
    },
    /// The database could not be copied or is not in order.
    #[error("the database {}: {why}", path.display())]
    Database {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The backup is not whole, was changed, or is none.
    #[error("{} is not a whole backup: {why}. Nothing was restored", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A newer Offhook made it.
    #[error(
        "the backup was made by a newer Offhook ({found}). Nothing was restored. Restore it with \
         that version"
    )]
    Newer {
        /// Its version.
        found: String,
    },
    /// There is something where the backup or the org should go.
    #[error("{} {why}", path.display())]
    InTheWay {
        /// Which file or folder.
        path: PathBuf,
        /// What is there, and what to do.
        why: &'static str,
    },
}

fn hex(digest: &[u8]) -> String {
    use std::fmt::Write;
    digest.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
