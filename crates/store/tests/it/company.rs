//! What the org says of itself, and what its users have of it.

use offhook_org::RecordId;
use offhook_org::save::Strictness;
use offhook_store::error::SaveFailure;
use offhook_store::rights::{COMPANY_TEXTS, Company};

use crate::databases::on_both_databases;
use crate::desk::{Desk, context, fields};
use crate::query::ask;

fn set(company: &mut Company, field: &str, value: &str) {
    let place = COMPANY_TEXTS.iter().position(|(name, ..)| *name == field);
    value.clone_into(&mut company.texts[place.unwrap()]);
}

on_both_databases! {
    async fn each_org_has_an_id_of_its_own_that_stays(database: TestDatabase) {
        let store = database.open().await;
        let id = store.org_id();
        assert_eq!(RecordId::parse(id.short()).unwrap(), id);
        assert_eq!(&id.as_str()[..7], "00D0800");
        let other = crate::databases::TestDatabase::sqlite();
        let other = other.open().await;
        assert_ne!(other.org_id(), id);
        store.close().await;
        let store = database.open().await;
        assert_eq!(store.org_id(), id);
        let company = store.company().await.unwrap();
        assert_eq!((company.text("Name"), company.fiscal_start), ("Offhook", 1));
        store.close().await;
    }

    async fn fiscal_literals_and_weeks_follow_the_org_and_the_user(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        // The clock of these queries stands in November 2026; the fiscal year begins in October.
        for day in ["2026-03-01", "2026-10-05", "2026-11-22"] {
            let opportunity = [
                ("Name", day),
                ("StageName", "Prospecting"),
                ("CloseDate", day),
            ];
            desk.create(&desk.admin, "Opportunity", &opportunity).await;
        }
        let admin = desk.admin.user.clone().unwrap();
        let found = async |literal: &str| {
            let user = context(&desk.store, &admin).await;
            let query = format!(
                "SELECT Name FROM Opportunity WHERE CloseDate = {literal} ORDER BY Name"
            );
            ask(&desk.store, &user, &query).await
        };
        assert_eq!(found("THIS_FISCAL_YEAR").await.len(), 3);
        let mut company = desk.store.company().await.unwrap();
        company.fiscal_start = 10;
        set(&mut company, "Name", "Acme");
        desk.store.put_company(&desk.admin, &company).await.unwrap();
        assert_eq!(found("THIS_FISCAL_YEAR").await, ["2026-10-05", "2026-11-22"]);
        // 22 November 2026 is a Sunday: of this week in America, of the last one in Germany.
        assert_eq!(found("THIS_WEEK").await, ["2026-11-22"]);
        let german = fields(&[("LocaleSidKey", "de_DE")]);
        let changed = desk.store.update(&desk.admin, &admin, &german, Strictness::Strict, None);
        changed.await.unwrap();
        assert!(found("THIS_WEEK").await.is_empty());
        assert_eq!(found("LAST_WEEK").await, ["2026-11-22"]);
        let user = context(&desk.store, &admin).await;
        let written = "SELECT format(CloseDate) d FROM Opportunity WHERE Name = '2026-03-01'";
        assert_eq!(ask(&desk.store, &user, written).await, ["01.03.2026"]);
        let lines = "SELECT Display FROM SetupAuditTrail WHERE Section = 'Company Information'
                     ORDER BY Display";
        assert_eq!(ask(&desk.store, &user, lines).await, [
            "Changed Fiscal Year Starts In from 1 to 10",
            "Changed Organization Name from Offhook to Acme",
        ]);
    }

    async fn only_admins_change_the_company_and_only_to_what_can_be(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let company = desk.store.company().await.unwrap();
        let refused = desk.store.put_company(&desk.rep, &company).await;
        assert!(matches!(refused, Err(SaveFailure::Refused(_))), "{refused:?}");
        let mut nowhere = company.clone();
        set(&mut nowhere, "TimeZoneSidKey", "Atlantis/Center");
        set(&mut nowhere, "Name", " ");
        nowhere.fiscal_start = 13;
        let Err(SaveFailure::Refused(errors)) =
            desk.store.put_company(&desk.admin, &nowhere).await
        else {
            panic!("it was saved");
        };
        assert_eq!(errors.len(), 3);
        assert_eq!(desk.store.company().await.unwrap(), company);
    }
}
