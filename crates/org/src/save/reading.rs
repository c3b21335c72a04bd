//! Fields as they come from outside: the JSON of adapters and API clients, and HTML forms.

use jiff::tz::TimeZone;
use serde_json::{Map, Value as Json};

use super::{Prepared, SaveError, SaveErrorCode, Strictness, values};
use crate::record::Fields;
use crate::schema::{Field, FieldKind, Object};
use crate::{UserContext, Value};

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
    let is_field = |name: &str| !NOT_FIELDS.iter().any(|n| n.eq_ignore_ascii_case(name));
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

/// The value with the field's type. What a person must hear of (too long, a value that the
/// picklist does not have) stays for the checks of the save, so that it is never left out in
/// silence.
fn value_from_json(field: &Field, json: &Json) -> Result<Value, SaveError> {
    let raw = match json {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Boolean(*flag),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::Integer(whole),
            None => Value::Number(number.as_f64().unwrap_or(f64::MAX)),
        },
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(_) | Json::Object(_) => {
            let code = SaveErrorCode::InvalidTypeOnFieldInRecord;
            return Err(SaveError::of(
                field,
                code,
                "a list or an object is not a value",
            ));
        }
    };
    match values::checked(field, &raw) {
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
