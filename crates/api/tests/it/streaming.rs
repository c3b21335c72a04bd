//! Streaming as CometD clients meet it: the exchanges of two genuine clients, and what happens
//! when sessions end, connections break and the server starts anew.

use std::sync::Arc;
use std::time::Duration;

use offhook_org::RecordId;
use offhook_org::events::Limits;
use serde_json::{Value as Json, json};

use crate::house::{House, create};

const TASKS: &str = "/data/TaskChangeEvent";

/// A client that speaks for one user.
struct Client {
    house: Arc<House>,
    token: String,
    id: String,
}

impl Client {
    async fn new(house: &Arc<House>, token: &str) -> Self {
        let mut client = Self {
            house: house.clone(),
            token: token.to_owned(),
            id: String::new(),
        };
        let replies = client
            .post(&json!([{ "channel": "/meta/handshake" }]))
            .await;
        client.id = replies[0]["clientId"].as_str().unwrap().to_owned();
        client.connect().await;
        client
    }

    async fn post(&self, body: &Json) -> Json {
        post(&self.house, &self.token, body).await
    }

    async fn connect(&self) -> Json {
        let connect = json!([{ "channel": "/meta/connect", "clientId": self.id, "id": "7" }]);
        self.post(&connect).await
    }

    async fn subscribe(&self, channel: &str, replay: i64) -> Json {
        let subscribe = json!([{
            "channel": "/meta/subscribe", "clientId": self.id, "subscription": channel,
            "ext": { "replay": { channel: replay } },
        }]);
        self.post(&subscribe).await[0].clone()
    }

    /// A connect that is on its way while the test goes on.
    fn connecting(&self) -> tokio::task::JoinHandle<Json> {
        let (house, token, id) = (self.house.clone(), self.token.clone(), self.id.clone());
        tokio::spawn(async move {
            let connect = json!([{ "channel": "/meta/connect", "clientId": id, "id": "7" }]);
            post(&house, &token, &connect).await
        })
    }
}

async fn post(house: &House, token: &str, body: &Json) -> Json {
    let token = format!("OAuth {token}");
    let headers = [("authorization", token.as_str())];
    let answer = house
        .send("POST /cometd/64.0", &headers, body.to_string())
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

async fn house(limits: Limits) -> Arc<House> {
    let set = |settings: &mut offhook_api::ApiSettings| settings.streaming = limits;
    Arc::new(House::with(set).await)
}

fn short_hold() -> Limits {
    Limits {
        hold_ms: 300,
        ..Limits::default()
    }
}

async fn task(house: &House, subject: &str) -> RecordId {
    create(&house.store, "Task", &[("Subject", subject)]).await
}

fn subjects(replies: &Json) -> Vec<&str> {
    let replies = replies.as_array().unwrap().iter();
    replies
        .filter_map(|r| r["data"]["payload"]["Subject"].as_str())
        .collect()
}

/// Waits for what must come soon.
async fn soon<T>(waiting: tokio::task::JoinHandle<T>) -> T {
    let limit = Duration::from_secs(20);
    tokio::time::timeout(limit, waiting)
        .await
        .expect("it comes")
        .unwrap()
}

#[tokio::test]
async fn aiosfstream_is_answered_as_recorded() {
    let house = house(short_hold()).await;
    let handshake = json!([{
        "channel": "/meta/handshake", "version": "1.0",
        "supportedConnectionTypes": ["websocket", "long-polling"],
        "minimumVersion": "1.0", "id": "0",
    }]);
    let headers = [("content-type", "application/json")];
    let answer = house
        .send("POST /cometd/45.0", &headers, handshake.to_string())
        .await;
    assert_eq!(answer.status, 200);
    let replies = answer.json();
    let id = replies[0]["clientId"].clone();
    assert_eq!(
        replies,
        json!([{
            "ext": { "replay": true, "payload.format": true }, "minimumVersion": "1.0",
            "clientId": id, "supportedConnectionTypes": ["long-polling"],
            "channel": "/meta/handshake", "id": "0", "version": "1.0", "successful": true,
        }])
    );
    let connect = |number: &str| {
        json!([{
            "channel": "/meta/connect", "clientId": id, "connectionType": "long-polling",
            "id": number,
        }])
    };
    assert_eq!(
        post(&house, &house.token, &connect("1")).await,
        json!([{
            "clientId": id, "advice": { "interval": 0, "timeout": 300, "reconnect": "retry" },
            "channel": "/meta/connect", "id": "1", "successful": true,
        }])
    );
    let subscribe = json!([{
        "channel": "/meta/subscribe", "clientId": id, "subscription": TASKS, "id": "2",
        "ext": { "replay": { TASKS: -1 } },
    }]);
    let subscribed = json!({
        "clientId": id, "channel": "/meta/subscribe", "id": "2", "subscription": TASKS,
        "successful": true,
    });
    assert_eq!(
        post(&house, &house.token, &subscribe).await,
        json!([subscribed])
    );
    let made = task(&house, "hi").await;
    let replies = post(&house, &house.token, &connect("3")).await;
    assert_eq!(replies[0]["channel"], TASKS);
    assert_eq!(replies[0]["clientId"], id);
    let data = &replies[0]["data"];
    assert!(data["schema"].is_string());
    assert_eq!(data["event"], json!({ "replayId": 1 }));
    assert_eq!(
        data["payload"]["ChangeEventHeader"]["recordIds"][0],
        made.as_str()
    );
    let end = json!({
        "clientId": id, "channel": "/meta/connect", "id": "3", "successful": true,
    });
    assert_eq!(replies[1], end);
    let replies = post(&house, &house.token, &connect("4")).await;
    assert_eq!(replies.as_array().unwrap().len(), 1, "the time was over");
    let leave = json!([{ "channel": "/meta/disconnect", "clientId": id, "id": "5" }]);
    assert_eq!(
        post(&house, &house.token, &leave).await,
        json!([{
            "clientId": id, "channel": "/meta/disconnect", "id": "5", "successful": true,
        }])
    );
}

#[tokio::test]
async fn jsforce_is_answered_as_recorded() {
    let house = house(Limits::default()).await;
    let websocket = [("upgrade", "websocket"), ("sec-websocket-version", "13")];
    let answer = house.send("GET /cometd/64.0", &websocket, "").await;
    assert_eq!(answer.status, 400, "it falls back to polling");
    let handshake = json!([{
        "channel": "/meta/handshake", "version": "1.0", "id": "1",
        "supportedConnectionTypes": ["in-process", "websocket", "long-polling"],
    }]);
    let replies = post(&house, &house.token, &handshake).await;
    let id = replies[0]["clientId"].clone();
    let both = json!([
        {
            "channel": "/meta/connect", "clientId": id, "connectionType": "long-polling",
            "id": "2", "advice": { "timeout": 0 },
        },
        {
            "channel": "/meta/subscribe", "clientId": id, "subscription": "/data/ChangeEvents",
            "id": "3", "ext": { "replay": { "/data/ChangeEvents": -1 } },
        },
    ]);
    assert_eq!(
        post(&house, &house.token, &both).await,
        json!([
            {
                "clientId": id,
                "advice": { "interval": 0, "timeout": 110_000, "reconnect": "retry" },
                "channel": "/meta/connect", "id": "2", "successful": true,
            },
            {
                "clientId": id, "channel": "/meta/subscribe", "id": "3",
                "subscription": "/data/ChangeEvents", "successful": true,
            },
        ])
    );
    let client = Client {
        token: house.token.clone(),
        house: house.clone(),
        id: id.as_str().unwrap().to_owned(),
    };
    let held = client.connecting();
    task(&house, "hi").await;
    let replies = soon(held).await;
    assert_eq!(replies[0]["channel"], "/data/ChangeEvents");
    assert_eq!(
        replies[0]["data"]["payload"]["ChangeEventHeader"]["entityName"],
        "Task"
    );
    assert_eq!(subjects(&replies), ["hi"]);
}

#[tokio::test]
async fn nothing_is_lost_when_the_server_starts_anew() {
    let house = house(short_hold()).await;
    let client = Client::new(&house, &house.token).await;
    client.subscribe(TASKS, -1).await;
    task(&house, "before").await;
    let replies = client.connect().await;
    let last = replies[0]["data"]["event"]["replayId"].as_i64().unwrap();
    let anew = Arc::new(house.anew().await);
    task(&anew, "meanwhile").await;
    let gone = Client {
        house: anew.clone(),
        token: client.token.clone(),
        id: client.id.clone(),
    };
    let replies = gone.connect().await;
    assert_eq!(replies[0]["error"], "403::Unknown client");
    assert_eq!(replies[0]["advice"]["reconnect"], "handshake");
    let back = Client::new(&anew, &client.token).await;
    assert_eq!(back.subscribe(TASKS, last).await["successful"], true);
    assert_eq!(subjects(&back.connect().await), ["meanwhile"]);
    let from_the_start = Client::new(&anew, &client.token).await;
    from_the_start.subscribe(TASKS, -2).await;
    let replies = from_the_start.connect().await;
    assert_eq!(subjects(&replies), ["before", "meanwhile"]);
    let refused = back.subscribe(TASKS, last + 100).await;
    let words = format!(
        "400::The replayId {{{}}} you provided was invalid.",
        last + 100
    );
    assert!(refused["error"].as_str().unwrap().starts_with(&words));
}

#[tokio::test]
async fn a_subscription_of_what_is_kept_wakes_the_connect_that_is_held() {
    let house = house(Limits::default()).await;
    let client = Client::new(&house, &house.token).await;
    task(&house, "kept").await;
    let held = client.connecting();
    assert_eq!(client.subscribe(TASKS, -2).await["successful"], true);
    assert_eq!(subjects(&soon(held).await), ["kept"]);
}

#[tokio::test]
async fn a_second_connect_and_a_disconnect_end_the_one_that_is_held() {
    let house = house(Limits::default()).await;
    let client = Client::new(&house, &house.token).await;
    let (mut one, mut other) = (client.connecting(), client.connecting());
    // Whichever comes first is answered when the second takes its place.
    let (replies, held) = tokio::select! {
        replies = &mut one => (replies, other),
        replies = &mut other => (replies, one),
    };
    assert_eq!(replies.unwrap()[0]["successful"], true);
    client
        .post(&json!([{ "channel": "/meta/disconnect", "clientId": client.id }]))
        .await;
    assert_eq!(soon(held).await[0]["channel"], "/meta/connect");
    assert_eq!(client.connect().await[0]["error"], "403::Unknown client");
}

#[tokio::test]
async fn a_revoked_session_ends_the_connect_that_is_held() {
    let house = house(Limits::default()).await;
    let token = house.session_of("rae@example.com", "Sales Rep").await;
    let client = Client::new(&house, &token).await;
    client.subscribe(TASKS, -1).await;
    let held = client.connecting();
    house.end_session(&token).await;
    task(&house, "not for you any more").await;
    let replies = soon(held).await;
    assert_eq!(replies.as_array().unwrap().len(), 1);
    assert_eq!(replies[0]["error"], "401::Authentication invalid");
    assert_eq!(replies[0]["advice"]["reconnect"], "none");
    let replies = client
        .post(&json!([{ "channel": "/meta/handshake" }]))
        .await;
    assert_eq!(replies[0]["error"], "403::Handshake denied");
    let reason = &replies[0]["ext"]["sfdc"]["failureReason"];
    assert_eq!(reason, "401::Authentication invalid");
}

#[tokio::test]
async fn records_that_are_hidden_from_a_user_are_hidden_from_its_clients() {
    let house = house(short_hold()).await;
    house
        .store
        .put_publishing(&["Lead".to_owned()])
        .await
        .unwrap();
    let rep = house.session_of("rae@example.com", "Sales Rep").await;
    let (admin, rep) = (
        Client::new(&house, &house.token).await,
        Client::new(&house, &rep).await,
    );
    for client in [&admin, &rep] {
        client.subscribe("/data/LeadChangeEvent", -1).await;
    }
    create(&house.store, "Lead", &[("LastName", "L"), ("Company", "C")]).await;
    assert_eq!(admin.connect().await.as_array().unwrap().len(), 2);
    assert_eq!(rep.connect().await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_no_bayeux_request_is_refused() {
    let house = house(Limits::default()).await;
    let large = format!("[{}]", " ".repeat(32_768));
    for (request, body, status, words) in [
        (
            "POST /cometd/64.0",
            large.as_str(),
            413,
            "413::Maximum Request Size Exceeded",
        ),
        ("POST /cometd/64.0", "{", 400, "400::The body is not JSON"),
        ("POST /cometd/64.0", "[]", 400, "400::The body must hold"),
        (
            "POST /cometd",
            "[]",
            400,
            "400::API version in the URI is mandatory",
        ),
        (
            "POST /cometd/12.0",
            "[]",
            400,
            "400::Unsupported API version",
        ),
        ("GET /cometd/64.0", "", 405, "405::Only long-polling"),
    ] {
        let answer = house.send(request, &[], body.to_owned()).await;
        assert_eq!(answer.status, status, "{request}");
        let error = answer.json()[0]["error"].as_str().unwrap().to_owned();
        assert!(error.starts_with(words), "{error}");
    }
    let handshake = json!([{ "channel": "/meta/handshake" }]).to_string();
    let headers = [("authorization", "")];
    let answer = house
        .send("POST /cometd/64.0/handshake", &headers, handshake)
        .await;
    let reason = &answer.json()[0]["ext"]["sfdc"]["failureReason"];
    assert_eq!(reason, "401::Request requires authentication");
}

#[tokio::test]
async fn a_connection_that_breaks_leaves_its_client_time_to_come_back() {
    let house = house(Limits::default()).await;
    let client = Client::new(&house, &house.token).await;
    client.subscribe(TASKS, -1).await;
    let held = client.connecting();
    tokio::task::yield_now().await;
    held.abort();
    assert!(held.await.is_err());
    task(&house, "meanwhile").await;
    assert_eq!(subjects(&client.connect().await), ["meanwhile"]);
}
