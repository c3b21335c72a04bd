//! A content on its way in: written beside the shelf while it comes, flushed, named by its bytes,
//! and only then told of. A process that dies before leaves nothing that anybody finds.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use aws_lc_rs::digest::{self, SHA256};
use md5::{Digest, Md5};
use offhook_org::UserContext;
use offhook_org::files::{HEAD_BYTES, disk_full, no_room, too_large};
use offhook_org::save::SaveError;
use tokio::io::AsyncWriteExt;

use super::{Shelf, Stored, hex, unwritable};
use crate::Store;
use crate::database::Statement;
use crate::error::StoreError;

/// Why a content was not kept.
#[derive(Debug, Clone, thiserror::Error)]
pub enum UploadError {
    /// It is too large, or there is no room: an answer for the asker.
    #[error("the file was not kept: {}", .0.message)]
    Refused(SaveError),
    /// The world.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A content that comes piece by piece. Dropped before its end, it leaves nothing behind.
pub struct Upload {
    store: Store,
    shelf: Arc<Shelf>,
    by: Option<offhook_org::RecordId>,
    path: PathBuf,
    file: tokio::fs::File,
    sha256: digest::Context,
    md5: Md5,
    size: u64,
    size_max: u64,
    head: Vec<u8>,
}

impl Store {
    /// Begins to take a content for a record that this user will save. `size_max` may be lower
    /// than the limit of the org.
    pub async fn begin_upload(
        &self,
        user: &UserContext,
        size_max: Option<u64>,
    ) -> Result<Upload, UploadError> {
        let shelf = self.shelf()?.clone();
        let path = shelf.incoming().join(crate::random::token());
        let made = tokio::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .await;
        let limit = shelf.settings.file_bytes_max;
        Ok(Upload {
            file: made.map_err(|error| failed(&path, &error))?,
            store: self.clone(),
            by: user.user.clone(),
            path,
            sha256: digest::Context::new(&SHA256),
            md5: Md5::new(),
            size: 0,
            size_max: size_max.map_or(limit, |max| max.min(limit)),
            head: Vec::new(),
            shelf,
        })
    }

    /// Bytes of all files, those in the recycle bin among them.
    pub async fn file_bytes(&self) -> Result<u64, StoreError> {
        let sum = Statement::new("SELECT CAST(coalesce(sum(size), 0) AS BIGINT) FROM file_content");
        let row = self.database().read_one(&sum).await?;
        let bytes = row.map_or(Ok(0), |row| row.integer(0))?;
        Ok(u64::try_from(bytes).unwrap_or(0))
    }
}

impl Upload {
    /// Takes the next piece.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), UploadError> {
        self.size += bytes.len() as u64;
        if self.size > self.size_max {
            return Err(UploadError::Refused(too_large(self.size_max)));
        }
        let missing = HEAD_BYTES - self.head.len();
        self.head.extend(bytes.iter().take(missing));
        self.sha256.update(bytes);
        self.md5.update(bytes);
        let written = self.file.write_all(bytes).await;
        written.map_err(|error| failed(&self.path, &error))
    }

    /// Flushes the content and puts it on the shelf. What comes back stands for it in the field
    /// of the record (`VersionData`) for half an hour.
    pub async fn finish(mut self) -> Result<String, UploadError> {
        let content = self.place().await?;
        Ok(self.shelf.wait(self.by.clone(), Ok(content)))
    }

    async fn place(&mut self) -> Result<Stored, UploadError> {
        // Two that come at once may go beyond the limit by what one of them has.
        let total_max = self.shelf.settings.total_bytes_max;
        if self.store.file_bytes().await? + self.size > total_max {
            return Err(UploadError::Refused(no_room(total_max)));
        }
        let flushed = match self.file.flush().await {
            Ok(()) => self.file.sync_all().await,
            Err(error) => Err(error),
        };
        flushed.map_err(|error| failed(&self.path, &error))?;
        let content = Stored {
            sha256: hex(self.sha256.clone().finish().as_ref()),
            md5: hex(&self.md5.clone().finalize()),
            size: self.size,
            head: std::mem::take(&mut self.head),
        };
        let (shelf, from) = (self.shelf.clone(), self.path.clone());
        let to = shelf.path(&content.sha256);
        let placing = tokio::task::spawn_blocking(move || {
            let placed = place(&shelf, &from, &to);
            placed.map_err(|error| failed(&to, &error))
        });
        let placed = placing.await;
        placed.map_err(|error| StoreError::Failed(format!("a file was not placed: {error}")))??;
        Ok(content)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        // Once it is on the shelf it is not there, which is what is wanted.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Gives the content its name. One that is there already has the same bytes, and is young again.
fn place(shelf: &Shelf, from: &Path, to: &Path) -> std::io::Result<()> {
    let folder = to.parent().unwrap_or(to);
    let naming = shelf.naming.lock();
    let _naming = naming.unwrap_or_else(PoisonError::into_inner);
    match std::fs::create_dir(folder) {
        Ok(()) => sync_folder(&shelf.settings.folder)?,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    std::fs::rename(from, to)?;
    sync_folder(folder)
}

/// The names in a folder are on disk.
pub(super) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

fn failed(path: &Path, error: &std::io::Error) -> UploadError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            tracing::error!(%error, "a file was not kept: there is no room");
            UploadError::Refused(disk_full())
        }
        _ => UploadError::Store(unwritable(path, error)),
    }
}
