//! One value for one field, turned into the field's type.

use jiff::tz::TimeZone;

use super::{SaveError, SaveErrorCode, limits, numbers, times};
use crate::files::UPLOAD_PREFIX;
use crate::schema::{Field, FieldKind};
use crate::{RecordId, Value};

pub(super) use super::times::date_time;

/// The value in the field's own type, with every rule of the field kept that needs nothing but
/// the field: all but `required` and what a record type allows. With `truncate`, a text that is
/// too long is cut.
pub(super) fn checked(field: &Field, value: &Value, truncate: bool) -> Result<Value, SaveError> {
    let value = match value {
        Value::Null => empty(field),
        Value::Text(text) => from_text(field, text)?,
        Value::Integer(number) => from_number(field, *number as f64)?,
        Value::Number(number) => from_number(field, *number)?,
        Value::Boolean(flag) => from_boolean(field, *flag)?,
        Value::Date(_) if field.kind == FieldKind::Date => value.clone(),
        Value::Date(date) => from_text(field, &date.to_string())?,
        Value::DateTime(_) if field.kind == FieldKind::DateTime => value.clone(),
        Value::DateTime(_) => return Err(wrong_type(field, "a date and time")),
        Value::Time(_) if field.kind == FieldKind::Time => value.clone(),
        Value::Time(time) => from_text(field, &time.to_string())?,
        Value::Reference(id) => from_text(field, id.as_str())?,
    };
    limits::within(field, value, truncate)
}

/// Nothing in the field: a checkbox is then not checked.
fn empty(field: &Field) -> Value {
    match field.kind {
        FieldKind::Checkbox => Value::Boolean(false),
        _ => Value::Null,
    }
}

/// Reads text as the field's type; empty text is `Null`.
pub fn from_text(field: &Field, text: &str) -> Result<Value, SaveError> {
    let text = text.replace('\0', "");
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Ok(empty(field));
    }
    let found = || wrong_type(field, trimmed);
    match field.kind {
        FieldKind::LongText | FieldKind::TextArea => Ok(Value::Text(text.trim_end().to_owned())),
        FieldKind::Text
        | FieldKind::AutoNumber
        | FieldKind::Phone
        | FieldKind::Email
        | FieldKind::Url => Ok(Value::Text(trimmed.to_owned())),
        FieldKind::Base64 if trimmed.starts_with(UPLOAD_PREFIX) => {
            Ok(Value::Text(trimmed.to_owned()))
        }
        FieldKind::Base64 => Err(not_stored(field)),
        FieldKind::MultiPicklist => Ok(several(field, trimmed)),
        FieldKind::Picklist | FieldKind::Combobox => {
            Ok(Value::Text(in_the_lists_spelling(field, trimmed)))
        }
        FieldKind::Percent => {
            let number = numbers::read(trimmed.trim_end_matches('%').trim_end());
            from_number(field, number.ok_or_else(found)?)
        }
        FieldKind::Integer | FieldKind::Number | FieldKind::Currency => {
            from_number(field, numbers::read(trimmed).ok_or_else(found)?)
        }
        FieldKind::Checkbox => boolean(trimmed).map(Value::Boolean).ok_or_else(found),
        FieldKind::Date => times::date(trimmed).map(Value::Date).ok_or_else(found),
        FieldKind::DateTime => date_time(trimmed, &TimeZone::UTC)
            .map(Value::DateTime)
            .ok_or_else(found),
        FieldKind::Time => times::time(trimmed).map(Value::Time).ok_or_else(found),
        FieldKind::Address => Err(found()),
        FieldKind::Id | FieldKind::Reference => RecordId::parse(trimmed)
            .map(Value::Reference)
            .map_err(|error| SaveError::malformed_id(field, trimmed, &error)),
    }
}

/// `a;b`: each value in the list's spelling, once, in the order of the list.
fn several(field: &Field, text: &str) -> Value {
    let mut values: Vec<String> = Vec::new();
    for value in text.split(';').map(str::trim).filter(|v| !v.is_empty()) {
        let value = in_the_lists_spelling(field, value);
        if !values.contains(&value) {
            values.push(value);
        }
    }
    let place = |value: &String| field.values.iter().position(|v| v.value == *value);
    values.sort_by_key(|value| place(value).unwrap_or(usize::MAX));
    match values.is_empty() {
        true => Value::Null,
        false => Value::Text(values.join(";")),
    }
}

fn in_the_lists_spelling(field: &Field, text: &str) -> String {
    let listed = field.picklist_value(text);
    listed.map_or(text, |v| v.value.as_str()).to_owned()
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "on" | "yes" => Some(true),
        "false" | "0" | "off" | "no" => Some(false),
        _ => None,
    }
}

fn from_number(field: &Field, number: f64) -> Result<Value, SaveError> {
    match field.kind {
        FieldKind::Integer | FieldKind::Number | FieldKind::Currency | FieldKind::Percent => {
            limits::number(field, number)
        }
        FieldKind::Checkbox if number == 0.0 || number == 1.0 => Ok(Value::Boolean(number == 1.0)),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "milliseconds of a year that is far away"
        )]
        FieldKind::DateTime => Ok(Value::DateTime(number as i64)),
        FieldKind::Text
        | FieldKind::TextArea
        | FieldKind::LongText
        | FieldKind::Phone
        | FieldKind::Combobox
        | FieldKind::AutoNumber
        | FieldKind::MultiPicklist
        | FieldKind::Picklist => from_text(field, &number.to_string()),
        FieldKind::Id
        | FieldKind::Time
        | FieldKind::Address
        | FieldKind::Base64
        | FieldKind::Date
        | FieldKind::Email
        | FieldKind::Url
        | FieldKind::Reference
        | FieldKind::Checkbox => Err(wrong_type(field, &number.to_string())),
    }
}

/// Doors store a content before its record is saved, and give what stands for it.
fn not_stored(field: &Field) -> SaveError {
    let code = SaveErrorCode::InvalidFieldForInsertUpdate;
    SaveError::of(
        field,
        code,
        "the content of a file is not given here; upload the file",
    )
}

fn from_boolean(field: &Field, flag: bool) -> Result<Value, SaveError> {
    match field.kind {
        FieldKind::Checkbox => Ok(Value::Boolean(flag)),
        FieldKind::Text | FieldKind::TextArea | FieldKind::LongText => {
            Ok(Value::Text(flag.to_string()))
        }
        _ => Err(wrong_type(field, &flag.to_string())),
    }
}

fn wrong_type(field: &Field, found: &str) -> SaveError {
    let expected = match field.kind {
        FieldKind::Integer => "a whole number",
        FieldKind::Number | FieldKind::Currency | FieldKind::Percent => "a number",
        FieldKind::Checkbox => "true or false",
        FieldKind::Date => "a date as YYYY-MM-DD, of the years 1700 to 4000",
        FieldKind::DateTime => "a date and time as YYYY-MM-DDTHH:MM:SSZ",
        FieldKind::Time => "a time as HH:MM:SS",
        FieldKind::Id | FieldKind::Reference => "the id of a record",
        FieldKind::Address => "the parts of the address, each in its own field",
        FieldKind::Text
        | FieldKind::TextArea
        | FieldKind::MultiPicklist
        | FieldKind::Combobox
        | FieldKind::AutoNumber
        | FieldKind::Base64
        | FieldKind::LongText
        | FieldKind::Phone
        | FieldKind::Email
        | FieldKind::Url
        | FieldKind::Picklist => "text",
    };
    let found = limits::shortened(found);
    let words = format!("value not of required type: {found}. Expected: {expected}");
    SaveError::of(field, SaveErrorCode::InvalidTypeOnFieldInRecord, &words)
}
