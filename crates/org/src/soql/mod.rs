//! SOQL: from the text of a query to a [`plan::Plan`] that the store runs.
//!
//! [`parse`] reads the text, without knowing any name in it; [`plan()`] resolves the names and
//! checks the rights of a user over objects and fields. What the grammar leaves out (Apex binds,
//! data categories, geolocation) is refused with a position.
//!
//! The rooms: `lex` and `parse` (text to tree), `ast` (the tree), `print` (tree to text), `plan`
//! (what the store is told), `planner` (tree to plan), `dates` (date literals), `result` (what the
//! store answers), `format` (`format()`), `error` and `limits`.

pub mod ast;
mod dates;
pub(crate) mod error;
pub mod format;
pub mod json;
mod lex;
pub mod limits;
pub(crate) mod parse;
pub mod plan;
pub(crate) mod planner;
pub(crate) mod print;
pub mod result;

pub use dates::date_literal;
pub use error::SoqlError;
pub use parse::parse;
pub use planner::{PlanOptions, plan};
