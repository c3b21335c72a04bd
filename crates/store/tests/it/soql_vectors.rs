//! The test vectors of SOQL in `tests/soql` (its README says how they are written), on both
//! databases.

use std::collections::BTreeMap;

use offhook_org::soql::result::{ResultRow, ResultValue};
use offhook_org::{RecordId, Value};
use offhook_store::org::query::{QueryFailure, QueryOptions, QueryPage};

use crate::databases::on_both_databases;
use crate::desk::Desk;

/// Noon in Berlin on Tuesday, 24 November 2026.
const NOW_MS: i64 = 1_795_518_000_000;

const DATA: &str = include_str!("../soql/data.txt");

const FILES: [(&str, &str); 7] = [
    ("nulls", include_str!("../soql/nulls.txt")),
    ("text", include_str!("../soql/text.txt")),
    ("dates", include_str!("../soql/dates.txt")),
    ("order", include_str!("../soql/order.txt")),
    ("relationships", include_str!("../soql/relationships.txt")),
    ("groups", include_str!("../soql/groups.txt")),
    ("errors", include_str!("../soql/errors.txt")),
];

/// A query and what it answers.
struct Vector {
    query: String,
    answer: Vec<String>,
}

/// Queries stand at the left margin, what belongs to them below is indented; an answer's lines
/// begin with two blanks, a query that goes on has no answer yet.
fn vectors(text: &str) -> Vec<Vector> {
    let mut vectors: Vec<Vector> = Vec::new();
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    for line in lines {
        match (line.strip_prefix("  "), vectors.last_mut()) {
            (Some(rest), Some(vector)) if is_open_comment(&vector.query) => {
                vector.query.push('\n');
                vector.query.push_str(rest);
            }
            (Some(answer), Some(vector)) => {
                vector
                    .answer
                    .extend(answer.split(" | ").map(ToOwned::to_owned));
            }
            _ => vectors.push(Vector {
                query: line.to_owned(),
                answer: Vec::new(),
            }),
        }
    }
    vectors
}

fn is_open_comment(query: &str) -> bool {
    query.matches("/*").count() > query.matches("*/").count()
}

/// Names of records and their ids.
type Ids = BTreeMap<String, RecordId>;

async fn fill(desk: &Desk) -> Ids {
    let mut ids = Ids::new();
    for line in DATA.lines().filter(|line| !line.starts_with('#')) {
        let mut parts = line.split(" | ");
        let (object, name) = parts.next().unwrap().split_once(' ').unwrap();
        let fields: Vec<(&str, &str)> = parts
            .map(|part| part.split_once('=').unwrap())
            .map(|(field, value)| match value.strip_prefix('@') {
                Some(name) => (field, ids[name].as_str()),
                None => (field, value),
            })
            .collect();
        let id = desk.create(&desk.rep, object, &fields).await;
        ids.insert(name.to_owned(), id);
    }
    ids
}

/// The query with ids in it.
fn with_ids(query: &str, ids: &Ids) -> String {
    let mut query = query.to_owned();
    for (name, id) in ids {
        query = query.replace(&format!("{{{name}}}"), id.as_str());
        query = query.replace(&format!("{{{name}:15}}"), id.short());
    }
    query
}

fn shown(row: &ResultRow, ids: &Ids) -> String {
    let fields = row.fields.iter().map(|(_, field)| match field {
        ResultValue::Value(value) => text(value, ids),
        ResultValue::Parent(Some(parent)) => format!("({})", shown(parent, ids)),
        ResultValue::Parent(None) => "(-)".to_owned(),
        ResultValue::Children(Some(list)) => {
            let rows: Vec<String> = list.rows.iter().map(|row| shown(row, ids)).collect();
            format!("[{}]", rows.join("; "))
        }
        ResultValue::Children(None) => "[-]".to_owned(),
        ResultValue::Address(parts) => format!("{parts:?}"),
    });
    fields.collect::<Vec<String>>().join(", ")
}

fn text(value: &Value, ids: &Ids) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Text(text) => text.clone(),
        Value::Number(number) => {
            let text = format!("{number:.6}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        Value::Integer(number) => number.to_string(),
        Value::Boolean(value) => value.to_string(),
        Value::Date(date) => date.to_string(),
        Value::DateTime(ms) => jiff::Timestamp::from_millisecond(*ms).unwrap().to_string(),
        Value::Time(time) => time.to_string(),
        Value::Reference(id) => match ids.iter().find(|(_, known)| *known == id) {
            Some((name, _)) => format!("@{name}"),
            None => id.to_string(),
        },
    }
}

/// The answer as the vectors write it.
fn answer(asked: Result<QueryPage, QueryFailure>, vector: &Vector, ids: &Ids) -> Vec<String> {
    match asked {
        Ok(page) if page.rows.is_empty() && page.total > 0 => vec![format!("= {}", page.total)],
        Ok(page) if page.rows.is_empty() => match vector.answer.first() {
            Some(wanted) if wanted.starts_with("= ") => vec!["= 0".to_owned()],
            _ => vec!["(none)".to_owned()],
        },
        Ok(page) => page.rows.iter().map(|row| shown(row, ids)).collect(),
        Err(QueryFailure::Refused { code, message }) => {
            let said = message.lines().last().unwrap_or_default();
            let complaint = format!("! {code} {said}");
            // A vector names the beginning of the text.
            match vector.answer.first() {
                Some(wanted) if complaint.starts_with(wanted) => vec![wanted.clone()],
                _ => vec![complaint],
            }
        }
        Err(failure) => vec![format!("failed: {failure}")],
    }
}

async fn check(desk: &Desk, ids: &Ids, file: &str, wrong: &mut Vec<String>) -> usize {
    let (_, content) = FILES.iter().find(|(name, _)| *name == file).unwrap();
    let vectors = vectors(content);
    for vector in &vectors {
        let options = QueryOptions {
            all_rows: false,
            batch_size: 2_000,
            api_version: 60,
            now_ms: NOW_MS,
        };
        let query = with_ids(&vector.query, ids);
        let asked = desk.store.query(&desk.rep, &query, options).await;
        let found = answer(asked, vector, ids);
        if found != vector.answer {
            let wanted = vector.answer.join(" | ");
            let found = found.join(" | ");
            wrong.push(format!(
                "{file}: {query}\n  wanted {wanted}\n  found  {found}"
            ));
        }
    }
    vectors.len()
}

on_both_databases! {
    async fn queries_answer_as_the_vectors_say(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let ids = fill(&desk).await;
        let mut wrong = Vec::new();
        let mut count = 0;
        for (file, _) in FILES {
            count += check(&desk, &ids, file, &mut wrong).await;
        }
        assert!(count >= 300, "only {count} vectors were read");
        assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    }
}
