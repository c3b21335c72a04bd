//! Queries on both databases: what the platform's semantics are, and what each user may see.

use offhook_org::record::Fields;
use offhook_org::soql::result::{ResultRow, ResultValue};
use offhook_org::{RecordId, UserContext, Value};
use offhook_store::Store;
use offhook_store::org::query::{QueryFailure, QueryOptions, QueryPage};

use crate::databases::on_both_databases;
use crate::desk::{Desk, fields};

/// Noon in Berlin, 2026-11-24.
pub(crate) const NOW_MS: i64 = 1_795_518_000_000;

pub(crate) fn options() -> QueryOptions {
    QueryOptions {
        all_rows: false,
        batch_size: 2_000,
        api_version: 60,
        now_ms: NOW_MS,
    }
}

pub(crate) async fn page(store: &Store, user: &UserContext, soql: &str) -> QueryPage {
    let page = store.query(user, soql, options()).await;
    page.unwrap_or_else(|e| panic!("{soql}\n{e}"))
}

/// The rows of an answer as text: values parted by commas, parents in parentheses, children in
/// brackets.
pub(crate) async fn ask(store: &Store, user: &UserContext, soql: &str) -> Vec<String> {
    let page = page(store, user, soql).await;
    page.rows.iter().map(shown).collect()
}

pub(crate) fn shown(row: &ResultRow) -> String {
    let values = row.fields.iter().map(|(_, value)| match value {
        ResultValue::Value(value) => text(value),
        ResultValue::Parent(Some(parent)) => format!("({})", shown(parent)),
        ResultValue::Parent(None) => "(-)".to_owned(),
        ResultValue::Children(Some(list)) => {
            let rows: Vec<_> = list.rows.iter().map(shown).collect();
            format!("[{}]", rows.join("; "))
        }
        ResultValue::Children(None) => "[-]".to_owned(),
        ResultValue::Address(Some(parts)) => {
            let parts: Vec<_> = parts
                .iter()
                .map(|(name, v)| format!("{name}={}", text(v)))
                .collect();
            format!("{{{}}}", parts.join(" "))
        }
        ResultValue::Address(None) => "{-}".to_owned(),
    });
    values.collect::<Vec<_>>().join(", ")
}

pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Text(text) => text.clone(),
        Value::Number(number) => format!("{number:.6}")
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned(),
        Value::Integer(number) | Value::DateTime(number) => number.to_string(),
        Value::Boolean(flag) => flag.to_string(),
        Value::Date(date) => date.to_string(),
        Value::Time(time) => time.to_string(),
        Value::Reference(id) => id.to_string(),
    }
}

async fn refused(store: &Store, user: &UserContext, soql: &str) -> (&'static str, String) {
    match store.query(user, soql, options()).await {
        Err(QueryFailure::Refused { code, message }) => (code, message),
        other => panic!("{soql}: a refusal was expected: {other:?}"),
    }
}

/// Accounts with some contacts: Acme (Ann, Bo), Ärger (Cy), Void (none); Di has no account.
async fn people(desk: &Desk) -> Vec<RecordId> {
    let mut accounts = Vec::new();
    for (name, city) in [("Acme", "Köln"), ("Ärger", "KÖLN"), ("Void", "")] {
        accounts.push(
            desk.create(
                &desk.rep,
                "Account",
                &[("Name", name), ("BillingCity", city)],
            )
            .await,
        );
    }
    for (name, account, title) in [
        ("Ann", 0, "CEO"),
        ("Bo", 0, ""),
        ("Cy", 1, "ceo"),
        ("Di", 9, "CTO"),
    ] {
        let account = accounts.get(account).map_or("", RecordId::as_str);
        desk.create(
            &desk.rep,
            "Contact",
            &[("LastName", name), ("AccountId", account), ("Title", title)],
        )
        .await;
    }
    accounts
}

fn contacts(count: u32, name: impl Fn(u32) -> String) -> Vec<Fields> {
    (0..count)
        .map(|i| fields(&[("LastName", &name(i))]))
        .collect()
}

on_both_databases! {
    async fn fields_parents_and_children_are_selected(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        people(&desk).await;
        let (store, rep) = (&desk.store, &desk.rep);
        for (soql, wanted) in [
            ("SELECT Name FROM Account ORDER BY Name", &["Acme", "Void", "Ärger"][..]),
            ("SELECT Name, Account.Name, Account.Owner.Name FROM Contact ORDER BY Name DESC LIMIT \
                2",
                &["Di, (-)", "Cy, (Ärger, (Rae Test))"]),
            ("SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName DESC) FROM Account \
                ORDER BY Id",
                &["Acme, [Bo; Ann]", "Ärger, [Cy]", "Void, [-]"]),
            ("SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName LIMIT 1) FROM Account \
                WHERE Name LIKE 'a%'",
                &["Acme, [Ann]"]),
            ("SELECT Name FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE Title = \
                'CEO') ORDER BY Name",
                &["Acme", "Ärger"]),
            ("SELECT Name FROM Account WHERE Id NOT IN (SELECT AccountId FROM Contact)", &["Void"]),
            ("SELECT LastName FROM Contact WHERE Account.BillingCity = 'köln' ORDER BY LastName",
                &["Ann", "Bo", "Cy"]),
            ("SELECT LastName FROM Contact WHERE Account.Name = null", &["Di"]),
            ("SELECT LastName FROM Contact WHERE Account.Name != 'Acme' ORDER BY LastName",
                &["Cy", "Di"]),
            ("SELECT LastName FROM Contact WHERE Title != 'ceo' ORDER BY LastName", &["Bo", "Di"]),
            ("SELECT LastName FROM Contact WHERE NOT (Title = 'ceo') ORDER BY LastName",
                &["Bo", "Di"]),
            ("SELECT LastName FROM Contact WHERE Title NOT IN ('CEO', 'x') ORDER BY LastName",
                &["Bo", "Di"]),
            ("SELECT LastName, Title FROM Contact ORDER BY Title, LastName",
                &["Bo, -", "Ann, CEO", "Cy, ceo", "Di, CTO"]),
            ("SELECT LastName FROM Contact ORDER BY Title DESC NULLS LAST, LastName",
                &["Di", "Ann", "Cy", "Bo"]),
            ("SELECT LastName FROM Contact WHERE Name LIKE '_n%'", &["Ann"]),
            ("SELECT Name FROM Account WHERE Name LIKE 'Ä%'", &["Ärger"]),
            ("SELECT Name FROM Account WHERE Name = 'äRGER'", &["Ärger"]),
            ("SELECT LastName FROM Contact ORDER BY Id LIMIT 2 OFFSET 1", &["Bo", "Cy"]),
        ] {
            assert_eq!(ask(store, rep, soql).await, wanted, "{soql}");
        }
        assert_eq!(page(store, rep, "SELECT count() FROM Contact").await.total, 4);
        assert_eq!(page(store, rep, "SELECT count() FROM Contact LIMIT 3").await.total, 3);
    }

    async fn groups_are_counted_with_every_case_of_the_letters_in_one(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        people(&desk).await;
        let (store, rep) = (&desk.store, &desk.rep);
        for (soql, wanted) in [
            ("SELECT Title, count(Id) n FROM Contact GROUP BY Title ORDER BY count(Id) DESC, Title",
                &["CEO, 2", "-, 1", "CTO, 1"][..]),
            ("SELECT count(Title), count_distinct(Title), min(LastName), max(LastName) FROM \
                Contact",
                &["3, 2, Ann, Di"]),
            ("SELECT Account.Name, count(Id) FROM Contact GROUP BY Account.Name HAVING count(Id) > \
                1",
                &["Acme, 2"]),
            ("SELECT BillingCity, Name, count(Id), grouping(BillingCity), grouping(Name) FROM \
                Account GROUP BY ROLLUP(BillingCity, Name)",
                &["-, Void, 1, 0, 0", "Köln, Acme, 1, 0, 0", "KÖLN, Ärger, 1, 0, 0",
                    "-, -, 1, 0, 1", "KÖLN, -, 2, 0, 1", "-, -, 3, 1, 1"]),
            ("SELECT count(Id) FROM Contact WHERE LastName = 'nobody'", &["0"]),
            ("SELECT sum(NumberOfEmployees), avg(NumberOfEmployees) FROM Account", &["-, -"]),
        ] {
            let found = ask(store, rep, soql).await;
            assert_eq!(found, wanted, "{soql}");
        }
    }

    async fn dates_are_cut_where_the_user_is_with_summer_time(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        // Berlin: UTC+2 until 2026-10-25 01:00 UTC, then UTC+1.
        let moments = [
            ("summer evening", "2026-10-24T22:30:00Z"), // 00:30 of the 25th in Berlin
            ("summer night", "2026-10-24T21:30:00Z"),   // 23:30 of the 24th
            ("winter night", "2026-10-25T22:30:00Z"),   // 23:30 of the 25th
            ("winter morning", "2026-10-25T23:30:00Z"), // 00:30 of the 26th
            ("new year", "2025-12-31T23:10:00Z"),       // 00:10 of January 1 in Berlin
        ];
        let rows: Vec<Fields> = moments.iter().map(|(name, moment)| {
            let mut row = fields(&[("LastName", name)]);
            let moment: jiff::Timestamp = moment.parse().unwrap();
            row.insert("CreatedDate".into(), Value::DateTime(moment.as_millisecond()));
            row
        }).collect();
        desk.store.create_many(&"Contact".into(), &rows).await.unwrap();
        let (store, rep) = (&desk.store, &desk.rep);
        for (soql, wanted) in [
            ("SELECT day_only(convertTimezone(CreatedDate)) d, count(Id) FROM Contact GROUP BY \
                day_only(convertTimezone(CreatedDate)) ORDER BY \
                day_only(convertTimezone(CreatedDate))",
                &["2026-01-01, 1", "2026-10-24, 1", "2026-10-25, 2", "2026-10-26, 1"][..]),
            ("SELECT day_only(CreatedDate) d, count(Id) FROM Contact GROUP BY \
                day_only(CreatedDate) ORDER BY day_only(CreatedDate)",
                &["2025-12-31, 1", "2026-10-24, 2", "2026-10-25, 2"]),
            ("SELECT hour_in_day(convertTimezone(CreatedDate)), count(Id) FROM Contact GROUP BY \
                hour_in_day(convertTimezone(CreatedDate)) ORDER BY \
                hour_in_day(convertTimezone(CreatedDate))",
                &["0, 3", "23, 2"]),
            ("SELECT LastName FROM Contact WHERE calendar_year(convertTimezone(CreatedDate)) = \
                2026 AND calendar_month(convertTimezone(CreatedDate)) = 1",
                &["new year"]),
            ("SELECT LastName FROM Contact WHERE calendar_year(CreatedDate) = 2025", &["new year"]),
            ("SELECT LastName FROM Contact WHERE day_in_year(CreatedDate) = 365", &["new year"]),
            ("SELECT LastName FROM Contact WHERE CreatedDate = LAST_MONTH ORDER BY CreatedDate \
                LIMIT 1",
                &["summer night"]),
            ("SELECT LastName FROM Contact WHERE CreatedDate > 2026-10-25T22:00:00Z ORDER BY \
                CreatedDate",
                &["winter night", "winter morning"]),
        ] {
            assert_eq!(ask(store, rep, soql).await, wanted, "{soql}");
        }
    }

    async fn the_who_and_the_what_of_a_task_are_of_several_objects(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let accounts = people(&desk).await;
        let lead = desk.create(&desk.rep, "Lead", &[("LastName", "Lee"), ("Company", "Lux")]).await;
        let zoe = [("LastName", "Zoe"), ("Title", "Dr")];
        let contact = desk.create(&desk.rep, "Contact", &zoe).await;
        for (subject, who, what) in [
            ("a", contact.as_str(), accounts[0].as_str()),
            ("b", lead.as_str(), ""),
            ("c", "", accounts[1].as_str()),
            ("d", "", ""),
        ] {
            let task = [("Subject", subject), ("WhoId", who), ("WhatId", what)];
            desk.create(&desk.rep, "Task", &task).await;
        }
        let (store, rep) = (&desk.store, &desk.rep);
        for (soql, wanted) in [
            ("SELECT Subject, Who.Name, What.Name FROM Task ORDER BY Subject",
                &["a, (Zoe), (Acme)", "b, (Lee), (-)", "c, (-), (Ärger)", "d, (-), (-)"][..]),
            ("SELECT Subject, Who.Type FROM Task WHERE Who.Type = 'lead'", &["b, (Lead)"]),
            ("SELECT Subject FROM Task WHERE What.Type IN ('Account') ORDER BY Subject",
                &["a", "c"]),
            ("SELECT Subject FROM Task WHERE Who.Name LIKE 'z%'", &["a"]),
            ("SELECT Subject, TYPEOF Who WHEN Contact THEN Title WHEN Lead THEN Company, Name ELSE \
                Id END FROM Task ORDER BY Subject",
                &["a, (Dr)", "b, (Lux, Lee)", "c, (-)", "d, (-)"]),
            ("SELECT Subject FROM Task ORDER BY Who.Name NULLS LAST, Subject",
                &["b", "a", "c", "d"]),
            ("SELECT Name, (SELECT Subject FROM Tasks) FROM Account ORDER BY Id",
                &["Acme, [a]", "Ärger, [c]", "Void, [-]"]),
        ] {
            assert_eq!(ask(store, rep, soql).await, wanted, "{soql}");
        }
    }

    async fn picklists_are_sorted_as_they_are_set_up(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        for stage in ["Closed Won", "Prospecting", "Qualification"] {
            let deal = [("Name", stage), ("StageName", stage), ("CloseDate", "2026-01-01")];
            desk.create(&desk.rep, "Opportunity", &deal).await;
        }
        let (store, rep) = (&desk.store, &desk.rep);
        let up = ask(store, rep, "SELECT Name FROM Opportunity ORDER BY StageName").await;
        assert_eq!(up, ["Prospecting", "Qualification", "Closed Won"]);
        let down = ask(store, rep, "SELECT Name FROM Opportunity ORDER BY StageName DESC").await;
        assert_eq!(down, ["Closed Won", "Qualification", "Prospecting"]);
    }

    async fn pages_show_each_row_once_while_others_write(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let names = contacts(450, |i| format!("N{i:04}"));
        let ids = desk.store.create_many(&"Contact".into(), &names).await.unwrap();
        let options = QueryOptions { batch_size: 200, ..options() };
        let soql = "SELECT LastName FROM Contact ORDER BY LastName DESC";
        let first = desk.store.query(&desk.rep, soql, options).await.unwrap();
        assert_eq!((first.total, first.rows.len()), (450, 200));
        let locator = first.locator.clone().unwrap();
        assert!(locator.starts_with("01g") && locator.ends_with("-200"), "{locator}");
        // One that was shown moves to the end, one that was not moves to the beginning, one goes,
        // one comes.
        desk.update(&desk.rep, &ids[449], &[("LastName", "A")]).await.unwrap();
        desk.update(&desk.rep, &ids[0], &[("LastName", "Z")]).await.unwrap();
        desk.store.delete(&desk.admin, &ids[1]).await.unwrap();
        desk.create(&desk.rep, "Contact", &[("LastName", "M")]).await;
        let mut seen: Vec<RecordId> = first.rows.iter().filter_map(|r| r.id.clone()).collect();
        let mut next = first.locator;
        while let Some(locator) = next {
            let page = desk.store.query_more(&desk.rep, &locator, options).await.unwrap();
            assert_eq!(page.total, 450);
            seen.extend(page.rows.iter().filter_map(|r| r.id.clone()));
            next = page.locator;
        }
        let mut wanted: Vec<RecordId> = ids.iter().rev().cloned().collect();
        wanted.retain(|id| *id != ids[1]);
        assert_eq!(seen, wanted);
        // The same page again, as a client asks that lost the answer.
        let again = desk.store.query_more(&desk.rep, &locator, options).await.unwrap();
        assert_eq!(again.rows.first().and_then(|r| r.id.clone()), Some(wanted[200].clone()));
    }

    async fn a_locator_is_for_its_user_and_ends(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let names = contacts(201, |i| format!("N{i}"));
        desk.store.create_many(&"Contact".into(), &names).await.unwrap();
        let options = QueryOptions { batch_size: 1, ..options() };
        let open = async || {
            let page = desk.store.query(&desk.rep, "SELECT Id FROM Contact", options).await;
            page.unwrap().locator.unwrap()
        };
        let more = async |user: &UserContext, locator: &str, now_ms: i64| {
            let options = QueryOptions { now_ms, ..options };
            match desk.store.query_more(user, locator, options).await {
                Ok(page) => format!("{} rows", page.rows.len()),
                Err(QueryFailure::Refused { code, .. }) => code.to_owned(),
                Err(other) => panic!("{other}"),
            }
        };
        let first = open().await;
        assert_eq!(more(&desk.rep, &first, NOW_MS).await, "1 rows");
        assert_eq!(more(&desk.other_rep, &first, NOW_MS).await, "INVALID_QUERY_LOCATOR");
        let (beyond, before) = (first.replace("-200", "-9999"), first.replace("-200", "--1"));
        for wrong in ["", "01g", "01gxxxxxxxxxxxxxxx-0", &beyond, &before] {
            assert_eq!(more(&desk.rep, wrong, NOW_MS).await, "INVALID_QUERY_LOCATOR", "{wrong}");
        }
        let quarter = 15 * 60 * 1_000;
        assert_eq!(more(&desk.rep, &first, NOW_MS + quarter).await, "1 rows");
        let later = NOW_MS + 2 * quarter + 1;
        assert_eq!(more(&desk.rep, &first, later).await, "INVALID_QUERY_LOCATOR");
        let oldest = open().await;
        for _ in 0..9 { open().await; }
        assert_eq!(more(&desk.rep, &oldest, NOW_MS).await, "1 rows");
        open().await;
        assert_eq!(more(&desk.rep, &oldest, NOW_MS).await, "INVALID_QUERY_LOCATOR");
    }

    async fn long_lists_of_children_have_a_locator_of_their_own(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let account = desk.create(&desk.rep, "Account", &[("Name", "Big")]).await;
        let rows: Vec<Fields> = (0..2_100).map(|i| {
            fields(&[("LastName", &format!("N{i:04}")), ("AccountId", account.as_str())])
        }).collect();
        desk.store.create_many(&"Contact".into(), &rows).await.unwrap();
        let soql = "SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName) FROM Account";
        let page = page(&desk.store, &desk.rep, soql).await;
        let Some(ResultValue::Children(Some(list))) = page.rows[0].get("Contacts") else {
            panic!("{page:?}")
        };
        assert_eq!((list.total, list.rows.len()), (2_100, 2_000));
        let locator = list.locator.clone().unwrap();
        let rest = desk.store.query_more(&desk.rep, &locator, options()).await.unwrap();
        assert_eq!((rest.total, rest.rows.len(), rest.locator), (2_100, 100, None));
        assert_eq!(shown(&rest.rows[0]), "N2000");
    }

    async fn what_a_user_may_not_see_is_nowhere_in_an_answer(database: TestDatabase) {
        let mut desk = Desk::new(database.open().await).await;
        // Leads are private.
        let secret = [("LastName", "Secret"), ("Company", "Hidden")];
        let lead = desk.create(&desk.other_rep, "Lead", &secret).await;
        desk.create(&desk.rep, "Lead", &[("LastName", "Own"), ("Company", "Open")]).await;
        desk.create(&desk.other_rep, "Task", &[("Subject", "t"), ("WhoId", lead.as_str())]).await;
        let (store, rep) = (&desk.store, &desk.rep);
        for (soql, wanted) in [
            ("SELECT LastName FROM Lead", &["Own"][..]),
            ("SELECT count(Id) FROM Lead", &["1"]),
            ("SELECT LastName, count(Id) FROM Lead GROUP BY LastName", &["Own, 1"]),
            ("SELECT Subject, Who.Name, Who.Type FROM Task", &["t, (-)"]),
            ("SELECT Subject FROM Task WHERE Who.Name = 'Secret'", &[]),
            ("SELECT Subject FROM Task WHERE Who.Type = 'Lead'", &[]),
            ("SELECT Subject FROM Task WHERE WhoId IN (SELECT Id FROM Lead WHERE LastName = \
                'Secret')",
                &[]),
            ("SELECT Subject, TYPEOF Who WHEN Lead THEN Company END FROM Task", &["t, (-)"]),
        ] {
            let found = ask(store, rep, soql).await;
            assert_eq!(found, wanted, "{soql}");
        }
        let own = ask(store, &desk.other_rep, "SELECT Subject, Who.Name FROM Task").await;
        assert_eq!(own, ["t, (Secret)"]);
        let hidden = refused(store, &desk.agent, "SELECT Amount FROM Opportunity").await;
        assert_eq!(hidden.0, "INVALID_FIELD");
        for soql in [
            "SELECT Id FROM Opportunity WHERE Amount > 5",
            "SELECT Id FROM Opportunity ORDER BY Amount",
            "SELECT sum(Amount) FROM Opportunity",
            "SELECT Id, (SELECT Amount FROM Opportunities) FROM Account",
            "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Opportunity WHERE Amount > \
                5)",
        ] {
            assert_eq!(refused(store, &desk.agent, soql).await.0, "INVALID_FIELD", "{soql}");
        }
        desk.rep.rights = std::sync::Arc::default();
        assert_eq!(refused(&desk.store, &desk.rep, "SELECT Id FROM Lead").await.0, "INVALID_TYPE");
    }

    async fn the_recycle_bin_is_looked_into_when_asked(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let (kept, gone) = (
            desk.create(&desk.rep, "Contact", &[("LastName", "Kept")]).await,
            desk.create(&desk.rep, "Contact", &[("LastName", "Gone")]).await,
        );
        desk.store.delete(&desk.admin, &gone).await.unwrap();
        let soql = "SELECT LastName, IsDeleted FROM Contact ORDER BY Id";
        assert_eq!(ask(&desk.store, &desk.rep, soql).await, ["Kept, false"]);
        let all = QueryOptions { all_rows: true, ..options() };
        let page = desk.store.query(&desk.rep, soql, all).await.unwrap();
        let rows: Vec<_> = page.rows.iter().map(shown).collect();
        assert_eq!(rows, ["Kept, false", "Gone, true"]);
        let words = format!("{soql} ALL ROWS");
        assert_eq!(ask(&desk.store, &desk.rep, &words).await, ["Kept, false", "Gone, true"]);
        let viewed = format!("SELECT Id FROM Contact WHERE Id = '{}' FOR VIEW", kept.short());
        assert_eq!(ask(&desk.store, &desk.rep, &viewed).await.len(), 1);
        let recent = desk.store.recently_viewed(&desk.rep, None, 5).await.unwrap();
        assert_eq!(recent.first().map(|r| r.id.clone()), Some(kept));
    }

    async fn four_thousand_ids_in_a_list_are_no_trouble(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let names = contacts(300, |i| format!("Ü{i}"));
        let ids = desk.store.create_many(&"Contact".into(), &names).await.unwrap();
        let list = |of: &dyn Fn(u64) -> String| {
            (0..4_000).map(of).collect::<Vec<_>>().join("','")
        };
        let wanted = list(&|i| RecordId::from_serial("003", i + 1).to_string());
        let soql = format!("SELECT count() FROM Contact WHERE Id IN ('{wanted}')");
        assert_eq!(page(&desk.store, &desk.rep, &soql).await.total, ids.len() as u64);
        let names = list(&|i| format!("ü{}", i * 2));
        let soql = format!("SELECT count() FROM Contact WHERE LastName IN ('{names}')");
        assert_eq!(page(&desk.store, &desk.rep, &soql).await.total, 150);
        let many: Vec<String> = (0..3_000).map(|i| format!("LastName = 'ü{i}'")).collect();
        let soql = format!("SELECT count() FROM Contact WHERE {}", many.join(" OR "));
        assert_eq!(page(&desk.store, &desk.rep, &soql).await.total, 300);
    }

    async fn literals_are_never_part_of_the_statement(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let name = "x'); DROP TABLE org_contact; --";
        desk.create(&desk.rep, "Contact", &[("LastName", name)]).await;
        let name = r"x\'); DROP TABLE org_contact; --";
        for odd in [name, r"\' OR 1=1 --", r#"\"; $1 ?1 :a"#, "{}", "%_[*]?"] {
            let soql = format!("SELECT LastName FROM Contact WHERE LastName = '{odd}'");
            let found = ask(&desk.store, &desk.rep, &soql).await;
            assert_eq!(found.len(), usize::from(odd.starts_with('x')), "{soql}");
        }
        assert_eq!(ask(&desk.store, &desk.rep, "SELECT count(Id) FROM Contact").await, ["1"]);
    }

    async fn the_columns_of_an_answer_are_described(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let soql = "SELECT Id, Name, Owner.Name, DoNotCall, Direct_Line__c, Account.Owner.Name, \
            (SELECT Subject FROM Tasks) FROM Contact";
        let described = async |soql: &str| desk.store.query_columns(&desk.rep, soql, options());
        let columns = described(soql).await.unwrap();
        let shown: Vec<String> = columns.column_metadata.iter().map(|column| {
            let inner = column.join_columns.iter();
            let inner: Vec<_> = inner.map(|c| c.column_name.as_str()).collect();
            format!("{} {} [{}]", column.column_name, column.aggregate, inner.join(" "))
        }).collect();
        assert_eq!(shown, ["Id false []", "Name false []", "Owner false [Name]",
            "DoNotCall false []",
            "Direct_Line__c false []", "Account false [Owner]", "Tasks true [Subject]"]);
        assert!(columns.column_metadata[3].boolean_type && columns.column_metadata[4].custom);
        assert_eq!((columns.entity_name.as_str(), columns.key_prefix.as_str()), ("Contact", "003"));
        assert!(columns.id_selected && !columns.group_by);
        let groups = "SELECT Title, count(Id) n, max(Name) FROM Contact GROUP BY Title";
        let groups = described(groups).await.unwrap();
        let shown: Vec<_> = groups.column_metadata.iter()
            .map(|c| (c.column_name.as_str(), c.display_name.as_str(), c.aggregate)).collect();
        let wanted = [("Title", "Title", false), ("n", "count", true), ("expr0", "max", true)];
        assert_eq!(shown, wanted);
        assert!(groups.group_by);
    }

    async fn a_plan_tells_an_index_from_a_scan(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let rows = contacts(2_000, |i| format!("N{i}"));
        desk.store.create_many(&"Contact".into(), &rows).await.unwrap();
        database.run("ANALYZE").await;
        let plan = async |soql: &str| {
            let plans = desk.store.explain_query(&desk.rep, soql, options()).await.unwrap();
            plans.plans.into_iter().next().unwrap()
        };
        let by_name = plan("SELECT Id FROM Contact WHERE Name = 'n7'").await;
        assert_eq!(by_name.leading_operation_type, "Index");
        assert_eq!((by_name.cardinality, by_name.sobject_cardinality), (1, 2_000));
        assert!(by_name.relative_cost < 1.0);
        let by_title = plan("SELECT Id FROM Contact WHERE Title = 'x'").await;
        assert_eq!(by_title.leading_operation_type, "TableScan");
        assert_eq!(by_title.notes[0].fields, ["Title"]);
        assert!(by_title.relative_cost > 1.0);
    }
}
