//! The fields that the store itself fills in: who made and changed a record and when, when a
//! case was closed, and numbers that count.

use offhook_org::record::Fields;
use offhook_org::schema::Object;
use offhook_org::{FieldName, UserContext, Value};

/// A new record's fields with those of the store. Times and users that the system gives (demo
/// data has a past) are kept; a person cannot give any.
pub(in crate::org) fn complete(
    user: &UserContext,
    object: &Object,
    mut fields: Fields,
    numbers: &[u64],
    now_ms: i64,
) -> Fields {
    let made_by = user.user.clone().map_or(Value::Null, Value::Reference);
    let made_at = given(&mut fields, "CreatedDate", || Value::DateTime(now_ms));
    let made_by = given(&mut fields, "CreatedById", || made_by);
    let changed_at = given(&mut fields, "LastModifiedDate", || made_at);
    given(&mut fields, "SystemModstamp", || changed_at);
    given(&mut fields, "LastModifiedById", || made_by);
    for (field, number) in object.auto_numbers().zip(numbers) {
        given(&mut fields, field.name.as_str(), || {
            Value::Text(field.numbered(*number))
        });
    }
    let changed_at = fields.get(&FieldName::new("LastModifiedDate")).cloned();
    if let Some(Value::DateTime(changed_at)) = changed_at {
        note_closing(object, &mut fields, changed_at);
    }
    fields
}

/// A change's fields with those of the store. The time of change always grows, so that it tells
/// two changes within a millisecond apart.
pub(super) fn complete_change(
    user: &UserContext,
    object: &Object,
    before_changed_at: &Value,
    mut changes: Fields,
    now_ms: i64,
) -> Fields {
    let changed_at = match before_changed_at {
        Value::DateTime(before) => now_ms.max(before + 1),
        _ => now_ms,
    };
    let changed_by = user.user.clone().map_or(Value::Null, Value::Reference);
    changes.insert("LastModifiedDate".into(), Value::DateTime(changed_at));
    changes.insert("SystemModstamp".into(), Value::DateTime(changed_at));
    changes.insert("LastModifiedById".into(), changed_by);
    note_closing(object, &mut changes, changed_at);
    changes
}

/// The value of the field, set to this one where there is none.
fn given(fields: &mut Fields, name: &str, value: impl FnOnce() -> Value) -> Value {
    let field = fields.entry(name.into()).or_insert(Value::Null);
    if field.is_null() {
        *field = value();
    }
    field.clone()
}

/// The moments at which a case was closed and a task was completed.
fn note_closing(object: &Object, fields: &mut Fields, now_ms: i64) {
    let is_closed = match fields.get(&FieldName::new("IsClosed")) {
        Some(Value::Boolean(is_closed)) => *is_closed,
        _ => return,
    };
    for name in ["ClosedDate", "CompletedDateTime"] {
        let Some(field) = object.field(name) else {
            continue;
        };
        match is_closed {
            true => drop(given(fields, name, || Value::DateTime(now_ms))),
            false => drop(fields.insert(field.name.clone(), Value::Null)),
        }
    }
}
