//! What is asked of the console: each page, and each method of Open CTI.

use std::collections::BTreeSet;

use offhook_org::RecordId;
use serde_json::{Value as Json, json};

use super::marks::Marks;
use super::world::{Known, OBJECTS, Person, World};

/// Objects whose records have pages and lists of others beside them.
const RELATED: [&str; 6] = [
    "Contact",
    "Opportunity",
    "Case",
    "Task",
    "Event",
    "CampaignMember",
];

/// One request.
pub(super) struct Ask {
    /// Name of the door, for messages.
    pub(super) door: &'static str,
    pub(super) path: String,
    /// A form or JSON that is sent; without, the page is read. `{csrf}` stands for the token.
    pub(super) body: String,
    /// What of the world the answer must hold.
    pub(super) shows: BTreeSet<String>,
}

impl Ask {
    fn page(door: &'static str, path: impl Into<String>, shows: BTreeSet<String>) -> Self {
        Self {
            door,
            path: path.into(),
            body: String::new(),
            shows,
        }
    }

    fn method(method: &'static str, args: &Json, shows: BTreeSet<String>) -> Self {
        Self {
            door: method,
            path: "/host/call".to_owned(),
            body: json!({"method": method, "args": args, "apiVersion": 66}).to_string(),
            shows,
        }
    }

    fn form(door: &'static str, path: String, body: &str) -> Self {
        Self {
            door,
            path,
            body: format!("_csrf={{csrf}}{body}"),
            shows: BTreeSet::new(),
        }
    }
}

/// Every request of the matrix, for one person.
pub(super) fn asks(world: &World, marks: &Marks, person: &Person) -> Vec<Ask> {
    let none = BTreeSet::new;
    let mut asks = Vec::new();
    for path in ["/lightning/page/home", "/lightning/recycle-bin"] {
        asks.push(Ask::page("home", path, none()));
    }
    for object in OBJECTS {
        lists(world, marks, person, object, &mut asks);
        for known in world.of_object(object) {
            pages(world, marks, person, known, &mut asks);
            searches(world, person, known, &mut asks);
        }
        asks.push(Ask::page(
            "new",
            format!("/lightning/o/{object}/new"),
            none(),
        ));
        let path = format!("/lightning/setup/rows/{object}");
        asks.push(Ask::page("setup", path, none()));
    }
    asks.push(Ask::method("getSoftphoneLayout", &Json::Null, none()));
    asks.push(Ask::method("getCallCenterSettings", &Json::Null, none()));
    asks
}

fn lists(world: &World, marks: &Marks, person: &Person, object: &str, asks: &mut Vec<Ask>) {
    let schema = world.store.schema();
    let described = schema.object(object).unwrap();
    let path = format!("/lightning/o/{object}/list");
    let ids = world
        .of_object(object)
        .filter(|known| world.sees(person, known));
    let ids: BTreeSet<String> = ids.map(|known| known.id.to_string()).collect();
    let ids = if described.has_tab {
        ids
    } else {
        BTreeSet::new()
    };
    asks.push(Ask::page("list", format!("{path}?filterName=all"), ids));
    for view in ["mine", "open", "due", "recent"] {
        asks.push(Ask::page(
            "list",
            format!("{path}?filterName={view}"),
            BTreeSet::new(),
        ));
    }
    let hidden = described
        .fields
        .iter()
        .enumerate()
        .filter(|(place, field)| {
            let name = field.name.as_str();
            field.has_column() && (place % 8 == 0 || !world.sees_field(person, object, name))
        });
    for (_, field) in hidden.take(12) {
        let path = format!("{path}?filterName=all&dir=desc&sort={}", field.name);
        asks.push(Ask::page("sorted list", path, BTreeSet::new()));
    }
    for known in world.of_object(object) {
        let name = known.values.get(described.name_field.as_str());
        if let Some(word) = name.and_then(|value| value.as_text()) {
            let path = format!("{path}?filterName=all&q={}", word.replace(' ', "+"));
            let shows = marks.of_fields(world, person, known, Some(&[]));
            asks.push(Ask::page("filtered list", path, shows));
        }
    }
}

fn pages(world: &World, marks: &Marks, person: &Person, known: &Known, asks: &mut Vec<Ask>) {
    let none = BTreeSet::new;
    let path = format!("/lightning/r/{}/{}", known.object, known.id);
    let fields = ["Name", "LastName", "Subject", "Description"];
    let shows = marks.of_fields(world, person, known, Some(&fields));
    asks.push(Ask::page("record", format!("{path}/view"), shows));
    asks.push(Ask::page("edit", format!("{path}/edit"), none()));
    asks.push(Ask::page("delete", format!("{path}/delete"), none()));
    asks.push(Ask::page(
        "record by id",
        format!("/lightning/r/{}/view", known.id),
        none(),
    ));
    for other in RELATED.into_iter().filter(|_| known.number < 2) {
        let path = format!("{path}/related/{other}/view");
        asks.push(Ask::page("related", path, none()));
    }
    let pop = json!({"type": "sobject", "params": {"recordId": known.id.as_str()}});
    asks.push(Ask::method("screenPop", &pop, none()));
    for field in ["AccountId", "ContactId", "OwnerId"] {
        let path = format!(
            "/lightning/o/Case/new?defaultFieldValues={field}%3D{}",
            known.id
        );
        asks.push(Ask::page("new with a lookup", path, none()));
    }
}

fn searches(world: &World, person: &Person, known: &Known, asks: &mut Vec<Ask>) {
    let schema = world.store.schema();
    let object = schema.object(known.object).unwrap();
    let text = |field: &str| known.values.get(field).and_then(|value| value.as_text());
    let found = world.sees(person, known) && object.has_tab;
    for field in [
        object.name_field.as_str(),
        "Email",
        "Phone",
        "MobilePhone",
        "Description",
    ] {
        let Some(word) = text(field) else { continue };
        let finds = found
            && field == object.name_field.as_str()
            && !["Task", "Event", "Case", "Campaign"].contains(&known.object);
        let shows: BTreeSet<String> = finds.then(|| known.id.to_string()).into_iter().collect();
        let encoded = word.replace('+', "%2B").replace(' ', "+");
        asks.push(Ask::page(
            "search",
            format!("/lightning/search?q={encoded}"),
            shows,
        ));
        let deferred = known.number == 1;
        let args = json!({"searchParams": word, "callType": "inbound", "deferred": deferred});
        let pops = finds_by_phone(world, person, known, field);
        let shows = pops.then(|| known.id.to_string()).into_iter().collect();
        asks.push(Ask::method("searchAndScreenPop", &args, shows));
    }
}

/// The softphone's layout finds contacts, leads and accounts by their telephone.
fn finds_by_phone(world: &World, person: &Person, known: &Known, field: &str) -> bool {
    field == "Phone"
        && ["Contact", "Lead", "Account"].contains(&known.object)
        && world.sees(person, known)
        && world.sees_field(person, known.object, field)
}

/// Everything that is done with a record by its id.
pub(super) fn guesses(object: &str, id: &RecordId) -> Vec<Ask> {
    let none = BTreeSet::new;
    let path = format!("/lightning/r/{object}/{id}");
    let log = json!({"object": {"Id": id.as_str(), "Description": "mine"}});
    let about = json!({"object": {
        "entityApiName": "Task", "Subject": "Call", "WhatId": id.as_str(),
    }});
    let who = json!({"object": {
        "entityApiName": "Task", "Subject": "Call", "WhoId": id.as_str(),
    }});
    let pop = json!({"type": "sobject", "params": {"recordId": id.as_str()}});
    let search = json!({"searchParams": id.as_str(), "deferred": true});
    let mut asks = vec![
        Ask::page("record", format!("{path}/view"), none()),
        Ask::page("edit", format!("{path}/edit"), none()),
        Ask::page("delete", format!("{path}/delete"), none()),
        Ask::page("related", format!("{path}/related/Task/view"), none()),
        Ask::page("record by id", format!("/lightning/r/{id}/view"), none()),
        Ask::form(
            "edit",
            format!("{path}/edit"),
            "&Description=mine&LastName=mine&Name=mine",
        ),
        Ask::form("delete", format!("{path}/delete"), ""),
        Ask::form("restore", format!("{path}/restore"), ""),
        Ask::form("complete", format!("{path}/complete"), ""),
        Ask::method("saveLog", &log, none()),
        Ask::method("screenPop", &pop, none()),
        Ask::method("searchAndScreenPop", &search, none()),
    ];
    // An id of a kind that a field does not take is refused for its kind.
    match id.key_prefix() {
        "001" | "006" | "500" => asks.push(Ask::method("saveLog", &about, none())),
        "00Q" | "003" => asks.push(Ask::method("saveLog", &who, none())),
        _ => {}
    }
    asks
}
