//! What there is beside records and queries: lists, layouts, views, actions, tools.

use serde_json::{Value as Json, json};

use crate::house::House;

const ROOT: &str = "/services/data/v64.0";

async fn get(house: &House, path: &str) -> Json {
    let answer = house.ask(&format!("GET {ROOT}/{path}")).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.json()
}

#[tokio::test]
async fn every_resource_that_is_listed_is_there() {
    let house = House::new().await;
    let list = house.ask(&format!("GET {ROOT}")).await.json();
    for (name, path) in list.as_object().unwrap() {
        if name == "identity" {
            assert!(
                path.as_str()
                    .unwrap()
                    .starts_with("http://crm.example.com/id/00D")
            );
            continue;
        }
        assert_eq!(path, &format!("{ROOT}/{name}"));
        let answer = house.ask(&format!("GET {ROOT}/{name}")).await;
        assert_ne!(answer.status, 404, "{name}: {}", answer.text);
    }
}

#[tokio::test]
async fn limits_tell_the_truth() {
    let house = House::new().await;
    let limits = get(&house, "limits").await;
    let answer = house.ask(&format!("GET {ROOT}/limits")).await;
    let requests = &answer.json()["DailyApiRequests"];
    let (max, left) = (
        requests["Max"].as_u64().unwrap(),
        requests["Remaining"].as_u64().unwrap(),
    );
    assert_eq!(
        answer.header("sforce-limit-info"),
        format!("api-usage={}/{max}", max - left)
    );
    assert_eq!(limits["DailyApiRequests"]["Remaining"], left + 1);
    house.create("Contact", &[("LastName", "Doe")]).await;
    let counts = get(&house, "limits/recordCount?sObjects=Contact,Lead").await;
    let counts = counts["sObjects"].as_array().unwrap();
    assert!(
        counts.contains(&json!({"count": 1, "name": "Contact"})),
        "{counts:?}"
    );
    assert!(counts.contains(&json!({"count": 0, "name": "Lead"})));
}

#[tokio::test]
async fn layouts_name_what_a_page_shows() {
    let house = House::new().await;
    let layouts = get(&house, "sobjects/Contact/describe/layouts").await;
    let layout = &layouts["layouts"][0];
    let rows = &layout["detailLayoutSections"][0]["layoutRows"][0];
    let component = &rows["layoutItems"][0]["layoutComponents"][0];
    assert_eq!(component["type"], "Field");
    assert_eq!(component["details"]["name"], component["value"]);
    let one = get(
        &house,
        "sobjects/Contact/describe/layouts/012000000000000AAA",
    )
    .await;
    assert_eq!(one["id"], layout["id"]);
    assert_eq!(layouts["recordTypeMappings"][0]["layoutId"], layout["id"]);
    let compact = get(&house, "sobjects/Contact/describe/compactLayouts").await;
    assert_eq!(
        compact["compactLayouts"][0]["id"],
        compact["defaultCompactLayoutId"]
    );
}

#[tokio::test]
async fn list_views_show_records() {
    let house = House::new().await;
    let owned = [("Name", "Acme"), ("OwnerId", house.admin.as_str())];
    let account = house.create("Account", &owned).await;
    house.create("Account", &[("Name", "Other")]).await;
    let views = get(&house, "sobjects/Account/listviews").await;
    assert_eq!(views["size"], 2);
    let mine = views["listviews"][1]["url"].as_str().unwrap().to_owned();
    let path = mine.strip_prefix(ROOT).unwrap().trim_start_matches('/');
    let described = get(&house, &format!("{path}/describe")).await;
    assert!(
        described["query"]
            .as_str()
            .unwrap()
            .starts_with("SELECT Id, ")
    );
    let results = get(&house, &format!("{path}/results")).await;
    assert_eq!(results["size"], 1);
    let cells = results["records"][0]["columns"].as_array().unwrap();
    assert!(cells.contains(&json!({"fieldNameOrPath": "Id", "value": account})));
    assert!(cells.contains(&json!({"fieldNameOrPath": "Name", "value": "Acme"})));
}

#[tokio::test]
async fn a_call_is_logged_by_a_quick_action() {
    let house = House::new().await;
    let contact = house.create("Contact", &[("LastName", "Doe")]).await;
    let action = "sobjects/Contact/quickActions/LogACall";
    let listed = get(&house, "sobjects/Contact/quickActions").await;
    assert_eq!(listed[0]["urls"]["quickAction"], format!("{ROOT}/{action}"));
    let values = get(&house, &format!("{action}/defaultValues/{contact}")).await;
    assert_eq!(
        (&values["WhoId"], &values["Subject"]),
        (&json!(contact), &json!("Call"))
    );
    assert_eq!(
        get(&house, &format!("{action}/describe")).await["type"],
        "LogACall"
    );
    let body = json!({"contextId": contact, "record": {"Subject": "Called back"}});
    let done = house.tell(&format!("POST {ROOT}/{action}"), &body).await;
    assert_eq!(done.status, 201, "{}", done.text);
    let id = done.json()["id"].as_str().unwrap().to_owned();
    let task = get(
        &house,
        &format!("sobjects/Task/{id}?fields=Subject,Status,WhoId"),
    )
    .await;
    assert_eq!(task["Subject"], "Called back");
    assert_eq!(
        (&task["Status"], &task["WhoId"]),
        (&json!("Completed"), &json!(contact))
    );
    let body = json!({"contextId": "nobody"});
    let refused = house.tell(&format!("POST {ROOT}/{action}"), &body).await;
    assert_eq!(refused.json()[0]["errorCode"], "MALFORMED_ID");
}

#[tokio::test]
async fn apex_does_not_run_and_says_so() {
    let house = House::new().await;
    let answer = get(&house, "tooling/executeAnonymous?anonymousBody=x").await;
    assert_eq!(
        (&answer["compiled"], &answer["success"]),
        (&json!(false), &json!(false))
    );
    assert!(answer["compileProblem"].as_str().unwrap().contains("Apex"));
    let classes = get(&house, "tooling/query?q=SELECT+Id,Name+FROM+ApexClass").await;
    assert_eq!(
        (&classes["size"], &classes["entityTypeName"]),
        (&json!(0), &json!("ApexClass"))
    );
    let accounts = get(&house, "tooling/query?q=SELECT+Id+FROM+Account").await;
    assert_eq!(accounts["queryLocator"], Json::Null);
}

#[tokio::test]
async fn a_user_without_rights_is_told_of_nothing() {
    let house = House::new().await;
    let account = house.create("Account", &[("Name", "Acme")]).await;
    let token = house.session_of("agent@example.com", "Service Agent").await;
    let agent = format!("Bearer {token}");
    let headers = [
        ("authorization", agent.as_str()),
        ("content-type", "application/json"),
    ];
    let seen = house
        .send(&format!("GET {ROOT}/sobjects"), &headers, "")
        .await
        .json();
    let names: Vec<&str> = seen["sobjects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|object| object["name"].as_str().unwrap())
        .collect();
    assert!(names.contains(&"Case"), "{names:?}");
    let described = format!("GET {ROOT}/sobjects/Opportunity/describe");
    let described = house.send(&described, &headers, "").await;
    assert!(described.text.contains("\"StageName\""));
    assert!(
        !described.text.contains("\"Amount\""),
        "a hidden field is not there"
    );
    let query = format!("GET {ROOT}/query?q=SELECT+Amount+FROM+Opportunity");
    let refused = house.send(&query, &headers, "").await;
    assert_eq!(refused.json()[0]["errorCode"], "INVALID_FIELD");
    let path = format!("{ROOT}/sobjects/Account/{account}");
    let refused = house.send(&format!("DELETE {path}"), &headers, "").await;
    assert!(
        [403, 404].contains(&refused.status.as_u16()),
        "{}",
        refused.text
    );
    let body = json!({"records": [{"attributes": {"type": "Opportunity"}, "Name": "x"}]});
    let rows = house
        .send(
            &format!("POST {ROOT}/composite/sobjects"),
            &headers,
            body.to_string(),
        )
        .await
        .json();
    let code = &rows[0]["errors"][0]["statusCode"];
    assert_eq!(code, "INSUFFICIENT_ACCESS_OR_READONLY", "{rows}");
}
