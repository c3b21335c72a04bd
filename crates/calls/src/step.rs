//! A step: what one input changed, and the order in which its actions are given out.
//!
//! Rooms change calls and agents and note what they touched. At the end of the step everything
//! that follows from the new state is worked out in one place: what must be written, what the
//! far ends hear, which media is no longer wanted, what the pages show, which timers run.

use std::collections::BTreeSet;

use crate::action::{Action, Treatment};
use crate::agent::{Device, Media};
use crate::call::{Call, Heard, Stage};
use crate::call_record::LogEntry;
use crate::id::{AgentId, CallId, DeviceId, LogKey};
use crate::limits;
use crate::planted::PlantedBug;
use crate::softphone::ToPage;
use crate::switchboard::Switchboard;

/// What one input touched and asked for.
#[derive(Debug, Default)]
pub(crate) struct Step {
    pub(crate) calls: BTreeSet<CallId>,
    pub(crate) agents: BTreeSet<AgentId>,
    /// Calls whose log goes into the outbox.
    pub(crate) logs: Vec<LogKey>,
    /// To the legs.
    pub(crate) legs: Vec<Action>,
    /// To the media of pages: answers to offers.
    pub(crate) media: Vec<Action>,
    /// Replies to pages.
    pub(crate) replies: Vec<Action>,
    /// Pages that are sent their view though it did not change.
    pub(crate) greeted: BTreeSet<DeviceId>,
    /// Pages that are told goodbye, last of all.
    pub(crate) goodbyes: Vec<DeviceId>,
}

impl Switchboard {
    /// The call, noted as touched.
    pub(crate) fn call_mut(&mut self, id: &CallId) -> Option<&mut Call> {
        let call = self.calls.get_mut(id)?;
        self.step.calls.insert(id.clone());
        Some(call)
    }

    /// Moves the call to another stage: the one place where it changes, so that the lines of
    /// waiting calls and of calls that await their log are always right.
    pub(crate) fn set_stage(&mut self, id: &CallId, stage: Stage) {
        let Some(call) = self.calls.get_mut(id) else {
            return;
        };
        self.step.calls.insert(id.clone());
        let place = (call.arrival, id.clone());
        self.ringing.remove(&place);
        self.awaiting_log.remove(&place);
        self.live_call_count -= usize::from(call.is_live());
        call.stage = stage;
        call.record.state = call.record_state();
        self.live_call_count += usize::from(call.is_live());
        match call.stage {
            Stage::Ringing(_) => drop(self.ringing.insert(place)),
            Stage::AwaitingLog => drop(self.awaiting_log.insert(place)),
            Stage::Dialling { .. }
            | Stage::Talking { .. }
            | Stage::WrapUp { .. }
            | Stage::Closed => {}
        }
    }

    /// Works out what follows from the step and gives it out, what is durable first.
    pub(crate) fn finish_step(&mut self) {
        self.distribute();
        self.limit_awaiting_log();
        for id in &self.step.calls {
            if let Some(call) = self.calls.get(id) {
                self.step.agents.extend(call.parties());
            }
        }
        let step = std::mem::take(&mut self.step);
        self.write(&step);
        self.actions.append(&mut step.legs.into());
        self.actions.append(&mut step.media.into());
        self.settle_audio(&step.calls, &step.agents);
        self.settle_media(&step.agents);
        self.actions.append(&mut step.replies.into());
        self.show(&step.agents, &step.greeted);
        self.settle_timers(&step.calls);
        for device in step.goodbyes {
            let message = ToPage::Goodbye;
            self.actions.push_back(Action::Send { device, message });
        }
    }

    /// Gives out the rows that changed, then the logs.
    fn write(&mut self, step: &Step) {
        for id in &step.calls {
            let Some(call) = self.calls.get_mut(id) else {
                continue;
            };
            if call.written.as_ref() == Some(&call.record) {
                continue;
            }
            let over = !call.is_live();
            if over && self.planted.has(PlantedBug::UnwrittenEnd) {
                continue;
            }
            call.record.version += 1;
            call.written = Some(call.record.clone());
            let row = Box::new(call.record.clone());
            self.actions.push_back(Action::WriteCall(row));
        }
        for key in &step.logs {
            let call = &self.calls[&key.call].record;
            let entry = LogEntry {
                key: key.clone(),
                call: call.clone(),
            };
            self.actions.push_back(Action::LogCall(Box::new(entry)));
        }
    }

    /// Asks for what each far end must hear, and for the silence of muted pages.
    fn settle_audio(&mut self, calls: &BTreeSet<CallId>, agents: &BTreeSet<AgentId>) {
        let forgets = self.planted.has(PlantedBug::HeldAndHeard);
        let mut concerned = calls.clone();
        concerned.extend(
            agents
                .iter()
                .filter_map(|id| self.agents.get(id)?.call.clone()),
        );
        for id in concerned {
            let Some(call) = self.calls.get_mut(&id) else {
                continue;
            };
            let Stage::Talking { agent, held, .. } = &call.stage else {
                continue;
            };
            let Some(agent) = self.agents.get_mut(agent) else {
                continue;
            };
            let held = *held && !forgets;
            let heard = heard(held, call.media_lost(), agent.media_device.clone());
            if call.heard.as_ref() != Some(&heard) {
                let leg = call.leg.id.clone();
                self.actions.push_back(match heard.clone() {
                    Heard::Page(device) => Action::Bridge { leg, device },
                    Heard::Treatment(treatment) => Action::Play { leg, treatment },
                });
                call.heard = Some(heard);
            }
            let Some(device) = agent.media_device.clone() else {
                continue;
            };
            let muted = call.muted;
            let page = agent.devices.get_mut(&device);
            let unsettled = |page: &&mut Device| page.media != Media::Closed && page.muted != muted;
            if let Some(page) = page.filter(unsettled) {
                page.muted = muted;
                self.actions.push_back(Action::SetMuted { device, muted });
            }
        }
    }

    /// Closes media that no call needs or that is not with the page that has the microphone.
    fn settle_media(&mut self, agents: &BTreeSet<AgentId>) {
        for id in agents {
            let Some(agent) = self.agents.get_mut(id) else {
                continue;
            };
            let call = agent.call.as_ref().and_then(|call| self.calls.get(call));
            let wanted = call.is_some_and(Call::is_live);
            for (device, page) in &mut agent.devices {
                let holds = agent.media_device.as_ref() == Some(device);
                if page.media == Media::Closed || (wanted && holds) {
                    continue;
                }
                if wanted && self.planted.has(PlantedBug::TwoTalkers) {
                    continue;
                }
                page.media = Media::Closed;
                page.muted = false;
                let device = device.clone();
                self.actions.push_back(Action::CloseMedia { device });
            }
        }
    }

    /// Sets the timers of the calls that were touched; lets closed calls go.
    fn settle_timers(&mut self, calls: &BTreeSet<CallId>) {
        for id in calls {
            let Some(call) = self.calls.get_mut(id) else {
                continue;
            };
            let deadline = call.deadline_ms();
            let leaked = deadline.is_none() && self.planted.has(PlantedBug::TimerOnDeadCall);
            if deadline != call.timer_ms && !leaked {
                if let Some(old) = call.timer_ms {
                    self.timers.remove(&(old, id.clone()));
                }
                self.timers.extend(deadline.map(|at| (at, id.clone())));
                call.timer_ms = deadline;
            }
            if matches!(call.stage, Stage::Closed) {
                self.calls.remove(id);
                self.remember_closed(id.clone());
            }
        }
    }

    fn remember_closed(&mut self, id: CallId) {
        if self.closed.insert(id.clone()) {
            self.closed_order.push_back(id);
        }
        if self.closed_order.len() > limits::CLOSED_COUNT_MAX {
            let oldest = self.closed_order.pop_front();
            oldest.map(|oldest| self.closed.remove(&oldest));
        }
    }

    /// Closes the oldest calls that await their log when there are too many.
    fn limit_awaiting_log(&mut self) {
        while self.awaiting_log.len() > limits::AWAITING_LOG_COUNT_MAX {
            let Some((_, oldest)) = self.awaiting_log.first().cloned() else {
                return;
            };
            self.set_stage(&oldest, Stage::Closed);
        }
    }
}

/// What the far end of an answered call must hear.
fn heard(held: bool, media_lost: bool, media_device: Option<DeviceId>) -> Heard {
    if held {
        return Heard::Treatment(Treatment::Hold);
    }
    match media_device {
        Some(device) if !media_lost => Heard::Page(device),
        _ => Heard::Treatment(Treatment::AgentAway),
    }
}
