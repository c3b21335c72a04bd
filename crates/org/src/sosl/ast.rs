//! A search as it is written.

use crate::soql::ast::{Bound, Select};

/// A whole search and the text that it was read from, which errors quote.
#[derive(Debug, Clone)]
pub struct Search {
    /// The text.
    pub text: String,
    /// What stands in the braces.
    pub terms: Terms,
    /// IN … FIELDS.
    pub group: Option<FieldGroup>,
    /// RETURNING: an object each, with fields (`Id` where none are named), WHERE, ORDER BY, LIMIT
    /// and OFFSET.
    pub returning: Vec<Select>,
    /// WITH SPELL_CORRECTION.
    pub spell_correction: Option<bool>,
    /// LIMIT.
    pub limit: Option<Bound>,
}

impl PartialEq for Search {
    fn eq(&self, other: &Self) -> bool {
        self.terms == other.terms
            && self.group == other.group
            && self.returning == other.returning
            && self.spell_correction == other.spell_correction
            && self.limit == other.limit
    }
}

/// What is searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Terms {
    /// Characters up to a blank: `jo*n`, `555-1234`. `*` and `?` are wildcards; escaped ones part
    /// words, as other signs do, and stand here as `-`.
    Word(String),
    /// `"in this order"`; wildcards mean nothing here.
    Phrase(String),
    /// All of at least two.
    And(Vec<Terms>),
    /// One of at least two.
    Or(Vec<Terms>),
    /// The first and not the second.
    AndNot(Box<Terms>, Box<Terms>),
}

/// Which fields are searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldGroup {
    /// Everything that has text.
    All,
    /// What records are called by: names, subjects, companies, websites.
    Name,
    /// E-mail addresses.
    Email,
    /// Telephone numbers.
    Phone,
    /// What the sidebar of old searched; here the same as `All`.
    Sidebar,
}

impl FieldGroup {
    /// Each with its word.
    pub(crate) const WORDS: [(&'static str, Self); 5] = [
        ("ALL", Self::All),
        ("NAME", Self::Name),
        ("EMAIL", Self::Email),
        ("PHONE", Self::Phone),
        ("SIDEBAR", Self::Sidebar),
    ];
}
