//! What every change of a record leaves behind in the same transaction: field history, and
//! what change events are made from.

use std::collections::BTreeSet;

use offhook_org::record::Fields;
use offhook_org::schema::{Field, FieldKind, Object, ObjectKind};
use offhook_org::{FieldName, ObjectName, RecordId, Value};

use super::gate::Gate;
use crate::database::{DbError, Transaction};

/// Rows of history in one statement.
const HISTORY_ROWS_MAX: usize = 200;

/// What happened to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Create,
    Update,
    Delete,
    Undelete,
}

/// A change that is written and will be committed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Changed {
    pub(crate) object: ObjectName,
    pub(crate) id: RecordId,
    pub(crate) kind: Kind,
    /// All fields before; empty of a record that was not there.
    pub(crate) before: Fields,
    /// All fields afterwards; empty of one that is gone.
    pub(crate) after: Fields,
    /// The fields that differ.
    pub(crate) fields: BTreeSet<FieldName>,
    /// Who did it; none for the system.
    pub(crate) user: Option<RecordId>,
    /// The door or client that wrote.
    pub(crate) client: String,
    /// When, in milliseconds since 1970.
    pub(crate) at_ms: i64,
}

impl Gate<'_> {
    pub(super) fn changed(
        &self,
        object: &Object,
        id: RecordId,
        kind: Kind,
        before: Fields,
        after: Fields,
    ) -> Changed {
        let names = before.keys().chain(after.keys());
        let value = |fields: &Fields, name| fields.get(name).cloned().unwrap_or(Value::Null);
        let fields = names
            .filter(|name| value(&before, name) != value(&after, name))
            .cloned()
            .collect();
        Changed {
            object: object.name.clone(),
            id,
            kind,
            fields,
            before,
            after,
            user: self.user.user.clone(),
            client: self.options.client.clone(),
            at_ms: self.now_ms,
        }
    }

    /// The one place that hears of every change of a record, before it is committed.
    pub(super) async fn note_changes(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        changes: &[Changed],
    ) -> Result<(), DbError> {
        self.write_history(transaction, object, changes).await?;
        self.audit_changes(transaction, object, changes).await?;
        self.keep_standing(transaction, object, changes).await?;
        self.telling
            .changes(self.store, transaction, object, changes)
    }

    /// A row for each change of a field that is tracked, and one for each new record.
    async fn write_history(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        changes: &[Changed],
    ) -> Result<(), DbError> {
        let tracked = object.fields.iter().filter(|field| field.history_tracked);
        let tracked: Vec<&Field> = tracked.collect();
        if tracked.is_empty() {
            return Ok(());
        }
        let Some((history, parent)) = self.history_of(object) else {
            return Ok(());
        };
        let mut rows: Vec<Fields> = Vec::new();
        for changed in changes {
            let about = |field: &str, old: Value, new: Value| {
                Fields::from([
                    (parent.name.clone(), Value::Reference(changed.id.clone())),
                    ("Field".into(), Value::Text(field.to_owned())),
                    ("OldValue".into(), old),
                    ("NewValue".into(), new),
                ])
            };
            match changed.kind {
                Kind::Create => rows.push(about("created", Value::Null, Value::Null)),
                Kind::Update => rows.extend(
                    (tracked.iter())
                        .filter(|field| changed.fields.contains(&field.name))
                        .map(|field| {
                            let old = shown(field, changed.before.get(&field.name));
                            let new = shown(field, changed.after.get(&field.name));
                            about(field.name.as_str(), old, new)
                        }),
                ),
                Kind::Delete | Kind::Undelete => {}
            }
        }
        let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        if count == 0 {
            return Ok(());
        }
        let first = self.store.take_ids(transaction, history, count).await?;
        let rows = (first..).zip(rows).map(|(serial, fields)| {
            let id = RecordId::from_serial(&history.key_prefix, serial);
            let fields = super::complete(self.user, history, fields, &[], self.now_ms);
            (id, fields)
        });
        let rows: Vec<_> = rows.collect();
        for rows in rows.chunks(HISTORY_ROWS_MAX) {
            let insertion = self.store.insertion(history, rows)?;
            transaction.execute(&insertion.rows).await?;
        }
        Ok(())
    }

    /// The object in which the history of an object's records is kept, and its field that names
    /// the record.
    fn history_of(&self, object: &Object) -> Option<(&Object, &Field)> {
        let histories = self.schema.objects().iter();
        let mut histories = histories.filter(|other| other.kind == ObjectKind::History);
        histories.find_map(|history| {
            let mut fields = history.fields.iter();
            let parent = fields.find(|field| {
                field.name.as_str() != "CreatedById" && field.reference_to.contains(&object.name)
            })?;
            Some((history.as_ref(), parent))
        })
    }
}

/// A value as the history keeps it. Of long texts it keeps that they changed, and no more.
fn shown(field: &Field, value: Option<&Value>) -> Value {
    let text = match value {
        None | Some(Value::Null) => return Value::Null,
        Some(_) if field.kind == FieldKind::LongText => return Value::Null,
        Some(Value::Text(text)) => text.chars().take(255).collect(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Integer(number)) => number.to_string(),
        Some(Value::Boolean(flag)) => flag.to_string(),
        Some(Value::Date(date)) => date.to_string(),
        Some(Value::Time(time)) => time.to_string(),
        Some(Value::DateTime(moment)) => jiff::Timestamp::from_millisecond(*moment)
            .map_or_else(|_| moment.to_string(), |moment| moment.to_string()),
        Some(Value::Reference(id)) => id.to_string(),
    };
    Value::Text(text)
}
