//! API Usage: how many calls API clients made, by whom, the limit, and where it is heading.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use offhook_org::RecordId;
use offhook_org::access::Permission;
use offhook_store::usage::{API_CALLS_MAX, ApiLimits, HOUR_MS, UsageLevel, UsageReport};
use serde::Deserialize;

use super::frame::{self, Place, admit};
use super::show;
use crate::AppState;
use crate::console::flash::{self, Flash, Notice};
use crate::error::Failure;
use crate::session::SignedIn;

/// Size of the chart, in the units of its picture.
const CHART_WIDTH: u64 = 720;
const CHART_HEIGHT: u64 = 160;

/// A bar of the chart: one hour.
struct Bar {
    x: u64,
    y: u64,
    width: u64,
    height: u64,
    hour: String,
    calls: String,
}

struct Caller {
    user: String,
    app: String,
    calls: String,
    percent: u64,
}

#[derive(Template)]
#[template(path = "setup/api_usage.html")]
struct UsageTemplate<'a> {
    csrf: &'a str,
    is_week: bool,
    bars: Vec<Bar>,
    highest: String,
    callers: Vec<Caller>,
    day: String,
    max: String,
    percent: u64,
    level: &'static str,
    pace: String,
    peak: String,
    full_at: Option<String>,
    may_change: bool,
    limit: String,
    problem: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    days: u8,
}

#[derive(Deserialize)]
pub(super) struct Limit {
    #[serde(default)]
    limit: String,
}

/// `GET /lightning/setup/api-usage`, `?days=7` for the week.
pub(super) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
    Query(asked): Query<Asked>,
    Flash(notice): Flash,
) -> Result<Response, Failure> {
    admit(&who, Place::ApiUsage)?;
    show_page(&state, &who, asked.days == 7, notice, None)
        .await
        .map(flash::said)
}

/// `POST /lightning/setup/api-usage`: sets the limit.
pub(super) async fn save_limit(
    State(state): State<AppState>,
    who: SignedIn,
    Form(form): Form<Limit>,
) -> Result<Response, Failure> {
    let place = Place::ApiUsage;
    admit(&who, place)?;
    if !may_change(&who) {
        return Err(Failure::Forbidden {
            needs: format!(
                "Setting the limit needs the permission {}. Ask an administrator.",
                Permission::CustomizeApplication.label()
            ),
        });
    }
    let digits: String = form
        .limit
        .chars()
        .filter(|c| !matches!(c, ',' | ' '))
        .collect();
    let limit = digits.parse().ok();
    let Some(limit) = limit.filter(|limit| (1..=API_CALLS_MAX).contains(limit)) else {
        let largest = show::number(API_CALLS_MAX);
        let problem = format!("Limit: a whole number between 1 and {largest} is expected.");
        return show_page(&state, &who, false, None, Some((form.limit, problem))).await;
    };
    let limits = ApiLimits {
        daily_requests_max: limit,
        ..state.store.api_limits()
    };
    state.store.put_api_limits(limits).await?;
    let said = format!("The limit is {} API calls in 24 hours", show::number(limit));
    let store = &state.store;
    store
        .audit(&who.user, place.label(), "changedApiLimit", &said)
        .await?;
    Ok(flash::redirect(place.path(), &format!("{said}."), None))
}

fn may_change(who: &SignedIn) -> bool {
    who.user.holds(Permission::CustomizeApplication)
}

async fn show_page(
    state: &AppState,
    who: &SignedIn,
    is_week: bool,
    notice: Option<Notice>,
    refused: Option<(String, String)>,
) -> Result<Response, Failure> {
    let hours = if is_week { 7 * 24 } else { 24 };
    let report = state.store.api_usage_report(hours, show::now_ms()).await?;
    let max = report.limits.daily_requests_max;
    let status = match refused {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let (limit, problem) = match refused {
        Some((limit, problem)) => (limit, Some(problem)),
        None => (max.to_string(), None),
    };
    let body = UsageTemplate {
        csrf: &who.session.csrf_token,
        is_week,
        highest: show::number(report.by_hour.iter().copied().max().unwrap_or(0)),
        bars: bars(&report, who),
        callers: callers(state, who, &report).await?,
        day: show::number(report.day),
        max: show::number(max),
        percent: percent(report.day, max),
        level: match UsageLevel::of(report.day, max) {
            UsageLevel::Fine => "",
            UsageLevel::Warning => " oh-setup__card_warning",
            UsageLevel::Critical | UsageLevel::Full => " oh-setup__card_error",
        },
        pace: show::number(report.forecast.pace),
        peak: show::number(report.forecast.peak),
        full_at: report
            .forecast
            .full_at_ms
            .map(|at| show::moment(at, &who.user)),
        may_change: may_change(who),
        limit,
        problem,
    };
    let place = Place::ApiUsage;
    frame::page_with_status(state, who, status, place, place.label(), notice, &body).await
}

fn percent(part: u64, whole: u64) -> u64 {
    let percent = u128::from(part) * 100 / u128::from(whole.max(1));
    u64::try_from(percent).unwrap_or(u64::MAX)
}

/// One bar an hour, as high as its share of the busiest one; an hour with a call is never lost.
fn bars(report: &UsageReport, who: &SignedIn) -> Vec<Bar> {
    let count = report.by_hour.len().max(1) as u64;
    let slot = CHART_WIDTH / count;
    let highest = report.by_hour.iter().copied().max().unwrap_or(0).max(1);
    let hours = (0_i64..).zip(&report.by_hour);
    let bar = |(at, calls): (i64, &u64)| {
        let share = u128::from(*calls) * u128::from(CHART_HEIGHT) / u128::from(highest);
        let height = u64::try_from(share)
            .unwrap_or(0)
            .max(u64::from(*calls > 0) * 2);
        Bar {
            x: at.unsigned_abs() * slot,
            y: CHART_HEIGHT - height,
            width: slot.saturating_sub(1).max(1),
            height,
            hour: show::moment(report.begins_ms + at * HOUR_MS, &who.user),
            calls: show::number(*calls),
        }
    };
    hours.map(bar).collect()
}

async fn callers(
    state: &AppState,
    who: &SignedIn,
    report: &UsageReport,
) -> Result<Vec<Caller>, Failure> {
    let ids = report.callers.iter().filter_map(|c| c.user.clone());
    let mut ids: Vec<RecordId> = ids.collect();
    ids.sort();
    ids.dedup();
    let names = state.store.names(&who.user, &ids).await?;
    let total: u64 = report.by_hour.iter().sum();
    let callers = report.callers.iter().map(|caller| Caller {
        user: match &caller.user {
            Some(id) => names.get(id).cloned().unwrap_or_else(|| id.to_string()),
            None => "All others".to_owned(),
        },
        app: caller.app.clone(),
        calls: show::number(caller.calls),
        percent: percent(caller.calls, total),
    });
    Ok(callers.collect())
}
