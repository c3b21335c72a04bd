//! What is asked at each door, and what of the world must come: a new door is one more function
//! here.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;

use serde_json::{Value as Json, json};

use super::marks::Marks;
use super::world::{Known, OBJECTS, Person, World};
use crate::house::{Answer, House};

const ROOT: &str = "/services/data/v64.0";
const XML: [(&str, &str); 2] = [("content-type", "text/xml"), ("SOAPAction", "\"\"")];
const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

type Headers<'a> = &'a [(&'a str, &'a str)];
type Answering<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;
type Then = for<'a> fn(&'a House, Headers<'a>, Answer) -> Answering<'a>;

/// One request at a door.
pub(super) struct Ask {
    /// Name of the door, for messages.
    pub(super) door: &'static str,
    /// `GET /services/…`.
    pub(super) request: String,
    pub(super) headers: Vec<(&'static str, &'static str)>,
    /// `{session}` stands for the session.
    pub(super) body: String,
    /// What is asked after the first answer, where a job has to end.
    pub(super) then: Option<Then>,
    /// What of the world the answer must hold.
    pub(super) shows: BTreeSet<String>,
}

impl Ask {
    fn get(door: &'static str, path: &str, shows: BTreeSet<String>) -> Self {
        Self {
            door,
            request: format!("GET {ROOT}{path}"),
            headers: Vec::new(),
            body: String::new(),
            then: None,
            shows,
        }
    }

    fn post(door: &'static str, path: &str, body: &Json, shows: BTreeSet<String>) -> Self {
        Self {
            request: format!("POST {ROOT}{path}"),
            headers: JSON.to_vec(),
            body: body.to_string(),
            ..Self::get(door, path, shows)
        }
    }

    fn soap(operation: &str, door: &'static str, shows: BTreeSet<String>) -> Self {
        let body = format!(
            "<se:Envelope xmlns:se=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             xmlns=\"urn:partner.soap.sforce.com\"><se:Header><SessionHeader>\
             <sessionId>{{session}}</sessionId></SessionHeader></se:Header>\
             <se:Body>{operation}</se:Body></se:Envelope>"
        );
        Self {
            request: "POST /services/Soap/u/64.0".to_owned(),
            headers: XML.to_vec(),
            body,
            ..Self::get(door, "", shows)
        }
    }
}

/// Every request of the matrix, for one person.
pub(super) fn asks(world: &World, marks: &Marks, person: &Person) -> Vec<Ask> {
    let mut asks = Vec::new();
    for object in OBJECTS {
        let all = |fields: Option<&[&str]>| -> BTreeSet<String> {
            let told = world.of_object(object);
            told.flat_map(|known| marks.of_fields(world, person, known, fields))
                .collect()
        };
        let ids: BTreeSet<String> = (world.of_object(object))
            .filter(|known| world.sees(person, known))
            .map(|known| known.id.to_string())
            .collect();
        queries(object, &all(None), &ids, &mut asks);
        lists(world, object, &all(None), &ids, &mut asks);
        bulk(world, person, object, &all(Some(&["OwnerId"])), &mut asks);
        for known in world.of_object(object) {
            let shows = marks.of_fields(world, person, known, None);
            records(known, &shows, &mut asks);
            let shown = world.sees(person, known);
            searches(world, known, shown, &mut asks);
        }
        orders(world, object, &mut asks);
    }
    many_at_once(world, marks, person, &mut asks);
    asks
}

fn queries(object: &str, all: &BTreeSet<String>, ids: &BTreeSet<String>, asks: &mut Vec<Ask>) {
    let soql = format!("SELECT FIELDS(ALL) FROM {object} LIMIT 200");
    let q = encoded(&soql);
    asks.push(Ask::get("query", &format!("/query?q={q}"), all.clone()));
    asks.push(Ask::get(
        "queryAll",
        &format!("/queryAll?q={q}"),
        all.clone(),
    ));
    asks.push(Ask::soap(
        &format!("<query><queryString>{soql}</queryString></query>"),
        "soap query",
        all.clone(),
    ));
    for soql in [
        format!("SELECT COUNT() FROM {object}"),
        format!("SELECT OwnerId, COUNT(Id) n FROM {object} GROUP BY OwnerId"),
        format!("SELECT Id FROM {object} ORDER BY CreatedDate DESC LIMIT 1"),
    ] {
        let path = format!("/query?q={}", encoded(&soql));
        asks.push(Ask::get("count", &path, BTreeSet::new()));
    }
    let explain = format!("/query?explain={q}");
    asks.push(Ask::get("explain", &explain, BTreeSet::new()));
    let tooling = format!("/tooling/query?q={q}");
    asks.push(Ask::get("tooling", &tooling, BTreeSet::new()));
    let updated = "start=2026-01-01T00:00:00Z&end=2036-01-01T00:00:00Z";
    for (door, path) in [("getUpdated", "updated"), ("getDeleted", "deleted")] {
        let shows = if path == "updated" {
            ids.clone()
        } else {
            BTreeSet::new()
        };
        let path = format!("/sobjects/{object}/{path}?{updated}");
        asks.push(Ask::get(door, &path, shows));
    }
}

fn lists(
    world: &World,
    object: &str,
    all: &BTreeSet<String>,
    ids: &BTreeSet<String>,
    asks: &mut Vec<Ask>,
) {
    let none = BTreeSet::new;
    for path in [
        "",
        "/describe",
        "/describe/layouts",
        "/listviews",
        "/quickActions",
    ] {
        let path = format!("/sobjects/{object}{path}");
        asks.push(Ask::get("describe", &path, none()));
    }
    let schema = world.store.schema();
    let views = schema.object(object).unwrap().standard_list_views();
    for view in views {
        let path = format!("/sobjects/{object}/listviews/{}/results", view.id);
        let everything = view.developer_name == "All";
        let shows = if everything { ids.clone() } else { none() };
        asks.push(Ask::get("list view", &path, shows));
    }
    asks.push(Ask::get(
        "count",
        &format!("/limits/recordCount?sObjects={object}"),
        none(),
    ));
    let every: Vec<&str> = world
        .of_object(object)
        .map(|known| known.id.as_str())
        .collect();
    let fields = fields_of(world, object);
    let body = json!({"ids": every, "fields": fields});
    let path = format!("/composite/sobjects/{object}");
    asks.push(Ask::post("collections", &path, &body, none()));
    let readable: Vec<&str> = vec!["Id", "OwnerId"];
    let body = json!({"ids": every, "fields": readable});
    let owners = all.iter().filter(|token| token.starts_with("005"));
    asks.push(Ask::post(
        "collections",
        &path,
        &body,
        owners.cloned().collect(),
    ));
    let list = every.iter().map(|id| format!("<ids>{id}</ids>"));
    let fields = format!(
        "<retrieve><fieldList>{}</fieldList><sObjectType>{object}</sObjectType>{}</retrieve>",
        fields.join(","),
        list.collect::<String>()
    );
    asks.push(Ask::soap(&fields, "soap retrieve", BTreeSet::new()));
}

/// All fields of the object that a query can name.
fn fields_of(world: &World, object: &str) -> Vec<String> {
    let schema = world.store.schema();
    let fields = schema.object(object).unwrap().fields.iter();
    fields
        .filter(|field| field.has_column())
        .map(|field| field.name.as_str().to_owned())
        .collect()
}

fn records(known: &Known, shows: &BTreeSet<String>, asks: &mut Vec<Ask>) {
    let (object, id) = (known.object, &known.id);
    let path = format!("/sobjects/{object}/{id}");
    asks.push(Ask::get("retrieve", &path, shows.clone()));
    for relation in [
        "Account",
        "Contact",
        "Who",
        "What",
        "Parent",
        "Contacts",
        "Opportunities",
        "Cases",
        "Tasks",
        "Events",
        "Owner",
        "Shares",
        "Histories",
    ] {
        let path = format!("{path}/{relation}");
        asks.push(Ask::get("relation", &path, BTreeSet::new()));
    }
    let path = format!("/quickActions/LogACall/defaultValues/{id}");
    asks.push(Ask::get("quick action", &path, BTreeSet::new()));
    let url = format!("v64.0/sobjects/{object}/{id}");
    let body = json!({"batchRequests": [{"method": "GET", "url": url}]});
    asks.push(Ask::post("batch", "/composite/batch", &body, shows.clone()));
    let request = json!({
        "method": "GET", "url": format!("{ROOT}/sobjects/{object}/{id}"), "referenceId": "one",
    });
    let owner = json!({
        "method": "GET", "url": format!("{ROOT}/sobjects/User/@{{one.OwnerId}}"),
        "referenceId": "two",
    });
    let requests = json!([request, owner]);
    let body = json!({"compositeRequest": requests});
    asks.push(Ask::post("composite", "/composite", &body, shows.clone()));
    let body = json!({"graphs": [{"graphId": "g", "compositeRequest": requests}]});
    asks.push(Ask::post("graph", "/composite/graph", &body, shows.clone()));
}

/// Searches for each value that a search may find.
fn searches(world: &World, known: &Known, shown: bool, asks: &mut Vec<Ask>) {
    let object = known.object;
    let schema = world.store.schema();
    let described = schema.object(object).unwrap();
    let name = described.name_field.as_str();
    let mut words = vec![text_of(known, name)];
    words.extend(
        ["Email", "Phone", "MobilePhone", "Description"].map(|field| text_of(known, field)),
    );
    for (place, word) in words.into_iter().flatten().enumerate() {
        let word: String = word.replace(['+', '(', ')', '-'], " ");
        let word = word.trim();
        let finds = shown && place == 0 && !["Task", "Event", "Case"].contains(&object);
        let shows: BTreeSet<String> = finds.then(|| known.id.to_string()).into_iter().collect();
        let sosl = format!("FIND {{{word}}} IN ALL FIELDS RETURNING {object}(Id, OwnerId)");
        let path = format!("/search?q={}", encoded(&sosl));
        asks.push(Ask::get("search", &path, shows.clone()));
        let path = format!("/parameterizedSearch?q={}&sobject={object}", encoded(word));
        asks.push(Ask::get("parameterizedSearch", &path, shows.clone()));
        let body = json!({"q": word, "sobjects": [{"name": object}], "fields": ["Id"]});
        asks.push(Ask::post(
            "parameterizedSearch",
            "/parameterizedSearch",
            &body,
            shows.clone(),
        ));
        let search = format!("<search><searchString>{sosl}</searchString></search>");
        asks.push(Ask::soap(&search, "soap search", shows));
    }
}

fn text_of(known: &Known, field: &str) -> Option<String> {
    known.values.get(field)?.as_text().map(ToOwned::to_owned)
}

/// Filters and orders by every field, also those that the person may not read.
fn orders(world: &World, object: &str, asks: &mut Vec<Ask>) {
    for field in fields_of(world, object) {
        for soql in [
            format!("SELECT Id FROM {object} ORDER BY {field} NULLS LAST, Id LIMIT 1"),
            format!("SELECT Id FROM {object} WHERE {field} != null"),
            format!("SELECT Id FROM Contact WHERE {object}.{field} != null"),
        ] {
            let path = format!("/query?q={}", encoded(&soql));
            asks.push(Ask::get("order", &path, BTreeSet::new()));
        }
    }
}

/// A query as a job of either generation.
fn bulk(
    world: &World,
    person: &Person,
    object: &str,
    owners: &BTreeSet<String>,
    asks: &mut Vec<Ask>,
) {
    let user_reads = |field: &String| world.sees_field(person, object, field);
    let fields: Vec<String> = fields_of(world, object)
        .into_iter()
        .filter(user_reads)
        .collect();
    let fields = match fields.is_empty() {
        true => "Id, OwnerId".to_owned(),
        false => fields.join(", "),
    };
    let soql = format!("SELECT {fields} FROM {object}");
    let body = json!({"operation": "query", "query": soql});
    let mut job = Ask::post("bulk 2.0", "/jobs/query", &body, owners.clone());
    job.then = Some(|house, headers, first| Box::pin(job_results(house, headers, first)));
    asks.push(job);
    let body = json!({"operation": "query", "object": object, "contentType": "JSON"});
    let mut job = Ask::post("bulk 1.0", "", &body, owners.clone());
    job.request = "POST /services/async/59.0/job".to_owned();
    job.then = Some(|house, headers, first| Box::pin(batch_results(house, headers, first)));
    asks.push(job);
}

async fn job_results(house: &House, headers: Headers<'_>, first: Answer) -> Answer {
    let json: Json = serde_json::from_str(&first.text).unwrap();
    let Some(id) = json["id"].as_str() else {
        return first;
    };
    let address = format!("GET {ROOT}/jobs/query/{id}");
    wait(house, headers, &address, &["JobComplete", "Failed"]).await;
    house.send(&format!("{address}/results"), headers, "").await
}

async fn batch_results(house: &House, headers: Headers<'_>, first: Answer) -> Answer {
    let job = first.json();
    let (Some(id), Some(object)) = (job["id"].as_str(), job["object"].as_str()) else {
        return first;
    };
    let soql = format!("SELECT Id, OwnerId FROM {object}");
    let batches = format!("/services/async/59.0/job/{id}/batch");
    let batch = house.send(&format!("POST {batches}"), headers, soql).await;
    let address = match batch.json()["id"].as_str() {
        Some(batch) => format!("GET {batches}/{batch}"),
        None => return batch,
    };
    wait(house, headers, &address, &["Completed", "Failed"]).await;
    let results = house.send(&format!("{address}/result"), headers, "").await;
    match results.json()[0].as_str() {
        Some(result) => {
            house
                .send(&format!("{address}/result/{result}"), headers, "")
                .await
        }
        None => results,
    }
}

async fn wait(house: &House, headers: Headers<'_>, address: &str, ends: &[&str]) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    loop {
        let job = house.send(address, headers, "").await;
        let json: Json = serde_json::from_str(&job.text).unwrap_or(Json::Null);
        if json["state"]
            .as_str()
            .is_none_or(|state| ends.contains(&state))
        {
            return;
        }
        assert!(std::time::Instant::now() < deadline, "{}", job.text);
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

/// What is of no object alone.
fn many_at_once(world: &World, marks: &Marks, person: &Person, asks: &mut Vec<Ask>) {
    for path in [
        "/recent?limit=200",
        "/limits/recordCount",
        "/sobjects",
        "/tabs",
    ] {
        asks.push(Ask::get("recent", path, BTreeSet::new()));
    }
    let children = "SELECT Id, Name, Owner.Name, (SELECT Id, LastName, Email FROM Contacts), \
                    (SELECT Id, Name FROM Opportunities) FROM Account";
    let path = format!("/query?q={}", encoded(children));
    let reads = ["Account", "Contact", "Opportunity"];
    let reads = reads
        .iter()
        .all(|object| world.reads_object(person, object));
    let shows = world.of_object("Account").filter(|_| reads);
    let shows = shows.flat_map(|known| marks.of_fields(world, person, known, Some(&["Name"])));
    asks.push(Ask::get("children", &path, shows.collect()));
    let parents = "SELECT Id, Account.Name, Account.Phone, Contact.Email, Contact.Account.Name, \
                   TYPEOF Owner WHEN User THEN Name END FROM Case";
    asks.push(Ask::get(
        "parents",
        &format!("/query?q={}", encoded(parents)),
        BTreeSet::new(),
    ));
    let activities = "SELECT Id, Who.Name, What.Name, Account.Name FROM Task";
    let path = format!("/query?q={}", encoded(activities));
    asks.push(Ask::get("parents", &path, BTreeSet::new()));
}

pub(super) fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
