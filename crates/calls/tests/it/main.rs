//! The switchboard from outside: its simulator, and its wire as the softphone page has it.

mod wire_examples;
