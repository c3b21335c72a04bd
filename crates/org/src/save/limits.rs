//! What a value of the right type may not go beyond: lengths, digits, lists of values, objects
//! that a reference may point to.

use super::{SaveError, SaveErrorCode, numbers};
use crate::Value;
use crate::schema::{Field, FieldKind};

/// The largest whole number that the platform's integer fields take.
const INTEGER_MAX: f64 = i32::MAX as f64;

/// The largest amount of a field that does not say: 18 digits.
const DIGITS_MAX: u8 = 18;

/// The number as the field keeps it, if it has not too many digits.
pub(super) fn number(field: &Field, number: f64) -> Result<Value, SaveError> {
    if field.kind == FieldKind::Integer {
        let whole = number.round();
        let digits = match field.precision {
            0 => DIGITS_MAX,
            digits => digits,
        };
        if whole.abs() > INTEGER_MAX || !numbers::fits(whole, digits) {
            return Err(out_of_range(field, number));
        }
        #[expect(clippy::cast_possible_truncation, reason = "it is below 2^31")]
        return Ok(Value::Integer(whole as i64));
    }
    let (digits, rounded) = match field.precision {
        0 => (DIGITS_MAX, number),
        precision => (
            precision.saturating_sub(field.scale),
            numbers::rounded(number, field.scale),
        ),
    };
    match numbers::fits(rounded, digits) {
        true => Ok(Value::Number(rounded)),
        false => Err(out_of_range(field, number)),
    }
}

/// The value, with its text cut if it is too long and that is asked for.
pub(super) fn within(field: &Field, value: Value, truncate: bool) -> Result<Value, SaveError> {
    let value = match value {
        Value::Text(text) => Value::Text(of_length(field, text, truncate)?),
        other => other,
    };
    match &value {
        Value::Text(text) => check_text(field, text)?,
        Value::Reference(id) if field.kind == FieldKind::Reference => {
            let prefixes = &field.reference_prefixes;
            if !prefixes.iter().any(|prefix| prefix == id.key_prefix()) {
                let objects: Vec<_> = field.reference_to.iter().map(|o| o.as_str()).collect();
                let words = format!(
                    "id value of incorrect type: {id} is not the id of a record of {}",
                    objects.join(" or ")
                );
                let code = SaveErrorCode::FieldIntegrityException;
                return Err(SaveError::of(field, code, &words));
            }
        }
        _ => {}
    }
    Ok(value)
}

fn of_length(field: &Field, text: String, truncate: bool) -> Result<String, SaveError> {
    let length = text.chars().count();
    if field.length_max == 0 || length <= field.length_max {
        return Ok(text);
    }
    if truncate {
        return Ok(text.chars().take(field.length_max).collect());
    }
    let words = format!(
        "data value too large: {} (max length={}). It has {length} characters",
        shortened(&text),
        field.length_max
    );
    Err(SaveError::of(field, SaveErrorCode::StringTooLong, &words))
}

fn check_text(field: &Field, text: &str) -> Result<(), SaveError> {
    let refusal = match field.kind {
        FieldKind::Email if !is_email(text) => Some((
            SaveErrorCode::InvalidEmailAddress,
            format!("invalid email address: {}", shortened(text)),
        )),
        FieldKind::Url if !is_web_address(text) => Some((
            SaveErrorCode::InvalidTypeOnFieldInRecord,
            "only http and https addresses can be opened; give one of these".to_owned(),
        )),
        FieldKind::Picklist if field.restricted => {
            return in_list(field, [text], |value| is_active(field, value));
        }
        FieldKind::MultiPicklist if field.restricted => {
            return in_list(field, text.split(';'), |value| is_active(field, value));
        }
        _ => None,
    };
    match refusal {
        Some((code, words)) => Err(SaveError::of(field, code, &words)),
        None => Ok(()),
    }
}

fn is_active(field: &Field, value: &str) -> bool {
    field.active_values().any(|known| known.value == value)
}

/// A refusal of the first value that is not among those allowed.
pub(super) fn in_list<'v>(
    field: &Field,
    values: impl IntoIterator<Item = &'v str>,
    is_allowed: impl Fn(&str) -> bool,
) -> Result<(), SaveError> {
    let Some(foreign) = values.into_iter().find(|value| !is_allowed(value)) else {
        return Ok(());
    };
    let known = field.active_values().map(|v| v.value.as_str());
    let known: Vec<&str> = known.filter(|value| is_allowed(value)).collect();
    let words = format!(
        "bad value for restricted picklist field: {}. It takes {}",
        shortened(foreign),
        known.join(", ")
    );
    let code = SaveErrorCode::InvalidOrNullForRestrictedPicklist;
    Err(SaveError::of(field, code, &words))
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

fn out_of_range(field: &Field, number: f64) -> SaveError {
    let (before, behind) = match (field.kind, field.precision) {
        (FieldKind::Integer, 0) => (9, 0),
        (_, 0) => (DIGITS_MAX, 0),
        (_, precision) => (precision.saturating_sub(field.scale), field.scale),
    };
    let mut words = format!(
        "value outside of valid range on numeric field: {number}. It takes {before} digits"
    );
    if behind > 0 {
        words.push_str(&format!(" before the point and {behind} behind it"));
    }
    SaveError::of(field, SaveErrorCode::NumberOutsideValidRange, &words)
}

/// Enough of a text to recognise it in a message.
pub(super) fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}
