//! The first page of the day: what is due, what is open, what was looked at last, who called.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{Redirect, Response};
use offhook_calls::{AgentId, CallRecord, Direction};
use offhook_org::access::{Operation, Permission};
use offhook_org::schema::Object;
use offhook_org::{FieldName, Record, Value};
use offhook_store::org::{Filter, ListQuery, Order, Page};

use super::flash::{self, Flash};
use super::list::{self, Row};
use super::shell::{self, Head};
use super::value::{self, Phone, RecordLink, Words, duration_text};
use crate::error::Failure;
use crate::session::SignedIn;
use crate::{AppState, now_ms};

/// Rows of a card.
const CARD_MAX: u32 = 6;

#[derive(Template)]
#[template(path = "home.html")]
struct HomeTemplate<'a> {
    greeting: &'static str,
    first_name: &'a str,
    today: String,
    figures: Vec<Figure>,
    tasks: Option<Vec<Due>>,
    cards: Vec<Card>,
    recent: Vec<RecordLink>,
    calls: Option<Vec<Call>>,
    csrf: &'a str,
}

/// A number to see at a glance.
struct Figure {
    label: String,
    value: String,
    href: String,
}

/// A task that is due.
struct Due {
    link: RecordLink,
    date: String,
    overdue: bool,
    who: Option<RecordLink>,
    complete_action: String,
}

/// My records of one object.
struct Card {
    title: String,
    icon: String,
    key: String,
    columns: Vec<String>,
    rows: Vec<Row>,
    all_href: String,
    empty: String,
}

/// A call of mine.
struct Call {
    inbound: bool,
    answered: bool,
    name: String,
    href: Option<String>,
    phone: Phone,
    when: String,
    how: String,
}

/// `/`.
pub(crate) async fn start() -> Redirect {
    Redirect::to("/lightning/page/home")
}

/// `/lightning/page/home`.
pub(crate) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
    Flash(notice): Flash,
) -> Result<Response, Failure> {
    let mut figures = Vec::new();
    let tasks = due_tasks(&state, &who, &mut figures).await?;
    let mut cards = Vec::new();
    cards.extend(card(&state, &who, "Case", &mut figures).await?);
    cards.extend(card(&state, &who, "Opportunity", &mut figures).await?);
    let body = HomeTemplate {
        greeting: greeting(&who),
        first_name: who
            .user
            .user_name
            .split_whitespace()
            .next()
            .unwrap_or("there"),
        today: list::today(&who.user).strftime("%A, %B %-d").to_string(),
        figures,
        tasks,
        cards,
        recent: recent(&state, &who).await?,
        calls: calls(&state, &who).await?,
        csrf: &who.session.csrf_token,
    };
    let head = Head {
        kind: "home",
        title: "Home".to_owned(),
        icon: "home".to_owned(),
        notice,
        ..Head::default()
    };
    shell::page(&state, &who, head, &body)
        .await
        .map(flash::said)
}

fn greeting(who: &SignedIn) -> &'static str {
    let now = jiff::Timestamp::from_millisecond(now_ms()).unwrap_or_default();
    match value::zone_of(&who.user).to_datetime(now).hour() {
        5..12 => "Good morning",
        12..18 => "Good afternoon",
        _ => "Good evening",
    }
}

/// An object that the user may read.
fn readable(state: &AppState, who: &SignedIn, name: &str) -> Option<Arc<Object>> {
    let object = state.store.schema().object(name).cloned();
    object.filter(|_| who.user.may(name, Operation::Read))
}

async fn mine_and_open(
    state: &AppState,
    who: &SignedIn,
    object: &Object,
    more: Option<Filter>,
    order: (FieldName, Order),
) -> Result<Page, Failure> {
    let mut filters = vec![
        Filter::Equals("OwnerId".into(), Value::Reference(who.user_id().clone())),
        Filter::Equals("IsClosed".into(), Value::Boolean(false)),
    ];
    filters.extend(more);
    let list = ListQuery {
        object: object.name.clone(),
        filters,
        order: Some(order),
        offset: 0,
        limit: CARD_MAX,
    };
    Ok(state.store.list(&who.user, &list).await?)
}

async fn due_tasks(
    state: &AppState,
    who: &SignedIn,
    figures: &mut Vec<Figure>,
) -> Result<Option<Vec<Due>>, Failure> {
    let Some(object) = &readable(state, who, "Task") else {
        return Ok(None);
    };
    let due = Some(list::due_by_today(&who.user));
    let order = ("ActivityDate".into(), Order::Ascending);
    let found = mine_and_open(state, who, object, due, order).await?;
    figures.push(Figure {
        label: "Tasks due".to_owned(),
        value: counted(found.total),
        href: "/lightning/o/Task/list?filterName=due".to_owned(),
    });
    let records: Vec<&Record> = found.records.iter().collect();
    let words = Words::of(state, &who.user, &records).await?;
    let today = list::today(&who.user);
    let due = |record: &Record| Due {
        link: value::link(object, &record.id, &value::name_of(object, record)),
        date: match record.get("ActivityDate") {
            Value::Date(date) if *date == today => "Today".to_owned(),
            Value::Date(date) => words.date(*date),
            _ => String::new(),
        },
        overdue: matches!(record.get("ActivityDate"), Value::Date(date) if *date < today),
        who: ["WhoId", "WhatId"]
            .into_iter()
            .find_map(|field| words.record_link(record.get(field).as_reference()?)),
        complete_action: format!("/lightning/r/Task/{}/complete", record.id),
    };
    Ok(Some(found.records.iter().map(due).collect()))
}

/// My open records of an object.
async fn card(
    state: &AppState,
    who: &SignedIn,
    name: &str,
    figures: &mut Vec<Figure>,
) -> Result<Option<Card>, Failure> {
    let Some(object) = &readable(state, who, name) else {
        return Ok(None);
    };
    let (columns, order): (&[&str], _) = match name {
        "Opportunity" => (&["Name", "StageName", "CloseDate", "Amount"], "CloseDate"),
        _ => (
            &["CaseNumber", "Subject", "Status", "Priority"],
            "CreatedDate",
        ),
    };
    let direction = if order == "CloseDate" {
        Order::Ascending
    } else {
        Order::Descending
    };
    let found = mine_and_open(state, who, object, None, (order.into(), direction)).await?;
    let all_href = format!("/lightning/o/{name}/list?filterName=open");
    figures.push(Figure {
        label: format!("Open {}", object.plural_label.to_lowercase()),
        value: counted(found.total),
        href: all_href.clone(),
    });
    let columns: Vec<FieldName> = columns.iter().map(|name| FieldName::from(*name)).collect();
    let records: Vec<&Record> = found.records.iter().collect();
    let words = Words::of(state, &who.user, &records).await?;
    Ok(Some(Card {
        title: format!("My Open {}", object.plural_label),
        icon: object.icon.clone(),
        key: object.name.to_string(),
        columns: value::readable(&who.user, object, &columns)
            .map(|f| f.label.clone())
            .collect(),
        rows: list::rows(&who.user, object, &columns, &found.records, &words),
        all_href,
        empty: format!("You have no open {}.", object.plural_label.to_lowercase()),
    }))
}

fn counted(total: u32) -> String {
    match total {
        2_000.. => "2,000+".to_owned(),
        total => total.to_string(),
    }
}

async fn recent(state: &AppState, who: &SignedIn) -> Result<Vec<RecordLink>, Failure> {
    let records = state.store.recently_viewed(&who.user, None, 8).await?;
    let schema = state.store.schema();
    let link = |record: &Record| {
        let object = schema.object(record.object.as_str())?;
        Some(value::link(
            object,
            &record.id,
            &value::name_of(object, record),
        ))
    };
    Ok(records.iter().filter_map(link).collect())
}

/// The last calls of a user who has a telephone.
async fn calls(state: &AppState, who: &SignedIn) -> Result<Option<Vec<Call>>, Failure> {
    if !who.user.holds(Permission::CtiAccess) {
        return Ok(None);
    }
    let agent = AgentId::new(who.user_id().as_str());
    let records = state.store.recent_calls(&agent, CARD_MAX).await?;
    Ok(Some(
        records
            .iter()
            .map(|record| call(state, who, record))
            .collect(),
    ))
}

fn call(state: &AppState, who: &SignedIn, record: &CallRecord) -> Call {
    let region = state.store.region();
    let display = match offhook_phone::read(&record.far_number, region) {
        offhook_phone::Reading::Anonymous => "Unknown caller".to_owned(),
        _ => offhook_phone::display(&record.far_number, region),
    };
    let known = record.record.as_ref();
    let name = known
        .map(|r| r.name.clone())
        .filter(|name| !name.is_empty());
    let answered = record.answered_at_ms.is_some();
    let seconds = i64::try_from(record.talk_duration_ms / 1_000).unwrap_or(i64::MAX);
    Call {
        inbound: record.direction == Direction::Inbound,
        answered,
        name: name.or_else(|| record.far_name.clone()).unwrap_or_default(),
        href: known.map(|r| format!("/lightning/r/{}/{}/view", r.object, r.id)),
        phone: Phone {
            dial: offhook_phone::dialable(&record.far_number, region),
            display,
            record_id: known.map(|r| r.id.clone()).unwrap_or_default(),
            record_name: known.map(|r| r.name.clone()).unwrap_or_default(),
            object: known.map(|r| r.object.clone()).unwrap_or_default(),
            person: None,
        },
        when: value::forms_of(&who.user).page_moment(record.started_at_ms),
        how: match (answered, &record.outcome) {
            (true, Some(outcome)) => format!("{}, {outcome}", duration_text(seconds)),
            (true, None) => duration_text(seconds),
            (false, _) if record.direction == Direction::Inbound => "Missed".to_owned(),
            (false, _) => "Not reached".to_owned(),
        },
    }
}
