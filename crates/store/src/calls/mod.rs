//! Calls and their logs on the way to the CRM. The outbox is the only writer of call logs.

pub(crate) mod call_log;
pub(crate) mod group_commit;
mod outbox;
mod rows;
mod voice_calls;

use offhook_calls::{CallRecord, LogEntry};
use offhook_org::RecordId;

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
