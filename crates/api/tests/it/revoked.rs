//! Sessions that end while something is done for them: a query that runs is not waited for, an
//! answer on its way is cut, a job whose user is gone goes no further.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Request;
use offhook_org::record::Fields;
use offhook_org::save::Strictness;
use offhook_org::{FieldName, RecordId, UserContext, Value};
use offhook_store::Store;
use offhook_store::org::{Write, WriteOptions};
use serde_json::{Value as Json, json};
use tower::ServiceExt;

use crate::house::{Answer, House, session, user};

const ROOT: &str = "/services/data/v64.0";

/// Within this time a session that ended is noticed, on a machine that has much else to do.
const SOON: Duration = Duration::from_secs(5);

/// So many accounts, with names and descriptions as long as there may be.
async fn fill(store: &Store, count: usize) {
    let (name, text) = ("a".repeat(255), "a".repeat(32_000));
    let account = |number: usize| {
        let mut fields = Fields::from([(FieldName::new("Name"), Value::Text(name.clone()))]);
        if number < 200 {
            fields.insert(FieldName::new("Description"), Value::Text(text.clone()));
        }
        Write::Create {
            object: "Account".into(),
            fields,
            lookups: Vec::new(),
        }
    };
    let system = UserContext::system();
    let numbers: Vec<usize> = (0..count).collect();
    for part in numbers.chunks(200) {
        let writes = part.iter().map(|number| account(*number)).collect();
        let written = store.write(&system, writes, WriteOptions::default()).await;
        assert!(written.unwrap().iter().all(Result::is_ok));
    }
}

/// A query that takes long: 300 patterns that each almost fit, everywhere in each name.
fn long_query() -> String {
    let pattern = |n: usize| format!("Name LIKE '%aaaaaaaaaaaaaaaaaaaaaaaa{n}%'");
    let patterns: Vec<String> = (0..300).map(pattern).collect();
    format!("SELECT Id FROM Account WHERE {}", patterns.join(" OR "))
}

/// How a user loses what a session gave.
#[derive(Clone, Copy, Debug)]
enum End {
    Revoked,
    Frozen,
    Deactivated,
}

impl End {
    const ALL: [Self; 3] = [Self::Revoked, Self::Frozen, Self::Deactivated];

    async fn come(self, house: &House, user: &RecordId, token: &str) {
        let system = UserContext::system();
        match self {
            Self::Revoked => house.end_session(token).await,
            Self::Frozen => house.store.set_frozen(&system, user, true).await.unwrap(),
            Self::Deactivated => {
                let off = Fields::from([(FieldName::new("IsActive"), Value::Boolean(false))]);
                let change = house
                    .store
                    .update(&system, user, &off, Strictness::Strict, None);
                change.await.unwrap();
            }
        }
    }
}

/// The doors that run queries.
#[derive(Clone, Copy, Debug)]
enum Door {
    Rest,
    Soap,
    Batch,
}

async fn ask(house: &House, door: Door, token: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let soql = long_query();
    let line: String = form_urlencoded::byte_serialize(soql.as_bytes()).collect();
    let json = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    match door {
        Door::Rest => {
            house
                .send(&format!("GET {ROOT}/query?q={line}"), &json[..1], "")
                .await
        }
        Door::Batch => {
            let url = format!("v64.0/query?q={line}");
            let body = json!({"batchRequests": [
                {"method": "GET", "url": url},
                {"method": "POST", "url": "v64.0/sobjects/Account", "richInput": {"Name": "After"}},
            ]});
            let request = format!("POST {ROOT}/composite/batch");
            house.send(&request, &json, body.to_string()).await
        }
        Door::Soap => {
            let body = format!(
                "<se:Envelope xmlns:se=\"http://schemas.xmlsoap.org/soap/envelope/\" \
                 xmlns=\"urn:partner.soap.sforce.com\"><se:Header><SessionHeader>\
                 <sessionId>{token}</sessionId></SessionHeader></se:Header><se:Body>\
                 <query><queryString>{soql}</queryString></query></se:Body></se:Envelope>"
            );
            let xml = [("content-type", "text/xml"), ("SOAPAction", "\"\"")];
            house.send("POST /services/Soap/u/64.0", &xml, body).await
        }
    }
}

fn check(door: Door, end: End, answer: &Answer) {
    let (status, text) = (answer.status.as_u16(), &answer.text);
    assert!(
        text.contains("INVALID_SESSION_ID"),
        "{door:?} {end:?} {status} {text}"
    );
    match door {
        Door::Rest => assert_eq!(status, 401, "{text}"),
        Door::Soap => assert!(text.contains("sf:INVALID_SESSION_ID"), "{text}"),
        Door::Batch => {
            let results = answer.json()["results"].as_array().unwrap().clone();
            let codes: Vec<&Json> = results.iter().map(|result| &result["statusCode"]).collect();
            assert_eq!(
                codes,
                [401, 401],
                "the write after it is not done either: {text}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_that_runs_ends_when_its_session_does() {
    for house in House::on_each_database().await {
        let house = Arc::new(house);
        fill(&house.store, 3_000).await;
        for (number, end) in End::ALL.into_iter().enumerate() {
            for door in [Door::Rest, Door::Soap, Door::Batch] {
                let name = format!("rae{number}{door:?}@example.com").to_lowercase();
                let rae = user(&house.store, &name, "System Administrator").await;
                let token = session(&house.store, &rae).await;
                let asking = {
                    let (house, token) = (house.clone(), token.clone());
                    tokio::spawn(async move { ask(&house, door, &token).await })
                };
                tokio::time::sleep(Duration::from_millis(300)).await;
                if asking.is_finished() {
                    panic!(
                        "{door:?}: the query is not long: {}",
                        asking.await.unwrap().text
                    );
                }
                let ended = Instant::now();
                end.come(&house, &rae, &token).await;
                let answer = tokio::time::timeout(SOON, asking).await;
                let answer = answer.unwrap_or_else(|_| panic!("{door:?} goes on, {end:?}"));
                check(door, end, &answer.unwrap());
                assert!(ended.elapsed() < SOON);
            }
        }
        let after = format!("GET {ROOT}/query?q=SELECT+Id+FROM+Account+WHERE+Name='After'");
        let after = house.ask(&after);
        assert_eq!(after.await.json()["totalSize"], 0);
    }
}

/// Makes a job that queries, and waits for its end.
async fn queried(house: &House) -> String {
    let body = json!({"operation": "query", "query": "SELECT Id, Description FROM Account"});
    let job = house
        .tell(&format!("POST {ROOT}/jobs/query"), &body)
        .await
        .json();
    let address = format!("{ROOT}/jobs/query/{}", job["id"].as_str().unwrap());
    until(house, &address, |job| job["state"] == "JobComplete").await;
    address
}

async fn until(house: &House, address: &str, is_so: impl Fn(&Json) -> bool) -> Json {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let job = house.ask(&format!("GET {address}")).await.json();
        if is_so(&job) {
            return job;
        }
        assert!(Instant::now() < deadline, "{job}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn results_on_their_way_are_cut_when_their_session_ends() {
    for house in House::on_each_database().await {
        fill(&house.store, 200).await;
        let address = queried(&house).await;
        for is_ended in [false, true] {
            let token = session(&house.store, &house.admin).await;
            let request = Request::get(format!("{address}/results"))
                .header("authorization", format!("Bearer {token}"))
                .body(Body::empty())
                .unwrap();
            let response = house.router.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), 200);
            let length = &response.headers()["content-length"];
            let length: usize = length.to_str().unwrap().parse().unwrap();
            assert!(length > 6_000_000, "{length}");
            if is_ended {
                house.end_session(&token).await;
            }
            let read = axum::body::to_bytes(response.into_body(), 64_000_000).await;
            match is_ended {
                true => assert!(read.is_err()),
                false => assert_eq!(read.unwrap().len(), length),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_goes_no_further_when_its_user_is_frozen() {
    for house in House::on_each_database().await {
        let rae = user(&house.store, "rae@example.com", "System Administrator").await;
        let bearer = format!("Bearer {}", session(&house.store, &rae).await);
        let own = ("authorization", bearer.as_str());
        let json = [own, ("content-type", "application/json")];
        let ingest = format!("{ROOT}/jobs/ingest");
        let body = json!({"object": "Lead", "operation": "insert"}).to_string();
        let job = house
            .send(&format!("POST {ingest}"), &json, body)
            .await
            .json();
        let address = format!("{ingest}/{}", job["id"].as_str().unwrap());
        let rows: String = (0..10_000).map(|n| format!("Lead{n},Many\n")).collect();
        let csv = format!("LastName,Company\n{rows}");
        let put = format!("PUT {address}/batches");
        let put = house
            .send(&put, &[own, ("content-type", "text/csv")], csv)
            .await;
        assert_eq!(put.status, 201, "{}", put.text);
        let complete = json!({"state": "UploadComplete"}).to_string();
        house
            .send(&format!("PATCH {address}"), &json, complete)
            .await;
        let processed = |job: &Json| job["numberRecordsProcessed"].as_u64().unwrap_or(0);
        until(&house, &address, |job| processed(job) > 0).await;
        house
            .store
            .set_frozen(&UserContext::system(), &rae, true)
            .await
            .unwrap();
        let over = |job: &Json| ["Failed", "JobComplete"].contains(&job["state"].as_str().unwrap());
        let job = until(&house, &address, over).await;
        assert!(processed(&job) < 10_000, "{job}");
        assert_eq!(job["state"], "Failed", "{job}");
        assert!(
            job["errorMessage"]
                .as_str()
                .unwrap()
                .contains("InvalidUser"),
            "{job}"
        );
    }
}
