//! Bulk 1.0: `/services/async/NN.0/job…`, in XML, JSON and CSV.

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method, StatusCode};
use axum::response::Response;
use offhook_org::bulk::{
    BatchState, BulkApi, BulkOperation, ContentType, Job, JobRequest, JobState, Outcome,
};
use offhook_org::bulk::{chunk_ids, chunks};
use offhook_org::{RecordId, UserContext};
use offhook_store::org::query::QueryOptions;
use serde_json::{Value as Json, json};

use super::lines::{self, Lines};
use super::v1_words::{self, CSV, JSON, Tongue, XML, respond};
use super::v2::check_target;
use super::{job_id, text_of};
use crate::ApiState;
use crate::door::Segment;
use crate::error::ApiError;
use crate::limits::{BODY_BYTES_MAX, LIMIT_INFO, count_call, limit_info};
use crate::rest::limits::admit_bulk;
use crate::session::ApiUser;
use crate::xml::{self, Element};

/// Bytes of one batch, as the platform's guide says.
const BATCH_BYTES_MAX: usize = 10 * 1024 * 1024;

/// A request, taken apart.
struct Ask {
    user: ApiUser,
    method: Method,
    tongue: Tongue,
    /// `Sforce-Enable-PKChunking`.
    chunking: String,
    body: Vec<u8>,
}

impl Ask {
    fn user(&self) -> &UserContext {
        &self.user.user
    }
}

/// Every request below `/services/async`.
pub(crate) async fn enter(State(state): State<ApiState>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let tongue = Tongue::of(&parts.headers);
    let user = match ApiUser::from_request_parts(&mut parts, &state).await {
        Ok(user) => user,
        Err(error) => return tongue.error(&error),
    };
    let (usage, admitted) = count_call(&state, &user);
    let mut response = match admitted {
        Ok(()) => answer(&state, user, parts, body).await,
        Err(error) => tongue.error(&error),
    };
    let name = HeaderName::from_static(LIMIT_INFO);
    response.headers_mut().insert(name, limit_info(usage));
    response
}

async fn answer(state: &ApiState, user: ApiUser, parts: Parts, body: Body) -> Response {
    let tongue = Tongue::of(&parts.headers);
    let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else {
        return tongue.error(&ApiError::bad(
            "CLIENTINPUTERROR",
            format!("the body ended too early, or has more than {BODY_BYTES_MAX} bytes"),
        ));
    };
    let ask = Ask {
        user,
        method: parts.method,
        tongue,
        chunking: chunking(&parts.headers),
        body: body.to_vec(),
    };
    let path = Segment::of(parts.uri.path()).split_off(3);
    let path: Vec<String> = path.iter().map(Segment::literal).collect();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let answered = match ask.method {
        Method::GET => {
            ask.user
                .while_good(state, dispatch(state, &ask, &path))
                .await
        }
        _ => dispatch(state, &ask, &path).await,
    };
    match answered {
        Ok(response) => response,
        Err(error) => tongue.error(&error),
    }
}

fn chunking(headers: &HeaderMap) -> String {
    let header = headers.get("sforce-enable-pkchunking");
    let header = header.and_then(|value| value.to_str().ok());
    header.unwrap_or_default().to_owned()
}

async fn dispatch(state: &ApiState, ask: &Ask, path: &[&str]) -> Result<Response, ApiError> {
    match (&ask.method, path) {
        (&Method::POST, ["job"]) => create(state, ask).await,
        (&Method::GET, ["job", job]) => show(state, ask, &job_id(job)?, StatusCode::OK).await,
        (&Method::POST, ["job", job]) => change(state, ask, &job_id(job)?).await,
        (&Method::POST, ["job", job, "batch"]) => add_batch(state, ask, &job_id(job)?).await,
        (&Method::GET, ["job", job, "batch"]) => {
            let batches = state.store.bulk_batches(ask.user(), &job_id(job)?).await?;
            let all: Vec<_> = batches.iter().map(v1_words::batch).collect();
            Ok(ask.tongue.list("batchInfoList", "batchInfo", &all))
        }
        (&Method::GET, ["job", job, "batch", batch]) => {
            let (job, batch) = (job_id(job)?, job_id(batch)?);
            let batch = state.store.bulk_batch(ask.user(), &job, &batch).await?;
            let words = v1_words::batch(&batch);
            Ok(ask.tongue.object(StatusCode::OK, "batchInfo", &words))
        }
        (&Method::GET, ["job", job, "batch", batch, "request"]) => {
            let (job, batch) = (job_id(job)?, job_id(batch)?);
            state.store.bulk_batch(ask.user(), &job, &batch).await?;
            let text = state.store.bulk_input(&batch).await?;
            Ok(respond(StatusCode::OK, CSV, text))
        }
        (&Method::GET, ["job", job, "batch", batch, "result"]) => {
            results(state, ask, &job_id(job)?, &job_id(batch)?).await
        }
        (&Method::GET, ["job", job, "batch", batch, "result", result]) => {
            found(state, ask, &job_id(job)?, &job_id(batch)?, result).await
        }
        (_, ["job", ..]) => Err(ApiError::method_not_allowed("GET, POST")),
        _ => Err(ApiError::not_found()),
    }
}

/// The values of a body, by name.
fn read(ask: &Ask) -> Result<serde_json::Map<String, Json>, ApiError> {
    let text = text_of(&ask.body)?;
    match ask.tongue {
        Tongue::Json => serde_json::from_str(text)
            .map_err(|error| ApiError::bad("CLIENTINPUTERROR", error.to_string())),
        Tongue::Xml => {
            let document = xml::read(text).map_err(|why| ApiError::bad("CLIENTINPUTERROR", why))?;
            let value = |field: &xml::Node| Json::from(field.text.trim());
            let fields = document.children.iter();
            Ok(fields
                .map(|field| (field.name.clone(), value(field)))
                .collect())
        }
    }
}

async fn create(state: &ApiState, ask: &Ask) -> Result<Response, ApiError> {
    let body = read(ask)?;
    let text = |name: &str| {
        let value = body.get(name).and_then(Json::as_str);
        value.unwrap_or_default().to_owned()
    };
    // One client sends the mode as a number: 1 is parallel.
    let is_serial = match body.get("concurrencyMode") {
        Some(Json::String(mode)) => mode.eq_ignore_ascii_case("serial"),
        Some(Json::Number(mode)) => mode.as_i64() == Some(0),
        _ => false,
    };
    let mut request = JobRequest {
        operation: text("operation"),
        object: text("object"),
        external_id_field: Some(text("externalIdFieldName")).filter(|name| !name.is_empty()),
        content_type: match text("contentType") {
            none if none.is_empty() && ask.tongue == Tongue::Xml => "XML".to_owned(),
            given => given,
        },
        is_serial,
        chunk_ids: chunk_ids(&ask.chunking)?,
        ..JobRequest::default()
    };
    check_target(state, ask.user(), &mut request)?;
    let version = ask.user.version.to_string();
    let job = state
        .store
        .create_bulk_job(
            ask.user(),
            BulkApi::Classic,
            &request,
            &version,
            crate::now_ms(),
        )
        .await?;
    let words = v1_words::job(&job, &[]);
    Ok(ask.tongue.object(StatusCode::CREATED, "jobInfo", &words))
}

async fn show(
    state: &ApiState,
    ask: &Ask,
    id: &RecordId,
    status: StatusCode,
) -> Result<Response, ApiError> {
    let job = state
        .store
        .bulk_job(ask.user(), BulkApi::Classic, id)
        .await?;
    let batches = state.store.bulk_batches(ask.user(), id).await?;
    let words = v1_words::job(&job, &batches);
    Ok(ask.tongue.object(status, "jobInfo", &words))
}

async fn change(state: &ApiState, ask: &Ask, id: &RecordId) -> Result<Response, ApiError> {
    let body = read(ask)?;
    let wanted = body.get("state").and_then(Json::as_str).unwrap_or_default();
    let wanted = JobState::read(wanted)
        .ok_or_else(|| ApiError::bad("INVALIDJOBSTATE", "state must be Closed or Aborted"))?;
    state
        .store
        .ask_bulk_job(ask.user(), BulkApi::Classic, id, wanted, crate::now_ms())
        .await?;
    show(state, ask, id, StatusCode::OK).await
}

async fn add_batch(state: &ApiState, ask: &Ask, job: &RecordId) -> Result<Response, ApiError> {
    if ask.body.len() > BATCH_BYTES_MAX {
        return Err(ApiError::bad(
            "CLIENTINPUTERROR",
            format!("a batch takes {BATCH_BYTES_MAX} bytes; send several"),
        ));
    }
    let text = text_of(&ask.body)?;
    admit_bulk(state, false).await?;
    let chunks = chunks_of(state, ask, job, text).await?;
    let (store, user) = (&state.store, ask.user());
    let batch = match chunks {
        Some(chunks) => {
            store
                .add_bulk_chunks(user, job, text, &chunks, crate::now_ms())
                .await?
        }
        None => {
            store
                .add_bulk_batch(user, job, text, crate::now_ms())
                .await?
        }
    };
    state.bulk.wake();
    let words = v1_words::batch(&batch);
    Ok(ask.tongue.object(StatusCode::CREATED, "batchInfo", &words))
}

/// The queries of a batch's chunks, where the job is to have some.
async fn chunks_of(
    state: &ApiState,
    ask: &Ask,
    job: &RecordId,
    soql: &str,
) -> Result<Option<Vec<String>>, ApiError> {
    let user = ask.user();
    let job = state.store.bulk_job(user, BulkApi::Classic, job).await?;
    let Some(ids) = job.chunk_ids else {
        return Ok(None);
    };
    let options = QueryOptions {
        all_rows: job.operation == BulkOperation::QueryAll,
        batch_size: 1,
        api_version: ask.user.version.major().into(),
        now_ms: crate::now_ms(),
    };
    let end = async |order: &str| {
        let soql = format!("SELECT Id FROM {} ORDER BY Id {order} LIMIT 1", job.object);
        let page = state.store.query(user, &soql, options).await?;
        Ok::<_, ApiError>(page.rows.into_iter().next().and_then(|row| row.id))
    };
    let (Some(first), Some(last)) = (end("ASC").await?, end("DESC").await?) else {
        return Ok(None);
    };
    Ok(Some(chunks(soql, &first, &last, ids)?))
}

/// What became of the rows of a batch; of a query, the ids of its results.
async fn results(
    state: &ApiState,
    ask: &Ask,
    job: &RecordId,
    batch: &RecordId,
) -> Result<Response, ApiError> {
    let (job, outcomes) = outcomes(state, ask, job, batch).await?;
    if job.operation.is_query() {
        let id = result_id(batch);
        return Ok(match job.content_type {
            ContentType::Json => respond(StatusCode::OK, JSON, json!([id.as_str()]).to_string()),
            ContentType::Csv | ContentType::Xml => {
                let list = Element::new("result-list")
                    .with("xmlns", "http://www.force.com/2009/06/asyncapi/dataload")
                    .children([Element::new("result").text(id.as_str())]);
                respond(StatusCode::OK, XML, list.document())
            }
        });
    }
    Ok(match job.content_type {
        ContentType::Csv => respond(StatusCode::OK, CSV, outcomes_as_csv(&job, &outcomes)),
        ContentType::Json => {
            let all: Json = outcomes.iter().map(outcome_as_json).collect();
            respond(StatusCode::OK, JSON, all.to_string())
        }
        ContentType::Xml => {
            let all = outcomes.iter().map(outcome_as_xml);
            let list = Element::new("results")
                .with("xmlns", "http://www.force.com/2009/06/asyncapi/dataload")
                .children(all);
            respond(StatusCode::OK, XML, list.document())
        }
    })
}

/// The job, and the outcome of each row of a batch that is done.
async fn outcomes(
    state: &ApiState,
    ask: &Ask,
    job: &RecordId,
    batch: &RecordId,
) -> Result<(Job, Vec<Outcome>), ApiError> {
    let batch = state.store.bulk_batch(ask.user(), job, batch).await?;
    let job = state
        .store
        .bulk_job(ask.user(), BulkApi::Classic, job)
        .await?;
    if !matches!(batch.state, BatchState::Completed | BatchState::Failed) {
        return Err(ApiError::bad(
            "INVALIDBATCH",
            format!(
                "batch {} is {}; its results are there when it is Completed",
                batch.id,
                batch.state.as_str()
            ),
        ));
    }
    let mut outcomes = Vec::new();
    let mut row = 0;
    while !job.operation.is_query()
        && let Some(piece) = state.store.bulk_output(&batch.id, row).await?
    {
        row = piece.first_row + piece.row_count;
        let piece: Vec<Outcome> = serde_json::from_str(&piece.body).unwrap_or_default();
        outcomes.extend(piece);
    }
    Ok((job, outcomes))
}

/// The rows that the query of a batch found.
async fn found(
    state: &ApiState,
    ask: &Ask,
    job: &RecordId,
    batch: &RecordId,
    result: &str,
) -> Result<Response, ApiError> {
    let (job, _) = outcomes(state, ask, job, batch).await?;
    let is_known = RecordId::parse(result).is_ok_and(|id| id == result_id(batch));
    if !job.operation.is_query() || !is_known {
        return Err(ApiError::not_found());
    }
    let mut table = Table::default();
    let mut row = 0;
    while let Some(piece) = state.store.bulk_output(batch, row).await? {
        row = piece.first_row + piece.row_count;
        table.add(&job, &piece.body);
        if piece.row_count == 0 {
            break;
        }
    }
    Ok(match job.content_type {
        ContentType::Csv => respond(StatusCode::OK, CSV, table.csv(&job)),
        ContentType::Json => respond(StatusCode::OK, JSON, table.json(&job).to_string()),
        ContentType::Xml => respond(StatusCode::OK, XML, table.xml(&job).document()),
    })
}

/// 752…, with the number of the batch: it has one result.
fn result_id(batch: &RecordId) -> RecordId {
    let text = format!("752{}", &batch.short()[3..]);
    RecordId::parse(&text).unwrap_or_else(|_| batch.clone())
}

/// A header and rows.
#[derive(Default)]
struct Table {
    names: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    fn add(&mut self, job: &Job, text: &str) {
        let mut reader = lines::reader(text, job.delimiter);
        let names = lines::header(&mut reader).unwrap_or_default();
        self.names = names.iter().map(str::to_owned).collect();
        let rows = reader.into_records().map_while(Result::ok);
        self.rows
            .extend(rows.map(|row| row.iter().map(str::to_owned).collect()));
    }

    fn csv(&self, job: &Job) -> String {
        if self.rows.is_empty() {
            return "Records not found for this query".to_owned();
        }
        let mut lines = Lines::new(job.delimiter, job.line_ending);
        lines.push(self.names.iter().map(String::as_str));
        for row in &self.rows {
            lines.push(row.iter().map(String::as_str));
        }
        lines.text()
    }

    fn json(&self, job: &Job) -> Json {
        let rows = self.rows.iter().map(|row| {
            let mut object = serde_json::Map::new();
            object.insert("attributes".to_owned(), json!({ "type": job.object }));
            for (name, value) in self.names.iter().zip(row) {
                let value = match value.as_str() {
                    "" => Json::Null,
                    text => Json::from(text),
                };
                object.insert(name.clone(), value);
            }
            Json::Object(object)
        });
        rows.collect()
    }

    fn xml(&self, job: &Job) -> Element {
        let records = self.rows.iter().map(|row| {
            let values = self.names.iter().zip(row);
            let values = values.map(|(name, value)| Element::new(name).text(value.as_str()));
            Element::new("records")
                .with("xsi:type", "sObject")
                .children(
                    [Element::new("type").text(job.object.as_str())]
                        .into_iter()
                        .chain(values),
                )
        });
        Element::new("queryResult")
            .with("xmlns", "http://www.force.com/2009/06/asyncapi/dataload")
            .with("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
            .children(records)
    }
}

fn outcomes_as_csv(job: &Job, outcomes: &[Outcome]) -> String {
    let mut lines = Lines::new(job.delimiter, job.line_ending);
    lines.push(["Id", "Success", "Created", "Error"]);
    for outcome in outcomes {
        match outcome {
            Outcome::Written { id, created } => {
                lines.push([id.as_str(), "true", flag(*created), ""]);
            }
            Outcome::Refused(error) => lines.push(["", "false", "false", error]),
        }
    }
    lines.text()
}

fn outcome_as_json(outcome: &Outcome) -> Json {
    match outcome {
        Outcome::Written { id, created } => {
            json!({ "success": true, "created": created, "id": id.as_str(), "errors": [] })
        }
        Outcome::Refused(error) => {
            let (code, message, fields) = parts(error);
            let error = json!({ "statusCode": code, "message": message, "fields": fields });
            json!({ "success": false, "created": false, "id": null, "errors": [error] })
        }
    }
}

fn outcome_as_xml(outcome: &Outcome) -> Element {
    let named = |name: &str, text: &str| Element::new(name).text(text);
    match outcome {
        Outcome::Written { id, created } => Element::new("result").children([
            named("id", id.as_str()),
            named("success", "true"),
            named("created", flag(*created)),
        ]),
        Outcome::Refused(error) => {
            let (code, message, fields) = parts(error);
            let fields = fields.iter().map(|field| named("fields", field));
            let error = Element::new("errors")
                .children(fields.chain([named("message", message), named("statusCode", code)]));
            Element::new("result").children([
                error,
                named("success", "false"),
                named("created", "false"),
            ])
        }
    }
}

/// Code, message and fields of `CODE:message:fields --`.
fn parts(error: &str) -> (&str, &str, Vec<&str>) {
    let (code, rest) = error
        .split_once(':')
        .unwrap_or(("UNKNOWN_EXCEPTION", error));
    let (message, fields) = rest.rsplit_once(':').unwrap_or((rest, ""));
    let fields = fields.trim_end_matches("--").split(',').map(str::trim);
    (code, message, fields.filter(|f| !f.is_empty()).collect())
}

fn flag(value: bool) -> &'static str {
    match value {
        true => "true",
        false => "false",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_in_words_is_taken_apart_again() {
        let error = "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --";
        let (code, message, fields) = parts(error);
        assert_eq!(code, "REQUIRED_FIELD_MISSING");
        assert_eq!(message, "Required fields are missing: [LastName]");
        assert_eq!(fields, ["LastName"]);
        assert_eq!(parts("X:y:--"), ("X", "y", vec![]));
    }
}
