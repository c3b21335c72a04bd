//! Bodies in XML, where the platform takes them.

use serde_json::json;

use crate::house::{Answer, House};

const ROOT: &str = "/services/data/v64.0";
const XML: [(&str, &str); 1] = [("content-type", "application/xml; charset=UTF-8")];

async fn send(house: &House, request: &str, body: &str) -> Answer {
    let (method, path) = request.split_once(' ').unwrap();
    house
        .send(&format!("{method} {ROOT}/{path}"), &XML, body.to_owned())
        .await
}

#[tokio::test]
async fn a_record_is_created_changed_and_upserted_in_xml() {
    let house = House::new().await;
    let made = send(
        &house,
        "POST sobjects/Account",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Account><Name>A &amp; B</Name>\
         <NumberOfEmployees>12</NumberOfEmployees><Phone>1</Phone></Account>",
    )
    .await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let account = format!("sobjects/Account/{id}");
    let emptied = "<sObject xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
                   <Phone xsi:nil=\"true\"/></sObject>";
    let changed = send(&house, &format!("PATCH {account}"), emptied).await;
    assert_eq!(changed.status, 204, "{}", changed.text);
    let read = format!("GET {ROOT}/{account}?fields=Name,Phone,NumberOfEmployees");
    let found = house.ask(&read).await.json();
    assert_eq!(found["Name"], "A & B");
    assert_eq!(
        (&found["Phone"], &found["NumberOfEmployees"]),
        (&json!(null), &json!(12))
    );
    let key = "PATCH sobjects/Task/Offhook_Call_Key__c/c1:r1";
    let task = "<Task><Subject>Call</Subject></Task>";
    assert_eq!(send(&house, key, task).await.status, 201);
    assert_eq!(send(&house, key, task).await.status, 200);
    let both = [XML[0], ("accept", "application/xml")];
    let answer = house
        .send(
            &format!("POST {ROOT}/sobjects/Account"),
            &both,
            "<Account><Name/></Account>",
        )
        .await;
    assert_eq!(answer.status, 400);
    let code = "<errorCode>REQUIRED_FIELD_MISSING</errorCode>";
    assert!(answer.text.contains(code), "{}", answer.text);
}

#[tokio::test]
async fn trees_batches_and_jobs_come_in_xml() {
    let house = House::new().await;
    let tree = "<SObjectTreeRequest><records type=\"Account\" referenceId=\"a\"><Name>A</Name>\
         <Contacts><records type=\"Contact\" referenceId=\"c\"><LastName>C</LastName></records>\
         </Contacts></records></SObjectTreeRequest>";
    let made = send(&house, "POST composite/tree/Account", tree).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let account = made.json()["results"][0]["id"].as_str().unwrap().to_owned();
    let batch = format!(
        "<batch><haltOnError>true</haltOnError><batchRequests><batchRequest><method>Patch</method>\
         <url>v64.0/sobjects/Account/{account}</url><richInput><Account><Name>B</Name></Account>\
         </richInput></batchRequest><batchRequest><method>Get</method>\
         <url>v64.0/sobjects/Account/{account}?fields=Name</url></batchRequest></batchRequests>\
         </batch>"
    );
    let done = send(&house, "POST composite/batch", &batch).await.json();
    assert_eq!(done["results"][0]["statusCode"], 204, "{done}");
    assert_eq!(done["results"][1]["result"]["Name"], "B");
    let job = "<jobInfo xmlns=\"http://www.force.com/2009/06/asyncapi/dataload\">\
               <object>Lead</object><operation>insert</operation></jobInfo>";
    let job = send(&house, "POST jobs/ingest", job).await;
    assert_eq!(
        (job.status.as_u16(), &job.json()["object"]),
        (200, &json!("Lead"))
    );
}

#[tokio::test]
async fn xml_that_cannot_be_read_or_is_of_another_object_is_refused() {
    let house = House::new().await;
    for (body, code) in [
        ("<Account><Name>", "XML_PARSER_ERROR"),
        ("{\"Name\": \"A\"}", "XML_PARSER_ERROR"),
        (
            "<!DOCTYPE a [<!ENTITY x 'y'>]><Account><Name>&x;</Name></Account>",
            "XML_PARSER_ERROR",
        ),
        ("<Contact><Name>A</Name></Contact>", "INVALID_TYPE"),
        ("<Account><Nonsense>A</Nonsense></Account>", "INVALID_FIELD"),
        (
            "<Account><Name>A</Name><Name>B</Name></Account>",
            "JSON_PARSER_ERROR",
        ),
        ("", "JSON_PARSER_ERROR"),
    ] {
        let answer = send(&house, "POST sobjects/Account", body).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.text);
        assert_eq!(
            answer.json()[0]["errorCode"],
            code,
            "{body}: {}",
            answer.text
        );
    }
}
