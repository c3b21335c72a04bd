//! Where logs go: standard error, filtered by `log.filter`, as text or JSON.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::{LogConfig, LogFormat};

/// Raw packets would be logged by these at INFO, secrets included: warnings only, whatever the
/// filter says of the rest.
const QUIET: &[&str] = &[
    "rsipstack=warn",
    "sqlx=warn",
    "str0m=warn",
    "dimpl=warn",
    "is=warn",
];

/// Starts logging; call once.
pub(crate) fn start(config: &LogConfig) -> anyhow::Result<()> {
    let mut filter = EnvFilter::builder().parse(&config.filter)?;
    for directive in QUIET {
        filter = filter.add_directive(directive.parse()?);
    }
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match config.format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().init(),
    }
    Ok(())
}
