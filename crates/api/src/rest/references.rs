//! `@{reference.path}` in the requests of a composite: values out of the answers before.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::Value as Json;

use super::body::shortened;
use crate::error::ApiError;

/// Answers by the reference ids of their requests.
#[derive(Debug, Default)]
pub(super) struct Answers(BTreeMap<String, (StatusCode, Json)>);

impl Answers {
    /// Keeps an answer.
    pub(super) fn keep(&mut self, reference_id: &str, status: StatusCode, body: Json) {
        self.0.insert(reference_id.to_owned(), (status, body));
    }

    /// The text with every reference replaced.
    pub(super) fn in_text(&self, text: &str) -> Result<String, ApiError> {
        let mut replaced = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, reference, after)) = next_reference(rest) {
            replaced.push_str(before);
            match self.value(reference)? {
                Json::String(text) => replaced.push_str(text),
                Json::Null => {}
                other => replaced.push_str(&other.to_string()),
            }
            rest = after;
        }
        replaced.push_str(rest);
        Ok(replaced)
    }

    /// The JSON with every reference in its texts replaced. A text that is one reference and
    /// nothing else becomes the value itself.
    pub(super) fn in_json(&self, json: &Json) -> Result<Json, ApiError> {
        Ok(match json {
            Json::String(text) => match next_reference(text) {
                Some(("", reference, "")) => self.value(reference)?.clone(),
                Some(_) => Json::String(self.in_text(text)?),
                None => json.clone(),
            },
            Json::Array(items) => {
                let items = items.iter().map(|item| self.in_json(item));
                Json::Array(items.collect::<Result<_, _>>()?)
            }
            Json::Object(members) => {
                let members = members
                    .iter()
                    .map(|(name, value)| Ok((name.clone(), self.in_json(value)?)));
                Json::Object(members.collect::<Result<_, ApiError>>()?)
            }
            plain => plain.clone(),
        })
    }

    /// What a reference names. A request that rests on a failed one is halted.
    fn value(&self, reference: &str) -> Result<&Json, ApiError> {
        let end = reference.find(['.', '[']).unwrap_or(reference.len());
        let (id, path) = reference.split_at(end);
        let reference = shortened(reference);
        let Some((status, body)) = self.0.get(id) else {
            return Err(halted(format!(
                "Invalid reference specified. No value for {reference}: no request before this \
                 one has the referenceId {}",
                shortened(id)
            )));
        };
        if !status.is_success() {
            return Err(halted(format!(
                "Invalid reference specified. No value for {reference} found in {id}, which \
                 failed with {}",
                status.as_u16()
            )));
        }
        walk(body, path).ok_or_else(|| {
            halted(format!(
                "Invalid reference specified. No value for {reference} found in {id}"
            ))
        })
    }
}

fn halted(message: String) -> ApiError {
    ApiError::bad("PROCESSING_HALTED", message)
}

/// Text before the first reference, the reference, and what follows it.
fn next_reference(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("@{")?;
    let (reference, after) = rest.split_once('}')?;
    Some((before, reference.trim(), after))
}

/// `.records[0].Id` from here.
fn walk<'a>(from: &'a Json, path: &str) -> Option<&'a Json> {
    let mut at = from;
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(indexed) = rest.strip_prefix('[') {
            let (index, after) = indexed.split_once(']')?;
            at = at.get(index.trim().parse::<usize>().ok()?)?;
            rest = after;
        } else {
            let named = rest.strip_prefix('.')?;
            let end = named.find(['.', '[']).unwrap_or(named.len());
            let (name, after) = named.split_at(end);
            at = member(at, name)?;
            rest = after;
        }
    }
    Some(at)
}

/// The member of this name; in any case of its letters, since names of fields have none.
fn member<'a>(object: &'a Json, name: &str) -> Option<&'a Json> {
    object.get(name).or_else(|| {
        let mut members = object.as_object()?.iter();
        members
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answers() -> Answers {
        let mut answers = Answers::default();
        let body = json!({"id": "001A", "totalSize": 2, "records": [{"Id": "003A"}]});
        answers.keep("one", StatusCode::CREATED, body);
        answers.keep("bad", StatusCode::BAD_REQUEST, json!([{"errorCode": "X"}]));
        answers
    }

    #[test]
    fn references_are_replaced_in_addresses_and_bodies() {
        let answers = answers();
        let url = "/sobjects/Contact/@{one.records[0].Id}/x?n=@{one.totalSize}";
        assert_eq!(
            answers.in_text(url).unwrap(),
            "/sobjects/Contact/003A/x?n=2"
        );
        let body = json!({"AccountId": "@{one.id}", "n": ["@{one.totalSize}", "a @{one.ID} b"]});
        assert_eq!(
            answers.in_json(&body).unwrap(),
            json!({"AccountId": "001A", "n": [2, "a 001A b"]})
        );
        assert_eq!(answers.in_text("@{ not closed").unwrap(), "@{ not closed");
    }

    #[test]
    fn what_rests_on_a_failure_is_halted() {
        let answers = answers();
        for reference in [
            "@{bad.id}",
            "@{two.id}",
            "@{one.nothing}",
            "@{one.records[7].Id}",
            "@{}",
        ] {
            let error = answers.in_text(reference).unwrap_err();
            assert_eq!(error.code(), "PROCESSING_HALTED", "{reference}");
        }
    }
}
