//! Many records in one request, each answered in its row, in order.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::{Method, StatusCode};
use offhook_org::RecordId;
use offhook_org::save::SaveError;
use offhook_org::schema::Object;
use offhook_store::org::{Outcome, Write};
use serde_json::{Value as Json, json};

use super::body::{self, Given};
use super::{Call, Reply, external, select, write};
use crate::ApiState;
use crate::error::ApiError;
use crate::json::Rendering;
use crate::limits::{COLLECTION_MAX, RETRIEVE_MAX};

/// What becomes of each record of the request: a write, or a refusal before any.
type Prepared = Result<Write, ApiError>;

/// `/composite/sobjects`.
pub(super) async fn all(state: &ApiState, call: &Call) -> Result<Reply, ApiError> {
    match call.method {
        Method::POST => {
            let request = Request::read(call)?;
            let writes = request.prepare(|record| creation(state, record));
            run(state, call, writes, request.all_or_none, false).await
        }
        Method::PATCH => {
            let request = Request::read(call)?;
            let mut writes = request.prepare(|record| change(state, record));
            refuse_repeated(&mut writes);
            run(state, call, writes, request.all_or_none, false).await
        }
        Method::DELETE => delete(state, call).await,
        _ => Err(ApiError::method_not_allowed("POST, PATCH, DELETE")),
    }
}

/// `/composite/sobjects/{S}`: records by their ids, `null` for one that is not there.
pub(super) async fn retrieve(
    state: &ApiState,
    call: &Call,
    object: &Object,
) -> Result<Reply, ApiError> {
    let (ids, fields) = match call.method {
        Method::GET => (
            split(call.param("ids").unwrap_or_default()),
            split(call.param("fields").unwrap_or_default()),
        ),
        Method::POST => {
            let body = call.json()?;
            (texts(&body, "ids")?, texts(&body, "fields")?)
        }
        _ => return Err(ApiError::method_not_allowed("GET, POST")),
    };
    if ids.len() > RETRIEVE_MAX {
        return Err(too_many(ids.len(), RETRIEVE_MAX));
    }
    let fields = select::named_fields(object, &fields.join(","))?;
    let known: BTreeSet<RecordId> = ids
        .iter()
        .filter_map(|id| RecordId::parse(id).ok())
        .filter(|id| id.key_prefix() == object.key_prefix)
        .collect();
    let rows = found(state, call, object, &fields, &known).await?;
    let row = |text: &String| {
        let id = RecordId::parse(text).ok();
        id.and_then(|id| rows.get(&id).cloned())
            .unwrap_or(Json::Null)
    };
    Ok(Reply::ok(ids.iter().map(row).collect()))
}

async fn found(
    state: &ApiState,
    call: &Call,
    object: &Object,
    fields: &[String],
    ids: &BTreeSet<RecordId>,
) -> Result<BTreeMap<RecordId, Json>, ApiError> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let list: Vec<String> = ids.iter().map(|id| format!("'{id}'")).collect();
    let (fields, name, list) = (fields.join(", "), &object.name, list.join(", "));
    let soql = format!("SELECT {fields} FROM {name} WHERE Id IN ({list})");
    let rows = select::run_to_end(state, call, &soql, false, RETRIEVE_MAX).await?;
    let schema = state.store.schema();
    let root = call.root();
    let rendering = Rendering {
        schema: &schema,
        root: &root,
    };
    let rows = rows.into_iter();
    Ok(rows
        .filter_map(|row| Some((row.id.clone()?, rendering.row(&row))))
        .collect())
}

/// `/composite/sobjects/{S}/{field}`: upserts by an external id.
pub(super) async fn upsert(
    state: &ApiState,
    call: &Call,
    object: &Object,
    field: &str,
) -> Result<Reply, ApiError> {
    if call.method != Method::PATCH {
        return Err(ApiError::method_not_allowed("PATCH"));
    }
    let key_field = external::key_field(call, object, field)?;
    let request = Request::read(call)?;
    let writes = request.prepare(|record| {
        let mut given = given(state, Some(object), record)?;
        if matches!(&given.object, Some(n) if !n.eq_ignore_ascii_case(object.name.as_str())) {
            return Err(ApiError::bad(
                "INVALID_TYPE",
                "the record is of another type",
            ));
        }
        let key = match key_field.name.as_str() {
            "Id" => given
                .id
                .take()
                .map_or(offhook_org::Value::Null, offhook_org::Value::Text),
            name => key_of(&mut given, name)?,
        };
        Ok(Write::Upsert {
            object: object.name.clone(),
            key_field: key_field.name.clone(),
            key,
            fields: given.fields,
            lookups: given.lookups,
        })
    });
    run(state, call, writes, request.all_or_none, true).await
}

/// Takes the key out of the fields.
fn key_of(given: &mut Given, name: &str) -> Result<offhook_org::Value, ApiError> {
    let place = given
        .fields
        .keys()
        .find(|field| field.as_str().eq_ignore_ascii_case(name))
        .cloned();
    let key = place.and_then(|place| given.fields.remove(&place));
    key.filter(|key| !key.is_null()).ok_or_else(|| {
        ApiError::bad("MISSING_ARGUMENT", format!("{name} not specified")).with_fields(&[name])
    })
}

async fn delete(state: &ApiState, call: &Call) -> Result<Reply, ApiError> {
    let ids = split(call.param("ids").unwrap_or_default());
    if ids.len() > COLLECTION_MAX {
        return Err(too_many(ids.len(), COLLECTION_MAX));
    }
    if ids.is_empty() {
        return Err(ApiError::bad(
            "MISSING_ARGUMENT",
            "the parameter ids names no record",
        ));
    }
    let all_or_none = call
        .param("allOrNone")
        .is_some_and(|text| text.eq_ignore_ascii_case("true"));
    let mut writes: Vec<Prepared> = ids
        .iter()
        .map(|id| {
            Ok(Write::Delete {
                id: body::read_id(id)?,
            })
        })
        .collect();
    refuse_repeated(&mut writes);
    run(state, call, writes, all_or_none, false).await
}

/// A collection as it came.
struct Request {
    all_or_none: bool,
    records: Vec<Json>,
}

impl Request {
    fn read(call: &Call) -> Result<Self, ApiError> {
        let mut body = call.json()?;
        let all_or_none = match body.get("allOrNone") {
            None | Some(Json::Null) => false,
            Some(Json::Bool(flag)) => *flag,
            Some(other) => return Err(body::unexpected("true or false for allOrNone", other)),
        };
        let records = match body.get_mut("records").map(Json::take) {
            Some(Json::Array(records)) => records,
            Some(other) => return Err(body::unexpected("an array of records", &other)),
            None => {
                let words = "the body has no records: {\"allOrNone\": false, \"records\": […]}";
                return Err(ApiError::bad("MISSING_ARGUMENT", words));
            }
        };
        if records.len() > COLLECTION_MAX {
            return Err(too_many(records.len(), COLLECTION_MAX));
        }
        Ok(Self {
            all_or_none,
            records,
        })
    }

    fn prepare(&self, prepare: impl Fn(&Json) -> Prepared) -> Vec<Prepared> {
        self.records.iter().map(prepare).collect()
    }
}

fn given(state: &ApiState, object: Option<&Object>, record: &Json) -> Result<Given, ApiError> {
    let schema = state.store.schema();
    let given = body::read(&schema, object, record)?;
    match given.children.first() {
        Some((name, _)) => Err(ApiError::bad(
            "INVALID_FIELD",
            format!("{name}: records in records are for composite/tree"),
        )),
        None => Ok(given),
    }
}

fn creation(state: &ApiState, record: &Json) -> Prepared {
    let given = given(state, None, record)?;
    if given.id.is_some() {
        return Err(ApiError::bad(
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            "cannot specify Id in an insert call",
        )
        .with_fields(&["Id"]));
    }
    let name = given.object.ok_or_else(untyped)?;
    let schema = state.store.schema();
    let object = schema
        .object(&name)
        .ok_or_else(|| body::no_such_type(&name))?;
    Ok(Write::Create {
        object: object.name.clone(),
        fields: given.fields,
        lookups: given.lookups,
    })
}

fn change(state: &ApiState, record: &Json) -> Prepared {
    let schema = state.store.schema();
    let id = record
        .as_object()
        .and_then(|members| {
            members
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case("id"))
        })
        .and_then(|(_, id)| id.as_str())
        .ok_or_else(|| {
            ApiError::bad("MISSING_ARGUMENT", "Id not specified in an update call")
                .with_fields(&["Id"])
        })?;
    let id = body::read_id(id)?;
    let object = schema.object_of(&id).map(|object| &**object);
    let given = given(state, object, record)?;
    if let (Some(named), Some(object)) = (&given.object, object)
        && !named.eq_ignore_ascii_case(object.name.as_str())
    {
        let words = format!("{id} is no {}", body::shortened(named));
        return Err(ApiError::bad("INVALID_TYPE", words));
    }
    Ok(Write::Update {
        id,
        fields: given.fields,
        lookups: given.lookups,
    })
}

fn untyped() -> ApiError {
    ApiError::bad(
        "INVALID_TYPE",
        "the record does not say its type: add attributes with a type",
    )
}

/// A record that is named twice is refused the second time.
fn refuse_repeated(writes: &mut [Prepared]) {
    let mut named = BTreeSet::new();
    for write in writes {
        let id = match write {
            Ok(Write::Update { id, .. } | Write::Delete { id }) => id.clone(),
            _ => continue,
        };
        if !named.insert(id.clone()) {
            *write = Err(ApiError::bad(
                "DUPLICATE_VALUE",
                format!("duplicate id specified: {id}"),
            ));
        }
    }
}

/// Writes what can be written and puts all rows together.
async fn run(
    state: &ApiState,
    call: &Call,
    prepared: Vec<Prepared>,
    all_or_none: bool,
    says_created: bool,
) -> Result<Reply, ApiError> {
    let is_refused = all_or_none && prepared.iter().any(Result::is_err);
    let mut writes = Vec::new();
    let mut places = Vec::with_capacity(prepared.len());
    for write in prepared {
        places.push(match write {
            Ok(write) => {
                writes.push(write);
                Ok(())
            }
            Err(error) => Err(error),
        });
    }
    let outcomes: Vec<Outcome> = match is_refused {
        true => writes
            .iter()
            .map(|_| Err(vec![SaveError::rolled_back()]))
            .collect(),
        false => write::many(state, call, writes, all_or_none).await?,
    };
    let mut outcomes = outcomes.into_iter();
    let rows = places.into_iter().map(|place| match place {
        Ok(()) => outcomes
            .next()
            .map_or(Json::Null, |outcome| write::row(&outcome, says_created)),
        Err(error) => write::failed_row(&error, says_created),
    });
    Ok(Reply::json(StatusCode::OK, rows.collect()))
}

fn too_many(count: usize, max: usize) -> ApiError {
    ApiError::bad(
        "EXCEEDED_ID_LIMIT",
        format!(
            "record limit reached. cannot submit more than {max} records in this call: there \
             are {count}. Send them in several"
        ),
    )
}

fn split(text: &str) -> Vec<String> {
    let parts = text.split(',').map(str::trim);
    parts
        .filter(|part| !part.is_empty())
        .map(ToOwned::to_owned)
        .collect()
}

fn texts(body: &Json, name: &str) -> Result<Vec<String>, ApiError> {
    match body.get(name) {
        Some(Json::Array(texts)) => texts
            .iter()
            .map(|text| match text.as_str() {
                Some(text) => Ok(text.to_owned()),
                None => Err(body::unexpected(&format!("text in {name}"), text)),
            })
            .collect(),
        Some(other) => Err(body::unexpected(&format!("an array of {name}"), other)),
        None => Err(ApiError::bad(
            "MISSING_ARGUMENT",
            format!(
                "{name} not specified; {}",
                json!({"ids": ["…"], "fields": ["Id"]})
            ),
        )),
    }
}
