//! `cargo xtask test`: every layer that this computer can run, in the order in which faults are
//! cheapest to find; at the end what was skipped and why, and one line that counts.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::count::Count;
use crate::run::binary;
use crate::shell::{cargo, command, has, root, run, run_reading, say};
use crate::{clients, packages, tidy, ui};

/// Turns each skip into a failure.
const ALL: &str = "OFFHOOK_TEST_ALL";

/// A file of browser tests that hangs ends after this time, and the next one runs.
const TEST_TIME_MAX: &str = "--test-timeout=600000";

/// Genuine clients may leave connections open that nobody can close; they end with their tests.
const CLIENTS_END: &[&str] = &["--test-force-exit"];

/// Runs everything.
pub(crate) fn test() -> Result<()> {
    let began = Instant::now();
    let mut total = Count::default();
    let mut missing = packages::debian();
    packages::npm("e2e")?;
    total.add(layer("front end: types", || ok(ui::check()))?);
    total.add(layer("front end: build", || ok(ui::build()))?);
    total.add(layer("front end: units", || node("ui/test", None))?);
    total.add(layer("format", || {
        ok(run(cargo(&["fmt", "--all", "--check"])))
    })?);
    total.add(layer("tests of the crates", crates)?);
    total.add(layer("lints", || {
        let lints = [
            "clippy",
            "--workspace",
            "--all-targets",
            "--quiet",
            "--",
            "-Dwarnings",
        ];
        ok(run(cargo(&lints)))
    })?);
    total.add(layer("program", || {
        ok(run(cargo(&["build", "--package", "offhook-server"])))
    })?);
    total.add(layer("tidy", || ok(tidy::tidy()))?);
    let clients = clients::install()?;
    if let (Some(node), true) = (clients::node(), clients.is_empty()) {
        total.add(layer("genuine API clients", || {
            node_tests(&node, "e2e/clients", None, CLIENTS_END)
        })?);
    }
    missing.extend(clients);
    if has("chromium") && has("sipp") && has("sqlite3") {
        total.add(layer("browser and SIP, end to end", || {
            node("e2e/browser", None)
        })?);
    }
    close(total, &missing, began)
}

/// Only the tests with genuine API clients, those whose file name contains the filter.
pub(crate) fn clients_only(rest: &[String]) -> Result<()> {
    let began = Instant::now();
    packages::npm("e2e")?;
    let missing = clients::install()?;
    run(cargo(&["build", "--package", "offhook-server"]))?;
    let mut total = Count::default();
    if let Some(node) = clients::node() {
        let filter = rest.first().map(String::as_str);
        total = node_tests(&node, "e2e/clients", filter, CLIENTS_END)?;
    }
    close(total, &missing, began)
}

/// Only the browser and SIP tests, those whose file name contains the filter.
pub(crate) fn e2e_only(rest: &[String]) -> Result<()> {
    let began = Instant::now();
    let missing = packages::debian();
    packages::npm("e2e")?;
    ui::build()?;
    run(cargo(&["build", "--package", "offhook-server"]))?;
    let total = node("e2e/browser", rest.first().map(String::as_str))?;
    close(total, &missing, began)
}

fn layer(name: &str, run_it: impl FnOnce() -> Result<Count>) -> Result<Count> {
    say(&format!("\n== {name}"));
    let began = Instant::now();
    let count = run_it()?;
    say(&format!(
        "== {name}: {} passed, {} failed, in {} s",
        count.passed,
        count.failed,
        began.elapsed().as_secs()
    ));
    Ok(count)
}

/// A check that is one test: its failure is counted, and the next layer still runs.
fn ok(outcome: Result<()>) -> Result<Count> {
    if let Err(error) = &outcome {
        say(&format!("FAILED: {error:#}"));
    }
    Ok(Count::one(outcome.is_ok()))
}

fn crates() -> Result<Count> {
    let nextest = command("cargo-nextest", &["--version"]).output().is_ok();
    if !nextest {
        return counted(cargo(&["test", "--workspace", "--no-fail-fast", "--quiet"]));
    }
    let rest = [
        "nextest",
        "run",
        "--workspace",
        "--no-fail-fast",
        "--status-level=fail",
    ];
    let mut rest = cargo(&rest);
    rest.args(["--exclude", "offhook-store"]);
    let mut count = counted(rest)?;
    // In one process: its tests share one PostgreSQL cluster, which takes seconds to start.
    let store = [
        "test",
        "--package",
        "offhook-store",
        "--no-fail-fast",
        "--quiet",
    ];
    count.add(counted(cargo(&store))?);
    Ok(count)
}

/// Runs every `*.test.mjs` of a folder with node's own test runner, one file after the other.
fn node(folder: &str, filter: Option<&str>) -> Result<Count> {
    node_tests(Path::new("node"), folder, filter, &[])
}

/// The same, with this Node and these options.
fn node_tests(node: &Path, folder: &str, filter: Option<&str>, options: &[&str]) -> Result<Count> {
    let files = test_files(&root().join(folder), filter)?;
    if files.is_empty() {
        bail!("{folder} has no test whose name contains {filter:?}");
    }
    let mut tests = command(
        &node.display().to_string(),
        &[
            "--test",
            "--test-reporter=spec",
            "--test-concurrency=1",
            TEST_TIME_MAX,
        ],
    );
    tests
        .args(options)
        .args(files)
        .env("OFFHOOK_TEST_BINARY", binary("debug"));
    counted(tests)
}

fn test_files(folder: &Path, filter: Option<&str>) -> Result<Vec<String>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path().display().to_string();
        if path.ends_with(".test.mjs") && filter.is_none_or(|part| path.contains(part)) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn counted(tests: Command) -> Result<Count> {
    let mut count = Count::default();
    let succeeded = run_reading(tests, |line| count.read(line))?;
    // A runner that breaks off before it counts has failed, whatever it printed.
    if !succeeded && count.failed == 0 {
        count.failed = 1;
    }
    Ok(count)
}

fn close(mut total: Count, missing: &[String], began: Instant) -> Result<()> {
    let all = std::env::var(ALL).is_ok_and(|value| !value.is_empty() && value != "0");
    say("");
    for reason in missing {
        say(&format!("skipped {reason}"));
    }
    let skipped = total.skipped + u32::try_from(missing.len()).unwrap_or(u32::MAX);
    total.skipped = skipped;
    if all {
        total.failed += skipped;
        total.skipped = 0;
    }
    say(&format!("in {} s", began.elapsed().as_secs()));
    say(&format!(
        "{} passed, {} failed, {} skipped",
        total.passed, total.failed, total.skipped
    ));
    if total.failed > 0 {
        std::process::exit(1);
    }
    Ok(())
}
