//! The index of words: a table of its own beside each object's, written with each record. SQLite
//! keeps it as FTS5 without the text, PostgreSQL as `tsvector` with a GIN index. Both get words
//! that were cut here, so that they find the same.

use offhook_org::RecordId;
use offhook_org::record::Fields;
use offhook_org::schema::Object;

use super::columns;
use super::search_words::{SearchFields, Wanted, Words};
use crate::database::{Database, DbError, Dialect, Statement, Transaction};

/// Records that are read at once when an index is filled.
const FILL_BATCH: u32 = 1_000;

/// The letters of serial numbers in ids, in their order.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Letters and digits in one are no word: nothing is found by it.
const NO_WORD: &str = "a0a";

/// `words_contact`.
fn table(object: &Object) -> String {
    format!("words_{}", object.name.as_str().to_ascii_lowercase())
}

/// Makes the index of an object that is searched if it is not there, and fills it from the
/// object's records.
pub(crate) async fn prepare(
    transaction: &mut Transaction,
    dialect: Dialect,
    object: &Object,
) -> Result<(), DbError> {
    if !object.abilities.searchable {
        return Ok(());
    }
    let table = table(object);
    let known = Statement::new(dialect.count_tables()).with(table.as_str());
    let count = transaction.fetch_one(&known).await?;
    if count.map_or(Ok(0), |row| row.integer(0))? > 0 {
        return Ok(());
    }
    let create = match dialect {
        Dialect::Sqlite => format!(
            "CREATE VIRTUAL TABLE {table} USING fts5(name, email, phone, other, content='', \
             contentless_delete=1, detail=column, tokenize='ascii')"
        ),
        Dialect::Postgres => format!(
            "CREATE TABLE {table} (record TEXT COLLATE \"C\" PRIMARY KEY, words TSVECTOR NOT NULL);
             CREATE INDEX {table}_by_word ON {table} USING gin (words)"
        ),
    };
    transaction.execute_script(&create).await?;
    fill(transaction, dialect, object).await
}

async fn fill(
    transaction: &mut Transaction,
    dialect: Dialect,
    object: &Object,
) -> Result<(), DbError> {
    let fields = columns::all_fields(object);
    let mut last: Option<RecordId> = None;
    loop {
        let mut select = columns::select(object, &fields);
        if let Some(last) = &last {
            select.push(" AND id > ").arg(last);
        }
        select.push(" ORDER BY id LIMIT ").arg(FILL_BATCH);
        let rows = transaction.fetch(&select).await?;
        let records = rows.iter().map(|row| columns::record(object, &fields, row));
        let records = records.collect::<Result<Vec<_>, _>>()?;
        let pairs = records.iter().map(|record| (&record.id, &record.fields));
        if let Some(put) = put(dialect, object, pairs) {
            transaction.execute(&put).await?;
        }
        match records.into_iter().next_back() {
            Some(record) if rows.len() == FILL_BATCH as usize => last = Some(record.id),
            _ => return Ok(()),
        }
    }
}

/// Puts the words of these records into the index, or in the place of their old ones. Nothing is
/// to be done for none.
pub(super) fn put<'a>(
    dialect: Dialect,
    object: &Object,
    records: impl IntoIterator<Item = (&'a RecordId, &'a Fields)>,
) -> Option<Statement> {
    if !object.abilities.searchable {
        return None;
    }
    let table = table(object);
    let mut statement = Statement::new(match dialect {
        Dialect::Sqlite => {
            format!("INSERT OR REPLACE INTO {table} (rowid, name, email, phone, other) VALUES ")
        }
        Dialect::Postgres => format!("INSERT INTO {table} (record, words) VALUES "),
    });
    let mut separator = "(";
    for (id, fields) in records {
        let words = Words::of(object, fields);
        match dialect {
            Dialect::Sqlite => {
                let Some(number) = number_of(id) else {
                    continue;
                };
                statement.push(separator).arg(number);
                for group in words.by_group() {
                    let group: Vec<&str> = group.into_iter().collect();
                    statement.push(", ").arg(group.join(" "));
                }
            }
            Dialect::Postgres => {
                statement.push(separator).arg(id).push(", CAST(");
                statement.arg(vector(&words)).push(" AS tsvector)");
            }
        }
        separator = "), (";
    }
    if separator == "(" {
        return None;
    }
    statement.push(match dialect {
        Dialect::Sqlite => ")",
        Dialect::Postgres => ") ON CONFLICT (record) DO UPDATE SET words = excluded.words",
    });
    Some(statement)
}

/// Takes the words of these records out of the index.
pub(super) fn remove(dialect: Dialect, object: &Object, ids: &[RecordId]) -> Option<Statement> {
    let key = match dialect {
        Dialect::Sqlite => "rowid",
        Dialect::Postgres => "record",
    };
    let mut statement = Statement::new(format!("DELETE FROM {} WHERE {key} IN ", table(object)));
    match dialect {
        Dialect::Sqlite => statement.arg_list(ids.iter().filter_map(number_of).map(Into::into)),
        Dialect::Postgres => statement.arg_list(ids.iter().map(Into::into)),
    };
    (!ids.is_empty() && object.abilities.searchable).then_some(statement)
}

/// `'smith':1A 'ann':1A '0123':1C`. Positions carry the groups, and mean nothing else.
fn vector(words: &Words) -> String {
    let mut vector = String::new();
    for (words, weight) in words.by_group().iter().zip(['A', 'B', 'C', 'D']) {
        for word in words {
            let position = u32::from(weight) - u32::from('A') + 1;
            vector.push_str(&format!("'{word}':{position}{weight} "));
        }
    }
    vector
}

/// The number of an id, by which FTS5 knows the record; `None` of one that no org gives out.
fn number_of(id: &RecordId) -> Option<i64> {
    let digits = id.short().bytes().skip(3);
    digits.into_iter().try_fold(0_i64, |number, digit| {
        let value = DIGITS.iter().position(|known| *known == digit)?;
        number
            .checked_mul(62)?
            .checked_add(i64::try_from(value).ok()?)
    })
}

/// The ids of records that the index tells for what is wanted, the oldest first, at most so many.
pub(super) async fn find(
    database: &Database,
    object: &Object,
    wanted: &Wanted,
    fields: SearchFields,
    limit: u32,
) -> Result<Vec<RecordId>, DbError> {
    if !object.abilities.searchable {
        return Ok(Vec::new());
    }
    let mut statement = find_statement(database.dialect(), object, wanted, fields);
    statement.push(" LIMIT ").arg(limit);
    let rows = database.read(&statement).await?;
    let ids = rows.iter().map(|row| match database.dialect() {
        Dialect::Sqlite => {
            let number = u64::try_from(row.integer(0)?).unwrap_or_default();
            Ok(RecordId::from_serial(&object.key_prefix, number))
        }
        Dialect::Postgres => row.record_id(0),
    });
    ids.collect()
}

/// Also run by the test of its plan.
pub(super) fn find_statement(
    dialect: Dialect,
    object: &Object,
    wanted: &Wanted,
    fields: SearchFields,
) -> Statement {
    let table = table(object);
    let mut text = String::new();
    match dialect {
        Dialect::Sqlite => {
            match fields {
                SearchFields::All | SearchFields::Sidebar => {}
                SearchFields::Name => text.push_str("{name} : "),
                SearchFields::Email => text.push_str("{email} : "),
                SearchFields::Phone => text.push_str("{phone} : "),
            }
            push_match(&mut text, wanted);
            Statement::new(format!(
                "SELECT rowid FROM {table} WHERE {table} MATCH $1 ORDER BY rowid"
            ))
        }
        Dialect::Postgres => {
            let weight = match fields {
                SearchFields::All | SearchFields::Sidebar => "",
                SearchFields::Name => "A",
                SearchFields::Email => "B",
                SearchFields::Phone => "C",
            };
            push_query(&mut text, wanted, weight);
            Statement::new(format!(
                "SELECT record FROM {table} WHERE words @@ CAST($1 AS tsquery) ORDER BY record"
            ))
        }
    }
    .with(text)
}

/// As FTS5 reads it. Words are letters and digits, so quoting them is enough.
fn push_match(text: &mut String, wanted: &Wanted) {
    match wanted {
        Wanted::Word { begins, rest } => {
            text.push_str(&format!("\"{begins}\""));
            text.push_str(if rest.is_some() { " *" } else { "" });
        }
        Wanted::Phrase(words) => push_parts(text, words, " AND ", |text, word| {
            text.push_str(&format!("\"{word}\""));
        }),
        Wanted::Number { words, .. } => push_match(text, words),
        Wanted::All(parts) => push_parts(text, parts, " AND ", push_match),
        Wanted::Any(parts) => push_parts(text, parts, " OR ", push_match),
        Wanted::Without(wanted, unwanted) => {
            text.push('(');
            push_match(text, wanted);
            text.push_str(" NOT ");
            push_match(text, unwanted);
            text.push(')');
        }
    }
}

/// As PostgreSQL reads it.
fn push_query(text: &mut String, wanted: &Wanted, weight: &str) {
    match wanted {
        Wanted::Word { begins, rest } => {
            let star = if rest.is_some() { "*" } else { "" };
            text.push_str(&format!("'{begins}'"));
            if !star.is_empty() || !weight.is_empty() {
                text.push_str(&format!(":{star}{weight}"));
            }
        }
        Wanted::Phrase(words) => push_parts(text, words, " & ", |text, word| {
            let whole = Wanted::Word {
                begins: word.clone(),
                rest: None,
            };
            push_query(text, &whole, weight);
        }),
        Wanted::Number { words, .. } => push_query(text, words, weight),
        Wanted::All(parts) => {
            push_parts(text, parts, " & ", |text, part| {
                push_query(text, part, weight)
            });
        }
        Wanted::Any(parts) => {
            push_parts(text, parts, " | ", |text, part| {
                push_query(text, part, weight)
            });
        }
        Wanted::Without(wanted, unwanted) => {
            text.push('(');
            push_query(text, wanted, weight);
            text.push_str(" & !");
            push_query(text, unwanted, weight);
            text.push(')');
        }
    }
}

fn push_parts<T>(text: &mut String, parts: &[T], word: &str, push: impl Fn(&mut String, &T)) {
    text.push('(');
    if parts.is_empty() {
        text.push_str(NO_WORD);
    }
    for (number, part) in parts.iter().enumerate() {
        text.push_str(if number > 0 { word } else { "" });
        push(text, part);
    }
    text.push(')');
}
