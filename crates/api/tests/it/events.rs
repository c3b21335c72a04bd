//! Platform events: published through every door, heard from any place, by whom they are for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use offhook_org::events::Limits;
use offhook_org::schema::definition::ObjectDefinition;
use offhook_org::schema::{ObjectKind, SharingDefault};
use offhook_org::{ObjectName, UserContext};
use offhook_store::org::metadata::VisibleTo;
use serde_json::{Value as Json, json};

use crate::exchanges::event;
use crate::house::House;

const ROOT: &str = "/services/data/v64.0";
const CHANNEL: &str = "/event/CallEvent__e";
const JSON: (&str, &str) = ("content-type", "application/json");

async fn house() -> Arc<House> {
    let hold = Limits {
        hold_ms: 300,
        ..Limits::default()
    };
    let house = House::with(|settings| settings.streaming = hold).await;
    event(&house).await;
    Arc::new(house)
}

async fn bayeux(house: &House, token: &str, message: Json) -> Json {
    let token = format!("Bearer {token}");
    let headers = [JSON, ("authorization", token.as_str())];
    let body = json!([message]).to_string();
    house.send("POST /cometd/64.0", &headers, body).await.json()
}

/// Subscribes from a place in the log: the refusal, or the texts of the events that come.
async fn heard(house: &House, token: &str, replay: i64) -> Result<Vec<(String, i64)>, String> {
    let shaken = bayeux(
        house,
        token,
        json!({"channel": "/meta/handshake", "version": "1.0"}),
    );
    let client = shaken.await[0]["clientId"].clone();
    let connect = json!({"channel": "/meta/connect", "clientId": client});
    bayeux(house, token, connect.clone()).await;
    let subscribe = json!({
        "channel": "/meta/subscribe", "clientId": client, "subscription": CHANNEL,
        "ext": {"replay": {CHANNEL: replay}},
    });
    let answer = bayeux(house, token, subscribe).await;
    if answer[0]["successful"] != true {
        return Err(answer[0]["error"].as_str().unwrap().to_owned());
    }
    let replies = bayeux(house, token, connect).await;
    let events = replies
        .as_array()
        .unwrap()
        .iter()
        .filter(|r| r["channel"] == CHANNEL);
    let events = events.map(|reply| {
        let data = &reply["data"];
        assert!(
            data["event"]["EventUuid"].is_string() && data["schema"].is_string(),
            "{data}"
        );
        let text = data["payload"]["Text__c"].as_str().unwrap().to_owned();
        (text, data["event"]["replayId"].as_i64().unwrap())
    });
    Ok(events.collect())
}

fn soap(token: &str, text: &str) -> String {
    format!(
        "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Header>\
         <SessionHeader><sessionId>{token}</sessionId></SessionHeader></e:Header><e:Body><create>\
         <sObjects><type>CallEvent__e</type><Text__c>{text}</Text__c></sObjects></create></e:Body>\
         </e:Envelope>"
    )
}

async fn ended(house: &House, address: &str, state: &str) -> Json {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let found = house.ask(&format!("GET {address}")).await.json();
        if found["state"] == state {
            return found;
        }
        assert!(Instant::now() < deadline, "{found}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn by_bulk_2(house: &House, text: &str) {
    let job = json!({"object": "CallEvent__e", "operation": "insert"});
    let job = house
        .tell(&format!("POST {ROOT}/jobs/ingest"), &job)
        .await
        .json();
    let address = format!("{ROOT}/jobs/ingest/{}", job["id"].as_str().unwrap());
    let csv = [("content-type", "text/csv")];
    house
        .send(
            &format!("PUT {address}/batches"),
            &csv,
            format!("Text__c\n{text}\n"),
        )
        .await;
    house
        .tell(
            &format!("PATCH {address}"),
            &json!({"state": "UploadComplete"}),
        )
        .await;
    let job = ended(house, &address, "JobComplete").await;
    assert_eq!(
        (&job["numberRecordsProcessed"], &job["numberRecordsFailed"]),
        (&json!(1), &json!(0))
    );
}

async fn by_bulk_1(house: &House, text: &str) {
    let job = json!({"object": "CallEvent__e", "operation": "insert", "contentType": "JSON"});
    let job = house
        .tell("POST /services/async/64.0/job", &job)
        .await
        .json();
    let address = format!(
        "/services/async/64.0/job/{}/batch",
        job["id"].as_str().unwrap()
    );
    let batch = house
        .tell(&format!("POST {address}"), &json!([{"Text__c": text}]))
        .await
        .json();
    let headers = [JSON];
    let address = format!("{address}/{}", batch["id"].as_str().unwrap());
    let deadline = Instant::now() + Duration::from_secs(30);
    let read = format!("GET {address}");
    while house.send(&read, &headers, "").await.json()["state"] != "Completed" {
        assert!(Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_is_published_through_every_door_and_heard_from_any_place() {
    let house = house().await;
    let event = |text: &str| json!({"attributes": {"type": "CallEvent__e"}, "Text__c": text});
    let one = house
        .tell(
            &format!("POST {ROOT}/sobjects/CallEvent__e"),
            &event("rest"),
        )
        .await;
    assert_eq!(one.status, 201);
    assert_eq!(
        one.json()["errors"][0]["statusCode"],
        "OPERATION_ENQUEUED",
        "{}",
        one.text
    );
    let body = json!({"records": [event("collection")]});
    let rows = house
        .tell(&format!("POST {ROOT}/composite/sobjects"), &body)
        .await
        .json();
    assert_eq!(
        rows[0]["errors"][0]["statusCode"], "OPERATION_ENQUEUED",
        "{rows}"
    );
    let part = json!({
        "method": "POST", "url": format!("{ROOT}/sobjects/CallEvent__e"), "referenceId": "e",
        "body": {"Text__c": "composite"},
    });
    let body = json!({"allOrNone": true, "compositeRequest": [part]});
    let parts = house
        .tell(&format!("POST {ROOT}/composite"), &body)
        .await
        .json();
    assert_eq!(
        parts["compositeResponse"][0]["httpStatusCode"], 201,
        "{parts}"
    );
    let xml = [("content-type", "text/xml")];
    let answer = house
        .send(
            "POST /services/Soap/u/64.0",
            &xml,
            soap(&house.token, "soap"),
        )
        .await;
    assert!(
        answer.text.contains("<success>true</success>"),
        "{}",
        answer.text
    );
    by_bulk_2(&house, "bulk2").await;
    by_bulk_1(&house, "bulk1").await;
    let all = heard(&house, &house.token, -2).await.unwrap();
    let texts: Vec<&str> = all.iter().map(|(text, _)| text.as_str()).collect();
    assert_eq!(
        texts,
        ["rest", "collection", "composite", "soap", "bulk2", "bulk1"]
    );
    assert!(all.is_sorted_by_key(|(_, replay)| *replay));
    assert_eq!(
        heard(&house, &house.token, all[3].1).await.unwrap(),
        all[4..]
    );
    assert_eq!(heard(&house, &house.token, -1).await.unwrap(), []);
    let future = heard(&house, &house.token, all[5].1 + 1_000)
        .await
        .unwrap_err();
    assert!(future.starts_with("400::The replayId"), "{future}");
    let read = house
        .ask(&format!("GET {ROOT}/query?q=SELECT+Id+FROM+CallEvent__e"))
        .await;
    assert_eq!(read.status, 400, "an event is no record: {}", read.text);
    let id = one.json()["id"].as_str().unwrap().to_owned();
    let delete = house
        .ask(&format!("DELETE {ROOT}/sobjects/CallEvent__e/{id}"))
        .await;
    assert_eq!(
        delete.json()[0]["errorCode"],
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_no_right_to_an_event_neither_publishes_nor_hears_it() {
    let house = house().await;
    let secret = ObjectDefinition {
        name: "Secret__e".into(),
        label: "Secret".to_owned(),
        plural_label: "Secrets".to_owned(),
        description: String::new(),
        key_prefix: String::new(),
        kind: ObjectKind::Event,
        name_label: String::new(),
        name_format: None,
        sharing: SharingDefault::PublicReadWrite,
        has_tab: false,
    };
    let only = VisibleTo::Profiles(["System Administrator".to_owned()].into());
    let system = UserContext::system();
    let made = house
        .store
        .create_object(&system, secret, &only)
        .await
        .unwrap();
    assert_eq!(made, ObjectName::new("Secret__e"));
    let token = house.session_of("rae@example.com", "Sales Rep").await;
    let bearer = format!("Bearer {token}");
    let headers = [JSON, ("authorization", bearer.as_str())];
    let publish = format!("POST {ROOT}/sobjects/Secret__e");
    let refused = house.send(&publish, &headers, "{}").await;
    assert!(
        [403, 404].contains(&refused.status.as_u16()),
        "{}",
        refused.text
    );
    let body = json!({"records": [{"attributes": {"type": "Secret__e"}}]}).to_string();
    let rows = house
        .send(&format!("POST {ROOT}/composite/sobjects"), &headers, body)
        .await;
    assert_eq!(rows.json()[0]["success"], false, "{}", rows.text);
    let job = json!({"object": "Secret__e", "operation": "insert"}).to_string();
    let job = house
        .send(&format!("POST {ROOT}/jobs/ingest"), &headers, job)
        .await;
    assert_eq!(job.json()[0]["errorCode"], "INVALIDENTITY");
    let xml = soap(&token, "x").replace("CallEvent__e", "Secret__e");
    let xml = xml.replace("<Text__c>x</Text__c>", "");
    let answer = house.send("POST /services/Soap/u/64.0", &[], xml).await;
    assert!(!answer.text.contains("<success>true"), "{}", answer.text);
    let shaken = bayeux(
        &house,
        &token,
        json!({"channel": "/meta/handshake", "version": "1.0"}),
    );
    let client = shaken.await[0]["clientId"].clone();
    let subscribe = json!({
        "channel": "/meta/subscribe", "clientId": client, "subscription": "/event/Secret__e",
    });
    let answer = bayeux(&house, &token, subscribe).await;
    assert_eq!(answer[0]["successful"], false, "{answer}");
}
