//! Accounts that are people: made, found, changed, deleted, merged and converted together with
//! the contact that follows them.

use offhook_calls::{AgentId, CallId, LogKey};
use offhook_org::save::SaveErrorCode;
use offhook_org::schema::{Field, FieldKind, SharingDefault};
use offhook_org::{Record, RecordId, UserContext, Value};
use offhook_store::error::SaveFailure;
use offhook_store::org::metadata::VisibleTo;
use offhook_store::org::{LeadConversion, Merge};

use crate::databases::on_both_databases;
use crate::desk::{Desk, context, fields, refusal};

/// A desk in an org with person accounts; contexts are read anew.
async fn desk(store: offhook_store::Store) -> Desk {
    let mut desk = Desk::new(store).await;
    desk.store
        .switch_person_accounts(&desk.admin, true)
        .await
        .unwrap();
    for user in [
        &mut desk.admin,
        &mut desk.manager,
        &mut desk.rep,
        &mut desk.other_rep,
        &mut desk.agent,
    ] {
        *user = context(&desk.store, user.user.as_ref().unwrap()).await;
    }
    desk
}

async fn record(desk: &Desk, id: &RecordId) -> Option<Record> {
    desk.store.record(&desk.admin, id).await.unwrap()
}

fn link(record: &Record, field: &str) -> RecordId {
    record.get(field).as_reference().cloned().unwrap()
}

async fn ann(desk: &Desk) -> (RecordId, RecordId) {
    let ann = [
        ("FirstName", "Ann"),
        ("LastName", "Ito"),
        ("PersonEmail", "ann@example.com"),
        ("PersonMobilePhone", "+1 415 555 0177"),
        ("Phone", "+1 415 555 0178"),
    ];
    let account = desk.create(&desk.rep, "Account", &ann).await;
    let contact = link(&record(desk, &account).await.unwrap(), "PersonContactId");
    (account, contact)
}

async fn count(desk: &Desk, user: &UserContext, soql: &str) -> usize {
    let page = desk.store.query(user, soql, crate::query::options()).await;
    page.unwrap().rows.len()
}

on_both_databases! {
    async fn a_person_is_an_account_with_a_contact_that_says_the_same(database: TestDatabase) {
        let desk = desk(database.open().await).await;
        let (account, contact) = ann(&desk).await;
        let person = record(&desk, &account).await.unwrap();
        assert_eq!(person.get("IsPersonAccount"), &Value::Boolean(true));
        assert_eq!(person.text("Name"), "Ann Ito");
        assert!(person.get("RecordTypeId").as_reference().is_some());
        let says = record(&desk, &contact).await.unwrap();
        assert_eq!(says.get("IsPersonAccount"), &Value::Boolean(true));
        assert_eq!(link(&says, "AccountId"), account);
        assert_eq!(link(&says, "OwnerId"), desk.rep.user.clone().unwrap());
        assert_eq!(link(&says, "CreatedById"), desk.rep.user.clone().unwrap());
        assert_eq!((says.text("Name"), says.text("Email")), ("Ann Ito", "ann@example.com"));
        assert_eq!(says.text("Phone"), "+1 415 555 0178");

        let changes = [("LastName", "Sato"), ("PersonEmail", ""), ("Phone", "+1 415 555 0179")];
        desk.update(&desk.rep, &account, &changes).await.unwrap();
        assert_eq!(desk.text(&account, "Name").await, "Ann Sato");
        let says = record(&desk, &contact).await.unwrap();
        assert_eq!((says.text("Name"), says.text("Email")), ("Ann Sato", ""));
        assert_eq!(says.text("Phone"), "+1 415 555 0179");
        let owner = desk.manager.user.as_ref().unwrap();
        desk.update(&desk.rep, &account, &[("OwnerId", owner.as_str())]).await.unwrap();
        assert_eq!(link(&record(&desk, &contact).await.unwrap(), "OwnerId"), *owner);

        let soql = "SELECT Id, PersonContact.Email, PersonContactId FROM Account
                    WHERE IsPersonAccount = true AND LastName = 'sato'";
        assert_eq!(count(&desk, &desk.rep, soql).await, 1);
        let soql = "SELECT Id FROM Contact WHERE IsPersonAccount = true
                    AND Account.IsPersonAccount = true";
        assert_eq!(count(&desk, &desk.rep, soql).await, 1);
        desk.create(&desk.rep, "Account", &[("Name", "Acme")]).await;
        let soql = "SELECT Id FROM Account WHERE IsPersonAccount = false";
        assert_eq!(count(&desk, &desk.rep, soql).await, 1);
    }

    async fn the_contact_of_a_person_is_changed_and_deleted_only_through_the_account(
        database: TestDatabase
    ) {
        let desk = desk(database.open().await).await;
        let (account, contact) = ann(&desk).await;
        let code = SaveErrorCode::InvalidPersonAccountOperation;
        let changed = desk.update(&desk.admin, &contact, &[("Title", "Dr.")]).await;
        assert_eq!(refusal(changed).0, code);
        let deleted = desk.store.delete(&desk.admin, &contact).await;
        assert_eq!(refusal(deleted).0, code);
        let second = [("LastName", "Other"), ("AccountId", account.as_str())];
        let second = desk.try_create(&desk.admin, "Contact", &second).await;
        assert_eq!(refusal(second), (code, vec!["AccountId".to_owned()]));
        let child = [("Name", "Acme"), ("ParentId", account.as_str())];
        let child = desk.try_create(&desk.admin, "Account", &child).await;
        assert_eq!(refusal(child).0, code);

        desk.store.delete(&desk.rep, &account).await.unwrap();
        assert!(record(&desk, &contact).await.is_none());
        desk.store.restore(&desk.rep, &account).await.unwrap();
        assert_eq!(desk.text(&contact, "Email").await, "ann@example.com");
        assert_eq!(link(&record(&desk, &account).await.unwrap(), "PersonContactId"), contact);
        desk.update(&desk.rep, &account, &[("PersonTitle", "Dr.")]).await.unwrap();
        assert_eq!(desk.text(&contact, "Title").await, "Dr.");
    }

    async fn a_call_and_a_text_find_a_person_once(database: TestDatabase) {
        let desk = desk(database.open().await).await;
        let (account, contact) = ann(&desk).await;
        let both = ["Contact".into(), "Account".into()];
        for number in ["(415) 555-0177", "+14155550178"] {
            let hits = desk.store.search_phone(&desk.rep, number, &both).await.unwrap();
            let found: Vec<&RecordId> = hits.iter().map(|hit| &hit.record.id).collect();
            assert_eq!(found, [&account]);
        }
        let hits = desk.store.search_phone(&desk.rep, "4155550177", &["Contact".into()]).await;
        assert_eq!(hits.unwrap()[0].record.id, contact);
        let found = desk.store.search_text(&desk.rep, "Ito", &both, 9).await.unwrap();
        assert_eq!(found.iter().map(|r| &r.id).collect::<Vec<_>>(), [&account]);
        let task = [("Subject", "Call"), ("WhoId", contact.as_str())];
        let task = desk.create(&desk.rep, "Task", &task).await;
        assert_eq!(link(&record(&desk, &task).await.unwrap(), "AccountId"), account);
    }

    async fn fields_of_persons_follow_the_rights_to_the_fields_of_contacts(
        database: TestDatabase
    ) {
        let desk = desk(database.open().await).await;
        let (account, _) = ann(&desk).await;
        let mut blind = desk.rep.clone();
        let mut rights = offhook_org::access::Rights::default();
        rights.add(&blind.rights);
        rights.hide(&["Contact.Email"]);
        blind.rights = std::sync::Arc::new(rights.with_open_fields(&desk.store.schema()));
        let seen = desk.store.record(&blind, &account).await.unwrap().unwrap();
        assert_eq!(seen.text("PersonEmail"), "");
        assert_eq!(seen.text("PersonMobilePhone"), "+1 415 555 0177");
        let by_mail = "SELECT Id FROM Account WHERE PersonEmail = 'ann@example.com'";
        assert!(desk.store.query(&blind, by_mail, crate::query::options()).await.is_err());
        let both = ["Contact".into(), "Account".into()];
        let found = desk.store.search_text(&blind, "ann@example.com", &both, 9).await.unwrap();
        assert!(found.is_empty());
        let written = desk.update(&blind, &account, &[("PersonEmail", "x@example.com")]).await;
        assert!(written.is_err());
        let rows = [("ParentId", "0PS000000000001"), ("SobjectType", "Account"),
            ("Field", "Account.PersonEmail"), ("PermissionsRead", "true")];
        assert!(desk.try_create(&desk.admin, "FieldPermissions", &rows).await.is_err());
    }

    async fn custom_fields_of_contacts_are_fields_of_persons(database: TestDatabase) {
        let desk = desk(database.open().await).await;
        let mut level = Field::new("Level__c", "Level", FieldKind::Text);
        level.length_max = 20;
        level.unique = true;
        let (store, contact_object) = (&desk.store, "Contact".into());
        let made = store
            .create_field(&desk.admin, &contact_object, level, &VisibleTo::Everyone)
            .await;
        made.unwrap();
        let admin = context(store, desk.admin.user.as_ref().unwrap()).await;
        let gold = [("LastName", "Ito"), ("Level__pc", "Gold")];
        let account = desk.create(&admin, "Account", &gold).await;
        let contact = link(&record(&desk, &account).await.unwrap(), "PersonContactId");
        let says = store.record(&admin, &contact).await.unwrap().unwrap();
        assert_eq!(says.text("Level__c"), "Gold");
        let twice = desk.try_create(&admin, "Account", &gold).await;
        let told = (SaveErrorCode::DuplicateValue, vec!["Level__pc".to_owned()]);
        assert_eq!(refusal(twice), told);
        let soql = "SELECT Id FROM Account WHERE Level__pc = 'Gold'";
        assert_eq!(count(&desk, &admin, soql).await, 1);

        store.delete_field(&admin, &contact_object, &"Level__c".into()).await.unwrap();
        assert!(store.schema().object("Account").unwrap().field("Level__pc").is_none());
        let deleted = store.deleted_metadata().await.unwrap();
        store.restore_metadata(&admin, deleted[0].id).await.unwrap();
        let admin = context(store, desk.admin.user.as_ref().unwrap()).await;
        assert_eq!(count(&desk, &admin, soql).await, 1);
    }

    async fn persons_become_one_with_everything_that_hung_on_their_contacts(
        database: TestDatabase
    ) {
        let desk = desk(database.open().await).await;
        let (account, contact) = ann(&desk).await;
        let (other, other_contact) = ann(&desk).await;
        let task = [("Subject", "Call"), ("WhoId", other_contact.as_str())];
        let task = desk.create(&desk.rep, "Task", &task).await;
        let business = desk.create(&desk.rep, "Account", &[("Name", "Acme")]).await;
        let merge = |master: &RecordId, merged: &RecordId| Merge {
            master: master.clone(),
            fields: offhook_org::record::Fields::new(),
            merged: vec![merged.clone()],
        };
        let code = SaveErrorCode::InvalidPersonAccountOperation;
        for wrong in [merge(&account, &business), merge(&contact, &other_contact)] {
            let refused = desk.store.merge(&desk.admin, &wrong, "test").await.unwrap();
            assert_eq!(refused.unwrap_err()[0].status_code, code);
        }
        let done = desk.store.merge(&desk.rep, &merge(&account, &other), "test").await.unwrap();
        assert_eq!(done.unwrap().id, account);
        assert!(record(&desk, &other_contact).await.is_none());
        let task = record(&desk, &task).await.unwrap();
        assert_eq!(link(&task, "WhoId"), contact);
        let kept = record(&desk, &account).await.unwrap();
        assert_eq!(link(&kept, "PersonContactId"), contact);
        desk.store.restore(&desk.rep, &other).await.unwrap();
        let back = record(&desk, &other).await.unwrap();
        assert_eq!(link(&back, "PersonContactId"), other_contact);
        let back = record(&desk, &other_contact).await.unwrap();
        assert_eq!(link(&back, "AccountId"), other);
    }

    async fn a_lead_without_a_company_becomes_a_person(database: TestDatabase) {
        let desk = desk(database.open().await).await;
        let lead = [("FirstName", "Liz"), ("LastName", "Cruz"), ("Email", "liz@example.com"),
            ("MobilePhone", "+1 415 555 0166"), ("LeadSource", "Web"), ("Street", "1 Main St")];
        let lead = desk.create(&desk.rep, "Lead", &lead).await;
        let task = [("Subject", "Call"), ("WhoId", lead.as_str())];
        let task = desk.create(&desk.rep, "Task", &task).await;
        let conversion = |lead: &RecordId, account: Option<&RecordId>| LeadConversion {
            lead: lead.clone(),
            converted_status: None,
            account: account.cloned(),
            contact: None,
            opportunity: None,
            opportunity_name: None,
            without_opportunity: false,
            owner: None,
            overwrite_lead_source: false,
        };
        let done = desk.store.convert_lead(&desk.rep, &conversion(&lead, None), "test").await;
        let done = done.unwrap().unwrap();
        let person = record(&desk, &done.account).await.unwrap();
        assert_eq!(person.text("Name"), "Liz Cruz");
        assert_eq!(person.text("PersonMobilePhone"), "+1 415 555 0166");
        assert_eq!(person.text("PersonMailingStreet"), "1 Main St");
        assert_eq!(person.text("PersonLeadSource"), "Web");
        assert_eq!(link(&person, "PersonContactId"), done.contact);
        let opportunity = done.opportunity.unwrap();
        assert_eq!(desk.text(&opportunity, "Name").await, "Liz Cruz-");
        assert_eq!(link(&record(&desk, &task).await.unwrap(), "WhoId"), done.contact);

        let again = [("LastName", "Cruz"), ("Title", "Owner")];
        let again = desk.create(&desk.rep, "Lead", &again).await;
        let joined = conversion(&again, Some(&done.account));
        let joined = desk.store.convert_lead(&desk.rep, &joined, "test").await.unwrap().unwrap();
        assert_eq!(joined.contact, done.contact);
        let person = record(&desk, &done.account).await.unwrap();
        assert_eq!((person.text("Name"), person.text("PersonTitle")), ("Liz Cruz", "Owner"));
    }

    async fn the_log_of_a_call_with_a_person_names_the_contact(database: TestDatabase) {
        let desk = desk(database.open().await).await;
        let (account, contact) = ann(&desk).await;
        let business = desk.create(&desk.rep, "Account", &[("Name", "Acme")]).await;
        let agent = desk.rep.user.clone().unwrap();
        let log = async |call: &str, by_page: bool, about: &RecordId| {
            let key = LogKey {
                call: CallId::new(call),
                agent: AgentId::new(agent.as_str()),
            };
            let said = fields(&[("Subject", "Call"), ("Status", "Completed"),
                ("WhatId", about.as_str())]);
            let user = if by_page { desk.rep.clone() } else { UserContext::system() };
            let logged = desk.store.save_call_log(&user, &key, &said, by_page).await.unwrap();
            record(&desk, &logged.task).await.unwrap()
        };
        for (call, by_page) in [("01A", false), ("01B", true)] {
            let task = log(call, by_page, &account).await;
            assert_eq!(link(&task, "WhoId"), contact);
            assert_eq!(task.get("WhatId"), &Value::Null);
            assert_eq!(link(&task, "AccountId"), account);
        }
        let task = log("01C", false, &business).await;
        assert_eq!(link(&task, "WhatId"), business);
        assert_eq!(task.get("WhoId"), &Value::Null);
    }

    async fn person_accounts_are_switched_off_only_while_nobody_is_one(database: TestDatabase) {
        let desk = desk(database.open().await).await;
        let store = &desk.store;
        let refused = store.switch_person_accounts(&desk.rep, false).await;
        assert!(refused.unwrap_err().to_string().contains("do not have the right"));
        store.switch_person_accounts(&desk.admin, false).await.unwrap();
        let account = store.schema().object("Account").unwrap().clone();
        assert!(account.field("PersonEmail").is_none() && account.record_types.is_empty());
        let lead = desk.try_create(&desk.rep, "Lead", &[("LastName", "Cruz")]).await;
        assert_eq!(refusal(lead).0, SaveErrorCode::RequiredFieldMissing);
        desk.create(&desk.rep, "Account", &[("Name", "Acme")]).await;

        store.switch_person_accounts(&desk.admin, true).await.unwrap();
        ann(&desk).await;
        let used = store.switch_person_accounts(&desk.admin, false).await;
        assert!(used.unwrap_err().to_string().contains("there are person accounts"));
        let wide = store.set_sharing_default(&desk.admin, "Account", SharingDefault::Private);
        assert!(matches!(wide.await, Err(SaveFailure::Refused(_))));
        let narrow = SharingDefault::ControlledByParent;
        store.set_sharing_default(&desk.admin, "Contact", narrow).await.unwrap();
        let private = SharingDefault::Private;
        store.set_sharing_default(&desk.admin, "Account", private).await.unwrap();
        let kinds = "SELECT Id FROM RecordType WHERE IsPersonType = true";
        let admin = context(store, desk.admin.user.as_ref().unwrap()).await;
        assert_eq!(count(&desk, &admin, kinds).await, 1);
        let other = context(store, desk.other_rep.user.as_ref().unwrap()).await;
        assert_eq!(count(&desk, &other, "SELECT Id FROM Contact").await, 0);
    }
}
