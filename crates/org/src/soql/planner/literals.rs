//! Literals, typed by what they are compared with.

use super::super::ast::{At, Literal, LiteralKind, unescaped};
use super::super::dates::{self, Range};
use super::super::error::Fault;
use super::super::parse::Read;
use super::Planner;
use super::calls::Operand;
use crate::id::IdError;
use crate::schema::FieldKind;
use crate::{RecordId, Value};

/// A literal with a type.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Typed {
    /// `null`, and `''`, since an empty text cannot be stored.
    Null,
    /// A value of the left side's type.
    Value(Value),
    /// A date literal, to be compared with dates (true) or moments (false).
    Range(Range, bool),
}

impl Planner<'_> {
    /// The literal as a value of the operand's type.
    pub(super) fn typed(&self, operand: &Operand<'_>, literal: &Literal) -> Read<Typed> {
        let value = match &literal.kind {
            LiteralKind::Value(Value::Null) => return Ok(Typed::Null),
            LiteralKind::Value(value) => value_as(operand.kind, value),
            LiteralKind::Text(text) if text.is_empty() && is_quoted(operand) => {
                return Ok(Typed::Null);
            }
            LiteralKind::Text(text) if is_quoted(operand) => {
                return text_as(operand, literal.at, unescaped(text)).map(Typed::Value);
            }
            LiteralKind::Text(_) => None,
            LiteralKind::Currency { amount, .. } => match operand.kind {
                FieldKind::Currency => Some(Value::Number(*amount)),
                _ => None,
            },
            LiteralKind::Date { name, n } => {
                let is_date = match operand.kind {
                    FieldKind::Date => true,
                    FieldKind::DateTime => false,
                    _ => return Err(wrong_type(operand, literal.at)),
                };
                let range = dates::range(name, *n, &self.calendar);
                return match range {
                    Some(range) => Ok(Typed::Range(range, is_date)),
                    None => Err(beyond_calendars(literal.at)),
                };
            }
        };
        value
            .map(Typed::Value)
            .ok_or_else(|| wrong_type(operand, literal.at))
    }
}

/// Does its value stand in quotes?
fn is_quoted(operand: &Operand<'_>) -> bool {
    operand.kind.is_text() || is_id(operand.kind)
}

pub(super) fn is_id(kind: FieldKind) -> bool {
    matches!(kind, FieldKind::Id | FieldKind::Reference)
}

/// An unquoted value as one of this kind; nothing if it is of another type.
fn value_as(kind: FieldKind, value: &Value) -> Option<Value> {
    match (kind, value) {
        (FieldKind::Integer, Value::Integer(_) | Value::Number(_))
        | (FieldKind::Number | FieldKind::Currency | FieldKind::Percent, Value::Number(_))
        | (FieldKind::Checkbox, Value::Boolean(_))
        | (FieldKind::Date, Value::Date(_))
        | (FieldKind::Time, Value::Time(_))
        | (FieldKind::DateTime, Value::DateTime(_)) => Some(value.clone()),
        (FieldKind::Number | FieldKind::Currency | FieldKind::Percent, Value::Integer(number)) => {
            #[expect(clippy::cast_precision_loss, reason = "as the column's own type")]
            let number = *number as f64;
            Some(Value::Number(number))
        }
        _ => None,
    }
}

/// A quoted text as a value: an id, or text.
fn text_as(operand: &Operand<'_>, at: At, text: String) -> Read<Value> {
    if !is_id(operand.kind) {
        return Ok(Value::Text(text));
    }
    RecordId::parse(&text)
        .map(Value::Reference)
        .map_err(|error| {
            let code = match error {
                IdError::Malformed(_) => "INVALID_QUERY_FILTER_OPERATOR",
                IdError::Checksum(_) => "MALFORMED_ID",
            };
            let shown: String = text.chars().take(40).collect();
            let fault = Fault::new(code, format!("invalid ID field: {shown}"));
            let hint = match error {
                IdError::Malformed(_) => "An id has 15 or 18 letters and digits.",
                IdError::Checksum(_) => "The last three characters do not fit the others.",
            };
            (at, fault.hint(hint))
        })
}

/// The platform's complaint about a literal of another type.
pub(super) fn wrong_type(operand: &Operand<'_>, at: At) -> (At, Fault) {
    let (name, kind) = (&operand.name, type_name(operand.kind));
    let quotes = match is_quoted(operand) {
        true => "should be enclosed in quotes",
        false => "should not be enclosed in quotes",
    };
    let fact =
        format!("value of filter criterion for field '{name}' must be of type {kind} and {quotes}");
    let hint = match operand.kind {
        FieldKind::Date => "For example 2026-11-24, or TODAY.",
        FieldKind::DateTime => "For example 2026-11-24T09:30:00Z, or TODAY.",
        FieldKind::Time => "For example 09:30:00.000Z.",
        FieldKind::Checkbox => "It is true or false.",
        _ => "",
    };
    (at, Fault::new("INVALID_FIELD", fact).hint(hint))
}

fn beyond_calendars(at: At) -> (At, Fault) {
    let fault = Fault::malformed("date literal is out of range");
    (at, fault.hint("The number after the colon is too large."))
}

/// The platform's name of a type (`SOAPType` and describe).
pub(super) fn type_name(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Id => "id",
        FieldKind::Reference => "reference",
        FieldKind::Text | FieldKind::AutoNumber => "string",
        FieldKind::TextArea | FieldKind::LongText => "textarea",
        FieldKind::Integer => "int",
        FieldKind::Number => "double",
        FieldKind::Currency => "currency",
        FieldKind::Percent => "percent",
        FieldKind::Checkbox => "boolean",
        FieldKind::Date => "date",
        FieldKind::DateTime => "dateTime",
        FieldKind::Time => "time",
        FieldKind::Phone => "phone",
        FieldKind::Email => "email",
        FieldKind::Url => "url",
        FieldKind::Picklist => "picklist",
        FieldKind::MultiPicklist => "multipicklist",
        FieldKind::Combobox => "combobox",
        FieldKind::Address => "address",
        FieldKind::Base64 => "base64",
    }
}
