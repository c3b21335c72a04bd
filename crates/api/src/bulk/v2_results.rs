//! What became of a job of Bulk 2.0: the rows that were written, refused or never reached, and
//! what a query found.

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use csv::StringRecord;
use offhook_org::bulk::{BulkApi, Job, Outcome};

use super::lines::{self, Lines};
use super::{job_id, no_such_job};
use crate::ApiState;
use crate::error::ApiError;
use crate::rest::{Call, Content, Reply};

/// Rows in one answer where the client names no number, and the most that it may name.
const ROWS_DEFAULT: u64 = 50_000;
const ROWS_MAX: u64 = 250_000;

/// Which rows of an ingest job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Successful,
    Failed,
    Unprocessed,
}

/// `successfulResults`, `failedResults`, `unprocessedrecords`, `results`.
pub(super) async fn answer(
    state: &ApiState,
    call: &Call,
    api: BulkApi,
    id: &str,
    which: &str,
) -> Result<Reply, ApiError> {
    let id = job_id(id)?;
    let job = state.store.bulk_job(&call.user.user, api, &id).await?;
    let which = match (api, which.to_ascii_lowercase().as_str()) {
        (BulkApi::V2Query, "results") => return found(state, call, &job).await,
        (BulkApi::V2Ingest, "successfulresults") => Which::Successful,
        (BulkApi::V2Ingest, "failedresults") => Which::Failed,
        (BulkApi::V2Ingest, "unprocessedrecords") => Which::Unprocessed,
        _ => return Err(no_such_job()),
    };
    let text = state.store.bulk_input(&job.id).await?;
    let mut rows = lines::reader(&text, job.delimiter);
    let names = lines::header(&mut rows).unwrap_or_default();
    let mut lines = Lines::new(job.delimiter, job.line_ending);
    let first: &[&str] = match which {
        Which::Successful => &["sf__Id", "sf__Created"],
        Which::Failed => &["sf__Id", "sf__Error"],
        Which::Unprocessed => &[],
    };
    if !names.is_empty() || !first.is_empty() {
        lines.push(first.iter().copied().chain(names.iter()));
    }
    let mut records = rows.into_records();
    let mut row = 0;
    while let Some(piece) = state.store.bulk_output(&job.id, row).await? {
        let outcomes: Vec<Outcome> = serde_json::from_str(&piece.body).unwrap_or_default();
        row = piece.first_row + piece.row_count;
        for outcome in outcomes {
            let record = records.next().and_then(Result::ok).unwrap_or_default();
            push(&mut lines, which, &outcome, &record);
        }
    }
    if which == Which::Unprocessed && job.state.is_over() {
        for record in records.map_while(Result::ok) {
            lines.push(record.iter());
        }
    }
    Ok(csv_reply(lines.text()))
}

fn push(lines: &mut Lines, which: Which, outcome: &Outcome, record: &StringRecord) {
    match (which, outcome) {
        (Which::Successful, Outcome::Written { id, created }) => {
            let created = if *created { "true" } else { "false" };
            lines.push([id.as_str(), created].into_iter().chain(record.iter()));
        }
        (Which::Failed, Outcome::Refused(error)) => {
            lines.push(["", error.as_str()].into_iter().chain(record.iter()));
        }
        _ => {}
    }
}

/// What a query found, from the row that the locator names.
async fn found(state: &ApiState, call: &Call, job: &Job) -> Result<Reply, ApiError> {
    if !job.state.is_over() {
        return Err(ApiError::bad(
            "INVALIDJOBSTATE",
            format!(
                "job {} is {}; its results are there when it is JobComplete",
                job.id,
                job.state.as_str()
            ),
        ));
    }
    let number = |name: &str| match call.param(name) {
        None | Some("" | "null") => Ok(None),
        Some(text) => text.parse::<u64>().map(Some).map_err(|_| {
            ApiError::bad(
                "INVALID_QUERY_LOCATOR",
                format!("{name} is no number of ours"),
            )
        }),
    };
    let first = number("locator")?.unwrap_or(0);
    let count = number("maxRecords")?
        .unwrap_or(ROWS_DEFAULT)
        .clamp(1, ROWS_MAX);
    let (text, rows) = slice(state, job, first, count).await?;
    let next = first + rows;
    let locator = match next < job.counts.processed {
        true => next.to_string(),
        false => "null".to_owned(),
    };
    Ok(csv_reply(text)
        .with_header(HeaderName::from_static("sforce-locator"), &locator)
        .with_header(
            HeaderName::from_static("sforce-numberofrecords"),
            &rows.to_string(),
        ))
}

/// Header and rows from `first` on, at most `count`; and how many there are.
async fn slice(
    state: &ApiState,
    job: &Job,
    first: u64,
    count: u64,
) -> Result<(String, u64), ApiError> {
    let mut lines = Lines::new(job.delimiter, job.line_ending);
    let (mut at, end) = (first, first.saturating_add(count));
    let mut has_header = false;
    while at < end {
        let Some(piece) = state.store.bulk_output(&job.id, at).await? else {
            break;
        };
        let mut rows = lines::reader(&piece.body, job.delimiter);
        let names = lines::header(&mut rows).unwrap_or_default();
        if !std::mem::replace(&mut has_header, true) {
            lines.push(names.iter());
        }
        let skipped = usize::try_from(at - piece.first_row).unwrap_or(usize::MAX);
        for record in rows.into_records().map_while(Result::ok).skip(skipped) {
            if at == end {
                break;
            }
            lines.push(record.iter());
            at += 1;
        }
        if piece.row_count == 0 {
            break;
        }
    }
    Ok((lines.text(), at - first))
}

fn csv_reply(text: String) -> Reply {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv"));
    Reply {
        status: StatusCode::OK,
        headers,
        body: Content::Bytes(Bytes::from(text)),
    }
}
