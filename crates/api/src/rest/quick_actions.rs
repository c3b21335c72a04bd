//! Quick actions: small forms beside a record. There are two, for every object that activities
//! can be about: log a call, and make a task.

use axum::http::{Method, StatusCode};
use offhook_org::schema::Object;
use offhook_org::{FieldName, RecordId, Value};
use offhook_store::org::Write;
use serde_json::{Value as Json, json};

use super::body::{self, text_of};
use super::{Call, Reply, records, write};
use crate::ApiState;
use crate::error::ApiError;

/// A quick action.
struct QuickAction {
    name: &'static str,
    label: &'static str,
    kind: &'static str,
    /// Values of the new Task where none are given.
    defaults: &'static [(&'static str, &'static str)],
}

const ACTIONS: [QuickAction; 2] = [
    QuickAction {
        name: "LogACall",
        label: "Log a Call",
        kind: "LogACall",
        defaults: &[
            ("Subject", "Call"),
            ("Status", "Completed"),
            ("Priority", "Normal"),
            ("TaskSubtype", "Call"),
        ],
    },
    QuickAction {
        name: "NewTask",
        label: "New Task",
        kind: "Create",
        defaults: &[("Status", "Not Started"), ("Priority", "Normal")],
    },
];

/// The list of the whole org, or of an object.
pub(super) fn list(call: &Call, object: Option<&Object>) -> Reply {
    let root = root(call, object);
    let entry = |action: &QuickAction| {
        let url = format!("{root}/{}", action.name);
        json!({
            "label": action.label,
            "name": action.name,
            "type": action.kind,
            "urls": {
                "quickAction": url,
                "defaultValues": format!("{url}/defaultValues"),
                "describe": format!("{url}/describe"),
            },
        })
    };
    Reply::ok(ACTIONS.iter().map(entry).collect())
}

fn root(call: &Call, object: Option<&Object>) -> String {
    match object {
        Some(object) => format!("{}/sobjects/{}/quickActions", call.root(), object.name),
        None => format!("{}/quickActions", call.root()),
    }
}

/// One action: `{name}`, `{name}/describe`, `{name}/defaultValues[/{id}]`.
pub(super) async fn one(
    state: &ApiState,
    call: &Call,
    object: Option<&Object>,
    path: &[&str],
) -> Result<Reply, ApiError> {
    let (name, rest) = path.split_first().ok_or_else(ApiError::not_found)?;
    let mut actions = ACTIONS.iter();
    let action = actions.find(|action| action.name.eq_ignore_ascii_case(name));
    let action = action.ok_or_else(ApiError::not_found)?;
    match (rest, &call.method) {
        ([] | ["describe"], &Method::GET) => Ok(Reply::ok(description(call, object, action))),
        (["defaultValues"], &Method::GET) => Ok(Reply::ok(defaults(state, action, None)?)),
        (["defaultValues", id], &Method::GET) => Ok(Reply::ok(defaults(
            state,
            action,
            Some(&body::read_id(id)?),
        )?)),
        ([], &Method::POST) => run(state, call, action).await,
        ([] | ["describe"] | ["defaultValues", ..], _) => {
            Err(ApiError::method_not_allowed("GET, POST"))
        }
        _ => Err(ApiError::not_found()),
    }
}

fn description(call: &Call, object: Option<&Object>, action: &QuickAction) -> Json {
    let field = |name: &str| json!({"field": name});
    json!({
        "contextSobjectType": object.map(|object| object.name.as_str()),
        "defaultValues": action.defaults.iter().map(|(name, _)| field(name)).collect::<Vec<_>>(),
        "label": action.label,
        "name": action.name,
        "targetSobjectType": "Task",
        "type": action.kind,
        "url": format!("{}/{}", root(call, object), action.name),
    })
}

/// The values that the form begins with, about this record.
fn defaults(
    state: &ApiState,
    action: &QuickAction,
    context: Option<&RecordId>,
) -> Result<Json, ApiError> {
    let mut record = json!({"attributes": {"type": "Task"}});
    for (name, value) in action.defaults {
        record[*name] = json!(value);
    }
    if let Some(id) = context
        && let Some(field) = link(state, id)?
    {
        record[field] = json!(id.as_str());
    }
    Ok(record)
}

/// The field of a Task that points to such a record.
fn link(state: &ApiState, id: &RecordId) -> Result<Option<&'static str>, ApiError> {
    let schema = state.store.schema();
    let task = schema.object("Task").ok_or_else(ApiError::not_found)?;
    let takes = |field: &&'static str| {
        let field = task.field(field);
        field.is_some_and(|field| {
            field
                .reference_prefixes
                .iter()
                .any(|p| p == id.key_prefix())
        })
    };
    Ok(["WhoId", "WhatId"].into_iter().find(takes))
}

async fn run(state: &ApiState, call: &Call, action: &QuickAction) -> Result<Reply, ApiError> {
    let request = call.json()?;
    let schema = state.store.schema();
    let task = schema.object("Task").ok_or_else(ApiError::not_found)?;
    let empty = json!({});
    let record = request.get("record").unwrap_or(&empty);
    let given = body::read(&schema, Some(task), record)?;
    records::check_members(task, &given)?;
    let mut fields = given.fields;
    let has = |fields: &offhook_org::record::Fields, name: &str| {
        let mut names = fields.keys();
        names.any(|given| given.as_str().eq_ignore_ascii_case(name))
    };
    for (name, value) in action.defaults {
        if !has(&fields, name) {
            fields.insert(FieldName::new(*name), Value::Text((*value).to_owned()));
        }
    }
    let context = text_of(&request, "contextId");
    if let Some(text) = &context {
        let id = body::read_id(text)?;
        if let Some(field) = link(state, &id)?
            && !has(&fields, field)
        {
            fields.insert(FieldName::new(field), Value::Reference(id));
        }
    }
    let writing = Write::Create {
        object: task.name.clone(),
        fields,
        lookups: given.lookups,
    };
    let written = write::one(state, call, writing).await?;
    let body = json!({
        "contextId": context,
        "created": true,
        "errors": [],
        "feedItemIds": null,
        "id": written.id.as_str(),
        "success": true,
    });
    Ok(Reply::json(StatusCode::CREATED, body))
}
