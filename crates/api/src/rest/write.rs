//! The way of every resource that writes: through the store's one gate, alone or within the
//! transaction of a composite.

use axum::http::{HeaderMap, StatusCode};
use offhook_org::RecordId;
use offhook_org::save::{SaveError, SaveErrorCode, Strictness};
use offhook_store::org::{Outcome, Write, WriteOptions, Written};
use serde_json::{Value as Json, json};

use super::Call;
use crate::ApiState;
use crate::error::ApiError;
use crate::json::read_http_date;

/// Writes one record, for a resource that stands for it.
pub(crate) async fn one(state: &ApiState, call: &Call, write: Write) -> Result<Written, ApiError> {
    let outcomes = many(state, call, vec![write], false).await?;
    match outcomes.into_iter().next() {
        Some(Ok(written)) => Ok(written),
        Some(Err(errors)) => Err(refused(errors)),
        None => Err(ApiError::bad("UNKNOWN_EXCEPTION", "nothing was written")),
    }
}

/// Writes many and answers for each.
pub(crate) async fn many(
    state: &ApiState,
    call: &Call,
    writes: Vec<Write>,
    all_or_none: bool,
) -> Result<Vec<Outcome>, ApiError> {
    let options = options(call, all_or_none);
    if let Some(unit) = &call.unit {
        let mut unit = unit.lock().await;
        return Ok(unit.write(&call.user.user, &writes, &options).await?);
    }
    Ok(state.store.write(&call.user.user, writes, options).await?)
}

fn options(call: &Call, all_or_none: bool) -> WriteOptions {
    WriteOptions {
        all_or_none,
        strictness: Strictness::Strict,
        allow_truncation: false,
        unchanged_since: unchanged_since(&call.headers),
        client: client(call),
    }
}

/// Who writes: what the client calls itself, or its app.
fn client(call: &Call) -> String {
    let named = call
        .headers
        .get("sforce-call-options")
        .and_then(|value| value.to_str().ok())
        .into_iter()
        .flat_map(|value| value.split([',', ';']))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| name.eq_ignore_ascii_case("client"))
        .map(|(_, client)| client.trim().chars().take(80).collect());
    named.unwrap_or_else(|| call.user.session.app.clone())
}

/// `If-Unmodified-Since` has whole seconds; a change within that second is no later one.
/// `If-Match` has the moment that our own tags are made of.
fn unchanged_since(headers: &HeaderMap) -> Option<i64> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let by_tag = || super::conditions::moment_of_tag(text("if-match")?);
    let by_date = || Some(read_http_date(text("if-unmodified-since")?)? + 999);
    by_tag().or_else(by_date)
}

/// What the refusal of a resource's own record means over HTTP.
pub(crate) fn refused(errors: Vec<SaveError>) -> ApiError {
    let gone = errors.iter().find(|error| error.is_no_such_record());
    if let Some(gone) = gone {
        let mut error = ApiError::from(vec![gone.clone()]);
        error.status = StatusCode::NOT_FOUND;
        return error;
    }
    let changed = SaveErrorCode::EntityFailedIflastmodifiedOnUpdate;
    let stale = errors.iter().any(|error| error.status_code == changed);
    let mut error = ApiError::from(errors);
    if stale {
        error.status = StatusCode::PRECONDITION_FAILED;
    }
    error
}

/// The records that a key matches, when there are several.
pub(crate) fn several_matches(errors: &[SaveError]) -> Option<&[RecordId]> {
    errors
        .iter()
        .find(|error| error.status_code == SaveErrorCode::DuplicateExternalId)
        .map(|error| error.records.as_slice())
}

/// One row of a collection's answer. `created` is said of upserts only.
pub(crate) fn row(outcome: &Outcome, says_created: bool) -> Json {
    match outcome {
        Ok(written) => {
            let mut row = json!({"id": written.id.as_str(), "success": true});
            row["errors"] = enqueued(written);
            if says_created {
                row["created"] = json!(written.created);
            }
            row
        }
        Err(errors) => failed_row(&ApiError::from(errors.clone()), says_created),
    }
}

/// Of a platform event, that it waits to be delivered, and under which id; of a record nothing.
pub(crate) fn enqueued(written: &Written) -> Json {
    match &written.event_uuid {
        Some(uuid) => json!([{
            "statusCode": "OPERATION_ENQUEUED",
            "message": uuid,
            "fields": [],
        }]),
        None => json!([]),
    }
}

/// The row of a record that was not written.
pub(crate) fn failed_row(error: &ApiError, says_created: bool) -> Json {
    let mut row = json!({"success": false, "errors": error.rows()});
    if says_created {
        row["created"] = json!(false);
    }
    row
}
