//! Deleted objects and fields: their tables and columns lie under other names for a while, and
//! come back with their content.

use offhook_org::schema::definition::{DefinitionError, Metadata, ObjectDefinition};
use offhook_org::schema::{Field, Object, Schema};
use offhook_org::{FieldName, ObjectName, UserContext};
use serde::{Deserialize, Serialize};

use super::{MetadataFailure, Said, fields, rows};
use crate::Store;
use crate::database::{DbError, Statement, Transaction};
use crate::error::StoreError;
use crate::{serial, tables};

/// Days for which a deleted object or field can be restored, as on the platform.
pub const RESTORE_DAYS: i64 = 15;

const DAY_MS: i64 = 86_400_000;

/// A deleted object or field that can still come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deleted {
    /// Its number, for [`Store::restore_metadata`].
    pub id: i64,
    /// The object, or the object of the field.
    pub object: ObjectName,
    /// The field; `None` of an object.
    pub field: Option<FieldName>,
    /// Its label.
    pub label: String,
    /// When it was deleted, milliseconds since 1970.
    pub deleted_at_ms: i64,
    /// Name of who deleted it.
    pub deleted_by: String,
}

/// A deleted object with everything that was made for it.
#[derive(Serialize, Deserialize)]
struct WholeObject {
    definition: ObjectDefinition,
    fields: Vec<Field>,
    #[serde(default)]
    record_types: Vec<offhook_org::schema::RecordType>,
    #[serde(default)]
    pages: Option<offhook_org::schema::definition::ObjectPages>,
}

impl Store {
    /// Deleted objects and fields that can still come back, the latest first.
    pub async fn deleted_metadata(&self) -> Result<Vec<Deleted>, StoreError> {
        let select = Statement::new(
            "SELECT id, kind, object, name, label, deleted_at_ms, deleted_by
             FROM deleted_metadata ORDER BY deleted_at_ms DESC, id DESC",
        );
        let mut deleted = Vec::new();
        for row in self.database().read(&select).await? {
            let is_field = row.text(1)? == "field";
            deleted.push(Deleted {
                id: row.integer(0)?,
                object: ObjectName::new(row.text(2)?),
                field: match is_field {
                    true => Some(FieldName::new(row.text(3)?)),
                    false => None,
                },
                label: row.text(4)?.to_owned(),
                deleted_at_ms: row.integer(5)?,
                deleted_by: row.text(6)?.to_owned(),
            });
        }
        Ok(deleted)
    }

    /// Brings a deleted object or field back, with its content.
    pub async fn restore_metadata(
        &self,
        user: &UserContext,
        id: i64,
    ) -> Result<(), MetadataFailure> {
        self.change_metadata(user, async |transaction, metadata| {
            let select = "SELECT kind, object, label, body FROM deleted_metadata WHERE id = $1";
            let found = transaction
                .fetch_one(&Statement::new(select).with(id))
                .await?;
            let missing = || MetadataFailure::NotFound("deleted object or field".to_owned());
            let row = found.ok_or_else(missing)?;
            let (object, label) = (ObjectName::new(row.text(1)?), row.text(2)?.to_owned());
            match row.text(0)? {
                "field" => {
                    let field: Field = row.json(3)?;
                    let schema = self.schema();
                    let host = super::object(&schema, object.as_str())?;
                    if host.field(field.name.as_str()).is_some() {
                        let words = "there is a field of this name already; delete it first";
                        let name = field.name.as_str();
                        return Err(DefinitionError::new(name, words).into());
                    }
                    show_field(transaction, host, &field, id).await?;
                    metadata.fields.entry(object).or_default().push(field);
                }
                _ => {
                    let whole: WholeObject = row.json(3)?;
                    if metadata.object(object.as_str()).is_some() {
                        let words = "there is an object of this name already; delete it first";
                        return Err(DefinitionError::new(object.as_str(), words).into());
                    }
                    show_object(transaction, metadata, whole, id).await?;
                }
            }
            let forget = Statement::new("DELETE FROM deleted_metadata WHERE id = $1").with(id);
            transaction.execute(&forget).await?;
            let display = format!("Restored {label}");
            let action = "undeletedCF";
            Ok(((), Said { action, display }))
        })
        .await
    }
}

/// What is no longer to be restored is gone for good.
pub(crate) async fn purge(transaction: &mut Transaction, now_ms: i64) -> Result<(), DbError> {
    let due = now_ms - RESTORE_DAYS * DAY_MS;
    let select = "SELECT id, kind, object, name FROM deleted_metadata WHERE deleted_at_ms < $1";
    let select = Statement::new(select).with(due);
    for row in transaction.fetch(&select).await? {
        let id = row.integer(0)?;
        let object = row.text(2)?.to_ascii_lowercase();
        let drop = match row.text(1)? {
            "field" => {
                let column = hidden(id, row.text(3)?);
                format!("ALTER TABLE org_{object} DROP COLUMN {column}")
            }
            _ => format!("DROP TABLE {}", hidden(id, &object)),
        };
        transaction.execute_script(&drop).await?;
        let forget = Statement::new("DELETE FROM deleted_metadata WHERE id = $1").with(id);
        transaction.execute(&forget).await?;
    }
    Ok(())
}

/// The name under which a table or a column lies: `deleted7_visit__c`.
fn hidden(id: i64, name: &str) -> String {
    format!("deleted{id}_{}", name.to_ascii_lowercase())
}

/// Takes a field out of the metadata and hides its column.
pub(super) async fn hide_field(
    transaction: &mut Transaction,
    user: &UserContext,
    metadata: &mut Metadata,
    object: &Object,
    field: &Field,
) -> Result<(), MetadataFailure> {
    let body = rows::json(field)?;
    let name = field.name.as_str();
    let id = note(
        transaction,
        user,
        "field",
        &object.name,
        name,
        &field.label,
        &body,
    )
    .await?;
    if object.has_table() {
        fields::drop_indexes(transaction, object, field).await?;
        let (table, column) = (tables::table(object), tables::column(field));
        let rename = format!(
            "ALTER TABLE {table} RENAME COLUMN {column} TO {}",
            hidden(id, name)
        );
        transaction.execute_script(&rename).await?;
        forget_column(transaction, &object.name, Some(name)).await?;
    }
    if let Some(fields) = metadata.fields.get_mut(&object.name) {
        fields.retain(|known| known.name != field.name);
    }
    let key = (object.name.clone(), field.name.clone());
    metadata.changes.remove(&key);
    Ok(())
}

async fn show_field(
    transaction: &mut Transaction,
    object: &Object,
    field: &Field,
    id: i64,
) -> Result<(), MetadataFailure> {
    if !object.has_table() {
        return Ok(());
    }
    let (table, column) = (tables::table(object), tables::column(field));
    let hidden = hidden(id, field.name.as_str());
    let rename = format!("ALTER TABLE {table} RENAME COLUMN {hidden} TO {column}");
    transaction.execute_script(&rename).await?;
    note_column(transaction, &object.name, field.name.as_str()).await
}

/// Takes an object out of the metadata and hides its table.
pub(super) async fn hide_object(
    transaction: &mut Transaction,
    store: &Store,
    user: &UserContext,
    metadata: &mut Metadata,
    object: &Object,
    definition: &ObjectDefinition,
) -> Result<(), MetadataFailure> {
    let name = &object.name;
    let whole = WholeObject {
        definition: definition.clone(),
        fields: metadata.fields.remove(name).unwrap_or_default(),
        record_types: metadata.record_types.remove(name).unwrap_or_default(),
        pages: metadata.pages.remove(name),
    };
    let body = rows::json(&whole)?;
    let id = note(transaction, user, "object", name, "", &object.label, &body).await?;
    metadata.objects.retain(|known| known.name != *name);
    if object.has_table() {
        let schema = store.schema();
        for field in &object.fields {
            fields::drop_indexes(transaction, object, field).await?;
        }
        let table = tables::table(object);
        let ordered = format!("DROP INDEX IF EXISTS {table}_ordered");
        transaction.execute_script(&ordered).await?;
        let hidden = hidden(id, name.as_str());
        let rename = format!("ALTER TABLE {table} RENAME TO {hidden}");
        transaction.execute_script(&rename).await?;
        forget_column(transaction, name, None).await?;
        drop_side_tables(transaction, &schema, object).await?;
    }
    Ok(())
}

/// The index of words, and shares: an object that comes back has them made anew. Its history
/// goes with them.
async fn drop_side_tables(
    transaction: &mut Transaction,
    schema: &Schema,
    object: &Object,
) -> Result<(), MetadataFailure> {
    let lower = |object: &Object| object.name.as_str().to_ascii_lowercase();
    let drop = format!("DROP TABLE IF EXISTS words_{}", lower(object));
    transaction.execute_script(&drop).await?;
    let Some(plain) = object.name.as_str().strip_suffix("__c") else {
        return Ok(());
    };
    for suffix in ["__Share", "__History"] {
        let Some(side) = schema.object(&format!("{plain}{suffix}")) else {
            continue;
        };
        let drop = format!(
            "DROP TABLE IF EXISTS {}; DROP TABLE IF EXISTS words_{}",
            tables::table(side),
            lower(side)
        );
        transaction.execute_script(&drop).await?;
        forget_column(transaction, &side.name, None).await?;
    }
    Ok(())
}

async fn show_object(
    transaction: &mut Transaction,
    metadata: &mut Metadata,
    whole: WholeObject,
    id: i64,
) -> Result<(), MetadataFailure> {
    let name = whole.definition.name.clone();
    let probe = {
        let mut alone = Metadata::default();
        alone.objects.push(whole.definition.clone());
        let schema = offhook_org::schema::definition::compile(&alone)?;
        super::object(&schema, name.as_str())?.clone()
    };
    if probe.has_table() {
        let (table, hidden) = (tables::table(&probe), hidden(id, name.as_str()));
        let rename = format!("ALTER TABLE {hidden} RENAME TO {table}");
        transaction.execute_script(&rename).await?;
        let fields = probe.fields.iter().chain(&whole.fields);
        for field in fields.filter(|field| field.has_column()) {
            note_column(transaction, &name, field.name.as_str()).await?;
        }
    }
    metadata.objects.push(whole.definition);
    if !whole.fields.is_empty() {
        metadata.fields.insert(name.clone(), whole.fields);
    }
    if !whole.record_types.is_empty() {
        metadata
            .record_types
            .insert(name.clone(), whole.record_types);
    }
    if let Some(pages) = whole.pages {
        metadata.pages.insert(name, pages);
    }
    Ok(())
}

async fn note(
    transaction: &mut Transaction,
    user: &UserContext,
    kind: &str,
    object: &ObjectName,
    name: &str,
    label: &str,
    body: &str,
) -> Result<i64, DbError> {
    let id = serial::take(transaction, "deleted_metadata", 1).await?;
    let id = i64::try_from(id).map_err(|_| DbError::Failed("too many deletions".to_owned()))?;
    let note = Statement::new(
        "INSERT INTO deleted_metadata
         (id, kind, object, name, label, body, deleted_at_ms, deleted_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .with(id)
    .with(kind)
    .with(object.as_str())
    .with(name)
    .with(label)
    .with(body)
    .with(crate::now_ms())
    .with(user.user_name.as_str());
    transaction.execute(&note).await?;
    Ok(id)
}

async fn forget_column(
    transaction: &mut Transaction,
    object: &ObjectName,
    field: Option<&str>,
) -> Result<(), DbError> {
    let forget = match field {
        Some(field) => Statement::new("DELETE FROM org_field WHERE object = $1 AND field = $2")
            .with(object.as_str())
            .with(field),
        None => Statement::new("DELETE FROM org_field WHERE object = $1").with(object.as_str()),
    };
    transaction.execute(&forget).await?;
    Ok(())
}

async fn note_column(
    transaction: &mut Transaction,
    object: &ObjectName,
    field: &str,
) -> Result<(), MetadataFailure> {
    let note = "INSERT INTO org_field (object, field) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    let note = Statement::new(note).with(object.as_str()).with(field);
    transaction.execute(&note).await?;
    Ok(())
}
