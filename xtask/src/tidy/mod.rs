//! `cargo xtask tidy`: what a machine can check of the house's rules, so that people need not.

mod text;
mod walls;

use anyhow::{Result, bail};

use crate::shell::say;

/// Runs every check and lists all problems.
pub(crate) fn tidy() -> Result<()> {
    let mut problems = walls::problems()?;
    problems.extend(text::problems()?);
    problems.extend(crate::docs::outdated()?);
    for problem in &problems {
        say(&format!("  {problem}"));
    }
    if !problems.is_empty() {
        bail!("{} things are not tidy", problems.len());
    }
    Ok(())
}
