//! Requests in a request: composites, whose parts may use each other's answers, and graphs of
//! them. Parts go through the table of resources as they are, for the same user; with `allOrNone`
//! they share one transaction.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::{Value as Json, json};
use tokio::sync::Mutex;

use super::body::{self, shortened, text_of};
use super::call::refusal;
use super::dispatch::checked;
use super::references::Answers;
use super::{Call, Reply};
use crate::ApiState;
use crate::door::{Segment, normalised};
use crate::error::ApiError;
use crate::limits::{COMPOSITE_HEAVY_MAX, COMPOSITE_MAX, GRAPH_NODES_MAX, GRAPHS_MAX};
use crate::version::ApiVersion;

/// Resources that hold requests themselves.
const NESTING: [&str; 3] = ["batch", "graph", "tree"];

/// One request of a composite, still with its references.
struct Part {
    method: Method,
    url: String,
    reference_id: String,
    body: Json,
    headers: Json,
}

/// `GET /composite`: what there is below it.
pub(super) fn resources(call: &Call) -> Reply {
    let root = format!("{}/composite", call.root());
    Reply::ok(json!({
        "tree": format!("{root}/tree"),
        "batch": format!("{root}/batch"),
        "sobjects": format!("{root}/sobjects"),
        "graph": format!("{root}/graph"),
    }))
}

/// `POST /composite`.
pub(super) async fn composite(state: &ApiState, call: &Call) -> Result<Reply, ApiError> {
    let request = call.json()?;
    let parts = parts_of(&request)?;
    if parts.len() > COMPOSITE_MAX {
        return Err(over("operations in a composite request", COMPOSITE_MAX));
    }
    let heavy = parts.iter().filter(|part| is_heavy(part)).count();
    if heavy > COMPOSITE_HEAVY_MAX {
        return Err(over(
            "queries and collections in a composite request",
            COMPOSITE_HEAVY_MAX,
        ));
    }
    let all_or_none = matches!(request.get("allOrNone"), Some(Json::Bool(true)));
    let (answers, _) = run(state, call, &parts, all_or_none).await?;
    Ok(Reply::ok(json!({"compositeResponse": answers})))
}

/// `POST /composite/graph`: each graph is written as a whole, or not at all.
pub(super) async fn graph(state: &ApiState, call: &Call) -> Result<Reply, ApiError> {
    let request = call.json()?;
    let graphs = array(&request, "graphs")?;
    if graphs.len() > GRAPHS_MAX {
        return Err(over("graphs in a request", GRAPHS_MAX));
    }
    let mut read = Vec::with_capacity(graphs.len());
    let mut ids = BTreeSet::new();
    let mut nodes = 0;
    for graph in graphs {
        let id = text_of(graph, "graphId").unwrap_or_default();
        if id.is_empty() || !ids.insert(id.clone()) {
            let words = format!("each graph needs a graphId of its own: {}", shortened(&id));
            return Err(ApiError::bad("INVALID_INPUT", words));
        }
        let parts = parts_of(graph)?;
        nodes += parts.len();
        read.push((id, parts));
    }
    if nodes > GRAPH_NODES_MAX {
        return Err(over("nodes in a graph request", GRAPH_NODES_MAX));
    }
    let mut answers = Vec::with_capacity(read.len());
    for (id, parts) in read {
        let (parts, is_successful) = run(state, call, &parts, true).await?;
        answers.push(json!({
            "graphId": id,
            "graphResponse": {"compositeResponse": parts},
            "isSuccessful": is_successful,
        }));
    }
    Ok(Reply::ok(json!({"graphs": answers})))
}

/// Runs the parts in order. With `all_or_none`, in one transaction that ends with the first
/// failure.
async fn run(
    state: &ApiState,
    call: &Call,
    parts: &[Part],
    all_or_none: bool,
) -> Result<(Vec<Json>, bool), ApiError> {
    let mut within = call.clone();
    if !all_or_none {
        let (rows, _) = attempt(state, &within, parts).await;
        let is_success = |row: &Json| row["httpStatusCode"].as_u64() < Some(300);
        let is_successful = rows.iter().all(is_success);
        return Ok((rows, is_successful));
    }
    let mut unit = state.store.begin_writes().await?;
    loop {
        let shared = Arc::new(Mutex::new(unit));
        within.unit = Some(shared.clone());
        let (rows, failed) = attempt(state, &within, parts).await;
        within.unit = None;
        // Every part has given its share back.
        let own = Arc::into_inner(shared).map(Mutex::into_inner);
        let Some(failed) = failed else {
            if let Some(own) = own {
                own.commit().await?;
            }
            return Ok((rows, true));
        };
        // Dropped without a commit, the unit leaves nothing behind.
        let again = match own {
            Some(own) => own.begin_again().await?,
            None => None,
        };
        match again {
            Some(again) => unit = again,
            None => return Ok((rolled_back(parts, rows, failed), false)),
        }
    }
}

/// Runs the parts once. In a transaction, the first failure ends it, and is named by its place.
async fn attempt(state: &ApiState, within: &Call, parts: &[Part]) -> (Vec<Json>, Option<usize>) {
    let mut answers = Answers::default();
    let mut rows: Vec<Json> = Vec::with_capacity(parts.len());
    for (place, part) in parts.iter().enumerate() {
        let reply = match one(state, within, part, &answers).await {
            Ok(reply) => reply,
            Err(error) => refusal(&error),
        };
        let is_failure = !reply.status.is_success();
        let body = reply.body.into_json();
        answers.keep(&part.reference_id, reply.status, body.clone());
        rows.push(row(part, reply.status, &reply.headers, body));
        if within.unit.is_some() && is_failure {
            return (rows, Some(place));
        }
    }
    (rows, None)
}

/// The failure as it is; for every other part, that it did not happen.
fn rolled_back(parts: &[Part], rows: Vec<Json>, failed: usize) -> Vec<Json> {
    let error = ApiError::bad(
        "PROCESSING_HALTED",
        "The transaction was rolled back since another operation in the same transaction failed.",
    );
    let mut rows = rows.into_iter();
    let answers = parts.iter().enumerate().map(|(place, part)| {
        let own = rows.next().unwrap_or(Json::Null);
        match place == failed {
            true => own,
            false => row(part, error.status, &HeaderMap::new(), error.body()),
        }
    });
    answers.collect()
}

fn row(part: &Part, status: StatusCode, headers: &HeaderMap, body: Json) -> Json {
    let mut shown = json!({});
    for name in ["Location", "ETag", "Last-Modified"] {
        if let Some(value) = headers.get(name).and_then(|value| value.to_str().ok()) {
            shown[name] = json!(value);
        }
    }
    json!({
        "body": body,
        "httpHeaders": shown,
        "httpStatusCode": status.as_u16(),
        "referenceId": part.reference_id,
    })
}

async fn one(
    state: &ApiState,
    call: &Call,
    part: &Part,
    answers: &Answers,
) -> Result<Reply, ApiError> {
    let url = answers.in_text(&part.url)?;
    let headers = answers.in_json(&part.headers)?;
    let body = match &part.body {
        Json::Null => Vec::new(),
        body => answers.in_json(body)?.to_string().into_bytes(),
    };
    let sub = sub_call(call, &part.method, &url, &headers, body)?;
    // The table of resources is walked from within itself.
    Box::pin(checked(state, &sub)).await
}

/// A call of a part: its own path, headers and body, the user and transaction of the whole.
pub(super) fn sub_call(
    call: &Call,
    method: &Method,
    url: &str,
    headers: &Json,
    body: Vec<u8>,
) -> Result<Call, ApiError> {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let path = Segment::of(&normalised(path));
    let names: Vec<String> = path.iter().map(Segment::literal).collect();
    let version = match names.as_slice() {
        [services, data, version, ..] if services == "services" && data == "data" => {
            ApiVersion::parse(version)?
        }
        _ => {
            return Err(ApiError::bad(
                "INVALID_INPUT",
                format!(
                    "the url of a part begins with {}/, this one is {}",
                    call.root(),
                    shortened(url)
                ),
            ));
        }
    };
    let is_nested = matches!(names.get(3).map(String::as_str), Some("composite"))
        && names
            .get(4)
            .is_none_or(|name| NESTING.contains(&name.as_str()));
    if is_nested || matches!(names.get(3).map(String::as_str), Some("jobs")) {
        return Err(ApiError::bad(
            "INVALID_INPUT",
            "composites, trees, graphs, batches and jobs cannot be parts of a composite",
        ));
    }
    let mut sub = call.clone();
    sub.method = method.clone();
    sub.path = path.get(3..).unwrap_or_default().to_vec();
    sub.query = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    sub.user.version = version;
    sub.body = body.into();
    sub.headers = sub_headers(call, headers);
    Ok(sub)
}

/// Of the whole: who asks and how. Of the part: its own conditions and options.
fn sub_headers(call: &Call, own: &Json) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in &call.headers {
        if name.as_str().starts_with("sforce-") {
            headers.insert(name.clone(), value.clone());
        }
    }
    for (name, value) in own.as_object().into_iter().flatten() {
        let name = HeaderName::from_bytes(name.as_bytes());
        let value = value.as_str().map(HeaderValue::from_str);
        if let (Ok(name), Some(Ok(value))) = (name, value) {
            headers.insert(name, value);
        }
    }
    headers
}

fn parts_of(request: &Json) -> Result<Vec<Part>, ApiError> {
    let mut parts = Vec::new();
    let mut ids = BTreeSet::new();
    for part in array(request, "compositeRequest")? {
        let reference_id = text_of(part, "referenceId").unwrap_or_default();
        let is_name = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        let starts_well = reference_id.starts_with(|c: char| c.is_ascii_alphanumeric());
        if !starts_well || !reference_id.bytes().all(is_name) {
            return Err(ApiError::bad(
                "INVALID_INPUT",
                format!(
                    "Provided referenceId ('{}') must start with a letter or a number, and it \
                     can contain only letters, numbers and underscores ('_').",
                    shortened(&reference_id)
                ),
            ));
        }
        if !ids.insert(reference_id.clone()) {
            return Err(ApiError::bad(
                "INVALID_INPUT",
                format!(
                    "Duplicate ReferenceId provided ( {} ). ReferenceId should be unique.",
                    shortened(&reference_id)
                ),
            ));
        }
        parts.push(Part {
            method: method_of(part)?,
            url: text_of(part, "url").ok_or_else(|| missing("url"))?,
            reference_id,
            body: part.get("body").cloned().unwrap_or(Json::Null),
            headers: part.get("httpHeaders").cloned().unwrap_or(Json::Null),
        });
    }
    Ok(parts)
}

/// The method of a part.
pub(super) fn method_of(part: &Json) -> Result<Method, ApiError> {
    let name = text_of(part, "method").ok_or_else(|| missing("method"))?;
    match name.to_ascii_uppercase().as_str() {
        "GET" => Ok(Method::GET),
        "POST" => Ok(Method::POST),
        "PATCH" => Ok(Method::PATCH),
        "PUT" => Ok(Method::PUT),
        "DELETE" => Ok(Method::DELETE),
        "HEAD" => Ok(Method::HEAD),
        _ => Err(ApiError::bad(
            "INVALID_INPUT",
            format!("{} is no method of a part", shortened(&name)),
        )),
    }
}

/// A member that must be an array.
pub(super) fn array<'a>(request: &'a Json, name: &str) -> Result<&'a Vec<Json>, ApiError> {
    match request.get(name) {
        Some(Json::Array(items)) => Ok(items),
        Some(other) => Err(body::unexpected(&format!("an array of {name}"), other)),
        None => Err(missing(name)),
    }
}

pub(super) fn missing(name: &str) -> ApiError {
    ApiError::bad("MISSING_ARGUMENT", format!("{name} not specified"))
}

/// Too many of something.
pub(super) fn over(what: &str, max: usize) -> ApiError {
    ApiError::bad(
        "LIMIT_EXCEEDED",
        format!("Limit of {max} reached for {what}. Send them in several requests"),
    )
}

/// Does the part search through records?
fn is_heavy(part: &Part) -> bool {
    let path = part.url.split('?').next().unwrap_or_default();
    let names: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
    match names.get(3..) {
        Some([resource, ..]) if *resource == "query" || *resource == "queryAll" => true,
        Some(["composite", "sobjects", ..]) => true,
        _ => false,
    }
}
