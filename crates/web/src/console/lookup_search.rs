//! What the console's script asks of lookup fields while a person types: records by the beginnings
//! of their words, and where one is made that is not there yet.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use offhook_org::access::Operation;
use offhook_org::schema::{Field, FieldKind, Object};
use offhook_org::{Record, Value};
use offhook_store::org::{Filter, ListQuery, Order};
use serde_json::{Value as JsonValue, json};

use super::{lookup, value};
use crate::error::Failure;
use crate::session::SignedIn;
use crate::{AppState, query};

/// Records told for each object, at most.
const RECORDS_MAX: u32 = 8;

/// Longer is no name.
const TEXT_LENGTH_MAX: usize = 200;

/// `/lightning/lookup/{object}/{field}?q=TEXT`: records that the field may point to; without a
/// text those that were viewed last.
pub(crate) async fn search(
    State(state): State<AppState>,
    who: SignedIn,
    Path((object, field)): Path<(String, String)>,
    RawQuery(raw): RawQuery,
) -> Result<Json<JsonValue>, Failure> {
    let schema = state.store.schema();
    let object = schema.object(&object).ok_or(Failure::NotFound)?;
    let field = object
        .field(&field)
        .filter(|field| field.kind == FieldKind::Reference)
        .filter(|field| {
            who.user
                .may_read_field(object.name.as_str(), field.name.as_str())
        })
        .ok_or(Failure::NotFound)?;
    let asked = query::pairs(raw.unwrap_or_default().as_bytes());
    let text = query::value(&asked, "q").trim();
    let text: String = text.chars().take(TEXT_LENGTH_MAX).collect();
    let (mut options, mut creates) = (Vec::new(), Vec::new());
    for other in lookup::objects_of(&state, &who, field) {
        let records = match text.is_empty() {
            true => recent(&state, &who, &other).await?,
            false => by_text(&state, &who, &other, &text).await?,
        };
        let fitting = records.iter().filter(|record| may_own(field, record));
        options.extend(fitting.map(|record| option(&other, record)));
        if other.has_tab && who.user.may(other.name.as_str(), Operation::Create) {
            creates.push(json!({
                "label": format!("New {}", other.label),
                "object": other.name.as_str(),
                "href": format!("/lightning/o/{}/new", other.name),
            }));
        }
    }
    Ok(Json(json!({"options": options, "creates": creates})))
}

async fn recent(
    state: &AppState,
    who: &SignedIn,
    object: &Arc<Object>,
) -> Result<Vec<Record>, Failure> {
    let name = Some(&object.name);
    Ok(state
        .store
        .recently_viewed(&who.user, name, RECORDS_MAX)
        .await?)
}

async fn by_text(
    state: &AppState,
    who: &SignedIn,
    object: &Arc<Object>,
    text: &str,
) -> Result<Vec<Record>, Failure> {
    if object.abilities.searchable {
        let objects = [object.name.clone()];
        let found = state
            .store
            .search_text(&who.user, text, &objects, RECORDS_MAX);
        return Ok(found.await?);
    }
    let filter = Filter::Contains(object.name_field.clone(), text.to_owned());
    let list = ListQuery {
        object: object.name.clone(),
        filters: vec![filter],
        order: Some((object.name_field.clone(), Order::Ascending)),
        offset: 0,
        limit: RECORDS_MAX,
    };
    Ok(state.store.list(&who.user, &list).await?.records)
}

/// Records are not given to who has left, nor to groups that are no queues.
fn may_own(field: &Field, record: &Record) -> bool {
    if field.name.as_str() != "OwnerId" {
        return true;
    }
    match record.object.as_str() {
        "User" => record.get("IsActive") != &Value::Boolean(false),
        "Group" => record.text("Type") == "Queue",
        _ => true,
    }
}

fn option(object: &Object, record: &Record) -> JsonValue {
    json!({
        "id": record.id.as_str(),
        "name": value::name_of(object, record),
        "more": lookup::more_about(object, record),
        "object": object.label,
        "icon": object.icon,
    })
}
