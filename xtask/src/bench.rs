//! Benchmarks, the simulator by hand, and the pictures of the README: long runs that no test
//! waits for.

use anyhow::{Result, bail};

use crate::run::binary;
use crate::shell::{cargo, command, run};
use crate::{packages, ui};

/// `cargo xtask bench pop`, `… door`, `… org`.
pub(crate) fn bench(rest: &[String]) -> Result<()> {
    match rest.first().map(String::as_str) {
        Some("pop") => through_the_server("e2e/bench/pop.mjs", &["e2e"], &rest[1..]),
        Some("door") => {
            through_the_server("e2e/bench/door.mjs", &["e2e", "e2e/clients"], &rest[1..])
        }
        Some("org") => {
            let mut org = cargo(&[
                "run",
                "--release",
                "--package",
                "offhook-store",
                "--example",
                "org",
                "--",
            ]);
            org.args(&rest[1..]);
            run(org)
        }
        other => bail!("there is no benchmark {other:?}; there are: pop, door, org"),
    }
}

/// A benchmark that asks the release build, with the packages of these folders.
fn through_the_server(script: &str, folders: &[&str], options: &[String]) -> Result<()> {
    ui::build()?;
    for folder in folders {
        packages::npm(folder)?;
    }
    run(cargo(&[
        "build",
        "--release",
        "--package",
        "offhook-server",
    ]))?;
    let mut asking = command("node", &[script]);
    asking
        .args(options)
        .env("OFFHOOK_TEST_BINARY", binary("release"));
    run(asking)
}

/// `cargo xtask sim`: one seed with its steps, or many.
pub(crate) fn simulate(rest: &[String]) -> Result<()> {
    let mut sim = cargo(&[
        "test",
        "--package",
        "offhook-calls",
        "--test",
        "it",
        "--",
        "sim::in_every_world",
    ]);
    sim.arg("--nocapture");
    let (mut seed, mut count) = (None, None);
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--seed" => seed = words.next(),
            "--count" => count = words.next(),
            other => bail!("{other:?}: there is --seed N and --count N"),
        }
    }
    for (name, value) in [("OFFHOOK_SIM_SEED", seed), ("OFFHOOK_SIM_COUNT", count)] {
        if let Some(value) = value {
            sim.env(name, value);
        }
    }
    run(sim)
}

/// `cargo xtask screenshots`.
pub(crate) fn screenshots() -> Result<()> {
    ui::build()?;
    packages::npm("e2e")?;
    run(cargo(&["build", "--package", "offhook-server"]))?;
    let mut pictures = command("node", &["e2e/screenshots.mjs"]);
    pictures.env("OFFHOOK_TEST_BINARY", binary("debug"));
    run(pictures)
}
