//! The provider side, pure: what becomes of a telephone call.
//!
//! [`Switchboard`] is one machine that owns every call of the installation. It is given inputs
//! with the time in, and gives out actions; it reads no clock, no socket and no database. The
//! shells (`telephony`, `web`) carry its actions out, under one rule: what a step wants
//! remembered is committed before any other action of that step leaves the process.
//!
//! The rooms, in the order in which a call walks through them: `ring` (arrival, whom it rings,
//! answer), `dial` (outbound), `pop` (the guard of the screen pop), `talk` (hold, mute, keypad,
//! the end), `media` (pages and the microphone), `wrap_up` (outcome, the one log, restart and
//! shutdown). `commands` answers the pages, `views` shows them what is, and `step` works out
//! after each input what follows from the new state. `call`, `leg` and `agent` are what is known;
//! `limits`, `refusal` and `invariants` say what may be.

#![warn(missing_docs)]

pub mod action;
pub mod call_record;
pub mod id;
pub mod input;
pub mod limits;
pub mod link;
pub mod planted;
pub mod settings;
pub mod softphone;
pub mod switchboard;

mod agent;
mod call;
mod commands;
mod dial;
mod invariants;
mod leg;
mod media;
mod pop;
mod refusal;
mod ring;
mod step;
mod talk;
mod views;
mod wrap_up;

pub use action::Action;
pub use call_record::{CallRecord, CallState, Direction, EndCause, LogEntry, RecordRef};
pub use id::{AgentId, CallId, DeviceId, LegId, LogKey};
pub use input::{Input, Now};
pub use settings::Settings;
pub use switchboard::Switchboard;

#[cfg(test)]
mod tests;
