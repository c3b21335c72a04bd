//! Operations that the REST door answers too: asked of its table of resources, said in XML.

use axum::http::Method;
use offhook_org::RecordId;
use serde_json::{Value as Json, json};

use super::Ask;
use super::describe::element;
use crate::error::ApiError;
use crate::rest::body::read_id;
use crate::rest::{Call, dispatch};
use crate::xml::Element;

/// `getUpdated` and `getDeleted`.
pub(super) async fn changes(ask: &Ask<'_>, which: &str) -> Result<Vec<Element>, ApiError> {
    let operation = ask.operation;
    let path = format!(
        "sobjects/{}/{which}",
        segment(operation.value("sObjectType"))
    );
    let query = [("start", "startDate"), ("end", "endDate")];
    let query = query.map(|(name, node)| (name.to_owned(), operation.value(node).to_owned()));
    let call = Call::within(ask.user.clone(), Method::GET, &path, query.to_vec(), None);
    let found = utc(json_of(ask, &call).await?);
    Ok(vec![element("result", &found)])
}

/// `describeLayout`: every layout that the user sees, or those of the record types asked for.
pub(super) async fn layout(ask: &Ask<'_>) -> Result<Vec<Element>, ApiError> {
    let object = segment(ask.operation.value("sObjectType"));
    let path = format!("sobjects/{object}/describe/layouts");
    let call = Call::within(ask.user.clone(), Method::GET, &path, Vec::new(), None);
    let mut told = json_of(ask, &call).await?;
    let asked = ask.operation.all("recordTypeIds");
    let asked = asked.map(|node| read_id(node.text.trim()));
    let asked = asked.collect::<Result<Vec<_>, _>>()?;
    if !asked.is_empty() {
        only_of(&mut told, &asked);
    }
    Ok(vec![element("result", &told)])
}

/// Leaves the record types that are asked for, and their layouts.
fn only_of(told: &mut Json, asked: &[RecordId]) {
    let Json::Array(mappings) = told["recordTypeMappings"].take() else {
        return;
    };
    let is_asked = |mapping: &Json| {
        let id = mapping["recordTypeId"].as_str();
        asked.iter().any(|asked| Some(asked.as_str()) == id)
    };
    let kept: Vec<Json> = mappings.into_iter().filter(is_asked).collect();
    if let Json::Array(layouts) = &mut told["layouts"] {
        layouts.retain(|layout| kept.iter().any(|it| it["layoutId"] == layout["id"]));
    }
    told["recordTypeMappings"] = Json::Array(kept);
}

/// `setPassword` and `resetPassword`.
pub(super) async fn password(ask: &Ask<'_>) -> Result<Vec<Element>, ApiError> {
    let user = read_id(ask.operation.value("userId"))?;
    let path = format!("sobjects/User/{user}/password");
    let (method, body) = match ask.operation.name.as_str() {
        "setPassword" => {
            // Blanks at its ends belong to a password.
            let given = ask.operation.child("password");
            let given = given.map_or("", |node| node.text.as_str());
            (Method::POST, Some(json!({ "NewPassword": given })))
        }
        _ => (Method::DELETE, None),
    };
    let call = Call::within(ask.user.clone(), method, &path, Vec::new(), body);
    let done = json_of(ask, &call).await?;
    let result = Element::new("result");
    Ok(vec![match done["NewPassword"].as_str() {
        Some(password) => result.child(Element::new("password").text(password)),
        None => result,
    }])
}

async fn json_of(ask: &Ask<'_>, call: &Call) -> Result<Json, ApiError> {
    Ok(dispatch(ask.state, call).await?.body.into_json())
}

/// A name of an object as one segment of a path.
fn segment(name: &str) -> String {
    form_urlencoded::byte_serialize(name.as_bytes()).collect()
}

/// Moments as SOAP writes them: `Z` for `+0000`.
fn utc(value: Json) -> Json {
    match value {
        Json::String(text) => Json::String(match text.strip_suffix("+0000") {
            Some(moment) => format!("{moment}Z"),
            None => text,
        }),
        Json::Array(all) => all.into_iter().map(utc).collect(),
        Json::Object(members) => {
            let members = members.into_iter().map(|(name, value)| (name, utc(value)));
            Json::Object(members.collect())
        }
        other => other,
    }
}
