//! Bulk jobs at their edges: uploads that are cut, jobs that are aborted, a server that starts
//! anew in the middle, rows that are deleted for good, limits.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::house::{Answer, House};

const INGEST: &str = "/services/data/v64.0/jobs/ingest";
const QUERY: &str = "/services/data/v64.0/jobs/query";
const CSV: [(&str, &str); 1] = [("content-type", "text/csv")];

async fn begin(house: &House, body: Json) -> String {
    let answer = house.tell(&format!("POST {INGEST}"), &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["id"].as_str().unwrap().to_owned()
}

async fn upload(house: &House, id: &str, csv: String) {
    let put = format!("PUT {INGEST}/{id}/batches");
    assert_eq!(house.send(&put, &CSV, csv).await.status, 201);
    assert_eq!(state(house, id, "UploadComplete").await.status, 200);
}

async fn state(house: &House, id: &str, wanted: &str) -> Answer {
    let body = json!({ "state": wanted });
    house.tell(&format!("PATCH {INGEST}/{id}"), &body).await
}

/// Asks until it is so.
async fn until(house: &House, address: &str, is_so: impl Fn(&Json) -> bool) -> Json {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let found = house.ask(&format!("GET {address}")).await.json();
        if is_so(&found) {
            return found;
        }
        assert!(Instant::now() < deadline, "{found}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn is_over(job: &Json) -> bool {
    let state = job["state"].as_str().unwrap_or_default();
    ["JobComplete", "Failed", "Aborted"].contains(&state)
}

async fn count(house: &House, soql: &str) -> u64 {
    let soql: String = form_urlencoded::byte_serialize(soql.as_bytes()).collect();
    let path = format!("GET /services/data/v64.0/queryAll?q={soql}");
    house.ask(&path).await.json()["totalSize"].as_u64().unwrap()
}

/// Gives the administrator the permission that no profile has at first.
async fn allow_hard_delete(house: &House) {
    let set = [
        ("Name", "Erase"),
        ("Label", "Erase"),
        ("PermissionsBulkApiHardDelete", "true"),
        ("PermissionsApiEnabled", "true"),
    ];
    let set = house.create("PermissionSet", &set).await;
    let given = [
        ("AssigneeId", house.admin.as_str()),
        ("PermissionSetId", &set),
    ];
    house.create("PermissionSetAssignment", &given).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_are_deleted_for_good_by_who_may_and_by_nobody_else() {
    let house = House::new().await;
    let account = house.create("Account", &[("Name", "Gone")]).await;
    let contact = [("LastName", "Gone"), ("AccountId", &account)];
    let contact = house.create("Contact", &contact).await;
    let task = house.create("Task", &[("Subject", "Stays")]).await;
    let hard = || json!({"object": "Account", "operation": "hardDelete"});
    let refused = house.tell(&format!("POST {INGEST}"), &hard()).await;
    assert_eq!(refused.json()[0]["errorCode"], "FEATURENOTENABLED");
    allow_hard_delete(&house).await;
    let id = begin(&house, hard()).await;
    let csv = format!("Id\n{account}\n{account}\n{task}\n001000000000404AAA\n");
    upload(&house, &id, csv).await;
    let job = until(&house, &format!("{INGEST}/{id}"), is_over).await;
    assert_eq!(
        (&job["numberRecordsProcessed"], &job["numberRecordsFailed"]),
        (&json!(4), &json!(3))
    );
    for object in ["Account", "Contact"] {
        assert_eq!(
            count(&house, &format!("SELECT Id FROM {object}")).await,
            0,
            "{object}"
        );
    }
    assert_eq!(
        count(&house, "SELECT Id FROM Task WHERE IsDeleted = false").await,
        1
    );
    let back = house
        .ask(&format!(
            "GET /services/data/v64.0/sobjects/Contact/{contact}"
        ))
        .await;
    assert_eq!(back.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_an_upload_leaves_the_job_open_and_empty() {
    let house = House::new().await;
    let id = begin(&house, json!({"object": "Lead", "operation": "insert"})).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(axum::serve(listener, house.router.clone()).into_future());
    let head = format!(
        "PUT {INGEST}/{id}/batches HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\
         Content-Type: text/csv\r\nContent-Length: 1000\r\n\r\nLastName,Company\nHalf,",
        house.token
    );
    let mut half = TcpStream::connect(address).await.unwrap();
    half.write_all(head.as_bytes()).await.unwrap();
    half.shutdown().await.unwrap();
    let mut answer = String::new();
    // The server may answer or just hang up: nobody listens any more.
    let _ = half.read_to_string(&mut answer).await;
    assert!(!answer.contains(" 201 "), "{answer}");
    server.abort();
    let job = house.ask(&format!("GET {INGEST}/{id}")).await.json();
    assert_eq!(job["state"], "Open");
    upload(&house, &id, "LastName,Company\nWhole,C\n".to_owned()).await;
    let job = until(&house, &format!("{INGEST}/{id}"), is_over).await;
    assert_eq!(
        (&job["numberRecordsProcessed"], &job["numberRecordsFailed"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(count(&house, "SELECT Id FROM Lead").await, 1);
}

fn many_leads(count: usize) -> String {
    let rows = (0..count).map(|n| format!("Lead {n:05},Many\n"));
    format!("LastName,Company\n{}", rows.collect::<String>())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_is_aborted_at_work_says_which_rows_were_written() {
    let house = House::new().await;
    let id = begin(&house, json!({"object": "Lead", "operation": "insert"})).await;
    upload(&house, &id, many_leads(6_000)).await;
    let address = format!("{INGEST}/{id}");
    until(&house, &address, |job| {
        job["numberRecordsProcessed"].as_u64() > Some(0)
    })
    .await;
    let deleted = house.ask(&format!("DELETE {address}")).await;
    let aborted = state(&house, &id, "Aborted").await;
    let job = until(&house, &address, is_over).await;
    if aborted.status == 200 {
        assert_eq!(deleted.json()[0]["errorCode"], "INVALIDJOBSTATE");
        assert_eq!(job["state"], "Aborted");
    }
    let lines = async |which: &str| {
        let answer = house.ask(&format!("GET {address}/{which}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        u64::try_from(answer.text.lines().count() - 1).unwrap()
    };
    let (good, rest) = (
        lines("successfulResults").await,
        lines("unprocessedrecords").await,
    );
    assert_eq!(good + rest, 6_000);
    assert_eq!(count(&house, "SELECT Id FROM Lead").await, good);
    assert_eq!(house.ask(&format!("DELETE {address}")).await.status, 204);
    assert_eq!(house.ask(&format!("GET {address}")).await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_a_restart_cut_goes_on_and_writes_each_row_once() {
    let mut house = House::new().await;
    let id = begin(&house, json!({"object": "Lead", "operation": "insert"})).await;
    upload(&house, &id, many_leads(4_000)).await;
    let address = format!("{INGEST}/{id}");
    for least in [1, 1_000] {
        let enough = |job: &Json| job["numberRecordsProcessed"].as_u64() >= Some(least);
        until(&house, &address, enough).await;
        house = house.anew().await;
    }
    let job = until(&house, &address, is_over).await;
    assert_eq!(job["state"], "JobComplete", "{job}");
    assert_eq!(job["numberRecordsProcessed"], 4_000);
    assert_eq!(count(&house, "SELECT Id FROM Lead").await, 4_000);
    let names = "SELECT LastName FROM Lead GROUP BY LastName HAVING COUNT(Id) > 1";
    assert_eq!(count(&house, names).await, 0);
    let good = house.ask(&format!("GET {address}/successfulResults")).await;
    assert_eq!(good.text.lines().count(), 4_001);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_are_listed_in_pages_newest_first_and_only_ones_own() {
    let house = House::new().await;
    for _ in 0..201 {
        begin(&house, json!({"object": "Lead", "operation": "insert"})).await;
    }
    let first = house.ask(&format!("GET {INGEST}")).await.json();
    assert_eq!(
        (&first["done"], first["records"].as_array().unwrap().len()),
        (&json!(false), 200)
    );
    let next = first["nextRecordsUrl"].as_str().unwrap();
    let second = house.ask(&format!("GET {next}")).await.json();
    assert_eq!(
        (&second["done"], second["records"].as_array().unwrap().len()),
        (&json!(true), 1)
    );
    assert!(second["nextRecordsUrl"].is_null());
    let token = format!(
        "Bearer {}",
        house.session_of("rae@example.com", "Sales Rep").await
    );
    let headers = [("authorization", token.as_str())];
    let others = house
        .send(&format!("GET {INGEST}"), &headers, "")
        .await
        .json();
    assert_eq!(others["records"], json!([]));
    let queries = house.ask(&format!("GET {QUERY}")).await.json();
    assert_eq!(queries["records"], json!([]));
}

#[tokio::test]
async fn packed_files_and_attachments_are_refused_in_words() {
    let house = House::new().await;
    for kind in ["ZIP_CSV", "ZIP_XML", "ZIP_JSON"] {
        let body = json!({"operation": "insert", "object": "Lead", "contentType": kind});
        let answer = house.tell("POST /services/async/64.0/job", &body).await;
        assert_eq!(answer.status, 400);
        assert_eq!(
            answer.json()["exceptionCode"],
            "InvalidJob",
            "{}",
            answer.text
        );
    }
    let id = begin(&house, json!({"object": "Lead", "operation": "insert"})).await;
    let zip = [("content-type", "application/zip")];
    let put = format!("PUT {INGEST}/{id}/batches");
    let answer = house.send(&put, &zip, b"PK\x03\x04".to_vec()).await;
    assert_eq!(answer.status, 415, "{}", answer.text);
    assert_eq!(answer.json()[0]["errorCode"], "UNSUPPORTED_MEDIA_TYPE");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_in_chunks_finds_each_record_once() {
    let house = House::new().await;
    for n in 0..25 {
        let name = format!("Lead {n:02}");
        house
            .create("Lead", &[("LastName", &name), ("Company", "C")])
            .await;
    }
    let json = ("content-type", "application/json");
    let chunking = [
        json,
        ("sforce-enable-pkchunking", "chunkSize=10; parent=Lead"),
    ];
    let job = json!({"operation": "query", "object": "Lead", "contentType": "JSON"});
    let create = "POST /services/async/64.0/job";
    let job = house.send(create, &chunking, job.to_string()).await.json();
    let address = format!(
        "/services/async/64.0/job/{}/batch",
        job["id"].as_str().unwrap()
    );
    let soql = "SELECT LastName FROM Lead WHERE Company = 'C' OR Company = 'D'";
    let sent = house
        .send(&format!("POST {address}"), &[json], soql)
        .await
        .json();
    assert_eq!(sent["state"], "Not Processed", "{sent}");
    let ordered = format!("{soql} ORDER BY LastName");
    let refused = house
        .send(&format!("POST {address}"), &[json], ordered)
        .await;
    assert_eq!(
        refused.json()["exceptionCode"],
        "InvalidBatch",
        "{}",
        refused.text
    );
    let list = format!("GET {address}");
    let deadline = Instant::now() + Duration::from_secs(30);
    let batches = loop {
        let found = house.send(&list, &[json], "").await.json()["batchInfo"].take();
        let done = found
            .as_array()
            .unwrap()
            .iter()
            .filter(|b| b["state"] == "Completed");
        if done.count() == 3 {
            break found;
        }
        assert!(Instant::now() < deadline, "{found}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let mut names = Vec::new();
    for batch in batches
        .as_array()
        .unwrap()
        .iter()
        .filter(|b| b["state"] == "Completed")
    {
        let result = format!("{list}/{}/result", batch["id"].as_str().unwrap());
        let ids = house.send(&result, &[json], "").await.json();
        let rows = format!("{result}/{}", ids[0].as_str().unwrap());
        let rows = house.send(&rows, &[json], "").await.json();
        for row in rows.as_array().unwrap() {
            names.push(row["LastName"].as_str().unwrap().to_owned());
        }
    }
    names.sort();
    let expected: Vec<String> = (0..25).map(|n| format!("Lead {n:02}")).collect();
    assert_eq!(names, expected);
    let wrong = [json, ("sforce-enable-pkchunking", "chunkSize=0")];
    let body = json!({"operation": "query", "object": "Lead", "contentType": "JSON"});
    let refused = house.send(create, &wrong, body.to_string()).await;
    assert_eq!(refused.json()["exceptionCode"], "InvalidJob");
}
