//! The house's own tools: `cargo xtask run`, `cargo xtask test` and the checks behind them. They
//! do all the set-up that they need, or say what to install.

mod bench;
mod clients;
mod count;
mod docs;
mod layers;
mod packages;
mod run;
mod shell;
mod tidy;
mod ui;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask run [--reset-demo] [OPTIONS]   build everything, start a demo org on loopback
cargo xtask test                           every test that this computer can run
cargo xtask ui                             build the front end
cargo xtask tidy                           check the walls: owners, sizes, comments, generated pages
cargo xtask docs                           write the generated pages of docs/reference
cargo xtask e2e [FILTER]                   browser and SIP tests only
cargo xtask clients [FILTER]               tests with genuine API clients only
cargo xtask sim [--seed N | --count N]     the call simulator by hand
cargo xtask bench pop                      INVITE to screen pop, over 1 million contacts
cargo xtask bench org [--records N]        saves, loads, queries, searches beside SQLite alone
cargo xtask bench door [--records N]       the same through the API, with a Bulk 2.0 load
cargo xtask screenshots                    the pictures of the README, from the running demo
";

fn main() -> ExitCode {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    let rest = arguments.get(1..).unwrap_or_default();
    let outcome = match arguments.first().map(String::as_str) {
        Some("run") => run::run(rest),
        Some("test") => layers::test(),
        Some("ui") => ui::build(),
        Some("tidy") => tidy::tidy(),
        Some("docs") => docs::write(),
        Some("e2e") => layers::e2e_only(rest),
        Some("clients") => layers::clients_only(rest),
        Some("sim") => bench::simulate(rest),
        Some("bench") => bench::bench(rest),
        Some("screenshots") => bench::screenshots(),
        Some("help" | "--help" | "-h") | None => {
            shell::say(HELP);
            Ok(())
        }
        Some(other) => Err(anyhow::anyhow!("there is no {other:?}\n\n{HELP}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            shell::say(&format!("xtask: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
