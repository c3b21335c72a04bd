//! The system's own checks of one record: rights of object, record and fields, known names,
//! types, limits, what is required, and what follows from other fields. Every failure is told,
//! not only the first.

use std::collections::BTreeSet;

use super::{Prepared, SaveError, SaveErrorCode, Strictness, derived, person, picklists, values};
use crate::access::{AccessLevel, Operation};
use crate::record::Fields;
use crate::schema::{Field, FieldKind, Object};
use crate::{FieldName, Record, UserContext, Value};

/// How records are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// How unknown and read-only fields are taken.
    pub strictness: Strictness,
    /// Are texts that are too long cut, and not refused?
    pub allow_truncation: bool,
    /// The date where the user is: the closing date of what is closed without one.
    pub today: jiff::civil::Date,
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

/// Checks a new record. The owner is the user where none is given. The system itself may also set
/// fields that are read-only for people (`CreatedDate`, `IsConverted`).
pub fn check_create(
    user: &UserContext,
    object: &Object,
    fields: &Fields,
    rules: &Rules,
) -> Result<Prepared, Vec<SaveError>> {
    if !user.is_system() && !object.abilities.createable {
        return Err(vec![SaveError::not_supported(object, "insert")]);
    }
    if !user.may(object.name.as_str(), Operation::Create) {
        return Err(vec![SaveError::no_access("create", &object.plural_label)]);
    }
    let mut checked = check_fields(user, object, fields, rules, Moment::Create);
    checked.settle_person(user, object, None, rules);
    if !checked.failed.contains(&FieldName::new("RecordTypeId")) {
        picklists::add_record_type(user, object, &mut checked.fields);
    }
    let record_type = picklists::record_type(object, &Fields::new(), &checked.fields);
    for field in object.fields.iter().filter(|f| f.has_column()) {
        let is_given = checked.fields.contains_key(&field.name);
        let is_settled = is_given || checked.failed.contains(&field.name);
        if is_settled || person::has_no_default(object, &checked.fields, field) {
            continue;
        }
        let value = picklists::default(field, record_type, default_of(field));
        if let Some(value) = value {
            checked.fields.insert(field.name.clone(), value);
        }
    }
    set_owner(user, object, &mut checked.fields);
    derived::add(object, None, &mut checked.fields, rules.today);
    for field in object.fields.iter().filter(|f| f.required) {
        let given = checked.fields.get(&field.name);
        let is_given = given.is_some_and(|v| !v.is_null());
        if !is_given && !checked.failed.contains(&field.name) {
            checked.errors.push(SaveError::required(field));
        }
    }
    checked.finish(user, object, &Fields::new())
}

/// Checks a change of a record with which the user gets so far. `before` is the whole record,
/// also the fields that the user may not read. Fields that keep their value are left out of the
/// result, and may be given by whoever may not change them.
pub fn check_update(
    user: &UserContext,
    object: &Object,
    before: &Record,
    level: AccessLevel,
    changes: &Fields,
    rules: &Rules,
) -> Result<Prepared, Vec<SaveError>> {
    if !user.is_system() && !object.abilities.updateable {
        return Err(vec![SaveError::not_supported(object, "update")]);
    }
    if !user.may_at_level(object, level, Operation::Edit) {
        return Err(vec![SaveError::no_access("change", "this record")]);
    }
    let is_converted =
        object.name.as_str() == "Lead" && before.get("IsConverted") == &Value::Boolean(true);
    if is_converted && !user.is_system() {
        return Err(vec![SaveError::converted()]);
    }
    let changes: Fields = changes
        .iter()
        .filter(|(name, value)| {
            // Of a field that the user may not read, it must not tell whether a guess is right.
            let is_seen = user.may_read_field(object.name.as_str(), name.as_str());
            !is_seen || before.get(name.as_str()) != *value
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let mut checked = check_fields(user, object, &changes, rules, Moment::Update);
    checked.settle_person(user, object, Some(&before.fields), rules);
    for field in object.fields.iter().filter(|f| f.required) {
        if checked.fields.get(&field.name).is_some_and(Value::is_null) {
            checked.errors.push(SaveError::required(field));
        }
    }
    checked
        .fields
        .retain(|name, value| before.get(name.as_str()) != value);
    let known = Some(&before.fields);
    derived::add(object, known, &mut checked.fields, rules.today);
    checked.finish(user, object, &before.fields)
}

impl Checked {
    fn settle_person(
        &mut self,
        user: &UserContext,
        object: &Object,
        before: Option<&Fields>,
        rules: &Rules,
    ) {
        let found = person::settle(user, object, before, &mut self.fields, rules.strictness);
        self.errors.extend(found.errors);
        self.warnings.extend(found.warnings);
    }

    fn finish(
        mut self,
        user: &UserContext,
        object: &Object,
        before: &Fields,
    ) -> Result<Prepared, Vec<SaveError>> {
        let more = picklists::foreign_values(user, object, before, &self.fields);
        self.errors.extend(more);
        let more = derived::contradictions(object, before, &self.fields);
        self.errors.extend(more);
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
    rules: &Rules,
    moment: Moment,
) -> Checked {
    let mut checked = Checked::default();
    for (name, value) in fields {
        let error = match object.field(name.as_str()) {
            None => SaveError::unknown_field(object, name.as_str()),
            Some(field) if may_set(user, object, field, moment) => {
                match values::checked(field, value, rules.allow_truncation) {
                    Ok(value) => drop(checked.fields.insert(field.name.clone(), value)),
                    Err(error) => {
                        checked.failed.insert(field.name.clone());
                        checked.errors.push(error);
                    }
                }
                continue;
            }
            Some(field) if !user.may_read_field(object.name.as_str(), field.name.as_str()) => {
                // What may not be read is not there.
                SaveError::unknown_field(object, name.as_str())
            }
            Some(field) => SaveError::read_only(field),
        };
        match rules.strictness {
            Strictness::Strict => checked.errors.push(error),
            Strictness::Compatible => checked.warnings.push(error.message),
        }
    }
    checked.join_read_only();
    picklists::forget_master(&mut checked.fields);
    checked
}

impl Checked {
    /// One refusal for all fields that cannot be set, as clients expect it.
    fn join_read_only(&mut self) {
        let code = SaveErrorCode::InvalidFieldForInsertUpdate;
        let closed = self.errors.iter().filter(|e| e.status_code == code);
        let names: Vec<String> = closed.flat_map(|e| e.fields.clone()).collect();
        if names.len() > 1 {
            self.errors.retain(|e| e.status_code != code);
            self.errors.push(SaveError::cannot_set(names));
        }
    }
}

fn may_set(user: &UserContext, object: &Object, field: &Field, moment: Moment) -> bool {
    let is_kept = field.has_column() || field.kind == FieldKind::Base64;
    if !is_kept || field.is_bin_flag() || field.kind == FieldKind::Id {
        return false;
    }
    let is_open = match moment {
        Moment::Create => field.createable,
        Moment::Update => field.updateable,
    };
    user.is_system() || (is_open && user.may_write_field(object.name.as_str(), field.name.as_str()))
}

fn default_of(field: &Field) -> Option<Value> {
    match (&field.default, field.kind) {
        // An admin's default that does not fit (any more) is none.
        (Some(text), _) => values::from_text(field, text).ok(),
        (None, FieldKind::Checkbox) if !field.is_bin_flag() => Some(Value::Boolean(false)),
        (None, _) => {
            let default = field.active_values().find(|value| value.is_default)?;
            Some(Value::Text(default.value.clone()))
        }
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
