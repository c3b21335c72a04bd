//! The switchboard's settings, all with the defaults of docs/decisions.

use serde::{Deserialize, Serialize};

use offhook_phone::Region;

use crate::id::AgentId;

/// Whom an inbound call rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RingStrategy {
    /// All free agents at once; the first to answer has it.
    RingAll,
    /// One agent at a time, longest idle first.
    LongestIdle,
}

/// When the caller's record pops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PopMoment {
    /// On ring for a call that rings one agent, on answer when it rings all.
    Automatic,
    /// As soon as it rings.
    OnRing,
    /// When the agent answers.
    OnAnswer,
    /// Only when the agent asks.
    ByHand,
}

/// Settings of one installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Whom to ring.
    pub ring_strategy: RingStrategy,
    /// When to pop on inbound calls.
    pub pop_moment: PopMoment,
    /// How long an inbound call rings before 480, in milliseconds.
    pub ring_timeout_ms: u64,
    /// How long one agent rings under `LongestIdle` before the next, in milliseconds.
    pub agent_ring_ms: u64,
    /// Time for wrap-up before the log is written without an outcome, in milliseconds.
    pub wrap_up_ms: u64,
    /// How long the far end is held when the agent's tab is gone, in milliseconds.
    pub media_return_ms: u64,
    /// The most calls at once; one more is refused with 503.
    pub call_count_max: usize,
    /// The trunk that outbound calls take; `None` refuses them with a reason.
    pub outbound_trunk: Option<String>,
    /// The org's own region, for showing numbers and reading what is dialled.
    pub region: Region,
    /// Who owns the log of a call that nobody took.
    pub default_owner: AgentId,
}

impl Settings {
    /// The defaults, for this region, with this owner of calls nobody took.
    pub fn new(region: Region, default_owner: AgentId) -> Self {
        Self {
            ring_strategy: RingStrategy::RingAll,
            pop_moment: PopMoment::Automatic,
            ring_timeout_ms: 30_000,
            agent_ring_ms: 15_000,
            wrap_up_ms: 60_000,
            media_return_ms: 30_000,
            call_count_max: 500,
            outbound_trunk: None,
            region,
            default_owner,
        }
    }
}
