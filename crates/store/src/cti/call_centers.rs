//! Call centers: imported, listed, deleted.

use offhook_org::cti::CallCenter;
use offhook_org::{RecordId, UserContext};

use super::{CallCenterError, StoredCallCenter, may_manage};
use crate::Store;
use crate::accounts::to_json;
use crate::database::{DbError, Row, Statement, Transaction};
use crate::error::StoreError;
use crate::serial;

/// The prefix of a call center's id.
const KEY_PREFIX: &str = "04v";

/// A call center and how many users it has.
const SELECT: &str = "
    SELECT c.id, c.body, c.created_at_ms, (
        SELECT count(*) FROM org_user u
        WHERE u.callcentername = c.internal_name AND NOT u.is_deleted
    )
    FROM call_center c";

impl Store {
    /// Adds an imported call center.
    pub async fn import_call_center(
        &self,
        user: &UserContext,
        definition: &CallCenter,
    ) -> Result<RecordId, CallCenterError> {
        may_manage(user)?;
        let mut transaction = self.database().begin().await?;
        let number = serial::take(&mut transaction, KEY_PREFIX, 1).await?;
        let id = RecordId::from_serial(KEY_PREFIX, number);
        let insert = Statement::new(
            "INSERT INTO call_center (id, internal_name, display_name, body, created_at_ms)
             VALUES ($1, $2, $3, $4, $5)",
        )
        .with(&id)
        .with(definition.internal_name.as_str())
        .with(definition.display_name.as_str())
        .with(to_json(definition)?)
        .with(crate::now_ms());
        match transaction.execute(&insert).await {
            Err(DbError::Unique(_)) => {
                return Err(CallCenterError::Exists(definition.internal_name.clone()));
            }
            other => other?,
        };
        self.write_call_center_rows(&mut transaction, user.user.as_ref())
            .await?;
        transaction.commit().await?;
        Ok(id)
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

    /// Deletes a call center that has no users.
    pub async fn delete_call_center(
        &self,
        by: &UserContext,
        id: &RecordId,
    ) -> Result<(), CallCenterError> {
        may_manage(by)?;
        let mut transaction = self.database().begin().await?;
        let held = self.held_call_center(&mut transaction, id).await?;
        if held.user_count > 0 {
            return Err(CallCenterError::HasUsers {
                display_name: held.definition.display_name,
                user_count: held.user_count,
            });
        }
        let delete = Statement::new("DELETE FROM call_center WHERE id = $1").with(id);
        transaction.execute(&delete).await?;
        self.forget_call_center(&mut transaction, id).await?;
        self.write_call_center_rows(&mut transaction, None).await?;
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
    Ok(StoredCallCenter {
        id: row.record_id(0)?,
        definition: row.json(1)?,
        created_at_ms: row.integer(2)?,
        user_count: u32::try_from(row.integer(3)?).unwrap_or(u32::MAX),
    })
}
