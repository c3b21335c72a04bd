//! What a query answers with: rows with parents inside them and lists of children.
//!
//! Values stand in the order in which the query names them, under the names that clients expect:
//! fields as the schema spells them, whatever the case in the query; aggregates under their alias
//! or `expr0`, `expr1`, …

use crate::{ObjectName, RecordId, Value};

/// The answer to a query, or one page of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct QueryResult {
    /// Rows that the whole query has, not only this page. For `SELECT COUNT()` the count, with no
    /// rows at all.
    pub total: u64,
    /// The rows.
    pub rows: Vec<ResultRow>,
}

/// A record, or a group of records, as a query selects it.
#[derive(Debug, Clone, PartialEq)]
pub struct ResultRow {
    /// The `type` among a record's attributes; `None` is `AggregateResult`, which has no address.
    ///
    /// The parent of a polymorphic reference selected by path (`Who.Name`) is of type `Name`; its
    /// address names the object of its id all the same. Selected by `TYPEOF` it has its own type.
    pub object: Option<ObjectName>,
    /// The record's id, selected or not, for its address; `None` for a group.
    pub id: Option<RecordId>,
    /// What was selected, in order.
    pub fields: Vec<(String, ResultValue)>,
}

impl ResultRow {
    /// What stands under this name, in any case of its letters.
    pub fn get(&self, name: &str) -> Option<&ResultValue> {
        let mut found = self.fields.iter();
        found
            .find(|(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}

/// What stands under one name of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum ResultValue {
    /// A field, an aggregate, a part of a date, a formatted text.
    Value(Value),
    /// The record that a reference points to; `None` where there is none, or none that the user
    /// may see.
    Parent(Option<Box<ResultRow>>),
    /// The records that point here; `None` where there are none (the platform sends `null`, not
    /// an empty list).
    Children(Option<ResultList>),
    /// A compound address: its parts by their names in the answer (`street`, `postalCode`);
    /// `None` where every part is empty.
    Address(Option<Vec<(String, Value)>>),
}

/// Child records of one parent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ResultList {
    /// How many there are in all.
    pub total: u64,
    /// Those of this page.
    pub rows: Vec<ResultRow>,
    /// By which the rest is asked for; `None` when these are all.
    pub locator: Option<String>,
}
