//! What a record type says of picklists: which values its records may have, and the one that
//! they begin with.

use super::{SaveError, SaveErrorCode, limits, person};
use crate::record::Fields;
use crate::schema::{Field, FieldKind, Object, RecordType};
use crate::{FieldName, UserContext, Value};

/// The record type that the record has once it is written; none for the master.
pub(super) fn record_type<'o>(
    object: &'o Object,
    before: &Fields,
    fields: &Fields,
) -> Option<&'o RecordType> {
    let name = FieldName::new("RecordTypeId");
    let id = fields.get(&name).or_else(|| before.get(&name))?;
    let id = id.as_reference()?;
    object.record_types.iter().find(|known| known.id == *id)
}

/// Choosing the master is choosing none, and keeps a default from being given.
pub(super) fn forget_master(fields: &mut Fields) {
    if let Some(value) = fields.get_mut(&FieldName::new("RecordTypeId"))
        && value.as_reference().is_some_and(|id| is_master(id.short()))
    {
        *value = Value::Null;
    }
}

/// Gives a new record the record type that its maker has where none is chosen.
pub(super) fn add_record_type(user: &UserContext, object: &Object, fields: &mut Fields) {
    let name = FieldName::new("RecordTypeId");
    // A business does not become a person by a default.
    let fits = |it: &&RecordType| it.is_person == person::is_person(fields);
    if let (Some(default), Some(field)) = (
        object.default_record_type(user).filter(fits),
        object.field(name.as_str()),
    ) {
        let name = field.name.clone();
        let id = Value::Reference(default.id.clone());
        fields.entry(name).or_insert(id);
    }
}

/// The value that a new record of this type begins with: the type's own, or that of the field
/// where the type has it too.
pub(super) fn default(
    field: &Field,
    record_type: Option<&RecordType>,
    of_field: Option<Value>,
) -> Option<Value> {
    let Some(chosen) = record_type.and_then(|it| it.picklists.get(&field.name)) else {
        return of_field;
    };
    match &chosen.default {
        Some(own) => Some(Value::Text(own.clone())),
        None => of_field.filter(|value| match value {
            Value::Text(text) => chosen.values.contains(text),
            _ => false,
        }),
    }
}

/// Refusals of values that the record's type does not have, in picklists that hold nothing but
/// their values; and of a record type that the user may not choose for records of the object.
pub(super) fn foreign_values(
    user: &UserContext,
    object: &Object,
    before: &Fields,
    fields: &Fields,
) -> Vec<SaveError> {
    let mut errors = Vec::new();
    let name = FieldName::new("RecordTypeId");
    let chosen = record_type(object, before, fields);
    if let Some(Value::Reference(id)) = fields.get(&name) {
        let is_good = chosen.is_some_and(|known| object.is_available(user, known));
        if !is_good && !is_master(id.short()) {
            let words = format!(
                "Record Type ID: this ID value isn't valid for the user: {id}. Use an active \
                 record type of {} that the user's profile has",
                object.label
            );
            let code = SaveErrorCode::InvalidCrossReferenceKey;
            errors.push(SaveError::new(code, words, vec!["RecordTypeId".to_owned()]));
        }
    }
    let Some(chosen) = chosen else { return errors };
    for (name, allowed) in &chosen.picklists {
        let field = object.field(name.as_str()).filter(|field| field.restricted);
        let (Some(field), Some(Value::Text(text))) = (field, fields.get(name)) else {
            continue;
        };
        let is_allowed = |value: &str| allowed.values.iter().any(|known| known == value);
        let checked = match field.kind {
            FieldKind::MultiPicklist => limits::in_list(field, text.split(';'), is_allowed),
            _ => limits::in_list(field, [text.as_str()], is_allowed),
        };
        errors.extend(checked.err());
    }
    errors
}

/// The record type that stands for having none.
fn is_master(short: &str) -> bool {
    short == "012000000000000"
}
