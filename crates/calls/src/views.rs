//! What the pages show: the whole view of an agent, sent to each of the agent's pages whenever
//! something in it changed.

use std::collections::BTreeSet;

use crate::action::Action;
use crate::agent::Agent;
use crate::call::{Call, PopGuard, Stage};
use crate::id::{AgentId, DeviceId, LogKey};
use crate::softphone::{AgentView, CallView, Phase, Pop, ToPage};
use crate::switchboard::Switchboard;

impl Switchboard {
    /// Sends views that changed to all pages of their agents, and to pages that just came.
    pub(crate) fn show(&mut self, agents: &BTreeSet<AgentId>, greeted: &BTreeSet<DeviceId>) {
        for id in agents {
            let Some(agent) = self.agents.get(id) else {
                continue;
            };
            let view = self.view(agent);
            let changed = agent.shown.as_ref() != Some(&view);
            let to = agent.devices.keys();
            let to: Vec<DeviceId> = to
                .filter(|device| changed || greeted.contains(device))
                .cloned()
                .collect();
            if changed && let Some(agent) = self.agents.get_mut(id) {
                agent.sequence += 1;
                agent.shown = Some(view);
            }
            for device in to {
                self.send_view(id, device);
            }
        }
    }

    fn send_view(&mut self, id: &AgentId, device: DeviceId) {
        let agent = self.agents.get(id);
        let Some(mut view) = agent.and_then(|agent| agent.shown.clone()) else {
            return;
        };
        view.sequence = self.agents[id].sequence;
        view.now_ms = self.now.wall_ms;
        view.this_device = device.clone();
        if let Some(ends) = view.call.as_mut().map(|call| &mut call.wrap_up_ends_at_ms) {
            *ends = ends.map(|boot_ms| self.wall_ms_at(boot_ms));
        }
        let message = ToPage::View(Box::new(view));
        self.actions.push_back(Action::Send { device, message });
    }

    /// A moment of the boot clock as the wall clock shows it now.
    fn wall_ms_at(&self, boot_ms: i64) -> i64 {
        let now = i64::try_from(self.now.boot_ms).unwrap_or(i64::MAX);
        self.now.wall_ms.saturating_add(boot_ms.saturating_sub(now))
    }

    /// The view without what differs from page to page and from moment to moment: `sequence`,
    /// `this_device` and `now_ms` are empty, the end of wrap-up is of the boot clock.
    fn view(&self, agent: &Agent) -> AgentView {
        let call = agent.call.as_ref().and_then(|id| self.calls.get(id));
        AgentView {
            sequence: 0,
            agent: agent.id.clone(),
            agent_name: agent.name.clone(),
            presence: agent.presence,
            this_device: DeviceId::new(""),
            media_device: agent.media_device.clone(),
            device_count: agent.devices.len(),
            now_ms: 0,
            call: call.and_then(|call| self.call_view(agent, call)),
        }
    }

    fn call_view(&self, agent: &Agent, call: &Call) -> Option<CallView> {
        let record = &call.record;
        let (wrap_up_until_ms, logging) = match call.stage {
            Stage::WrapUp {
                until_ms, logging, ..
            } => (i64::try_from(until_ms).ok(), logging),
            _ => (None, false),
        };
        Some(CallView {
            id: record.call.clone(),
            direction: record.direction,
            phase: phase(&call.stage)?,
            far_number: record.far_number.clone(),
            far_display: call.far_display.clone(),
            far_name: record.far_name.clone(),
            dialled: record.dialled.clone(),
            far_rings: matches!(
                call.stage,
                Stage::Dialling {
                    far_rings: true,
                    ..
                }
            ),
            muted: call.muted,
            media_lost: call.media_lost(),
            started_at_ms: record.started_at_ms,
            answered_at_ms: record.answered_at_ms,
            ended_at_ms: record.ended_at_ms,
            talk_duration_ms: record.talk_duration_ms,
            end_cause: record.end_cause,
            wrap_up_ends_at_ms: wrap_up_until_ms,
            pop: pop(agent, call),
            record: record.record.clone(),
            outcome: record.outcome.clone(),
            notes: record.notes.clone(),
            logging,
        })
    }
}

fn phase(stage: &Stage) -> Option<Phase> {
    match stage {
        Stage::Ringing(_) => Some(Phase::Ringing),
        Stage::Dialling { .. } => Some(Phase::Dialling),
        Stage::Talking { held: false, .. } => Some(Phase::Talking),
        Stage::Talking { held: true, .. } => Some(Phase::Held),
        Stage::WrapUp { .. } => Some(Phase::WrapUp),
        Stage::AwaitingLog | Stage::Closed => None,
    }
}

fn pop(agent: &Agent, call: &Call) -> Option<Pop> {
    let guard = call.pops.get(&agent.id)?;
    if *guard != PopGuard::Due {
        return None;
    }
    let key = LogKey {
        call: call.id().clone(),
        agent: agent.id.clone(),
    };
    Some(Pop {
        event_id: key.to_string(),
        number: call.record.far_number.clone(),
    })
}
