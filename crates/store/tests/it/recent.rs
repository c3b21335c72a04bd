//! What each user looked at last: the times at the records, `FOR VIEW` and `FOR REFERENCE`, and
//! the object `RecentlyViewed`.

use offhook_org::UserContext;
use offhook_org::schema::SharingDefault;

use crate::databases::on_both_databases;
use crate::desk::Desk;
use crate::query::ask;

async fn names(desk: &Desk, user: &UserContext, soql: &str) -> Vec<String> {
    ask(&desk.store, user, soql).await
}

on_both_databases! {
    async fn every_user_has_their_own_time_of_looking_at_a_record(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        for name in ["Acme", "Bolt", "Cobb"] {
            desk.create(&desk.rep, "Account", &[("Name", name)]).await;
        }
        names(&desk, &desk.rep, "SELECT Id FROM Account WHERE Name = 'Acme' FOR VIEW").await;
        names(&desk, &desk.rep, "SELECT Id FROM Account WHERE Name = 'Bolt' FOR REFERENCE").await;
        let seen = "SELECT Name FROM Account WHERE LastViewedDate != null";
        assert_eq!(names(&desk, &desk.rep, seen).await, ["Acme"]);
        assert!(names(&desk, &desk.other_rep, seen).await.is_empty());
        let referenced = "SELECT Name FROM Account WHERE LastReferencedDate != null
            ORDER BY LastReferencedDate DESC";
        assert_eq!(names(&desk, &desk.rep, referenced).await, ["Bolt", "Acme"]);
        let late = "SELECT Name FROM Account ORDER BY LastViewedDate DESC NULLS LAST, Name";
        assert_eq!(names(&desk, &desk.rep, late).await, ["Acme", "Bolt", "Cobb"]);
        let all = names(&desk, &desk.rep, "SELECT LastViewedDate, LastReferencedDate FROM Account
            WHERE Name = 'Acme'").await;
        let (viewed, told) = all[0].split_once(", ").unwrap();
        assert!(viewed.parse::<i64>().unwrap() > 1_700_000_000_000, "{all:?}");
        assert_eq!(viewed, told);
        // A contact shows when its account was seen.
        let account = names(&desk, &desk.rep, "SELECT Id FROM Account WHERE Name = 'Acme'").await;
        let contact = [("LastName", "Ito"), ("AccountId", account[0].as_str())];
        desk.create(&desk.rep, "Contact", &contact).await;
        let up = "SELECT LastName FROM Contact WHERE Account.LastViewedDate >= LAST_N_DAYS:30000";
        assert_eq!(names(&desk, &desk.rep, up).await, ["Ito"]);
        assert!(names(&desk, &desk.admin, up).await.is_empty());
    }

    async fn recently_viewed_has_the_records_of_all_objects_that_the_user_may_see(
        database: TestDatabase
    ) {
        let desk = Desk::new(database.open().await).await;
        desk.create(&desk.rep, "Account", &[("Name", "Acme")]).await;
        let ann = [("FirstName", "Ann"), ("LastName", "Ito"), ("Email", "ann@acme.example"),
            ("Title", "CEO")];
        desk.create(&desk.rep, "Contact", &ann).await;
        desk.create(&desk.rep, "Lead", &[("LastName", "Cruz"), ("Company", "Pumps")]).await;
        for user in [&desk.rep, &desk.other_rep] {
            for (object, purpose) in [("Account", "VIEW"), ("Contact", "VIEW"),
                ("Lead", "REFERENCE"), ("Account", "VIEW")] {
                names(&desk, user, &format!("SELECT Id FROM {object} FOR {purpose}")).await;
            }
        }
        let all = "SELECT Name, Type FROM RecentlyViewed WHERE LastViewedDate != null
            ORDER BY LastViewedDate DESC";
        assert_eq!(names(&desk, &desk.rep, all).await, ["Acme, Account", "Ann Ito, Contact"]);
        assert!(names(&desk, &desk.admin, all).await.is_empty());
        let some = "SELECT Name, FirstName, Title, Email, IsActive FROM RecentlyViewed
            WHERE Type IN ('Contact', 'Lead') ORDER BY Name DESC";
        assert_eq!(
            names(&desk, &desk.rep, some).await,
            ["Cruz, -, -, -, false", "Ann Ito, Ann, CEO, ann@acme.example, false"]
        );
        let count = "SELECT Type, COUNT(Id) FROM RecentlyViewed GROUP BY Type ORDER BY Type";
        assert_eq!(
            names(&desk, &desk.rep, count).await,
            ["Account, 1", "Contact, 1", "Lead, 1"]
        );
        let private = SharingDefault::Private;
        desk.store.set_sharing_default(&desk.admin, "Account", private).await.unwrap();
        let again = crate::desk::context(
            &desk.store,
            desk.other_rep.user.as_ref().unwrap(),
        ).await;
        assert!(!names(&desk, &again, all).await.contains(&"Acme, Account".to_owned()));
    }
}
