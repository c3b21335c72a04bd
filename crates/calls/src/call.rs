//! A call as the switchboard holds it: its durable record, its leg, and the stage that it is in.
//!
//! ```text
//! inbound   Ringing ──answer──▶ Talking ──end──▶ WrapUp ──log──▶ AwaitingLog ──logged──▶ Closed
//!              └──────────── nobody took it ────────────────────────▲
//! outbound  Dialling ──200──▶ Talking;   Dialling ──no answer──▶ WrapUp
//! ```

use std::collections::{BTreeMap, BTreeSet};

use crate::action::Treatment;
use crate::call_record::{CallRecord, CallState};
use crate::id::{AgentId, CallId, DeviceId};
use crate::leg::Leg;

/// Where a call stands, with what is known only there. All times are of the boot clock.
#[derive(Debug)]
pub(crate) enum Stage {
    /// Inbound, not answered.
    Ringing(Ringing),
    /// Outbound, not answered.
    Dialling {
        agent: AgentId,
        until_ms: u64,
        far_rings: bool,
    },
    /// Answered.
    Talking {
        agent: AgentId,
        held: bool,
        /// Set while no page of the agent carries audio: when the call is given up.
        media_back_until_ms: Option<u64>,
    },
    /// Over; the agent owes an outcome.
    WrapUp {
        agent: AgentId,
        until_ms: u64,
        logging: bool,
    },
    /// Over; its log is in the outbox.
    AwaitingLog,
    /// Over and logged: leaves memory with this step.
    Closed,
}

/// An inbound call that waits for an agent.
#[derive(Debug, Default)]
pub(crate) struct Ringing {
    /// When the caller is told that nobody answers.
    pub(crate) until_ms: u64,
    /// Whom it rings now, and until when where agents ring one at a time.
    pub(crate) offers: BTreeMap<AgentId, Option<u64>>,
    /// Who declined it: not rung again.
    pub(crate) declined: BTreeSet<AgentId>,
    /// Who let it ring in vain: rung again when all others have been.
    pub(crate) passed: BTreeSet<AgentId>,
}

/// What the far end hears, as last asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    /// The page of an agent.
    Page(DeviceId),
    /// A treatment.
    Treatment(Treatment),
}

/// The guard of a pop: one for each call and agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PopGuard {
    /// A page may claim it.
    Due,
    /// This page has claimed it and not yet said what popped.
    Claimed(DeviceId),
    /// It popped.
    Done,
}

/// One call.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) record: CallRecord,
    /// The far party's number for people.
    pub(crate) far_display: String,
    /// Is there a number to search for?
    pub(crate) searchable: bool,
    /// The record as it was last given out to be written.
    pub(crate) written: Option<CallRecord>,
    /// Counts calls in the order of their arrival: the oldest waits first in line.
    pub(crate) arrival: u64,
    pub(crate) started_boot_ms: u64,
    pub(crate) answered_boot_ms: Option<u64>,
    pub(crate) leg: Leg,
    pub(crate) stage: Stage,
    pub(crate) pops: BTreeMap<AgentId, PopGuard>,
    pub(crate) muted: bool,
    pub(crate) heard: Option<Heard>,
    /// The timer that is set for it in the switchboard.
    pub(crate) timer_ms: Option<u64>,
}

impl Call {
    /// The call's id.
    pub(crate) fn id(&self) -> &CallId {
        &self.record.call
    }

    /// Who has the call: not those whom it only rings.
    pub(crate) fn owner(&self) -> Option<&AgentId> {
        match &self.stage {
            Stage::Dialling { agent, .. }
            | Stage::Talking { agent, .. }
            | Stage::WrapUp { agent, .. } => Some(agent),
            Stage::Ringing(_) | Stage::AwaitingLog | Stage::Closed => None,
        }
    }

    /// Everyone on whose pages the call shows.
    pub(crate) fn parties(&self) -> Vec<AgentId> {
        match &self.stage {
            Stage::Ringing(ringing) => ringing.offers.keys().cloned().collect(),
            _ => self.owner().cloned().into_iter().collect(),
        }
    }

    /// Does the call ring this agent?
    pub(crate) fn rings(&self, agent: &AgentId) -> bool {
        matches!(&self.stage, Stage::Ringing(ringing) if ringing.offers.contains_key(agent))
    }

    /// Is there a far end on the line or wanted on it?
    pub(crate) fn is_live(&self) -> bool {
        match self.stage {
            Stage::Ringing(_) | Stage::Dialling { .. } | Stage::Talking { .. } => true,
            Stage::WrapUp { .. } | Stage::AwaitingLog | Stage::Closed => false,
        }
    }

    /// When something must happen by itself, on the boot clock.
    pub(crate) fn deadline_ms(&self) -> Option<u64> {
        match &self.stage {
            Stage::Ringing(ringing) => {
                let offers = ringing.offers.values().flatten().copied();
                offers.chain([ringing.until_ms]).min()
            }
            Stage::Dialling { until_ms, .. } | Stage::WrapUp { until_ms, .. } => Some(*until_ms),
            Stage::Talking {
                media_back_until_ms,
                ..
            } => *media_back_until_ms,
            Stage::AwaitingLog | Stage::Closed => None,
        }
    }

    /// The state that the record shows for this stage.
    pub(crate) fn record_state(&self) -> CallState {
        match self.stage {
            Stage::Ringing(_) => CallState::Ringing,
            Stage::Dialling { .. } => CallState::Dialling,
            Stage::Talking { .. } => CallState::Talking,
            Stage::WrapUp { .. } | Stage::AwaitingLog => CallState::WrapUp,
            Stage::Closed => CallState::Closed,
        }
    }

    /// Is audio not reaching the agent because no page holds media?
    pub(crate) fn media_lost(&self) -> bool {
        matches!(
            self.stage,
            Stage::Talking {
                media_back_until_ms: Some(_),
                ..
            }
        )
    }
}
