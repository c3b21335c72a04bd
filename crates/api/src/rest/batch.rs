//! `POST /composite/batch`: requests that have nothing to do with each other.

use axum::http::StatusCode;
use serde_json::{Value as Json, json};

use super::body::text_of;
use super::call::refusal;
use super::composite::{array, method_of, missing, over, sub_call};
use super::dispatch::checked;
use super::{Call, Reply};
use crate::ApiState;
use crate::error::ApiError;
use crate::limits::COMPOSITE_MAX;

/// Runs the requests one after the other.
pub(super) async fn batch(state: &ApiState, call: &Call) -> Result<Reply, ApiError> {
    let request = call.json()?;
    let requests = array(&request, "batchRequests")?;
    if requests.len() > COMPOSITE_MAX {
        return Err(over("requests in a batch", COMPOSITE_MAX));
    }
    let halts = matches!(request.get("haltOnError"), Some(Json::Bool(true)));
    let mut has_errors = false;
    let mut results = Vec::with_capacity(requests.len());
    for request in requests {
        if has_errors && halts {
            results.push(halted());
            continue;
        }
        let reply = match one(state, call, request).await {
            Ok(reply) => reply,
            Err(error) => refusal(&error),
        };
        has_errors |= reply.status.as_u16() >= 400;
        let (status, result) = (reply.status.as_u16(), reply.body.into_json());
        results.push(json!({"statusCode": status, "result": result}));
    }
    Ok(Reply::ok(
        json!({"hasErrors": has_errors, "results": results}),
    ))
}

fn halted() -> Json {
    let error = ApiError::new(
        StatusCode::PRECONDITION_FAILED,
        "BATCH_PROCESSING_HALTED",
        "Batch processing halted per request",
    );
    json!({"statusCode": error.status.as_u16(), "result": error.body()})
}

async fn one(state: &ApiState, call: &Call, request: &Json) -> Result<Reply, ApiError> {
    let method = method_of(request)?;
    let url = text_of(request, "url").ok_or_else(|| missing("url"))?;
    let url = match url.trim_start_matches('/') {
        full if full.starts_with("services/data/") => format!("/{full}"),
        short => format!("/services/data/{short}"),
    };
    let body = match request.get("richInput") {
        None | Some(Json::Null) => Vec::new(),
        Some(body) => body.to_string().into_bytes(),
    };
    let sub = sub_call(call, &method, &url, &Json::Null, body)?;
    // The table of resources is walked from within itself.
    Box::pin(checked(state, &sub)).await
}
