//! Who is there, and where: users with their profiles, roles and permission sets; roles, groups
//! and queues.

use std::collections::BTreeMap;

use offhook_org::RecordId;
use offhook_org::access::{Directory, Group, GroupKind, SharingRule};

use super::sets::is_set;
use super::source::Source;
use crate::database::{DbError, Row, Statement};

/// A user, as far as rights depend on it.
pub(super) struct Person {
    pub(super) name: String,
    pub(super) profile: Option<RecordId>,
    /// Name of the profile, for users that were made before profiles were rows.
    pub(super) profile_name: String,
    pub(super) time_zone: String,
    pub(super) locale: String,
    pub(super) is_active: bool,
    /// Permission sets and groups of them.
    pub(super) sets: Vec<RecordId>,
}

/// Everybody, and where they stand.
#[derive(Default)]
pub(super) struct People {
    pub(super) users: BTreeMap<RecordId, Person>,
    pub(super) directory: Directory,
    pub(super) sharing_rules: Vec<SharingRule>,
    /// What the org has where a user has nothing; the first month of its fiscal year.
    pub(super) time_zone: String,
    pub(super) locale: String,
    pub(super) fiscal_start: u8,
}

impl People {
    pub(super) async fn load(source: &mut Source<'_>) -> Result<Self, DbError> {
        let mut people = Self::default();
        people.load_users(source).await?;
        people.load_directory(source).await?;
        people.load_org(source).await?;
        let select = "SELECT assigneeid, permissionsetid, permissionsetgroupid \
                      FROM org_permissionsetassignment WHERE NOT is_deleted";
        for row in source.read(&Statement::new(select)).await? {
            let sets = [optional_id(&row, 1)?, optional_id(&row, 2)?];
            if let Some(person) = people.users.get_mut(&row.record_id(0)?) {
                person.sets.extend(sets.into_iter().flatten());
            }
        }
        let rules = Statement::new("SELECT body FROM sharing_rule ORDER BY id");
        for row in source.read(&rules).await? {
            people.sharing_rules.push(row.json(0)?);
        }
        Ok(people)
    }

    async fn load_users(&mut self, source: &mut Source<'_>) -> Result<(), DbError> {
        let select = "SELECT u.id, u.name, u.profileid, u.profilename, u.timezonesidkey, \
                             u.isactive, u.userroleid, f.user_id, u.localesidkey \
                      FROM org_user u LEFT JOIN user_freeze f ON f.user_id = u.id \
                      WHERE NOT u.is_deleted";
        for row in source.read(&Statement::new(select)).await? {
            let id = row.record_id(0)?;
            let text = |column| {
                let text = row.optional_text(column)?.unwrap_or_default();
                Ok::<_, DbError>(text.to_owned())
            };
            let person = Person {
                name: text(1)?,
                profile: optional_id(&row, 2)?,
                profile_name: text(3)?,
                time_zone: text(4)?,
                locale: text(8)?,
                is_active: is_set(&row, 5)? && row.is_null(7),
                sets: Vec::new(),
            };
            self.directory.add_user(id.clone(), optional_id(&row, 6)?);
            self.users.insert(id, person);
        }
        Ok(())
    }

    async fn load_org(&mut self, source: &mut Source<'_>) -> Result<(), DbError> {
        let org = "SELECT timezonesidkey, defaultlocalesidkey, fiscalyearstartmonth \
                   FROM org_organization ORDER BY id LIMIT 1";
        if let Some(row) = source.read(&Statement::new(org)).await?.first() {
            let text = |column| Ok::<_, DbError>(row.optional_text(column)?.unwrap_or_default());
            self.time_zone = text(0)?.to_owned();
            self.locale = text(1)?.to_owned();
            self.fiscal_start = match row.is_null(2) {
                true => 1,
                false => u8::try_from(row.integer(2)?).unwrap_or(1),
            };
        }
        Ok(())
    }

    async fn load_directory(&mut self, source: &mut Source<'_>) -> Result<(), DbError> {
        let roles = "SELECT id, parentroleid FROM org_userrole WHERE NOT is_deleted";
        for row in source.read(&Statement::new(roles)).await? {
            let (role, parent) = (row.record_id(0)?, optional_id(&row, 1)?);
            self.directory.add_role(role, parent);
        }
        let groups = "SELECT id, type, relatedid, doesincludebosses FROM org_group \
                      WHERE NOT is_deleted";
        for row in source.read(&Statement::new(groups)).await? {
            let kind = row.optional_text(1)?.unwrap_or_default();
            if let Some(kind) = GroupKind::parse(kind) {
                let group = Group {
                    kind,
                    role: optional_id(&row, 2)?,
                    includes_bosses: is_set(&row, 3)?,
                };
                self.directory.add_group(row.record_id(0)?, group);
            }
        }
        let members = "SELECT groupid, userorgroupid FROM org_groupmember WHERE NOT is_deleted";
        for row in source.read(&Statement::new(members)).await? {
            self.directory
                .add_member(row.record_id(0)?, row.record_id(1)?);
        }
        Ok(())
    }
}

fn optional_id(row: &Row, column: usize) -> Result<Option<RecordId>, DbError> {
    match row.is_null(column) {
        true => Ok(None),
        false => row.record_id(column).map(Some),
    }
}
