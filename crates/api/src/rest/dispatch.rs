//! The table of resources: from method and path to the handler.

use super::{Call, Reply, versions};
use crate::ApiState;
use crate::error::ApiError;

/// Answers one call, whether it came by HTTP or out of a composite.
pub(crate) async fn dispatch(state: &ApiState, call: &Call) -> Result<Reply, ApiError> {
    let _ = state;
    let path = call.literals();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match path.as_slice() {
        [] => call.only_get(|| versions::resources(call)),
        _ => Err(ApiError::not_found()),
    }
}
