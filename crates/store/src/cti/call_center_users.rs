//! Who is in which call center. The field `CallCenterName` of the user is the one truth, so a
//! user cannot be in two; `CallCenterId` follows it. Many users change in one piece of work, each
//! with an answer.

use offhook_org::{RecordId, UserContext};

use super::call_centers::SECTION;
use super::{CallCenterError, StoredCallCenter, may_manage};
use crate::Store;
use crate::database::{Attempts, DbError, Row, Statement, Transaction};
use crate::error::StoreError;
use crate::org::list::containing;

/// Rows of one answer.
const USERS_MAX: u32 = 2_000;

/// Users of one transaction: others get their turn between two.
const CHUNK: usize = 200;

/// What is done with users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MembershipChange {
    /// Into the call center; refused for those that are in another.
    Add,
    /// Into the call center, out of the one that they are in.
    Move,
    /// Out of it.
    Remove,
}

/// What became of one user.
#[derive(Debug)]
pub struct MembershipOutcome {
    /// The user.
    pub user: RecordId,
    /// The user's name; the id for one that is not there.
    pub name: String,
    /// Done, with `true` if anything changed; or why not.
    pub done: Result<bool, CallCenterError>,
}

/// Which users are sought.
#[derive(Debug, Clone, Default)]
pub struct UserSearch {
    /// In name, alias, user name, profile and role; empty for all.
    pub text: String,
    /// Of this profile.
    pub profile: Option<RecordId>,
    /// In this role.
    pub role: Option<RecordId>,
    /// Those that are in no call center alone.
    pub only_free: bool,
    /// The most that are answered.
    pub limit: u32,
}

/// A user, as far as the telephone is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneUser {
    /// The user.
    pub id: RecordId,
    /// Full name.
    pub name: String,
    /// The profile's name.
    pub profile: String,
    /// The role's name; empty for none.
    pub role: String,
    /// Display name of the call center that the user is in.
    pub call_center: Option<String>,
    /// Name of the public group by which the user is in it.
    pub by_group: Option<String>,
}

const USER: &str = "
    SELECT u.id, u.name, u.profilename, r.name, c.display_name, g.name FROM org_user u
    LEFT JOIN org_userrole r ON r.id = u.userroleid
    LEFT JOIN call_center c ON c.internal_name = u.callcentername
    LEFT JOIN call_center_member_by_group m ON m.user_id = u.id AND m.call_center_id = c.id
    LEFT JOIN org_group g ON g.id = m.group_id";

impl Store {
    /// The users of a call center by name.
    pub async fn call_center_users(&self, id: &RecordId) -> Result<Vec<PhoneUser>, StoreError> {
        let users = Statement::new(format!(
            "{USER} WHERE c.id = $1 AND NOT u.is_deleted ORDER BY {}, u.id LIMIT $2",
            self.database().dialect().folded("u.name")
        ))
        .with(id)
        .with(USERS_MAX);
        let rows = self.database().read(&users).await?;
        rows.iter().map(phone_user).collect()
    }

    /// One user; `None` for one that is not there.
    pub async fn phone_user(&self, id: &RecordId) -> Result<Option<PhoneUser>, StoreError> {
        let one = Statement::new(format!("{USER} WHERE u.id = $1 AND NOT u.is_deleted"));
        let row = self.database().read_one(&one.with(id)).await?;
        row.as_ref().map(phone_user).transpose()
    }

    /// Those of these users that are in no call center, or not active, and in no call.
    pub async fn users_without_phone(
        &self,
        users: &[RecordId],
    ) -> Result<Vec<RecordId>, StoreError> {
        let mut without = Vec::new();
        for chunk in users.chunks(CHUNK) {
            let mut statement = Statement::new("SELECT u.id FROM org_user u WHERE u.id IN (");
            for (number, user) in chunk.iter().enumerate() {
                statement.push(if number > 0 { ", " } else { "" }).arg(user);
            }
            statement.push(
                ") AND (u.callcentername IS NULL OR u.is_deleted OR NOT u.isactive)
                 AND NOT EXISTS (SELECT 1 FROM call k WHERE k.agent = u.id AND k.is_open)",
            );
            for row in self.database().read(&statement).await? {
                without.push(row.record_id(0)?);
            }
        }
        Ok(without)
    }

    /// Active users, by name.
    pub async fn find_phone_users(
        &self,
        search: &UserSearch,
    ) -> Result<Vec<PhoneUser>, StoreError> {
        let dialect = self.database().dialect();
        let mut users = Statement::new(USER);
        users.push(" WHERE u.isactive AND NOT u.is_deleted");
        let text = search.text.trim();
        if !text.is_empty() {
            let pattern = containing(text);
            let fields = ["u.name", "u.alias", "u.username", "u.profilename", "r.name"];
            users.push(" AND (");
            for (number, field) in fields.into_iter().enumerate() {
                users.push(if number > 0 { " OR " } else { "" });
                dialect.push_like(&mut users, field, &pattern);
            }
            users.push(")");
        }
        for (column, wanted) in [
            ("u.profileid", &search.profile),
            ("u.userroleid", &search.role),
        ] {
            if let Some(wanted) = wanted {
                users.push(&format!(" AND {column} = ")).arg(wanted);
            }
        }
        if search.only_free {
            users.push(" AND u.callcentername IS NULL");
        }
        users.push(&format!(
            " ORDER BY {}, u.id LIMIT ",
            dialect.folded("u.name")
        ));
        users.arg(search.limit.min(USERS_MAX));
        let rows = self.database().read(&users).await?;
        rows.iter().map(phone_user).collect()
    }

    /// Adds, moves or removes users, and answers for each, in order. Whoever else changes the
    /// same users at the same time, each is in one call center at the end.
    pub async fn change_call_center_users(
        &self,
        by: &UserContext,
        id: &RecordId,
        change: MembershipChange,
        users: &[RecordId],
    ) -> Result<Vec<MembershipOutcome>, CallCenterError> {
        may_manage(by)?;
        let mut outcomes = Vec::with_capacity(users.len());
        for chunk in users.chunks(CHUNK) {
            let mut attempts = Attempts::default();
            let done = loop {
                match self.change_chunk(by, id, change, chunk, &attempts).await {
                    Err(CallCenterError::Store(error)) if attempts.again(&error) => {}
                    other => break other?,
                }
            };
            outcomes.extend(done);
        }
        self.rights_changed("User");
        Ok(outcomes)
    }

    async fn change_chunk(
        &self,
        by: &UserContext,
        id: &RecordId,
        change: MembershipChange,
        users: &[RecordId],
        attempts: &Attempts,
    ) -> Result<Vec<MembershipOutcome>, CallCenterError> {
        let mut transaction = self.database().begin_attempt(attempts).await?;
        let held = self.held_call_center(&mut transaction, id).await?;
        let mut outcomes = Vec::new();
        for user in users {
            let done = self
                .change_one(&mut transaction, by, &held, change, user)
                .await;
            // What the database refuses is no answer for one user.
            if let Err(CallCenterError::Store(error)) = done {
                return Err(error.into());
            }
            let name = Statement::new("SELECT name FROM org_user WHERE id = $1").with(user);
            let name = transaction.fetch_one(&name).await?;
            let name = name.map(|row| row.optional_text(0).map(|t| t.unwrap_or("").to_owned()));
            outcomes.push(MembershipOutcome {
                user: user.clone(),
                name: name.transpose()?.unwrap_or_else(|| user.to_string()),
                done,
            });
        }
        let changed = outcomes.iter().filter(|o| matches!(o.done, Ok(true)));
        let names: Vec<&str> = changed.map(|o| o.name.as_str()).collect();
        if !names.is_empty() {
            let (what, to) = match change {
                MembershipChange::Add => ("Added", "to"),
                MembershipChange::Move => ("Moved", "to"),
                MembershipChange::Remove => ("Removed", "from"),
            };
            let said = format!(
                "{what} {} users {to} call center {}: {}",
                names.len(),
                held.definition.display_name,
                names.join(", ")
            );
            self.audit_in(&mut transaction, by, SECTION, "callcenterusers", &said)
                .await?;
        }
        transaction.commit().await?;
        Ok(outcomes)
    }

    async fn change_one(
        &self,
        transaction: &mut Transaction,
        by: &UserContext,
        held: &StoredCallCenter,
        change: MembershipChange,
        user: &RecordId,
    ) -> Result<bool, CallCenterError> {
        let name = held.definition.internal_name.as_str();
        let lock = self.database().dialect().for_update();
        let hold = Statement::new(format!("SELECT id FROM org_user WHERE id = $1{lock}"));
        transaction.fetch(&hold.with(user)).await?;
        let now = where_is(transaction, user).await?;
        if now.call_center.as_deref() == Some(name) && change != MembershipChange::Remove {
            return Ok(false);
        }
        if let (Some(group), true) = (&now.by_group, change != MembershipChange::Add) {
            return Err(CallCenterError::UserByGroup {
                user: now.user,
                group: group.clone(),
            });
        }
        let statement = match change {
            MembershipChange::Remove if now.call_center.as_deref() != Some(name) => {
                return Ok(false);
            }
            MembershipChange::Remove => leave(user, by),
            MembershipChange::Add | MembershipChange::Move if !now.is_active => {
                return Err(CallCenterError::UserInactive(now.user));
            }
            MembershipChange::Add if now.call_center.is_some() => {
                return Err(CallCenterError::UserElsewhere {
                    user: now.user,
                    present: now.shown,
                });
            }
            MembershipChange::Add => self.join(user, &held.id, name, by, false),
            MembershipChange::Move => self.join(user, &held.id, name, by, true),
        };
        Ok(transaction.execute(&statement).await? > 0)
    }

    /// Puts one active user into a call center; `elsewhere` too when the user is in another.
    pub(super) fn join(
        &self,
        user: &RecordId,
        id: &RecordId,
        internal_name: &str,
        by: &UserContext,
        elsewhere: bool,
    ) -> Statement {
        let free = if elsewhere {
            ""
        } else {
            " AND callcentername IS NULL"
        };
        Statement::new(format!(
            "UPDATE org_user SET callcentername = $2, callcenterid = $5, lastmodifieddate = $3,
                 systemmodstamp = $3, lastmodifiedbyid = $4
             WHERE id = $1 AND isactive AND NOT is_deleted{free}"
        ))
        .with(user)
        .with(internal_name)
        .with(crate::now_ms())
        .with(by.user.as_ref().map(ToString::to_string))
        .with(id)
    }

    /// Puts one user in: [`Store::change_call_center_users`] with one answer.
    pub async fn add_call_center_user(
        &self,
        by: &UserContext,
        id: &RecordId,
        user: &RecordId,
    ) -> Result<(), CallCenterError> {
        self.change_user(by, id, MembershipChange::Add, user).await
    }

    /// Takes one user out: [`Store::change_call_center_users`] with one answer.
    pub async fn remove_call_center_user(
        &self,
        by: &UserContext,
        id: &RecordId,
        user: &RecordId,
    ) -> Result<(), CallCenterError> {
        self.change_user(by, id, MembershipChange::Remove, user)
            .await
    }

    async fn change_user(
        &self,
        by: &UserContext,
        id: &RecordId,
        change: MembershipChange,
        user: &RecordId,
    ) -> Result<(), CallCenterError> {
        let users = std::slice::from_ref(user);
        let outcomes = self.change_call_center_users(by, id, change, users).await?;
        outcomes.into_iter().try_for_each(|o| o.done.map(drop))
    }
}

/// Takes one user out of the call center that the user is in.
pub(super) fn leave(user: &RecordId, by: &UserContext) -> Statement {
    Statement::new(
        "UPDATE org_user SET callcentername = NULL, callcenterid = NULL, lastmodifieddate = $2,
             systemmodstamp = $2, lastmodifiedbyid = $3
         WHERE id = $1",
    )
    .with(user)
    .with(crate::now_ms())
    .with(by.user.as_ref().map(ToString::to_string))
}

/// Where a user is.
struct Now {
    user: String,
    is_active: bool,
    /// Internal name.
    call_center: Option<String>,
    /// Its display name.
    shown: String,
    by_group: Option<String>,
}

async fn where_is(transaction: &mut Transaction, user: &RecordId) -> Result<Now, CallCenterError> {
    let statement = Statement::new(
        "SELECT u.name, u.isactive, u.callcentername, c.display_name, m.group_id, g.name
         FROM org_user u
         LEFT JOIN call_center c ON c.internal_name = u.callcentername
         LEFT JOIN call_center_member_by_group m ON m.user_id = u.id AND m.call_center_id = c.id
         LEFT JOIN org_group g ON g.id = m.group_id
         WHERE u.id = $1 AND NOT u.is_deleted",
    );
    let Some(row) = transaction.fetch_one(&statement.with(user)).await? else {
        return Err(CallCenterError::UserInactive(user.to_string()));
    };
    let text = |column| {
        let text = row.optional_text(column);
        text.map(|text| text.map(ToOwned::to_owned))
    };
    let call_center = text(2)?;
    Ok(Now {
        user: text(0)?.unwrap_or_default(),
        is_active: !row.is_null(1) && row.boolean(1)?,
        shown: text(3)?.or_else(|| call_center.clone()).unwrap_or_default(),
        by_group: match row.is_null(4) {
            true => None,
            false => Some(text(5)?.unwrap_or_else(|| "that was deleted".to_owned())),
        },
        call_center,
    })
}

fn phone_user(row: &Row) -> Result<PhoneUser, StoreError> {
    let text = |column| {
        let text = row.optional_text(column)?;
        Ok::<_, DbError>(text.map(ToOwned::to_owned))
    };
    Ok(PhoneUser {
        id: row.record_id(0)?,
        name: text(1)?.unwrap_or_default(),
        profile: text(2)?.unwrap_or_default(),
        role: text(3)?.unwrap_or_default(),
        call_center: text(4)?,
        by_group: text(5)?,
    })
}
