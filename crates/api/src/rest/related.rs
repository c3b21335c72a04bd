//! From a record to its relations by their names: the record that a reference points to, or the
//! records that point here.

use axum::http::Method;
use offhook_org::schema::Object;
use offhook_org::soql::result::ResultValue;
use offhook_org::{RecordId, Value};

use super::body::reference_of;
use super::{Call, Reply, blobs, query, records, select, tree};
use crate::ApiState;
use crate::error::ApiError;

/// Relations that one address may follow.
const STEPS_MAX: usize = 5;

/// `/sobjects/{S}/{id}/{relation}[/{relation}…]`.
pub(super) async fn follow(
    state: &ApiState,
    call: &Call,
    object: &Object,
    id: RecordId,
    relations: &[&str],
) -> Result<Reply, ApiError> {
    if relations.len() > STEPS_MAX {
        return Err(ApiError::not_found());
    }
    let schema = state.store.schema();
    let mut at = (object.name.clone(), id);
    for (place, relation) in relations.iter().enumerate() {
        let is_last = place + 1 == relations.len();
        let object = select::object_of(state, call, at.0.as_str())?;
        if is_last && blobs::is_blob(&object, relation) {
            return blobs::send(state, call, &at.1).await;
        }
        if let Some(field) = reference_of(&object, relation) {
            let next = parent(state, call, &object, &at.1, field.name.as_str()).await?;
            let other = schema.object_of(&next).ok_or_else(ApiError::not_found)?;
            at = (other.name.clone(), next);
            continue;
        }
        let (field, child) =
            tree::child_of(&schema, &object, relation).ok_or_else(ApiError::not_found)?;
        let child = select::object_of(state, call, child.name.as_str())?;
        if !is_last || !matches!(call.method, Method::GET | Method::HEAD) {
            return Err(ApiError::method_not_allowed("GET, HEAD"));
        }
        let fields = match call.param("fields") {
            Some(text) => select::named_fields(&child, text)?,
            None => select::readable_fields(&call.user.user, &child),
        };
        let (fields, child, id) = (fields.join(", "), &child.name, &at.1);
        let soql = format!("SELECT {fields} FROM {child} WHERE {field} = '{id}'");
        let page = select::run(state, call, &soql, false).await?;
        return Ok(query::page(state, call, &page));
    }
    let object = select::object_of(state, call, at.0.as_str())?;
    records::by_id(state, call, &object, at.1.as_str()).await
}

/// The record that the reference points to.
async fn parent(
    state: &ApiState,
    call: &Call,
    object: &Object,
    id: &RecordId,
    field: &str,
) -> Result<RecordId, ApiError> {
    let name = &object.name;
    let soql = format!("SELECT {field} FROM {name} WHERE Id = '{id}'");
    let page = select::run(state, call, &soql, false).await?;
    match page.rows.first().and_then(|row| row.get(field)) {
        Some(ResultValue::Value(Value::Reference(id))) => Ok(id.clone()),
        _ => Err(ApiError::not_found()),
    }
}
