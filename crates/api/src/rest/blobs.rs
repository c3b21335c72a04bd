//! Files: read at an address of their own, sent in a multipart body beside the record's JSON.

use axum::body::Body;
use axum::extract::{FromRequest, Multipart};
use axum::http::{Request, header};
use serde_json::{Value as Json, json};

use super::Call;
use crate::error::ApiError;

/// Parts of a multipart body.
const PARTS_MAX: usize = 10;

/// Is the body of several parts?
pub(super) fn is_multipart(call: &Call) -> bool {
    let content_type = call.headers.get(header::CONTENT_TYPE);
    content_type
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            value
                .to_ascii_lowercase()
                .starts_with("multipart/form-data")
        })
}

/// The record with the file in it, as base64, under the name of the file's part.
pub(super) async fn read(call: &Call) -> Result<Json, ApiError> {
    let mut request = Request::new(Body::from(call.body.clone()));
    *request.headers_mut() = call.headers.clone();
    let mut parts = Multipart::from_request(request, &())
        .await
        .map_err(|error| malformed(&error.body_text()))?;
    let mut record = None;
    let mut files = Vec::new();
    while let Some(part) = parts
        .next_field()
        .await
        .map_err(|error| malformed(&error.body_text()))?
    {
        if files.len() == PARTS_MAX {
            return Err(malformed("there are too many parts"));
        }
        let name = part.name().unwrap_or_default().to_owned();
        let is_json = part
            .content_type()
            .is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/json"));
        let bytes = part
            .bytes()
            .await
            .map_err(|error| malformed(&error.body_text()))?;
        if is_json && record.is_none() {
            let text = std::str::from_utf8(&bytes).map_err(|_| malformed("JSON is UTF-8"))?;
            record = Some(super::call::parse_json(text.as_bytes())?);
        } else {
            files.push((name, base64(&bytes)));
        }
    }
    let mut record = record.ok_or_else(|| {
        malformed("the first part must be the record, with Content-Type: application/json")
    })?;
    for (name, content) in files {
        match record.as_object_mut() {
            Some(record) => record.insert(name, json!(content)),
            None => return Err(malformed("the record must be a JSON object")),
        };
    }
    Ok(record)
}

fn malformed(why: &str) -> ApiError {
    ApiError::bad(
        "INVALID_MULTIPART_REQUEST",
        format!("the multipart body cannot be read: {why}"),
    )
}

/// Base64 with padding.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |i: usize| u32::from(group.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            match i <= group.len() {
                true => {
                    let six = usize::try_from(bits >> (18 - 6 * i) & 63).unwrap_or(0);
                    text.push(char::from(ALPHABET[six]));
                }
                false => text.push('='),
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn bytes_become_base64() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }
}
