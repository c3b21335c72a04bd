//! The softphone page has the words of the wire in TypeScript (`ui/src/softphone/wire.ts`). This
//! writes one example of each word as Rust says it; the type checker holds them to the types
//! there. Run with `OFFHOOK_BLESS=1` to write the file anew.

use std::path::PathBuf;

use offhook_calls::softphone::{
    AgentView, CallView, Command, FromPage, Phase, Pop, Presence, ToPage,
};
use offhook_calls::{
    AgentId, CallId, CallRecord, CallState, DeviceId, Direction, EndCause, LogKey, RecordRef,
};

const STARTED_AT_MS: i64 = 1_795_510_800_000;

#[test]
fn the_examples_in_the_page_are_what_the_server_says() {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/softphone/wire-examples.ts");
    let expected = file();
    if bless() {
        write(&path, &expected);
    }
    let actual = read(&path);
    assert!(
        actual == expected,
        "ui/src/softphone/wire-examples.ts differs from the words in crates/calls. If the words \
         changed on purpose, run: OFFHOOK_BLESS=1 cargo test -p offhook-calls wire"
    );
}

#[test]
fn what_a_page_sends_is_read_back_as_it_was() {
    for example in from_page() {
        let text = serde_json::to_string(&example).expect("JSON");
        let read: FromPage = serde_json::from_str(&text).expect("a word of the page");
        assert_eq!(read, example);
    }
}

#[test]
fn what_a_page_may_leave_out_is_read_as_none() {
    let dial: FromPage =
        serde_json::from_str(r#"{"type":"command","id":"7","command":"dial","number":"911"}"#)
            .expect("a word of the page");
    let expected = Command::Dial {
        number: "911".to_owned(),
        record: None,
    };
    assert_eq!(dial, command("7", expected));
}

#[test]
fn a_page_that_says_nonsense_is_not_understood() {
    for text in [
        r#"{"type":"command","id":"1","command":"explode"}"#,
        r#"{"type":"command","command":"take_media"}"#,
        r#"{"type":"command","id":"1","command":"mute","call":"c","muted":"yes"}"#,
        r#"[]"#,
        "",
    ] {
        assert!(serde_json::from_str::<FromPage>(text).is_err(), "{text}");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test that keeps a file may read it"
)]
fn read(path: &PathBuf) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test that keeps a file may write it"
)]
fn write(path: &PathBuf, text: &str) {
    std::fs::write(path, text).expect("the file can be written");
}

#[expect(
    clippy::disallowed_methods,
    reason = "asked for by whoever runs the tests"
)]
fn bless() -> bool {
    std::env::var_os("OFFHOOK_BLESS").is_some()
}

fn file() -> String {
    let mut text = "// Examples of every word of the softphone's wire, written from the Rust \
                    types by a test of\n// crates/calls (wire_examples.rs). Not to be edited by \
                    hand.\n\nimport type { FromPage, ToPage } from \"./wire.ts\";\n"
        .to_owned();
    for (name, kind, examples) in [
        ("toPage", "ToPage", serde_json::to_string_pretty(&to_page())),
        (
            "fromPage",
            "FromPage",
            serde_json::to_string_pretty(&from_page()),
        ),
    ] {
        let examples = examples.expect("JSON");
        text += &format!("\nexport const {name} = {examples} satisfies {kind}[];\n");
    }
    text
}

fn command(id: &str, command: Command) -> FromPage {
    FromPage::Command {
        id: id.to_owned(),
        command,
    }
}

fn contact() -> RecordRef {
    RecordRef {
        id: "003000000000001AAA".to_owned(),
        object: "Contact".to_owned(),
        name: "Carla Poole".to_owned(),
    }
}

/// One example of each thing that a page may send. A new word has no arm here and no example.
fn from_page() -> Vec<FromPage> {
    let offer = FromPage::Offer {
        sdp: "v=0".to_owned(),
    };
    let mut examples: Vec<FromPage> = commands()
        .into_iter()
        .enumerate()
        .map(|(place, example)| command(&format!("c{}", place + 1), example))
        .collect();
    examples.extend([offer, FromPage::Ping]);
    for example in &examples {
        match example {
            FromPage::Command { .. } | FromPage::Offer { .. } | FromPage::Ping => {}
        }
    }
    examples
}

fn commands() -> Vec<Command> {
    let call = || CallId::new("01JDEXAMPLE00000000000000A");
    let examples = vec![
        Command::Answer { call: call() },
        Command::Decline { call: call() },
        Command::HangUp { call: call() },
        Command::Hold { call: call() },
        Command::Resume { call: call() },
        Command::Mute {
            call: call(),
            muted: true,
        },
        Command::Digits {
            call: call(),
            digits: "12#".to_owned(),
        },
        Command::Dial {
            number: "(415) 555-0123".to_owned(),
            record: Some(contact()),
        },
        Command::SetPresence {
            presence: Presence::Away,
        },
        Command::ClaimPop {
            event_id: key().to_string(),
        },
        Command::Popped {
            call: call(),
            record: Some(contact()),
        },
        Command::Draft {
            call: call(),
            outcome: None,
            notes: "Asks for".to_owned(),
        },
        Command::WrapUp {
            call: call(),
            outcome: Some("Connected".to_owned()),
            notes: "Asks for a quote.".to_owned(),
        },
        Command::TakeMedia,
    ];
    // A new command must be added here, and above.
    for example in &examples {
        match example {
            Command::Answer { .. }
            | Command::Decline { .. }
            | Command::HangUp { .. }
            | Command::Hold { .. }
            | Command::Resume { .. }
            | Command::Mute { .. }
            | Command::Digits { .. }
            | Command::Dial { .. }
            | Command::SetPresence { .. }
            | Command::ClaimPop { .. }
            | Command::Popped { .. }
            | Command::Draft { .. }
            | Command::WrapUp { .. }
            | Command::TakeMedia => {}
        }
    }
    examples
}

fn key() -> LogKey {
    LogKey {
        call: CallId::new("01JDEXAMPLE00000000000000A"),
        agent: AgentId::new("005000000000001AAA"),
    }
}

/// One example of each thing that a page is told, and of each phase of a call.
fn to_page() -> Vec<ToPage> {
    let mut examples = vec![ToPage::View(Box::new(view(None)))];
    let phases = [
        Phase::Ringing,
        Phase::Dialling,
        Phase::Talking,
        Phase::Held,
        Phase::WrapUp,
    ];
    examples.extend(phases.map(|phase| ToPage::View(Box::new(view(Some(call_view(phase)))))));
    examples.extend([
        reply(None, None),
        reply(Some("The call was answered by Bob."), None),
        reply(None, Some(record())),
        ToPage::Answer {
            sdp: "v=0".to_owned(),
        },
        ToPage::MediaRefused {
            reason: "Another tab has the microphone.".to_owned(),
        },
        ToPage::Pong,
        ToPage::Ticket {
            ticket: "ticket".to_owned(),
        },
        ToPage::Goodbye,
    ]);
    for example in &examples {
        match example {
            ToPage::View(_)
            | ToPage::Reply { .. }
            | ToPage::Answer { .. }
            | ToPage::MediaRefused { .. }
            | ToPage::Pong
            | ToPage::Ticket { .. }
            | ToPage::Goodbye => {}
        }
    }
    examples
}

fn reply(reason: Option<&str>, record: Option<CallRecord>) -> ToPage {
    ToPage::Reply {
        id: "c1".to_owned(),
        accepted: reason.is_none(),
        reason: reason.map(str::to_owned),
        log_key: record.as_ref().map(|_| key().to_string()),
        call: record.map(Box::new),
    }
}

fn view(call: Option<CallView>) -> AgentView {
    AgentView {
        sequence: 7,
        agent: key().agent,
        agent_name: "Ann Lee".to_owned(),
        presence: Presence::Ready,
        this_device: DeviceId::new("page-1"),
        media_device: Some(DeviceId::new("page-1")),
        device_count: 1,
        now_ms: STARTED_AT_MS + 9_000,
        call,
    }
}

fn call_view(phase: Phase) -> CallView {
    let outbound = phase == Phase::Dialling;
    let over = phase == Phase::WrapUp;
    let answered = !matches!(phase, Phase::Ringing | Phase::Dialling);
    CallView {
        id: key().call,
        direction: if outbound {
            Direction::Outbound
        } else {
            Direction::Inbound
        },
        phase,
        far_number: "+14155550123".to_owned(),
        far_display: "(415) 555-0123".to_owned(),
        far_name: Some("C POOLE".to_owned()),
        dialled: "+14155550100".to_owned(),
        far_rings: outbound,
        muted: phase == Phase::Held,
        media_lost: false,
        started_at_ms: STARTED_AT_MS,
        answered_at_ms: answered.then_some(STARTED_AT_MS + 3_000),
        ended_at_ms: over.then_some(STARTED_AT_MS + 8_000),
        talk_duration_ms: if over { 5_000 } else { 0 },
        end_cause: over.then_some(EndCause::FarEndHungUp),
        wrap_up_ends_at_ms: over.then_some(STARTED_AT_MS + 68_000),
        pop: (phase == Phase::Ringing).then(|| Pop {
            event_id: key().to_string(),
            number: "+14155550123".to_owned(),
        }),
        record: answered.then(contact),
        outcome: over.then(|| "Connected".to_owned()),
        notes: String::new(),
        logging: false,
    }
}

fn record() -> CallRecord {
    CallRecord {
        call: key().call,
        version: 4,
        direction: Direction::Inbound,
        trunk: "main".to_owned(),
        far_number: "+14155550123".to_owned(),
        far_name: Some("C POOLE".to_owned()),
        dialled: "+14155550100".to_owned(),
        agent: Some(key().agent),
        state: CallState::WrapUp,
        started_at_ms: STARTED_AT_MS,
        answered_at_ms: Some(STARTED_AT_MS + 3_000),
        ended_at_ms: Some(STARTED_AT_MS + 8_000),
        ring_duration_ms: 3_000,
        talk_duration_ms: 5_000,
        end_cause: Some(EndCause::FarEndHungUp),
        record: Some(contact()),
        outcome: Some("Connected".to_owned()),
        notes: "Asks for a quote.".to_owned(),
        task: None,
    }
}
