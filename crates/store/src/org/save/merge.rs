//! Merging: up to two other records of an object become one with a third. What hung on them hangs
//! on it afterwards; they themselves go to the recycle bin.

use std::collections::{BTreeMap, BTreeSet};

use offhook_org::access::AccessLevel;
use offhook_org::record::Fields;
use offhook_org::save::{SaveError, SaveErrorCode, person};
use offhook_org::schema::{Field, Object};
use offhook_org::{Record, RecordId, UserContext, Value};

use super::cascade::{Fallen, links_to};
use super::changes::Kind;
use super::gate::{Draft, Gate, IDS_MAX};
use super::resolve::Target;
use super::row::{BIN, SHELF};
use super::write::WriteOptions;
use crate::Store;
use crate::database::{Attempts, DbError, Statement, Transaction};
use crate::error::StoreError;
use crate::tables;

/// Records that a merge takes beside the one that stays, as on the platform.
const MERGED_MAX: usize = 2;

/// Records that become one.
#[derive(Debug, Clone, PartialEq)]
pub struct Merge {
    /// The one that stays.
    pub master: RecordId,
    /// Values that it gets, such as those of the others that are to be kept.
    pub fields: Fields,
    /// The others.
    pub merged: Vec<RecordId>,
}

/// How a merge was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The one that stays.
    pub id: RecordId,
    /// Those that went to the recycle bin.
    pub merged: Vec<RecordId>,
    /// Records that hung on those, and hang on the master now.
    pub updated_related: Vec<RecordId>,
}

impl Store {
    /// Merges records in one transaction; nothing is written when it is refused. The user must
    /// be allowed to change the master and to delete the others.
    pub async fn merge(
        &self,
        user: &UserContext,
        merge: &Merge,
        client: &str,
    ) -> Result<Result<Merged, Vec<SaveError>>, StoreError> {
        let options = WriteOptions {
            client: client.to_owned(),
            ..WriteOptions::default()
        };
        let mut attempts = Attempts::default();
        loop {
            let mut transaction = self.database().begin_attempt(&attempts).await?;
            let gate = Gate::new(self, user, &options);
            match gate.merge(&mut transaction, merge).await {
                Ok(Ok(merged)) => {
                    transaction.commit().await?;
                    return Ok(Ok(merged));
                }
                Ok(refused) => return Ok(refused),
                Err(DbError::Busy(_)) => {
                    return Ok(Err(vec![SaveError::locked(Some(&merge.master))]));
                }
                Err(error) => {
                    drop(transaction);
                    if !attempts.again(&error) {
                        return Err(error.into());
                    }
                }
            }
        }
    }
}

impl Gate<'_> {
    async fn merge(
        &self,
        transaction: &mut Transaction,
        merge: &Merge,
    ) -> Result<Result<Merged, Vec<SaveError>>, DbError> {
        let object = self.schema.object_of(&merge.master).cloned();
        let object = match object {
            Some(object) if object.abilities.mergeable => object,
            Some(object) => return Ok(Err(vec![SaveError::not_supported(&object, "merge")])),
            None => return Ok(Err(vec![SaveError::no_such_record()])),
        };
        if let Some(error) = bad_request(merge) {
            return Ok(Err(vec![error]));
        }
        // Held in the order of their ids, whichever of them is to stay.
        let lock = self.store.database().dialect().for_update();
        let all: Vec<RecordId> = (merge.merged.iter().chain([&merge.master]).cloned()).collect();
        self.locked(transaction, &object, &all, lock).await?;
        let draft =
            |id: &RecordId| Draft::of(Target::Record(id.clone()), Fields::new(), Vec::new());
        let mut losers: Vec<Draft> = merge.merged.iter().map(draft).collect();
        self.load(transaction, &object, &mut losers, SHELF, AccessLevel::Full)
            .await?;
        for loser in &mut losers {
            self.check_delete(&object, loser);
        }
        let mut masters = [draft(&merge.master)];
        self.load(transaction, &object, &mut masters, SHELF, AccessLevel::Edit)
            .await?;
        let [master] = &mut masters;
        master.fields = merge.fields.clone();
        self.loosen(&object, master, &merge.merged);
        if let Some(refused) = losers.iter().chain([&*master]).find(|d| d.is_refused()) {
            return Ok(Err(refused.errors.clone()));
        }
        let all = losers
            .iter()
            .chain([&*master])
            .filter_map(|d| d.before.as_ref());
        if let Some(error) = unlike_persons(&object, all) {
            return Ok(Err(vec![error]));
        }
        let persons = self.merge_of_contacts(transaction, merge).await?;
        let mut updated_related = Vec::new();
        for merge in [Some(merge), persons.as_ref()].into_iter().flatten() {
            let moved = self
                .repoint_all(transaction, merge, persons.as_ref())
                .await?;
            updated_related.extend(moved);
        }
        if let Some(contacts) = &persons {
            self.lay_down_contacts(transaction, contacts).await?;
        }
        let losers = losers
            .into_iter()
            .filter_map(|draft| draft.before)
            .collect();
        let itself = |record: &Record| record.id.clone();
        self.lay_down(transaction, &object, losers, &merge.master, itself)
            .await?;
        self.save_run(transaction, &object, &mut masters).await?;
        let [master] = masters;
        Ok(master.outcome().map(|written| Merged {
            id: written.id,
            merged: merge.merged.clone(),
            updated_related,
        }))
    }

    /// The master does not point to those that become one with it.
    fn loosen(&self, object: &Object, master: &mut Draft, merged: &[RecordId]) {
        let Some(before) = &master.before else { return };
        let own = object.fields.iter().filter(|f| f.updateable);
        for field in own.filter(|f| f.reference_to.contains(&object.name)) {
            let points = before.get(field.name.as_str()).as_reference();
            if points.is_some_and(|id| merged.contains(id)) {
                let value = master.fields.entry(field.name.clone());
                value.or_insert(Value::Null);
            }
        }
    }

    /// The merge of the contacts that goes with one of persons.
    async fn merge_of_contacts(
        &self,
        transaction: &mut Transaction,
        merge: &Merge,
    ) -> Result<Option<Merge>, DbError> {
        let accounts = merge.merged.iter().chain([&merge.master]).cloned();
        let accounts: Vec<RecordId> = accounts.collect();
        let mut contacts = self.person_contacts(transaction, &accounts).await?;
        let master = contacts.remove(&merge.master);
        Ok(master.map(|master| Merge {
            master,
            fields: Fields::new(),
            merged: contacts.into_values().collect(),
        }))
    }

    /// The contacts of persons go to the bin with their accounts, and come back with them.
    async fn lay_down_contacts(
        &self,
        transaction: &mut Transaction,
        merge: &Merge,
    ) -> Result<(), DbError> {
        let Some(object) = self.schema.object_of(&merge.master).cloned() else {
            return Ok(());
        };
        let lock = self.store.database().dialect().for_update();
        let found = self
            .locked(transaction, &object, &merge.merged, lock)
            .await?;
        let losers = found.into_values().map(|(record, _)| record).collect();
        let account = |record: &Record| {
            let account = record.get("AccountId").as_reference();
            account.unwrap_or(&record.id).clone()
        };
        self.lay_down(transaction, &object, losers, &merge.master, account)
            .await
    }

    /// Lets everything that points to the others point to the master. Persons and their contacts
    /// keep each other.
    async fn repoint_all(
        &self,
        transaction: &mut Transaction,
        merge: &Merge,
        persons: Option<&Merge>,
    ) -> Result<Vec<RecordId>, DbError> {
        let Some(object) = self.schema.object_of(&merge.master).cloned() else {
            return Ok(Vec::new());
        };
        let contacts = persons.map_or(&[][..], |persons| &persons.merged);
        let mut moved = Vec::new();
        for (child, field) in links_to(&self.schema, &object) {
            if field.name.as_str() == "PersonContactId" {
                continue;
            }
            let ids = self
                .repoint(transaction, child, field, merge, contacts)
                .await?;
            moved.extend(ids);
        }
        Ok(moved)
    }

    /// Lets records that point to the others through this field point to the master, but for
    /// these.
    async fn repoint(
        &self,
        transaction: &mut Transaction,
        child: &Object,
        field: &Field,
        merge: &Merge,
        but: &[RecordId],
    ) -> Result<Vec<RecordId>, DbError> {
        let (table, column) = (tables::table(child), tables::column(field));
        let mut select = Statement::new(format!("SELECT id FROM {table} WHERE {column} IN "));
        select.arg_list(merge.merged.iter().map(Into::into));
        select.push(" AND NOT is_deleted ORDER BY id");
        let lock = self.store.database().dialect().for_change();
        select.push(lock);
        let rows = transaction.fetch(&select).await?;
        let ids: Vec<RecordId> = rows
            .iter()
            .map(|r| r.record_id(0))
            .collect::<Result<_, _>>()?;
        let is_own = |id: &RecordId| *id == merge.master || merge.merged.contains(id);
        let is_kept = |id: &RecordId| !is_own(id) && !but.contains(id);
        let ids: Vec<RecordId> = ids.into_iter().filter(is_kept).collect();
        for ids in ids.chunks(IDS_MAX) {
            let before = self.locked(transaction, child, ids, lock).await?;
            let mut changes = Vec::with_capacity(before.len());
            for (record, _) in before.into_values() {
                let value = Value::Reference(merge.master.clone());
                let prepared = Fields::from([(field.name.clone(), value)]);
                let after = self
                    .store
                    .update_row(transaction, self.user, child, &record, prepared)
                    .await?;
                let Record { id, fields, .. } = record;
                changes.push(self.changed(child, id, Kind::Update, fields, after));
            }
            self.note_changes(transaction, child, &changes).await?;
        }
        Ok(ids)
    }

    /// The others go to the bin, each with whom it is restored, and say whom they became.
    async fn lay_down(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        losers: Vec<Record>,
        master: &RecordId,
        root: impl Fn(&Record) -> RecordId,
    ) -> Result<(), DbError> {
        if let Some(field) = object.field("MasterRecordId") {
            let (table, column) = (tables::table(object), tables::column(field));
            let mut update = Statement::new(format!("UPDATE {table} SET {column} = "));
            update.arg(master).push(" WHERE id IN ");
            update.arg_list(losers.iter().map(|record| (&record.id).into()));
            transaction.execute(&update).await?;
        }
        self.move_rows(transaction, object, &losers, BIN).await?;
        let fallen = losers.into_iter().map(|record| Fallen {
            root: root(&record),
            record,
        });
        let fallen: Vec<Fallen> = fallen.collect();
        self.note_fallen(transaction, &fallen).await?;
        let changes = fallen.into_iter().map(|fallen| {
            let Record { id, fields, .. } = fallen.record;
            self.changed(object, id, Kind::Delete, fields, Fields::new())
        });
        let changes: Vec<_> = changes.collect();
        self.note_changes(transaction, object, &changes).await
    }
}

/// Persons become one with persons, and businesses with businesses.
fn unlike_persons<'r>(
    object: &Object,
    records: impl Iterator<Item = &'r Record>,
) -> Option<SaveError> {
    let kinds: BTreeSet<bool> = records.map(|r| person::is_person(&r.fields)).collect();
    let words = match object.name.as_str() {
        "Contact" if kinds.contains(&true) => {
            "invalid merge: the contact belongs to a person account; merge the accounts"
        }
        _ if kinds.len() > 1 => "invalid merge: a person account and a business account differ",
        _ => return None,
    };
    let code = SaveErrorCode::InvalidPersonAccountOperation;
    Some(SaveError::new(code, words, Vec::new()))
}

fn bad_request(merge: &Merge) -> Option<SaveError> {
    let mut count: BTreeMap<&RecordId, usize> = BTreeMap::new();
    for id in merge.merged.iter().chain([&merge.master]) {
        *count.entry(id).or_default() += 1;
    }
    let is_other = |id: &&RecordId| id.key_prefix() != merge.master.key_prefix();
    let words = if merge.merged.is_empty() || merge.merged.len() > MERGED_MAX {
        "invalid merge: one or two other records can be merged into one"
    } else if count.values().any(|count| *count > 1) {
        "invalid merge: a record cannot be merged with itself"
    } else if merge.merged.iter().any(|id| is_other(&id)) {
        "invalid merge: the records are of different objects"
    } else {
        return None;
    };
    Some(SaveError::new(
        SaveErrorCode::InvalidMergeRecord,
        words,
        Vec::new(),
    ))
}
