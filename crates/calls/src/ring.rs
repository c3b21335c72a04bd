//! An inbound call until somebody has it: its arrival, whom it rings, answer and decline.
//!
//! The oldest caller waits first in line. An agent is offered one call at a time: an agent who
//! becomes free is offered the oldest call that they have not declined.

use std::collections::BTreeMap;

use offhook_phone::{Reading, display};

use crate::action::Action;
use crate::call::{Call, PopGuard, Ringing, Stage};
use crate::call_record::{CallRecord, CallState, Direction, EndCause};
use crate::commands::Seat;
use crate::id::{AgentId, CallId, LegId};
use crate::leg::{Leg, LegState};
use crate::limits;
use crate::planted::PlantedBug;
use crate::refusal::Refusal;
use crate::settings::{PopMoment, RingStrategy};
use crate::switchboard::Switchboard;

/// What a trunk says about a call that it offers.
pub(crate) struct Invite {
    pub(crate) call: CallId,
    pub(crate) trunk: String,
    pub(crate) caller: String,
    pub(crate) caller_name: Option<String>,
    pub(crate) dialled: String,
}

impl Switchboard {
    /// A trunk offers a call.
    pub(crate) fn invite(&mut self, invite: Invite) {
        if self.is_known(&invite.call) {
            return;
        }
        let party = |text: &str| limits::shortened(text, limits::PARTY_CHARS_MAX);
        let caller_name = invite.caller_name.as_deref().map(party);
        let mut record = self.new_record(invite.call.clone(), Direction::Inbound);
        record.trunk = invite.trunk;
        record.far_number = party(&invite.caller);
        record.far_name = caller_name.filter(|name| !name.is_empty());
        record.dialled = party(&invite.dialled);
        let full = self.live_call_count >= self.settings.call_count_max;
        let ringing = Ringing {
            until_ms: self.now.boot_ms + self.settings.ring_timeout_ms,
            ..Ringing::default()
        };
        self.add_call(record, LegState::Ringing, Stage::Ringing(ringing));
        if full || self.shutting_down {
            return self.end_call(&invite.call, EndCause::Refused, 503);
        }
        let leg = LegId {
            call: invite.call,
            number: 0,
        };
        self.step.legs.push(Action::Ring { leg });
    }

    /// Is this call open, or was it open not long ago?
    pub(crate) fn is_known(&self, call: &CallId) -> bool {
        self.calls.contains_key(call) || self.closed.contains(call)
    }

    /// The record of a call that starts now.
    pub(crate) fn new_record(&self, call: CallId, direction: Direction) -> CallRecord {
        CallRecord {
            call,
            version: 0,
            direction,
            trunk: String::new(),
            far_number: String::new(),
            far_name: None,
            dialled: String::new(),
            agent: None,
            state: CallState::Ringing,
            started_at_ms: self.now.wall_ms,
            answered_at_ms: None,
            ended_at_ms: None,
            ring_duration_ms: 0,
            talk_duration_ms: 0,
            end_cause: None,
            record: None,
            outcome: None,
            notes: String::new(),
            task: None,
        }
    }

    /// Takes a call into the switchboard.
    pub(crate) fn add_call(&mut self, record: CallRecord, leg: LegState, stage: Stage) {
        let id = record.call.clone();
        let region = self.settings.region;
        let number = &record.far_number;
        let (far_display, searchable) = match offhook_phone::read(number, region) {
            Reading::Number(_) | Reading::Short(_) => (display(number, region), true),
            Reading::NotANumber => (number.clone(), false),
            Reading::Anonymous => ("Unknown caller".to_owned(), false),
        };
        self.arrival_count += 1;
        let call = Call {
            far_display,
            searchable,
            arrival: self.arrival_count,
            started_boot_ms: self.now.boot_ms,
            answered_boot_ms: None,
            leg: Leg {
                id: LegId {
                    call: id.clone(),
                    number: 0,
                },
                state: leg,
            },
            // Not live, so that `set_stage` counts it in.
            stage: Stage::Closed,
            pops: BTreeMap::new(),
            muted: false,
            heard: None,
            timer_ms: None,
            written: None,
            record,
        };
        self.calls.insert(id.clone(), call);
        self.set_stage(&id, stage);
    }

    /// Offers waiting calls to free agents.
    pub(crate) fn distribute(&mut self) {
        if self.ringing.is_empty() {
            return;
        }
        if self.planted.has(PlantedBug::WaitingCallForgotten) && !self.call_came_in() {
            return;
        }
        match self.settings.ring_strategy {
            RingStrategy::RingAll => self.ring_all(),
            RingStrategy::LongestIdle => self.ring_longest_idle(),
        }
    }

    /// Did a call come in with this step?
    fn call_came_in(&self) -> bool {
        let mut touched = self.step.calls.iter().filter_map(|id| self.calls.get(id));
        touched.any(|call| call.written.is_none())
    }

    fn ring_all(&mut self) {
        let free = self.agents.values().filter(|agent| agent.is_free());
        let free: Vec<AgentId> = free.map(|agent| agent.id.clone()).collect();
        if free.is_empty() {
            return;
        }
        let mut offers: BTreeMap<CallId, Vec<AgentId>> = BTreeMap::new();
        for agent in free {
            let mut line = self.ringing.iter().map(|(_, call)| call);
            if let Some(call) = line.find(|call| !self.has_declined(call, &agent)) {
                offers.entry(call.clone()).or_default().push(agent);
            }
        }
        for (call, agents) in offers {
            for agent in &agents {
                self.offer(&call, agent, None);
            }
            let rings_one = self.offer_count(&call) == 1;
            for agent in agents {
                self.arm_pop_on_ring(&call, agent, rings_one);
            }
        }
    }

    fn ring_longest_idle(&mut self) {
        let free = self.agents.values().filter(|agent| agent.is_free());
        let mut free: Vec<(u64, AgentId)> = free
            .map(|agent| (agent.idle_since_ms, agent.id.clone()))
            .collect();
        free.sort();
        let line: Vec<CallId> = self.ringing.iter().map(|(_, call)| call.clone()).collect();
        for call in line {
            if free.is_empty() {
                return;
            }
            if self.offer_count(&call) > 0 {
                continue;
            }
            let Some(place) = self.next_in_turn(&call, &free) else {
                continue;
            };
            let (_, agent) = free.remove(place);
            let ring_ms = self.settings.agent_ring_ms.max(limits::AGENT_RING_MS_MIN);
            let until = self.now.boot_ms + ring_ms;
            self.offer(&call, &agent, Some(until));
            self.arm_pop_on_ring(&call, agent, true);
        }
    }

    /// Which of the free agents the call rings next; when all of them have let it ring in vain,
    /// the round begins anew.
    fn next_in_turn(&mut self, call: &CallId, free: &[(u64, AgentId)]) -> Option<usize> {
        let Some(Stage::Ringing(ringing)) = self.calls.get_mut(call).map(|call| &mut call.stage)
        else {
            return None;
        };
        let willing = |(_, agent): &(u64, AgentId)| !ringing.declined.contains(agent);
        let fresh = |entry: &(u64, AgentId)| willing(entry) && !ringing.passed.contains(&entry.1);
        if let Some(place) = free.iter().position(fresh) {
            return Some(place);
        }
        let place = free.iter().position(willing)?;
        ringing.passed.clear();
        Some(place)
    }

    fn offer_count(&self, call: &CallId) -> usize {
        match self.calls.get(call).map(|call| &call.stage) {
            Some(Stage::Ringing(ringing)) => ringing.offers.len(),
            _ => 0,
        }
    }

    pub(crate) fn has_declined(&self, call: &CallId, agent: &AgentId) -> bool {
        match self.calls.get(call).map(|call| &call.stage) {
            Some(Stage::Ringing(ringing)) => ringing.declined.contains(agent),
            _ => false,
        }
    }

    fn offer(&mut self, call: &CallId, agent: &AgentId, until_ms: Option<u64>) {
        let stage = self.call_mut(call).map(|call| &mut call.stage);
        let Some(Stage::Ringing(ringing)) = stage else {
            return;
        };
        ringing.offers.insert(agent.clone(), until_ms);
        self.assign(agent, call);
    }

    /// The agent has this call, or it rings there.
    pub(crate) fn assign(&mut self, agent: &AgentId, call: &CallId) {
        if let Some(agent) = self.agent_mut(agent) {
            agent.call = Some(call.clone());
        }
    }

    /// The agent has no call. `idle_since_ms` is left as it was.
    pub(crate) fn release(&mut self, agent: &AgentId) {
        if let Some(agent) = self.agent_mut(agent) {
            agent.call = None;
        }
    }

    fn arm_pop_on_ring(&mut self, call: &CallId, agent: AgentId, rings_one: bool) {
        let due = match self.settings.pop_moment {
            PopMoment::Automatic => rings_one,
            PopMoment::OnRing => true,
            PopMoment::OnAnswer | PopMoment::ByHand => false,
        };
        if due {
            self.arm_pop(call, agent);
        }
    }

    /// The agent takes the call that rings there.
    pub(crate) fn answer(&mut self, seat: &Seat, id: &CallId) -> Result<(), Refusal> {
        let Some(call) = self.calls.get(id) else {
            return Err(Refusal::CallOver);
        };
        if !call.rings(&seat.agent) {
            let steals = self.planted.has(PlantedBug::SecondAnswerWins) && call.is_live();
            if !steals || call.record.agent.as_ref() == Some(&seat.agent) {
                return self.answer_again(seat, id);
            }
        }
        let Some(call) = self.call_mut(id) else {
            return Err(Refusal::CallOver);
        };
        let others: Vec<AgentId> = call.parties();
        for other in others.iter().filter(|other| **other != seat.agent) {
            self.release(other);
        }
        self.answer_leg(id, &seat.agent, LegState::Answering);
        self.assign(&seat.agent, id);
        self.take_microphone(seat);
        let leg = LegId {
            call: id.clone(),
            number: 0,
        };
        self.step.legs.push(Action::Answer { leg });
        if self.settings.pop_moment != PopMoment::ByHand {
            self.arm_pop(id, seat.agent.clone());
        }
        Ok(())
    }

    /// The call is answered from now on.
    pub(crate) fn answer_leg(&mut self, id: &CallId, agent: &AgentId, leg: LegState) {
        let now = self.now;
        let Some(call) = self.call_mut(id) else {
            return;
        };
        call.leg.state = leg;
        call.answered_boot_ms = Some(now.boot_ms);
        call.record.agent = Some(agent.clone());
        call.record.answered_at_ms = Some(now.wall_ms);
        call.record.ring_duration_ms = now.boot_ms.saturating_sub(call.started_boot_ms);
        let talking = Stage::Talking {
            agent: agent.clone(),
            held: false,
            media_back_until_ms: None,
        };
        self.set_stage(id, talking);
    }

    /// An answer to a call that does not ring there: by whom was it answered?
    fn answer_again(&self, seat: &Seat, id: &CallId) -> Result<(), Refusal> {
        let call = &self.calls[id];
        match &call.record.agent {
            Some(agent) if *agent == seat.agent => {
                let here = self.media_device_of(agent) == Some(&seat.device);
                match (call.is_live(), here) {
                    (true, true) => Ok(()),
                    (true, false) => Err(Refusal::AnsweredElsewhere),
                    (false, _) => Err(Refusal::CallOver),
                }
            }
            Some(agent) => Err(Refusal::AnsweredBy(self.agent_name(agent))),
            None if call.is_live() => Err(Refusal::NotRingingHere),
            None => Err(Refusal::CallOver),
        }
    }

    /// The agent refuses the call that rings there.
    pub(crate) fn decline(&mut self, seat: &Seat, id: &CallId) -> Result<(), Refusal> {
        let call = self.call_mut(id).ok_or(Refusal::CallOver)?;
        if !call.is_live() {
            return Err(Refusal::CallOver);
        }
        let Stage::Ringing(ringing) = &mut call.stage else {
            return Err(Refusal::NotRingingHere);
        };
        if ringing.offers.remove(&seat.agent).is_none() {
            return Err(Refusal::NotRingingHere);
        }
        ringing.declined.insert(seat.agent.clone());
        self.release(&seat.agent);
        if self.all_have_declined(id) {
            self.end_call(id, EndCause::Declined, 480);
        }
        Ok(())
    }

    /// Is nobody left who could still take the call, now or when their own call is over?
    fn all_have_declined(&self, id: &CallId) -> bool {
        let mut there = self.agents.values().filter(|agent| agent.takes_calls());
        self.offer_count(id) == 0 && there.all(|agent| self.has_declined(id, &agent.id))
    }

    /// Takes back what rings at an agent who is not there for calls any more; others go on.
    pub(crate) fn withdraw_offer(&mut self, agent: &AgentId) {
        let call = self.agents.get(agent).and_then(|agent| agent.call.clone());
        let Some(call) = call.and_then(|id| self.call_mut(&id)) else {
            return;
        };
        if let Stage::Ringing(ringing) = &mut call.stage {
            ringing.offers.remove(agent);
            self.release(agent);
        }
    }

    /// Time is up for a caller, or for an agent whom the call rings alone.
    pub(crate) fn ring_timer(&mut self, id: &CallId) {
        let now_ms = self.now.boot_ms;
        let Some(Stage::Ringing(ringing)) = self.call_mut(id).map(|call| &mut call.stage) else {
            return;
        };
        if now_ms >= ringing.until_ms {
            return self.end_call(id, EndCause::NoAnswer, 480);
        }
        let expired = |until: &Option<u64>| until.is_some_and(|until| now_ms >= until);
        let offers = ringing.offers.iter().filter(|(_, until)| expired(until));
        let passed: Vec<AgentId> = offers.map(|(agent, _)| agent.clone()).collect();
        for agent in &passed {
            ringing.offers.remove(agent);
            ringing.passed.insert(agent.clone());
        }
        for agent in &passed {
            self.release(agent);
        }
    }

    /// The caller's record shall pop for this agent, once.
    fn arm_pop(&mut self, id: &CallId, agent: AgentId) {
        let Some(call) = self.call_mut(id) else {
            return;
        };
        if call.searchable {
            call.pops.entry(agent).or_insert(PopGuard::Due);
        }
    }
}
