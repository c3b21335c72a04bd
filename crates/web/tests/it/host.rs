//! The host's side of Open CTI as an adapter meets it through the console.

use axum::http::StatusCode;
use offhook_calls::link::Up;
use offhook_calls::{AgentId, CallId, CallRecord, CallState, Direction};
use offhook_org::{RecordId, UserContext};
use offhook_store::calls::Durable;
use serde_json::{Value as Json, json};

use crate::house::{House, center};

/// Two people behind one switchboard, one behind a number of her own.
async fn with_contacts() -> (House, RecordId) {
    let house = House::new().await;
    let ann = [
        ("FirstName", "Ann"),
        ("LastName", "Smith"),
        ("Phone", "(415) 555-1212"),
    ];
    let ann = house.create("Contact", &ann).await;
    for name in ["Stone", "Rivers"] {
        house
            .create(
                "Contact",
                &[("LastName", name), ("Phone", "+1 212 555 0100")],
            )
            .await;
    }
    (house, ann)
}

fn path_of(contact: &RecordId) -> String {
    format!("/lightning/r/Contact/{contact}/view")
}

#[tokio::test]
async fn one_match_pops_its_page_whatever_the_spelling_of_the_number() {
    let (house, ann) = with_contacts().await;
    let rita = house.sign_in("Rita").await;
    for number in [
        "+14155551212",
        "14155551212",
        "4155551212",
        "(415) 555-1212 x12",
    ] {
        let args = json!({"searchParams": number, "callType": "inbound"});
        let answer = rita.call("searchAndScreenPop", args).await;
        assert_eq!(answer["navigate"], path_of(&ann), "{number}");
        assert_eq!(answer["title"], "Ann Smith");
        let found = &answer["reply"]["returnValue"][ann.as_str()];
        assert_eq!(found["RecordType"], "Contact");
        assert_eq!(found["Name"], "Ann Smith");
    }
}

#[tokio::test]
async fn several_matches_pop_the_search_page_and_none_pops_a_new_contact() {
    let (house, _) = with_contacts().await;
    let rita = house.sign_in("Rita").await;
    let several = rita
        .call("searchAndScreenPop", json!({"searchParams": "2125550100"}))
        .await;
    let path = several["navigate"].as_str().unwrap();
    assert!(path.starts_with("/lightning/search?"), "{path}");
    assert_eq!(
        several["reply"]["returnValue"].as_object().unwrap().len(),
        2
    );

    let args = json!({"searchParams": "+442079460000", "defaultFieldValues": {"LastName": "Who"}});
    let none = rita.call("searchAndScreenPop", args).await;
    let path = none["navigate"].as_str().unwrap();
    assert!(path.starts_with("/lightning/o/Contact/new?"), "{path}");
    assert!(path.contains("LastName"), "{path}");
    assert_eq!(none["reply"]["returnValue"], json!({}));
}

#[tokio::test]
async fn a_deferred_search_goes_nowhere_until_its_data_is_popped() {
    let (house, ann) = with_contacts().await;
    let rita = house.sign_in("Rita").await;
    let args = json!({"searchParams": "4155551212", "callType": "INBOUND", "deferred": true});
    let answer = rita.call("searchAndScreenPop", args).await;
    assert_eq!(answer["navigate"], Json::Null);
    let data = answer["reply"]["returnValue"]["SCREEN_POP_DATA"].clone();
    assert_eq!(
        data,
        json!({"type": "sobject", "params": {"recordId": ann.as_str()}})
    );
    for _ in 0..2 {
        let popped = rita.call("screenPop", data.clone()).await;
        assert_eq!(popped["navigate"], path_of(&ann));
        assert_eq!(popped["title"], "Ann Smith");
        assert_eq!(popped["reply"]["returnValue"], Json::Null);
    }
}

#[tokio::test]
async fn outbound_and_internal_calls_search_and_do_not_pop() {
    let (house, ann) = with_contacts().await;
    let rita = house.sign_in("Rita").await;
    let args = json!({"searchParams": "4155551212", "callType": "outbound"});
    let answer = rita.call("searchAndScreenPop", args).await;
    assert_eq!(answer["navigate"], Json::Null);
    assert!(
        answer["reply"]["returnValue"].get(ann.as_str()).is_some(),
        "{answer}"
    );
}

#[tokio::test]
async fn a_record_that_the_user_may_not_see_neither_pops_nor_is_counted() {
    let house = House::new().await;
    let fields = [
        ("LastName", "Secret"),
        ("Company", "X"),
        ("Phone", "4155550199"),
    ];
    let lead = house.create_for(&house.ray, "Lead", &fields).await;
    let ray = house.sign_in("Ray").await;
    let rita = house.sign_in("Rita").await;
    let args = json!({"searchParams": "4155550199", "deferred": true});
    let seen = ray.call("searchAndScreenPop", args.clone()).await;
    assert!(seen["reply"]["returnValue"].get(lead.as_str()).is_some());
    let hidden = rita.call("searchAndScreenPop", args).await;
    let map = hidden["reply"]["returnValue"].as_object().unwrap();
    assert_eq!(map.keys().collect::<Vec<_>>(), ["SCREEN_POP_DATA"]);
    assert_eq!(map["SCREEN_POP_DATA"]["type"], "newRecord");

    let there = json!({"type": "sobject", "params": {"recordId": lead.as_str()}});
    let nowhere = RecordId::from_serial("00Q", 999_999);
    let not_there = json!({"type": "sobject", "params": {"recordId": nowhere.as_str()}});
    let (there, not_there) = (
        rita.call("screenPop", there).await,
        rita.call("screenPop", not_there).await,
    );
    assert_eq!(there["navigate"], Json::Null);
    assert_eq!(there["reply"]["errors"][0]["code"], "INVALID_PARAM");
    let text = |answer: &Json, id: &RecordId| answer.to_string().replace(id.as_str(), "ID");
    assert_eq!(text(&there, &lead), text(&not_there, &nowhere));
}

#[tokio::test]
async fn the_number_of_a_converted_lead_pops_the_contact_that_it_became() {
    let (house, ann) = with_contacts().await;
    let fields = [
        ("LastName", "Smith"),
        ("Company", "X"),
        ("Phone", "4155550142"),
        ("IsConverted", "true"),
        ("ConvertedContactId", ann.as_str()),
        ("OwnerId", house.rita.as_str()),
    ];
    house.create("Lead", &fields).await;
    let rita = house.sign_in("Rita").await;
    let answer = rita
        .call("searchAndScreenPop", json!({"searchParams": "4155550142"}))
        .await;
    assert_eq!(answer["navigate"], path_of(&ann), "{answer}");
}

#[tokio::test]
async fn each_search_leaves_a_trace_that_says_why() {
    let (house, _) = with_contacts().await;
    let rita = house.sign_in("Rita").await;
    rita.call("searchAndScreenPop", json!({"searchParams": "4155551212"}))
        .await;
    // The trace is written beside the answer.
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
    let trace = loop {
        if let Some(trace) = house.store.pop_traces(10).await.unwrap().pop() {
            break trace;
        }
        assert!(tokio::time::Instant::now() < deadline, "no trace was kept");
        tokio::task::yield_now().await;
    };
    assert_eq!(trace.user, house.rita);
    assert_eq!(trace.outcome, "Record: Ann Smith");
    assert!(!trace.lines.is_empty());
}

#[tokio::test]
async fn wrong_arguments_are_named_and_change_nothing() {
    let (house, _) = with_contacts().await;
    let rita = house.sign_in("Rita").await;
    for (method, args, param) in [
        ("searchAndScreenPop", json!({}), "searchParams"),
        (
            "searchAndScreenPop",
            json!({"searchParams": {"a": 1}}),
            "searchParams",
        ),
        (
            "searchAndScreenPop",
            json!({"searchParams": "1", "callType": "sideways"}),
            "callType",
        ),
        ("screenPop", json!({}), "type"),
        ("screenPop", json!({"type": "sobject"}), "params"),
        (
            "screenPop",
            json!({"type": "sobject", "params": {}}),
            "recordId",
        ),
        (
            "screenPop",
            json!({"type": "newRecord", "params": {"entityName": "No"}}),
            "entityName",
        ),
        ("saveLog", json!({}), "value object"),
        ("saveLog", json!({"object": {}}), "entityApiName"),
        (
            "saveLog",
            json!({"object": {"entityApiName": "Ghost"}}),
            "entityApiName",
        ),
        ("saveLog", json!({"object": {"Id": "nonsense"}}), "Id"),
        ("runApex", json!({}), "apexClass"),
        ("screenPop", json!([1]), "args"),
    ] {
        let answer = rita.call(method, args.clone()).await;
        let error = &answer["reply"]["errors"][0];
        assert_eq!(error["code"], "INVALID_PARAM", "{method} {args}");
        let description = error["description"].as_str().unwrap();
        assert!(
            description.contains(param),
            "{method} {args}: {description}"
        );
        assert_eq!(answer["navigate"], Json::Null);
    }
}

#[tokio::test]
async fn apex_and_methods_that_are_not_there_get_their_documented_errors() {
    let house = House::new().await;
    let rita = house.sign_in("Rita").await;
    let apex = rita
        .call("runApex", json!({"apexClass": "Foo", "methodName": "m"}))
        .await;
    assert_eq!(apex["reply"]["errors"][0]["code"], "SERVER_ERROR");
    let description = &apex["reply"]["errors"][0]["description"];
    assert_eq!(description, "Could not load Apex class: Foo.");
    for method in ["subscribe", "completeWork", "noSuchMethod", ""] {
        let answer = rita.call(method, json!({})).await;
        assert_eq!(answer["reply"]["success"], false, "{method}");
    }
}

#[tokio::test]
async fn settings_and_layout_come_from_the_users_own_call_center() {
    let house = House::new().await;
    let rita = house.sign_in("Rita").await;
    let settings = rita.call("getCallCenterSettings", json!({})).await;
    let settings = &settings["reply"]["returnValue"];
    assert_eq!(settings["/reqGeneralInfo/reqInternalName"], "OffhookPhone");
    assert_eq!(settings["/reqGeneralInfo/reqSoftphoneHeight"], "520");
    let layout = rita.call("getSoftphoneLayout", Json::Null).await;
    let layout = &layout["reply"]["returnValue"];
    assert!(
        layout["Inbound"]["objects"]["Contact"].is_array(),
        "{layout}"
    );
    assert!(layout["Outbound"].is_object() && layout["Internal"].is_object());
}

#[tokio::test]
async fn a_user_without_call_center_has_no_softphone_to_answer() {
    let house = House::new().await;
    let sam = house.sign_in("Sam").await;
    for method in ["getCallCenterSettings", "searchAndScreenPop", "saveLog"] {
        let answer = sam
            .call(method, json!({"searchParams": "4155551212"}))
            .await;
        assert_eq!(
            answer["reply"]["errors"][0]["code"],
            "SOFTPHONE_CONTAINER_ERROR"
        );
    }
    let frame = sam.frame().await;
    assert!(
        frame["problem"].as_str().unwrap().contains("call center"),
        "{frame}"
    );
    assert_eq!(frame.get("url"), None);
}

#[tokio::test]
async fn bodies_that_are_no_call_get_a_reply_of_the_shape_too() {
    let house = House::new().await;
    let rita = house.sign_in("Rita").await;
    let garbage = rita.post_json("/host/call", "{\"method\":").await;
    assert_eq!(garbage.status, StatusCode::BAD_REQUEST);
    crate::house::assert_reply_shape(&garbage.json()["reply"]);
    let large = format!(
        "{{\"method\":\"saveLog\",\"args\":{{\"x\":\"{}\"}}}}",
        "a".repeat(1 << 20)
    );
    let large = rita.post_json("/host/call", &large).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    crate::house::assert_reply_shape(&large.json()["reply"]);
    let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    let deep = format!("{{\"method\":\"saveLog\",\"args\":{{\"object\":{deep}}}}}");
    let deep = rita.post_json("/host/call", &deep).await;
    assert_eq!(deep.json()["reply"]["errors"][0]["code"], "INVALID_PARAM");
}

#[tokio::test]
async fn a_log_is_created_updated_and_read_leniently() {
    let (house, ann) = with_contacts().await;
    let rita = house.sign_in("Rita").await;
    let value = json!({
        "entityApiName": "task", "subject": "Call with Ann", "Activitydate": "2024-1-5",
        "whoId": ann.as_str(), "CallDurationInSeconds": "42", "calltype": "inbound",
        "Phone": "no such field", "IsClosed": true,
    });
    let made = rita.call("saveLog", json!({"object": value})).await;
    let id = made["reply"]["returnValue"]["recordId"].as_str().unwrap();
    let warnings = made["warnings"].to_string();
    assert!(
        warnings.contains("Phone") && warnings.contains("IsClosed"),
        "{warnings}"
    );
    let id = RecordId::parse(id).unwrap();
    let task = house
        .store
        .record(&UserContext::system(), &id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(task.text("Subject"), "Call with Ann");
    assert_eq!(task.get("WhoId").as_reference(), Some(&ann));

    let value = json!({"Id": id.short(), "Status": "Completed"});
    let changed = rita.call("saveLog", json!({"object": value})).await;
    assert_eq!(changed["reply"]["returnValue"]["recordId"], id.as_str());
    let task = house
        .store
        .record(&UserContext::system(), &id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(task.text("Status"), "Completed");
}

#[tokio::test]
async fn a_refused_log_names_the_field_in_both_readings() {
    let house = House::new().await;
    let rita = house.sign_in("Rita").await;
    let value = json!({"entityApiName": "Lead", "LastName": "X"});
    let refused = rita.call("saveLog", json!({"object": value})).await;
    let error = &refused["reply"]["errors"][0];
    assert_eq!(error["code"], "SERVER_ERROR");
    assert!(
        error["details"]["message"]
            .as_str()
            .unwrap()
            .contains("Company"),
        "{error}"
    );
    let field = &error["details"]["fieldErrors"]["Company"][0];
    assert_eq!(field["statusCode"], "REQUIRED_FIELD_MISSING");
}

/// A call that Rita took.
async fn call_of(house: &House, agent: &RecordId, id: &str) -> String {
    let record = CallRecord {
        call: CallId::new(id),
        version: 1,
        direction: Direction::Inbound,
        trunk: "demo".to_owned(),
        far_number: "+14155551212".to_owned(),
        far_name: None,
        dialled: "5550100".to_owned(),
        agent: Some(AgentId::new(agent.as_str())),
        state: CallState::WrapUp,
        started_at_ms: 1_700_000_000_000,
        answered_at_ms: Some(1_700_000_005_000),
        ended_at_ms: Some(1_700_000_047_000),
        ring_duration_ms: 5_000,
        talk_duration_ms: 42_000,
        end_cause: None,
        record: None,
        outcome: None,
        notes: String::new(),
        task: None,
    };
    house
        .store
        .commit(&[Durable::Call(Box::new(record))])
        .await
        .unwrap();
    format!("{id}:{agent}")
}

fn log_with(key: &str) -> Json {
    json!({"object": {
        "entityApiName": "Task", "Subject": "Call", "Status": "Completed", "Type": "Call",
        "Offhook_Call_Key__c": key, "CallDisposition": "Connected",
    }})
}

#[tokio::test]
async fn the_log_of_a_call_is_one_task_however_often_it_is_saved() {
    let mut house = House::new().await;
    let key = call_of(&house, &house.rita, "01CALL").await;
    let (first, again) = {
        let rita = house.sign_in("Rita").await;
        (
            rita.call("saveLog", log_with(&key)).await,
            rita.call("saveLog", log_with(&key)).await,
        )
    };
    let id = first["reply"]["returnValue"]["recordId"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(again["reply"]["returnValue"]["recordId"], id.as_str());
    let logged = Up::Logged {
        call: CallId::new("01CALL"),
        agent: AgentId::new(house.rita.as_str()),
        task: id,
    };
    assert_eq!(house.up.recv().await, Some(logged.clone()));
    assert_eq!(house.up.recv().await, Some(logged));
}

#[tokio::test]
async fn a_log_about_a_record_that_was_deleted_is_still_written() {
    let (mut house, ann) = with_contacts().await;
    let key = call_of(&house, &house.rita, "01CALL").await;
    house
        .store
        .delete(&UserContext::system(), &ann)
        .await
        .unwrap();
    let mut log = log_with(&key);
    log["object"]["WhoId"] = json!(ann.as_str());
    let saved = house.sign_in("Rita").await.call("saveLog", log).await;
    let id = saved["reply"]["returnValue"]["recordId"].as_str().unwrap();
    let id = RecordId::parse(id).unwrap();
    let task = house
        .store
        .record(&UserContext::system(), &id)
        .await
        .unwrap()
        .unwrap();
    assert!(task.get("WhoId").is_null());
    assert!(house.up.recv().await.is_some());
}

#[tokio::test]
async fn nobody_logs_the_call_of_somebody_else_or_one_that_never_was() {
    let house = House::new().await;
    let rays = call_of(&house, &house.ray, "01RAYS").await;
    let rita = house.sign_in("Rita").await;
    let as_her_own = format!("01RAYS:{}", house.rita);
    let never_was = format!("01NEVER:{}", house.rita);
    for key in [rays.as_str(), &as_her_own, &never_was, "no key", "a:b:c"] {
        let refused = rita.call("saveLog", log_with(key)).await;
        assert_eq!(
            refused["reply"]["errors"][0]["code"], "INVALID_PARAM",
            "{key}"
        );
    }
    let key = offhook_calls::LogKey::parse(&rays).unwrap();
    assert_eq!(house.store.logged_task(&key).await.unwrap(), None);
}

#[tokio::test]
async fn the_frame_has_the_six_parameters_and_a_token_only_for_our_own_softphone() {
    let house = House::new().await;
    let rita = house.sign_in("Rita").await;
    let frame = rita.frame().await;
    let url = frame["url"].as_str().unwrap();
    assert!(url.starts_with(&format!(
        "{}/softphone?mode=Lightning&",
        house.pages_origin()
    )));
    let parameters = [
        "&ltn_app_id=06m",
        "&isdtp=vw",
        "&clc=1",
        "&nonce=",
        "&offhook_token=",
    ];
    for parameter in parameters {
        assert!(url.contains(parameter), "{url}");
    }
    assert!(
        url.contains("&sfdcIframeOrigin=http%3A%2F%2F127.0.0.1%3A1&"),
        "{url}"
    );
    assert_eq!(
        (&frame["height"], &frame["width"]),
        (&json!(520), &json!(380))
    );
    assert_eq!(frame["origin"], house.pages_origin());

    let system = UserContext::system();
    let other = center("Other", "Other Phone", "https://phone.example/app?tenant=7");
    let other = house
        .store
        .import_call_center(&system, &other)
        .await
        .unwrap();
    house
        .store
        .add_call_center_user(&system, &other, &house.sam)
        .await
        .unwrap();
    let frame = house.sign_in("Sam").await.frame().await;
    let url = frame["url"].as_str().unwrap();
    assert!(
        url.starts_with("https://phone.example/app?tenant=7&mode=Lightning&"),
        "{url}"
    );
    assert!(!url.contains("offhook_token"));
    assert_eq!(frame["origin"], "https://phone.example");
}

#[tokio::test]
async fn a_page_that_must_not_be_loaded_gives_its_reason_instead() {
    let house = House::new().await;
    let system = UserContext::system();
    for (name, url) in [
        ("Script", "javascript:alert(1)"),
        ("Plain", "http://phone.example/"),
    ] {
        let bad = house
            .store
            .import_call_center(&system, &center(name, name, url))
            .await
            .unwrap();
        house
            .store
            .add_call_center_user(&system, &bad, &house.sam)
            .await
            .unwrap();
        let frame = house.sign_in("Sam").await.frame().await;
        assert!(frame["problem"].is_string(), "{frame}");
        assert_eq!(frame.get("url"), None);
        house
            .store
            .remove_call_center_user(&system, &bad, &house.sam)
            .await
            .unwrap();
    }
}
