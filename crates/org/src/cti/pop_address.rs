//! Where a screen pop goes: the `SCREEN_POP_DATA` that an adapter hands back to `screenPop`, and
//! the console's address for it (spec/open-cti 1.11 and 1.12).

use serde_json::{Map, Value as Json, json};

use super::contract::ContractError;
use super::screen_pop::ScreenPop;
use crate::RecordId;
use crate::schema::Schema;

/// The `SCREEN_POP_DATA` of a decision; `None` for nothing.
pub fn screen_pop_data(pop: &ScreenPop) -> Option<Json> {
    Some(match pop {
        ScreenPop::Record { id } => json!({ "type": "sobject", "params": { "recordId": id } }),
        ScreenPop::SearchPage { search_string } => {
            json!({ "type": "search", "params": { "searchString": search_string } })
        }
        ScreenPop::NewRecord {
            object,
            default_field_values,
        } => json!({
            "type": "newRecord",
            "params": { "entityName": object, "defaultFieldValues": default_field_values },
        }),
        ScreenPop::Nothing => return None,
    })
}

/// Where the console goes for a `screenPop` call, as a path with query; or the documented error.
pub fn screen_pop_path(args: &Map<String, Json>, schema: &Schema) -> Result<String, ContractError> {
    let kind = text(args, "type", "type")?.to_ascii_lowercase();
    let Some(params) = args.get("params").and_then(Json::as_object) else {
        return Err(ContractError::invalid_param(
            "params",
            "An object",
            &found(args.get("params")),
        ));
    };
    match kind.as_str() {
        "sobject" => record_path(text(params, "recordId", "params.recordId")?, schema),
        "url" => url_path(text(params, "url", "params.url")?, schema),
        "objecthome" => {
            let object = object(params, "scope", schema)?;
            Ok(format!("/lightning/o/{object}/home"))
        }
        "list" => {
            let object = object(params, "scope", schema)?;
            let view = text(params, "listViewId", "params.listViewId")?;
            Ok(format!(
                "/lightning/o/{object}/list?filterName={}",
                encode(view)
            ))
        }
        "search" => search_path(text(params, "searchString", "params.searchString")?),
        "newrecord" => new_record_path(params, schema),
        "flow" => Err(ContractError::not_built_yet("screenPop to a flow")),
        other => Err(ContractError::invalid_param(
            "type",
            "One of url, sobject, objecthome, list, search, newRecord, flow",
            other,
        )),
    }
}

fn record_path(id: &str, schema: &Schema) -> Result<String, ContractError> {
    let wrong = || ContractError::invalid_param("params.recordId", "A record id", id);
    let id = RecordId::parse(id).map_err(|_| wrong())?;
    let object = schema
        .object_of(&id)
        .filter(|object| object.has_tab)
        .ok_or_else(wrong)?;
    Ok(format!("/lightning/r/{}/{id}/view", object.name))
}

/// Addresses of this console alone: a path, also in its old forms (`/003…`).
fn url_path(url: &str, schema: &Schema) -> Result<String, ContractError> {
    let wrong = || ContractError::invalid_param("params.url", "A path of this console", url);
    let plain = |c: char| !c.is_control() && c != '\\';
    if !url.starts_with('/') || url.starts_with("//") || !url.chars().all(plain) {
        return Err(wrong());
    }
    let path = url.split(['?', '#']).next().unwrap_or_default();
    if path.starts_with("/lightning/") {
        return Ok(url.to_owned());
    }
    if path.starts_with("/apex/") {
        return Err(ContractError::not_built_yet("screenPop to an /apex page"));
    }
    record_path(path.trim_start_matches('/'), schema).map_err(|_| wrong())
}

fn search_path(search_string: &str) -> Result<String, ContractError> {
    if search_string.trim().chars().count() < 3 {
        let expected = "A text of 3 characters or more";
        return Err(ContractError::invalid_param(
            "params.searchString",
            expected,
            search_string,
        ));
    }
    Ok(format!("/lightning/search?q={}", encode(search_string)))
}

fn new_record_path(params: &Map<String, Json>, schema: &Schema) -> Result<String, ContractError> {
    let object = object(params, "entityName", schema)?;
    let values = match params.get("defaultFieldValues") {
        None | Some(Json::Null) => return Ok(format!("/lightning/o/{object}/new")),
        Some(Json::Object(values)) => values,
        Some(other) => {
            let name = "params.defaultFieldValues";
            return Err(ContractError::invalid_param(
                name,
                "An object",
                &found(Some(other)),
            ));
        }
    };
    let pairs = values.iter().filter_map(|(name, value)| {
        let value = match value {
            Json::String(text) => text.clone(),
            Json::Number(_) | Json::Bool(_) => value.to_string(),
            Json::Null | Json::Array(_) | Json::Object(_) => return None,
        };
        Some(format!("{name}={}", encode(&value)))
    });
    let pairs = encode(&pairs.collect::<Vec<_>>().join(","));
    Ok(format!(
        "/lightning/o/{object}/new?defaultFieldValues={pairs}"
    ))
}

/// The object that a parameter names, in the schema's spelling; one with pages of its own.
fn object(params: &Map<String, Json>, key: &str, schema: &Schema) -> Result<String, ContractError> {
    let name = format!("params.{key}");
    let given = text(params, key, &name)?;
    let known = schema.object(given).filter(|object| object.has_tab);
    known.map(|object| object.name.to_string()).ok_or_else(|| {
        ContractError::invalid_param(&name, "The API name of an object with pages", given)
    })
}

fn text<'a>(
    params: &'a Map<String, Json>,
    key: &str,
    name: &str,
) -> Result<&'a str, ContractError> {
    let given = params.get(key);
    let text = given.and_then(Json::as_str).filter(|text| !text.is_empty());
    text.ok_or_else(|| ContractError::invalid_param(name, "A text value", &found(given)))
}

fn found(value: Option<&Json>) -> String {
    match value {
        None => "undefined".to_owned(),
        Some(Json::String(text)) => format!("{text:?}"),
        Some(other) => other.to_string().chars().take(80).collect(),
    }
}

/// Percent-encodes everything but unreserved characters (RFC 3986 2.3).
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
