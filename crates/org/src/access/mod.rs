//! Who may see and do what. Every read and write of a record carries a [`UserContext`].

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::RecordId;

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

impl UserContext {
    /// The system itself: sees and does everything. Only for work that has no user.
    pub fn system() -> Self {
        todo!()
    }

    /// May the user do this with records of the object?
    pub fn may(&self, object: &str, operation: Operation) -> bool {
        let _ = (object, operation);
        todo!()
    }

    /// May the user read this field?
    pub fn may_read_field(&self, object: &str, field: &str) -> bool {
        let _ = (object, field);
        todo!()
    }

    /// May the user write this field?
    pub fn may_write_field(&self, object: &str, field: &str) -> bool {
        let _ = (object, field);
        todo!()
    }

    /// Does the user hold this right over the whole org?
    pub fn holds(&self, permission: Permission) -> bool {
        let _ = permission;
        todo!()
    }

    /// Does the user see every record of the object, whoever owns it?
    pub fn sees_all(&self, object: &crate::schema::Object) -> bool {
        let _ = object;
        todo!()
    }
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
        todo!()
    }
}
