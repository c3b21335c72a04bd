//! Who is in which call center. The field `CallCenterName` of the user is the one truth, so a
//! user cannot be in two; `CallCenterId` follows it.

use offhook_org::{RecordId, UserContext};

use super::{CallCenterError, may_manage};
use crate::Store;
use crate::database::{Row, Statement, Transaction};
use crate::error::StoreError;
use crate::org::list::containing;

/// Rows of one answer.
const USERS_MAX: u32 = 2_000;

impl Store {
    /// The users of a call center: id, name, profile.
    pub async fn call_center_users(
        &self,
        id: &RecordId,
    ) -> Result<Vec<(RecordId, String, String)>, StoreError> {
        let users = Statement::new(format!(
            "SELECT u.id, u.name, u.profilename FROM org_user u
             JOIN call_center c ON c.internal_name = u.callcentername
             WHERE c.id = $1 AND NOT u.is_deleted ORDER BY {}, u.id LIMIT $2",
            self.database().dialect().folded("u.name")
        ))
        .with(id)
        .with(USERS_MAX);
        let rows = self.database().read(&users).await?;
        rows.iter().map(user).collect()
    }

    /// Active users that are in no call center, by name: id, name, profile.
    pub async fn users_without_call_center(
        &self,
        text: &str,
        limit: u32,
    ) -> Result<Vec<(RecordId, String, String)>, StoreError> {
        let users = Statement::new(format!(
            "SELECT id, name, profilename FROM org_user
             WHERE callcentername IS NULL AND isactive AND NOT is_deleted
                 AND search_text LIKE $1 ESCAPE '\\'
             ORDER BY {}, id LIMIT $2",
            self.database().dialect().folded("name")
        ))
        .with(containing(text.trim().to_lowercase().as_str()))
        .with(limit.min(USERS_MAX));
        let rows = self.database().read(&users).await?;
        rows.iter().map(user).collect()
    }

    /// Puts a user into a call center; of two at once exactly one wins. A user that is in it
    /// already stays.
    pub async fn add_call_center_user(
        &self,
        by: &UserContext,
        id: &RecordId,
        user: &RecordId,
    ) -> Result<(), CallCenterError> {
        may_manage(by)?;
        let mut transaction = self.database().begin().await?;
        let held = self.held_call_center(&mut transaction, id).await?;
        let name = held.definition.internal_name.as_str();
        let add = Statement::new(
            "UPDATE org_user SET callcentername = $2, callcenterid = $5, lastmodifieddate = $3,
                 systemmodstamp = $3, lastmodifiedbyid = $4
             WHERE id = $1 AND isactive AND NOT is_deleted AND callcentername IS NULL",
        )
        .with(user)
        .with(name)
        .with(crate::now_ms())
        .with(by.user.as_ref().map(ToString::to_string))
        .with(id);
        if transaction.execute(&add).await? == 0 {
            why_not_added(&mut transaction, user, name).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Takes a user out.
    pub async fn remove_call_center_user(
        &self,
        by: &UserContext,
        id: &RecordId,
        user: &RecordId,
    ) -> Result<(), CallCenterError> {
        may_manage(by)?;
        let mut transaction = self.database().begin().await?;
        let held = self.held_call_center(&mut transaction, id).await?;
        let remove = Statement::new(
            "UPDATE org_user SET callcentername = NULL, callcenterid = NULL,
                 lastmodifieddate = $3, systemmodstamp = $3, lastmodifiedbyid = $4
             WHERE id = $1 AND callcentername = $2",
        )
        .with(user)
        .with(held.definition.internal_name)
        .with(crate::now_ms())
        .with(by.user.as_ref().map(ToString::to_string));
        transaction.execute(&remove).await?;
        Ok(transaction.commit().await?)
    }
}

/// Nothing is wrong when the user is in this very call center.
async fn why_not_added(
    transaction: &mut Transaction,
    user: &RecordId,
    internal_name: &str,
) -> Result<(), CallCenterError> {
    let statement = Statement::new(
        "SELECT u.name, u.isactive, u.callcentername, c.display_name FROM org_user u
         LEFT JOIN call_center c ON c.internal_name = u.callcentername
         WHERE u.id = $1 AND NOT u.is_deleted",
    );
    let Some(row) = transaction.fetch_one(&statement.with(user)).await? else {
        return Err(CallCenterError::UserInactive(user.to_string()));
    };
    let name = row.optional_text(0)?.unwrap_or_default().to_owned();
    if row.is_null(1) || !row.boolean(1)? {
        return Err(CallCenterError::UserInactive(name));
    }
    let present = row.optional_text(2)?.unwrap_or_default();
    if present == internal_name {
        return Ok(());
    }
    Err(CallCenterError::UserElsewhere {
        user: name,
        present: row.optional_text(3)?.unwrap_or(present).to_owned(),
    })
}

fn user(row: &Row) -> Result<(RecordId, String, String), StoreError> {
    let text = |column| {
        row.optional_text(column)
            .map(|t| t.unwrap_or_default().to_owned())
    };
    Ok((row.record_id(0)?, text(1)?, text(2)?))
}
