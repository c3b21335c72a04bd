//! SOQL: from the text of a query to a [`plan::Plan`] that the store runs.
//!
//! `parse` reads the text, without knowing any name in it; `plan` resolves the names and
//! checks the rights of a user over objects and fields. What the grammar leaves out (Apex binds,
//! data categories, geolocation) is refused with a position.
//!
//! The rooms: `lex` and `parse` (text to tree), `ast` (the tree), `print` (tree to text), `plan`
//! (what the store is told), `planner` (tree to plan), `dates` (date literals), `result` (what the
//! store answers), `error` and `limits`.

pub mod ast;
pub mod limits;
pub mod plan;
pub mod result;
