//! SOAP: login and what belongs to it, with the faults that clients read.

use axum::http::StatusCode;

use crate::house::Answer;
use crate::office::{BASE, Office, PASSWORD};

const PATH: &str = "/services/Soap/u/64.0";

fn login(name: &str, password: &str) -> String {
    envelope(
        "",
        &format!(
            "<login xmlns=\"urn:partner.soap.sforce.com\"><username>{name}</username>\
             <password>{password}</password></login>"
        ),
    )
}

fn envelope(header: &str, operation: &str) -> String {
    format!(
        "<se:Envelope xmlns:se=\"http://schemas.xmlsoap.org/soap/envelope/\">\
         <se:Header>{header}</se:Header><se:Body>{operation}</se:Body></se:Envelope>"
    )
}

fn with_session(session: &str, operation: &str) -> String {
    let header = format!(
        "<p:SessionHeader xmlns:p=\"urn:partner.soap.sforce.com\"><p:sessionId>{session}\
         </p:sessionId></p:SessionHeader>"
    );
    envelope(&header, operation)
}

/// As the clients do it: by the tags alone, anywhere in the text.
fn between<'a>(text: &'a str, tag: &str) -> &'a str {
    let start = text.split_once(&format!("<{tag}>"));
    let (_, rest) = start.unwrap_or_else(|| panic!("no {tag} in {text}"));
    rest.split_once(&format!("</{tag}>")).unwrap().0
}

#[track_caller]
fn faulted(answer: &Answer, code: &str) {
    assert_eq!(
        answer.status,
        StatusCode::INTERNAL_SERVER_ERROR,
        "{}",
        answer.text
    );
    assert_eq!(answer.header("content-type"), "text/xml;charset=UTF-8");
    assert_eq!(between(&answer.text, "faultcode"), format!("sf:{code}"));
    assert!(between(&answer.text, "faultstring").starts_with(&format!("{code}: ")));
    assert_eq!(between(&answer.text, "sf:exceptionCode"), code);
    assert!(!between(&answer.text, "sf:exceptionMessage").is_empty());
}

#[tokio::test]
async fn a_login_gives_a_session_and_all_that_clients_look_for() {
    let office = Office::new().await;
    let off = office.soap(PATH, &login("rae@example.com", PASSWORD)).await;
    faulted(&off, "INVALID_OPERATION");
    office.allow_passwords().await;
    let answer = office.soap(PATH, &login("rae@example.com", PASSWORD)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let org = office.store().org_id();
    let server = between(&answer.text, "serverUrl");
    assert_eq!(
        server,
        format!("{BASE}/services/Soap/u/64.0/{}", org.short())
    );
    assert_eq!(between(&answer.text, "organizationId"), org.as_str());
    assert_eq!(between(&answer.text, "userId"), office.rae.as_str());
    assert_eq!(between(&answer.text, "userFullName"), "Rae Tester");
    assert_eq!(between(&answer.text, "sessionSecondsValid"), "7200");
    let session = between(&answer.text, "sessionId");
    let info = office.get("/services/oauth2/userinfo", session).await;
    assert_eq!(info.status, StatusCode::OK);
    let own_path = server.strip_prefix(BASE).unwrap();
    let info = office
        .soap(own_path, &with_session(session, "<getUserInfo/>"))
        .await;
    assert_eq!(between(&info.text, "userName"), "rae@example.com");
    let time = office
        .soap(own_path, &with_session(session, "<getServerTimestamp/>"))
        .await;
    assert!(between(&time.text, "timestamp").ends_with('Z'));
    let out = office
        .soap(own_path, &with_session(session, "<logout/>"))
        .await;
    assert_eq!(out.status, StatusCode::OK, "{}", out.text);
    let dead = office
        .soap(own_path, &with_session(session, "<getUserInfo/>"))
        .await;
    faulted(&dead, "INVALID_SESSION_ID");
    faulted(
        &office
            .soap(own_path, &with_session(session, "<logout/>"))
            .await,
        "INVALID_SESSION_ID",
    );
}

#[tokio::test]
async fn whatever_is_wrong_with_a_login_the_fault_is_the_same() {
    let office = Office::new().await;
    office.allow_passwords().await;
    let mut texts = Vec::new();
    for (name, password) in [
        ("rae@example.com", "badpass"),
        ("nobody@example.com", PASSWORD),
        ("", ""),
    ] {
        let answer = office.soap(PATH, &login(name, password)).await;
        faulted(&answer, "INVALID_LOGIN");
        texts.push(answer.text);
    }
    assert!(texts.iter().all(|text| text == &texts[0]));
    let scope = "<u:LoginScopeHeader xmlns:u=\"urn:partner.soap.sforce.com\">\
                 <u:organizationId>00D000000000999</u:organizationId></u:LoginScopeHeader>";
    let operation = format!(
        "<login><username>rae@example.com</username><password>{PASSWORD}</password></login>"
    );
    faulted(
        &office.soap(PATH, &envelope(scope, &operation)).await,
        "INVALID_LOGIN",
    );
}

#[tokio::test]
async fn what_is_no_request_is_a_fault_and_no_failure() {
    let office = Office::new().await;
    for body in [
        "",
        "hello",
        "<a/>",
        "<Envelope/>",
        "<Envelope><Body/></Envelope>",
        "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><Envelope><Body>&e;</Body>",
        &format!("{}{}", "<a>".repeat(20_000), "</a>".repeat(20_000)),
    ] {
        let answer = office.soap(PATH, body).await;
        faulted(&answer, "INVALID_OPERATION");
        assert!(!answer.text.contains("root:"));
    }
    let unknown = office.soap(PATH, &envelope("", "<dance/>")).await;
    faulted(&unknown, "INVALID_SESSION_ID");
    let old = office.soap("/services/Soap/u/30.0", &login("a", "b")).await;
    faulted(&old, "UNSUPPORTED_API_VERSION");
    faulted(
        &office.soap("/services/Soap/u/x", &login("a", "b")).await,
        "UNSUPPORTED_API_VERSION",
    );
    assert_eq!(
        office.soap("/services/Soap/z/64.0", "").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn every_spelling_of_the_address_logs_in() {
    let office = Office::new().await;
    office.allow_passwords().await;
    for path in [
        "/services/Soap/u/v44.0",
        "/services/Soap/u/59.0/",
        "//services/Soap/c/31.0/x",
    ] {
        let answer = office.soap(path, &login("rae@example.com", PASSWORD)).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
    }
}
