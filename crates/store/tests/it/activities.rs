//! Lists of activities: open tasks and events to come, closed tasks and past events, as children
//! of what they are about.

use std::sync::Arc;

use offhook_org::access::Rights;
use offhook_org::schema::describe::describe_object;
use offhook_org::{RecordId, UserContext};
use offhook_store::Store;
use offhook_store::org::query::{QueryFailure, QueryPage};

use crate::databases::on_both_databases;
use crate::desk::Desk;
use crate::query::{ask, options};

/// What an account, a contact of it and an opportunity of it have going on.
struct World {
    desk: Desk,
    account: RecordId,
    contact: RecordId,
    deal: RecordId,
}

async fn world(desk: Desk) -> World {
    let rep = &desk.rep;
    let account = desk.create(rep, "Account", &[("Name", "Acme")]).await;
    let contact = [("LastName", "Ito"), ("AccountId", account.as_str())];
    let contact = desk.create(rep, "Contact", &contact).await;
    let deal = [
        ("Name", "Deal"),
        ("StageName", "Prospecting"),
        ("CloseDate", "2030-01-02"),
        ("AccountId", account.as_str()),
    ];
    let deal = desk.create(rep, "Opportunity", &deal).await;
    let (who, what) = (("WhoId", contact.as_str()), ("WhatId", deal.as_str()));
    let at = |day: &str, hour: u8| format!("{day}T{hour:02}:00:00Z");
    let (past, future) = ("2020-03-04", "2039-03-04");
    let task = |subject, day, status| {
        [
            ("Subject", subject),
            ("ActivityDate", day),
            ("Status", status),
            ("Description", "said"),
        ]
    };
    for (fields, link) in [
        (task("call back", "2039-01-01", "Not Started"), who),
        (task("called", "2020-01-01", "Completed"), who),
        (task("offer", "", "In Progress"), what),
    ] {
        let fields: Vec<_> = fields.into_iter().chain([link]).collect();
        desk.create(rep, "Task", &fields).await;
    }
    for (subject, day, link) in [("met", past, who), ("meet", future, who)] {
        let (start, end) = (at(day, 9), at(day, 10));
        let fields = [
            ("Subject", subject),
            ("StartDateTime", start.as_str()),
            ("EndDateTime", end.as_str()),
            ("Location", "Cologne"),
            ("ActivityDate", day),
            link,
        ];
        desk.create(rep, "Event", &fields).await;
    }
    World {
        desk,
        account,
        contact,
        deal,
    }
}

/// A rep whose rights lack these fields of activities.
fn without(world: &World, fields: &[&str]) -> UserContext {
    let mut rights = Rights::default();
    rights.add(&world.desk.rep.rights);
    rights.hide(fields);
    rights.hide(&["OpenActivity.Description", "ActivityHistory.Description"]);
    UserContext {
        rights: Arc::new(rights.with_open_fields(&world.desk.store.schema())),
        ..world.desk.rep.clone()
    }
}

async fn try_page(
    store: &Store,
    user: &UserContext,
    soql: &str,
) -> Result<QueryPage, QueryFailure> {
    store.query(user, soql, options()).await
}

async fn refused(world: &World, soql: &str) -> (&'static str, String) {
    match try_page(&world.desk.store, &world.desk.rep, soql).await {
        Err(QueryFailure::Refused { code, message }) => (code, message),
        other => panic!("{soql}: {other:?}"),
    }
}

const OPEN: &str = "FROM OpenActivities ORDER BY ActivityDate ASC NULLS LAST, \
                    LastModifiedDate DESC LIMIT 500";
const PAST: &str = "FROM ActivityHistories ORDER BY ActivityDate DESC NULLS LAST, \
                    LastModifiedDate DESC LIMIT 500";

on_both_databases! {
    async fn a_record_has_its_open_activities_and_its_history(database: TestDatabase) {
        let world = world(Desk::new(database.open().await).await).await;
        let (store, rep) = (&world.desk.store, &world.desk.rep);
        let fields = "Subject, IsTask, IsClosed, Status, Location, ActivityType";
        let soql = format!(
            "SELECT (SELECT {fields} {OPEN}), (SELECT {fields} {PAST}) FROM Contact
             WHERE Id = '{}'",
            world.contact
        );
        assert_eq!(
            ask(store, rep, &soql).await,
            ["[call back, true, false, Not Started, -, -; \
               meet, false, false, -, Cologne, -], \
              [met, false, true, -, Cologne, -; called, true, true, Completed, -, -]"]
        );
        // An account has those of its contacts and opportunities.
        let of_account = format!(
            "SELECT (SELECT Subject, Who.Name, What.Name {OPEN}) FROM Account WHERE Id = '{}'",
            world.account
        );
        assert_eq!(
            ask(store, rep, &of_account).await,
            ["[call back, (Ito), (-); meet, (Ito), (-); offer, (-), (Deal)]"]
        );
        let of_deal = format!(
            "SELECT (SELECT Subject {OPEN}), (SELECT Subject {PAST}) FROM Opportunity
             WHERE Id = '{}'",
            world.deal
        );
        assert_eq!(ask(store, rep, &of_deal).await, ["[offer], [-]"]);
        // Who sees all data asks as of any other list.
        let free = "SELECT LastName, (SELECT Subject FROM OpenActivities
            WHERE Subject LIKE '%call%' ORDER BY Subject) FROM Contact ORDER BY LastName";
        assert_eq!(ask(store, &world.desk.admin, free).await, ["Ito, [call back]"]);
    }

    async fn a_list_of_activities_shows_what_the_user_may_see_of_each(database: TestDatabase) {
        let world = world(Desk::new(database.open().await).await).await;
        let store = &world.desk.store;
        let soql = format!(
            "SELECT (SELECT Subject, Description {PAST}) FROM Contact WHERE Id = '{}'",
            world.contact
        );
        let no_tasks = without(&world, &["Task.Description"]);
        assert_eq!(ask(store, &no_tasks, &soql).await, ["[met, -; called, -]"]);
        let no_events = without(&world, &["Event.Description"]);
        assert_eq!(ask(store, &no_events, &soql).await, ["[met, -; called, said]"]);
        let neither = without(&world, &["Event.Description", "Task.Description"]);
        match try_page(store, &neither, &soql).await {
            Err(QueryFailure::Refused { code, .. }) => assert_eq!(code, "INVALID_FIELD"),
            other => panic!("{other:?}"),
        }
        // A deleted activity is in no list but for queryAll.
        let called = ask(store, &world.desk.rep, "SELECT Id FROM Task WHERE Subject = 'called'");
        let called = RecordId::parse(&called.await[0]).unwrap();
        store.delete(&world.desk.admin, &called).await.unwrap();
        assert_eq!(ask(store, &world.desk.rep, &soql).await, ["[met, -]"]);
    }

    async fn who_does_not_see_all_asks_for_activities_as_the_platform_says(
        database: TestDatabase
    ) {
        let world = world(Desk::new(database.open().await).await).await;
        let one = format!("FROM Contact WHERE Id = '{}'", world.contact);
        let order = "ORDER BY ActivityDate ASC NULLS LAST, LastModifiedDate DESC";
        for (soql, said) in [
            (format!("SELECT (SELECT Subject {OPEN}) FROM Contact"), "a single primary record ID"),
            (
                format!("SELECT (SELECT Subject {OPEN}) FROM Contact WHERE Account.Id = '{}'",
                    world.account),
                "a single primary record ID",
            ),
            (
                format!("SELECT (SELECT Subject FROM OpenActivities {order}) {one}"),
                "a maximum limit of 500 rows",
            ),
            (
                format!("SELECT (SELECT Subject FROM OpenActivities {order} LIMIT 501) {one}"),
                "a maximum limit of 500 rows",
            ),
            (
                format!("SELECT (SELECT Subject FROM OpenActivities LIMIT 5) {one}"),
                "ORDER BY ActivityDate ASC NULLS LAST, LastModifiedDate DESC",
            ),
            (
                format!("SELECT (SELECT Subject FROM OpenActivities WHERE IsTask = true
                    {order} LIMIT 5) {one}"),
                "can't use a WHERE clause",
            ),
            (
                format!("SELECT (SELECT Id, (SELECT Subject {OPEN}) FROM Contacts) FROM Account
                    WHERE Id = '{}'", world.account),
                "a single primary record ID",
            ),
        ] {
            let (code, message) = refused(&world, &soql).await;
            assert_eq!(code, "MALFORMED_QUERY", "{soql}");
            let head = "There is an implementation restriction on OpenActivities";
            assert!(message.contains(head) && message.contains(said), "{message}");
        }
        for soql in ["SELECT Id FROM OpenActivity", "SELECT COUNT() FROM ActivityHistory"] {
            let (code, message) = refused(&world, soql).await;
            assert_eq!(code, "INVALID_TYPE_FOR_OPERATION", "{message}");
            assert!(message.contains("does not support query"), "{message}");
        }
    }

    async fn descriptions_name_the_lists_of_activities(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let schema = desk.store.schema();
        for (object, field) in [
            ("Account", "AccountId"), ("Contact", "WhoId"), ("Lead", "WhoId"),
            ("Opportunity", "WhatId"), ("Case", "WhatId"), ("Campaign", "WhatId"),
        ] {
            let object = schema.object(object).unwrap();
            let told = describe_object(&schema, &desk.rep, object, "/services/data/v60.0");
            let children = told["childRelationships"].as_array().unwrap();
            for list in ["OpenActivity", "ActivityHistory"] {
                let of_list: Vec<&str> = children.iter()
                    .filter(|child| child["childSObject"] == list)
                    .map(|child| child["field"].as_str().unwrap())
                    .collect();
                assert_eq!(of_list, [field], "{} of {}", list, object.name);
            }
        }
        let open = schema.object("OpenActivity").unwrap();
        let told = describe_object(&schema, &desk.rep, open, "/services/data/v60.0");
        assert_eq!(told["queryable"], false);
        assert_eq!(told["keyPrefix"], serde_json::Value::Null);
        assert_eq!(told["fields"].as_array().unwrap().len(), 32);
    }
}
