//! `cargo xtask run`: builds everything and becomes the server with a demo org.

use std::os::unix::process::CommandExt;

use anyhow::Result;

use crate::shell::{cargo, command, root, run as run_command};
use crate::ui;

/// Builds, then runs `offhook serve --demo` in the place of this process.
pub(crate) fn run(options: &[String]) -> Result<()> {
    ui::build()?;
    run_command(cargo(&["build", "--package", "offhook-server"]))?;
    let binary = binary("debug");
    let mut serve = command(&binary, &["serve", "--demo"]);
    serve.args(options);
    Err(serve.exec().into())
}

/// The built program.
pub(crate) fn binary(profile: &str) -> String {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root().join("target"), std::path::PathBuf::from);
    target.join(profile).join("offhook").display().to_string()
}
