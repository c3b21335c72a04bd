//! A record at the address of its external id: read, upsert, delete.

use axum::http::{Method, StatusCode};
use offhook_org::schema::{Field, Object};
use offhook_org::soql::result::ResultRow;
use offhook_org::{RecordId, Value};
use offhook_store::org::Write;
use serde_json::json;

use super::body;
use super::{Call, Reply, records, select, write};
use crate::ApiState;
use crate::door::Segment;
use crate::error::ApiError;
use crate::json::Rendering;

/// Before this version an upsert that updates answers with nothing.
const SAYS_UPDATED: u16 = 46;

/// Records with the same key that are listed.
const MATCHES_MAX: usize = 200;

/// `/sobjects/{S}/{field}/{value}`.
pub(super) async fn by_key(
    state: &ApiState,
    call: &Call,
    object: &Object,
    field: &str,
    value: &Segment,
) -> Result<Reply, ApiError> {
    let field = key_field(call, object, field)?;
    match call.method {
        Method::GET | Method::HEAD => {
            let id = the_one(state, call, object, field, value).await?;
            match id {
                Ok(id) => records::get(state, call, object, &id).await,
                Err(several) => Ok(several),
            }
        }
        Method::DELETE => match the_one(state, call, object, field, value).await? {
            Ok(id) => {
                write::one(state, call, Write::Delete { id }).await?;
                Ok(Reply::empty(StatusCode::NO_CONTENT))
            }
            Err(several) => Ok(several),
        },
        Method::PATCH => upsert(state, call, object, field, value).await,
        Method::POST if field.name.as_str() == "Id" => {
            upsert(state, call, object, field, value).await
        }
        _ => Err(ApiError::method_not_allowed("GET, HEAD, PATCH, DELETE")),
    }
}

/// The field that may stand in an address.
pub(super) fn key_field<'a>(
    call: &Call,
    object: &'a Object,
    name: &str,
) -> Result<&'a Field, ApiError> {
    let readable = |field: &&Field| {
        let (object, field) = (object.name.as_str(), field.name.as_str());
        call.user.user.may_read_field(object, field)
    };
    object
        .field(name)
        .filter(readable)
        .filter(|field| field.is_id_lookup() || field.unique)
        .ok_or_else(|| {
            ApiError::new(
                StatusCode::NOT_FOUND,
                "NOT_FOUND",
                format!(
                    "Provided external ID field does not exist or is not accessible: {}",
                    body::shortened(name)
                ),
            )
        })
}

/// The record with this key; the reply that lists them where there are several.
async fn the_one(
    state: &ApiState,
    call: &Call,
    object: &Object,
    field: &Field,
    value: &Segment,
) -> Result<Result<RecordId, Reply>, ApiError> {
    let mut ids = matches(state, call, object, field, &value.literal()).await?;
    if let (true, Some(with_blanks)) = (ids.is_empty(), value.with_blanks()) {
        ids = matches(state, call, object, field, &with_blanks).await?;
    }
    match ids.as_slice() {
        [] => Err(ApiError::not_found()),
        [id] => Ok(Ok(id.clone())),
        several => Ok(Err(choices(state, call, several))),
    }
}

async fn matches(
    state: &ApiState,
    call: &Call,
    object: &Object,
    field: &Field,
    value: &str,
) -> Result<Vec<RecordId>, ApiError> {
    let name = field.name.as_str();
    if name == "Id" {
        return Ok(records::id_in_path(object, value).into_iter().collect());
    }
    let literal = select::literal(object, name, value)?;
    let object = &object.name;
    let soql = format!("SELECT Id FROM {object} WHERE {name} = {literal} LIMIT {MATCHES_MAX}");
    let page = select::run(state, call, &soql, false).await?;
    let rows = page.rows.into_iter();
    Ok(rows.filter_map(|row: ResultRow| row.id).collect())
}

/// 300: addresses of all records that match.
fn choices(state: &ApiState, call: &Call, ids: &[RecordId]) -> Reply {
    let schema = state.store.schema();
    let root = call.root();
    let rendering = Rendering {
        schema: &schema,
        root: &root,
    };
    let urls = ids.iter().map(|id| json!(rendering.url(id))).collect();
    Reply::json(StatusCode::MULTIPLE_CHOICES, urls)
}

async fn upsert(
    state: &ApiState,
    call: &Call,
    object: &Object,
    field: &Field,
    value: &Segment,
) -> Result<Reply, ApiError> {
    let mut key = value.literal();
    if let Some(with_blanks) = value.with_blanks() {
        // Who writes a blank as a plus means the record with the blank, if there is one and none
        // with the plus.
        let literal = matches(state, call, object, field, &key).await?;
        let blanks = matches(state, call, object, field, &with_blanks).await?;
        if literal.is_empty() && !blanks.is_empty() {
            key = with_blanks;
        }
    }
    upsert_with(state, call, object, field, Value::Text(key)).await
}

/// `/sobjects/{S}/Id`: an upsert without key is a new record.
pub(super) async fn upsert_without_key(
    state: &ApiState,
    call: &Call,
    object: &Object,
) -> Result<Reply, ApiError> {
    let field = key_field(call, object, "Id")?;
    upsert_with(state, call, object, field, Value::Null).await
}

async fn upsert_with(
    state: &ApiState,
    call: &Call,
    object: &Object,
    field: &Field,
    key: Value,
) -> Result<Reply, ApiError> {
    let schema = state.store.schema();
    let given = body::read(&schema, Some(object), &call.json()?)?;
    records::check_members(object, &given)?;
    let name = field.name.as_str();
    let repeats_key = |given: &offhook_org::FieldName| given.as_str().eq_ignore_ascii_case(name);
    if given.fields.keys().any(repeats_key) {
        return Err(ApiError::bad(
            "INVALID_FIELD",
            format!("The {name} field should not be specified in the sobject data."),
        )
        .with_fields(&[name]));
    }
    let writing = Write::Upsert {
        object: object.name.clone(),
        key_field: field.name.clone(),
        key,
        fields: given.fields,
        lookups: given.lookups,
    };
    let outcomes = write::many(state, call, vec![writing], false).await?;
    match outcomes.into_iter().next() {
        Some(Ok(written)) if written.created => {
            let more = json!({"created": true});
            Ok(records::created(call, object, &written, more))
        }
        Some(Ok(_)) if call.user.version.major() < SAYS_UPDATED => {
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        Some(Ok(written)) => Ok(Reply::ok(json!({
            "id": written.id.as_str(),
            "success": true,
            "errors": [],
            "created": false,
        }))),
        Some(Err(errors)) => match write::several_matches(&errors) {
            Some(several) => Ok(choices(state, call, several)),
            None => Err(write::refused(errors)),
        },
        None => Err(ApiError::not_found()),
    }
}
