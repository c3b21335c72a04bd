//! Files as records: a version brings its file and links along, versions follow each other, and
//! what is deleted comes back whole.

use base64_text::base64;
use offhook_org::save::SaveErrorCode;
use offhook_org::{RecordId, UserContext, Value};
use offhook_store::org::query::QueryOptions;
use offhook_store::org::{Write, WriteOptions};

use crate::databases::on_both_databases;
use crate::desk::{Desk, refusal};

/// Base64 of a text whose length is a multiple of three or not.
pub(crate) mod base64_text {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    pub(crate) fn base64(bytes: &[u8]) -> String {
        let mut text = String::new();
        for group in bytes.chunks(3) {
            let byte = |i: usize| u32::from(group.get(i).copied().unwrap_or(0));
            let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
            for i in 0..4 {
                let six = usize::try_from(bits >> (18 - 6 * i) & 63).unwrap();
                text.push(if i <= group.len() {
                    char::from(LETTERS[six])
                } else {
                    '='
                });
            }
        }
        text
    }
}

impl Desk {
    /// A new file with this content.
    pub(crate) async fn file(
        &self,
        user: &UserContext,
        path: &str,
        content: &[u8],
        more: &[(&str, &str)],
    ) -> RecordId {
        let data = base64(content);
        let mut values = vec![("PathOnClient", path), ("VersionData", data.as_str())];
        values.extend_from_slice(more);
        self.create(user, "ContentVersion", &values).await
    }

    pub(crate) async fn document_of(&self, version: &RecordId) -> RecordId {
        let record = self.store.record(&self.admin, version).await.unwrap();
        let record = record.unwrap();
        let document = record.get("ContentDocumentId").as_reference();
        document.unwrap().clone()
    }

    /// The content as the user gets it; `None` where the user gets none.
    pub(crate) async fn content(&self, user: &UserContext, version: &RecordId) -> Option<Vec<u8>> {
        let content = self.store.content(user, version).await.unwrap()?;
        let reader = self
            .store
            .open_content(&content, 0, u64::MAX)
            .await
            .unwrap();
        Some(reader.read_to_end().await.unwrap())
    }

    /// What a query answers, each row with its values parted by bars.
    pub(crate) async fn rows(&self, user: &UserContext, soql: &str) -> Vec<String> {
        let page = self.store.query(user, soql, options()).await.unwrap();
        let value = |value: &offhook_org::soql::result::ResultValue| match value {
            offhook_org::soql::result::ResultValue::Value(value) => match value {
                Value::Text(text) => text.clone(),
                Value::Integer(number) => number.to_string(),
                Value::Boolean(flag) => flag.to_string(),
                Value::Reference(id) => id.to_string(),
                _ => String::new(),
            },
            _ => String::new(),
        };
        let row = |row: &offhook_org::soql::result::ResultRow| {
            let values = row.fields.iter().map(|(_, v)| value(v));
            values.collect::<Vec<_>>().join("|")
        };
        page.rows.iter().map(row).collect()
    }
}

pub(crate) fn options() -> QueryOptions {
    QueryOptions {
        all_rows: false,
        batch_size: 200,
        api_version: 64,
        now_ms: 1_790_000_000_000,
    }
}

on_both_databases! {
    async fn a_version_brings_its_file_and_its_links_along(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let account = desk.create(&desk.rep, "Account", &[("Name", "Acme")]).await;
        let published = [("FirstPublishLocationId", account.as_str())];
        let version = desk.file(&desk.rep, "/C:/tmp/Offer 7.txt", b"hello", &published).await;
        let document = desk.document_of(&version).await;
        assert_eq!((version.key_prefix(), document.key_prefix()), ("068", "069"));
        let of_version = format!(
            "SELECT Title, PathOnClient, IsLatest, VersionNumber, ContentSize, Checksum, FileType, \
             FileExtension, Origin, ContentLocation, OwnerId \
             FROM ContentVersion WHERE ContentDocumentId = '{document}'"
        );
        let rep = desk.rep.user.clone().unwrap();
        assert_eq!(desk.rows(&desk.rep, &of_version).await, [format!(
            "Offer 7|/C:/tmp/Offer 7.txt|true|1|5|5d41402abc4b2a76b9719d911017c592|TEXT|txt|C|S|{rep}"
        )]);
        let of_document = format!(
            "SELECT Title, LatestPublishedVersionId, FileType, FileExtension, ContentSize, OwnerId \
             FROM ContentDocument WHERE Id = '{document}'"
        );
        assert_eq!(
            desk.rows(&desk.rep, &of_document).await,
            [format!("Offer 7|{version}|TEXT|txt|5|{rep}")]
        );
        let links = format!(
            "SELECT LinkedEntityId, ShareType, Visibility FROM ContentDocumentLink \
             WHERE ContentDocumentId = '{document}' ORDER BY LinkedEntityId"
        );
        assert_eq!(desk.rows(&desk.rep, &links).await, [
            format!("{account}|V|AllUsers"),
            format!("{rep}|I|AllUsers"),
        ]);
        // From the record down to its files, and by the words of the title.
        let down = format!(
            "SELECT ContentDocument.Title FROM ContentDocumentLink \
             WHERE LinkedEntityId = '{account}'"
        );
        assert_eq!(desk.rows(&desk.rep, &down).await.len(), 1);
        let found = ["ContentDocument".into()];
        let found = desk.store.search_text(&desk.rep, "Offer", &found, 10).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(desk.content(&desk.rep, &version).await.unwrap(), b"hello");
    }

    async fn a_new_version_takes_the_place_of_the_one_before(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let first = desk.file(&desk.rep, "a.txt", b"one", &[("Title", "Notes")]).await;
        let document = desk.document_of(&first).await;
        let next = [("ContentDocumentId", document.as_str()), ("ReasonForChange", "typo")];
        let second = desk.file(&desk.rep, "b.png", b"\x89PNG\r\n\x1a\n", &next).await;
        let versions = format!(
            "SELECT Id, VersionNumber, IsLatest, Title FROM ContentVersion \
             WHERE ContentDocumentId = '{document}' ORDER BY VersionNumber"
        );
        assert_eq!(desk.rows(&desk.rep, &versions).await, [
            format!("{first}|1|false|Notes"),
            format!("{second}|2|true|b"),
        ]);
        let of_document = format!(
            "SELECT Title, LatestPublishedVersionId, FileType, ContentSize FROM ContentDocument \
             WHERE Id = '{document}'"
        );
        let latest = [format!("b|{second}|PNG|8")];
        assert_eq!(desk.rows(&desk.rep, &of_document).await, latest);
        assert_eq!(desk.content(&desk.rep, &first).await.unwrap(), b"one");
        // A name given to the file is the latest version's, and the other way round.
        desk.update(&desk.rep, &document, &[("Title", "Scan")]).await.unwrap();
        assert_eq!(desk.text(&second, "Title").await, "Scan");
        assert_eq!(desk.text(&first, "Title").await, "Notes");
        desk.update(&desk.rep, &second, &[("Title", "Photo")]).await.unwrap();
        assert_eq!(desk.text(&document, "Title").await, "Photo");
        desk.update(&desk.rep, &first, &[("Title", "Old")]).await.unwrap();
        assert_eq!(desk.text(&document, "Title").await, "Photo");
        // Two at once follow each other as well.
        let data = base64(b"x");
        let new = |n: &str| Write::Create {
            object: "ContentVersion".into(),
            fields: crate::desk::fields(&[
                ("PathOnClient", n),
                ("VersionData", &data),
                ("ContentDocumentId", document.as_str()),
            ]),
            lookups: Vec::new(),
        };
        let writes = vec![new("c.txt"), new("d.txt")];
        let both = desk.store.write(&desk.rep, writes, WriteOptions::default()).await.unwrap();
        assert!(both.iter().all(Result::is_ok), "{both:?}");
        let latest = format!(
            "SELECT VersionNumber, Title FROM ContentVersion \
             WHERE ContentDocumentId = '{document}' AND IsLatest = true"
        );
        assert_eq!(desk.rows(&desk.rep, &latest).await, ["4|d"]);
        assert_eq!(desk.text(&document, "Title").await, "d");
    }

    async fn what_a_version_lacks_is_said(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let before = database.dump().await;
        let data = base64(b"x");
        for (values, code, field) in [
            (vec![("PathOnClient", "a.txt")], SaveErrorCode::RequiredFieldMissing, "VersionData"),
            (
                vec![("VersionData", data.as_str())],
                SaveErrorCode::RequiredFieldMissing,
                "PathOnClient",
            ),
            (
                vec![("VersionData", data.as_str()), ("PathOnClient", "a/..")],
                SaveErrorCode::RequiredFieldMissing,
                "PathOnClient",
            ),
            (
                vec![("PathOnClient", "a.txt"), ("VersionData", "no base64!")],
                SaveErrorCode::InvalidTypeOnFieldInRecord,
                "VersionData",
            ),
            (
                vec![("PathOnClient", "a.txt"), ("VersionData", "upload:0123")],
                SaveErrorCode::InvalidFieldForInsertUpdate,
                "VersionData",
            ),
        ] {
            let refused = desk.try_create(&desk.rep, "ContentVersion", &values).await;
            assert_eq!(refusal(refused), (code, vec![field.to_owned()]), "{values:?}");
        }
        let version = desk.file(&desk.rep, "a.txt", b"x", &[]).await;
        let refused = desk.update(&desk.rep, &version, &[("VersionData", &data)]).await;
        assert_eq!(refusal(refused).0, SaveErrorCode::InvalidFieldForInsertUpdate);
        let refused = desk.store.delete(&desk.rep, &version).await;
        assert_eq!(refusal(refused).0, SaveErrorCode::InvalidTypeForOperation);
        let made = desk.try_create(&desk.rep, "ContentDocument", &[("Title", "x")]).await;
        assert_eq!(refusal(made).0, SaveErrorCode::InvalidTypeForOperation);
        let rows = before.get("org_contentversion").map_or(0, Vec::len);
        assert_eq!((rows, database.dump().await["org_contentversion"].len()), (0, 1));
    }

    async fn a_deleted_file_comes_back_whole_and_a_purged_one_does_not(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let account = desk.create(&desk.rep, "Account", &[("Name", "Acme")]).await;
        let published = [("FirstPublishLocationId", account.as_str())];
        let first = desk.file(&desk.rep, "a.txt", b"one", &published).await;
        let document = desk.document_of(&first).await;
        let next = [("ContentDocumentId", document.as_str())];
        desk.file(&desk.rep, "a.txt", b"two", &next).await;
        desk.store.delete(&desk.rep, &document).await.unwrap();
        assert_eq!(desk.content(&desk.rep, &first).await, None);
        let left = format!("SELECT Id FROM ContentVersion WHERE ContentDocumentId = '{document}'");
        assert!(desk.rows(&desk.rep, &left).await.is_empty());
        let links =
            format!("SELECT Id FROM ContentDocumentLink WHERE LinkedEntityId = '{account}'");
        assert!(desk.rows(&desk.rep, &links).await.is_empty());
        desk.store.restore(&desk.rep, &document).await.unwrap();
        assert_eq!(desk.content(&desk.rep, &first).await.unwrap(), b"one");
        assert_eq!(desk.rows(&desk.rep, &left).await.len(), 2);
        assert_eq!(desk.rows(&desk.rep, &links).await.len(), 1);
        // The record goes, the file stays.
        desk.store.delete(&desk.rep, &account).await.unwrap();
        assert_eq!(desk.content(&desk.rep, &first).await.unwrap(), b"one");
        desk.store.delete(&desk.rep, &document).await.unwrap();
        let purge = vec![Write::Purge { id: document.clone() }];
        let purged = desk.store.write(&desk.rep, purge, WriteOptions::default()).await.unwrap();
        assert!(purged[0].is_ok(), "{purged:?}");
        let dump = database.dump().await;
        assert!(dump["file_content"].is_empty() && dump["org_contentversion"].is_empty());
    }

    async fn links_are_asked_for_by_a_file_or_a_record(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        for soql in [
            "SELECT Id FROM ContentDocumentLink",
            "SELECT COUNT() FROM ContentDocumentLink",
            "SELECT Id FROM ContentDocumentLink WHERE ShareType = 'V'",
            "SELECT Id FROM ContentDocumentLink WHERE LinkedEntityId != '001000000000001AAA'",
            "SELECT Id FROM ContentDocumentLink \
             WHERE ShareType = 'V' OR LinkedEntityId = '001000000000001AAA'",
        ] {
            let refused = desk.store.query(&desk.admin, soql, options()).await.unwrap_err();
            assert!(refused.to_string().contains("Implementation restriction"), "{refused}");
        }
        for soql in [
            "SELECT Id FROM ContentDocumentLink WHERE LinkedEntityId = '001000000000001AAA'",
            "SELECT Id FROM ContentDocumentLink \
             WHERE ShareType = 'V' AND ContentDocumentId IN ('069000000000001AAA')",
            "SELECT Id, (SELECT Id FROM ContentDocumentLinks) FROM Account",
        ] {
            assert!(desk.rows(&desk.admin, soql).await.is_empty(), "{soql}");
        }
    }
}
