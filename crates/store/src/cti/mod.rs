//! Call centers, their users and groups, softphone layouts, and the traces of screen pops.

mod adapter_proxy;
mod call_center_groups;
mod call_center_rows;
mod call_center_users;
mod call_centers;
mod deleted_call_centers;
mod layouts;
mod pop_traces;

use offhook_org::access::Permission;
use offhook_org::cti::CallCenter;
use offhook_org::{RecordId, UserContext};

pub use self::call_center_groups::{CallCenterGroup, GroupConflict, GroupSettlement};
pub use self::call_center_users::{MembershipChange, MembershipOutcome, PhoneUser, UserSearch};
pub use self::call_centers::CallCenterVersion;
pub use self::deleted_call_centers::DeletedCallCenter;
pub use self::layouts::{AssignedLayout, LayoutAssignment};
use crate::error::StoreError;

/// A call center in the org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCallCenter {
    /// Prefix `04v`.
    pub id: RecordId,
    /// The definition.
    pub definition: CallCenter,
    /// How many users it has.
    pub user_count: u32,
    /// When it was imported, UTC milliseconds.
    pub created_at_ms: i64,
    /// The newest state of its definition, from 1.
    pub version: u32,
}

/// Why a change of call centers was refused.
#[derive(Debug, thiserror::Error)]
pub enum CallCenterError {
    /// The internal name is taken.
    #[error(
        "there is already a call center with the internal name {0}: change reqInternalName in \
         the file, or delete that call center first"
    )]
    Exists(String),
    /// No such call center.
    #[error("this call center does not exist any more")]
    NotFound,
    /// The user is in another one.
    #[error(
        "{user} is in the call center {present}: a user can be in one call center at a time; \
         remove them there first"
    )]
    UserElsewhere {
        /// Name of the user.
        user: String,
        /// Display name of that call center.
        present: String,
    },
    /// The user is not there or not active.
    #[error("{0} is not an active user")]
    UserInactive(String),
    /// The user is in by a group, which would put the user in again.
    #[error(
        "{user} has this phone through the public group {group}: take the user out of the group, \
         or the group out of the call center"
    )]
    UserByGroup {
        /// Name of the user.
        user: String,
        /// Name of the group.
        group: String,
    },
    /// Other users are in it than the admin was told.
    #[error(
        "{display_name} has {user_count} users now, not the {told} that you were shown: look \
         again before you delete it"
    )]
    OtherUsers {
        /// The call center.
        display_name: String,
        /// How many.
        user_count: u32,
        /// How many the admin was told.
        told: u32,
    },
    /// Somebody else changed it meanwhile.
    #[error("{0} was changed meanwhile: look at it again, then make your change once more")]
    Changed(String),
    /// A group that does not exist, or is no public group.
    #[error("this public group does not exist any more")]
    NoGroup,
    /// The group gives another phone already.
    #[error(
        "the public group {group} is mapped to the call center {present}: a group is mapped to \
         one call center; take it out there first"
    )]
    GroupElsewhere {
        /// Name of the group.
        group: String,
        /// Display name of that call center.
        present: String,
    },
    /// A layout has that name.
    #[error("there is already a softphone layout with the name {0}: choose another name")]
    LayoutExists(String),
    /// No such layout.
    #[error("this softphone layout does not exist any more")]
    NoLayout,
    /// A layout that is used.
    #[error("{name} cannot be deleted: {why}")]
    LayoutUsed {
        /// The layout.
        name: String,
        /// Who uses it, and what to do.
        why: String,
    },
    /// The right `ManageCallCenters` is missing.
    #[error("you need the permission Manage Call Centers")]
    NotAllowed,
    /// The world.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A screen pop and why it was so.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct PopTrace {
    /// When, UTC milliseconds.
    pub at_ms: i64,
    /// For whom.
    pub user: RecordId,
    /// What was searched.
    pub search_params: String,
    /// `inbound`, …
    pub call_type: String,
    /// What popped, in a few words.
    pub outcome: String,
    /// Why, line by line.
    pub lines: Vec<String>,
    /// How long the search took, in microseconds.
    pub search_us: u64,
}

/// Call centers, their users and layouts are an administrator's.
fn may_manage(user: &UserContext) -> Result<(), CallCenterError> {
    match user.holds(Permission::ManageCallCenters) {
        true => Ok(()),
        false => Err(CallCenterError::NotAllowed),
    }
}
