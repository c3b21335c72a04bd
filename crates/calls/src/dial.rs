//! An outbound call: placed by an agent, ringing at the far end, answered or not.

use crate::action::Action;
use crate::call::Stage;
use crate::call_record::{Direction, EndCause, RecordRef};
use crate::commands::Seat;
use crate::id::{CallId, LegId};
use crate::leg::LegState;
use crate::limits;
use crate::pop;
use crate::refusal::Refusal;
use crate::switchboard::Switchboard;

impl Switchboard {
    /// Places a call for an agent, whether ready or away.
    pub(crate) fn dial(
        &mut self,
        seat: &Seat,
        fresh: CallId,
        number: &str,
        record: Option<RecordRef>,
    ) -> Result<(), Refusal> {
        let region = self.settings.region;
        let typed = limits::shortened(number, limits::DIAL_CHARS_MAX);
        let emergency = offhook_phone::is_emergency(&typed, region);
        let Some(dialled) = offhook_phone::dialable(&typed, region) else {
            return Err(Refusal::NotDialable(typed));
        };
        let record = record.map(pop::checked).transpose()?;
        let trunk = self.settings.outbound_trunk.clone();
        let trunk = trunk.ok_or(Refusal::NoTrunk)?;
        if self.shutting_down {
            return Err(Refusal::ShuttingDown);
        }
        let full = self.live_call_count >= self.settings.call_count_max;
        if (full && !emergency) || self.is_known(&fresh) {
            return Err(Refusal::AllLinesBusy);
        }
        self.make_room(seat, emergency)?;
        let mut row = self.new_record(fresh.clone(), Direction::Outbound);
        row.trunk.clone_from(&trunk);
        row.far_number.clone_from(&dialled);
        row.dialled.clone_from(&dialled);
        row.agent = Some(seat.agent.clone());
        row.record = record;
        let stage = Stage::Dialling {
            agent: seat.agent.clone(),
            until_ms: self.now.boot_ms + limits::DIAL_TIMEOUT_MS,
            far_rings: false,
        };
        self.add_call(row, LegState::Dialled, stage);
        self.assign(&seat.agent, &fresh);
        self.take_microphone(seat);
        self.step.legs.push(Action::Dial {
            leg: LegId {
                call: fresh,
                number: 0,
            },
            trunk,
            number: dialled,
        });
        Ok(())
    }

    /// The agent must have no call. For an emergency number what rings goes to others and a
    /// wrap-up ends with what it has; only talk with another party stands in the way.
    fn make_room(&mut self, seat: &Seat, emergency: bool) -> Result<(), Refusal> {
        let call = self.agents.get(&seat.agent).and_then(|it| it.call.clone());
        let Some(call) = call else {
            return Ok(());
        };
        match self.calls.get(&call).map(|call| &call.stage) {
            Some(Stage::Ringing(_)) if emergency => self.withdraw_offer(&seat.agent),
            Some(Stage::WrapUp { .. }) if emergency => self.finish_wrap_up(&call),
            Some(Stage::Ringing(_)) => return Err(Refusal::CallRings),
            Some(Stage::WrapUp { .. }) => return Err(Refusal::InWrapUp),
            Some(Stage::Dialling { .. } | Stage::Talking { .. }) => return Err(Refusal::InCall),
            Some(Stage::AwaitingLog | Stage::Closed) | None => {}
        }
        Ok(())
    }

    /// The far end rings.
    pub(crate) fn leg_ringing(&mut self, leg: &LegId) {
        if let Some(call) = self.call_mut(&leg.call)
            && let Stage::Dialling { far_rings, .. } = &mut call.stage
        {
            *far_rings = true;
        }
    }

    /// The far end answered an outbound call, or confirmed our answer to an inbound one.
    pub(crate) fn leg_answered(&mut self, leg: &LegId) {
        let Some(call) = self.calls.get(&leg.call).filter(|_| leg.number == 0) else {
            // Nobody owns the leg: it crossed our own end of the call.
            let leg = leg.clone();
            return self.step.legs.push(Action::HangUp { leg });
        };
        match (call.leg.state, call.owner().cloned()) {
            (LegState::Dialled, Some(agent)) => {
                self.answer_leg(&leg.call, &agent, LegState::Established);
                self.lose_media_without_page(&agent);
            }
            (LegState::Answering, _) => {
                if let Some(call) = self.call_mut(&leg.call) {
                    call.leg.state = LegState::Established;
                }
            }
            (LegState::Ending, _) if call.record.direction == Direction::Outbound => {
                // The 200 crossed our CANCEL.
                let leg = leg.clone();
                self.step.legs.push(Action::HangUp { leg });
            }
            (
                LegState::Ringing
                | LegState::Dialled
                | LegState::Established
                | LegState::Ending
                | LegState::Ended,
                _,
            ) => {}
        }
    }
}

/// Why an outbound call was not answered, by the final status of its leg (RFC 3261 section 21).
pub(crate) fn unanswered_cause(status: u16) -> EndCause {
    match status {
        486 | 600 => EndCause::Busy,
        408 | 480 | 487 => EndCause::NoAnswer,
        _ => EndCause::Failed,
    }
}
