//! The demo's history: half a year of logged calls, tasks to do around today, meetings.

use offhook_org::record::Fields;
use offhook_org::{ObjectName, RecordId};

use super::Making;
use super::fields::{Build, DAY_MS};
use super::people::Team;
use super::records::Book;
use super::tables::words;

/// Logged calls of the last six months.
const CALL_COUNT: usize = 420;
/// Tasks that are open or done.
const TASK_COUNT: usize = 70;
/// Meetings, past and to come.
const MEETING_COUNT: usize = 45;
/// An hour of work begins here, UTC, for a team on the American east coast.
const MORNING_MS: i64 = 13 * 3_600_000;

/// Makes calls, tasks and meetings.
pub(super) async fn tell(making: &mut Making<'_>, team: &Team, book: &Book) -> anyhow::Result<()> {
    let calls = (0..CALL_COUNT)
        .map(|turn| call(making, team, book, turn))
        .collect::<Vec<_>>();
    create(making, "Task", &calls).await?;
    let tasks = (0..TASK_COUNT)
        .map(|turn| task(making, book, turn))
        .collect::<Vec<_>>();
    create(making, "Task", &tasks).await?;
    let meetings = (0..MEETING_COUNT)
        .map(|turn| meeting(making, book, turn))
        .collect::<Vec<_>>();
    create(making, "Event", &meetings).await
}

async fn create(making: &Making<'_>, object: &str, records: &[Fields]) -> anyhow::Result<()> {
    making
        .store
        .create_many(&ObjectName::new(object), records)
        .await?;
    Ok(())
}

/// A moment in working hours, so many days from today.
fn at_work(making: &mut Making<'_>, days: i64) -> i64 {
    let today = making.now_ms - making.now_ms.rem_euclid(DAY_MS);
    let moment = today + days * DAY_MS + MORNING_MS + making.dice.between(0, 480) * 60_000;
    if days <= 0 {
        moment.min(making.now_ms)
    } else {
        moment
    }
}

fn call(making: &mut Making<'_>, team: &Team, book: &Book, turn: usize) -> Fields {
    let words = words();
    // Every tenth call belongs to the caller that everybody knows.
    let place = if turn.is_multiple_of(40) {
        0
    } else {
        making.dice.below(book.people.len())
    };
    let person = &book.people[place];
    let servers = team.servers();
    let owner = if turn.is_multiple_of(2) {
        &person.owner
    } else {
        *making.dice.one_of(&servers)
    };
    let days = -making.dice.between(0, 180);
    let at = at_work(making, days);
    let inbound = making.dice.percent(55);
    // Who calls us reaches somebody; who is called may not be there.
    let outcomes = if inbound {
        &words["outcome"][..2]
    } else {
        &words["outcome"][..]
    };
    let outcome = *making.dice.one_of(outcomes);
    let talked = matches!(outcome, "Connected" | "Call back later");
    let seconds = if talked {
        making.dice.between(35, 1_400)
    } else {
        0
    };
    let subject = match (inbound, talked) {
        (true, _) => "Inbound call",
        (false, true) => "Outbound call",
        (false, false) => "Outbound call, not reached",
    };
    let mut fields = Build::new()
        .text("Subject", subject)
        .owner(owner)
        .link("WhoId", &person.id)
        .text("Type", "Call")
        .text("TaskSubtype", "Call")
        .text("CallType", if inbound { "Inbound" } else { "Outbound" })
        .integer("CallDurationInSeconds", seconds)
        .text("CallDisposition", outcome)
        .text("CallObject", format!("DEMO-{turn:05}"))
        .text("Status", "Completed")
        .text("Priority", "Normal")
        .date("ActivityDate", at);
    if talked {
        fields = fields.text("Description", *making.dice.one_of(&words["call_note"]));
    }
    fields
        .link(
            "WhatId",
            what(making, book, person.account.clone()).as_ref(),
        )
        .made(at)
        .done()
}

/// A third of the calls is about an opportunity of the account, the rest about the account.
fn what(making: &mut Making<'_>, book: &Book, account: RecordId) -> Box<RecordId> {
    let mut own = book
        .opportunities
        .iter()
        .filter(|(_, of, _)| *of == account);
    let about = making.dice.percent(35).then(|| own.next()).flatten();
    Box::new(about.map_or(account, |(opportunity, _, _)| opportunity.clone()))
}

fn task(making: &mut Making<'_>, book: &Book, turn: usize) -> Fields {
    let words = words();
    let person = &book.people[making.dice.below(book.people.len())];
    let days = making.dice.between(-12, 14);
    let at = at_work(making, days);
    let done = days < -2 || (days < 0 && making.dice.percent(60));
    let status = if done {
        "Completed"
    } else {
        ["Not Started", "In Progress"][turn % 2]
    };
    Build::new()
        .text("Subject", words["todo"][turn % words["todo"].len()])
        .owner(&person.owner)
        .link("WhoId", &person.id)
        .link("WhatId", &person.account)
        .text("Status", status)
        .text(
            "Priority",
            *making.dice.one_of(&["High", "Normal", "Normal", "Low"]),
        )
        .text("Type", "Other")
        .text("TaskSubtype", "Task")
        .date("ActivityDate", at)
        .made((at - 5 * DAY_MS).min(making.now_ms))
        .done()
}

fn meeting(making: &mut Making<'_>, book: &Book, turn: usize) -> Fields {
    let words = words();
    let person = &book.people[making.dice.below(book.people.len())];
    let days = making.dice.between(-160, 25);
    let start = at_work(making, days);
    Build::new()
        .text("Subject", words["meeting"][turn % words["meeting"].len()])
        .owner(&person.owner)
        .link("WhoId", &person.id)
        .link("WhatId", &person.account)
        .moment("StartDateTime", start)
        .moment("EndDateTime", start + making.dice.between(2, 6) * 1_800_000)
        .text("Type", "Meeting")
        .text(
            "Location",
            ["On site", "Video call", "Our office"][turn % 3],
        )
        .made((start - 7 * DAY_MS).min(making.now_ms))
        .done()
}
