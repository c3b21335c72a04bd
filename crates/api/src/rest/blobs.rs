//! Files: sent in a multipart body beside the record's JSON and laid on the shelf piece by piece
//! while they come, read at an address of their own, whole or in parts.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, multipart::Field};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use futures_core::Stream;
use offhook_org::RecordId;
use offhook_org::files::{CONTENT_POLICY, Wanted, attachment_header, wanted};
use offhook_org::schema::{FieldKind, Object};
use offhook_store::files::{ContentReader, UploadError};
use serde_json::{Value as Json, json};

use super::call::Content;
use super::{Call, Reply};
use crate::ApiState;
use crate::error::ApiError;
use crate::session::ApiUser;

/// Parts of a multipart body.
const PARTS_MAX: usize = 10;

/// Bytes of the part with the record.
const RECORD_BYTES_MAX: usize = 1_024 * 1_024;

/// Is the body of several parts, one of them a record's?
pub(super) fn is_record_in_parts(parts: &Parts) -> bool {
    let kind = parts.headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_multipart = kind.to_ascii_lowercase().starts_with("multipart/form-data");
    let mut path = parts.uri.path().split('/').filter(|part| !part.is_empty());
    is_multipart && path.nth(3) == Some("sobjects")
}

/// The JSON of the record with what stands for its file, which is on the shelf then. The headers
/// say from now on that it is JSON.
pub(super) async fn take(
    state: &ApiState,
    user: &ApiUser,
    head: &mut Parts,
    body: Body,
) -> Result<Bytes, ApiError> {
    let mut request = Request::new(body);
    *request.headers_mut() = head.headers.clone();
    // A file has the limit of files, the record its own.
    DefaultBodyLimit::disable().apply(&mut request);
    let mut parts = Multipart::from_request(request, &())
        .await
        .map_err(|error| malformed(&error.body_text()))?;
    let object = object_in_path(state, head);
    let (mut record, mut files) = (None, Vec::new());
    while let Some(part) = parts
        .next_field()
        .await
        .map_err(|error| malformed(&error.body_text()))?
    {
        if files.len() == PARTS_MAX {
            return Err(malformed("there are too many parts"));
        }
        let name = part.name().unwrap_or_default().to_owned();
        match record.is_none() && is_record(&part) {
            true => record = Some(read_record(part).await?),
            false => {
                let field = binary_field(object.as_deref(), &name)?;
                files.push((field, store(state, user, part).await?));
            }
        }
    }
    let mut record: Json = record.ok_or_else(|| {
        malformed("the first part must be the record, with Content-Type: application/json")
    })?;
    let Some(fields) = record.as_object_mut() else {
        return Err(malformed("the record must be a JSON object"));
    };
    for (name, upload) in files {
        fields.insert(name, json!(upload));
    }
    let json = HeaderValue::from_static("application/json");
    head.headers.insert(header::CONTENT_TYPE, json);
    Ok(Bytes::from(record.to_string()))
}

/// `/services/data/v64.0/sobjects/{S}/…`.
fn object_in_path(state: &ApiState, head: &Parts) -> Option<Arc<Object>> {
    let mut path = head.uri.path().split('/').filter(|part| !part.is_empty());
    let name = path.nth(4)?;
    state.store.schema().object(name).cloned()
}

/// The field that the part is the content of; of another object there is none.
fn binary_field(object: Option<&Object>, name: &str) -> Result<String, ApiError> {
    let field = object.and_then(|object| object.field(name));
    match field.filter(|field| field.kind == FieldKind::Base64) {
        Some(field) => Ok(field.name.as_str().to_owned()),
        None => {
            let name: String = name.chars().take(80).collect();
            Err(malformed(&format!(
                "the part '{name}' is no binary field of the object. Call it VersionData, and \
                 send it to ContentVersion"
            )))
        }
    }
}

fn is_record(part: &Field<'_>) -> bool {
    let kind = part.content_type().unwrap_or_default().to_ascii_lowercase();
    let name = part.name().unwrap_or_default();
    kind.starts_with("application/json") || name.starts_with("entity_")
}

async fn read_record(mut part: Field<'_>) -> Result<Json, ApiError> {
    let mut bytes = Vec::new();
    while let Some(piece) = next_piece(&mut part).await? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > RECORD_BYTES_MAX {
            return Err(malformed("the record is larger than 1 MB"));
        }
    }
    std::str::from_utf8(&bytes).map_err(|_| malformed("JSON is UTF-8"))?;
    super::call::parse_json(&bytes)
}

async fn store(state: &ApiState, user: &ApiUser, mut part: Field<'_>) -> Result<String, ApiError> {
    let mut upload = state.store.begin_upload(&user.user, None).await?;
    while let Some(piece) = next_piece(&mut part).await? {
        upload.write(&piece).await?;
    }
    Ok(upload.finish().await?)
}

async fn next_piece(part: &mut Field<'_>) -> Result<Option<Bytes>, ApiError> {
    let piece = part.chunk().await;
    piece.map_err(|error| malformed(&error.body_text()))
}

fn malformed(why: &str) -> ApiError {
    ApiError::bad(
        "INVALID_MULTIPART_REQUEST",
        format!("the multipart body cannot be read: {why}"),
    )
}

impl From<UploadError> for ApiError {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::Refused(error) => vec![error].into(),
            UploadError::Store(error) => error.into(),
        }
    }
}

/// Is this the name of a field that has an address of its own?
pub(super) fn is_blob(object: &Object, name: &str) -> bool {
    let field = object.field(name);
    field.is_some_and(|field| field.kind == FieldKind::Base64)
}

/// `/sobjects/ContentVersion/{id}/VersionData`: the content, or the part of it that is asked
/// for.
pub(super) async fn send(
    state: &ApiState,
    call: &Call,
    version: &RecordId,
) -> Result<Reply, ApiError> {
    if !matches!(call.method, Method::GET | Method::HEAD) {
        return Err(ApiError::method_not_allowed("GET, HEAD"));
    }
    let content = state.store.content(&call.user.user, version).await?;
    let content = content.ok_or_else(ApiError::not_found)?;
    let tag = format!("\"{}\"", content.sha256);
    let header_of = |name| {
        call.headers
            .get(name)
            .and_then(|v: &HeaderValue| v.to_str().ok())
    };
    let is_same = header_of(header::IF_RANGE).is_none_or(|known| known == tag);
    let range = header_of(header::RANGE).filter(|_| is_same);
    let mut reply = Reply::empty(StatusCode::OK);
    let (from, length) = match wanted(range, content.size) {
        Wanted::All => (0, content.size),
        Wanted::Part { from, length } => {
            reply.status = StatusCode::PARTIAL_CONTENT;
            let last = from + length - 1;
            let part = format!("bytes {from}-{last}/{}", content.size);
            reply = reply.with_header(header::CONTENT_RANGE, &part);
            (from, length)
        }
        Wanted::Nothing => {
            let size = format!("bytes */{}", content.size);
            let refused = Reply::empty(StatusCode::RANGE_NOT_SATISFIABLE);
            return Ok(refused.with_header(header::CONTENT_RANGE, &size));
        }
    };
    if call.method == Method::GET {
        let reader = state.store.open_content(&content, from, length).await?;
        reply.body = Content::File(FileBody::new(reader));
    }
    let name = attachment_header(&content.title, &content.extension);
    Ok(guarded(reply, &content.media_type)
        .with_header(header::CONTENT_LENGTH, &length.to_string())
        .with_header(header::ACCEPT_RANGES, "bytes")
        .with_header(header::ETAG, &tag)
        .with_header(header::CONTENT_DISPOSITION, &name))
}

/// With what keeps a browser from running it: it is downloaded, it is what it is called, and it
/// has no rights if it is opened all the same.
fn guarded(reply: Reply, media_type: &str) -> Reply {
    let resource_policy = HeaderName::from_static("cross-origin-resource-policy");
    reply
        .with_header(header::CONTENT_TYPE, media_type)
        .with_header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .with_header(header::CONTENT_SECURITY_POLICY, CONTENT_POLICY)
        .with_header(resource_policy, "same-origin")
}

/// A content on its way out. A reply can be cloned, a content is sent once.
#[derive(Clone)]
pub(crate) struct FileBody(Arc<Mutex<Option<ContentReader>>>);

impl FileBody {
    fn new(reader: ContentReader) -> Self {
        Self(Arc::new(Mutex::new(Some(reader))))
    }

    /// The body of the answer; empty the second time.
    pub(super) fn body(&self) -> Body {
        let mut reader = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(reader) = reader.take() else {
            return Body::empty();
        };
        Body::from_stream(Pieces(Some(next_of(reader))))
    }
}

/// A content piece by piece; nothing after its end or a failure.
struct Pieces(Option<NextPiece>);

type NextPiece = Pin<Box<dyn Future<Output = (ContentReader, Piece)> + Send>>;
type Piece = std::io::Result<Option<Vec<u8>>>;

fn next_of(mut reader: ContentReader) -> NextPiece {
    Box::pin(async move {
        let piece = reader.next().await;
        (reader, piece)
    })
}

impl Stream for Pieces {
    type Item = std::io::Result<Vec<u8>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(next) = &mut self.0 else {
            return Poll::Ready(None);
        };
        let (reader, piece) = ready!(next.as_mut().poll(context));
        self.0 = matches!(piece, Ok(Some(_))).then(|| next_of(reader));
        Poll::Ready(piece.transpose())
    }
}

impl std::fmt::Debug for FileBody {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("FileBody")
    }
}

/// The refusal of a content where an answer is a part of JSON.
pub(super) fn only_by_itself() -> Json {
    let words = "the content of a file is read by a request of its own";
    ApiError::bad("INVALID_REQUEST", words).body()
}

/// Of a request's headers, whether it brings a record in base64 that may be large.
pub(super) fn takes_base64(parts: &Parts) -> bool {
    let path = parts.uri.path().to_ascii_lowercase();
    let is_record = path.contains("/sobjects/contentversion");
    is_record && is_json(&parts.headers)
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    kind.and_then(|kind| kind.to_str().ok())
        .is_none_or(|kind| kind.to_ascii_lowercase().contains("json"))
}
