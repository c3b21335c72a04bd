//! Saving records: the org's rules say what may be written (`offhook_org::save`); here it is
//! written, with everything that goes with a record, in one transaction.

mod bin;
mod cascade;
pub(crate) mod changes;
mod convert;
mod convert_person;
mod files;
mod gate;
mod members;
mod membership;
mod merge;
mod person;
mod publish;
mod related;
mod resolve;
mod row;
mod row_fields;
mod setup;
mod standing;
mod unique;
mod unit;
mod write;

use std::sync::Arc;

use offhook_org::access::AccessLevel;
use offhook_org::record::Fields;
use offhook_org::save::{SaveError, SaveErrorCode, Strictness};
use offhook_org::schema::Object;
use offhook_org::{ObjectName, Record, RecordId, UserContext, Value};

pub use convert::{ConvertedLead, LeadConversion};
pub use merge::{Merge, Merged};
pub(crate) use row::{BIN, SHELF};
use row_fields::complete;
pub use unit::WriteUnit;
pub use write::{Outcome, Write, WriteOptions, Written};

use self::gate::{Draft, Gate};
use self::resolve::Target;
use super::columns;
use crate::Store;
use crate::database::{DbError, Transaction};
use crate::error::SaveFailure;
use crate::tables;

impl Store {
    /// Creates a record: [`Store::write`] of one.
    pub async fn create(
        &self,
        user: &UserContext,
        object: &ObjectName,
        fields: &Fields,
        strictness: Strictness,
    ) -> Result<RecordId, SaveFailure> {
        let write = Write::Create {
            object: object.clone(),
            fields: fields.clone(),
            lookups: Vec::new(),
        };
        let options = WriteOptions {
            strictness,
            ..WriteOptions::default()
        };
        Ok(self.write_one(user, write, options).await?.id)
    }

    /// Changes a record: [`Store::write`] of one. With `unchanged_since`, refuses if its
    /// `LastModifiedDate` is later.
    pub async fn update(
        &self,
        user: &UserContext,
        id: &RecordId,
        changes: &Fields,
        strictness: Strictness,
        unchanged_since: Option<i64>,
    ) -> Result<(), SaveFailure> {
        let write = Write::Update {
            id: id.clone(),
            fields: changes.clone(),
            lookups: Vec::new(),
        };
        let options = WriteOptions {
            strictness,
            unchanged_since,
            ..WriteOptions::default()
        };
        self.write_one(user, write, options).await.map(drop)
    }

    /// Moves a record to the recycle bin: it is no longer found, and can be restored.
    pub async fn delete(&self, user: &UserContext, id: &RecordId) -> Result<(), SaveFailure> {
        let write = Write::Delete { id: id.clone() };
        let options = WriteOptions::default();
        self.write_one(user, write, options).await.map(drop)
    }

    /// Takes a record out of the recycle bin.
    pub async fn restore(&self, user: &UserContext, id: &RecordId) -> Result<(), SaveFailure> {
        let write = Write::Undelete { id: id.clone() };
        let options = WriteOptions::default();
        self.write_one(user, write, options).await.map(drop)
    }

    async fn write_one(
        &self,
        user: &UserContext,
        write: Write,
        options: WriteOptions,
    ) -> Result<Written, SaveFailure> {
        let record = match &write {
            Write::Update { id, .. } => Some(id.clone()),
            _ => None,
        };
        let mut outcomes = self.write_plain(user, vec![write], options).await?;
        let errors = match outcomes.pop() {
            Some(Ok(written)) => return Ok(written),
            Some(Err(errors)) => errors,
            None => Vec::new(),
        };
        let is_stale =
            |e: &SaveError| e.status_code == SaveErrorCode::EntityFailedIflastmodifiedOnUpdate;
        if errors.iter().any(SaveError::is_no_such_record) {
            return Err(SaveFailure::NotFound);
        }
        match record {
            Some(id) if errors.iter().any(is_stale) => Err(self.changed_by(user, &id).await?),
            _ => Err(SaveFailure::Refused(errors)),
        }
    }

    /// [`Store::create`] within a transaction.
    pub(crate) async fn create_in(
        &self,
        transaction: &mut Transaction,
        user: &UserContext,
        object: &Object,
        fields: &Fields,
        strictness: Strictness,
    ) -> Result<RecordId, SaveFailure> {
        let draft = Draft::of(Target::New, fields.clone(), Vec::new());
        let written = self
            .save_in(transaction, user, object, draft, strictness)
            .await?;
        Ok(written.id)
    }

    /// [`Store::update`] within a transaction, of a record that was read in it.
    pub(crate) async fn update_in(
        &self,
        transaction: &mut Transaction,
        user: &UserContext,
        object: &Object,
        before: &Record,
        changes: &Fields,
        strictness: Strictness,
    ) -> Result<(), SaveFailure> {
        let target = Target::Record(before.id.clone());
        let mut draft = Draft::of(target, changes.clone(), Vec::new());
        draft.before = Some(before.clone());
        let ids = std::slice::from_ref(&before.id);
        let levels = self.access_levels(transaction, user, object, ids).await?;
        draft.level = levels.get(&before.id).copied().unwrap_or(AccessLevel::None);
        self.save_in(transaction, user, object, draft, strictness)
            .await
            .map(drop)
    }

    async fn save_in(
        &self,
        transaction: &mut Transaction,
        user: &UserContext,
        object: &Object,
        draft: Draft,
        strictness: Strictness,
    ) -> Result<Written, SaveFailure> {
        let options = WriteOptions {
            strictness,
            ..WriteOptions::default()
        };
        let mut drafts = [draft];
        let gate = Gate::new(self, user, &options);
        match gate.save_run(transaction, object, &mut drafts).await {
            Ok(()) => {}
            Err(DbError::Unique(index)) => {
                return Err(SaveFailure::Refused(vec![duplicate(object, &index)]));
            }
            Err(error) => return Err(error.into()),
        }
        let [draft] = drafts;
        draft.outcome().map_err(SaveFailure::Refused)
    }

    /// The whole record, on the shelf or in the bin, held until the transaction ends.
    pub(crate) async fn locked_record(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        id: &RecordId,
        place: bool,
    ) -> Result<Option<Record>, DbError> {
        let fields = columns::all_fields(object);
        let mut statement = columns::select(object, &fields);
        statement.push(" AND id = ").arg(id);
        statement.push(" AND is_deleted = ").arg(place);
        statement.push(self.database().dialect().for_update());
        let row = transaction.fetch_one(&statement).await?;
        let record = row.map(|row| columns::record(object, &fields, &row));
        record.transpose()
    }

    async fn changed_by(
        &self,
        user: &UserContext,
        id: &RecordId,
    ) -> Result<SaveFailure, SaveFailure> {
        let record = self.record(user, id).await?;
        let by = match record.as_ref().map(|r| r.get("LastModifiedById")) {
            None => return Ok(SaveFailure::NotFound),
            Some(Value::Reference(user)) => self.name_for_message(user).await?,
            Some(_) => "Offhook itself".to_owned(),
        };
        Ok(SaveFailure::Changed { by })
    }

    pub(super) fn object_to_save(&self, name: &ObjectName) -> Result<Arc<Object>, SaveFailure> {
        let object = self.schema().object(name.as_str()).cloned();
        object.ok_or_else(|| {
            let code = SaveErrorCode::InvalidType;
            let words = format!("there is no object {name}");
            SaveFailure::Refused(vec![SaveError::new(code, words, Vec::new())])
        })
    }
}

/// A value that a unique field may not have twice, as the index says.
pub(super) fn duplicate(object: &Object, index: &str) -> SaveError {
    let mut unique = object.fields.iter().filter(|field| field.unique);
    match unique.find(|field| tables::is_unique_index(object, field, index)) {
        Some(field) => unique::duplicate(object, field, unique::Twin::JustSaved),
        None => {
            let words = "duplicate value found: another record has this id already";
            SaveError::new(SaveErrorCode::DuplicateValue, words, Vec::new())
        }
    }
}

/// The date where the user is.
pub(super) fn today(user: &UserContext, now_ms: i64) -> jiff::civil::Date {
    let zone = jiff::tz::TimeZone::get(&user.time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let now = jiff::Timestamp::from_millisecond(now_ms).unwrap_or_default();
    zone.to_datetime(now).date()
}
