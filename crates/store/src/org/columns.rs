//! Between values of fields and values of columns.

use offhook_org::record::Fields;
use offhook_org::schema::{Field, FieldKind, Object};
use offhook_org::{Record, RecordId, Value};

use crate::database::{DbError, Param, Row, Statement};
use crate::tables;

/// All fields that have a column of their own: all but `Id`.
pub(crate) fn all_fields(object: &Object) -> Vec<&Field> {
    let fields = object.fields.iter();
    fields.filter(|f| f.kind != FieldKind::Id).collect()
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
        values.insert(field.name.clone(), value(field, row, i + 1)?);
    }
    Ok(Record {
        object: object.name.clone(),
        id: row.record_id(0)?,
        fields: values,
    })
}

fn value(field: &Field, row: &Row, column: usize) -> Result<Value, DbError> {
    if row.is_null(column) {
        return Ok(match field.kind {
            // A column that was added later holds nothing in old rows.
            FieldKind::Checkbox => Value::Boolean(false),
            _ => Value::Null,
        });
    }
    Ok(match field.kind {
        FieldKind::Text
        | FieldKind::LongText
        | FieldKind::Phone
        | FieldKind::Email
        | FieldKind::Url
        | FieldKind::Picklist => Value::Text(row.text(column)?.to_owned()),
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
        FieldKind::Id | FieldKind::Reference => Value::Reference(row.record_id(column)?),
    })
}

/// The value as a parameter of the field's column type; `None` when it is of another type.
pub(crate) fn param(field: &Field, value: &Value) -> Option<Param> {
    let null = value.is_null();
    Some(match (field.kind, value) {
        (
            FieldKind::Text
            | FieldKind::LongText
            | FieldKind::Phone
            | FieldKind::Email
            | FieldKind::Url
            | FieldKind::Picklist
            | FieldKind::Id
            | FieldKind::Reference,
            Value::Text(text),
        ) => text.as_str().into(),
        (FieldKind::Id | FieldKind::Reference | FieldKind::Text, Value::Reference(id)) => id.into(),
        (FieldKind::Integer, Value::Integer(number)) => (*number).into(),
        (FieldKind::Number | FieldKind::Currency | FieldKind::Percent, Value::Number(number)) => {
            Param::Real(Some(*number))
        }
        #[expect(clippy::cast_precision_loss, reason = "amounts are far below 2^53")]
        (FieldKind::Number | FieldKind::Currency | FieldKind::Percent, Value::Integer(number)) => {
            Param::Real(Some(*number as f64))
        }
        (FieldKind::Checkbox, Value::Boolean(flag)) => (*flag).into(),
        (FieldKind::Date, Value::Date(date)) => date.to_string().into(),
        (FieldKind::DateTime, Value::DateTime(moment)) => (*moment).into(),
        (FieldKind::Integer | FieldKind::DateTime, _) if null => Param::Integer(None),
        (FieldKind::Number | FieldKind::Currency | FieldKind::Percent, _) if null => {
            Param::Real(None)
        }
        (FieldKind::Checkbox, _) if null => Param::Boolean(None),
        (_, _) if null => Param::Text(None),
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
