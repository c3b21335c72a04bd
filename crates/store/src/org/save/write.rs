//! The one gate through which every door writes records: pages, the API's resources, bulk jobs,
//! adapters and the demo's filling. What a door hands in is cut into runs of the same kind, each
//! checked and written together (`gate.rs`); a record that is refused takes no other with it,
//! unless all or none were asked for.

use std::collections::BTreeSet;

use offhook_org::record::Fields;
use offhook_org::save::{Lookup, SaveError, SaveErrorCode, Strictness};
use offhook_org::{FieldName, ObjectName, RecordId, UserContext, Value};

use super::gate::{Draft, Gate};
use super::publish::is_event;
use super::resolve::Target;
use crate::Store;
use crate::calls::group_commit::SaveJob;
use crate::database::{Attempts, DbError, Dialect, Transaction, fold};
use crate::error::StoreError;

/// Records in one run: enough that each page of a scattered index is written once for many of
/// them, few enough to hold in memory.
const RUN_MAX: usize = 10_000;

/// One change of one record. Values may be as they came (text, numbers, booleans): the gate turns
/// them into each field's type. Names may be unknown: the gate says so.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// A new record.
    Create {
        /// Its object.
        object: ObjectName,
        /// Its values.
        fields: Fields,
        /// References that are given by another key than the id.
        lookups: Vec<Lookup>,
    },
    /// Other values for some fields.
    Update {
        /// The record.
        id: RecordId,
        /// Values that change; `Null` empties a field.
        fields: Fields,
        /// References that are given by another key than the id.
        lookups: Vec<Lookup>,
    },
    /// An update of the record that has this key, or else a new one with it.
    Upsert {
        /// The object.
        object: ObjectName,
        /// `Id`, an external id, or a unique field.
        key_field: FieldName,
        /// Its value; nothing with the field `Id` makes a new record.
        key: Value,
        /// The other values.
        fields: Fields,
        /// References that are given by another key than the id.
        lookups: Vec<Lookup>,
    },
    /// Into the recycle bin, with what hangs on it.
    Delete {
        /// The record.
        id: RecordId,
    },
    /// Out of the recycle bin, with what went there together with it.
    Undelete {
        /// The record.
        id: RecordId,
    },
    /// Out of the recycle bin and of the org, with what went there together with it. It cannot be
    /// brought back.
    Purge {
        /// The record.
        id: RecordId,
    },
}

/// How a request is to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct WriteOptions {
    /// Is nothing written when one record is refused?
    pub all_or_none: bool,
    /// How unknown and read-only fields are taken.
    pub strictness: Strictness,
    /// Are texts that are too long cut, and not refused?
    pub allow_truncation: bool,
    /// Refuse a record that was changed after this moment, in milliseconds since 1970.
    pub unchanged_since: Option<i64>,
    /// The door or client that writes, for change events: `console`, `jsforce`.
    pub client: String,
}

impl Default for WriteOptions {
    /// Each record by itself, strict, nothing cut.
    fn default() -> Self {
        Self {
            all_or_none: false,
            strictness: Strictness::Strict,
            allow_truncation: false,
            unchanged_since: None,
            client: String::new(),
        }
    }
}

/// A record that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The record.
    pub id: RecordId,
    /// Was it made by this write?
    pub created: bool,
    /// Of a platform event: its id among all events. It waits to be delivered.
    pub event_uuid: Option<String>,
}

impl Written {
    pub(super) fn made(id: RecordId) -> Self {
        Self {
            id,
            created: true,
            event_uuid: None,
        }
    }

    pub(super) fn changed(id: RecordId) -> Self {
        Self {
            id,
            created: false,
            event_uuid: None,
        }
    }
}

/// What became of one record.
pub type Outcome = Result<Written, Vec<SaveError>>;

impl Store {
    /// Writes records in one transaction and answers for each, in order. A refused record leaves
    /// nothing behind; with `all_or_none` it takes the others with it. An error of the store
    /// means that nothing at all was written.
    pub async fn write(
        &self,
        user: &UserContext,
        writes: Vec<Write>,
        options: WriteOptions,
    ) -> Result<Vec<Outcome>, StoreError> {
        let mut outcomes = self.write_plain(user, writes, options).await?;
        for errors in outcomes.iter_mut().filter_map(|o| o.as_mut().err()) {
            SaveError::join_required(errors);
        }
        Ok(outcomes)
    }

    /// [`Store::write`] with an error for each missing field, as forms show them.
    pub(super) async fn write_plain(
        &self,
        user: &UserContext,
        mut writes: Vec<Write>,
        options: WriteOptions,
    ) -> Result<Vec<Outcome>, StoreError> {
        if writes.is_empty() {
            return Ok(Vec::new());
        }
        let objects = self.objects_of(&writes);
        // What a content is must be on disk before the record that names it.
        let contents = self.take_contents(user, &mut writes).await?;
        let outcomes = self.commit_writes(user, writes, options).await;
        self.forget_contents(&contents);
        let outcomes = outcomes?;
        for object in &objects {
            self.rights_changed(object);
        }
        Ok(outcomes)
    }

    /// The names of the objects that are written to.
    pub(super) fn objects_of(&self, writes: &[Write]) -> BTreeSet<String> {
        let schema = self.schema();
        let name = |write: &Write| match write {
            Write::Create { object, .. } | Write::Upsert { object, .. } => {
                Some(object.as_str().to_owned())
            }
            Write::Update { id, .. }
            | Write::Delete { id }
            | Write::Undelete { id }
            | Write::Purge { id } => schema
                .object_of(id)
                .map(|object| object.name.as_str().to_owned()),
        };
        writes.iter().filter_map(name).collect()
    }

    async fn commit_writes(
        &self,
        user: &UserContext,
        writes: Vec<Write>,
        options: WriteOptions,
    ) -> Result<Vec<Outcome>, StoreError> {
        match self.database().dialect() {
            Dialect::Sqlite => {
                let job = SaveJob::new(self.clone(), user.clone(), writes, options);
                self.inner.group_commit.save(job).await
            }
            // PostgreSQL shares flushes among its connections by itself.
            Dialect::Postgres => {
                let mut attempts = Attempts::default();
                loop {
                    let mut transaction = self.database().begin_attempt(&attempts).await?;
                    let written = self.write_in(&mut transaction, user, &writes, &options);
                    match written.await {
                        Ok(outcomes) => {
                            transaction.commit().await?;
                            return Ok(outcomes);
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
    }

    /// [`Store::write`] within a transaction, which stays usable whatever is refused. After a
    /// deadlock it is not: the whole transaction is to be done again.
    pub(crate) async fn write_in(
        &self,
        transaction: &mut Transaction,
        user: &UserContext,
        writes: &[Write],
        options: &WriteOptions,
    ) -> Result<Vec<Outcome>, DbError> {
        let gate = Gate::new(self, user, options);
        let mut outcomes = Vec::with_capacity(writes.len());
        transaction.savepoint("request").await?;
        let runs = runs(&gate, writes);
        if runs.len() > 1 {
            transaction.savepoint("hold").await?;
            match gate.hold_all(transaction, writes).await {
                Ok(()) => {}
                // The run that wants what somebody holds says so of the record.
                Err(DbError::Busy(_)) => transaction.roll_back_to("hold").await?,
                Err(error) => return Err(error),
            }
            transaction.release("hold").await?;
        }
        for run in runs {
            let refused = outcomes.len();
            outcomes.extend(gate.write_run(transaction, run).await?);
            let failed = outcomes.iter().skip(refused).any(Result::is_err);
            if failed && options.all_or_none {
                transaction.roll_back_to("request").await?;
                transaction.release("request").await?;
                return Ok(none_written(outcomes, writes.len()));
            }
        }
        transaction.release("request").await?;
        Ok(outcomes)
    }
}

/// The refusals, and for every other record that it was taken back.
fn none_written(outcomes: Vec<Outcome>, count: usize) -> Vec<Outcome> {
    let mut all: Vec<Outcome> = outcomes
        .into_iter()
        .map(|outcome| outcome.and_then(|_| Err(vec![SaveError::rolled_back()])))
        .collect();
    all.resize_with(count, || Err(vec![SaveError::rolled_back()]));
    all
}

/// Consecutive writes of the same kind and object. One that names a record again begins a new
/// run, so that it sees what the one before did.
fn runs<'w>(gate: &Gate<'_>, writes: &'w [Write]) -> Vec<&'w [Write]> {
    let mut runs = Vec::new();
    let mut rest = writes;
    while let Some(first) = rest.first() {
        let mut named = BTreeSet::new();
        let same = rest.iter().take(RUN_MAX).take_while(|write| {
            let is_alike = kind(write) == kind(first) && gate.same_object(write, first);
            is_alike && name(write).is_none_or(|name| named.insert(name))
        });
        let length = same.count().max(1);
        let (run, after) = rest.split_at(length);
        runs.push(run);
        rest = after;
    }
    runs
}

fn kind(write: &Write) -> std::mem::Discriminant<Write> {
    std::mem::discriminant(write)
}

/// What tells the record apart from others in a run.
fn name(write: &Write) -> Option<String> {
    match write {
        Write::Create { .. } => None,
        Write::Update { id, .. }
        | Write::Delete { id }
        | Write::Undelete { id }
        | Write::Purge { id } => Some(id.as_str().to_owned()),
        Write::Upsert { key, .. } if key.is_null() => None,
        Write::Upsert { key_field, key, .. } => Some(fold(&format!("{key_field}={key:?}"))),
    }
}

impl Gate<'_> {
    /// Are both of one object, and found by one field?
    fn same_object(&self, one: &Write, other: &Write) -> bool {
        let named = |write: &Write| match write {
            Write::Create { object, .. } => object.as_str().to_ascii_lowercase(),
            Write::Upsert {
                object, key_field, ..
            } => format!("{object}.{key_field}").to_ascii_lowercase(),
            Write::Update { id, .. }
            | Write::Delete { id }
            | Write::Undelete { id }
            | Write::Purge { id } => id.key_prefix().to_owned(),
        };
        named(one) == named(other)
    }

    /// Writes a run together. When the database refuses it, each record is tried by itself, so
    /// that the refusal falls on the one at fault.
    async fn write_run(
        &self,
        transaction: &mut Transaction,
        run: &[Write],
    ) -> Result<Vec<Outcome>, DbError> {
        match self.try_run(transaction, run).await? {
            Ok(outcomes) => Ok(outcomes),
            Err(error) if run.len() == 1 => Ok(vec![Err(self.refusal(&run[0], &error))]),
            Err(_) => {
                let mut outcomes = Vec::with_capacity(run.len());
                for write in run {
                    let alone = self
                        .try_run(transaction, std::slice::from_ref(write))
                        .await?;
                    outcomes.push(match alone {
                        Ok(mut outcomes) => outcomes.remove(0),
                        Err(error) => Err(self.refusal(write, &error)),
                    });
                }
                Ok(outcomes)
            }
        }
    }

    /// The inner error is the database's refusal of what was written, which was taken back.
    async fn try_run(
        &self,
        transaction: &mut Transaction,
        run: &[Write],
    ) -> Result<Result<Vec<Outcome>, DbError>, DbError> {
        transaction.savepoint("run").await?;
        match self.run(transaction, run).await {
            Ok(outcomes) => {
                transaction.release("run").await?;
                Ok(Ok(outcomes))
            }
            Err(error @ (DbError::Unique(_) | DbError::Busy(_))) => {
                transaction.roll_back_to("run").await?;
                transaction.release("run").await?;
                Ok(Err(error))
            }
            // The transaction may be gone, and nothing more is to be done in it.
            Err(error) => Err(error),
        }
    }

    async fn run(
        &self,
        transaction: &mut Transaction,
        run: &[Write],
    ) -> Result<Vec<Outcome>, DbError> {
        let Some(object) = self.object_of(&run[0]) else {
            return Ok(run.iter().map(|write| Err(no_object(write))).collect());
        };
        let mut drafts: Vec<Draft> = run.iter().map(Draft::new).collect();
        match &run[0] {
            Write::Delete { .. } | Write::Undelete { .. } if is_event(object) => {
                self.publish_run(transaction, object, &mut drafts).await?;
            }
            Write::Delete { .. } => self.delete_run(transaction, object, &mut drafts).await?,
            Write::Undelete { .. } => self.undelete_run(transaction, object, &mut drafts).await?,
            Write::Purge { .. } => self.purge_run(transaction, object, &mut drafts).await?,
            _ if is_event(object) => self.publish_run(transaction, object, &mut drafts).await?,
            _ => {
                self.resolve_lookups(transaction, object, &mut drafts)
                    .await?;
                self.find_targets(transaction, object, &mut drafts).await?;
                self.save_run(transaction, object, &mut drafts).await?;
            }
        }
        Ok(drafts.into_iter().map(Draft::outcome).collect())
    }

    /// What the database's refusal means for a record.
    fn refusal(&self, write: &Write, error: &DbError) -> Vec<SaveError> {
        match (error, self.object_of(write)) {
            (DbError::Unique(index), Some(object)) => vec![super::duplicate(object, index)],
            _ => vec![SaveError::locked(match write {
                Write::Update { id, .. }
                | Write::Delete { id }
                | Write::Undelete { id }
                | Write::Purge { id } => Some(id),
                _ => None,
            })],
        }
    }
}

fn no_object(write: &Write) -> Vec<SaveError> {
    match write {
        Write::Create { object, .. } | Write::Upsert { object, .. } => {
            let name: String = object.as_str().chars().take(80).collect();
            let words = format!(
                "sObject type '{name}' is not supported. Check the spelling of the API name; \
                 those of custom objects end in __c"
            );
            let code = SaveErrorCode::InvalidType;
            vec![SaveError::new(code, words, Vec::new())]
        }
        _ => vec![SaveError::no_such_record()],
    }
}

impl Draft {
    fn new(write: &Write) -> Self {
        let (target, fields, lookups) = match write {
            Write::Create {
                fields, lookups, ..
            } => (Target::New, fields, lookups.as_slice()),
            Write::Update {
                id,
                fields,
                lookups,
            } => (Target::Record(id.clone()), fields, lookups.as_slice()),
            Write::Upsert {
                key_field,
                key,
                fields,
                lookups,
                ..
            } => (
                Target::Key(key_field.clone(), key.clone()),
                fields,
                lookups.as_slice(),
            ),
            Write::Delete { id } | Write::Undelete { id } | Write::Purge { id } => {
                return Self::of(Target::Record(id.clone()), Fields::new(), Vec::new());
            }
        };
        Self::of(target, fields.clone(), lookups.to_vec())
    }
}
