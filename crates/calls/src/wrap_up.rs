//! After the call: outcome and notes, and the one log for each call and agent.
//!
//! The page that wraps up claims the log and saves it through its host; `Input::Logged` says
//! that it is durable. If no log comes in time the switchboard puts one into the outbox itself.
//! It does so at most once for a call, and never after it has heard of a log.

use crate::call::Stage;
use crate::call_record::CallRecord;
use crate::call_record::EndCause;
use crate::commands::{Claim, Seat};
use crate::id::{AgentId, CallId, LogKey};
use crate::leg::LegState;
use crate::limits::{self, too_long};
use crate::planted::PlantedBug;
use crate::refusal::Refusal;
use crate::switchboard::Switchboard;

impl Switchboard {
    /// The call is over and its agent owes an outcome.
    pub(crate) fn start_wrap_up(&mut self, id: &CallId) {
        let until_ms = self.now.boot_ms + self.settings.wrap_up_ms;
        let Some(agent) = self.calls.get(id).and_then(|call| call.owner().cloned()) else {
            return;
        };
        let stage = Stage::WrapUp {
            agent,
            until_ms,
            logging: false,
        };
        self.set_stage(id, stage);
    }

    /// Outcome and notes so far, during the call or after it.
    pub(crate) fn draft(
        &mut self,
        seat: &Seat,
        id: &CallId,
        outcome: Option<String>,
        notes: String,
    ) -> Result<(), Refusal> {
        let outcome = outcome.filter(|outcome| !outcome.is_empty());
        if outcome
            .as_deref()
            .is_some_and(|text| too_long(text, limits::OUTCOME_CHARS_MAX))
        {
            return Err(Refusal::Outcome);
        }
        if too_long(&notes, limits::NOTES_CHARS_MAX) {
            return Err(Refusal::Notes);
        }
        let call = self.call_mut(id).ok_or(Refusal::CallOver)?;
        if call.owner() != Some(&seat.agent) {
            let over = !call.is_live();
            return Err(if over {
                Refusal::CallOver
            } else {
                Refusal::NotYours
            });
        }
        call.record.outcome = outcome;
        call.record.notes = notes;
        Ok(())
    }

    /// The agent is done: claims the log key for the page's `saveLog`. May be repeated, for
    /// example after a refusal by the org's rules.
    pub(crate) fn wrap_up(
        &mut self,
        seat: &Seat,
        id: &CallId,
        outcome: Option<String>,
        notes: String,
    ) -> Result<Claim, Refusal> {
        let wait_until_ms = self.now.boot_ms + limits::LOG_WAIT_MS;
        let call = self.calls.get(id).ok_or(Refusal::CallOver)?;
        if call.is_live() && call.owner() == Some(&seat.agent) {
            return Err(Refusal::NotOver);
        }
        self.draft(seat, id, outcome, notes)?;
        let call = self.call_mut(id).ok_or(Refusal::CallOver)?;
        if let Stage::WrapUp {
            until_ms, logging, ..
        } = &mut call.stage
            && !*logging
        {
            *logging = true;
            *until_ms = wait_until_ms.max(*until_ms);
        }
        let key = LogKey {
            call: id.clone(),
            agent: seat.agent.clone(),
        };
        Ok(Claim { key })
    }

    /// A log of this call is durable.
    pub(crate) fn logged(&mut self, id: &CallId, agent: &AgentId, task: String) {
        let default_owner = self.settings.default_owner.clone();
        let Some(call) = self.calls.get(id) else {
            return;
        };
        let owner = match &call.record.agent {
            Some(owner) => owner,
            None if call.is_live() => return,
            None => &default_owner,
        };
        if owner != agent {
            return;
        }
        let over = !call.is_live();
        if let Some(call) = self.call_mut(id) {
            call.record.task = Some(task);
        }
        if over {
            self.close(id);
        }
    }

    /// Wrap-up time is up.
    pub(crate) fn finish_wrap_up(&mut self, id: &CallId) {
        match self.calls.get(id).map(|call| call.record.task.is_some()) {
            Some(true) => self.close(id),
            Some(false) => self.log(id),
            None => {}
        }
    }

    /// Puts the call's log into the outbox and lets its agent go.
    pub(crate) fn log(&mut self, id: &CallId) {
        let Some(call) = self.calls.get(id) else {
            return;
        };
        let owner = call.record.agent.as_ref();
        let key = LogKey {
            call: id.clone(),
            agent: owner.unwrap_or(&self.settings.default_owner).clone(),
        };
        let wrapped_up = call.owner().is_some();
        if wrapped_up && self.planted.has(PlantedBug::DoubleLog) {
            self.step.logs.push(key.clone());
        }
        self.step.logs.push(key);
        self.leave_agent(id);
        self.set_stage(id, Stage::AwaitingLog);
    }

    /// The call is over and logged.
    fn close(&mut self, id: &CallId) {
        if !self.planted.has(PlantedBug::LeakedAgent) {
            self.leave_agent(id);
        }
        self.set_stage(id, Stage::Closed);
    }

    /// The agent of a call that is over waits for the next one.
    fn leave_agent(&mut self, id: &CallId) {
        let now_ms = self.now.boot_ms;
        let owner = self.calls.get(id).and_then(|call| call.owner().cloned());
        let Some(agent) = owner.and_then(|owner| self.agent_mut(&owner)) else {
            return;
        };
        if agent.call.as_ref() == Some(id) {
            agent.call = None;
            agent.idle_since_ms = now_ms;
        }
    }

    /// At start: a call that the last process left open.
    pub(crate) fn found_open(&mut self, mut record: CallRecord) {
        if self.is_known(&record.call) {
            return;
        }
        let now_ms = self.now.wall_ms;
        if record.ended_at_ms.is_none() {
            let talked = record.answered_at_ms.map_or(0, |answered| {
                u64::try_from(now_ms.saturating_sub(answered)).unwrap_or(0)
            });
            record.talk_duration_ms = talked.min(limits::INTERRUPTED_TALK_MS_MAX);
            record.ended_at_ms = Some(now_ms);
            record.end_cause = Some(EndCause::Interrupted);
        }
        let id = record.call.clone();
        let logged = record.task.is_some();
        self.add_call(record, LegState::Ended, Stage::AwaitingLog);
        if logged {
            self.close(&id);
        } else {
            self.log(&id);
        }
    }

    /// The server ends: every far end is told goodbye, every call is logged, every page is told.
    pub(crate) fn shut_down(&mut self) {
        self.shutting_down = true;
        let ids: Vec<CallId> = self.calls.keys().cloned().collect();
        for id in ids {
            self.end_call(&id, EndCause::Interrupted, 503);
            let stage = self.calls.get(&id).map(|call| &call.stage);
            if matches!(stage, Some(Stage::WrapUp { .. })) {
                self.finish_wrap_up(&id);
            }
        }
        self.step.goodbyes.extend(self.devices.keys().cloned());
    }
}
