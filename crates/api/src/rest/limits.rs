//! `/limits`: what is counted and how much is left; nothing that is not counted. `recordCount`:
//! how many records there are.

use offhook_org::access::Operation;
use serde_json::{Value as Json, json};

use super::{Call, Reply, select};
use crate::error::ApiError;
use crate::{ApiState, now_ms};

/// Objects that one count may name.
const OBJECTS_MAX: usize = 100;

/// `/limits`.
pub(super) fn limits(state: &ApiState) -> Reply {
    let max = state.store.api_limits().daily_requests_max;
    let used = state.store.api_calls(now_ms());
    Reply::ok(json!({
        "DailyApiRequests": {"Max": max, "Remaining": max.saturating_sub(used)},
    }))
}

/// `/limits/recordCount?sObjects=Account,Contact`: records that the user may see.
pub(super) async fn record_count(state: &ApiState, call: &Call) -> Result<Reply, ApiError> {
    let schema = state.store.schema();
    let user = &call.user.user;
    let asked = call.param("sObjects").unwrap_or_default();
    let asked: Vec<&str> = asked
        .split(',')
        .map(str::trim)
        .filter(|n| !n.is_empty())
        .collect();
    let is_asked =
        |name: &str| asked.is_empty() || asked.iter().any(|asked| asked.eq_ignore_ascii_case(name));
    let objects = schema.objects().iter().filter(|object| {
        let name = object.name.as_str();
        object.abilities.queryable && is_asked(name) && user.may(name, Operation::Read)
    });
    let mut counts: Vec<Json> = Vec::new();
    for object in objects.take(OBJECTS_MAX) {
        let name = &object.name;
        let soql = format!("SELECT COUNT() FROM {name}");
        let total = select::run(state, call, &soql, false).await?.total;
        counts.push(json!({"count": total, "name": name.as_str()}));
    }
    Ok(Reply::ok(json!({"sObjects": counts})))
}
