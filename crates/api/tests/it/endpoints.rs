//! Every address that a genuine client was seen to ask: served, or named in
//! `docs/conformance/rest-api.md` as left out.

use std::path::PathBuf;

use serde_json::{Value as Json, json};

use crate::house::House;

/// What is left out, by a part of the pattern, and the words of the document that say so.
const LEFT_OUT: [(&str, &str); 3] = [
    ("/services/Soap/m/", "| Metadata API |"),
    ("/metadata/deployRequest", "| Metadata API |"),
    ("/analytics/reports", "| Reports API |"),
];

/// Served, and the answer is that there is nothing of the name: it is what these clients expect.
const NOTHING_BEHIND: [&str; 3] = [
    "/services/apexrest/",
    "/actions/custom/flow/",
    "/SourceMember/describe",
];

/// The page on which people consent is the web's.
const OF_THE_WEB: &str = "/services/oauth2/authorize";

#[tokio::test]
async fn every_address_that_clients_ask_is_served_or_named_as_left_out() {
    let docs = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/conformance/rest-api.md");
    let docs = std::fs::read_to_string(docs).unwrap();
    let all: Json = serde_json::from_str(include_str!("../exchanges/endpoints.json")).unwrap();
    let patterns = all["patterns"].as_object().unwrap();
    assert_eq!(patterns.len(), 81);
    let house = House::new().await;
    let mut faults = Vec::new();
    for pattern in patterns.keys() {
        if let Some((_, words)) = LEFT_OUT.iter().find(|(part, _)| pattern.contains(part)) {
            assert!(
                docs.contains(words),
                "{words} is not in the document: {pattern}"
            );
            continue;
        }
        let (request, body) = filled(&house, pattern).await;
        let answer = match body {
            Some(body) => house.tell(&request, &body).await,
            None => house.ask(&request).await,
        };
        let status = answer.status.as_u16();
        let is_empty_room = NOTHING_BEHIND.iter().any(|part| pattern.contains(part));
        let is_served = match pattern.as_str() {
            page if page.contains(OF_THE_WEB) => answer.text == "the console",
            // Of a WebSocket: clients fall back to polling at any refusal.
            "GET /cometd/vNN" => status == 405,
            _ => status != 405 && status < 500 && (status == 404) == is_empty_room,
        };
        // A SOAP fault is an answer of its room.
        let is_fault = status == 500 && answer.text.contains("Fault>");
        if !is_served && !is_fault {
            faults.push(format!("{pattern} as {request}: {status} {}", answer.text));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The request of a pattern with true names and ids, and a body where the method has one.
async fn filled(house: &House, pattern: &str) -> (String, Option<Json>) {
    let (method, path) = pattern.split_once(' ').unwrap();
    let org = house.store.org_id();
    let account = house.create("Account", &[("Name", "Acme")]).await;
    let path = path.replace("/id/<id>/<id>", &format!("/id/{org}/{}", house.admin));
    let path = path.replace("<extfield>/<val>", "Offhook_Call_Key__c/c1");
    let path = path.replace("<extfield>", "Offhook_Call_Key__c");
    let object = match path.as_str() {
        path if path.contains("Offhook_Call_Key__c") => "Task",
        path if path.ends_with("/password") => "User",
        _ => "Account",
    };
    if path.contains("/<S>/Offhook") && method == "GET" {
        // The upsert of the same address may have made it already.
        let task = json!({"Offhook_Call_Key__c": "c1", "Subject": "Call"});
        let create = "POST /services/data/v64.0/sobjects/Task";
        house.tell(create, &task).await;
    }
    let id = match path.as_str() {
        path if path.contains("/query/<id>") && !path.contains("jobs") => house.locator().await,
        path if path.contains("/layouts/") => "012000000000000AAA".to_owned(),
        path if path.contains("/jobs/") || path.contains("/async/") => job(house, path).await,
        path if path.contains("/Soap/") => org.to_string(),
        // A new password ends the sessions of its user.
        _ if object == "User" => house.create("User", &REP).await,
        _ => account.clone(),
    };
    let path = path.replace("batch/<id>", &format!("batch/{}", batch_of(&id)));
    let id = id.split(' ').next().unwrap();
    let version = match path.contains("/data/") {
        true => "v64.0",
        false => "64.0",
    };
    let path = path
        .replace("vNN", version)
        .replace("<S>", object)
        .replace("<id>", id)
        .replace("<path>", "Cti/log")
        .replace("<name>", "Log_Call");
    let query = query_of(method, &path, &account);
    (
        format!("{method} {path}{query}"),
        body_of(method, &path, &account),
    )
}

const REP: [(&str, &str); 4] = [
    ("LastName", "Rep"),
    ("Username", "rep@example.com"),
    ("Email", "rep@example.com"),
    ("ProfileName", "Sales Rep"),
];

fn query_of(method: &str, path: &str, account: &str) -> String {
    let soql = "?q=SELECT+Id+FROM+Account";
    match path.rsplit('/').next().unwrap() {
        "query" | "queryAll" if method == "GET" && !path.contains("jobs") => soql.to_owned(),
        "search" => "?q=FIND+%7BAcme%7D".to_owned(),
        "updated" | "deleted" => "?start=2026-01-01T00:00:00Z&end=2026-01-02T00:00:00Z".to_owned(),
        "executeAnonymous" => "?anonymousBody=x".to_owned(),
        "sobjects" if method == "DELETE" => format!("?ids={account}"),
        _ => String::new(),
    }
}

fn body_of(method: &str, path: &str, account: &str) -> Option<Json> {
    if matches!(method, "GET" | "DELETE") {
        return None;
    }
    let record = json!({"attributes": {"type": "Account", "referenceId": "r"}, "Name": "A"});
    let last = path.rsplit('/').next().unwrap();
    Some(match last {
        "ingest" => json!({"object": "Account", "operation": "insert"}),
        "query" => json!({"operation": "query", "query": "SELECT Id FROM Account"}),
        "parameterizedSearch" => json!({"q": "Acme"}),
        "password" => json!({"NewPassword": "a password, long enough"}),
        "job" => json!({"operation": "insert", "object": "Account", "contentType": "JSON"}),
        "composite" => json!({"compositeRequest": [
            {"method": "GET", "url": "/services/data/v64.0/limits", "referenceId": "a"},
        ]}),
        "batch" if path.contains("composite") => {
            json!({"batchRequests": [{"method": "GET", "url": "v64.0/limits"}]})
        }
        "sobjects" if method == "PATCH" => json!({"records": [
            {"attributes": {"type": "Account"}, "id": account, "Name": "B"},
        ]}),
        _ if path.contains("composite/sobjects/Account") => {
            json!({"ids": [account], "fields": ["Id"]})
        }
        _ if path.contains("composite") => json!({"records": [record]}),
        _ if path.contains("/Task/") => json!({"Subject": "Call"}),
        _ if path.contains("/jobs/") => json!({"state": "UploadComplete"}),
        _ if path.contains("/async/") => json!({"state": "Closed"}),
        _ => json!({"Name": "A"}),
    })
}

/// A job of the kind that a path speaks of; of Bulk 1.0 with a batch, after a blank.
async fn job(house: &House, path: &str) -> String {
    let id = |answer: Json| answer["id"].as_str().unwrap().to_owned();
    if path.contains("/async/") {
        let body = json!({"operation": "insert", "object": "Account", "contentType": "JSON"});
        let job = id(house
            .tell("POST /services/async/64.0/job", &body)
            .await
            .json());
        let add = format!("POST /services/async/64.0/job/{job}/batch");
        let batch = id(house.tell(&add, &json!([{"Name": "A"}])).await.json());
        let address = format!("GET /services/async/64.0/job/{job}/batch/{batch}");
        wait(house, &address, "Completed").await;
        return format!("{job} {batch}");
    }
    let kind = if path.contains("/query") {
        "query"
    } else {
        "ingest"
    };
    let create = format!("POST /services/data/v64.0/jobs/{kind}");
    let body = body_of("POST", &create, "").unwrap();
    let job = id(house.tell(&create, &body).await.json());
    let address = format!("/services/data/v64.0/jobs/{kind}/{job}");
    if kind == "query" {
        wait(house, &format!("GET {address}"), "JobComplete").await;
    }
    if kind == "ingest" && !path.ends_with("/batches") {
        let csv = [("content-type", "text/csv")];
        house
            .send(&format!("PUT {address}/batches"), &csv, "Name\nA\n")
            .await;
    }
    job
}

fn batch_of(id: &str) -> &str {
    id.split_once(' ').map_or(id, |(_, batch)| batch)
}

async fn wait(house: &House, request: &str, state: &str) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while !house.ask(request).await.text.contains(state) {
        assert!(std::time::Instant::now() < deadline, "{request}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
