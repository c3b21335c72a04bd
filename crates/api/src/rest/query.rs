//! Queries: a first page, the pages after it, what a query would cost, what its columns are.

use axum::http::HeaderMap;
use offhook_store::org::query::{BATCH_MAX, QueryPage};
use serde_json::{Value as Json, json};

use super::{Call, Reply, select};
use crate::ApiState;
use crate::error::ApiError;
use crate::json::Rendering;

/// Fewest rows that a client may ask to have on a page.
const BATCH_MIN: usize = 200;

/// `/query` and `/queryAll`.
pub(super) async fn first(
    state: &ApiState,
    call: &Call,
    all_rows: bool,
) -> Result<Reply, ApiError> {
    if let Some(soql) = call.param("explain") {
        return explain(state, call, soql).await;
    }
    let soql = call.param("q").ok_or_else(|| {
        ApiError::bad(
            "MALFORMED_QUERY",
            "A query string has to be specified: ?q=SELECT …",
        )
    })?;
    if call
        .param("columns")
        .is_some_and(|text| text.eq_ignore_ascii_case("true"))
    {
        let options = select::options(call, BATCH_MAX, all_rows);
        let columns = state.store.query_columns(&call.user.user, soql, options)?;
        return Ok(Reply::ok(written(&columns)));
    }
    if call.unit.is_some() && marks_records(soql) {
        return Err(ApiError::bad(
            "INVALID_INPUT",
            "FOR VIEW and FOR REFERENCE write, and are not for a composite with allOrNone",
        ));
    }
    let options = select::options(call, batch_size(&call.headers), all_rows);
    let found = select::run_with(state, call, soql, options).await?;
    Ok(page(state, call, &found))
}

/// `/query/{locator}`.
pub(super) async fn more(state: &ApiState, call: &Call, locator: &str) -> Result<Reply, ApiError> {
    let options = select::options(call, batch_size(&call.headers), false);
    let user = &call.user.user;
    let found = state.store.query_more(user, locator, options).await?;
    Ok(page(state, call, &found))
}

/// A page of rows.
pub(super) fn page(state: &ApiState, call: &Call, page: &QueryPage) -> Reply {
    let schema = state.store.schema();
    let root = call.root();
    let rendering = Rendering {
        schema: &schema,
        root: &root,
    };
    let mut body = json!({
        "totalSize": page.total,
        "done": page.locator.is_none(),
    });
    if let Some(locator) = &page.locator {
        body["nextRecordsUrl"] = json!(format!("{root}/query/{locator}"));
    }
    let rows = page.rows.iter();
    body["records"] = rows.map(|row| rendering.row(row)).collect();
    Reply::ok(body)
}

/// `Sforce-Query-Options: batchSize=1000`, kept within what there may be.
fn batch_size(headers: &HeaderMap) -> usize {
    let value = headers.get("sforce-query-options");
    let value = value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let size = value
        .split([',', ';'])
        .filter_map(|pair| pair.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("batchSize"))
        .and_then(|(_, size)| size.trim().parse::<usize>().ok());
    size.map_or(BATCH_MAX, |size| size.clamp(BATCH_MIN, BATCH_MAX))
}

/// Does the query note that its records were looked at?
fn marks_records(soql: &str) -> bool {
    let query = offhook_org::soql::parse(soql);
    query.is_ok_and(|query| !query.select.purposes.is_empty())
}

/// `?explain=`: how the database would run the query.
async fn explain(state: &ApiState, call: &Call, soql: &str) -> Result<Reply, ApiError> {
    let options = select::options(call, BATCH_MAX, false);
    let user = &call.user.user;
    let plans = state.store.explain_query(user, soql, options).await?;
    let mut body = written(&plans);
    body["sourceQuery"] = json!(soql);
    Ok(Reply::ok(body))
}

/// A description that cannot fail to be JSON.
fn written(description: &impl serde::Serialize) -> Json {
    serde_json::to_value(description).unwrap_or(Json::Null)
}
