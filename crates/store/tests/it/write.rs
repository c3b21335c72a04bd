//! The one gate for every write: many records in one request, each with its own answer.

use offhook_org::record::Fields;
use offhook_org::save::{SaveError, SaveErrorCode};
use offhook_org::{RecordId, UserContext, Value};
use offhook_store::org::{Lookup, Outcome, Write, WriteOptions, Written};

use crate::databases::on_both_databases;
use crate::desk::{Desk, fields};

pub(crate) fn new(object: &str, values: &[(&str, &str)]) -> Write {
    Write::Create {
        object: object.into(),
        fields: fields(values),
        lookups: Vec::new(),
    }
}

fn change(id: &RecordId, values: &[(&str, &str)]) -> Write {
    Write::Update {
        id: id.clone(),
        fields: fields(values),
        lookups: Vec::new(),
    }
}

fn upsert(object: &str, key_field: &str, key: Value, values: &[(&str, &str)]) -> Write {
    Write::Upsert {
        object: object.into(),
        key_field: key_field.into(),
        key,
        fields: fields(values),
        lookups: Vec::new(),
    }
}

fn all_or_none() -> WriteOptions {
    WriteOptions {
        all_or_none: true,
        ..WriteOptions::default()
    }
}

async fn write(desk: &Desk, user: &UserContext, writes: Vec<Write>) -> Vec<Outcome> {
    let options = WriteOptions::default();
    desk.store.write(user, writes, options).await.unwrap()
}

/// The codes of the first refusals; `None` for what was written.
fn codes(outcomes: &[Outcome]) -> Vec<Option<SaveErrorCode>> {
    let code = |errors: &Vec<SaveError>| errors[0].status_code;
    let codes = outcomes.iter().map(|o| o.as_ref().err().map(code));
    codes.collect()
}

on_both_databases! {
    async fn a_refused_record_takes_no_other_with_it(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let outcomes = write(&desk, &desk.rep, vec![
            new("Account", &[("Name", "One")]),
            new("Account", &[("Phone", "1")]),
            new("account", &[("Name", "Two"), ("Nonsense", "x")]),
            new("Nonsense", &[("Name", "x")]),
            new("Contact", &[("LastName", "Three")]),
        ])
        .await;
        assert_eq!(codes(&outcomes), [
            None,
            Some(SaveErrorCode::RequiredFieldMissing),
            Some(SaveErrorCode::InvalidField),
            Some(SaveErrorCode::InvalidType),
            None,
        ]);
        let missing = &outcomes[1].as_ref().unwrap_err()[0];
        assert_eq!(missing.message, "Required fields are missing: [Name]");
        let unknown = &outcomes[2].as_ref().unwrap_err()[0];
        assert_eq!(unknown.message, "No such column 'Nonsense' on sobject of type Account");
        let one = outcomes[0].as_ref().unwrap();
        assert!(one.created);
        assert_eq!(desk.text(&one.id, "Name").await, "One");
    }

    async fn all_or_none_takes_everything_back(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let account = desk.create(&desk.rep, "Account", &[("Name", "Acme")]).await;
        let writes = vec![
            change(&account, &[("Name", "Other")]),
            new("Contact", &[("LastName", "Smith")]),
            new("Contact", &[("FirstName", "Ann")]),
            Write::Delete { id: account.clone() },
        ];
        let outcomes = desk.store.write(&desk.rep, writes, all_or_none()).await.unwrap();
        let rolled_back = Some(SaveErrorCode::AllOrNoneOperationRolledBack);
        let missing = Some(SaveErrorCode::RequiredFieldMissing);
        assert_eq!(codes(&outcomes), [rolled_back, rolled_back, missing, rolled_back]);
        assert_eq!(desk.text(&account, "Name").await, "Acme");
        let found = desk.store.search_text(&desk.rep, "Smith", &["Contact".into()], 9).await;
        assert!(found.unwrap().is_empty());
    }

    async fn an_upsert_makes_a_record_once_and_then_changes_it(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let key = || Value::Text("Key-1".to_owned());
        let put = |subject: &str| {
            upsert("Task", "Offhook_Call_Key__c", key(), &[("Subject", subject)])
        };
        let first = write(&desk, &desk.rep, vec![put("a"), put("b")]).await;
        let made = first[0].as_ref().unwrap().clone();
        assert!(made.created);
        assert_eq!(first[1], Ok(Written { created: false, ..made.clone() }));
        assert_eq!(desk.text(&made.id, "Subject").await, "b");
        let task = upsert("Task", "Id", Value::Text(made.id.to_string()), &[("Subject", "c")]);
        let by_id = write(&desk, &desk.rep, vec![
            task,
            upsert("Task", "id", Value::Null, &[("Subject", "d")]),
            upsert("Task", "Subject", key(), &[]),
            upsert("Task", "Offhook_Call_Key__c", Value::Null, &[]),
            upsert("Task", "Id", Value::Text("nonsense".to_owned()), &[]),
        ])
        .await;
        assert_eq!(codes(&by_id), [
            None,
            None,
            Some(SaveErrorCode::InvalidField),
            Some(SaveErrorCode::MissingArgument),
            Some(SaveErrorCode::MalformedId),
        ]);
        assert_eq!(desk.text(&made.id, "Subject").await, "c");
        assert!(by_id[1].as_ref().unwrap().created);
    }

    async fn a_value_that_must_be_unique_names_the_record_that_has_it(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let keyed = |key: &str| new("Task", &[("Subject", "x"), ("Offhook_Call_Key__c", key)]);
        let outcomes = write(&desk, &desk.rep, vec![keyed("k1"), keyed("k2"), keyed("K1")]).await;
        let taken = Some(SaveErrorCode::DuplicateValue);
        assert_eq!(codes(&outcomes), [None, None, taken]);
        let first = &outcomes[0].as_ref().unwrap().id;
        let again = write(&desk, &desk.rep, vec![keyed("k1")]).await;
        let error = &again[0].as_ref().unwrap_err()[0];
        assert!(error.message.starts_with(&format!(
            "duplicate value found: Offhook_Call_Key__c duplicates value on record with id: {first}"
        )));
        assert_eq!(error.records, std::slice::from_ref(first));
    }

    async fn a_reference_may_be_given_by_another_key(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let lookup = |user: &str| Lookup {
            field: "OwnerId".into(),
            object: Some("User".into()),
            key_field: "Username".into(),
            key: Value::Text(user.to_owned()),
        };
        let write_with = |user: &str| Write::Create {
            object: "Task".into(),
            fields: fields(&[("Subject", "x")]),
            lookups: vec![lookup(user)],
        };
        let writes = vec![write_with("OLI@example.com"), write_with("nobody@example.com")];
        let outcomes = write(&desk, &desk.admin, writes).await;
        let made = outcomes[0].as_ref().unwrap();
        let task = desk.store.record(&desk.admin, &made.id).await.unwrap().unwrap();
        assert_eq!(task.get("OwnerId").as_reference(), desk.other_rep.user.as_ref());
        let error = &outcomes[1].as_ref().unwrap_err()[0];
        assert_eq!(error.status_code, SaveErrorCode::InvalidField);
        assert!(error.message.starts_with(
            "Foreign key external ID: nobody@example.com not found for field Username in entity \
             User"
        ));
    }

    async fn a_deleted_record_is_deleted_and_not_merely_unknown(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let id = desk.create(&desk.rep, "Account", &[("Name", "Acme")]).await;
        let delete = || vec![Write::Delete { id: id.clone() }];
        let undelete = || vec![Write::Undelete { id: id.clone() }];
        assert_eq!(codes(&write(&desk, &desk.rep, delete()).await), [None]);
        let deleted = [Some(SaveErrorCode::EntityIsDeleted)];
        assert_eq!(codes(&write(&desk, &desk.rep, delete()).await), deleted);
        let update = vec![change(&id, &[("Name", "x")])];
        assert_eq!(codes(&write(&desk, &desk.rep, update).await), deleted);
        assert_eq!(codes(&write(&desk, &desk.rep, undelete()).await), [None]);
        let again = [Some(SaveErrorCode::UndeleteFailed)];
        assert_eq!(codes(&write(&desk, &desk.rep, undelete()).await), again);
        let nowhere = Write::Delete { id: RecordId::from_serial("001", 999_999) };
        let unknown = [Some(SaveErrorCode::InvalidCrossReferenceKey)];
        assert_eq!(codes(&write(&desk, &desk.rep, vec![nowhere]).await), unknown);
    }

    async fn writers_at_the_same_time_each_get_their_own_answer(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let account = desk.create(&desk.rep, "Account", &[("Name", "Acme")]).await;
        let mut running = Vec::new();
        for number in 0..60 {
            let (store, user, account) = (desk.store.clone(), desk.rep.clone(), account.clone());
            running.push(tokio::spawn(async move {
                let city = format!("City {number}");
                let writes = match number % 3 {
                    0 => vec![new("Contact", &[("LastName", &city)])],
                    1 => vec![new("Contact", &[("FirstName", &city)])],
                    _ => vec![change(&account, &[(["Phone", "Fax"][number % 2], &city)])],
                };
                store.write(&user, writes, WriteOptions::default()).await.unwrap()
            }));
        }
        for (number, task) in running.into_iter().enumerate() {
            let outcomes = task.await.unwrap();
            assert_eq!(outcomes[0].is_ok(), number % 3 != 1, "{outcomes:?}");
        }
        // Two writers of different fields: neither undoes the other.
        assert!(desk.text(&account, "Phone").await.starts_with("City "));
        assert!(desk.text(&account, "Fax").await.starts_with("City "));
        let made = desk.store.search_text(&desk.rep, "City", &["Contact".into()], 100).await;
        assert_eq!(made.unwrap().len(), 20);
    }

    async fn many_records_are_one_request(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let contact = |n: usize| {
            let (name, phone) = (format!("N{n}"), format!("+1 415 555 {n:04}"));
            new("Contact", &[("LastName", &name), ("Phone", &phone)])
        };
        let outcomes = write(&desk, &desk.rep, (0..1_500).map(contact).collect()).await;
        let ids: std::collections::BTreeSet<_> =
            outcomes.iter().map(|o| o.as_ref().unwrap().id.clone()).collect();
        assert_eq!(ids.len(), 1_500);
        let found = desk.store.search_phone(&desk.rep, "(415) 555-1499", &["Contact".into()]).await;
        assert_eq!(found.unwrap()[0].record.text("LastName"), "N1499");
        let nothing = write(&desk, &desk.rep, Vec::new()).await;
        assert!(nothing.is_empty());
        let empty = Fields::new();
        let none = Write::Update { id: ids.first().unwrap().clone(), fields: empty, lookups: vec![] };
        assert_eq!(codes(&write(&desk, &desk.rep, vec![none]).await), [None]);
    }
}
