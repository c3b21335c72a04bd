//! What real clients send, replayed: each request as the unmodified client sent it, each answer
//! held against what that client needs. `{task}` and the like stand for ids of the test's org.
//!
//! In an expected body `"<id>"`, `"<text>"`, `"<number>"`, `"<flag>"`, `"<array>"` and `"<any>"`
//! stand for anything of the kind; an object may have more members than are named; an array of
//! one pattern is an array of such things, not empty.

use std::path::PathBuf;

use offhook_org::RecordId;
use serde_json::Value as Json;

use crate::house::{Answer, Cast, House};

/// Requests of rooms that are not built yet, by the beginning of their paths, and what they need.
/// A room that lands takes its lines away.
const NOT_YET: [(&str, &str); 9] = [
    ("/services/Soap/", "SOAP and metadata"),
    ("/services/oauth2/", "OAuth, with its own tests"),
    ("/services/async/", "Bulk 1.0, with its own tests"),
    ("/services/data/v64.0/jobs/", "Bulk 2.0, with its own tests"),
    ("/services/data/v59.0/jobs/", "Bulk 2.0, with its own tests"),
    ("/services/data/v64.0/metadata/", "the Metadata API"),
    ("/services/data/v64.0/analytics/", "the Reports API"),
    ("/cometd/", "streaming, with its own tests"),
    ("/id/", "OAuth, with its own tests"),
];

/// Requests that speak of what the org cannot have yet, by a part of their path or body.
const NEEDS: [(&str, &str); 2] = [("\"VAL\"", "validation rules"), ("Ext__c", "custom fields")];

#[tokio::test]
async fn jsforce_gets_what_it_needs() {
    replay("jsforce").await;
}

#[tokio::test]
async fn simple_salesforce_gets_what_it_needs() {
    replay("simple-salesforce").await;
}

#[tokio::test]
async fn the_sf_command_line_gets_what_it_needs() {
    replay("sf-cli").await;
}

#[tokio::test]
async fn rust_clients_get_what_they_need() {
    replay("rust-clients").await;
}

#[tokio::test]
async fn aiosfstream_gets_what_it_needs() {
    replay("cometd-aiosfstream-ng").await;
}

async fn replay(client: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/exchanges")
        .join(format!("{client}.json"));
    let text = std::fs::read_to_string(path).unwrap();
    let file: Json = serde_json::from_str(&text).unwrap();
    let exchanges = file["exchanges"].as_array().unwrap();
    let mut faults = Vec::new();
    let mut house = stage().await;
    for exchange in exchanges.iter().filter(|exchange| is_built(exchange)) {
        let cast = house.cast().await;
        let answer = send(&house, &cast, exchange).await;
        if let Err(why) = check(&answer, &exchange["expect"]) {
            let (step, request) = (&exchange["step"], &exchange["request"]);
            faults.push(format!(
                "{step} {request}\n  {why}\n  {}",
                shortened(&answer.text)
            ));
        }
        if exchange["request"].as_str().unwrap().ends_with("/password") {
            // A new password ends the sessions of its user.
            house = stage().await;
        }
    }
    let count = faults.len();
    assert!(
        faults.is_empty(),
        "{count} of {client}:\n{}",
        faults.join("\n")
    );
}

/// An org with the user that the recorded clients signed in as.
async fn stage() -> House {
    let house = House::new().await;
    let user_name = "user@example.com";
    house.session_of(user_name, "System Administrator").await;
    house
}

fn is_built(exchange: &Json) -> bool {
    let request = exchange["request"].as_str().unwrap();
    let path = request.split(' ').nth(1).unwrap().trim_start_matches('/');
    let path = format!("/{path}");
    let body = exchange["body"].as_str().unwrap_or_default();
    !NOT_YET.iter().any(|(prefix, _)| path.starts_with(prefix))
        && !NEEDS
            .iter()
            .any(|(part, _)| path.contains(part) || body.contains(part))
}

async fn send(house: &House, cast: &Cast, exchange: &Json) -> Answer {
    let request = cast.fill(exchange["request"].as_str().unwrap());
    let body = cast.fill(exchange["body"].as_str().unwrap_or_default());
    let mut headers: Vec<(&str, &str)> = exchange["headers"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
        .collect();
    if exchange["expect"]["status"] == 401 {
        headers.push(("authorization", "Bearer 00D000000000001!expired"));
    }
    house.send(&request, &headers, body).await
}

fn check(answer: &Answer, expected: &Json) -> Result<(), String> {
    let status = u64::from(answer.status.as_u16());
    if let Some(expected) = expected["status"].as_u64()
        && status != expected
    {
        return Err(format!("{status} instead of {expected}"));
    }
    match &expected["body"] {
        Json::Null if expected["status"] == 204 && !answer.text.is_empty() => {
            Err("204 has no body".to_owned())
        }
        Json::Null => Ok(()),
        pattern => matches(&answer.json(), pattern, "body"),
    }
}

fn matches(found: &Json, pattern: &Json, place: &str) -> Result<(), String> {
    let fits = match pattern {
        Json::String(kind) if kind.starts_with('<') => match kind.as_str() {
            "<any>" => true,
            "<text>" => found.is_string(),
            "<number>" => found.is_number(),
            "<flag>" => found.is_boolean(),
            "<array>" => found.is_array(),
            "<id>" => found
                .as_str()
                .is_some_and(|id| id.len() == 18 && RecordId::parse(id).is_ok()),
            other => panic!("no such pattern: {other}"),
        },
        Json::Object(members) => {
            for (name, pattern) in members {
                let found = found
                    .get(name)
                    .ok_or_else(|| format!("{place} has no {name}"))?;
                matches(found, pattern, &format!("{place}.{name}"))?;
            }
            found.is_object()
        }
        Json::Array(patterns) if patterns.len() == 1 => {
            let items = found
                .as_array()
                .ok_or_else(|| format!("{place}: no array"))?;
            for item in items {
                matches(item, &patterns[0], &format!("{place}[]"))?;
            }
            !items.is_empty()
        }
        exact => found == exact,
    };
    match fits {
        true => Ok(()),
        false => Err(format!("{place}: expected {pattern}")),
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(400).collect()
}
