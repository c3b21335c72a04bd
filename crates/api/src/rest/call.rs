//! One request to a resource and its answer, apart from HTTP.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use offhook_store::org::WriteUnit;
use serde_json::Value as Json;
use tokio::sync::Mutex;

use super::dispatch::checked;
use super::{as_xml, blobs, from_xml, watched};
use crate::ApiState;
use crate::bulk::INPUT_BYTES_MAX;
use crate::door::{OverTls, Segment, base_address};
use crate::error::{ApiError, JSON_TYPE};
use crate::limits::{BODY_BYTES_MAX, FILE_BODY_BYTES_MAX, LIMIT_INFO, count_call, limit_info};
use crate::session::{ApiUser, Watch};
use crate::version::ApiVersion;

/// A request to a resource of one version.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// Below `/services/data/vNN.0`.
    pub(crate) path: Vec<Segment>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) user: ApiUser,
    /// Scheme, host and port for absolute addresses.
    pub(crate) base: String,
    /// The transaction of the composite that the call is a part of.
    pub(crate) unit: Option<Arc<Mutex<WriteUnit>>>,
}

/// The answer of a resource.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Content,
}

/// What an answer carries.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Nothing,
    Json(Json),
    /// JSON that is written out already.
    Written(Bytes),
    Bytes(Bytes),
    File(blobs::FileBody),
}

impl Content {
    /// The JSON in it, as a part of another answer; null where there is none.
    pub(crate) fn into_json(self) -> Json {
        match self {
            Self::Json(json) => json,
            Self::Written(text) => serde_json::from_slice(&text).unwrap_or_default(),
            Self::Nothing | Self::Bytes(_) => Json::Null,
            Self::File(_) => blobs::only_by_itself(),
        }
    }
}

impl Call {
    /// A call that another door makes; `path` is below `/services/data/vNN.0`.
    pub(crate) fn within(
        user: ApiUser,
        method: Method,
        path: &str,
        query: Vec<(String, String)>,
        body: Option<Json>,
    ) -> Self {
        Self {
            method,
            path: Segment::of(path),
            query,
            headers: HeaderMap::new(),
            body: body.map_or_else(Bytes::new, |body| body.to_string().into()),
            user,
            base: String::new(),
            unit: None,
        }
    }

    /// `/services/data/v64.0`.
    pub(crate) fn root(&self) -> String {
        format!("/services/data/v{}", self.user.version)
    }

    /// The segments of the path, decoded.
    pub(crate) fn literals(&self) -> Vec<String> {
        self.path.iter().map(Segment::literal).collect()
    }

    /// The first value of this name in the query.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        let mut pairs = self.query.iter();
        pairs
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The body as JSON, also where it came as XML; refused with the position of the mistake.
    pub(crate) fn json(&self) -> Result<Json, ApiError> {
        let kind = self.headers.get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if self.body.is_empty() && (kind.is_empty() || from_xml::is_xml(kind)) {
            return Err(no_body());
        }
        if from_xml::is_xml(kind) {
            return from_xml::body(self);
        }
        if !kind.is_empty() && !kind.to_ascii_lowercase().contains("json") {
            return Err(ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "UNSUPPORTED_MEDIA_TYPE",
                format!(
                    "Content-Type header specified in HTTP request is not supported: {}. Send \
                     application/json or application/xml",
                    kind.chars().take(80).collect::<String>()
                ),
            ));
        }
        if self.body.is_empty() {
            return Err(no_body());
        }
        parse_json(&self.body)
    }

    /// Does the call change nothing, whatever it answers?
    pub(super) fn only_reads(&self) -> bool {
        let is_search =
            || matches!(self.path.as_slice(), [path] if path.literal() == "parameterizedSearch");
        matches!(self.method, Method::GET | Method::HEAD) || is_search()
    }

    /// A resource that can only be read.
    pub(crate) fn only_get(&self, answer: impl FnOnce() -> Reply) -> Result<Reply, ApiError> {
        match self.method {
            Method::GET | Method::HEAD => Ok(answer()),
            _ => Err(ApiError::method_not_allowed("GET, HEAD")),
        }
    }
}

impl Reply {
    /// 200 with this body.
    pub(crate) fn ok(body: Json) -> Self {
        Self::json(StatusCode::OK, body)
    }

    /// This status with this body.
    pub(crate) fn json(status: StatusCode, body: Json) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: Content::Json(body),
        }
    }

    /// This status and nothing else.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: Content::Nothing,
        }
    }

    /// With one more header; a value that HTTP cannot carry is left out.
    #[must_use]
    pub(crate) fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }
}

fn no_body() -> ApiError {
    ApiError::bad(
        "JSON_PARSER_ERROR",
        "The HTTP entity body is required, but this request has no entity body.",
    )
}

/// JSON; refused with the position of the mistake.
pub(super) fn parse_json(bytes: &[u8]) -> Result<Json, ApiError> {
    serde_json::from_slice(bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        ApiError::bad(
            "JSON_PARSER_ERROR",
            format!("{error} at [line:{line}, column:{column}]"),
        )
    })
}

/// Serves a request: session, count, body, resource, answer.
pub(super) async fn serve(state: &ApiState, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let manner = Manner::of(&parts.headers);
    if Segment::of(parts.uri.path()).len() == 2 {
        return list_versions(&parts, manner);
    }
    let user = match user_of(&mut parts, state).await {
        Ok(user) => user,
        Err(error) => return respond(refusal(&error), manner, None),
    };
    let watch = Watch::new(state, &user);
    let (usage, admitted) = count_call(state, &user);
    let answer = match admitted {
        Err(error) => Err(error),
        Ok(()) => answer(state, parts, body, user).await,
    };
    let mut reply = answer.unwrap_or_else(|error| refusal(&error));
    let name = HeaderName::from_static(LIMIT_INFO);
    reply.headers.insert(name, limit_info(usage));
    respond(reply, manner, Some(watch))
}

/// The versions need no session.
fn list_versions(parts: &Parts, manner: Manner) -> Response {
    let reply = match parts.method {
        Method::GET | Method::HEAD => Reply::ok(ApiVersion::list()),
        _ => refusal(&ApiError::method_not_allowed("GET, HEAD")),
    };
    respond(reply, manner, None)
}

/// The user of a request, as the extractor finds it.
pub(super) async fn user_of(parts: &mut Parts, state: &ApiState) -> Result<ApiUser, ApiError> {
    ApiUser::from_request_parts(parts, state).await
}

async fn answer(
    state: &ApiState,
    mut parts: Parts,
    body: Body,
    user: ApiUser,
) -> Result<Reply, ApiError> {
    let body = match blobs::is_record_in_parts(&parts) {
        true => blobs::take(state, &user, &mut parts, body).await?,
        false => {
            let most = most_bytes(&parts);
            let body = to_bytes(body, most).await;
            body.map_err(|error| unread_body(error, most))?
        }
    };
    let query: Vec<(String, String)> = parts
        .uri
        .query()
        .map(|query| {
            form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect()
        })
        .unwrap_or_default();
    let over_tls = parts.extensions.get::<OverTls>().is_some();
    let call = Call {
        method: method_of(&parts.method, &query)?,
        path: Segment::of(parts.uri.path()).split_off(3),
        query,
        base: base_address(&state.settings, &parts.headers, over_tls),
        headers: parts.headers,
        body,
        user,
        unit: None,
    };
    checked(state, &call).await
}

fn is_upload(parts: &Parts) -> bool {
    parts.method == Method::PUT && parts.uri.path().ends_with("/batches")
}

/// Rows of a bulk job come in one body, a file in base64 too.
fn most_bytes(parts: &Parts) -> usize {
    match is_upload(parts) {
        true => INPUT_BYTES_MAX,
        false if blobs::takes_base64(parts) => FILE_BODY_BYTES_MAX,
        false => BODY_BYTES_MAX,
    }
}

/// POST may stand for another method, for clients that know no better.
fn method_of(method: &Method, query: &[(String, String)]) -> Result<Method, ApiError> {
    let meant = query
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("_HttpMethod"));
    match meant {
        Some((_, name)) if method == Method::POST => {
            Method::from_bytes(name.to_ascii_uppercase().as_bytes()).map_err(|_| {
                ApiError::bad("INVALID_FIELD", "_HttpMethod does not name an HTTP method")
            })
        }
        _ => Ok(method.clone()),
    }
}

fn unread_body(error: axum::Error, most: usize) -> ApiError {
    let too_large = format!("{error:?}").contains("LengthLimit");
    if too_large {
        return ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "EXCEEDED_MAX_SIZE_REQUEST",
            format!("the body is larger than {most} bytes. Send fewer records at once"),
        );
    }
    ApiError::bad(
        "JSON_PARSER_ERROR",
        "the body ended too early, or is not packed as its headers say",
    )
}

/// The reply for a refusal.
pub(crate) fn refusal(error: &ApiError) -> Reply {
    let mut reply = Reply::json(error.status, error.body());
    reply.headers.extend(error.allow_header());
    reply
}

/// How the client wants its answer.
#[derive(Clone, Copy)]
struct Manner {
    pretty: bool,
    xml: bool,
}

impl Manner {
    fn of(headers: &HeaderMap) -> Self {
        let accept = headers.get(header::ACCEPT);
        let accept = accept.and_then(|accept| accept.to_str().ok());
        Self {
            pretty: headers.get("x-prettyprint").is_some_and(|v| v != "0"),
            xml: accept.is_some_and(as_xml::is_wanted),
        }
    }
}

fn respond(reply: Reply, manner: Manner, watch: Option<Watch>) -> Response {
    let mut headers = reply.headers;
    let content = match reply.body {
        written @ Content::Written(_) if manner.xml || manner.pretty => {
            Content::Json(written.into_json())
        }
        content => content,
    };
    let (body, kind) = match content {
        Content::Nothing => (Body::empty(), None),
        Content::Bytes(bytes) => (large(bytes, watch, &mut headers), None),
        Content::Written(text) => (Body::from(text), Some(JSON_TYPE)),
        Content::File(file) => match watch {
            Some(watch) => (watched::body(watch, file.body()), None),
            None => (file.body(), None),
        },
        Content::Json(json) if manner.xml => {
            (as_xml::document(&json).into(), Some(as_xml::XML_TYPE))
        }
        Content::Json(json) => {
            let text = match manner.pretty {
                true => serde_json::to_string_pretty(&json),
                false => serde_json::to_string(&json),
            };
            (Body::from(text.unwrap_or_default()), Some(JSON_TYPE))
        }
    };
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static(NOT_KEPT));
    if let Some(kind) = kind {
        headers
            .entry(header::CONTENT_TYPE)
            .or_insert(HeaderValue::from_static(kind));
    }
    (reply.status, headers, body).into_response()
}

/// A body that says how long it is, and is cut when its session ends.
fn large(bytes: Bytes, watch: Option<Watch>, headers: &mut HeaderMap) -> Body {
    match watch {
        Some(watch) if bytes.len() > watched::WHOLE_BYTES_MAX => {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
            watched::bytes(watch, bytes)
        }
        _ => Body::from(bytes),
    }
}

/// Answers are one user's own.
const NOT_KEPT: &str = "no-cache,must-revalidate,max-age=0,no-store,private";
