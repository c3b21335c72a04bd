//! What real clients send, replayed: each request as the unmodified client sent it, each answer
//! held against what that client needs. `{task}` and the like stand for ids of the test's org;
//! made-up ids of jobs, batches and streaming clients stand for those of the last answers.
//!
//! In an expected body `"<id>"`, `"<text>"`, `"<number>"`, `"<flag>"`, `"<array>"` and `"<any>"`
//! stand for anything of the kind; an object may have more members than are named; an array of
//! one pattern is an array of such things, not empty. `text` names parts of an answer's text.
//! `before` is a request of somebody else in between.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use offhook_org::events::Limits;
use offhook_org::schema::definition::ObjectDefinition;
use offhook_org::schema::{Field, FieldKind, ObjectKind, SharingDefault};
use offhook_org::{ObjectName, RecordId, UserContext};
use offhook_store::org::metadata::VisibleTo;
use serde_json::Value as Json;

use crate::house::{Answer, Cast, House};

/// Requests of rooms that are not built, by a part of their path or body, and which room.
const NOT_BUILT: [(&str, &str); 4] = [
    ("/services/Soap/m/", "the Metadata API"),
    ("/metadata/deployRequest", "the Metadata API"),
    ("/analytics/", "the Reports API"),
    ("\"VAL\"", "validation rules"),
];

/// Ways to a token: `auth_exchanges` replays them, each with a user and app of its own.
const SIGNING_IN: [&str; 5] = [
    "/services/oauth2/",
    "/id/{org}",
    "login xmlns",
    "n1:login",
    "urn:login",
];

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

#[test]
fn what_is_not_replayed_here_is_replayed_as_signing_in_or_not_built() {
    let auth: Json = serde_json::from_str(include_str!("exchanges/auth.json")).unwrap();
    let auth = auth.as_array().unwrap();
    let mut left_out = 0;
    for client in CLIENTS {
        for exchange in &recorded(client) {
            let request = exchange["request"].as_str().unwrap();
            match place(exchange) {
                Place::Here => {}
                Place::NotBuilt => left_out += 1,
                Place::SigningIn => {
                    let path = |request: &str| request.split('?').next().unwrap().to_owned();
                    let is_same = |known: &&Json| {
                        known["client"] == client
                            && path(known["request"].as_str().unwrap()) == path(request)
                    };
                    // The page on which people consent is the web's, with its own tests.
                    let is_page = request.contains("/authorize");
                    assert!(
                        is_page || auth.iter().any(|k| is_same(&k)),
                        "{client}: {request}"
                    );
                }
            }
        }
    }
    assert_eq!(left_out, 29, "a room that is built takes its line away");
}

const CLIENTS: [&str; 5] = [
    "jsforce",
    "simple-salesforce",
    "sf-cli",
    "rust-clients",
    "cometd-aiosfstream-ng",
];

fn recorded(client: &str) -> Vec<Json> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/exchanges")
        .join(format!("{client}.json"));
    let text = std::fs::read_to_string(path).unwrap();
    let mut file: Json = serde_json::from_str(&text).unwrap();
    match file["exchanges"].take() {
        Json::Array(exchanges) => exchanges,
        other => panic!("no exchanges: {other}"),
    }
}

async fn replay(client: &str) {
    let mut faults = Vec::new();
    let mut house = stage().await;
    let mut memory = Memory::default();
    for exchange in recorded(client) {
        if place(&exchange) != Place::Here {
            continue;
        }
        let cast = cast(&house).await;
        let answer = send(&house, &cast, &mut memory, &exchange).await;
        if let Err(why) = check(&answer, &exchange["expect"]) {
            let (step, request) = (&exchange["step"], &exchange["request"]);
            faults.push(format!(
                "{step} {request}\n  {why}\n  {}",
                shortened(&answer.text)
            ));
        }
        let ends_sessions = ["/password", "logout"];
        let text = format!("{} {}", exchange["request"], exchange["body"]);
        if ends_sessions.iter().any(|word| text.contains(word)) {
            house = stage().await;
            memory = Memory::default();
        }
    }
    let count = faults.len();
    assert!(
        faults.is_empty(),
        "{count} of {client}:\n{}",
        faults.join("\n")
    );
}

/// An org with the user that the recorded clients signed in as, their fields and their event.
async fn stage() -> House {
    let hold = Limits {
        hold_ms: 300,
        ..Limits::default()
    };
    let house = House::with(|settings| settings.streaming = hold).await;
    let user_name = "user@example.com";
    house.session_of(user_name, "System Administrator").await;
    for object in ["Contact", "Task"] {
        field(&house, object, "Ext__c", true).await;
    }
    event(&house).await;
    for key in ["e1", "a+b/1", "x", "x"] {
        let fields = [("LastName", "Doe"), ("Ext__c", key)];
        house.create("Contact", &fields).await;
    }
    house
}

/// The platform event `CallEvent__e`, with a text.
pub(crate) async fn event(house: &House) {
    let event = ObjectDefinition {
        name: "CallEvent__e".into(),
        label: "Call Event".to_owned(),
        plural_label: "Call Events".to_owned(),
        description: String::new(),
        key_prefix: String::new(),
        kind: ObjectKind::Event,
        name_label: String::new(),
        name_format: None,
        sharing: SharingDefault::PublicReadWrite,
        has_tab: false,
    };
    let (system, everyone) = (UserContext::system(), VisibleTo::Everyone);
    let made = house.store.create_object(&system, event, &everyone);
    made.await.unwrap();
    field(house, "CallEvent__e", "Text__c", false).await;
}

/// A text field of 80 characters, added to an object.
pub(crate) async fn field(house: &House, object: &str, name: &str, is_external_id: bool) {
    let mut field = Field::new(name, name.trim_end_matches("__c"), FieldKind::Text);
    field.length_max = 80;
    field.external_id = is_external_id;
    let (system, object) = (UserContext::system(), ObjectName::new(object));
    let everyone = VisibleTo::Everyone;
    let made = house.store.create_field(&system, &object, field, &everyone);
    made.await.unwrap();
}

/// The records of an exchange, with what only some of them speak of.
async fn cast(house: &House) -> Cast {
    let mut cast = house.cast().await;
    let org = house.store.org_id();
    let lead = [("LastName", "Lead"), ("Company", "Acme")];
    cast.add("token", house.token.clone());
    cast.add("org15", org.short().to_owned());
    cast.add("lead", house.create("Lead", &lead).await);
    cast
}

#[derive(Debug, PartialEq, Eq)]
enum Place {
    Here,
    SigningIn,
    NotBuilt,
}

fn place(exchange: &Json) -> Place {
    let path = exchange["request"].as_str().unwrap();
    let body = exchange["body"].as_str().unwrap_or_default();
    let has = |part: &str| path.contains(part) || body.contains(part);
    if NOT_BUILT.iter().any(|(part, _)| has(part)) {
        return Place::NotBuilt;
    }
    match SIGNING_IN.iter().any(|part| has(part)) {
        true => Place::SigningIn,
        false => Place::Here,
    }
}

/// Ids of the last answers, for the made-up ones of the exchanges.
#[derive(Default)]
struct Memory(Vec<(&'static str, String)>);

/// The streaming client of the exchanges, as their JSON has it.
const CLIENT: &str = "\"c1\"";

impl Memory {
    fn knows(&self, made_up: &str) -> bool {
        self.0.iter().any(|(known, _)| *known == made_up)
    }

    fn fill(&self, text: &str) -> String {
        let fill = |text: String, (made_up, id): &(&str, String)| text.replace(made_up, id);
        self.0.iter().fold(text.to_owned(), fill)
    }

    fn read(&mut self, request: &str, answer: &Answer) {
        let ends = |end: &str| request.starts_with("POST") && request.ends_with(end);
        let (made_up, mark) = match request {
            _ if ends("/jobs/ingest") || ends("/jobs/query") => ("750000000000001AAA", "750"),
            _ if ends("/job") => ("750000000000002AAA", "750"),
            _ if ends("/batch") => ("751000000000002AAA", "751"),
            _ if request.contains("/cometd/") => (CLIENT, "\"clientId\":\""),
            _ => return,
        };
        let Some(place) = answer.text.find(mark) else {
            return;
        };
        let is_client = made_up == CLIENT;
        let from = if is_client { place + mark.len() } else { place };
        let id = answer.text[from..].chars();
        let id: String = id.take_while(char::is_ascii_alphanumeric).collect();
        let id = if is_client { format!("\"{id}\"") } else { id };
        self.0.retain(|(known, _)| *known != made_up);
        self.0.push((made_up, id));
    }
}

async fn send(house: &House, cast: &Cast, memory: &mut Memory, exchange: &Json) -> Answer {
    if let Some(request) = exchange["before"]["request"].as_str() {
        let body = exchange["before"]["body"].as_str().unwrap().to_owned();
        let json = [("content-type", "application/json")];
        assert_eq!(house.send(request, &json, body).await.status, 201);
    }
    let speaks_as_client = exchange["body"]
        .as_str()
        .is_some_and(|b| b.contains(CLIENT));
    if speaks_as_client && !memory.knows(CLIENT) {
        let handshake = r#"[{"channel": "/meta/handshake", "version": "1.0"}]"#;
        let request = "POST /cometd/64.0";
        memory.read(request, &house.send(request, &[], handshake).await);
    }
    let fill = |text: &str| cast.fill(&memory.fill(text));
    let request = fill(exchange["request"].as_str().unwrap());
    let body = fill(exchange["body"].as_str().unwrap_or_default());
    let headers: Vec<(String, String)> = exchange["headers"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), fill(value.as_str().unwrap())))
        .collect();
    let mut headers: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    if exchange["expect"]["status"] == 401 {
        headers.push(("authorization", "Bearer 00D000000000001!expired"));
    }
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let answer = house.send(&request, &headers, body.clone()).await;
        if !is_on_its_way(&request, &answer) || Instant::now() > deadline {
            memory.read(&request, &answer);
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Clients ask for a job or batch again and again until it is done.
fn is_on_its_way(request: &str, answer: &Answer) -> bool {
    let states = ["UploadComplete", "InProgress", "Queued"];
    request.starts_with("GET") && states.iter().any(|state| answer.text.contains(state))
}

fn check(answer: &Answer, expected: &Json) -> Result<(), String> {
    let status = u64::from(answer.status.as_u16());
    if let Some(expected) = expected["status"].as_u64()
        && status != expected
    {
        return Err(format!("{status} instead of {expected}"));
    }
    for part in expected["text"].as_array().into_iter().flatten() {
        let part = part.as_str().unwrap();
        if !answer.text.contains(part) {
            return Err(format!("{part} is missing"));
        }
    }
    for (name, value) in expected["headers"].as_object().into_iter().flatten() {
        if answer.header(name) != value {
            return Err(format!("{name} is {:?}", answer.header(name)));
        }
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
