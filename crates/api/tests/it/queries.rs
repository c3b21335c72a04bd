//! Queries, searches and what is told of columns.

use serde_json::json;

use crate::house::House;

const ROOT: &str = "/services/data/v64.0";

fn query(soql: &str) -> String {
    format!(
        "GET {ROOT}/query?q={}",
        soql.replace(' ', "+").replace('%', "%25")
    )
}

#[tokio::test]
async fn a_query_shows_parents_children_and_pages() {
    let house = House::new().await;
    let account = house.create("Account", &[("Name", "Acme")]).await;
    let contact = [("LastName", "Doe"), ("AccountId", account.as_str())];
    house.create("Contact", &contact).await;
    let page = house
        .ask(&query(
            "SELECT Name, (SELECT LastName FROM Contacts), Owner.Name FROM Account",
        ))
        .await
        .json();
    assert_eq!(
        (&page["totalSize"], &page["done"]),
        (&json!(1), &json!(true))
    );
    let row = &page["records"][0];
    let url = format!("{ROOT}/sobjects/Account/{account}");
    assert_eq!(row["attributes"], json!({"type": "Account", "url": url}));
    assert_eq!(row["Owner"], json!(null));
    assert_eq!(row["Contacts"]["records"][0]["LastName"], "Doe");
    assert!(row.get("Id").is_none(), "what is not selected is not shown");
}

#[tokio::test]
async fn the_next_pages_come_by_their_locator() {
    let house = House::new().await;
    let cast = house.cast().await;
    let more = house
        .ask(&format!("GET {ROOT}/query/{}", cast.fill("{locator}")))
        .await;
    assert_eq!(more.status, 200, "{}", more.text);
    assert_eq!(more.json()["done"], true);
    let lost = house
        .ask(&format!("GET {ROOT}/query/01g000000000404AAA-2000"))
        .await;
    assert_eq!(lost.status, 400);
    assert_eq!(lost.json()[0]["errorCode"], "INVALID_QUERY_LOCATOR");
}

#[tokio::test]
async fn mistakes_in_a_query_are_shown_with_a_caret() {
    let house = House::new().await;
    let answer = house.ask(&query("SELECT BADFIELD FROM Task")).await;
    assert_eq!(answer.status, 400);
    let error = &answer.json()[0];
    assert_eq!(error["errorCode"], "INVALID_FIELD");
    let message = error["message"].as_str().unwrap();
    let words = "\nSELECT BADFIELD FROM Task\n       ^\nERROR at Row:1:Column:8\nNo such column \
                 'BADFIELD' on entity 'Task'.";
    assert!(message.starts_with(words), "{message}");
    for (soql, code) in [
        ("", "MALFORMED_QUERY"),
        ("SELECT", "MALFORMED_QUERY"),
        ("SELECT Id FROM ScratchOrgInfo limit 1", "INVALID_TYPE"),
    ] {
        assert_eq!(
            house.ask(&query(soql)).await.json()[0]["errorCode"],
            code,
            "{soql}"
        );
    }
}

#[tokio::test]
async fn columns_are_told_for_tables() {
    let house = House::new().await;
    let soql = "SELECT Id, Name, Owner.Name, (SELECT LastName FROM Contacts) FROM Account";
    let answer = house.ask(&format!("{}&columns=true", query(soql))).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let columns = answer.json()["columnMetadata"].clone();
    let names: Vec<&str> = columns
        .as_array()
        .unwrap()
        .iter()
        .map(|column| column["columnName"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Id", "Name", "Owner", "Contacts"]);
    assert_eq!(columns[2]["joinColumns"][0]["columnName"], "Name");
    assert_eq!(columns[2]["aggregate"], false);
    assert_eq!(columns[3]["aggregate"], true);
    let soql = "SELECT COUNT(Id), MAX(Name) top FROM Account";
    let answer = house.ask(&format!("{}&columns=true", query(soql))).await;
    let columns = answer.json()["columnMetadata"].clone();
    assert_eq!(columns[0]["columnName"], "expr0");
    assert_eq!(columns[0]["aggregate"], true);
    assert_eq!(columns[1]["columnName"], "top");
}

#[tokio::test]
async fn searches_by_number_find_the_caller() {
    let house = House::new().await;
    let contact = house
        .create(
            "Contact",
            &[("LastName", "Doe"), ("Phone", "(415) 555-2671")],
        )
        .await;
    let sosl = "FIND+%7B4155552671%7D+IN+PHONE+FIELDS+RETURNING+Contact(Id,Name),Lead(Id)";
    let found = house.ask(&format!("GET {ROOT}/search?q={sosl}")).await;
    assert_eq!(
        found.json()["searchRecords"][0]["Id"],
        contact.as_str(),
        "{}",
        found.text
    );
    let old = house
        .ask(&format!("GET /services/data/v36.0/search?q={sosl}"))
        .await;
    assert_eq!(old.json()[0]["Name"], "Doe");
    let body = json!({"q": "4155552671", "in": "PHONE", "sobjects": [{"name": "Contact"}]});
    let found = house
        .tell(&format!("POST {ROOT}/parameterizedSearch"), &body)
        .await;
    assert_eq!(
        found.json()["searchRecords"][0]["Id"],
        contact.as_str(),
        "{}",
        found.text
    );
}

#[tokio::test]
async fn answers_come_as_xml_for_who_takes_nothing_else() {
    let house = House::new().await;
    house.create("Account", &[("Name", "A & B")]).await;
    let headers = [("accept", "application/xml")];
    let answer = house
        .send(&query("SELECT Name FROM Account"), &headers, "")
        .await;
    assert_eq!(
        answer.header("content-type"),
        "application/xml;charset=UTF-8"
    );
    assert!(
        answer
            .text
            .contains("<QueryResult><totalSize>1</totalSize>"),
        "{}",
        answer.text
    );
    assert!(answer.text.contains("<Name>A &amp; B</Name>"));
    let error = house.send(&query("SELECT"), &headers, "").await;
    assert!(
        error
            .text
            .contains("<errorCode>MALFORMED_QUERY</errorCode>")
    );
}

#[tokio::test]
async fn descriptions_are_sent_once() {
    let house = House::new().await;
    for path in ["sobjects", "sobjects/Task/describe"] {
        let request = format!("GET {ROOT}/{path}");
        let first = house.ask(&request).await;
        assert_eq!(first.status, 200);
        let since = [("if-modified-since", first.header("last-modified"))];
        assert_eq!(house.send(&request, &since, "").await.status, 304, "{path}");
        let tag = [("if-none-match", first.header("etag"))];
        assert_eq!(house.send(&request, &tag, "").await.status, 304, "{path}");
    }
}

#[tokio::test]
async fn a_revoked_field_is_gone_from_the_next_description_and_the_next_query() {
    let house = House::new().await;
    let token = house.session_of("agent@example.com", "Service Agent").await;
    let agent = format!("Bearer {token}");
    let headers = [("authorization", agent.as_str())];
    let describe = format!("GET {ROOT}/sobjects/Case/describe");
    let query = format!("GET {ROOT}/query?q=SELECT+Description+FROM+Case");
    let tag = house.send(&describe, &headers, "").await;
    assert!(tag.text.contains("\"Description\""));
    assert_eq!(house.send(&query, &headers, "").await.status, 200);

    let rights = "SELECT+Id+FROM+FieldPermissions+WHERE+Field='Case.Description'";
    let rights = house
        .ask(&format!("GET {ROOT}/query?q={rights}"))
        .await
        .json();
    for row in rights["records"].as_array().unwrap() {
        let row = row["Id"].as_str().unwrap();
        let gone = format!("DELETE {ROOT}/sobjects/FieldPermissions/{row}");
        assert_eq!(house.ask(&gone).await.status, 204);
    }

    let had = [headers[0], ("if-none-match", tag.header("etag"))];
    let described = house.send(&describe, &had, "").await;
    assert_eq!(described.status, 200);
    assert!(!described.text.contains("\"Description\""));
    let refused = house.send(&query, &headers, "").await;
    assert_eq!(refused.json()[0]["errorCode"], "INVALID_FIELD");
}

#[tokio::test]
async fn a_kept_description_is_the_same_within_a_batch_and_as_it_was_asked_for() {
    let house = House::new().await;
    let path = format!("{ROOT}/sobjects/Task/describe");
    let plain = house.ask(&format!("GET {path}")).await;
    assert_eq!(
        plain.header("content-type"),
        "application/json;charset=UTF-8"
    );
    let pretty = [("x-prettyprint", "1")];
    let pretty = house.send(&format!("GET {path}"), &pretty, "").await;
    assert!(pretty.text.contains('\n'));
    assert_eq!(pretty.json(), plain.json());
    let parts = json!({"batchRequests": [
        {"method": "GET", "url": "v64.0/sobjects/Task/describe"}
    ]});
    let batch = house
        .tell(&format!("POST {ROOT}/composite/batch"), &parts)
        .await;
    assert_eq!(batch.json()["results"][0]["result"], plain.json());
}
