//! Login History: who signed in or was kept out, when, from where and with what; of the whole org
//! or of one user, with filters, and as a file.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use offhook_org::{FieldName, ObjectName, Record, RecordId, Value};
use offhook_store::accounts::SIGNED_IN;
use offhook_store::org::{Filter, ListQuery, Order};
use serde::Deserialize;

use super::frame::{self, Place, admit};
use super::{csv, show};
use crate::error::Failure;
use crate::session::SignedIn;
use crate::{AppState, query};

/// Rows on one page.
const PAGE_SIZE: u32 = 50;

/// Rows of a file, at most.
const EXPORT_MAX: u32 = 10_000;

/// Rows that are read at once.
const STEP_ROWS: u32 = 200;

/// Columns of the table and of the file.
const COLUMNS: [(&str, &str); 8] = [
    ("LoginTime", "Time"),
    ("UserId", "User"),
    ("Status", "Status"),
    ("LoginType", "Login Type"),
    ("Application", "Application"),
    ("SourceIp", "Source IP"),
    ("Browser", "Browser"),
    ("Platform", "Platform"),
];

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Asked {
    /// Id of a user.
    #[serde(default)]
    user: String,
    /// `failed`, `success`, or empty for all.
    #[serde(default)]
    status: String,
    /// A part of the address.
    #[serde(default)]
    source: String,
    /// The first day, `2026-11-24`.
    #[serde(default)]
    from: String,
    #[serde(default)]
    page: u32,
}

struct Row {
    user_href: String,
    cells: Vec<String>,
    failed: bool,
}

#[derive(Template)]
#[template(path = "setup/login_history.html")]
struct HistoryTemplate {
    asked: Asked,
    /// The one user whose history it is.
    of_user: Option<String>,
    labels: Vec<&'static str>,
    rows: Vec<Row>,
    total: u32,
    filtered: bool,
    export_href: String,
    previous: Option<String>,
    next: Option<String>,
}

/// `GET /lightning/setup/login-history`.
pub(super) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    admit(&who, Place::LoginHistory)?;
    let number = asked.page.clamp(1, 200);
    let query = asked.query(&who, (number - 1) * PAGE_SIZE, PAGE_SIZE);
    let found = state.store.list(&who.user, &query).await?;
    let names = names(&state, &who, &found.records).await?;
    let of_user = match RecordId::parse(&asked.user) {
        Ok(id) => Some(named(&state, &who, &id).await?),
        Err(_) => None,
    };
    let rows = found.records.iter().map(|record| Row {
        user_href: match record.get("UserId") {
            Value::Reference(id) => format!("/lightning/setup/rows/User/{id}"),
            _ => String::new(),
        },
        cells: cells(&who, record, &names),
        failed: record.text("Status") != SIGNED_IN,
    });
    let body = HistoryTemplate {
        of_user,
        labels: COLUMNS.iter().map(|(_, label)| *label).collect(),
        rows: rows.collect(),
        total: found.total,
        filtered: !asked.filters(&who).is_empty(),
        export_href: asked.href("/lightning/setup/login-history/export", 1),
        previous: (number > 1).then(|| asked.href(Place::LoginHistory.path(), number - 1)),
        next: (number * PAGE_SIZE < found.total)
            .then(|| asked.href(Place::LoginHistory.path(), number + 1)),
        asked,
    };
    frame::page(
        &state,
        &who,
        Place::LoginHistory,
        "Login History",
        None,
        &body,
    )
    .await
}

/// `GET /lightning/setup/login-history/export`: the same rows as a file.
pub(super) async fn export(
    State(state): State<AppState>,
    who: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    admit(&who, Place::LoginHistory)?;
    let mut text = csv::line(COLUMNS.iter().map(|(_, label)| *label));
    let mut offset = 0;
    while offset < EXPORT_MAX {
        let query = asked.query(&who, offset, STEP_ROWS);
        let found = state.store.list(&who.user, &query).await?;
        let names = names(&state, &who, &found.records).await?;
        for record in &found.records {
            let cells = cells(&who, record, &names);
            text.push_str(&csv::line(cells.iter().map(String::as_str)));
        }
        if found.records.len() < STEP_ROWS as usize {
            break;
        }
        offset += STEP_ROWS;
    }
    Ok(csv::download("login-history.csv", text))
}

impl Asked {
    fn filters(&self, who: &SignedIn) -> Vec<Filter> {
        let mut filters = Vec::new();
        if let Ok(id) = RecordId::parse(&self.user) {
            filters.push(Filter::Equals("UserId".into(), Value::Reference(id)));
        }
        let success = || Value::Text(SIGNED_IN.to_owned());
        match self.status.as_str() {
            "failed" => filters.push(Filter::NotEquals("Status".into(), success())),
            "success" => filters.push(Filter::Equals("Status".into(), success())),
            _ => {}
        }
        let source = self.source.trim();
        if !source.is_empty() {
            filters.push(Filter::Contains("SourceIp".into(), source.to_owned()));
        }
        if let Some(from_ms) = show::day_begins(&self.from, &who.user) {
            filters.push(Filter::AtLeast(
                "LoginTime".into(),
                Value::DateTime(from_ms),
            ));
        }
        filters
    }

    fn query(&self, who: &SignedIn, offset: u32, limit: u32) -> ListQuery {
        ListQuery {
            object: ObjectName::new("LoginHistory"),
            filters: self.filters(who),
            order: Some((FieldName::new("LoginTime"), Order::Descending)),
            offset,
            limit,
        }
    }

    fn href(&self, path: &str, page: u32) -> String {
        let part = |name: &str, value: &str| format!("&{name}={}", query::encode(value));
        format!(
            "{path}?page={page}{}{}{}{}",
            part("user", &self.user),
            part("status", &self.status),
            part("source", &self.source),
            part("from", &self.from)
        )
    }
}

async fn names(
    state: &AppState,
    who: &SignedIn,
    records: &[Record],
) -> Result<BTreeMap<RecordId, String>, Failure> {
    let users = records.iter().map(|record| record.get("UserId"));
    let mut ids: Vec<RecordId> = users.filter_map(|v| v.as_reference().cloned()).collect();
    ids.sort();
    ids.dedup();
    Ok(state.store.names(&who.user, &ids).await?)
}

async fn named(state: &AppState, who: &SignedIn, id: &RecordId) -> Result<String, Failure> {
    let mut names = state
        .store
        .names(&who.user, std::slice::from_ref(id))
        .await?;
    names.remove(id).ok_or(Failure::NotFound)
}

fn cells(who: &SignedIn, record: &Record, names: &BTreeMap<RecordId, String>) -> Vec<String> {
    let cell = |(name, _): &(&str, &str)| match record.get(name) {
        Value::DateTime(at_ms) => show::moment(*at_ms, &who.user),
        Value::Reference(id) => names.get(id).cloned().unwrap_or_else(|| id.to_string()),
        Value::Text(text) => text.clone(),
        _ => String::new(),
    };
    COLUMNS.iter().map(cell).collect()
}
