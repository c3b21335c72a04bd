//! Who may see and do what: one gate for every door. Every read and write of a record carries a
//! [`UserContext`], which is worked out from rows: the user's profile, permission sets and groups
//! of them give rights to the org, to objects and to fields (`rights.rs`); roles, groups and
//! queues say whose records the user reaches (`directory.rs`).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::schema::{Object, SharingDefault};
use crate::{RecordId, Schema};

mod directory;
pub mod explain;
mod permission;
mod profile;
mod rights;
mod setup_checks;
mod setup_objects;
mod shares;
mod sharing;
mod standard_profiles;

pub use directory::{Directory, Group, GroupKind, Reach};
pub use permission::Permission;
pub use profile::Profile;
pub use rights::{FieldAccess, Rights, is_open_field};
pub use setup_checks::{
    belongs_to, check_field_row, check_giver, check_object_row, check_permission_columns,
    given_by_row, is_share, takes_field_rows, takes_object_rows,
};
pub use setup_objects::own_row_field;
pub use shares::Shares;
pub use sharing::{
    CRITERIA_MAX, Comparison, Criterion, Parent, SharedRecords, Sharing, SharingBasis, SharingRule,
    Which, criterion_value,
};

use setup_objects::{Gate, gate};

/// The user for whom something is read or written, with all rights worked out. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub struct UserContext {
    /// The user; `None` for the system itself (demo data, migrations, the outbox).
    pub user: Option<RecordId>,
    /// Name for display.
    pub user_name: String,
    /// The user's profile.
    pub profile: ProfileName,
    /// What profile and permission sets give together; [`Rights::with_open_fields`] of it.
    pub rights: Arc<Rights>,
    /// Whose records the user reaches.
    pub reach: Arc<Reach>,
    /// What is shared with the user.
    pub sharing: Arc<Sharing>,
    /// The user's time zone, IANA name.
    pub time_zone: String,
    /// The user's locale (`en_US`): when weeks begin, how `format()` writes.
    pub locale: String,
    /// The month in which the org's fiscal year begins, 1 to 12.
    pub fiscal_start: u8,
}

/// A profile, named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileName {
    /// `None` for the system's.
    pub id: Option<RecordId>,
    /// `Standard User`, `System Administrator`.
    pub name: String,
}

/// How far a user gets with one record, whatever the user's rights to the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccessLevel {
    /// It is not there.
    None,
    /// It is read.
    Read,
    /// It is read and changed.
    Edit,
    /// It is also deleted, shared and given away.
    Full,
}

impl UserContext {
    /// The system itself: sees and does everything. Only for work that has no user.
    pub fn system() -> Self {
        Self {
            user: None,
            user_name: "Offhook".to_owned(),
            profile: ProfileName {
                id: None,
                name: "System".to_owned(),
            },
            rights: Arc::default(),
            reach: Arc::default(),
            sharing: Arc::default(),
            time_zone: "UTC".to_owned(),
            locale: "en_US".to_owned(),
            fiscal_start: 1,
        }
    }

    /// A user who stands alone, with the rights of one profile; for tests of other rooms.
    pub fn of_profile(user: RecordId, profile: &Profile, schema: &Schema) -> Self {
        let reach = Reach {
            grantees: [user.clone()].into(),
            ..Reach::default()
        };
        let sharing = Sharing::of_user(schema, &Directory::default(), &[], &reach);
        Self {
            user: Some(user),
            user_name: profile.name.clone(),
            profile: ProfileName {
                id: None,
                name: profile.name.clone(),
            },
            rights: Arc::new(profile.rights(schema).with_open_fields(schema)),
            reach: Arc::new(reach),
            sharing: Arc::new(sharing),
            time_zone: "UTC".to_owned(),
            locale: "en_US".to_owned(),
            fiscal_start: 1,
        }
    }

    /// Is this the system itself?
    pub fn is_system(&self) -> bool {
        self.user.is_none()
    }

    /// May the user do this with records of the object?
    pub fn may(&self, object: &str, operation: Operation) -> bool {
        if self.is_system() {
            return true;
        }
        let by_gate = gate(object).lets(
            operation,
            |permission| self.holds(permission),
            |parent, operation| self.may_by_rows(parent, operation),
        );
        by_gate.unwrap_or_else(|| self.may_by_rows(object, operation))
    }

    fn may_by_rows(&self, object: &str, operation: Operation) -> bool {
        if self.holds(Permission::ModifyAllData) {
            return true;
        }
        let reads = matches!(operation, Operation::Read | Operation::ViewAll);
        (reads && self.holds(Permission::ViewAllData)) || self.rights.gives(object, operation)
    }

    /// May the user read this field? A field that the schema did not have when the rights were
    /// worked out may not be read.
    pub fn may_read_field(&self, object: &str, field: &str) -> bool {
        self.is_system() || self.rights.field(object, field).is_some()
    }

    /// May the user write this field?
    pub fn may_write_field(&self, object: &str, field: &str) -> bool {
        self.is_system() || self.rights.field(object, field) == Some(FieldAccess::Edit)
    }

    /// Does the user hold this right over the whole org?
    pub fn holds(&self, permission: Permission) -> bool {
        self.is_system() || self.rights.permissions.contains(&permission)
    }

    /// Does the user see every record of the object, whoever owns it?
    pub fn sees_all(&self, object: &Object) -> bool {
        self.level_for_all(object) >= AccessLevel::Read
    }

    /// How far the user gets with every record of the object, whoever owns it.
    pub fn level_for_all(&self, object: &Object) -> AccessLevel {
        let name = object.name.as_str();
        if !self.may(name, Operation::Read) {
            return AccessLevel::None;
        }
        if self.may(name, Operation::ModifyAll) {
            return AccessLevel::Full;
        }
        let by_rows = match gate(name) {
            Gate::Rows | Gate::Activity(_) | Gate::Everybody => false,
            Gate::Write(_)
            | Gate::ReadWrite(..)
            | Gate::ReadOnly(_)
            | Gate::Everyone
            | Gate::ActivityList => {
                return AccessLevel::Full;
            }
            Gate::OwnRows(_) | Gate::OwnRowsWrite(..) | Gate::Belongs(_) | Gate::Shares(_) => true,
        };
        match object.sharing {
            SharingDefault::PublicReadWrite if !by_rows => AccessLevel::Edit,
            SharingDefault::PublicRead if !by_rows => AccessLevel::Read,
            _ if self.may(name, Operation::ViewAll) => AccessLevel::Read,
            _ => AccessLevel::None,
        }
    }

    /// How far the user gets with a record of the object that this user or queue owns, shares
    /// aside: what is shared with the user can only raise it.
    pub fn level_by_owner(&self, object: &Object, owner: Option<&RecordId>) -> AccessLevel {
        let for_all = self.level_for_all(object);
        let may_read = self.may(object.name.as_str(), Operation::Read);
        let owner = owner.filter(|_| self.sharing.parent(object).is_none());
        let owns = match has_personal_owners(object) {
            true => owner.is_some() && owner == self.user.as_ref(),
            false => self.stands_for(owner),
        };
        match may_read && (self.is_system() || owns) {
            true => AccessLevel::Full,
            false => for_all,
        }
    }

    /// May the user see a record of the object that this user owns? Shares aside.
    pub fn may_see_record(&self, object: &Object, owner: Option<&RecordId>) -> bool {
        self.level_by_owner(object, owner) >= AccessLevel::Read
    }

    /// May the user change (with `Operation::Edit`) or delete a record of the object that this
    /// user owns? Shares aside.
    pub fn may_change_record(
        &self,
        object: &Object,
        owner: Option<&RecordId>,
        operation: Operation,
    ) -> bool {
        self.may_at_level(object, self.level_by_owner(object, owner), operation)
    }

    /// May the user do this with a record of the object that the user gets so far with?
    pub fn may_at_level(&self, object: &Object, level: AccessLevel, operation: Operation) -> bool {
        let needed = match operation {
            Operation::Create => AccessLevel::None,
            Operation::Read | Operation::ViewAll => AccessLevel::Read,
            Operation::Edit => AccessLevel::Edit,
            Operation::Delete | Operation::ModifyAll => AccessLevel::Full,
        };
        self.may(object.name.as_str(), operation) && level >= needed
    }

    /// The users and queues whose records this user owns as well: the user, those below, and the
    /// user's queues.
    pub fn owners(&self) -> impl Iterator<Item = &RecordId> {
        let reach = &self.reach;
        let below = reach.subordinates.iter().chain(&reach.queues);
        self.user.iter().chain(below)
    }

    /// [`UserContext::owners`] as they count for the object: files are seen by those that they
    /// are shared with, not from above.
    pub fn owners_of(&self, object: &Object) -> impl Iterator<Item = &RecordId> {
        let owners_max = match has_personal_owners(object) {
            true => usize::from(self.user.is_some()),
            false => usize::MAX,
        };
        self.owners().take(owners_max)
    }

    /// Is the owner this user, somebody below, or a queue of theirs?
    fn stands_for(&self, owner: Option<&RecordId>) -> bool {
        self.is_system()
            || owner.is_some_and(|owner| {
                self.user.as_ref() == Some(owner)
                    || self.reach.subordinates.contains(owner)
                    || self.reach.queues.contains(owner)
            })
    }
}

/// Do records belong to their owner alone, whoever stands above?
fn has_personal_owners(object: &Object) -> bool {
    object.name.as_str() == "ContentDocument"
}

/// What one does with records of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "the names are the platform's object permissions"
)]
pub enum Operation {
    Read,
    Create,
    Edit,
    Delete,
    ViewAll,
    ModifyAll,
}

impl Operation {
    /// Each of them.
    pub const ALL: [Self; 6] = [
        Self::Read,
        Self::Create,
        Self::Edit,
        Self::Delete,
        Self::ViewAll,
        Self::ModifyAll,
    ];

    /// The column of ObjectPermissions.
    pub fn column(self) -> &'static str {
        match self {
            Self::Read => "PermissionsRead",
            Self::Create => "PermissionsCreate",
            Self::Edit => "PermissionsEdit",
            Self::Delete => "PermissionsDelete",
            Self::ViewAll => "PermissionsViewAllRecords",
            Self::ModifyAll => "PermissionsModifyAllRecords",
        }
    }

    /// This one and those that it is nothing without.
    pub fn with_needed(self) -> &'static [Self] {
        use Operation::{Create, Delete, Edit, ModifyAll, Read, ViewAll};
        match self {
            Read => &[Read],
            Create => &[Read, Create],
            Edit => &[Read, Edit],
            Delete => &[Read, Edit, Delete],
            ViewAll => &[Read, ViewAll],
            ModifyAll => &[Read, Edit, Delete, ViewAll, ModifyAll],
        }
    }
}

#[cfg(test)]
mod tests;
