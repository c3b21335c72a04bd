//! The log of events: what is told, to whom, in which order, and for how long.

use std::time::Duration;

use offhook_org::events::{Channel, ChannelFacts};
use offhook_org::save::Strictness;
use offhook_org::schema::definition::ObjectDefinition;
use offhook_org::schema::{Field, FieldKind, ObjectKind, SharingDefault};
use offhook_org::{RecordId, UserContext};
use offhook_store::Store;
use offhook_store::events::{Delivery, KEPT_MS};
use offhook_store::org::metadata::VisibleTo;
use offhook_store::org::{Write, WriteOptions};
use serde_json::Value as Json;

use crate::databases::on_both_databases;
use crate::desk::{Desk, fields, rights_of};
use crate::write::new;

const ALL: Channel = Channel::AllChanges;

/// Everything on a channel that the user may see after this replay id.
async fn heard(store: &Store, user: &UserContext, channel: &Channel, after: i64) -> Vec<Delivery> {
    let mut all = Vec::new();
    let mut after = after;
    loop {
        let page = store.events_after(user, channel, after).await.unwrap();
        all.extend(page.deliveries);
        after = page.read_to;
        if !page.has_more {
            return all;
        }
    }
}

async fn payloads(desk: &Desk, user: &UserContext, channel: &Channel) -> Vec<Json> {
    let heard = heard(&desk.store, user, channel, 0).await;
    let payloads = heard.into_iter().map(|d| d.data["payload"].clone());
    payloads.collect()
}

fn change_type(payload: &Json) -> &str {
    payload["ChangeEventHeader"]["changeType"].as_str().unwrap()
}

async fn publish(desk: &Desk, objects: &[&str]) {
    let names: Vec<String> = objects.iter().map(|o| (*o).to_owned()).collect();
    desk.store.put_publishing(&names).await.unwrap();
}

async fn facts(desk: &Desk, user: &UserContext, channel: &str) -> ChannelFacts {
    desk.store.channel(user, channel).await.unwrap().unwrap()
}

on_both_databases! {
    async fn the_life_of_a_task_is_told_after_each_commit(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let mut watch = desk.store.watch_events();
        assert_eq!(*watch.borrow_and_update(), 0);
        let task = desk.create(&desk.rep, "Task", &[("Subject", "Call")]).await;
        assert!(watch.has_changed().unwrap());
        desk.update(&desk.rep, &task, &[("Subject", "Call 2"), ("Description", "x")]).await.unwrap();
        desk.update(&desk.rep, &task, &[("Subject", "Call 2")]).await.unwrap();
        desk.store.delete(&desk.rep, &task).await.unwrap();
        desk.store.restore(&desk.rep, &task).await.unwrap();
        let told = heard(&desk.store, &desk.rep, &ALL, 0).await;
        let types: Vec<&str> = told.iter().map(|d| change_type(&d.data["payload"])).collect();
        assert_eq!(types, ["CREATE", "UPDATE", "DELETE", "UNDELETE"]);
        let replays: Vec<i64> = told.iter().map(|d| d.replay).collect();
        assert_eq!(replays, [1, 2, 3, 4]);
        assert_eq!(*watch.borrow_and_update(), 4);
        let header = &told[0].data["payload"]["ChangeEventHeader"];
        assert_eq!(header["recordIds"][0], task.as_str());
        assert_eq!(header["commitUser"], desk.rep.user.as_ref().unwrap().as_str());
        assert_eq!(told[0].data["payload"]["Subject"], "Call");
        let changed = &told[1].data["payload"]["ChangeEventHeader"]["changedFields"];
        assert!(changed.as_array().unwrap().contains(&"Description".into()), "{changed}");
        assert!(!changed.as_array().unwrap().contains(&"Status".into()), "{changed}");
    }

    async fn what_was_not_saved_is_not_told(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let refused = desk.try_create(&desk.rep, "Task", &[("Nonsense", "x")]).await;
        refused.unwrap_err();
        let writes = || vec![new("Task", &[("Subject", "a")]), new("Task", &[("Nonsense", "b")])];
        let options = |all_or_none| WriteOptions { all_or_none, ..WriteOptions::default() };
        desk.store.write(&desk.rep, writes(), options(true)).await.unwrap();
        assert_eq!(desk.store.last_event(), 0);
        desk.store.write(&desk.rep, writes(), options(false)).await.unwrap();
        assert_eq!(desk.store.last_event(), 1);
    }

    async fn only_objects_that_publish_are_told(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        desk.create(&desk.rep, "Account", &[("Name", "Acme")]).await;
        assert_eq!(desk.store.last_event(), 0);
        publish(&desk, &["account"]).await;
        desk.create(&desk.rep, "Account", &[("Name", "Bolt")]).await;
        desk.create(&desk.rep, "Task", &[("Subject", "Call")]).await;
        let told = payloads(&desk, &desk.rep, &ALL).await;
        assert_eq!(told.len(), 1);
        assert_eq!(told[0]["Name"], "Bolt");
        let refused = desk.store.put_publishing(&["Nonsense".to_owned()]).await.unwrap_err();
        assert!(refused.to_string().contains("Nonsense"), "{refused}");
        let store = { desk.store.close().await; database.open().await };
        assert!(store.publishing().contains("Account"));
        assert!(!store.publishing().contains("Task"));
    }

    async fn nobody_hears_of_a_record_that_is_hidden_from_them(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        publish(&desk, &["Lead"]).await;
        let lead = desk.create(&desk.rep, "Lead", &[("LastName", "A"), ("Company", "B")]).await;
        desk.store.delete(&desk.rep, &lead).await.unwrap();
        let leads = Channel::Changes("Lead".to_owned());
        for (user, count) in [(&desk.rep, 2), (&desk.admin, 2), (&desk.other_rep, 0)] {
            for channel in [&ALL, &leads] {
                let told = payloads(&desk, user, channel).await;
                assert_eq!(told.len(), count, "{}", user.user_name);
            }
        }
        let page = desk.store.events_after(&desk.other_rep, &leads, 0).await.unwrap();
        assert_eq!(page.read_to, 2, "what is hidden is passed over");
        // Out of the bin for good: its last owner and those who see all still hear of it.
        database.run(&format!("DELETE FROM org_lead WHERE id = '{lead}'")).await;
        assert_eq!(payloads(&desk, &desk.rep, &leads).await.len(), 2);
        assert_eq!(payloads(&desk, &desk.other_rep, &leads).await.len(), 0);
    }

    async fn fields_that_are_hidden_are_absent(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        publish(&desk, &["Opportunity"]).await;
        let values = [
            ("Name", "Deal"),
            ("StageName", "Prospecting"),
            ("CloseDate", "2026-12-01"),
            ("Amount", "4711"),
        ];
        desk.create(&desk.rep, "Opportunity", &values).await;
        assert_eq!(payloads(&desk, &desk.rep, &ALL).await[0]["Amount"], 4711.0);
        let told = payloads(&desk, &desk.agent, &ALL).await;
        assert_eq!(told[0]["Name"], "Deal");
        assert!(!told[0].to_string().contains("Amount"), "{}", told[0]);
    }

    async fn a_channel_that_a_user_may_not_read_is_not_there(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let mut user = desk.rep.clone();
        rights_of(&mut user).revoke_object("Opportunity");
        publish(&desk, &["Opportunity"]).await;
        for (name, words) in [
            ("/data/OpportunityChangeEvent", "400::The channel you requested to subscribe to does not"),
            ("/data/ChangeEvents", "403::Restricted channel"),
        ] {
            assert_eq!(facts(&desk, &desk.rep, name).await.gone, 0);
            let refused = desk.store.channel(&user, name).await.unwrap().unwrap_err();
            assert!(refused.to_string().starts_with(words), "{refused}");
        }
        let deal = [("Name", "D"), ("StageName", "Prospecting"), ("CloseDate", "2026-12-01")];
        desk.create(&desk.rep, "Opportunity", &deal).await;
        assert_eq!(payloads(&desk, &desk.rep, &ALL).await.len(), 1);
        assert_eq!(payloads(&desk, &user, &ALL).await.len(), 0);
    }

    async fn events_are_there_after_a_restart_and_numbers_go_on(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        desk.create(&desk.rep, "Task", &[("Subject", "Before")]).await;
        let rep = desk.rep.clone();
        desk.store.close().await;
        let store = database.open().await;
        assert_eq!(store.last_event(), 1);
        let task = fields(&[("Subject", "After")]);
        store.create(&rep, &"Task".into(), &task, Strictness::Strict).await.unwrap();
        let told = heard(&store, &rep, &ALL, 0).await;
        let told: Vec<_> = told.iter().map(|d| (d.replay, &d.data["payload"]["Subject"])).collect();
        assert_eq!(told, [(1, &"Before".into()), (2, &"After".into())]);
    }

    async fn events_go_after_three_days_and_whoever_missed_some_learns_it(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        for subject in ["a", "b"] {
            desk.create(&desk.rep, "Task", &[("Subject", subject)]).await;
        }
        let now_ms = jiff::Timestamp::now().as_millisecond();
        assert_eq!(desk.store.prune_events(now_ms).await.unwrap(), 0);
        assert_eq!(desk.store.prune_events(now_ms + KEPT_MS + 1_000).await.unwrap(), 2);
        assert_eq!(payloads(&desk, &desk.rep, &ALL).await.len(), 0);
        for channel in ["/data/ChangeEvents", "/data/TaskChangeEvent"] {
            let facts = facts(&desk, &desk.rep, channel).await;
            assert_eq!((facts.gone, facts.last), (2, 2));
        }
        publish(&desk, &["Task", "Case"]).await;
        let cases = facts(&desk, &desk.rep, "/data/CaseChangeEvent").await;
        assert_eq!(cases.gone, 0, "none of a case was missed");
    }

    async fn a_reader_never_misses_what_many_writers_commit_at_once(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        publish(&desk, &["Task", "Account"]).await;
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..6 {
            let (store, rep) = (desk.store.clone(), desk.rep.clone());
            writers.spawn(async move {
                for round in 0..10 {
                    // Two kinds in one transaction, of which either may wait for the other's.
                    let name = format!("{writer}.{round}");
                    let writes = vec![
                        new("Task", &[("Subject", &name)]),
                        new("Account", &[("Name", &name)]),
                    ];
                    let saved = store.write(&rep, writes, WriteOptions::default()).await.unwrap();
                    assert!(saved.iter().all(Result::is_ok), "{saved:?}");
                }
            });
        }
        let mut watch = desk.store.watch_events();
        let (mut after, mut seen) = (0, Vec::new());
        while seen.len() < 120 {
            let page = desk.store.events_after(&desk.rep, &ALL, after).await.unwrap();
            seen.extend(page.deliveries.iter().map(|d| d.replay));
            after = page.read_to;
            if page.deliveries.is_empty() {
                let grown = tokio::time::timeout(Duration::from_secs(30), watch.changed()).await;
                grown.expect("all events are told").unwrap();
            }
        }
        writers.join_all().await;
        assert!(seen.is_sorted(), "{seen:?}");
        assert_eq!(desk.store.last_event(), 120);
    }

    async fn a_long_log_is_read_page_by_page(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let writes: Vec<Write> = (0..450).map(|i| new("Task", &[("Subject", &i.to_string())])).collect();
        desk.store.write(&desk.rep, writes, WriteOptions::default()).await.unwrap();
        let first = desk.store.events_after(&desk.rep, &ALL, 0).await.unwrap();
        assert_eq!((first.deliveries.len(), first.read_to, first.has_more), (200, 200, true));
        let told = heard(&desk.store, &desk.rep, &ALL, 0).await;
        assert_eq!(told.len(), 450);
        let key = |d: &Delivery| d.data["payload"]["ChangeEventHeader"]["transactionKey"].clone();
        assert!(told.iter().all(|d| key(d) == key(&told[0])), "one request, one key");
        let places = told.iter().map(|d| {
            d.data["payload"]["ChangeEventHeader"]["sequenceNumber"].as_i64().unwrap()
        });
        assert!(places.eq(1..=450));
        let ids: std::collections::BTreeSet<RecordId> = told
            .iter()
            .map(|d| {
                let id = &d.data["payload"]["ChangeEventHeader"]["recordIds"][0];
                RecordId::parse(id.as_str().unwrap()).unwrap()
            })
            .collect();
        assert_eq!(ids.len(), 450);
    }

    async fn a_platform_event_is_published_and_leaves_no_record(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let definition = ObjectDefinition {
            name: "Call_Event__e".into(),
            label: "Call Event".to_owned(),
            plural_label: "Call Events".to_owned(),
            description: String::new(),
            key_prefix: String::new(),
            kind: ObjectKind::Event,
            name_label: String::new(),
            name_format: None,
            sharing: SharingDefault::PublicReadWrite,
            has_tab: false,
        };
        let (system, everyone) = (UserContext::system(), VisibleTo::Everyone);
        let made = desk.store.create_object(&system, definition, &everyone);
        let object = made.await.unwrap();
        let mut text = Field::new("Text__c", "Text", FieldKind::Text);
        text.length_max = 80;
        desk.store.create_field(&system, &object, text, &everyone).await.unwrap();
        let rep = crate::desk::context(&desk.store, desk.rep.user.as_ref().unwrap()).await;
        let writes = vec![
            new("Call_Event__e", &[("Text__c", "hi")]),
            new("Call_Event__e", &[("Nonsense__c", "hi")]),
        ];
        let written = desk.store.write(&rep, writes, WriteOptions::default()).await.unwrap();
        let event = written[0].as_ref().unwrap();
        let uuid = event.event_uuid.clone().unwrap();
        assert!(written[1].is_err());
        let delete = vec![Write::Delete { id: event.id.clone() }];
        let refused = desk.store.write(&rep, delete, WriteOptions::default()).await.unwrap();
        assert!(refused[0].is_err(), "an event cannot be taken back");
        let channel = facts(&desk, &rep, "/event/call_event__e").await.channel;
        assert_eq!(channel, Channel::Platform("Call_Event__e".to_owned()));
        let told = heard(&desk.store, &rep, &channel, 0).await;
        assert_eq!(told.len(), 1);
        let payload = &told[0].data["payload"];
        assert_eq!(payload["Text__c"], "hi");
        assert_eq!(payload["CreatedById"], rep.user.as_ref().unwrap().as_str());
        assert_eq!(told[0].data["event"]["EventUuid"], uuid.as_str());
        assert!(payloads(&desk, &rep, &ALL).await.is_empty(), "it is no change");
    }
}
