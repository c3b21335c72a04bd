//! Generated pages of `docs/reference`: written by `cargo xtask docs`, held current by tidy.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::run::binary;
use crate::shell::{cargo, command, output, root, run};

/// The pages: name for `offhook reference NAME`, and file.
const PAGES: &[(&str, &str)] = &[
    ("configuration", "docs/reference/configuration.md"),
    ("commands", "docs/reference/commands.md"),
];

/// Writes every page.
pub(crate) fn write() -> Result<()> {
    run(cargo(&["build", "--package", "offhook-server"]))?;
    for (path, text) in pages()? {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Problems of pages that are not what the program says.
pub(crate) fn outdated() -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for (path, text) in pages()? {
        if fs::read_to_string(&path).unwrap_or_default() != text {
            problems.push(format!(
                "{} is not current: cargo xtask docs",
                path.display()
            ));
        }
    }
    Ok(problems)
}

fn pages() -> Result<Vec<(PathBuf, String)>> {
    let page = |(name, file): &(&str, &str)| {
        let text = output(command(&binary("debug"), &["reference", name]))?;
        Ok((root().join(file), text))
    };
    PAGES.iter().map(page).collect()
}
