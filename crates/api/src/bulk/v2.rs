//! Bulk 2.0: `jobs/ingest` and `jobs/query`.

use axum::http::{Method, StatusCode, header};
use offhook_org::access::{Operation, Permission};
use offhook_org::bulk::{BulkApi, BulkOperation, Job, JobRequest, JobState};
use offhook_org::soql;
use serde_json::{Map, Value as Json, json};

use super::{job_id, text_of, v2_results};
use crate::ApiState;
use crate::error::ApiError;
use crate::json::moment;
use crate::rest::limits::admit_bulk;
use crate::rest::{Call, Reply};

/// Jobs on one page of a list.
const PAGE_JOBS: u32 = 200;

/// Everything below `jobs`; `path` is what follows it.
pub(crate) async fn jobs(state: &ApiState, call: &Call, path: &[&str]) -> Result<Reply, ApiError> {
    let api = match path.first() {
        Some(&"ingest") => BulkApi::V2Ingest,
        Some(&"query") => BulkApi::V2Query,
        _ => return Err(ApiError::not_found()),
    };
    match (&call.method, &path[1..]) {
        (&Method::POST, []) => create(state, call, api).await,
        (&Method::GET, []) => list(state, call, api).await,
        (&Method::GET, [id]) => {
            let job = state
                .store
                .bulk_job(&call.user.user, api, &job_id(id)?)
                .await?;
            Ok(Reply::ok(words(call, &job)))
        }
        (&Method::PATCH, [id]) => change(state, call, api, id).await,
        (&Method::DELETE, [id]) => {
            state
                .store
                .delete_bulk_job(&call.user.user, api, &job_id(id)?)
                .await?;
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        (&Method::PUT, [id, "batches"]) if api == BulkApi::V2Ingest => {
            refuse_packed(call)?;
            let text = text_of(&call.body)?;
            state
                .store
                .put_bulk_input(&call.user.user, &job_id(id)?, text)
                .await?;
            Ok(Reply::empty(StatusCode::CREATED))
        }
        (&Method::GET, [id, which]) => v2_results::answer(state, call, api, id, which).await,
        (_, []) => Err(ApiError::method_not_allowed("GET, POST")),
        (_, [_]) => Err(ApiError::method_not_allowed("DELETE, GET, PATCH")),
        (_, [_, "batches"]) => Err(ApiError::method_not_allowed("PUT")),
        _ => Err(ApiError::method_not_allowed("GET")),
    }
}

/// Rows are CSV as text; over the wire they may be packed by `Content-Encoding`.
fn refuse_packed(call: &Call) -> Result<(), ApiError> {
    let kind = call.headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    match ["zip", "octet-stream", "multipart"]
        .iter()
        .any(|packed| kind.contains(packed))
    {
        false => Ok(()),
        true => Err(ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
            "Content-Type header specified in HTTP request is not supported: send the rows as \
             text/csv, packed if you like with Content-Encoding: gzip",
        )),
    }
}

async fn create(state: &ApiState, call: &Call, api: BulkApi) -> Result<Reply, ApiError> {
    let body = call.json()?;
    let text = |name: &str| {
        let value = body.get(name).and_then(Json::as_str);
        value.unwrap_or_default().to_owned()
    };
    let given = |name: &str| Some(text(name)).filter(|text| !text.is_empty());
    let mut request = JobRequest {
        operation: text("operation"),
        object: text("object"),
        external_id_field: given("externalIdFieldName"),
        content_type: text("contentType"),
        delimiter: text("columnDelimiter"),
        line_ending: text("lineEnding"),
        query: given("query"),
        is_serial: false,
        chunk_ids: None,
    };
    match api {
        BulkApi::V2Query => check_query(state, call, &mut request)?,
        _ => check_target(state, &call.user.user, &mut request)?,
    }
    admit_bulk(state, false).await?;
    if api == BulkApi::V2Query {
        admit_bulk(state, true).await?;
    }
    let version = call.user.version.to_string();
    let job = state
        .store
        .create_bulk_job(&call.user.user, api, &request, &version, crate::now_ms())
        .await?;
    if api == BulkApi::V2Query {
        state.bulk.wake();
    }
    Ok(Reply::ok(words(call, &job)))
}

/// The object is there and the user may write it; so is the field of an upsert.
pub(super) fn check_target(
    state: &ApiState,
    user: &offhook_org::UserContext,
    request: &mut JobRequest,
) -> Result<(), ApiError> {
    let needed = match BulkOperation::read(&request.operation) {
        Some(BulkOperation::Insert) => Operation::Create,
        Some(BulkOperation::Delete) => Operation::Delete,
        Some(BulkOperation::Update | BulkOperation::Upsert) => Operation::Edit,
        Some(BulkOperation::HardDelete) => {
            may_delete_for_good(user)?;
            Operation::Delete
        }
        _ => Operation::Read,
    };
    let schema = state.store.schema();
    let object = schema.object(&request.object);
    let object = object.filter(|object| user.may(object.name.as_str(), Operation::Read));
    let Some(object) = object else {
        let name: String = request.object.chars().take(80).collect();
        return Err(ApiError::bad(
            "INVALIDENTITY",
            format!("Unable to find object: {name}"),
        ));
    };
    if !user.may(object.name.as_str(), needed) {
        return Err(ApiError::bad(
            "INVALIDENTITY",
            format!(
                "Entity '{}' is not supported by the Bulk API for this operation and user: your \
                 profile lacks the right",
                object.name
            ),
        ));
    }
    request.object = object.name.to_string();
    if let Some(name) = &request.external_id_field {
        let field = object.field(name);
        let field = field.filter(|f| f.external_id || f.unique || f.name.as_str() == "Id");
        let Some(field) = field else {
            let name: String = name.chars().take(80).collect();
            return Err(ApiError::bad(
                "INVALIDJOB",
                format!(
                    "InvalidJob : Field name provided, {name} does not match an External ID, \
                     Salesforce Id, or indexed field for {}",
                    object.name
                ),
            ));
        };
        request.external_id_field = Some(field.name.to_string());
    }
    Ok(())
}

/// Past the recycle bin there is no way back: it takes a permission of its own.
pub(super) fn may_delete_for_good(user: &offhook_org::UserContext) -> Result<(), ApiError> {
    if user.holds(Permission::BulkApiHardDelete) {
        return Ok(());
    }
    Err(ApiError::bad(
        "FEATURENOTENABLED",
        "hardDelete is not enabled for this user: it takes the permission Bulk API Hard Delete. \
         Use delete, or ask an administrator",
    ))
}

/// The query can be run; its object becomes the job's.
fn check_query(state: &ApiState, call: &Call, request: &mut JobRequest) -> Result<(), ApiError> {
    let text = request.query.clone().unwrap_or_default();
    let query = soql::parse(&text).map_err(ApiError::from)?;
    let options = plan_options(u32::from(call.user.version.major()));
    let schema = state.store.schema();
    let plan = soql::plan(&schema, &call.user.user, &query, options).map_err(ApiError::from)?;
    request.object = plan.select.source.root().object.to_string();
    Ok(())
}

/// How a job's query is read, with this version of the API.
pub(super) fn plan_options(api_version: u32) -> soql::PlanOptions {
    soql::PlanOptions {
        api_version,
        ..soql::PlanOptions::at(crate::now_ms())
    }
}

async fn list(state: &ApiState, call: &Call, api: BulkApi) -> Result<Reply, ApiError> {
    let before = call.param("queryLocator").filter(|text| !text.is_empty());
    let before = before.map(job_id).transpose()?;
    let user = &call.user.user;
    let jobs = state
        .store
        .bulk_jobs(user, api, before.as_ref(), PAGE_JOBS + 1)
        .await?;
    let page_size = PAGE_JOBS as usize;
    let is_done = jobs.len() <= page_size;
    let page: Vec<Json> = jobs
        .iter()
        .take(page_size)
        .map(|job| words(call, job))
        .collect();
    let last = jobs.get(page_size - 1).filter(|_| !is_done);
    let resource = match api {
        BulkApi::V2Query => "query",
        _ => "ingest",
    };
    let next = last.map(|job| format!("{}/jobs/{resource}?queryLocator={}", call.root(), job.id));
    Ok(Reply::ok(
        json!({ "done": is_done, "nextRecordsUrl": next, "records": page }),
    ))
}

async fn change(state: &ApiState, call: &Call, api: BulkApi, id: &str) -> Result<Reply, ApiError> {
    let body = call.json()?;
    let wanted = body.get("state").and_then(Json::as_str).unwrap_or_default();
    let wanted = JobState::read(wanted).ok_or_else(|| {
        ApiError::bad("INVALIDJOBSTATE", "state must be UploadComplete or Aborted")
    })?;
    let job = state
        .store
        .ask_bulk_job(&call.user.user, api, &job_id(id)?, wanted, crate::now_ms())
        .await?;
    state.bulk.wake();
    Ok(Reply::ok(words(call, &job)))
}

/// A job in the API's words.
fn words(call: &Call, job: &Job) -> Json {
    let mut body = Map::new();
    let mut put = |name: &str, value: Json| body.insert(name.to_owned(), value);
    put("id", json!(job.id.as_str()));
    put("operation", json!(job.operation.as_str()));
    put("object", json!(job.object));
    put("createdById", json!(job.created_by.as_str()));
    put("createdDate", json!(moment(job.created_ms)));
    put("systemModstamp", json!(moment(job.changed_ms)));
    put("state", json!(job.state.as_str()));
    if let Some(field) = &job.external_id_field {
        put("externalIdFieldName", json!(field));
    }
    put("concurrencyMode", json!("Parallel"));
    put("contentType", json!(job.content_type.as_str()));
    put(
        "apiVersion",
        json!(job.api_version.parse::<f64>().unwrap_or(0.0)),
    );
    if job.api == BulkApi::V2Ingest {
        let root = call.root();
        let root = root.trim_start_matches('/');
        put(
            "contentUrl",
            json!(format!("{root}/jobs/ingest/{}/batches", job.id)),
        );
    }
    put("jobType", json!(job.api.as_str()));
    put("lineEnding", json!(job.line_ending.as_str()));
    put("columnDelimiter", json!(job.delimiter.as_str()));
    put("retries", json!(0));
    put("totalProcessingTime", json!(job.processing_ms));
    put("apiActiveProcessingTime", json!(job.processing_ms));
    put("apexProcessingTime", json!(0));
    put("numberRecordsProcessed", json!(job.counts.processed));
    if job.api == BulkApi::V2Ingest {
        put("numberRecordsFailed", json!(job.counts.failed));
    }
    if let Some(error) = &job.error {
        put("errorMessage", json!(error));
    }
    Json::Object(body)
}
