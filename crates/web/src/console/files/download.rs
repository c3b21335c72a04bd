//! Contents on their way to a browser: as a download, or, of what can be shown, as what a page
//! shows. Whichever it is, it is called what its bytes say, guessed at by nobody, and without
//! rights of its own.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use offhook_org::RecordId;
use offhook_org::files::{CONTENT_POLICY, Preview, Wanted, attachment_header, wanted};
use offhook_store::files::{Content, ContentReader};

use crate::AppState;
use crate::error::Failure;
use crate::session::SignedIn;

/// `/lightning/files/{version}/download`.
pub(super) async fn download(
    State(state): State<AppState>,
    who: SignedIn,
    Path(version): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let content = content(&state, &who, &version).await?;
    let name = attachment_header(&content.title, &content.extension);
    send(&state, &content, &headers, &name).await
}

/// `/lightning/files/{version}/preview`: only of pictures, sounds and films.
pub(super) async fn preview(
    State(state): State<AppState>,
    who: SignedIn,
    Path(version): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let content = content(&state, &who, &version).await?;
    if content.preview == Preview::None {
        return Err(Failure::NotFound);
    }
    send(&state, &content, &headers, "inline").await
}

async fn content(state: &AppState, who: &SignedIn, version: &str) -> Result<Content, Failure> {
    let version = RecordId::parse(version).map_err(|_| Failure::NotFound)?;
    let content = state.store.content(&who.user, &version).await?;
    content.ok_or(Failure::NotFound)
}

async fn send(
    state: &AppState,
    content: &Content,
    headers: &HeaderMap,
    disposition: &str,
) -> Result<Response, Failure> {
    let range = headers.get(header::RANGE).and_then(|v| v.to_str().ok());
    let (status, from, length) = match wanted(range, content.size) {
        Wanted::All => (StatusCode::OK, 0, content.size),
        Wanted::Part { from, length } => (StatusCode::PARTIAL_CONTENT, from, length),
        Wanted::Nothing => (StatusCode::RANGE_NOT_SATISFIABLE, 0, 0),
    };
    let body = match length {
        0 => Body::empty(),
        _ => body_of(state.store.open_content(content, from, length).await?),
    };
    let mut response = (status, body).into_response();
    let sent = response.headers_mut();
    let mut set = |name, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            sent.insert(name, value);
        }
    };
    set(header::CONTENT_TYPE, &content.media_type);
    set(header::CONTENT_DISPOSITION, disposition);
    set(header::CONTENT_SECURITY_POLICY, CONTENT_POLICY);
    set(header::ACCEPT_RANGES, "bytes");
    set(header::CONTENT_LENGTH, &length.to_string());
    set(header::ETAG, &format!("\"{}\"", content.sha256));
    match status {
        StatusCode::PARTIAL_CONTENT => {
            let last = from + length - 1;
            let part = format!("bytes {from}-{last}/{}", content.size);
            set(header::CONTENT_RANGE, &part);
        }
        StatusCode::RANGE_NOT_SATISFIABLE => {
            set(header::CONTENT_RANGE, &format!("bytes */{}", content.size));
        }
        _ => {}
    }
    Ok(response)
}

fn body_of(reader: ContentReader) -> Body {
    let pieces = stream::unfold(Some(reader), |reader| async {
        let mut reader = reader?;
        match reader.next().await {
            Ok(piece) => Some((Ok(piece?), Some(reader))),
            Err(error) => Some((Err(error), None)),
        }
    });
    // What compresses an answer asks once more after the end.
    Body::from_stream(pieces.fuse())
}
