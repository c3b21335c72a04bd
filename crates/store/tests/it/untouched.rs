//! A write that fails leaves every table as it was: compared are all rows of the database, those
//! of numbers, keys, words, bin and events among them.

use offhook_org::save::SaveErrorCode;
use offhook_org::{RecordId, UserContext, Value};
use offhook_store::StoreError;
use offhook_store::error::SaveFailure;
use offhook_store::org::{LeadConversion, Merge, Outcome, Write, WriteOptions};

use crate::databases::{TestDatabase, on_both_databases};
use crate::desk::{Desk, fields};
use crate::write::new;

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

struct Scene {
    account: RecordId,
    contact: RecordId,
    task: RecordId,
}

async fn scene(desk: &Desk) -> Scene {
    let account = desk.create(&desk.rep, "Account", &[("Name", "Acme")]).await;
    let contact = [
        ("LastName", "Smith"),
        ("Phone", "415 555 0100"),
        ("AccountId", account.as_str()),
    ];
    let contact = desk.create(&desk.rep, "Contact", &contact).await;
    let task = [
        ("Subject", "x"),
        ("Offhook_Call_Key__c", "k"),
        ("WhoId", contact.as_str()),
    ];
    let task = desk.create(&desk.rep, "Task", &task).await;
    Scene {
        account,
        contact,
        task,
    }
}

impl Scene {
    fn change(&self, id: &RecordId, values: &[(&str, &str)]) -> Write {
        Write::Update {
            id: id.clone(),
            fields: fields(values),
            lookups: Vec::new(),
        }
    }

    /// Writes that are good.
    fn good(&self, turn: usize) -> Write {
        match turn {
            0 => new("Contact", &[("LastName", "New"), ("Phone", "212 555 0101")]),
            1 => self.change(&self.account, &[("Phone", "1234567"), ("Name", "Other")]),
            2 => self.change(&self.task, &[("Status", "Completed")]),
            3 => new("Case", &[("Subject", "Pump")]),
            4 => Write::Delete {
                id: self.account.clone(),
            },
            _ => Write::Upsert {
                object: "Task".into(),
                key_field: "Offhook_Call_Key__c".into(),
                key: Value::Text("other".to_owned()),
                fields: fields(&[("Subject", "y")]),
                lookups: Vec::new(),
            },
        }
    }

    /// Writes that are refused, each at another step.
    fn bad(&self, turn: usize) -> Write {
        let nowhere = RecordId::from_serial("003", 9_999_999);
        match turn {
            0 => new("Contact", &[("FirstName", "x"), ("Phone", "212 555 0101")]),
            1 => new(
                "Contact",
                &[("LastName", "x"), ("ReportsToId", nowhere.as_str())],
            ),
            2 => new("Task", &[("Subject", "x"), ("Offhook_Call_Key__c", "K")]),
            3 => self.change(&nowhere, &[("LastName", "x")]),
            4 => Write::Delete { id: nowhere },
            5 => Write::Undelete {
                id: self.contact.clone(),
            },
            6 => Write::Purge {
                id: self.contact.clone(),
            },
            7 => self.change(&self.account, &[("Name", "")]),
            8 => new("Nonsense", &[]),
            _ => Write::Upsert {
                object: "Contact".into(),
                key_field: "LastName".into(),
                key: Value::Text("Smith".to_owned()),
                fields: fields(&[]),
                lookups: Vec::new(),
            },
        }
    }
}

async fn write(
    desk: &Desk,
    user: &UserContext,
    writes: Vec<Write>,
    all_or_none: bool,
) -> Vec<Outcome> {
    let options = WriteOptions {
        all_or_none,
        ..WriteOptions::default()
    };
    desk.store.write(user, writes, options).await.unwrap()
}

/// Tables that differ.
async fn changed_since(
    database: &TestDatabase,
    before: &std::collections::BTreeMap<String, Vec<String>>,
) -> Vec<String> {
    let after = database.dump().await;
    let differ = after
        .into_iter()
        .filter(|(table, rows)| before.get(table) != Some(rows));
    differ.map(|(table, _)| table).collect()
}

on_both_databases! {
    async fn refused_writes_change_nothing_whatever_stands_beside_them(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let scene = scene(&desk).await;
        let before = database.dump().await;
        let mut dice = Dice(7);
        for bad in 0..10 {
            let outcomes = write(&desk, &desk.rep, vec![scene.bad(bad)], false).await;
            assert!(outcomes[0].is_err(), "{bad}: {outcomes:?}");
            assert_eq!(changed_since(&database, &before).await, [""; 0], "{bad}");
            let mut writes: Vec<Write> = (0..dice.roll(6)).map(|_| scene.good(dice.roll(6))).collect();
            writes.insert(dice.roll(writes.len() + 1), scene.bad(bad));
            let outcomes = write(&desk, &desk.rep, writes, true).await;
            assert!(outcomes.iter().all(Result::is_err), "{bad}: {outcomes:?}");
            assert_eq!(changed_since(&database, &before).await, [""; 0], "{bad}");
        }
        // The good ones are good: a dump that never changes would prove nothing.
        for good in 0..6 {
            let before = database.dump().await;
            let outcomes = write(&desk, &desk.rep, vec![scene.good(good)], true).await;
            assert!(outcomes[0].is_ok(), "{good}: {outcomes:?}");
            assert_ne!(changed_since(&database, &before).await, [""; 0], "{good}");
        }
    }

    async fn refused_conversions_and_merges_change_nothing(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let scene = scene(&desk).await;
        let lead = [("LastName", "Liz"), ("Company", "Acme")];
        let lead = desk.create(&desk.rep, "Lead", &lead).await;
        let before = database.dump().await;
        let conversion = LeadConversion {
            lead,
            converted_status: None,
            account: None,
            contact: Some(scene.contact.clone()),
            opportunity: None,
            opportunity_name: None,
            without_opportunity: false,
            owner: None,
            overwrite_lead_source: false,
        };
        let refused = desk.store.convert_lead(&desk.rep, &conversion, "test").await.unwrap();
        let code = refused.unwrap_err()[0].status_code;
        assert_eq!(code, SaveErrorCode::FieldIntegrityException);
        let merge = Merge {
            master: scene.contact.clone(),
            fields: fields(&[("LastName", "")]),
            merged: vec![desk_contact(&desk).await],
        };
        let before_merge = database.dump().await;
        let refused = desk.store.merge(&desk.rep, &merge, "test").await.unwrap();
        let code = refused.unwrap_err()[0].status_code;
        assert_eq!(code, SaveErrorCode::RequiredFieldMissing);
        assert_eq!(changed_since(&database, &before_merge).await, [""; 0]);
        assert!(before_merge["org_contact"].len() > before["org_contact"].len());
        assert_eq!(before_merge["org_account"], before["org_account"]);
    }

    async fn a_record_that_somebody_else_holds_is_waited_for_and_then_refused(
        database: TestDatabase
    ) {
        let desk = Desk::new(database.open().await).await;
        let scene = scene(&desk).await;
        let before = database.dump().await;
        let hold = database.hold(&format!("org_account WHERE id = '{}'", scene.account)).await;
        let begun = std::time::Instant::now();
        let values = fields(&[("Name", "Other")]);
        let strict = offhook_org::save::Strictness::Strict;
        let refused = desk.store.update(&desk.rep, &scene.account, &values, strict, None).await;
        match refused {
            Err(SaveFailure::Refused(errors)) => {
                assert_eq!(errors[0].status_code, SaveErrorCode::UnableToLockRow);
            }
            // Where the whole database is held, nothing is known of records.
            Err(SaveFailure::Store(StoreError::Busy(_))) => {}
            other => panic!("{other:?}"),
        }
        assert!(begun.elapsed().as_secs() < 20);
        drop(hold);
        assert_eq!(changed_since(&database, &before).await, [""; 0]);
        desk.update(&desk.rep, &scene.account, &[("Name", "Other")]).await.unwrap();
    }
}

async fn desk_contact(desk: &Desk) -> RecordId {
    desk.create(&desk.rep, "Contact", &[("LastName", "Twin")])
        .await
}
