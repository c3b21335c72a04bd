//! Text from outside never becomes a part of a statement: hundreds of strings that would like to,
//! in every place of a query where a text or a name may stand. As literals they find exactly what
//! they say; as anything else they are refused, or mean what they say, and show nobody what the
//! asker may not see.

pub(crate) mod strings;

use std::collections::{BTreeMap, BTreeSet};

use offhook_org::fold::fold;
use offhook_org::schema::SharingDefault;
use offhook_org::soql::result::ResultValue;
use offhook_org::{RecordId, UserContext, Value};
use offhook_store::Store;
use offhook_store::org::WriteOptions;
use offhook_store::org::query::{QueryFailure, QueryPage};

use self::strings::{kept, literal, names, strings};
use crate::databases::on_both_databases;
use crate::desk::Desk;
use crate::query::options;
use crate::write::new;

on_both_databases! {
    async fn a_hostile_text_finds_what_it_says_and_is_read_back_as_it_was(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let known = accounts(&desk).await;
        let rep = &desk.rep;
        let rows = query(&desk.store, rep, "SELECT Id, Name, Description FROM Account").await;
        let rows = rows.unwrap().rows;
        assert_eq!(rows.len(), known.len());
        for row in &rows {
            let name = &known[row.id.as_ref().unwrap()];
            for field in ["Name", "Description"] {
                let wanted = ResultValue::Value(Value::Text(name.clone()));
                assert_eq!(row.get(field), Some(&wanted), "{field}");
            }
        }
        for name in known.values() {
            check_literal(&desk.store, rep, &known, name).await;
        }
        check_sort(&desk.store, rep, &known).await;
    }

    async fn a_hostile_text_in_the_place_of_a_name_shows_nothing(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let private = SharingDefault::Private;
        desk.store.set_sharing_default(&desk.admin, "Account", private).await.unwrap();
        let secret = [("Name", "Secret"), ("Description", "x")];
        let secret = desk.create(&desk.admin, "Account", &secret).await;
        let mine = desk.create(&desk.rep, "Account", &[("Name", "Mine")]).await;
        let rep = crate::desk::context(&desk.store, desk.rep.user.as_ref().unwrap()).await;
        let before = database.dump().await;
        for text in strings() {
            for soql in places(&text) {
                // What the database itself refuses would be a text that reached it as SQL.
                match query(&desk.store, &rep, &soql).await {
                    Ok(page) => {
                        let ids: Vec<_> = page.rows.iter().filter_map(|r| r.id.clone()).collect();
                        assert!(!ids.contains(&secret), "{soql}");
                        assert!(page.rows.len() <= 1 && page.total <= 10, "{soql} {page:?}");
                    }
                    Err(QueryFailure::Refused { code, message }) => {
                        assert_ne!(code, "QUERY_TIMEOUT", "{soql}");
                        assert!(!message.is_empty() && message.len() < 4_096, "{soql}");
                        assert!(!message.contains(secret.as_str()), "{message}");
                    }
                    Err(QueryFailure::Store(error)) => panic!("{soql}\n{error}"),
                }
            }
            for sosl in [
                format!("FIND {{{text}}} IN ALL FIELDS RETURNING Account(Id, Name)"),
                format!("FIND {{Mine}} IN {text} FIELDS RETURNING Account(Id)"),
                format!("FIND {{Mine}} RETURNING Account({text})"),
                format!("FIND {{Mine}} RETURNING Account(Id WHERE Name = '{text}')"),
            ] {
                match desk.store.search(&rep, &sosl, options()).await {
                    Ok(rows) => {
                        assert!(rows.iter().all(|row| row.id.as_ref() == Some(&mine)), "{sosl}");
                    }
                    Err(QueryFailure::Refused { .. }) => {}
                    Err(QueryFailure::Store(error)) => panic!("{sosl}\n{error}"),
                }
            }
        }
        let after = database.dump().await;
        let tables = |dump: &BTreeMap<String, Vec<String>>| -> Vec<(String, usize)> {
            // Locators are kept of what was asked.
            let rows = dump.iter().filter(|(table, _)| !table.contains("locator"));
            rows.map(|(table, rows)| (table.clone(), rows.len())).collect()
        };
        assert_eq!(tables(&before), tables(&after));
    }
}

/// An account of each name, of the rep: what is kept of them by id.
async fn accounts(desk: &Desk) -> BTreeMap<RecordId, String> {
    let names = names(255);
    assert!(names.len() > 450, "{}", names.len());
    let mut known = BTreeMap::new();
    for names in names.chunks(100) {
        let writes = names.iter().map(|name| {
            let values = [
                ("Name", name.as_str()),
                ("Description", name.as_str().trim()),
            ];
            new("Account", &values)
        });
        let options = WriteOptions::default();
        let written = desk.store.write(&desk.rep, writes.collect(), options).await;
        for (outcome, name) in written.unwrap().into_iter().zip(names) {
            let written = outcome.unwrap_or_else(|refused| panic!("{name:?} {refused:?}"));
            known.insert(written.id, kept(name));
        }
    }
    known
}

/// A literal for LIKE: signs that stand for others stand for themselves.
fn like_literal(text: &str) -> String {
    literal(text).replace('%', "\\%").replace('_', "\\_")
}

async fn query(store: &Store, user: &UserContext, soql: &str) -> Result<QueryPage, QueryFailure> {
    store.query(user, soql, options()).await
}

async fn ids(store: &Store, user: &UserContext, condition: &str) -> BTreeSet<RecordId> {
    let soql = format!("SELECT Id FROM Account WHERE {condition}");
    let page = query(store, user, &soql).await;
    let page = page.unwrap_or_else(|error| panic!("{soql:?} {error}"));
    page.rows.into_iter().filter_map(|row| row.id).collect()
}

/// The literal in every comparison finds what the same comparison in plain Rust finds.
async fn check_literal(
    store: &Store,
    user: &UserContext,
    known: &BTreeMap<RecordId, String>,
    name: &str,
) {
    let folded = fold(name);
    let oracle = |holds: &dyn Fn(&str) -> bool| -> BTreeSet<RecordId> {
        let found = known.iter().filter(|(_, other)| holds(&fold(other)));
        found.map(|(id, _)| id.clone()).collect()
    };
    let (plain, like) = (literal(name), like_literal(name));
    let equal = oracle(&|other| other == folded);
    let begins = oracle(&|other| other.starts_with(&folded));
    let differs = oracle(&|other| other != folded);
    for (condition, wanted) in [
        (format!("Name = '{plain}'"), &equal),
        (format!("Name IN ('nothing', '{plain}')"), &equal),
        (format!("Name LIKE '{like}'"), &equal),
        (format!("Name LIKE '{like}%'"), &begins),
        (format!("Name != '{plain}'"), &differs),
    ] {
        let found = ids(store, user, &condition).await;
        assert_eq!(found, *wanted, "{condition:?}");
    }
}

/// Sorted and grouped, each text is there once, in the order of its folded letters.
async fn check_sort(store: &Store, user: &UserContext, known: &BTreeMap<RecordId, String>) {
    let soql = "SELECT Id, Name FROM Account ORDER BY Name";
    let page = query(store, user, soql).await.unwrap();
    let told: Vec<&String> = (page.rows.iter())
        .filter_map(|row| known.get(row.id.as_ref()?))
        .collect();
    let mut sorted: Vec<&String> = known.values().collect();
    sorted.sort_by_key(|name| fold(name));
    assert_eq!(told, sorted);
    let grouped = "SELECT Name, COUNT(Id) n FROM Account GROUP BY Name";
    let groups = query(store, user, grouped).await.unwrap();
    assert_eq!(groups.rows.len(), known.len());
}

/// Queries with the text where a name, an alias, an order, a number or a literal should be.
fn places(text: &str) -> [String; 12] {
    [
        text.to_owned(),
        format!("SELECT {text} FROM Account"),
        format!("SELECT Id FROM {text}"),
        format!("SELECT Id FROM Account {text}"),
        format!("SELECT Id FROM Account WHERE {text}"),
        format!("SELECT Id FROM Account WHERE Name = '{text}'"),
        format!("SELECT Id FROM Account WHERE Name LIKE '{text}'"),
        format!("SELECT Id FROM Account WHERE {text} = 'x'"),
        format!("SELECT Id FROM Account ORDER BY {text}"),
        format!("SELECT COUNT(Id) {text} FROM Account GROUP BY Name"),
        format!("SELECT COUNT(Id) n FROM Account GROUP BY {text}"),
        format!("SELECT Id FROM Account LIMIT {text}"),
    ]
}
