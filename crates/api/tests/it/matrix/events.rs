//! Change events of the matrix's world: everybody listens to every channel from the beginning,
//! then what each may not see is changed.

use serde_json::{Value as Json, json};

use super::marks::Marks;
use super::world::OBJECTS;
use super::{Stage, is_restricted};

/// What the person's client is sent until nothing more comes.
async fn heard(stage: &Stage, person: &str, body: &Json) -> String {
    let token = format!("OAuth {}", stage.token(person));
    let headers = [("authorization", token.as_str())];
    let answer = stage
        .house
        .send("POST /cometd/64.0", &headers, body.to_string())
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.text
}

async fn listen(stage: &Stage, person: &str, replay: i64) -> (Json, String) {
    let handshake = heard(stage, person, &json!([{"channel": "/meta/handshake"}])).await;
    let replies: Json = serde_json::from_str(&handshake).unwrap();
    let id = replies[0]["clientId"].clone();
    heard(stage, person, &connect(&id)).await;
    let mut text = String::new();
    for object in OBJECTS {
        let channel = format!("/data/{object}ChangeEvent");
        let subscribe = json!([{
            "channel": "/meta/subscribe", "clientId": id, "subscription": channel,
            "ext": {"replay": {channel.clone(): replay}},
        }]);
        text.push_str(&heard(stage, person, &subscribe).await);
    }
    text.push_str(&everything(stage, person, &id).await);
    (id, text)
}

/// What comes until nothing comes any more.
async fn everything(stage: &Stage, person: &str, id: &Json) -> String {
    let mut text = String::new();
    loop {
        let more = heard(stage, person, &connect(id)).await;
        let is_last = !more.contains("\"payload\"");
        text.push_str(&more);
        if is_last {
            return text;
        }
    }
}

fn connect(id: &Json) -> Json {
    json!([{"channel": "/meta/connect", "clientId": id}])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_tell_nobody_what_they_may_not_see() {
    let stage = Stage::new().await;
    let marks = Marks::of(&stage.world);
    for person in &stage.world.people {
        let allowed = marks.allowed(&stage.world, person);
        let (_, text) = listen(&stage, person.name, -2).await;
        let mut leaked = marks.found(&text);
        leaked.retain(|token| !allowed.contains(token));
        assert!(
            leaked.is_empty(),
            "{}: {}",
            person.name,
            marks.explain(&leaked)
        );
        for known in &stage.world.records {
            let sees = stage.world.sees(person, known);
            let told = text.contains(known.id.as_str());
            assert!(
                told || !sees,
                "{} misses {} {}",
                person.name,
                known.object,
                known.id
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_what_is_not_seen_is_no_event() {
    for name in ["Rae", "Sam", "Nil"] {
        let mut stage = Stage::new().await;
        let place = stage
            .world
            .people
            .iter()
            .position(|p| p.name == name)
            .unwrap();
        assert!(is_restricted(&stage.world.people[place]));
        let (id, _) = listen(&stage, name, -1).await;
        let (admins, _) = listen(&stage, "Ada", -1).await;
        stage.world.change_secrets(place).await;
        let text = everything(&stage, name, &id).await;
        let all = everything(&stage, "Ada", &admins).await;
        let person = &stage.world.people[place];
        for known in &stage.world.records {
            let sees = stage.world.sees(person, known);
            assert!(sees || !text.contains(known.id.as_str()), "{name}: {text}");
            assert!(
                sees || all.contains(known.id.as_str()),
                "{} was not told",
                known.object
            );
        }
        for hidden in ["\"Amount\"", "AnnualRevenue"] {
            let says = text.contains(hidden);
            assert!(!says || name != "Sam", "{name} hears of {hidden}: {text}");
        }
    }
}
