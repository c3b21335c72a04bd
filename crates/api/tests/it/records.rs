//! One record at its address.

use serde_json::json;

use crate::house::House;

#[tokio::test]
async fn a_record_lives_from_create_to_delete() {
    let house = House::new().await;
    let body = json!({"Subject": "Call", "CallDurationInSeconds": "30", "CallType": "Inbound"});
    let made = house
        .tell("POST /services/data/v64.0/sobjects/task/", &body)
        .await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let url = format!("/services/data/v64.0/sobjects/Task/{id}");
    assert_eq!(made.header("location"), url);
    assert_eq!(
        made.text,
        format!(r#"{{"id":"{id}","success":true,"errors":[]}}"#)
    );

    let read = house.ask(&format!("GET {url}")).await.json();
    assert_eq!(read["attributes"], json!({"type": "Task", "url": url}));
    assert_eq!(read["CallDurationInSeconds"], 30);
    assert_eq!(read["WhoId"], json!(null));
    assert!(read["CreatedDate"].as_str().unwrap().ends_with("+0000"));

    let short = house
        .ask(&format!(
            "GET {}?fields=subject,Owner.Name",
            &url[..url.len() - 3]
        ))
        .await;
    let members: Vec<String> = short.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(members, ["attributes", "Subject", "Owner"]);

    let changed = house
        .tell(&format!("PATCH {url}"), &json!({"subject": null}))
        .await;
    assert_eq!((changed.status.as_u16(), changed.text.as_str()), (204, ""));
    let by_post = format!("POST {url}?_HttpMethod=PATCH");
    let changed = house.tell(&by_post, &json!({"Description": "x"})).await;
    assert_eq!(changed.status, 204);
    let read = house.ask(&format!("GET {url}")).await.json();
    assert_eq!(
        (&read["Subject"], &read["Description"]),
        (&json!(null), &json!("x"))
    );

    assert_eq!(house.ask(&format!("DELETE {url}")).await.status, 204);
    let again = house.ask(&format!("DELETE {url}")).await;
    assert_eq!(again.status, 404);
    assert_eq!(again.json()[0]["errorCode"], "ENTITY_IS_DELETED");
    let read = house.ask(&format!("GET {url}")).await;
    assert_eq!(read.status, 404);
    assert_eq!(read.json()[0]["errorCode"], "NOT_FOUND");
}

#[tokio::test]
async fn a_client_that_has_the_record_is_not_sent_it_again() {
    let house = House::new().await;
    let id = house.create("Account", &[("Name", "Acme")]).await;
    let request = format!("GET /services/data/v64.0/sobjects/Account/{id}");
    let read = house.ask(&request).await;
    let (tag, changed) = (read.header("etag"), read.header("last-modified"));
    for headers in [[("if-none-match", tag)], [("if-modified-since", changed)]] {
        let again = house.send(&request, &headers, "").await;
        assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""));
    }
    let long_ago = "Thu, 01 Jan 2015 00:00:00 GMT";
    let again = house
        .send(&request, &[("if-unmodified-since", long_ago)], "")
        .await;
    assert_eq!(again.status, 412);
    let change = format!("PATCH /services/data/v64.0/sobjects/Account/{id}");
    for headers in [[("if-unmodified-since", long_ago)], [("if-match", "\"1\"")]] {
        let refused = house.send(&change, &headers, r#"{"Name": "Other"}"#).await;
        assert_eq!(refused.status, 412, "{}", refused.text);
    }
    let taken = house
        .send(&change, &[("if-match", tag)], r#"{"Name": "Other"}"#)
        .await;
    assert_eq!(taken.status, 204, "{}", taken.text);
}

#[tokio::test]
async fn mistakes_in_a_record_are_said_in_the_platforms_words() {
    let house = House::new().await;
    let task = "POST /services/data/v64.0/sobjects/Task";
    for (body, code) in [
        (json!({"Nonsense__c": 1}), "INVALID_FIELD"),
        (
            json!({"Subject": "x", "Status": null}),
            "REQUIRED_FIELD_MISSING",
        ),
        (json!({"Id": "00T000000000001AAA"}), "INVALID_FIELD"),
        (json!({"WhoId": "nobody"}), "MALFORMED_ID"),
        (
            json!({"CallDurationInSeconds": "long"}),
            "INVALID_TYPE_ON_FIELD_IN_RECORD",
        ),
        (json!({"Who": {"Name": "a", "Email": "b"}}), "INVALID_FIELD"),
        (json!({"Nobody": {"Name": "a"}}), "INVALID_FIELD"),
        (json!({"Subject": ["x"]}), "JSON_PARSER_ERROR"),
        (
            json!({"attributes": {"type": "Contact"}, "Subject": "x"}),
            "INVALID_TYPE",
        ),
        (json!(["x"]), "JSON_PARSER_ERROR"),
    ] {
        let answer = house.tell(task, &body).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.text);
        let errors = answer.json();
        assert_eq!(errors[0]["errorCode"], code, "{body}: {errors}");
        assert_eq!(errors.as_array().unwrap().len(), 1);
        assert!(errors[0]["message"].is_string());
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let house = House::new().await;
    let contact = house.create("Contact", &[("LastName", "Doe")]).await;
    for path in [
        "Nothing__c".to_owned(),
        "Nothing__c/001000000000001AAA".to_owned(),
        "Account/001000000000404AAA".to_owned(),
        "Account/garbage".to_owned(),
        format!("Account/{contact}"),
        format!("Contact/{contact}/Nothing"),
        "Account/Name__c/x".to_owned(),
        "Account/Phone/x".to_owned(),
        "Account/a/b/c/d".to_owned(),
        "Account/describe/nothing".to_owned(),
    ] {
        let answer = house
            .ask(&format!("GET /services/data/v64.0/sobjects/{path}"))
            .await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.text);
        assert_eq!(answer.json()[0]["errorCode"], "NOT_FOUND", "{path}");
    }
    let answer = house
        .ask("GET /services/data/v64.0/sobjects/Account/001000000000001AAB")
        .await;
    assert_eq!(answer.json()[0]["errorCode"], "MALFORMED_ID");
}

#[tokio::test]
async fn relations_are_followed_by_their_names() {
    let house = House::new().await;
    let account = house.create("Account", &[("Name", "Acme")]).await;
    let contact = house
        .create("Contact", &[("LastName", "Doe"), ("AccountId", &account)])
        .await;
    let up = format!("/services/data/v64.0/sobjects/Contact/{contact}/Account");
    let read = house.ask(&format!("GET {up}?fields=Name")).await.json();
    assert_eq!(read["Name"], "Acme");
    let changed = house
        .tell(&format!("PATCH {up}"), &json!({"Name": "Other"}))
        .await;
    assert_eq!(changed.status, 204, "{}", changed.text);
    let down = format!("GET /services/data/v64.0/sobjects/Account/{account}/Contacts");
    let list = house.ask(&down).await.json();
    assert_eq!(
        (&list["totalSize"], &list["done"]),
        (&json!(1), &json!(true))
    );
    assert_eq!(list["records"][0]["Id"], contact.as_str());
    let name = house.ask(&format!("GET {}/Owner", up)).await;
    assert_eq!(
        name.status, 404,
        "an account that the system owns has no owner: {}",
        name.text
    );
}

#[tokio::test]
async fn changes_of_a_time_are_listed() {
    let house = House::new().await;
    let kept = house.create("Contact", &[("LastName", "Kept")]).await;
    let gone = house.create("Contact", &[("LastName", "Gone")]).await;
    let url = format!("DELETE /services/data/v64.0/sobjects/Contact/{gone}");
    assert_eq!(house.ask(&url).await.status, 204);
    let contacts = "/services/data/v64.0/sobjects/Contact";
    let span = "start=2020-01-01T00%3A00%3A00%3A&end=2100-01-01T00:00:00+00:00";
    let updated = house
        .ask(&format!("GET {contacts}/updated/?{span}"))
        .await
        .json();
    assert_eq!(updated["ids"], json!([kept]));
    let deleted = house
        .ask(&format!("GET {contacts}/deleted/?{span}"))
        .await
        .json();
    assert_eq!(deleted["deletedRecords"][0]["id"], gone.as_str());
    assert!(deleted["deletedRecords"][0]["deletedDate"].is_string());
    let latest = deleted["latestDateCovered"].as_str().unwrap();
    assert!(latest < "2100", "nothing is known of the future");
    for span in [
        "start=x&end=y",
        "start=2020-01-01T00:00:00Z",
        "start=2021-01-01T00:00:00Z&end=2020-01-01T00:00:00Z",
    ] {
        let answer = house.ask(&format!("GET {contacts}/updated?{span}")).await;
        assert_eq!(answer.status, 400, "{span}");
    }
}

#[tokio::test]
async fn passwords_are_set_by_their_users_and_by_who_manages_users() {
    let house = House::new().await;
    let token = house.session_of("rep@example.com", "Sales Rep").await;
    let rep = format!("Bearer {token}");
    let path = format!(
        "/services/data/v64.0/sobjects/User/{}/password",
        house.admin
    );
    let expiry = house.ask(&format!("GET {path}")).await;
    assert_eq!(expiry.json(), json!({"isExpired": false}));
    let short = house
        .tell(&format!("POST {path}"), &json!({"NewPassword": "short"}))
        .await;
    assert_eq!(short.json()[0]["errorCode"], "INVALID_NEW_PASSWORD");
    let body = r#"{"NewPassword": "long enough to be taken"}"#;
    let headers = [
        ("authorization", rep.as_str()),
        ("content-type", "application/json"),
    ];
    let refused = house.send(&format!("POST {path}"), &headers, body).await;
    assert_eq!(refused.status, 403, "{}", refused.text);
    let reset = house.ask(&format!("DELETE {path}")).await;
    assert_eq!(reset.json()["NewPassword"].as_str().unwrap().len(), 20);
}

#[tokio::test]
async fn records_are_found_by_another_key_than_their_id() {
    let house = House::new().await;
    let contacts = "/services/data/v64.0/sobjects/Contact";
    let email = |address: &'static str| [("LastName", "Doe"), ("Email", address)];
    let one = house.create("Contact", &email("a+b@example.com")).await;
    let read = house
        .ask(&format!("GET {contacts}/Email/a+b@example.com"))
        .await;
    assert_eq!(read.json()["Id"], one.as_str(), "{}", read.text);
    let read = house
        .ask(&format!(
            "GET {contacts}/email/a%2Bb%40example.com?fields=Id"
        ))
        .await;
    assert_eq!(read.json()["Id"], one.as_str(), "{}", read.text);
    let two = house.create("Contact", &email("a+b@example.com")).await;
    let several = house
        .ask(&format!("GET {contacts}/Email/a+b@example.com"))
        .await;
    assert_eq!(several.status, 300);
    let urls = [format!("{contacts}/{one}"), format!("{contacts}/{two}")];
    assert_eq!(several.json(), json!(urls));
    let nobody = house
        .ask(&format!("GET {contacts}/Email/nobody@example.com"))
        .await;
    assert_eq!(nobody.status, 404);
}

#[tokio::test]
async fn a_key_of_a_call_makes_one_task_however_often_it_is_sent() {
    let house = House::new().await;
    let url = "/services/data/v64.0/sobjects/Task/Offhook_Call_Key__c/call%2F1";
    let made = house
        .tell(&format!("PATCH {url}"), &json!({"Subject": "Call"}))
        .await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(made.json()["created"], true);
    let again = house
        .tell(&format!("PATCH {url}"), &json!({"Subject": "Again"}))
        .await;
    assert_eq!(again.status, 200, "{}", again.text);
    let body = json!({"id": made.json()["id"], "success": true, "errors": [], "created": false});
    assert_eq!(again.json(), body);
    let old = url.replace("v64.0", "v45.0");
    let old = house
        .tell(&format!("PATCH {old}"), &json!({"Subject": "Old"}))
        .await;
    assert_eq!((old.status.as_u16(), old.text.as_str()), (204, ""));
    let read = house
        .ask(&format!("GET {url}?fields=Subject,Offhook_Call_Key__c"))
        .await
        .json();
    assert_eq!(
        (&read["Subject"], &read["Offhook_Call_Key__c"]),
        (&json!("Old"), &json!("call/1"))
    );
    let twice = json!({"Offhook_Call_Key__c": "other"});
    let refused = house.tell(&format!("PATCH {url}"), &twice).await;
    assert_eq!(refused.json()[0]["errorCode"], "INVALID_FIELD");
}
