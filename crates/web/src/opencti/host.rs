//! `POST /host/call`: what stands behind each Open CTI method that the server answers. The
//! console's shell passes an adapter's message on and carries the answer back; the methods that
//! concern the console itself (panel, tabs, click-to-dial) end there.

use axum::Json as AsJson;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use offhook_org::access::{Operation, Permission};
use offhook_org::cti::contract::{ContractError, ContractErrorCode, Reply};
use offhook_org::cti::screen_pop::{ScreenPop, screen_pop_data, screen_pop_path};
use offhook_org::{RecordId, UserContext};
use offhook_store::StoreError;
use offhook_store::cti::StoredCallCenter;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::pop::{record_name, search_and_choose};
use super::pop_request::pop_request;
use super::run_apex::run_apex;
use super::save_log::{found, save_log};
use crate::AppState;
use crate::session::SignedIn;

/// The largest message of an adapter: a Task's Description has 32,000 characters, 255 times over.
const CALL_SIZE_MAX: usize = 1024 * 1024;

/// How deep the arguments of a method may be nested; the contract's own are 4 deep.
const ARGUMENT_DEPTH_MAX: usize = 16;

/// A call of a method.
#[derive(Debug, Deserialize)]
struct HostCall {
    method: String,
    #[serde(default)]
    args: Json,
}

/// The answer: the reply for the adapter, and what the console does beside it.
#[derive(Debug, Serialize)]
pub(super) struct Answer {
    pub(super) reply: Reply,
    /// Where the console goes.
    pub(super) navigate: Option<String>,
    /// The title of the tab that it goes to.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) title: String,
    /// For the adapter's developer: what was left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) warnings: Vec<String>,
}

impl Default for Answer {
    fn default() -> Self {
        Self {
            reply: Reply::success(Json::Null),
            navigate: None,
            title: String::new(),
            warnings: Vec::new(),
        }
    }
}

impl Answer {
    pub(super) fn giving(return_value: Json) -> Self {
        Self {
            reply: Reply::success(return_value),
            ..Self::default()
        }
    }

    fn failing(error: ContractError) -> Self {
        Self {
            reply: Reply::failure(error),
            ..Self::default()
        }
    }
}

/// Answers a call. Whatever the message holds, an adapter gets exactly one reply of the
/// documented shape.
pub(super) async fn call(State(state): State<AppState>, who: SignedIn, body: Bytes) -> Response {
    if body.len() > CALL_SIZE_MAX {
        let error = generic_error("The arguments of a method may have 1 MiB at most.");
        return (
            StatusCode::PAYLOAD_TOO_LARGE,
            AsJson(Answer::failing(error)),
        )
            .into_response();
    }
    let Ok(call) = serde_json::from_slice::<HostCall>(&body) else {
        let error = generic_error("JSON with a method and its args was expected.");
        return (StatusCode::BAD_REQUEST, AsJson(Answer::failing(error))).into_response();
    };
    let answer = match dispatch(&state, &who, call).await {
        Ok(answer) => answer,
        Err(error) => Answer::failing(error),
    };
    AsJson(answer).into_response()
}

async fn dispatch(
    state: &AppState,
    who: &SignedIn,
    call: HostCall,
) -> Result<Answer, ContractError> {
    let center = call_center(state, who).await?;
    if depth(&call.args) > ARGUMENT_DEPTH_MAX {
        let expected = format!("An object nested {ARGUMENT_DEPTH_MAX} deep at most");
        return Err(ContractError::invalid_param(
            "args",
            &expected,
            "a deeper one",
        ));
    }
    let args = match call.args {
        Json::Object(args) => args,
        Json::Null => Map::new(),
        other => {
            return Err(ContractError::invalid_param(
                "args",
                "An object",
                &found(Some(&other)),
            ));
        }
    };
    match call.method.as_str() {
        "getCallCenterSettings" => Ok(Answer::giving(Json::Object(
            center.definition.settings_map(),
        ))),
        "getSoftphoneLayout" => softphone_layout(state, &who.user).await,
        "searchAndScreenPop" => search_and_screen_pop(state, who, &args).await,
        "screenPop" => screen_pop(state, &who.user, &args).await,
        "saveLog" => save_log(state, who, &args).await,
        "runApex" => run_apex(state, &who.user, &args).await.map(Answer::giving),
        name if name.starts_with("classic.") => {
            super::classic::answer(state, who, &center, name, &args).await
        }
        other => Err(ContractError::not_built_yet(other)),
    }
}

/// The softphone of a user without CTI Access or call center is not there: nothing that its page
/// may still ask is answered.
async fn call_center(state: &AppState, who: &SignedIn) -> Result<StoredCallCenter, ContractError> {
    let center = state.store.call_center_of(who.user_id()).await;
    let center = center.map_err(|error| store_fault(&error))?;
    center
        .filter(|_| who.user.holds(Permission::CtiAccess))
        .ok_or_else(|| ContractError {
            code: ContractErrorCode::SoftphoneContainerError,
            description:
                "Unable to execute sendPostMessage because the softphone container hasn't \
                      initialized yet."
                    .to_owned(),
            details: Some(serde_json::json!({
                "message": "The user is in no call center, or the profile has no CTI Access."
            })),
        })
}

async fn softphone_layout(state: &AppState, user: &UserContext) -> Result<Answer, ContractError> {
    let layout = state.store.softphone_layout(&user.profile.name).await;
    let layout = layout.map_err(|error| store_fault(&error))?;
    Ok(Answer::giving(
        layout.to_contract(&state.store.schema(), user),
    ))
}

async fn search_and_screen_pop(
    state: &AppState,
    who: &SignedIn,
    args: &Map<String, Json>,
) -> Result<Answer, ContractError> {
    tracing::debug!(target: "offhook::milestone", "search");
    let request = pop_request(args)?;
    let popped = search_and_choose(state, &who.user, who.user_id(), &request).await;
    tracing::debug!(target: "offhook::milestone", "found");
    let popped = popped.map_err(|error| store_fault(&error))?;
    keep_trace(state, popped.trace);
    let data = screen_pop_data(&popped.decision.pop);
    let mut matches = popped.decision.matches;
    if request.deferred {
        matches.extend(data.map(|data| ("SCREEN_POP_DATA".to_owned(), data)));
        return Ok(Answer::giving(Json::Object(matches)));
    }
    if let ScreenPop::Flow { flow, .. } = &popped.decision.pop {
        return Err(ContractError::no_flows(flow));
    }
    let mut answer = Answer::giving(Json::Object(matches));
    if let Some(data) = data.as_ref().and_then(Json::as_object) {
        match screen_pop_path(data, &state.store.schema()) {
            Ok(path) => {
                answer.navigate = Some(path);
                answer.title = popped.title;
            }
            // The search is answered all the same: the match has no page, as users have none.
            Err(error) => answer.warnings.push(error.description),
        }
    }
    Ok(answer)
}

/// The trace is written beside the answer: a pop does not wait for it.
fn keep_trace(state: &AppState, trace: offhook_store::cti::PopTrace) {
    let store = state.store.clone();
    tokio::spawn(async move {
        if let Err(error) = store.put_pop_trace(&trace).await {
            tracing::warn!(%error, "the trace of a screen pop could not be kept");
        }
    });
}

async fn screen_pop(
    state: &AppState,
    user: &UserContext,
    args: &Map<String, Json>,
) -> Result<Answer, ContractError> {
    let schema = &state.store.schema();
    let path = screen_pop_path(args, schema)?;
    let kind = args
        .get("type")
        .and_then(Json::as_str)
        .unwrap_or("")
        .to_ascii_lowercase();
    let param = |name: &str| {
        args.get("params")
            .and_then(|p| p.get(name))
            .and_then(Json::as_str)
    };
    let title = match kind.as_str() {
        "sobject" => popped_record_name(state, user, param("recordId").unwrap_or("")).await?,
        "newrecord" => new_record_title(state, user, param("entityName").unwrap_or(""))?,
        "search" => param("searchString").unwrap_or("").to_owned(),
        _ => String::new(),
    };
    Ok(Answer {
        navigate: Some(path),
        title,
        ..Answer::default()
    })
}

/// The name of a record to pop; the same error for one that is not there and one that the user
/// may not see.
async fn popped_record_name(
    state: &AppState,
    user: &UserContext,
    text: &str,
) -> Result<String, ContractError> {
    let expected = "The id of a record that exists and that you may see";
    let missing = || ContractError::invalid_param("params.recordId", expected, text);
    let id = RecordId::parse(text).map_err(|_| missing())?;
    let record = state
        .store
        .record(user, &id)
        .await
        .map_err(|error| store_fault(&error))?;
    Ok(record_name(state, &record.ok_or_else(missing)?))
}

fn new_record_title(
    state: &AppState,
    user: &UserContext,
    name: &str,
) -> Result<String, ContractError> {
    let expected = "The API name of an object of which you may create records";
    state
        .store
        .schema()
        .object(name)
        .filter(|object| user.may(object.name.as_str(), Operation::Create))
        .map(|object| format!("New {}", object.label))
        .ok_or_else(|| ContractError::invalid_param("params.entityName", expected, name))
}

fn generic_error(message: &str) -> ContractError {
    ContractError {
        code: ContractErrorCode::GenericError,
        description: "An error occurred while calling the API method.".to_owned(),
        details: Some(serde_json::json!({ "message": message })),
    }
}

/// The world's fault: logged here, told in plain words.
pub(super) fn store_fault(error: &StoreError) -> ContractError {
    match error {
        StoreError::Busy(_) | StoreError::Deadlock(_) => {
            tracing::warn!(%error, "an Open CTI method met a busy database");
        }
        StoreError::Full(_) => {
            tracing::error!(%error, "an Open CTI method could not save");
            return ContractError::server_error(
                "The disk of the server is full. Nothing was saved; tell your administrator.",
            );
        }
        StoreError::Failed(_) | StoreError::Corrupt(_) | StoreError::BadQuery(_) => {
            tracing::error!(%error, "an Open CTI method failed");
        }
    }
    ContractError::server_error("The database did not answer. Try again in a moment.")
}

/// How deep a value is nested: 1 for a plain one.
fn depth(value: &Json) -> usize {
    let inner = match value {
        Json::Array(values) => values.iter().map(depth).max(),
        Json::Object(members) => members.values().map(depth).max(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => None,
    };
    1 + inner.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn depth_counts_every_level() {
        assert_eq!(depth(&json!(1)), 1);
        assert_eq!(depth(&json!({"a": [1, {"b": []}]})), 4);
    }
}
