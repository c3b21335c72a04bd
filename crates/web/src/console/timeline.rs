//! The activities of a record: what is to be done, then what was done, newest first. Calls show
//! their direction, how long they took, how they ended, and the notes.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use offhook_org::schema::Object;
use offhook_org::{Record, RecordId, Value};

use super::value::{self, RecordLink, Words, duration_text};
use crate::AppState;
use crate::error::Failure;
use crate::session::SignedIn;

/// Activities on a record's page.
const ACTIVITIES_MAX: u32 = 50;

/// The timeline of a record.
pub(crate) struct Timeline {
    pub(crate) groups: Vec<Group>,
    /// There are more than are shown.
    pub(crate) cut: bool,
}

/// Activities under one heading.
pub(crate) struct Group {
    pub(crate) heading: String,
    pub(crate) items: Vec<Item>,
}

/// One activity.
pub(crate) struct Item {
    pub(crate) kind: Kind,
    pub(crate) link: RecordLink,
    pub(crate) date: String,
    /// What goes with it, in a line: direction, duration, outcome, status.
    pub(crate) facts: Vec<String>,
    pub(crate) who: Option<RecordLink>,
    pub(crate) owner: String,
    pub(crate) notes: String,
    pub(crate) overdue: bool,
    /// The action of a form that completes it.
    pub(crate) complete_action: Option<String>,
}

/// What kind of activity, for its icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    InboundCall,
    OutboundCall,
    OtherCall,
    Email,
    Task,
    Event,
}

impl Kind {
    fn of(record: &Record) -> Self {
        let is_call = record.text("TaskSubtype") == "Call" || record.text("Type") == "Call";
        match record.text("CallType") {
            _ if record.object.as_str() == "Event" => Self::Event,
            "Inbound" => Self::InboundCall,
            "Outbound" => Self::OutboundCall,
            _ if is_call => Self::OtherCall,
            _ if record.text("Type") == "Email" => Self::Email,
            _ => Self::Task,
        }
    }

    /// For people.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::InboundCall => "Inbound call",
            Self::OutboundCall => "Outbound call",
            Self::OtherCall => "Call",
            Self::Email => "E-mail",
            Self::Task => "Task",
            Self::Event => "Event",
        }
    }

    /// Name in the utility sprite.
    pub(crate) fn icon(self) -> &'static str {
        match self {
            Self::InboundCall => "incoming_call",
            Self::OutboundCall => "outbound_call",
            Self::OtherCall => "call",
            Self::Email => "email",
            Self::Task => "task",
            Self::Event => "event",
        }
    }

    /// The last part of its class.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::InboundCall => "inbound",
            Self::OutboundCall => "outbound",
            Self::OtherCall => "call",
            Self::Email => "email",
            Self::Task => "task",
            Self::Event => "event",
        }
    }
}

/// Reads the timeline of a record.
pub(crate) async fn of_record(
    state: &AppState,
    who: &SignedIn,
    id: &RecordId,
) -> Result<Timeline, Failure> {
    let records = state.store.timeline(&who.user, id, ACTIVITIES_MAX).await?;
    let all: Vec<&Record> = records.iter().collect();
    let words = Words::of(state, &who.user, &all).await?.beside_a_record();
    let today = super::list::today(&who.user);
    let zone = value::zone_of(&who.user);
    let schema = state.store.schema();
    let mut open = Vec::new();
    let mut done: Vec<(String, Vec<Item>)> = Vec::new();
    for record in &records {
        let Some(object) = schema.object(record.object.as_str()) else {
            continue;
        };
        let date = date_of(record, &zone);
        let mut item = item(who, object, record, &words, date, today);
        // On a person's own page it goes without saying whom it was with.
        if record.get("WhoId").as_reference() == Some(id) {
            item.who = None;
        }
        if is_ahead(record, date, today) {
            open.push((date, item));
            continue;
        }
        let heading = heading(date, today);
        match done.last_mut().filter(|(last, _)| *last == heading) {
            Some((_, items)) => items.push(item),
            None => done.push((heading, vec![item])),
        }
    }
    let cut = records.len() == ACTIVITIES_MAX as usize;
    Ok(Timeline {
        groups: groups(open, done),
        cut,
    })
}

/// What is to be done comes first, the most urgent at its head.
fn groups(mut open: Vec<(Option<Date>, Item)>, done: Vec<(String, Vec<Item>)>) -> Vec<Group> {
    open.sort_by_key(|(date, _)| date.unwrap_or(Date::MAX));
    let ahead = Group {
        heading: "Upcoming & Overdue".to_owned(),
        items: open.into_iter().map(|(_, item)| item).collect(),
    };
    let ahead = (!ahead.items.is_empty()).then_some(ahead);
    let past = done
        .into_iter()
        .map(|(heading, items)| Group { heading, items });
    ahead.into_iter().chain(past).collect()
}

fn is_ahead(record: &Record, date: Option<Date>, today: Date) -> bool {
    match record.object.as_str() {
        "Event" => date.is_some_and(|date| date >= today),
        _ => record.get("IsClosed") != &Value::Boolean(true),
    }
}

/// The day of an activity where the user is.
fn date_of(record: &Record, zone: &TimeZone) -> Option<Date> {
    let moment = |field: &str| match record.get(field) {
        Value::DateTime(ms) => jiff::Timestamp::from_millisecond(*ms)
            .ok()
            .map(|m| zone.to_datetime(m).date()),
        _ => None,
    };
    match record.get("ActivityDate") {
        Value::Date(date) => Some(*date),
        _ => moment("StartDateTime").or_else(|| moment("CreatedDate")),
    }
}

fn heading(date: Option<Date>, today: Date) -> String {
    match date {
        Some(date) if date == today => "Today".to_owned(),
        Some(date) if date.year() == today.year() && date.month() == today.month() => {
            "This Month".to_owned()
        }
        Some(date) => date.strftime("%B %Y").to_string(),
        None => "Earlier".to_owned(),
    }
}

fn item(
    who: &SignedIn,
    object: &Object,
    record: &Record,
    words: &Words<'_>,
    date: Option<Date>,
    today: Date,
) -> Item {
    let kind = Kind::of(record);
    let open = kind != Kind::Event && is_ahead(record, date, today);
    let name = value::name_of(object, record);
    let owner = record.get("OwnerId").as_reference();
    Item {
        kind,
        link: words.link(object, &record.id, &name),
        date: when(record, words, date, today),
        facts: facts(record, open),
        who: record
            .get("WhoId")
            .as_reference()
            .and_then(|id| words.record_link(id)),
        owner: owner
            .and_then(|id| words.name(id))
            .unwrap_or_default()
            .to_owned(),
        notes: record.text("Description").trim().to_owned(),
        overdue: open && date.is_some_and(|date| date < today),
        complete_action: (open && super::record::owner_may_edit(who, object, record))
            .then(|| format!("/lightning/r/{}/{}/complete", object.name, record.id)),
    }
}

fn when(record: &Record, words: &Words<'_>, date: Option<Date>, today: Date) -> String {
    if let Value::DateTime(ms) = record.get("StartDateTime") {
        return words.moment(*ms);
    }
    match date {
        Some(date) if date == today => "Today".to_owned(),
        Some(date) => words.date(date),
        None => "No date".to_owned(),
    }
}

fn facts(record: &Record, open: bool) -> Vec<String> {
    let mut facts = Vec::new();
    if let Value::Integer(seconds @ 1..) = record.get("CallDurationInSeconds") {
        facts.push(duration_text(*seconds));
    }
    match record.text("CallDisposition") {
        "" => {}
        outcome => facts.push(outcome.to_owned()),
    }
    if open {
        facts.push(record.text("Status").to_owned());
    }
    if record.text("Priority") == "High" && open {
        facts.push("High priority".to_owned());
    }
    match record.text("Location") {
        "" => {}
        place => facts.push(place.to_owned()),
    }
    facts.retain(|fact| !fact.is_empty());
    facts
}
