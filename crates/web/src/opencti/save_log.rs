//! `saveLog`: creates or changes a record as an adapter says. A Task that carries the key of a
//! call goes through the outbox, the only writer of call logs, whoever asks and how often.

use offhook_calls::LogKey;
use offhook_calls::link::Up;
use offhook_org::cti::call_log::CALL_KEY_FIELD;
use offhook_org::cti::contract::{ContractError, Reply};
use offhook_org::save::{Prepared, Strictness, fields_from_json};
use offhook_org::schema::{Field, Object};
use offhook_org::{ObjectName, RecordId};
use offhook_store::error::SaveFailure;
use serde_json::{Map, Value as Json, json};

use super::host::{Answer, store_fault};
use crate::AppState;
use crate::session::SignedIn;

/// Carries the method out.
pub(super) async fn save_log(
    state: &AppState,
    who: &SignedIn,
    args: &Map<String, Json>,
) -> Result<Answer, ContractError> {
    let Some(value) = args.get("object").and_then(Json::as_object) else {
        return Err(ContractError::invalid_param(
            "value object",
            "An object with entityApiName or Id",
            &found(args.get("object")),
        ));
    };
    let mut value = value.clone();
    let id = take(&mut value, "Id").filter(|id| !id.is_null() && id.as_str() != Some(""));
    let entity = take(&mut value, "entityApiName").filter(|entity| !entity.is_null());
    let key = take(&mut value, CALL_KEY_FIELD).filter(|key| !key.is_null());
    match (id, entity) {
        (Some(id), _) => update(state, who, &id, &value, key.is_some()).await,
        (None, Some(entity)) => create(state, who, &entity, &value, key).await,
        (None, None) => Err(ContractError::invalid_param(
            "entityApiName",
            "The API name of an object, or the Id of a record,",
            "undefined",
        )),
    }
}

/// Takes a member out, its name in any case.
fn take(value: &mut Map<String, Json>, name: &str) -> Option<Json> {
    let spelt = value
        .keys()
        .find(|key| key.eq_ignore_ascii_case(name))?
        .clone();
    value.shift_remove(&spelt)
}

async fn update(
    state: &AppState,
    who: &SignedIn,
    id: &Json,
    value: &Map<String, Json>,
    has_key: bool,
) -> Result<Answer, ContractError> {
    let malformed = || ContractError::invalid_param("Id", "A record id", &found(Some(id)));
    let id = id
        .as_str()
        .and_then(|text| RecordId::parse(text).ok())
        .ok_or_else(malformed)?;
    let schema = state.store.schema();
    let object = schema.object_of(&id).ok_or_else(malformed)?;
    let mut prepared = prepared(object, value)?;
    leave_out(&mut prepared, object, |field| {
        field.updateable
            && who
                .user
                .may_write_field(object.name.as_str(), field.name.as_str())
    });
    if has_key {
        // Whose log a Task is was settled when it was made.
        prepared.warnings.push(format!(
            "{CALL_KEY_FIELD} cannot be changed and was left out."
        ));
    }
    let store = &state.store;
    let changed = store.update(
        &who.user,
        &id,
        &prepared.fields,
        Strictness::Compatible,
        None,
    );
    changed.await.map_err(|failure| refusal(failure, object))?;
    Ok(saved(&id, prepared.warnings))
}

async fn create(
    state: &AppState,
    who: &SignedIn,
    entity: &Json,
    value: &Map<String, Json>,
    key: Option<Json>,
) -> Result<Answer, ContractError> {
    let unknown = || {
        let expected = "The API name of an object of this org";
        ContractError::invalid_param("entityApiName", expected, &found(Some(entity)))
    };
    let schema = state.store.schema();
    let object = entity
        .as_str()
        .and_then(|name| schema.object(name))
        .ok_or_else(unknown)?;
    let mut prepared = prepared(object, value)?;
    leave_out(&mut prepared, object, |field| {
        field.createable
            && who
                .user
                .may_write_field(object.name.as_str(), field.name.as_str())
    });
    match key {
        Some(key) if object.name == ObjectName::new("Task") => {
            let task = log_call(state, who, object, &key, &prepared).await?;
            Ok(saved(&task, prepared.warnings))
        }
        other => {
            if other.is_some() {
                let name = &object.name;
                prepared
                    .warnings
                    .push(format!("{name} has no {CALL_KEY_FIELD}: left out."));
            }
            let fields = &prepared.fields;
            let made = state
                .store
                .create(&who.user, &object.name, fields, Strictness::Compatible);
            let id = made.await.map_err(|failure| refusal(failure, object))?;
            Ok(saved(&id, prepared.warnings))
        }
    }
}

/// The log of a call of ours: one Task for each key, however often and late it is saved.
async fn log_call(
    state: &AppState,
    who: &SignedIn,
    task: &Object,
    key: &Json,
    prepared: &Prepared,
) -> Result<RecordId, ContractError> {
    let refused =
        |expected: &str| ContractError::invalid_param(CALL_KEY_FIELD, expected, &found(Some(key)));
    let key = key.as_str().and_then(LogKey::parse);
    let key = key.ok_or_else(|| refused("A key of the form CALL_ID:USER_ID"))?;
    let owner = RecordId::parse(key.agent.as_str()).ok();
    if owner.as_ref() != Some(who.user_id()) {
        return Err(refused("The key of a call of your own"));
    }
    let key = LogKey {
        call: key.call,
        agent: offhook_calls::AgentId::new(who.user_id().as_str()),
    };
    let call = state
        .store
        .call(&key.call)
        .await
        .map_err(|error| store_fault(&error))?;
    let call = call.ok_or_else(|| refused("The key of a call that took place"))?;
    if call.agent.as_ref().is_some_and(|agent| *agent != key.agent) {
        return Err(refused("The key of a call of your own"));
    }
    let logged = state
        .store
        .save_call_log(&who.user, &key, &prepared.fields, true)
        .await;
    let logged = logged.map_err(|failure| refusal(failure, task))?;
    let told = Up::Logged {
        call: key.call,
        agent: key.agent,
        task: logged.task.as_str().to_owned(),
    };
    if state.up.send(told).await.is_err() {
        // The Task is durable; a telephone that starts again reads it from there.
        tracing::warn!("a call was logged, and the telephone has ended");
    }
    Ok(logged.task)
}

fn prepared(object: &Object, value: &Map<String, Json>) -> Result<Prepared, ContractError> {
    fields_from_json(object, value, Strictness::Compatible)
        .map_err(|errors| ContractError::refused_save(&errors, object))
}

/// Leaves out the fields that may not be set, and says so: the store would leave them out in
/// silence, and an adapter's developer would look for the value in vain.
fn leave_out(prepared: &mut Prepared, object: &Object, may_set: impl Fn(&Field) -> bool) {
    prepared.fields.retain(|name, _| {
        let kept = object.field(name.as_str()).is_none_or(&may_set);
        if !kept {
            let warning = format!("{name} cannot be set by this user and was left out.");
            prepared.warnings.push(warning);
        }
        kept
    });
}

/// Adapters read `returnValue.recordId`.
fn saved(id: &RecordId, warnings: Vec<String>) -> Answer {
    Answer {
        reply: Reply::success(json!({ "recordId": id.as_str() })),
        warnings,
        ..Answer::default()
    }
}

fn refusal(failure: SaveFailure, object: &Object) -> ContractError {
    match failure {
        SaveFailure::Refused(errors) => ContractError::refused_save(&errors, object),
        SaveFailure::NotFound | SaveFailure::Changed { .. } => {
            ContractError::server_error(&failure.to_string())
        }
        SaveFailure::Store(error) => store_fault(&error),
    }
}

/// What was found in a parameter's place, for the error's text.
pub(super) fn found(value: Option<&Json>) -> String {
    match value {
        None => "undefined".to_owned(),
        Some(Json::Object(_)) => "an object".to_owned(),
        Some(Json::Array(_)) => "an array".to_owned(),
        Some(other) => {
            let text = other.to_string();
            match text.char_indices().nth(FOUND_LENGTH_MAX) {
                Some((at, _)) => format!("{}…", &text[..at]),
                None => text,
            }
        }
    }
}

/// Characters of a wrong value that an error repeats.
const FOUND_LENGTH_MAX: usize = 100;
