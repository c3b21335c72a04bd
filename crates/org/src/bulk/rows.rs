//! The rows of a bulk job: what each column of their header means, and what became of a row.

use serde::{Deserialize, Serialize};

use super::BulkRefusal;
use crate::schema::{Object, Schema};
use crate::{FieldName, ObjectName, RecordId};

/// The text that clears a field; an empty one leaves it as it is.
const CLEARS: &str = "#N/A";

/// Does the text clear the field?
pub fn clears(text: &str) -> bool {
    text == CLEARS
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Column {
    /// The record's own id.
    Id,
    /// A field's value.
    Field(FieldName),
    /// The external id of the record that a reference points to: `Account.Ext__c`.
    Lookup {
        /// The reference.
        field: FieldName,
        /// The object that it points to.
        object: ObjectName,
        /// That object's field.
        key: FieldName,
    },
}

/// The columns of a batch, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// What each holds.
    pub columns: Vec<Column>,
}

impl Header {
    /// Reads the first row. A name that is no field fails the batch, in the platform's words.
    pub fn read<'a>(
        schema: &Schema,
        object: &Object,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, BulkRefusal> {
        let columns: Result<Vec<_>, _> = names
            .into_iter()
            .map(|name| column(schema, object, name.trim()))
            .collect();
        let columns = columns?;
        if columns.is_empty() {
            return Err(invalid("The first row names no columns"));
        }
        for (place, column) in columns.iter().enumerate() {
            if columns[..place].contains(column) {
                let name = written(column);
                return Err(invalid(&format!("Duplicate field name : {name}")));
            }
        }
        Ok(Self { columns })
    }
}

fn column(schema: &Schema, object: &Object, name: &str) -> Result<Column, BulkRefusal> {
    let not_found = || invalid(&format!("Field name not found : {}", shortened(name)));
    if name.eq_ignore_ascii_case("Id") {
        return Ok(Column::Id);
    }
    let Some((relationship, key)) = name.split_once('.') else {
        let field = object.field(name).ok_or_else(not_found)?;
        return Ok(Column::Field(field.name.clone()));
    };
    // `Lead:Who.Email`: of several objects that a reference may point to, this one.
    let (wanted, relationship) = match relationship.split_once(':') {
        Some((object, relationship)) => (Some(object), relationship),
        None => (None, relationship),
    };
    let is_named = |name: &Option<String>| {
        (name.as_deref()).is_some_and(|name| name.eq_ignore_ascii_case(relationship))
    };
    let mut fields = object.fields.iter();
    let field = fields
        .find(|field| is_named(&field.relationship_name))
        .ok_or_else(not_found)?;
    let target = match wanted {
        Some(wanted) => field
            .reference_to
            .iter()
            .find(|target| target.as_str().eq_ignore_ascii_case(wanted)),
        None => field.reference_to.first(),
    };
    let target = target.ok_or_else(not_found)?;
    let found = schema.object(target.as_str());
    let key = found
        .and_then(|object| object.field(key))
        .ok_or_else(not_found)?;
    Ok(Column::Lookup {
        field: field.name.clone(),
        object: target.clone(),
        key: key.name.clone(),
    })
}

fn written(column: &Column) -> String {
    match column {
        Column::Id => "Id".to_owned(),
        Column::Field(field) => field.to_string(),
        Column::Lookup { field, key, .. } => format!("{field}.{key}"),
    }
}

fn invalid(message: &str) -> BulkRefusal {
    BulkRefusal::new("INVALIDBATCH", format!("InvalidBatch : {message}"))
}

/// Enough of a name to recognise it in a message.
fn shortened(name: &str) -> String {
    name.chars().take(80).collect()
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It was written.
    #[serde(rename = "ok")]
    Written {
        /// The record.
        id: RecordId,
        /// Was it new?
        created: bool,
    },
    /// It was refused: `CODE:message:fields --`.
    #[serde(rename = "no")]
    Refused(String),
}
