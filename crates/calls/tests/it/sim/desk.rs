//! Agents at their desks, each with some tabs of the softphone. They answer, decline, answer in
//! two tabs at once, reload, vanish, forget the wrap-up or send it twice.

use offhook_calls::softphone::{AgentView, Command, Phase, Presence};
use offhook_calls::{AgentId, CallId, DeviceId, Input, RecordRef};

use super::random::Random;

/// Media of a page, as the page has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PageMedia {
    None,
    Offered,
    Up,
}

/// One tab.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) device: DeviceId,
    pub(super) view: Option<AgentView>,
    pub(super) media: PageMedia,
    /// The last command, to be sent again as a network may.
    last: Option<(String, Command)>,
    /// The command that claimed a pop, and its call.
    pub(super) claim: Option<(String, CallId)>,
}

/// One agent.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) agent: AgentId,
    pub(super) pages: Vec<Page>,
    page_count: u64,
    command_count: u64,
}

/// Something that happens at the desk so many milliseconds from now.
pub(super) type Soon = (u64, Input);

impl Desk {
    pub(super) fn new(name: &str) -> Self {
        Self {
            agent: AgentId::new(name),
            pages: Vec::new(),
            page_count: 0,
            command_count: 0,
        }
    }

    /// Opens a tab.
    pub(super) fn open(&mut self, after_ms: u64) -> Soon {
        self.page_count += 1;
        let device = DeviceId::new(format!("{}/{}", self.agent, self.page_count));
        let input = Input::DeviceConnected {
            device,
            agent: self.agent.clone(),
            agent_name: self.agent.to_string(),
        };
        (after_ms, input)
    }

    /// The tab is open for the server.
    pub(super) fn opened(&mut self, device: &DeviceId) {
        self.pages.push(Page {
            device: device.clone(),
            view: None,
            media: PageMedia::None,
            last: None,
            claim: None,
        });
    }

    fn close(&mut self, place: usize) -> Soon {
        let device = self.pages.remove(place).device;
        (0, Input::DeviceGone { device })
    }

    /// The agent does something, or not.
    pub(super) fn wake(&mut self, random: &mut Random) -> Vec<Soon> {
        if self.pages.is_empty() {
            return if random.chance(60) {
                vec![self.open(0)]
            } else {
                Vec::new()
            };
        }
        let place = random.between(0, self.pages.len() as u64 - 1) as usize;
        match random.between(0, 99) {
            0..=3 => vec![self.close(place)],
            // A reload; the new page is there at once or after a long sleep.
            4..=8 => {
                let back_ms = random.pick(&[50, 400, 1_500, 8_000, 60_000]);
                vec![self.close(place), self.open(back_ms)]
            }
            // The network is slow to notice that the old page is gone.
            9 => {
                let (_, gone) = self.close(place);
                vec![self.open(50), (random.between(60, 5_000), gone)]
            }
            10..=12 if self.pages.len() < 4 => vec![self.open(0)],
            13..=15 => self.again(place),
            16..=18 => vec![self.ask(place, silly(random))],
            19..=20 => vec![self.ask(place, Command::TakeMedia)],
            21..=22 => {
                self.pages[place].media = PageMedia::None;
                let device = self.pages[place].device.clone();
                vec![(0, Input::MediaDown { device })]
            }
            // Another microphone was chosen: the page offers anew.
            27..=29 if self.pages[place].media == PageMedia::Up => {
                self.pages[place].media = PageMedia::Offered;
                let device = self.pages[place].device.clone();
                vec![(0, Input::MediaOffered { device })]
            }
            23..=26 => vec![self.ask(place, other_presence(self.pages[place].view.as_ref()))],
            _ => self.work(place, random),
        }
    }

    /// What rings here is answered, in every tab.
    pub(super) fn reach_for_the_phone(&mut self) -> Vec<Soon> {
        let ringing = |page: &Page| {
            let call = page.view.as_ref().and_then(|view| view.call.as_ref());
            call.filter(|call| call.phase == Phase::Ringing)
                .map(|call| call.id.clone())
        };
        let calls: Vec<Option<CallId>> = self.pages.iter().map(ringing).collect();
        let calls = calls.into_iter().enumerate();
        let calls = calls.filter_map(|(place, call)| Some((place, call?)));
        calls
            .map(|(place, call)| self.ask(place, Command::Answer { call }))
            .collect()
    }

    /// What the page shows is dealt with.
    fn work(&mut self, place: usize, random: &mut Random) -> Vec<Soon> {
        let Some(view) = self.pages[place].view.clone() else {
            return Vec::new();
        };
        let Some(call) = view.call else {
            return match (view.presence, random.between(0, 9)) {
                (Presence::Away, 0..=4) => vec![self.ask(place, presence(Presence::Ready))],
                (_, 9) => vec![self.ask(place, dial(random))],
                _ => Vec::new(),
            };
        };
        let id = call.id;
        match (call.phase, random.between(0, 9)) {
            (Phase::Ringing, 0..=4) => vec![self.ask(place, Command::Answer { call: id })],
            (Phase::Ringing, 5) => {
                let pages = 0..self.pages.len();
                let answer = |page| self.ask(page, Command::Answer { call: id.clone() });
                pages.map(answer).collect()
            }
            (Phase::Ringing, 6) => vec![self.ask(place, Command::Decline { call: id })],
            (Phase::Ringing, _) => Vec::new(),
            (Phase::Dialling, 0..=1) => vec![self.ask(place, Command::HangUp { call: id })],
            (Phase::Dialling, 2) => vec![self.ask(place, mute(id, !call.muted))],
            (Phase::Dialling, _) => Vec::new(),
            (Phase::Held, 0..=4) => vec![self.ask(place, Command::Resume { call: id })],
            (Phase::Talking | Phase::Held, what) => self.talk(place, id, call.muted, what),
            (Phase::WrapUp, 0..=3) => vec![self.ask(place, wrap_up(id))],
            (Phase::WrapUp, 4) => {
                let first = self.ask(place, wrap_up(id.clone()));
                vec![first, self.ask(place, wrap_up(id))]
            }
            (Phase::WrapUp, 5) => vec![self.ask(place, draft(id))],
            (Phase::WrapUp, _) => Vec::new(),
        }
    }

    fn talk(&mut self, place: usize, call: CallId, muted: bool, what: u64) -> Vec<Soon> {
        let command = match what {
            5 => Command::Hold { call },
            6 => mute(call, !muted),
            7 => Command::Digits {
                call,
                digits: "12#".to_owned(),
            },
            8 => Command::HangUp { call },
            9 => draft(call),
            _ => return Vec::new(),
        };
        vec![self.ask(place, command)]
    }

    /// The page asks for something.
    fn ask(&mut self, place: usize, command: Command) -> Soon {
        self.command_count += 1;
        let id = self.command_count.to_string();
        self.pages[place].last = Some((id.clone(), command.clone()));
        (0, self.command(place, id, command))
    }

    fn command(&self, place: usize, command_id: String, command: Command) -> Input {
        Input::Command {
            device: self.pages[place].device.clone(),
            fresh: CallId::new(format!("out-{}-{}", self.agent, self.command_count)),
            command_id,
            command,
        }
    }

    /// The last command arrives a second time.
    fn again(&mut self, place: usize) -> Vec<Soon> {
        let Some((id, command)) = self.pages[place].last.clone() else {
            return Vec::new();
        };
        vec![(0, self.command(place, id, command))]
    }

    fn place_of(&self, device: &DeviceId) -> Option<usize> {
        self.pages.iter().position(|page| page.device == *device)
    }

    /// A page is shown a view: it offers media and claims a pop where that is wanted.
    pub(super) fn shown(
        &mut self,
        device: &DeviceId,
        view: &AgentView,
        random: &mut Random,
    ) -> Vec<Soon> {
        let Some(place) = self.place_of(device) else {
            return Vec::new();
        };
        let mut soon = Vec::new();
        let page = &mut self.pages[place];
        let holds = view.media_device.as_ref() == Some(device);
        let live = view
            .call
            .as_ref()
            .is_some_and(|call| call.phase != Phase::WrapUp);
        if holds && live && page.media == PageMedia::None && random.chance(95) {
            page.media = PageMedia::Offered;
            let device = device.clone();
            soon.push((random.between(20, 300), Input::MediaOffered { device }));
        }
        page.view = Some(view.clone());
        let pop = view.call.as_ref().and_then(|call| call.pop.clone());
        if let Some(pop) = pop.filter(|_| random.chance(80)) {
            let event_id = pop.event_id;
            let call = view.call.as_ref().map(|call| call.id.clone());
            let (after_ms, input) = self.ask(place, Command::ClaimPop { event_id });
            let id = self.command_count.to_string();
            self.pages[place].claim = call.map(|call| (id, call));
            soon.push((after_ms, input));
        }
        soon
    }

    /// Media of a page was taken, refused or closed.
    pub(super) fn media_told(
        &mut self,
        device: &DeviceId,
        accepted: bool,
        random: &mut Random,
    ) -> Vec<Soon> {
        let Some(place) = self.place_of(device) else {
            return Vec::new();
        };
        let page = &mut self.pages[place];
        if !accepted {
            page.media = PageMedia::None;
            return Vec::new();
        }
        page.media = PageMedia::Up;
        let device = device.clone();
        match random.between(0, 19) {
            0 => Vec::new(),
            1 => vec![(random.between(20, 500), Input::MediaDown { device })],
            _ => vec![(random.between(20, 800), Input::MediaUp { device })],
        }
    }

    /// A command was accepted: a claimed pop pops.
    pub(super) fn replied(
        &mut self,
        device: &DeviceId,
        id: &str,
        random: &mut Random,
    ) -> Vec<Soon> {
        let Some(place) = self.place_of(device) else {
            return Vec::new();
        };
        let claim = self.pages[place].claim.take_if(|(claim, _)| claim == id);
        let Some((_, call)) = claim.filter(|_| random.chance(90)) else {
            return Vec::new();
        };
        let record = random.chance(60).then(contact);
        let (_, input) = self.ask(place, Command::Popped { call, record });
        vec![(random.between(5, 2_000), input)]
    }
}

fn presence(presence: Presence) -> Command {
    Command::SetPresence { presence }
}

fn other_presence(view: Option<&AgentView>) -> Command {
    match view.map(|view| view.presence) {
        Some(Presence::Ready) => presence(Presence::Away),
        Some(Presence::Away) | None => presence(Presence::Ready),
    }
}

fn mute(call: CallId, muted: bool) -> Command {
    Command::Mute { call, muted }
}

fn dial(random: &mut Random) -> Command {
    Command::Dial {
        number: random.pick(&["+14155550188", "911", "nonsense"]).to_owned(),
        record: random.chance(30).then(contact),
    }
}

fn draft(call: CallId) -> Command {
    Command::Draft {
        call,
        outcome: None,
        notes: "So far.".to_owned(),
    }
}

fn wrap_up(call: CallId) -> Command {
    Command::WrapUp {
        call,
        outcome: Some("Connected".to_owned()),
        notes: "Done.".to_owned(),
    }
}

fn contact() -> RecordRef {
    RecordRef {
        id: "003000000000001AAA".to_owned(),
        object: "Contact".to_owned(),
        name: "Carla Poole".to_owned(),
    }
}

/// A command about a call of long ago, of somebody else, or of nobody.
fn silly(random: &mut Random) -> Command {
    let number = random.between(0, 30);
    let call = CallId::new(format!("in-{number}"));
    match random.between(0, 8) {
        0 => Command::Answer { call },
        1 => Command::Decline { call },
        2 => Command::HangUp { call },
        3 => Command::Hold { call },
        4 => Command::Popped { call, record: None },
        5 => wrap_up(call),
        6 => draft(call),
        7 => Command::ClaimPop {
            event_id: format!("in-{number}:ann"),
        },
        _ => mute(call, true),
    }
}
