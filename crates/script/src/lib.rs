//! Server scripts: what adapters call by `runApex`. A class is a text that an admin wrote, in
//! JavaScript; the functions that it exports are its methods. They run in an embedded engine
//! without files, network or timers, with the rights of the user who calls, and every read and
//! write goes through the store's one gate.
//!
//! The rooms: `engine` (one run in QuickJS), `limits` (what a run may use), `org_host` (what
//! `org` answers), `binds` and `params` (values into queries, parameters out of query strings),
//! `scripts` (places, queue, log).

mod binds;
mod engine;
mod limits;
mod org_host;
mod params;
mod scripts;
#[cfg(test)]
mod tests;

pub use engine::{Contents, ScriptError};
pub use limits::{Limit, Limits};
pub use params::read_params;
pub use scripts::{Call, Ran, RunError, Scripts, TestResult};
