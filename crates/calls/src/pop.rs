//! The screen pop's guard: a pop happens once for each call and agent, in one page, whatever
//! reloads and second tabs there are. If the page that claimed it goes away before it said what
//! popped, the next page may claim it.

use crate::call::PopGuard;
use crate::call_record::{Direction, RecordRef};
use crate::commands::Seat;
use crate::id::{AgentId, CallId, DeviceId, LogKey};
use crate::limits::{self, too_long};
use crate::refusal::Refusal;
use crate::switchboard::Switchboard;

impl Switchboard {
    /// A page wants to pop; the first one may.
    pub(crate) fn claim_pop(&mut self, seat: &Seat, event_id: &str) -> Result<(), Refusal> {
        let key = LogKey::parse(event_id).filter(|key| key.agent == seat.agent);
        let key = key.ok_or(Refusal::PopTaken)?;
        let shown = self.agents.get(&seat.agent).and_then(|it| it.call.as_ref());
        if shown != Some(&key.call) {
            return Err(Refusal::CallOver);
        }
        let call = self.call_mut(&key.call).ok_or(Refusal::CallOver)?;
        match call.pops.get_mut(&seat.agent) {
            Some(guard @ PopGuard::Due) => {
                *guard = PopGuard::Claimed(seat.device.clone());
                Ok(())
            }
            Some(PopGuard::Claimed(device)) if *device == seat.device => Ok(()),
            Some(PopGuard::Claimed(_) | PopGuard::Done) | None => Err(Refusal::PopTaken),
        }
    }

    /// A page says what popped. It may come late: while the call is open, whoever was offered
    /// it may say whose call it is.
    pub(crate) fn popped(
        &mut self,
        seat: &Seat,
        id: &CallId,
        record: Option<RecordRef>,
    ) -> Result<(), Refusal> {
        let record = record.map(checked).transpose()?;
        let call = self.call_mut(id).ok_or(Refusal::CallOver)?;
        let concerned = call.parties().contains(&seat.agent);
        if !concerned && !call.pops.contains_key(&seat.agent) {
            return Err(Refusal::NotYours);
        }
        if let Some(guard) = call.pops.get_mut(&seat.agent) {
            *guard = PopGuard::Done;
        }
        let placed_from_record =
            call.record.direction == Direction::Outbound && call.record.record.is_some();
        if record.is_some() && !placed_from_record {
            call.record.record = record;
        }
        Ok(())
    }

    /// The page is gone: what it claimed and did not pop may pop elsewhere.
    pub(crate) fn give_back_pop(&mut self, agent: &AgentId, device: &DeviceId) {
        let call = self.agents.get(agent).and_then(|agent| agent.call.clone());
        let Some(call) = call.and_then(|id| self.call_mut(&id)) else {
            return;
        };
        if let Some(guard) = call.pops.get_mut(agent)
            && *guard == PopGuard::Claimed(device.clone())
        {
            *guard = PopGuard::Due;
        }
    }
}

/// The reference, if it can be one of a record.
pub(crate) fn checked(record: RecordRef) -> Result<RecordRef, Refusal> {
    if too_long(&record.id, limits::RECORD_ID_CHARS_MAX)
        || too_long(&record.object, limits::RECORD_OBJECT_CHARS_MAX)
    {
        return Err(Refusal::Record);
    }
    let name = limits::shortened(&record.name, limits::RECORD_NAME_CHARS_MAX);
    Ok(RecordRef { name, ..record })
}
