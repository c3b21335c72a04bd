//! The recycle bin: what was deleted and can be taken back, until it is emptied or 15 days have
//! passed.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use offhook_org::RecordId;
use offhook_store::org::{Binned, Write, WriteOptions};

use super::flash::{self, Flash};
use super::shell::{self, Head};
use crate::AppState;
use crate::error::Failure;
use crate::session::SignedIn;

const PATH: &str = "/lightning/recycle-bin";

/// Records on the page, and those that one press of the button empties.
const RECORDS_MAX: usize = 200;

struct Row {
    id: String,
    object: String,
    label: String,
    name: String,
    deleted_by: String,
    deleted_at: String,
    with_it: u32,
}

#[derive(Template)]
#[template(path = "recycle_bin.html")]
struct BinTemplate<'a> {
    csrf: &'a str,
    rows: Vec<Row>,
    has_more: bool,
}

#[derive(Template)]
#[template(path = "recycle_bin_empty.html")]
struct EmptyTemplate<'a> {
    csrf: &'a str,
    count: usize,
}

/// `GET /lightning/recycle-bin`.
pub(crate) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
    Flash(notice): Flash,
) -> Result<Response, Failure> {
    let page = state.store.recycle_bin(&who.user, RECORDS_MAX).await?;
    let mut ids: Vec<RecordId> = Vec::new();
    ids.extend(page.records.iter().filter_map(|r| r.deleted_by.clone()));
    ids.sort();
    ids.dedup();
    let names = state.store.names(&who.user, &ids).await?;
    let schema = state.store.schema();
    let row = |record: Binned| Row {
        label: schema
            .object(record.object.as_str())
            .map_or_else(|| record.object.to_string(), |object| object.label.clone()),
        id: record.id.to_string(),
        object: record.object.to_string(),
        name: match record.name.is_empty() {
            true => record.id.to_string(),
            false => record.name,
        },
        deleted_by: record
            .deleted_by
            .and_then(|id| names.get(&id).cloned())
            .unwrap_or_else(|| "Offhook".to_owned()),
        deleted_at: moment(record.deleted_at_ms, &who.user.time_zone),
        with_it: record.with_it,
    };
    let body = BinTemplate {
        csrf: &who.session.csrf_token,
        rows: page.records.into_iter().map(row).collect(),
        has_more: page.has_more,
    };
    let head = Head {
        notice,
        ..head("Recycle Bin")
    };
    shell::page(&state, &who, head, &body)
        .await
        .map(flash::said)
}

/// `GET /lightning/recycle-bin/empty`: asks first.
pub(crate) async fn ask(State(state): State<AppState>, who: SignedIn) -> Result<Response, Failure> {
    let page = state.store.recycle_bin(&who.user, RECORDS_MAX).await?;
    let body = EmptyTemplate {
        csrf: &who.session.csrf_token,
        count: page.records.len(),
    };
    shell::page(&state, &who, head("Empty the Recycle Bin"), &body).await
}

/// `POST /lightning/recycle-bin/empty`: takes what the page shows out of the org for good.
pub(crate) async fn empty(
    State(state): State<AppState>,
    who: SignedIn,
) -> Result<Response, Failure> {
    let page = state.store.recycle_bin(&who.user, RECORDS_MAX).await?;
    let purge = page.records.into_iter().map(|r| Write::Purge { id: r.id });
    let options = WriteOptions {
        client: "console".to_owned(),
        ..WriteOptions::default()
    };
    let outcomes = state
        .store
        .write(&who.user, purge.collect(), options)
        .await?;
    let gone = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let said = match (gone, outcomes.len() - gone) {
        (1, 0) => "1 record is gone for good.".to_owned(),
        (gone, 0) => format!("{gone} records are gone for good."),
        (gone, left) => format!("{gone} records are gone for good; {left} could not be removed."),
    };
    Ok(flash::redirect(PATH, &said, None))
}

fn head(title: &str) -> Head {
    Head {
        kind: "bin",
        title: title.to_owned(),
        icon: "default".to_owned(),
        ..Head::default()
    }
}

/// `Nov 24, 2026, 9:12 AM` in the user's time zone.
fn moment(at_ms: i64, zone: &str) -> String {
    let zone = jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let at = jiff::Timestamp::from_millisecond(at_ms).unwrap_or_default();
    let at = at.to_zoned_datetime(zone);
    at.strftime("%b %-d, %Y, %-I:%M %p").to_string()
}
