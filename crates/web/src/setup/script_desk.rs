//! The desk of a script's author: run its tests, try a method as some user, and read the log.

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use offhook_org::RecordId;
use offhook_org::access::Permission;
use offhook_script::{Call, RunError, read_params};
use offhook_store::sources::{ScriptRun, SourceKind};
use serde_json::{Value as Json, json};

use super::code::{detail_page, find, refusal, told};
use super::frame::{self, Place, admit};
use super::show;
use crate::console::flash::{self, Flash};
use crate::error::Failure;
use crate::session::SignedIn;
use crate::{AppState, now_ms, query};

/// Lines of the log on one page.
const PAGE_SIZE: u32 = 100;

pub(super) struct TestRow {
    pub(super) name: String,
    pub(super) error: Option<String>,
    pub(super) log: String,
    pub(super) took: String,
}

/// What was just tried of a script, and what is written in the form for it.
pub(super) struct Tried {
    pub(super) method: String,
    pub(super) params: String,
    pub(super) user_name: String,
    pub(super) keeps_writes: bool,
    pub(super) tests: Vec<TestRow>,
    /// Were tests run?
    pub(super) has_tested: bool,
    pub(super) result: Option<String>,
    pub(super) error: Option<String>,
    pub(super) log: String,
    pub(super) facts: String,
}

impl Tried {
    pub(super) fn nothing(who: &SignedIn) -> Self {
        Self {
            method: String::new(),
            params: String::new(),
            user_name: who.user.user_name.clone(),
            keeps_writes: false,
            tests: Vec::new(),
            has_tested: false,
            result: None,
            error: None,
            log: String::new(),
            facts: String::new(),
        }
    }
}

/// `POST /lightning/setup/code/classes/{id}/tests`: each in a transaction that is taken back.
pub(super) async fn test(
    State(state): State<AppState>,
    Path(id): Path<String>,
    who: SignedIn,
) -> Result<Response, Failure> {
    admit(&who, Place::ServerScripts)?;
    let source = find(&state, SourceKind::Class, &id).await?;
    let mut tried = Tried::nothing(&who);
    tried.has_tested = true;
    match state.scripts.test(&who.user, &source).await {
        Ok(results) => {
            let row = |result: offhook_script::TestResult| TestRow {
                name: result.name,
                error: result.error.as_ref().map(told),
                log: result.log.join("\n"),
                took: format!("{:.1} ms", result.took.as_secs_f64() * 1_000.0),
            };
            tried.tests = results.into_iter().map(row).collect();
        }
        Err(error) => tried.error = Some(told(&error)),
    }
    detail_page(&state, &who, SourceKind::Class, &source, &tried, None).await
}

/// `POST /lightning/setup/code/classes/{id}/try`: a method as the author or, with Modify All
/// Data and Manage Users, as another user. What it writes is taken back unless it is to be kept.
pub(super) async fn try_it(
    State(state): State<AppState>,
    Path(id): Path<String>,
    who: SignedIn,
    body: Bytes,
) -> Result<Response, Failure> {
    admit(&who, Place::ServerScripts)?;
    let source = find(&state, SourceKind::Class, &id).await?;
    let pairs = query::pairs(&body);
    let value = |name: &str| query::value(&pairs, name).trim().to_owned();
    let mut tried = Tried::nothing(&who);
    tried.method = value("method");
    tried.params = value("params");
    tried.keeps_writes = value("keep") == "on";
    if !value("user").is_empty() {
        tried.user_name = value("user");
    }
    match run(&state, &who, &source.name, &tried).await? {
        Err(why) => tried.error = Some(why),
        Ok(ran) => {
            tried.facts = facts(&ran.run);
            tried.log = ran.log.join("\n");
            match ran.result {
                Ok(result) => tried.result = Some(pretty(&json!({ "runApex": result }))),
                Err(RunError::Script(error)) => tried.error = Some(told(&error)),
                Err(RunError::NoClass(_)) => {
                    let why = format!(
                        "The profile of {} may not use this class: an adapter would hear \
                         \"Could not load Apex class: {}.\"",
                        tried.user_name, source.name
                    );
                    tried.error = Some(why);
                }
            }
        }
    }
    detail_page(&state, &who, SourceKind::Class, &source, &tried, None).await
}

async fn run(
    state: &AppState,
    who: &SignedIn,
    class: &str,
    tried: &Tried,
) -> Result<Result<offhook_script::Ran, String>, Failure> {
    let params = match read_params(Some(&Json::String(tried.params.clone()))) {
        Ok(params) => params,
        Err(expected) => return Ok(Err(format!("{expected} was expected as parameters."))),
    };
    let user = match tried.user_name == who.user.user_name {
        true => who.user.clone(),
        false => {
            let may = who.user.holds(Permission::ManageUsers)
                && who.user.holds(Permission::ModifyAllData);
            if !may {
                let why = "To try a method as another user you need Manage Users and Modify All \
                           Data.";
                return Ok(Err(why.to_owned()));
            }
            let Some(user) = user_named(state, &tried.user_name).await? else {
                return Ok(Err(format!("There is no active user {}.", tried.user_name)));
            };
            user
        }
    };
    let call = Call {
        class: class.to_owned(),
        method: tried.method.clone(),
        params,
        door: "Try it",
        keeps_writes: tried.keeps_writes,
    };
    Ok(Ok(state.scripts.call(&user, call).await))
}

/// An active user by user name.
async fn user_named(
    state: &AppState,
    name: &str,
) -> Result<Option<offhook_org::UserContext>, Failure> {
    let found = state.store.user_named(name).await?;
    let Some(found) = found.filter(|user| user.is_active) else {
        return Ok(None);
    };
    let id: RecordId = found.id;
    Ok(state.store.user_context(&id).await?)
}

fn pretty(value: &Json) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn facts(run: &ScriptRun) -> String {
    format!(
        "{}, {} queries, {} rows, {} records written, {} of memory",
        ms(run.took_us),
        run.queries,
        run.rows,
        run.writes,
        kib(run.memory_bytes)
    )
}

fn ms(us: u64) -> String {
    format!("{}.{} ms", show::number(us / 1_000), us / 100 % 10)
}

fn kib(bytes: u64) -> String {
    format!("{} KiB", show::number(bytes / 1_024))
}

struct LogRow {
    at: String,
    user: String,
    called: String,
    door: String,
    is_ok: bool,
    outcome: String,
    message: String,
    took: String,
    waited: String,
    queries: u32,
    rows: u32,
    writes: u32,
    memory: String,
    captured: String,
}

#[derive(Template)]
#[template(path = "setup/script_log.html")]
struct LogTemplate<'a> {
    csrf: &'a str,
    root: &'static str,
    class: &'a str,
    only_failed: bool,
    rows: Vec<LogRow>,
    older: Option<String>,
    capture_until: Option<String>,
    busy: usize,
    places: usize,
}

/// `GET /lightning/setup/script-log`.
pub(super) async fn log(
    State(state): State<AppState>,
    RawQuery(raw): RawQuery,
    who: SignedIn,
    Flash(notice): Flash,
) -> Result<Response, Failure> {
    admit(&who, Place::ServerScripts)?;
    let pairs = query::pairs(raw.unwrap_or_default().as_bytes());
    let class = query::value(&pairs, "class").trim();
    let only_failed = query::value(&pairs, "failed") == "on";
    let before = query::value(&pairs, "before").parse().unwrap_or(i64::MAX);
    let named = Some(class).filter(|class| !class.is_empty());
    let runs = state
        .store
        .script_runs(named, only_failed, before, PAGE_SIZE)
        .await?;
    let is_full = runs.len() == PAGE_SIZE as usize;
    let older = runs.last().filter(|_| is_full).map(|run| {
        let failed = if only_failed { "&failed=on" } else { "" };
        format!("?class={}{failed}&before={}", query::encode(class), run.id)
    });
    let until = state.store.script_capture_until().await?;
    let (busy, places) = state.scripts.busy();
    let body = LogTemplate {
        csrf: &who.session.csrf_token,
        root: Place::ServerScripts.path(),
        class,
        only_failed,
        rows: runs.into_iter().map(|run| log_row(run, &who)).collect(),
        older,
        capture_until: (until > now_ms()).then(|| show::moment(until, &who.user)),
        busy,
        places,
    };
    let place = Place::ServerScripts;
    let page = frame::page(&state, &who, place, "Script Log", notice, &body).await;
    page.map(flash::said)
}

fn log_row(run: ScriptRun, who: &SignedIn) -> LogRow {
    let captured = [("Parameters", &run.params), ("Result", &run.result)];
    let captured = captured
        .into_iter()
        .filter_map(|(name, value)| value.as_ref().map(|value| format!("{name}: {value}")));
    LogRow {
        at: show::moment(run.at_ms, &who.user),
        called: format!("{}.{}", run.class, run.method),
        is_ok: run.is_ok(),
        took: ms(run.took_us),
        waited: ms(run.waited_us),
        memory: kib(run.memory_bytes),
        captured: captured.collect::<Vec<_>>().join("\n"),
        user: run.user_name,
        door: run.door,
        outcome: run.outcome,
        message: run.message,
        queries: run.queries,
        rows: run.rows,
        writes: run.writes,
    }
}

/// `POST /lightning/setup/script-log/capture`.
pub(super) async fn capture(
    State(state): State<AppState>,
    who: SignedIn,
    body: Bytes,
) -> Result<Response, Failure> {
    admit(&who, Place::ServerScripts)?;
    let is_on = query::value(&query::pairs(&body), "on") == "on";
    let done = state.store.capture_script_runs(&who.user, is_on).await;
    done.map_err(refusal)?;
    let text = match is_on {
        true => "Parameters and results are kept for an hour.",
        false => "Parameters and results are not kept any more.",
    };
    Ok(flash::redirect("/lightning/setup/script-log", text, None))
}
