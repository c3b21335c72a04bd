//! Hostile texts as values: written by one door and read by another, they are what they were.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value as Json, json};

use super::strings::{kept, literal, names};
use super::{Door, JSON, ROOT, check, in_xml};

/// What was written by one door, by the number in its title.
type ByNumber = BTreeMap<usize, String>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_value_comes_back_as_it_was_from_every_door() {
    let door = Door::new().await;
    let names = names(80);
    let wanted: ByNumber = names.iter().map(|name| kept(name)).enumerate().collect();
    let sayable: ByNumber = (wanted.clone().into_iter())
        .filter(|(_, name)| in_xml(name).is_some())
        .collect();
    by_collections(&door, &names).await;
    by_tree(&door, &names).await;
    by_composite(&door, &names).await;
    by_soap(&door, &sayable).await;
    by_bulk(&door, &names).await;
    for (department, wanted) in [
        ("collections", &wanted),
        ("tree", &wanted),
        ("composite", &wanted),
        ("soap", &sayable),
        ("bulk", &wanted),
    ] {
        let soql = format!("SELECT Title, LastName FROM Contact WHERE Department = '{department}'");
        let read: ByNumber = (door.query(&soql).await.iter())
            .map(|record| {
                let number = record["Title"].as_str().unwrap().parse().unwrap();
                (number, record["LastName"].as_str().unwrap().to_owned())
            })
            .collect();
        assert!(read.len() > 400, "{department} {}", read.len());
        differ(department, wanted, &read);
    }
    read_by_soap(&door, &wanted).await;
    read_by_bulk(&door, &wanted).await;
    for name in names.iter().step_by(7) {
        let soql = format!(
            "SELECT LastName FROM Contact WHERE Department = 'tree' AND LastName = '{}'",
            literal(&kept(name))
        );
        let found = door.query(&soql).await;
        assert_eq!(found.len(), 1, "{soql:?}");
        assert_eq!(found[0]["LastName"], kept(name));
    }
}

fn differ(door: &str, wanted: &ByNumber, read: &ByNumber) {
    for (number, name) in wanted {
        assert_eq!(read.get(number), Some(name), "{door}");
    }
    assert_eq!(wanted.len(), read.len(), "{door}");
}

fn contact(number: usize, name: &str, department: &str) -> Json {
    let title = number.to_string();
    json!({"LastName": name, "Title": title, "Department": department})
}

async fn by_collections(door: &Door, names: &[String]) {
    let all: Vec<(usize, &String)> = names.iter().enumerate().collect();
    for part in all.chunks(200) {
        let records: Vec<Json> = part
            .iter()
            .map(|(number, name)| {
                let mut record = contact(*number, name, "collections");
                record["attributes"] = json!({"type": "Contact"});
                record
            })
            .collect();
        let body = json!({"allOrNone": true, "records": records});
        let answer = door
            .post(&format!("{ROOT}/composite/sobjects"), &body)
            .await;
        assert!(
            !answer.text.contains("\"success\":false"),
            "{}",
            answer.text
        );
    }
}

async fn by_tree(door: &Door, names: &[String]) {
    let all: Vec<(usize, &String)> = names.iter().enumerate().collect();
    for part in all.chunks(200) {
        let records: Vec<Json> = part
            .iter()
            .map(|(number, name)| {
                let mut record = contact(*number, name, "tree");
                record["attributes"] =
                    json!({"type": "Contact", "referenceId": format!("r{number}")});
                record
            })
            .collect();
        let body = json!({"records": records});
        let answer = door
            .post(&format!("{ROOT}/composite/tree/Contact"), &body)
            .await;
        assert_eq!(answer.status, 201, "{}", answer.text);
    }
}

async fn by_composite(door: &Door, names: &[String]) {
    let all: Vec<(usize, &String)> = names.iter().enumerate().collect();
    for part in all.chunks(25) {
        let requests: Vec<Json> = part.iter().map(|(number, name)| json!({
            "method": "POST", "url": format!("{ROOT}/sobjects/Contact"),
            "referenceId": format!("r{number}"), "body": contact(*number, name, "composite"),
        })).collect();
        let body = json!({"compositeRequest": requests});
        let answer = door.post(&format!("{ROOT}/composite"), &body).await;
        let results = answer.json()["compositeResponse"]
            .as_array()
            .unwrap()
            .clone();
        for (result, (_, name)) in results.iter().zip(part) {
            // `@{x}` in a body refers to another answer, and there is none.
            assert!(
                result["httpStatusCode"] == 201 || name.contains("@{"),
                "{name:?} {result}"
            );
        }
    }
    // What cannot be said in a composite is said by itself.
    for (number, name) in all.iter().filter(|(_, name)| name.contains("@{")) {
        let body = contact(*number, name, "composite");
        let answer = door.post(&format!("{ROOT}/sobjects/Contact"), &body).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
    }
}

async fn by_soap(door: &Door, names: &ByNumber) {
    let all: Vec<(&usize, &String)> = names.iter().collect();
    for part in all.chunks(200) {
        let mut operation = "<create>".to_owned();
        for (number, name) in part {
            let name = in_xml(name).unwrap();
            write!(
                operation,
                "<sObjects><type>Contact</type><LastName>{name}</LastName><Title>{number}</Title>\
                 <Department>soap</Department></sObjects>"
            )
            .unwrap();
        }
        let answer = door.soap(&(operation + "</create>")).await;
        assert!(!answer.text.contains("<success>false"), "{}", answer.text);
        check("soap", "create", &answer);
    }
}

async fn by_bulk(door: &Door, names: &[String]) {
    let ingest = format!("{ROOT}/jobs/ingest");
    let body = json!({"object": "Contact", "operation": "insert"});
    let job = door.post(&ingest, &body).await.json();
    let address = format!("{ingest}/{}", job["id"].as_str().unwrap());
    let mut csv = "LastName,Title,Department\n".to_owned();
    for (number, name) in names.iter().enumerate() {
        let name = name.replace('"', "\"\"");
        writeln!(csv, "\"{name}\",{number},bulk").unwrap();
    }
    let kind = ("content-type", "text/csv");
    let put = door
        .send(&format!("PUT {address}/batches"), &[kind], csv)
        .await;
    assert_eq!(put.status, 201, "{}", put.text);
    let complete = json!({"state": "UploadComplete"}).to_string();
    door.send(&format!("PATCH {address}"), &[JSON], complete)
        .await;
    let job = ended(door, &address).await;
    // `#N/A` empties a field, and a contact needs its name.
    assert_eq!(job["numberRecordsFailed"], 1, "{job}");
    let (number, name) = names
        .iter()
        .enumerate()
        .find(|(_, name)| *name == "#N/A")
        .unwrap();
    let body = contact(number, name, "bulk");
    assert_eq!(
        door.post(&format!("{ROOT}/sobjects/Contact"), &body)
            .await
            .status,
        201
    );
    let results = door.get(&format!("{address}/successfulResults")).await;
    let mut rows = csv_rows(&results.text);
    rows.remove(0);
    let told: ByNumber = rows
        .iter()
        .map(|row| (row[3].parse().unwrap(), row[2].clone()))
        .collect();
    for (number, name) in &told {
        let sent = names[*number].replace('\0', "");
        assert_eq!(*name, sent, "what was sent is told as it was sent");
    }
}

async fn ended(door: &Door, address: &str) -> Json {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    loop {
        let job = door.get(address).await.json();
        if ["JobComplete", "Failed"].contains(&job["state"].as_str().unwrap_or_default()) {
            return job;
        }
        assert!(std::time::Instant::now() < deadline, "{job}");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

fn csv_rows(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new();
    let reader = reader.has_headers(false).from_reader(text.as_bytes());
    let rows = reader.into_records().map(|row| {
        let row = row.unwrap();
        row.iter().map(str::to_owned).collect()
    });
    rows.collect()
}

async fn read_by_soap(door: &Door, wanted: &ByNumber) {
    let operation = "<query><queryString>SELECT Title, LastName FROM Contact WHERE \
                     Department = 'tree'</queryString></query>";
    let answer = door.soap(operation).await;
    check("soap", "query", &answer);
    let document = roxmltree::Document::parse(&answer.text).unwrap();
    let records = document
        .descendants()
        .filter(|node| node.has_tag_name(("urn:partner.soap.sforce.com", "records")));
    let mut read = ByNumber::new();
    for record in records {
        let value = |name: &str| {
            let mut values = record
                .children()
                .filter(|node| node.tag_name().name() == name);
            values
                .next()
                .and_then(|node| node.text())
                .unwrap_or_default()
                .to_owned()
        };
        read.insert(value("Title").parse().unwrap(), value("LastName"));
    }
    assert_eq!(read.len(), wanted.len());
    for (number, name) in wanted.iter().filter(|(_, name)| in_xml(name).is_some()) {
        assert_eq!(read.get(number), Some(name));
    }
}

async fn read_by_bulk(door: &Door, wanted: &ByNumber) {
    let soql = "SELECT Title, LastName FROM Contact WHERE Department = 'tree'";
    let jobs = format!("{ROOT}/jobs/query");
    let body = json!({"operation": "query", "query": soql});
    let job = door.post(&jobs, &body).await.json();
    let address = format!("{jobs}/{}", job["id"].as_str().unwrap());
    ended(door, &address).await;
    let results = door.get(&format!("{address}/results")).await;
    let mut rows = csv_rows(&results.text);
    assert_eq!(rows.remove(0), ["Title", "LastName"]);
    let read: ByNumber = rows
        .iter()
        .map(|row| (row[0].parse().unwrap(), row[1].clone()))
        .collect();
    differ("bulk results", wanted, &read);
}
