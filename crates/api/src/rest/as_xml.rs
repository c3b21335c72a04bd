//! Answers as XML, for clients that ask for `application/xml`: the same names as in JSON, members
//! as elements, arrays as elements again and again, a record's attributes as XML attributes.

use serde_json::Value as Json;

use crate::xml::Element;

/// Content type of XML answers.
pub(super) const XML_TYPE: &str = "application/xml;charset=UTF-8";

/// Does the client take XML, and not JSON?
pub(super) fn is_wanted(accept: &str) -> bool {
    let accept = accept.to_ascii_lowercase();
    let takes = |kind: &str| accept.contains(kind);
    (takes("application/xml") || takes("text/xml")) && !takes("json") && !takes("html")
}

/// A whole document.
pub(super) fn document(body: &Json) -> String {
    let root = match body {
        Json::Array(items) => {
            let is_error = |item: &Json| item.get("errorCode").is_some();
            let (root, entry) = match items.iter().any(is_error) {
                true => ("Errors", "Error"),
                false => ("Results", "Result"),
            };
            Element::new(root).children(items.iter().flat_map(|item| elements(entry, item)))
        }
        body => object(root_of(body), body),
    };
    root.document()
}

fn root_of(body: &Json) -> &str {
    let record = body.get("attributes").and_then(|a| a.get("type"));
    match record.and_then(Json::as_str) {
        Some(name) => name,
        None if body.get("totalSize").is_some() => "QueryResult",
        None => "Result",
    }
}

/// One element, or several of one name.
fn elements(name: &str, value: &Json) -> Vec<Element> {
    let plain = |text: String| vec![Element::new(element_name(name)).text(text)];
    match value {
        Json::Null => {
            let empty = Element::new(element_name(name));
            let xsi = "http://www.w3.org/2001/XMLSchema-instance";
            vec![empty.with("xmlns:xsi", xsi).with("xsi:nil", "true")]
        }
        Json::Array(items) => items.iter().flat_map(|item| elements(name, item)).collect(),
        Json::Object(_) => vec![object(name, value)],
        Json::String(text) => plain(text.clone()),
        other => plain(other.to_string()),
    }
}

fn object(name: &str, value: &Json) -> Element {
    let mut element = Element::new(element_name(name));
    let attributes = value.get("attributes").and_then(Json::as_object);
    for (attribute, value) in attributes.into_iter().flatten() {
        if let Some(value) = value.as_str() {
            element = element.with(&element_name(attribute), value);
        }
    }
    let members = value.as_object().into_iter().flatten();
    let members = members.filter(|(member, _)| *member != "attributes");
    element.children(members.flat_map(|(member, value)| elements(member, value)))
}

/// A name that XML allows.
fn element_name(name: &str) -> String {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-' || c == '.';
    let clean = name.chars().map(|c| if is_allowed(c) { c } else { '_' });
    let clean: String = clean.collect();
    match clean.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        true => clean,
        false => format!("_{clean}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn records_lists_and_errors_become_xml() {
        let page = json!({"totalSize": 1, "done": true, "records": [
            {"attributes": {"type": "Account", "url": "/a?b&c"}, "Name": "A<B\u{0}", "Phone": null}
        ]});
        assert_eq!(
            document(&page),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><QueryResult><totalSize>1</totalSize>\
             <done>true</done><records type=\"Account\" url=\"/a?b&amp;c\"><Name>A&lt;B</Name>\
             <Phone xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:nil=\"true\"/>\
             </records></QueryResult>"
        );
        let errors = json!([{"message": "m", "errorCode": "NOT_FOUND"}]);
        assert!(document(&errors).ends_with(
            "<Errors><Error><message>m</message><errorCode>NOT_FOUND</errorCode></Error></Errors>"
        ));
        assert!(document(&json!({"9 <x>": 1})).contains("<_9__x_>1</_9__x_>"));
    }

    #[test]
    fn xml_is_for_those_who_take_nothing_else() {
        assert!(is_wanted("application/xml"));
        assert!(!is_wanted("application/json, application/xml"));
        assert!(!is_wanted("text/html,application/xml;q=0.9,*/*;q=0.8"));
        assert!(!is_wanted("*/*"));
    }
}
