//! SOSL: text search over several objects, from `FIND {…}` to a [`plan::SearchPlan`] that the
//! store runs. Conditions, fields and orders of RETURNING are SOQL's.
//!
//! The rooms: `terms` (what stands in the braces), `parse`, `ast`, `print`, `planner` (to `plan`),
//! `parameterized` (the same search as the REST resource asks for it).

pub mod ast;
pub mod parameterized;
mod parse;
pub mod plan;
mod planner;
mod print;
mod terms;

pub use parse::parse;
pub use planner::{RECORDS_MAX, plan};
