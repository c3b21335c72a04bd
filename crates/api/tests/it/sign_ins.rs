//! Who came in by the API's doors, as the history of sign-ins tells it; and that a user who is
//! frozen, deactivated or given another password is out by every one of them within a second.

use std::time::{Duration, Instant};

use offhook_org::record::Fields;
use offhook_org::save::Strictness;
use offhook_org::{FieldName, UserContext, Value};
use serde_json::{Value as Json, json};

use crate::office::{BASE, Office, PASSWORD, REDIRECT, VERIFIER, now_ms};

const SOAP: &str = "/services/Soap/u/64.0";
const FROZEN: &str = "User is Inactive or Frozen";

async fn soap_login(office: &Office, password: &str) -> crate::house::Answer {
    let body = format!(
        "<se:Envelope xmlns:se=\"http://schemas.xmlsoap.org/soap/envelope/\"><se:Body>\
         <login xmlns=\"urn:partner.soap.sforce.com\"><username>rae@example.com</username>\
         <password>{password}</password></login></se:Body></se:Envelope>"
    );
    office.soap(SOAP, &body).await
}

/// The history of Rae's sign-ins when it has so many lines, the newest first.
async fn history(office: &Office, count: usize) -> Vec<(String, String, String)> {
    let deadline = Instant::now() + Duration::from_secs(20);
    let soql = "SELECT Status, LoginType, Application FROM LoginHistory ORDER BY Id DESC";
    let path = format!(
        "GET /services/data/v64.0/query?q={}",
        soql.replace(' ', "+")
    );
    loop {
        let answer = office.house.ask(&path).await.json();
        let text = |row: &Json, name: &str| row[name].as_str().unwrap_or_default().to_owned();
        let rows = answer["records"].as_array().unwrap().iter();
        let rows: Vec<_> = rows
            .map(|row| {
                (
                    text(row, "Status"),
                    text(row, "LoginType"),
                    text(row, "Application"),
                )
            })
            .collect();
        if rows.len() >= count {
            return rows;
        }
        assert!(Instant::now() < deadline, "{rows:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn line(status: &str, login_type: &str, application: &str) -> (String, String, String) {
    (
        status.to_owned(),
        login_type.to_owned(),
        application.to_owned(),
    )
}

#[tokio::test]
async fn each_flow_leaves_a_line_and_each_refusal_its_reason() {
    let office = Office::new().await;
    office.allow_passwords().await;
    let remote = "Remote Access 2.0";
    assert_eq!(soap_login(&office, PASSWORD).await.status, 200);
    let lines = history(&office, 1).await;
    assert_eq!(lines[0], line("Success", "Other Apex API", "SOAP"));
    assert_eq!(soap_login(&office, "wrong").await.status, 500);
    let lines = history(&office, 2).await;
    assert_eq!(lines[0], line("Invalid Password", "Other Apex API", "SOAP"));
    office.access_token().await;
    let lines = history(&office, 3).await;
    assert_eq!(lines[0], line("Success", remote, "Loader"));
    let claims = office.claims(BASE, json!(now_ms() / 1_000 + 60));
    assert_eq!(office.by_assertion(&claims).await.status, 200);
    let lines = history(&office, 4).await;
    assert_eq!(lines[0], line("Success", remote, "Loader"));
    let pairs = |password| {
        [
            ("grant_type", "password"),
            ("username", "rae@example.com"),
            ("password", password),
        ]
    };
    assert_eq!(office.token_of_app(&pairs(PASSWORD)).await.status, 200);
    assert_eq!(office.token_of_app(&pairs("wrong")).await.status, 400);
    let lines = history(&office, 6).await;
    assert!(
        lines.contains(&line("Success", remote, "Loader")),
        "{lines:?}"
    );
    let failed = "Failed: authentication failure";
    assert!(
        lines.iter().any(|(status, ..)| *status == failed),
        "{lines:?}"
    );
    let unknown = [
        ("grant_type", "password"),
        ("username", "nobody@example.com"),
        ("password", "x"),
    ];
    assert_eq!(office.token_of_app(&unknown).await.status, 400);
    office.access_token().await;
    assert_eq!(
        history(&office, 7).await.len(),
        7,
        "a name that nobody has leaves none"
    );
    let user = office
        .store()
        .record(&UserContext::system(), &office.rae)
        .await;
    let last = user.unwrap().unwrap().get("LastLoginDate").clone();
    assert!(
        matches!(last, Value::DateTime(at) if now_ms() - at < 60_000),
        "{last:?}"
    );
}

/// Every way that Rae has into the org.
struct Ways {
    session: String,
    soap: String,
    refresh: String,
    code: String,
}

async fn ways(office: &Office) -> Ways {
    let code = office.code(&office.app, REDIRECT, true).await;
    let answer = office
        .token_of_app(&[
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ])
        .await
        .json();
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    let soap = soap_login(office, PASSWORD).await.text;
    let (_, soap) = soap.split_once("<sessionId>").unwrap();
    Ways {
        session: text("access_token"),
        soap: soap.split_once('<').unwrap().0.to_owned(),
        refresh: text("refresh_token"),
        code: office.code(&office.app, REDIRECT, true).await,
    }
}

async fn all_are_shut(office: &Office, ways: &Ways, begins_anew: bool, why: &str) {
    for token in [&ways.session, &ways.soap] {
        let answer = office.get("/services/data/v64.0/limits", token).await;
        assert_eq!(answer.status, 401, "{why}: {}", answer.text);
    }
    if begins_anew {
        return;
    }
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", ways.refresh.as_str()),
    ];
    assert_eq!(office.token_of_app(&refresh).await.status, 400, "{why}");
    let code = [
        ("grant_type", "authorization_code"),
        ("code", ways.code.as_str()),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ];
    assert_eq!(office.token_of_app(&code).await.status, 400, "{why}");
    let client = office
        .token_of_app(&[("grant_type", "client_credentials")])
        .await;
    assert_eq!(client.status, 400, "{why}");
    let claims = office.claims(BASE, json!(now_ms() / 1_000 + 60));
    assert_eq!(office.by_assertion(&claims).await.status, 400, "{why}");
    assert_eq!(soap_login(office, PASSWORD).await.status, 500, "{why}");
}

#[tokio::test]
async fn a_frozen_user_is_out_by_every_door_and_in_again_with_new_keys_only() {
    let office = Office::new().await;
    office.allow_passwords().await;
    let ways = ways(&office).await;
    assert_eq!(
        office
            .get("/services/data/v64.0/limits", &ways.session)
            .await
            .status,
        200
    );
    let system = UserContext::system();
    let store = office.store();
    store.set_frozen(&system, &office.rae, true).await.unwrap();
    all_are_shut(&office, &ways, false, "frozen").await;
    let lines = history(&office, 4).await;
    assert!(
        lines.iter().any(|(status, ..)| status == FROZEN),
        "{lines:?}"
    );
    store.set_frozen(&system, &office.rae, false).await.unwrap();
    for token in [&ways.session, &ways.soap] {
        let answer = office.get("/services/data/v64.0/limits", token).await;
        assert_eq!(answer.status, 401, "an old session lives again");
    }
    office.access_token().await;
}

#[tokio::test]
async fn a_deactivated_user_is_out_by_every_door() {
    let office = Office::new().await;
    office.allow_passwords().await;
    let ways = ways(&office).await;
    let change = Fields::from([(FieldName::new("IsActive"), Value::Boolean(false))]);
    let system = UserContext::system();
    let store = office.store();
    let done = store.update(&system, &office.rae, &change, Strictness::Strict, None);
    done.await.unwrap();
    all_are_shut(&office, &ways, false, "deactivated").await;
}

#[tokio::test]
async fn another_password_ends_what_the_old_one_began() {
    let office = Office::new().await;
    office.allow_passwords().await;
    let ways = ways(&office).await;
    let set = office
        .store()
        .set_password(&office.rae, "another one, longer");
    set.await.unwrap();
    all_are_shut(&office, &ways, true, "another password").await;
}
