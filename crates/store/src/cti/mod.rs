//! Call centers, their users, softphone layouts, and the traces of screen pops.

mod call_center_rows;
mod call_center_users;
mod call_centers;
mod layouts;
mod pop_traces;

use offhook_org::access::Permission;
use offhook_org::cti::CallCenter;
use offhook_org::{RecordId, UserContext};

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
    /// It still has users.
    #[error("{display_name} still has {user_count} users: remove them first")]
    HasUsers {
        /// The call center.
        display_name: String,
        /// How many.
        user_count: u32,
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
