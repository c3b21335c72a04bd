//! The engine with a host that answers by rote: what scripts may do, what they may not, and how
//! it is told.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::engine::{self, Clock, Entry, Finished, Host, Refusal, ScriptError};
use crate::limits::{Limit, Limits};

/// Gives back what it is asked; refuses `create`.
struct Echo;

impl Host for Echo {
    fn user(&self) -> Json {
        json!({"Id": "005", "Name": "Rita"})
    }

    fn answer(&mut self, what: &str, request: &Json) -> Result<Json, Refusal> {
        match what {
            "query" => Ok(json!([request])),
            "create" => Err(Refusal::Refused(
                json!({"code": "REQUIRED_FIELD_MISSING", "message": "no", "fields": ["Subject"]}),
            )),
            "update" => Err(Refusal::Limit(Limit::Writes)),
            other => Err(Refusal::Broken(other.to_owned())),
        }
    }
}

fn run(source: &str, entry: &Entry, time: Duration) -> Finished {
    let limits = Limits::default();
    engine::run(source, entry, Box::new(Echo), Clock::of(time), &limits)
}

fn call(source: &str, params: Json) -> Result<Json, ScriptError> {
    let entry = Entry::Method("go".to_owned(), params);
    run(source, &entry, Duration::from_secs(5)).result
}

#[track_caller]
fn thrown_at(source: &str, line: u32, words: &str) {
    match call(source, json!({})) {
        Err(ScriptError::Thrown { message, place }) => {
            assert!(message.contains(words), "{message}");
            assert_eq!(place.map(|(line, _)| line), Some(line), "{message}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_method_takes_its_parameters_and_gives_text_number_record_or_nothing() {
    let params = json!({"phone": "+14155551212"});
    let echo = "export function go({ phone }) { return phone }";
    assert_eq!(call(echo, params.clone()), Ok(json!("+14155551212")));
    let record = "export const go = (p) => ({ Id: '003', n: 1.5, p })";
    assert_eq!(
        call(record, params.clone()),
        Ok(json!({"Id": "003", "n": 1.5, "p": params}))
    );
    assert_eq!(call("export function go() {}", json!({})), Ok(Json::Null));
    let promise = "export async function go() { await null; return org.user.Name }";
    assert_eq!(call(promise, json!({})), Ok(json!("Rita")));
    let other_case = "export function GO() { return 1 }";
    assert_eq!(call(other_case, json!({})), Ok(json!(1)));
}

#[test]
fn a_short_run_takes_a_short_time() {
    let source = "export function go({ n }) { return n }";
    let began = Instant::now();
    for n in 0..100 {
        assert_eq!(call(source, json!({ "n": n })), Ok(json!(n)));
    }
    // Far more than it takes: a ping every half minute must stay cheap.
    let each = began.elapsed() / 100;
    assert!(each < Duration::from_millis(50), "{each:?}");
}

#[test]
fn errors_are_told_with_line_and_column() {
    thrown_at(
        "export function go() {\n  return nothing.x;\n}",
        2,
        "ReferenceError",
    );
    thrown_at(
        "export function go() {\n\n  throw new TypeError('bad');\n}",
        3,
        "bad",
    );
    thrown_at("export function go() {\n  let = ;\n}", 2, "SyntaxError");
    thrown_at(
        "export function go() {\n  org.create('Task', {});\n}",
        2,
        "OrgError: no",
    );
    let found = call("export function go() { throw 'a text' }", json!({}));
    assert!(matches!(found, Err(ScriptError::Thrown { message, .. }) if message == "a text"));
    let missing = call("export function other() {}", json!({}));
    assert_eq!(missing, Err(ScriptError::NoMethod("go".to_owned())));
}

#[test]
fn what_the_org_refuses_can_be_caught_and_a_limit_cannot() {
    let caught = "export function go() {
        try { org.create('Task', {}) } catch (e) { return [e.name, e.code, e.fields] }
    }";
    assert_eq!(
        call(caught, json!({})),
        Ok(json!(["OrgError", "REQUIRED_FIELD_MISSING", ["Subject"]]))
    );
    let limit = "export function go() {
        try { org.update({ Id: 'x' }) } catch (e) { return 'caught' }
        return 'went on'
    }";
    assert_eq!(
        call(limit, json!({})),
        Err(ScriptError::Limit(Limit::Writes))
    );
}

#[test]
fn loops_and_regular_expressions_are_stopped_by_the_clock() {
    for source in [
        "export function go() { while (true) {} }",
        "export function go() { try { while (true) {} } finally { while (true) {} } }",
        "export function go() { return /^(a+)+$/.test('a'.repeat(50) + 'b') }",
        "while (true) {}",
        "export async function go() { while (true) await null }",
    ] {
        let began = Instant::now();
        let entry = Entry::Method("go".to_owned(), json!({}));
        let finished = run(source, &entry, Duration::from_millis(200));
        assert_eq!(
            finished.result,
            Err(ScriptError::Limit(Limit::Time)),
            "{source}"
        );
        assert!(began.elapsed() < Duration::from_secs(3), "{source}");
    }
}

#[test]
fn memory_and_stack_have_an_end() {
    let hoard =
        "export function go() { const all = []; for (;;) all.push('x'.repeat(1e6) + all.length) }";
    assert_eq!(
        call(hoard, json!({})),
        Err(ScriptError::Limit(Limit::Memory))
    );
    let deep = call(
        "export function go() { const f = () => f() + 1; return f() }",
        json!({}),
    );
    assert!(matches!(deep, Err(ScriptError::Thrown { .. })), "{deep:?}");
    let wide = "export function go() { return 'x'.repeat(2e6) }";
    assert_eq!(
        call(wide, json!({})),
        Err(ScriptError::Limit(Limit::Result))
    );
    let sparse = call(
        "export function go() { return new Array(4e9).indexOf(1) }",
        json!({}),
    );
    assert!(
        matches!(sparse, Err(ScriptError::Thrown { .. })),
        "{sparse:?}"
    );
}

#[test]
fn there_is_no_way_out_of_the_engine() {
    for name in [
        "require",
        "process",
        "std",
        "os",
        "fetch",
        "setTimeout",
        "XMLHttpRequest",
    ] {
        let source = format!("export function go() {{ return typeof {name} }}");
        assert_eq!(call(&source, json!({})), Ok(json!("undefined")), "{name}");
    }
    let import = "export async function go() { return await import('std') }";
    assert!(matches!(
        call(import, json!({})),
        Err(ScriptError::Thrown { .. })
    ));
    let import = call(
        "import * as os from 'os';\nexport function go() {}",
        json!({}),
    );
    assert!(
        matches!(import, Err(ScriptError::Thrown { .. })),
        "{import:?}"
    );
    let early = "const all = org.query('SELECT Id FROM Contact');\nexport function go() {}";
    thrown_at(early, 1, "inside of methods");
    let frozen = "export function go() { org.query = 1 }";
    assert!(matches!(
        call(frozen, json!({})),
        Err(ScriptError::Thrown { .. })
    ));
    let parse = "JSON.parse = () => ({ value: 'mine' });
        export function go() { return org.query('q')[0].soql }";
    assert_eq!(call(parse, json!({})), Ok(json!("q")));
}

#[test]
fn methods_and_tests_are_listed_and_tests_run() {
    let source = "export function go() {}
        export const go2 = () => 1;
        export const LIMIT = 3;
        export const tests = {
            'two is two'() { assert.equal(2, 2) },
            'two is three'() { console.log('so far', { a: 1 }); assert.equal(2, 3) },
        };";
    let checked = run(source, &Entry::Check, Duration::from_secs(5));
    assert_eq!(checked.contents.methods, ["go", "go2"]);
    assert_eq!(checked.contents.tests, ["two is two", "two is three"]);
    let test = |name: &str| {
        run(
            source,
            &Entry::Test(name.to_owned()),
            Duration::from_secs(5),
        )
    };
    assert_eq!(test("two is two").result, Ok(Json::Null));
    let failed = test("two is three");
    assert_eq!(failed.log, ["so far {\"a\":1}"]);
    let said = failed.result.unwrap_err().to_string();
    assert_eq!(said, "Error: Not equal: 2 instead of 3.");
}
