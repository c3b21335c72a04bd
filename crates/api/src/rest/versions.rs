//! What there is: the list of versions, and the list of resources of one.

use serde_json::json;

use super::{Call, Reply};
use crate::ApiState;

/// Resources of a version that answer.
const RESOURCES: [&str; 16] = [
    "sobjects",
    "query",
    "queryAll",
    "search",
    "parameterizedSearch",
    "limits",
    "composite",
    "jobs",
    "tooling",
    "recent",
    "tabs",
    "theme",
    "quickActions",
    "actions",
    "process",
    "chatter",
];

/// `GET /services/data/vNN.0`: names of resources and their paths.
pub(super) fn resources(state: &ApiState, call: &Call) -> Reply {
    let root = call.root();
    let mut list = json!({});
    for name in RESOURCES {
        list[name] = json!(format!("{root}/{name}"));
    }
    let (org, user) = (state.store.org_id(), &call.user.session.user);
    list["identity"] = json!(format!("{}/id/{org}/{user}", call.base));
    Reply::ok(list)
}

/// `GET /jobs`: the two kinds of them.
pub(super) fn jobs(call: &Call) -> Reply {
    let root = format!("{}/jobs", call.root());
    Reply::ok(json!({
        "ingest": format!("{root}/ingest"),
        "query": format!("{root}/query"),
    }))
}
