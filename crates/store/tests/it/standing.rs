//! Fields and records that follow others: the figures of campaigns, the last activity, field
//! history, call centers as records, and the record of a call.

use std::sync::Arc;

use offhook_calls::{AgentId, CallId, CallState, LogKey};
use offhook_org::access::Rights;
use offhook_org::cti::CallCenter;
use offhook_org::save::SaveErrorCode;
use offhook_org::{RecordId, UserContext};
use offhook_store::calls::Durable;
use offhook_store::org::{Write, WriteOptions};

use crate::calls::{call, log};
use crate::databases::on_both_databases;
use crate::desk::{Desk, fields, refusal};
use crate::query::ask;

async fn one(desk: &Desk, soql: &str) -> String {
    let rows = ask(&desk.store, &desk.admin, soql).await;
    rows.join(" | ").replace(", ", ",")
}

/// The user without the right to a field.
fn without(desk: &Desk, user: &UserContext, field: &str) -> UserContext {
    let mut rights = Rights::default();
    rights.add(&user.rights);
    rights.hide(&[field]);
    let rights = Arc::new(rights.with_open_fields(&desk.store.schema()));
    UserContext {
        rights,
        ..user.clone()
    }
}

on_both_databases! {
    async fn nobody_is_in_a_campaign_twice(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let campaign = desk.create(&desk.admin, "Campaign", &[("Name", "Spring")]).await;
        let other = desk.create(&desk.admin, "Campaign", &[("Name", "Fall")]).await;
        let ann = desk.create(&desk.rep, "Contact", &[("LastName", "Ito")]).await;
        let liz = [("LastName", "Cruz"), ("Company", "Pumps")];
        let liz = desk.create(&desk.rep, "Lead", &liz).await;
        for person in [("ContactId", ann.as_str()), ("LeadId", liz.as_str())] {
            let member = [("CampaignId", campaign.as_str()), person];
            let first = desk.create(&desk.admin, "CampaignMember", &member).await;
            let again = desk.try_create(&desk.admin, "CampaignMember", &member).await;
            let (code, fields) = refusal(again);
            assert_eq!(code, SaveErrorCode::DuplicateValue);
            assert_eq!(fields, ["CampaignId", person.0]);
            let elsewhere = [("CampaignId", other.as_str()), person];
            desk.create(&desk.admin, "CampaignMember", &elsewhere).await;
            desk.store.delete(&desk.admin, &first).await.unwrap();
            desk.create(&desk.admin, "CampaignMember", &member).await;
        }
        let twins = ["Ito", "Ito"].map(|_| Write::Create {
            object: "CampaignMember".into(),
            fields: fields(&[("CampaignId", other.as_str()), ("ContactId", ann.as_str())]),
            lookups: Vec::new(),
        });
        let both = desk.store.write(&desk.admin, twins.into(), WriteOptions::default()).await;
        assert!(both.unwrap().iter().all(Result::is_err));
    }

    async fn a_member_shows_of_its_person_what_the_user_sees_there(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let campaign = desk.create(&desk.admin, "Campaign", &[("Name", "Spring")]).await;
        let ann = [("LastName", "Ito"), ("Email", "ann@acme.example"), ("MailingCity", "Kyoto"),
            ("Phone", "+1 415 555 0177"), ("DoNotCall", "true")];
        let ann = desk.create(&desk.rep, "Contact", &ann).await;
        let liz = [("LastName", "Cruz"), ("Company", "Pumps"), ("Email", "liz@pumps.example"),
            ("City", "Lima")];
        let liz = desk.create(&desk.rep, "Lead", &liz).await;
        for person in [("ContactId", ann.as_str()), ("LeadId", liz.as_str())] {
            let member = [("CampaignId", campaign.as_str()), person];
            desk.create(&desk.admin, "CampaignMember", &member).await;
        }
        let soql = "SELECT LastName, Email, Phone, City, DoNotCall FROM CampaignMember
            ORDER BY Email";
        assert_eq!(
            ask(&desk.store, &desk.admin, soql).await,
            ["Ito, ann@acme.example, +1 415 555 0177, Kyoto, true",
             "Cruz, liz@pumps.example, -, Lima, false"]
        );
        desk.update(&desk.rep, &ann, &[("Email", "ito@acme.example")]).await.unwrap();
        let found = "SELECT LastName FROM CampaignMember WHERE Email = 'ITO@acme.example'";
        assert_eq!(ask(&desk.store, &desk.admin, found).await, ["Ito"]);
        let blind = without(&desk, &desk.admin, "Contact.Email");
        assert!(ask(&desk.store, &blind, found).await.is_empty());
        let emails = "SELECT Email FROM CampaignMember ORDER BY LastName";
        assert_eq!(ask(&desk.store, &blind, emails).await, ["liz@pumps.example", "-"]);
    }

    async fn an_opportunity_says_whether_something_is_open_or_late(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let deal = async |name: &str| {
            let deal = [("Name", name), ("StageName", "Prospecting"), ("CloseDate", "2030-01-02")];
            desk.create(&desk.rep, "Opportunity", &deal).await
        };
        let ids = [deal("done").await, deal("event").await, deal("late").await, deal("open").await];
        for (place, day, status) in [(0, "2020-01-01", "Completed"),
            (2, "2026-11-23", "In Progress"), (3, "2026-11-24", "Not Started")] {
            let task = [("Subject", "x"), ("ActivityDate", day), ("Status", status),
                ("WhatId", ids[place].as_str())];
            desk.create(&desk.rep, "Task", &task).await;
        }
        let event = [("Subject", "x"), ("StartDateTime", "2039-01-01T09:00:00Z"),
            ("EndDateTime", "2039-01-01T10:00:00Z"), ("WhatId", ids[1].as_str())];
        desk.create(&desk.rep, "Event", &event).await;
        let soql = "SELECT Name, HasOpenActivity, HasOverdueTask FROM Opportunity ORDER BY Name";
        assert_eq!(
            ask(&desk.store, &desk.rep, soql).await,
            ["done, false, false", "event, true, false", "late, true, true", "open, true, false"]
        );
        let late = "SELECT Name FROM Opportunity WHERE HasOverdueTask = true";
        assert_eq!(ask(&desk.store, &desk.rep, late).await, ["late"]);
    }

    async fn the_figures_of_a_campaign_follow_its_members_and_opportunities(
        database: TestDatabase
    ) {
        let desk = Desk::new(database.open().await).await;
        let campaign = desk.create(&desk.admin, "Campaign", &[("Name", "Spring")]).await;
        let account = desk.create(&desk.rep, "Account", &[("Name", "Acme")]).await;
        let ann = [("FirstName", "Ann"), ("LastName", "Ito"), ("AccountId", account.as_str())];
        let ann = desk.create(&desk.rep, "Contact", &ann).await;
        let liz = [("LastName", "Cruz"), ("Company", "Pumps")];
        let liz = desk.create(&desk.rep, "Lead", &liz).await;
        let in_it = ("CampaignId", campaign.as_str());
        let of_ann = desk
            .create(&desk.admin, "CampaignMember", &[in_it, ("ContactId", ann.as_str())])
            .await;
        let of_liz = [in_it, ("LeadId", liz.as_str()), ("Status", "Responded")];
        desk.create(&desk.admin, "CampaignMember", &of_liz).await;
        let nobody = desk.try_create(&desk.admin, "CampaignMember", &[in_it]).await;
        assert_eq!(refusal(nobody).0, SaveErrorCode::FieldIntegrityException);
        let opportunity = [("Name", "Deal"), ("StageName", "Closed Won"), ("Amount", "250"),
            ("CloseDate", "2026-01-02"), in_it];
        desk.create(&desk.rep, "Opportunity", &opportunity).await;
        let figures = "SELECT NumberOfLeads, NumberOfContacts, NumberOfResponses,
            NumberOfOpportunities, NumberOfWonOpportunities, AmountWonOpportunities
            FROM Campaign";
        assert_eq!(one(&desk, figures).await, "1,1,1,1,1,250");
        let members = "SELECT Name, CompanyOrAccount, Type, HasResponded FROM CampaignMember
                       ORDER BY Type";
        let told = "Cruz,Pumps,Lead,true | Ann Ito,Acme,Contact,false";
        assert_eq!(one(&desk, members).await, told);

        desk.update(&desk.rep, &ann, &[("LastName", "Sato")]).await.unwrap();
        desk.update(&desk.rep, &account, &[("Name", "Acme Inc")]).await.unwrap();
        desk.update(&desk.admin, &of_ann, &[("Status", "Responded")]).await.unwrap();
        let told = "Cruz,Pumps,Lead,true | Ann Sato,Acme Inc,Contact,true";
        assert_eq!(one(&desk, members).await, told);
        desk.store.delete(&desk.admin, &liz).await.unwrap();
        assert_eq!(one(&desk, figures).await, "0,1,1,1,1,250");
    }

    async fn the_last_activity_is_that_of_closed_tasks_and_events(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let account = desk.create(&desk.rep, "Account", &[("Name", "Acme")]).await;
        let ann = [("LastName", "Ito"), ("AccountId", account.as_str())];
        let ann = desk.create(&desk.rep, "Contact", &ann).await;
        let last = "SELECT LastActivityDate, Account.LastActivityDate FROM Contact";
        let task = |date: &'static str, status: &'static str| {
            [("Subject", "Call"), ("WhoId", ann.as_str()), ("ActivityDate", date),
                ("Status", status)].map(|(n, v)| (n, v.to_owned()))
        };
        let mut made = Vec::new();
        for (date, status) in
            [("2026-01-05", "Completed"), ("2026-02-05", "Not Started"),
                ("2026-01-02", "Completed")]
        {
            let task = task(date, status);
            let task = task.each_ref().map(|(n, v)| (*n, v.as_str()));
            made.push(desk.create(&desk.rep, "Task", &task).await);
        }
        assert_eq!(one(&desk, last).await, "2026-01-05,(2026-01-05)");
        desk.update(&desk.rep, &made[1], &[("Status", "Completed")]).await.unwrap();
        assert_eq!(one(&desk, last).await, "2026-02-05,(2026-02-05)");
        desk.store.delete(&desk.rep, &made[1]).await.unwrap();
        assert_eq!(one(&desk, last).await, "2026-01-05,(2026-01-05)");
        let many: Vec<Write> = (10..31)
            .map(|day| {
                let date = format!("2026-03-{day}");
                let values = [("Subject", "Call"), ("WhoId", ann.as_str()),
                    ("ActivityDate", date.as_str()), ("Status", "Completed")];
                Write::Create {
                    object: "Task".into(),
                    fields: fields(&values),
                    lookups: Vec::new(),
                }
            })
            .collect();
        let written = desk.store.write(&desk.rep, many, Default::default()).await.unwrap();
        assert!(written.iter().all(Result::is_ok));
        assert_eq!(one(&desk, last).await, "2026-03-30,(2026-03-30)");
    }

    async fn changes_of_what_matters_are_kept_and_shown_to_who_may_see_the_field(
        database: TestDatabase
    ) {
        let desk = Desk::new(database.open().await).await;
        let deal = [("Name", "Deal"), ("StageName", "Prospecting"), ("CloseDate", "2026-01-02")];
        let deal = desk.create(&desk.rep, "Opportunity", &deal).await;
        let changes = [("StageName", "Qualification"), ("Amount", "10"), ("NextStep", "Call")];
        desk.update(&desk.rep, &deal, &changes).await.unwrap();
        let history = "SELECT Field, NewValue FROM OpportunityFieldHistory
                       WHERE Field != 'created' ORDER BY Field";
        assert_eq!(one(&desk, history).await, "Amount,10 | StageName,Qualification");
        let blind = without(&desk, &desk.admin, "Opportunity.Amount");
        let told = ask(&desk.store, &blind, history).await;
        assert_eq!(told, ["StageName, Qualification"]);
        let case = desk.create(&desk.agent, "Case", &[("Subject", "Pump")]).await;
        desk.update(&desk.agent, &case, &[("Priority", "High")]).await.unwrap();
        let history = "SELECT (SELECT Field, OldValue, NewValue FROM Histories
                       WHERE Field = 'Priority') FROM Case";
        assert_eq!(one(&desk, history).await, "[Priority,Medium,High]");
    }

    async fn call_centers_are_records_and_a_user_is_in_one_by_either_field(
        database: TestDatabase
    ) {
        let desk = Desk::new(database.open().await).await;
        let (store, admin) = (&desk.store, &desk.admin);
        let definition = |name: &str| CallCenter {
            internal_name: name.to_owned(),
            display_name: format!("{name} Center"),
            sections: Vec::new(),
        };
        let here = store.import_call_center(admin, &definition("Here")).await.unwrap();
        let there = store.import_call_center(admin, &definition("There")).await.unwrap();
        let all = "SELECT Id, Name, InternalName FROM CallCenter ORDER BY Name";
        let told = format!("{here},Here Center,Here | {there},There Center,There");
        assert_eq!(one(&desk, all).await, told);
        let settings = one(&desk, "SELECT CustomSettings FROM CallCenter LIMIT 1").await;
        assert_eq!(settings, "{}", "what begins with req, and no secrets of the maker's");
        let renamed = desk.update(admin, &here, &[("Name", "Other")]).await;
        assert_eq!(refusal(renamed).0, SaveErrorCode::InvalidTypeForOperation);
        assert!(store.delete(admin, &here).await.is_err());

        let rep: &RecordId = desk.rep.user.as_ref().unwrap();
        store.add_call_center_user(admin, &here, rep).await.unwrap();
        let where_is = "SELECT CallCenterId, CallCenterName FROM User
                        WHERE CallCenterId != null OR CallCenterName != null";
        assert_eq!(one(&desk, where_is).await, format!("{here},Here"));
        desk.update(admin, rep, &[("CallCenterId", there.as_str())]).await.unwrap();
        assert_eq!(one(&desk, where_is).await, format!("{there},There"));
        assert_eq!(store.call_center_of(rep).await.unwrap().unwrap().id, there);
        desk.update(admin, rep, &[("CallCenterName", "here")]).await.unwrap();
        assert_eq!(one(&desk, where_is).await, format!("{here},Here"));
        let both = [("CallCenterName", "There"), ("CallCenterId", here.as_str())];
        let manager = desk.manager.user.as_ref().unwrap();
        let in_two = desk.update(admin, manager, &both).await;
        assert_eq!(refusal(in_two).0, SaveErrorCode::FieldIntegrityException);
        let nowhere = desk.update(admin, rep, &[("CallCenterId", "04v000000000999")]).await;
        assert_eq!(refusal(nowhere).1, ["CallCenterId"]);
        let number = [("Name", "Desk"), ("Phone", "+14155550100"),
            ("CallCenterId", here.as_str())];
        desk.create(admin, "AdditionalNumber", &number).await;
        desk.update(admin, rep, &[("CallCenterId", "")]).await.unwrap();
        assert_eq!(one(&desk, where_is).await, "");
        store.delete_call_center(admin, &here, 0).await.unwrap();
        assert_eq!(one(&desk, "SELECT Id FROM AdditionalNumber").await, "");
        assert_eq!(one(&desk, "SELECT InternalName FROM CallCenter").await, "There");
    }

    async fn a_logged_call_is_one_record_of_its_agent(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let store = &desk.store;
        let rep = desk.rep.user.as_ref().unwrap();
        let key = LogKey {
            call: CallId::new("01A"),
            agent: AgentId::new(rep.as_str()),
        };
        let row = call("01A", 3, CallState::Talking);
        store.commit(&[Durable::Call(Box::new(row.clone()))]).await.unwrap();
        let sent = fields(&[("Subject", "Call"), ("Status", "Completed")]);
        let logged = store.save_call_log(&desk.rep, &key, &sent, true).await.unwrap();
        let all = "SELECT VendorCallKey, CallDisposition, OwnerId, ActivityId FROM VoiceCall";
        let told = |state: &str| format!("{key},{state},{rep},{}", logged.task);
        assert_eq!(one(&desk, all).await, told("in-progress"));
        let mut over = row;
        (over.version, over.state, over.ended_at_ms) = (4, CallState::WrapUp, Some(99_000));
        let entry = log(&over, rep.as_str());
        let batch = [Durable::Call(Box::new(over)), Durable::Log(Box::new(entry))];
        store.commit(&batch).await.unwrap();
        let system = UserContext::system();
        let again = store.save_call_log(&system, &key, &sent, false).await.unwrap();
        assert_eq!(again.task, logged.task);
        assert_eq!(one(&desk, all).await, told("completed"));
        let of_task = ask(store, &desk.rep, "SELECT Id FROM VoiceCall").await;
        assert_eq!(of_task.len(), 1);
        assert!(ask(store, &desk.other_rep, "SELECT Id FROM VoiceCall").await.is_empty());
    }

    async fn a_new_user_has_an_alias_and_a_nickname(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let of_rae = "SELECT Alias, CommunityNickname FROM User WHERE FirstName = 'Rae'";
        assert_eq!(one(&desk, of_rae).await, "rtest,rae");
    }
}
