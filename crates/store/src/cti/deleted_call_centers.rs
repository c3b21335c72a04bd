//! Deleting a call center with what hangs on it, and restoring it with its users as far as they
//! are in no other one since.

use offhook_org::cti::CallCenter;
use offhook_org::{RecordId, UserContext};

use super::call_centers::SECTION;
use super::{CallCenterError, may_manage};
use crate::Store;
use crate::accounts::to_json;
use crate::database::{Row, Statement, Transaction};
use crate::error::StoreError;

/// Deleted call centers that are kept.
const DELETED_MAX: i64 = 50;

/// A call center that was deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletedCallCenter {
    /// Its id, which it has again when it is restored.
    pub id: RecordId,
    /// The definition.
    pub definition: CallCenter,
    /// The users that lost the phone.
    pub users: Vec<RecordId>,
    /// Who deleted it; empty for the system.
    pub deleted_by: String,
    /// When, UTC milliseconds.
    pub deleted_at_ms: i64,
}

const SELECT: &str = "
    SELECT d.call_center_id, d.body, d.users, d.user_groups, d.created_at_ms, u.name,
           d.deleted_at_ms
    FROM call_center_deleted d LEFT JOIN org_user u ON u.id = d.deleted_by";

impl Store {
    /// Deletes a call center; its users lose the phone, its groups give none any more. `users` is
    /// how many the admin was told that it has: when others came since, nothing is deleted.
    pub async fn delete_call_center(
        &self,
        by: &UserContext,
        id: &RecordId,
        users: u32,
    ) -> Result<(), CallCenterError> {
        may_manage(by)?;
        let mut transaction = self.database().begin().await?;
        let held = self.held_call_center(&mut transaction, id).await?;
        let definition = &held.definition;
        if held.user_count != users {
            return Err(CallCenterError::OtherUsers {
                display_name: definition.display_name.clone(),
                user_count: held.user_count,
                told: users,
            });
        }
        self.keep_deleted(&mut transaction, by, id, definition, held.created_at_ms)
            .await?;
        let leave = Statement::new(
            "UPDATE org_user SET callcentername = NULL, callcenterid = NULL,
                 lastmodifieddate = $2, systemmodstamp = $2, lastmodifiedbyid = $3
             WHERE callcentername = $1",
        )
        .with(definition.internal_name.as_str())
        .with(crate::now_ms())
        .with(by.user.as_ref().map(ToString::to_string));
        transaction.execute(&leave).await?;
        self.forget_call_center(&mut transaction, id).await?;
        for statement in [
            "DELETE FROM call_center_group WHERE call_center_id = $1",
            "DELETE FROM call_center_member_by_group WHERE call_center_id = $1",
            "DELETE FROM call_center WHERE id = $1",
        ] {
            let statement = Statement::new(statement).with(id);
            transaction.execute(&statement).await?;
        }
        self.write_call_center_rows(&mut transaction, None).await?;
        let said = format!(
            "Deleted call center {} ({users} users lost the phone)",
            definition.display_name
        );
        self.audit_in(&mut transaction, by, SECTION, "deletedcallcenter", &said)
            .await?;
        transaction.commit().await?;
        self.rights_changed("User");
        Ok(())
    }

    async fn keep_deleted(
        &self,
        transaction: &mut Transaction,
        by: &UserContext,
        id: &RecordId,
        definition: &CallCenter,
        created_at_ms: i64,
    ) -> Result<(), CallCenterError> {
        let users = Statement::new(
            "SELECT u.id FROM org_user u WHERE u.callcentername = $1 AND NOT u.is_deleted
                 AND NOT EXISTS (SELECT 1 FROM call_center_member_by_group g
                                 WHERE g.user_id = u.id)
             ORDER BY u.id",
        );
        let users = users.with(definition.internal_name.as_str());
        let groups = Statement::new(
            "SELECT group_id FROM call_center_group WHERE call_center_id = $1 ORDER BY group_id",
        );
        let users = ids(&transaction.fetch(&users).await?)?;
        let groups = ids(&transaction.fetch(&groups.with(id)).await?)?;
        let keep = Statement::new(
            "INSERT INTO call_center_deleted
                 (call_center_id, body, users, user_groups, created_at_ms, deleted_by,
                  deleted_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .with(id)
        .with(to_json(definition)?)
        .with(to_json(&users)?)
        .with(to_json(&groups)?)
        .with(created_at_ms)
        .with(by.user.as_ref().map(ToString::to_string))
        .with(crate::now_ms());
        transaction.execute(&keep).await?;
        let prune = [
            "DELETE FROM call_center_deleted WHERE call_center_id NOT IN (
                 SELECT call_center_id FROM call_center_deleted
                 ORDER BY deleted_at_ms DESC, call_center_id DESC LIMIT $1)",
            "DELETE FROM call_center_version
             WHERE call_center_id <> $2
                 AND call_center_id NOT IN (SELECT id FROM call_center)
                 AND call_center_id NOT IN (SELECT call_center_id FROM call_center_deleted)",
        ];
        let too_many = Statement::new(prune[0]).with(DELETED_MAX);
        transaction.execute(&too_many).await?;
        let versions = Statement::new(prune[1].replace("$2", "$1")).with(id);
        transaction.execute(&versions).await?;
        Ok(())
    }

    /// The call centers that can be restored, newest first.
    pub async fn deleted_call_centers(&self) -> Result<Vec<DeletedCallCenter>, StoreError> {
        let all = Statement::new(format!(
            "{SELECT} ORDER BY d.deleted_at_ms DESC, d.call_center_id DESC"
        ));
        let rows = self.database().read(&all).await?;
        rows.iter()
            .map(|row| {
                Ok(DeletedCallCenter {
                    id: row.record_id(0)?,
                    definition: row.json(1)?,
                    users: row.json(2)?,
                    deleted_by: row.optional_text(5)?.unwrap_or_default().to_owned(),
                    deleted_at_ms: row.integer(6)?,
                })
            })
            .collect()
    }

    /// Restores a deleted call center under its id, with its history and its groups, and those of
    /// its users that are active and in no other one. Answers how many are in it again. Refused
    /// when its internal name was taken since.
    pub async fn restore_call_center(
        &self,
        by: &UserContext,
        id: &RecordId,
    ) -> Result<u32, CallCenterError> {
        may_manage(by)?;
        let mut transaction = self.database().begin().await?;
        let lock = self.database().dialect().for_update();
        let hold = Statement::new(format!(
            "SELECT call_center_id FROM call_center_deleted WHERE call_center_id = $1{lock}"
        ));
        transaction.fetch(&hold.with(id)).await?;
        let one = Statement::new(format!("{SELECT} WHERE d.call_center_id = $1")).with(id);
        let row = transaction.fetch_one(&one).await?;
        let row = row.ok_or(CallCenterError::NotFound)?;
        let definition: CallCenter = row.json(1)?;
        let (users, groups): (Vec<RecordId>, Vec<RecordId>) = (row.json(2)?, row.json(3)?);
        self.insert_call_center(&mut transaction, id, &definition, row.integer(4)?)
            .await?;
        self.put_version(&mut transaction, by, id, &definition, "Restored")
            .await?;
        let mut back = 0;
        for user in &users {
            let join = self.join(user, id, &definition.internal_name, by, false);
            back += u32::from(transaction.execute(&join).await? > 0);
        }
        for group in &groups {
            let map = Statement::new(
                "INSERT INTO call_center_group (group_id, call_center_id)
                 SELECT id, $2 FROM org_group WHERE id = $1 AND NOT is_deleted
                 ON CONFLICT (group_id) DO NOTHING",
            );
            transaction.execute(&map.with(group).with(id)).await?;
        }
        let forget = Statement::new("DELETE FROM call_center_deleted WHERE call_center_id = $1");
        transaction.execute(&forget.with(id)).await?;
        self.write_call_center_rows(&mut transaction, by.user.as_ref())
            .await?;
        let said = format!("Restored call center {}", definition.display_name);
        self.audit_in(&mut transaction, by, SECTION, "restoredcallcenter", &said)
            .await?;
        transaction.commit().await?;
        self.rights_changed("User");
        Ok(back)
    }
}

fn ids(rows: &[Row]) -> Result<Vec<RecordId>, StoreError> {
    rows.iter().map(|row| Ok(row.record_id(0)?)).collect()
}
