//! What is known of a call, from its first INVITE to its log: the durable row.

use serde::{Deserialize, Serialize};

use crate::id::{AgentId, CallId, LogKey};

/// Who placed the call, seen from the org.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// A trunk called us.
    Inbound,
    /// An agent called out.
    Outbound,
}

/// Where the call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallState {
    /// Inbound: ringing at agents, or waiting for one.
    Ringing,
    /// Outbound: placed, not answered.
    Dialling,
    /// Answered; the far end talks to the agent, is held, or waits for the agent's tab.
    Talking,
    /// Over, its log not yet written.
    WrapUp,
    /// Over and logged.
    Closed,
}

/// Why a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndCause {
    /// The far end hung up an answered call.
    FarEndHungUp,
    /// The agent hung up.
    AgentHungUp,
    /// The caller gave up while it rang.
    CallerGaveUp,
    /// Nobody answered in time, or nobody was free.
    NoAnswer,
    /// Every agent that it rang declined.
    Declined,
    /// Outbound: the far end was busy.
    Busy,
    /// The trunk or the far end refused, could not be reached, or was lost.
    Failed,
    /// The agent's tab did not come back in time.
    AgentLost,
    /// Over a limit.
    Refused,
    /// The process ended during the call.
    Interrupted,
}

/// A record of the CRM, named by its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordRef {
    /// 15- or 18-character id.
    pub id: String,
    /// API name of its object, `Contact`.
    pub object: String,
    /// Its name for display.
    #[serde(default)]
    pub name: String,
}

/// The row of a call. Times are UTC milliseconds for display; durations come from the monotonic
/// clock and are kept beside them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRecord {
    /// The call.
    pub call: CallId,
    /// Counts up with every change; an older version never overwrites a newer one.
    pub version: u64,
    /// Inbound or outbound.
    pub direction: Direction,
    /// The trunk it came from or left by.
    pub trunk: String,
    /// The far party's number as received or dialled; may be empty or `anonymous`.
    pub far_number: String,
    /// The far party's display name from the trunk.
    pub far_name: Option<String>,
    /// The number that was called, as received or dialled.
    pub dialled: String,
    /// The agent who took or placed it.
    pub agent: Option<AgentId>,
    /// Where it stands.
    pub state: CallState,
    /// When the INVITE came in or the agent dialled.
    pub started_at_ms: i64,
    /// When it was answered.
    pub answered_at_ms: Option<i64>,
    /// When it ended.
    pub ended_at_ms: Option<i64>,
    /// From start to answer, or to the end of an unanswered call.
    pub ring_duration_ms: u64,
    /// From answer to the end; 0 when unanswered.
    pub talk_duration_ms: u64,
    /// Why it ended.
    pub end_cause: Option<EndCause>,
    /// The record that popped, or that the outbound call was placed from.
    pub record: Option<RecordRef>,
    /// The outcome that the agent chose; `None` is 'not set'.
    pub outcome: Option<String>,
    /// The agent's notes.
    pub notes: String,
    /// The Task that logs it, once there is one.
    pub task: Option<String>,
}

/// A call log on its way to the CRM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// One log for each key.
    pub key: LogKey,
    /// The call as it stood.
    pub call: CallRecord,
}
