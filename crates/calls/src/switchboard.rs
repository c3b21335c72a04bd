//! The switchboard: one machine that owns every call. This file is its table of contents; what
//! it does with each input is in the rooms named beside it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::agent::Agent;
use crate::call::{Call, Stage};
use crate::id::{AgentId, CallId, DeviceId};
use crate::planted::Planted;
use crate::ring::Invite;
use crate::step::Step;
use crate::{Action, Input, Now, Settings};

/// Owns every call of the installation. One input, then drain the actions.
#[derive(Debug)]
pub struct Switchboard {
    pub(crate) settings: Settings,
    pub(crate) now: Now,
    pub(crate) calls: BTreeMap<CallId, Call>,
    pub(crate) agents: BTreeMap<AgentId, Agent>,
    /// Whose page each connected page is.
    pub(crate) devices: BTreeMap<DeviceId, AgentId>,
    /// Calls that wait for an agent, in the order of arrival.
    pub(crate) ringing: BTreeSet<(u64, CallId)>,
    /// Calls whose log is in the outbox, in the order of arrival.
    pub(crate) awaiting_log: BTreeSet<(u64, CallId)>,
    pub(crate) live_call_count: usize,
    /// When something must happen to which call, on the boot clock.
    pub(crate) timers: BTreeSet<(u64, CallId)>,
    /// The last calls that were closed, and the order in which they were.
    pub(crate) closed: BTreeSet<CallId>,
    pub(crate) closed_order: VecDeque<CallId>,
    pub(crate) arrival_count: u64,
    pub(crate) activity_count: u64,
    pub(crate) shutting_down: bool,
    pub(crate) step: Step,
    pub(crate) actions: VecDeque<Action>,
    pub(crate) planted: Planted,
}

impl Switchboard {
    /// A switchboard with no calls.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            now: Now {
                boot_ms: 0,
                wall_ms: 0,
            },
            calls: BTreeMap::new(),
            agents: BTreeMap::new(),
            devices: BTreeMap::new(),
            ringing: BTreeSet::new(),
            awaiting_log: BTreeSet::new(),
            live_call_count: 0,
            timers: BTreeSet::new(),
            closed: BTreeSet::new(),
            closed_order: VecDeque::new(),
            arrival_count: 0,
            activity_count: 0,
            shutting_down: false,
            step: Step::default(),
            actions: VecDeque::new(),
            planted: Planted::default(),
        }
    }

    /// A switchboard with a mistake that the simulator must find.
    #[cfg(feature = "planted_bugs")]
    pub fn with_planted_bug(settings: Settings, bug: crate::planted::PlantedBug) -> Self {
        let mut switchboard = Self::new(settings);
        switchboard.planted.bug = Some(bug);
        switchboard
    }

    /// Something happened. The boot clock never goes back: an older reading counts as the last
    /// one.
    pub fn input(&mut self, now: Now, input: Input) {
        self.now = Now {
            boot_ms: now.boot_ms.max(self.now.boot_ms),
            wall_ms: now.wall_ms,
        };
        self.take(input);
        self.finish_step();
    }

    fn take(&mut self, input: Input) {
        match input {
            // ring.rs
            Input::Invite {
                call,
                trunk,
                caller,
                caller_name,
                dialled,
            } => self.invite(Invite {
                call,
                trunk,
                caller,
                caller_name,
                dialled,
            }),
            // dial.rs
            Input::LegRinging { leg } => self.leg_ringing(&leg),
            Input::LegAnswered { leg } => self.leg_answered(&leg),
            // talk.rs
            Input::LegEnded { leg, status } => self.leg_ended(&leg, status),
            // No menu listens to digits of the far end; the agent hears them in the audio.
            Input::Digit { leg: _, digit: _ } => {}
            // media.rs
            Input::DeviceConnected {
                device,
                agent,
                agent_name,
            } => self.device_connected(device, agent, agent_name),
            Input::DeviceGone { device } => self.device_gone(&device),
            Input::MediaOffered { device } => self.media_offered(device),
            Input::MediaUp { device } => self.media_up(device),
            Input::MediaDown { device } => self.media_down(&device),
            // commands.rs, and from there to the rooms above and below
            Input::Command {
                device,
                command_id,
                command,
                fresh,
            } => self.command(device, command_id, command, fresh),
            // wrap_up.rs
            Input::Logged { call, agent, task } => self.logged(&call, &agent, task),
            Input::FoundOpen(record) => self.found_open(*record),
            Input::ShutDown => self.shut_down(),
            Input::Tick => self.tick(),
        }
    }

    /// Time passed: what is due happens, in the room of the stage that each call is in.
    fn tick(&mut self) {
        let due = self.timers.iter();
        let due = due.take_while(|(at, _)| *at <= self.now.boot_ms);
        let due: Vec<CallId> = due.map(|(_, call)| call.clone()).collect();
        for id in due {
            match self.calls.get(&id).map(|call| &call.stage) {
                Some(Stage::Ringing(_)) => self.ring_timer(&id),
                Some(Stage::Dialling { .. }) => self.dial_timer(&id),
                Some(Stage::Talking { .. }) => self.media_timer(&id),
                Some(Stage::WrapUp { .. }) => self.finish_wrap_up(&id),
                Some(Stage::AwaitingLog | Stage::Closed) | None => {}
            }
        }
    }

    /// What to do next; `None` when all is done and the next input may come. The rows and logs
    /// of a step come before everything else of it.
    pub fn next_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When to send `Input::Tick` at the latest, in `Now::boot_ms`.
    pub fn deadline(&self) -> Option<u64> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// The number of calls that are not closed: live, in wrap-up, or waiting for the word that
    /// their log is in the CRM.
    pub fn open_call_count(&self) -> usize {
        self.calls.len()
    }

    /// The number of calls with a far end on the line or wanted on it.
    pub fn live_call_count(&self) -> usize {
        self.live_call_count
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Other settings from now on; timers that run already keep their time.
    pub fn set_settings(&mut self, settings: Settings) {
        self.settings = settings;
    }
}
