//! The demo as its visitors find it.

use std::collections::BTreeSet;

use offhook_org::{ObjectName, Record, UserContext, Value};
use offhook_phone::{Reading, Region};
use offhook_store::StoreSettings;
use offhook_store::org::ListQuery;

use super::*;

async fn demo() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = StoreSettings {
        database_url: format!("sqlite:{}", folder.path().join("offhook.db").display()),
        region: Region::parse("US").expect("a region"),
        time_zone: "America/New_York".to_owned(),
    };
    let store = Store::open(&settings).await.expect("a new store");
    fill(&store, 1_795_600_000_000)
        .await
        .expect("the demo fills");
    (folder, store)
}

async fn all(store: &Store, object: &str) -> Vec<Record> {
    let mut records = Vec::new();
    loop {
        let query = ListQuery {
            object: ObjectName::new(object),
            filters: Vec::new(),
            order: None,
            offset: u32::try_from(records.len()).expect("few"),
            limit: 200,
        };
        let page = store
            .list(&UserContext::system(), &query)
            .await
            .expect("a page");
        if page.records.is_empty() {
            return records;
        }
        records.extend(page.records);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_looks_like_a_real_team_s_org() {
    let (_folder, store) = demo().await;
    let mut count = 0;
    let mut countries = BTreeSet::new();
    for object in ["Account", "Contact", "Lead", "Case", "Opportunity"] {
        let records = all(&store, object).await;
        count += records.len();
        let schema = store.schema();
        let schema = schema.object(object).expect("an object");
        for field in schema.phone_fields() {
            for record in &records {
                let text = record.text(field.name.as_str());
                if let Reading::Number(number) = offhook_phone::read(text, store.region()) {
                    assert!(number.e164.len() > 8, "{text}");
                    countries.insert(number.e164[1..3].to_owned());
                }
            }
        }
    }
    assert!((450..600).contains(&count), "{count} records");
    assert!(countries.len() >= 8, "{countries:?}");
    let activities = all(&store, "Task").await.len() + all(&store, "Event").await.len();
    assert!(activities > 500, "{activities} activities");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_contact_has_the_known_number_and_was_a_lead() {
    let (_folder, store) = demo().await;
    let contacts = all(&store, "Contact").await;
    assert!(
        contacts
            .iter()
            .all(|contact| !contact.get("AccountId").is_null())
    );
    assert!(
        contacts
            .iter()
            .all(|contact| contact.get("CreatedById") == contact.get("OwnerId")),
        "somebody made each record"
    );
    let known = contacts
        .iter()
        .filter(|contact| contact.text("Phone") == "5551234567");
    let known = known.collect::<Vec<_>>();
    assert_eq!(known.len(), 1);
    let leads = all(&store, "Lead").await;
    let became = leads
        .iter()
        .find(|lead| *lead.get("IsConverted") == Value::Boolean(true));
    let became = became.expect("a converted lead");
    assert_eq!(
        became.get("ConvertedContactId").as_reference(),
        Some(&known[0].id)
    );
    let shared = contacts.iter().filter(|c| {
        contacts
            .iter()
            .filter(|other| other.text("Phone") == c.text("Phone"))
            .count()
            > 1
    });
    assert!(shared.count() >= 6, "several people share a switchboard");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_who_is_printed_can_sign_in_and_has_the_phone() {
    let (_folder, store) = demo().await;
    let logins = logins();
    assert_eq!(logins.users()[0].role, "administrator");
    for login in logins.users() {
        let session = store
            .sign_in(&login.username, &login.password, 0)
            .await
            .expect("signed in");
        let center = store
            .call_center_of(&session.user)
            .await
            .expect("read")
            .expect("a phone");
        assert_eq!(center.definition.internal_name, "Offhook");
        assert_eq!(center.definition.load_problem(), None);
    }
    store.close().await;
}
