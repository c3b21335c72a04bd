//! Searches by text: SOSL, and the form that is put together from parameters.

use axum::http::Method;
use offhook_org::soql::result::ResultRow;
use offhook_org::sosl::parameterized::{ParameterizedSearch, SearchedObject};
use offhook_store::org::query::BATCH_MAX;
use serde_json::{Value as Json, json};

use super::{Call, Reply, select};
use crate::ApiState;
use crate::error::ApiError;
use crate::json::Rendering;

/// Before this version a search answers with a bare array.
const NAMES_RECORDS: u16 = 37;

/// `/search?q=FIND …`.
pub(super) async fn sosl(state: &ApiState, call: &Call) -> Result<Reply, ApiError> {
    let sosl = call.param("q").ok_or_else(|| {
        ApiError::bad(
            "MALFORMED_SEARCH",
            "No search term found: ?q=FIND {…} IN ALL FIELDS …",
        )
    })?;
    let options = select::options(call, BATCH_MAX, false);
    let found = state.store.search(&call.user.user, sosl, options).await?;
    let records = records(state, call, &found);
    Ok(Reply::ok(match call.user.version.major() < NAMES_RECORDS {
        true => records,
        false => json!({"searchRecords": records}),
    }))
}

/// `/parameterizedSearch`, by POST or GET.
pub(super) async fn parameterized(state: &ApiState, call: &Call) -> Result<Reply, ApiError> {
    let search = match call.method {
        Method::GET | Method::HEAD => from_query(call),
        Method::POST => serde_json::from_value(call.json()?).map_err(|error| {
            ApiError::bad(
                "JSON_PARSER_ERROR",
                format!("Cannot deserialize the search: {error}"),
            )
        })?,
        _ => return Err(ApiError::method_not_allowed("GET, HEAD, POST")),
    };
    let options = select::options(call, BATCH_MAX, false);
    let user = &call.user.user;
    let found = state.store.search_parameterized(user, &search, options);
    let records = records(state, call, &found.await?);
    Ok(Reply::ok(json!({"searchRecords": records})))
}

fn records(state: &ApiState, call: &Call, found: &[ResultRow]) -> Json {
    let schema = state.store.schema();
    let root = call.root();
    let rendering = Rendering {
        schema: &schema,
        root: &root,
    };
    found.iter().map(|row| rendering.row(row)).collect()
}

/// `?q=…&in=PHONE&fields=Id&sobject=Contact,Lead&Contact.fields=Id,Name&Contact.limit=5`.
fn from_query(call: &Call) -> ParameterizedSearch {
    let text = |name: &str| call.param(name).map(ToOwned::to_owned);
    let number = |name: &str| call.param(name)?.parse().ok();
    let list = |name: &str| -> Vec<String> {
        let parts = call.param(name).unwrap_or_default().split(',');
        let parts = parts.map(str::trim).filter(|part| !part.is_empty());
        parts.map(ToOwned::to_owned).collect()
    };
    let object = |name: String| SearchedObject {
        fields: list(&format!("{name}.fields")),
        condition: text(&format!("{name}.where")),
        order_by: text(&format!("{name}.orderBy")),
        limit: number(&format!("{name}.limit")),
        name,
    };
    ParameterizedSearch {
        q: text("q").unwrap_or_default(),
        fields: list("fields"),
        sobjects: list("sobject").into_iter().map(object).collect(),
        group: text("in"),
        overall_limit: number("overallLimit"),
        default_limit: number("defaultLimit"),
        offset: number("offset"),
        spell_correction: None,
    }
}
