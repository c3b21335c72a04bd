//! Call centers: imported, cloned, listed, changed, deleted and restored. Every state of a
//! definition is kept, the first (the maker's) for ever.

use offhook_org::cti::CallCenter;
use offhook_org::{RecordId, UserContext};

use super::{CallCenterError, StoredCallCenter, may_manage};
use crate::Store;
use crate::accounts::to_json;
use crate::database::{DbError, Row, Statement, Transaction};
use crate::error::StoreError;
use crate::serial;

/// The prefix of a call center's id.
pub(super) const KEY_PREFIX: &str = "04v";

/// The place in Setup, for the audit trail.
pub(super) const SECTION: &str = "Call Centers";

/// States that are kept beside the first.
const VERSIONS_MAX: i64 = 200;

/// A call center, how many users it has, and its newest state.
const SELECT: &str = "
    SELECT c.id, c.body, c.created_at_ms, (
        SELECT count(*) FROM org_user u
        WHERE u.callcentername = c.internal_name AND NOT u.is_deleted
    ), (SELECT max(v.version) FROM call_center_version v WHERE v.call_center_id = c.id)
    FROM call_center c";

/// A state that the definition of a call center had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallCenterVersion {
    /// From 1, the import.
    pub version: u32,
    /// The definition.
    pub definition: CallCenter,
    /// `Imported`, `Edited`, …
    pub reason: String,
    /// The name of who made it; empty for the system.
    pub made_by: String,
    /// When, UTC milliseconds.
    pub made_at_ms: i64,
}

impl Store {
    /// Adds an imported call center.
    pub async fn import_call_center(
        &self,
        user: &UserContext,
        definition: &CallCenter,
    ) -> Result<RecordId, CallCenterError> {
        let said = format!("Imported call center {}", definition.display_name);
        self.new_call_center(user, definition, "Imported", ("createdcallcenter", &said))
            .await
    }

    /// A further call center of the same softphone, as it is now, under other names; its items
    /// are the same for ever.
    pub async fn clone_call_center(
        &self,
        by: &UserContext,
        id: &RecordId,
        internal_name: &str,
        display_name: &str,
    ) -> Result<RecordId, CallCenterError> {
        may_manage(by)?;
        let first = self.call_center(id).await?;
        let first = first.ok_or(CallCenterError::NotFound)?.definition;
        let clone = first.cloned_as(internal_name, display_name);
        let reason = format!("Cloned from {}", first.display_name);
        let said = format!(
            "Cloned call center {} as {display_name}",
            first.display_name
        );
        self.new_call_center(by, &clone, &reason, ("clonedcallcenter", &said))
            .await
    }

    async fn new_call_center(
        &self,
        by: &UserContext,
        definition: &CallCenter,
        reason: &str,
        audit: (&str, &str),
    ) -> Result<RecordId, CallCenterError> {
        may_manage(by)?;
        let mut transaction = self.database().begin().await?;
        let number = serial::take(&mut transaction, KEY_PREFIX, 1).await?;
        let id = RecordId::from_serial(KEY_PREFIX, number);
        self.insert_call_center(&mut transaction, &id, definition, crate::now_ms())
            .await?;
        self.put_version(&mut transaction, by, &id, definition, reason)
            .await?;
        self.write_call_center_rows(&mut transaction, by.user.as_ref())
            .await?;
        self.audit_in(&mut transaction, by, SECTION, audit.0, audit.1)
            .await?;
        transaction.commit().await?;
        Ok(id)
    }

    pub(super) async fn insert_call_center(
        &self,
        transaction: &mut Transaction,
        id: &RecordId,
        definition: &CallCenter,
        created_at_ms: i64,
    ) -> Result<(), CallCenterError> {
        let insert = Statement::new(
            "INSERT INTO call_center (id, internal_name, display_name, body, created_at_ms)
             VALUES ($1, $2, $3, $4, $5)",
        )
        .with(id)
        .with(definition.internal_name.as_str())
        .with(definition.display_name.as_str())
        .with(to_json(definition)?)
        .with(created_at_ms);
        match transaction.execute(&insert).await {
            Err(DbError::Unique(_)) => {
                Err(CallCenterError::Exists(definition.internal_name.clone()))
            }
            other => Ok(other.map(drop)?),
        }
    }

    /// Keeps a state of a call center that is held.
    pub(super) async fn put_version(
        &self,
        transaction: &mut Transaction,
        by: &UserContext,
        id: &RecordId,
        definition: &CallCenter,
        reason: &str,
    ) -> Result<(), CallCenterError> {
        let put = Statement::new(
            "INSERT INTO call_center_version
                 (call_center_id, version, body, reason, made_by, made_at_ms)
             SELECT $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5
             FROM call_center_version WHERE call_center_id = $1",
        )
        .with(id)
        .with(to_json(definition)?)
        .with(reason)
        .with(by.user.as_ref().map(ToString::to_string))
        .with(crate::now_ms());
        transaction.execute(&put).await?;
        let prune = Statement::new(
            "DELETE FROM call_center_version WHERE call_center_id = $1 AND version > 1
             AND version <= (SELECT max(version) FROM call_center_version
                             WHERE call_center_id = $1) - $2",
        );
        transaction
            .execute(&prune.with(id).with(VERSIONS_MAX))
            .await?;
        Ok(())
    }

    /// All call centers by display name.
    pub async fn call_centers(&self) -> Result<Vec<StoredCallCenter>, StoreError> {
        let all = Statement::new(format!("{SELECT} ORDER BY lower(c.display_name), c.id"));
        let rows = self.database().read(&all).await?;
        rows.iter().map(|row| Ok(call_center(row)?)).collect()
    }

    /// One call center.
    pub async fn call_center(&self, id: &RecordId) -> Result<Option<StoredCallCenter>, StoreError> {
        let one = Statement::new(format!("{SELECT} WHERE c.id = $1")).with(id);
        let row = self.database().read_one(&one).await?;
        Ok(row.map(|row| call_center(&row)).transpose()?)
    }

    /// The call center that a user is in.
    pub async fn call_center_of(
        &self,
        user: &RecordId,
    ) -> Result<Option<StoredCallCenter>, StoreError> {
        let theirs = Statement::new(format!(
            "{SELECT} JOIN org_user me ON me.callcentername = c.internal_name
             WHERE me.id = $1 AND NOT me.is_deleted"
        ));
        let row = self.database().read_one(&theirs.with(user)).await?;
        Ok(row.map(|row| call_center(&row)).transpose()?)
    }

    /// The states of a call center, newest first. The last is what was imported.
    pub async fn call_center_history(
        &self,
        id: &RecordId,
    ) -> Result<Vec<CallCenterVersion>, StoreError> {
        let all = Statement::new(
            "SELECT v.version, v.body, v.reason, u.name, v.made_at_ms FROM call_center_version v
             LEFT JOIN org_user u ON u.id = v.made_by
             WHERE v.call_center_id = $1 ORDER BY v.version DESC",
        );
        let rows = self.database().read(&all.with(id)).await?;
        let version = |row: &Row| {
            Ok(CallCenterVersion {
                version: u32::try_from(row.integer(0)?).unwrap_or(u32::MAX),
                definition: row.json(1)?,
                reason: row.text(2)?.to_owned(),
                made_by: row.optional_text(3)?.unwrap_or_default().to_owned(),
                made_at_ms: row.integer(4)?,
            })
        };
        rows.iter().map(version).collect()
    }

    /// Gives a call center another state. `seen` is the version that the change was made from:
    /// when there is a newer one, nothing is changed. The internal name stays.
    pub async fn change_call_center(
        &self,
        by: &UserContext,
        id: &RecordId,
        seen: u32,
        definition: &CallCenter,
        reason: &str,
    ) -> Result<(), CallCenterError> {
        may_manage(by)?;
        let mut transaction = self.database().begin().await?;
        let held = self.held_call_center(&mut transaction, id).await?;
        if held.version != seen || held.definition.internal_name != definition.internal_name {
            return Err(CallCenterError::Changed(held.definition.display_name));
        }
        let update =
            Statement::new("UPDATE call_center SET display_name = $2, body = $3 WHERE id = $1")
                .with(id)
                .with(definition.display_name.as_str())
                .with(to_json(definition)?);
        transaction.execute(&update).await?;
        self.put_version(&mut transaction, by, id, definition, reason)
            .await?;
        self.write_call_center_rows(&mut transaction, by.user.as_ref())
            .await?;
        let said = format!("{reason}: call center {}", definition.display_name);
        self.audit_in(&mut transaction, by, SECTION, "changedcallcenter", &said)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// The call center, held until the transaction ends: nobody deletes it, or joins it while it
    /// is deleted.
    pub(super) async fn held_call_center(
        &self,
        transaction: &mut Transaction,
        id: &RecordId,
    ) -> Result<StoredCallCenter, CallCenterError> {
        let hold = format!(
            "SELECT id FROM call_center WHERE id = $1{}",
            self.database().dialect().for_update()
        );
        transaction.fetch(&Statement::new(hold).with(id)).await?;
        let one = Statement::new(format!("{SELECT} WHERE c.id = $1")).with(id);
        let row = transaction.fetch_one(&one).await?;
        let row = row.ok_or(CallCenterError::NotFound)?;
        Ok(call_center(&row)?)
    }
}

fn call_center(row: &Row) -> Result<StoredCallCenter, DbError> {
    let version = if row.is_null(4) { 1 } else { row.integer(4)? };
    Ok(StoredCallCenter {
        id: row.record_id(0)?,
        definition: row.json(1)?,
        created_at_ms: row.integer(2)?,
        user_count: u32::try_from(row.integer(3)?).unwrap_or(u32::MAX),
        version: u32::try_from(version).unwrap_or(u32::MAX),
    })
}
