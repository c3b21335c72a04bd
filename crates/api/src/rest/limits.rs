//! `/limits`: what is counted and how much is left; nothing that is not counted. `recordCount`:
//! how many records there are.

use offhook_org::access::Operation;
use serde_json::{Value as Json, json};

use super::{Call, Reply, select};
use crate::error::ApiError;
use crate::{ApiState, now_ms};

/// Links of files are asked for by one file or record, so all of them are not counted.
const LINK: &str = "ContentDocumentLink";

/// Objects that one count may name.
const OBJECTS_MAX: usize = 100;

/// `/limits`.
pub(super) async fn limits(state: &ApiState) -> Result<Reply, ApiError> {
    let (store, now_ms) = (&state.store, now_ms());
    let limits = store.api_limits();
    let bulk = store.bulk_use(now_ms - DAY_MS).await?;
    let clients = state.settings.streaming.clients_max;
    let (clients, listening) = (count(clients), count(state.hub.clients(now_ms)));
    let entry = |max: u64, used: u64| json!({"Max": max, "Remaining": max.saturating_sub(used)});
    let requests = entry(limits.daily_requests_max, store.api_calls(now_ms));
    let events = entry(limits.hourly_events_max, store.events_published(now_ms));
    let storage = store.storage_totals(now_ms).await?;
    // What is left of the last megabyte is not told as a whole one.
    let megabytes = |max: u64, used: u64| {
        let left = max.saturating_sub(used) / MEGABYTE;
        json!({"Max": max / MEGABYTE, "Remaining": left})
    };
    Ok(Reply::ok(json!({
        "DataStorageMB": megabytes(storage.data_bytes_max, storage.data_bytes),
        "FileStorageMB": megabytes(storage.file_bytes_max, storage.file_bytes),
        "DailyApiRequests": requests,
        "DailyBulkApiBatches": entry(limits.daily_bulk_batches_max, bulk.batches),
        "DailyBulkV2QueryJobs": entry(limits.daily_query_jobs_max, bulk.query_jobs),
        "HourlyPublishedPlatformEvents": events,
        "StreamingApiConcurrentClients": entry(clients, listening),
    })))
}

const MEGABYTE: u64 = 1_024 * 1_024;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Refuses one more batch, or one more query job, beyond what a day takes.
pub(crate) async fn admit_bulk(state: &ApiState, is_query_job: bool) -> Result<(), ApiError> {
    let limits = state.store.api_limits();
    let used = state.store.bulk_use(now_ms() - DAY_MS).await?;
    let (used, max, what) = match is_query_job {
        true => (used.query_jobs, limits.daily_query_jobs_max, "query jobs"),
        false => (used.batches, limits.daily_bulk_batches_max, "batches"),
    };
    if used < max {
        return Ok(());
    }
    Err(ApiError::bad(
        "EXCEEDEDQUOTA",
        format!(
            "Exceeded the limit of {max} {what} in 24 hours. Wait, or delete jobs that are done"
        ),
    ))
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
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
        name != LINK
            && object.abilities.queryable
            && is_asked(name)
            && user.may(name, Operation::Read)
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
