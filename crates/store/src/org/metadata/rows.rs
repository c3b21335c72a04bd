//! The definitions as rows of the table `metadata`.

use std::collections::BTreeMap;

use offhook_org::schema::Field;
use offhook_org::schema::definition::Metadata;
use offhook_org::{FieldName, ObjectName};
use serde::Serialize;

use crate::database::{DbError, Statement, Transaction};

/// The name of the setting of person accounts.
const PERSON_ACCOUNTS: &str = "PersonAccounts";

/// What names a definition: kind, object, name.
type Key = (&'static str, String, String);

/// Everything that admins made.
pub(crate) async fn load(transaction: &mut Transaction) -> Result<Metadata, DbError> {
    let select = "SELECT kind, object, name, body FROM metadata ORDER BY place, object, name";
    let mut metadata = Metadata::default();
    for row in transaction.fetch(&Statement::new(select)).await? {
        let object = ObjectName::new(row.text(1)?);
        match row.text(0)? {
            "object" => metadata.objects.push(row.json(3)?),
            "field" => {
                let field: Field = row.json(3)?;
                metadata.fields.entry(object).or_default().push(field);
            }
            "change" => {
                let key = (object, FieldName::new(row.text(2)?));
                metadata.changes.insert(key, row.json(3)?);
            }
            "record_type" => {
                let types = metadata.record_types.entry(object).or_default();
                types.push(row.json(3)?);
            }
            "setting" if row.text(2)? == PERSON_ACCOUNTS => {
                metadata.person_accounts = row.json(3)?;
            }
            "pages" => drop(metadata.pages.insert(object, row.json(3)?)),
            other => return Err(DbError::Corrupt(format!("{other} is no kind of metadata"))),
        }
    }
    Ok(metadata)
}

/// Writes what differs.
pub(super) async fn save(
    transaction: &mut Transaction,
    before: &Metadata,
    after: &Metadata,
) -> Result<(), DbError> {
    let (old, new) = (bodies(before)?, bodies(after)?);
    for (kind, object, name) in old.keys().filter(|key| !new.contains_key(*key)) {
        let delete = "DELETE FROM metadata WHERE kind = $1 AND object = $2 AND name = $3";
        let delete = Statement::new(delete).with(*kind).with(object.as_str());
        transaction.execute(&delete.with(name.as_str())).await?;
    }
    for (key, body) in &new {
        if old.get(key) == Some(body) {
            continue;
        }
        let (kind, object, name) = key;
        let put = Statement::new(
            "INSERT INTO metadata (kind, object, name, place, body)
             VALUES ($1, $2, $3, (SELECT coalesce(max(place), 0) + 1 FROM metadata), $4)
             ON CONFLICT (kind, object, name) DO UPDATE SET body = excluded.body",
        )
        .with(*kind)
        .with(object.as_str())
        .with(name.as_str())
        .with(body.as_str());
        transaction.execute(&put).await?;
    }
    Ok(())
}

fn bodies(metadata: &Metadata) -> Result<BTreeMap<Key, String>, DbError> {
    let mut bodies = BTreeMap::new();
    for object in &metadata.objects {
        let key = ("object", object.name.to_string(), String::new());
        bodies.insert(key, json(object)?);
    }
    for (object, fields) in &metadata.fields {
        for field in fields {
            let key = ("field", object.to_string(), field.name.to_string());
            bodies.insert(key, json(field)?);
        }
    }
    for ((object, field), change) in &metadata.changes {
        let key = ("change", object.to_string(), field.to_string());
        bodies.insert(key, json(change)?);
    }
    for (object, types) in &metadata.record_types {
        for record_type in types {
            let key = (
                "record_type",
                object.to_string(),
                record_type.id.to_string(),
            );
            bodies.insert(key, json(record_type)?);
        }
    }
    for (object, pages) in &metadata.pages {
        bodies.insert(("pages", object.to_string(), String::new()), json(pages)?);
    }
    if metadata.person_accounts {
        let key = ("setting", "Account".to_owned(), PERSON_ACCOUNTS.to_owned());
        bodies.insert(key, json(&true)?);
    }
    Ok(bodies)
}

pub(super) fn json(definition: &impl Serialize) -> Result<String, DbError> {
    serde_json::to_string(definition)
        .map_err(|error| DbError::Failed(format!("a definition cannot be written: {error}")))
}
