//! Who sees a file: its owner, and whoever sees a record that it is linked to; by every way to
//! its content, its versions, its links.

use offhook_org::save::SaveErrorCode;
use offhook_org::{RecordId, UserContext};

use crate::databases::on_both_databases;
use crate::desk::{Desk, refusal};

/// Every way by which the user comes upon the file.
async fn ways(desk: &Desk, user: &UserContext, version: &RecordId) -> Vec<&'static str> {
    let document = desk.document_of(version).await;
    let mut ways = Vec::new();
    if desk.content(user, version).await.is_some() {
        ways.push("content");
    }
    for (way, soql) in [
        (
            "version",
            format!("SELECT Id FROM ContentVersion WHERE Id = '{version}'"),
        ),
        ("versions", "SELECT Id FROM ContentVersion".to_owned()),
        (
            "document",
            format!("SELECT Id FROM ContentDocument WHERE Id = '{document}'"),
        ),
        ("documents", "SELECT Id FROM ContentDocument".to_owned()),
        (
            "links",
            format!("SELECT Id FROM ContentDocumentLink WHERE ContentDocumentId = '{document}'"),
        ),
    ] {
        if !desk.rows(user, &soql).await.is_empty() {
            ways.push(way);
        }
    }
    if desk.store.record(user, version).await.unwrap().is_some() {
        ways.push("record");
    }
    let found = ["ContentDocument".into(), "ContentVersion".into()];
    let found = desk
        .store
        .search_text(user, "Secret", &found, 10)
        .await
        .unwrap();
    if !found.is_empty() {
        ways.push("search");
    }
    ways
}

const ALL: [&str; 8] = [
    "content",
    "version",
    "versions",
    "document",
    "documents",
    "links",
    "record",
    "search",
];

const NONE: [&str; 0] = [];

on_both_databases! {
    async fn a_file_is_its_owners_until_it_is_linked(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let version = desk.file(&desk.rep, "Secret.txt", b"x", &[]).await;
        let document = desk.document_of(&version).await;
        assert_eq!(ways(&desk, &desk.rep, &version).await, ALL);
        assert_eq!(ways(&desk, &desk.admin, &version).await, ALL);
        // Not from above, as the records of those below are.
        assert_eq!(ways(&desk, &desk.manager, &version).await, NONE);
        assert_eq!(ways(&desk, &desk.other_rep, &version).await, NONE);
        // Shared with a person: to see, then to change.
        let other = desk.other_rep.user.clone().unwrap();
        let link = |share: &'static str| {
            [("ContentDocumentId", document.to_string()), ("LinkedEntityId", other.to_string()),
             ("ShareType", share.to_owned())]
        };
        let values = link("V");
        let values: Vec<(&str, &str)> = values.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let stranger = desk.try_create(&desk.other_rep, "ContentDocumentLink", &values).await;
        assert_eq!(refusal(stranger).0, SaveErrorCode::InvalidCrossReferenceKey);
        let link = desk.create(&desk.rep, "ContentDocumentLink", &values).await;
        assert_eq!(ways(&desk, &desk.other_rep, &version).await, ALL);
        let twice = desk.try_create(&desk.rep, "ContentDocumentLink", &values).await;
        assert_eq!(refusal(twice).0, SaveErrorCode::DuplicateValue);
        let change = desk.update(&desk.other_rep, &document, &[("Title", "Mine")]).await;
        assert_eq!(refusal(change).0, SaveErrorCode::InsufficientAccessOrReadonly);
        desk.update(&desk.rep, &link, &[("ShareType", "C")]).await.unwrap();
        desk.update(&desk.other_rep, &document, &[("Title", "Secret too")]).await.unwrap();
        let delete = desk.store.delete(&desk.other_rep, &document).await;
        assert_eq!(refusal(delete).0, SaveErrorCode::InsufficientAccessOrReadonly);
        desk.store.delete(&desk.rep, &link).await.unwrap();
        assert_eq!(ways(&desk, &desk.other_rep, &version).await, NONE);
    }

    async fn who_sees_a_record_sees_its_files_and_no_others(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        // Leads are private; the manager stands above the rep, the other rep does not.
        let lead = [("LastName", "Liz"), ("Company", "Acme")];
        let lead = desk.create(&desk.rep, "Lead", &lead).await;
        let published = [("FirstPublishLocationId", lead.as_str())];
        let version = desk.file(&desk.rep, "Secret.txt", b"x", &published).await;
        let document = desk.document_of(&version).await;
        assert_eq!(ways(&desk, &desk.manager, &version).await, ALL);
        assert_eq!(ways(&desk, &desk.other_rep, &version).await, NONE);
        // Whoever sees it may show it elsewhere, and gives nobody more than that.
        let account = desk.create(&desk.manager, "Account", &[("Name", "Acme")]).await;
        let to_account = |share| {
            [
                ("ContentDocumentId", document.as_str()),
                ("LinkedEntityId", account.as_str()),
                ("ShareType", share),
            ]
        };
        for share in ["C", "I"] {
            let values = to_account(share);
            let more = desk.try_create(&desk.manager, "ContentDocumentLink", &values);
            let code = SaveErrorCode::InsufficientAccessOnCrossReferenceEntity;
            assert_eq!(refusal(more.await).0, code, "{share}");
        }
        let link = desk.create(&desk.manager, "ContentDocumentLink", &to_account("V")).await;
        assert_eq!(ways(&desk, &desk.other_rep, &version).await, ALL);
        // Of the links, each sees those to what they see.
        let links = format!(
            "SELECT LinkedEntityId FROM ContentDocumentLink \
             WHERE ContentDocumentId = '{document}' ORDER BY LinkedEntityId"
        );
        assert_eq!(desk.rows(&desk.manager, &links).await.len(), 3);
        let seen = desk.rows(&desk.other_rep, &links).await;
        assert!(seen.len() == 2 && !seen.contains(&lead.to_string()), "{seen:?}");
        // The other rep may change the account, and so take the file off it.
        desk.store.delete(&desk.other_rep, &link).await.unwrap();
        assert_eq!(ways(&desk, &desk.other_rep, &version).await, NONE);
        assert_eq!(ways(&desk, &desk.manager, &version).await, ALL);
        // A record in the recycle bin shows nothing.
        desk.store.delete(&desk.rep, &lead).await.unwrap();
        assert_eq!(ways(&desk, &desk.manager, &version).await, NONE);
        assert_eq!(ways(&desk, &desk.rep, &version).await, ALL);
    }

    async fn an_inferred_link_gives_what_the_record_gives(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let account = desk.create(&desk.rep, "Account", &[("Name", "Acme")]).await;
        let version = desk.file(&desk.rep, "Secret.txt", b"x", &[]).await;
        let document = desk.document_of(&version).await;
        let link = [
            ("ContentDocumentId", document.as_str()),
            ("LinkedEntityId", account.as_str()),
            ("ShareType", "I"),
        ];
        desk.create(&desk.rep, "ContentDocumentLink", &link).await;
        // Accounts are for everybody to change.
        desk.update(&desk.other_rep, &document, &[("Title", "Secret 2")]).await.unwrap();
        let next = [("ContentDocumentId", document.as_str())];
        let second = desk.file(&desk.other_rep, "Secret.txt", b"y", &next).await;
        assert_eq!(desk.content(&desk.rep, &second).await.unwrap(), b"y");
        // Given away, it is the new owner's, and the old one works on.
        let other = desk.other_rep.user.clone().unwrap();
        let give = [("OwnerId", other.as_str())];
        let refused = desk.update(&desk.other_rep, &document, &give).await;
        assert!(refused.is_err(), "{refused:?}");
        desk.update(&desk.rep, &document, &give).await.unwrap();
        desk.store.delete(&desk.other_rep, &document).await.unwrap();
        desk.store.restore(&desk.other_rep, &document).await.unwrap();
        desk.update(&desk.rep, &document, &[("Title", "Secret 3")]).await.unwrap();
    }
}
