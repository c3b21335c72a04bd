//! The Open CTI libraries, under every version of the API: `/support/api/66.0/lightning/…`. The
//! file is the same for all; it reads its version from its own URL.

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use crate::assets;

/// Versions that are answered (the platform's own begin at 38.0 for Lightning).
const VERSIONS: std::ops::RangeInclusive<u8> = 25..=99;

/// `GET /support/api/{version}/lightning/{file}`: any page of any origin may load it. Its URL
/// names no content, so a cache may keep it but must ask whether it is still the one.
pub(super) async fn library(
    Path((version, file)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let known = matches!(file.as_str(), "opencti.js" | "opencti_min.js");
    if !known || !is_version(&version) {
        return (
            StatusCode::NOT_FOUND,
            "There is no such Open CTI library here.",
        )
            .into_response();
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

/// `25.0` to `99.0`.
fn is_version(text: &str) -> bool {
    text.strip_suffix(".0")
        .filter(|number| number.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|number| number.parse().ok())
        .is_some_and(|number| VERSIONS.contains(&number))
}

#[cfg(test)]
mod tests {
    use super::is_version;

    #[test]
    fn every_version_of_the_api_is_known_and_nothing_else() {
        assert!((25..=99).all(|number| is_version(&format!("{number}.0"))));
        for other in [
            "24.0", "100.0", "66", "66.1", "v66.0", "+66.0", "", ".0", "66.0.0",
        ] {
            assert!(!is_version(other), "{other:?}");
        }
    }
}
