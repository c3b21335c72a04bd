//! One record at its address: create, read, update, delete.

use axum::http::{Method, StatusCode, header};
use offhook_org::RecordId;
use offhook_org::id::IdError;
use offhook_org::schema::{FieldKind, Object};
use offhook_store::org::{Write, Written};
use serde_json::json;

use super::body::{self, Given};
use super::{Call, Reply, conditions, external, select, write};
use crate::ApiState;
use crate::error::ApiError;
use crate::json::Rendering;

/// `/sobjects/{S}`, POST.
pub(super) async fn create(
    state: &ApiState,
    call: &Call,
    object: &Object,
) -> Result<Reply, ApiError> {
    let schema = state.store.schema();
    let body = call.json()?;
    let given = body::read(&schema, Some(object), &body)?;
    check_members(object, &given)?;
    let writing = Write::Create {
        object: object.name.clone(),
        fields: given.fields,
        lookups: given.lookups,
    };
    let written = write::one(state, call, writing).await?;
    Ok(created(call, object, &written, json!({})))
}

/// 201 with the id and the address; `more` are further members.
pub(super) fn created(
    call: &Call,
    object: &Object,
    written: &Written,
    more: serde_json::Value,
) -> Reply {
    let id = &written.id;
    let mut body = json!({"id": id.as_str(), "success": true});
    body["errors"] = write::enqueued(written);
    if let (Some(body), serde_json::Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    let address = format!("{}/sobjects/{}/{id}", call.root(), object.name);
    Reply::json(StatusCode::CREATED, body).with_header(header::LOCATION, &address)
}

/// `/sobjects/{S}/{id}`.
pub(super) async fn by_id(
    state: &ApiState,
    call: &Call,
    object: &Object,
    text: &str,
) -> Result<Reply, ApiError> {
    if text.eq_ignore_ascii_case("Id") && matches!(call.method, Method::PATCH | Method::POST) {
        return external::upsert_without_key(state, call, object).await;
    }
    let id = id_in_path(object, text)?;
    match call.method {
        Method::GET | Method::HEAD => get(state, call, object, &id).await,
        Method::PATCH => update(state, call, object, id).await,
        Method::DELETE => {
            write::one(state, call, Write::Delete { id }).await?;
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        _ => Err(ApiError::method_not_allowed("GET, HEAD, PATCH, DELETE")),
    }
}

/// Text that is no id names nothing; one whose checksum is wrong is a mistake worth a word.
pub(super) fn id_in_path(object: &Object, text: &str) -> Result<RecordId, ApiError> {
    match RecordId::parse(text) {
        Ok(id) if id.key_prefix() == object.key_prefix => Ok(id),
        Ok(_) | Err(IdError::Malformed(_)) => Err(ApiError::not_found()),
        Err(IdError::Checksum(_)) => body::read_id(text),
    }
}

/// Reads a record with all readable fields, or those of `?fields=`.
pub(super) async fn get(
    state: &ApiState,
    call: &Call,
    object: &Object,
    id: &RecordId,
) -> Result<Reply, ApiError> {
    let fields = match call.param("fields") {
        Some(text) => select::named_fields(object, text)?,
        None => select::readable_fields(&call.user.user, object),
    };
    let is_asked = fields.iter().any(|field| field.eq_ignore_ascii_case(STAMP));
    let has_stamp = object.field(STAMP).is_some();
    let mut selected = fields;
    if has_stamp && !is_asked {
        selected.push(STAMP.to_owned());
    }
    let (fields, name) = (selected.join(", "), &object.name);
    let soql = format!("SELECT {fields} FROM {name} WHERE Id = '{id}'");
    let page = select::run(state, call, &soql, false).await?;
    let Some(mut row) = page.rows.into_iter().next() else {
        return Err(ApiError::not_found());
    };
    let changed_ms = select::moment_in(&row, STAMP);
    if !is_asked {
        row.fields.retain(|(name, _)| name != STAMP);
    }
    let schema = state.store.schema();
    let root = call.root();
    let rendering = Rendering {
        schema: &schema,
        root: &root,
    };
    let mut body = rendering.row(&row);
    if call.param("fields").is_none() {
        for field in object.fields.iter().filter(|f| f.kind == FieldKind::Base64) {
            let (url, field) = (rendering.url(id), &field.name);
            body[field.as_str()] = json!(format!("{url}/{field}"));
        }
    }
    let reply = Reply::ok(body);
    Ok(match changed_ms {
        Some(ms) => conditions::fresh(&call.headers, ms, &conditions::tag(ms), reply),
        None => reply,
    })
}

/// The field that says when a record was last changed, by whomever.
const STAMP: &str = "SystemModstamp";

async fn update(
    state: &ApiState,
    call: &Call,
    object: &Object,
    id: RecordId,
) -> Result<Reply, ApiError> {
    let schema = state.store.schema();
    let given = body::read(&schema, Some(object), &call.json()?)?;
    check_members(object, &given)?;
    let writing = Write::Update {
        id,
        fields: given.fields,
        lookups: given.lookups,
    };
    write::one(state, call, writing).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// A body must not name another record, bring children, or be of another object.
pub(super) fn check_members(object: &Object, given: &Given) -> Result<(), ApiError> {
    if given.id.is_some() {
        return Err(ApiError::bad(
            "INVALID_FIELD",
            "The Id field should not be specified in the sobject data.",
        ));
    }
    if let Some((name, _)) = given.children.first() {
        return Err(body::no_such_column(object, name));
    }
    match &given.object {
        Some(named) if !named.eq_ignore_ascii_case(object.name.as_str()) => Err(ApiError::bad(
            "INVALID_TYPE",
            format!(
                "the record says that it is a {}, the address says {}",
                body::shortened(named),
                object.name
            ),
        )),
        _ => Ok(()),
    }
}
