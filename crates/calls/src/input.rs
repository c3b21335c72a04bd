//! Everything that can happen to the switchboard: one closed enum.

use crate::call_record::CallRecord;
use crate::id::{AgentId, CallId, DeviceId, LegId};
use crate::softphone::Command;

/// The time of an input, read twice: the monotonic clock for durations and deadlines, UTC wall
/// time for display and storage. A step of the wall clock never changes a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds since the process started, never going back.
    pub boot_ms: u64,
    /// Milliseconds since 1970, UTC.
    pub wall_ms: i64,
}

/// One thing that happened. Inputs from outside may come twice, late or out of order; the
/// switchboard then does the same as for one delivery in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A trunk offers a call (INVITE). A known call id is a duplicate and changes nothing.
    Invite {
        /// Minted by the shell for this INVITE.
        call: CallId,
        /// The name of the configured trunk.
        trunk: String,
        /// The caller's number as received (user part of From or P-Asserted-Identity); may be
        /// empty, `anonymous` or nonsense.
        caller: String,
        /// The caller's display name, if the trunk gave one.
        caller_name: Option<String>,
        /// The number that was called, as received.
        dialled: String,
    },
    /// The far end of an outbound leg rings (180 or 183).
    LegRinging {
        /// The outbound leg.
        leg: LegId,
    },
    /// The far end of an outbound leg answered (200); or the ACK to our 200 arrived.
    LegAnswered {
        /// The leg that is established.
        leg: LegId,
    },
    /// The leg is over: CANCEL, BYE, a final failure to our INVITE, or lost. Comes for every
    /// leg, also after `Action::HangUp` or `Action::Reject` (then it is only noted).
    LegEnded {
        /// The leg that is gone.
        leg: LegId,
        /// The final SIP status where there is one: 486 busy, 487 cancelled, 480 no answer;
        /// 200 for an ordinary BYE; 408 lost.
        status: u16,
    },
    /// A DTMF digit from the far end.
    Digit {
        /// The leg that sent it.
        leg: LegId,
        /// 0-9, *, #, A-D.
        digit: char,
    },
    /// A softphone page of an agent connected (its socket is open and its ticket good).
    DeviceConnected {
        /// The page.
        device: DeviceId,
        /// Whose page.
        agent: AgentId,
        /// The agent's name for display.
        agent_name: String,
    },
    /// A softphone page is gone: tab closed, reload, network lost.
    DeviceGone {
        /// The page.
        device: DeviceId,
    },
    /// A softphone page asks for something. Repeated ids of a device are answered, not repeated.
    Command {
        /// The page that asks.
        device: DeviceId,
        /// Made by the page, unique for it.
        command_id: String,
        /// What it asks.
        command: Command,
        /// A fresh call id, used only when the command places a call.
        fresh: CallId,
    },
    /// A page offers media (the SDP stays with the shell). Answered with `AcceptOffer` or
    /// `RefuseOffer`.
    MediaOffered {
        /// The page.
        device: DeviceId,
    },
    /// ICE and DTLS with this page are up; audio can flow.
    MediaUp {
        /// The page.
        device: DeviceId,
    },
    /// Media with this page is lost, though its socket may live. The shell has let go of it; the
    /// page may offer again.
    MediaDown {
        /// The page.
        device: DeviceId,
    },
    /// The call log of this call and agent is durable in the CRM as this Task.
    Logged {
        /// The call.
        call: CallId,
        /// The owner of the log.
        agent: AgentId,
        /// The Task's id.
        task: String,
    },
    /// At start: a call that the last process left open. Closed as interrupted, and logged.
    FoundOpen(Box<CallRecord>),
    /// Time passed; sent when `Switchboard::deadline` is reached.
    Tick,
    /// The server ends: every call is told goodbye.
    ShutDown,
}
