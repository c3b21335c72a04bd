//! Who may see and do what. Every read and write of a record carries a [`UserContext`].

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::RecordId;
use crate::schema::{Object, SharingDefault};

mod standard_profiles;

/// The user for whom something is read or written, with all rights worked out.
#[derive(Debug, Clone, PartialEq)]
pub struct UserContext {
    /// The user; `None` for the system itself (demo data, migrations, the outbox).
    pub user: Option<RecordId>,
    /// Name for display.
    pub user_name: String,
    /// The user's profile with its rights.
    pub profile: Profile,
    /// Users below in the role hierarchy, whose private records this user sees too.
    pub subordinates: BTreeSet<RecordId>,
    /// The user's time zone, IANA name.
    pub time_zone: String,
}

/// Fields of a Task about a call: the platform exempts them from field-level security
/// (developer guide to Open CTI, `saveLog`).
const CALL_FIELDS: [&str; 4] = [
    "CallType",
    "CallDurationInSeconds",
    "CallDisposition",
    "CallObject",
];

impl UserContext {
    /// The system itself: sees and does everything. Only for work that has no user.
    pub fn system() -> Self {
        Self {
            user: None,
            user_name: "Offhook".to_owned(),
            profile: Profile {
                name: "System".to_owned(),
                permissions: Permission::ALL.into(),
                objects: BTreeMap::new(),
                hidden_fields: BTreeSet::new(),
                read_only_fields: BTreeSet::new(),
            },
            subordinates: BTreeSet::new(),
            time_zone: "UTC".to_owned(),
        }
    }

    /// Is this the system itself?
    pub fn is_system(&self) -> bool {
        self.user.is_none()
    }

    /// May the user do this with records of the object?
    pub fn may(&self, object: &str, operation: Operation) -> bool {
        if self.is_system() || self.holds(Permission::ModifyAllData) {
            return true;
        }
        let reads = matches!(operation, Operation::Read | Operation::ViewAll);
        if reads && self.holds(Permission::ViewAllData) {
            return true;
        }
        let rights = self.profile.objects.iter();
        let mut rights = rights.filter(|(name, _)| name.eq_ignore_ascii_case(object));
        rights.any(|(_, rights)| {
            rights.contains(&operation)
                || rights.contains(&Operation::ModifyAll)
                || (operation == Operation::Read && rights.contains(&Operation::ViewAll))
        })
    }

    /// May the user read this field?
    pub fn may_read_field(&self, object: &str, field: &str) -> bool {
        self.is_system()
            || is_call_field(object, field)
            || !names_field(&self.profile.hidden_fields, object, field)
    }

    /// May the user write this field?
    pub fn may_write_field(&self, object: &str, field: &str) -> bool {
        self.is_system()
            || is_call_field(object, field)
            || (self.may_read_field(object, field)
                && !names_field(&self.profile.read_only_fields, object, field))
    }

    /// Does the user hold this right over the whole org?
    pub fn holds(&self, permission: Permission) -> bool {
        self.is_system() || self.profile.permissions.contains(&permission)
    }

    /// Does the user see every record of the object, whoever owns it?
    pub fn sees_all(&self, object: &Object) -> bool {
        object.sharing != SharingDefault::Private
            || self.may(object.name.as_str(), Operation::ViewAll)
    }

    /// May the user see a record of the object that this user owns?
    pub fn may_see_record(&self, object: &Object, owner: Option<&RecordId>) -> bool {
        self.may(object.name.as_str(), Operation::Read)
            && (self.sees_all(object) || self.stands_for(owner))
    }

    /// May the user change (with `Operation::Edit`) or delete a record of the object that this
    /// user owns?
    pub fn may_change_record(
        &self,
        object: &Object,
        owner: Option<&RecordId>,
        operation: Operation,
    ) -> bool {
        let name = object.name.as_str();
        let is_open = match operation {
            Operation::Edit => object.sharing == SharingDefault::PublicReadWrite,
            _ => false,
        };
        self.may(name, operation)
            && (is_open || self.may(name, Operation::ModifyAll) || self.stands_for(owner))
    }

    /// Is the owner this user, or somebody below?
    fn stands_for(&self, owner: Option<&RecordId>) -> bool {
        self.is_system()
            || owner.is_some_and(|owner| {
                self.user.as_ref() == Some(owner) || self.subordinates.contains(owner)
            })
    }
}

fn is_call_field(object: &str, field: &str) -> bool {
    object.eq_ignore_ascii_case("Task")
        && CALL_FIELDS
            .iter()
            .any(|name| name.eq_ignore_ascii_case(field))
}

/// Does a set of `Object.Field` name this field, in any case of the letters?
fn names_field(set: &BTreeSet<String>, object: &str, field: &str) -> bool {
    set.iter().any(|entry| {
        entry
            .split_once('.')
            .is_some_and(|(o, f)| o.eq_ignore_ascii_case(object) && f.eq_ignore_ascii_case(field))
    })
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

/// A right over the whole org.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Setup pages can be opened.
    ViewSetup,
    /// Call centers, their users and softphone layouts.
    ManageCallCenters,
    /// Users and profiles.
    ManageUsers,
    /// The softphone may be used at all.
    CtiAccess,
    /// Every record, whatever its sharing.
    ViewAllData,
    /// The same, to write.
    ModifyAllData,
}

impl Permission {
    /// Every right over the whole org.
    pub const ALL: [Self; 6] = [
        Self::ViewSetup,
        Self::ManageCallCenters,
        Self::ManageUsers,
        Self::CtiAccess,
        Self::ViewAllData,
        Self::ModifyAllData,
    ];
}

/// A profile: what its users may do. Stored as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// `Standard User`, `System Administrator`.
    pub name: String,
    /// Rights over the whole org.
    pub permissions: BTreeSet<Permission>,
    /// Rights by object; an object that is not named gives none.
    pub objects: BTreeMap<String, BTreeSet<Operation>>,
    /// `Object.Field` that may not be read.
    #[serde(default)]
    pub hidden_fields: BTreeSet<String>,
    /// `Object.Field` that may be read, not written.
    #[serde(default)]
    pub read_only_fields: BTreeSet<String>,
}

impl Profile {
    /// The profiles that an org starts with: System Administrator, Sales Rep, Service Agent,
    /// Supervisor.
    pub fn standard() -> Vec<Self> {
        standard_profiles::all()
    }
}

#[cfg(test)]
mod tests;
