//! Writing the row of a record, its search text and its phone keys.

use offhook_org::record::Fields;
use offhook_org::schema::{Field, Object};
use offhook_org::{Record, RecordId, UserContext, Value};

use super::gate::{Gate, IDS_MAX};
use super::row_fields::{complete, complete_change};
use crate::Store;
use crate::database::{DbError, Param, Statement, Transaction};
use crate::org::columns;
use crate::org::phone_keys::{self, PhoneKey};
use crate::org::search_index;
use crate::org::search_text::search_text;
use crate::org::search_words::searched_fields;
use crate::{serial, tables};

/// Where a record is: `is_deleted` of one that is found.
pub(crate) const SHELF: bool = false;

/// And of one in the recycle bin.
pub(crate) const BIN: bool = true;

/// New records on their way into the database.
pub(crate) struct Insertion {
    pub(crate) rows: Statement,
    pub(crate) keys: Vec<PhoneKey>,
}

impl Store {
    /// The first of some new ids' serial numbers.
    pub(crate) async fn take_ids(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        count: u32,
    ) -> Result<u64, DbError> {
        serial::take(transaction, &object.key_prefix, count).await
    }

    /// The first of some numbers for each field of the object that counts, in their order.
    pub(super) async fn take_auto_numbers(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        count: u32,
    ) -> Result<Vec<u64>, DbError> {
        let mut first = Vec::new();
        for field in object.auto_numbers() {
            let series = format!("{}.{}", object.name, field.name);
            first.push(serial::take(transaction, &series, count).await?);
        }
        Ok(first)
    }

    /// The fields of a new record with those that the store fills in.
    pub(crate) fn completed(
        &self,
        user: &UserContext,
        object: &Object,
        fields: Fields,
        now_ms: i64,
    ) -> Fields {
        complete(user, object, fields, &[], now_ms)
    }

    /// The statement that inserts complete records, and the keys to insert with them.
    pub(crate) fn insertion(
        &self,
        object: &Object,
        records: &[(RecordId, Fields)],
    ) -> Result<Insertion, DbError> {
        let fields = written_fields(object, records);
        let mut rows = Statement::new(format!("INSERT INTO {} (id", tables::table(object)));
        for field in &fields {
            rows.push(", ").push(&tables::column(field));
        }
        rows.push(", is_deleted, search_text) VALUES ");
        let mut keys = Vec::new();
        let mut separator = "(";
        for (id, values) in records {
            rows.push(separator).arg(id);
            for field in &fields {
                let value = values.get(&field.name).unwrap_or(&Value::Null);
                rows.push(", ").arg(param(object, field, value)?);
            }
            let text = search_text(object, values);
            rows.push(", ").arg(SHELF).push(", ").arg(text);
            keys.extend(phone_keys::keys_of(object, id, values, self.region()));
            separator = "), (";
        }
        rows.push(")");
        Ok(Insertion { rows, keys })
    }

    /// The statement that puts the words of complete new records into their index.
    pub(crate) fn words(
        &self,
        object: &Object,
        records: &[(RecordId, Fields)],
    ) -> Option<Statement> {
        let pairs = records.iter().map(|(id, values)| (id, values));
        search_index::put(self.database().dialect(), object, pairs)
    }

    /// Writes checked changes of a record, and gives all its fields as they are then.
    pub(super) async fn update_row(
        &self,
        transaction: &mut Transaction,
        user: &UserContext,
        object: &Object,
        before: &Record,
        changes: Fields,
    ) -> Result<Fields, DbError> {
        let changed_at = before.get("LastModifiedDate");
        let changes = complete_change(user, object, changed_at, changes, crate::now_ms());
        let mut after = before.fields.clone();
        after.extend(changes.clone());
        let text = search_text(object, &after);
        let mut update = Statement::new(format!("UPDATE {} SET ", tables::table(object)));
        for field in columns::written_fields(object) {
            if let Some(value) = changes.get(&field.name) {
                let column = tables::column(field);
                update.push(&format!("{column} = "));
                update.arg(param(object, field, value)?).push(", ");
            }
        }
        update.push("search_text = ").arg(text);
        update.push(" WHERE id = ").arg(&before.id);
        transaction.execute(&update).await?;
        let are_searched = searched_fields(object).any(|f| changes.contains_key(&f.name));
        let words = [(&before.id, &after)];
        if let Some(put) = search_index::put(self.database().dialect(), object, words)
            && are_searched
        {
            transaction.execute(&put).await?;
        }
        if object.phone_fields().any(|f| changes.contains_key(&f.name)) {
            self.replace_keys(transaction, object, &before.id, &after)
                .await?;
        }
        Ok(after)
    }

    async fn replace_keys(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        id: &RecordId,
        fields: &Fields,
    ) -> Result<(), DbError> {
        phone_keys::delete(transaction, id).await?;
        let keys = phone_keys::keys_of(object, id, fields, self.region());
        phone_keys::insert(transaction, &keys).await
    }
}

impl Gate<'_> {
    /// Moves records into the recycle bin, where no number finds them, or out of it.
    pub(super) async fn move_rows<'r>(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        records: impl IntoIterator<Item = &'r Record>,
        place: bool,
    ) -> Result<(), DbError> {
        let records: Vec<&Record> = records.into_iter().collect();
        for records in records.chunks(IDS_MAX) {
            let last = records
                .iter()
                .filter_map(|r| match r.get("LastModifiedDate") {
                    Value::DateTime(moment) => Some(*moment),
                    _ => None,
                });
            let last = last.max().map_or(Value::Null, Value::DateTime);
            let stamp = complete_change(self.user, object, &last, Fields::new(), self.now_ms);
            let mut update = Statement::new(format!("UPDATE {} SET ", tables::table(object)));
            for field in columns::written_fields(object) {
                if let Some(value) = stamp.get(&field.name) {
                    update.push(&format!("{} = ", tables::column(field)));
                    update.arg(param(object, field, value)?).push(", ");
                }
            }
            update
                .push("is_deleted = ")
                .arg(place)
                .push(" WHERE id IN ");
            update.arg_list(records.iter().map(|r| (&r.id).into()));
            transaction.execute(&update).await?;
            if object.phone_fields().next().is_none() {
                continue;
            }
            let ids = records.iter().map(|r| &r.id);
            phone_keys::delete_all(transaction, ids).await?;
            if place == SHELF {
                let region = self.store.region();
                let keys = records
                    .iter()
                    .flat_map(|r| phone_keys::keys_of(object, &r.id, &r.fields, region));
                phone_keys::insert_sorted(transaction, keys.collect()).await?;
            }
        }
        Ok(())
    }
}

/// Of many records alike, columns that all leave empty are not written.
fn written_fields<'a>(object: &'a Object, records: &[(RecordId, Fields)]) -> Vec<&'a Field> {
    let mut fields = columns::written_fields(object);
    if records.len() > 1 {
        let is_value = |value: &Value| !value.is_null();
        fields.retain(|field| {
            let mut values = records.iter().map(|(_, values)| values.get(&field.name));
            values.any(|value| value.is_some_and(is_value))
        });
    }
    fields
}

fn param(object: &Object, field: &Field, value: &Value) -> Result<Param, DbError> {
    columns::param(field, value).ok_or_else(|| {
        let (object, field) = (&object.name, &field.name);
        DbError::Failed(format!(
            "{object}.{field} was prepared with a value of another type"
        ))
    })
}
