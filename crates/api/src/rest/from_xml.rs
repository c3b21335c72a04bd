//! Bodies in XML, as the platform takes them: the root names the object or the request, elements
//! are members, elements of one name are a list, and `xsi:nil` is nothing. What comes out is the
//! JSON that the resource reads. Values are texts; the gate gives them their types.

use axum::http::StatusCode;
use serde_json::{Map, Value as Json, json};

use super::Call;
use crate::error::ApiError;
use crate::xml::{self, Node};

/// Members that are lists, whether one stands there or several.
const LISTS: [&str; 1] = ["records"];

/// Members that are true or false.
const FLAGS: [&str; 1] = ["haltOnError"];

/// Is the body XML, by its header?
pub(super) fn is_xml(kind: &str) -> bool {
    let kind = kind.to_ascii_lowercase();
    kind.contains("/xml") || kind.contains("+xml")
}

/// The body of a call whose resource takes XML; the others take JSON alone, as on the platform.
pub(super) fn body(call: &Call) -> Result<Json, ApiError> {
    let path = call.literals();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let takes_xml = matches!(
        path.as_slice(),
        ["sobjects", ..] | ["composite", "batch"] | ["composite", "tree", _] | ["jobs", ..]
    );
    if !takes_xml {
        return Err(ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
            "Content-Type header specified in HTTP request is not supported: this resource takes \
             no XML. Send application/json",
        ));
    }
    let text = std::str::from_utf8(&call.body).map_err(|error| {
        let place = error.valid_up_to();
        unreadable(&format!("byte {place} is not UTF-8"))
    })?;
    let root = xml::read(text.trim_start_matches('\u{feff}')).map_err(|why| unreadable(&why))?;
    let mut body = members(&root);
    if let (["sobjects", named, ..], Json::Object(body)) = (path.as_slice(), &mut body)
        && !root.name.eq_ignore_ascii_case("sObject")
        && !root.name.eq_ignore_ascii_case(named)
    {
        // The record says by its root what it is; the resource compares it with the address.
        body.insert("attributes".to_owned(), json!({"type": root.name}));
    }
    Ok(body)
}

fn unreadable(why: &str) -> ApiError {
    ApiError::bad(
        "XML_PARSER_ERROR",
        format!("the body cannot be read as XML: {why}"),
    )
}

fn members(node: &Node) -> Json {
    let mut members = Map::new();
    if !node.attributes.is_empty() {
        let attributes = node.attributes.iter();
        let attributes = attributes.map(|(name, value)| (name.clone(), Json::from(value.as_str())));
        members.insert("attributes".to_owned(), Json::Object(attributes.collect()));
    }
    for child in &node.children {
        let value = value(child);
        let is_list = LISTS.contains(&child.name.as_str());
        match members.get_mut(&child.name) {
            Some(Json::Array(list)) => list.push(value),
            Some(first) => {
                let first = first.take();
                members.insert(child.name.clone(), Json::Array(vec![first, value]));
            }
            None => {
                let value = if is_list { json!([value]) } else { value };
                members.insert(child.name.clone(), value);
            }
        }
    }
    Json::Object(members)
}

fn value(node: &Node) -> Json {
    match (node.name.as_str(), node.children.as_slice()) {
        _ if node.is_nil => Json::Null,
        ("batchRequests", requests) => requests.iter().map(members).collect(),
        // The record in it stands under its object's name.
        ("richInput", [record]) => members(record),
        (name, []) if FLAGS.contains(&name) => {
            json!(node.text.trim().eq_ignore_ascii_case("true"))
        }
        (_, []) if node.attributes.is_empty() => Json::from(node.text.as_str()),
        _ => members(node),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Json {
        members(&xml::read(text).unwrap())
    }

    #[test]
    fn a_record_is_its_elements() {
        let account = "<Account xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
             <Name>A &amp; B</Name><Phone xsi:nil=\"true\"/><Parent><Key__c>1</Key__c></Parent>\
             </Account>";
        assert_eq!(
            read(account),
            json!({"Name": "A & B", "Phone": null, "Parent": {"Key__c": "1"}})
        );
    }

    #[test]
    fn trees_and_batches_have_lists() {
        let tree = "<SObjectTreeRequest><records type=\"Account\" referenceId=\"a\"><Name>A</Name>\
             <Contacts><records type=\"Contact\" referenceId=\"c\"><LastName>C</LastName></records>\
             </Contacts></records></SObjectTreeRequest>";
        let contact =
            json!({"attributes": {"type": "Contact", "referenceId": "c"}, "LastName": "C"});
        assert_eq!(
            read(tree),
            json!({"records": [{
                "attributes": {"type": "Account", "referenceId": "a"}, "Name": "A",
                "Contacts": {"records": [contact]},
            }]})
        );
        let batch = "<batch><haltOnError>true</haltOnError><batchRequests><batchRequest>\
             <method>Patch</method><url>v64.0/x</url><richInput><Account><Name>B</Name></Account>\
             </richInput></batchRequest></batchRequests></batch>";
        assert_eq!(
            read(batch),
            json!({"haltOnError": true, "batchRequests": [
                {"method": "Patch", "url": "v64.0/x", "richInput": {"Name": "B"}},
            ]})
        );
    }
}
