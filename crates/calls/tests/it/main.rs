//! The switchboard from outside: its simulator, and its wire as the softphone page has it.

mod sim;
mod wire_examples;
