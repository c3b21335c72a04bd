//! Between values of fields and values of columns.

use offhook_org::record::Fields;
use offhook_org::schema::{Field, FieldKind, Object, Storage};
use offhook_org::{Record, RecordId, Value};

use crate::database::{DbError, Param, Row, Statement};
use crate::tables;

/// All fields that have a column beside the id.
pub(crate) fn all_fields(object: &Object) -> Vec<&Field> {
    let fields = object.fields.iter();
    fields
        .filter(|f| f.kind != FieldKind::Id && f.has_column())
        .collect()
}

/// The fields whose columns are written from a record's fields: all but the flag of the recycle
/// bin, which is moved by itself.
pub(crate) fn written_fields(object: &Object) -> Vec<&Field> {
    let mut fields = all_fields(object);
    fields.retain(|field| !field.is_bin_flag());
    fields
}

/// `SELECT id, … FROM org_contact WHERE TRUE`; conditions are added with `AND`.
pub(crate) fn select(object: &Object, fields: &[&Field]) -> Statement {
    let mut statement = Statement::new("SELECT id");
    for field in fields {
        statement.push(", ").push(&tables::column(field));
    }
    let from = format!(" FROM {} WHERE TRUE", tables::table(object));
    statement.push(&from);
    statement
}

/// The record in a row of [`select`].
pub(crate) fn record(object: &Object, fields: &[&Field], row: &Row) -> Result<Record, DbError> {
    let mut values = Fields::new();
    for (i, field) in fields.iter().enumerate() {
        values.insert(field.name.clone(), value(field.kind, row, i + 1)?);
    }
    Ok(Record {
        object: object.name.clone(),
        id: row.record_id(0)?,
        fields: values,
    })
}

/// The value of a field of this kind in a column.
pub(crate) fn value(kind: FieldKind, row: &Row, column: usize) -> Result<Value, DbError> {
    if row.is_null(column) {
        return Ok(match kind {
            // A column that was added later holds nothing in old rows.
            FieldKind::Checkbox => Value::Boolean(false),
            _ => Value::Null,
        });
    }
    Ok(match kind {
        FieldKind::Integer => Value::Integer(row.integer(column)?),
        FieldKind::Number | FieldKind::Currency | FieldKind::Percent => {
            Value::Number(row.real(column)?)
        }
        FieldKind::Checkbox => Value::Boolean(row.boolean(column)?),
        FieldKind::Date => {
            let date = row.text(column)?.parse();
            Value::Date(date.map_err(|e| DbError::Corrupt(format!("a date: {e}")))?)
        }
        FieldKind::DateTime => Value::DateTime(row.integer(column)?),
        FieldKind::Time => Value::Time(time_of_day(row.integer(column)?)),
        FieldKind::Id | FieldKind::Reference => Value::Reference(row.record_id(column)?),
        FieldKind::Text
        | FieldKind::TextArea
        | FieldKind::LongText
        | FieldKind::Phone
        | FieldKind::Email
        | FieldKind::Url
        | FieldKind::Picklist
        | FieldKind::MultiPicklist
        | FieldKind::Combobox
        | FieldKind::AutoNumber
        | FieldKind::Address
        | FieldKind::Base64 => Value::Text(row.text(column)?.to_owned()),
    })
}

/// The time of day so many milliseconds after midnight.
fn time_of_day(milliseconds: i64) -> jiff::civil::Time {
    let span = jiff::SignedDuration::from_millis(milliseconds.clamp(0, 86_399_999));
    jiff::civil::Time::midnight().saturating_add(span)
}

/// Milliseconds since midnight.
pub(crate) fn milliseconds(time: jiff::civil::Time) -> i64 {
    let since = time.duration_since(jiff::civil::Time::midnight());
    i64::try_from(since.as_millis()).unwrap_or(0)
}

/// The value as a parameter of the field's column type; `None` when it is of another type, or
/// when the field has no column.
pub(crate) fn param(field: &Field, value: &Value) -> Option<Param> {
    Some(match (field.kind.storage()?, value) {
        (Storage::Text, Value::Null) => Param::Text(None),
        (Storage::Integer, Value::Null) => Param::Integer(None),
        (Storage::Real, Value::Null) => Param::Real(None),
        (Storage::Boolean, Value::Null) => Param::Boolean(None),
        (Storage::Text, Value::Text(text)) if field.kind != FieldKind::Date => text.as_str().into(),
        (Storage::Text, Value::Reference(id)) if field.kind != FieldKind::Date => id.into(),
        (Storage::Text, Value::Date(date)) if field.kind == FieldKind::Date => {
            date.to_string().into()
        }
        (Storage::Integer, Value::Integer(number)) if field.kind == FieldKind::Integer => {
            (*number).into()
        }
        (Storage::Integer, Value::DateTime(moment)) if field.kind == FieldKind::DateTime => {
            (*moment).into()
        }
        (Storage::Integer, Value::Time(time)) if field.kind == FieldKind::Time => {
            milliseconds(*time).into()
        }
        (Storage::Real, Value::Number(number)) => Param::Real(Some(*number)),
        #[expect(clippy::cast_precision_loss, reason = "amounts are far below 2^53")]
        (Storage::Real, Value::Integer(number)) => Param::Real(Some(*number as f64)),
        (Storage::Boolean, Value::Boolean(flag)) => (*flag).into(),
        _ => return None,
    })
}

/// The owner by whom a record is seen: of a user, the user.
pub(crate) fn owner<'a>(object: &Object, record: &'a Record) -> Option<&'a RecordId> {
    match object.name.as_str() {
        "User" => Some(&record.id),
        _ => record.get("OwnerId").as_reference(),
    }
}
