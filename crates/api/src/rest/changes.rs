//! What changed and what was deleted between two moments, for clients that keep copies.

use offhook_org::schema::Object;
use serde_json::{Value as Json, json};

use super::{Call, Reply, select};
use crate::error::ApiError;
use crate::json::{moment, read_moment};
use crate::limits::CHANGES_MAX;
use crate::{ApiState, now_ms};

/// `/sobjects/{S}/updated?start=&end=`.
pub(super) async fn updated(
    state: &ApiState,
    call: &Call,
    object: &Object,
) -> Result<Reply, ApiError> {
    let span = Span::read(call)?;
    let soql = format!("SELECT Id FROM {} WHERE {}", object.name, span.condition());
    let rows = select::run_to_end(state, call, &soql, false, CHANGES_MAX).await?;
    let ids: Json = rows
        .iter()
        .filter_map(|row| row.id.as_ref())
        .map(|id| json!(id.as_str()))
        .collect();
    Ok(Reply::ok(json!({
        "ids": ids,
        "latestDateCovered": moment(span.covered_ms()),
    })))
}

/// `/sobjects/{S}/deleted?start=&end=`. What the recycle bin no longer has is not listed, and
/// `earliestDateAvailable` says so.
pub(super) async fn deleted(
    state: &ApiState,
    call: &Call,
    object: &Object,
) -> Result<Reply, ApiError> {
    let span = Span::read(call)?;
    let soql = format!(
        "SELECT Id, SystemModstamp FROM {} WHERE IsDeleted = true AND {}",
        object.name,
        span.condition()
    );
    let rows = select::run_to_end(state, call, &soql, true, CHANGES_MAX).await?;
    let records: Json = rows
        .iter()
        .filter_map(|row| {
            let deleted_ms = select::moment_in(row, "SystemModstamp")?;
            let id = row.id.as_ref()?.as_str();
            Some(json!({"id": id, "deletedDate": moment(deleted_ms)}))
        })
        .collect();
    Ok(Reply::ok(json!({
        "deletedRecords": records,
        "earliestDateAvailable": moment(span.start_ms.min(now_ms())),
        "latestDateCovered": moment(span.covered_ms()),
    })))
}

/// From the first moment to before the last.
struct Span {
    start_ms: i64,
    end_ms: i64,
}

impl Span {
    fn read(call: &Call) -> Result<Self, ApiError> {
        let read = |name: &'static str| {
            let text = call.param(name).ok_or_else(|| {
                ApiError::bad("MISSING_ARGUMENT", format!("{name} not specified"))
            })?;
            read_moment(text).ok_or_else(|| {
                ApiError::bad(
                    "INVALID_REPLICATION_DATE",
                    format!("{name} is no time like 2026-01-01T00:00:00Z"),
                )
            })
        };
        let span = Self {
            start_ms: read("start")?,
            end_ms: read("end")?,
        };
        match span.start_ms < span.end_ms {
            true => Ok(span),
            false => Err(ApiError::bad(
                "INVALID_REPLICATION_DATE",
                "start must be before end",
            )),
        }
    }

    fn condition(&self) -> String {
        let text = |ms| moment(ms).replace("+0000", "Z");
        format!(
            "SystemModstamp >= {} AND SystemModstamp < {}",
            text(self.start_ms),
            text(self.end_ms)
        )
    }

    /// Nothing is said of the future.
    fn covered_ms(&self) -> i64 {
        self.end_ms.min(now_ms())
    }
}
