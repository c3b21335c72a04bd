//! Who a user is and what the user may do: the record, the profile, and those below.

use std::collections::BTreeSet;
use std::sync::Arc;

use offhook_org::access::{Profile, ProfileName, Reach};
use offhook_org::{RecordId, UserContext};

use crate::Store;
use crate::database::{Param, Statement};
use crate::error::StoreError;

impl Store {
    /// The user with all rights worked out; `None` when not there or not active.
    pub async fn user_context(&self, user: &RecordId) -> Result<Option<UserContext>, StoreError> {
        let statement = Statement::new(
            "SELECT u.name, u.profilename, u.timezonesidkey, p.body FROM org_user u
             LEFT JOIN profile p ON p.name = u.profilename
             WHERE u.id = $1 AND u.isactive AND NOT u.is_deleted",
        )
        .with(user);
        let Some(row) = self.database().read_one(&statement).await? else {
            return Ok(None);
        };
        if row.is_null(3) {
            let profile = row.optional_text(1)?.unwrap_or("no profile");
            return Err(StoreError::Corrupt(format!(
                "the user {user} has the profile {profile}, which does not exist: \
                 give the user another one"
            )));
        }
        let time_zone = row.optional_text(2)?.filter(|zone| !zone.is_empty());
        let profile = row.json::<Profile>(3)?;
        let rights = profile.rights(&self.schema());
        let subordinates = self.subordinates(user).await?;
        let mut grantees = subordinates.clone();
        grantees.insert(user.clone());
        Ok(Some(UserContext {
            user: Some(user.clone()),
            user_name: row.optional_text(0)?.unwrap_or_default().to_owned(),
            profile: ProfileName {
                id: None,
                name: profile.name,
            },
            rights: Arc::new(rights.with_open_fields(&self.schema())),
            reach: Arc::new(Reach {
                subordinates,
                grantees,
                ..Reach::default()
            }),
            time_zone: time_zone.unwrap_or(self.time_zone()).to_owned(),
        }))
    }

    /// Everybody below in the chain of managers; a ring in the chain ends at itself.
    async fn subordinates(&self, user: &RecordId) -> Result<BTreeSet<RecordId>, StoreError> {
        let statement = Statement::new(
            "WITH RECURSIVE below (id) AS (
                 SELECT id FROM org_user WHERE managerid = $1
                 UNION
                 SELECT u.id FROM org_user u JOIN below ON u.managerid = below.id
             )
             SELECT id FROM below WHERE id <> $1",
        )
        .with(user);
        let rows = self.database().read(&statement).await?;
        let ids = rows.iter().map(|row| Ok(row.record_id(0)?));
        ids.collect()
    }

    /// Stores or replaces a profile.
    pub async fn put_profile(&self, profile: &Profile) -> Result<(), StoreError> {
        let put = Statement::new(
            "INSERT INTO profile (name, body) VALUES ($1, $2)
             ON CONFLICT (name) DO UPDATE SET body = excluded.body",
        )
        .with(profile.name.as_str())
        .with(to_json(profile)?);
        self.database().write(&put).await?;
        Ok(())
    }

    /// All profiles by name.
    pub async fn profiles(&self) -> Result<Vec<Profile>, StoreError> {
        let statement = Statement::new("SELECT body FROM profile ORDER BY name");
        let rows = self.database().read(&statement).await?;
        rows.iter().map(|row| Ok(row.json(0)?)).collect()
    }
}

/// A parameter of JSON text.
pub(crate) fn to_json(value: &impl serde::Serialize) -> Result<Param, StoreError> {
    let text = serde_json::to_string(value)
        .map_err(|e| StoreError::Failed(format!("writing JSON: {e}")))?;
    Ok(text.into())
}
