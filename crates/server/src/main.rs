//! The binary `offhook`: reads the command line, does what it says, and ends with a sentence and
//! an exit code that tell an admin what went wrong.

mod audit;
mod backup;
mod call;
mod cli;
mod config;
mod config_sections;
mod data_folder;
mod demo;
mod doctor;
mod exit;
mod fill;
mod house;
mod init;
mod jobs;
mod logs;
mod reference;
mod serve;
mod tls;

use std::process::ExitCode;

use clap::Parser;

use cli::{AuditTask, Cli, Verb};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.verb {
        Verb::Serve(options) => serve::serve(&options),
        Verb::Init(options) => init::init(&options),
        Verb::Call(options) => call::call(&options),
        Verb::Doctor(options) => doctor::doctor(&options),
        Verb::Backup(options) => backup::backup(&options),
        Verb::Restore(options) => backup::restore(&options),
        Verb::Audit {
            task: AuditTask::Verify(options),
        } => audit::verify(&options),
        Verb::Fill(options) => fill::fill(&options),
        Verb::Reference { page } => reference::reference(page),
        Verb::Version => {
            say(&format!("offhook {}", env!("CARGO_PKG_VERSION")));
            Ok(())
        }
    };
    exit::code(outcome)
}

/// Writes a line for people to standard output. A closed pipe is no failure of ours.
pub(crate) fn say(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{line}");
}
