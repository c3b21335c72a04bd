//! Calls and their logs on the way to the CRM. The outbox is the only writer of call logs.

use offhook_calls::{AgentId, CallRecord, LogEntry, LogKey};
use offhook_org::record::Fields;
use offhook_org::{RecordId, UserContext};

use crate::Store;
use crate::error::{SaveFailure, StoreError};

/// What a step of the switchboard wants remembered.
#[derive(Debug, Clone, PartialEq)]
pub enum Durable {
    /// The call's row; kept only if its version is newer than the stored one.
    Call(Box<CallRecord>),
    /// A log for the outbox; kept only if the key has none yet.
    Log(Box<LogEntry>),
}

/// A log in the outbox that is due.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxRow {
    /// What to log.
    pub entry: LogEntry,
    /// How often it was tried.
    pub attempts: u32,
}

/// How a log was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedTask {
    /// The Task.
    pub task: RecordId,
    /// Was it made by this save, or was it there?
    pub created: bool,
}

impl Store {
    /// A call id that was never used: a ULID.
    pub fn new_call_id(&self) -> offhook_calls::CallId {
        todo!()
    }

    /// Commits everything in one transaction. Safe to repeat.
    pub async fn commit(&self, batch: &[Durable]) -> Result<(), StoreError> {
        let _ = batch;
        todo!()
    }

    /// Calls that are not closed, as a crashed process left them.
    pub async fn open_calls(&self) -> Result<Vec<CallRecord>, StoreError> {
        todo!()
    }

    /// An agent's last calls, newest first.
    pub async fn recent_calls(
        &self,
        agent: &AgentId,
        limit: u32,
    ) -> Result<Vec<CallRecord>, StoreError> {
        let _ = (agent, limit);
        todo!()
    }

    /// The newest calls of the org, for Setup.
    pub async fn latest_calls(&self, limit: u32) -> Result<Vec<CallRecord>, StoreError> {
        let _ = limit;
        todo!()
    }

    /// One call.
    pub async fn call(
        &self,
        call: &offhook_calls::CallId,
    ) -> Result<Option<CallRecord>, StoreError> {
        let _ = call;
        todo!()
    }

    /// Logs in the outbox that are due, oldest first.
    pub async fn due_logs(&self, now_ms: i64, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
        let _ = (now_ms, limit);
        todo!()
    }

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

    /// The log was refused or the database was busy: try again at this time, or park it (`None`)
    /// where an admin sees it.
    pub async fn postpone_log(
        &self,
        key: &LogKey,
        why: &str,
        next_ms: Option<i64>,
    ) -> Result<(), StoreError> {
        let _ = (key, why, next_ms);
        todo!()
    }

    /// Logs that are parked, with the reason.
    pub async fn parked_logs(&self) -> Result<Vec<(LogEntry, String)>, StoreError> {
        todo!()
    }

    /// Puts a parked log back to be tried at once.
    pub async fn resend_log(&self, key: &LogKey) -> Result<(), StoreError> {
        let _ = key;
        todo!()
    }
}
