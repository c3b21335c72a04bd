//! The recycle bin: what goes there with a record, and comes back with it.

use offhook_org::save::SaveErrorCode;
use offhook_org::{RecordId, UserContext, Value};
use offhook_store::org::{Outcome, Write, WriteOptions};

use crate::databases::on_both_databases;
use crate::desk::Desk;

async fn one(desk: &Desk, user: &UserContext, write: Write) -> Outcome {
    let options = WriteOptions::default();
    let mut outcomes = desk.store.write(user, vec![write], options).await.unwrap();
    outcomes.remove(0)
}

async fn delete(desk: &Desk, user: &UserContext, id: &RecordId) -> Outcome {
    one(desk, user, Write::Delete { id: id.clone() }).await
}

async fn undelete(desk: &Desk, id: &RecordId) -> Outcome {
    one(desk, &desk.admin, Write::Undelete { id: id.clone() }).await
}

async fn purge(desk: &Desk, id: &RecordId) -> Outcome {
    one(desk, &desk.admin, Write::Purge { id: id.clone() }).await
}

fn code(outcome: &Outcome) -> SaveErrorCode {
    outcome.as_ref().unwrap_err()[0].status_code
}

/// An account with a contact, an opportunity, a case and a task of each kind.
struct Firm {
    account: RecordId,
    subsidiary: RecordId,
    contact: RecordId,
    case: RecordId,
    task: RecordId,
}

impl Firm {
    async fn new(desk: &Desk) -> Self {
        let account = desk.create(&desk.rep, "Account", &[("Name", "Acme")]).await;
        let below = [("Name", "Acme Sub"), ("ParentId", account.as_str())];
        let contact = [
            ("LastName", "Smith"),
            ("AccountId", account.as_str()),
            ("Phone", "(415) 555-0100"),
        ];
        let case = [("Subject", "Pump"), ("AccountId", account.as_str())];
        let subsidiary = desk.create(&desk.rep, "Account", &below).await;
        let contact = desk.create(&desk.rep, "Contact", &contact).await;
        let case = desk.create(&desk.admin, "Case", &case).await;
        let task = [("Subject", "Call"), ("WhoId", contact.as_str())];
        let task = desk.create(&desk.rep, "Task", &task).await;
        Self {
            account,
            subsidiary,
            contact,
            case,
            task,
        }
    }

    async fn on_the_shelf(&self, desk: &Desk) -> Vec<&'static str> {
        let mut there = Vec::new();
        for (id, name) in [
            (&self.account, "account"),
            (&self.subsidiary, "subsidiary"),
            (&self.contact, "contact"),
            (&self.case, "case"),
            (&self.task, "task"),
        ] {
            if desk.store.record(&desk.admin, id).await.unwrap().is_some() {
                there.push(name);
            }
        }
        there
    }
}

async fn found_by_number(desk: &Desk) -> usize {
    let objects = ["Contact".into()];
    let found = desk
        .store
        .search_phone(&desk.admin, "+14155550100", &objects)
        .await;
    found.unwrap().len()
}

async fn link(desk: &Desk, id: &RecordId, field: &str) -> Value {
    let record = desk.store.record(&desk.admin, id).await.unwrap().unwrap();
    record.get(field).clone()
}

on_both_databases! {
    async fn what_belongs_to_a_record_goes_and_comes_back_with_it(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let firm = Firm::new(&desk).await;
        let all = ["account", "subsidiary", "contact", "case", "task"];
        assert_eq!(firm.on_the_shelf(&desk).await, all);
        assert!(delete(&desk, &desk.rep, &firm.account).await.is_ok());
        assert_eq!(firm.on_the_shelf(&desk).await, ["subsidiary", "case"]);
        assert_eq!(link(&desk, &firm.subsidiary, "ParentId").await, Value::Null);
        assert_eq!(link(&desk, &firm.case, "AccountId").await, Value::Null);
        assert_eq!(found_by_number(&desk).await, 0);

        let alone = undelete(&desk, &firm.contact).await;
        assert_eq!(code(&alone), SaveErrorCode::UndeleteFailed);
        assert_eq!(alone.unwrap_err()[0].records, std::slice::from_ref(&firm.account));

        assert!(undelete(&desk, &firm.account).await.is_ok());
        assert_eq!(firm.on_the_shelf(&desk).await, all);
        let account = Value::Reference(firm.account.clone());
        assert_eq!(link(&desk, &firm.subsidiary, "ParentId").await, account);
        assert_eq!(link(&desk, &firm.case, "AccountId").await, account);
        assert_eq!(link(&desk, &firm.contact, "AccountId").await, account);
        assert_eq!(found_by_number(&desk).await, 1);
    }

    async fn what_was_deleted_before_stays_in_the_bin(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let firm = Firm::new(&desk).await;
        assert!(delete(&desk, &desk.rep, &firm.task).await.is_ok());
        assert!(delete(&desk, &desk.rep, &firm.account).await.is_ok());
        let other = desk.create(&desk.rep, "Account", &[("Name", "Other")]).await;
        desk.update(&desk.admin, &firm.case, &[("AccountId", other.as_str())]).await.unwrap();
        assert!(undelete(&desk, &firm.account).await.is_ok());
        assert_eq!(firm.on_the_shelf(&desk).await, ["account", "subsidiary", "contact", "case"]);
        // A link that was given meanwhile is kept.
        assert_eq!(link(&desk, &firm.case, "AccountId").await, Value::Reference(other));
        assert!(undelete(&desk, &firm.task).await.is_ok());
        assert_eq!(found_by_number(&desk).await, 1);
    }

    async fn what_is_out_of_the_bin_is_gone_for_good(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let firm = Firm::new(&desk).await;
        assert_eq!(code(&purge(&desk, &firm.account).await), SaveErrorCode::UndeleteFailed);
        assert!(delete(&desk, &desk.rep, &firm.account).await.is_ok());
        assert!(purge(&desk, &firm.account).await.is_ok());
        for id in [&firm.account, &firm.contact, &firm.task] {
            let gone = undelete(&desk, id).await;
            assert_eq!(code(&gone), SaveErrorCode::InvalidCrossReferenceKey);
        }
        assert_eq!(firm.on_the_shelf(&desk).await, ["subsidiary", "case"]);
    }

    async fn only_who_may_delete_a_record_does(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let firm = Firm::new(&desk).await;
        let refused = delete(&desk, &desk.other_rep, &firm.account).await;
        assert_eq!(code(&refused), SaveErrorCode::InsufficientAccessOrReadonly);
        let all = ["account", "subsidiary", "contact", "case", "task"];
        assert_eq!(firm.on_the_shelf(&desk).await, all);
    }
}
