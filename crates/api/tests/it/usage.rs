//! What a day takes: counted, told on every answer, and refused beyond.

use offhook_store::usage::ApiLimits;
use serde_json::{Value as Json, json};

use crate::house::House;

const ROOT: &str = "/services/data/v64.0";

async fn limit(house: &House, set: impl FnOnce(&mut ApiLimits)) {
    let mut limits = house.store.api_limits();
    set(&mut limits);
    house.store.put_api_limits(limits).await.unwrap();
}

fn envelope(house: &House, operation: &str) -> String {
    format!(
        "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Header>\
         <SessionHeader><sessionId>{}</sessionId></SessionHeader></e:Header>\
         <e:Body>{operation}</e:Body></e:Envelope>",
        house.token
    )
}

#[tokio::test]
async fn every_door_of_clients_counts_and_refuses_beyond_the_limit() {
    let house = House::new().await;
    limit(&house, |limits| limits.daily_requests_max = 3).await;
    let query = "<query><queryString>SELECT Id FROM Account</queryString></query>";
    let rest = house.ask(&format!("GET {ROOT}/limits")).await;
    assert_eq!(rest.header("sforce-limit-info"), "api-usage=1/3");
    let soap = house
        .send("POST /services/Soap/u/64.0", &[], envelope(&house, query))
        .await;
    assert_eq!(soap.header("sforce-limit-info"), "api-usage=2/3");
    let told = "<LimitInfoHeader><limitInfo><current>2</current><limit>3</limit>\
                <type>API REQUESTS</type></limitInfo></LimitInfoHeader>";
    assert!(soap.text.contains(told), "{}", soap.text);
    let job = json!({"operation": "insert", "object": "Lead", "contentType": "JSON"});
    let bulk = house.tell("POST /services/async/64.0/job", &job).await;
    assert_eq!(
        (bulk.status.as_u16(), bulk.header("sforce-limit-info")),
        (201, "api-usage=3/3")
    );

    let rest = house
        .ask(&format!("GET {ROOT}/query?q=SELECT+Id+FROM+Account"))
        .await;
    assert_eq!(rest.status, 403);
    assert_eq!(rest.json()[0]["errorCode"], "REQUEST_LIMIT_EXCEEDED");
    assert_eq!(rest.header("sforce-limit-info"), "api-usage=3/3");
    let message = rest.json()[0]["message"].as_str().unwrap().to_owned();
    assert!(
        message.starts_with("TotalRequests Limit exceeded."),
        "{message}"
    );
    let soap = house
        .send("POST /services/Soap/u/64.0", &[], envelope(&house, query))
        .await;
    assert_eq!(soap.status, 500);
    let code = "<sf:exceptionCode>REQUEST_LIMIT_EXCEEDED</sf:exceptionCode>";
    assert!(soap.text.contains(code), "{}", soap.text);
    let bulk = house.tell("POST /services/async/64.0/job", &job).await;
    assert_eq!(bulk.status, 403);
    assert_eq!(bulk.json()["exceptionCode"], "RequestLimitExceeded");
    let versions = house.ask("GET /services/data").await;
    assert_eq!(versions.status, 200, "who is no user counts nothing");
    let handshake = json!([{ "channel": "/meta/handshake", "version": "1.0" }]).to_string();
    let stream = house.send("POST /cometd/64.0", &[], handshake).await;
    assert_eq!(stream.json()[0]["successful"], true, "listening is no call");
    let console = house.ask("GET /lightning/page/home").await;
    assert_eq!(console.text, "the console", "people go on");
    limit(&house, |limits| limits.daily_requests_max = 4).await;
    assert_eq!(house.ask(&format!("GET {ROOT}/limits")).await.status, 200);
}

async fn limits(house: &House) -> Json {
    house.ask(&format!("GET {ROOT}/limits")).await.json()
}

#[tokio::test]
async fn limits_name_what_is_counted_and_what_is_left_of_it() {
    let house = House::new().await;
    let before = limits(&house).await;
    let names: Vec<&String> = before.as_object().unwrap().keys().collect();
    let expected = [
        "DataStorageMB",
        "FileStorageMB",
        "DailyApiRequests",
        "DailyBulkApiBatches",
        "DailyBulkV2QueryJobs",
        "HourlyPublishedPlatformEvents",
        "StreamingApiConcurrentClients",
    ];
    assert_eq!(names, expected);
    let handshake = json!([{ "channel": "/meta/handshake", "version": "1.0" }]).to_string();
    house.send("POST /cometd/64.0", &[], handshake).await;
    let job = json!({"operation": "query", "query": "SELECT Id FROM Lead"});
    assert_eq!(
        house
            .tell(&format!("POST {ROOT}/jobs/query"), &job)
            .await
            .status,
        200
    );
    crate::exchanges::event(&house).await;
    let event = json!({"Text__c": "hi"});
    let publish = format!("POST {ROOT}/sobjects/CallEvent__e");
    assert_eq!(house.tell(&publish, &event).await.status, 201);
    let after = limits(&house).await;
    for name in &expected[3..] {
        let left = |limits: &Json| limits[name]["Remaining"].as_u64().unwrap();
        assert_eq!(left(&after), left(&before) - 1, "{name}");
        assert_eq!(
            left(&before),
            before[name]["Max"].as_u64().unwrap(),
            "{name}"
        );
    }
    limit(&house, |limits| {
        limits.hourly_events_max = 1;
        limits.daily_query_jobs_max = 1;
    })
    .await;
    let refused = house.tell(&publish, &event).await;
    assert_eq!(
        refused.json()[0]["errorCode"],
        "LIMIT_EXCEEDED",
        "{}",
        refused.text
    );
    let refused = house.tell(&format!("POST {ROOT}/jobs/query"), &job).await;
    assert_eq!(
        refused.json()[0]["errorCode"],
        "EXCEEDEDQUOTA",
        "{}",
        refused.text
    );
    limit(&house, |limits| limits.daily_bulk_batches_max = 1).await;
    let load = json!({"operation": "insert", "object": "Lead"});
    let refused = house.tell(&format!("POST {ROOT}/jobs/ingest"), &load).await;
    assert_eq!(
        refused.json()[0]["errorCode"],
        "EXCEEDEDQUOTA",
        "{}",
        refused.text
    );
}
