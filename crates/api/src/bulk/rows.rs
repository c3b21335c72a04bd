//! From what a client sent (CSV, JSON, XML) to writes, row by row. A row that cannot be a write
//! says why in the words of a refused row; the batch goes on.

use csv::StringRecord;
use offhook_org::bulk::{BulkOperation, BulkRefusal, Column, ContentType, Header, Job, clears};
use offhook_org::record::Fields;
use offhook_org::schema::{Object, Schema};
use offhook_org::{FieldName, RecordId, Value};
use offhook_store::bulk::RowWrite;
use offhook_store::org::{Lookup, Write};
use serde_json::Value as Json;

use super::lines::{self, Records};
use crate::rest::body;
use crate::xml;

/// Characters of one value, and of one row, as the platform's guide says.
const VALUE_MAX: usize = 131_072;
const ROW_MAX: usize = 400_000;

/// The rows of a batch, read one after the other.
pub(super) enum Rows<'t> {
    Csv {
        header: Header,
        records: Records<'t>,
    },
    Objects(std::vec::IntoIter<Json>),
}

/// What a row says, before it is known what is done with it.
#[derive(Default)]
struct Parts {
    id: Option<String>,
    fields: Fields,
    lookups: Vec<Lookup>,
}

impl<'t> Rows<'t> {
    /// Opens a batch. What is wrong with all of it fails it: no header, an unknown column, text
    /// that is no JSON or XML.
    pub(super) fn open(
        schema: &Schema,
        job: &Job,
        object: &Object,
        text: &'t str,
    ) -> Result<Self, BulkRefusal> {
        match job.content_type {
            ContentType::Csv => {
                let mut reader = lines::reader(text, job.delimiter);
                let names = lines::header(&mut reader).map_err(unreadable)?;
                let header = Header::read(schema, object, names.iter())?;
                let records = reader.into_records();
                Ok(Self::Csv { header, records })
            }
            ContentType::Json => {
                let rows: Vec<Json> =
                    serde_json::from_str(text).map_err(|e| unreadable(e.to_string()))?;
                Ok(Self::Objects(rows.into_iter()))
            }
            ContentType::Xml => Ok(Self::Objects(from_xml(text)?.into_iter())),
        }
    }

    /// The next rows, at most so many; empty at the end.
    pub(super) fn next(
        &mut self,
        schema: &Schema,
        job: &Job,
        object: &Object,
        count: usize,
    ) -> Vec<RowWrite> {
        match self {
            Self::Csv { header, records } => {
                let rows = records.take(count);
                rows.map(|record| match record {
                    Ok(record) => write(job, object, from_record(header, &record)),
                    Err(error) => Err(in_words("INVALID_CSV_FORMAT", &error.to_string())),
                })
                .collect()
            }
            Self::Objects(rows) => {
                let rows = rows.take(count);
                rows.map(|row| write(job, object, from_object(schema, object, row)))
                    .collect()
            }
        }
    }

    /// Leaves out rows that have an outcome already.
    pub(super) fn skip(&mut self, count: u64) {
        for _ in 0..count {
            let gone = match self {
                Self::Csv { records, .. } => records.next().is_none(),
                Self::Objects(rows) => rows.next().is_none(),
            };
            if gone {
                return;
            }
        }
    }
}

fn from_record(header: &Header, record: &StringRecord) -> Result<Parts, String> {
    if record.len() > header.columns.len() {
        let (found, named) = (record.len(), header.columns.len());
        return Err(in_words(
            "INVALID_CSV_FORMAT",
            &format!("the row has {found} values for {named} columns; are quotes missing?"),
        ));
    }
    if record.as_slice().len() > ROW_MAX {
        return Err(in_words(
            "LIMIT_EXCEEDED",
            &format!("a row takes {ROW_MAX} characters"),
        ));
    }
    let mut parts = Parts::default();
    for (column, text) in header.columns.iter().zip(record.iter()) {
        if text.is_empty() {
            continue;
        }
        if text.len() > VALUE_MAX {
            return Err(in_words(
                "LIMIT_EXCEEDED",
                &format!("a value takes {VALUE_MAX} characters"),
            ));
        }
        let value = match clears(text) {
            true => Value::Null,
            false => Value::Text(text.to_owned()),
        };
        match column {
            Column::Id => parts.id = Some(text.to_owned()),
            Column::Field(field) => {
                parts.fields.insert(field.clone(), value);
            }
            Column::Lookup { field, .. } if value.is_null() => {
                parts.fields.insert(field.clone(), Value::Null);
            }
            Column::Lookup { field, object, key } => parts.lookups.push(Lookup {
                field: field.clone(),
                object: Some(object.clone()),
                key_field: key.clone(),
                key: value,
            }),
        }
    }
    Ok(parts)
}

fn from_object(schema: &Schema, object: &Object, row: Json) -> Result<Parts, String> {
    let given = body::read(schema, Some(object), &row).map_err(|error| {
        let message = error.problems.first().map_or("", |p| p.message.as_str());
        in_words(error.code(), message)
    })?;
    let mut fields = given.fields;
    for value in fields.values_mut() {
        if matches!(value, Value::Text(text) if clears(text)) {
            *value = Value::Null;
        }
    }
    Ok(Parts {
        id: given.id,
        fields,
        lookups: given.lookups,
    })
}

fn write(job: &Job, object: &Object, parts: Result<Parts, String>) -> RowWrite {
    let Parts {
        id,
        mut fields,
        lookups,
    } = parts?;
    let prefix = &object.key_prefix;
    let object = object.name.clone();
    match job.operation {
        BulkOperation::Insert => Ok(Write::Create {
            object,
            fields,
            lookups,
        }),
        BulkOperation::Update => Ok(Write::Update {
            id: record_id(id, prefix)?,
            fields,
            lookups,
        }),
        BulkOperation::Upsert => {
            let key_field = FieldName::new(job.external_id_field.as_deref().unwrap_or("Id"));
            let key = match key_field.as_str().eq_ignore_ascii_case("Id") {
                true => id.map_or(Value::Null, Value::Text),
                false => fields.remove(&key_field).unwrap_or(Value::Null),
            };
            Ok(Write::Upsert {
                object,
                key_field,
                key,
                fields,
                lookups,
            })
        }
        // For good: the store also takes them out of the bin.
        BulkOperation::Delete | BulkOperation::HardDelete => Ok(Write::Delete {
            id: record_id(id, prefix)?,
        }),
        BulkOperation::Query | BulkOperation::QueryAll => Err(in_words(
            "INVALID_BATCH_OPERATION",
            "this operation writes no rows",
        )),
    }
}

/// The id of a row, which must be of the job's object.
fn record_id(id: Option<String>, prefix: &str) -> Result<RecordId, String> {
    let Some(id) = id else {
        return Err("MISSING_ARGUMENT:Id not specified; give a column Id:Id --".to_owned());
    };
    let read = RecordId::parse(&id);
    let read = read.map_err(|_| format!("MALFORMED_ID:malformed id {}:Id --", shortened(&id)))?;
    match read.key_prefix() == prefix {
        true => Ok(read),
        false => Err(format!(
            "MALFORMED_ID:Id: id value of incorrect type: {}; the job is of another object:Id --",
            shortened(&id)
        )),
    }
}

/// `<sObjects><sObject><Name>…</Name><Owner><sObject><Username>…`.
fn from_xml(text: &str) -> Result<Vec<Json>, BulkRefusal> {
    let document = xml::read(text).map_err(unreadable)?;
    Ok(document.all("sObject").map(xml_row).collect())
}

fn xml_row(row: &xml::Node) -> Json {
    let value = |field: &xml::Node| match (field.is_nil, field.child("sObject")) {
        (true, _) => Json::Null,
        (false, Some(nested)) => xml_row(nested),
        (false, None) => Json::from(field.text.as_str()),
    };
    let fields = row.children.iter();
    fields
        .map(|field| (field.name.clone(), value(field)))
        .collect()
}

fn unreadable(why: String) -> BulkRefusal {
    BulkRefusal::new("INVALIDBATCH", format!("InvalidBatch : {why}"))
}

fn in_words(code: &str, message: &str) -> String {
    format!("{code}:{message}:--")
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}
