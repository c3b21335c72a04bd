//! The codes that matter to clients, each provoked as a client would; and those that nothing can
//! provoke here, with the reason.

use offhook_org::access::{Permission, Profile};
use serde_json::{Value as Json, json};

use crate::exchanges::field;
use crate::house::{Answer, House};

const ROOT: &str = "/services/data/v64.0";

/// Codes that no request has as its answer, and why.
const NOT_HERE: [(&str, &str); 8] = [
    (
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "there are no validation rules",
    ),
    ("DUPLICATES_DETECTED", "there are no duplicate rules"),
    ("CANNOT_EXECUTE_FLOW_TRIGGER", "there are no flows"),
    (
        "ENTITY_IS_LOCKED",
        "there are no approvals, which lock records",
    ),
    (
        "NO_SOFTPHONE_LAYOUT",
        "every profile has the standard layout at least",
    ),
    (
        "LOGIN_MUST_USE_SECURITY_TOKEN",
        "a wrong token reads as a wrong password",
    ),
    ("STORAGE_LIMIT_EXCEEDED", "the disk is the limit"),
    ("QUERY_TIMEOUT", "a query must run for two minutes"),
];

/// Codes whose tests are elsewhere, where what provokes them is made.
const ELSEWHERE: [(&str, &str); 5] = [
    ("REQUEST_LIMIT_EXCEEDED", include_str!("usage.rs")),
    ("INVALID_LOGIN", include_str!("soap_login.rs")),
    ("UNSUPPORTED_API_VERSION", include_str!("soap_login.rs")),
    ("PROCESSING_HALTED", include_str!("many.rs")),
    (
        "UnableToLockRow",
        include_str!("../../../store/tests/it/untouched.rs"),
    ),
];

/// Codes of the platform's that matter to clients of a telephone.
const CODES: [&str; 37] = [
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "API_CURRENTLY_DISABLED",
    "CANNOT_EXECUTE_FLOW_TRIGGER",
    "DUPLICATES_DETECTED",
    "DUPLICATE_EXTERNAL_ID",
    "DUPLICATE_VALUE",
    "ENTITY_IS_DELETED",
    "ENTITY_IS_LOCKED",
    "EXCEEDED_MAX_SEMIJOIN_SUBSELECTS",
    "FIELD_CUSTOM_VALIDATION_EXCEPTION",
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
    "INSUFFICIENT_ACCESS_OR_READONLY",
    "INVALID_CROSS_REFERENCE_KEY",
    "INVALID_FIELD",
    "INVALID_FIELD_FOR_INSERT_UPDATE",
    "INVALID_LOGIN",
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
    "INVALID_QUERY_LOCATOR",
    "INVALID_SESSION_ID",
    "INVALID_TYPE",
    "JSON_PARSER_ERROR",
    "LOGIN_MUST_USE_SECURITY_TOKEN",
    "MALFORMED_ID",
    "MALFORMED_QUERY",
    "MALFORMED_SEARCH",
    "METHOD_NOT_ALLOWED",
    "NOT_FOUND",
    "NO_SOFTPHONE_LAYOUT",
    "PROCESSING_HALTED",
    "QUERY_TIMEOUT",
    "QUERY_TOO_COMPLICATED",
    "REQUEST_LIMIT_EXCEEDED",
    "REQUIRED_FIELD_MISSING",
    "STORAGE_LIMIT_EXCEEDED",
    "STRING_TOO_LONG",
    "UNABLE_TO_LOCK_ROW",
    "UNSUPPORTED_API_VERSION",
];

#[tokio::test]
async fn every_code_that_matters_is_provoked_or_has_a_reason() {
    let house = House::new().await;
    let mut seen: Vec<String> = Vec::new();
    for (wanted, status, answer) in refusals(&house).await {
        assert_eq!(answer.status.as_u16(), status, "{wanted}: {}", answer.text);
        let body = answer.json();
        let error = &body[0];
        // In a row of a collection the code stands elsewhere than at the top.
        let error = if error["errors"].is_array() {
            &error["errors"][0]
        } else {
            error
        };
        let code = error["errorCode"].as_str().or(error["statusCode"].as_str());
        assert_eq!(code, Some(wanted), "{body}");
        assert!(
            error["message"]
                .as_str()
                .is_some_and(|words| words.len() > 10),
            "{body}"
        );
        seen.push(wanted.to_owned());
    }
    for (code, test) in ELSEWHERE {
        assert!(test.contains(code), "{code} has no test where it should");
        seen.push(match code {
            "UnableToLockRow" => "UNABLE_TO_LOCK_ROW".to_owned(),
            code => code.to_owned(),
        });
    }
    seen.extend(NOT_HERE.iter().map(|(code, _)| (*code).to_owned()));
    seen.sort();
    seen.dedup();
    assert_eq!(seen, CODES);
}

/// A refusal for each code, with its status.
async fn refusals(house: &House) -> Vec<(&'static str, u16, Answer)> {
    let mut all = saves(house).await;
    all.extend(questions(house).await);
    all.extend(by_others(house).await);
    all
}

/// Of records that cannot be saved.
async fn saves(house: &House) -> Vec<(&'static str, u16, Answer)> {
    field(house, "Contact", "Ext__c", true).await;
    for _ in 0..2 {
        house
            .create("Contact", &[("LastName", "x"), ("Ext__c", "x")])
            .await;
    }
    let gone = house.create("Account", &[("Name", "x")]).await;
    let gone = format!("DELETE {ROOT}/sobjects/Account/{gone}");
    assert_eq!(house.ask(&gone).await.status, 204);
    let key = json!({"Subject": "x", "Offhook_Call_Key__c": "k:1"});
    assert_eq!(post(house, "Task", key.clone()).await.status, 201);
    let upsert = json!({"records": [
        {"attributes": {"type": "Contact"}, "Ext__c": "x", "LastName": "y"},
    ]});
    let upsert_path = format!("PATCH {ROOT}/composite/sobjects/Contact/Ext__c");
    let both = json!({"allOrNone": true, "records": [
        {"attributes": {"type": "Account"}, "Name": "x"}, {"attributes": {"type": "Account"}},
    ]});
    let both_path = format!("POST {ROOT}/composite/sobjects");
    let missing = json!({"LastName": "x", "AccountId": "001000000000404AAA"});
    vec![
        (
            "REQUIRED_FIELD_MISSING",
            400,
            post(house, "Contact", json!({})).await,
        ),
        (
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            400,
            post(
                house,
                "Task",
                json!({"Subject": "x", "TaskSubtype": "Nonsense"}),
            )
            .await,
        ),
        (
            "STRING_TOO_LONG",
            400,
            post(house, "Account", json!({"Name": "x".repeat(300)})).await,
        ),
        (
            "INVALID_FIELD",
            400,
            post(house, "Account", json!({"Nonsense": 1})).await,
        ),
        (
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            400,
            post(house, "Account", json!({"Name": "x", "IsDeleted": true})).await,
        ),
        (
            "MALFORMED_ID",
            400,
            post(house, "Task", json!({"WhoId": "nobody"})).await,
        ),
        (
            "INVALID_CROSS_REFERENCE_KEY",
            400,
            post(house, "Contact", missing).await,
        ),
        (
            "JSON_PARSER_ERROR",
            400,
            post(house, "Account", json!([])).await,
        ),
        ("DUPLICATE_VALUE", 400, post(house, "Task", key).await),
        (
            "DUPLICATE_EXTERNAL_ID",
            200,
            house.tell(&upsert_path, &upsert).await,
        ),
        ("ENTITY_IS_DELETED", 404, house.ask(&gone).await),
        (
            "ALL_OR_NONE_OPERATION_ROLLED_BACK",
            200,
            house.tell(&both_path, &both).await,
        ),
    ]
}

/// Of queries, searches and addresses.
async fn questions(house: &House) -> Vec<(&'static str, u16, Answer)> {
    let semi = |n: u8| format!("Id IN (SELECT AccountId FROM Contact WHERE Title = '{n}')");
    let semi: Vec<String> = (0..3).map(semi).collect();
    let semi = format!("SELECT Id FROM Account WHERE {}", semi.join(" AND "));
    let deep = format!("{}Id != null{}", "(".repeat(10_000), ")".repeat(10_000));
    let dead = [("authorization", "Bearer dead")];
    let get = |path: &str| format!("GET {ROOT}/{path}");
    vec![
        (
            "INVALID_TYPE",
            400,
            ask(house, "SELECT Id FROM Nothing").await,
        ),
        ("MALFORMED_QUERY", 400, ask(house, "SELECT").await),
        (
            "MALFORMED_SEARCH",
            400,
            house.ask(&get("search?q=FIND")).await,
        ),
        (
            "INVALID_QUERY_LOCATOR",
            400,
            house.ask(&get("query/01gxxx-200")).await,
        ),
        (
            "EXCEEDED_MAX_SEMIJOIN_SUBSELECTS",
            400,
            ask(house, &semi).await,
        ),
        (
            "QUERY_TOO_COMPLICATED",
            400,
            ask(house, &format!("SELECT Id FROM Account WHERE {deep}")).await,
        ),
        (
            "INVALID_SESSION_ID",
            401,
            house.send(&get("limits"), &dead, "").await,
        ),
        ("NOT_FOUND", 404, house.ask(&get("nothing")).await),
        (
            "METHOD_NOT_ALLOWED",
            405,
            house.ask(&format!("DELETE {ROOT}/limits")).await,
        ),
    ]
}

/// Of people who may not.
async fn by_others(house: &House) -> Vec<(&'static str, u16, Answer)> {
    let mut silent = Profile::standard()
        .into_iter()
        .find(|p| p.name == "Sales Rep")
        .unwrap();
    silent.name = "Silent".to_owned();
    silent.permissions.remove(&Permission::ApiEnabled);
    house.store.put_profile(&silent).await.unwrap();
    let silent = format!(
        "Bearer {}",
        house.session_of("sil@example.com", "Silent").await
    );
    let agent = format!(
        "Bearer {}",
        house.session_of("agent@example.com", "Service Agent").await
    );
    let account = [("Name", "Not theirs"), ("OwnerId", house.admin.as_str())];
    let account = house.create("Account", &account).await;
    let share = json!({
        "AccountId": account, "UserOrGroupId": house.admin.as_str(), "AccountAccessLevel": "Edit",
    });
    let json = ("content-type", "application/json");
    let send = async |object: &str, body: Json| {
        let headers = [("authorization", agent.as_str()), json];
        let request = format!("POST {ROOT}/sobjects/{object}");
        house.send(&request, &headers, body.to_string()).await
    };
    let silent = [("authorization", silent.as_str())];
    let silent = house.send(&format!("GET {ROOT}/limits"), &silent, "").await;
    vec![
        ("API_CURRENTLY_DISABLED", 403, silent),
        (
            "INSUFFICIENT_ACCESS_OR_READONLY",
            403,
            send("Opportunity", json!({"Name": "x"})).await,
        ),
        (
            "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
            403,
            send("AccountShare", share).await,
        ),
    ]
}

async fn post(house: &House, object: &str, body: Json) -> Answer {
    house
        .tell(&format!("POST {ROOT}/sobjects/{object}"), &body)
        .await
}

async fn ask(house: &House, soql: &str) -> Answer {
    let soql: String = form_urlencoded::byte_serialize(soql.as_bytes()).collect();
    house.ask(&format!("GET {ROOT}/query?q={soql}")).await
}
