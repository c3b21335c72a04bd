//! Call centers, their users, softphone layouts, and the traces of screen pops.

use offhook_org::cti::{CallCenter, SoftphoneLayout};
use offhook_org::{RecordId, UserContext};

use crate::Store;
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
        "there is already a call center with the internal name {0}: change reqInternalName in the file, or delete that call center first"
    )]
    Exists(String),
    /// No such call center.
    #[error("this call center does not exist any more")]
    NotFound,
    /// The user is in another one.
    #[error(
        "{user} is in the call center {present}: a user can be in one call center at a time; remove them there first"
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

impl Store {
    /// Adds an imported call center.
    pub async fn import_call_center(
        &self,
        user: &UserContext,
        definition: &CallCenter,
    ) -> Result<RecordId, CallCenterError> {
        let _ = (user, definition);
        todo!()
    }

    /// All call centers by display name.
    pub async fn call_centers(&self) -> Result<Vec<StoredCallCenter>, StoreError> {
        todo!()
    }

    /// One call center.
    pub async fn call_center(&self, id: &RecordId) -> Result<Option<StoredCallCenter>, StoreError> {
        let _ = id;
        todo!()
    }

    /// The call center that a user is in.
    pub async fn call_center_of(
        &self,
        user: &RecordId,
    ) -> Result<Option<StoredCallCenter>, StoreError> {
        let _ = user;
        todo!()
    }

    /// The users of a call center: id, name, profile.
    pub async fn call_center_users(
        &self,
        id: &RecordId,
    ) -> Result<Vec<(RecordId, String, String)>, StoreError> {
        let _ = id;
        todo!()
    }

    /// Active users that are in no call center, by name: id, name, profile.
    pub async fn users_without_call_center(
        &self,
        text: &str,
        limit: u32,
    ) -> Result<Vec<(RecordId, String, String)>, StoreError> {
        let _ = (text, limit);
        todo!()
    }

    /// Puts a user into a call center; of two at once exactly one wins.
    pub async fn add_call_center_user(
        &self,
        by: &UserContext,
        id: &RecordId,
        user: &RecordId,
    ) -> Result<(), CallCenterError> {
        let _ = (by, id, user);
        todo!()
    }

    /// Takes a user out.
    pub async fn remove_call_center_user(
        &self,
        by: &UserContext,
        id: &RecordId,
        user: &RecordId,
    ) -> Result<(), CallCenterError> {
        let _ = (by, id, user);
        todo!()
    }

    /// Deletes a call center that has no users.
    pub async fn delete_call_center(
        &self,
        by: &UserContext,
        id: &RecordId,
    ) -> Result<(), CallCenterError> {
        let _ = (by, id);
        todo!()
    }

    /// The layout of a profile, or the default.
    pub async fn softphone_layout(&self, profile: &str) -> Result<SoftphoneLayout, StoreError> {
        let _ = profile;
        todo!()
    }

    /// Stores or replaces a layout by its name.
    pub async fn put_softphone_layout(
        &self,
        by: &UserContext,
        layout: &SoftphoneLayout,
    ) -> Result<(), CallCenterError> {
        let _ = (by, layout);
        todo!()
    }

    /// All layouts by name.
    pub async fn softphone_layouts(&self) -> Result<Vec<SoftphoneLayout>, StoreError> {
        todo!()
    }

    /// Keeps a trace; the newest 1,000 are kept.
    pub async fn put_pop_trace(&self, trace: &PopTrace) -> Result<(), StoreError> {
        let _ = trace;
        todo!()
    }

    /// The newest traces.
    pub async fn pop_traces(&self, limit: u32) -> Result<Vec<PopTrace>, StoreError> {
        let _ = limit;
        todo!()
    }
}
