//! The authorisation matrix at the doors of the API: the world of the store's matrix behind the
//! router, everybody's session, every resource that reads. No answer holds anything of a record or
//! a field that its reader may not see; what changes only there changes no answer, so that counts,
//! orders and errors tell nothing either; an id that is guessed is an id that is not there.

mod asks;
mod events;
mod guesses;
#[path = "../../../../store/tests/it/matrix/marks.rs"]
mod marks;
#[path = "../../../../store/tests/it/matrix/world.rs"]
#[expect(dead_code, reason = "the store's own matrix asks it more")]
mod world;

use std::collections::{BTreeMap, BTreeSet};

use offhook_store::Store;

use self::asks::{Ask, asks};
use self::marks::Marks;
use self::world::{Person, World};
use crate::house::{Answer, House, session};

/// The world, its API, and everybody's session.
pub(super) struct Stage {
    pub(super) house: House,
    pub(super) world: World,
    tokens: BTreeMap<&'static str, String>,
}

impl Stage {
    pub(super) async fn new() -> Self {
        let (store, folder) = House::empty_store().await;
        let publishing: Vec<String> = world::OBJECTS.iter().map(|o| (*o).to_owned()).collect();
        store.put_publishing(&publishing).await.unwrap();
        let world = World::new(store.clone()).await;
        let mut tokens = BTreeMap::new();
        for person in &world.people {
            tokens.insert(person.name, session(&store, &person.id).await);
        }
        let admin = world.person("Ada").id.clone();
        let house = House::over(store, folder, admin, tokens["Ada"].clone());
        Self {
            house,
            world,
            tokens,
        }
    }

    pub(super) fn token(&self, person: &str) -> &str {
        &self.tokens[person]
    }

    /// Asks as this person.
    async fn ask(&self, person: &str, ask: &Ask) -> Answer {
        let token = format!("Bearer {}", self.token(person));
        let mut headers = vec![("authorization", token.as_str())];
        headers.extend(ask.headers.iter().copied());
        let body = ask.body.replace("{session}", self.token(person));
        let first = self.house.send(&ask.request, &headers, body).await;
        match ask.then {
            Some(then) => then(&self.house, &headers, first).await,
            None => first,
        }
    }

    fn store(&self) -> &Store {
        &self.world.store
    }
}

/// What the answer holds that the person may not be told.
fn leaks(
    marks: &Marks,
    allowed: &BTreeSet<String>,
    ask: &Ask,
    answer: &Answer,
) -> BTreeSet<String> {
    let said = marks.found(&format!("{} {}", ask.request, ask.body));
    let mut found = marks.found(&answer.text);
    found.retain(|token| !allowed.contains(token) && !said.contains(token));
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_door_tells_anybody_what_they_may_not_see_and_each_tells_what_they_may() {
    let stage = Stage::new().await;
    let marks = Marks::of(&stage.world);
    let mut problems = Vec::new();
    for person in &stage.world.people {
        let allowed = marks.allowed(&stage.world, person);
        for ask in asks(&stage.world, &marks, person) {
            let answer = stage.ask(person.name, &ask).await;
            let leaked = leaks(&marks, &allowed, &ask, &answer);
            let (who, door, request) = (person.name, ask.door, &ask.request);
            if !leaked.is_empty() {
                let leaked = marks.explain(&leaked);
                problems.push(format!("LEAK {door}: {who} learns {leaked} by {request}"));
            }
            let found = marks.found(&answer.text);
            let missing: BTreeSet<String> = ask.shows.difference(&found).cloned().collect();
            if !missing.is_empty() {
                let missing = marks.explain(&missing);
                let status = answer.status;
                problems.push(format!(
                    "HIDDEN {door}: {who} misses {missing} by {request}, {status}"
                ));
            }
        }
    }
    let count = problems.len();
    problems.truncate(40);
    assert!(count == 0, "{count} problems:\n{}", problems.join("\n"));
}

/// The matrix can fail: answered with the rights of another, each door is found to leak.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_door_that_answers_with_anothers_rights_is_found() {
    let stage = Stage::new().await;
    let marks = Marks::of(&stage.world);
    let (admin, nobody) = (stage.world.person("Ada"), stage.world.person("Nil"));
    let allowed = marks.allowed(&stage.world, nobody);
    let (mut doors, mut found) = (BTreeSet::new(), BTreeSet::new());
    for ask in asks(&stage.world, &marks, admin) {
        if !ask.shows.is_empty() {
            doors.insert(ask.door);
        }
        let answer = stage.ask(admin.name, &ask).await;
        if !leaks(&marks, &allowed, &ask, &answer).is_empty() {
            found.insert(ask.door);
        }
    }
    assert!(doors.len() >= 16, "{doors:?}");
    let blind: Vec<_> = doors.difference(&found).collect();
    assert!(
        blind.is_empty(),
        "a leak at these would not be seen: {blind:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_what_is_not_seen_changes_no_answer() {
    // One of each standing; who sees everything has no secrets.
    for name in ["Rae", "Oli", "Sam", "Nil"] {
        let mut stage = Stage::new().await;
        let marks = Marks::of(&stage.world);
        let place = stage
            .world
            .people
            .iter()
            .position(|p| p.name == name)
            .unwrap();
        let asked = asks(&stage.world, &marks, &stage.world.people[place]);
        let before = answers(&stage, name, &asked).await;
        stage.world.change_secrets(place).await;
        let after = answers(&stage, name, &asked).await;
        for ((ask, before), after) in asked.iter().zip(before).zip(after) {
            let (door, request) = (ask.door, &ask.request);
            assert!(
                before == after,
                "{name} {door} {request}\n{}",
                difference(&before, &after)
            );
        }
    }
}

/// How much the org used of its calls says nothing of its records.
fn without_usage(text: &str) -> String {
    let (header, end) = ("<LimitInfoHeader>", "</LimitInfoHeader>");
    match text.split_once(header) {
        Some((before, rest)) => {
            let after = rest.split_once(end).map_or("", |(_, after)| after);
            format!("{before}{after}")
        }
        None => text.to_owned(),
    }
}

async fn answers(stage: &Stage, person: &str, asks: &[Ask]) -> Vec<String> {
    let mut answers = Vec::new();
    for ask in asks {
        let answer = stage.ask(person, ask).await;
        answers.push(format!(
            "{} {}",
            answer.status,
            without_moments(&without_usage(&answer.text))
        ));
    }
    answers
}

/// Where two answers part.
fn difference(one: &str, other: &str) -> String {
    let same = one
        .bytes()
        .zip(other.bytes())
        .take_while(|(a, b)| a == b)
        .count();
    let part = |text: &str| {
        let bytes = text
            .as_bytes()
            .iter()
            .skip(same.saturating_sub(80))
            .take(200);
        String::from_utf8_lossy(&bytes.copied().collect::<Vec<u8>>()).into_owned()
    };
    format!("{}\n{}", part(one), part(other))
}

/// The text with every moment in it the same: when something was done is nobody's secret here.
fn without_moments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let headers = ["\"ETag\":\"\\\"", "\"Last-Modified\":\""];
    let mut text = text.to_owned();
    for header in headers {
        let mut parts = text.split(header);
        let mut cut = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            cut.push_str(part.trim_start_matches(|c| c != '"' && c != '\\'));
        }
        text = cut;
    }
    let mut rest = text.as_str();
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at(at);
        kept.push_str(before);
        let end = number.find(|c: char| !"0123456789-:.T".contains(c));
        let (number, after) = number.split_at(end.unwrap_or(number.len()));
        kept.push_str(match number.contains('T') && number.contains(':') {
            true => "MOMENT",
            false => number,
        });
        rest = after;
    }
    kept.push_str(rest);
    kept
}

/// People who may be told less than everything, for the other pages of this matrix.
pub(super) fn is_restricted(person: &Person) -> bool {
    !["Ada", "Vic"].contains(&person.name)
}
