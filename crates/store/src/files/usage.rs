//! What an org's storage is used for, as the platform reckons it: a record is 2 KB whatever is in
//! it, a file what it has.

use offhook_org::schema::ObjectKind;
use offhook_org::{ObjectName, RecordId};

use crate::Store;
use crate::database::{Dialect, Statement};
use crate::error::StoreError;
use crate::tables;

/// Bytes that a record counts as.
pub const RECORD_BYTES: u64 = 2 * 1_024;

/// What records may count as before Setup warns: 100 GB, about 50 million of them. Nothing is
/// refused at it, since the disk is the org's own.
pub const DATA_BYTES_MAX: u64 = 100 * 1_024 * 1_024 * 1_024;

/// Counting every record takes its time, so a sum is told for so long.
const TOTALS_KEPT_MS: i64 = 60_000;

/// What records and files take, and what they may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StorageTotals {
    /// Bytes that all records count as.
    pub data_bytes: u64,
    /// [`DATA_BYTES_MAX`].
    pub data_bytes_max: u64,
    /// Bytes of all versions of files.
    pub file_bytes: u64,
    /// Bytes of files that are taken; one more is refused.
    pub file_bytes_max: u64,
    /// When it was counted; UTC milliseconds.
    counted_at_ms: i64,
}

/// The last sums.
pub(crate) type KeptTotals = tokio::sync::Mutex<Option<StorageTotals>>;

/// Users and files that are listed.
const LISTED_MAX: i64 = 20;

/// How much is stored, and of what.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StorageUse {
    /// Bytes of the database on disk.
    pub database_bytes: u64,
    /// Objects with records, those with most first.
    pub objects: Vec<ObjectUse>,
    /// Bytes and number of files.
    pub files: FileUse,
    /// Files by what they are, those that take most first.
    pub kinds: Vec<KindUse>,
    /// The users whose files take most.
    pub users: Vec<UserUse>,
    /// The largest files.
    pub largest: Vec<LargeFile>,
}

/// Records of one object, those in the recycle bin among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectUse {
    /// The object.
    pub object: ObjectName,
    /// How many.
    pub records: u64,
}

impl ObjectUse {
    /// What they count as.
    pub fn bytes(&self) -> u64 {
        self.records * RECORD_BYTES
    }
}

/// Files, each version for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FileUse {
    /// Versions.
    pub versions: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Bytes on disk: contents that are the same lie there once.
    pub disk_bytes: u64,
}

/// What files of one kind take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindUse {
    /// `PDF`, `PNG`: the field FileType; empty of one that is not known.
    pub file_type: String,
    /// Versions.
    pub versions: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// What one user's files take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserUse {
    /// The owner.
    pub user: Option<RecordId>,
    /// Versions.
    pub versions: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// A large file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LargeFile {
    /// The version.
    pub version: RecordId,
    /// The file.
    pub document: RecordId,
    /// Its title.
    pub title: String,
    /// Its owner.
    pub owner: Option<RecordId>,
    /// Its bytes.
    pub bytes: u64,
}

impl StorageUse {
    /// What all records count as.
    pub fn record_bytes(&self) -> u64 {
        self.objects.iter().map(ObjectUse::bytes).sum()
    }
}

impl Store {
    /// Everything about storage, for Setup: for an administrator, who sees all of it.
    pub async fn storage_use(&self) -> Result<StorageUse, StoreError> {
        Ok(StorageUse {
            database_bytes: self.database_bytes().await?,
            objects: self.objects_use().await?,
            files: self.files_use().await?,
            kinds: self.kinds_use().await?,
            users: self.users_use().await?,
            largest: self.largest_files().await?,
        })
    }

    /// What records and files take, counted within the last minute.
    pub async fn storage_totals(&self, now_ms: i64) -> Result<StorageTotals, StoreError> {
        let mut kept = self.inner.storage.lock().await;
        let is_new =
            |totals: &StorageTotals| (0..TOTALS_KEPT_MS).contains(&(now_ms - totals.counted_at_ms));
        if let Some(totals) = kept.filter(is_new) {
            return Ok(totals);
        }
        let totals = StorageTotals {
            data_bytes: self.record_bytes().await?,
            data_bytes_max: DATA_BYTES_MAX,
            file_bytes: self.files_use().await?.bytes,
            file_bytes_max: self.file_limits().total_bytes_max,
            counted_at_ms: now_ms,
        };
        *kept = Some(totals);
        Ok(totals)
    }

    /// Bytes that all records count as.
    pub async fn record_bytes(&self) -> Result<u64, StoreError> {
        let objects = self.objects_use().await?;
        Ok(objects.iter().map(ObjectUse::bytes).sum())
    }

    async fn database_bytes(&self) -> Result<u64, StoreError> {
        let size = match self.database().dialect() {
            Dialect::Sqlite => {
                "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
            }
            Dialect::Postgres => "SELECT pg_database_size(current_database())",
        };
        let row = self.database().read_one(&Statement::new(size)).await?;
        Ok(count(row.map_or(Ok(0), |row| row.integer(0))?))
    }

    async fn objects_use(&self) -> Result<Vec<ObjectUse>, StoreError> {
        let schema = self.schema();
        let counted = schema.objects().iter().filter(|object| {
            let is_counted = matches!(object.kind, ObjectKind::Standard | ObjectKind::Custom);
            is_counted && object.has_table() && !object.name.as_str().starts_with("Content")
        });
        let mut objects = Vec::new();
        for object in counted {
            let select = format!("SELECT count(*) FROM {}", tables::table(object));
            let row = self.database().read_one(&Statement::new(select)).await?;
            let records = count(row.map_or(Ok(0), |row| row.integer(0))?);
            if records > 0 {
                objects.push(ObjectUse {
                    object: object.name.clone(),
                    records,
                });
            }
        }
        objects.sort_by_key(|object| std::cmp::Reverse(object.records));
        Ok(objects)
    }

    async fn files_use(&self) -> Result<FileUse, StoreError> {
        let sums = Statement::new(
            "SELECT count(*), CAST(coalesce(sum(size), 0) AS BIGINT),
                 (SELECT CAST(coalesce(sum(size), 0) AS BIGINT)
                  FROM (SELECT max(size) AS size FROM file_content GROUP BY sha256) AS contents)
             FROM file_content",
        );
        let Some(row) = self.database().read_one(&sums).await? else {
            return Ok(FileUse::default());
        };
        Ok(FileUse {
            versions: count(row.integer(0)?),
            bytes: count(row.integer(1)?),
            disk_bytes: count(row.integer(2)?),
        })
    }

    async fn kinds_use(&self) -> Result<Vec<KindUse>, StoreError> {
        let sums = Statement::new(
            "SELECT coalesce(v.filetype, '') AS kind, count(*), CAST(sum(c.size) AS BIGINT) AS bytes
             FROM file_content AS c JOIN org_contentversion AS v ON v.id = c.version
             GROUP BY coalesce(v.filetype, '') ORDER BY bytes DESC, kind LIMIT $1",
        );
        let rows = self.database().read(&sums.with(LISTED_MAX)).await?;
        let rows = rows.iter().map(|row| {
            Ok(KindUse {
                file_type: row.text(0)?.to_owned(),
                versions: count(row.integer(1)?),
                bytes: count(row.integer(2)?),
            })
        });
        rows.collect()
    }

    async fn users_use(&self) -> Result<Vec<UserUse>, StoreError> {
        let sums = Statement::new(
            "SELECT v.ownerid, count(*), CAST(sum(c.size) AS BIGINT) AS bytes
             FROM file_content AS c JOIN org_contentversion AS v ON v.id = c.version
             GROUP BY v.ownerid ORDER BY bytes DESC, v.ownerid LIMIT $1",
        );
        let rows = self.database().read(&sums.with(LISTED_MAX)).await?;
        let rows = rows.iter().map(|row| {
            Ok(UserUse {
                user: row
                    .optional_text(0)?
                    .and_then(|id| RecordId::parse(id).ok()),
                versions: count(row.integer(1)?),
                bytes: count(row.integer(2)?),
            })
        });
        rows.collect()
    }

    async fn largest_files(&self) -> Result<Vec<LargeFile>, StoreError> {
        let largest = Statement::new(
            "SELECT v.id, v.contentdocumentid, v.title, v.ownerid, c.size
             FROM file_content AS c JOIN org_contentversion AS v ON v.id = c.version
             WHERE NOT v.is_deleted ORDER BY c.size DESC, v.id LIMIT $1",
        );
        let rows = self.database().read(&largest.with(LISTED_MAX)).await?;
        let rows = rows.iter().map(|row| {
            Ok(LargeFile {
                version: row.record_id(0)?,
                document: row.record_id(1)?,
                title: row.optional_text(2)?.unwrap_or_default().to_owned(),
                owner: row
                    .optional_text(3)?
                    .and_then(|id| RecordId::parse(id).ok()),
                bytes: count(row.integer(4)?),
            })
        });
        rows.collect()
    }
}

fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
