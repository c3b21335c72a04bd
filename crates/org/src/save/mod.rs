//! Saving a record: the system's own checks, before anything is written.

use serde::Serialize;

use crate::record::Fields;
use crate::schema::Object;
use crate::{Record, RecordId, UserContext};

mod checks;
mod derived;
mod limits;
mod numbers;
pub mod person;
mod picklists;
mod reading;
mod refusal;
mod times;
mod values;

pub use checks::{Rules, check_create, check_update};
pub use reading::{Lookup, fields_from_form, fields_from_json, record_from_json};
pub use values::from_text as value_from_text;

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
    /// Other records that the refusal is about: the one that has the value already, those that
    /// a key matches.
    #[serde(skip)]
    pub records: Vec<RecordId>,
}

/// The platform's codes for refusals of a save.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the names are the platform's status codes")]
pub enum SaveErrorCode {
    AllOrNoneOperationRolledBack,
    CannotInsertUpdateActivateEntity,
    CannotUpdateConvertedLead,
    DeleteFailed,
    DeleteOperationTooLarge,
    DuplicateExternalId,
    EntityFailedIflastmodifiedOnUpdate,
    FieldCustomValidationException,
    InactiveOwnerOrUser,
    InvalidIdField,
    InvalidMergeRecord,
    InvalidPersonAccountOperation,
    InvalidStatus,
    InvalidType,
    InvalidTypeForOperation,
    LimitExceeded,
    MalformedId,
    MissingArgument,
    UndeleteFailed,
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
    FieldIntegrityException,
    FileSizeLimitExceeded,
    StorageLimitExceeded,
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

/// [`check_create`] with nothing cut.
pub fn prepare_create(
    user: &UserContext,
    object: &Object,
    fields: &Fields,
    strictness: Strictness,
    today: jiff::civil::Date,
) -> Result<Prepared, Vec<SaveError>> {
    let rules = Rules {
        strictness,
        allow_truncation: false,
        today,
    };
    check_create(user, object, fields, &rules)
}

/// [`check_update`] with nothing cut, of a record with which the user gets as far as its owner
/// says.
pub fn prepare_update(
    user: &UserContext,
    object: &Object,
    before: &Record,
    changes: &Fields,
    strictness: Strictness,
) -> Result<Prepared, Vec<SaveError>> {
    let owner = match object.name.as_str() {
        "User" => Some(&before.id),
        _ => before.get("OwnerId").as_reference(),
    };
    let rules = Rules {
        strictness,
        allow_truncation: false,
        today: jiff::civil::Date::MAX,
    };
    let level = user.level_by_owner(object, owner);
    check_update(user, object, before, level, changes, &rules)
}

/// Does the text fit the field, as a default or as what is compared with? The error says why not.
pub fn check_default(field: &crate::schema::Field, text: &str) -> Result<(), String> {
    values::checked(field, &crate::Value::Text(text.to_owned()), false)
        .map(drop)
        .map_err(|refusal| refusal.message)
}

#[cfg(test)]
mod tests;
