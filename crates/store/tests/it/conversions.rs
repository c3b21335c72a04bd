//! Leads that become contacts, records that become one, and what follows other records.

use offhook_org::save::SaveErrorCode;
use offhook_org::{Record, RecordId, Value};
use offhook_store::org::{LeadConversion, Merge, Write, WriteOptions};

use crate::databases::on_both_databases;
use crate::desk::{Desk, fields, refusal};

async fn record(desk: &Desk, id: &RecordId) -> Option<Record> {
    desk.store.record(&desk.admin, id).await.unwrap()
}

fn link(record: &Record, field: &str) -> Option<RecordId> {
    record.get(field).as_reference().cloned()
}

fn conversion(lead: &RecordId) -> LeadConversion {
    LeadConversion {
        lead: lead.clone(),
        converted_status: None,
        account: None,
        contact: None,
        opportunity: None,
        opportunity_name: None,
        without_opportunity: false,
        owner: None,
        overwrite_lead_source: false,
    }
}

async fn new_lead(desk: &Desk) -> RecordId {
    let lead = [
        ("FirstName", "Liz"),
        ("LastName", "D'Cruz"),
        ("Company", "Pumps & Co"),
        ("Phone", "+1 415 555 0123"),
        ("Email", "liz@example.com"),
        ("Street", "1 Main St"),
        ("LeadSource", "Web"),
    ];
    desk.create(&desk.rep, "Lead", &lead).await
}

on_both_databases! {
    async fn a_lead_becomes_a_contact_of_an_account_with_an_opportunity(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let lead = new_lead(&desk).await;
        let task = [("Subject", "Call"), ("WhoId", lead.as_str())];
        let task = desk.create(&desk.rep, "Task", &task).await;
        let done = desk.store.convert_lead(&desk.rep, &conversion(&lead), "test").await;
        let done = done.unwrap().unwrap();
        let account = record(&desk, &done.account).await.unwrap();
        assert_eq!(account.text("Name"), "Pumps & Co");
        assert_eq!(account.text("BillingStreet"), "1 Main St");
        let contact = record(&desk, &done.contact).await.unwrap();
        assert_eq!(contact.text("Name"), "Liz D'Cruz");
        assert_eq!(contact.text("LeadSource"), "Web");
        assert_eq!(link(&contact, "AccountId"), Some(done.account.clone()));
        assert_eq!(link(&contact, "OwnerId"), desk.rep.user);
        let opportunity = done.opportunity.unwrap();
        assert_eq!(desk.text(&opportunity, "Name").await, "Pumps & Co-");
        let lead = record(&desk, &done.lead).await.unwrap();
        assert_eq!(lead.get("IsConverted"), &Value::Boolean(true));
        assert_eq!(lead.text("Status"), "Closed - Converted");
        assert_eq!(link(&lead, "ConvertedContactId"), Some(done.contact.clone()));
        let task = record(&desk, &task).await.unwrap();
        assert_eq!(link(&task, "WhoId"), Some(done.contact));
        assert_eq!(link(&task, "WhatId"), Some(opportunity));
        assert_eq!(link(&task, "AccountId"), Some(done.account));

        let again = desk.store.convert_lead(&desk.rep, &conversion(&lead.id), "test").await;
        let code = again.unwrap().unwrap_err()[0].status_code;
        assert_eq!(code, SaveErrorCode::CannotUpdateConvertedLead);
        let changed = desk.update(&desk.rep, &lead.id, &[("Company", "Other")]).await;
        assert_eq!(refusal(changed).0, SaveErrorCode::CannotUpdateConvertedLead);
    }

    async fn a_lead_joins_records_that_are_there_and_they_keep_what_they_have(
        database: TestDatabase
    ) {
        let desk = Desk::new(database.open().await).await;
        let lead = new_lead(&desk).await;
        let account = desk.create(&desk.rep, "Account", &[("Name", "Acme")]).await;
        let contact = [("LastName", "Cruz"), ("AccountId", account.as_str()), ("Phone", "1234567")];
        let contact = desk.create(&desk.rep, "Contact", &contact).await;
        let wanted = LeadConversion {
            account: Some(account.clone()),
            contact: Some(contact.clone()),
            without_opportunity: true,
            ..conversion(&lead)
        };
        let done = desk.store.convert_lead(&desk.rep, &wanted, "test").await.unwrap().unwrap();
        assert_eq!((done.account, done.opportunity), (account, None));
        let contact = record(&desk, &contact).await.unwrap();
        assert_eq!(contact.text("LastName"), "Cruz");
        assert_eq!(contact.text("Phone"), "1234567");
        assert_eq!(contact.text("Email"), "liz@example.com");
    }

    async fn a_refused_conversion_leaves_nothing_behind(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let lead = new_lead(&desk).await;
        let nowhere = LeadConversion {
            opportunity: Some(RecordId::from_serial("006", 999)),
            ..conversion(&lead)
        };
        let refused = desk.store.convert_lead(&desk.rep, &nowhere, "test").await.unwrap();
        assert_eq!(refused.unwrap_err()[0].status_code, SaveErrorCode::InvalidCrossReferenceKey);
        let status = LeadConversion {
            converted_status: Some("Working - Contacted".to_owned()),
            ..conversion(&lead)
        };
        let refused = desk.store.convert_lead(&desk.rep, &status, "test").await.unwrap();
        assert_eq!(refused.unwrap_err()[0].status_code, SaveErrorCode::InvalidStatus);
        let hidden = desk.store.convert_lead(&desk.other_rep, &conversion(&lead), "test").await;
        let code = hidden.unwrap().unwrap_err()[0].status_code;
        assert_eq!(code, SaveErrorCode::InvalidCrossReferenceKey);
        let found = desk.store.search_text(&desk.admin, "Pumps", &["Account".into()], 9).await;
        assert!(found.unwrap().is_empty());
        let lead = record(&desk, &lead).await.unwrap();
        assert_eq!(lead.get("IsConverted"), &Value::Boolean(false));
    }

    async fn what_hung_on_merged_records_hangs_on_the_master(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let account = async |name: &str| {
            desk.create(&desk.rep, "Account", &[("Name", name), ("Phone", "555-0100")]).await
        };
        let (master, twin, third) =
            (account("Acme").await, account("ACME").await, account("Acme Inc").await);
        let contact = [("LastName", "Smith"), ("AccountId", twin.as_str())];
        let contact = desk.create(&desk.rep, "Contact", &contact).await;
        desk.update(&desk.rep, &master, &[("ParentId", third.as_str())]).await.unwrap();
        let merge = Merge {
            master: master.clone(),
            fields: fields(&[("Industry", "Energy")]),
            merged: vec![twin.clone(), third.clone()],
        };
        let refused = desk.store.merge(&desk.other_rep, &merge, "test").await.unwrap();
        let code = refused.unwrap_err()[0].status_code;
        assert_eq!(code, SaveErrorCode::InsufficientAccessOrReadonly);
        let merged = desk.store.merge(&desk.rep, &merge, "test").await.unwrap().unwrap();
        assert_eq!(merged.updated_related, std::slice::from_ref(&contact));
        let contact = record(&desk, &contact).await.unwrap();
        assert_eq!(link(&contact, "AccountId"), Some(master.clone()));
        let kept = record(&desk, &master).await.unwrap();
        assert_eq!(kept.text("Industry"), "Energy");
        assert_eq!(kept.get("ParentId"), &Value::Null);
        assert!(record(&desk, &twin).await.is_none());
        let itself = Merge { merged: vec![master.clone()], ..merge };
        let refused = desk.store.merge(&desk.rep, &itself, "test").await.unwrap();
        assert_eq!(refused.unwrap_err()[0].status_code, SaveErrorCode::InvalidMergeRecord);
    }

    async fn an_activity_has_the_account_of_what_it_is_about(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let account = desk.create(&desk.rep, "Account", &[("Name", "Acme")]).await;
        let contact = [("LastName", "Smith"), ("AccountId", account.as_str())];
        let contact = desk.create(&desk.rep, "Contact", &contact).await;
        let other = desk.create(&desk.rep, "Account", &[("Name", "Other")]).await;
        let task = [("Subject", "Call"), ("WhoId", contact.as_str())];
        let task = desk.create(&desk.rep, "Task", &task).await;
        let account_of = async |id: &RecordId| {
            link(&record(&desk, id).await.unwrap(), "AccountId")
        };
        assert_eq!(account_of(&task).await, Some(account.clone()));
        desk.update(&desk.rep, &task, &[("WhatId", other.as_str())]).await.unwrap();
        assert_eq!(account_of(&task).await, Some(other));
        desk.update(&desk.rep, &task, &[("WhatId", ""), ("WhoId", "")]).await.unwrap();
        assert_eq!(account_of(&task).await, None);
        let done = [("Status", "Completed")];
        desk.update(&desk.rep, &task, &done).await.unwrap();
        let closed = record(&desk, &task).await.unwrap();
        assert!(matches!(closed.get("CompletedDateTime"), Value::DateTime(_)));
    }

    async fn nothing_is_given_to_a_user_who_is_not_active(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let oli = desk.other_rep.user.clone().unwrap();
        desk.update(&desk.admin, &oli, &[("IsActive", "false")]).await.unwrap();
        let given = Write::Create {
            object: "Account".into(),
            fields: fields(&[("Name", "Acme"), ("OwnerId", oli.as_str())]),
            lookups: Vec::new(),
        };
        let options = WriteOptions::default();
        let outcomes = desk.store.write(&desk.rep, vec![given], options).await.unwrap();
        let errors = outcomes[0].as_ref().unwrap_err();
        assert_eq!(errors[0].status_code, SaveErrorCode::InactiveOwnerOrUser);
    }
}
