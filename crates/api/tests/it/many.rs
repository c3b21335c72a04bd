//! Many records in one request: collections, composites, batches, trees, graphs.

use serde_json::{Value as Json, json};

use crate::house::House;

async fn count(house: &House, object: &str) -> Json {
    let query = format!("GET /services/data/v64.0/query?q=SELECT+count()+FROM+{object}");
    house.ask(&query).await.json()["totalSize"].clone()
}

#[tokio::test]
async fn a_collection_answers_for_each_record_in_order() {
    let house = House::new().await;
    let url = "/services/data/v64.0/composite/sobjects";
    let records = json!([
        {"attributes": {"type": "Account"}, "Name": "One"},
        {"attributes": {"type": "Account"}},
        {"attributes": {"type": "Nothing"}, "Name": "x"},
        {"attributes": {"type": "Contact"}, "LastName": "Four"},
        {"Name": "untyped"},
        "no record",
    ]);
    let answer = house
        .tell(&format!("POST {url}"), &json!({"records": records}))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let rows = answer.json();
    let codes: Vec<&str> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["errors"][0]["statusCode"].as_str().unwrap_or("saved"))
        .collect();
    assert_eq!(
        codes,
        [
            "saved",
            "REQUIRED_FIELD_MISSING",
            "INVALID_TYPE",
            "saved",
            "INVALID_TYPE",
            "JSON_PARSER_ERROR"
        ]
    );
    assert_eq!(rows[1]["errors"][0]["fields"], json!(["Name"]));
    assert_eq!(rows[1]["success"], false);
    assert!(rows[1].get("id").is_none());

    let body = json!({"allOrNone": true, "records": records});
    let rows = house.tell(&format!("POST {url}"), &body).await.json();
    let rolled_back = "ALL_OR_NONE_OPERATION_ROLLED_BACK";
    assert_eq!(rows[0]["errors"][0]["statusCode"], rolled_back);
    assert_eq!(rows[3]["errors"][0]["statusCode"], rolled_back);
    assert_eq!(count(&house, "Account").await, 1);
}

#[tokio::test]
async fn collections_update_delete_and_read() {
    let house = House::new().await;
    let one = house.create("Account", &[("Name", "One")]).await;
    let two = house.create("Account", &[("Name", "Two")]).await;
    let url = "/services/data/v64.0/composite/sobjects";
    let records = json!([
        {"id": one, "attributes": {"type": "Account"}, "Phone": "555"},
        {"Id": two, "Name": null},
        {"id": one, "Phone": "556"},
        {"id": "garbage"},
        {"Phone": "557"},
    ]);
    let rows = house
        .tell(&format!("PATCH {url}"), &json!({"records": records}))
        .await
        .json();
    assert_eq!(rows[0], json!({"id": one, "success": true, "errors": []}));
    for (place, code) in [
        (1, "REQUIRED_FIELD_MISSING"),
        (2, "DUPLICATE_VALUE"),
        (3, "MALFORMED_ID"),
        (4, "MISSING_ARGUMENT"),
    ] {
        assert_eq!(rows[place]["errors"][0]["statusCode"], code, "{rows}");
    }
    let ids = [two.as_str(), "001000000000404AAA", one.as_str(), "x"];
    let body = json!({"ids": ids, "fields": ["Id", "Name", "phone"]});
    let read = house
        .tell(&format!("POST {url}/Account"), &body)
        .await
        .json();
    assert_eq!(read[0]["Name"], "Two");
    assert_eq!((&read[1], &read[3]), (&Json::Null, &Json::Null));
    assert_eq!(read[2]["Phone"], "555");
    let by_get = format!("GET {url}/Account?ids={one},{two}&fields=Name");
    assert_eq!(house.ask(&by_get).await.json()[1]["Name"], "Two");

    let delete = format!("DELETE {url}?ids={one},001000000000404AAA&allOrNone=true");
    let rows = house.ask(&delete).await.json();
    assert_eq!(rows[0]["success"], false);
    assert_eq!(count(&house, "Account").await, 2);
    let rows = house
        .ask(&format!("DELETE {url}?ids={one},{two}"))
        .await
        .json();
    assert_eq!(rows[1], json!({"id": two, "success": true, "errors": []}));
    assert_eq!(count(&house, "Account").await, 0);
}

#[tokio::test]
async fn too_many_records_are_refused_as_a_whole() {
    let house = House::new().await;
    let record = json!({"attributes": {"type": "Account"}, "Name": "x"});
    let records = vec![record; 201];
    let url = "POST /services/data/v64.0/composite/sobjects";
    let answer = house.tell(url, &json!({"records": records})).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()[0]["errorCode"], "EXCEEDED_ID_LIMIT");
    for body in [
        json!({}),
        json!({"records": {}}),
        json!({"records": [], "allOrNone": "yes"}),
    ] {
        assert_eq!(house.tell(url, &body).await.status, 400, "{body}");
    }
}

fn part(method: &str, url: &str, reference_id: &str, body: Json) -> Json {
    let url = format!("/services/data/v64.0/{url}");
    json!({"method": method, "url": url, "referenceId": reference_id, "body": body})
}

#[tokio::test]
async fn parts_of_a_composite_use_the_answers_before_them() {
    let house = House::new().await;
    let parts = json!([
        part("POST", "sobjects/Account", "acc", json!({"Name": "Acme"})),
        part(
            "POST",
            "sobjects/Contact",
            "con",
            json!({"LastName": "Doe", "AccountId": "@{acc.id}"})
        ),
        part(
            "GET",
            "sobjects/Contact/@{con.id}?fields=AccountId",
            "read",
            json!(null)
        ),
        part(
            "GET",
            "query?q=SELECT+Id+FROM+Account+WHERE+Id='@{read.AccountId}'",
            "found",
            json!(null)
        ),
        part(
            "PATCH",
            "sobjects/Account/@{found.records[0].Id}",
            "late",
            json!({"Name": "@{acc.id}!"})
        ),
        part("POST", "sobjects/Contact", "bad", json!({"Nonsense": 1})),
        part(
            "POST",
            "sobjects/Contact",
            "rests",
            json!({"LastName": "@{bad.id}"})
        ),
    ]);
    let url = "POST /services/data/v64.0/composite";
    let answer = house.tell(url, &json!({"compositeRequest": parts})).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let rows = answer.json()["compositeResponse"].clone();
    let statuses: Vec<u64> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["httpStatusCode"].as_u64().unwrap())
        .collect();
    assert_eq!(statuses, [201, 201, 200, 200, 204, 400, 400], "{rows}");
    assert!(rows[0]["httpHeaders"]["Location"].is_string());
    assert_eq!(rows[4]["body"], Json::Null);
    assert_eq!(rows[6]["body"][0]["errorCode"], "PROCESSING_HALTED");
    assert_eq!(rows[2]["body"]["AccountId"], rows[0]["body"]["id"]);
}

#[tokio::test]
async fn a_composite_of_all_or_none_leaves_nothing_behind_when_a_part_fails() {
    let house = House::new().await;
    let good = part("POST", "sobjects/Account", "acc", json!({"Name": "Acme"}));
    let child = part(
        "POST",
        "sobjects/Contact",
        "con",
        json!({"LastName": "Doe", "AccountId": "@{acc.id}"}),
    );
    let bad = part("POST", "sobjects/Contact", "bad", json!({"Nonsense": 1}));
    let url = "POST /services/data/v64.0/composite";
    let body = json!({"allOrNone": true, "compositeRequest": [good, child, bad, part("GET", "limits", "l", json!(null))]});
    let rows = house.tell(url, &body).await.json()["compositeResponse"].clone();
    for place in [0, 1, 3] {
        assert_eq!(
            rows[place]["body"][0]["errorCode"], "PROCESSING_HALTED",
            "{rows}"
        );
    }
    assert_eq!(rows[2]["body"][0]["errorCode"], "INVALID_FIELD");
    assert_eq!(count(&house, "Account").await, 0);
    let sees = part(
        "GET",
        "sobjects/Account/@{acc.id}?fields=Name",
        "sees",
        json!(null),
    );
    let body = json!({"allOrNone": true, "compositeRequest": [good, child, sees]});
    let rows = house.tell(url, &body).await.json()["compositeResponse"].clone();
    assert_eq!(rows[1]["httpStatusCode"], 201, "{rows}");
    assert_eq!(
        rows[2]["body"]["Name"], "Acme",
        "a part sees what others wrote: {rows}"
    );
    assert_eq!(count(&house, "Contact").await, 1);
}

#[tokio::test]
async fn composites_have_limits_and_do_not_nest() {
    let house = House::new().await;
    let url = "POST /services/data/v64.0/composite";
    let many: Vec<Json> = (0..26)
        .map(|n| part("GET", "limits", &format!("r{n}"), json!(null)))
        .collect();
    let queries: Vec<Json> = (0..6)
        .map(|n| {
            part(
                "GET",
                "query?q=SELECT+Id+FROM+Task",
                &format!("r{n}"),
                json!(null),
            )
        })
        .collect();
    for parts in [
        json!(many),
        json!(queries),
        json!([part("GET", "limits", "a b", json!(null))]),
        json!([
            part("GET", "limits", "a", json!(null)),
            part("GET", "limits", "a", json!(null))
        ]),
        json!([{"method": "GET", "referenceId": "a"}]),
        json!([part("TRACE", "limits", "a", json!(null))]),
        json!("none"),
    ] {
        let answer = house.tell(url, &json!({"compositeRequest": parts})).await;
        assert_eq!(answer.status, 400, "{parts}");
    }
    let nested = json!([
        part("POST", "composite", "a", json!({"compositeRequest": []})),
        part("POST", "composite/batch", "b", json!({"batchRequests": []})),
        json!({"method": "GET", "url": "/lightning/page/home", "referenceId": "c"}),
    ]);
    let rows = house
        .tell(url, &json!({"compositeRequest": nested}))
        .await
        .json();
    for place in 0..3 {
        let row = &rows["compositeResponse"][place];
        assert_eq!(row["body"][0]["errorCode"], "INVALID_INPUT", "{row}");
    }
}

#[tokio::test]
async fn a_batch_runs_on_or_halts() {
    let house = House::new().await;
    let url = "POST /services/data/v64.0/composite/batch";
    let requests = json!([
        {"method": "GET", "url": "v64.0/limits"},
        {"method": "GET", "url": "v64.0/sobjects/Nothing"},
        {"method": "POST", "url": "v64.0/sobjects/Account", "richInput": {"Name": "Acme"}},
    ]);
    let answer = house
        .tell(url, &json!({"batchRequests": requests}))
        .await
        .json();
    assert_eq!(answer["hasErrors"], true);
    assert_eq!(answer["results"][1]["statusCode"], 404);
    assert_eq!(answer["results"][2]["statusCode"], 201, "{answer}");
    let body = json!({"haltOnError": true, "batchRequests": requests});
    let answer = house.tell(url, &body).await.json();
    assert_eq!(answer["results"][2]["statusCode"], 412);
    assert_eq!(
        answer["results"][2]["result"][0]["errorCode"],
        "BATCH_PROCESSING_HALTED"
    );
}

#[tokio::test]
async fn a_tree_is_written_as_a_whole_or_not_at_all() {
    let house = House::new().await;
    let url = "POST /services/data/v64.0/composite/tree/Account";
    let contact = |id: &str, name: Json| {
        json!({
            "attributes": {"type": "Contact", "referenceId": id}, "LastName": name
        })
    };
    let tree = |name: Json| {
        json!({"records": [
            {"attributes": {"type": "Account", "referenceId": "a1"}, "name": "One",
             "Contacts": {"records": [contact("c1", json!("Doe")), contact("c2", name)]}},
            {"attributes": {"type": "Account", "referenceId": "a2"}, "Name": "Two"},
        ]})
    };
    let answer = house.tell(url, &tree(json!("Roe"))).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let results = answer.json()["results"].clone();
    let references: Vec<&str> = results
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["referenceId"].as_str().unwrap())
        .collect();
    assert_eq!(references, ["a1", "a2", "c1", "c2"]);
    let account = results[0]["id"].as_str().unwrap();
    let children = format!("GET /services/data/v64.0/sobjects/Account/{account}/Contacts");
    assert_eq!(house.ask(&children).await.json()["totalSize"], 2);

    let refused = house.tell(url, &tree(json!(null))).await;
    assert_eq!(refused.status, 400);
    let body = refused.json();
    assert_eq!(body["hasErrors"], true);
    assert_eq!(body["results"][0]["referenceId"], "c2", "{body}");
    assert_eq!(
        body["results"][0]["errors"][0]["statusCode"],
        "REQUIRED_FIELD_MISSING"
    );
    assert_eq!(count(&house, "Account").await, 2);
    let twice = json!({"records": [
        {"attributes": {"type": "Account", "referenceId": "a"}, "Name": "x"},
        {"attributes": {"type": "Account", "referenceId": "a"}, "Name": "y"},
    ]});
    assert_eq!(house.tell(url, &twice).await.status, 400);
}

#[tokio::test]
async fn each_graph_stands_for_itself() {
    let house = House::new().await;
    let good = part("POST", "sobjects/Account", "acc", json!({"Name": "Acme"}));
    let bad = part("POST", "sobjects/Account", "bad", json!({}));
    let body = json!({"graphs": [
        {"graphId": "one", "compositeRequest": [good]},
        {"graphId": "two", "compositeRequest": [good, bad]},
    ]});
    let url = "POST /services/data/v64.0/composite/graph";
    let answer = house.tell(url, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let graphs = answer.json()["graphs"].clone();
    assert_eq!(graphs[0]["isSuccessful"], true);
    assert_eq!(graphs[1]["isSuccessful"], false);
    let rows = &graphs[1]["graphResponse"]["compositeResponse"];
    assert_eq!(rows[0]["body"][0]["errorCode"], "PROCESSING_HALTED");
    assert_eq!(count(&house, "Account").await, 1);
}
