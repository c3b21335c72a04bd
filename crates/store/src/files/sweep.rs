//! Contents that no record names any more, or never did: seen once, they are marked; seen again
//! a day later, they go.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::PoisonError;
use std::time::UNIX_EPOCH;

use super::Shelf;
use crate::Store;
use crate::database::{DbError, Statement};
use crate::error::StoreError;

/// Contents that nobody names are kept so long: longer than an upload waits for its record, and
/// than a backup takes.
const KEPT_MS: i64 = 24 * 60 * 60 * 1_000;

/// Contents in one statement.
const PART: usize = 500;

impl Store {
    /// Marks contents that no record names, and throws away those that were marked a day ago;
    /// says how many went.
    pub async fn sweep_files(&self, now_ms: i64) -> Result<u64, StoreError> {
        let Ok(shelf) = self.shelf().cloned() else {
            return Ok(0);
        };
        let listing = shelf.clone();
        let listed = tokio::task::spawn_blocking(move || {
            listing.clear_incoming(now_ms - KEPT_MS)?;
            listing.older(now_ms - KEPT_MS)
        });
        let old = listed.await;
        let old = old.map_err(|error| StoreError::Failed(error.to_string()))?;
        let old = old.map_err(|error| super::unwritable(&shelf.settings.folder, &error))?;
        let mut gone = 0;
        for part in old.chunks(PART) {
            let mut unnamed: BTreeSet<&str> = part.iter().map(String::as_str).collect();
            let mut named = Statement::new("SELECT sha256 FROM file_content WHERE sha256 IN ");
            named.arg_list(part.iter().map(|sha256| sha256.as_str().into()));
            let rows = self.database().read(&named).await?;
            for row in &rows {
                unnamed.remove(row.text(0)?);
            }
            for sha256 in unnamed {
                if self.is_over(sha256, now_ms).await? && shelf.drop_old(sha256, now_ms)? {
                    gone += 1;
                }
            }
        }
        Ok(gone)
    }

    /// Marks a content that no record names; true when it was marked long ago and still is
    /// named by none, and its mark is gone.
    async fn is_over(&self, sha256: &str, now_ms: i64) -> Result<bool, DbError> {
        let mut transaction = self.database().begin().await?;
        let mark = Statement::new(
            "INSERT INTO file_unnamed (sha256, since_ms) VALUES ($1, $2)
             ON CONFLICT (sha256) DO NOTHING",
        );
        transaction.execute(&mark.with(sha256).with(now_ms)).await?;
        let end = Statement::new(
            "DELETE FROM file_unnamed WHERE sha256 = $1 AND since_ms < $2
                 AND NOT EXISTS (SELECT 1 FROM file_content WHERE sha256 = $1)",
        );
        let end = end.with(sha256).with(now_ms - KEPT_MS);
        let ended = transaction.execute(&end).await?;
        transaction.commit().await?;
        Ok(ended > 0)
    }
}

impl Shelf {
    /// Contents that got their names before this moment.
    fn older(&self, than_ms: i64) -> std::io::Result<Vec<String>> {
        let mut old = Vec::new();
        for folder in std::fs::read_dir(&self.settings.folder)? {
            let folder = folder?;
            let name = folder.file_name();
            let is_shelf = name.len() == 2 && folder.file_type()?.is_dir();
            if !is_shelf {
                continue;
            }
            for entry in std::fs::read_dir(folder.path())? {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                let is_content = name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit());
                if is_content && named_at_ms(&entry.path())? < than_ms {
                    old.push(name);
                }
            }
        }
        Ok(old)
    }

    /// Removes what was half there when a process ended.
    fn clear_incoming(&self, older_than_ms: i64) -> std::io::Result<()> {
        for entry in std::fs::read_dir(self.incoming())? {
            let path = entry?.path();
            // What comes in meanwhile may be gone again.
            if named_at_ms(&path).is_ok_and(|at_ms| at_ms < older_than_ms) {
                let _ = std::fs::remove_file(&path);
            }
        }
        Ok(())
    }

    /// Removes a content, unless the same bytes came again meanwhile.
    fn drop_old(&self, sha256: &str, now_ms: i64) -> Result<bool, StoreError> {
        let path = self.path(sha256);
        let naming = self.naming.lock();
        let _naming = naming.unwrap_or_else(PoisonError::into_inner);
        let removed = || {
            if named_at_ms(&path)? >= now_ms - KEPT_MS {
                return Ok(false);
            }
            std::fs::remove_file(&path).map(|()| true)
        };
        removed().map_err(|error| super::unwritable(&path, &error))
    }
}

/// When a content got its name, or got it again.
fn named_at_ms(path: &Path) -> std::io::Result<i64> {
    let changed = path.metadata()?.modified()?;
    let since = changed.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
