//! What happens at the limits, with words that come twice or make no sense, and with what the
//! last process left behind.

use super::{Stage, WALL_MS, check, invite, settings};
use crate::limits::{
    AGENT_COUNT_MAX, AWAITING_LOG_COUNT_MAX, CLOSED_COUNT_MAX, DEVICE_COUNT_MAX, NOTES_CHARS_MAX,
    REPLY_COUNT_MAX,
};
use crate::softphone::Command;
use crate::{
    AgentId, CallId, CallRecord, CallState, DeviceId, Direction, EndCause, Input, Now, Switchboard,
};

#[test]
fn a_repeated_command_is_answered_and_not_repeated() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > 1 ann/1#x dial 4155550123
        write o1 v1 dialling ann
        dial o1 trunk +14155550123
        ann/1: yes
        ann/1: sees ready mic, o1 dialling (415) 555-0123
        > 2 ended o1 480
        write o1 v2 wrap_up ann no_answer rang 1000 talked 0
        ann/1: sees ready mic, o1 wrap_up
        > 3 logged o1 ann 00T1
        write o1 v3 closed ann no_answer 00T1
        ann/1: sees ready mic
        > 4 ann/1#x dial 4155550123
        ann/1: yes
        > 5 ann/1#y hold o1
        ann/1: no. The call is over.
        > 6 ann/1#y hold o1
        ann/1: no. The call is over.
        ",
    );
}

#[test]
fn a_command_from_a_page_that_is_gone_is_not_carried_out() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > 1 gone ann/1
        > 2 ann/1 dial 4155550123
        > 3 connect ann/1
        ann/1: sees ready mic
        > 4 connect ann/1
        ann/1: sees ready mic
        ",
    );
}

#[test]
fn words_about_calls_that_nobody_knows_change_nothing() {
    check(
        "
        > 0 connect ann/1
        ann/1: sees ready mic
        > 1 ann/1 answer c9
        ann/1: no. The call is over.
        > 2 ann/1 decline c9
        ann/1: no. The call is over.
        > 3 ann/1 hang_up c9
        ann/1: no. The call is over.
        > 4 ann/1 hold c9
        ann/1: no. The call is over.
        > 5 ann/1 draft c9 Sale Won.
        ann/1: no. The call is over.
        > 6 ann/1 wrap_up c9 Sale Won.
        ann/1: no. The call is over.
        > 7 ann/1 popped c9 003ABC
        ann/1: no. The call is over.
        > 8 ann/1 claim c9:ann
        ann/1: no. The call is over.
        > 9 ann/1 claim nonsense
        ann/1: no. Another tab has popped the record, or it popped before.
        > 10 ended c9 200
        > 11 rings c9
        > 12 digit c9 #
        > 13 gone bob/1
        ",
    );
}

/// Gives commands of one page, and says which were accepted.
fn accepted(commands: Vec<(String, Command)>) -> Vec<bool> {
    let mut stage = Stage::new(settings());
    for line in [
        "0 connect ann/1",
        "0 invite c1 +14155550123",
        "1 ann/1 answer c1",
    ] {
        stage.play(line);
    }
    stage.seen.clear();
    for (command_id, command) in commands {
        stage.give(Input::Command {
            device: DeviceId::new("ann/1"),
            command_id,
            command,
            fresh: CallId::new("fresh"),
        });
    }
    let replies = stage.seen.lines();
    let replies = replies.filter(|line| !line.contains(": sees") && line.starts_with("ann/1:"));
    replies.map(|line| line.starts_with("ann/1: yes")).collect()
}

fn draft(outcome: &str, notes: String) -> Command {
    Command::Draft {
        call: CallId::new("c1"),
        outcome: Some(outcome.to_owned()),
        notes,
    }
}

#[test]
fn notes_and_outcomes_that_a_task_cannot_hold_are_refused() {
    let commands = vec![
        ("1".to_owned(), draft("Sale", "é".repeat(NOTES_CHARS_MAX))),
        (
            "2".to_owned(),
            draft("Sale", "é".repeat(NOTES_CHARS_MAX + 1)),
        ),
        ("3".to_owned(), draft(&"x".repeat(255), String::new())),
        ("4".to_owned(), draft(&"x".repeat(256), String::new())),
    ];
    assert_eq!(accepted(commands), [true, false, true, false]);
}

#[test]
fn a_command_needs_an_id_of_sensible_length() {
    let commands = ["", &"x".repeat(64), &"x".repeat(65)];
    let commands = commands.map(|id| (id.to_owned(), draft("Sale", String::new())));
    assert_eq!(accepted(commands.to_vec()), [false, true, false]);
}

#[test]
fn only_the_last_replies_are_remembered() {
    let mute = |muted| Command::Mute {
        call: CallId::new("c1"),
        muted,
    };
    let mut stage = Stage::new(settings());
    for line in [
        "0 connect ann/1",
        "0 invite c1 +14155550123",
        "1 ann/1 answer c1",
    ] {
        stage.play(line);
    }
    let mut ask = |id: usize, muted| {
        stage.seen.clear();
        stage.give(Input::Command {
            device: DeviceId::new("ann/1"),
            command_id: format!("m{id}"),
            command: mute(muted),
            fresh: CallId::new("fresh"),
        });
        stage.seen.contains("sees")
    };
    assert!(ask(0, true));
    assert!(!ask(0, false), "a repeated command is not carried out");
    for id in 1..=REPLY_COUNT_MAX {
        ask(id, true);
    }
    assert!(ask(0, false), "the oldest reply is forgotten");
}

#[test]
fn one_page_too_many_is_told_goodbye_until_another_goes() {
    let mut stage = Stage::new(settings());
    for page in 0..DEVICE_COUNT_MAX {
        stage.play(&format!("0 connect ann/{page}"));
    }
    stage.seen.clear();
    stage.play("1 connect ann/more");
    assert_eq!(stage.seen, "> 1 connect ann/more\nann/more: goodbye\n");
    stage.play("2 gone ann/3");
    stage.play("3 connect ann/more");
    assert!(stage.seen.ends_with("ann/more: sees ready\n"));
}

#[test]
fn an_agent_who_left_makes_room_for_another() {
    let mut stage = Stage::new(settings());
    stage.play("0 connect first/1");
    stage.play("1 gone first/1");
    let mut quiet = Switchboard::new(settings());
    std::mem::swap(&mut quiet, &mut stage.switchboard);
    for number in 1..AGENT_COUNT_MAX {
        connect(&mut quiet, number);
    }
    assert_eq!(quiet.agents.len(), AGENT_COUNT_MAX);
    connect(&mut quiet, AGENT_COUNT_MAX);
    assert_eq!(quiet.agents.len(), AGENT_COUNT_MAX);
    assert!(!quiet.agents.contains_key(&AgentId::new("first")));
    connect(&mut quiet, AGENT_COUNT_MAX + 1);
    assert!(
        !quiet
            .agents
            .contains_key(&AgentId::new(format!("a{}", AGENT_COUNT_MAX + 1)))
    );
    assert_eq!(quiet.broken_invariants(), Vec::<String>::new());
}

fn connect(switchboard: &mut Switchboard, number: usize) {
    let input = Input::DeviceConnected {
        device: DeviceId::new(format!("a{number}/1")),
        agent: AgentId::new(format!("a{number}")),
        agent_name: String::new(),
    };
    give(switchboard, 2_000, input);
}

fn give(switchboard: &mut Switchboard, boot_ms: u64, input: Input) {
    let wall_ms = WALL_MS;
    switchboard.input(Now { boot_ms, wall_ms }, input);
    while switchboard.next_action().is_some() {}
}

#[test]
fn calls_whose_log_is_never_confirmed_do_not_fill_the_memory() {
    let mut switchboard = Switchboard::new(settings());
    let count = AWAITING_LOG_COUNT_MAX + CLOSED_COUNT_MAX + 10;
    for number in 0..count {
        let call = format!("c{number}");
        give(&mut switchboard, 0, invite(&call, ""));
        let leg = crate::LegId {
            call: CallId::new(call),
            number: 0,
        };
        give(&mut switchboard, 0, Input::LegEnded { leg, status: 487 });
    }
    assert_eq!(switchboard.open_call_count(), AWAITING_LOG_COUNT_MAX);
    assert_eq!(switchboard.live_call_count(), 0);
    assert_eq!(switchboard.broken_invariants(), Vec::<String>::new());
    give(&mut switchboard, 0, invite("c10", ""));
    assert_eq!(switchboard.live_call_count(), 0, "the id is remembered");
}

#[test]
fn what_a_trunk_says_of_its_caller_is_cleaned_and_cut() {
    let mut stage = Stage::new(settings());
    let mut input = invite("c1", &format!(" +1\r\n415\0{} ", "9".repeat(500)));
    if let Input::Invite { caller_name, .. } = &mut input {
        *caller_name = Some("\t \n".to_owned());
    }
    stage.give(input);
    let record = &stage.switchboard.calls[&CallId::new("c1")].record;
    assert_eq!(record.far_number.len(), 128);
    assert!(record.far_number.starts_with("+1415999"));
    assert_eq!(record.far_name, None);
}

#[test]
fn a_boot_clock_that_goes_back_stands_still() {
    let mut switchboard = Switchboard::new(settings());
    give(&mut switchboard, 5_000, invite("c1", ""));
    give(&mut switchboard, 1_000, Input::Tick);
    give(&mut switchboard, 1_000, invite("c2", ""));
    let started = |call: &str| switchboard.calls[&CallId::new(call)].started_boot_ms;
    assert_eq!((started("c1"), started("c2")), (5_000, 5_000));
}

/// A row as the last process left it.
fn left_open(call: &str, agent: Option<&str>, answered_at_ms: Option<i64>) -> CallRecord {
    let mut switchboard = Switchboard::new(settings());
    give(&mut switchboard, 0, invite(call, "+14155550123"));
    let mut record = switchboard.calls[&CallId::new(call)].record.clone();
    assert_eq!(record.direction, Direction::Inbound);
    record.agent = agent.map(AgentId::new);
    record.answered_at_ms = answered_at_ms;
    record
}

/// What becomes of a row that is found open at start, at `WALL_MS`.
#[track_caller]
fn check_found(record: CallRecord, expected: &[&str]) {
    let mut stage = Stage::new(settings());
    stage.give(Input::FoundOpen(Box::new(record.clone())));
    stage.give(Input::FoundOpen(Box::new(record)));
    let lines: Vec<&str> = stage.seen.lines().collect();
    assert_eq!(lines, expected);
}

#[test]
fn a_call_found_ringing_is_interrupted_and_logged() {
    let row = "c1 v2 wrap_up interrupted rang 0 talked 0";
    check_found(
        left_open("c1", None, None),
        &[&format!("write {row}"), &format!("log c1:owner {row}")],
    );
}

#[test]
fn a_call_found_talking_is_logged_for_its_agent_with_what_is_known() {
    let row = "c1 v2 wrap_up ann interrupted rang 0 talked 90000";
    check_found(
        left_open("c1", Some("ann"), Some(WALL_MS - 90_000)),
        &[&format!("write {row}"), &format!("log c1:ann {row}")],
    );
}

#[test]
fn talk_time_after_an_interruption_is_neither_negative_nor_endless() {
    let row = "c1 v2 wrap_up ann interrupted rang 0 talked 0";
    check_found(
        left_open("c1", Some("ann"), Some(WALL_MS + 3_600_000)),
        &[&format!("write {row}"), &format!("log c1:ann {row}")],
    );
    let row = "c1 v2 wrap_up ann interrupted rang 0 talked 43200000";
    check_found(
        left_open("c1", Some("ann"), Some(i64::MIN)),
        &[&format!("write {row}"), &format!("log c1:ann {row}")],
    );
}

#[test]
fn a_call_found_in_wrap_up_keeps_its_end_and_is_logged() {
    let mut record = left_open("c1", Some("ann"), Some(WALL_MS - 90_000));
    record.state = CallState::WrapUp;
    record.ended_at_ms = Some(WALL_MS - 60_000);
    record.talk_duration_ms = 30_000;
    record.end_cause = Some(EndCause::FarEndHungUp);
    record.version = 7;
    let row = "c1 v8 wrap_up ann far_end_hung_up rang 0 talked 30000";
    check_found(
        record,
        &[&format!("write {row}"), &format!("log c1:ann {row}")],
    );
}

#[test]
fn a_call_found_with_its_task_is_closed_and_not_logged_again() {
    let mut record = left_open("c1", Some("ann"), Some(WALL_MS - 90_000));
    record.task = Some("00T1".to_owned());
    check_found(record, &["write c1 v2 closed ann interrupted 00T1"]);
}
