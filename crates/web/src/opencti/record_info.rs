//! `POST /host/record`: what an adapter hears of a record when a page of the org, which knows the
//! id alone, has a number dialled.

use axum::Json;
use axum::extract::State;
use offhook_org::RecordId;
use serde::Deserialize;
use serde_json::{Value, json};

use super::pop::record_name;
use crate::AppState;
use crate::error::Failure;
use crate::session::SignedIn;

/// Which record.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    id: String,
}

/// Name and object of the record; `{}` for one that is not there and for one that the user may
/// not see.
pub(super) async fn record(
    State(state): State<AppState>,
    who: SignedIn,
    Json(asked): Json<Asked>,
) -> Result<Json<Value>, Failure> {
    let Ok(id) = RecordId::parse(&asked.id) else {
        return Ok(Json(json!({})));
    };
    let Some(record) = state.store.record(&who.user, &id).await? else {
        return Ok(Json(json!({})));
    };
    Ok(Json(json!({
        "recordId": record.id,
        "recordName": record_name(&state, &record),
        "objectType": record.object,
    })))
}
