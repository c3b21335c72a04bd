//! Records by their ids.

use std::collections::BTreeMap;
use std::sync::Arc;

use offhook_org::schema::Object;
use offhook_org::{Record, RecordId, UserContext};

use super::columns;
use super::visibility::{push_visible, readable_field, readable_fields};
use crate::Store;
use crate::database::Statement;
use crate::error::StoreError;
use crate::tables;

/// Ids in one statement.
pub(super) const IDS_MAX: usize = 500;

impl Store {
    /// The record, if the user may see it.
    pub async fn record(
        &self,
        user: &UserContext,
        id: &RecordId,
    ) -> Result<Option<Record>, StoreError> {
        let Some(object) = self.readable_object_of(user, id) else {
            return Ok(None);
        };
        let fields = readable_fields(user, &object);
        let mut statement = columns::select(&object, &fields);
        statement.push(" AND id = ").arg(id);
        push_visible(&mut statement, self.asker(user), &object);
        let row = self.database().read_one(&statement).await?;
        let record = row.map(|row| columns::record(&object, &fields, &row));
        Ok(record.transpose()?)
    }

    /// Names of records for display, by id; ones that the user may not see are absent.
    pub async fn names(
        &self,
        user: &UserContext,
        ids: &[RecordId],
    ) -> Result<BTreeMap<RecordId, String>, StoreError> {
        let mut names = BTreeMap::new();
        for (object, ids) in self.by_object(user, ids) {
            let Ok(field) = readable_field(user, &object, object.name_field.as_str()) else {
                continue;
            };
            for ids in ids.chunks(IDS_MAX) {
                let mut statement = columns::select(&object, &[field]);
                statement
                    .push(" AND id IN ")
                    .arg_list(ids.iter().map(|id| (*id).into()));
                push_visible(&mut statement, self.asker(user), &object);
                for row in self.database().read(&statement).await? {
                    let name = row.optional_text(1)?.unwrap_or_default().to_owned();
                    names.insert(row.record_id(0)?, name);
                }
            }
        }
        Ok(names)
    }

    /// The records with these ids that the user may see.
    pub(super) async fn records(
        &self,
        user: &UserContext,
        ids: &[RecordId],
    ) -> Result<BTreeMap<RecordId, Record>, StoreError> {
        let mut records = BTreeMap::new();
        for (object, ids) in self.by_object(user, ids) {
            let fields = readable_fields(user, &object);
            for ids in ids.chunks(IDS_MAX) {
                let mut statement = columns::select(&object, &fields);
                statement
                    .push(" AND id IN ")
                    .arg_list(ids.iter().map(|id| (*id).into()));
                push_visible(&mut statement, self.asker(user), &object);
                for row in self.database().read(&statement).await? {
                    let record = columns::record(&object, &fields, &row)?;
                    records.insert(record.id.clone(), record);
                }
            }
        }
        Ok(records)
    }

    pub(super) fn readable_object_of(
        &self,
        user: &UserContext,
        id: &RecordId,
    ) -> Option<Arc<Object>> {
        let object = self.schema().object_of(id)?.clone();
        self.readable_object(user, &object.name)
    }

    /// The ids by their object, where the user may read it.
    fn by_object<'a>(
        &self,
        user: &UserContext,
        ids: &'a [RecordId],
    ) -> Vec<(Arc<Object>, Vec<&'a RecordId>)> {
        let mut groups: BTreeMap<&str, Vec<&RecordId>> = BTreeMap::new();
        for id in ids {
            groups.entry(id.key_prefix()).or_default().push(id);
        }
        let groups = groups.into_values();
        groups
            .filter_map(|ids| Some((self.readable_object_of(user, ids.first()?)?, ids)))
            .collect()
    }

    /// The name of a record for a message to somebody who may not see the record.
    pub(crate) async fn name_for_message(&self, id: &RecordId) -> Result<String, StoreError> {
        let Some(object) = self.schema().object_of(id).cloned() else {
            return Ok(id.to_string());
        };
        let Some(field) = object.field(object.name_field.as_str()) else {
            return Ok(id.to_string());
        };
        let (table, column) = (tables::table(&object), tables::column(field));
        let statement = Statement::new(format!("SELECT {column} FROM {table} WHERE id = $1"));
        let row = self.database().read_one(&statement.with(id)).await?;
        let name = match &row {
            Some(row) => row.optional_text(0)?.map(ToOwned::to_owned),
            None => None,
        };
        Ok(name.unwrap_or_else(|| id.to_string()))
    }
}
