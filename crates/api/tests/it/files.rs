//! Files over the API: in JSON, in parts of a body, over SOAP; read whole and in parts.

use serde_json::{Value as Json, json};

use crate::house::{Answer, House};

const FILES: &str = "/services/data/v64.0/sobjects/ContentVersion";
const PARTS: [(&str, &str); 1] = [("content-type", "multipart/form-data; boundary=x")];

/// A body of two parts, as clients make it.
fn parts(record: &Json, name: &str, content: &[u8]) -> Vec<u8> {
    let mut body = format!(
        "--x\r\nContent-Disposition: form-data; name=\"entity_content\"\r\n\
         Content-Type: application/json\r\n\r\n{record}\r\n--x\r\n\
         Content-Disposition: form-data; name=\"{name}\"; filename=\"a.bin\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(content);
    body.extend_from_slice(b"\r\n--x--\r\n");
    body
}

async fn upload(house: &House, record: &Json, content: &[u8]) -> String {
    let body = parts(record, "VersionData", content);
    let answer = house.send(&format!("POST {FILES}"), &PARTS, body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()["id"].as_str().unwrap().to_owned()
}

async fn data(house: &House, id: &str, headers: &[(&str, &str)]) -> Answer {
    house
        .send(&format!("GET {FILES}/{id}/VersionData"), headers, "")
        .await
}

#[tokio::test]
async fn a_file_in_json_comes_back_byte_by_byte() {
    let house = House::new().await;
    let record = json!({"Title": "Notes", "PathOnClient": "notes.txt", "VersionData": "aGVsbG8="});
    let made = house.tell(&format!("POST {FILES}"), &record).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let read = house.ask(&format!("GET {FILES}/{id}")).await.json();
    assert_eq!(read["VersionData"], format!("{FILES}/{id}/VersionData"));
    assert_eq!(read["ContentSize"], 5);
    assert_eq!(read["Checksum"], "5d41402abc4b2a76b9719d911017c592");
    let query = format!(
        "/services/data/v64.0/query?q=SELECT+Id,VersionData+FROM+ContentVersion+WHERE+Id='{id}'"
    );
    let found = house.ask(&format!("GET {query}")).await.json();
    let address = &found["records"][0]["VersionData"];
    assert_eq!(*address, format!("{FILES}/{id}/VersionData"));
    let sent = data(&house, &id, &[]).await;
    assert_eq!((sent.status.as_u16(), sent.text.as_str()), (200, "hello"));
    assert_eq!(sent.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(sent.header("content-length"), "5");
    assert_eq!(
        sent.header("content-disposition"),
        "attachment; filename=\"Notes.txt\"; filename*=UTF-8''Notes.txt"
    );
    let head = house.ask(&format!("HEAD {FILES}/{id}/VersionData")).await;
    assert_eq!(
        (head.status.as_u16(), head.header("content-length")),
        (200, "5")
    );
    let put = house.ask(&format!("POST {FILES}/{id}/VersionData")).await;
    assert_eq!(put.status, 405);
}

#[tokio::test]
async fn a_file_in_parts_is_taken_and_named_by_its_record() {
    let house = House::new().await;
    let account = house.create("Account", &[("Name", "Acme")]).await;
    let content: Vec<u8> = (0..3_000_000_u32)
        .map(|n| u8::try_from(n % 253).unwrap())
        .collect();
    let record = json!({"PathOnClient": "big.bin", "FirstPublishLocationId": account});
    let id = upload(&house, &record, &content).await;
    let read = house.ask(&format!("GET {FILES}/{id}")).await.json();
    assert_eq!(
        (&read["ContentSize"], &read["Title"]),
        (&json!(3_000_000), &json!("big"))
    );
    let links = format!("/services/data/v64.0/sobjects/Account/{account}/ContentDocumentLinks");
    assert_eq!(
        house.ask(&format!("GET {links}")).await.json()["totalSize"],
        1
    );
    let document = read["ContentDocumentId"].as_str().unwrap();
    // A part of it, its end, and what is beyond.
    let part = data(&house, &id, &[("range", "bytes=1000-1002")]).await;
    assert_eq!(part.status, 206);
    assert_eq!(part.header("content-range"), "bytes 1000-1002/3000000");
    assert_eq!(
        part.text.as_bytes(),
        String::from_utf8_lossy(&content[1_000..1_003]).as_bytes()
    );
    let end = data(&house, &id, &[("range", "bytes=-2")]).await;
    assert_eq!(end.header("content-range"), "bytes 2999998-2999999/3000000");
    let beyond = data(&house, &id, &[("range", "bytes=3000000-")]).await;
    assert_eq!(
        (beyond.status.as_u16(), beyond.header("content-range")),
        (416, "bytes */3000000")
    );
    let other = [("range", "bytes=0-0"), ("if-range", "\"another\"")];
    assert_eq!(data(&house, &id, &other).await.status, 200);
    // The next version, in parts too; and a change of a version that has none.
    let next = json!({"PathOnClient": "big.txt", "ContentDocumentId": document});
    let second = upload(&house, &next, b"two").await;
    let read = house.ask(&format!("GET {FILES}/{second}")).await.json();
    assert_eq!(
        (&read["VersionNumber"], &read["IsLatest"]),
        (&json!("2"), &json!(true))
    );
    let change = "--x\r\nContent-Disposition: form-data; name=\"entity_content\"\r\n\
         Content-Type: application/json\r\n\r\n{\"Title\": \"Two\"}\r\n--x--\r\n";
    let changed = house
        .send(&format!("PATCH {FILES}/{second}"), &PARTS, change)
        .await;
    assert_eq!(changed.status, 204, "{}", changed.text);
    let body = parts(&json!({"Title": "Three"}), "VersionData", b"three");
    let refused = house
        .send(&format!("PATCH {FILES}/{second}"), &PARTS, body)
        .await;
    assert_eq!(
        refused.json()[0]["errorCode"],
        "INVALID_FIELD_FOR_INSERT_UPDATE"
    );
    let gone = format!("DELETE /services/data/v64.0/sobjects/ContentDocument/{document}");
    assert_eq!(house.ask(&gone).await.status, 204);
    assert_eq!(data(&house, &second, &[]).await.status, 404);
}

#[tokio::test]
async fn parts_that_cannot_be_read_are_said_and_leave_nothing() {
    let house = House::new().await;
    let url = format!("POST {FILES}");
    for (body, complaint) in [
        (b"--x\r\nbroken".to_vec(), "cannot be read"),
        (
            parts(&json!({"PathOnClient": "a.txt"}), "Body", b"x"),
            "the part 'Body' is no binary field",
        ),
        (
            parts(&json!([1]), "VersionData", b"x"),
            "must be a JSON object",
        ),
        (
            b"--x\r\nContent-Disposition: form-data; name=\"VersionData\"; filename=\"a\"\r\n\r\n\
              x\r\n--x--\r\n"
                .to_vec(),
            "the first part must be the record",
        ),
    ] {
        let refused = house.send(&url, &PARTS, body).await;
        assert_eq!(refused.status, 400, "{complaint}: {}", refused.text);
        let error = refused.json();
        assert_eq!(error[0]["errorCode"], "INVALID_MULTIPART_REQUEST");
        let message = error[0]["message"].as_str().unwrap();
        assert!(message.contains(complaint), "{message}");
    }
    // Half an upload: the connection ends.
    let whole = parts(
        &json!({"PathOnClient": "a.txt"}),
        "VersionData",
        &[7; 10_000],
    );
    let refused = house.send(&url, &PARTS, whole[..6_000].to_vec()).await;
    assert_eq!(refused.status, 400, "{}", refused.text);
    // To another object.
    let account = parts(&json!({"Name": "x"}), "VersionData", b"x");
    let refused = house
        .send(
            "POST /services/data/v64.0/sobjects/Account",
            &PARTS,
            account,
        )
        .await;
    assert_eq!(refused.json()[0]["errorCode"], "INVALID_MULTIPART_REQUEST");
    let count = "GET /services/data/v64.0/query?q=SELECT+COUNT()+FROM+ContentVersion";
    assert_eq!(house.ask(count).await.json()["totalSize"], 0);
    assert_eq!(house.store.file_bytes().await.unwrap(), 0);
    let record = json!({"PathOnClient": "a.txt", "VersionData": "upload:0123456789"});
    let forged = house.tell(&url, &record).await;
    assert_eq!(
        forged.json()[0]["errorCode"],
        "INVALID_FIELD_FOR_INSERT_UPDATE"
    );
}

#[tokio::test]
async fn nothing_that_a_browser_could_run_is_called_so() {
    let house = House::new().await;
    let html = b"<html><script>alert(1)</script>";
    for (path, content, kind, file_type) in [
        (
            "a.html",
            html.as_slice(),
            "application/octet-stream",
            "HTML",
        ),
        (
            "a.svg",
            b"<svg onload='x()'/>",
            "application/octet-stream",
            "SVG",
        ),
        ("a.png", html, "application/octet-stream", "UNKNOWN"),
        ("a.png", b"\x89PNG\r\n\x1a\n<script>", "image/png", "PNG"),
        (
            "../../../etc/cron.d/a.pdf",
            b"%PDF-1.7",
            "application/pdf",
            "PDF",
        ),
    ] {
        let id = upload(&house, &json!({"PathOnClient": path}), content).await;
        let sent = data(&house, &id, &[]).await;
        assert_eq!(sent.header("content-type"), kind, "{path}");
        assert_eq!(sent.header("x-content-type-options"), "nosniff");
        assert!(
            sent.header("content-disposition")
                .starts_with("attachment; ")
        );
        assert!(sent.header("content-security-policy").contains("sandbox"));
        let read = house.ask(&format!("GET {FILES}/{id}")).await.json();
        assert_eq!(read["FileType"], file_type, "{path}");
    }
}

#[tokio::test]
async fn a_content_is_for_whoever_sees_its_record() {
    let house = House::new().await;
    let id = upload(&house, &json!({"PathOnClient": "a.txt"}), b"secret").await;
    let rep = house.session_of("rep@example.com", "Sales Rep").await;
    let bearer = format!("Bearer {rep}");
    let theirs = [("authorization", bearer.as_str())];
    assert_eq!(data(&house, &id, &theirs).await.status, 404);
    let record = house.send(&format!("GET {FILES}/{id}"), &theirs, "").await;
    assert_eq!(record.status, 404);
    let nobody = [("authorization", "Bearer nonsense")];
    assert_eq!(data(&house, &id, &nobody).await.status, 401);
    let batch = json!({"batchRequests": [
        {"method": "GET", "url": format!("v64.0/sobjects/ContentVersion/{id}/VersionData")},
    ]});
    let batch = house
        .tell("POST /services/data/v64.0/composite/batch", &batch)
        .await
        .json();
    let said = &batch["results"][0]["result"][0]["message"];
    assert!(
        said.as_str().unwrap().contains("request of its own"),
        "{batch}"
    );
}

#[tokio::test]
async fn describe_and_bulk_say_what_a_content_is() {
    let house = House::new().await;
    let described = house.ask(&format!("GET {FILES}/describe")).await.json();
    let fields = described["fields"].as_array().unwrap();
    let field = fields.iter().find(|f| f["name"] == "VersionData").unwrap();
    assert_eq!(
        (&field["type"], &field["soapType"]),
        (&json!("base64"), &json!("xsd:base64Binary"))
    );
    assert_eq!(
        (&field["createable"], &field["filterable"]),
        (&json!(true), &json!(false))
    );
    let job = json!({"object": "ContentVersion", "operation": "insert"});
    let refused = house
        .tell("POST /services/data/v64.0/jobs/ingest", &job)
        .await;
    assert_eq!(refused.status, 400, "{}", refused.text);
    assert!(
        refused.text.contains("not supported to use bulk"),
        "{}",
        refused.text
    );
    let job = json!({"operation": "query", "query": "SELECT VersionData FROM ContentVersion"});
    let refused = house
        .tell("POST /services/data/v64.0/jobs/query", &job)
        .await;
    assert!(
        refused.text.contains("Binary fields are not supported"),
        "{}",
        refused.text
    );
    let filter = "GET /services/data/v64.0/query?q=SELECT+Id+FROM+ContentVersion+\
                  WHERE+VersionData='x'";
    assert_eq!(
        house.ask(filter).await.json()[0]["errorCode"],
        "INVALID_FIELD"
    );
}

#[tokio::test]
async fn over_soap_a_content_is_base64_both_ways() {
    let house = House::new().await;
    let token = &house.token;
    let call = |operation: String| {
        let envelope = format!(
            "<se:Envelope xmlns:se=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             xmlns=\"urn:partner.soap.sforce.com\">\
             <se:Header><SessionHeader><sessionId>{token}</sessionId></SessionHeader></se:Header>\
             <se:Body>{operation}</se:Body></se:Envelope>"
        );
        let headers = [("content-type", "text/xml"), ("SOAPAction", "\"\"")];
        let house = &house;
        async move {
            house
                .send("POST /services/Soap/u/64.0", &headers, envelope)
                .await
                .text
        }
    };
    let made = call(
        "<create><sObjects><type>ContentVersion</type><PathOnClient>a.txt</PathOnClient>\
         <VersionData>aGVs\nbG8=</VersionData></sObjects></create>"
            .to_owned(),
    )
    .await;
    let id = made
        .split("<id>")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap()
        .to_owned();
    assert_eq!(data(&house, &id, &[]).await.text, "hello");
    let query = format!(
        "<query><queryString>SELECT Id, VersionData FROM ContentVersion WHERE Id = '{id}'\
         </queryString></query>"
    );
    let found = call(query).await;
    assert!(
        found.contains("<sf:VersionData>aGVsbG8=</sf:VersionData>"),
        "{found}"
    );
}
