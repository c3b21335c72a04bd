//! A search that is ready to be run: words as an index knows them, and a SELECT for each object.
//!
//! A word ends at whatever is no letter or digit, and between letters and digits: `SN-450b` is
//! `SN`, `450`, `b`. Words are not folded yet; the index compares without regard to case.

use super::ast::FieldGroup;
use crate::soql::plan::SelectPlan;

/// A whole search.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchPlan {
    /// Which records.
    pub wanted: Wanted,
    /// Which of their fields.
    pub group: FieldGroup,
    /// For each object, in the order of the answer, what its records show and which of them count
    /// ([`crate::soql::plan::Output::Rows`] always). Without ORDER BY they come by relevance.
    pub returning: Vec<SelectPlan>,
    /// Most records over all objects.
    pub limit: u64,
}

/// What is searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// A word: letters or digits, with `*` (any run, also none) and `?` (one character) not at
    /// its beginning.
    Word(String),
    /// Words one behind the other, in one field; without wildcards.
    Phrase(Vec<String>),
    /// A telephone number as somebody wrote it: in telephone fields it is found by the keys of
    /// numbers; everywhere else, and there too, by its words.
    Number {
        /// `+1 415 555-1212`.
        text: String,
        /// The same as words.
        words: Box<Wanted>,
    },
    /// All of these.
    All(Vec<Wanted>),
    /// One of these; of none: nothing is found.
    Any(Vec<Wanted>),
    /// The first and not the second.
    Without(Box<Wanted>, Box<Wanted>),
}
