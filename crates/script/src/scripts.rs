//! Running scripts: a place for a few at a time, a queue for more, a thread for each run, and a
//! line in the log. All writes of a run are kept together at its end, or none.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use offhook_org::{RecordId, UserContext};
use offhook_store::Store;
use offhook_store::sources::{ScriptRun, Source, SourceKind};
use serde_json::{Map, Value as Json, json};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::engine::{self, Clock, Contents, Entry, Finished, ScriptError};
use crate::limits::{Limit, Limits};
use crate::org_host::{OrgHost, Used};

/// Scripts that run at once. One that the engine cannot interrupt keeps its place.
const PLACES: usize = 4;

/// Scripts that wait for a place.
const WAITING_MAX: usize = 64;

/// How long one waits for a place.
const WAIT: Duration = Duration::from_secs(2);

/// How long after its time a run is waited for: the engine notices within milliseconds.
const GRACE: Duration = Duration::from_secs(1);

/// The stack of a run's thread, in bytes: the engine's own, and what Rust needs beside it.
const STACK_BYTES: usize = 4 << 20;

/// Attempts at a run whose writes met a deadlock.
const ATTEMPTS: u32 = 3;

/// A call of a method.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The class, with or without its namespace.
    pub class: String,
    /// The method.
    pub method: String,
    /// Its parameters by name.
    pub params: Map<String, Json>,
    /// Who asks, for the log: `runApex`, `Try it`.
    pub door: &'static str,
    /// Are writes kept? Else they are taken back at the end.
    pub keeps_writes: bool,
}

/// Why a call gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// No class has this name, or none that the user's profile may use.
    #[error("there is no class {0}")]
    NoClass(String),
    /// The script's own.
    #[error(transparent)]
    Script(#[from] ScriptError),
}

/// What came of a call.
#[derive(Debug)]
pub struct Ran {
    /// What the method returned.
    pub result: Result<Json, RunError>,
    /// What it wrote to the console.
    pub log: Vec<String>,
    /// Its line in the log.
    pub run: ScriptRun,
}

/// What came of a test.
#[derive(Debug)]
pub struct TestResult {
    /// Its name.
    pub name: String,
    /// Why it failed.
    pub error: Option<ScriptError>,
    /// What it wrote to the console.
    pub log: Vec<String>,
    /// How long it took.
    pub took: Duration,
}

/// Runs scripts. Cheap to clone.
#[derive(Clone)]
pub struct Scripts {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    limits: Limits,
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// One run, ready for its thread.
struct Job {
    store: Store,
    user: UserContext,
    user_facts: Json,
    runtime: Handle,
    limits: Limits,
    source: String,
    entry: Entry,
    keeps_writes: bool,
}

/// A run that is over, and what it used.
struct Done {
    finished: Finished,
    queries: u32,
    rows: u32,
    writes: u32,
    took: Duration,
    waited: Duration,
}

impl Scripts {
    /// Scripts of this org, with the usual limits.
    pub fn new(store: Store) -> Self {
        Self::with_limits(store, Limits::default())
    }

    /// Scripts of this org.
    pub fn with_limits(store: Store, limits: Limits) -> Self {
        Self {
            inner: Arc::new(Inner {
                store,
                limits,
                places: Arc::new(Semaphore::new(PLACES)),
                waiting: AtomicUsize::new(0),
            }),
        }
    }

    /// How many run at this moment, of how many that may.
    pub fn busy(&self) -> (usize, usize) {
        let free = self.inner.places.available_permits();
        (PLACES.saturating_sub(free), PLACES)
    }

    /// Calls a method with the user's rights, and notes it in the log.
    pub async fn call(&self, user: &UserContext, call: Call) -> Ran {
        let at_ms = now_ms();
        let found = self
            .inner
            .store
            .source_named(SourceKind::Class, &call.class);
        let source = match found.await {
            Ok(Some(source)) if source.settings.is_open_to(&user.profile.name) => Ok(source),
            Ok(Some(_)) => Err(("not allowed", RunError::NoClass(call.class.clone()))),
            Ok(None) => Err(("no class", RunError::NoClass(call.class.clone()))),
            Err(error) => {
                tracing::warn!(%error, "a script could not be read");
                let why = "The database did not answer. Try again in a moment.".to_owned();
                Err(("fault", RunError::Script(ScriptError::Broken(why))))
            }
        };
        let (done, outcome) = match source {
            Err((outcome, error)) => (nothing_ran(error), Some(outcome)),
            Ok(source) => {
                let params = Json::Object(call.params.clone());
                let entry = Entry::Method(call.method.clone(), params);
                let done = self.run(user, &source.body, entry, call.keeps_writes).await;
                (split(done), None)
            }
        };
        let (done, result) = done;
        let outcome = outcome.map_or_else(|| outcome_of(&result), ToOwned::to_owned);
        let run = line(&call, user, at_ms, outcome, &done, &result);
        self.note(run.clone(), &call, &result).await;
        Ran {
            result,
            log: done.finished.log,
            run,
        }
    }

    /// Reads a script and says what it has, or where it is wrong.
    pub async fn check(&self, body: &str) -> Result<Contents, ScriptError> {
        let nobody = UserContext::system();
        let done = self.run(&nobody, body, Entry::Check, false).await;
        done.finished.result.map(|_| done.finished.contents)
    }

    /// Runs the tests of a script, each in a transaction that is taken back.
    pub async fn test(
        &self,
        user: &UserContext,
        source: &Source,
    ) -> Result<Vec<TestResult>, ScriptError> {
        let contents = self.check(&source.body).await?;
        let mut results = Vec::new();
        for name in contents.tests {
            let entry = Entry::Test(name.clone());
            let done = self.run(user, &source.body, entry, false).await;
            results.push(TestResult {
                name,
                error: done.finished.result.err(),
                log: done.finished.log,
                took: done.took,
            });
        }
        Ok(results)
    }

    async fn run(
        &self,
        user: &UserContext,
        source: &str,
        entry: Entry,
        keeps_writes: bool,
    ) -> Done {
        let asked = Instant::now();
        let place = match self.place().await {
            Ok(place) => place,
            Err(limit) => return over(ScriptError::Limit(limit), asked.elapsed()),
        };
        let waited = asked.elapsed();
        let job = Job {
            store: self.inner.store.clone(),
            user_facts: self.user_facts(user).await,
            user: user.clone(),
            runtime: Handle::current(),
            limits: self.inner.limits.clone(),
            source: source.to_owned(),
            entry,
            keeps_writes,
        };
        let mut done = in_thread(job, place, self.inner.limits.time + GRACE).await;
        done.waited = waited;
        done
    }

    async fn place(&self) -> Result<OwnedSemaphorePermit, Limit> {
        let places = self.inner.places.clone();
        if let Ok(place) = places.clone().try_acquire_owned() {
            return Ok(place);
        }
        if self.inner.waiting.fetch_add(1, Ordering::SeqCst) >= WAITING_MAX {
            self.inner.waiting.fetch_sub(1, Ordering::SeqCst);
            return Err(Limit::Queue);
        }
        let place = tokio::time::timeout(WAIT, places.acquire_owned()).await;
        self.inner.waiting.fetch_sub(1, Ordering::SeqCst);
        match place {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(Limit::Queue),
        }
    }

    /// What `org.user` shows.
    async fn user_facts(&self, user: &UserContext) -> Json {
        let system = UserContext::system();
        let record = match &user.user {
            Some(id) => self.inner.store.record(&system, id).await.ok().flatten(),
            None => None,
        };
        let field = |name: &str| record.as_ref().map_or("", |record| record.text(name));
        json!({
            "Id": user.user.as_ref().map(RecordId::as_str),
            "Name": user.user_name,
            "FirstName": field("FirstName"),
            "LastName": field("LastName"),
            "Username": field("Username"),
            "Email": field("Email"),
            "Profile": user.profile.name,
            "TimeZone": user.time_zone,
            "Locale": user.locale,
        })
    }

    /// Writes the line of a run beside the answer: a call does not wait for it.
    async fn note(&self, mut run: ScriptRun, call: &Call, result: &Result<Json, RunError>) {
        let store = self.inner.store.clone();
        let until = store.script_capture_until().await.unwrap_or(0);
        if run.at_ms < until {
            run.params = Some(Json::Object(call.params.clone()));
            run.result = result.as_ref().ok().cloned();
        }
        tracing::debug!(
            class = run.class,
            method = run.method,
            outcome = run.outcome,
            took_us = run.took_us,
            "a script ran"
        );
        tokio::spawn(async move {
            if let Err(error) = store.put_script_run(&run).await {
                tracing::warn!(%error, "the run of a script could not be noted");
            }
        });
    }
}

/// Runs a job in a thread of its own: one that never comes back holds up neither the runtime nor
/// the end of the process.
async fn in_thread(job: Job, place: OwnedSemaphorePermit, patience: Duration) -> Done {
    let (sender, receiver) = oneshot::channel();
    let began = Instant::now();
    let thread = std::thread::Builder::new()
        .name("script".to_owned())
        .stack_size(STACK_BYTES)
        .spawn(move || {
            let done = job.work(began);
            drop(place);
            // Nobody waits any more for one that came too late.
            let _ = sender.send(done);
        });
    if let Err(error) = thread {
        let why = format!("the server has no thread for a script: {error}");
        return over(ScriptError::Broken(why), Duration::ZERO);
    }
    match tokio::time::timeout(patience, receiver).await {
        Ok(Ok(done)) => done,
        Ok(Err(_)) => {
            let why = "The script ended the engine.".to_owned();
            over(ScriptError::Broken(why), Duration::ZERO)
        }
        Err(_) => {
            tracing::warn!("a script cannot be interrupted and keeps its place");
            over(ScriptError::Limit(Limit::Time), began.elapsed())
        }
    }
}

impl Job {
    fn work(self, began: Instant) -> Done {
        let mut attempt = 1;
        loop {
            let clock = Clock::of(self.limits.time.saturating_sub(began.elapsed()));
            let used = Rc::new(RefCell::new(Used::default()));
            let host = OrgHost {
                store: self.store.clone(),
                user: self.user.clone(),
                user_facts: self.user_facts.clone(),
                runtime: self.runtime.clone(),
                clock: clock.clone(),
                limits: self.limits.clone(),
                now_ms: now_ms(),
                used: used.clone(),
            };
            let host = Box::new(host);
            let mut finished = engine::run(&self.source, &self.entry, host, clock, &self.limits);
            let unit = used.borrow_mut().unit.take();
            let used = used.borrow();
            if used.met_deadlock && attempt < ATTEMPTS {
                self.runtime.block_on(async { drop(unit) });
                attempt += 1;
                continue;
            }
            match unit {
                Some(unit) if self.keeps_writes && finished.result.is_ok() => {
                    if let Err(error) = self.runtime.block_on(unit.commit()) {
                        tracing::warn!(%error, "what a script wrote could not be kept");
                        let why = "The database did not take what the script wrote; nothing was \
                                   saved. Try again in a moment.";
                        finished.result = Err(ScriptError::Broken(why.to_owned()));
                    }
                }
                // A transaction that ends outside of the runtime could not be taken back.
                Some(unit) => self.runtime.block_on(async { drop(unit) }),
                None => {}
            }
            return Done {
                finished,
                queries: used.queries,
                rows: used.rows,
                writes: used.writes,
                took: began.elapsed(),
                waited: Duration::ZERO,
            };
        }
    }
}

/// A run that did not come about, or of which nothing is known.
fn over(error: ScriptError, took: Duration) -> Done {
    Done {
        finished: Finished {
            result: Err(error),
            contents: Contents::default(),
            log: Vec::new(),
            memory_bytes: 0,
        },
        queries: 0,
        rows: 0,
        writes: 0,
        took,
        waited: Duration::ZERO,
    }
}

fn nothing_ran(error: RunError) -> (Done, Result<Json, RunError>) {
    let none = ScriptError::NoMethod(String::new());
    (over(none, Duration::ZERO), Err(error))
}

fn split(mut done: Done) -> (Done, Result<Json, RunError>) {
    let result = std::mem::replace(&mut done.finished.result, Ok(Json::Null));
    (done, result.map_err(RunError::Script))
}

fn outcome_of(result: &Result<Json, RunError>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(RunError::NoClass(_)) => "no class".to_owned(),
        Err(RunError::Script(ScriptError::NoMethod(_))) => "no method".to_owned(),
        Err(RunError::Script(ScriptError::Thrown { .. })) => "exception".to_owned(),
        Err(RunError::Script(ScriptError::Broken(_))) => "fault".to_owned(),
        Err(RunError::Script(ScriptError::Limit(limit))) => format!("limit: {}", limit.word()),
    }
}

fn line(
    call: &Call,
    user: &UserContext,
    at_ms: i64,
    outcome: String,
    done: &Done,
    result: &Result<Json, RunError>,
) -> ScriptRun {
    /// Characters of a name that came from outside.
    const NAME_LENGTH_MAX: usize = 100;
    let short = |text: &str| text.chars().take(NAME_LENGTH_MAX).collect::<String>();
    let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    ScriptRun {
        id: 0,
        at_ms,
        user: user.user.clone(),
        user_name: user.user_name.clone(),
        class: short(&call.class),
        method: short(&call.method),
        door: call.door.to_owned(),
        outcome,
        message: message_of(result),
        took_us: micros(done.took),
        waited_us: micros(done.waited),
        queries: done.queries,
        rows: done.rows,
        writes: done.writes,
        memory_bytes: done.finished.memory_bytes,
        params: None,
        result: None,
    }
}

/// Where a script failed. The words of an exception may hold what a caller gave, so the log has
/// the place alone.
fn message_of(result: &Result<Json, RunError>) -> String {
    match result {
        Ok(_) => String::new(),
        Err(RunError::Script(ScriptError::Thrown { place, .. })) => place
            .map_or_else(String::new, |(line, column)| {
                format!("thrown at line {line}, column {column}")
            }),
        Err(error) => error.to_string().chars().take(300).collect(),
    }
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}
