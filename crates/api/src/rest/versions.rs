//! What there is: the list of versions, and the list of resources of one.

use serde_json::json;

use super::{Call, Reply};

/// Resources of a version that answer.
const RESOURCES: [&str; 1] = ["limits"];

/// `GET /services/data/vNN.0`: names of resources and their paths.
pub(super) fn resources(call: &Call) -> Reply {
    let root = call.root();
    let mut list = json!({});
    for name in RESOURCES {
        list[name] = json!(format!("{root}/{name}"));
    }
    Reply::ok(list)
}
