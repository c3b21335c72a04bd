//! `runApex` as an adapter meets it: the results, the errors and the limits of server scripts.

use offhook_org::UserContext;
use offhook_store::org::query::QueryOptions;
use offhook_store::sources::{ScriptRun, SourceDraft, SourceKind, SourceSettings};
use serde_json::{Value as Json, json};

use crate::house::{Browser, House};

/// What adapters of the field call: a search by phone, a log, who am I, a ping.
const CLASS: &str = "
export function findContact({ phone }) {
  const wanted = 'FIND {:phone} IN PHONE FIELDS RETURNING Contact(Id, Name, Phone)';
  const found = org.search(wanted, { phone });
  return found[0] ?? null;
}
export function echo(params) { return JSON.stringify(params); }
export const userName = () => org.user.Name;
export function log({ number }) {
  const Subject = `Call from ${number}`;
  const id = org.create('Task', { Subject, Status: 'Completed' });
  org.update({ Id: id, Description: 'by script' });
  return org.queryOne('SELECT Id, Subject, Description FROM Task WHERE Id = :id', { id });
}
export function logAndFail() {
  org.create('Task', { Subject: 'Never kept' });
  throw new Error('after the write');
}
export function logAndHang() {
  org.create('Task', { Subject: 'Never kept' });
  for (;;);
}
export function bad() { return org.create('Task', { Subject: 'x', Nonsense: 1 }); }
export function secrets() { return org.query('SELECT Id, Action FROM SetupAuditTrail'); }
export function count() { return org.query('SELECT COUNT() FROM Contact'); }
";

async fn house() -> House {
    let house = House::new().await;
    write(&house, "Phones.CallHelper", CLASS, &[]).await;
    let ann = [
        ("FirstName", "Ann"),
        ("LastName", "Smith"),
        ("Phone", "(415) 555-1212"),
    ];
    house.create("Contact", &ann).await;
    house
}

async fn write(house: &House, name: &str, body: &str, profiles: &[&str]) {
    let draft = SourceDraft {
        name: name.to_owned(),
        body: body.to_owned(),
        settings: SourceSettings {
            profiles: profiles.iter().map(|name| (*name).to_owned()).collect(),
            ..SourceSettings::default()
        },
        ..SourceDraft::default()
    };
    let system = UserContext::system();
    let made = house
        .store
        .create_source(&system, SourceKind::Class, &draft);
    made.await.unwrap();
}

async fn run(browser: &Browser<'_>, class: &str, method: &str, params: Json) -> Json {
    let args = json!({"apexClass": class, "methodName": method, "methodParams": params});
    browser.call("runApex", args).await["reply"].clone()
}

async fn gives(browser: &Browser<'_>, method: &str, params: Json) -> Json {
    let reply = run(browser, "Phones.CallHelper", method, params).await;
    assert_eq!(reply["success"], true, "{reply}");
    reply["returnValue"]["runApex"].clone()
}

async fn error_of(browser: &Browser<'_>, class: &str, method: &str) -> (String, String) {
    let reply = run(browser, class, method, Json::Null).await;
    let error = &reply["errors"][0];
    assert_eq!(error["code"], "SERVER_ERROR", "{reply}");
    let text = |value: &Json| value.as_str().unwrap_or("").to_owned();
    (
        text(&error["description"]),
        text(&error["details"]["message"]),
    )
}

/// How many records of an object a user sees.
async fn total(house: &House, user: &UserContext, object: &str) -> u64 {
    let options = QueryOptions {
        all_rows: false,
        batch_size: 200,
        api_version: 66,
        now_ms: 0,
    };
    let soql = format!("SELECT Id FROM {object}");
    house.store.query(user, &soql, options).await.unwrap().total
}

/// The log's lines once there are so many, newest first.
async fn log_of(house: &House, count: usize) -> Vec<ScriptRun> {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    loop {
        let runs = house
            .store
            .script_runs(None, false, i64::MAX, 100)
            .await
            .unwrap();
        if runs.len() >= count {
            return runs;
        }
        assert!(
            std::time::Instant::now() < deadline,
            "only {} lines",
            runs.len()
        );
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_method_gives_a_text_or_a_record_and_a_plus_stays_one() {
    let house = house().await;
    let rita = house.sign_in("Rita").await;
    let text = gives(
        &rita,
        "echo",
        json!("fromNumber=+14155551212&toNumber=%2B1200&n=a%20b"),
    )
    .await;
    let wanted = r#"{"fromNumber":"+14155551212","toNumber":"+1200","n":"a b"}"#;
    assert_eq!(text, wanted);
    assert_eq!(gives(&rita, "echo", json!({})).await, "{}");
    assert_eq!(gives(&rita, "USERNAME", Json::Null).await, "Rita Tester");
    let record = gives(&rita, "findContact", json!("phone=+14155551212")).await;
    assert_eq!(record["Name"], "Ann Smith");
    assert_eq!(record["attributes"]["type"], "Contact");
    assert!(record["Id"].as_str().unwrap().starts_with("003"));
    assert_eq!(
        gives(&rita, "findContact", json!("phone=+442079460000")).await,
        Json::Null
    );
    assert_eq!(gives(&rita, "count", Json::Null).await, 1);
    let other_name = run(&rita, "phones__callhelper", "userName", Json::Null).await;
    assert_eq!(other_name["returnValue"], json!({"runApex": "Rita Tester"}));
}

#[tokio::test]
async fn what_a_run_writes_is_its_users_and_is_kept_together_or_not_at_all() {
    let house = house().await;
    let rita = house.sign_in("Rita").await;
    let task = gives(&rita, "log", json!("number=+14155551212")).await;
    assert_eq!(task["Subject"], "Call from +14155551212");
    assert_eq!(task["Description"], "by script");
    let (said, why) = error_of(&rita, "Phones.CallHelper", "logAndFail").await;
    assert_eq!(said, "A problem was encountered on the server.");
    assert!(
        why.contains("after the write") && why.contains("line 17"),
        "{why}"
    );
    let (_, why) = error_of(&rita, "Phones.CallHelper", "logAndHang").await;
    assert!(why.contains("took too long"), "{why}");
    let (_, why) = error_of(&rita, "Phones.CallHelper", "bad").await;
    assert!(why.contains("Nonsense"), "{why}");
    let tasks = total(&house, &UserContext::system(), "Task").await;
    assert_eq!(tasks, 1);
    let runs = log_of(&house, 4).await;
    assert_eq!(runs[3].outcome, "ok");
    assert_eq!((runs[3].queries, runs[3].writes), (1, 2));
    let outcomes: Vec<&str> = runs.iter().map(|run| run.outcome.as_str()).collect();
    assert!(
        outcomes.contains(&"limit: time") && outcomes.contains(&"exception"),
        "{outcomes:?}"
    );
    assert!(
        runs.iter()
            .all(|run| run.params.is_none() && !run.message.contains("after the write"))
    );
}

#[tokio::test]
async fn a_class_that_is_not_there_or_not_open_is_answered_alike() {
    let house = house().await;
    write(
        &house,
        "Closed",
        "export function go() { return 1 }",
        &["Service Agent"],
    )
    .await;
    let rita = house.sign_in("Rita").await;
    for class in ["Nowhere", "Closed"] {
        let reply = run(&rita, class, "go", Json::Null).await;
        let wanted = format!("Could not load Apex class: {class}.");
        assert_eq!(
            reply["errors"],
            json!([{"code": "SERVER_ERROR", "description": wanted}])
        );
    }
    let (said, why) = error_of(&rita, "Phones.CallHelper", "nothing").await;
    assert_eq!(said, "A problem was encountered on the server.");
    assert!(why.contains("has no method nothing"), "{why}");
    for (args, parameter) in [
        (json!({"methodName": "go"}), "apexClass"),
        (json!({"apexClass": "Closed"}), "methodName"),
        (
            json!({"apexClass": "Closed", "methodName": "go", "methodParams": 3}),
            "methodParams",
        ),
    ] {
        let error = rita.call("runApex", args).await["reply"]["errors"][0].clone();
        assert_eq!(error["code"], "INVALID_PARAM");
        assert!(
            error["description"].as_str().unwrap().contains(parameter),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_script_sees_no_more_than_its_caller() {
    let house = house().await;
    let rita = house.sign_in("Rita").await;
    let (_, why) = error_of(&rita, "Phones.CallHelper", "secrets").await;
    assert!(
        why.contains("sObject type 'SetupAuditTrail' is not supported"),
        "{why}"
    );
    let secret = [
        ("Name", "Merger"),
        ("StageName", "Prospecting"),
        ("CloseDate", "2030-01-01"),
    ];
    house
        .create_for(&house.sam, "Case", &[("Subject", "Not for Rita")])
        .await;
    house.create("Opportunity", &secret).await;
    let seen = "export function go() {
        return ['Case', 'Opportunity'].map((one) => org.query('SELECT Id FROM ' + one).length)
    }";
    write(&house, "Seen", seen, &[]).await;
    let by_rita = run(&rita, "Seen", "go", Json::Null).await["returnValue"]["runApex"].clone();
    let rita = house
        .store
        .user_context(&house.rita)
        .await
        .unwrap()
        .unwrap();
    let cases = total(&house, &rita, "Case").await;
    let opportunities = total(&house, &rita, "Opportunity").await;
    assert_eq!(by_rita, json!([cases, opportunities]));
}
