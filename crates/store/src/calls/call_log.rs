//! Writing the Task of a call: one for each log key, whoever saves it and in whatever order.

use offhook_calls::LogKey;
use offhook_org::record::Fields;
use offhook_org::{RecordId, UserContext};

use super::LoggedTask;
use crate::Store;
use crate::error::{SaveFailure, StoreError};

impl Store {
    /// Writes the Task of a key: creates it, or merges into the one that is there
    /// (`org::cti::call_log::merge`). Task, key, call row and outbox row change in one
    /// transaction. A link to a record that is gone is dropped and noted in the Description.
    /// `by_page` says that a person's softphone saved it; then the rights of `user` apply.
    pub async fn save_call_log(
        &self,
        user: &UserContext,
        key: &LogKey,
        fields: &Fields,
        by_page: bool,
    ) -> Result<LoggedTask, SaveFailure> {
        let _ = (user, key, fields, by_page);
        todo!()
    }

    /// The Task of a key, if it is written.
    pub async fn logged_task(&self, key: &LogKey) -> Result<Option<RecordId>, StoreError> {
        let _ = key;
        todo!()
    }
}
