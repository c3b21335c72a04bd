//! From the JSON of a record to fields: plain values as they came (the gate gives them their
//! types), and references that are named by another key than the id.

use offhook_org::record::Fields;
use offhook_org::save::Lookup;
use offhook_org::schema::{Field, Object, Schema};
use offhook_org::{FieldName, ObjectName, RecordId, Value};
use serde_json::{Map, Value as Json};

use crate::error::ApiError;

/// A record as a client sent it.
#[derive(Debug, Default)]
pub(crate) struct Given {
    /// `type` among its attributes.
    pub(crate) object: Option<String>,
    /// `referenceId` among its attributes.
    pub(crate) reference_id: Option<String>,
    /// `Id`, in any case of its letters.
    pub(crate) id: Option<String>,
    pub(crate) fields: Fields,
    pub(crate) lookups: Vec<Lookup>,
    /// Lists of children, by the name of the relationship; trees have them.
    pub(crate) children: Vec<(String, Json)>,
}

/// Reads a record. `object` is known before its attributes say so, or not at all.
pub(crate) fn read(
    schema: &Schema,
    object: Option<&Object>,
    body: &Json,
) -> Result<Given, ApiError> {
    let Json::Object(body) = body else {
        return Err(unexpected("a JSON object with the record's fields", body));
    };
    let mut given = Given::default();
    if let Some(attributes) = body.get("attributes") {
        given.object = text_of(attributes, "type");
        given.reference_id = text_of(attributes, "referenceId");
    }
    let named = given.object.as_deref().and_then(|name| schema.object(name));
    let object = object.or(named.map(|object| &**object));
    for (name, value) in body.iter().filter(|(name, _)| *name != "attributes") {
        member(schema, object, &mut given, name, value)?;
    }
    Ok(given)
}

fn member(
    schema: &Schema,
    object: Option<&Object>,
    given: &mut Given,
    name: &str,
    value: &Json,
) -> Result<(), ApiError> {
    if name.eq_ignore_ascii_case("Id") {
        given.id = match value {
            Json::Null => None,
            Json::String(text) => Some(text.clone()),
            other => return Err(unexpected("text", other)),
        };
        return Ok(());
    }
    match value {
        Json::Object(nested) if nested.contains_key("records") => {
            given.children.push((name.to_owned(), value.clone()));
        }
        Json::Object(nested) => given.lookups.push(lookup(schema, object, name, nested)?),
        Json::Array(_) => return Err(unexpected(&format!("a value of {name}"), value)),
        plain => {
            // As the schema spells it, so that one field is never given twice.
            let known = object.and_then(|object| object.field(name));
            let name = known.map_or(FieldName::new(name), |field| field.name.clone());
            given.fields.insert(name, plain_value(plain));
        }
    }
    Ok(())
}

/// A number, text or flag as it came.
pub(crate) fn plain_value(value: &Json) -> Value {
    match value {
        Json::Bool(flag) => Value::Boolean(*flag),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::Integer(whole),
            None => Value::Number(number.as_f64().unwrap_or(f64::MAX)),
        },
        Json::String(text) => Value::Text(text.clone()),
        Json::Null | Json::Array(_) | Json::Object(_) => Value::Null,
    }
}

/// `"Account": {"Ext__c": "x"}`.
fn lookup(
    schema: &Schema,
    object: Option<&Object>,
    name: &str,
    nested: &Map<String, Json>,
) -> Result<Lookup, ApiError> {
    let Some(object) = object else {
        return Err(ApiError::bad(
            "INVALID_TYPE",
            "the record does not say its type: add attributes with a type",
        ));
    };
    let Some(field) = reference_of(object, name) else {
        return Err(no_such_column(object, name));
    };
    let other = nested.get("attributes").and_then(|a| text_of(a, "type"));
    let other = match other {
        Some(name) => Some(known_object(schema, &name)?),
        None => None,
    };
    let mut keys = nested.iter().filter(|(name, _)| *name != "attributes");
    let (Some((key_field, key)), None) = (keys.next(), keys.next()) else {
        return Err(ApiError::bad(
            "INVALID_FIELD",
            format!("{name}: name the record by exactly one external id field"),
        )
        .with_fields(&[name]));
    };
    if !key.is_string() && !key.is_number() {
        return Err(unexpected("the value of an external id", key));
    }
    Ok(Lookup {
        field: field.name.clone(),
        object: other,
        key_field: FieldName::new(key_field),
        key: plain_value(key),
    })
}

/// The reference that is called so: `Account` of `AccountId`, `Vehicle__r` of `Vehicle__c`.
pub(crate) fn reference_of<'a>(object: &'a Object, name: &str) -> Option<&'a Field> {
    object.fields.iter().find(|field| {
        let called = field.relationship_name.as_deref();
        called.is_some_and(|called| called.eq_ignore_ascii_case(name))
    })
}

fn known_object(schema: &Schema, name: &str) -> Result<ObjectName, ApiError> {
    match schema.object(name) {
        Some(object) => Ok(object.name.clone()),
        None => Err(no_such_type(name)),
    }
}

/// The object is not there.
pub(crate) fn no_such_type(name: &str) -> ApiError {
    ApiError::bad(
        "INVALID_TYPE",
        format!("sObject type '{}' is not supported.", shortened(name)),
    )
}

/// The field is not there, or not for this user.
pub(crate) fn no_such_column(object: &Object, name: &str) -> ApiError {
    let name = shortened(name);
    ApiError::bad(
        "INVALID_FIELD",
        format!("No such column '{name}' on sobject of type {}", object.name),
    )
}

/// Text that is no id.
pub(crate) fn read_id(text: &str) -> Result<RecordId, ApiError> {
    RecordId::parse(text).map_err(|why| {
        let text = shortened(text);
        ApiError::bad(
            "MALFORMED_ID",
            format!("Id: id value of incorrect type: {text}. {why}"),
        )
        .with_fields(&["Id"])
    })
}

/// JSON of another shape than was to be read.
pub(crate) fn unexpected(wanted: &str, found: &Json) -> ApiError {
    let found = match found {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "text",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    };
    ApiError::bad(
        "JSON_PARSER_ERROR",
        format!("Cannot deserialize the body: expected {wanted}, found {found}"),
    )
}

/// A text member of an object.
pub(crate) fn text_of(value: &Json, name: &str) -> Option<String> {
    value.get(name)?.as_str().map(ToOwned::to_owned)
}

/// Enough of a text to recognise it in a message.
pub(crate) fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}
