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
        ScreenPop::Page { page, query_params } => {
            json!({ "type": "url", "params": { "url": page_url(page, query_params) } })
        }
        ScreenPop::Flow { flow, flow_args } => json!({
            "type": "flow",
            "params": { "flowDevName": flow, "flowArgs": flow_args },
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
        "flow" => {
            let flow = text(params, "flowDevName", "params.flowDevName")?;
            Err(ContractError::no_flows(flow))
        }
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

/// Addresses of this console alone: a path, also in its old forms (`/003…`, `#/n/TAB`,
/// `#/sObject/003…/view`), or a page of the org (`/apex/NAME?…`).
fn url_path(url: &str, schema: &Schema) -> Result<String, ContractError> {
    let wrong = || ContractError::invalid_param("params.url", "A path of this console", url);
    let plain = |c: char| !c.is_control() && c != '\\';
    if url.len() > URL_LENGTH_MAX || url.starts_with("//") || !url.chars().all(plain) {
        return Err(wrong());
    }
    let old = url.strip_prefix("/one/one.app").unwrap_or(url);
    if let Some(old) = old.strip_prefix("#/") {
        return old_path(old, schema).ok_or_else(wrong);
    }
    if !url.starts_with('/') {
        return Err(wrong());
    }
    let path = url.split(['?', '#']).next().unwrap_or_default();
    if path.starts_with("/lightning/") {
        return Ok(url.to_owned());
    }
    if let Some(page) = path.strip_prefix("/apex/") {
        let known = is_page_name(page).then(|| url.to_owned());
        return known.ok_or_else(wrong);
    }
    record_path(path.trim_start_matches('/'), schema).map_err(|_| wrong())
}

/// The addresses of the platform's first Lightning console, behind their `#/`.
fn old_path(old: &str, schema: &Schema) -> Option<String> {
    let mut parts = old.split(['/', '?']);
    match (parts.next()?, parts.next()?) {
        ("n", tab) if is_page_name(tab) => Some(format!("/lightning/n/{tab}")),
        ("sObject", id) => record_path(id, schema).ok(),
        _ => None,
    }
}

/// Is this the name of a page, tab or flow, perhaps with a namespace?
pub fn is_page_name(name: &str) -> bool {
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (1..=PAGE_NAME_LENGTH_MAX).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(letters)
}

/// The page's address; what the adapter gave may not leave the query.
fn page_url(page: &str, query_params: &str) -> String {
    let given = query_params.trim_start_matches(['?', '&']);
    let harmless = |c: char| match c {
        '#' | '\\' | ' ' | '"' | '<' | '>' => encode(&c.to_string()),
        c if c.is_control() => encode(&c.to_string()),
        c => c.to_string(),
    };
    let query = given.chars().map(harmless).collect::<String>();
    if query.is_empty() {
        return format!("/apex/{page}");
    }
    format!("/apex/{page}?{query}")
}

/// Bytes of an address to pop.
const URL_LENGTH_MAX: usize = 8192;
/// The platform's own limit is 40, with a namespace of 15 and two underscores before it.
const PAGE_NAME_LENGTH_MAX: usize = 80;

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
