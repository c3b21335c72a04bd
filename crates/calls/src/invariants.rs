//! What must hold after every input. The simulator asks after each; a shell may ask after it has
//! caught a panic, to know whether the switchboard can go on.

use crate::agent::{Agent, Media};
use crate::call::{Call, Heard, Stage};
use crate::limits;
use crate::settings::RingStrategy;
use crate::switchboard::Switchboard;

impl Switchboard {
    /// What does not hold, in words; empty when all is well.
    pub fn broken_invariants(&self) -> Vec<String> {
        let mut broken = Vec::new();
        for call in self.calls.values() {
            self.check_call(call, &mut broken);
        }
        for agent in self.agents.values() {
            self.check_agent(agent, &mut broken);
        }
        self.check_waiting(&mut broken);
        self.check_timers(&mut broken);
        self.check_lines(&mut broken);
        broken
    }

    fn check_call(&self, call: &Call, broken: &mut Vec<String>) {
        let id = call.id();
        let record = &call.record;
        let mut must = |holds: bool, what: &str| {
            if !holds {
                broken.push(format!("call {id}: {what}"));
            }
        };
        must(
            record.state == call.record_state(),
            "its row shows another state",
        );
        must(
            call.written.as_ref() == Some(record),
            "its row is not written",
        );
        must(
            !matches!(call.stage, Stage::Closed),
            "is closed and still here",
        );
        must(
            call.is_live() == record.ended_at_ms.is_none(),
            "ended and live, or neither",
        );
        must(
            call.is_live() == record.end_cause.is_none(),
            "ended without a cause, or a cause without an end",
        );
        must(
            call.answered_boot_ms.is_none() || record.agent.is_some(),
            "is answered by nobody",
        );
        for agent in call.parties() {
            let held = self.agents.get(&agent).and_then(|it| it.call.as_ref());
            must(held == Some(id), "is with an agent who does not know of it");
        }
        if let (Stage::Talking { agent, held, .. }, Some(Heard::Page(page))) =
            (&call.stage, &call.heard)
        {
            let holder = self.media_device_of(agent);
            must(!held, "is held and hears a page");
            must(holder == Some(page), "hears a page without the microphone");
        }
    }

    fn check_agent(&self, agent: &Agent, broken: &mut Vec<String>) {
        let id = &agent.id;
        let mut must = |holds: bool, what: &str| {
            if !holds {
                broken.push(format!("agent {id}: {what}"));
            }
        };
        let call = agent.call.as_ref();
        let known = call.map(|call| self.calls.get(call));
        let has_it = known.is_none_or(|call| call.is_some_and(|it| it.parties().contains(id)));
        must(has_it, "has a call that is over or another's");
        let holder = agent.media_device.as_ref();
        must(
            holder.is_some() != agent.devices.is_empty(),
            "has pages and no microphone",
        );
        must(
            holder.is_none_or(|device| agent.devices.contains_key(device)),
            "has the microphone in a page that is gone",
        );
        let talking = agent.devices.iter();
        let talking = talking.filter(|(_, page)| page.media != Media::Closed);
        for (device, _) in talking {
            must(
                holder == Some(device),
                "has media in a page without the microphone",
            );
        }
        let pages_known = agent
            .devices
            .keys()
            .all(|device| self.devices.get(device) == Some(id));
        must(pages_known, "has a page that the switchboard does not know");
        must(
            agent.devices.len() <= limits::DEVICE_COUNT_MAX,
            "has too many pages",
        );
    }

    /// No caller waits beside a free agent.
    fn check_waiting(&self, broken: &mut Vec<String>) {
        let one_at_a_time = self.settings.ring_strategy == RingStrategy::LongestIdle;
        for (_, id) in &self.ringing {
            let Some(Stage::Ringing(ringing)) = self.calls.get(id).map(|call| &call.stage) else {
                broken.push(format!("call {id}: waits in line and does not ring"));
                continue;
            };
            if one_at_a_time && !ringing.offers.is_empty() {
                continue;
            }
            let mut free = self.agents.values().filter(|agent| agent.is_free());
            if let Some(agent) = free.find(|agent| !ringing.declined.contains(&agent.id)) {
                broken.push(format!(
                    "call {id}: waits beside the free agent {}",
                    agent.id
                ));
            }
        }
    }

    /// Each timer is of a living call, and each call that needs one has it.
    fn check_timers(&self, broken: &mut Vec<String>) {
        for (at, id) in &self.timers {
            if self.calls.get(id).and_then(Call::deadline_ms) != Some(*at) {
                broken.push(format!("call {id}: has a timer that it does not need"));
            }
        }
        for call in self.calls.values() {
            let timer = call.deadline_ms().map(|at| (at, call.id().clone()));
            if timer.is_some_and(|timer| !self.timers.contains(&timer)) {
                broken.push(format!("call {}: has no timer and needs one", call.id()));
            }
        }
    }

    /// The lines of calls and the counts agree with the calls.
    fn check_lines(&self, broken: &mut Vec<String>) {
        let mut must = |holds: bool, what: &str| {
            if !holds {
                broken.push(format!("switchboard: {what}"));
            }
        };
        let count = |wanted: fn(&Call) -> bool| {
            let calls = self.calls.values();
            calls.filter(|call| wanted(call)).count()
        };
        let ringing = count(|call| matches!(call.stage, Stage::Ringing(_)));
        let awaiting = count(|call| matches!(call.stage, Stage::AwaitingLog));
        must(
            ringing == self.ringing.len(),
            "a call rings and is not in line",
        );
        must(
            awaiting == self.awaiting_log.len(),
            "a call awaits its log and is not in line",
        );
        must(
            count(Call::is_live) == self.live_call_count,
            "live calls are miscounted",
        );
        must(
            self.closed.len() <= limits::CLOSED_COUNT_MAX,
            "too many ids are remembered",
        );
        must(
            awaiting <= limits::AWAITING_LOG_COUNT_MAX,
            "too many calls await their log",
        );
    }
}
