//! One world: a switchboard, the far ends, the desks, the CRM, a disk, two clocks, and chance.

use std::collections::{BTreeMap, BTreeSet};

use offhook_calls::planted::PlantedBug;
use offhook_calls::settings::{PopMoment, RingStrategy};
use offhook_calls::softphone::ToPage;
use offhook_calls::{
    Action, AgentId, CallId, CallRecord, CallState, Input, LogKey, Now, Settings, Switchboard,
};
use offhook_phone::Region;

use super::crm::Crm;
use super::desk::Desk;
use super::oracle::Oracle;
use super::random::Random;
use super::trunk::{FarPlan, Later, Trunk};

/// How long callers call, in virtual milliseconds.
const BUSY_MS: u64 = 2_400_000;

/// By when all must be over after that.
const QUIET_MS: u64 = 1_200_000;

/// No world does more than this; one that does runs in a circle.
const STEP_COUNT_MAX: u64 = 200_000;

/// 24 November 2026, 09:00 UTC.
const WALL_MS: i64 = 1_795_510_800_000;

/// Something that will happen.
#[derive(Debug)]
enum Event {
    Give(Input),
    Far(FarPlan),
    Caller,
    Wake(usize),
    Save(LogKey),
    StepClock(i64),
    Crash,
    ShutDown,
}

/// How far a step comes before the process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Death {
    BeforeCommit,
    AfterCommit,
}

/// Who says that something is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judges {
    /// The oracle, from outside.
    Oracle,
    /// The switchboard's own invariants.
    Itself,
    Both,
}

/// What a run tells.
#[derive(Debug, Default)]
pub(super) struct Story {
    pub(super) broken: Vec<String>,
    pub(super) lines: Vec<String>,
    pub(super) met: Met,
}

/// How calls ended in a run, and what else it met.
#[derive(Debug, Default)]
pub(super) struct Met(BTreeSet<String>);

impl Met {
    fn note(&mut self, what: impl Into<String>) {
        self.0.insert(what.into());
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.0.extend(other.0.iter().cloned());
    }

    /// What every good set of worlds meets, and these did not.
    pub(super) fn missing(&self) -> Vec<&'static str> {
        let wanted = [
            "FarEndHungUp",
            "AgentHungUp",
            "CallerGaveUp",
            "NoAnswer",
            "Declined",
            "Busy",
            "Failed",
            "AgentLost",
            "Refused",
            "Interrupted",
            "accepted",
            "answered by another agent",
            "answered in another tab",
            "bridged",
            "Hold",
            "AgentAway",
            "the clock was stepped",
            "a shutdown",
            "a crash before the commit",
            "a crash after the commit",
            "a call found open",
            "log of the server",
            "log of a page",
            "popped",
            "offer refused",
        ];
        wanted
            .into_iter()
            .filter(|what| !self.0.contains(*what))
            .collect()
    }
}

/// One world.
pub(super) struct World {
    random: Random,
    settings: Settings,
    bug: Option<PlantedBug>,
    switchboard: Switchboard,
    now_ms: u64,
    /// When the process started.
    boot_at_ms: u64,
    /// How far the wall clock was stepped.
    step_ms: i64,
    schedule: BTreeMap<(u64, u64), Event>,
    order: u64,
    call_count: u64,
    death: Option<Death>,
    trunk: Trunk,
    desks: Vec<Desk>,
    crm: Crm,
    oracle: Oracle,
    tell: bool,
    judges: Judges,
    story: Story,
}

impl World {
    pub(super) fn new(seed: u64, bug: Option<PlantedBug>) -> Self {
        let mut random = Random::new(seed);
        let settings = settings(&mut random);
        let names = ["ann", "bob", "cho", "dee", "eve"];
        let desk_count = random.between(1, names.len() as u64) as usize;
        let one_at_a_time = settings.ring_strategy == RingStrategy::LongestIdle;
        Self {
            switchboard: start(&settings, bug),
            oracle: Oracle::new(settings.default_owner.clone(), one_at_a_time),
            desks: names[..desk_count]
                .iter()
                .map(|name| Desk::new(name))
                .collect(),
            random,
            settings,
            bug,
            now_ms: 0,
            boot_at_ms: 0,
            step_ms: 0,
            schedule: BTreeMap::new(),
            order: 0,
            call_count: 0,
            death: None,
            trunk: Trunk::default(),
            crm: Crm::default(),
            tell: false,
            judges: Judges::Both,
            story: Story::default(),
        }
    }

    /// Keeps the lines of the story.
    pub(super) fn with_lines(mut self) -> Self {
        self.tell = true;
        self
    }

    pub(super) fn judged_by(mut self, judges: Judges) -> Self {
        self.judges = judges;
        self
    }

    /// Lets the world run until all is over, or something is broken.
    pub(super) fn run(mut self) -> Story {
        self.schedule_first();
        for _ in 0..STEP_COUNT_MAX {
            if !self.story.broken.is_empty() {
                return self.story;
            }
            if !self.step() {
                self.judge_end();
                return self.story;
            }
        }
        self.story.broken.push("it runs in a circle".to_owned());
        self.story
    }

    fn schedule_first(&mut self) {
        for desk in 0..self.desks.len() {
            let at_ms = self.random.between(0, 60_000);
            self.at(at_ms, Event::Wake(desk));
        }
        self.at(1_000, Event::Caller);
        for _ in 0..self.random.between(0, 4) {
            let at_ms = self.random.between(0, BUSY_MS);
            let hours = self.random.pick(&[-8_760, -1, 1, 8_760]);
            self.at(at_ms, Event::StepClock(hours * 3_600_000));
        }
        for _ in 0..self.random.between(0, 3) {
            let at_ms = self.random.between(0, BUSY_MS);
            self.at(at_ms, Event::Crash);
        }
        if self.random.chance(30) {
            let at_ms = self.random.between(0, BUSY_MS);
            self.at(at_ms, Event::ShutDown);
        }
    }

    fn at(&mut self, after_ms: u64, event: Event) {
        self.order += 1;
        self.schedule
            .insert((self.now_ms + after_ms, self.order), event);
    }

    /// The next thing happens; `false` when there is none.
    fn step(&mut self) -> bool {
        let event_at = self.schedule.first_key_value().map(|((at, _), _)| *at);
        let timer_at = self.switchboard.deadline().map(|at| at + self.boot_at_ms);
        let Some(at_ms) = event_at.into_iter().chain(timer_at).min() else {
            return false;
        };
        if at_ms > BUSY_MS + QUIET_MS {
            self.story
                .broken
                .push("it is not over long after the last caller".to_owned());
            return true;
        }
        self.now_ms = self.now_ms.max(at_ms);
        if timer_at.is_some_and(|timer_at| event_at.is_none_or(|event_at| timer_at <= event_at)) {
            self.tick();
        } else if let Some((_, event)) = self.schedule.pop_first() {
            self.happen(event);
        }
        true
    }

    fn tick(&mut self) {
        self.give(Input::Tick);
        let boot_ms = self.now_ms - self.boot_at_ms;
        let due = self.switchboard.deadline().is_some_and(|at| at <= boot_ms);
        if due {
            self.story
                .broken
                .push("a timer is still due after its tick".to_owned());
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Give(input) => self.give(input),
            Event::Far(plan) => {
                let later = self.trunk.carry_out(plan, &mut self.random);
                self.later(later);
            }
            Event::Caller => self.caller(),
            Event::Wake(desk) => self.wake(desk),
            Event::Save(key) => self.save(&key),
            Event::StepClock(step_ms) => {
                self.story.met.note("the clock was stepped");
                self.step_ms += step_ms;
            }
            Event::Crash => {
                let death = self.random.pick(&[Death::BeforeCommit, Death::AfterCommit]);
                self.death = Some(death);
            }
            Event::ShutDown => {
                self.story.met.note("a shutdown");
                self.give(Input::ShutDown);
                self.restart();
            }
        }
    }

    fn later(&mut self, later: Vec<Later>) {
        for later in later {
            match later {
                Later::Give(after_ms, input) => self.at(after_ms, Event::Give(input)),
                Later::Plan(after_ms, plan) => self.at(after_ms, Event::Far(plan)),
            }
        }
    }

    fn soon(&mut self, soon: Vec<(u64, Input)>) {
        for (after_ms, input) in soon {
            self.at(after_ms, Event::Give(input));
        }
    }

    fn caller(&mut self) {
        if self.now_ms > BUSY_MS {
            return;
        }
        self.call_count += 1;
        let call = CallId::new(format!("in-{}", self.call_count));
        let later = self.trunk.call(call, &mut self.random);
        self.later(later);
        // Now and then a rush of callers.
        let next_ms = match self.random.chance(20) {
            true => self.random.between(1, 2_000),
            false => self.random.between(10_000, 200_000),
        };
        self.at(next_ms, Event::Caller);
    }

    fn wake(&mut self, desk: usize) {
        if self.now_ms > BUSY_MS {
            return;
        }
        let soon = self.desks[desk].wake(&mut self.random);
        self.soon(soon);
        if self.random.chance(5) {
            // Everybody answers at once.
            for desk in 0..self.desks.len() {
                let soon = self.desks[desk].reach_for_the_phone();
                self.soon(soon);
            }
        }
        let next_ms = self.random.between(500, 20_000);
        self.at(next_ms, Event::Wake(desk));
    }

    fn save(&mut self, key: &LogKey) {
        let logged = self.crm.save(key, &mut self.random);
        self.soon(logged);
    }

    /// Gives the input to the switchboard; commits, then acts; judges.
    fn give(&mut self, input: Input) {
        let now = Now {
            boot_ms: self.now_ms - self.boot_at_ms,
            wall_ms: WALL_MS + self.now_ms as i64 + self.step_ms,
        };
        self.switchboard.input(now, input.clone());
        let actions: Vec<Action> = std::iter::from_fn(|| self.switchboard.next_action()).collect();
        self.tell(&input, &actions);
        let death = self.death.take();
        if death == Some(Death::BeforeCommit) {
            self.story.met.note("a crash before the commit");
            return self.restart();
        }
        self.note_page(&input);
        let broken = self.oracle.judge(self.now_ms, &input, &actions);
        if self.judges != Judges::Itself {
            self.story.broken.extend(broken);
        }
        if self.judges != Judges::Oracle {
            let broken = self.switchboard.broken_invariants();
            self.story.broken.extend(broken);
        }
        for action in actions {
            let durable = matches!(action, Action::WriteCall(_) | Action::LogCall(_));
            if durable || death.is_none() {
                self.act(action);
            }
        }
        if death == Some(Death::AfterCommit) {
            self.story.met.note("a crash after the commit");
            self.restart();
        }
    }

    fn tell(&mut self, input: &Input, actions: &[Action]) {
        if !self.tell {
            return;
        }
        let seconds = self.now_ms as f64 / 1_000.0;
        self.story.lines.push(format!("{seconds} > {input:?}"));
        let lines = actions.iter().map(|action| format!("    {}", told(action)));
        self.story.lines.extend(lines);
    }

    /// The desk learns that its tab is connected.
    fn note_page(&mut self, input: &Input) {
        if let Input::DeviceConnected { device, agent, .. } = input
            && let Some(desk) = self.desks.iter_mut().find(|desk| desk.agent == *agent)
        {
            desk.opened(device);
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::WriteCall(row) => {
                if let Some(cause) = row.end_cause {
                    self.story.met.note(format!("{cause:?}"));
                }
                if row.record.is_some() {
                    self.story.met.note("popped");
                }
            }
            Action::LogCall(entry) => {
                self.story.met.note("log of the server");
                if let Some(after_ms) = self.crm.committed(&entry.key, &mut self.random) {
                    self.at(after_ms, Event::Save(entry.key));
                }
            }
            Action::Ring { .. } | Action::SetMuted { .. } | Action::SendDigits { .. } => {}
            Action::Answer { leg } => {
                let later = self.trunk.answered(leg, &mut self.random);
                self.later(later);
            }
            Action::Dial { leg, .. } => {
                let later = self.trunk.dialled(leg, &mut self.random);
                self.later(later);
            }
            Action::Reject { leg, status } => {
                let later = self.trunk.told_to_end(leg, status, &mut self.random);
                self.later(later);
            }
            Action::HangUp { leg } => {
                let later = self.trunk.told_to_end(leg, 200, &mut self.random);
                self.later(later);
            }
            Action::Bridge { .. } => self.story.met.note("bridged"),
            Action::Play { treatment, .. } => self.story.met.note(format!("{treatment:?}")),
            Action::AcceptOffer { device } => {
                self.story.met.note("accepted");
                self.tell_page(&device, |desk, random| {
                    desk.media_told(&device, true, random)
                });
            }
            Action::RefuseOffer { device } => {
                self.story.met.note("offer refused");
                self.tell_page(&device, |desk, random| {
                    desk.media_told(&device, false, random)
                });
            }
            Action::CloseMedia { device } => {
                self.tell_page(&device, |desk, random| {
                    desk.media_told(&device, false, random)
                });
            }
            Action::Send { device, message } => match message {
                ToPage::View(view) => {
                    self.tell_page(&device, |desk, random| desk.shown(&device, &view, random));
                }
                ToPage::Reply {
                    id,
                    accepted,
                    reason,
                    log_key,
                    ..
                } => {
                    self.note_refusal(reason.as_deref());
                    self.page_logs(log_key.as_deref());
                    if accepted {
                        self.tell_page(&device, |desk, random| desk.replied(&device, &id, random));
                    }
                }
                _ => {}
            },
        }
    }

    fn note_refusal(&mut self, reason: Option<&str>) {
        let reason = reason.unwrap_or_default();
        if reason.starts_with("The call was answered by") {
            self.story.met.note("answered by another agent");
        }
        if reason.contains("in another tab") {
            self.story.met.note("answered in another tab");
        }
    }

    /// A page that was given the log key saves the log, in most cases.
    fn page_logs(&mut self, log_key: Option<&str>) {
        let Some(key) = log_key.and_then(LogKey::parse) else {
            return;
        };
        if let Some(after_ms) = self.crm.page_saves(&mut self.random) {
            self.story.met.note("log of a page");
            self.at(after_ms, Event::Save(key));
        }
    }

    fn tell_page(
        &mut self,
        device: &offhook_calls::DeviceId,
        tell: impl FnOnce(&mut Desk, &mut Random) -> Vec<(u64, Input)>,
    ) {
        let has = |desk: &&mut Desk| desk.pages.iter().any(|page| page.device == *device);
        if let Some(desk) = self.desks.iter_mut().find(has) {
            let soon = tell(desk, &mut self.random);
            self.soon(soon);
        }
    }

    /// The process dies and another one starts with what is on the disk.
    fn restart(&mut self) {
        self.switchboard = start(&self.settings, self.bug);
        self.boot_at_ms = self.now_ms;
        self.oracle.process_died();
        self.trunk.process_died();
        // Call ids are minted by a process for its own INVITEs: no other one repeats them.
        self.schedule
            .retain(|_, event| !matches!(event, Event::Give(Input::Invite { .. })));
        let rows = self.oracle.rows.values();
        let open = rows.filter(|row| row.state != CallState::Closed);
        let open: Vec<CallRecord> = open.cloned().collect();
        for row in open {
            self.story.met.note("a call found open");
            let twice = self.random.chance(10);
            for _ in 0..=usize::from(twice) {
                self.give(Input::FoundOpen(Box::new(row.clone())));
            }
        }
        // The pages come back by themselves.
        for desk in 0..self.desks.len() {
            let pages = std::mem::take(&mut self.desks[desk].pages);
            for _ in pages {
                let back_ms = self.random.between(100, 5_000);
                let open = self.desks[desk].open(back_ms);
                self.soon(vec![open]);
            }
        }
    }

    /// All is over: each call ended, each leg too, and each call has one log.
    fn judge_end(&mut self) {
        let mut broken = self.oracle.left_over();
        broken.extend(self.trunk.left_over());
        for call in self.oracle.rows.keys() {
            let keys = self.crm.keys_of(call);
            if keys.len() != 1 {
                broken.push(format!("call {call} has {} logs: {keys:?}", keys.len()));
            }
        }
        if self.switchboard.live_call_count() != 0 {
            broken.push("a call is live and nobody knows it".to_owned());
        }
        self.story.broken.extend(broken);
    }
}

/// An action as a line; of a view, what matters.
fn told(action: &Action) -> String {
    let Action::Send {
        device,
        message: ToPage::View(view),
    } = action
    else {
        return format!("{action:?}");
    };
    let call = view.call.as_ref();
    let call = call.map(|call| (&call.id, call.phase, call.muted, call.media_lost));
    let mic = view.media_device.as_ref().map(|device| device.as_str());
    format!(
        "{device} sees {:?}, microphone {mic:?}, call {call:?}",
        view.presence
    )
}

fn start(settings: &Settings, bug: Option<PlantedBug>) -> Switchboard {
    match bug {
        Some(bug) => Switchboard::with_planted_bug(settings.clone(), bug),
        None => Switchboard::new(settings.clone()),
    }
}

/// Settings as an admin might choose them.
fn settings(random: &mut Random) -> Settings {
    let region = Region::parse("US").expect("a region");
    let mut settings = Settings::new(region, AgentId::new("owner"));
    settings.ring_strategy = random.pick(&[RingStrategy::RingAll, RingStrategy::LongestIdle]);
    settings.pop_moment = random.pick(&[
        PopMoment::Automatic,
        PopMoment::OnRing,
        PopMoment::OnAnswer,
        PopMoment::ByHand,
    ]);
    settings.ring_timeout_ms = random.between(5_000, 40_000);
    settings.agent_ring_ms = random.between(1_000, 15_000);
    settings.wrap_up_ms = random.between(1_000, 60_000);
    settings.media_return_ms = random.between(1_000, 30_000);
    settings.call_count_max = random.between(2, 10) as usize;
    settings.outbound_trunk = random.chance(90).then(|| "trunk".to_owned());
    settings
}
