//! An id that a client guesses: of a record that is there and not seen, and of one that is not
//! there. Reading, changing, pointing to it: every answer is the same, and nothing is changed.

use offhook_org::record::Fields;
use offhook_org::save::Strictness;
use offhook_org::schema::{Field, FieldKind};
use offhook_org::{FieldName, RecordId, UserContext, Value};
use serde_json::json;

use super::asks::Ask;
use super::world::Known;
use super::{Stage, is_restricted};

const ROOT: &str = "/services/data/v64.0";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guessed_id_is_answered_like_one_that_is_not_there() {
    let stage = Stage::new().await;
    let mut asked = 0;
    for person in stage
        .world
        .people
        .iter()
        .filter(|person| is_restricted(person))
    {
        for known in &stage.world.records {
            if stage.world.sees(person, known) {
                continue;
            }
            let missing = RecordId::from_serial(known.id.key_prefix(), 999_999);
            let pairs = guesses(known, &known.id)
                .into_iter()
                .zip(guesses(known, &missing));
            for (there, nowhere) in pairs {
                let seen = stage.ask(person.name, &there).await;
                let gone = stage.ask(person.name, &nowhere).await;
                let text = |text: &str, id: &RecordId| {
                    text.replace(id.as_str(), "ID")
                        .replace(&id.as_str()[..15], "ID")
                };
                let (who, request) = (person.name, &there.request);
                assert_eq!(seen.status, gone.status, "{who} {request} {}", seen.text);
                let (seen, gone) = (text(&seen.text, &known.id), text(&gone.text, &missing));
                assert_eq!(seen, gone, "{who} {request}");
                asked += 1;
            }
        }
    }
    assert!(asked > 500, "{asked}");
    let system = UserContext::system();
    for known in &stage.world.records {
        let record = stage
            .store()
            .record(&system, &known.id)
            .await
            .unwrap()
            .unwrap();
        let value = |field: &str| (record.get(field).clone(), known.values.get(field).cloned());
        for field in ["OwnerId", "Description", "Name", "Subject"] {
            let (now, then) = value(field);
            assert!(
                then.is_none_or(|then| then == now),
                "{field} of {}",
                known.id
            );
        }
    }
}

/// Everything that is done with a record by its id.
fn guesses(known: &Known, id: &RecordId) -> Vec<Ask> {
    let object = known.object;
    let path = format!("{ROOT}/sobjects/{object}/{id}");
    let ask = |request: String, body: String| Ask {
        door: "guess",
        request,
        headers: vec![("content-type", "application/json")],
        body,
        then: None,
        shows: std::collections::BTreeSet::new(),
    };
    let change = json!({"Description": "mine"}).to_string();
    let of_type = json!({"attributes": {"type": object}, "id": id.as_str(), "Description": "mine"});
    let requests = json!([
        {"method": "GET", "url": path, "referenceId": "one"},
        {"method": "PATCH", "url": path, "referenceId": "two", "body": {"Description": "mine"}},
        {"method": "GET", "url": format!("{ROOT}/sobjects/User/@{{one.OwnerId}}"),
         "referenceId": "three"},
    ]);
    let contact = json!({"LastName": "Guess", "AccountId": id.as_str()}).to_string();
    let task = json!({"Subject": "Guess", "WhatId": id.as_str()}).to_string();
    let call = json!({"contextId": id.as_str(), "record": {"Subject": "Call"}}).to_string();
    let soql = format!("SELECT Id FROM {object} WHERE Id = '{id}' OR OwnerId = '{id}'");
    vec![
        ask(format!("GET {path}"), String::new()),
        ask(format!("GET {path}?fields=Id"), String::new()),
        ask(format!("GET {path}/Owner"), String::new()),
        ask(format!("PATCH {path}"), change),
        ask(format!("DELETE {path}"), String::new()),
        ask(
            format!("GET {ROOT}/query?q={}", super::asks::encoded(&soql)),
            String::new(),
        ),
        ask(
            format!("PATCH {ROOT}/composite/sobjects"),
            json!({"records": [of_type]}).to_string(),
        ),
        ask(
            format!("DELETE {ROOT}/composite/sobjects?ids={id}"),
            String::new(),
        ),
        ask(
            format!("GET {ROOT}/composite/sobjects/{object}?ids={id}&fields=Id"),
            String::new(),
        ),
        ask(
            format!("POST {ROOT}/composite"),
            json!({"allOrNone": true, "compositeRequest": requests}).to_string(),
        ),
        ask(format!("POST {ROOT}/sobjects/{object}Share"), String::new()),
        ask(
            format!("GET {ROOT}/quickActions/LogACall/defaultValues/{id}"),
            String::new(),
        ),
        pointing(
            ask(format!("POST {ROOT}/sobjects/Contact"), contact),
            id,
            "001",
        ),
        pointing(ask(format!("POST {ROOT}/sobjects/Task"), task), id, "001"),
        pointing(
            ask(format!("POST {ROOT}/quickActions/LogACall"), call),
            id,
            "001",
        ),
    ]
}

/// Only what can be pointed to is worth pointing to; another object's id is simply read.
fn pointing(ask: Ask, id: &RecordId, prefix: &str) -> Ask {
    match id.key_prefix() == prefix {
        true => ask,
        false => Ask {
            request: format!("GET {ROOT}/sobjects/Account/{id}"),
            body: String::new(),
            ..ask
        },
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_that_is_taken_names_no_record_that_is_not_seen() {
    let stage = Stage::new().await;
    let mut field = Field::new("Key__c", "Key", FieldKind::Text);
    (field.length_max, field.unique, field.external_id) = (40, true, true);
    let system = UserContext::system();
    let everyone = offhook_store::org::metadata::VisibleTo::Everyone;
    let object = "Account".into();
    let made = stage
        .store()
        .create_field(&system, &object, field, &everyone);
    made.await.unwrap();
    let account = stage.world.of_object("Account").next().unwrap();
    let key = Fields::from([(FieldName::new("Key__c"), Value::Text("taken".to_owned()))]);
    let set = stage
        .store()
        .update(&system, &account.id, &key, Strictness::Strict, None);
    set.await.unwrap();
    let ask = |request: &str, body: &str| Ask {
        door: "unique",
        request: request.to_owned(),
        headers: vec![("content-type", "application/json")],
        body: body.to_owned(),
        then: None,
        shows: std::collections::BTreeSet::new(),
    };
    let (mut seen, mut unseen) = (0, 0);
    for person in &stage.world.people {
        let sees = stage.world.sees(person, account);
        let path = format!("{ROOT}/sobjects/Account");
        for (method, path, body) in [
            (
                "POST",
                path.clone(),
                r#"{"Name": "Mine", "Key__c": "TAKEN"}"#,
            ),
            (
                "PATCH",
                format!("{path}/Key__c/taken"),
                r#"{"Name": "Mine"}"#,
            ),
            ("GET", format!("{path}/Key__c/taken"), ""),
            ("DELETE", format!("{path}/Key__c/taken"), ""),
        ] {
            if sees && method != "POST" {
                continue;
            }
            let answer = stage
                .ask(person.name, &ask(&format!("{method} {path}"), body))
                .await;
            let names_it = answer.text.contains(&account.id.as_str()[..15]);
            assert_eq!(names_it, sees, "{} {method} {}", person.name, answer.text);
            assert!(!answer.status.is_success(), "{} {method}", person.name);
            *(if names_it { &mut seen } else { &mut unseen }) += 1;
        }
    }
    assert!(seen > 0 && unseen > 5, "{seen} {unseen}");
}
