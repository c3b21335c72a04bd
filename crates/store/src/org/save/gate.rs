//! The order in which records are saved, step by step, for all of a run together: what each step
//! needs of the database is asked once for all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use offhook_org::access::{AccessLevel, Operation};
use offhook_org::record::Fields;
use offhook_org::save::person::only_through_account;
use offhook_org::save::{
    Lookup, Prepared, Rules, SaveError, SaveErrorCode, check_create, check_update,
};
use offhook_org::schema::{Object, Schema};
use offhook_org::{Record, RecordId, UserContext, Value};

use super::changes::{Changed, Kind};
use super::files::NewVersion;
use super::person::is_contact_of_person;
use super::resolve::Target;
use super::row::{BIN, SHELF};
use super::write::{Outcome, Write, WriteOptions, Written};
use super::{complete, today};
use crate::Store;
use crate::database::{DbError, Statement, Transaction};
use crate::events::Telling;
use crate::org::visibility::push_level;
use crate::org::{columns, phone_keys, references};
use crate::tables;

/// Ids in one statement.
pub(super) const IDS_MAX: usize = 500;

/// Parameters in one statement: SQLite takes 32,766, and a shorter text is planned sooner.
const PARAMS_MAX: usize = 4_000;

/// Records whose words go into the index in one statement. SQLite's index writes a piece of its
/// own for each statement, and merges the pieces later: few and large ones make a load cheap.
const WORDS_ROWS_MAX: usize = 5_000;

/// Whose request passes, and how.
pub(crate) struct Gate<'a> {
    pub(super) store: &'a Store,
    pub(super) schema: Arc<Schema>,
    pub(super) user: &'a UserContext,
    pub(super) options: &'a WriteOptions,
    pub(super) now_ms: i64,
    pub(super) telling: Telling,
}

/// One record on its way through the gate.
pub(super) struct Draft {
    pub(super) target: Target,
    /// As given.
    pub(super) fields: Fields,
    pub(super) lookups: Vec<Lookup>,
    /// The record as it lies in the database; none for a new one.
    pub(super) before: Option<Record>,
    /// How far the user gets with that record.
    pub(super) level: AccessLevel,
    /// What will be written, checked.
    pub(super) prepared: Fields,
    /// What a new version of a file brings.
    pub(super) version: Option<NewVersion>,
    /// The record once it is written, and whether it is new.
    pub(super) written: Option<Written>,
    pub(super) errors: Vec<SaveError>,
}

impl Draft {
    pub(super) fn of(target: Target, fields: Fields, lookups: Vec<Lookup>) -> Self {
        Self {
            target,
            fields,
            lookups,
            before: None,
            level: AccessLevel::None,
            prepared: Fields::new(),
            version: None,
            written: None,
            errors: Vec::new(),
        }
    }

    pub(super) fn is_refused(&self) -> bool {
        !self.errors.is_empty()
    }

    pub(super) fn refuse(&mut self, error: SaveError) {
        self.errors.push(error);
    }

    pub(super) fn outcome(self) -> Outcome {
        match self.written {
            Some(written) if self.errors.is_empty() => Ok(written),
            _ => Err(self.errors),
        }
    }
}

impl<'a> Gate<'a> {
    pub(crate) fn new(store: &'a Store, user: &'a UserContext, options: &'a WriteOptions) -> Self {
        Self {
            store,
            schema: store.schema(),
            user,
            options,
            now_ms: crate::now_ms(),
            telling: Telling::default(),
        }
    }

    pub(super) fn object_of(&self, write: &Write) -> Option<&Object> {
        let object = match write {
            Write::Create { object, .. } | Write::Upsert { object, .. } => {
                self.schema.object(object.as_str())
            }
            Write::Update { id, .. }
            | Write::Delete { id }
            | Write::Undelete { id }
            | Write::Purge { id } => self.schema.object_of(id),
        };
        object.map(AsRef::as_ref)
    }

    /// Creates and updates, in the platform's order of a save. References by other keys are
    /// resolved, and records to be changed are loaded and held.
    pub(super) async fn save_run(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        drafts: &mut [Draft],
    ) -> Result<(), DbError> {
        // 1. The new record with its defaults, or the old one; the given values over it.
        // 2. Rights of object, record and field; the system's checks of each record by itself.
        for draft in drafts.iter_mut().filter(|d| !d.is_refused()) {
            self.prepare(object, draft);
        }
        // 3. Before-save hooks and flows will stand here: they may change what is prepared.
        // 4. The checks that need other records: references, owners, unique values.
        self.join_call_centers(transaction, object, drafts).await?;
        self.check_references(transaction, object, drafts).await?;
        self.check_parents(transaction, object, drafts).await?;
        self.prepare_files(transaction, object, drafts).await?;
        self.check_setup(transaction, object, drafts).await?;
        self.check_owners(transaction, object, drafts).await?;
        self.check_unique(transaction, object, drafts).await?;
        self.check_members(transaction, object, drafts).await?;
        self.derive_accounts(transaction, object, drafts).await?;
        self.check_persons(transaction, object, drafts).await?;
        let contacts = self.prepare_contacts(transaction, object, drafts).await?;
        // 5. Validation rules will stand here. 6. Then duplicate rules.
        // 7. The rows, with all that goes with them.
        let mut changes = self.insert(transaction, object, drafts).await?;
        changes.extend(self.update(transaction, object, drafts).await?);
        self.write_contacts(transaction, contacts, drafts, &mut changes)
            .await?;
        self.complete_setup(transaction, object, &changes).await?;
        self.complete_files(transaction, object, drafts, &changes)
            .await?;
        // 8. Assignment rules, 9. after-save flows and 10. roll-ups will stand here.
        // 11. Field history and change events, in the same transaction.
        self.note_changes(transaction, object, &changes).await
    }

    pub(super) fn prepare(&self, object: &Object, draft: &mut Draft) {
        let rules = Rules {
            strictness: self.options.strictness,
            allow_truncation: self.options.allow_truncation,
            today: today(self.user, self.now_ms),
        };
        let (user, fields) = (self.user, &draft.fields);
        let prepared = match &draft.before {
            None => check_create(user, object, fields, &rules),
            Some(before) => check_update(user, object, before, draft.level, fields, &rules),
        };
        match prepared {
            Ok(Prepared { fields, .. }) => draft.prepared = fields,
            Err(errors) => draft.errors = errors,
        }
    }

    /// Everything that the records point to is there.
    async fn check_references(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        drafts: &mut [Draft],
    ) -> Result<(), DbError> {
        let going = drafts.iter().filter(|d| !d.is_refused());
        let ids = references::pointed_to(going.map(|d| &d.prepared));
        let missing = self.store.missing(transaction, self.user, &ids).await?;
        for draft in drafts.iter_mut().filter(|d| !d.is_refused()) {
            draft.errors = references::errors(object, &draft.prepared, &missing);
        }
        Ok(())
    }

    /// Writes the new records, in as few statements as there can be.
    pub(super) async fn insert(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        drafts: &mut [Draft],
    ) -> Result<Vec<Changed>, DbError> {
        let mut new: Vec<&mut Draft> = drafts
            .iter_mut()
            .filter(|d| !d.is_refused() && d.before.is_none())
            .collect();
        let count = u32::try_from(new.len()).unwrap_or(u32::MAX);
        if count == 0 {
            return Ok(Vec::new());
        }
        let store = self.store;
        let first = store.take_ids(transaction, object, count).await?;
        let numbers = store.take_auto_numbers(transaction, object, count).await?;
        let mut rows = Vec::with_capacity(new.len());
        for (place, draft) in (0_u64..).zip(&mut new) {
            let id = RecordId::from_serial(&object.key_prefix, first + place);
            let fields = std::mem::take(&mut draft.prepared);
            let numbers: Vec<u64> = numbers.iter().map(|first| first + place).collect();
            rows.push((
                id.clone(),
                complete(self.user, object, fields, &numbers, self.now_ms),
            ));
            draft.written = Some(Written::made(id));
        }
        let mut keys = Vec::new();
        for rows in rows.chunks((PARAMS_MAX / (object.fields.len() + 2)).max(1)) {
            let insertion = store.insertion(object, rows)?;
            transaction.execute(&insertion.rows).await?;
            keys.extend(insertion.keys);
        }
        for rows in rows.chunks(WORDS_ROWS_MAX) {
            if let Some(words) = store.words(object, rows) {
                transaction.execute(&words).await?;
            }
        }
        match rows.len() {
            1 => phone_keys::insert(transaction, &keys).await?,
            _ => phone_keys::insert_sorted(transaction, keys).await?,
        }
        Ok(rows
            .into_iter()
            .map(|(id, after)| self.changed(object, id, Kind::Create, Fields::new(), after))
            .collect())
    }

    /// Writes what changes, record by record: each changes fields of its own.
    pub(super) async fn update(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        drafts: &mut [Draft],
    ) -> Result<Vec<Changed>, DbError> {
        let mut changes = Vec::new();
        for draft in drafts.iter_mut().filter(|d| !d.is_refused()) {
            let Some(before) = draft.before.take() else {
                continue;
            };
            let id = before.id.clone();
            draft.written = Some(Written::changed(id.clone()));
            if draft.prepared.is_empty() {
                continue;
            }
            let prepared = std::mem::take(&mut draft.prepared);
            let after = self
                .store
                .update_row(transaction, self.user, object, &before, prepared)
                .await?;
            changes.push(self.changed(object, id, Kind::Update, before.fields, after));
        }
        Ok(changes)
    }

    /// Loads the records of the drafts that name one, and holds them until the transaction ends.
    /// What is not there, or not for this user's eyes, gets one answer; what lies in the wrong
    /// place, bin or shelf, another.
    pub(super) async fn load(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        drafts: &mut [Draft],
        place: bool,
        needed: AccessLevel,
    ) -> Result<(), DbError> {
        let ids = drafts.iter().filter(|d| !d.is_refused());
        let ids: Vec<RecordId> = ids.filter_map(|d| d.target.record().cloned()).collect();
        let dialect = self.store.database().dialect();
        let lock = match needed {
            AccessLevel::Full => dialect.for_update(),
            _ => dialect.for_change(),
        };
        let mut found = self.locked(transaction, object, &ids, lock).await?;
        let levels = self.levels(transaction, object, &found, needed).await?;
        for draft in drafts.iter_mut().filter(|d| !d.is_refused()) {
            let Some(id) = draft.target.record() else {
                continue;
            };
            draft.level = levels.get(id).copied().unwrap_or(AccessLevel::None);
            let seen = found
                .remove(id)
                .filter(|_| draft.level >= AccessLevel::Read);
            match seen {
                None => draft.refuse(SaveError::no_such_record()),
                Some((_, BIN)) if place == SHELF => draft.refuse(SaveError::is_deleted()),
                Some((_, SHELF)) if place == BIN => draft.refuse(not_in_the_bin()),
                Some((record, _)) => match self.changed_since(&record) {
                    true => draft.refuse(changed_meanwhile()),
                    false => draft.before = Some(record),
                },
            }
        }
        Ok(())
    }

    /// How far the user gets with each record: by its owner, or by what is shared with the user,
    /// which is asked only of records with which the owner does not bring the user far enough.
    async fn levels(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        records: &BTreeMap<RecordId, (Record, bool)>,
        needed: AccessLevel,
    ) -> Result<BTreeMap<RecordId, AccessLevel>, DbError> {
        let by_owner = records.iter().map(|(id, (record, _))| {
            let owner = columns::owner(object, record);
            (id.clone(), self.user.level_by_owner(object, owner))
        });
        let mut levels: BTreeMap<RecordId, AccessLevel> = by_owner.collect();
        if self.user.is_system() || !self.user.may(object.name.as_str(), Operation::Read) {
            return Ok(levels);
        }
        let table = tables::table(object);
        for level in [AccessLevel::Read, needed] {
            let below = levels.iter().filter(|(_, known)| **known < level);
            let below: Vec<RecordId> = below.map(|(id, _)| id.clone()).collect();
            for ids in below.chunks(IDS_MAX) {
                let select = format!("SELECT {table}.id FROM {table} WHERE {table}.id IN ");
                let mut statement = Statement::new(select);
                statement.arg_list(ids.iter().map(Into::into));
                push_level(
                    &mut statement,
                    self.store.asker(self.user),
                    object,
                    &table,
                    level,
                );
                for row in transaction.fetch(&statement).await? {
                    levels.insert(row.record_id(0)?, level);
                }
            }
        }
        Ok(levels)
    }

    fn changed_since(&self, record: &Record) -> bool {
        match (self.options.unchanged_since, record.get("LastModifiedDate")) {
            (Some(since), Value::DateTime(changed)) => *changed > since,
            _ => false,
        }
    }

    /// Whole records by id, each with its place, held until the transaction ends. They are taken
    /// in the order of their ids, so that two requests for records of one object do not wait for
    /// each other in a ring.
    pub(super) async fn locked(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        ids: &[RecordId],
        lock: &str,
    ) -> Result<BTreeMap<RecordId, (Record, bool)>, DbError> {
        let fields = columns::all_fields(object);
        let mut found = BTreeMap::new();
        let mut ids = ids.to_vec();
        ids.sort();
        for ids in ids.chunks(IDS_MAX) {
            let mut statement = Statement::new("SELECT id");
            for field in &fields {
                statement.push(", ").push(&tables::column(field));
            }
            let from = format!(", is_deleted FROM {} WHERE id IN ", tables::table(object));
            statement.push(&from);
            statement.arg_list(ids.iter().map(Into::into));
            statement.push(" ORDER BY id").push(lock);
            for row in transaction.fetch(&statement).await? {
                let record = columns::record(object, &fields, &row)?;
                let place = row.boolean(fields.len() + 1)?;
                found.insert(record.id.clone(), (record, place));
            }
        }
        Ok(found)
    }

    /// Holds all records that the writes name, of whatever objects, in the order of their ids:
    /// the runs that follow take them in the order that was asked for.
    pub(super) async fn hold_all(
        &self,
        transaction: &mut Transaction,
        writes: &[Write],
    ) -> Result<(), DbError> {
        let dialect = self.store.database().dialect();
        if dialect.for_update().is_empty() {
            return Ok(());
        }
        let mut named: BTreeMap<&str, (&'static str, BTreeSet<&RecordId>)> = BTreeMap::new();
        for write in writes {
            let (id, lock) = match write {
                Write::Update { id, .. } => (id, dialect.for_change()),
                Write::Delete { id } | Write::Undelete { id } | Write::Purge { id } => {
                    (id, dialect.for_update())
                }
                Write::Create { .. } | Write::Upsert { .. } => continue,
            };
            let group = named
                .entry(id.key_prefix())
                .or_insert((lock, BTreeSet::new()));
            group.1.insert(id);
            if lock == dialect.for_update() {
                group.0 = lock;
            }
        }
        for (lock, ids) in named.into_values() {
            let Some(object) = ids.first().and_then(|id| self.schema.object_of(id)) else {
                continue;
            };
            let ids: Vec<&RecordId> = ids.into_iter().collect();
            for ids in ids.chunks(IDS_MAX) {
                let select = format!("SELECT id FROM {} WHERE id IN ", tables::table(object));
                let mut statement = Statement::new(select);
                statement.arg_list(ids.iter().map(|id| (*id).into()));
                statement.push(" ORDER BY id").push(lock);
                transaction.fetch(&statement).await?;
            }
        }
        Ok(())
    }

    /// May the user delete this record, or take it out of the bin?
    pub(super) fn check_delete(&self, object: &Object, draft: &mut Draft) {
        if draft.is_refused() {
            return;
        }
        let before = draft.before.as_ref();
        if before.is_some_and(|record| is_contact_of_person(object, &record.fields)) {
            return draft.refuse(only_through_account("delete or restore"));
        }
        if !self.user.is_system() && !object.abilities.deletable {
            return draft.refuse(SaveError::not_supported(object, "delete"));
        }
        if self
            .user
            .may_at_level(object, draft.level, Operation::Delete)
        {
            return;
        }
        let words = format!(
            "insufficient access rights on object id: you may not delete this {}; its owner, \
             those above, or an administrator can",
            object.label.to_lowercase()
        );
        let code = SaveErrorCode::InsufficientAccessOrReadonly;
        draft.refuse(SaveError::new(code, words, Vec::new()));
    }

    pub(super) fn prepared(draft: &Draft) -> &Fields {
        &draft.prepared
    }

    pub(super) fn prepared_mut(draft: &mut Draft) -> &mut Fields {
        &mut draft.prepared
    }
}

fn changed_meanwhile() -> SaveError {
    let words = "the record was changed since; read it again before you write it";
    let code = SaveErrorCode::EntityFailedIflastmodifiedOnUpdate;
    SaveError::new(code, words, Vec::new())
}

fn not_in_the_bin() -> SaveError {
    let words = "entity is not in the recycle bin: the record was not deleted";
    SaveError::new(SaveErrorCode::UndeleteFailed, words, Vec::new())
}
