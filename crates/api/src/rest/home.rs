//! What a user's start page shows: recent records, tabs, themes, the user; and lists of rules and
//! actions, which are empty as long as there are none.

use offhook_org::access::Operation;
use serde_json::{Value as Json, json};

use super::{Call, Reply, select};
use crate::ApiState;
use crate::error::ApiError;
use crate::json::Rendering;

/// Recent records where no number is asked for, and the most.
const RECENT: u32 = 10;
const RECENT_MAX: u32 = 200;

/// `/recent?limit=`.
pub(super) async fn recent(state: &ApiState, call: &Call) -> Result<Reply, ApiError> {
    let asked = call.param("limit").and_then(|text| text.parse().ok());
    let limit = asked.unwrap_or(RECENT).min(RECENT_MAX);
    let records = recent_of(state, call, None, limit).await?;
    Ok(Reply::ok(records))
}

/// Records that the user looked at last.
pub(super) async fn recent_of(
    state: &ApiState,
    call: &Call,
    object: Option<&offhook_org::ObjectName>,
    limit: u32,
) -> Result<Json, ApiError> {
    let user = &call.user.user;
    let records = state.store.recently_viewed(user, object, limit).await?;
    let schema = state.store.schema();
    let root = call.root();
    let rendering = Rendering {
        schema: &schema,
        root: &root,
    };
    let entry = |record: &offhook_org::Record| {
        let name = schema.object(record.object.as_str());
        let name = name.map_or("", |object| record.text(object.name_field.as_str()));
        json!({
            "attributes": {"type": record.object.as_str(), "url": rendering.url(&record.id)},
            "Id": record.id.as_str(),
            "Name": name,
        })
    };
    Ok(records.iter().map(entry).collect())
}

/// `/tabs`.
pub(super) fn tabs(state: &ApiState, call: &Call) -> Reply {
    let schema = state.store.schema();
    let user = &call.user.user;
    let shown = schema
        .objects()
        .iter()
        .filter(|object| object.has_tab && user.may(object.name.as_str(), Operation::Read));
    let tab = |object: &std::sync::Arc<offhook_org::schema::Object>| {
        let name = object.name.as_str();
        json!({
            "colors": [],
            "custom": object.is_custom(),
            "iconUrl": "",
            "icons": [],
            "label": object.plural_label,
            "miniIconUrl": "",
            "name": format!("standard-{name}"),
            "sobjectName": name,
            "url": format!("{}/lightning/o/{name}/home", call.base),
        })
    };
    Reply::ok(shown.map(tab).collect())
}

/// `/theme`.
pub(super) fn theme(state: &ApiState, call: &Call) -> Reply {
    let schema = state.store.schema();
    let user = &call.user.user;
    let shown = schema
        .objects()
        .iter()
        .filter(|object| object.has_tab && user.may(object.name.as_str(), Operation::Read));
    let items: Json = shown
        .map(|object| json!({"colors": [], "icons": [], "name": object.name.as_str()}))
        .collect();
    Reply::ok(json!({"themeItems": items}))
}

/// `/chatter/users/me`: the user, and nothing else of Chatter.
pub(super) async fn me(state: &ApiState, call: &Call) -> Result<Reply, ApiError> {
    let id = &call.user.session.user;
    let fields = "Id, Name, FirstName, LastName, Username, Email, IsActive";
    let soql = format!("SELECT {fields} FROM User WHERE Id = '{id}'");
    let page = select::run(state, call, &soql, false).await?;
    let row = page.rows.first().ok_or_else(ApiError::not_found)?;
    let value = |name: &str| match row.get(name) {
        Some(offhook_org::soql::result::ResultValue::Value(value)) => crate::json::value(value),
        _ => Json::Null,
    };
    Ok(Reply::ok(json!({
        "id": id.as_str(),
        "name": value("Name"),
        "displayName": value("Name"),
        "firstName": value("FirstName"),
        "lastName": value("LastName"),
        "username": value("Username"),
        "email": value("Email"),
        "isActive": value("IsActive"),
        "type": "User",
        "userType": "Internal",
        "url": format!("{}/chatter/users/{id}", call.root()),
    })))
}

/// `/actions`, `/actions/standard`, `/actions/custom`: there are none that can be called yet.
pub(super) fn actions(call: &Call, path: &[&str]) -> Result<Reply, ApiError> {
    let root = call.root();
    let body = match path {
        [] => json!({
            "standard": format!("{root}/actions/standard"),
            "custom": format!("{root}/actions/custom"),
        }),
        ["standard"] => json!({"actions": []}),
        ["custom"] => json!({}),
        _ => return Err(ApiError::not_found()),
    };
    call.only_get(|| Reply::ok(body))
}
