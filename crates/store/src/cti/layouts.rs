//! Softphone layouts: by name, one of them the default, and which profiles have another.

use std::collections::BTreeMap;

use offhook_org::cti::SoftphoneLayout;
use offhook_org::{RecordId, UserContext};

use super::{CallCenterError, may_manage};
use crate::Store;
use crate::accounts::to_json;
use crate::database::{DbError, Row, Statement, Transaction};
use crate::error::StoreError;

/// The place in Setup, for the audit trail.
const SECTION: &str = "Softphone Layouts";

/// The layout that a profile has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssignedLayout {
    /// The layout.
    pub layout: SoftphoneLayout,
    /// Is it assigned to the profile? Otherwise it is the default.
    pub is_assigned: bool,
}

/// A profile, and the layout that is assigned to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayoutAssignment {
    /// The profile.
    pub profile: RecordId,
    /// Its name.
    pub profile_name: String,
    /// How many active users have it.
    pub user_count: u32,
    /// Name of the layout; `None` for the default.
    pub layout: Option<String>,
}

impl Store {
    /// The layout of a profile, or the default; of an org without layouts, the standard one.
    pub async fn softphone_layout(&self, profile: &str) -> Result<SoftphoneLayout, StoreError> {
        Ok(self.assigned_layout(profile).await?.layout)
    }

    /// [`Store::softphone_layout`], and why it is this one.
    pub async fn assigned_layout(&self, profile: &str) -> Result<AssignedLayout, StoreError> {
        let select = Statement::new(
            "SELECT l.body, l.is_default, a.profile_id
             FROM softphone_layout l
             LEFT JOIN org_profile p ON lower(p.name) = lower($1) AND NOT p.is_deleted
             LEFT JOIN softphone_layout_assignment a
                 ON a.layout = l.name AND a.profile_id = p.id
             WHERE l.is_default OR a.profile_id IS NOT NULL
             ORDER BY CASE WHEN a.profile_id IS NULL THEN 1 ELSE 0 END LIMIT 1",
        );
        let row = self.database().read_one(&select.with(profile)).await?;
        let Some(row) = row else {
            return Ok(AssignedLayout {
                layout: SoftphoneLayout::standard(),
                is_assigned: false,
            });
        };
        Ok(AssignedLayout {
            layout: layout(&row)?,
            is_assigned: !row.is_null(2),
        })
    }

    /// Stores or replaces a layout by its name. A new default takes the place of the old one;
    /// the first layout of an org is its default whatever it says.
    pub async fn put_softphone_layout(
        &self,
        by: &UserContext,
        layout: &SoftphoneLayout,
    ) -> Result<(), CallCenterError> {
        may_manage(by)?;
        let mut transaction = self.database().begin().await?;
        self.write_layout(&mut transaction, layout).await?;
        let said = format!("Saved softphone layout {}", layout.name);
        self.audit_in(&mut transaction, by, SECTION, "softphonelayout", &said)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Adds a layout under a name that none has.
    pub async fn create_softphone_layout(
        &self,
        by: &UserContext,
        layout: &SoftphoneLayout,
    ) -> Result<(), CallCenterError> {
        may_manage(by)?;
        let mut transaction = self.database().begin().await?;
        self.free_name(&mut transaction, &layout.name).await?;
        self.write_layout(&mut transaction, layout).await?;
        let said = format!("Created softphone layout {}", layout.name);
        self.audit_in(&mut transaction, by, SECTION, "softphonelayout", &said)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Replaces the layout that is called `name`; it may have another name then, and keeps its
    /// profiles.
    pub async fn change_softphone_layout(
        &self,
        by: &UserContext,
        name: &str,
        layout: &SoftphoneLayout,
    ) -> Result<(), CallCenterError> {
        may_manage(by)?;
        let mut transaction = self.database().begin().await?;
        if name.to_lowercase() != layout.name.to_lowercase() {
            self.free_name(&mut transaction, &layout.name).await?;
        }
        for statement in [
            "UPDATE softphone_layout_assignment SET layout = $2 WHERE layout = $1",
            "UPDATE softphone_layout SET name = $2 WHERE name = $1",
        ] {
            let rename = Statement::new(statement).with(name);
            let changed = transaction
                .execute(&rename.with(layout.name.as_str()))
                .await?;
            if changed == 0 && statement.starts_with("UPDATE softphone_layout ") {
                return Err(CallCenterError::NoLayout);
            }
        }
        self.write_layout(&mut transaction, layout).await?;
        let said = format!("Changed softphone layout {}", layout.name);
        self.audit_in(&mut transaction, by, SECTION, "softphonelayout", &said)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Names are compared without regard to case.
    async fn free_name(
        &self,
        transaction: &mut Transaction,
        name: &str,
    ) -> Result<(), CallCenterError> {
        let known = Statement::new("SELECT name FROM softphone_layout WHERE lower(name) = $1");
        let known = known.with(name.to_lowercase());
        match transaction.fetch_one(&known).await? {
            Some(row) => Err(CallCenterError::LayoutExists(row.text(0)?.to_owned())),
            None => Ok(()),
        }
    }

    async fn write_layout(
        &self,
        transaction: &mut Transaction,
        layout: &SoftphoneLayout,
    ) -> Result<(), CallCenterError> {
        if layout.is_default {
            let step_down = "UPDATE softphone_layout SET is_default = FALSE WHERE is_default";
            transaction.execute(&Statement::new(step_down)).await?;
        }
        let put = Statement::new(
            "INSERT INTO softphone_layout (name, is_default, body) VALUES ($1, $2, $3)
             ON CONFLICT (name) DO UPDATE SET
                 is_default = excluded.is_default, body = excluded.body",
        )
        .with(layout.name.as_str())
        .with(layout.is_default)
        .with(to_json(layout)?);
        transaction.execute(&put).await?;
        let step_up = Statement::new(
            "UPDATE softphone_layout SET is_default = TRUE
             WHERE name = $1 AND NOT EXISTS (SELECT 1 FROM softphone_layout WHERE is_default)",
        );
        transaction
            .execute(&step_up.with(layout.name.as_str()))
            .await?;
        Ok(())
    }

    /// Deletes a layout; the default and one that a profile has stay, with the reason.
    pub async fn delete_softphone_layout(
        &self,
        by: &UserContext,
        name: &str,
    ) -> Result<(), CallCenterError> {
        may_manage(by)?;
        let used = |why: String| CallCenterError::LayoutUsed {
            name: name.to_owned(),
            why,
        };
        let assigned: Vec<LayoutAssignment> = self
            .layout_assignments()
            .await?
            .into_iter()
            .filter(|a| a.layout.as_deref() == Some(name))
            .collect();
        if !assigned.is_empty() {
            let users: u32 = assigned.iter().map(|a| a.user_count).sum();
            let profiles: Vec<&str> = assigned.iter().map(|a| a.profile_name.as_str()).collect();
            return Err(used(format!(
                "the profiles {} have it ({users} active users); assign another layout to them \
                 first",
                profiles.join(", ")
            )));
        }
        let mut transaction = self.database().begin().await?;
        let delete = Statement::new(
            "DELETE FROM softphone_layout WHERE name = $1 AND NOT is_default
                 AND NOT EXISTS (SELECT 1 FROM softphone_layout_assignment WHERE layout = $1)",
        );
        if transaction.execute(&delete.with(name)).await? == 0 {
            let known = Statement::new("SELECT name FROM softphone_layout WHERE name = $1");
            return match transaction.fetch_one(&known.with(name)).await? {
                None => Err(CallCenterError::NoLayout),
                Some(_) => Err(used(
                    "it is the default, which every profile without one of its own has; make \
                     another layout the default first"
                        .to_owned(),
                )),
            };
        }
        let said = format!("Deleted softphone layout {name}");
        self.audit_in(&mut transaction, by, SECTION, "softphonelayout", &said)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// All layouts by name.
    pub async fn softphone_layouts(&self) -> Result<Vec<SoftphoneLayout>, StoreError> {
        let all = "SELECT body, is_default FROM softphone_layout ORDER BY lower(name), name";
        let rows = self.database().read(&Statement::new(all)).await?;
        rows.iter().map(|row| Ok(layout(row)?)).collect()
    }

    /// All profiles by name, with the layout that each has.
    pub async fn layout_assignments(&self) -> Result<Vec<LayoutAssignment>, StoreError> {
        let all = Statement::new(format!(
            "SELECT p.id, p.name, a.layout, (
                 SELECT count(*) FROM org_user u
                 WHERE u.profileid = p.id AND u.isactive AND NOT u.is_deleted
             ) FROM org_profile p
             LEFT JOIN softphone_layout_assignment a ON a.profile_id = p.id
             WHERE NOT p.is_deleted ORDER BY {}, p.id",
            self.database().dialect().folded("p.name")
        ));
        let rows = self.database().read(&all).await?;
        let assignment = |row: &Row| {
            Ok(LayoutAssignment {
                profile: row.record_id(0)?,
                profile_name: row.optional_text(1)?.unwrap_or_default().to_owned(),
                layout: row.optional_text(2)?.map(ToOwned::to_owned),
                user_count: u32::try_from(row.integer(3)?).unwrap_or(u32::MAX),
            })
        };
        rows.iter().map(assignment).collect()
    }

    /// Gives profiles their layouts: the name of one, or `None` for the default. All or none.
    pub async fn assign_softphone_layouts(
        &self,
        by: &UserContext,
        wanted: &BTreeMap<RecordId, Option<String>>,
    ) -> Result<u32, CallCenterError> {
        may_manage(by)?;
        let before = self.layout_assignments().await?;
        let mut transaction = self.database().begin().await?;
        let mut said = Vec::new();
        for now in &before {
            let Some(layout) = wanted.get(&now.profile).filter(|w| **w != now.layout) else {
                continue;
            };
            let forget =
                Statement::new("DELETE FROM softphone_layout_assignment WHERE profile_id = $1");
            transaction.execute(&forget.with(&now.profile)).await?;
            if let Some(name) = layout {
                let assign = Statement::new(
                    "INSERT INTO softphone_layout_assignment (profile_id, layout)
                     SELECT $1, name FROM softphone_layout WHERE name = $2",
                );
                let assign = assign.with(&now.profile).with(name.as_str());
                if transaction.execute(&assign).await? == 0 {
                    return Err(CallCenterError::NoLayout);
                }
            }
            let shown = layout.as_deref().unwrap_or("the default");
            said.push(format!("{} has {shown}", now.profile_name));
        }
        if !said.is_empty() {
            let words = format!("Assigned softphone layouts: {}", said.join(", "));
            self.audit_in(&mut transaction, by, SECTION, "softphonelayout", &words)
                .await?;
        }
        transaction.commit().await?;
        Ok(u32::try_from(said.len()).unwrap_or(u32::MAX))
    }
}

/// Which one is the default is said by the column.
fn layout(row: &Row) -> Result<SoftphoneLayout, DbError> {
    let mut layout: SoftphoneLayout = row.json(0)?;
    layout.is_default = row.boolean(1)?;
    Ok(layout)
}
