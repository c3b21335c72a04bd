//! The value of a field.

use crate::RecordId;

/// One field's value. Money and percentages are numbers; picklists are text.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Empty.
    Null,
    /// Text, picklist, phone, e-mail, URL.
    Text(String),
    /// A number with fractions, money, percent.
    Number(f64),
    /// A whole number.
    Integer(i64),
    /// A checkbox.
    Boolean(bool),
    /// A calendar date.
    Date(jiff::civil::Date),
    /// A moment: milliseconds since 1970, UTC.
    DateTime(i64),
    /// A time of day.
    Time(jiff::civil::Time),
    /// Another record.
    Reference(RecordId),
}

impl Value {
    /// Is it empty?
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text of a text value.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The record that a reference points to.
    pub fn as_reference(&self) -> Option<&RecordId> {
        match self {
            Self::Reference(id) => Some(id),
            _ => None,
        }
    }
}
