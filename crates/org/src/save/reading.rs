//! Fields as they come from outside: the JSON of adapters and API clients, and HTML forms.

use jiff::tz::TimeZone;
use serde_json::{Map, Value as Json};

use super::{Prepared, SaveError, SaveErrorCode, Strictness, values};
use crate::record::Fields;
use crate::schema::{Field, FieldKind, Object};
use crate::{FieldName, ObjectName, UserContext, Value};

/// Keys that adapters and clients put beside the fields.
const NOT_FIELDS: [&str; 3] = ["entityApiName", "attributes", "Id"];

/// Reads a JSON object from an adapter or an API client as fields; names in any case, numbers
/// and booleans as text too, dates not padded. Unknown names and wrong types as `strictness`
/// says; `entityApiName`, `attributes` and `Id` are skipped.
pub fn fields_from_json(
    object: &Object,
    json: &Map<String, Json>,
    strictness: Strictness,
) -> Result<Prepared, Vec<SaveError>> {
    let mut prepared = Prepared {
        fields: Fields::new(),
        warnings: Vec::new(),
    };
    let mut errors = Vec::new();
    for (name, json) in json.iter().filter(|(name, _)| is_field(name)) {
        let read = match object.field(name) {
            None => Err(SaveError::unknown_field(object, name)),
            Some(field) => value_from_json(field, json).map(|value| (field, value)),
        };
        match (read, strictness) {
            (Ok((field, value)), _) => {
                prepared.fields.insert(field.name.clone(), value);
            }
            (Err(error), Strictness::Strict) => errors.push(error),
            (Err(error), Strictness::Compatible) => prepared.warnings.push(error.message),
        }
    }
    match errors.is_empty() {
        true => Ok(prepared),
        false => Err(errors),
    }
}

/// A reference that is given by another key of the other record than its id:
/// `"Account": {"Ext__c": "x"}`.
#[derive(Debug, Clone, PartialEq)]
pub struct Lookup {
    /// The reference: `AccountId`.
    pub field: FieldName,
    /// The other record's object, where the reference may point to several.
    pub object: Option<ObjectName>,
    /// The other record's field: `Ext__c`.
    pub key_field: FieldName,
    /// Its value.
    pub key: Value,
}

/// Reads a JSON object of an API client as it came, for the gate of the store to check: values
/// untouched, names that are not known among them; references by other keys apart.
/// `attributes` and `Id` are skipped.
pub fn record_from_json(
    object: &Object,
    json: &Map<String, Json>,
) -> Result<(Fields, Vec<Lookup>), Vec<SaveError>> {
    let (mut fields, mut lookups, mut errors) = (Fields::new(), Vec::new(), Vec::new());
    for (name, json) in json.iter().filter(|(name, _)| is_field(name)) {
        let canonical = object
            .field(name)
            .map_or(name.as_str(), |f| f.name.as_str());
        match (object.field(name), object.parent_relationship(name), json) {
            (None, Some(reference), Json::Object(other)) => match lookup(reference, other) {
                Ok(lookup) => lookups.push(lookup),
                Err(error) => errors.push(error),
            },
            (None, Some(reference), Json::Null) => {
                fields.insert(reference.name.clone(), Value::Null);
            }
            (field, _, json) => match (raw(json), field) {
                (Some(value), _) => drop(fields.insert(canonical.into(), value)),
                (None, Some(field)) => errors.push(no_value(field)),
                (None, None) => errors.push(SaveError::unknown_field(object, name)),
            },
        }
    }
    match errors.is_empty() {
        true => Ok((fields, lookups)),
        false => Err(errors),
    }
}

fn lookup(reference: &Field, other: &Map<String, Json>) -> Result<Lookup, SaveError> {
    let named = other.get("attributes").and_then(|a| a.get("type"));
    let mut keys = other
        .iter()
        .filter(|(name, _)| name.as_str() != "attributes");
    let key = match (keys.next(), keys.next()) {
        (Some((name, json)), None) => raw(json).map(|value| (name.as_str().into(), value)),
        _ => None,
    };
    match key {
        Some((key_field, key)) => Ok(Lookup {
            field: reference.name.clone(),
            object: named.and_then(Json::as_str).map(Into::into),
            key_field,
            key,
        }),
        None => {
            let words = "a related record is named by one of its external id fields, and by \
                         nothing else";
            Err(SaveError::of(reference, SaveErrorCode::InvalidField, words))
        }
    }
}

fn is_field(name: &str) -> bool {
    !NOT_FIELDS.iter().any(|n| n.eq_ignore_ascii_case(name))
}

fn no_value(field: &Field) -> SaveError {
    let code = SaveErrorCode::InvalidTypeOnFieldInRecord;
    SaveError::of(field, code, "a list or an object is not a value")
}

/// The value as it came; none for a list or an object.
fn raw(json: &Json) -> Option<Value> {
    Some(match json {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Boolean(*flag),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::Integer(whole),
            None => Value::Number(number.as_f64().unwrap_or(f64::MAX)),
        },
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(_) | Json::Object(_) => return None,
    })
}

/// The value with the field's type. What a person must hear of (too long, a value that the
/// picklist does not have) stays for the checks of the save, so that it is never left out in
/// silence.
fn value_from_json(field: &Field, json: &Json) -> Result<Value, SaveError> {
    let raw = raw(json).ok_or_else(|| no_value(field))?;
    match values::checked(field, &raw, false) {
        Ok(value) => Ok(value),
        Err(error) if is_wrong_type(&error) => Err(error),
        Err(_) => Ok(raw),
    }
}

fn is_wrong_type(error: &SaveError) -> bool {
    error.status_code == SaveErrorCode::InvalidTypeOnFieldInRecord
}

/// Reads the text fields of an HTML form as fields; an empty text is `Null`. Of several inputs
/// with one name the last counts, so that a form puts a hidden empty input before each checkbox
/// and an unchecked one reads as `false`. Names that are no fields (`_csrf`) are skipped. Dates
/// as `YYYY-MM-DD`, moments as `YYYY-MM-DDTHH:MM` in the user's zone.
pub fn fields_from_form(
    user: &UserContext,
    object: &Object,
    form: &[(String, String)],
) -> Result<Fields, Vec<SaveError>> {
    let zone = TimeZone::get(&user.time_zone).unwrap_or(TimeZone::UTC);
    let mut fields = Fields::new();
    let mut errors = Vec::new();
    for (name, text) in form {
        let Some(field) = object.field(name) else {
            continue;
        };
        match value_from_form(field, text, &zone) {
            Ok(value) => {
                fields.insert(field.name.clone(), value);
            }
            Err(error) => errors.push(error),
        }
    }
    match errors.is_empty() {
        true => Ok(fields),
        false => Err(errors),
    }
}

fn value_from_form(field: &Field, text: &str, zone: &TimeZone) -> Result<Value, SaveError> {
    if field.kind == FieldKind::DateTime
        && !text.trim().is_empty()
        && let Some(moment) = values::date_time(text.trim(), zone)
    {
        return Ok(Value::DateTime(moment));
    }
    values::from_text(field, text)
}
