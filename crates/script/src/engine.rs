//! The engine: one run of one script in a QuickJS runtime of its own, which is thrown away
//! afterwards. A script reaches nothing but what its [`Host`] answers: no files, no network, no
//! clock of ours, no other script.
//!
//! Time is watched by the engine's interrupt handler. A limit cannot be caught: whatever the
//! script does after it, the run ends as one that met the limit.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use rquickjs::{
    CatchResultExt, CaughtError, Context, Ctx, Function, Module, Object, Promise, Runtime, Value,
};
use serde_json::{Value as Json, json};

use crate::limits::{Limit, Limits};

/// The script's name in the engine, by which its frames are found in a stack; the prelude's are
/// those of `eval_script`.
const MODULE: &str = "script.js";

/// The export that holds the tests of a script.
const TESTS: &str = "tests";

/// Lines of `console.log` that are kept, and characters of each.
const LOG_LINES_MAX: usize = 100;
const LOG_LINE_LENGTH_MAX: usize = 500;

/// Characters of an exception's text that are kept.
const MESSAGE_LENGTH_MAX: usize = 1_000;

/// When a run must be over. A host that begins to hold up others brings the end nearer.
#[derive(Debug, Clone)]
pub(crate) struct Clock(Rc<Cell<Instant>>);

impl Clock {
    pub(crate) fn of(time: Duration) -> Self {
        Self(Rc::new(Cell::new(Instant::now() + time)))
    }

    pub(crate) fn left(&self) -> Duration {
        self.0.get().saturating_duration_since(Instant::now())
    }

    pub(crate) fn shorten_to(&self, left: Duration) {
        self.0.set(self.0.get().min(Instant::now() + left));
    }
}

/// Why a host does not answer.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The script may catch this: `{code, message, fields}`.
    Refused(Json),
    /// The run is over.
    Limit(Limit),
    /// The run is over: the fault of the world, told in a sentence.
    Broken(String),
}

/// What stands behind `org` in a script.
pub(crate) trait Host {
    /// The caller, as `org.user` shows it.
    fn user(&self) -> Json;
    /// `query`, `search`, `create` or `update`.
    fn answer(&mut self, what: &str, request: &Json) -> Result<Json, Refusal>;
}

/// What of a script is to be run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Entry {
    /// Nothing: it is only read, and its methods and tests are listed.
    Check,
    /// A method with its parameters, an object.
    Method(String, Json),
    /// One of its tests.
    Test(String),
}

/// What a script has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// Names of the functions that it exports.
    pub methods: Vec<String>,
    /// Names of its tests.
    pub tests: Vec<String>,
}

/// Why a run gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScriptError {
    /// The script throws, or cannot be read.
    #[error("{message}")]
    Thrown {
        /// Name and message of the exception.
        message: String,
        /// Line and column in the script, from 1; `None` where the engine does not say.
        place: Option<(u32, u32)>,
    },
    /// The script exports no function of this name.
    #[error("the class has no method {0}")]
    NoMethod(String),
    /// A limit was met.
    #[error("{0}")]
    Limit(Limit),
    /// The fault of the world.
    #[error("{0}")]
    Broken(String),
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) result: Result<Json, ScriptError>,
    /// Of [`Entry::Check`].
    pub(crate) contents: Contents,
    pub(crate) log: Vec<String>,
    /// Bytes that the engine held at the end.
    pub(crate) memory_bytes: u64,
}

/// What the engine's callbacks share.
struct Watch {
    host: RefCell<Box<dyn Host>>,
    clock: Clock,
    /// Why the run is over, once it is.
    over: RefCell<Option<ScriptError>>,
    /// The host answers only once the script is loaded.
    is_open: Cell<bool>,
    log: RefCell<Vec<String>>,
}

impl Watch {
    fn is_over(&self) -> bool {
        if self.clock.left().is_zero() {
            self.stop(ScriptError::Limit(Limit::Time));
        }
        self.over.borrow().is_some()
    }

    /// The first reason counts.
    fn stop(&self, error: ScriptError) {
        self.over.borrow_mut().get_or_insert(error);
    }

    /// Answers a call of the prelude, as JSON; `None` ends the run.
    fn call(&self, what: &str, request: &str) -> Option<String> {
        if self.is_over() {
            return None;
        }
        let request = serde_json::from_str::<Json>(request).unwrap_or(Json::Null);
        if what == "log" {
            self.note(request.as_str().unwrap_or(""));
            return Some(json!({}).to_string());
        }
        if !self.is_open.get() {
            let message = "org answers inside of methods and tests only.";
            let error = json!({"code": "NOT_IN_A_METHOD", "message": message, "fields": []});
            return Some(json!({ "error": error }).to_string());
        }
        match self.host.borrow_mut().answer(what, &request) {
            Ok(value) => Some(json!({ "value": value }).to_string()),
            Err(Refusal::Refused(error)) => Some(json!({ "error": error }).to_string()),
            Err(Refusal::Limit(limit)) => {
                self.stop(ScriptError::Limit(limit));
                None
            }
            Err(Refusal::Broken(why)) => {
                self.stop(ScriptError::Broken(why));
                None
            }
        }
    }

    fn note(&self, line: &str) {
        let mut log = self.log.borrow_mut();
        if log.len() < LOG_LINES_MAX {
            log.push(line.chars().take(LOG_LINE_LENGTH_MAX).collect());
        }
    }
}

/// Runs a script. Blocks the thread for as long as the limits let it.
pub(crate) fn run(
    source: &str,
    entry: &Entry,
    host: Box<dyn Host>,
    clock: Clock,
    limits: &Limits,
) -> Finished {
    let watch = Rc::new(Watch {
        host: RefCell::new(host),
        clock,
        over: RefCell::new(None),
        is_open: Cell::new(false),
        log: RefCell::default(),
    });
    let mut contents = Contents::default();
    let mut memory_bytes = 0;
    let ran = engine(&watch, limits).and_then(|(runtime, context)| {
        let result = context.with(|ctx| run_in(&ctx, &watch, source, entry, &mut contents, limits));
        memory_bytes = u64::try_from(runtime.memory_usage().malloc_size).unwrap_or(0);
        result
    });
    // A result that came too late is none: nobody waits for it any more.
    watch.is_over();
    let over = watch.over.borrow_mut().take();
    Finished {
        result: over.map_or(ran, Err),
        contents,
        log: watch.log.take(),
        memory_bytes,
    }
}

fn engine(watch: &Rc<Watch>, limits: &Limits) -> Result<(Runtime, Context), ScriptError> {
    let broken = |error: rquickjs::Error| {
        ScriptError::Broken(format!("the engine could not be started: {error}"))
    };
    let runtime = Runtime::new().map_err(broken)?;
    runtime.set_memory_limit(limits.memory_bytes);
    runtime.set_max_stack_size(limits.stack_bytes);
    let watched = watch.clone();
    runtime.set_interrupt_handler(Some(Box::new(move || watched.is_over())));
    let context = Context::full(&runtime).map_err(broken)?;
    Ok((runtime, context))
}

fn run_in<'js>(
    ctx: &Ctx<'js>,
    watch: &Rc<Watch>,
    source: &str,
    entry: &Entry,
    contents: &mut Contents,
    limits: &Limits,
) -> Result<Json, ScriptError> {
    prepare(ctx, watch).catch(ctx).map_err(thrown)?;
    let exports = load(ctx, source).catch(ctx).map_err(thrown)?;
    *contents = contents_of(&exports).catch(ctx).map_err(thrown)?;
    watch.is_open.set(true);
    let text = match entry {
        Entry::Check => return Ok(Json::Null),
        Entry::Method(name, params) => {
            let found = method(&contents.methods, name);
            let name = found.ok_or_else(|| ScriptError::NoMethod(name.clone()))?;
            let called = call(ctx, &exports, name, Some(params));
            called.catch(ctx).map_err(thrown)?
        }
        Entry::Test(name) => {
            let tested = exports.get::<_, Object<'_>>(TESTS);
            let tested = tested.and_then(|tests| call(ctx, &tests, name, None));
            tested.catch(ctx).map_err(thrown)?
        }
    };
    if text.len() > limits.result_bytes {
        return Err(ScriptError::Limit(Limit::Result));
    }
    serde_json::from_str(&text).map_err(|error| ScriptError::Broken(error.to_string()))
}

/// Puts `org` and its companions into the engine.
fn prepare(ctx: &Ctx<'_>, watch: &Rc<Watch>) -> rquickjs::Result<()> {
    let prelude: Function<'_> = ctx.eval(include_str!("prelude.js"))?;
    let watched = watch.clone();
    let door = Function::new(
        ctx.clone(),
        move |ctx: Ctx<'_>, what: String, request: String| {
            let answer = watched.call(&what, &request);
            answer.ok_or_else(|| rquickjs::Exception::throw_internal(&ctx, "the run is over"))
        },
    )?;
    let user = watch.host.borrow().user().to_string();
    prelude.call((door, user))
}

/// Reads the script and runs what stands outside of its functions.
fn load<'js>(ctx: &Ctx<'js>, source: &str) -> rquickjs::Result<Object<'js>> {
    let (module, loaded) = Module::declare(ctx.clone(), MODULE, source)?.eval()?;
    loaded.finish::<()>()?;
    module.namespace()
}

fn contents_of(exports: &Object<'_>) -> rquickjs::Result<Contents> {
    let mut contents = Contents::default();
    for name in exports.keys::<String>() {
        let name = name?;
        let value: Value<'_> = exports.get(&name)?;
        if name == TESTS {
            if let Some(tests) = value.as_object() {
                contents.tests = tests.keys::<String>().collect::<Result<_, _>>()?;
            }
        } else if value.is_function() {
            contents.methods.push(name);
        }
    }
    Ok(contents)
}

/// The method of this name; letters of another case do where nothing else has the name.
pub(crate) fn method<'a>(methods: &'a [String], name: &str) -> Option<&'a str> {
    let exact = methods.iter().find(|method| *method == name);
    let folded = || methods.iter().find(|m| m.eq_ignore_ascii_case(name));
    exact.or_else(folded).map(String::as_str)
}

/// Calls a function of an object, waits for its promise, and gives the result as JSON.
fn call<'js>(
    ctx: &Ctx<'js>,
    object: &Object<'js>,
    name: &str,
    params: Option<&Json>,
) -> rquickjs::Result<String> {
    let function: Function<'js> = object.get(name)?;
    let mut result: Value<'js> = match params {
        Some(params) => function.call((ctx.json_parse(params.to_string())?,))?,
        None => function.call(())?,
    };
    if let Some(promise) = result.clone().into_promise() {
        result = settled(ctx, &promise)?;
    }
    let text = ctx.json_stringify(result)?;
    text.map_or_else(|| Ok("null".to_owned()), |text| text.to_string())
}

fn settled<'js>(ctx: &Ctx<'js>, promise: &Promise<'js>) -> rquickjs::Result<Value<'js>> {
    promise.finish().map_err(|error| match error {
        rquickjs::Error::WouldBlock => rquickjs::Exception::throw_internal(
            ctx,
            "The method waits for a promise that nothing settles.",
        ),
        other => other,
    })
}

/// An exception as it is told: `TypeError: x is not a function`, and where.
fn thrown(error: CaughtError<'_>) -> ScriptError {
    let (message, place) = match error {
        CaughtError::Exception(exception) => {
            let name: Option<String> = exception.as_object().get("name").ok();
            let message = exception.message().unwrap_or_default();
            if message == "out of memory" {
                return ScriptError::Limit(Limit::Memory);
            }
            let stack = exception.stack().unwrap_or_default();
            let named = format!("{}: {message}", name.unwrap_or_else(|| "Error".to_owned()));
            (named, place_in(&stack))
        }
        CaughtError::Value(value) => (told(&value), None),
        CaughtError::Error(error) => (error.to_string(), None),
    };
    let message = message.chars().take(MESSAGE_LENGTH_MAX).collect();
    ScriptError::Thrown { message, place }
}

/// What was thrown and is no error: a text, mostly.
fn told(value: &Value<'_>) -> String {
    match value.as_string().map(rquickjs::String::to_string) {
        Some(Ok(text)) => text,
        _ if value.is_null() => "out of memory, or null was thrown".to_owned(),
        _ => format!("A value of type {} was thrown", value.type_name()),
    }
}

/// Line and column of the innermost frame that is in the script.
fn place_in(stack: &str) -> Option<(u32, u32)> {
    let frame = stack.lines().find_map(|line| {
        let at = line.rfind(&format!("{MODULE}:"))?;
        line.get(at + MODULE.len() + 1..)
    })?;
    let mut numbers = frame.split([':', ')']).map(|part| part.trim().parse());
    let line = numbers.next()?.ok()?;
    let column = numbers.next().and_then(Result::ok).unwrap_or(1);
    Some((line, column))
}
