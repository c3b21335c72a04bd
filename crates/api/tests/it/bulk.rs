//! Bulk jobs as clients run them, both generations, over the router.

use serde_json::{Value as Json, json};

use crate::house::{Answer, House};

const INGEST: &str = "/services/data/v64.0/jobs/ingest";
const QUERY: &str = "/services/data/v64.0/jobs/query";
const CSV: [(&str, &str); 1] = [("content-type", "text/csv")];

async fn begin(house: &House, body: Json) -> String {
    let answer = house.tell(&format!("POST {INGEST}"), &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["id"].as_str().unwrap().to_owned()
}

/// Makes a job, gives it rows, and waits for its end.
async fn load(house: &House, body: Json, csv: &str) -> (String, Json) {
    let id = begin(house, body).await;
    let put = format!("PUT {INGEST}/{id}/batches");
    assert_eq!(house.send(&put, &CSV, csv.to_owned()).await.status, 201);
    // A client that repeats its upload changes nothing.
    assert_eq!(house.send(&put, &CSV, csv.to_owned()).await.status, 201);
    let complete = json!({"state": "UploadComplete"});
    let answer = house.tell(&format!("PATCH {INGEST}/{id}"), &complete).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let job = ended(house, &format!("{INGEST}/{id}")).await;
    (id, job)
}

/// The job when nothing happens to it any more.
async fn ended(house: &House, address: &str) -> Json {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    loop {
        let job = house.ask(&format!("GET {address}")).await.json();
        let state = job["state"].as_str().unwrap_or_default().to_owned();
        if ["JobComplete", "Failed", "Aborted"].contains(&state.as_str()) {
            return job;
        }
        assert!(std::time::Instant::now() < deadline, "{job}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

async fn text(house: &House, address: &str) -> Answer {
    let answer = house.ask(&format!("GET {address}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_says_of_each_row_what_became_of_it() {
    let house = House::new().await;
    let insert = json!({"object": "contact", "operation": "insert"});
    let csv = "FirstName,LastName,Title\nAda,\"Love, lace\",\nNo,,x\nBen,Bell,\"two\nlines\"\n";
    let (id, job) = load(&house, insert, csv).await;
    assert_eq!(job["state"], "JobComplete");
    assert_eq!(job["object"], "Contact");
    assert_eq!(job["numberRecordsProcessed"], 3);
    assert_eq!(job["numberRecordsFailed"], 1);
    assert_eq!(job["jobType"], "V2Ingest");
    let url = format!("services/data/v64.0/jobs/ingest/{id}/batches");
    assert_eq!(job["contentUrl"], url);
    let good = text(&house, &format!("{INGEST}/{id}/successfulResults")).await;
    let lines: Vec<&str> = good.text.split_inclusive('\n').collect();
    assert_eq!(
        lines[0],
        "\"sf__Id\",\"sf__Created\",\"FirstName\",\"LastName\",\"Title\"\n"
    );
    assert!(lines[1].starts_with("\"003"), "{}", good.text);
    assert!(
        lines[1].ends_with("\"true\",\"Ada\",\"Love, lace\",\"\"\n"),
        "{}",
        good.text
    );
    let bad = text(&house, &format!("{INGEST}/{id}/failedResults")).await;
    assert!(
        bad.text
            .contains("REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]"),
        "{}",
        bad.text
    );
    assert!(
        bad.text.ends_with("LastName --\",\"No\",\"\",\"x\"\n"),
        "{}",
        bad.text
    );
    let rest = text(&house, &format!("{INGEST}/{id}/unprocessedrecords")).await;
    assert_eq!(rest.text, "\"FirstName\",\"LastName\",\"Title\"\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_are_updated_cleared_upserted_and_deleted() {
    let house = House::new().await;
    let id = house
        .create("Contact", &[("LastName", "Once"), ("Title", "Old")])
        .await;
    let update = json!({"object": "Contact", "operation": "update"});
    let csv = format!("Id,Title,Department\n{id},#N/A,Sales\n003000000000404AAA,x,y\nx,x,y\n");
    let (_, job) = load(&house, update, &csv).await;
    assert_eq!(
        (&job["numberRecordsProcessed"], &job["numberRecordsFailed"]),
        (&json!(3), &json!(2))
    );
    let record = house
        .ask(&format!("GET /services/data/v64.0/sobjects/Contact/{id}"))
        .await
        .json();
    assert_eq!(
        (&record["Title"], &record["Department"]),
        (&Json::Null, &json!("Sales"))
    );
    let upsert = json!({
        "object": "Task", "operation": "upsert", "externalIdFieldName": "offhook_call_key__c",
        "lineEnding": "CRLF", "columnDelimiter": "SEMICOLON",
    });
    let csv = "Offhook_Call_Key__c;Subject\r\nc1:r1;One\r\nc2:r1;Two\r\n";
    let (first, _) = load(&house, upsert.clone(), csv).await;
    let created = text(&house, &format!("{INGEST}/{first}/successfulResults")).await;
    assert_eq!(
        created.text.matches("\"true\"").count(),
        2,
        "{}",
        created.text
    );
    assert!(created.text.ends_with("\"Two\"\r\n"), "{}", created.text);
    let (second, _) = load(&house, upsert, csv).await;
    let updated = text(&house, &format!("{INGEST}/{second}/successfulResults")).await;
    assert_eq!(
        updated.text.matches("\"false\"").count(),
        2,
        "{}",
        updated.text
    );
    let delete = json!({"object": "Contact", "operation": "delete"});
    let (_, job) = load(&house, delete, &format!("Id\n{id}\n{id}\n")).await;
    assert_eq!(job["numberRecordsFailed"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_a_whole_load_is_said_and_nothing_is_written() {
    let house = House::new().await;
    let insert = || json!({"object": "Lead", "operation": "insert"});
    let (id, job) = load(&house, insert(), "LastName,Colour\nA,red\n").await;
    assert_eq!(job["state"], "Failed");
    assert_eq!(
        job["errorMessage"],
        "InvalidBatch : Field name not found : Colour"
    );
    let rest = text(&house, &format!("{INGEST}/{id}/unprocessedrecords")).await;
    assert_eq!(rest.text, "\"LastName\",\"Colour\"\n\"A\",\"red\"\n");
    for (body, code) in [
        (
            json!({"object": "Nothing__c", "operation": "insert"}),
            "INVALIDENTITY",
        ),
        (
            json!({"object": "Lead", "operation": "explode"}),
            "INVALIDJOB",
        ),
        (
            json!({"object": "Lead", "operation": "upsert", "externalIdFieldName": "Title"}),
            "INVALIDJOB",
        ),
        (
            json!({"object": "Lead", "operation": "hardDelete"}),
            "FEATURENOTENABLED",
        ),
    ] {
        let answer = house.tell(&format!("POST {INGEST}"), &body).await;
        assert_eq!(answer.status, 400, "{}", answer.text);
        assert_eq!(answer.json()[0]["errorCode"], code);
    }
    let id = begin(&house, insert()).await;
    let latin = [("content-type", "text/csv")];
    let put = format!("PUT {INGEST}/{id}/batches");
    let broken = house
        .send(&put, &latin, b"LastName\n\xff\xfe\n".to_vec())
        .await;
    assert_eq!(broken.status, 400);
    assert_eq!(broken.json()[0]["errorCode"], "CLIENTINPUTERROR");
    let closed = house
        .tell(&format!("PATCH {INGEST}/{id}"), &json!({"state": "Open?"}))
        .await;
    assert_eq!(closed.json()[0]["errorCode"], "INVALIDJOBSTATE");
    let strange = house.ask(&format!("GET {INGEST}/750000000000404AAA")).await;
    assert_eq!(strange.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_job_pages_by_its_locator() {
    let house = House::new().await;
    let rows: String = (0..25).map(|n| format!("Lead {n:02},Pages\n")).collect();
    let insert = json!({"object": "Lead", "operation": "insert"});
    load(&house, insert, &format!("LastName,Company\n{rows}")).await;
    let soql = "SELECT LastName, Owner.Name FROM Lead WHERE Company = 'Pages' ORDER BY LastName";
    let body = json!({"operation": "query", "query": soql});
    let job = house.tell(&format!("POST {QUERY}"), &body).await.json();
    let address = format!("{QUERY}/{}", job["id"].as_str().unwrap());
    assert_eq!(ended(&house, &address).await["state"], "JobComplete");
    let mut names = Vec::new();
    let mut locator = String::new();
    loop {
        let page = format!("{address}/results?maxRecords=10&locator={locator}");
        let answer = text(&house, &page).await;
        let mut lines = answer.text.lines();
        assert_eq!(lines.next(), Some("\"LastName\",\"Owner.Name\""));
        names.extend(lines.map(|line| line[1..8].to_owned()));
        locator = answer.header("sforce-locator").to_owned();
        if locator == "null" {
            assert_eq!(answer.header("sforce-numberofrecords"), "5");
            break;
        }
        assert_eq!(answer.header("sforce-numberofrecords"), "10");
    }
    let expected: Vec<String> = (0..25).map(|n| format!("Lead {n:02}")).collect();
    assert_eq!(names, expected);
    let none =
        json!({"operation": "query", "query": "SELECT Id FROM Lead WHERE Company = 'Nobody'"});
    let job = house.tell(&format!("POST {QUERY}"), &none).await.json();
    let address = format!("{QUERY}/{}", job["id"].as_str().unwrap());
    ended(&house, &address).await;
    assert_eq!(
        text(&house, &format!("{address}/results")).await.text,
        "\"Id\"\n"
    );
    let bad = json!({"operation": "query", "query": "SELECT Colour FROM Lead"});
    let refused = house.tell(&format!("POST {QUERY}"), &bad).await;
    assert_eq!(refused.json()[0]["errorCode"], "INVALID_FIELD");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_generation_speaks_xml_and_json() {
    let house = House::new().await;
    let xml = [("content-type", "application/xml; charset=utf-8")];
    let job = "<jobInfo xmlns=\"http://www.force.com/2009/06/asyncapi/dataload\">\
        <operation>insert</operation><object>Account</object><contentType>CSV</contentType></jobInfo>";
    let answer = house.send("POST /services/async/64.0/job", &xml, job).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let id = between(&answer.text, "<id>", "</id>");
    assert!(answer.text.contains("<state>Open</state>"));
    let batch = format!("POST /services/async/64.0/job/{id}/batch");
    let answer = house.send(&batch, &CSV, "Name\nA\n\"\"\n").await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let batch = between(&answer.text, "<id>", "</id>");
    let address = format!("/services/async/64.0/job/{id}/batch/{batch}");
    completed(&house, &address, "<state>Completed</state>").await;
    let result = text(&house, &format!("{address}/result")).await;
    assert!(
        result
            .text
            .starts_with("\"Id\",\"Success\",\"Created\",\"Error\"\n\"001")
    );
    let close = "<jobInfo xmlns=\"x\"><state>Closed</state></jobInfo>";
    let closed = house
        .send(&format!("POST /services/async/64.0/job/{id}"), &xml, close)
        .await;
    assert!(
        closed.text.contains("<state>Closed</state>"),
        "{}",
        closed.text
    );
    assert!(
        closed
            .text
            .contains("<numberBatchesTotal>1</numberBatchesTotal>")
    );

    let answer = house
        .tell(
            "POST /services/async/59.0/job",
            &json!({"operation": "query", "object": "Account", "concurrencyMode": 0, "contentType": "JSON"}),
        )
        .await;
    let job = answer.json();
    assert_eq!(
        (answer.status.as_u16(), &job["concurrencyMode"]),
        (201, &json!("Serial"))
    );
    let id = job["id"].as_str().unwrap();
    let kind = [("content-type", "application/json")];
    let batch = format!("POST /services/async/59.0/job/{id}/batch");
    let batch = house
        .send(&batch, &kind, "SELECT Name FROM Account")
        .await
        .json();
    let batch = batch["id"].as_str().unwrap();
    let address = format!("/services/async/59.0/job/{id}/batch/{batch}");
    completed(&house, &address, "Completed").await;
    let results = text(&house, &format!("{address}/result")).await.json();
    let result = results[0].as_str().unwrap();
    assert!(result.starts_with("752"));
    let rows = text(&house, &format!("{address}/result/{result}"))
        .await
        .json();
    assert_eq!(rows[0]["Name"], "A");
    assert_eq!(rows[0]["attributes"]["type"], "Account");
    let strange = house
        .ask(&format!("GET {address}/result/752000000000404AAA"))
        .await;
    assert_eq!(strange.status, 404);
}

async fn completed(house: &House, address: &str, sign: &str) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while !text(house, address).await.text.contains(sign) {
        assert!(std::time::Instant::now() < deadline, "{address}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let (_, rest) = text
        .split_once(before)
        .unwrap_or_else(|| panic!("{before} in {text}"));
    rest.split_once(after).unwrap().0
}
