//! A leg: one SIP dialog of a call, as far as the switchboard must know it.
//!
//! ```text
//! inbound   Ringing ──answer──▶ Answering ──ACK──▶ Established
//! outbound  Dialled ───────────200──────────────▶ Established
//! any of them ──we end it──▶ Ending ──gone──▶ Ended;  any ──gone──▶ Ended
//! ```

use crate::action::Action;
use crate::id::LegId;

/// Where a leg stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LegState {
    /// Inbound, not answered.
    Ringing,
    /// Outbound, not answered.
    Dialled,
    /// Inbound, 200 sent, no ACK yet.
    Answering,
    /// Both sides agree that it stands.
    Established,
    /// We asked for its end; the shell has not confirmed it.
    Ending,
    /// Gone.
    Ended,
}

/// One leg.
#[derive(Debug)]
pub(crate) struct Leg {
    pub(crate) id: LegId,
    pub(crate) state: LegState,
}

impl Leg {
    /// Ends the leg from our side in the way its state asks for; `None` when it is over.
    /// `status` is for a leg that can still be refused.
    pub(crate) fn end(&mut self, status: u16) -> Option<Action> {
        let leg = self.id.clone();
        let action = match self.state {
            LegState::Ringing => Action::Reject { leg, status },
            LegState::Dialled | LegState::Answering | LegState::Established => {
                Action::HangUp { leg }
            }
            LegState::Ending | LegState::Ended => return None,
        };
        self.state = LegState::Ending;
        Some(action)
    }
}
