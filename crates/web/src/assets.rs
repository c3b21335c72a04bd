//! The built UI: scripts, styles and icons out of `ui/dist`, inside the binary (read from disk
//! in a development build). A URL with `?v=` names one content and may be kept for ever.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../ui/dist"]
struct Dist;

/// Is the UI there at all? Pages say how to build it when it is not.
pub(crate) fn built() -> bool {
    Dist::get("slds.css").is_some()
}

/// The URL of an asset, with the hash of its content.
pub(crate) fn url(name: &str) -> String {
    static HASHES: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    let hashes = HASHES.get_or_init(|| {
        Dist::iter()
            .filter_map(|name| Some((name.to_string(), hash(&Dist::get(&name)?))))
            .collect()
    });
    match hashes.get(name) {
        Some(hash) => format!("/assets/{name}?v={hash}"),
        None => format!("/assets/{name}"),
    }
}

/// Serves `/assets/{*name}`.
pub(crate) async fn serve(Path(name): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    let Some(file) = Dist::get(&name) else {
        return (
            StatusCode::NOT_FOUND,
            "There is no such file in the built UI.",
        )
            .into_response();
    };
    let etag = format!("\"{}\"", hash(&file));
    let caching = cache_control(&name, uri.query());
    let fresh = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| {
            v.split(',')
                .any(|one| one.trim().trim_start_matches("W/") == etag)
        });
    if fresh {
        let head = [
            (header::ETAG, etag),
            (header::CACHE_CONTROL, caching.to_owned()),
        ];
        return (StatusCode::NOT_MODIFIED, head).into_response();
    }
    let head = [
        (header::CONTENT_TYPE, file.metadata.mimetype().to_owned()),
        (header::ETAG, etag),
        (header::CACHE_CONTROL, caching.to_owned()),
    ];
    (head, Body::from(file.data.into_owned())).into_response()
}

/// A script under an address that is not its own: no cache may keep it there.
pub(crate) fn script(name: &str) -> Response {
    let Some(file) = Dist::get(name) else {
        return (
            StatusCode::NOT_FOUND,
            "There is no such script in the built UI.",
        )
            .into_response();
    };
    let head = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (head, Body::from(file.data.into_owned())).into_response()
}

/// In a development build the file can change under its URL, so it is always asked for. Icons
/// are named without their hash, since every page names dozens.
fn cache_control(name: &str, query: Option<&str>) -> &'static str {
    let named = query.is_some_and(|q| q.starts_with("v="));
    match (named, name.starts_with("icons/")) {
        _ if cfg!(debug_assertions) => "no-cache",
        (true, _) => "public, max-age=31536000, immutable",
        (false, true) => "public, max-age=86400",
        (false, false) => "no-cache",
    }
}

fn hash(file: &rust_embed::EmbeddedFile) -> String {
    let bytes = file.metadata.sha256_hash();
    bytes[..8].iter().map(|b| format!("{b:02x}")).collect()
}
