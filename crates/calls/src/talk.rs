//! An answered call: hold, mute, keypad, and its end by either side.

use crate::action::Action;
use crate::call::{Call, Stage};
use crate::call_record::{Direction, EndCause};
use crate::commands::Seat;
use crate::dial::unanswered_cause;
use crate::id::{CallId, LegId};
use crate::leg::LegState;
use crate::limits;
use crate::planted::PlantedBug;
use crate::refusal::Refusal;
use crate::switchboard::Switchboard;

impl Switchboard {
    /// The call, if this agent has it and it is not over.
    fn own_call(&mut self, seat: &Seat, id: &CallId) -> Result<&mut Call, Refusal> {
        let call = self.call_mut(id).ok_or(Refusal::CallOver)?;
        if !call.is_live() {
            return Err(Refusal::CallOver);
        }
        if call.rings(&seat.agent) {
            return Err(Refusal::NotTalking);
        }
        if call.owner() != Some(&seat.agent) {
            return Err(Refusal::NotYours);
        }
        Ok(call)
    }

    /// Holds the far end, or takes it back.
    pub(crate) fn set_held(
        &mut self,
        seat: &Seat,
        id: &CallId,
        wanted: bool,
    ) -> Result<(), Refusal> {
        match &mut self.own_call(seat, id)?.stage {
            Stage::Talking { held, .. } => *held = wanted,
            _ => return Err(Refusal::NotTalking),
        }
        Ok(())
    }

    /// Silences or opens the agent's microphone, at the server; already while it is dialled.
    pub(crate) fn set_muted(
        &mut self,
        seat: &Seat,
        id: &CallId,
        muted: bool,
    ) -> Result<(), Refusal> {
        self.own_call(seat, id)?.muted = muted;
        Ok(())
    }

    /// Sends keypad digits.
    pub(crate) fn send_digits(
        &mut self,
        seat: &Seat,
        id: &CallId,
        digits: String,
    ) -> Result<(), Refusal> {
        let call = self.own_call(seat, id)?;
        let keys = digits
            .chars()
            .all(|c| c.is_ascii_digit() || c == '*' || c == '#');
        if digits.is_empty() || digits.len() > limits::DIGIT_COUNT_MAX || !keys {
            return Err(Refusal::Digits);
        }
        match call.stage {
            Stage::Talking { held: false, .. } => {}
            Stage::Talking { held: true, .. } => return Err(Refusal::Held),
            _ => return Err(Refusal::NotTalking),
        }
        let leg = call.leg.id.clone();
        self.step.legs.push(Action::SendDigits { leg, digits });
        Ok(())
    }

    /// The agent ends the call. One that only rings there is declined; one that is over already
    /// is what the agent wants.
    pub(crate) fn hang_up(&mut self, seat: &Seat, id: &CallId) -> Result<(), Refusal> {
        let call = self.calls.get(id).ok_or(Refusal::CallOver)?;
        if call.rings(&seat.agent) {
            return self.decline(seat, id);
        }
        match call.owner() {
            Some(owner) if *owner == seat.agent => {}
            None if !call.is_live() => return Err(Refusal::CallOver),
            Some(_) | None => return Err(Refusal::NotYours),
        }
        self.end_call(id, EndCause::AgentHungUp, 480);
        Ok(())
    }

    /// The far end of an outbound call does not answer.
    pub(crate) fn dial_timer(&mut self, id: &CallId) {
        self.end_call(id, EndCause::NoAnswer, 480);
    }

    /// No page of the agent came back in time.
    pub(crate) fn media_timer(&mut self, id: &CallId) {
        self.end_call(id, EndCause::AgentLost, 480);
    }

    /// The shell says that a leg is gone.
    pub(crate) fn leg_ended(&mut self, leg: &LegId, status: u16) {
        let lost_cancel = self.planted.has(PlantedBug::LostCancel);
        let Some(call) = self.call_mut(&leg.call).filter(|_| leg.number == 0) else {
            return;
        };
        let before = call.leg.state;
        if before == LegState::Ringing && lost_cancel {
            return;
        }
        call.leg.state = LegState::Ended;
        let cause = match before {
            LegState::Ringing => EndCause::CallerGaveUp,
            LegState::Dialled => unanswered_cause(status),
            // CANCEL or a lost caller crossed our 200: no ACK ever came.
            LegState::Answering if status == 487 => EndCause::CallerGaveUp,
            LegState::Answering | LegState::Established if status == 408 => EndCause::Failed,
            LegState::Answering | LegState::Established => EndCause::FarEndHungUp,
            LegState::Ending | LegState::Ended => return,
        };
        self.end_call(&leg.call, cause, status);
    }

    /// Ends a live call: its leg, its times, and what comes after. `status` is for a leg that is
    /// refused. A call that is over stays as it is.
    pub(crate) fn end_call(&mut self, id: &CallId, cause: EndCause, status: u16) {
        let now = self.now;
        let by_wall_clock = self.planted.has(PlantedBug::WallClockDuration);
        let Some(call) = self.call_mut(id).filter(|call| call.is_live()) else {
            return;
        };
        let parties = call.parties();
        let farewell = call.leg.end(status);
        let started = call.started_boot_ms;
        let record = &mut call.record;
        record.ended_at_ms = Some(now.wall_ms);
        record.end_cause = Some(cause);
        match call.answered_boot_ms {
            Some(answered) => record.talk_duration_ms = now.boot_ms.saturating_sub(answered),
            None => record.ring_duration_ms = now.boot_ms.saturating_sub(started),
        }
        if let (true, Some(answered)) = (by_wall_clock, record.answered_at_ms) {
            record.talk_duration_ms = (now.wall_ms - answered) as u64;
        }
        let unclaimed = record.agent.is_none();
        debug_assert!(record.direction == Direction::Inbound || !unclaimed);
        self.step.legs.extend(farewell);
        if unclaimed {
            for agent in &parties {
                self.release(agent);
            }
            return self.log(id);
        }
        self.start_wrap_up(id);
    }
}
