//! The recycle bin as people look into it, and its end: what lay in it for 15 days goes.

use std::collections::{BTreeMap, BTreeSet};

use offhook_org::access::{AccessLevel, Operation};
use offhook_org::{ObjectName, RecordId, UserContext};

use crate::Store;
use crate::database::{DbError, Statement};
use crate::error::StoreError;
use crate::org::visibility::push_level;
use crate::tables;

/// Records stay in the bin so long: 15 days, as on the platform.
pub const BIN_KEPT_MS: i64 = 15 * 24 * 60 * 60 * 1_000;

/// Deleted records that are looked at for one page.
const LOOKED_AT_MAX: i64 = 2_000;

/// Deletions that end in one step, so that nobody waits long for the writer.
const STEP_ROOTS: i64 = 20;

/// A record in the bin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binned {
    /// The record.
    pub id: RecordId,
    /// Its object.
    pub object: ObjectName,
    /// What names it.
    pub name: String,
    /// Who deleted it; `None` for the system.
    pub deleted_by: Option<RecordId>,
    /// When, UTC milliseconds.
    pub deleted_at_ms: i64,
    /// Records that went with it and come back with it.
    pub with_it: u32,
}

/// Part of the bin.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BinPage {
    /// The newest first.
    pub records: Vec<Binned>,
    /// There is more than was looked at or asked for.
    pub has_more: bool,
}

struct Row {
    id: RecordId,
    deleted_by: Option<RecordId>,
    deleted_at_ms: i64,
    with_it: u32,
}

impl Store {
    /// What this user may take out of the bin, the newest first.
    pub async fn recycle_bin(
        &self,
        user: &UserContext,
        limit: usize,
    ) -> Result<BinPage, StoreError> {
        let rows = self.deletions().await?;
        let mut by_prefix: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
        for row in &rows {
            by_prefix.entry(row.id.key_prefix()).or_default().push(row);
        }
        let mut names: BTreeMap<RecordId, (ObjectName, String)> = BTreeMap::new();
        let schema = self.schema();
        for of_object in by_prefix.values() {
            let Some(object) = of_object.first().and_then(|r| schema.object_of(&r.id)) else {
                continue;
            };
            let name_field = object.field(object.name_field.as_str());
            let name_field = name_field.filter(|f| {
                f.has_column() && user.may_read_field(object.name.as_str(), f.name.as_str())
            });
            if !user.may(object.name.as_str(), Operation::Delete) {
                continue;
            }
            let table = tables::table(object);
            let column = name_field.map_or_else(|| "id".to_owned(), tables::column);
            for part in of_object.chunks(500) {
                let sql = format!("SELECT id, {column} FROM {table} WHERE is_deleted AND id IN ");
                let mut select = Statement::new(sql);
                select.arg_list(part.iter().map(|row| (&row.id).into()));
                push_level(
                    &mut select,
                    self.asker(user),
                    object,
                    &table,
                    AccessLevel::Full,
                );
                for row in self.database().read(&select).await? {
                    let name = row.optional_text(1)?.unwrap_or_default().to_owned();
                    names.insert(row.record_id(0)?, (object.name.clone(), name));
                }
            }
        }
        let mut page = BinPage {
            has_more: rows.len() as i64 == LOOKED_AT_MAX,
            ..BinPage::default()
        };
        for row in rows {
            let Some((object, name)) = names.remove(&row.id) else {
                continue;
            };
            if page.records.len() == limit {
                page.has_more = true;
                break;
            }
            page.records.push(Binned {
                id: row.id,
                object,
                name,
                deleted_by: row.deleted_by,
                deleted_at_ms: row.deleted_at_ms,
                with_it: row.with_it,
            });
        }
        Ok(page)
    }

    /// The newest deletions: those of records that did not go with another one.
    async fn deletions(&self) -> Result<Vec<Row>, DbError> {
        let select = Statement::new(
            "SELECT b.record, b.deleted_by, b.deleted_at_ms,
                 (SELECT count(*) FROM recycle_bin w WHERE w.root = b.record) - 1
             FROM recycle_bin b WHERE b.record = b.root
             ORDER BY b.deleted_at_ms DESC, b.record LIMIT $1",
        );
        let rows = self.database().read(&select.with(LOOKED_AT_MAX)).await?;
        let rows = rows.iter().map(|row| {
            Ok(Row {
                id: row.record_id(0)?,
                deleted_by: match row.is_null(1) {
                    true => None,
                    false => Some(row.record_id(1)?),
                },
                deleted_at_ms: row.integer(2)?,
                with_it: u32::try_from(row.integer(3)?).unwrap_or(0),
            })
        });
        rows.collect()
    }

    /// One step of emptying the bin of what lay in it long enough; says how many records went.
    /// Call it again at once while it is not 0.
    pub async fn expire_bin(&self, now_ms: i64) -> Result<u64, StoreError> {
        let mut transaction = self.database().begin().await?;
        let oldest = Statement::new(
            "SELECT record FROM recycle_bin WHERE record = root AND deleted_at_ms < $1
             ORDER BY deleted_at_ms LIMIT $2",
        );
        let oldest = oldest.with(now_ms - BIN_KEPT_MS).with(STEP_ROOTS);
        let mut roots = BTreeSet::new();
        for row in transaction.fetch(&oldest).await? {
            roots.insert(row.record_id(0)?);
        }
        if roots.is_empty() {
            return Ok(0);
        }
        let mut members = Statement::new("SELECT record FROM recycle_bin WHERE root IN ");
        members.arg_list(roots.iter().map(Into::into));
        let mut gone: BTreeMap<String, Vec<RecordId>> = BTreeMap::new();
        let mut count = 0;
        let schema = self.schema();
        for row in transaction.fetch(&members).await? {
            let id = row.record_id(0)?;
            count += 1;
            if let Some(object) = schema.object_of(&id) {
                gone.entry(object.name.to_string()).or_default().push(id);
            }
        }
        self.purge(&mut transaction, &gone, &roots).await?;
        transaction.commit().await?;
        Ok(count)
    }
}
