//! The contents of files: each kept once, under the SHA-256 of its bytes, in a folder beside the
//! database. Records of ContentVersion say which content is whose; the rights to a content are
//! the rights to its record.
//!
//! **A record is never without its content.** The content is on disk, its folder flushed too,
//! before the transaction begins that writes its record (`upload.rs`). What no record names is
//! swept away a day later (`sweep.rs`); a backup, which copies the database first, still finds
//! everything then.

mod content;
mod intake;
mod listing;
mod sweep;
mod upload;
mod usage;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use offhook_org::RecordId;
use offhook_org::files::{FILE_BYTES_MAX, UPLOAD_PREFIX, upload_gone};
use offhook_org::save::SaveError;

use crate::Store;
use crate::error::StoreError;

pub use content::{Content, ContentReader};
pub use listing::FileRow;
pub use upload::{Upload, UploadError};
pub(crate) use usage::KeptTotals;
pub use usage::{DATA_BYTES_MAX, FileUse, KindUse, LargeFile, ObjectUse, RECORD_BYTES};
pub use usage::{StorageTotals, StorageUse, UserUse};

/// The folder of contents in the data folder.
pub const FOLDER: &str = "files";

/// Where contents lie until they are whole; a backup leaves what begins with a dot out.
const INCOMING: &str = ".incoming";

/// A content waits so long for its record.
const UPLOAD_KEPT: Duration = Duration::from_secs(30 * 60);

/// Contents that wait for their records at once.
const UPLOADS_MAX: usize = 10_000;

/// Bytes that all files of an org may have unless the configuration says otherwise: 10 GB.
pub const TOTAL_BYTES_MAX: u64 = 10 * 1024 * 1024 * 1024;

/// Where contents are kept, and how much of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilesSettings {
    /// The folder; it is made when it is not there.
    pub folder: PathBuf,
    /// Bytes of one file.
    pub file_bytes_max: u64,
    /// Bytes of all files together; a content that two files share counts twice.
    pub total_bytes_max: u64,
}

impl FilesSettings {
    /// This folder, with the limits that an org starts with.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            file_bytes_max: FILE_BYTES_MAX,
            total_bytes_max: TOTAL_BYTES_MAX,
        }
    }
}

/// The folder of contents, and what is on its way into it.
pub(crate) struct Shelf {
    settings: FilesSettings,
    /// Held while a content gets its name, and while one is swept: the same bytes may come again
    /// at the moment when they go.
    naming: Mutex<()>,
    uploads: Mutex<BTreeMap<String, Waiting>>,
}

/// A content that waits for its record.
struct Waiting {
    by: Option<RecordId>,
    since: Instant,
    content: Result<Stored, SaveError>,
}

/// A content that is on the shelf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    /// Hexadecimal digits.
    pub(crate) sha256: String,
    /// The same of MD5, the platform's checksum.
    pub(crate) md5: String,
    /// Bytes.
    pub(crate) size: u64,
    /// Its beginning.
    pub(crate) head: Vec<u8>,
}

impl Shelf {
    /// Makes the folder.
    fn open(settings: FilesSettings) -> std::io::Result<Self> {
        std::fs::create_dir_all(settings.folder.join(INCOMING))?;
        upload::sync_folder(&settings.folder)?;
        Ok(Self {
            settings,
            naming: Mutex::default(),
            uploads: Mutex::default(),
        })
    }

    /// Where the content of this SHA-256 lies.
    fn path(&self, sha256: &str) -> PathBuf {
        let (shelf, _) = sha256.split_at_checked(2).unwrap_or((sha256, ""));
        self.settings.folder.join(shelf).join(sha256)
    }

    fn incoming(&self) -> PathBuf {
        self.settings.folder.join(INCOMING)
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<String, Waiting>> {
        let waiting = self.uploads.lock();
        waiting.unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a content, or why there is none, for the record that is about to be saved; what
    /// stands for it.
    fn wait(&self, by: Option<RecordId>, content: Result<Stored, SaveError>) -> String {
        let upload = format!("{UPLOAD_PREFIX}{}", crate::random::token());
        let mut waiting = self.waiting();
        waiting.retain(|_, waiting| waiting.since.elapsed() < UPLOAD_KEPT);
        if waiting.len() < UPLOADS_MAX {
            let since = Instant::now();
            waiting.insert(upload.clone(), Waiting { by, since, content });
        }
        upload
    }

    /// The content that this stands for, if this user brought it.
    pub(crate) fn waiting_content(
        &self,
        by: Option<&RecordId>,
        upload: &str,
    ) -> Result<Stored, SaveError> {
        let waiting = self.waiting();
        let known = waiting.get(upload);
        match known.filter(|w| w.by.as_ref() == by && w.since.elapsed() < UPLOAD_KEPT) {
            Some(known) => known.content.clone(),
            None => Err(upload_gone()),
        }
    }

    fn forget(&self, uploads: &[String]) {
        let mut waiting = self.waiting();
        for upload in uploads {
            waiting.remove(upload);
        }
    }
}

impl Store {
    /// Says where contents of files are kept. Before it is called once, files are refused.
    pub fn use_files(&self, settings: FilesSettings) -> Result<(), StoreError> {
        let folder = settings.folder.clone();
        let shelf = Shelf::open(settings).map_err(|error| unwritable(&folder, &error))?;
        // A second call changes nothing.
        let _ = self.inner.files.set(Arc::new(shelf));
        Ok(())
    }

    /// The limits of files.
    pub fn file_limits(&self) -> FilesSettings {
        match self.inner.files.get() {
            Some(shelf) => shelf.settings.clone(),
            None => FilesSettings::new(PathBuf::new()),
        }
    }

    pub(crate) fn shelf(&self) -> Result<&Arc<Shelf>, StoreError> {
        let shelf = self.inner.files.get();
        shelf.ok_or_else(|| StoreError::Failed("no folder for files was named".to_owned()))
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Failed(format!("cannot write {}: {error}", path.display()))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
