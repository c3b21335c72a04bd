//! Databases that earlier releases left behind are brought up to date with their data intact.

use offhook_org::access::Permission;
use offhook_org::{ObjectName, RecordId, UserContext, Value};

use crate::databases::{TestDatabase, on_both_databases};
use crate::desk::{context, fields};

/// What version 1 left; see the file.
const VERSION_1: &str = include_str!("../fixtures/version_1.sql");

async fn lay_down(database: &TestDatabase, script: &str) {
    let (text, rows) = match database.path() {
        Some(_) => (
            "TEXT",
            script.replace("/* WITHOUT ROWID on SQLite */", "WITHOUT ROWID"),
        ),
        None => ("TEXT COLLATE \"C\"", script.to_owned()),
    };
    database.run(&rows.replace("TEXT_BY_CODE", text)).await;
}

fn id(text: &str) -> RecordId {
    RecordId::parse(text).unwrap()
}

on_both_databases! {
    async fn the_database_of_version_one_is_brought_up_to_date(database: TestDatabase) {
        lay_down(&database, VERSION_1).await;
        // Twice: the second start finds nothing to do.
        database.open().await.close().await;
        let store = database.open().await;
        let (ada, rae) = (id("005000000000001"), id("005000000000002"));
        let (ada, rae) = (context(&store, &ada).await, context(&store, &rae).await);
        assert!(ada.holds(Permission::ModifyAllData));
        assert!(rae.holds(Permission::CtiAccess) && !rae.holds(Permission::ManageUsers));
        assert!(!rae.may_read_field("Account", "AnnualRevenue"), "what was hidden stays hidden");
        let account = store.record(&rae, &id("001000000000001")).await.unwrap().unwrap();
        assert_eq!(account.text("Name"), "Acme GmbH");
        let task = store.record(&rae, &id("00T000000000001")).await.unwrap().unwrap();
        assert_eq!(task.get("CallDurationInSeconds"), &Value::Integer(61));
        assert_eq!(task.get("IsClosed"), &Value::Boolean(true));
        assert_eq!(task.get("WhoId").as_reference(), Some(&id("003000000000001")));
        let found = store.search_text(&rae, "young", &[ObjectName::new("Contact")], 5).await;
        assert_eq!(found.unwrap().len(), 1);
        let bin = store.recycle_bin(&rae, 5).await.unwrap();
        assert_eq!(bin.records[0].name, "Gone Inc");
        assert_eq!(bin.records[0].deleted_by, rae.user);
        store.restore(&rae, &id("001000000000002")).await.unwrap();
        let strict = offhook_org::save::Strictness::Strict;
        let account = ObjectName::new("Account");
        let new = fields(&[("Name", "New")]);
        let made = store.create(&rae, &account, &new, strict);
        assert_eq!(made.await.unwrap(), id("001000000000003"));
        let twice = fields(&[("Subject", "x"), ("Offhook_Call_Key__c", "CALL1:005000000000002AAA")]);
        let task = ObjectName::new("Task");
        let refused = store.create(&UserContext::system(), &task, &twice, strict).await;
        assert!(refused.is_err(), "a call still has one log");
    }
}
