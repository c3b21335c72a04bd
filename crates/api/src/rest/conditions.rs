//! Conditional requests: is what the client has still what there is?

use axum::http::{HeaderMap, StatusCode, header};

use super::Reply;
use crate::json::{http_date, read_http_date};

/// The tag of a record that was last changed at this moment.
pub(crate) fn tag(changed_ms: i64) -> String {
    format!("\"{changed_ms:x}\"")
}

/// The moment that a tag of ours is made of.
pub(crate) fn moment_of_tag(tag: &str) -> Option<i64> {
    let tag = tag.trim().trim_start_matches("W/").trim_matches('"');
    let tag = tag.strip_suffix("-gzip").unwrap_or(tag);
    i64::from_str_radix(tag, 16).ok()
}

/// The reply with its moment of change, or 304 when the client has it already, or 412 when it
/// wanted something older.
pub(crate) fn fresh(headers: &HeaderMap, changed_ms: i64, tag: &str, reply: Reply) -> Reply {
    let text = |name: header::HeaderName| headers.get(name)?.to_str().ok();
    let named = |tags: &str| {
        let mut tags = tags.split(',').map(|t| t.trim().trim_start_matches("W/"));
        tags.any(|given| given == tag || given == "*")
    };
    let second = changed_ms.div_euclid(1_000) * 1_000;
    let has_it = match text(header::IF_NONE_MATCH) {
        Some(tags) => named(tags),
        None => text(header::IF_MODIFIED_SINCE)
            .and_then(read_http_date)
            .is_some_and(|since| second <= since),
    };
    let too_new = match text(header::IF_MATCH) {
        Some(tags) => !named(tags),
        None => text(header::IF_UNMODIFIED_SINCE)
            .and_then(read_http_date)
            .is_some_and(|since| second > since),
    };
    let reply = match (too_new, has_it) {
        (true, _) => Reply::empty(StatusCode::PRECONDITION_FAILED),
        (false, true) => Reply::empty(StatusCode::NOT_MODIFIED),
        (false, false) => reply,
    };
    reply
        .with_header(header::LAST_MODIFIED, &http_date(changed_ms))
        .with_header(header::ETAG, tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_has_the_newest_is_sent_nothing() {
        let reply = || Reply::ok(serde_json::json!({}));
        let status = |name: header::HeaderName, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            let changed_ms = 1_767_225_600_123;
            fresh(&headers, changed_ms, &tag(changed_ms), reply()).status
        };
        let (then, before) = (
            "Thu, 01 Jan 2026 00:00:00 GMT",
            "Wed, 31 Dec 2025 23:59:59 GMT",
        );
        assert_eq!(status(header::IF_MODIFIED_SINCE, then), 304);
        assert_eq!(status(header::IF_MODIFIED_SINCE, before), 200);
        assert_eq!(status(header::IF_MODIFIED_SINCE, "soon"), 200);
        assert_eq!(status(header::IF_UNMODIFIED_SINCE, before), 412);
        assert_eq!(status(header::IF_UNMODIFIED_SINCE, then), 200);
        assert_eq!(status(header::IF_NONE_MATCH, &tag(1_767_225_600_123)), 304);
        assert_eq!(status(header::IF_NONE_MATCH, "\"x\""), 200);
        assert_eq!(status(header::IF_MATCH, "\"x\""), 412);
    }

    #[test]
    fn a_tag_says_its_moment() {
        assert_eq!(
            moment_of_tag(&tag(1_767_225_600_123)),
            Some(1_767_225_600_123)
        );
        assert_eq!(
            moment_of_tag("W/\"19b76a3b87b-gzip\""),
            Some(0x19b_76a3_b87b)
        );
        assert_eq!(moment_of_tag("\"other\""), None);
    }
}
