//! The words of the softphone's wire: what a page may ask, and what it is told.
//!
//! A page is a view of its agent: after every change it is sent the whole [`AgentView`], with a
//! number that counts up, so a page that lost its connection needs nothing but the next one.

use serde::{Deserialize, Serialize};

use crate::call_record::{CallRecord, Direction, EndCause, RecordRef};
use crate::id::{AgentId, CallId, DeviceId};

/// What a page sends: `{"type": "command" | "offer" | "ping", …}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromPage {
    /// A command with an id made by the page.
    Command {
        /// Unique for the page; a repeated id is answered again, not carried out again.
        id: String,
        /// What is asked.
        #[serde(flatten)]
        command: Command,
    },
    /// A WebRTC offer for this page's microphone and speaker.
    Offer {
        /// The SDP.
        sdp: String,
    },
    /// Keeps the connection alive; answered with `Pong`.
    Ping,
}

/// What a page may ask: `{"command": "answer", "call": "…"}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// Take the ringing call here.
    Answer {
        /// The call.
        call: CallId,
    },
    /// Refuse the ringing call.
    Decline {
        /// The call.
        call: CallId,
    },
    /// End the call (also one that is being dialled).
    HangUp {
        /// The call.
        call: CallId,
    },
    /// Hold the far end.
    Hold {
        /// The call.
        call: CallId,
    },
    /// Take the far end back from hold.
    Resume {
        /// The call.
        call: CallId,
    },
    /// Silence or open the microphone, at the server.
    Mute {
        /// The call.
        call: CallId,
        /// Silenced?
        muted: bool,
    },
    /// Send keypad digits to the far end.
    Digits {
        /// The call.
        call: CallId,
        /// 0-9, *, #; at most 32.
        digits: String,
    },
    /// Place a call.
    Dial {
        /// As typed or clicked.
        number: String,
        /// The record that it was clicked on.
        #[serde(default)]
        record: Option<RecordRef>,
    },
    /// Become ready for calls, or go away. Wrap-up is not ended by it.
    SetPresence {
        /// The presence wanted.
        presence: Presence,
    },
    /// Claim the right to pop this call's record: accepted for one page only.
    ClaimPop {
        /// `CallView::pop`'s event id.
        event_id: String,
    },
    /// What popped for the call.
    Popped {
        /// The call.
        call: CallId,
        /// The one record that it was, or nothing (none, or several and not chosen).
        record: Option<RecordRef>,
    },
    /// Outcome and notes so far; kept at the server, so that a lost tab loses nothing.
    Draft {
        /// The call.
        call: CallId,
        /// Outcome chosen so far.
        #[serde(default)]
        outcome: Option<String>,
        /// Notes so far; at most 32,000 characters.
        #[serde(default)]
        notes: String,
    },
    /// Wrap-up is done: claims the log key. The page then calls `saveLog`; `Input::Logged`
    /// closes the call. If no `saveLog` arrives in time the server logs with these values.
    WrapUp {
        /// The call.
        call: CallId,
        /// The outcome.
        #[serde(default)]
        outcome: Option<String>,
        /// The notes.
        #[serde(default)]
        notes: String,
    },
    /// Move the microphone to this page.
    TakeMedia,
}

/// Is the agent there for calls?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Calls may ring.
    Ready,
    /// No calls, please.
    Away,
}

/// What a page is told: `{"type": "view" | "reply" | "answer" | …}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToPage {
    /// Everything the page shows.
    View(Box<AgentView>),
    /// The answer to a command.
    Reply {
        /// The command's id.
        id: String,
        /// Was it carried out?
        accepted: bool,
        /// Why not, for a person.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// For `WrapUp`: the log key to write into the Task.
        #[serde(skip_serializing_if = "Option::is_none")]
        log_key: Option<String>,
        /// For `WrapUp`: the call as the log must state it.
        #[serde(skip_serializing_if = "Option::is_none")]
        call: Option<Box<CallRecord>>,
    },
    /// The answer to the page's media offer.
    Answer {
        /// The SDP.
        sdp: String,
    },
    /// The page's media offer was not taken.
    MediaRefused {
        /// Why, for a person.
        reason: String,
    },
    /// The answer to `Ping`.
    Pong,
    /// A fresh socket ticket, to be kept in memory for the next connection.
    Ticket {
        /// The ticket.
        ticket: String,
    },
    /// The server ends; the page reconnects when it is back.
    Goodbye,
}

/// Everything a softphone page shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentView {
    /// Counts up; an older view is never drawn over a newer one. Compared only among views for
    /// the same `this_device`: a restarted server counts anew.
    pub sequence: u64,
    /// Whose view.
    pub agent: AgentId,
    /// The agent's name.
    pub agent_name: String,
    /// Ready or away.
    pub presence: Presence,
    /// The page that this view was sent to.
    pub this_device: DeviceId,
    /// The page that holds the microphone; when it is this page and there is a call before
    /// wrap-up, the page offers media.
    pub media_device: Option<DeviceId>,
    /// How many pages of the agent are connected.
    pub device_count: usize,
    /// The server's wall clock when the view was made, so that the page can count seconds.
    pub now_ms: i64,
    /// The agent's call, if there is one.
    pub call: Option<CallView>,
}

/// Where the agent's call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Inbound, ringing here.
    Ringing,
    /// Outbound, not yet answered.
    Dialling,
    /// Talking.
    Talking,
    /// The far end is held.
    Held,
    /// Over; outcome and notes are wanted.
    WrapUp,
}

/// The agent's call as the page shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallView {
    /// The call.
    pub id: CallId,
    /// Inbound or outbound.
    pub direction: Direction,
    /// Where it stands.
    pub phase: Phase,
    /// The far party's number; may be empty or `anonymous`.
    pub far_number: String,
    /// The far party's number for display, `(415) 555-1212`; `Unknown caller` without a number.
    pub far_display: String,
    /// The far party's name from the trunk.
    pub far_name: Option<String>,
    /// The number that was called.
    pub dialled: String,
    /// The far end of an outbound call rings.
    pub far_rings: bool,
    /// Is the microphone silenced at the server?
    pub muted: bool,
    /// Has the far end lost our audio because no page holds media?
    pub media_lost: bool,
    /// When it started, UTC milliseconds.
    pub started_at_ms: i64,
    /// When it was answered.
    pub answered_at_ms: Option<i64>,
    /// When it ended.
    pub ended_at_ms: Option<i64>,
    /// Talk time, for wrap-up.
    pub talk_duration_ms: u64,
    /// Why it ended.
    pub end_cause: Option<EndCause>,
    /// When wrap-up ends by itself, UTC milliseconds.
    pub wrap_up_ends_at_ms: Option<i64>,
    /// A pop that is due; a page claims it, then pops.
    pub pop: Option<Pop>,
    /// The record that popped or that the call was placed from.
    pub record: Option<RecordRef>,
    /// Outcome so far.
    pub outcome: Option<String>,
    /// Notes so far.
    pub notes: String,
    /// A `WrapUp` was accepted and its log is awaited.
    pub logging: bool,
}

/// A screen pop that is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pop {
    /// The guard: the pop happens once for this id.
    pub event_id: String,
    /// What to search for.
    pub number: String,
}
