//! What objects and fields there are, as this user may know them. The words are
//! `offhook_org::schema::describe`'s; clients that have them already get nothing.

use axum::http::StatusCode;
use offhook_org::schema::describe as words;
use offhook_org::schema::{Field, Object};
use serde_json::{Value as Json, json};

use super::described::Of;
use super::{Call, Content, Reply, conditions, home};
use crate::error::ApiError;
use crate::{ApiState, now_ms};

/// Recent records beside the description of an object.
const RECENT: u32 = 5;

/// `/sobjects`.
pub(super) fn global(state: &ApiState, call: &Call) -> Result<Reply, ApiError> {
    let schema = state.store.schema();
    let describe = || words::describe_global(&schema, &call.user.user, &call.root());
    Ok(fresh(state, call, "", describe))
}

/// `/sobjects/{S}`: in short, and what the user looked at.
pub(super) async fn basic(
    state: &ApiState,
    call: &Call,
    object: &Object,
) -> Result<Reply, ApiError> {
    let description = words::describe_briefly(&call.user.user, object, &call.root());
    let recent = home::recent_of(state, call, Some(&object.name), RECENT).await?;
    Ok(Reply::ok(
        json!({"objectDescribe": description, "recentItems": recent}),
    ))
}

/// `/sobjects/{S}/describe`.
pub(super) fn object(state: &ApiState, call: &Call, object: &Object) -> Result<Reply, ApiError> {
    let schema = state.store.schema();
    let user = &call.user.user;
    let describe = || words::describe_object(&schema, user, object, &call.root());
    Ok(fresh(state, call, object.name.as_str(), describe))
}

/// One field.
pub(super) fn field(state: &ApiState, call: &Call, object: &Object, field: &Field) -> Json {
    let schema = state.store.schema();
    words::describe_field(&schema, &call.user.user, object, field)
}

/// `string`, `picklist`, `reference`.
pub(super) fn type_name(state: &ApiState, call: &Call, object: &Object, field: &Field) -> Json {
    self::field(state, call, object, field)["type"].clone()
}

/// The number that a key prefix is in base 62.
pub(super) fn number_of_prefix(prefix: &str) -> u64 {
    prefix.bytes().fold(0, |number, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'A'..=b'Z' => byte - b'A' + 10,
            _ => byte.wrapping_sub(b'a').wrapping_add(36),
        };
        number * 62 + u64::from(digit)
    })
}

/// The description as it is kept, or 304 for who has it already. It is the whole org's under no
/// name.
fn fresh(state: &ApiState, call: &Call, name: &str, describe: impl FnOnce() -> Json) -> Reply {
    let of = Of::new(state.store.schema(), &call.user.user, name, &call.root());
    let written = state.described.written(of, describe);
    let since_ms = state.described.since(name, written.hash, now_ms());
    let tag = format!("\"{:x}\"", written.hash);
    let reply = Reply {
        body: Content::Written(written.text),
        ..Reply::empty(StatusCode::OK)
    };
    conditions::fresh(&call.headers, since_ms, &tag, reply)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_numbers() {
        assert_eq!(number_of_prefix("001"), 1);
        assert_eq!(number_of_prefix("00T"), 29);
        assert_eq!(number_of_prefix("zzz"), 62 * 62 * 62 - 1);
    }
}
