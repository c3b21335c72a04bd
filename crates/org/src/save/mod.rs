//! Saving a record: the system's own checks, before anything is written.

use serde::Serialize;

use crate::record::Fields;
use crate::schema::Object;
use crate::{Record, UserContext};

/// Why a save was refused: data, in the platform's words and codes, shown to people as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SaveError {
    /// The platform's code: `REQUIRED_FIELD_MISSING`, `STRING_TOO_LONG`.
    pub status_code: SaveErrorCode,
    /// For a person, names the field by its label.
    pub message: String,
    /// API names of the fields at fault.
    pub fields: Vec<String>,
}

/// The platform's codes for refusals of a save.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the names are the platform's status codes")]
pub enum SaveErrorCode {
    RequiredFieldMissing,
    StringTooLong,
    InvalidTypeOnFieldInRecord,
    InvalidOrNullForRestrictedPicklist,
    InvalidCrossReferenceKey,
    InvalidFieldForInsertUpdate,
    InvalidField,
    InvalidEmailAddress,
    NumberOutsideValidRange,
    DuplicateValue,
    InsufficientAccessOrReadonly,
    InsufficientAccessOnCrossReferenceEntity,
    EntityIsDeleted,
    UnableToLockRow,
}

/// How unknown and read-only fields from outside are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// They are errors.
    Strict,
    /// They are left out, with a warning.
    Compatible,
}

/// Fields ready to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// Every field that changes, checked, in the schema's spelling and type; derived ones
    /// (`Name` of a person, `IsClosed`) included.
    pub fields: Fields,
    /// What was left out, for the developer.
    pub warnings: Vec<String>,
}

/// Checks a new record: rights, known fields, types, lengths, picklists, required, defaults.
pub fn prepare_create(
    user: &UserContext,
    object: &Object,
    fields: &Fields,
    strictness: Strictness,
    today: jiff::civil::Date,
) -> Result<Prepared, Vec<SaveError>> {
    let _ = (user, object, fields, strictness, today);
    todo!()
}

/// Checks a change of a record that the user may see.
pub fn prepare_update(
    user: &UserContext,
    object: &Object,
    before: &Record,
    changes: &Fields,
    strictness: Strictness,
) -> Result<Prepared, Vec<SaveError>> {
    let _ = (user, object, before, changes, strictness);
    todo!()
}

/// Reads a JSON object from an adapter or an API client as fields; names in any case, numbers
/// and booleans as text too, dates not padded. Unknown names and wrong types as `strictness`
/// says; `entityApiName` and `attributes` are skipped.
pub fn fields_from_json(
    object: &Object,
    json: &serde_json::Map<String, serde_json::Value>,
    strictness: Strictness,
) -> Result<Prepared, Vec<SaveError>> {
    let _ = (object, json, strictness);
    todo!()
}

/// Reads the text fields of an HTML form as fields; an empty text is `Null`, an absent checkbox
/// `false` when the form has it. Dates as `YYYY-MM-DD`, moments as `YYYY-MM-DDTHH:MM` in the
/// user's zone.
pub fn fields_from_form(
    user: &UserContext,
    object: &Object,
    form: &[(String, String)],
) -> Result<Fields, Vec<SaveError>> {
    let _ = (user, object, form);
    todo!()
}
