//! Millions of contacts for a search, straight into the file: as the store would have written
//! them, in a fraction of the time. The first contact is the store's own; the others are like it
//! but for their ids, names and numbers. The index of words has their names.

use std::path::{Path, PathBuf};

use offhook_org::record::Fields;
use offhook_org::{RecordId, Value};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row, SqliteConnection};

use crate::{AREAS, Failure, People, admin, contact, open, telephone, user};

/// Telephone numbers of a contact.
const FIELDS: [&str; 6] = [
    "Phone",
    "MobilePhone",
    "HomePhone",
    "OtherPhone",
    "AssistantPhone",
    "Direct_Line__c",
];

/// Contacts in one statement.
const BATCH: u64 = 20_000;

/// The serial of the first contact that is like the store's own.
const FIRST_SERIAL: u64 = 1_000;

/// The file beside an org that says that all its contacts are there.
fn mark(path: &Path) -> PathBuf {
    path.with_extension("filled")
}

/// Was the org at this path filled to its end, by a run before this one?
pub(crate) fn is_filled(path: &Path) -> bool {
    mark(path).exists()
}

/// The administrator of a filled org, and the rep who owns its contacts.
pub(crate) async fn people(path: &Path) -> Result<People, Failure> {
    let ids = std::fs::read_to_string(mark(path))?;
    let mut ids = ids.lines().map(|id| RecordId::parse(id).ok());
    let mut next = || ids.next().flatten().ok_or("the mark names no two users");
    Ok(People {
        admin: next()?,
        rep: next()?,
    })
}

/// Makes an org with so many contacts, in place of one that a run before left half-filled.
pub(crate) async fn fill(path: &Path, contacts: u64) -> Result<(), Failure> {
    for ending in ["db", "db-wal", "db-shm"] {
        let left = path.with_extension(ending);
        if left.exists() {
            std::fs::remove_file(left)?;
        }
    }
    let store = open(path).await?;
    let (admin, rep) = (admin(&store).await?, user(&store, "Service Agent").await?);
    let (admin, rep) = (admin.user.ok_or("no admin")?, rep.user.ok_or("no rep")?);
    let mut first = with_six_numbers(0);
    first.insert("OwnerId".into(), Value::Reference(rep.clone()));
    let ids = store.create_many(&"Contact".into(), &[first]).await?;
    let first = ids.first().ok_or("no contact")?;
    store.close().await;
    let mut connection = connect(path).await?;
    let indexes = drop_indexes(&mut connection).await?;
    let (rows, keys) = statements(&mut connection, first).await?;
    let words = format!(
        "INSERT INTO words_contact (rowid, name, email, phone, other)
         SELECT {FIRST_SERIAL} + ?2 + j.key, lower({} || ' ' || {}), '', '', ''
         FROM json_each(?1) AS j",
        first_name_sql(),
        last_name_sql(),
    );
    let mut number = 1;
    while number < contacts {
        let last = (number + BATCH).min(contacts);
        let ids: Vec<String> = (number..last)
            .map(|n| RecordId::from_serial("003", FIRST_SERIAL + n).to_string())
            .collect();
        let ids = serde_json::Value::from(ids).to_string();
        for sql in [&rows, &keys, &words] {
            sqlx::query(AssertSqlSafe(sql.as_str()))
                .bind(&ids)
                .bind(i64::try_from(number)?)
                .execute(&mut connection)
                .await?;
        }
        number = last;
    }
    for sql in indexes {
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut connection)
            .await?;
    }
    sqlx::raw_sql("PRAGMA analysis_limit = 1000; ANALYZE")
        .execute(&mut connection)
        .await?;
    connection.close().await?;
    std::fs::write(mark(path), format!("{admin}\n{rep}\n"))?;
    Ok(())
}

fn with_six_numbers(number: u64) -> Fields {
    let mut fields = contact(number);
    for (place, field) in (0..).zip(FIELDS) {
        let telephone = Value::Text(telephone(number * 6 + place));
        fields.insert(field.into(), telephone);
    }
    fields
}

/// A connection that keeps no journal: when it breaks off, the file is of no use.
async fn connect(path: &Path) -> Result<SqliteConnection, Failure> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Off)
        .pragma("synchronous", "OFF")
        .pragma("cache_size", "-400000")
        .collation("folded", |a, b| a.to_lowercase().cmp(&b.to_lowercase()));
    Ok(options.connect().await?)
}

/// Takes the indexes away, so that each is made at once afterwards.
async fn drop_indexes(connection: &mut SqliteConnection) -> Result<Vec<String>, Failure> {
    let indexes = "SELECT name, sql FROM sqlite_master WHERE type = 'index'
        AND tbl_name IN ('org_contact', 'phone_key') AND sql IS NOT NULL";
    let mut made_by = Vec::new();
    for row in sqlx::query(indexes).fetch_all(&mut *connection).await? {
        let (name, sql): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        let drop = format!("DROP INDEX {name}");
        sqlx::raw_sql(AssertSqlSafe(drop))
            .execute(&mut *connection)
            .await?;
        made_by.push(sql);
    }
    Ok(made_by)
}

/// The statements that insert contacts, and their keys: `?1` is a list of ids, `?2` the number of
/// the first.
async fn statements(
    connection: &mut SqliteConnection,
    first: &RecordId,
) -> Result<(String, String), Failure> {
    let (mut names, mut values) = (Vec::new(), Vec::new());
    for row in sqlx::query("PRAGMA table_info(org_contact)")
        .fetch_all(&mut *connection)
        .await?
    {
        let name: String = row.try_get(1)?;
        let place = FIELDS.iter().position(|f| f.eq_ignore_ascii_case(&name));
        values.push(match (name.as_str(), place) {
            ("id", _) => "j.value".to_owned(),
            ("firstname", _) => first_name_sql(),
            ("lastname", _) => last_name_sql(),
            ("name", _) => format!("{} || ' ' || {}", first_name_sql(), last_name_sql()),
            ("createddate" | "lastmodifieddate" | "systemmodstamp", _) => {
                format!("t.{name} + ?2 + j.key")
            }
            (_, Some(place)) => number_sql(place),
            _ => format!("t.\"{name}\""),
        });
        names.push(format!("\"{name}\""));
    }
    let rows = format!(
        "INSERT INTO org_contact ({}) SELECT {} FROM json_each(?1) AS j
         JOIN org_contact AS t ON t.id = '{first}'",
        names.join(", "),
        values.join(", "),
    );
    let mut keys = Vec::new();
    for row in sqlx::query("SELECT field, key, strength FROM phone_key ORDER BY field, key")
        .fetch_all(&mut *connection)
        .await?
    {
        let (field, key): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        let strength: i64 = row.try_get(2)?;
        let place = FIELDS.iter().position(|known| *known == field);
        let place = place.ok_or_else(|| format!("no number is in {field}"))?;
        keys.push(format!(
            "SELECT j.value, '{field}', {}, {strength} FROM json_each(?1) AS j",
            key_sql(place, &key)?,
        ));
    }
    let keys = format!(
        "INSERT INTO phone_key (record, field, key, strength) {} ORDER BY 1, 2, 3",
        keys.join(" UNION ALL ")
    );
    Ok((rows, keys))
}

/// A word of letters for a number below 26 to the power of their count.
pub(crate) fn letters(first: char, number: u64, count: u32) -> String {
    let letter = |place: u32| {
        let letter = u8::try_from(number / 26_u64.pow(place) % 26).unwrap_or(0);
        char::from(b'a' + letter)
    };
    std::iter::once(first)
        .chain((0..count).map(letter))
        .collect()
}

fn letters_sql(first: char, number: &str, count: u32) -> String {
    let letter = |place: u32| format!("char(97 + {number} / {} % 26)", 26_u64.pow(place));
    let letters: Vec<String> = (0..count).map(letter).collect();
    format!("('{first}' || {})", letters.join(" || "))
}

/// One of a thousand, as `letters('F', number % 997, 3)`.
fn first_name_sql() -> String {
    letters_sql('F', "((?2 + j.key) % 997)", 3)
}

/// Each its own, as `letters('L', number, 5)`.
fn last_name_sql() -> String {
    letters_sql('L', "(?2 + j.key)", 5)
}

/// The number in this place, as [`telephone`] says it.
fn number_sql(place: usize) -> String {
    let n = format!("((?2 + j.key) * 6 + {place})");
    let areas = AREAS.map(|area| area.to_string()).join(",");
    format!(
        "('+1' || json_extract('[{areas}]', '$[' || ({n} / 7000000 % {}) || ']')
          || printf('%07d', 2000000 + {n} % 7000000))",
        AREAS.len(),
    )
}

/// A key of the first contact's number in this place, for the others' numbers: letters before,
/// then the last digits.
fn key_sql(place: usize, key: &str) -> Result<String, Failure> {
    let number = telephone(u64::try_from(place)?);
    let tails = (0..key.len()).filter_map(|start| key.get(start..).map(|tail| (start, tail)));
    let mut tails = tails.filter(|(_, tail)| number.ends_with(tail));
    let (start, tail) = tails
        .next()
        .ok_or_else(|| format!("{key} is not of {number}"))?;
    // Of the area code of the first numbers alone, where it comes before the tail by chance.
    let (start, length) = match tail.len() {
        9 => (start + 1, 8),
        length => (start, length),
    };
    Ok(format!(
        "'{}' || substr({}, -{length})",
        &key[..start],
        number_sql(place)
    ))
}
