//! `/tooling`: what development tools ask. Apex does not run here, and says so.

use serde_json::{Value as Json, json};

use super::call::Content;
use super::{Call, Reply, columns, describe, query, select};
use crate::ApiState;
use crate::error::ApiError;

/// Types of development tools of which there are no records here.
const EMPTY_TYPES: [&str; 6] = [
    "ApexClass",
    "ApexTrigger",
    "ApexLog",
    "ApexPage",
    "ApexComponent",
    "TraceFlag",
];

/// Why nothing was run.
const NO_APEX: &str = "Apex does not run here. Use flows, validation rules or the API itself";

/// Everything below `/tooling`.
pub(super) async fn tooling(
    state: &ApiState,
    call: &Call,
    path: &[&str],
) -> Result<Reply, ApiError> {
    match path {
        [] => call.only_get(|| resources(call)),
        ["query"] => tooling_query(state, call).await,
        ["query", locator] => Ok(dressed(query::more(state, call, locator).await?, "")),
        ["sobjects"] => describe::global(state, call),
        ["sobjects", name, "describe"] => {
            let object = select::object_of(state, call, name)?;
            describe::object(state, call, &object)
        }
        ["executeAnonymous"] => call.only_get(|| {
            Reply::ok(json!({
                "line": 1,
                "column": 1,
                "compiled": false,
                "success": false,
                "compileProblem": NO_APEX,
                "exceptionStackTrace": null,
                "exceptionMessage": null,
            }))
        }),
        ["completions"] => call.only_get(|| Reply::ok(json!({"publicDeclarations": {}}))),
        ["runTestsSynchronous" | "runTestsAsynchronous"] => {
            Err(ApiError::bad("API_DISABLED_FOR_ORG", NO_APEX))
        }
        _ => Err(ApiError::not_found()),
    }
}

fn resources(call: &Call) -> Reply {
    let root = format!("{}/tooling", call.root());
    let mut list = json!({});
    for name in ["query", "sobjects", "executeAnonymous", "completions"] {
        list[name] = json!(format!("{root}/{name}"));
    }
    Reply::ok(list)
}

async fn tooling_query(state: &ApiState, call: &Call) -> Result<Reply, ApiError> {
    let soql = call.param("q").unwrap_or_default();
    let wants_columns = call.param("columns").is_some();
    let Ok(parsed) = offhook_org::soql::parse(soql) else {
        return query::first(state, call, false).await;
    };
    let from = parsed.select.from.path.text();
    let mut empty = EMPTY_TYPES.iter();
    if let Some(name) = empty.find(|name| name.eq_ignore_ascii_case(&from)) {
        if wants_columns {
            return Ok(Reply::ok(columns::of_empty(name, &parsed.select)));
        }
        let body = json!({"totalSize": 0, "done": true, "records": []});
        return Ok(dressed(Reply::ok(body), name));
    }
    let reply = query::first(state, call, false).await?;
    match wants_columns {
        true => Ok(reply),
        false => Ok(dressed(reply, &from)),
    }
}

/// A page of rows with what tools expect beside it.
fn dressed(mut reply: Reply, entity: &str) -> Reply {
    if let Content::Json(page) = &reply.body {
        let records = page["records"].clone();
        let mut body = json!({
            "size": records.as_array().map_or(0, Vec::len),
            "totalSize": page["totalSize"],
            "done": page["done"],
            "queryLocator": Json::Null,
            "entityTypeName": entity,
        });
        if let Some(next) = page.get("nextRecordsUrl") {
            body["nextRecordsUrl"] = next.clone();
        }
        body["records"] = records;
        reply.body = Content::Json(body);
    }
    reply
}
