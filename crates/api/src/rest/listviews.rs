//! List views that the user sees: those that every object has, and those that were made.

use offhook_org::RecordId;
use offhook_org::schema::definition::DefinitionError;
use offhook_org::schema::list_view::logic::Logic;
use offhook_org::schema::{Field, ListScope, ListView, Object};
use offhook_org::soql::result::{ResultRow, ResultValue};
use serde_json::{Value as Json, json};

use super::{Call, Reply, describe, select};
use crate::ApiState;
use crate::error::ApiError;
use crate::json;

/// Rows of a list where no number is asked for, and the most.
const ROWS: u32 = 25;
const ROWS_MAX: u32 = 2_000;

/// `/sobjects/{S}/listviews[/{id}[/describe|/results]]`.
pub(super) async fn listviews(
    state: &ApiState,
    call: &Call,
    object: &Object,
    path: &[&str],
) -> Result<Reply, ApiError> {
    let root = format!("{}/sobjects/{}/listviews", call.root(), object.name);
    let views = object.list_views_for(&call.user.user);
    let entry = |view: &ListView| {
        let url = format!("{root}/{}", view.id);
        json!({
            "describeUrl": format!("{url}/describe"),
            "developerName": view.developer_name,
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
        ["describe"] => description(state, call, object, view),
        ["results"] => results(state, call, object, view).await,
        _ => Err(ApiError::not_found()),
    }
}

fn columns<'a>(call: &Call, object: &'a Object, view: &ListView) -> Vec<&'a Field> {
    let user = &call.user.user;
    let columns = view.columns.iter();
    columns
        .filter_map(|name| object.field(name.as_str()))
        .filter(|field| user.may_read_field(object.name.as_str(), field.name.as_str()))
        .collect()
}

fn column(state: &ApiState, call: &Call, object: &Object, view: &ListView, field: &Field) -> Json {
    let sort = view.sort.as_ref().filter(|sort| sort.field == field.name);
    json!({
        "ascendingLabel": if field.is_sortable() { json!("Z-A") } else { Json::Null },
        "descendingLabel": if field.is_sortable() { json!("A-Z") } else { Json::Null },
        "fieldNameOrPath": field.name.as_str(),
        "hidden": false,
        "label": field.label,
        "searchable": false,
        "selectListItem": field.name.as_str(),
        "sortDirection": sort.map(|sort| direction(sort.descending)),
        "sortIndex": sort.map(|_| 0),
        "sortable": field.is_sortable(),
        "type": describe::type_name(state, call, object, field),
    })
}

fn direction(descending: bool) -> &'static str {
    match descending {
        true => "descending",
        false => "ascending",
    }
}

fn soql(
    state: &ApiState,
    call: &Call,
    object: &Object,
    view: &ListView,
) -> Result<String, ApiError> {
    let soql = view.soql(&state.store.schema(), object, &call.user.user);
    soql.map_err(|error| stale(view, &error))
}

/// A list view that was right when it was made, and is no more.
fn stale(view: &ListView, error: &DefinitionError) -> ApiError {
    let words = format!("the list view {} cannot be run: {error}", view.label);
    ApiError::bad("INVALID_QUERY_FILTER_OPERATOR", words)
}

/// What joins the conditions, as a tree; scopes are told apart.
fn condition(view: &ListView) -> Json {
    let leaf = |number: usize| {
        let filter = view.filters.get(number.wrapping_sub(1));
        filter.map_or(Json::Null, |filter| {
            json!({
                "field": filter.field.as_str(),
                "operator": filter.operator.name(),
                "values": [filter.value],
            })
        })
    };
    fn tree(logic: &Logic, leaf: &impl Fn(usize) -> Json) -> Json {
        let joined = |word: &str, parts: &[Logic]| {
            let parts: Vec<Json> = parts.iter().map(|part| tree(part, leaf)).collect();
            json!({"conditions": parts, "conjunction": word})
        };
        match logic {
            Logic::One(number) => leaf(*number),
            Logic::Not(inner) => json!({"condition": tree(inner, leaf), "operator": "not"}),
            Logic::All(parts) => joined("and", parts),
            Logic::Any(parts) => joined("or", parts),
        }
    }
    let count = view.filters.len();
    let logic = match view.logic.as_deref() {
        Some(text) => Logic::parse(text, count).ok(),
        None if count == 0 => None,
        None if count == 1 => Some(Logic::One(1)),
        None => Some(Logic::All((1..=count).map(Logic::One).collect())),
    };
    logic.map_or(Json::Null, |logic| tree(&logic, &leaf))
}

fn description(
    state: &ApiState,
    call: &Call,
    object: &Object,
    view: &ListView,
) -> Result<Reply, ApiError> {
    let columns: Vec<Json> = columns(call, object, view)
        .into_iter()
        .map(|field| column(state, call, object, view, field))
        .collect();
    let order = view.sort.iter().map(|sort| {
        json!({
            "fieldNameOrPath": sort.field.as_str(),
            "nullsPosition": if sort.descending { "last" } else { "first" },
            "sortDirection": direction(sort.descending),
        })
    });
    Ok(Reply::ok(json!({
        "columns": columns,
        "id": view.id.as_str(),
        "orderBy": order.collect::<Vec<_>>(),
        "query": soql(state, call, object, view)?,
        "scope": match view.scope {
            ListScope::Everything => "everything",
            ListScope::Mine => "mine",
            ListScope::Queue(_) => "queue",
        },
        "sobjectType": object.name.as_str(),
        "whereCondition": condition(view),
    })))
}

async fn results(
    state: &ApiState,
    call: &Call,
    object: &Object,
    view: &ListView,
) -> Result<Reply, ApiError> {
    let number = |name: &str| call.param(name).and_then(|text| text.parse::<u32>().ok());
    let limit = number("limit").unwrap_or(ROWS).clamp(1, ROWS_MAX);
    let offset = number("offset").unwrap_or(0).min(2_000);
    let soql = soql(state, call, object, view)?;
    let soql = format!("{soql} LIMIT {limit} OFFSET {offset}");
    let page = select::run(state, call, &soql, false).await?;
    let fields = columns(call, object, view);
    let row = |row: &ResultRow| {
        let id = row.id.as_ref().map(RecordId::as_str);
        let cell = |name: &str| json!({"fieldNameOrPath": name, "value": text(row, name)});
        let mut cells: Vec<Json> = fields.iter().map(|f| cell(f.name.as_str())).collect();
        cells.push(json!({"fieldNameOrPath": "Id", "value": id}));
        json!({"columns": cells})
    };
    let columns = fields.iter();
    let columns = columns.map(|field| column(state, call, object, view, field));
    Ok(Reply::ok(json!({
        "columns": columns.collect::<Vec<_>>(),
        "developerName": view.developer_name,
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
