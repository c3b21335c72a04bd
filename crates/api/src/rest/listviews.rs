//! List views: all records of an object, and the user's own.

use offhook_org::RecordId;
use offhook_org::schema::{Field, Object};
use offhook_org::soql::result::{ResultRow, ResultValue};
use serde_json::{Value as Json, json};

use super::{Call, Reply, describe, select};
use crate::ApiState;
use crate::error::ApiError;
use crate::json;

/// Rows of a list where no number is asked for, and the most.
const ROWS: u32 = 25;
const ROWS_MAX: u32 = 2_000;

/// A list view.
struct View {
    id: RecordId,
    name: &'static str,
    label: String,
    mine: bool,
}

fn views(object: &Object) -> Vec<View> {
    let number = describe::number_of_prefix(&object.key_prefix) * 10;
    let view = |place, name, label, mine| View {
        id: RecordId::from_serial("00B", number + place),
        name,
        label,
        mine,
    };
    let mut views = vec![view(
        1,
        "All",
        format!("All {}", object.plural_label),
        false,
    )];
    if object.field("OwnerId").is_some() {
        views.push(view(2, "Mine", format!("My {}", object.plural_label), true));
    }
    views
}

/// `/sobjects/{S}/listviews[/{id}[/describe|/results]]`.
pub(super) async fn listviews(
    state: &ApiState,
    call: &Call,
    object: &Object,
    path: &[&str],
) -> Result<Reply, ApiError> {
    let root = format!("{}/sobjects/{}/listviews", call.root(), object.name);
    let views = views(object);
    let entry = |view: &View| {
        let url = format!("{root}/{}", view.id);
        json!({
            "describeUrl": format!("{url}/describe"),
            "developerName": view.name,
            "id": view.id.as_str(),
            "label": view.label,
            "resultsUrl": format!("{url}/results"),
            "soqlCompatible": true,
            "url": url,
        })
    };
    let Some((id, rest)) = path.split_first() else {
        return Ok(Reply::ok(json!({
            "done": true,
            "listviews": views.iter().map(entry).collect::<Vec<_>>(),
            "nextRecordsUrl": null,
            "size": views.len(),
            "sobjectType": object.name.as_str(),
        })));
    };
    let id = RecordId::parse(id).map_err(|_| ApiError::not_found())?;
    let view = views.iter().find(|view| view.id == id);
    let view = view.ok_or_else(ApiError::not_found)?;
    match rest {
        [] => Ok(Reply::ok(entry(view))),
        ["describe"] => Ok(Reply::ok(description(state, call, object, view))),
        ["results"] => results(state, call, object, view).await,
        _ => Err(ApiError::not_found()),
    }
}

fn columns<'a>(call: &Call, object: &'a Object) -> Vec<&'a Field> {
    let user = &call.user.user;
    let columns = object.list_columns.iter();
    columns
        .filter_map(|name| object.field(name.as_str()))
        .filter(|field| user.may_read_field(object.name.as_str(), field.name.as_str()))
        .collect()
}

fn column(state: &ApiState, call: &Call, object: &Object, field: &Field) -> Json {
    json!({
        "ascendingLabel": if field.is_sortable() { json!("Z-A") } else { Json::Null },
        "descendingLabel": if field.is_sortable() { json!("A-Z") } else { Json::Null },
        "fieldNameOrPath": field.name.as_str(),
        "hidden": false,
        "label": field.label,
        "searchable": false,
        "selectListItem": field.name.as_str(),
        "sortDirection": null,
        "sortIndex": null,
        "sortable": field.is_sortable(),
        "type": describe::type_name(state, call, object, field),
    })
}

fn soql(call: &Call, object: &Object, view: &View) -> String {
    let names: Vec<&str> = columns(call, object)
        .iter()
        .map(|field| field.name.as_str())
        .filter(|name| *name != "Id")
        .collect();
    let mut soql = format!(
        "SELECT Id{}",
        names.iter().map(|n| format!(", {n}")).collect::<String>()
    );
    soql.push_str(&format!(" FROM {}", object.name));
    if view.mine {
        soql.push_str(&format!(" WHERE OwnerId = '{}'", call.user.session.user));
    }
    soql
}

fn description(state: &ApiState, call: &Call, object: &Object, view: &View) -> Json {
    let columns: Vec<Json> = columns(call, object)
        .into_iter()
        .map(|field| column(state, call, object, field))
        .collect();
    json!({
        "columns": columns,
        "id": view.id.as_str(),
        "orderBy": [],
        "query": soql(call, object, view),
        "scope": if view.mine { "mine" } else { "everything" },
        "sobjectType": object.name.as_str(),
        "whereCondition": null,
    })
}

async fn results(
    state: &ApiState,
    call: &Call,
    object: &Object,
    view: &View,
) -> Result<Reply, ApiError> {
    let number = |name: &str| call.param(name).and_then(|text| text.parse::<u32>().ok());
    let limit = number("limit").unwrap_or(ROWS).clamp(1, ROWS_MAX);
    let offset = number("offset").unwrap_or(0).min(2_000);
    let soql = format!("{} LIMIT {limit} OFFSET {offset}", soql(call, object, view));
    let page = select::run(state, call, &soql, false).await?;
    let fields = columns(call, object);
    let row = |row: &ResultRow| {
        let id = row.id.as_ref().map(RecordId::as_str);
        let cell = |name: &str| json!({"fieldNameOrPath": name, "value": text(row, name)});
        let mut cells: Vec<Json> = fields.iter().map(|f| cell(f.name.as_str())).collect();
        cells.push(json!({"fieldNameOrPath": "Id", "value": id}));
        json!({"columns": cells})
    };
    Ok(Reply::ok(json!({
        "columns": fields.iter().map(|f| column(state, call, object, f)).collect::<Vec<_>>(),
        "developerName": view.name,
        "done": page.rows.len() < limit as usize,
        "id": view.id.as_str(),
        "label": view.label,
        "records": page.rows.iter().map(row).collect::<Vec<_>>(),
        "size": page.rows.len(),
    })))
}

/// Values of a list are texts.
fn text(row: &ResultRow, name: &str) -> Json {
    let Some(ResultValue::Value(value)) = row.get(name) else {
        return Json::Null;
    };
    match json::value(value) {
        Json::Null => Json::Null,
        Json::String(text) => json!(text),
        other => json!(other.to_string()),
    }
}
