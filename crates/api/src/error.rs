//! Refusals in the platform's words: a code, a message that begins with what clients match, and
//! the fields at fault, in an array.
//!
//! 401 is for a dead session alone: clients sign in again and repeat at that. Nothing that a
//! caller does wrong is 500, which clients repeat too.

use std::borrow::Cow;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use offhook_org::save::{SaveError, SaveErrorCode};
use offhook_org::soql::SoqlError;
use offhook_store::StoreError;
use offhook_store::error::SaveFailure;
use offhook_store::org::query::QueryFailure;
use serde_json::{Value as Json, json};

use crate::version::VersionError;

/// Content type of answers.
pub(crate) const JSON_TYPE: &str = "application/json;charset=UTF-8";

/// Why a request was refused.
#[derive(Debug, Clone)]
pub struct ApiError {
    /// The HTTP status.
    pub status: StatusCode,
    /// What went wrong; one entry, or more where a save has several reasons.
    pub problems: Vec<Problem>,
    /// Of 405: the methods that the resource has, for the header `Allow`.
    pub allow: Option<String>,
}

/// One reason.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The platform's code, `NOT_FOUND`.
    pub code: Cow<'static, str>,
    /// For people; begins with the platform's words.
    pub message: String,
    /// API names of the fields at fault.
    pub fields: Vec<String>,
    /// More members of the error object, as duplicate rules have.
    pub more: Option<(&'static str, Json)>,
}

impl ApiError {
    /// A refusal with one reason.
    pub fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status,
            problems: vec![Problem {
                code: code.into(),
                message: message.into(),
                fields: Vec::new(),
                more: None,
            }],
            allow: None,
        }
    }

    /// 400 with this code.
    pub fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// The same, naming the fields at fault.
    #[must_use]
    pub fn with_fields(mut self, fields: &[&str]) -> Self {
        for problem in &mut self.problems {
            problem.fields = fields.iter().map(|f| (*f).to_owned()).collect();
        }
        self
    }

    /// The session is over, or there never was one.
    pub fn dead_session() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "INVALID_SESSION_ID",
            "Session expired or invalid",
        )
    }

    /// There is no such record or resource.
    pub fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "NOT_FOUND",
            "The requested resource does not exist",
        )
    }

    /// The resource is there, but not with this method.
    pub fn method_not_allowed(allowed: &str) -> Self {
        let words = format!("HTTP Method not allowed. Allowed are {allowed}");
        Self {
            allow: Some(allowed.to_owned()),
            ..Self::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", words)
        }
    }

    /// The header `Allow`, where the refusal has one.
    pub(crate) fn allow_header(&self) -> Option<(HeaderName, HeaderValue)> {
        let value = HeaderValue::from_str(self.allow.as_deref()?).ok()?;
        Some((header::ALLOW, value))
    }

    /// The user may not do this.
    pub fn forbidden(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, message)
    }

    /// The first reason's code.
    pub fn code(&self) -> &str {
        self.problems
            .first()
            .map_or("UNKNOWN_EXCEPTION", |p| &p.code)
    }

    /// As the body of an answer: `errorCode`.
    pub(crate) fn body(&self) -> Json {
        self.problems.iter().map(Problem::at_top).collect()
    }

    /// As errors of one row among many: `statusCode`.
    pub(crate) fn rows(&self) -> Json {
        self.problems.iter().map(Problem::in_row).collect()
    }
}

impl Problem {
    fn at_top(&self) -> Json {
        let mut body = json!({});
        if let Some((name, value)) = &self.more {
            body[*name] = value.clone();
        }
        body["message"] = json!(self.message);
        body["errorCode"] = json!(self.code);
        if !self.fields.is_empty() {
            body["fields"] = json!(self.fields);
        }
        body
    }

    fn in_row(&self) -> Json {
        let mut body = json!({
            "statusCode": self.code,
            "message": self.message,
            "fields": self.fields,
        });
        if let Some((name, value)) = &self.more {
            body[*name] = value.clone();
        }
        body
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = self.body().to_string();
        let kind = [(header::CONTENT_TYPE, JSON_TYPE)];
        let mut response = (self.status, kind, body).into_response();
        response.headers_mut().extend(self.allow_header());
        response
    }
}

/// Answer of the router for what it does not know.
pub(crate) async fn no_such_resource() -> ApiError {
    ApiError::not_found()
}

impl From<VersionError> for ApiError {
    fn from(error: VersionError) -> Self {
        match error {
            VersionError::Retired => Self::new(
                StatusCode::GONE,
                "GONE",
                "The requested resource is no longer available: API versions 30.0 and lower \
                 are retired. Use 31.0 or higher",
            ),
            VersionError::Unknown => Self::not_found(),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full(why) => {
                tracing::error!(%why, "the disk of the database is full");
                Self::bad(
                    "STORAGE_LIMIT_EXCEEDED",
                    "storage limit exceeded: the disk of the database is full. Nothing of this \
                     request was saved; free some space, then send it again",
                )
            }
            StoreError::Busy(why) | StoreError::Deadlock(why) => {
                tracing::warn!(%why, "the database was busy");
                Self::bad(
                    "UNABLE_TO_LOCK_ROW",
                    "unable to obtain exclusive access to this record: the database is busy. \
                     Try again",
                )
            }
            StoreError::BadQuery(why) => Self::bad("MALFORMED_QUERY", why),
            error => {
                tracing::error!(%error, "an API request failed");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "UNKNOWN_EXCEPTION",
                    "An unexpected error occurred. The log of the server says more",
                )
            }
        }
    }
}

impl From<QueryFailure> for ApiError {
    fn from(failure: QueryFailure) -> Self {
        match failure {
            QueryFailure::Refused { code, message } => Self::bad(code, message),
            QueryFailure::Store(error) => error.into(),
        }
    }
}

impl From<SoqlError> for ApiError {
    fn from(error: SoqlError) -> Self {
        Self::bad(error.code, error.message)
    }
}

impl From<Vec<SaveError>> for ApiError {
    fn from(errors: Vec<SaveError>) -> Self {
        let is_access = |error: &SaveError| {
            matches!(
                error.status_code,
                SaveErrorCode::InsufficientAccessOrReadonly
                    | SaveErrorCode::InsufficientAccessOnCrossReferenceEntity
            )
        };
        let status = match errors.iter().any(is_access) {
            true => StatusCode::FORBIDDEN,
            false => StatusCode::BAD_REQUEST,
        };
        Self {
            status,
            problems: errors.into_iter().map(Problem::from).collect(),
            allow: None,
        }
    }
}

impl From<SaveError> for Problem {
    fn from(error: SaveError) -> Self {
        Self {
            code: code_of(error.status_code),
            message: error.message,
            fields: error.fields,
            more: None,
        }
    }
}

/// The code as the platform spells it.
fn code_of(code: SaveErrorCode) -> Cow<'static, str> {
    match serde_json::to_value(code) {
        Ok(Json::String(text)) => Cow::Owned(text),
        _ => Cow::Borrowed("UNKNOWN_EXCEPTION"),
    }
}

impl From<SaveFailure> for ApiError {
    fn from(failure: SaveFailure) -> Self {
        match failure {
            SaveFailure::Refused(errors) => errors.into(),
            SaveFailure::NotFound => Self::not_found(),
            SaveFailure::Changed { by } => Self::new(
                StatusCode::PRECONDITION_FAILED,
                "ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE",
                format!("the record was changed by {by} in the meantime. Read it again"),
            ),
            SaveFailure::Store(error) => error.into(),
        }
    }
}
