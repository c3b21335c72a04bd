//! The front end: npm packages, type check, build into `ui/dist`.

use anyhow::Result;

use crate::packages;
use crate::shell::{command, root, run};

/// Builds `ui/dist`.
pub(crate) fn build() -> Result<()> {
    packages::npm("ui")?;
    let mut build = command("node", &["build.mjs"]);
    build.current_dir(root().join("ui"));
    run(build)
}

/// The type check.
pub(crate) fn check() -> Result<()> {
    packages::npm("ui")?;
    let mut check = command("node_modules/.bin/tsc", &["--noEmit"]);
    check.current_dir(root().join("ui"));
    run(check)
}
