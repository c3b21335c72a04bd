//! How much of anything a request may bring or ask for, and how many calls a day takes.

use axum::http::HeaderValue;
use offhook_store::usage::ApiUsage;

use crate::error::ApiError;
use crate::session::ApiUser;
use crate::{ApiState, now_ms};

/// Counts a call of this user; the refusal is there when the org's limit was reached before.
pub(crate) fn count_call(state: &ApiState, user: &ApiUser) -> (ApiUsage, Result<(), ApiError>) {
    let session = &user.session;
    let store = &state.store;
    let usage = store.count_api_call(&session.user, &session.app, now_ms());
    let admitted = match usage.is_over {
        false => Ok(()),
        true => Err(ApiError::forbidden(
            "REQUEST_LIMIT_EXCEEDED",
            "TotalRequests Limit exceeded. Wait, or ask an administrator to raise the limit of \
             API calls",
        )),
    };
    (usage, admitted)
}

/// The header that says it: `Sforce-Limit-Info: api-usage=18/15000`.
pub(crate) const LIMIT_INFO: &str = "sforce-limit-info";

/// Its value.
pub(crate) fn limit_info(usage: ApiUsage) -> HeaderValue {
    let text = format!("api-usage={}/{}", usage.org, usage.max);
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}

/// Bytes of a JSON, XML or form body, unpacked. The platform takes 50 MB over SOAP and less here.
pub(crate) const BODY_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Bytes of a JSON body with a file in base64: 37.5 MB of content, and the rest of the record.
pub(crate) const FILE_BODY_BYTES_MAX: usize = 52 * 1024 * 1024;

/// Records in one collection or tree.
pub(crate) const COLLECTION_MAX: usize = 200;

/// Records read by their ids in one request.
pub(crate) const RETRIEVE_MAX: usize = 2_000;

/// Requests in one composite or batch.
pub(crate) const COMPOSITE_MAX: usize = 25;

/// Of them, queries and collections.
pub(crate) const COMPOSITE_HEAVY_MAX: usize = 5;

/// Levels of a tree.
pub(crate) const TREE_LEVELS_MAX: usize = 5;

/// Objects in one tree.
pub(crate) const TREE_OBJECTS_MAX: usize = 5;

/// Graphs in one request.
pub(crate) const GRAPHS_MAX: usize = 75;

/// Requests in all graphs of one request.
pub(crate) const GRAPH_NODES_MAX: usize = 500;

/// Records that `updated` and `deleted` list.
pub(crate) const CHANGES_MAX: usize = 50_000;
