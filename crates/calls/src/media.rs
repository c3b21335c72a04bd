//! Pages and their media: who is connected, which page holds the microphone, and what happens
//! to a call when the page with the microphone goes away.

use crate::action::Action;
use crate::agent::{Agent, Device, Media};
use crate::call::{Call, Stage};
use crate::commands::Seat;
use crate::id::{AgentId, DeviceId};
use crate::limits;
use crate::planted::PlantedBug;
use crate::softphone::Presence;
use crate::switchboard::Switchboard;

impl Switchboard {
    /// The agent, noted as touched.
    pub(crate) fn agent_mut(&mut self, id: &AgentId) -> Option<&mut Agent> {
        let agent = self.agents.get_mut(id)?;
        self.step.agents.insert(id.clone());
        Some(agent)
    }

    /// The agent's name, for other agents to read.
    pub(crate) fn agent_name(&self, id: &AgentId) -> String {
        let agent = self.agents.get(id);
        agent.map_or_else(|| "another agent".to_owned(), |agent| agent.name.clone())
    }

    pub(crate) fn media_device_of(&self, id: &AgentId) -> Option<&DeviceId> {
        self.agents.get(id)?.media_device.as_ref()
    }

    fn next_activity(&mut self) -> u64 {
        self.activity_count += 1;
        self.activity_count
    }

    /// A page connected.
    pub(crate) fn device_connected(&mut self, device: DeviceId, id: AgentId, name: String) {
        if self.devices.get(&device).is_some_and(|owner| *owner != id) {
            self.device_gone(&device);
        }
        if self.shutting_down || !self.has_room_for(&device, &id) {
            return self.step.goodbyes.push(device);
        }
        let activity = self.next_activity();
        let now_ms = self.now.boot_ms;
        let fresh = || Agent::new(id.clone(), name.clone(), now_ms);
        let agent = self.agents.entry(id.clone()).or_insert_with(fresh);
        self.step.agents.insert(id.clone());
        if agent.devices.is_empty() {
            agent.idle_since_ms = now_ms;
        }
        agent.name = name;
        let page = agent.devices.entry(device.clone());
        page.or_insert_with(|| Device::new(activity)).activity = activity;
        if agent.media_device.is_none() {
            agent.media_device = Some(device.clone());
        }
        self.step.greeted.insert(device.clone());
        self.devices.insert(device, id);
    }

    /// Is there room for one more page of this agent? Forgets an agent who is away for good when
    /// there are too many.
    fn has_room_for(&mut self, device: &DeviceId, id: &AgentId) -> bool {
        if let Some(agent) = self.agents.get(id) {
            let known = agent.devices.contains_key(device);
            return known || agent.devices.len() < limits::DEVICE_COUNT_MAX;
        }
        if self.agents.len() < limits::AGENT_COUNT_MAX {
            return true;
        }
        let gone = |agent: &&Agent| agent.devices.is_empty() && agent.call.is_none();
        let gone = self.agents.values().filter(gone);
        let longest = gone.min_by_key(|agent| agent.idle_since_ms);
        let longest = longest.map(|agent| agent.id.clone());
        longest.is_some_and(|id| self.agents.remove(&id).is_some())
    }

    /// A page is gone. Its agent's call stays: what rings goes on ringing, so that a reloaded
    /// page finds it; what is talked on waits for a page.
    pub(crate) fn device_gone(&mut self, device: &DeviceId) {
        let Some(id) = self.devices.remove(device) else {
            return;
        };
        self.give_back_pop(&id, device);
        let Some(agent) = self.agent_mut(&id) else {
            return;
        };
        let gone = agent.devices.remove(device);
        if agent.media_device.as_ref() != Some(device) {
            return;
        }
        agent.media_device = agent.latest_device();
        self.lose_media(&id);
        if gone.is_some_and(|page| page.media != Media::Closed) {
            let device = device.clone();
            self.step.media.push(Action::CloseMedia { device });
        }
    }

    /// No page carries the audio of the agent's call for now; the wait for one begins.
    fn lose_media(&mut self, id: &AgentId) {
        let until_ms = self.now.boot_ms + self.settings.media_return_ms;
        if let Some(Stage::Talking {
            media_back_until_ms,
            ..
        }) = self.stage_of_agent(id)
        {
            media_back_until_ms.get_or_insert(until_ms);
        }
    }

    /// The far end answered, and the agent who dialled may have no page.
    pub(crate) fn lose_media_without_page(&mut self, id: &AgentId) {
        if self.media_device_of(id).is_none() {
            self.lose_media(id);
        }
    }

    fn stage_of_agent(&mut self, id: &AgentId) -> Option<&mut Stage> {
        let call = self.agents.get(id)?.call.clone()?;
        Some(&mut self.call_mut(&call)?.stage)
    }

    /// The agent takes or places a call in this page: the microphone goes with it.
    pub(crate) fn take_microphone(&mut self, seat: &Seat) {
        if let Some(agent) = self.agent_mut(&seat.agent) {
            agent.media_device = Some(seat.device.clone());
        }
    }

    /// The agent wants to go on with the call in this page.
    pub(crate) fn take_media(&mut self, seat: &Seat) {
        if self.media_device_of(&seat.agent) == Some(&seat.device) {
            return;
        }
        self.take_microphone(seat);
        self.lose_media(&seat.agent);
    }

    /// A page was used.
    pub(crate) fn note_activity(&mut self, seat: &Seat) {
        let activity = self.next_activity();
        let agent = self.agents.get_mut(&seat.agent);
        if let Some(page) = agent.and_then(|agent| agent.devices.get_mut(&seat.device)) {
            page.activity = activity;
        }
    }

    /// A page offers media: taken if it holds the microphone and there is a call for it.
    pub(crate) fn media_offered(&mut self, device: DeviceId) {
        let forgets = self.planted.has(PlantedBug::ForgottenMute);
        let Some(page) = self.page_wanted(&device) else {
            return self.step.media.push(Action::RefuseOffer { device });
        };
        page.media = Media::Accepted;
        page.muted &= forgets;
        self.step.media.push(Action::AcceptOffer { device });
    }

    /// Audio can flow with this page.
    pub(crate) fn media_up(&mut self, device: DeviceId) {
        let forgets = self.planted.has(PlantedBug::ForgottenMute);
        let page = self.page_wanted(&device);
        let Some(page) = page.filter(|page| page.media != Media::Closed) else {
            return self.step.media.push(Action::CloseMedia { device });
        };
        page.media = Media::Up;
        page.muted &= forgets;
        let call = self.devices[&device].clone();
        let call = self.agents[&call].call.clone();
        let Some(call) = call.and_then(|id| self.call_mut(&id)) else {
            return;
        };
        call.heard = None;
        if let Stage::Talking {
            media_back_until_ms,
            ..
        } = &mut call.stage
        {
            *media_back_until_ms = None;
        }
    }

    /// Media with this page is lost.
    pub(crate) fn media_down(&mut self, device: &DeviceId) {
        let Some(id) = self.devices.get(device).cloned() else {
            return;
        };
        let Some(agent) = self.agent_mut(&id) else {
            return;
        };
        let holds = agent.media_device.as_ref() == Some(device);
        if let Some(page) = agent.devices.get_mut(device) {
            page.media = Media::Closed;
            page.muted = false;
        }
        if holds {
            self.lose_media(&id);
        }
    }

    /// The page, if it holds the microphone of an agent with a call that is not over.
    fn page_wanted(&mut self, device: &DeviceId) -> Option<&mut Device> {
        let id = self.devices.get(device)?.clone();
        let agent = self.agents.get(&id)?;
        let call = self.calls.get(agent.call.as_ref()?);
        let holds = agent.media_device.as_ref() == Some(device);
        if !holds || !call.is_some_and(Call::is_live) {
            return None;
        }
        self.agent_mut(&id)?.devices.get_mut(device)
    }

    /// The agent is there for calls, or not.
    pub(crate) fn set_presence(&mut self, seat: &Seat, presence: Presence) {
        let now_ms = self.now.boot_ms;
        let Some(agent) = self.agent_mut(&seat.agent) else {
            return;
        };
        if presence == agent.presence {
            return;
        }
        agent.presence = presence;
        agent.idle_since_ms = now_ms;
        if presence == Presence::Away {
            self.withdraw_offer(&seat.agent);
        }
    }
}
