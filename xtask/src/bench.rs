//! Benchmarks, the simulator by hand, and the pictures of the README: long runs that no test
//! waits for.

use anyhow::{Result, bail};

use crate::run::binary;
use crate::shell::{cargo, command, run};
use crate::{packages, ui};

/// `cargo xtask bench pop`, `cargo xtask bench org`.
pub(crate) fn bench(rest: &[String]) -> Result<()> {
    match rest.first().map(String::as_str) {
        Some("pop") => {
            ui::build()?;
            packages::npm("e2e")?;
            run(cargo(&[
                "build",
                "--release",
                "--package",
                "offhook-server",
            ]))?;
            let mut pop = command("node", &["e2e/bench/pop.mjs"]);
            pop.args(&rest[1..])
                .env("OFFHOOK_TEST_BINARY", binary("release"));
            run(pop)
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
        other => bail!("there is no benchmark {other:?}; there are: pop, org"),
    }
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
