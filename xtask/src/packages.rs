//! What a fresh machine lacks: npm packages, and Debian packages for the tests. Installed where
//! that is possible, named with the command to install them where it is not.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::shell::{command, has, root, run, say};

/// A program that tests need, and the Debian package that brings it.
struct Needed {
    package: &'static str,
    what_for: &'static str,
    present: fn() -> bool,
}

const NEEDED: &[Needed] = &[
    Needed {
        package: "chromium",
        what_for: "browser tests",
        present: || has("chromium"),
    },
    Needed {
        package: "sip-tester",
        what_for: "SIP tests (sipp)",
        present: || has("sipp"),
    },
    Needed {
        package: "postgresql",
        what_for: "tests on PostgreSQL",
        present: has_postgresql,
    },
    Needed {
        package: "sqlite3",
        what_for: "browser and SIP tests (they look into the database)",
        present: || has("sqlite3"),
    },
    Needed {
        package: "pebble",
        what_for: "tests with an ACME authority",
        present: || has("pebble") && has("pebble-challtestsrv"),
    },
    Needed {
        package: "python3-venv",
        what_for: "tests with API clients in Python",
        present: has_venv,
    },
];

/// Installs the npm packages of a folder, if they are not those of its lock file.
pub(crate) fn npm(folder: &str) -> Result<()> {
    if !has("node") || !has("npm") {
        bail!(
            "Node.js and npm are missing: install Node 20 or newer \
             (Debian: apt-get install nodejs npm)"
        );
    }
    let folder = root().join(folder);
    let lock = fs::read(folder.join("package-lock.json"))
        .with_context(|| format!("{} has no package-lock.json", folder.display()))?;
    let stamp = folder.join("node_modules/.installed-lock");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    say(&format!("Installing npm packages in {}", folder.display()));
    let mut install = command(
        "npm",
        &["ci", "--no-audit", "--no-fund", "--loglevel=error"],
    );
    install.current_dir(&folder);
    run(install)?;
    fs::write(&stamp, lock)?;
    Ok(())
}

/// Installs the Debian packages that tests need, when root on Debian. Gives those that are still
/// missing, each with what it is for.
pub(crate) fn debian() -> Vec<String> {
    let missing = || {
        NEEDED
            .iter()
            .filter(|needed| !(needed.present)())
            .collect::<Vec<_>>()
    };
    let before = missing();
    if before.is_empty() {
        return Vec::new();
    }
    let names = before
        .iter()
        .map(|needed| needed.package)
        .collect::<Vec<_>>();
    if has("apt-get") && is_root() {
        say(&format!("Installing Debian packages: {}", names.join(" ")));
        if let Err(error) = install(&names) {
            say(&format!("  {error:#}"));
        }
    }
    let after = missing();
    let say_missing =
        |needed: &&Needed| format!("{}: apt-get install {}", needed.what_for, needed.package);
    after.iter().map(say_missing).collect()
}

fn install(names: &[&str]) -> Result<()> {
    run(command("apt-get", &["update", "-qq"]))?;
    let mut install = command(
        "apt-get",
        &["install", "-y", "-qq", "--no-install-recommends"],
    );
    install.args(names).env("DEBIAN_FRONTEND", "noninteractive");
    run(install)
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// Python with what makes environments; Debian has that in a package of its own.
fn has_venv() -> bool {
    let modules = command("python3", &["-c", "import venv, ensurepip"]).output();
    modules.is_ok_and(|output| output.status.success())
}

fn has_postgresql() -> bool {
    let versions = fs::read_dir("/usr/lib/postgresql");
    let initdb = |version: &Path| version.join("bin/initdb").exists();
    has("initdb")
        || versions.is_ok_and(|mut found| found.any(|v| v.is_ok_and(|v| initdb(&v.path()))))
}
