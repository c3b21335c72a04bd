//! The one loop: what happens goes into the switchboard, what the switchboard wants is done.
//!
//! Commit, then act: calls and logs that a step wants remembered are committed, for all inputs
//! that were waiting at that moment, before anything else that the steps want leaves the process.
//! While the database does not take them, new calls are refused and everything else waits.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use offhook_calls::link::{Down, Up};
use offhook_calls::softphone::{FromPage, ToPage};
use offhook_calls::{Action, AgentId, DeviceId, Input, LegId, Now, Switchboard};
use offhook_store::calls::Durable;
use offhook_store::{Store, StoreError};
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use crate::TelephonySettings;
use crate::legs::{Legs, refuse};
use crate::media::webrtc::PageEvent;
use crate::sip::leg::LegOrder;
use crate::sip::trunk::Arrival;

/// Inputs taken into one commit.
const BATCH_MAX: usize = 256;
/// A busy database is tried this long before new calls are refused.
const COMMIT_PATIENCE: Duration = Duration::from_secs(3);
/// While the database takes nothing, it is tried again this often.
const COMMIT_AGAIN: Duration = Duration::from_millis(500);
/// On the way out, far ends have this long to say goodbye.
const GOODBYES_MAX: Duration = Duration::from_millis(3_000);
/// BYEs that wait for an ACK go out without it after this.
const ACKS_MAX: Duration = Duration::from_millis(1_500);
/// A page that does not read is waited for this long.
const PAGE_PATIENCE: Duration = Duration::from_secs(1);

/// Where things come from.
pub(crate) struct Sources {
    pub(crate) arrivals: mpsc::Receiver<Arrival>,
    pub(crate) inbox: mpsc::UnboundedReceiver<Input>,
    pub(crate) pages: mpsc::UnboundedReceiver<PageEvent>,
    pub(crate) digits: mpsc::Receiver<(LegId, char)>,
    pub(crate) up: mpsc::Receiver<Up>,
}

/// One thing that happened.
enum Happening {
    Arrival(Box<Arrival>),
    Input(Box<Input>),
    Page(PageEvent),
    Up(Up),
    /// Time passed.
    Tick,
    ShutDown,
}

/// The engine.
pub(crate) struct Engine {
    pub(crate) settings: TelephonySettings,
    pub(crate) store: Store,
    pub(crate) legs: Legs,
    pub(crate) down: mpsc::Sender<Down>,
    /// Wakes the outbox when a log was put into it.
    pub(crate) outbox: Arc<Notify>,
    /// Where a test call asked for by an admin goes to.
    pub(crate) test_call: TestCallPlacer,
    switchboard: Switchboard,
    started: Instant,
    /// Offers that the switchboard has not judged yet.
    offers: HashMap<DeviceId, String>,
    /// Connected pages, for a switchboard that must be built anew.
    pages: HashMap<DeviceId, (AgentId, String)>,
    /// What must be remembered before anything below is done.
    durable: Vec<Durable>,
    actions: Vec<Action>,
    /// Calls that came since the last commit.
    fresh: Vec<LegId>,
    /// The database takes nothing at present.
    failing: bool,
}

/// Places a test call into the system for this caller.
pub(crate) type TestCallPlacer = Box<dyn Fn(String) + Send + Sync>;

/// What an engine is made of.
pub(crate) struct Parts {
    pub(crate) settings: TelephonySettings,
    pub(crate) store: Store,
    pub(crate) legs: Legs,
    pub(crate) down: mpsc::Sender<Down>,
    pub(crate) outbox: Arc<Notify>,
    pub(crate) test_call: TestCallPlacer,
}

impl Engine {
    pub(crate) fn new(parts: Parts) -> Self {
        Self {
            switchboard: Switchboard::new(parts.settings.calls.clone()),
            settings: parts.settings,
            store: parts.store,
            legs: parts.legs,
            down: parts.down,
            outbox: parts.outbox,
            test_call: parts.test_call,
            started: Instant::now(),
            offers: HashMap::new(),
            pages: HashMap::new(),
            durable: Vec::new(),
            actions: Vec::new(),
            fresh: Vec::new(),
            failing: false,
        }
    }

    /// Closes the calls that the last process left open.
    pub(crate) async fn find_open_calls(&mut self) -> Result<(), StoreError> {
        let open = self.store.open_calls().await?;
        if !open.is_empty() {
            tracing::info!(
                calls = open.len(),
                "closing calls that the last process left open"
            );
        }
        for record in open {
            self.input(Input::FoundOpen(Box::new(record))).await;
        }
        self.settle().await;
        Ok(())
    }

    /// Runs until `shutdown`, then says goodbye to everybody.
    pub(crate) async fn run(mut self, mut sources: Sources, shutdown: CancellationToken) {
        loop {
            let happening = self.next(&mut sources, &shutdown).await;
            if self.turn(happening, &mut sources).await {
                break;
            }
        }
        let began = Instant::now();
        tracing::info!(calls = self.legs.count(), "saying goodbye to every call");
        while self.legs.count() > 0 && began.elapsed() < GOODBYES_MAX {
            if began.elapsed() > ACKS_MAX {
                self.legs.order_all(LegOrder::HangUpNow);
            }
            let left = GOODBYES_MAX.saturating_sub(began.elapsed());
            let slice = left.min(Duration::from_millis(500));
            let never = CancellationToken::new();
            let next = tokio::time::timeout(slice, self.next(&mut sources, &never)).await;
            // Nothing within the slice: look at the clock again.
            if let Ok(happening) = next {
                self.turn(happening, &mut sources).await;
            }
        }
        if self.legs.count() > 0 {
            tracing::warn!(
                legs = self.legs.count(),
                "far ends that did not answer our goodbye"
            );
        }
    }

    /// Takes this and what is waiting, commits, acts. True when it was time to shut down.
    async fn turn(&mut self, first: Happening, sources: &mut Sources) -> bool {
        let mut happening = Some(first);
        let mut taken = 0;
        let mut ending = false;
        while let Some(next) = happening.take() {
            ending |= matches!(next, Happening::ShutDown);
            self.take(next).await;
            taken += 1;
            if taken < BATCH_MAX && !ending {
                happening = waiting(sources);
            }
        }
        self.settle().await;
        ending
    }

    async fn next(&self, sources: &mut Sources, shutdown: &CancellationToken) -> Happening {
        let deadline = self.switchboard.deadline();
        let deadline = deadline.map(|at_ms| self.started + Duration::from_millis(at_ms));
        let again =
            (self.failing || !self.durable.is_empty()).then(|| Instant::now() + COMMIT_AGAIN);
        let wake = deadline.into_iter().chain(again).min();
        let tick = async {
            match wake {
                Some(at) => tokio::time::sleep_until(at.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => Happening::ShutDown,
            Some(arrival) = sources.arrivals.recv() => Happening::Arrival(Box::new(arrival)),
            Some(input) = sources.inbox.recv() => Happening::Input(Box::new(input)),
            Some(event) = sources.pages.recv() => Happening::Page(event),
            Some((leg, digit)) = sources.digits.recv() => {
                Happening::Input(Box::new(Input::Digit { leg, digit }))
            }
            Some(up) = sources.up.recv() => Happening::Up(up),
            () = tick => Happening::Tick,
        }
    }

    async fn take(&mut self, happening: Happening) {
        match happening {
            Happening::Arrival(arrival) => self.arrival(*arrival).await,
            Happening::Input(input) => {
                if let Input::LegEnded { leg, .. } = &*input {
                    self.legs.forget(leg);
                }
                self.input(*input).await;
            }
            Happening::Page(event) => self.page_event(event).await,
            Happening::Up(up) => self.up(up).await,
            Happening::Tick => self.input(Input::Tick).await,
            Happening::ShutDown => self.input(Input::ShutDown).await,
        }
    }

    async fn arrival(&mut self, arrival: Arrival) {
        tracing::debug!(target: "offhook::milestone", "invite");
        let call = self.store.new_call_id();
        let leg = LegId {
            call: call.clone(),
            number: 0,
        };
        let trunk = arrival.trunk.clone();
        let parties = arrival.parties.clone();
        if self.failing {
            return refuse(arrival).await;
        }
        if !self.legs.inbound(leg.clone(), arrival).await {
            return;
        }
        tracing::info!(call.id = %call, trunk, "a call came in");
        self.fresh.push(leg);
        let input = Input::Invite {
            call,
            trunk,
            caller: parties.caller,
            caller_name: parties.caller_name,
            dialled: parties.dialled,
        };
        self.input(input).await;
    }

    async fn page_event(&mut self, event: PageEvent) {
        match event {
            PageEvent::Answered { device, sdp } => {
                self.tell(device, ToPage::Answer { sdp }).await;
            }
            PageEvent::Refused { device, reason } => {
                self.tell(device, ToPage::MediaRefused { reason }).await;
            }
            PageEvent::Up { device } => self.input(Input::MediaUp { device }).await,
            PageEvent::Down { device } => self.input(Input::MediaDown { device }).await,
        }
    }

    async fn up(&mut self, up: Up) {
        let input = match up {
            Up::Connected {
                device,
                agent,
                agent_name,
            } => {
                let page = (agent.clone(), agent_name.clone());
                self.pages.insert(device.clone(), page);
                Input::DeviceConnected {
                    device,
                    agent,
                    agent_name,
                }
            }
            Up::Gone { device } => {
                self.pages.remove(&device);
                self.offers.remove(&device);
                Input::DeviceGone { device }
            }
            Up::Said { device, message } => match message {
                FromPage::Command { id, command } => Input::Command {
                    device,
                    command_id: id,
                    command,
                    fresh: self.store.new_call_id(),
                },
                FromPage::Offer { sdp } => {
                    self.offers.insert(device.clone(), sdp);
                    Input::MediaOffered { device }
                }
                FromPage::Ping => return self.tell(device, ToPage::Pong).await,
            },
            Up::Logged { call, agent, task } => Input::Logged { call, agent, task },
            Up::PlaceTestCall { from } => return (self.test_call)(from),
        };
        self.input(input).await;
    }

    fn now(&self) -> Now {
        let boot_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let wall = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Now {
            boot_ms,
            wall_ms: i64::try_from(wall.as_millis()).unwrap_or(i64::MAX),
        }
    }

    /// One step of the switchboard. A broken belief inside it must not take every call down with
    /// the process: it is built anew from the committed rows.
    async fn input(&mut self, input: Input) {
        let now = self.now();
        let what = format!("{:?}", std::mem::discriminant(&input));
        let step = catch_unwind(AssertUnwindSafe(|| {
            self.switchboard.input(now, input);
            std::iter::from_fn(|| self.switchboard.next_action()).collect::<Vec<Action>>()
        }));
        match step {
            Ok(actions) => self.sort(actions),
            Err(_) => {
                tracing::error!(
                    input = what,
                    "the switchboard broke; every call is ended and it is built anew"
                );
                Box::pin(self.rebuild()).await;
            }
        }
    }

    fn sort(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::WriteCall(record) => self.durable.push(Durable::Call(record)),
                Action::LogCall(entry) => self.durable.push(Durable::Log(entry)),
                other => self.actions.push(other),
            }
        }
    }

    async fn rebuild(&mut self) {
        self.switchboard = Switchboard::new(self.settings.calls.clone());
        self.actions.clear();
        self.legs.order_all(LegOrder::HangUpNow);
        if !self.commit().await {
            tracing::error!("what the broken switchboard wanted remembered is lost");
            self.durable.clear();
        }
        match self.store.open_calls().await {
            Ok(open) => {
                for record in open {
                    self.sort_found(record);
                }
            }
            Err(error) => {
                tracing::error!(%error, "open calls cannot be read; restart Offhook to close them")
            }
        }
        for (device, (agent, agent_name)) in self.pages.clone() {
            let now = self.now();
            self.switchboard.input(
                now,
                Input::DeviceConnected {
                    device,
                    agent,
                    agent_name,
                },
            );
            let actions = std::iter::from_fn(|| self.switchboard.next_action()).collect();
            self.sort(actions);
        }
    }

    fn sort_found(&mut self, record: offhook_calls::CallRecord) {
        let now = self.now();
        self.switchboard
            .input(now, Input::FoundOpen(Box::new(record)));
        let actions = std::iter::from_fn(|| self.switchboard.next_action()).collect();
        self.sort(actions);
    }

    /// Commits, then acts.
    async fn settle(&mut self) {
        if !self.commit().await {
            return self.refuse_fresh();
        }
        if !self.fresh.is_empty() {
            tracing::debug!(target: "offhook::milestone", "committed");
        }
        self.fresh.clear();
        for action in std::mem::take(&mut self.actions) {
            self.act(action).await;
        }
    }

    /// True when nothing is left to be remembered.
    async fn commit(&mut self) -> bool {
        if self.durable.is_empty() {
            self.failing = false;
            return true;
        }
        let logs = self
            .durable
            .iter()
            .any(|row| matches!(row, Durable::Log(_)));
        let patience = match self.failing {
            true => Duration::ZERO,
            false => COMMIT_PATIENCE,
        };
        match commit_patiently(&self.store, &self.durable, patience).await {
            Ok(()) => {
                if std::mem::take(&mut self.failing) {
                    tracing::info!("the database takes calls again");
                }
                self.durable.clear();
                if logs {
                    self.outbox.notify_one();
                }
                true
            }
            Err(error) => {
                if !std::mem::replace(&mut self.failing, true) {
                    tracing::error!(%error, "calls cannot be stored; new ones are refused");
                }
                false
            }
        }
    }

    /// Calls whose first row could not be stored never were.
    fn refuse_fresh(&mut self) {
        for leg in std::mem::take(&mut self.fresh) {
            self.legs.order(&leg, LegOrder::Reject(503));
        }
    }

    async fn act(&mut self, action: Action) {
        match action {
            Action::WriteCall(_) | Action::LogCall(_) => {}
            Action::Ring { leg } => self.legs.order(&leg, LegOrder::Ring),
            Action::Answer { leg } => self.legs.order(&leg, LegOrder::Answer),
            Action::Reject { leg, status } => self.legs.order(&leg, LegOrder::Reject(status)),
            Action::HangUp { leg } => self.legs.order(&leg, LegOrder::HangUp),
            Action::Dial { leg, trunk, number } => self.dial(leg, &trunk, number).await,
            Action::Bridge { leg, device } => self.legs.bridge.join(&leg, device),
            Action::Play { leg, treatment } => self.legs.bridge.play(&leg, treatment),
            Action::SendDigits { leg, digits } => self.legs.bridge.digits(&leg, &digits),
            Action::SetMuted { device, muted } => self.legs.bridge.pages().mute(device, muted),
            Action::AcceptOffer { device } => {
                if let Some(sdp) = self.offers.remove(&device) {
                    self.legs.bridge.pages().offer(device, sdp);
                }
            }
            Action::RefuseOffer { device } => {
                self.offers.remove(&device);
                let reason = "the microphone is in use on another of your pages".to_owned();
                self.tell(device, ToPage::MediaRefused { reason }).await;
            }
            Action::CloseMedia { device } => {
                self.offers.remove(&device);
                self.legs.bridge.pages().close(device);
            }
            Action::Send { device, message } => self.tell(device, message).await,
        }
    }

    async fn dial(&mut self, leg: LegId, trunk: &str, number: String) {
        let found = self
            .settings
            .trunks
            .iter()
            .find(|known| known.name == trunk);
        let Some(found) = found.cloned() else {
            tracing::error!(trunk, "no such trunk; set it in the configuration");
            return self.legs.report_failed(leg, 404);
        };
        tracing::info!(call.id = %leg.call, trunk, "a call goes out");
        self.legs.outbound(leg, found, number).await;
    }

    async fn tell(&self, device: DeviceId, message: ToPage) {
        let down = Down { device, message };
        // The web door reads all the time; when it does not, the calls must go on without it.
        let sending = tokio::time::timeout(PAGE_PATIENCE, self.down.send(down));
        if sending.await.is_err() {
            tracing::warn!("the web door does not read; a page missed a message");
        }
    }
}

/// The next thing that waits already.
fn waiting(sources: &mut Sources) -> Option<Happening> {
    if let Ok(input) = sources.inbox.try_recv() {
        return Some(Happening::Input(Box::new(input)));
    }
    if let Ok(up) = sources.up.try_recv() {
        return Some(Happening::Up(up));
    }
    if let Ok(event) = sources.pages.try_recv() {
        return Some(Happening::Page(event));
    }
    let arrival = sources.arrivals.try_recv().ok()?;
    Some(Happening::Arrival(Box::new(arrival)))
}

/// Commits; tries again while the database is busy, with growing pauses, up to `patience`.
async fn commit_patiently(
    store: &Store,
    rows: &[Durable],
    patience: Duration,
) -> Result<(), StoreError> {
    let began = Instant::now();
    let mut pause = Duration::from_millis(10);
    loop {
        match store.commit(rows).await {
            Err(StoreError::Busy(_) | StoreError::Deadlock(_))
                if began.elapsed() + pause < patience =>
            {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_millis(500));
            }
            done => return done,
        }
    }
}
