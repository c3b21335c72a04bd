//! Who gets rights to a new object or field: rows of ObjectPermissions and FieldPermissions of
//! the sets that profiles own.

use std::collections::BTreeSet;

use offhook_org::schema::Object;
use offhook_org::{UserContext, Value};

use crate::Store;
use crate::database::{DbError, Statement, Transaction};
use crate::rights::rows::{link, row, text};

/// Users of which profiles see what is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VisibleTo {
    /// Of a field: all profiles that read the object. Of an object: all profiles.
    Everyone,
    /// Profiles by their names; those that may customize the application always do.
    Profiles(BTreeSet<String>),
}

impl VisibleTo {
    fn names(&self, profile: &str) -> bool {
        match self {
            Self::Everyone => true,
            Self::Profiles(names) => names.contains(profile),
        }
    }
}

/// A profile's own set.
struct OwnSet {
    id: offhook_org::RecordId,
    profile: String,
    customizes: bool,
}

impl Store {
    async fn own_sets(&self, transaction: &mut Transaction) -> Result<Vec<OwnSet>, DbError> {
        let select = "SELECT s.id, p.name, s.permissionscustomizeapplication
                      FROM org_permissionset s JOIN org_profile p ON p.id = s.profileid
                      WHERE NOT s.is_deleted AND NOT p.is_deleted ORDER BY p.name";
        let rows = transaction.fetch(&Statement::new(select)).await?;
        let set = |row: &crate::database::Row| {
            Ok(OwnSet {
                id: row.record_id(0)?,
                profile: row.text(1)?.to_owned(),
                customizes: !row.is_null(2) && row.boolean(2)?,
            })
        };
        rows.iter().map(set).collect()
    }

    /// Gives profiles rights to the records of a new object.
    pub(super) async fn give_object(
        &self,
        transaction: &mut Transaction,
        object: &str,
        visible_to: &VisibleTo,
    ) -> Result<(), DbError> {
        let mut rows = Vec::new();
        for set in self.own_sets(transaction).await? {
            if !set.customizes && !visible_to.names(&set.profile) {
                continue;
            }
            let flag = |given: bool| Value::Boolean(given);
            rows.push(row([
                ("ParentId", link(&set.id)),
                ("SobjectType", text(object)),
                ("PermissionsRead", flag(true)),
                ("PermissionsCreate", flag(true)),
                ("PermissionsEdit", flag(true)),
                ("PermissionsDelete", flag(true)),
                ("PermissionsViewAllRecords", flag(set.customizes)),
                ("PermissionsModifyAllRecords", flag(set.customizes)),
            ]));
        }
        let system = UserContext::system();
        self.insert_rows(transaction, &system, "ObjectPermissions", rows)
            .await?;
        Ok(())
    }

    /// Gives profiles a new field, to read and to write.
    pub(super) async fn give_field(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        field: &str,
        visible_to: &VisibleTo,
    ) -> Result<(), DbError> {
        let name = format!("{}.{field}", object.name);
        // What a field of the same name once gave is over.
        let forget = "DELETE FROM org_fieldpermissions WHERE lower(field) = lower($1)";
        let forget = Statement::new(forget).with(name.as_str());
        transaction.execute(&forget).await?;
        let is_open = ["Task", "Event"].contains(&object.name.as_str());
        let readers = "SELECT parentid FROM org_objectpermissions
                       WHERE lower(sobjecttype) = lower($1) AND permissionsread
                       AND NOT is_deleted";
        let readers = Statement::new(readers).with(object.name.as_str());
        let mut reading = BTreeSet::new();
        for found in transaction.fetch(&readers).await? {
            reading.insert(found.record_id(0)?);
        }
        let mut rows = Vec::new();
        for set in self.own_sets(transaction).await? {
            let reads = is_open || reading.contains(&set.id);
            if set.customizes || (reads && visible_to.names(&set.profile)) {
                rows.push(row([
                    ("ParentId", link(&set.id)),
                    ("SobjectType", text(object.name.as_str())),
                    ("Field", text(name.as_str())),
                    ("PermissionsRead", Value::Boolean(true)),
                    ("PermissionsEdit", Value::Boolean(true)),
                ]));
            }
        }
        let system = UserContext::system();
        self.insert_rows(transaction, &system, "FieldPermissions", rows)
            .await?;
        Ok(())
    }
}
