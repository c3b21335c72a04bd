//! The authorisation matrix at the doors of the console and of Open CTI: the world of the store's
//! matrix behind the console, everybody signed in, every page that shows records and every method
//! that an adapter may call. As at the doors of the API (`crates/api/tests/it/matrix`), no answer
//! holds what its reader may not see, and what changes only there changes no answer.

mod asks;
#[path = "../../../../store/tests/it/matrix/marks.rs"]
mod marks;
#[path = "../../../../store/tests/it/matrix/world.rs"]
#[expect(dead_code, reason = "the store's own matrix asks it more")]
mod world;

use std::collections::{BTreeMap, BTreeSet};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use offhook_org::cti::SoftphoneLayout;
use offhook_org::{RecordId, UserContext};
use offhook_phone::Region;
use offhook_store::accounts::Session;
use offhook_store::{Store, StoreSettings};
use offhook_web::WebSettings;
use tokio::sync::mpsc;

use self::asks::{Ask, asks, guesses};
use self::marks::Marks;
use self::world::World;
use crate::house::{Answer, CONSOLE, answer, center, now_ms};

const PASSWORD: &str = "correct horse battery";

/// The world, its console, and everybody's session.
struct Stage {
    world: World,
    console: Router,
    sessions: BTreeMap<&'static str, Session>,
    _folder: tempfile::TempDir,
    _up: mpsc::Receiver<offhook_calls::link::Up>,
    _down: mpsc::Sender<offhook_calls::link::Down>,
}

impl Stage {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = StoreSettings {
            database_url: format!("sqlite:{}", folder.path().join("org.db").display()),
            region: Region::parse("US").unwrap(),
            time_zone: "UTC".to_owned(),
        };
        let store = Store::open(&settings).await.unwrap();
        let world = World::new(store.clone()).await;
        let system = UserContext::system();
        let layout = SoftphoneLayout::standard();
        store.put_softphone_layout(&system, &layout).await.unwrap();
        let phone = center("OffhookPhone", "Offhook Phone", "/softphone");
        let phone = store.import_call_center(&system, &phone).await.unwrap();
        let mut sessions = BTreeMap::new();
        for person in &world.people {
            let member = store.add_call_center_user(&system, &phone, &person.id);
            member.await.unwrap();
            store.set_password(&person.id, PASSWORD).await.unwrap();
            let name = format!("{}@example.com", person.name.to_lowercase());
            let session = store.sign_in(&name, PASSWORD, now_ms()).await.unwrap();
            sessions.insert(person.name, session);
        }
        let (up_sender, up) = mpsc::channel(64);
        let (down, down_receiver) = mpsc::channel(64);
        let settings = WebSettings {
            console_origin: CONSOLE.to_owned(),
            pages_origin: "http://127.0.0.1:2".to_owned(),
            sip_address: "sip:5550100@127.0.0.1:5060".to_owned(),
            trunks: Vec::new(),
            version: "0.0.0",
            data_folder: folder.path().to_owned(),
            tls: offhook_web::tls::TlsBoard::default(),
        };
        let web = offhook_web::web(settings, store, up_sender, down_receiver);
        Self {
            world,
            console: web.console,
            sessions,
            _folder: folder,
            _up: up,
            _down: down,
        }
    }

    async fn ask(&self, person: &str, ask: &Ask) -> Answer {
        let session = &self.sessions[person];
        let method = if ask.body.is_empty() { "GET" } else { "POST" };
        let kind = match ask.body.starts_with('{') {
            true => "application/json",
            false => "application/x-www-form-urlencoded",
        };
        let body = ask.body.replace("{csrf}", &session.csrf_token);
        let request = Request::builder()
            .method(method)
            .uri(&ask.path)
            .header(header::COOKIE, format!("offhook_session={}", session.token))
            .header(header::ORIGIN, CONSOLE)
            .header(header::CONTENT_TYPE, kind)
            .header("x-csrf-token", &session.csrf_token)
            .body(Body::from(body))
            .unwrap();
        answer(self.console.clone(), request).await
    }

    /// Everything of an answer that its reader can read, the same at every asking.
    async fn text(&self, person: &str, ask: &Ask) -> String {
        let answer = self.ask(person, ask).await;
        let policy = answer.headers.get("content-security-policy");
        let policy = policy.map_or("", |value| value.to_str().unwrap());
        let nonce = policy.split_once("'nonce-").map_or("", |(_, rest)| rest);
        let nonce = nonce.split('\'').next().unwrap();
        let mut text = format!("{} {}", answer.status, answer.text);
        if let Some(place) = answer.headers.get(header::LOCATION) {
            text.push_str(place.to_str().unwrap());
        }
        if !nonce.is_empty() {
            text = text.replace(nonce, "NONCE");
        }
        for part in text.clone().split("\"LastModifiedDate\":\"").skip(1) {
            text = text.replace(part.split('"').next().unwrap(), "MOMENT");
        }
        // When a record was changed last is told to all who see it.
        let lines = text
            .lines()
            .filter(|line| !line.contains("Last Modified Date"));
        lines.collect::<Vec<_>>().join("\n")
    }
}

fn leaks(
    marks: &Marks,
    allowed: &BTreeSet<String>,
    ask: &Ask,
    answer: &Answer,
) -> BTreeSet<String> {
    let path = ask.path.replace("%3D", "=");
    let said = marks.found(&format!("{path} {}", ask.body));
    let mut found = marks.found(&answer.text);
    found.retain(|token| !allowed.contains(token) && !said.contains(token));
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_tells_anybody_what_they_may_not_see_and_each_tells_what_they_may() {
    let stage = Stage::new().await;
    let marks = Marks::of(&stage.world);
    let mut problems = Vec::new();
    // Ada stands for all who see everything, Rae for her lead.
    let stands_for_another = |name: &str| ["Vic", "Mo"].contains(&name);
    for person in stage
        .world
        .people
        .iter()
        .filter(|p| !stands_for_another(p.name))
    {
        let allowed = marks.allowed(&stage.world, person);
        for ask in asks(&stage.world, &marks, person) {
            let answer = stage.ask(person.name, &ask).await;
            let leaked = leaks(&marks, &allowed, &ask, &answer);
            let (who, door, path) = (person.name, ask.door, &ask.path);
            if !leaked.is_empty() {
                let leaked = marks.explain(&leaked);
                problems.push(format!("LEAK {door}: {who} learns {leaked} at {path}"));
            }
            let found = marks.found(&answer.text);
            let missing: BTreeSet<String> = ask.shows.difference(&found).cloned().collect();
            if !missing.is_empty() {
                let (missing, status) = (marks.explain(&missing), answer.status);
                problems.push(format!(
                    "HIDDEN {door}: {who} misses {missing} at {path}, {status}"
                ));
            }
            let is_fault = answer.status.is_server_error();
            assert!(!is_fault, "{door} {path}: {}", answer.text);
        }
    }
    let count = problems.len();
    problems.truncate(40);
    assert!(count == 0, "{count} problems:\n{}", problems.join("\n"));
}

/// The matrix can fail: answered with the rights of another, each door is found to leak.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_is_shown_with_anothers_rights_is_found() {
    let stage = Stage::new().await;
    let marks = Marks::of(&stage.world);
    let (admin, nobody) = (stage.world.person("Ada"), stage.world.person("Nil"));
    let allowed = marks.allowed(&stage.world, nobody);
    let mut found = BTreeSet::new();
    for ask in asks(&stage.world, &marks, admin) {
        let answer = stage.ask(admin.name, &ask).await;
        if !leaks(&marks, &allowed, &ask, &answer).is_empty() {
            found.insert(ask.door);
        }
    }
    for door in [
        "delete",
        "edit",
        "filtered list",
        "home",
        "list",
        "new with a lookup",
        "record",
        "related",
        "screenPop",
        "search",
        "searchAndScreenPop",
        "sorted list",
    ] {
        assert!(
            found.contains(door),
            "a leak at {door} would not be seen: {found:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_what_is_not_seen_changes_no_page() {
    for name in ["Oli", "Sam"] {
        let mut stage = Stage::new().await;
        let marks = Marks::of(&stage.world);
        let place = stage
            .world
            .people
            .iter()
            .position(|p| p.name == name)
            .unwrap();
        let asked = asks(&stage.world, &marks, &stage.world.people[place]);
        let mut before = Vec::new();
        for ask in &asked {
            // What was looked at last is shown on pages: everything is looked at once before.
            stage.ask(name, ask).await;
        }
        for ask in &asked {
            before.push(stage.text(name, ask).await);
        }
        stage.world.change_secrets(place).await;
        for (ask, before) in asked.iter().zip(before) {
            let after = stage.text(name, ask).await;
            let parts = before.lines().zip(after.lines()).find(|(a, b)| a != b);
            let (door, path) = (ask.door, &ask.path);
            assert!(
                before == after,
                "{name}: {door} {path} {} {parts:?}",
                ask.body
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guessed_id_opens_the_page_of_what_is_not_there() {
    let stage = Stage::new().await;
    let mut asked = 0;
    for person in &stage.world.people {
        for known in &stage.world.records {
            if stage.world.sees(person, known) {
                continue;
            }
            let missing = RecordId::from_serial(known.id.key_prefix(), 999_999);
            let pairs = guesses(known.object, &known.id);
            for (there, nowhere) in pairs.iter().zip(guesses(known.object, &missing)) {
                let seen = stage.text(person.name, there).await;
                let gone = stage.text(person.name, &nowhere).await;
                let seen = seen.replace(known.id.as_str(), "ID");
                let gone = gone.replace(missing.as_str(), "ID");
                let parts = seen.lines().zip(gone.lines()).find(|(a, b)| a != b);
                let (who, path) = (person.name, &there.path);
                assert!(seen == gone, "{who} {path} {} {parts:?}", there.body);
                asked += 1;
            }
        }
    }
    assert!(asked > 200, "{asked}");
}
