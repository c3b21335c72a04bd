//! One call after another, told as a play: lines with `>` are what happens, the lines below are
//! what the switchboard does about it. `check` plays the first and compares the second.

mod inbound;
mod limits;
mod media;
mod outbound;
mod pop;
mod wrap_up;

use std::fmt::Write as _;

use offhook_phone::Region;
use serde_json::json;

use crate::action::Treatment;
use crate::softphone::{AgentView, Command, Phase, Presence, ToPage};
use crate::{
    Action, AgentId, CallId, CallRecord, CallState, DeviceId, Input, LegId, Now, RecordRef,
    Settings, Switchboard,
};

/// 24 November 2026, 09:00 UTC.
const WALL_MS: i64 = 1_795_510_800_000;

/// Settings as they come, with a trunk to dial out.
fn settings() -> Settings {
    let region = Region::parse("US").expect("a region");
    let mut settings = Settings::new(region, AgentId::new("owner"));
    settings.outbound_trunk = Some("trunk".to_owned());
    settings
}

/// Plays the `>` lines of the play and compares what happens with the play.
#[track_caller]
fn check(play: &str) {
    check_with(settings(), play);
}

/// As `check`, with other settings.
#[track_caller]
fn check_with(settings: Settings, play: &str) {
    let lines: Vec<&str> = play.lines().map(str::trim).collect();
    let expected = lines.join("\n").trim().to_owned();
    let mut stage = Stage::new(settings);
    for line in expected.lines().filter_map(|line| line.strip_prefix("> ")) {
        stage.play(line);
    }
    let actual = stage.seen.trim();
    assert!(expected == actual, "this happened:\n{actual}\n");
}

/// The switchboard with a clock, and what was seen so far.
struct Stage {
    switchboard: Switchboard,
    now_ms: u64,
    /// How far the wall clock was stepped.
    step_ms: i64,
    command_count: u64,
    call_count: u64,
    seen: String,
}

impl Stage {
    fn new(settings: Settings) -> Self {
        Self {
            switchboard: Switchboard::new(settings),
            now_ms: 0,
            step_ms: 0,
            command_count: 0,
            call_count: 0,
            seen: String::new(),
        }
    }

    /// One line: `SECONDS what happens`, or `+ what happens` in the same moment.
    fn play(&mut self, line: &str) {
        let (time, what) = line.split_once(' ').expect("a time and what happens");
        if time != "+" {
            let seconds: f64 = time.parse().expect("seconds");
            self.wait_until((seconds * 1_000.0) as u64);
        }
        writeln!(self.seen, "> {line}").expect("text");
        if what == "wait" {
            return;
        }
        if let Some(seconds) = what.strip_prefix("clock steps ") {
            self.step_ms += seconds.parse::<i64>().expect("seconds") * 1_000;
            return;
        }
        let input = self.input(what);
        self.give(input);
    }

    /// Lets timers run out until then.
    fn wait_until(&mut self, until_ms: u64) {
        while let Some(at) = self.switchboard.deadline().filter(|at| *at <= until_ms) {
            self.now_ms = self.now_ms.max(at);
            writeln!(self.seen, "at {}", self.now_ms as f64 / 1_000.0).expect("text");
            self.give(Input::Tick);
        }
        self.now_ms = until_ms;
    }

    fn give(&mut self, input: Input) {
        let now = Now {
            boot_ms: self.now_ms,
            wall_ms: WALL_MS + self.now_ms as i64 + self.step_ms,
        };
        self.switchboard.input(now, input);
        while let Some(action) = self.switchboard.next_action() {
            writeln!(self.seen, "{}", told(&action)).expect("text");
        }
        assert_eq!(self.switchboard.broken_invariants(), Vec::<String>::new());
    }

    fn input(&mut self, what: &str) -> Input {
        let words: Vec<&str> = what.split(' ').collect();
        let device = |text: &str| DeviceId::new(text);
        let leg = |call: &str| LegId {
            call: CallId::new(call),
            number: 0,
        };
        match words[..] {
            ["connect", page] => Input::DeviceConnected {
                device: device(page),
                agent: agent_of(page),
                agent_name: agent_of(page).0.to_uppercase(),
            },
            ["gone", page] => Input::DeviceGone {
                device: device(page),
            },
            ["invite", call] => invite(call, ""),
            ["invite", call, caller] => invite(call, caller),
            ["rings", call] => Input::LegRinging { leg: leg(call) },
            ["answered", call] => Input::LegAnswered { leg: leg(call) },
            ["ended", call, status] => Input::LegEnded {
                leg: leg(call),
                status: status.parse().expect("a status"),
            },
            ["digit", call, digit] => Input::Digit {
                leg: leg(call),
                digit: digit.parse().expect("a digit"),
            },
            ["offer", page] => Input::MediaOffered {
                device: device(page),
            },
            ["up", page] => Input::MediaUp {
                device: device(page),
            },
            ["down", page] => Input::MediaDown {
                device: device(page),
            },
            ["logged", call, agent, task] => Input::Logged {
                call: CallId::new(call),
                agent: AgentId::new(agent),
                task: task.to_owned(),
            },
            ["shut_down"] => Input::ShutDown,
            [page, ..] if page.contains('/') => self.command(page, &words[1..]),
            _ => panic!("nobody knows what '{what}' is"),
        }
    }

    /// `ann/1 answer c1`; `ann/1#x answer c1` gives the command the id x.
    fn command(&mut self, page: &str, words: &[&str]) -> Input {
        self.command_count += 1;
        let fresh_id = self.command_count.to_string();
        let (page, id) = page.split_once('#').unwrap_or((page, &fresh_id));
        let call = || CallId::new(words[1]);
        let rest = |from: usize| words.get(from..).unwrap_or_default().join(" ");
        let outcome = || words.get(2).map(|&outcome| outcome.to_owned());
        let command = match words[0] {
            "answer" => Command::Answer { call: call() },
            "decline" => Command::Decline { call: call() },
            "hang_up" => Command::HangUp { call: call() },
            "hold" => Command::Hold { call: call() },
            "resume" => Command::Resume { call: call() },
            "mute" => muting(call(), true),
            "unmute" => muting(call(), false),
            "digits" => Command::Digits {
                call: call(),
                digits: rest(2),
            },
            "dial" => Command::Dial {
                number: rest(1),
                record: None,
            },
            "dial_contact" => Command::Dial {
                number: rest(1),
                record: Some(contact("003ABC")),
            },
            "ready" => presence(Presence::Ready),
            "away" => presence(Presence::Away),
            "claim" => Command::ClaimPop { event_id: rest(1) },
            "popped" => Command::Popped {
                call: call(),
                record: words.get(2).map(|id| contact(id)),
            },
            "draft" => Command::Draft {
                call: call(),
                outcome: outcome(),
                notes: rest(3),
            },
            "wrap_up" => Command::WrapUp {
                call: call(),
                outcome: outcome(),
                notes: rest(3),
            },
            "take" => Command::TakeMedia,
            other => panic!("no page asks '{other}'"),
        };
        self.call_count += u64::from(matches!(command, Command::Dial { .. }));
        Input::Command {
            device: DeviceId::new(page),
            command_id: id.to_owned(),
            command,
            fresh: CallId::new(format!("o{}", self.call_count)),
        }
    }
}

fn invite(call: &str, caller: &str) -> Input {
    Input::Invite {
        call: CallId::new(call),
        trunk: "trunk".to_owned(),
        caller: caller.to_owned(),
        caller_name: None,
        dialled: "+14155550000".to_owned(),
    }
}

fn agent_of(page: &str) -> AgentId {
    AgentId::new(page.split('/').next().expect("an agent"))
}

fn contact(id: &str) -> RecordRef {
    RecordRef {
        id: id.to_owned(),
        object: "Contact".to_owned(),
        name: "Carla Poole".to_owned(),
    }
}

fn presence(presence: Presence) -> Command {
    Command::SetPresence { presence }
}

fn muting(call: CallId, muted: bool) -> Command {
    Command::Mute { call, muted }
}

/// An action in words.
fn told(action: &Action) -> String {
    match action {
        Action::WriteCall(record) => format!("write {}", row(record)),
        Action::LogCall(entry) => format!("log {} {}", entry.key, row(&entry.call)),
        Action::Ring { leg } => format!("ring {}", leg.call),
        Action::Answer { leg } => format!("answer {}", leg.call),
        Action::Reject { leg, status } => format!("reject {} {status}", leg.call),
        Action::Dial { leg, trunk, number } => format!("dial {} {trunk} {number}", leg.call),
        Action::HangUp { leg } => format!("hang up {}", leg.call),
        Action::Bridge { leg, device } => format!("bridge {} {device}", leg.call),
        Action::Play { leg, treatment } => format!("play {} {}", leg.call, heard(*treatment)),
        Action::SendDigits { leg, digits } => format!("digits {} {digits}", leg.call),
        Action::SetMuted { device, muted } => format!("muted {device} {muted}"),
        Action::AcceptOffer { device } => format!("accept {device}"),
        Action::RefuseOffer { device } => format!("refuse {device}"),
        Action::CloseMedia { device } => format!("close {device}"),
        Action::Send { device, message } => format!("{device}: {}", said(message)),
    }
}

fn heard(treatment: Treatment) -> &'static str {
    match treatment {
        Treatment::Hold => "hold",
        Treatment::AgentAway => "agent away",
    }
}

/// A row: what is set in it.
fn row(record: &CallRecord) -> String {
    let mut row = format!(
        "{} v{} {}",
        record.call,
        record.version,
        word(&record.state)
    );
    let agent = record.agent.as_ref().map(ToString::to_string);
    let cause = record.end_cause.as_ref().map(word);
    let popped = record.record.as_ref().map(|record| record.id.clone());
    let notes = Some(record.notes.clone()).filter(|notes| !notes.is_empty());
    let parts = [
        agent,
        cause,
        popped,
        record.outcome.clone(),
        notes,
        record.task.clone(),
    ];
    for part in parts.into_iter().flatten() {
        write!(row, " {part}").expect("text");
    }
    if record.state == CallState::WrapUp {
        let (rang, talked) = (record.ring_duration_ms, record.talk_duration_ms);
        write!(row, " rang {rang} talked {talked}").expect("text");
    }
    row
}

fn word(value: &impl serde::Serialize) -> String {
    json!(value).as_str().expect("a word").to_owned()
}

fn said(message: &ToPage) -> String {
    match message {
        ToPage::View(view) => format!("sees {}", shown(view)),
        ToPage::Reply {
            accepted: false,
            reason,
            ..
        } => format!("no. {}", reason.as_deref().unwrap_or("No reason!")),
        ToPage::Reply { log_key, .. } => match log_key {
            Some(key) => format!("yes, log {key}"),
            None => "yes".to_owned(),
        },
        ToPage::Goodbye => "goodbye".to_owned(),
        other => format!("{other:?}"),
    }
}

/// A view: what stands out in it.
fn shown(view: &AgentView) -> String {
    let mut shown = word(&view.presence);
    if view.media_device.as_ref() == Some(&view.this_device) {
        shown += " mic";
    }
    let Some(call) = &view.call else {
        return shown;
    };
    write!(shown, ", {} {}", call.id, word(&call.phase)).expect("text");
    if matches!(call.phase, Phase::Ringing | Phase::Dialling) {
        write!(shown, " {}", call.far_display).expect("text");
    }
    let marks = [
        (call.far_rings, "far rings"),
        (call.muted, "muted"),
        (call.media_lost, "media lost"),
        (call.pop.is_some(), "pop"),
        (call.logging, "logging"),
    ];
    for (_, mark) in marks.iter().filter(|(set, _)| *set) {
        write!(shown, ", {mark}").expect("text");
    }
    shown
}
