//! The recycle bin: who sees what lies in it, and when it goes.

use offhook_org::UserContext;
use offhook_store::org::{BIN_KEPT_MS, Write, WriteOptions};

use crate::databases::on_both_databases;
use crate::desk::Desk;

async fn names(desk: &Desk, user: &UserContext) -> Vec<String> {
    let page = desk.store.recycle_bin(user, 10).await.unwrap();
    page.records.into_iter().map(|record| record.name).collect()
}

fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

on_both_databases! {
    async fn everybody_sees_what_they_may_restore(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let account = desk.create(&desk.rep, "Account", &[("Name", "Acme")]).await;
        let contact = [("LastName", "Young"), ("AccountId", account.as_str())];
        desk.create(&desk.rep, "Contact", &contact).await;
        let lead = desk.create(&desk.rep, "Lead", &[("LastName", "L"), ("Company", "C")]).await;
        desk.store.delete(&desk.rep, &account).await.unwrap();
        desk.store.delete(&desk.admin, &lead).await.unwrap();
        for (user, expected) in [
            (&desk.admin, vec!["L", "Acme"]),
            (&desk.rep, vec!["L", "Acme"]),
            (&desk.other_rep, vec![]),
        ] {
            assert_eq!(names(&desk, user).await, expected, "{}", user.user_name);
        }
        let page = desk.store.recycle_bin(&desk.rep, 1).await.unwrap();
        assert!(page.has_more);
        assert_eq!(page.records[0].deleted_by, desk.admin.user);
        let all = desk.store.recycle_bin(&desk.rep, 10).await.unwrap();
        assert!(!all.has_more);
        desk.store.restore(&desk.rep, &account).await.unwrap();
        assert_eq!(names(&desk, &desk.rep).await, ["L"]);
    }

    async fn what_is_purged_is_gone_for_good(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let account = desk.create(&desk.rep, "Account", &[("Name", "Acme")]).await;
        desk.store.delete(&desk.rep, &account).await.unwrap();
        let purge = |id| vec![Write::Purge { id }];
        let options = WriteOptions::default();
        let refused = desk.store.write(&desk.other_rep, purge(account.clone()), options.clone());
        assert!(refused.await.unwrap()[0].is_err());
        let done = desk.store.write(&desk.rep, purge(account.clone()), options).await.unwrap();
        assert!(done[0].is_ok(), "{done:?}");
        assert!(names(&desk, &desk.admin).await.is_empty());
        desk.store.restore(&desk.admin, &account).await.unwrap_err();
    }

    async fn after_fifteen_days_records_leave_the_bin(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        for i in 0..25 {
            let account = desk.create(&desk.rep, "Account", &[("Name", &i.to_string())]).await;
            desk.store.delete(&desk.rep, &account).await.unwrap();
        }
        let kept = desk.create(&desk.rep, "Account", &[("Name", "kept")]).await;
        assert_eq!(desk.store.expire_bin(now_ms() + BIN_KEPT_MS - 60_000).await.unwrap(), 0);
        let later = now_ms() + BIN_KEPT_MS + 1_000;
        let mut gone = 0;
        let mut steps = 0;
        loop {
            match desk.store.expire_bin(later).await.unwrap() {
                0 => break,
                count => gone += count,
            }
            steps += 1;
        }
        assert_eq!((gone, steps), (25, 2));
        assert!(names(&desk, &desk.admin).await.is_empty());
        assert_eq!(desk.text(&kept, "Name").await, "kept");
    }
}
