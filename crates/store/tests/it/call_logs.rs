//! The Task of a call: one for each key, in whatever order and by whomever it is saved.

use offhook_calls::{AgentId, CallId, CallState, LogKey};
use offhook_org::record::Fields;
use offhook_org::save::SaveErrorCode;
use offhook_org::{Record, RecordId, UserContext, Value};
use offhook_store::calls::{Durable, LoggedTask};
use offhook_store::error::SaveFailure;
use offhook_store::org::ListQuery;

use crate::calls::{call, log};
use crate::databases::on_both_databases;
use crate::desk::{Desk, fields, refusal, rights_of};

fn key_of(user: &UserContext, call: &str) -> LogKey {
    LogKey {
        call: CallId::new(call),
        agent: AgentId::new(user.user.as_ref().unwrap().as_str()),
    }
}

/// What the softphone's page sends.
fn page_fields(values: &[(&str, &str)]) -> Fields {
    let mut sent = fields(&[("Subject", "Call with Ann"), ("Status", "Completed")]);
    sent.extend(fields(values));
    sent
}

/// What the server knows of the call by itself.
fn server_fields(owner: &UserContext) -> Fields {
    fields(&[
        ("Subject", "Call"),
        ("Status", "Completed"),
        ("CallType", "Inbound"),
        ("CallDurationInSeconds", "12"),
        ("CallDisposition", "Not set"),
        ("CallObject", "01A"),
        ("OwnerId", owner.user.as_ref().unwrap().as_str()),
    ])
}

async fn by_page(desk: &Desk, key: &LogKey, fields: &Fields) -> LoggedTask {
    desk.store
        .save_call_log(&desk.rep, key, fields, true)
        .await
        .unwrap()
}

async fn by_server(desk: &Desk, key: &LogKey, fields: &Fields) -> LoggedTask {
    let system = UserContext::system();
    desk.store
        .save_call_log(&system, key, fields, false)
        .await
        .unwrap()
}

async fn tasks(desk: &Desk) -> Vec<Record> {
    let query = ListQuery {
        object: "Task".into(),
        filters: Vec::new(),
        order: None,
        offset: 0,
        limit: 200,
    };
    desk.store.list(&desk.admin, &query).await.unwrap().records
}

on_both_databases! {
    async fn a_save_by_the_page_writes_task_call_row_and_outbox_together(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let store = &desk.store;
        let key = key_of(&desk.rep, "01A");
        let contact = desk.create(&desk.rep, "Contact", &[("LastName", "Ann")]).await;
        let row = call("01A", 3, CallState::WrapUp);
        let entry = log(&row, key.agent.as_str());
        let batch = [Durable::Call(Box::new(row.clone())), Durable::Log(Box::new(entry))];
        store.commit(&batch).await.unwrap();
        assert_eq!(store.logged_task(&key).await.unwrap(), None);

        let sent = page_fields(&[("WhoId", contact.as_str()), ("CallDisposition", "Connected")]);
        let logged = by_page(&desk, &key, &sent).await;
        assert!(logged.created);
        assert_eq!(store.logged_task(&key).await.unwrap().as_ref(), Some(&logged.task));
        assert!(store.due_logs(i64::MAX, 10).await.unwrap().is_empty());
        let stored = store.call(&key.call).await.unwrap().unwrap();
        assert_eq!(stored.task.as_deref(), Some(logged.task.as_str()));
        let task = store.record(&desk.rep, &logged.task).await.unwrap().unwrap();
        assert_eq!(task.text("Offhook_Call_Key__c"), key.to_string());
        assert_eq!(task.get("WhoId"), &Value::Reference(contact.clone()));
        assert_eq!(task.get("IsClosed"), &Value::Boolean(true));
        assert_eq!(task.get("CreatedById").as_reference(), desk.rep.user.as_ref());
        assert_eq!(store.timeline(&desk.rep, &contact, 10).await.unwrap().len(), 1);

        // The switchboard's own next row does not forget the Task.
        let mut closed = row;
        (closed.version, closed.state) = (4, CallState::Closed);
        store.commit(&[Durable::Call(Box::new(closed))]).await.unwrap();
        let stored = store.call(&key.call).await.unwrap().unwrap();
        assert_eq!(stored.task.as_deref(), Some(logged.task.as_str()));
    }

    async fn page_and_server_in_either_order_make_one_task(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let page = page_fields(&[("CallDisposition", "Connected"), ("Description", "nice")]);
        for (call, page_first) in [("01A", true), ("01B", false)] {
            let key = key_of(&desk.rep, call);
            let server = server_fields(&desk.rep);
            let (first, second) = match page_first {
                true => {
                    let first = by_page(&desk, &key, &page).await;
                    (first, by_server(&desk, &key, &server).await)
                }
                false => {
                    let first = by_server(&desk, &key, &server).await;
                    (first, by_page(&desk, &key, &page).await)
                }
            };
            assert!(first.created && !second.created);
            assert_eq!(first.task, second.task);
            let task = desk.store.record(&desk.rep, &first.task).await.unwrap().unwrap();
            assert_eq!(task.text("Subject"), "Call with Ann");
            assert_eq!(task.text("CallDisposition"), "Connected");
            assert_eq!(task.text("Description"), "nice");
            assert_eq!(task.get("CallDurationInSeconds"), &Value::Integer(12));
            assert_eq!(task.get("CreatedById").as_reference(), desk.rep.user.as_ref());
        }
        assert_eq!(tasks(&desk).await.len(), 2);
    }

    async fn many_saves_of_one_key_at_once_make_one_task(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let mut saved = Vec::new();
        for round in 0..5 {
            let key = key_of(&desk.rep, &format!("01{round}"));
            let saves: Vec<_> = (0..8)
                .map(|i| {
                    let (store, key, is_page) = (desk.store.clone(), key.clone(), i % 2 == 0);
                    let user = if is_page { desk.rep.clone() } else { UserContext::system() };
                    let sent = if is_page { page_fields(&[]) } else { server_fields(&desk.rep) };
                    tokio::spawn(async move {
                        store.save_call_log(&user, &key, &sent, is_page).await.unwrap()
                    })
                })
                .collect();
            let mut outcomes = Vec::new();
            for save in saves {
                outcomes.push(save.await.unwrap());
            }
            assert_eq!(outcomes.iter().filter(|o| o.created).count(), 1, "{outcomes:?}");
            assert!(outcomes.iter().all(|o| o.task == outcomes[0].task), "{outcomes:?}");
            saved.push(outcomes[0].task.clone());
        }
        assert_eq!(tasks(&desk).await.len(), saved.len());
    }

    async fn a_link_to_a_record_that_is_gone_is_dropped_and_noted_once(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let contact = desk.create(&desk.rep, "Contact", &[("LastName", "Ann")]).await;
        let account = desk.create(&desk.rep, "Account", &[("Name", "Acme")]).await;
        let hidden = [("LastName", "Liz"), ("Company", "Acme")];
        let hidden = desk.create(&desk.other_rep, "Lead", &hidden).await;
        desk.store.delete(&desk.rep, &contact).await.unwrap();
        let never = RecordId::from_serial("003", 999);
        let wrong = desk.create(&desk.rep, "Account", &[("Name", "Nobody")]).await;
        let gone = [contact.as_str(), hidden.as_str(), never.as_str(), wrong.as_str(), "Ann"];
        for (call, gone) in ["01A", "01B", "01C", "01D", "01E"].iter().zip(gone) {
            let key = key_of(&desk.rep, call);
            let sent = page_fields(&[
                ("WhoId", gone),
                ("WhatId", account.as_str()),
                ("Description", "asked for prices"),
            ]);
            let logged = by_page(&desk, &key, &sent).await;
            by_page(&desk, &key, &sent).await;
            let task = desk.store.record(&desk.rep, &logged.task).await.unwrap().unwrap();
            assert_eq!(task.get("WhoId"), &Value::Null);
            assert_eq!(task.get("WhatId"), &Value::Reference(account.clone()));
            let notes = task.text("Description");
            assert!(notes.starts_with("asked for prices\n"), "{notes}");
            assert_eq!(notes.matches(gone).count(), 1, "{notes}");
        }
    }

    async fn a_page_logs_its_own_users_calls_only(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let key = key_of(&desk.rep, "01A");
        for user in [&desk.other_rep, &desk.admin, &UserContext::system()] {
            let outcome = desk.store.save_call_log(user, &key, &page_fields(&[]), true).await;
            assert_eq!(refusal(outcome).0, SaveErrorCode::InsufficientAccessOrReadonly);
        }
        assert!(tasks(&desk).await.is_empty());
    }

    async fn the_servers_log_needs_no_rights_of_the_rep(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let mut bare = desk.rep.clone();
        rights_of(&mut bare).permissions.clear();
        let key = key_of(&desk.rep, "01A");
        let by_page = desk.store.save_call_log(&bare, &key, &page_fields(&[]), true).await;
        assert_eq!(refusal(by_page).0, SaveErrorCode::InsufficientAccessOrReadonly);
        let without_owner = fields(&[("Subject", "Call"), ("Status", "Completed")]);
        let logged = desk.store.save_call_log(&bare, &key, &without_owner, false).await.unwrap();
        let task = desk.store.record(&desk.admin, &logged.task).await.unwrap().unwrap();
        assert_eq!(task.get("OwnerId").as_reference(), desk.rep.user.as_ref());
        assert_eq!(task.get("CreatedById").as_reference(), desk.rep.user.as_ref());
    }

    async fn a_hidden_or_unknown_field_does_not_stop_the_log(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let hidden = ["Task.Type", "Task.CallDisposition", "Task.Description", "Task.WhoId"];
        let mut rep = desk.rep.clone();
        rights_of(&mut rep).hide(&hidden);
        let key = key_of(&rep, "01A");
        let sent = page_fields(&[
            ("Type", "Call"),
            ("CallDisposition", "Connected"),
            ("Description", "notes"),
            ("Vendor_Field__c", "x"),
        ]);
        let logged = desk.store.save_call_log(&rep, &key, &sent, true).await.unwrap();
        assert_eq!(desk.text(&logged.task, "Subject").await, "Call with Ann");
        assert_eq!(desk.text(&logged.task, "Type").await, "");
    }

    async fn a_task_that_a_person_deleted_is_not_made_again(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let key = key_of(&desk.rep, "01A");
        let first = by_page(&desk, &key, &page_fields(&[])).await;
        desk.store.delete(&desk.rep, &first.task).await.unwrap();
        let row = call("01A", 1, CallState::WrapUp);
        let entry = log(&row, key.agent.as_str());
        desk.store.commit(&[Durable::Log(Box::new(entry))]).await.unwrap();
        let again = by_server(&desk, &key, &server_fields(&desk.rep)).await;
        assert_eq!(again, LoggedTask { task: first.task.clone(), created: false });
        assert!(tasks(&desk).await.is_empty());
        assert!(desk.store.due_logs(i64::MAX, 10).await.unwrap().is_empty());
        assert_eq!(desk.store.logged_task(&key).await.unwrap(), Some(first.task));
    }

    async fn a_refused_log_changes_nothing_and_can_be_sent_again(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let key = key_of(&desk.rep, "01A");
        let entry = log(&call("01A", 1, CallState::WrapUp), key.agent.as_str());
        desk.store.commit(&[Durable::Log(Box::new(entry.clone()))]).await.unwrap();
        let bad = page_fields(&[("CallType", "Sideways")]);
        let outcome = desk.store.save_call_log(&UserContext::system(), &key, &bad, false).await;
        let Err(SaveFailure::Refused(errors)) = outcome else { panic!("{outcome:?}") };
        desk.store.postpone_log(&key, &errors[0].message, None).await.unwrap();
        assert!(tasks(&desk).await.is_empty());
        assert_eq!(desk.store.parked_logs().await.unwrap().len(), 1);

        by_server(&desk, &key, &server_fields(&desk.rep)).await;
        assert!(desk.store.parked_logs().await.unwrap().is_empty());
        desk.store.resend_log(&key).await.unwrap();
        desk.store.postpone_log(&key, "too late", Some(0)).await.unwrap();
        assert!(desk.store.due_logs(i64::MAX, 10).await.unwrap().is_empty());
    }

    async fn each_rep_of_a_call_has_a_log(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        for user in [&desk.rep, &desk.other_rep] {
            let key = key_of(user, "01A");
            let logged = desk.store.save_call_log(user, &key, &page_fields(&[]), true).await;
            assert!(logged.unwrap().created);
        }
        assert_eq!(tasks(&desk).await.len(), 2);
    }
}
