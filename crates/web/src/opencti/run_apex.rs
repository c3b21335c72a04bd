//! `runApex`: an adapter calls a method of a server script by the names of class and method.

use offhook_org::UserContext;
use offhook_org::cti::contract::{ContractError, ContractErrorCode};
use offhook_script::{Call, RunError, ScriptError, read_params};
use serde_json::{Map, Value as Json, json};

use super::save_log::found;
use crate::AppState;

/// `{"runApex": …}` with what the method returned: a text, or a record as an object.
pub(super) async fn run_apex(
    state: &AppState,
    user: &UserContext,
    args: &Map<String, Json>,
) -> Result<Json, ContractError> {
    let call = Call {
        class: name(args, "apexClass", "The name of a class")?,
        method: name(args, "methodName", "The name of a method")?,
        params: read_params(args.get("methodParams")).map_err(|expected| {
            let given = found(args.get("methodParams"));
            ContractError::invalid_param("methodParams", &expected, &given)
        })?,
        door: "runApex",
        keeps_writes: true,
    };
    let (class, method) = (call.class.clone(), call.method.clone());
    let ran = state.scripts.call(user, call).await;
    let result = ran.result.map_err(|error| failure(&class, &method, &error));
    result.map(|value| json!({ "runApex": value }))
}

fn name(args: &Map<String, Json>, key: &str, expected: &str) -> Result<String, ContractError> {
    match args.get(key) {
        Some(Json::String(name)) if !name.trim().is_empty() => Ok(name.trim().to_owned()),
        other => Err(ContractError::invalid_param(key, expected, &found(other))),
    }
}

/// The documented answer for a class that is not there; everything else is the server's problem,
/// with a sentence for the adapter's developer.
fn failure(class: &str, method: &str, error: &RunError) -> ContractError {
    match error {
        RunError::NoClass(_) => ContractError {
            code: ContractErrorCode::ServerError,
            description: format!("Could not load Apex class: {class}."),
            details: None,
        },
        RunError::Script(ScriptError::NoMethod(_)) => {
            let message = format!(
                "The class {class} has no method {method}: a method is a function that the \
                 script exports."
            );
            ContractError::server_error(&message)
        }
        RunError::Script(ScriptError::Thrown { message, place }) => {
            let place = place.map_or_else(String::new, |(line, column)| {
                format!(" (line {line}, column {column})")
            });
            ContractError::server_error(&format!("{class}.{method}: {message}{place}"))
        }
        RunError::Script(error) => {
            ContractError::server_error(&format!("{class}.{method}: {error}"))
        }
    }
}
