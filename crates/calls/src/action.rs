//! Everything the switchboard can want done: one closed enum.

use crate::call_record::{CallRecord, LogEntry};
use crate::id::{DeviceId, LegId};
use crate::softphone::ToPage;

/// What the far end hears when it is not bridged to an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    /// Held by the agent: a soft repeating tone pattern.
    Hold,
    /// The agent's tab is gone: comfort noise with a short tone now and then.
    AgentAway,
}

/// One thing to do. `WriteCall` and `LogCall` are durable: the shell commits all of them that a
/// step gave out, in one transaction, before it carries out any other action of that step.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Store the call's row, if its version is newer than the stored one.
    WriteCall(Box<CallRecord>),
    /// Put a call log into the outbox, one for each key. `Input::Logged` answers it.
    LogCall(Box<LogEntry>),

    /// Send 180 on an inbound leg.
    Ring {
        /// The inbound leg.
        leg: LegId,
    },
    /// Send 200 on an inbound leg. `Input::LegAnswered` follows with the ACK.
    Answer {
        /// The inbound leg.
        leg: LegId,
    },
    /// Refuse or end an inbound leg that was not answered.
    Reject {
        /// The inbound leg.
        leg: LegId,
        /// 480 nobody free or no answer, 486 declined, 503 over a limit.
        status: u16,
    },
    /// Place an outbound leg through a trunk.
    Dial {
        /// The new leg.
        leg: LegId,
        /// The configured trunk to use.
        trunk: String,
        /// The number to dial, as the agent gave it without decoration (digits and plus).
        number: String,
    },
    /// End an established leg (BYE), or an outbound one that still rings (CANCEL). May come for a
    /// leg that is gone already, and again when a 200 crossed the CANCEL.
    HangUp {
        /// The leg to end.
        leg: LegId,
    },

    /// Join the leg's audio with the page's. Replaces what the leg heard before. The page's
    /// media may still be coming up; audio flows as soon as it is.
    Bridge {
        /// The leg.
        leg: LegId,
        /// The page.
        device: DeviceId,
    },
    /// Part the leg's audio from any page and play this to the far end.
    Play {
        /// The leg.
        leg: LegId,
        /// What it hears.
        treatment: Treatment,
    },
    /// Send DTMF digits to the far end (RFC 4733).
    SendDigits {
        /// The leg.
        leg: LegId,
        /// 0-9, *, #.
        digits: String,
    },
    /// Pass the page's audio on (false) or silence it (true).
    SetMuted {
        /// The page.
        device: DeviceId,
        /// Silenced?
        muted: bool,
    },
    /// Take the media offer of this page; the media room answers it. It replaces the page's media
    /// if there was any, and begins unmuted.
    AcceptOffer {
        /// The page.
        device: DeviceId,
    },
    /// Another page holds the microphone; say so.
    RefuseOffer {
        /// The page.
        device: DeviceId,
    },
    /// Media with this page is no longer wanted: close it.
    CloseMedia {
        /// The page.
        device: DeviceId,
    },

    /// Send this to a softphone page.
    Send {
        /// The page.
        device: DeviceId,
        /// What.
        message: ToPage,
    },
}
