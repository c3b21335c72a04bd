//! Public groups whose members get the phone of a call center. The group is a layer over the one
//! truth, the user's own field: whoever joins a group is put into the call center, whoever leaves
//! it is taken out between two calls. A user who is in another call center stays there, and an
//! admin sees the conflict.

use std::collections::{BTreeMap, BTreeSet};

use offhook_org::{RecordId, UserContext};

use super::call_center_users::leave;
use super::call_centers::SECTION;
use super::{CallCenterError, may_manage};
use crate::Store;
use crate::database::{Attempts, Row, Statement};
use crate::error::StoreError;

/// A public group of a call center.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallCenterGroup {
    /// The group.
    pub id: RecordId,
    /// Its name.
    pub name: String,
    /// How many active users it stands for, through groups in it too.
    pub member_count: u32,
}

/// What bringing users in step with groups did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupSettlement {
    /// Users that were put into a call center.
    pub joined: Vec<RecordId>,
    /// Users that were taken out.
    pub left: Vec<RecordId>,
    /// Users that leave when their call is over.
    pub waiting: Vec<RecordId>,
}

/// A user to whom a group would give a phone, and who has another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupConflict {
    /// The user.
    pub user: RecordId,
    /// The user's name.
    pub name: String,
    /// Display names of the call centers that groups would give.
    pub wanted: Vec<String>,
    /// Display name of the one that the user is in; `None` when two groups want the user.
    pub present: Option<String>,
}

/// Who should be where by groups, and who is.
#[derive(Default)]
struct Standing {
    /// For each active user in a mapped group: call center to group.
    wanted: BTreeMap<RecordId, BTreeMap<RecordId, RecordId>>,
    users: BTreeMap<RecordId, Present>,
    /// Internal and display names.
    centers: BTreeMap<RecordId, (String, String)>,
}

/// Where a user is.
#[derive(Default)]
struct Present {
    name: String,
    call_center: Option<RecordId>,
    by_group: Option<RecordId>,
    in_call: bool,
}

impl Store {
    /// The public groups of a call center by name.
    pub async fn call_center_groups(
        &self,
        id: &RecordId,
    ) -> Result<Vec<CallCenterGroup>, StoreError> {
        let all = Statement::new(format!(
            "SELECT m.group_id, g.name FROM call_center_group m
             LEFT JOIN org_group g ON g.id = m.group_id AND NOT g.is_deleted
             WHERE m.call_center_id = $1 ORDER BY {}, m.group_id",
            self.database().dialect().folded("g.name")
        ));
        let mut groups = Vec::new();
        for row in self.database().read(&all.with(id)).await? {
            let id = row.record_id(0)?;
            let name = row.optional_text(1)?.unwrap_or("(deleted group)");
            let members = self.active_members(&id).await?.len();
            groups.push(CallCenterGroup {
                name: name.to_owned(),
                member_count: u32::try_from(members).unwrap_or(u32::MAX),
                id,
            });
        }
        Ok(groups)
    }

    /// The public groups that are mapped to no call center: id and name.
    pub async fn free_public_groups(&self) -> Result<Vec<(RecordId, String)>, StoreError> {
        let all = Statement::new(format!(
            "SELECT g.id, g.name FROM org_group g
             WHERE g.type = 'Regular' AND NOT g.is_deleted
                 AND NOT EXISTS (SELECT 1 FROM call_center_group m WHERE m.group_id = g.id)
             ORDER BY {}, g.id LIMIT 500",
            self.database().dialect().folded("g.name")
        ));
        let rows = self.database().read(&all).await?;
        let group = |row: &Row| {
            let name = row.optional_text(1)?.unwrap_or_default();
            Ok((row.record_id(0)?, name.to_owned()))
        };
        rows.iter().map(group).collect()
    }

    /// Maps a public group to a call center: its members get the phone at the next
    /// [`Store::settle_call_center_groups`], which the caller asks for.
    pub async fn map_call_center_group(
        &self,
        by: &UserContext,
        id: &RecordId,
        group: &RecordId,
    ) -> Result<(), CallCenterError> {
        may_manage(by)?;
        let mut transaction = self.database().begin().await?;
        let held = self.held_call_center(&mut transaction, id).await?;
        let known = Statement::new(
            "SELECT g.name, c.display_name, c.id FROM org_group g
             LEFT JOIN call_center_group m ON m.group_id = g.id
             LEFT JOIN call_center c ON c.id = m.call_center_id
             WHERE g.id = $1 AND g.type = 'Regular' AND NOT g.is_deleted",
        );
        let known = transaction.fetch_one(&known.with(group)).await?;
        let known = known.ok_or(CallCenterError::NoGroup)?;
        let name = known.optional_text(0)?.unwrap_or_default().to_owned();
        let map = Statement::new(
            "INSERT INTO call_center_group (group_id, call_center_id) VALUES ($1, $2)
             ON CONFLICT (group_id) DO NOTHING",
        );
        if transaction.execute(&map.with(group).with(id)).await? == 0 {
            let is_here = !known.is_null(2) && known.record_id(2)? == *id;
            let present = known.optional_text(1)?.unwrap_or("that was just mapped");
            return match is_here {
                true => Ok(()),
                false => Err(CallCenterError::GroupElsewhere {
                    group: name,
                    present: present.to_owned(),
                }),
            };
        }
        let said = format!(
            "Mapped public group {name} to call center {}",
            held.definition.display_name
        );
        self.audit_in(&mut transaction, by, SECTION, "callcentergroup", &said)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Takes a group out of a call center; those who are in by it alone leave at the next
    /// [`Store::settle_call_center_groups`].
    pub async fn unmap_call_center_group(
        &self,
        by: &UserContext,
        id: &RecordId,
        group: &RecordId,
    ) -> Result<(), CallCenterError> {
        may_manage(by)?;
        let mut transaction = self.database().begin().await?;
        let held = self.held_call_center(&mut transaction, id).await?;
        let unmap = Statement::new(
            "DELETE FROM call_center_group WHERE group_id = $1 AND call_center_id = $2",
        );
        if transaction.execute(&unmap.with(group).with(id)).await? > 0 {
            let said = format!(
                "Took public group {group} out of call center {}",
                held.definition.display_name
            );
            self.audit_in(&mut transaction, by, SECTION, "callcentergroup", &said)
                .await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Users of a call center who are in it by this group, and would leave with it.
    pub async fn users_by_group(&self, group: &RecordId) -> Result<Vec<String>, StoreError> {
        let all = Statement::new(format!(
            "SELECT u.name FROM call_center_member_by_group m JOIN org_user u ON u.id = m.user_id
             WHERE m.group_id = $1 ORDER BY {} LIMIT 2000",
            self.database().dialect().folded("u.name")
        ));
        let rows = self.database().read(&all.with(group)).await?;
        let name = |row: &Row| Ok(row.optional_text(0)?.unwrap_or_default().to_owned());
        rows.iter().map(name).collect()
    }

    /// Puts users that joined a mapped group into its call center, and takes those out that left
    /// the group and are in no call. Costs one small read while no group is mapped.
    pub async fn settle_call_center_groups(&self) -> Result<GroupSettlement, StoreError> {
        let mut settlement = GroupSettlement::default();
        let Some(standing) = self.group_standing().await? else {
            return Ok(settlement);
        };
        let system = UserContext::system();
        for (user, present) in &standing.users {
            let wanted = standing.wanted.get(user);
            if let (Some(_), Some(center)) = (&present.by_group, &present.call_center)
                && wanted.is_none_or(|wanted| !wanted.contains_key(center))
            {
                match present.in_call {
                    true => settlement.waiting.push(user.clone()),
                    false => {
                        if self.leave_by_group(&system, user, center).await? {
                            settlement.left.push(user.clone());
                        }
                    }
                }
            }
        }
        for (user, wanted) in &standing.wanted {
            let present = standing.users.get(user);
            let left = settlement.left.contains(user);
            let is_free = left || present.is_none_or(|p| p.call_center.is_none());
            let mut wanted = wanted.iter();
            if let (true, Some((center, group)), None) = (is_free, wanted.next(), wanted.next())
                && let Some((internal_name, _)) = standing.centers.get(center)
                && self
                    .join_by_group(&system, user, center, group, internal_name)
                    .await?
            {
                settlement.joined.push(user.clone());
            }
        }
        if !settlement.joined.is_empty() || !settlement.left.is_empty() {
            self.rights_changed("User");
        }
        Ok(settlement)
    }

    async fn join_by_group(
        &self,
        system: &UserContext,
        user: &RecordId,
        center: &RecordId,
        group: &RecordId,
        internal_name: &str,
    ) -> Result<bool, StoreError> {
        let mut attempts = Attempts::default();
        loop {
            let work = async {
                let mut transaction = self.database().begin_attempt(&attempts).await?;
                let lock = self.database().dialect().for_update();
                // The mapping is held: a call center that is deleted meanwhile takes it with it.
                let hold = Statement::new(format!(
                    "SELECT group_id FROM call_center_group
                     WHERE group_id = $1 AND call_center_id = $2{lock}"
                ));
                let hold = hold.with(group).with(center);
                let join = self.join(user, center, internal_name, system, false);
                if transaction.fetch_one(&hold).await?.is_none()
                    || transaction.execute(&join).await? == 0
                {
                    return Ok(false);
                }
                let note = Statement::new(
                    "INSERT INTO call_center_member_by_group
                         (user_id, call_center_id, group_id, since_ms)
                     VALUES ($1, $2, $3, $4)
                     ON CONFLICT (user_id) DO UPDATE SET
                         call_center_id = excluded.call_center_id,
                         group_id = excluded.group_id, since_ms = excluded.since_ms",
                )
                .with(user)
                .with(center)
                .with(group)
                .with(crate::now_ms());
                transaction.execute(&note).await?;
                let said = format!("User {user} joined call center {internal_name} by a group");
                self.audit_in(&mut transaction, system, SECTION, "callcenterusers", &said)
                    .await?;
                transaction.commit().await?;
                Ok::<_, StoreError>(true)
            };
            match work.await {
                Err(error) if attempts.again(&error) => {}
                other => return other,
            }
        }
    }

    async fn leave_by_group(
        &self,
        system: &UserContext,
        user: &RecordId,
        center: &RecordId,
    ) -> Result<bool, StoreError> {
        let mut attempts = Attempts::default();
        loop {
            let work = async {
                let mut transaction = self.database().begin_attempt(&attempts).await?;
                let forget = Statement::new(
                    "DELETE FROM call_center_member_by_group
                     WHERE user_id = $1 AND call_center_id = $2",
                );
                let forget = forget.with(user).with(center);
                if transaction.execute(&forget).await? == 0 {
                    return Ok(false);
                }
                let is_there =
                    Statement::new("SELECT id FROM org_user WHERE id = $1 AND callcenterid = $2");
                let is_there = is_there.with(user).with(center);
                if transaction.fetch_one(&is_there).await?.is_some() {
                    transaction.execute(&leave(user, system)).await?;
                }
                let said = format!("User {user} left call center {center} with a group");
                self.audit_in(&mut transaction, system, SECTION, "callcenterusers", &said)
                    .await?;
                transaction.commit().await?;
                Ok::<_, StoreError>(true)
            };
            match work.await {
                Err(error) if attempts.again(&error) => {}
                other => return other,
            }
        }
    }

    /// Users to whom groups would give another phone than they have, or two at once.
    pub async fn call_center_group_conflicts(&self) -> Result<Vec<GroupConflict>, StoreError> {
        let Some(standing) = self.group_standing().await? else {
            return Ok(Vec::new());
        };
        let shown = |id: &RecordId| standing.centers.get(id).map(|(_, shown)| shown.clone());
        let mut conflicts = Vec::new();
        for (user, wanted) in &standing.wanted {
            let present = standing.users.get(user);
            let center = present.and_then(|present| present.call_center.as_ref());
            let is_settled = match center {
                Some(center) => wanted.contains_key(center) && wanted.len() == 1,
                None => wanted.len() == 1,
            };
            if !is_settled {
                conflicts.push(GroupConflict {
                    name: present.map_or_else(|| user.to_string(), |p| p.name.clone()),
                    user: user.clone(),
                    wanted: wanted.keys().filter_map(shown).collect(),
                    present: center.and_then(shown),
                });
            }
        }
        Ok(conflicts)
    }

    /// `None` when groups have nothing to do with call centers.
    async fn group_standing(&self) -> Result<Option<Standing>, StoreError> {
        let mapped = Statement::new("SELECT group_id, call_center_id FROM call_center_group");
        let mapped = self.database().read(&mapped).await?;
        let any = Statement::new("SELECT user_id FROM call_center_member_by_group LIMIT 1");
        if mapped.is_empty() && self.database().read_one(&any).await?.is_none() {
            return Ok(None);
        }
        let mut standing = Standing::default();
        for row in &mapped {
            let (group, center) = (row.record_id(0)?, row.record_id(1)?);
            for user in self.active_members(&group).await? {
                let wanted = standing.wanted.entry(user).or_default();
                wanted
                    .entry(center.clone())
                    .or_insert_with(|| group.clone());
            }
        }
        let centers = Statement::new("SELECT id, internal_name, display_name FROM call_center");
        for row in self.database().read(&centers).await? {
            let names = (row.text(1)?.to_owned(), row.text(2)?.to_owned());
            standing.centers.insert(row.record_id(0)?, names);
        }
        let users = Statement::new(
            "SELECT u.id, u.name, u.callcenterid, m.group_id, EXISTS (
                 SELECT 1 FROM call k WHERE k.agent = u.id AND k.is_open
             ) FROM org_user u
             LEFT JOIN call_center_member_by_group m
                 ON m.user_id = u.id AND m.call_center_id = u.callcenterid
             WHERE NOT u.is_deleted AND u.callcenterid IS NOT NULL",
        );
        for row in self.database().read(&users).await? {
            let present = Present {
                name: row.optional_text(1)?.unwrap_or_default().to_owned(),
                call_center: Some(row.record_id(2)?),
                by_group: optional_id(&row, 3)?,
                in_call: row.boolean(4)?,
            };
            standing.users.insert(row.record_id(0)?, present);
        }
        let wanted: BTreeSet<&RecordId> = standing.wanted.keys().collect();
        let nameless: Vec<RecordId> = (wanted.into_iter())
            .filter(|user| !standing.users.contains_key(*user))
            .cloned()
            .collect();
        for user in nameless {
            let name = self.person_name(&user).await?;
            let present = Present {
                name,
                ..Present::default()
            };
            standing.users.insert(user, present);
        }
        Ok(Some(standing))
    }
}

fn optional_id(row: &Row, column: usize) -> Result<Option<RecordId>, StoreError> {
    match row.is_null(column) {
        true => Ok(None),
        false => Ok(Some(row.record_id(column)?)),
    }
}
