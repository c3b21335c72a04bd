//! Records: saved with the rights and the rules of the org, seen by whom they are for.

use offhook_org::record::Fields;
use offhook_org::save::{SaveErrorCode, Strictness};
use offhook_org::{RecordId, UserContext, Value};
use offhook_store::StoreError;
use offhook_store::error::SaveFailure;
use offhook_store::org::{Filter, ListQuery, Order};

use crate::databases::on_both_databases;
use crate::desk::{Desk, fields, refusal, rights_of};

fn list(object: &str) -> ListQuery {
    ListQuery {
        object: object.into(),
        filters: Vec::new(),
        order: None,
        offset: 0,
        limit: 50,
    }
}

/// The values of a field in a list.
async fn listed(desk: &Desk, user: &UserContext, query: &ListQuery, field: &str) -> Vec<String> {
    let page = desk.store.list(user, query).await.unwrap();
    page.records
        .iter()
        .map(|r| r.text(field).to_owned())
        .collect()
}

async fn names(desk: &Desk, user: &UserContext, id: &RecordId) -> Option<String> {
    let names = desk
        .store
        .names(user, std::slice::from_ref(id))
        .await
        .unwrap();
    names.get(id).cloned()
}

/// All ways in which a user could come upon a record.
async fn sees(desk: &Desk, user: &UserContext, lead: &RecordId) -> Vec<&'static str> {
    let store = &desk.store;
    let objects = ["Lead".into()];
    let mut ways = Vec::new();
    if store.record(user, lead).await.unwrap().is_some() {
        ways.push("record");
    }
    if names(desk, user, lead).await.is_some() {
        ways.push("names");
    }
    let page = store.list(user, &list("Lead")).await.unwrap();
    assert_eq!(page.records.len(), page.total as usize);
    if page.total > 0 {
        ways.push("list");
    }
    if !store
        .search_text(user, "Liz", &objects, 10)
        .await
        .unwrap()
        .is_empty()
    {
        ways.push("text");
    }
    if !store
        .search_phone(user, "+14155550123", &objects)
        .await
        .unwrap()
        .is_empty()
    {
        ways.push("phone");
    }
    store.note_viewed(user, lead).await.unwrap();
    if !store
        .recently_viewed(user, None, 10)
        .await
        .unwrap()
        .is_empty()
    {
        ways.push("recent");
    }
    if !store.timeline(user, lead, 10).await.unwrap().is_empty() {
        ways.push("timeline");
    }
    ways
}

on_both_databases! {
    async fn a_record_comes_back_as_it_was_saved(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let account = [("Name", "Acme"), ("AnnualRevenue", "2")];
        let account = desk.create(&desk.rep, "Account", &account).await;
        let id = desk
            .create(&desk.rep, "Contact", &[
                ("FirstName", "Zoë"),
                ("LastName", "Ångström"),
                ("AccountId", account.as_str()),
                ("Birthdate", "1990-02-28"),
                ("DoNotCall", "true"),
                ("Phone", "(415) 555-0100"),
            ])
            .await;
        let record = desk.store.record(&desk.rep, &id).await.unwrap().unwrap();
        assert_eq!(record.text("Name"), "Zoë Ångström");
        assert_eq!(record.get("AccountId"), &Value::Reference(account.clone()));
        assert_eq!(record.get("Birthdate"), &Value::Date(jiff::civil::date(1990, 2, 28)));
        assert_eq!(record.get("DoNotCall"), &Value::Boolean(true));
        assert_eq!(record.get("Email"), &Value::Null);
        assert_eq!(record.get("OwnerId").as_reference(), desk.rep.user.as_ref());
        assert_eq!(record.get("CreatedById").as_reference(), desk.rep.user.as_ref());
        let made_at = record.get("CreatedDate");
        assert!(matches!(made_at, Value::DateTime(ms) if *ms > 1_700_000_000_000));
        let account = desk.store.record(&desk.rep, &account).await.unwrap().unwrap();
        assert_eq!(account.get("AnnualRevenue"), &Value::Number(2.0));
        assert_eq!(id.key_prefix(), "003");
    }

    async fn cases_are_numbered_and_note_when_they_were_closed(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let first = desk.create(&desk.agent, "Case", &[("Subject", "Pump")]).await;
        let many = [fields(&[("Subject", "a")]), fields(&[("Subject", "b")])];
        let many = desk.store.create_many(&"Case".into(), &many).await.unwrap();
        let last = desk.create(&desk.agent, "Case", &[("Subject", "Valve")]).await;
        for (id, number) in [(&first, "1"), (&many[0], "2"), (&many[1], "3"), (&last, "4")] {
            assert_eq!(desk.text(id, "CaseNumber").await, format!("0000000{number}"));
        }
        desk.update(&desk.agent, &first, &[("Status", "Closed")]).await.unwrap();
        let closed = desk.store.record(&desk.agent, &first).await.unwrap().unwrap();
        assert_eq!(closed.get("IsClosed"), &Value::Boolean(true));
        assert!(matches!(closed.get("ClosedDate"), Value::DateTime(_)));
        desk.update(&desk.agent, &first, &[("Status", "New")]).await.unwrap();
        let open = desk.store.record(&desk.agent, &first).await.unwrap().unwrap();
        assert_eq!(open.get("ClosedDate"), &Value::Null);
    }

    async fn a_private_record_is_seen_by_its_owner_and_those_above_in_every_way(
        database: TestDatabase
    ) {
        let desk = Desk::new(database.open().await).await;
        let lead = desk
            .create(&desk.rep, "Lead", &[
                ("LastName", "Liz"),
                ("Company", "Acme"),
                ("Phone", "+1 415 555 0123"),
            ])
            .await;
        desk.create(&desk.rep, "Task", &[("Subject", "Call Liz"), ("WhoId", lead.as_str())]).await;
        let all = ["record", "names", "list", "text", "phone", "recent", "timeline"];
        for user in [&desk.rep, &desk.manager, &desk.admin, &UserContext::system()] {
            let mut all = all.to_vec();
            all.retain(|way| *way != "recent" || user.user.is_some());
            assert_eq!(sees(&desk, user, &lead).await, all, "{}", user.user_name);
        }
        let none: [&str; 0] = [];
        for user in [&desk.other_rep, &desk.agent] {
            assert_eq!(sees(&desk, user, &lead).await, none, "{}", user.user_name);
        }
    }

    async fn what_is_hidden_and_what_is_not_there_get_the_same_answer(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let hidden = desk
            .create(&desk.rep, "Lead", &[("LastName", "Liz"), ("Company", "Acme")])
            .await;
        let nowhere = RecordId::from_serial("00Q", 999_999);
        let no_object = RecordId::from_serial("xyz", 1);
        for id in [&hidden, &nowhere, &no_object] {
            let user = &desk.other_rep;
            assert!(desk.store.record(user, id).await.unwrap().is_none());
            let update = desk.update(user, id, &[("Company", "Mine")]).await;
            assert!(matches!(update, Err(SaveFailure::NotFound)), "{update:?}");
            let delete = desk.store.delete(user, id).await;
            assert!(matches!(delete, Err(SaveFailure::NotFound)), "{delete:?}");
            let restore = desk.store.restore(user, id).await;
            assert!(matches!(restore, Err(SaveFailure::NotFound)), "{restore:?}");
        }
        let link = |id: &RecordId| [("Subject", "x".to_owned()), ("WhoId", id.to_string())];
        let mut words = Vec::new();
        for id in [&hidden, &nowhere] {
            let link = link(id);
            let values: Vec<_> = link.iter().map(|(n, v)| (*n, v.as_str())).collect();
            let outcome = desk.try_create(&desk.other_rep, "Task", &values).await;
            let Err(SaveFailure::Refused(errors)) = outcome else { panic!("{outcome:?}") };
            assert_eq!(errors[0].status_code, SaveErrorCode::InvalidCrossReferenceKey);
            words.push(errors[0].message.replace(id.as_str(), "ID"));
        }
        assert_eq!(words[0], words[1]);
    }

    async fn a_hidden_field_is_absent_and_cannot_be_asked_about(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let id = desk
            .create(&desk.rep, "Opportunity", &[
                ("Name", "Pumps"),
                ("StageName", "Prospecting"),
                ("CloseDate", "2027-01-01"),
                ("Amount", "5000"),
            ])
            .await;
        let seen = desk.store.record(&desk.agent, &id).await.unwrap().unwrap();
        assert!(!seen.fields.contains_key(&"Amount".into()));
        assert_eq!(seen.text("Name"), "Pumps");
        let mut words = Vec::new();
        for field in ["Amount", "Nonsense"] {
            let mut ordered = list("Opportunity");
            ordered.order = Some((field.into(), Order::Ascending));
            let mut filtered = list("Opportunity");
            filtered.filters = vec![Filter::AtLeast(field.into(), Value::Number(1.0))];
            for query in [ordered, filtered] {
                match desk.store.list(&desk.agent, &query).await {
                    Err(StoreError::BadQuery(why)) => words.push(why.replace(field, "FIELD")),
                    other => panic!("{other:?}"),
                }
            }
        }
        words.dedup();
        assert_eq!(words.len(), 1, "{words:?}");
    }

    async fn a_field_that_may_not_be_read_finds_nothing(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let mut blind = desk.rep.clone();
        rights_of(&mut blind).hide(&["Contact.Email", "Contact.MobilePhone"]);
        desk.create(&desk.rep, "Contact", &[
            ("LastName", "Smith"),
            ("Email", "secret@example.com"),
            ("MobilePhone", "+1 415 555 0123"),
        ])
        .await;
        let objects = ["Contact".into()];
        for (user, found) in [(&desk.rep, 1), (&blind, 0)] {
            let by_mail = desk.store.search_text(user, "secret@", &objects, 9).await.unwrap();
            let by_digits = desk.store.search_text(user, "5550123", &objects, 9).await.unwrap();
            let by_phone = desk.store.search_phone(user, "+14155550123", &objects).await.unwrap();
            let by_name = desk.store.search_text(user, "smith", &objects, 9).await.unwrap();
            assert_eq!([by_mail.len(), by_digits.len(), by_phone.len()], [found; 3]);
            assert_eq!(by_name.len(), 1);
        }
    }

    async fn who_may_edit_and_delete_follows_sharing(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let contact = desk.create(&desk.rep, "Contact", &[("LastName", "Smith")]).await;
        desk.update(&desk.other_rep, &contact, &[("Title", "CEO")]).await.unwrap();
        let deleted = desk.store.delete(&desk.other_rep, &contact).await;
        assert_eq!(refusal(deleted).0, SaveErrorCode::InsufficientAccessOrReadonly);

        let task = desk.create(&desk.rep, "Task", &[("Subject", "Call")]).await;
        let edited = desk.update(&desk.other_rep, &task, &[("Subject", "Mine")]).await;
        assert_eq!(refusal(edited).0, SaveErrorCode::InsufficientAccessOrReadonly);
        desk.update(&desk.manager, &task, &[("Subject", "Ours")]).await.unwrap();
        desk.store.delete(&desk.manager, &task).await.unwrap();

        let by_agent = desk.store.delete(&desk.agent, &contact).await;
        assert_eq!(refusal(by_agent).0, SaveErrorCode::InsufficientAccessOrReadonly);
        desk.store.delete(&desk.rep, &contact).await.unwrap();
    }

    async fn an_object_without_read_right_is_not_there(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let mut blind = desk.rep.clone();
        rights_of(&mut blind).revoke_object("Contact");
        let contact = desk.create(&desk.rep, "Contact", &[("LastName", "Smith")]).await;
        let task = desk
            .create(&desk.rep, "Task", &[("Subject", "x"), ("WhoId", contact.as_str())])
            .await;
        assert!(desk.store.record(&blind, &contact).await.unwrap().is_none());
        assert_eq!(desk.store.list(&blind, &list("Contact")).await.unwrap().total, 0);
        assert_eq!(names(&desk, &blind, &contact).await, None);
        assert_eq!(names(&desk, &blind, &task).await.as_deref(), Some("x"));
    }

    async fn a_deleted_record_is_found_nowhere_until_it_is_restored(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let lead = desk
            .create(&desk.rep, "Lead", &[
                ("LastName", "Liz"),
                ("Company", "Acme"),
                ("Phone", "+1 415 555 0123"),
            ])
            .await;
        desk.create(&desk.rep, "Task", &[("Subject", "x"), ("WhoId", lead.as_str())]).await;
        let before = sees(&desk, &desk.rep, &lead).await;
        desk.store.delete(&desk.rep, &lead).await.unwrap();
        let none: [&str; 0] = [];
        assert_eq!(sees(&desk, &desk.rep, &lead).await, none);
        let again = desk.store.delete(&desk.rep, &lead).await;
        assert!(matches!(again, Err(SaveFailure::NotFound)));
        desk.store.restore(&desk.rep, &lead).await.unwrap();
        assert_eq!(sees(&desk, &desk.rep, &lead).await, before);
    }

    async fn a_value_that_must_be_unique_is_refused_twice(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let task = |key| [("Subject", "Call"), ("Offhook_Call_Key__c", key)];
        desk.create(&desk.rep, "Task", &task("01A:005")).await;
        let second = desk.create(&desk.rep, "Task", &task("01B:005")).await;
        for outcome in [
            desk.try_create(&desk.rep, "Task", &task("01a:005")).await.map(drop),
            desk.update(&desk.rep, &second, &task("01A:005")).await,
        ] {
            let (code, named) = refusal(outcome);
            assert_eq!(code, SaveErrorCode::DuplicateValue);
            assert_eq!(named, ["Offhook_Call_Key__c"]);
        }
        desk.create(&desk.rep, "Task", &[("Subject", "no key")]).await;
        desk.create(&desk.rep, "Task", &[("Subject", "no key either")]).await;
    }

    async fn a_change_on_top_of_another_is_refused_with_a_name(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let id = desk.create(&desk.rep, "Contact", &[("LastName", "Smith")]).await;
        let read = desk.store.record(&desk.rep, &id).await.unwrap().unwrap();
        let Value::DateTime(since) = *read.get("LastModifiedDate") else { panic!() };
        let change = |user: &UserContext, title: &str| {
            let (store, user, id) = (desk.store.clone(), user.clone(), id.clone());
            let changes = fields(&[("Title", title)]);
            async move {
                store.update(&user, &id, &changes, Strictness::Strict, Some(since)).await
            }
        };
        change(&desk.manager, "CEO").await.unwrap();
        match change(&desk.rep, "CFO").await {
            Err(SaveFailure::Changed { by }) => assert_eq!(by, "Mo Test"),
            other => panic!("{other:?}"),
        }
        assert_eq!(desk.text(&id, "Title").await, "CEO");
    }

    async fn a_change_moves_the_keys_by_which_a_caller_is_found(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let id = desk
            .create(&desk.rep, "Contact", &[("LastName", "Smith"), ("Phone", "+1 415 555 0123")])
            .await;
        desk.update(&desk.rep, &id, &[("Phone", "+1 415 555 0199"), ("LastName", "Jones")])
            .await
            .unwrap();
        let objects = ["Contact".into()];
        let found = async |number: &str| {
            desk.store.search_phone(&desk.rep, number, &objects).await.unwrap().len()
        };
        assert_eq!((found("+14155550123").await, found("+14155550199").await), (0, 1));
        let text = async |text: &str| {
            desk.store.search_text(&desk.rep, text, &objects, 9).await.unwrap().len()
        };
        assert_eq!((text("smith").await, text("jones").await), (0, 1));
        desk.update(&desk.rep, &id, &[("Phone", "")]).await.unwrap();
        assert_eq!(found("+14155550199").await, 0);
    }

    async fn a_list_is_filtered_and_in_order(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        for (name, city, employees) in [
            ("bravo", "Bonn", "20"),
            ("Alpha", "", "3"),
            ("Charlie_50%", "Köln", ""),
            ("delta", "KÖLN", "100"),
        ] {
            let values =
                [("Name", name), ("BillingCity", city), ("NumberOfEmployees", employees)];
            desk.create(&desk.rep, "Account", &values).await;
        }
        let check = async |filters: Vec<Filter>, order: Option<(&str, Order)>, wanted: &[&str]| {
            let mut query = list("Account");
            query.filters = filters;
            query.order = order.map(|(field, order)| (field.into(), order));
            assert_eq!(listed(&desk, &desk.rep, &query, "Name").await, wanted, "{query:?}");
        };
        let (up, down) = (Order::Ascending, Order::Descending);
        let (a, b, c, d) = ("Alpha", "bravo", "Charlie_50%", "delta");
        check(vec![], Some(("Name", up)), &[a, b, c, d]).await;
        check(vec![], Some(("name", down)), &[d, c, b, a]).await;
        check(vec![], Some(("NumberOfEmployees", up)), &[a, b, d, c]).await;
        check(vec![], Some(("NumberOfEmployees", down)), &[d, b, a, c]).await;
        check(vec![], Some(("BillingCity", down)), &[d, c, b, a]).await;
        let name = Some(("Name", up));
        let text = |text: &str| Value::Text(text.to_owned());
        let (city, staff) = (|| "BillingCity".into(), || "NumberOfEmployees".into());
        check(vec![Filter::Equals("Name".into(), text("Alpha"))], None, &[a]).await;
        check(vec![Filter::NotEquals(city(), text("Bonn"))], name, &[a, c, d]).await;
        check(vec![Filter::IsNull(city())], None, &[a]).await;
        check(vec![Filter::NotEquals(city(), Value::Null)], name, &[b, c, d]).await;
        check(vec![Filter::Contains(city(), "köl".to_owned())], name, &[c, d]).await;
        check(vec![Filter::Contains("Name".into(), "_50%".to_owned())], None, &[c]).await;
        check(vec![Filter::Contains("Name".into(), "A_".to_owned())], None, &[]).await;
        check(vec![Filter::LessThan(staff(), Value::Integer(20))], None, &[a]).await;
        check(vec![Filter::AtLeast(staff(), Value::Integer(20))], name, &[b, d]).await;
        check(vec![Filter::In("Name".into(), vec![text("delta"), text("x")])], None, &[d]).await;
        check(vec![Filter::In("Name".into(), vec![])], None, &[]).await;
        let owner = desk.rep.user.clone().unwrap();
        let mine = Filter::Equals("OwnerId".into(), Value::Reference(owner));
        check(vec![mine, Filter::AtLeast(staff(), Value::Integer(50))], None, &[d]).await;
    }

    async fn a_list_comes_in_pages_with_a_count(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let leads: Vec<Fields> = (0..450)
            .map(|i| fields(&[("LastName", &format!("L{i:03}")), ("Company", "Acme")]))
            .collect();
        desk.store.create_many(&"Lead".into(), &leads).await.unwrap();
        let mut query = list("Lead");
        query.order = Some(("Name".into(), Order::Ascending));
        (query.offset, query.limit) = (100, 1_000);
        let page = desk.store.list(&desk.admin, &query).await.unwrap();
        assert_eq!((page.records.len(), page.total), (200, 450));
        assert_eq!(page.records[0].text("Name"), "L100");
        assert_eq!(desk.store.list(&desk.rep, &query).await.unwrap().total, 0);
    }

    async fn many_records_are_created_for_the_system_or_none(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let old = [("LastName", "Old"), ("Company", "Acme"), ("Phone", "+14155550123")];
        let mut old = fields(&old);
        old.insert("CreatedDate".into(), Value::DateTime(1_000));
        old.insert("IsConverted".into(), Value::Boolean(true));
        let ids = desk.store.create_many(&"Lead".into(), &[old.clone()]).await.unwrap();
        let lead = desk.store.record(&desk.admin, &ids[0]).await.unwrap().unwrap();
        assert_eq!(lead.get("CreatedDate"), &Value::DateTime(1_000));
        assert_eq!(lead.get("LastModifiedDate"), &Value::DateTime(1_000));
        assert_eq!(lead.get("IsConverted"), &Value::Boolean(true));
        let found = desk.store.search_phone(&desk.admin, "+14155550123", &["Lead".into()]).await;
        assert_eq!(found.unwrap().len(), 1);

        let nameless = fields(&[("Company", "Acme")]);
        let outcome = desk.store.create_many(&"Lead".into(), &[old, nameless]).await;
        let error = outcome.unwrap_err();
        assert!(error.to_string().contains("Lead number 2"), "{error}");
        assert_eq!(desk.store.list(&desk.admin, &list("Lead")).await.unwrap().total, 1);
    }

    async fn a_timeline_has_what_is_about_a_record_newest_first(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let account = desk.create(&desk.rep, "Account", &[("Name", "Acme")]).await;
        let contact = desk
            .create(&desk.rep, "Contact", &[("LastName", "Ann"), ("AccountId", account.as_str())])
            .await;
        let task = async |subject: &str, date: &str, link: &str, id: &RecordId| {
            let values = [("Subject", subject), ("ActivityDate", date), (link, id.as_str())];
            desk.create(&desk.rep, "Task", &values).await
        };
        task("old", "2026-01-01", "WhoId", &contact).await;
        task("new", "2026-03-01", "WhatId", &account).await;
        let event = [
            ("Subject", "visit"),
            ("StartDateTime", "2026-02-01T10:00:00Z"),
            ("EndDateTime", "2026-02-01T11:00:00Z"),
            ("WhoId", contact.as_str()),
        ];
        desk.create(&desk.rep, "Event", &event).await;
        let other = desk.create(&desk.rep, "Contact", &[("LastName", "Bob")]).await;
        task("other", "2026-04-01", "WhoId", &other).await;
        let subjects = async |id: &RecordId, limit: u32| -> Vec<String> {
            let activities = desk.store.timeline(&desk.agent, id, limit).await.unwrap();
            activities.iter().map(|a| a.text("Subject").to_owned()).collect()
        };
        assert_eq!(subjects(&account, 10).await, ["new", "visit", "old"]);
        assert_eq!(subjects(&account, 2).await, ["new", "visit"]);
        assert_eq!(subjects(&contact, 10).await, ["visit", "old"]);
    }

    async fn what_was_looked_at_last_comes_first(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let account = desk.create(&desk.rep, "Account", &[("Name", "Acme")]).await;
        let contact = desk.create(&desk.rep, "Contact", &[("LastName", "Ann")]).await;
        for id in [&account, &contact, &account] {
            desk.store.note_viewed(&desk.rep, id).await.unwrap();
        }
        let viewed = async |object: Option<&str>, limit: u32| -> Vec<RecordId> {
            let object = object.map(Into::into);
            let records = desk.store.recently_viewed(&desk.rep, object.as_ref(), limit).await;
            records.unwrap().into_iter().map(|r| r.id).collect()
        };
        assert_eq!(viewed(None, 10).await, [account.clone(), contact.clone()]);
        assert_eq!(viewed(None, 1).await, [account]);
        assert_eq!(viewed(Some("contact"), 10).await, [contact]);
        let others = desk.store.recently_viewed(&desk.other_rep, None, 10).await.unwrap();
        assert!(others.is_empty());
    }

    async fn ids_are_never_given_twice(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let saves: Vec<_> = (0..20)
            .map(|i| {
                let (store, rep) = (desk.store.clone(), desk.rep.clone());
                let fields = fields(&[("LastName", &format!("N{i}"))]);
                tokio::spawn(async move {
                    let contact = "Contact".into();
                    store.create(&rep, &contact, &fields, Strictness::Strict).await.unwrap()
                })
            })
            .collect();
        let mut ids = std::collections::BTreeSet::new();
        for save in saves {
            ids.insert(save.await.unwrap());
        }
        assert_eq!(ids.len(), 20);
    }
}
