//! What must hold, seen from outside: in the inputs that went in and the actions that came out.
//! It knows nothing of the switchboard's insides.

use std::collections::{BTreeMap, BTreeSet};

use offhook_calls::softphone::{AgentView, Command, Phase, Presence, ToPage};
use offhook_calls::{
    Action, AgentId, CallId, CallRecord, CallState, DeviceId, Direction, EndCause, Input, LegId,
    LogKey,
};

/// What the oracle remembers of a leg.
#[derive(Debug, Default)]
struct Leg {
    answered: bool,
    rejected: bool,
    hung_up: bool,
    gone: bool,
}

/// What it remembers of one process: a restart forgets it.
#[derive(Debug, Default)]
struct Process {
    legs: BTreeMap<LegId, Leg>,
    answered_at: BTreeMap<CallId, u64>,
    log_calls: BTreeSet<LogKey>,
    confirmed: BTreeSet<LogKey>,
    bridged: BTreeMap<LegId, DeviceId>,
    /// Pages with media, and whether they are silenced.
    media: BTreeMap<DeviceId, bool>,
    pages: BTreeMap<DeviceId, AgentId>,
    views: BTreeMap<AgentId, AgentView>,
    declined: BTreeSet<(CallId, AgentId)>,
    shutting_down: bool,
}

/// The judge of a world.
#[derive(Debug)]
pub(super) struct Oracle {
    default_owner: AgentId,
    one_at_a_time: bool,
    /// The committed rows.
    pub(super) rows: BTreeMap<CallId, CallRecord>,
    process: Process,
    broken: Vec<String>,
}

impl Oracle {
    pub(super) fn new(default_owner: AgentId, one_at_a_time: bool) -> Self {
        Self {
            default_owner,
            one_at_a_time,
            rows: BTreeMap::new(),
            process: Process::default(),
            broken: Vec::new(),
        }
    }

    pub(super) fn process_died(&mut self) {
        self.process = Process::default();
    }

    fn must(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.broken.push(what());
        }
    }

    /// What does not hold after this step, in words.
    pub(super) fn judge(&mut self, now_ms: u64, input: &Input, actions: &[Action]) -> Vec<String> {
        self.heard(input);
        self.check_stray_media(input, actions);
        self.check_order(actions);
        for action in actions {
            self.check_action(now_ms, action);
        }
        self.check_ended(input);
        self.check_talkers();
        self.check_heard();
        self.check_waiting();
        std::mem::take(&mut self.broken)
    }

    /// Takes in what happened.
    fn heard(&mut self, input: &Input) {
        let process = &mut self.process;
        match input {
            Input::DeviceConnected { device, agent, .. } if !process.shutting_down => {
                process.pages.insert(device.clone(), agent.clone());
            }
            Input::DeviceGone { device } => {
                process.pages.remove(device);
                process.media.remove(device);
            }
            Input::MediaDown { device } => {
                process.media.remove(device);
            }
            Input::LegEnded { leg, .. } => {
                process.legs.entry(leg.clone()).or_default().gone = true;
                process.bridged.remove(leg);
            }
            Input::Logged { call, agent, .. } => {
                let (call, agent) = (call.clone(), agent.clone());
                process.confirmed.insert(LogKey { call, agent });
            }
            Input::Command {
                device,
                command: Command::Decline { call } | Command::HangUp { call },
                ..
            } => self.heard_decline(device, call),
            Input::ShutDown => process.shutting_down = true,
            _ => {}
        }
    }

    fn heard_decline(&mut self, device: &DeviceId, call: &CallId) {
        let Some(agent) = self.process.pages.get(device) else {
            return;
        };
        let view = self.process.views.get(agent);
        let shown = view.and_then(|view| view.call.as_ref());
        if shown.is_some_and(|shown| shown.id == *call && shown.phase == Phase::Ringing) {
            let declined = (call.clone(), agent.clone());
            self.process.declined.insert(declined);
        }
    }

    /// Media that comes up without an offer that was taken is closed.
    fn check_stray_media(&mut self, input: &Input, actions: &[Action]) {
        let Input::MediaUp { device } = input else {
            return;
        };
        let close = Action::CloseMedia {
            device: device.clone(),
        };
        let taken = self.process.media.contains_key(device);
        let right = taken || actions.contains(&close);
        self.must(right, || {
            format!("page {device}: media came up that nobody took")
        });
    }

    /// What is durable comes first.
    fn check_order(&mut self, actions: &[Action]) {
        let durable = |action: &Action| matches!(action, Action::WriteCall(_) | Action::LogCall(_));
        let first_other = actions.iter().position(|action| !durable(action));
        let last_durable = actions.iter().rposition(durable);
        let ordered = match (first_other, last_durable) {
            (Some(other), Some(durable)) => durable < other,
            _ => true,
        };
        self.must(ordered, || {
            "something was done before what is durable was".to_owned()
        });
    }

    fn check_action(&mut self, now_ms: u64, action: &Action) {
        match action {
            Action::WriteCall(record) => self.check_row(now_ms, record),
            Action::LogCall(entry) => self.check_log(&entry.key, &entry.call),
            Action::Ring { leg } => self.check_leg(leg, "rung", |leg| !leg.answered),
            Action::Answer { leg } => {
                self.check_leg(leg, "answered", |leg| !leg.answered && !leg.rejected);
                self.leg(leg).answered = true;
            }
            Action::Reject { leg, .. } => {
                self.check_leg(leg, "rejected", |leg| !leg.answered && !leg.rejected);
                self.leg(leg).rejected = true;
            }
            Action::Dial { leg, .. } => self.check_leg(leg, "dialled", |leg| !leg.answered),
            Action::HangUp { leg } => {
                self.leg(leg).hung_up = true;
                self.process.bridged.remove(leg);
            }
            Action::Bridge { leg, device } => self.check_bridge(leg, device),
            Action::Play { leg, .. } => {
                self.check_leg(leg, "played to", |leg| !leg.hung_up);
                self.process.bridged.remove(leg);
            }
            Action::SendDigits { leg, .. } => {
                self.check_leg(leg, "sent digits", |leg| !leg.hung_up)
            }
            Action::AcceptOffer { device } => {
                self.process.media.insert(device.clone(), false);
            }
            Action::CloseMedia { device } => {
                self.process.media.remove(device);
            }
            Action::SetMuted { device, muted } => {
                let media = self.process.media.get_mut(device);
                let known = media.map(|silenced| *silenced = *muted).is_some();
                self.must(known, || format!("page {device}: muted without media"));
            }
            Action::RefuseOffer { .. } => {}
            Action::Send { device, message } => self.check_message(device, message),
        }
    }

    /// A row: newer than the one before, and true to it.
    fn check_row(&mut self, now_ms: u64, new: &CallRecord) {
        let id = new.call.clone();
        let old = self.rows.get(&id).cloned();
        let ended = new.ended_at_ms.is_some();
        let over = matches!(new.state, CallState::WrapUp | CallState::Closed);
        self.must(ended == over, || {
            format!("call {id}: {:?} and ended: {ended}", new.state)
        });
        self.must(ended == new.end_cause.is_some(), || {
            format!("call {id}: ended without cause")
        });
        if new.answered_at_ms.is_some() {
            self.process.answered_at.entry(id.clone()).or_insert(now_ms);
        }
        match old {
            None => self.must(new.version == 1, || {
                format!("call {id}: born at {}", new.version)
            }),
            Some(old) => {
                if ended && old.ended_at_ms.is_none() {
                    self.check_durations(now_ms, new);
                }
                self.check_successor(&old, new);
            }
        }
        self.rows.insert(id, new.clone());
    }

    fn check_successor(&mut self, old: &CallRecord, new: &CallRecord) {
        let id = &new.call;
        self.must(new.version > old.version, || {
            format!("call {id}: an older version")
        });
        let same_birth = new.started_at_ms == old.started_at_ms && new.dialled == old.dialled;
        self.must(same_birth, || format!("call {id}: began anew"));
        let same_agent = old.agent.is_none() || old.agent == new.agent;
        self.must(same_agent, || {
            format!("call {id}: went from one agent to another")
        });
        let same_answer = old.answered_at_ms.is_none() || old.answered_at_ms == new.answered_at_ms;
        self.must(same_answer, || format!("call {id}: was answered twice"));
        let same_end = old.ended_at_ms.is_none()
            || (old.ended_at_ms == new.ended_at_ms
                && old.end_cause == new.end_cause
                && old.talk_duration_ms == new.talk_duration_ms);
        self.must(same_end, || format!("call {id}: ended twice"));
        let closed = old.state == CallState::Closed;
        self.must(!closed, || {
            format!("call {id}: changed after it was closed")
        });
    }

    /// Durations are those of the monotonic clock.
    fn check_durations(&mut self, now_ms: u64, row: &CallRecord) {
        let id = &row.call;
        let answered_at = self.process.answered_at.get(id).copied();
        let expected = answered_at.map(|at| now_ms - at);
        let found_open = row.end_cause == Some(EndCause::Interrupted);
        let right = expected.unwrap_or(0) == row.talk_duration_ms || found_open;
        self.must(right, || {
            format!(
                "call {id}: talked {expected:?}, and its row says {}",
                row.talk_duration_ms
            )
        });
        let sane = row.talk_duration_ms <= 12 * 3_600_000 && row.ring_duration_ms <= 200_000;
        self.must(sane, || format!("call {id}: a duration is over-long"));
    }

    /// Each ended call is logged once, for the right owner, unless it was logged already.
    fn check_log(&mut self, key: &LogKey, call: &CallRecord) {
        let row = self.rows.get(&key.call);
        let owner = row.and_then(|row| row.agent.as_ref());
        let owner = owner.unwrap_or(&self.default_owner).clone();
        let current = row == Some(call);
        let again = !self.process.log_calls.insert(key.clone());
        let late = self.process.confirmed.contains(key);
        self.must(current, || format!("log {key}: differs from the row"));
        self.must(call.ended_at_ms.is_some(), || {
            format!("log {key}: the call goes on")
        });
        self.must(key.agent == owner, || {
            format!("log {key}: belongs to {owner}")
        });
        self.must(!again, || format!("log {key}: logged twice"));
        self.must(!late, || {
            format!("log {key}: logged after it was known to be")
        });
    }

    fn leg(&mut self, leg: &LegId) -> &mut Leg {
        self.process.legs.entry(leg.clone()).or_default()
    }

    /// Nothing is done to a leg whose call has no row, that is gone, or that is in no state for it.
    fn check_leg(&mut self, id: &LegId, what: &str, right: fn(&Leg) -> bool) {
        let known = self.rows.contains_key(&id.call);
        self.must(known, || {
            format!("leg {id}: {what} before its row was written")
        });
        let leg = self.leg(id);
        let right = right(leg) && !leg.gone;
        self.must(right, || format!("leg {id}: {what} in the wrong state"));
    }

    fn check_bridge(&mut self, leg: &LegId, device: &DeviceId) {
        self.check_leg(leg, "bridged", |leg| !leg.hung_up);
        let owner = self.rows.get(&leg.call).and_then(|row| row.agent.clone());
        let page_of = self.process.pages.get(device).cloned();
        self.must(owner.is_some() && owner == page_of, || {
            format!("leg {leg}: bridged to {device} of {page_of:?}, and it is {owner:?}'s")
        });
        let process = &self.process;
        let twice = process
            .bridged
            .iter()
            .any(|(other, page)| other != leg && page == device);
        self.must(!twice, || format!("page {device}: bridged to two legs"));
        self.process.bridged.insert(leg.clone(), device.clone());
    }

    fn check_message(&mut self, device: &DeviceId, message: &ToPage) {
        let ToPage::View(view) = message else {
            return;
        };
        let owner = self.process.pages.get(device);
        let right = owner == Some(&view.agent) && view.this_device == *device;
        self.must(right, || {
            format!("page {device}: was sent the view of {}", view.agent)
        });
        let before = self.process.views.get(&view.agent);
        let newer = before.is_none_or(|before| before.sequence <= view.sequence);
        self.must(newer, || format!("page {device}: an older view"));
        let row = view.call.as_ref().and_then(|call| self.rows.get(&call.id));
        let open = row.is_none_or(|row| row.state != CallState::Closed);
        self.must(open, || format!("page {device}: shows a closed call"));
        self.process
            .views
            .insert(view.agent.clone(), (**view).clone());
    }

    /// When its leg is gone, a call is over in its row.
    fn check_ended(&mut self, input: &Input) {
        let Input::LegEnded { leg, .. } = input else {
            return;
        };
        let row = self.rows.get(&leg.call);
        let over = row.is_none_or(|row| row.ended_at_ms.is_some());
        self.must(over, || {
            format!("call {}: its leg is gone and it goes on", leg.call)
        });
    }

    /// At most one page of an agent has media, and at most one agent has a call.
    fn check_talkers(&mut self) {
        let mut talkers = BTreeSet::new();
        let media: Vec<DeviceId> = self.process.media.keys().cloned().collect();
        for device in media {
            let Some(agent) = self.process.pages.get(&device).cloned() else {
                continue;
            };
            let first = talkers.insert(agent.clone());
            self.must(first, || format!("agent {agent}: two pages have media"));
        }
        let views = self.process.views.values();
        let calls = views.filter_map(|view| view.call.as_ref());
        let owned = calls.filter(|call| call.phase != Phase::Ringing);
        let owned: Vec<CallId> = owned.map(|call| call.id.clone()).collect();
        let unique: BTreeSet<&CallId> = owned.iter().collect();
        let once = unique.len() == owned.len();
        self.must(once, || format!("a call is with two agents: {owned:?}"));
    }

    /// Far ends hear what the pages show, and a muted page is silent.
    fn check_heard(&mut self) {
        let there: BTreeSet<AgentId> = self.process.pages.values().cloned().collect();
        for agent in there {
            let Some(view) = self.process.views.get(&agent).cloned() else {
                continue;
            };
            let Some(call) = view.call else {
                continue;
            };
            let leg = LegId {
                call: call.id,
                number: 0,
            };
            let bridged = self.process.bridged.get(&leg);
            let expected = match call.phase {
                Phase::Talking if !call.media_lost => view.media_device.as_ref(),
                _ => None,
            };
            let right = bridged == expected;
            self.must(right, || {
                format!("leg {leg}: does not hear what the page shows")
            });
            let holder = view.media_device.as_ref();
            let silenced = holder.and_then(|device| self.process.media.get(device));
            let talks = matches!(call.phase, Phase::Talking | Phase::Held);
            let right = !talks || silenced.is_none_or(|silenced| *silenced == call.muted);
            self.must(right, || format!("leg {leg}: muted and heard, or neither"));
        }
    }

    /// No caller waits beside a free agent.
    fn check_waiting(&mut self) {
        let waiting = |row: &&CallRecord| row.state == CallState::Ringing;
        let waiting = self.rows.values().filter(waiting);
        let waiting: Vec<CallId> = waiting.map(|row| row.call.clone()).collect();
        for call in waiting {
            let views = self.process.views.values();
            let ringing = views
                .filter_map(|view| view.call.as_ref())
                .any(|shown| shown.id == call && shown.phase == Phase::Ringing);
            if ringing && self.one_at_a_time {
                continue;
            }
            let idle = self.idle_agent(&call);
            self.must(idle.is_none(), || {
                format!("call {call}: waits beside {idle:?}")
            });
        }
    }

    /// An agent with a page, ready, without a call, who has not declined this one.
    fn idle_agent(&self, call: &CallId) -> Option<AgentId> {
        let process = &self.process;
        let there: BTreeSet<&AgentId> = process.pages.values().collect();
        let idle = |view: &&AgentView| {
            let declined = (call.clone(), view.agent.clone());
            view.presence == Presence::Ready
                && view.call.is_none()
                && there.contains(&view.agent)
                && !process.declined.contains(&declined)
        };
        let found = process.views.values().find(idle);
        found.map(|view| view.agent.clone())
    }

    /// At the end of all things: is each call over?
    pub(super) fn left_over(&self) -> Vec<String> {
        let open = self.rows.values().filter(|row| row.ended_at_ms.is_none());
        let mut left: Vec<String> = open
            .map(|row| format!("call {} never ended", row.call))
            .collect();
        for row in self.rows.values() {
            let outbound_of_nobody = row.direction == Direction::Outbound && row.agent.is_none();
            if outbound_of_nobody {
                left.push(format!("call {} was placed by nobody", row.call));
            }
        }
        left
    }
}
