//! A record: an object's name, an id, and fields.

use std::collections::BTreeMap;

use crate::{FieldName, ObjectName, RecordId, Value};

/// Fields by name.
pub type Fields = BTreeMap<FieldName, Value>;

/// A record as one user may see it: fields that the user may not read are absent.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Its object.
    pub object: ObjectName,
    /// Its id.
    pub id: RecordId,
    /// Its fields, `Id` excepted.
    pub fields: Fields,
}

static NULL: Value = Value::Null;

impl Record {
    /// The field's value; `Null` when it is empty or absent.
    pub fn get(&self, field: &str) -> &Value {
        self.fields.get(&FieldName::new(field)).unwrap_or(&NULL)
    }

    /// The field's text, empty when there is none.
    pub fn text(&self, field: &str) -> &str {
        self.get(field).as_text().unwrap_or("")
    }
}
