//! Searching by text and by number.

use offhook_org::{ObjectName, UserContext, Value};
use offhook_phone::MatchStrength;

use crate::databases::on_both_databases;
use crate::desk::{Desk, fields, rights_of};
use crate::query::{options, shown};

const OBJECTS: [&str; 3] = ["Contact", "Lead", "Account"];

fn objects() -> Vec<ObjectName> {
    OBJECTS.map(Into::into).to_vec()
}

async fn found(desk: &Desk, text: &str) -> Vec<String> {
    let records = desk
        .store
        .search_text(&desk.rep, text, &objects(), 10)
        .await
        .unwrap();
    records.iter().map(|r| r.text("Name").to_owned()).collect()
}

on_both_databases! {
    async fn text_is_found_in_names_addresses_companies_and_numbers(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let account = [("Name", "Müller & Söhne"), ("Phone", "0221 4710")];
        desk.create(&desk.rep, "Account", &account).await;
        desk.create(&desk.rep, "Contact", &[
            ("FirstName", "Ann"),
            ("LastName", "O'Hara"),
            ("Email", "Ann.OHara@example.com"),
            ("Phone", "(415) 555-0123"),
        ])
        .await;
        desk.create(&desk.rep, "Lead", &[("LastName", "Liz"), ("Company", "100% Pumps")]).await;
        for (text, wanted) in [
            ("ann", &["Ann O'Hara"][..]),
            ("o'hara ann", &["Ann O'Hara"]),
            ("ANN.OHARA@EXAMPLE", &["Ann O'Hara"]),
            ("MÜLLER", &["Müller & Söhne"]),
            ("5550123", &["Ann O'Hara"]),
            ("415-555", &["Ann O'Hara"]),
            ("47 10", &["Müller & Söhne"]),
            ("100%", &["Liz"]),
            ("%", &[]),
            ("_", &[]),
            ("  ", &[]),
            ("ann liz", &[]),
            ("' OR 1=1 --", &[]),
        ] {
            assert_eq!(found(&desk, text).await, wanted, "{text:?}");
        }
        let many = "zq ".repeat(10_000);
        assert!(found(&desk, &many).await.is_empty());
    }

    async fn text_hits_come_in_the_order_of_the_objects(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        desk.create(&desk.rep, "Account", &[("Name", "Pumps")]).await;
        for name in ["Pumps C", "Pumps A", "Pumps B"] {
            desk.create(&desk.rep, "Contact", &[("LastName", name)]).await;
        }
        assert_eq!(found(&desk, "pumps").await, ["Pumps A", "Pumps B", "Pumps C", "Pumps"]);
        let two = desk.store.search_text(&desk.rep, "pumps", &objects(), 2).await.unwrap();
        let two: Vec<_> = two.iter().map(|r| r.text("Name")).collect();
        assert_eq!(two, ["Pumps A", "Pumps B", "Pumps"]);
    }

    async fn number_hits_come_strongest_first_then_by_object_then_newest(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let number = [("Phone", "+1 415 555 0123")];
        let contact = |name: &'static str| [("LastName", name), number[0]];
        desk.create(&desk.rep, "Account", &[("Name", "Acme"), number[0]]).await;
        desk.create(&desk.rep, "Contact", &[("LastName", "Seven"), ("Phone", "555-0123")]).await;
        let mut older = fields(&contact("Older"));
        older.insert("CreatedDate".into(), Value::DateTime(1_000));
        desk.store.create_many(&"Contact".into(), &[older]).await.unwrap();
        desk.create(&desk.rep, "Contact", &contact("Newer")).await;
        let other = [("LastName", "No"), ("Phone", "+1 415 555 0124")];
        desk.create(&desk.rep, "Contact", &other).await;
        let hits = desk.store.search_phone(&desk.rep, "+14155550123", &objects()).await.unwrap();
        let hits: Vec<_> = hits.iter().map(|h| (h.record.text("Name"), h.strength)).collect();
        assert_eq!(hits[..3], [
            ("Newer", MatchStrength::Exact),
            ("Older", MatchStrength::Exact),
            ("Acme", MatchStrength::Exact),
        ]);
        assert!(!hits.iter().any(|(name, _)| *name == "No"), "{hits:?}");
    }

    async fn the_best_field_of_a_record_is_named(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        desk.create(&desk.rep, "Contact", &[
            ("LastName", "Ann"),
            ("OtherPhone", "4155550123"),
            ("MobilePhone", "+1 415 555 0123"),
            ("Fax", "+1 415 555 0199"),
        ])
        .await;
        let search = async |number: &str| {
            desk.store.search_phone(&desk.rep, number, &objects()).await.unwrap()
        };
        let hits = search("(415) 555-0123").await;
        assert_eq!(hits.len(), 1);
        assert_eq!(hits[0].field.as_str(), "MobilePhone");
        assert!(search("+14155550199").await.is_empty(), "a fax number is no caller's");
        for text in ["", "anonymous", "12", "ann"] {
            assert!(search(text).await.is_empty());
        }
    }
}

/// The records that a search finds, as text.
async fn sosl(desk: &Desk, user: &UserContext, text: &str) -> Vec<String> {
    let found = desk.store.search(user, text, options()).await;
    let found = found.unwrap_or_else(|e| panic!("{text}\n{e}"));
    found.iter().map(shown).collect()
}

on_both_databases! {
    async fn sosl_finds_words_phrases_patterns_and_numbers(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let account = [("Name", "Jones & Sons"), ("Website", "www.smith.example")];
        desk.create(&desk.rep, "Account", &account).await;
        for (first, last, title, email, phone) in [
            ("John", "Smith", "Head of Pumps", "john@acme.example", "+1 415 555 0123"),
            ("Jon", "Smithers", "", "jon@jones.example", "(415) 555-0199"),
            ("Ольга", "Иванова", "Pumps head", "", "0221 4710"),
        ] {
            desk.create(&desk.rep, "Contact", &[
                ("FirstName", first),
                ("LastName", last),
                ("Title", title),
                ("Email", email),
                ("Phone", phone),
            ]).await;
        }
        let only = "RETURNING Contact(LastName)";
        for (find, wanted) in [
            ("{smith}", &["Smith"][..]),
            ("{smith*}", &["Smith", "Smithers"]),
            ("{j?hn OR j?n}", &["Smith", "Smithers"]),
            ("{jo*n smith*}", &["Smith", "Smithers"]),
            ("{smith* AND NOT john}", &["Smithers"]),
            (r#"{"head of"}"#, &["Smith"]),
            (r#"{"of head"}"#, &[]),
            ("{pumps head}", &["Smith", "Иванова"]),
            ("{иванова}", &["Иванова"]),
            ("{jones} IN NAME FIELDS", &[]),
            ("{jones} IN EMAIL FIELDS", &["Smithers"]),
            ("{john} IN EMAIL FIELDS", &["Smith"]),
            ("{4155550123} IN PHONE FIELDS", &["Smith"]),
            ("{+1 (415) 555\\-0199} IN PHONE FIELDS", &["Smithers"]),
            (r#"{"415 555 1212" OR 4155550199} IN PHONE FIELDS"#, &["Smithers"]),
            ("{0221 4710} IN PHONE FIELDS", &["Иванова"]),
            ("{nobody}", &[]),
        ] {
            let text = format!("FIND {find} {only}");
            assert_eq!(sosl(&desk, &desk.rep, &text).await, wanted, "{text}");
        }
        let text = "FIND {smith*} IN NAME FIELDS RETURNING \
            Account(Name), Contact(LastName WHERE Title = null ORDER BY LastName DESC LIMIT 5)";
        assert_eq!(sosl(&desk, &desk.rep, text).await, ["Jones & Sons", "Smithers"]);
        let text = "FIND {smith*} \
            RETURNING Contact(LastName ORDER BY LastName DESC), Account(Name) LIMIT 2";
        assert_eq!(sosl(&desk, &desk.rep, text).await, ["Smithers", "Smith"]);
        let all = sosl(&desk, &desk.rep, "FIND {jones}").await;
        assert_eq!(all.len(), 2, "{all:?}");
    }

    async fn sosl_tells_nothing_of_what_a_user_may_not_see(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let secret = [("LastName", "Secret"), ("Company", "Hidden")];
        desk.create(&desk.other_rep, "Lead", &secret).await;
        let own = [("LastName", "Own"), ("Company", "Open"), ("Email", "mail@secret.example")];
        let own = desk.create(&desk.rep, "Lead", &own).await;
        let find = "FIND {secret} RETURNING Lead(LastName)";
        assert_eq!(sosl(&desk, &desk.rep, find).await, ["Own"]);
        assert_eq!(sosl(&desk, &desk.admin, find).await, ["Secret", "Own"]);
        let mut blind = desk.rep.clone();
        rights_of(&mut blind).hide(&["Lead.Email"]);
        assert!(sosl(&desk, &blind, find).await.is_empty());
        desk.store.delete(&desk.admin, &own).await.unwrap();
        assert_eq!(sosl(&desk, &desk.admin, find).await, ["Secret"]);
    }

    async fn an_index_of_words_that_is_missing_is_made_of_the_records(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        desk.create(&desk.rep, "Contact", &[("LastName", "Before"), ("Title", "Dr")]).await;
        desk.store.close().await;
        database.run("DROP TABLE words_contact").await;
        let store = database.open().await;
        let find = "FIND {dr} RETURNING Contact(LastName)";
        let found = store.search(&desk.rep, find, options()).await;
        assert_eq!(found.unwrap().iter().map(shown).collect::<Vec<_>>(), ["Before"]);
    }
}
