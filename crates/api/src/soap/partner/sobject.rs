//! Records as the partner API's XML: `<type>`, `<Id>`, then fields.

use offhook_org::Value;
use offhook_org::soql::result::{ResultList, ResultRow, ResultValue};
use serde_json::{Map, Value as Json, json};

use crate::error::ApiError;
use crate::json::plain_text;
use crate::xml::{Element, Node};

/// Elements of a record that are no fields.
const NOT_FIELDS: [&str; 3] = ["type", "fieldsToNull", "Id"];

/// A record that a client sent, as the JSON that the other doors read: so that all read alike.
pub(super) fn json_of(sobject: &Node) -> Result<Json, ApiError> {
    let mut record = Map::new();
    let object = sobject.value("type");
    if object.is_empty() {
        return Err(ApiError::bad(
            "INVALID_TYPE",
            "Must send a concrete entity type: give each sObject a type",
        ));
    }
    record.insert("attributes".to_owned(), json!({ "type": object }));
    let id = sobject.child("Id").filter(|id| !id.is_nil);
    if let Some(id) = id.filter(|id| !id.text.trim().is_empty()) {
        record.insert("Id".to_owned(), json!(id.text.trim()));
    }
    for name in sobject.all("fieldsToNull") {
        record.insert(name.text.trim().to_owned(), Json::Null);
    }
    let is_field = |node: &&Node| {
        !NOT_FIELDS
            .iter()
            .any(|n| n.eq_ignore_ascii_case(&node.name))
    };
    for field in sobject.children.iter().filter(is_field) {
        let value = match (field.is_nil, field.children.is_empty()) {
            (true, _) => Json::Null,
            (false, true) => json!(field.text),
            (false, false) => nested(field),
        };
        record.insert(field.name.clone(), value);
    }
    Ok(Json::Object(record))
}

/// A reference by external id: a record within a record.
fn nested(field: &Node) -> Json {
    let mut record = Map::new();
    for child in &field.children {
        match child.name.as_str() {
            "type" => {
                let object = child.text.trim();
                record.insert("attributes".to_owned(), json!({ "type": object }));
            }
            name => {
                record.insert(name.to_owned(), json!(child.text));
            }
        }
    }
    Json::Object(record)
}

/// A row of a query under this name.
pub(super) fn row(name: &str, row: &ResultRow) -> Element {
    let object = row
        .object
        .as_ref()
        .map_or("AggregateResult", |o| o.as_str());
    let mut element = Element::new(name)
        .with("xsi:type", "sf:sObject")
        .child(Element::new("sf:type").text(object))
        .child(id_element(row));
    for (field, value) in &row.fields {
        let is_id = field.eq_ignore_ascii_case("Id");
        let name = format!("sf:{field}");
        element = element.child(match value {
            ResultValue::Value(Value::Reference(id)) if is_id => {
                Element::new("sf:Id").text(id.as_str())
            }
            ResultValue::Value(value) => plain(&name, value),
            ResultValue::Parent(None)
            | ResultValue::Children(None)
            | ResultValue::Address(None) => nil(&name),
            ResultValue::Parent(Some(parent)) => self::row(&name, parent),
            ResultValue::Children(Some(list)) => children(&name, list),
            ResultValue::Address(Some(parts)) => Element::new(name)
                .with("xsi:type", "address")
                .children(parts.iter().map(|(part, value)| plain(part, value))),
        });
    }
    element
}

fn id_element(row: &ResultRow) -> Element {
    match &row.id {
        Some(id) => Element::new("sf:Id").text(id.as_str()),
        None => nil("sf:Id"),
    }
}

fn children(name: &str, list: &ResultList) -> Element {
    list_of(name, list.total, list.locator.as_deref(), &list.rows)
}

/// A result of a query under this name.
pub(super) fn list_of(
    name: &str,
    total: u64,
    locator: Option<&str>,
    rows: &[ResultRow],
) -> Element {
    let done = if locator.is_none() { "true" } else { "false" };
    Element::new(name)
        .with("xsi:type", "QueryResult")
        .child(Element::new("done").text(done))
        .child(match locator {
            Some(locator) => Element::new("queryLocator").text(locator),
            None => nil("queryLocator"),
        })
        .children(rows.iter().map(|one| row("records", one)))
        .child(Element::new("size").text(total.to_string()))
}

/// A value under this name.
fn plain(name: &str, value: &Value) -> Element {
    match value {
        Value::Null => nil(name),
        Value::DateTime(_) => Element::new(name).text(plain_text(value).replace("+0000", "Z")),
        value => Element::new(name).text(plain_text(value)),
    }
}

/// Nothing under this name.
pub(super) fn nil(name: &str) -> Element {
    Element::new(name).with("xsi:nil", "true")
}
