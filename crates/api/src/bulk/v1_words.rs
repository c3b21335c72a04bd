//! The words of Bulk 1.0, as XML and as JSON: a list of names and values, rendered as the client
//! asked.

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use offhook_org::bulk::{Batch, Job};
use serde_json::{Map, Value as Json};

use crate::error::ApiError;
use crate::json::moment;
use crate::xml::Element;

const NAMESPACE: &str = "http://www.force.com/2009/06/asyncapi/dataload";

/// How a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tongue {
    Xml,
    Json,
}

impl Tongue {
    /// By the request's content type.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let content_type = headers.get(header::CONTENT_TYPE);
        let text = content_type.and_then(|value| value.to_str().ok());
        match text.is_some_and(|text| text.contains("json")) {
            true => Self::Json,
            false => Self::Xml,
        }
    }

    /// An object of this name.
    pub(super) fn object(self, status: StatusCode, name: &str, words: &Words) -> Response {
        match self {
            Self::Json => respond(status, JSON, words.json().to_string()),
            Self::Xml => {
                let element = words.element(name).with("xmlns", NAMESPACE);
                respond(status, XML, element.document())
            }
        }
    }

    /// A list of objects.
    pub(super) fn list(self, list: &str, name: &str, all: &[Words]) -> Response {
        match self {
            Self::Json => {
                let all: Json = all.iter().map(Words::json).collect();
                let mut body = Map::new();
                body.insert(name.to_owned(), all);
                respond(StatusCode::OK, JSON, Json::Object(body).to_string())
            }
            Self::Xml => {
                let children = all.iter().map(|words| words.element(name));
                let element = Element::new(list)
                    .with("xmlns", NAMESPACE)
                    .children(children);
                respond(StatusCode::OK, XML, element.document())
            }
        }
    }

    /// A refusal.
    pub(super) fn error(self, error: &ApiError) -> Response {
        let problem = error.problems.first();
        let message = problem.map_or("", |p| p.message.as_str());
        let code = camel(error.code());
        let mut words = Words::default();
        words.text("exceptionCode", &code);
        words.text("exceptionMessage", message);
        let mut response = self.object(error.status, "error", &words);
        response.headers_mut().extend(error.allow_header());
        response
    }
}

/// Names and values in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Words(Vec<(&'static str, Json)>);

impl Words {
    fn text(&mut self, name: &'static str, value: &str) {
        self.0.push((name, Json::from(value)));
    }

    fn number(&mut self, name: &'static str, value: u64) {
        self.0.push((name, Json::from(value)));
    }

    fn json(&self) -> Json {
        let pairs = self.0.iter().cloned();
        Json::Object(
            pairs
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        )
    }

    fn element(&self, name: &str) -> Element {
        let children = self.0.iter().map(|(name, value)| {
            let text = match value {
                Json::String(text) => text.clone(),
                other => other.to_string(),
            };
            Element::new(*name).text(text)
        });
        Element::new(name).children(children)
    }
}

/// A job with the sums of its batches.
pub(super) fn job(job: &Job, batches: &[Batch]) -> Words {
    use offhook_org::bulk::BatchState::{Completed, Failed, InProgress, NotProcessed, Queued};
    let mut words = Words::default();
    let count = |wanted: &[offhook_org::bulk::BatchState]| {
        let batches = batches.iter().filter(|b| wanted.contains(&b.state));
        u64::try_from(batches.count()).unwrap_or(0)
    };
    words.text("id", job.id.as_str());
    words.text("operation", job.operation.as_str());
    words.text("object", &job.object);
    words.text("createdById", job.created_by.as_str());
    words.text("createdDate", &utc(job.created_ms));
    words.text("systemModstamp", &utc(job.changed_ms));
    words.text("state", job.state.as_str());
    if let Some(field) = &job.external_id_field {
        words.text("externalIdFieldName", field);
    }
    words.text(
        "concurrencyMode",
        if job.is_serial { "Serial" } else { "Parallel" },
    );
    words.text("contentType", job.content_type.as_str());
    words.number("numberBatchesQueued", count(&[Queued]));
    words.number("numberBatchesInProgress", count(&[InProgress]));
    words.number("numberBatchesCompleted", count(&[Completed, NotProcessed]));
    words.number("numberBatchesFailed", count(&[Failed]));
    words.number(
        "numberBatchesTotal",
        u64::try_from(batches.len()).unwrap_or(0),
    );
    words.number("numberRecordsProcessed", job.counts.processed);
    words.number("numberRetries", 0);
    words.0.push((
        "apiVersion",
        Json::from(job.api_version.parse::<f64>().unwrap_or(0.0)),
    ));
    words.number("numberRecordsFailed", job.counts.failed);
    words.number("totalProcessingTime", job.processing_ms);
    words.number("apiActiveProcessingTime", job.processing_ms);
    words.number("apexProcessingTime", 0);
    words
}

/// A batch.
pub(super) fn batch(batch: &Batch) -> Words {
    let mut words = Words::default();
    words.text("id", batch.id.as_str());
    words.text("jobId", batch.job.as_str());
    words.text("state", batch.state.as_str());
    if let Some(error) = &batch.error {
        words.text("stateMessage", error);
    }
    words.text("createdDate", &utc(batch.created_ms));
    words.text("systemModstamp", &utc(batch.changed_ms));
    words.number("numberRecordsProcessed", batch.counts.processed);
    words.number("numberRecordsFailed", batch.counts.failed);
    words.number("totalProcessingTime", 0);
    words.number("apiActiveProcessingTime", 0);
    words.number("apexProcessingTime", 0);
    words
}

/// `2026-01-01T00:00:00.000Z`, as this API writes it.
fn utc(milliseconds: i64) -> String {
    moment(milliseconds).replace("+0000", "Z")
}

/// The platform's codes of this API: `InvalidSessionId` for `INVALID_SESSION_ID`.
fn camel(code: &str) -> String {
    let known = [
        ("INVALIDJOB", "InvalidJob"),
        ("INVALIDJOBSTATE", "InvalidJobState"),
        ("INVALIDBATCH", "InvalidBatch"),
        ("INVALIDENTITY", "InvalidEntity"),
        ("CLIENTINPUTERROR", "ClientInputError"),
        ("EXCEEDEDQUOTA", "ExceededQuota"),
        ("FEATURENOTENABLED", "FeatureNotEnabled"),
        ("NOT_FOUND", "InvalidJob"),
        ("GONE", "InvalidVersion"),
    ];
    if let Some((_, name)) = known.iter().find(|(upper, _)| *upper == code) {
        return (*name).to_owned();
    }
    let words = code.split('_').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        format!("{first}{}", rest.to_ascii_lowercase())
    });
    words.collect()
}

pub(super) const XML: &str = "application/xml;charset=UTF-8";
pub(super) const JSON: &str = "application/json;charset=UTF-8";
pub(super) const CSV: &str = "text/csv";

pub(super) fn respond(status: StatusCode, content_type: &'static str, body: String) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, content_type)],
        Body::from(body),
    )
        .into_response()
}
