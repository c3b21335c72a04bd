//! What pages ask: each command is carried out once, and always answered.

use crate::action::Action;
use crate::id::{AgentId, CallId, DeviceId, LogKey};
use crate::limits;
use crate::refusal::Refusal;
use crate::softphone::{Command, ToPage};
use crate::switchboard::Switchboard;

/// Who asks: an agent, in one of their pages.
#[derive(Debug, Clone)]
pub(crate) struct Seat {
    pub(crate) agent: AgentId,
    pub(crate) device: DeviceId,
}

/// What an accepted wrap-up hands out.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) key: LogKey,
}

impl Switchboard {
    /// A page asks for something.
    pub(crate) fn command(
        &mut self,
        device: DeviceId,
        command_id: String,
        command: Command,
        fresh: CallId,
    ) {
        let Some(agent) = self.devices.get(&device).cloned() else {
            return;
        };
        let seat = Seat { agent, device };
        if command_id.is_empty() || limits::too_long(&command_id, limits::COMMAND_ID_CHARS_MAX) {
            let reply = self.reply(command_id, Err(Refusal::CommandId));
            return self.send_reply(&seat, reply);
        }
        if let Some(reply) = self.remembered_reply(&seat, &command_id) {
            return self.send_reply(&seat, reply);
        }
        self.note_activity(&seat);
        let answer = self.carry_out(&seat, command, fresh);
        let reply = self.reply(command_id.clone(), answer);
        self.remember_reply(&seat, command_id, reply.clone());
        self.send_reply(&seat, reply);
    }

    fn carry_out(
        &mut self,
        seat: &Seat,
        command: Command,
        fresh: CallId,
    ) -> Result<Option<Claim>, Refusal> {
        match command {
            Command::Answer { call } => self.answer(seat, &call)?,
            Command::Decline { call } => self.decline(seat, &call)?,
            Command::HangUp { call } => self.hang_up(seat, &call)?,
            Command::Hold { call } => self.set_held(seat, &call, true)?,
            Command::Resume { call } => self.set_held(seat, &call, false)?,
            Command::Mute { call, muted } => self.set_muted(seat, &call, muted)?,
            Command::Digits { call, digits } => self.send_digits(seat, &call, digits)?,
            Command::Dial { number, record } => self.dial(seat, fresh, &number, record)?,
            Command::SetPresence { presence } => self.set_presence(seat, presence),
            Command::ClaimPop { event_id } => self.claim_pop(seat, &event_id)?,
            Command::Popped { call, record } => self.popped(seat, &call, record)?,
            Command::Draft {
                call,
                outcome,
                notes,
            } => self.draft(seat, &call, outcome, notes)?,
            Command::WrapUp {
                call,
                outcome,
                notes,
            } => return self.wrap_up(seat, &call, outcome, notes).map(Some),
            Command::TakeMedia => self.take_media(seat),
        }
        Ok(None)
    }

    fn reply(&self, id: String, answer: Result<Option<Claim>, Refusal>) -> ToPage {
        let claim = answer.as_ref().ok().and_then(Option::as_ref);
        let call = claim.and_then(|claim| self.calls.get(&claim.key.call));
        ToPage::Reply {
            id,
            accepted: answer.is_ok(),
            reason: answer.as_ref().err().map(ToString::to_string),
            log_key: claim.map(|claim| claim.key.to_string()),
            call: call.map(|call| Box::new(call.record.clone())),
        }
    }

    fn remembered_reply(&self, seat: &Seat, command_id: &str) -> Option<ToPage> {
        let page = self.agents.get(&seat.agent)?.devices.get(&seat.device)?;
        let known = page.replies.iter().find(|(id, _)| id == command_id);
        known.map(|(_, reply)| reply.clone())
    }

    fn remember_reply(&mut self, seat: &Seat, command_id: String, reply: ToPage) {
        let agent = self.agents.get_mut(&seat.agent);
        let Some(page) = agent.and_then(|agent| agent.devices.get_mut(&seat.device)) else {
            return;
        };
        page.replies.push_back((command_id, reply));
        if page.replies.len() > limits::REPLY_COUNT_MAX {
            page.replies.pop_front();
        }
    }

    fn send_reply(&mut self, seat: &Seat, message: ToPage) {
        let device = seat.device.clone();
        self.step.replies.push(Action::Send { device, message });
    }
}
