//! The libraries that softphones load, under every version of the API: for Lightning
//! (`/support/api/66.0/lightning/…`), for Classic (`/support/api/66.0/interaction.js`) and the
//! Console Toolkit (`/support/console/66.0/integration.js`). The file is the same for all; it
//! reads its version from its own URL.

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use crate::assets;

/// Versions that are answered (the platform's own begin at 38.0 for Lightning).
const VERSIONS: std::ops::RangeInclusive<u8> = 25..=99;

/// Versions of the Console Toolkit, whose first methods came with 20.0.
const CONSOLE_VERSIONS: std::ops::RangeInclusive<u8> = 20..=99;

/// `GET /support/api/{version}/lightning/{file}`: any page of any origin may load it. Its URL
/// names no content, so a cache may keep it but must ask whether it is still the one.
pub(super) async fn library(
    Path((version, file)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let known = matches!(file.as_str(), "opencti.js" | "opencti_min.js");
    serve(known && is_version(&version, VERSIONS), file, uri, headers).await
}

/// `GET /support/api/{version}/interaction.js`, as [`library`].
pub(super) async fn interaction(
    Path(version): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let known = is_version(&version, VERSIONS);
    serve(known, "interaction.js".to_owned(), uri, headers).await
}

/// `GET /support/console/{version}/integration.js`, as [`library`].
pub(super) async fn integration(
    Path(version): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let known = is_version(&version, CONSOLE_VERSIONS);
    serve(known, "integration.js".to_owned(), uri, headers).await
}

async fn serve(known: bool, file: String, uri: Uri, headers: HeaderMap) -> Response {
    if !known {
        let text = "There is no such Open CTI library here.";
        return (StatusCode::NOT_FOUND, text).into_response();
    }
    let mut response = assets::serve(Path(file), uri, headers).await;
    let head = response.headers_mut();
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (CROSS_ORIGIN_RESOURCE_POLICY, "cross-origin"),
        (header::CACHE_CONTROL, "public, no-cache"),
    ] {
        head.insert(name, HeaderValue::from_static(value));
    }
    response
}

const CROSS_ORIGIN_RESOURCE_POLICY: header::HeaderName =
    header::HeaderName::from_static("cross-origin-resource-policy");

/// `25.0` to `99.0`, with the range given.
fn is_version(text: &str, versions: std::ops::RangeInclusive<u8>) -> bool {
    text.strip_suffix(".0")
        .filter(|number| number.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|number| number.parse().ok())
        .is_some_and(|number| versions.contains(&number))
}

#[cfg(test)]
mod tests {
    use super::{CONSOLE_VERSIONS, VERSIONS, is_version};

    #[test]
    fn every_version_of_the_api_is_known_and_nothing_else() {
        assert!((25..=99).all(|number| is_version(&format!("{number}.0"), VERSIONS)));
        assert!((20..=99).all(|number| is_version(&format!("{number}.0"), CONSOLE_VERSIONS)));
        for other in [
            "24.0", "100.0", "66", "66.1", "v66.0", "+66.0", "", ".0", "66.0.0",
        ] {
            assert!(!is_version(other, VERSIONS), "{other:?}");
        }
    }
}
