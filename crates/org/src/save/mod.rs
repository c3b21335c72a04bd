//! Saving a record: the system's own checks, before anything is written.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::access::Operation;
use crate::record::Fields;
use crate::schema::{Field, FieldKind, Object};
use crate::{FieldName, Record, RecordId, UserContext, Value};

mod derived;
mod reading;
mod refusal;
mod values;

pub use reading::{fields_from_form, fields_from_json};

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
    DuplicateExternalId,
    EntityFailedIflastmodifiedOnUpdate,
    FieldCustomValidationException,
    InactiveOwnerOrUser,
    InvalidIdField,
    InvalidType,
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
/// The owner is the user where none is given. The system itself may also set fields that are
/// read-only for people (`CreatedDate`, `IsConverted`). `today` is the closing date of what is
/// closed without one.
pub fn prepare_create(
    user: &UserContext,
    object: &Object,
    fields: &Fields,
    strictness: Strictness,
    today: jiff::civil::Date,
) -> Result<Prepared, Vec<SaveError>> {
    if !user.may(object.name.as_str(), Operation::Create) {
        return Err(vec![SaveError::no_access("create", &object.plural_label)]);
    }
    let mut checked = check_fields(user, object, fields, strictness, Moment::Create);
    for field in &object.fields {
        let default = default_of(field).filter(|_| !checked.has(field));
        if let Some(value) = default {
            checked.fields.insert(field.name.clone(), value);
        }
    }
    set_owner(user, object, &mut checked.fields);
    for field in object.fields.iter().filter(|f| f.required) {
        let is_given = checked
            .fields
            .get(&field.name)
            .is_some_and(|v| !v.is_null());
        if !is_given && !checked.failed.contains(&field.name) {
            checked.errors.push(SaveError::required(field));
        }
    }
    derived::add(object, &Fields::new(), &mut checked.fields, Some(today));
    checked.finish(object, &Fields::new())
}

/// Checks a change of a record that the user may see. `before` is the whole record, also the
/// fields that the user may not read. Fields that keep their value are left out of the result.
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
    if !user.may_change_record(object, owner, Operation::Edit) {
        return Err(vec![SaveError::no_access("change", "this record")]);
    }
    let changes: Fields = changes
        .iter()
        .filter(|(name, value)| before.get(name.as_str()) != *value)
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let mut checked = check_fields(user, object, &changes, strictness, Moment::Update);
    for field in object.fields.iter().filter(|f| f.required) {
        if checked.fields.get(&field.name).is_some_and(Value::is_null) {
            checked.errors.push(SaveError::required(field));
        }
    }
    checked
        .fields
        .retain(|name, value| before.get(name.as_str()) != value);
    derived::add(object, &before.fields, &mut checked.fields, None);
    checked.finish(object, &before.fields)
}

/// Is the record made or changed?
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    Create,
    Update,
}

/// Fields in the middle of their checks.
#[derive(Default)]
struct Checked {
    fields: Fields,
    warnings: Vec<String>,
    errors: Vec<SaveError>,
    /// Fields that are in `errors`, so that they are not called missing as well.
    failed: BTreeSet<FieldName>,
}

impl Checked {
    fn has(&self, field: &Field) -> bool {
        self.fields.contains_key(&field.name) || self.failed.contains(&field.name)
    }

    fn finish(mut self, object: &Object, before: &Fields) -> Result<Prepared, Vec<SaveError>> {
        self.errors
            .extend(derived::contradiction(object, before, &self.fields));
        if !self.errors.is_empty() {
            return Err(self.errors);
        }
        Ok(Prepared {
            fields: self.fields,
            warnings: self.warnings,
        })
    }
}

fn check_fields(
    user: &UserContext,
    object: &Object,
    fields: &Fields,
    strictness: Strictness,
    moment: Moment,
) -> Checked {
    let mut checked = Checked::default();
    for (name, value) in fields {
        let outcome = match object.field(name.as_str()) {
            None => Err(SaveError::unknown_field(object, name.as_str())),
            Some(field) if may_set(user, object, field, moment) => {
                match values::checked(field, value) {
                    Ok(value) => {
                        checked.fields.insert(field.name.clone(), value);
                    }
                    Err(error) => {
                        checked.failed.insert(field.name.clone());
                        checked.errors.push(error);
                    }
                }
                continue;
            }
            Some(field) => Err(SaveError::read_only(field)),
        };
        let Err::<(), _>(error) = outcome else {
            continue;
        };
        match strictness {
            Strictness::Strict => checked.errors.push(error),
            Strictness::Compatible => checked.warnings.push(error.message),
        }
    }
    checked
}

fn may_set(user: &UserContext, object: &Object, field: &Field, moment: Moment) -> bool {
    let is_open = match moment {
        Moment::Create => field.createable,
        Moment::Update => field.updateable,
    };
    user.is_system() || (is_open && user.may_write_field(object.name.as_str(), field.name.as_str()))
}

fn default_of(field: &Field) -> Option<Value> {
    match (&field.default, field.kind) {
        (Some(text), _) => Some(values::from_text(field, text).unwrap_or_else(|e| {
            panic!("the default of {} does not fit: {}", field.name, e.message)
        })),
        (None, FieldKind::Checkbox) if !field.is_bin_flag() => Some(Value::Boolean(false)),
        (None, _) => None,
    }
}

fn set_owner(user: &UserContext, object: &Object, fields: &mut Fields) {
    let Some(owner) = object.field("OwnerId") else {
        return;
    };
    let is_given = fields.get(&owner.name).is_some_and(|v| !v.is_null());
    if let (false, Some(user)) = (is_given, &user.user) {
        fields.insert(owner.name.clone(), Value::Reference(user.clone()));
    }
}

#[cfg(test)]
mod tests;
