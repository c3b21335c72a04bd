//! One value for one field: read from text, turned into the field's type, and checked.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::{SaveError, SaveErrorCode};
use crate::schema::{Field, FieldKind};
use crate::{RecordId, Value};

/// The largest whole number that the platform's integer fields take.
const INTEGER_MAX: i64 = i32::MAX as i64;

/// The largest amount: 18 digits.
const NUMBER_MAX: f64 = 1e18;

/// The value in the field's own type, with every rule of the field but `required` kept.
pub(super) fn checked(field: &Field, value: &Value) -> Result<Value, SaveError> {
    let value = match value {
        Value::Null => Value::Null,
        Value::Text(text) => from_text(field, text)?,
        Value::Integer(number) => from_number(field, *number as f64)?,
        Value::Number(number) => from_number(field, *number)?,
        Value::Boolean(flag) => from_boolean(field, *flag)?,
        Value::Date(_) if field.kind == FieldKind::Date => value.clone(),
        Value::DateTime(_) if field.kind == FieldKind::DateTime => value.clone(),
        Value::Time(_) if field.kind == FieldKind::Time => value.clone(),
        Value::Reference(id) => from_text(field, id.as_str())?,
        Value::Date(_) | Value::DateTime(_) => return Err(wrong_type(field, "a date")),
        Value::Time(_) => return Err(wrong_type(field, "a time")),
    };
    within_rules(field, value)
}

/// Reads text as the field's type; empty text is `Null`.
pub(super) fn from_text(field: &Field, text: &str) -> Result<Value, SaveError> {
    let text = text.replace('\0', "");
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Ok(match field.kind {
            FieldKind::Checkbox => Value::Boolean(false),
            _ => Value::Null,
        });
    }
    let found = || wrong_type(field, &format!("{:?}", shortened(trimmed)));
    match field.kind {
        FieldKind::LongText | FieldKind::TextArea => Ok(Value::Text(text.trim_end().to_owned())),
        FieldKind::Text
        | FieldKind::AutoNumber
        | FieldKind::Base64
        | FieldKind::Phone
        | FieldKind::Email
        | FieldKind::Url => Ok(Value::Text(trimmed.to_owned())),
        FieldKind::MultiPicklist => Ok(several(field, trimmed)),
        FieldKind::Picklist | FieldKind::Combobox => {
            Ok(Value::Text(in_the_lists_spelling(field, trimmed)))
        }
        FieldKind::Integer | FieldKind::Number | FieldKind::Currency | FieldKind::Percent => {
            from_number(field, number(trimmed).ok_or_else(found)?)
        }
        FieldKind::Checkbox => boolean(trimmed).map(Value::Boolean).ok_or_else(found),
        FieldKind::Date => date(trimmed).map(Value::Date).ok_or_else(found),
        FieldKind::DateTime => date_time(trimmed, &TimeZone::UTC)
            .map(Value::DateTime)
            .ok_or_else(found),
        FieldKind::Time => time(trimmed).map(Value::Time).ok_or_else(found),
        FieldKind::Address => Err(found()),
        FieldKind::Id | FieldKind::Reference => RecordId::parse(trimmed)
            .map(Value::Reference)
            .map_err(|e| invalid_reference(field, &e.to_string())),
    }
}

/// A moment as `2026-01-02T03:04:05.000Z`, with an offset, or without one in the zone given; a
/// date alone is its midnight. Milliseconds since 1970.
pub(super) fn date_time(text: &str, zone: &TimeZone) -> Option<i64> {
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return Some(moment.as_millisecond());
    }
    let local = match text.parse::<jiff::civil::DateTime>() {
        Ok(local) => local,
        Err(_) => date(text)?.at(0, 0, 0, 0),
    };
    Some(zone.to_timestamp(local).ok()?.as_millisecond())
}

/// `2026-01-05`, also not padded (`2026-1-5`) and with a time behind, which is left out.
fn date(text: &str) -> Option<Date> {
    let day = text.split(['T', ' ']).next()?;
    let mut parts = day.split('-');
    let year = parts.next()?.parse().ok()?;
    let month = parts.next()?.parse().ok()?;
    let day = parts.next()?.parse().ok()?;
    let date = Date::new(year, month, day).ok()?;
    // The platform's dates begin in 1700; a two-digit year is a slip.
    (parts.next().is_none() && (1700..=4000).contains(&year)).then_some(date)
}

/// `10:00`, `10:00:00.000Z`: a time of day has no zone.
fn time(text: &str) -> Option<Time> {
    let plain = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    plain.parse().ok()
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

fn number(text: &str) -> Option<f64> {
    let plain = text.replace(',', "");
    let number: f64 = plain.parse().ok()?;
    number.is_finite().then_some(number)
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
        FieldKind::Integer if number.abs() > INTEGER_MAX as f64 => {
            Err(out_of_range(field, &INTEGER_MAX.to_string()))
        }
        FieldKind::Integer => Ok(Value::Integer(number.round() as i64)),
        FieldKind::Number | FieldKind::Currency | FieldKind::Percent => Ok(Value::Number(number)),
        FieldKind::Checkbox if number == 0.0 || number == 1.0 => Ok(Value::Boolean(number == 1.0)),
        FieldKind::DateTime => Ok(Value::DateTime(number as i64)),
        FieldKind::Text
        | FieldKind::TextArea
        | FieldKind::LongText
        | FieldKind::Phone
        | FieldKind::Combobox
        | FieldKind::AutoNumber
        | FieldKind::Picklist => Ok(Value::Text(number.to_string())),
        FieldKind::Id
        | FieldKind::Time
        | FieldKind::MultiPicklist
        | FieldKind::Address
        | FieldKind::Base64
        | FieldKind::Date
        | FieldKind::Email
        | FieldKind::Url
        | FieldKind::Reference
        | FieldKind::Checkbox => Err(wrong_type(field, "a number")),
    }
}

fn from_boolean(field: &Field, flag: bool) -> Result<Value, SaveError> {
    match field.kind {
        FieldKind::Checkbox => Ok(Value::Boolean(flag)),
        FieldKind::Text | FieldKind::TextArea | FieldKind::LongText => {
            Ok(Value::Text(flag.to_string()))
        }
        _ => Err(wrong_type(field, "a boolean")),
    }
}

fn in_the_lists_spelling(field: &Field, text: &str) -> String {
    let listed = field.picklist_value(text);
    listed.map_or(text, |v| v.value.as_str()).to_owned()
}

fn within_rules(field: &Field, value: Value) -> Result<Value, SaveError> {
    match (&value, field.kind) {
        (Value::Text(text), kind) => check_text(field, kind, text)?,
        (Value::Number(number), _) if !number.is_finite() || number.abs() > NUMBER_MAX => {
            return Err(out_of_range(field, "18 digits"));
        }
        (Value::Reference(id), FieldKind::Reference) => {
            let prefixes = &field.reference_prefixes;
            if !prefixes.iter().any(|prefix| prefix == id.key_prefix()) {
                let objects: Vec<_> = field.reference_to.iter().map(|o| o.as_str()).collect();
                let words = format!("{id} is not the id of a record of {}", objects.join(" or "));
                return Err(invalid_reference(field, &words));
            }
        }
        _ => {}
    }
    Ok(value)
}

fn check_text(field: &Field, kind: FieldKind, text: &str) -> Result<(), SaveError> {
    let length = text.chars().count();
    if field.length_max > 0 && length > field.length_max {
        let words = format!(
            "data value too large: {length} characters (max length={})",
            field.length_max
        );
        return Err(SaveError::of(field, SaveErrorCode::StringTooLong, &words));
    }
    let refusal = match kind {
        FieldKind::Email if !is_email(text) => Some((
            SaveErrorCode::InvalidEmailAddress,
            format!("invalid email address: {}", shortened(text)),
        )),
        FieldKind::Url if !is_web_address(text) => Some((
            SaveErrorCode::InvalidTypeOnFieldInRecord,
            "only http and https addresses can be opened; give one of these".to_owned(),
        )),
        FieldKind::Picklist if field.restricted => foreign_value(field, [text]),
        FieldKind::MultiPicklist if field.restricted => foreign_value(field, text.split(';')),
        _ => None,
    };
    match refusal {
        Some((code, words)) => Err(SaveError::of(field, code, &words)),
        None => Ok(()),
    }
}

/// A refusal of the first value that a restricted picklist has not.
fn foreign_value<'a>(
    field: &Field,
    values: impl IntoIterator<Item = &'a str>,
) -> Option<(SaveErrorCode, String)> {
    let is_known = |value: &str| field.active_values().any(|known| known.value == value);
    let foreign = values.into_iter().find(|value| !is_known(value))?;
    let known: Vec<&str> = field.active_values().map(|v| v.value.as_str()).collect();
    let words = format!(
        "bad value for restricted picklist field: {}; it takes {}",
        shortened(foreign),
        known.join(", ")
    );
    Some((SaveErrorCode::InvalidOrNullForRestrictedPicklist, words))
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let has_bad = |part: &str| part.chars().any(|c| c.is_whitespace() || c.is_control());
    !local.is_empty()
        && !local.contains('@')
        && !has_bad(text)
        && domain.contains('.')
        && domain.split('.').all(|label| !label.is_empty())
}

/// An address with the scheme http or https, or without any (`acme.example/de`).
fn is_web_address(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let rest = lower
        .strip_prefix("https://")
        .or_else(|| lower.strip_prefix("http://"));
    let rest = rest.unwrap_or(&lower);
    let host = rest.split(['/', '?', '#']).next().unwrap_or("");
    let port_is_digits = |(_, port): (&str, &str)| port.bytes().all(|b| b.is_ascii_digit());
    !host.is_empty()
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
        && host.split_once(':').is_none_or(port_is_digits)
}

fn wrong_type(field: &Field, found: &str) -> SaveError {
    let expected = match field.kind {
        FieldKind::Integer => "a whole number",
        FieldKind::Number | FieldKind::Currency | FieldKind::Percent => "a number",
        FieldKind::Checkbox => "true or false",
        FieldKind::Date => "a date as YYYY-MM-DD",
        FieldKind::DateTime => "a date and time as YYYY-MM-DDTHH:MM",
        FieldKind::Time => "a time as HH:MM",
        FieldKind::Id | FieldKind::Reference => "the id of a record",
        FieldKind::Address => "the parts of the address, each in its own field,",
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
    let code = SaveErrorCode::InvalidTypeOnFieldInRecord;
    SaveError::of(
        field,
        code,
        &format!("{expected} was expected, found {found}"),
    )
}

fn invalid_reference(field: &Field, words: &str) -> SaveError {
    SaveError::of(field, SaveErrorCode::InvalidCrossReferenceKey, words)
}

fn out_of_range(field: &Field, limit: &str) -> SaveError {
    let words = format!("the number is too large; at most {limit}");
    SaveError::of(field, SaveErrorCode::NumberOutsideValidRange, &words)
}

/// Enough of a text to recognise it in a message.
fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}
