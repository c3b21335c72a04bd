//! Into the recycle bin, with what belongs to a record; out of it, with what went there together
//! with it; and out of the org for good.

use std::collections::{BTreeMap, BTreeSet};

use offhook_org::access::AccessLevel;
use offhook_org::record::Fields;
use offhook_org::save::{SaveError, SaveErrorCode};
use offhook_org::schema::{DeleteRule, Object};
use offhook_org::{Record, RecordId, UserContext, Value};

use super::cascade::{Cut, Fallen, links_to};
use super::changes::Kind;
use super::gate::{Draft, Gate, IDS_MAX};
use super::row::{BIN, SHELF};
use super::write::Written;
use crate::database::{DbError, Param, Statement, Transaction};
use crate::org::{references, search_index};
use crate::tables;

/// Rows in one statement of the bin's own tables.
const ROWS_MAX: usize = 200;

impl Gate<'_> {
    /// Moves records to the bin, with all that belongs to them: they are no longer found, and can
    /// be restored.
    pub(super) async fn delete_run(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        drafts: &mut [Draft],
    ) -> Result<(), DbError> {
        self.load(transaction, object, drafts, SHELF, AccessLevel::Full)
            .await?;
        for draft in drafts.iter_mut() {
            self.check_delete(object, draft);
            self.check_setup_delete(transaction, object, draft).await?;
        }
        let fall = self.fall(transaction, object, drafts).await?;
        for draft in drafts.iter_mut().filter(|d| !d.is_refused()) {
            draft.write_target();
        }
        self.cut(transaction, &fall.cuts).await?;
        for (name, fallen) in &fall.fallen {
            if let Some(object) = self.schema.object(name) {
                let records = fallen.iter().map(|f| &f.record);
                self.move_rows(transaction, object, records, BIN).await?;
                self.note_fallen(transaction, fallen).await?;
            }
        }
        for (name, fallen) in fall.fallen {
            let Some(object) = self.schema.object(&name) else {
                continue;
            };
            let changes = fallen.into_iter().map(|fallen| {
                let Record { id, fields, .. } = fallen.record;
                self.changed(object, id, Kind::Delete, fields, Fields::new())
            });
            let changes: Vec<_> = changes.collect();
            self.note_changes(transaction, object, &changes).await?;
        }
        Ok(())
    }

    /// Takes records out of the bin, with what went there together with them.
    pub(super) async fn undelete_run(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        drafts: &mut [Draft],
    ) -> Result<(), DbError> {
        self.load(transaction, object, drafts, BIN, AccessLevel::Full)
            .await?;
        for draft in drafts.iter_mut() {
            self.check_delete(object, draft);
        }
        let taken = self.taken_along(transaction, drafts).await?;
        let mut roots = BTreeSet::new();
        let mut restored: BTreeMap<String, Vec<Record>> = BTreeMap::new();
        for draft in drafts.iter_mut().filter(|d| !d.is_refused()) {
            if let Some(record) = draft.before.take() {
                roots.insert(record.id.clone());
                let name = object.name.to_string();
                restored.entry(name).or_default().push(record);
                draft.write_target();
            }
        }
        for (name, ids) in taken {
            let Some(object) = self.schema.object(&name) else {
                continue;
            };
            let lock = self.store.database().dialect().for_update();
            let found = self.locked(transaction, object, &ids, lock).await?;
            let records = found.into_values().map(|(record, _)| record);
            restored.entry(name).or_default().extend(records);
        }
        self.drop_dangling(transaction, &mut restored).await?;
        for (name, records) in &restored {
            if let Some(object) = self.schema.object(name) {
                self.move_rows(transaction, object, records, SHELF).await?;
            }
        }
        self.join(transaction, &roots).await?;
        for (name, records) in restored {
            let Some(object) = self.schema.object(&name) else {
                continue;
            };
            let changes = records.into_iter().map(|record| {
                let Record { id, fields, .. } = record;
                self.changed(object, id, Kind::Undelete, Fields::new(), fields)
            });
            let changes: Vec<_> = changes.collect();
            self.note_changes(transaction, object, &changes).await?;
        }
        Ok(())
    }

    /// Takes records that lie in the bin out of the org, with what went there with them.
    pub(super) async fn purge_run(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        drafts: &mut [Draft],
    ) -> Result<(), DbError> {
        self.load(transaction, object, drafts, BIN, AccessLevel::Full)
            .await?;
        for draft in drafts.iter_mut() {
            self.check_delete(object, draft);
        }
        let mut gone = self.taken_along(transaction, drafts).await?;
        let mut roots = BTreeSet::new();
        for draft in drafts.iter_mut().filter(|d| !d.is_refused()) {
            if let Some(record) = draft.before.take() {
                roots.insert(record.id.clone());
                let ids = gone.entry(object.name.to_string()).or_default();
                ids.push(record.id);
                draft.write_target();
            }
        }
        self.store.purge(transaction, &gone, &roots).await
    }

    /// What lies in the bin because of these records, by object. Drafts of records that went with
    /// another one are refused: that one brings them back.
    async fn taken_along(
        &self,
        transaction: &mut Transaction,
        drafts: &mut [Draft],
    ) -> Result<BTreeMap<String, Vec<RecordId>>, DbError> {
        let ids = drafts.iter().filter(|d| !d.is_refused());
        let ids: Vec<RecordId> = ids.filter_map(|d| d.target.record().cloned()).collect();
        let mut roots = BTreeMap::new();
        for ids in ids.chunks(IDS_MAX) {
            let mut known = Statement::new("SELECT record, root FROM recycle_bin WHERE record IN ");
            known.arg_list(ids.iter().map(Into::into));
            for row in transaction.fetch(&known).await? {
                roots.insert(row.record_id(0)?, row.record_id(1)?);
            }
        }
        for draft in drafts.iter_mut().filter(|d| !d.is_refused()) {
            let root = draft
                .target
                .record()
                .and_then(|id| Some((id, roots.get(id)?)));
            if let Some((id, root)) = root
                && id != root
            {
                let error = went_with(root);
                draft.refuse(error);
            }
        }
        let going = drafts.iter().filter(|d| !d.is_refused());
        let going: Vec<RecordId> = going.filter_map(|d| d.target.record().cloned()).collect();
        let mut taken: BTreeMap<String, Vec<RecordId>> = BTreeMap::new();
        for ids in going.chunks(IDS_MAX) {
            let mut along = Statement::new("SELECT record FROM recycle_bin WHERE root IN ");
            along.arg_list(ids.iter().map(Into::into));
            along.push(" AND record <> root ORDER BY record");
            for row in transaction.fetch(&along).await? {
                let id = row.record_id(0)?;
                if let Some(object) = self.schema.object_of(&id) {
                    taken.entry(object.name.to_string()).or_default().push(id);
                }
            }
        }
        Ok(taken)
    }

    /// Cuts links to records that go, and remembers them.
    async fn cut(&self, transaction: &mut Transaction, cuts: &[Cut]) -> Result<(), DbError> {
        let mut groups: BTreeMap<(&str, &str), Vec<&Cut>> = BTreeMap::new();
        for cut in cuts {
            groups
                .entry((&cut.object, &cut.field))
                .or_default()
                .push(cut);
        }
        for ((object, field), cuts) in groups {
            let Some(object) = self.schema.object(object) else {
                continue;
            };
            let Some(field) = object.field(field) else {
                continue;
            };
            let (table, column) = (tables::table(object), tables::column(field));
            for cuts in cuts.chunks(ROWS_MAX) {
                let update = format!("UPDATE {table} SET {column} = NULL WHERE id IN ");
                let mut update = Statement::new(update);
                update.arg_list(cuts.iter().map(|cut| (&cut.record).into()));
                transaction.execute(&update).await?;
                let mut note = Statement::new(
                    "INSERT INTO recycle_link (root, record, field, target) VALUES ",
                );
                let mut separator = "(";
                for cut in cuts {
                    note.push(separator).arg(&cut.root);
                    note.push(", ").arg(&cut.record);
                    note.push(", ").arg(cut.field.as_str());
                    note.push(", ").arg(&cut.target);
                    separator = "), (";
                }
                note.push(") ON CONFLICT DO NOTHING");
                transaction.execute(&note).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn note_fallen(
        &self,
        transaction: &mut Transaction,
        fallen: &[Fallen],
    ) -> Result<(), DbError> {
        let by = self.user.user.as_ref().map(ToString::to_string);
        for fallen in fallen.chunks(ROWS_MAX) {
            let mut note = Statement::new(
                "INSERT INTO recycle_bin (record, root, deleted_by, deleted_at_ms) VALUES ",
            );
            let mut separator = "(";
            for fallen in fallen {
                note.push(separator).arg(&fallen.record.id);
                note.push(", ").arg(&fallen.root);
                note.push(", ").arg(by.clone());
                note.push(", ").arg(self.now_ms);
                separator = "), (";
            }
            note.push(
                ") ON CONFLICT (record) DO UPDATE SET root = excluded.root,
                 deleted_by = excluded.deleted_by, deleted_at_ms = excluded.deleted_at_ms",
            );
            transaction.execute(&note).await?;
        }
        Ok(())
    }

    /// Gives links back that were cut, where nothing has taken their place, and forgets what was
    /// remembered of these roots.
    async fn join(
        &self,
        transaction: &mut Transaction,
        roots: &BTreeSet<RecordId>,
    ) -> Result<(), DbError> {
        let roots: Vec<&RecordId> = roots.iter().collect();
        for roots in roots.chunks(IDS_MAX) {
            let ids = || roots.iter().map(|id| (*id).into());
            let mut cut =
                Statement::new("SELECT record, field, target FROM recycle_link WHERE root IN ");
            cut.arg_list(ids());
            for row in transaction.fetch(&cut).await? {
                let (record, target) = (row.record_id(0)?, row.record_id(2)?);
                let object = self.schema.object_of(&record);
                let Some((object, field)) =
                    object.and_then(|o| Some((o, o.field(row.text(1).ok()?)?)))
                else {
                    continue;
                };
                let (table, column) = (tables::table(object), tables::column(field));
                let mut update = Statement::new(format!("UPDATE {table} SET {column} = "));
                update.arg(&target).push(" WHERE id = ").arg(&record);
                update.push(&format!(" AND {column} IS NULL"));
                transaction.execute(&update).await?;
            }
            for table in ["recycle_link", "recycle_bin"] {
                let mut forget = Statement::new(format!("DELETE FROM {table} WHERE root IN "));
                forget.arg_list(ids());
                transaction.execute(&forget).await?;
            }
        }
        Ok(())
    }

    /// Empties references of restored records to what is no longer there.
    async fn drop_dangling(
        &self,
        transaction: &mut Transaction,
        restored: &mut BTreeMap<String, Vec<Record>>,
    ) -> Result<(), DbError> {
        let all = || restored.values().flatten();
        let back: BTreeSet<RecordId> = all().map(|record| record.id.clone()).collect();
        let ids = references::pointed_to(all().map(|record| &record.fields));
        let ids: BTreeSet<RecordId> = ids.difference(&back).cloned().collect();
        let system = UserContext::system();
        let missing = self.store.missing(transaction, &system, &ids).await?;
        if missing.is_empty() {
            return Ok(());
        }
        for (name, records) in restored {
            let Some(object) = self.schema.object(name) else {
                continue;
            };
            let table = tables::table(object);
            for record in records {
                let dangling = record.fields.iter().filter(|(name, value)| {
                    let field = object.field(name.as_str());
                    let is_loose = field.is_some_and(|field| {
                        field.delete_rule != DeleteRule::Cascade
                            && !field.name.as_str().ends_with("ById")
                    });
                    is_loose && value.as_reference().is_some_and(|id| missing.contains(id))
                });
                let dangling: Vec<_> = dangling.map(|(name, _)| name.clone()).collect();
                for name in dangling {
                    if let Some(field) = object.field(name.as_str()) {
                        let column = tables::column(field);
                        let empty = format!("UPDATE {table} SET {column} = NULL WHERE id = $1");
                        let empty = Statement::new(empty).with(&record.id);
                        transaction.execute(&empty).await?;
                    }
                    record.fields.insert(name, Value::Null);
                }
            }
        }
        Ok(())
    }
}

impl Draft {
    /// The record that was named is written.
    fn write_target(&mut self) {
        if let Some(id) = self.target.record() {
            self.written = Some(Written::changed(id.clone()));
        }
    }
}

impl crate::Store {
    /// Takes these records, by object, out of the org: they must lie in the bin because of these
    /// roots.
    pub(in crate::org) async fn purge(
        &self,
        transaction: &mut Transaction,
        gone: &BTreeMap<String, Vec<RecordId>>,
        roots: &BTreeSet<RecordId>,
    ) -> Result<(), DbError> {
        let schema = self.schema();
        for (name, ids) in gone {
            let Some(object) = schema.object(name) else {
                continue;
            };
            for ids in ids.chunks(IDS_MAX) {
                let params = || ids.iter().map(Param::from);
                let mut doomed: Vec<Statement> = Vec::new();
                let mut delete = |table: &str, column: &str| {
                    let delete = format!("DELETE FROM {table} WHERE {column} IN ");
                    let mut delete = Statement::new(delete);
                    delete.arg_list(params());
                    doomed.push(delete);
                };
                if object.name.as_str() == "ContentVersion" {
                    // The content itself is swept away later.
                    delete("file_content", "version");
                }
                delete("phone_key", "record");
                delete("recent_view", "record");
                delete("recent_reference", "record");
                for child in schema.child_relationships(object) {
                    let is_about = !links_to(&schema, object)
                        .any(|(other, _)| other.name == child.object.name);
                    if is_about && child.field.has_column() && child.field.is_master_detail {
                        delete(&tables::table(child.object), &tables::column(child.field));
                    }
                }
                delete(&tables::table(object), "id");
                doomed.extend(search_index::remove(self.database().dialect(), object, ids));
                for statement in &doomed {
                    transaction.execute(statement).await?;
                }
            }
        }
        let roots: Vec<&RecordId> = roots.iter().collect();
        for roots in roots.chunks(IDS_MAX) {
            for table in ["recycle_link", "recycle_bin"] {
                let mut forget = Statement::new(format!("DELETE FROM {table} WHERE root IN "));
                forget.arg_list(roots.iter().map(|id| (*id).into()));
                transaction.execute(&forget).await?;
            }
        }
        Ok(())
    }
}

fn went_with(root: &RecordId) -> SaveError {
    let words = format!(
        "entity is not in the recycle bin: it was deleted together with {root}; restore that \
         record, and this one comes with it"
    );
    let mut error = SaveError::new(SaveErrorCode::UndeleteFailed, words, Vec::new());
    error.records = vec![root.clone()];
    error
}
