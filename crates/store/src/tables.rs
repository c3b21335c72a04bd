//! The org's tables: a real table for each object, a real column for each field. Names are those
//! of the schema in lower case; the table has `org_` before it (`org_case`), since `case` and
//! `user` are words of SQL. Beside its fields a table has `is_deleted` (the recycle bin) and
//! `search_text` (what a text search looks at, see `org/search.rs`).

use std::collections::BTreeSet;

use offhook_org::schema::{Field, FieldKind, Object, Schema, Storage};

use crate::database::{DbError, Dialect, Statement, Transaction};
use crate::org::search_index;

/// Characters in the name of an index.
const INDEX_NAME_MAX: usize = 63;

/// `org_contact`.
pub(crate) fn table(object: &Object) -> String {
    format!("org_{}", object.name.as_str().to_ascii_lowercase())
}

/// `"mobilephone"`, quoted: a custom field may be called like a word of SQL.
pub(crate) fn column(field: &Field) -> String {
    if field.is_bin_flag() {
        return "is_deleted".to_owned();
    }
    format!("\"{}\"", field.name.as_str().to_ascii_lowercase())
}

/// The name of the index that holds a unique field's values.
fn unique_index(object: &Object, field: &Field) -> String {
    index_name(object, "unique", field)
}

/// The name of an index over one field. PostgreSQL cuts names after 63 characters, so long ones
/// end with a number of their own.
fn index_name(object: &Object, purpose: &str, field: &Field) -> String {
    let field = field.name.as_str().to_ascii_lowercase();
    let name = format!("{}_{purpose}_{field}", table(object));
    if name.len() <= INDEX_NAME_MAX {
        return name;
    }
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in name.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let short: String = name.chars().take(INDEX_NAME_MAX - 17).collect();
    format!("{short}_{hash:016x}")
}

/// Every index that a field may have.
pub(crate) fn index_names(object: &Object, field: &Field) -> Vec<String> {
    let purposes = ["unique", "external", "by", "refers"];
    let names = purposes.iter();
    names
        .map(|purpose| index_name(object, purpose, field))
        .collect()
}

/// Is this what a database calls the index that holds a unique field's values? PostgreSQL says
/// its name, SQLite table and column.
pub(crate) fn is_unique_index(object: &Object, field: &Field, index: &str) -> bool {
    let column = field.name.as_str().to_ascii_lowercase();
    index.ends_with(&unique_index(object, field))
        || index.ends_with(&format!("{}.{column}", table(object)))
}

/// Does the field hold text that is folded for comparing?
pub(crate) fn is_text(field: &Field) -> bool {
    field.kind.is_text()
}

/// Makes tables, columns and indexes that the schema has and the database lacks. Says which
/// fields (object, field) came to tables that were there before.
pub(crate) async fn bring_up_to_date(
    transaction: &mut Transaction,
    dialect: Dialect,
    schema: &Schema,
) -> Result<Vec<(String, String)>, DbError> {
    let objects: Vec<&Object> = schema.objects().iter().map(AsRef::as_ref).collect();
    bring_objects_up_to_date(transaction, dialect, schema, &objects).await
}

/// [`bring_up_to_date`] of some of the objects.
pub(crate) async fn bring_objects_up_to_date(
    transaction: &mut Transaction,
    dialect: Dialect,
    schema: &Schema,
    objects: &[&Object],
) -> Result<Vec<(String, String)>, DbError> {
    let mut added = Vec::new();
    let known = Statement::new("SELECT object, field FROM org_field");
    let mut columns = BTreeSet::new();
    for row in transaction.fetch(&known).await? {
        columns.insert((row.text(0)?.to_owned(), row.text(1)?.to_owned()));
    }
    for object in objects.iter().filter(|object| object.has_table()) {
        let name = object.name.as_str();
        let is_known = columns.iter().any(|(known, _)| known == name);
        if !is_known {
            create_table(transaction, dialect, object).await?;
        }
        for field in columns_of(object).filter(|_| is_known) {
            let key = (name.to_owned(), field.name.as_str().to_owned());
            if !columns.contains(&key) {
                add_column(transaction, dialect, object, field).await?;
                added.push(key);
            }
        }
        for index in indexes(schema, object, dialect) {
            transaction.execute_script(&index).await?;
        }
        search_index::prepare(transaction, dialect, object).await?;
    }
    Ok(added)
}

/// The fields that have a column of the schema's making.
fn columns_of(object: &Object) -> impl Iterator<Item = &Field> {
    let fields = object.fields.iter();
    fields.filter(|f| f.kind != FieldKind::Id && f.has_column() && !f.is_bin_flag())
}

/// A new table with all its columns.
async fn create_table(
    transaction: &mut Transaction,
    dialect: Dialect,
    object: &Object,
) -> Result<(), DbError> {
    let text = dialect.text_type();
    let mut create = format!(
        "CREATE TABLE {} (
             id {text} PRIMARY KEY, is_deleted BOOLEAN NOT NULL, search_text TEXT NOT NULL",
        table(object)
    );
    let mut note = Statement::new("INSERT INTO org_field (object, field) VALUES ");
    let mut separator = "(";
    for field in columns_of(object) {
        if let Some(kind) = column_type(field, dialect) {
            create.push_str(&format!(", {} {kind}", column(field)));
            note.push(separator).arg(object.name.as_str()).push(", ");
            note.arg(field.name.as_str()).push(")");
            separator = ", (";
        }
    }
    create.push(')');
    transaction.execute_script(&create).await?;
    if separator == ", (" {
        transaction.execute(&note).await?;
    }
    Ok(())
}

async fn add_column(
    transaction: &mut Transaction,
    dialect: Dialect,
    object: &Object,
    field: &Field,
) -> Result<(), DbError> {
    let Some(kind) = column_type(field, dialect) else {
        return Ok(());
    };
    let (table, column) = (table(object), column(field));
    let alter = format!("ALTER TABLE {table} ADD COLUMN {column} {kind}");
    transaction.execute_script(&alter).await?;
    let has_times = object.field("LastModifiedDate").is_some();
    if has_times && field.name.as_str() == "SystemModstamp" {
        // Records from before this column was there.
        let fill = format!("UPDATE {table} SET {column} = lastmodifieddate");
        transaction.execute_script(&fill).await?;
    }
    let note = Statement::new("INSERT INTO org_field (object, field) VALUES ($1, $2)")
        .with(object.name.as_str())
        .with(field.name.as_str());
    transaction.execute(&note).await?;
    Ok(())
}

pub(crate) fn column_type(field: &Field, dialect: Dialect) -> Option<&'static str> {
    Some(match field.kind.storage()? {
        Storage::Text => dialect.text_type(),
        Storage::Integer => "BIGINT",
        Storage::Real => "DOUBLE PRECISION",
        Storage::Boolean => "BOOLEAN",
    })
}

/// For what pages run: lists by name and by age, a user's own records by either, related lists,
/// timelines, and the values that no two records may share. One in the recycle bin holds its value:
/// a call's Task that a person deleted is not made again.
fn indexes(schema: &Schema, object: &Object, dialect: Dialect) -> Vec<String> {
    let table = table(object);
    let by_name = object.field(object.name_field.as_str());
    let by_name = by_name.filter(|field| field.has_column());
    let mut indexes: Vec<String> = by_name
        .map(|field| ordered_index(&table, field, dialect))
        .into_iter()
        .collect();
    for field in columns_of(object) {
        let column = column(field);
        if field.unique {
            let (index, key) = (unique_index(object, field), unique_key(field, dialect));
            indexes.push(format!(
                "CREATE UNIQUE INDEX IF NOT EXISTS {index} ON {table} ({key})"
            ));
        } else if field.external_id {
            let (index, key) = (
                index_name(object, "external", field),
                unique_key(field, dialect),
            );
            indexes.push(format!(
                "CREATE INDEX IF NOT EXISTS {index} ON {table} ({key})"
            ));
        }
        if let Some(name) = by_name.filter(|_| field.name.as_str() == "OwnerId") {
            indexes.extend(owned_indexes(object, field, name, dialect));
        } else if is_followed(schema, object, field) {
            let index = index_name(object, "by", field);
            indexes.push(format!(
                "CREATE INDEX IF NOT EXISTS {index} ON {table} ({column})"
            ));
        } else if is_cut(field) {
            let index = index_name(object, "refers", field);
            indexes.push(format!(
                "CREATE INDEX IF NOT EXISTS {index} ON {table} ({column})
                 WHERE {column} IS NOT NULL"
            ));
        }
    }
    indexes
}

/// A user's own records by name, and by last change; they serve what asks for the owner alone.
fn owned_indexes(object: &Object, owner: &Field, name: &Field, dialect: Dialect) -> Vec<String> {
    let (table, column) = (table(object), column(owner));
    let named = index_name(object, "owned", owner);
    let name = ordered(name, dialect);
    let mut indexes = vec![
        format!("CREATE INDEX IF NOT EXISTS {named} ON {table} ({column}, {name}, id)"),
        format!("DROP INDEX IF EXISTS {}", index_name(object, "by", owner)),
    ];
    let changed = object.field("LastModifiedDate");
    if let Some(changed) = changed.filter(|field| field.has_column()) {
        let (recent, changed) = (index_name(object, "recent", owner), self::column(changed));
        indexes.push(format!(
            "CREATE INDEX IF NOT EXISTS {recent} ON {table} ({column}, {changed}, id)"
        ));
    }
    indexes
}

/// What is compared of a unique field or an external id.
pub(crate) fn unique_key(field: &Field, dialect: Dialect) -> String {
    let column = column(field);
    match is_text(field) && !field.case_sensitive {
        true => dialect.folded(&column),
        false => column,
    }
}

/// What a list is sorted by.
fn ordered(field: &Field, dialect: Dialect) -> String {
    match is_text(field) {
        true => dialect.folded(&column(field)),
        false => column(field),
    }
}

fn ordered_index(table: &str, field: &Field, dialect: Dialect) -> String {
    let column = ordered(field, dialect);
    format!("CREATE INDEX IF NOT EXISTS {table}_ordered ON {table} ({column}, id)")
}

/// Is it looked for when the record is deleted that it points to? Users are not deleted.
fn is_cut(field: &Field) -> bool {
    field
        .reference_to
        .iter()
        .any(|name| name.as_str() != "User")
}

/// Do pages ask for the records that have this value in this field?
fn is_followed(schema: &Schema, object: &Object, field: &Field) -> bool {
    let related = (schema.objects().iter())
        .flat_map(|other| &other.related_lists)
        .any(|list| list.object == object.name && list.field == field.name);
    let standing = [
        "OwnerId",
        "WhoId",
        "WhatId",
        "AccountId",
        "CreatedDate",
        "LastModifiedDate",
        "SystemModstamp",
        "ManagerId",
    ];
    let is_child = field.child_relationship.is_some() || field.is_master_detail;
    related
        || is_child
        || standing.contains(&field.name.as_str())
        || field.name.as_str() == "CallCenterName"
}
