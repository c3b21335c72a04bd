//! The switchboard: one machine that owns every call.

use crate::{Action, Input, Now, Settings};

/// Owns every call of the installation. One input, then drain the actions.
#[derive(Debug)]
pub struct Switchboard {}

impl Switchboard {
    /// A switchboard with no calls.
    pub fn new(settings: Settings) -> Self {
        let _ = settings;
        Self {}
    }

    /// Something happened.
    pub fn input(&mut self, now: Now, input: Input) {
        let _ = (now, input);
        todo!()
    }

    /// What to do next; `None` when all is done and the next input may come.
    pub fn next_action(&mut self) -> Option<Action> {
        todo!()
    }

    /// When to send `Input::Tick` at the latest, in `Now::boot_ms`.
    pub fn deadline(&self) -> Option<u64> {
        todo!()
    }

    /// The number of calls that are not closed.
    pub fn open_call_count(&self) -> usize {
        todo!()
    }
}
