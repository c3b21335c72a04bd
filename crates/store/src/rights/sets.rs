//! What each permission set gives, from its rows; which of them a profile owns, and which make a
//! group.

use std::collections::BTreeMap;

use offhook_org::RecordId;
use offhook_org::access::{FieldAccess, Operation, Permission, Rights};

use super::source::Source;
use crate::database::{DbError, Row, Statement};

/// Everything about permission sets.
#[derive(Default)]
pub(super) struct Sets {
    /// By the set, those of profiles among them.
    pub(super) rights: BTreeMap<RecordId, Rights>,
    /// The set that a profile owns.
    pub(super) of_profile: BTreeMap<RecordId, RecordId>,
    /// Names of profiles.
    pub(super) profiles: BTreeMap<RecordId, String>,
    /// The sets of a group of sets.
    pub(super) of_group: BTreeMap<RecordId, Vec<RecordId>>,
}

impl Sets {
    pub(super) async fn load(source: &mut Source<'_>) -> Result<Self, DbError> {
        let mut sets = Self::default();
        sets.load_sets(source).await?;
        sets.load_objects(source).await?;
        sets.load_fields(source).await?;
        let profiles = "SELECT id, name FROM org_profile WHERE NOT is_deleted";
        for row in source.read(&Statement::new(profiles)).await? {
            sets.profiles
                .insert(row.record_id(0)?, row.text(1)?.to_owned());
        }
        let components = "SELECT permissionsetgroupid, permissionsetid \
                          FROM org_permissionsetgroupcomponent WHERE NOT is_deleted";
        for row in source.read(&Statement::new(components)).await? {
            let members = sets.of_group.entry(row.record_id(0)?).or_default();
            members.push(row.record_id(1)?);
        }
        Ok(sets)
    }

    async fn load_sets(&mut self, source: &mut Source<'_>) -> Result<(), DbError> {
        let mut select = Statement::new("SELECT id, profileid");
        for permission in Permission::ALL {
            let column = permission.column().to_ascii_lowercase();
            select.push(", ").push(&column);
        }
        select.push(" FROM org_permissionset WHERE NOT is_deleted");
        for row in source.read(&select).await? {
            let id = row.record_id(0)?;
            if !row.is_null(1) {
                self.of_profile.insert(row.record_id(1)?, id.clone());
            }
            let rights = self.rights.entry(id).or_default();
            for (column, permission) in (2..).zip(Permission::ALL) {
                if is_set(&row, column)? {
                    rights.permissions.insert(permission);
                }
            }
        }
        Ok(())
    }

    async fn load_objects(&mut self, source: &mut Source<'_>) -> Result<(), DbError> {
        let mut select = Statement::new("SELECT parentid, sobjecttype");
        for operation in Operation::ALL {
            let column = operation.column().to_ascii_lowercase();
            select.push(", ").push(&column);
        }
        select.push(" FROM org_objectpermissions WHERE NOT is_deleted");
        for row in source.read(&select).await? {
            let Some(rights) = self.rights.get_mut(&row.record_id(0)?) else {
                continue;
            };
            for (column, operation) in (2..).zip(Operation::ALL) {
                if is_set(&row, column)? {
                    rights.grant(row.text(1)?, operation);
                }
            }
        }
        Ok(())
    }

    async fn load_fields(&mut self, source: &mut Source<'_>) -> Result<(), DbError> {
        let select = "SELECT parentid, field, permissionsread, permissionsedit \
                      FROM org_fieldpermissions WHERE NOT is_deleted";
        for row in source.read(&Statement::new(select)).await? {
            let Some(rights) = self.rights.get_mut(&row.record_id(0)?) else {
                continue;
            };
            let Some((object, field)) = row.text(1)?.split_once('.') else {
                continue;
            };
            if is_set(&row, 3)? {
                rights.grant_field(object, field, FieldAccess::Edit);
            } else if is_set(&row, 2)? {
                rights.grant_field(object, field, FieldAccess::Read);
            }
        }
        Ok(())
    }

    /// What the set gives, or the sets of the group together.
    pub(super) fn rights_of(&self, set_or_group: &RecordId) -> Rights {
        let mut rights = Rights::default();
        let alone = std::slice::from_ref(set_or_group);
        let sets = self.of_group.get(set_or_group).map_or(alone, Vec::as_slice);
        for given in sets.iter().filter_map(|set| self.rights.get(set)) {
            rights.add(given);
        }
        rights
    }
}

/// A column that was added later holds nothing in old rows.
pub(super) fn is_set(row: &Row, column: usize) -> Result<bool, DbError> {
    match row.is_null(column) {
        true => Ok(false),
        false => row.boolean(column),
    }
}
