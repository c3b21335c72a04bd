//! Many writers at the same records, in every order: nobody is refused because of the others,
//! nobody waits for ever, and what they leave behind is whole.

use std::sync::Arc;

use offhook_org::record::Fields;
use offhook_org::save::SaveErrorCode;
use offhook_org::{RecordId, Value};
use offhook_store::StoreError;
use offhook_store::org::{LeadConversion, Merge, Outcome, Write, WriteOptions};

use crate::databases::on_both_databases;
use crate::desk::{Desk, fields};
use crate::query::{ask, page};
use crate::write::new;

/// Writers at the same time, and requests of each.
const WRITERS: u64 = 12;
const REQUESTS: u64 = 14;

/// Chance that is the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, many: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(97_531);
        usize::try_from(self.0 >> 33).unwrap() % many
    }

    fn pick(&mut self, ids: &[RecordId]) -> RecordId {
        ids[self.below(ids.len())].clone()
    }
}

struct Records {
    accounts: Vec<RecordId>,
    contacts: Vec<RecordId>,
}

fn change(id: &RecordId, values: &[(&str, &str)]) -> Write {
    Write::Update {
        id: id.clone(),
        fields: fields(values),
        lookups: Vec::new(),
    }
}

/// Refusals that the others' deletions explain; that somebody else writes is none.
fn check(outcomes: &[Outcome]) {
    for errors in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        for error in errors {
            let is_explained = matches!(
                error.status_code,
                SaveErrorCode::EntityIsDeleted
                    | SaveErrorCode::InvalidCrossReferenceKey
                    | SaveErrorCode::UndeleteFailed
                    | SaveErrorCode::AllOrNoneOperationRolledBack
            );
            assert!(is_explained, "{error:?}");
        }
    }
}

/// Changes of accounts and contacts, in any order.
async fn mixed_changes(desk: &Desk, records: &Records, dice: &mut Dice) -> Result<(), StoreError> {
    let mut writes = Vec::new();
    for _ in 0..4 {
        let phone = format!("+1415555{:04}", dice.below(10_000));
        let account = dice.pick(&records.accounts);
        let contact = dice.pick(&records.contacts);
        let moved = [("Phone", phone.as_str()), ("AccountId", account.as_str())];
        match dice.below(3) {
            0 => writes.push(change(&contact, &moved)),
            1 => writes.push(change(&account, &moved[..1])),
            _ => writes.push(change(&contact, &moved[..1])),
        }
    }
    let options = WriteOptions {
        all_or_none: dice.below(2) == 0,
        ..WriteOptions::default()
    };
    check(&desk.store.write(&desk.admin, writes, options).await?);
    Ok(())
}

/// New records of several objects, in any order.
async fn new_records(desk: &Desk, records: &Records, dice: &mut Dice) -> Result<(), StoreError> {
    let account = dice.pick(&records.accounts);
    let mut writes = vec![
        new(
            "Contact",
            &[("LastName", "New"), ("AccountId", account.as_str())],
        ),
        new(
            "Case",
            &[("Subject", "New"), ("AccountId", account.as_str())],
        ),
        new("Task", &[("Subject", "New"), ("WhatId", account.as_str())]),
    ];
    let first = dice.below(3);
    writes.rotate_left(first);
    let options = WriteOptions::default();
    check(&desk.store.write(&desk.admin, writes, options).await?);
    Ok(())
}

/// An account goes to the bin with all that hangs on it, and comes back.
async fn there_and_back(desk: &Desk, records: &Records, dice: &mut Dice) -> Result<(), StoreError> {
    let id = dice.pick(&records.accounts);
    for write in [Write::Delete { id: id.clone() }, Write::Undelete { id }] {
        let options = WriteOptions::default();
        check(&desk.store.write(&desk.admin, vec![write], options).await?);
    }
    Ok(())
}

async fn merge(desk: &Desk, records: &Records, dice: &mut Dice) -> Result<(), StoreError> {
    let merge = Merge {
        master: dice.pick(&records.accounts),
        fields: Fields::new(),
        merged: vec![dice.pick(&records.accounts)],
    };
    if merge.merged[0] == merge.master {
        return Ok(());
    }
    match desk.store.merge(&desk.admin, &merge, "test").await? {
        Err(errors) => check(&[Err(errors)]),
        // The others go on with it.
        Ok(merged) => {
            let id = merged.merged[0].clone();
            let options = WriteOptions::default();
            let back = vec![Write::Undelete { id }];
            check(&desk.store.write(&desk.admin, back, options).await?);
        }
    }
    Ok(())
}

async fn convert(desk: &Desk, records: &Records, dice: &mut Dice) -> Result<(), StoreError> {
    let lead = [("LastName", "Lead"), ("Company", "Acme")];
    let lead = desk.create(&desk.admin, "Lead", &lead).await;
    let conversion = LeadConversion {
        lead,
        converted_status: None,
        account: Some(dice.pick(&records.accounts)),
        contact: None,
        opportunity: None,
        opportunity_name: None,
        without_opportunity: false,
        owner: None,
        overwrite_lead_source: false,
    };
    if let Err(errors) = desk
        .store
        .convert_lead(&desk.admin, &conversion, "test")
        .await?
    {
        check(&[Err(errors)]);
    }
    Ok(())
}

/// Several requests in one transaction, begun again where that is worth it.
async fn unit(desk: &Desk, records: &Records, dice: &mut Dice) -> Result<(), StoreError> {
    let mut writes = Vec::new();
    for _ in 0..3 {
        writes.push(change(&dice.pick(&records.contacts), &[("Title", "One")]));
        writes.push(change(&dice.pick(&records.accounts), &[("Site", "One")]));
    }
    let mut unit = desk.store.begin_writes().await?;
    'again: loop {
        for write in &writes {
            let options = WriteOptions::default();
            let written = unit.write(&desk.admin, std::slice::from_ref(write), &options);
            match written.await {
                Ok(outcomes) => check(&outcomes),
                Err(error) => match unit.begin_again().await? {
                    Some(again) => {
                        unit = again;
                        continue 'again;
                    }
                    None => return Err(error),
                },
            }
        }
        return unit.commit().await;
    }
}

async fn request(desk: &Desk, records: &Records, dice: &mut Dice) -> Result<(), StoreError> {
    match dice.below(8) {
        0 | 1 => mixed_changes(desk, records, dice).await,
        2 | 3 => new_records(desk, records, dice).await,
        4 => there_and_back(desk, records, dice).await,
        5 => merge(desk, records, dice).await,
        6 => convert(desk, records, dice).await,
        _ => unit(desk, records, dice).await,
    }
}

/// Nothing on the shelf points into the bin, and what lies in the bin can come back.
async fn check_whole(desk: &Desk) {
    for (object, field, parent) in [
        ("Contact", "AccountId", "Account"),
        ("Case", "AccountId", "Account"),
        ("Opportunity", "AccountId", "Account"),
        ("Task", "WhatId", "Account"),
    ] {
        let dangling = format!(
            "SELECT Id, {field} FROM {object} WHERE {field} != null
             AND {field} NOT IN (SELECT Id FROM {parent})"
        );
        let mut rows = ask(&desk.store, &desk.admin, &dangling).await;
        // A task may be about an opportunity too.
        rows.retain(|row| row.contains(", 001"));
        assert!(rows.is_empty(), "{object}.{field}: {rows:?}");
    }
    let bin = desk.store.recycle_bin(&desk.admin, 200).await.unwrap();
    for binned in bin.records {
        let id = binned.id;
        let back = vec![Write::Undelete { id }];
        let options = WriteOptions::default();
        let outcomes = desk.store.write(&desk.admin, back, options).await.unwrap();
        assert!(outcomes[0].is_ok(), "{outcomes:?}");
    }
}

on_both_databases! {
    async fn many_writers_at_the_same_records_all_get_through(database: TestDatabase) {
        let desk = Arc::new(Desk::new(database.open().await).await);
        let mut accounts = Vec::new();
        let mut contacts = Vec::new();
        for name in ["A", "B", "C", "D", "E"] {
            let account = desk.create(&desk.admin, "Account", &[("Name", name)]).await;
            for last in ["One", "Two"] {
                let contact = [("LastName", last), ("AccountId", account.as_str())];
                contacts.push(desk.create(&desk.admin, "Contact", &contact).await);
            }
            accounts.push(account);
        }
        let records = Arc::new(Records { accounts, contacts });
        let writers = (0..WRITERS).map(|writer| {
            let (desk, records) = (desk.clone(), records.clone());
            tokio::spawn(async move {
                let mut dice = Dice(writer * 7_919 + 17);
                for _ in 0..REQUESTS {
                    request(&desk, &records, &mut dice).await.unwrap();
                }
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.unwrap();
        }
        check_whole(&desk).await;
        let ids = page(&desk.store, &desk.admin, "SELECT COUNT() FROM Account").await;
        assert_eq!(ids.total, records.accounts.len() as u64);
    }

    async fn numbers_of_two_objects_are_taken_in_opposite_order_by_nobody_in_vain(
        database: TestDatabase
    ) {
        let desk = Desk::new(database.open().await).await;
        let (mut one, mut other) = (
            desk.store.begin_writes().await.unwrap(),
            None,
        );
        let options = WriteOptions::default();
        let account = [new("Account", &[("Name", "One")])];
        let case = [new("Case", &[("Subject", "One")])];
        one.write(&desk.admin, &account, &options).await.unwrap();
        if database.path().is_none() {
            // SQLite has one writer, so that there is no other.
            let mut second = desk.store.begin_writes().await.unwrap();
            second.write(&desk.admin, &case, &options).await.unwrap();
            second.write(&desk.admin, &account, &options).await.unwrap();
            other = Some(second);
        }
        one.write(&desk.admin, &case, &options).await.unwrap();
        one.commit().await.unwrap();
        if let Some(other) = other {
            other.commit().await.unwrap();
        }
        let cases = "SELECT CaseNumber FROM Case";
        let mut numbers = ask(&desk.store, &desk.admin, cases).await;
        let count = numbers.len();
        numbers.sort();
        numbers.dedup();
        assert_eq!(numbers.len(), count);
    }

    async fn a_record_that_gets_a_child_is_not_deleted_meanwhile(database: TestDatabase) {
        if database.path().is_some() {
            return;
        }
        let desk = Desk::new(database.open().await).await;
        let account = desk.create(&desk.admin, "Account", &[("Name", "Parent")]).await;
        let options = WriteOptions::default();
        let contact = [new("Contact", &[("LastName", "Child"), ("AccountId", account.as_str())])];
        let mut unit = desk.store.begin_writes().await.unwrap();
        unit.write(&desk.admin, &contact, &options).await.unwrap();
        // A change of the parent does not wait for the child.
        desk.update(&desk.admin, &account, &[("Site", "Here")]).await.unwrap();
        let (store, admin, id) = (desk.store.clone(), desk.admin.clone(), account.clone());
        let deletion = tokio::spawn(async move { store.delete(&admin, &id).await });
        tokio::task::yield_now().await;
        unit.commit().await.unwrap();
        deletion.await.unwrap().unwrap();
        let left = page(&desk.store, &desk.admin, "SELECT COUNT() FROM Contact").await;
        assert_eq!(left.total, 0);
    }

    async fn of_two_writers_the_last_wins_unless_it_says_what_it_had_read(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let id = desk.create(&desk.admin, "Account", &[("Name", "Old"), ("Site", "Old")]).await;
        let read = desk.store.record(&desk.admin, &id).await.unwrap().unwrap();
        let Value::DateTime(read_ms) = *read.get("LastModifiedDate") else {
            panic!("a record knows when it was changed");
        };
        let write = async |values: &[(&str, &str)], unchanged_since| {
            let options = WriteOptions { unchanged_since, ..WriteOptions::default() };
            let outcomes = desk.store.write(&desk.rep, vec![change(&id, values)], options).await;
            outcomes.unwrap().remove(0)
        };
        desk.update(&desk.admin, &id, &[("Name", "First")]).await.unwrap();
        assert!(desk.store.write(&desk.admin, vec![change(&id, &[("Name", "Second")])],
            WriteOptions::default()).await.unwrap()[0].is_ok());
        assert_eq!(desk.text(&id, "Name").await, "Second");
        // Fields that the second did not name are as the first left them.
        assert_eq!(desk.text(&id, "Site").await, "Old");
        let refused = write(&[("Name", "Third")], Some(read_ms - 1)).await;
        let code = refused.unwrap_err()[0].status_code;
        assert!(matches!(code, SaveErrorCode::EntityFailedIflastmodifiedOnUpdate
            | SaveErrorCode::InvalidCrossReferenceKey), "{code:?}");
        let options = WriteOptions { unchanged_since: Some(read_ms - 1), ..WriteOptions::default() };
        let stale = desk.store.write(&desk.admin, vec![change(&id, &[("Name", "Third")])], options);
        let stale = stale.await.unwrap().remove(0).unwrap_err();
        assert_eq!(stale[0].status_code, SaveErrorCode::EntityFailedIflastmodifiedOnUpdate);
        assert_eq!(desk.text(&id, "Name").await, "Second");
    }
}
