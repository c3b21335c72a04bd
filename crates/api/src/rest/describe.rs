//! What objects and fields there are, as this user may know them. The words are
//! `offhook_org::schema::describe`'s; clients that have them already get nothing.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};

use offhook_org::schema::describe as words;
use offhook_org::schema::{Field, Object};
use serde_json::{Value as Json, json};

use super::{Call, Reply, conditions, home};
use crate::error::ApiError;
use crate::{ApiState, now_ms};

/// Recent records beside the description of an object.
const RECENT: u32 = 5;

/// `/sobjects`.
pub(super) fn global(state: &ApiState, call: &Call) -> Result<Reply, ApiError> {
    let schema = state.store.schema();
    let body = words::describe_global(&schema, &call.user.user, &call.root());
    Ok(fresh(state, call, "", body))
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
    let description = words::describe_object(&schema, user, object, &call.root());
    Ok(fresh(state, call, object.name.as_str(), description))
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

/// The description, or 304 for who has it already.
fn fresh(state: &ApiState, call: &Call, name: &str, body: Json) -> Reply {
    let mut hasher = DefaultHasher::new();
    body.to_string().hash(&mut hasher);
    let hash = hasher.finish();
    let since_ms = state.described.since(name, hash, now_ms());
    let tag = format!("\"{hash:x}\"");
    conditions::fresh(&call.headers, since_ms, &tag, Reply::ok(body))
}

/// Since when descriptions are what they are, by object; as far as this process knows.
#[derive(Debug, Default)]
pub(crate) struct Described(Mutex<BTreeMap<String, Vec<(u64, i64)>>>);

/// Descriptions of one object that are remembered: users with other rights are told other things.
const REMEMBERED_MAX: usize = 64;

impl Described {
    /// The moment from which on the object was described so. Two descriptions of an object are
    /// never of the same second, since the dates of headers have no smaller part.
    fn since(&self, name: &str, hash: u64, now_ms: i64) -> i64 {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.entry(name.to_owned()).or_default();
        if let Some((_, since_ms)) = known.iter().find(|(known, _)| *known == hash) {
            return *since_ms;
        }
        let newest_ms = known.iter().map(|(_, since_ms)| since_ms + 1_000).max();
        let since_ms = newest_ms.unwrap_or(now_ms).max(now_ms);
        if known.len() == REMEMBERED_MAX {
            known.remove(0);
        }
        known.push((hash, since_ms));
        since_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_description_is_of_another_second() {
        let described = Described::default();
        assert_eq!(described.since("Task", 1, 5_000), 5_000);
        assert_eq!(described.since("Task", 1, 9_000), 5_000);
        assert_eq!(described.since("Task", 2, 5_001), 6_000);
        assert_eq!(described.since("Lead", 2, 5_001), 5_001);
    }

    #[test]
    fn prefixes_are_numbers() {
        assert_eq!(number_of_prefix("001"), 1);
        assert_eq!(number_of_prefix("00T"), 29);
        assert_eq!(number_of_prefix("zzz"), 62 * 62 * 62 - 1);
    }
}
