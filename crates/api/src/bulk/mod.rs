//! Bulk jobs as clients make them, in both generations of the API.
//!
//! The rooms: `v2` (Bulk 2.0: jobs of one body of CSV) with `v2_results`, `v1` (Bulk 1.0: jobs of
//! batches, in XML, JSON or CSV) with `v1_words`, `rows` (from what was sent to writes), `lines`
//! (CSV) with `columns`, and `worker` (the one task that does the work).

mod columns;
mod lines;
mod rows;
mod v1;
mod v1_words;
mod v2;
mod v2_results;
mod worker;

use axum::http::StatusCode;
use offhook_org::RecordId;
use offhook_org::bulk::BulkRefusal;
use offhook_store::bulk::BulkFailure;

use crate::error::ApiError;

pub(crate) use v1::enter as enter_v1;
pub(crate) use v2::jobs;
pub(crate) use worker::{Worker, start};

/// Bytes of one body of CSV, as the platform's guide says.
pub(crate) const INPUT_BYTES_MAX: usize = 150 * 1024 * 1024;

impl From<BulkRefusal> for ApiError {
    fn from(refusal: BulkRefusal) -> Self {
        Self::bad(refusal.code, refusal.message)
    }
}

impl From<BulkFailure> for ApiError {
    fn from(failure: BulkFailure) -> Self {
        match failure {
            BulkFailure::NotFound => no_such_job(),
            BulkFailure::Refused(refusal) => refusal.into(),
            BulkFailure::Store(error) => error.into(),
        }
    }
}

fn no_such_job() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "NOT_FOUND",
        "The requested resource does not exist: there is no such job, or it is not yours",
    )
}

/// The id of a job or batch in a path.
fn job_id(text: &str) -> Result<RecordId, ApiError> {
    RecordId::parse(text).map_err(|_| no_such_job())
}

/// Text of a body, which must be UTF-8; a byte order mark is left out.
fn text_of(body: &[u8]) -> Result<&str, ApiError> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    std::str::from_utf8(body).map_err(|error| {
        let place = error.valid_up_to();
        ApiError::bad(
            "CLIENTINPUTERROR",
            format!("the data must be UTF-8; byte {place} is not. Save the file as UTF-8"),
        )
    })
}
