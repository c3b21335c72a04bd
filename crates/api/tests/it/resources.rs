//! What there is beside records and queries: lists, layouts, views, actions, tools.

use offhook_org::schema::{
    Layout, LayoutAssignment, LayoutField, LayoutSection, ListAudience, ListFilter, ListOperator,
    ListScope, ListSort, ListView, RecordType, RecordTypeValues,
};
use offhook_org::{RecordId, UserContext};
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
    for (limit, max) in [("DataStorageMB", 102_400), ("FileStorageMB", 10_240)] {
        assert_eq!(limits[limit]["Max"], max, "{limit}");
    }
    assert_eq!(
        limits["DataStorageMB"]["Remaining"], 102_399,
        "there are users"
    );
    assert_eq!(
        limits["FileStorageMB"]["Remaining"], 10_240,
        "there are no files"
    );
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

fn record_type(label: &str, profiles: &[&str], default_for: &[&str]) -> RecordType {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    RecordType {
        id: RecordId::from_serial("012", 0),
        developer_name: label.to_owned(),
        label: label.to_owned(),
        description: String::new(),
        is_active: true,
        is_person: false,
        picklists: [].into(),
        profiles: Some(names(profiles)),
        default_for: names(default_for),
    }
}

#[tokio::test]
async fn layouts_and_record_types_are_those_of_the_users_profile() {
    let house = House::new().await;
    let (system, case) = (UserContext::system(), "Case".into());
    let admins = ["System Administrator"];
    let mut repair = record_type("Repair", &admins, &admins);
    let values = RecordTypeValues {
        values: vec!["Working".to_owned(), "Closed".to_owned()],
        default: Some("Working".to_owned()),
    };
    repair.picklists.insert("Status".into(), values);
    let store = &house.store;
    let repair = store
        .put_record_type(&system, &case, repair, true)
        .await
        .unwrap();
    let other = record_type("Billing", &["Service Agent"], &[]);
    let other = store
        .put_record_type(&system, &case, other, true)
        .await
        .unwrap();
    let standard = store.schema().object("Case").unwrap().default_layout();
    let short = Layout {
        name: "Short".to_owned(),
        sections: vec![LayoutSection {
            label: "Just this".to_owned(),
            one_column: true,
            fields: vec![
                LayoutField::plain("Status".into()),
                LayoutField {
                    required: true,
                    ..LayoutField::plain("Subject".into())
                },
            ],
        }],
        ..standard.clone()
    };
    let short = store.put_layout(&system, &case, short, true).await.unwrap();
    let assignment = LayoutAssignment {
        profile: Some(admins[0].to_owned()),
        record_type: Some(repair.clone()),
        layout: short.clone(),
    };
    let assigned = store.put_layout_assignments(&system, &case, vec![assignment]);
    assigned.await.unwrap();

    let described = get(&house, "sobjects/Case/describe").await;
    let types = described["recordTypeInfos"].as_array().unwrap();
    let facts: Vec<_> = types
        .iter()
        .map(|it| {
            (
                it["name"].as_str().unwrap(),
                &it["available"],
                &it["defaultRecordTypeMapping"],
            )
        })
        .collect();
    let (yes, no) = (json!(true), json!(false));
    assert_eq!(
        facts,
        [
            ("Billing", &no, &no),
            ("Repair", &yes, &yes),
            ("Master", &yes, &no)
        ]
    );
    let layouts = get(&house, "sobjects/Case/describe/layouts").await;
    let ids: Vec<_> = layouts["layouts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["id"])
        .collect();
    assert_eq!(ids, [standard.id.as_str(), short.as_str()]);
    assert_eq!(layouts["recordTypeSelectorRequired"], json!([false]));
    let mapping = &layouts["recordTypeMappings"][1];
    assert_eq!(mapping["layoutId"], short.as_str());
    let lists = mapping["picklistsForRecordType"].as_array().unwrap();
    let status = lists
        .iter()
        .find(|it| it["picklistName"] == "Status")
        .unwrap();
    let values = status["picklistValues"].as_array().unwrap();
    let values: Vec<_> = values
        .iter()
        .map(|it| (&it["value"], &it["defaultValue"]))
        .collect();
    let (working, closed) = (json!("Working"), json!("Closed"));
    assert_eq!(values, [(&working, &yes), (&closed, &no)]);
    let one = get(&house, &format!("sobjects/Case/describe/layouts/{repair}")).await;
    let section = &one["editLayoutSections"][0];
    assert_eq!(
        (&section["columns"], &section["rows"]),
        (&json!(1), &json!(2))
    );
    let item = &section["layoutRows"][1]["layoutItems"][0];
    assert_eq!(
        (&item["label"], &item["required"]),
        (&json!("Subject"), &yes)
    );

    // What the layout requires is asked for by pages, not of API clients.
    let made = house
        .tell(
            &format!("POST {ROOT}/sobjects/Case"),
            &json!({"Origin": "Web"}),
        )
        .await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let case = get(
        &house,
        &format!("sobjects/Case/{id}?fields=RecordTypeId,Status"),
    )
    .await;
    assert_eq!(
        (&case["RecordTypeId"], &case["Status"]),
        (&json!(repair.as_str()), &working)
    );
    let body = json!({"RecordTypeId": other.as_str()});
    let refused = house
        .tell(&format!("POST {ROOT}/sobjects/Case"), &body)
        .await
        .json();
    assert_eq!(refused[0]["errorCode"], "INVALID_CROSS_REFERENCE_KEY");
    let words = format!("Record Type ID: this ID value isn't valid for the user: {other}");
    assert!(
        refused[0]["message"].as_str().unwrap().starts_with(&words),
        "{refused}"
    );
}

#[tokio::test]
async fn list_views_that_were_made_are_described_and_run() {
    let house = House::new().await;
    let (system, account) = (UserContext::system(), "Account".into());
    let view = |name: &str, shown_to| ListView {
        id: RecordId::from_serial("00B", 0),
        developer_name: name.to_owned(),
        label: name.to_owned(),
        scope: ListScope::Everything,
        filters: ["a", "b", "c"]
            .map(|value| ListFilter {
                field: "Name".into(),
                operator: ListOperator::StartsWith,
                value: value.to_owned(),
            })
            .into(),
        logic: Some("(1 OR 2) AND NOT 3".to_owned()),
        columns: vec!["Name".into(), "Phone".into()],
        sort: Some(ListSort {
            field: "Name".into(),
            descending: true,
        }),
        shown_to,
    };
    let store = &house.store;
    let made = store.put_list_view(
        &system,
        &account,
        view("AorB", ListAudience::Everyone),
        true,
    );
    let id = made.await.unwrap();
    let nobody = ListAudience::Only(RecordId::from_serial("005", 999));
    let hidden = store.put_list_view(&system, &account, view("Hidden", nobody), true);
    let hidden = hidden.await.unwrap();
    for name in ["Acme", "Beta", "Cesar"] {
        house.create("Account", &[("Name", name)]).await;
    }
    let views = get(&house, "sobjects/Account/listviews").await;
    let views = views["listviews"].as_array().unwrap();
    let names: Vec<_> = views
        .iter()
        .map(|it| it["developerName"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["All", "Mine", "AorB"]);
    let path = format!("sobjects/Account/listviews/{id}");
    let described = get(&house, &format!("{path}/describe")).await;
    assert_eq!(
        described["query"],
        "SELECT Id, Name, Phone FROM Account WHERE (Name LIKE 'a%' OR Name LIKE 'b%') AND \
         (NOT Name LIKE 'c%') ORDER BY Name DESC NULLS LAST, Id DESC NULLS LAST"
    );
    assert_eq!(described["orderBy"][0]["sortDirection"], "descending");
    assert_eq!(described["whereCondition"]["conjunction"], "and");
    let results = get(&house, &format!("{path}/results")).await;
    let rows = results["records"].as_array().unwrap();
    let names: Vec<_> = rows.iter().map(|row| &row["columns"][0]["value"]).collect();
    assert_eq!(names, ["Beta", "Acme"]);
    let path = format!("GET {ROOT}/sobjects/Account/listviews/{hidden}");
    assert_eq!(house.ask(&path).await.status, 404);
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
