//! Objects described, and the softphone layout of the user.
//!
//! The descriptions are the REST door's, said in XML: what is null there is left out here.

use offhook_org::access::Operation;
use offhook_org::schema::describe as words;
use serde_json::{Value as Json, json};

use super::Ask;
use crate::error::ApiError;
use crate::rest::body;
use crate::xml::Element;

/// Objects in one request.
const OBJECTS_MAX: usize = 100;

/// `describeGlobal`.
pub(super) fn global(ask: &Ask<'_>) -> Vec<Element> {
    let schema = ask.state.store.schema();
    let described = words::describe_global(&schema, &ask.user.user, &base(ask));
    vec![element("result", &described)]
}

/// Addresses in a description begin so.
fn base(ask: &Ask<'_>) -> String {
    format!("/services/data/v{}", ask.user.version)
}

/// `describeSObject`, `describeSObjects`.
pub(super) fn objects(ask: &Ask<'_>) -> Result<Vec<Element>, ApiError> {
    let schema = ask.state.store.schema();
    let names: Vec<&str> = ask
        .operation
        .all("sObjectType")
        .map(|name| name.text.trim())
        .collect();
    if names.len() > OBJECTS_MAX {
        return Err(ApiError::bad(
            "EXCEEDED_MAX_TYPES_LIMIT",
            format!("at most {OBJECTS_MAX} objects in one request"),
        ));
    }
    let user = &ask.user.user;
    let described = names.into_iter().map(|name| {
        let may_read = |object: &str| user.may(object, Operation::Read);
        let object = schema.object(name).filter(|o| may_read(o.name.as_str()));
        let object = object.ok_or_else(|| body::no_such_type(name))?;
        let described = words::describe_object(&schema, user, object, &base(ask));
        Ok(element("result", &described))
    });
    described.collect()
}

/// `describeSoftphoneLayout`: the layout of the user's profile.
pub(super) async fn softphone_layout(ask: &Ask<'_>) -> Result<Vec<Element>, ApiError> {
    let user = &ask.user.user;
    let store = &ask.state.store;
    let layout = store.softphone_layout(&user.profile.name).await?;
    let schema = store.schema();
    let contract = layout.to_contract(&schema, user);
    let types = contract.as_object().into_iter().flatten();
    let types: Vec<Json> = types.map(|(name, part)| call_type(name, part)).collect();
    let result = json!({
        "callTypes": types,
        // Layouts have no records on the platform either; the id is the org's.
        "id": store.org_id().as_str(),
        "name": layout.name,
    });
    Ok(vec![element("result", &result)])
}

fn call_type(name: &str, part: &Json) -> Json {
    let empty = serde_json::Map::new();
    let fields = part["callRelatedFields"].as_array().into_iter().flatten();
    let objects = part["objects"].as_object().unwrap_or(&empty);
    let sections = objects.iter().map(|(object, fields)| {
        let items = fields.as_array().into_iter().flatten();
        let items: Vec<Json> = items
            .map(|field| json!({ "itemApiName": field["apiName"] }))
            .collect();
        json!({ "entityApiName": object, "items": items })
    });
    let pops = part["screenPopSettings"].as_object().unwrap_or(&empty);
    let options = pops.iter().filter(|(_, pop)| pop.is_object());
    let options = options.map(|(matched, pop)| {
        json!({
            "matchType": matched,
            "screenPopData": pop["screenPopData"].as_str().unwrap_or_default(),
            "screenPopType": pop["screenPopType"],
        })
    });
    let mut described = json!({
        "infoFields": fields.map(|name| json!({ "name": name })).collect::<Vec<_>>(),
        "name": name,
        "screenPopOptions": options.collect::<Vec<_>>(),
    });
    if let Some(window) = pops.get("screenPopsOpenWithin") {
        described["screenPopsOpenWithin"] = window.clone();
    }
    described["sections"] = sections.collect();
    described
}

/// JSON as XML: a list is the same element again and again, null is nothing.
pub(super) fn element(name: &str, value: &Json) -> Element {
    match value {
        Json::Object(members) => {
            let children = members.iter().flat_map(|(name, value)| match value {
                Json::Array(all) => all.iter().map(|one| element(name, one)).collect(),
                Json::Null => Vec::new(),
                one => vec![element(name, one)],
            });
            Element::new(name).children(children)
        }
        Json::String(text) => Element::new(name).text(text.as_str()),
        other => Element::new(name).text(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_repeat_their_element_and_null_is_left_out() {
        let json = json!({"a": [1, "two", {"b": true}], "c": null, "d": "x<y"});
        let xml = element("result", &json).document();
        let expected = "<result><a>1</a><a>two</a><a><b>true</b></a><d>x&lt;y</d></result>";
        assert!(xml.ends_with(expected), "{xml}");
    }
}
