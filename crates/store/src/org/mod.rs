//! Records of the org: a real table for each object, a real column for each field.

use offhook_org::record::Fields;
use offhook_org::save::Strictness;
use offhook_org::{FieldName, ObjectName, Record, RecordId, UserContext, Value};
use offhook_phone::MatchStrength;

use crate::Store;
use crate::error::{SaveFailure, StoreError};

/// One page of a list of records.
#[derive(Debug, Clone, PartialEq)]
pub struct ListQuery {
    /// The object.
    pub object: ObjectName,
    /// All conditions must hold.
    pub filters: Vec<Filter>,
    /// Field and direction; then by id.
    pub order: Option<(FieldName, Order)>,
    /// Records to skip.
    pub offset: u32,
    /// At most this many; 200 is the most.
    pub limit: u32,
}

/// A condition on a field.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the operators speak for themselves")]
pub enum Filter {
    Equals(FieldName, Value),
    NotEquals(FieldName, Value),
    In(FieldName, Vec<Value>),
    /// Text that contains this, in any case of the letters.
    Contains(FieldName, String),
    IsNull(FieldName),
    LessThan(FieldName, Value),
    AtLeast(FieldName, Value),
}

/// Ascending or descending; empty values last in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub enum Order {
    Ascending,
    Descending,
}

/// A page of records.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The records.
    pub records: Vec<Record>,
    /// How many there are in all that the user may see, counted up to 2,000.
    pub total: u32,
}

/// A record found by telephone number.
#[derive(Debug, Clone, PartialEq)]
pub struct PhoneHit {
    /// The record, with every field that the user may read.
    pub record: Record,
    /// The field that matched.
    pub field: FieldName,
    /// How well.
    pub strength: MatchStrength,
}

impl Store {
    /// The record, if the user may see it.
    pub async fn record(
        &self,
        user: &UserContext,
        id: &RecordId,
    ) -> Result<Option<Record>, StoreError> {
        let _ = (user, id);
        todo!()
    }

    /// Names of records for display, by id; ones that the user may not see are absent.
    pub async fn names(
        &self,
        user: &UserContext,
        ids: &[RecordId],
    ) -> Result<std::collections::BTreeMap<RecordId, String>, StoreError> {
        let _ = (user, ids);
        todo!()
    }

    /// A page of records that the user may see.
    pub async fn list(&self, user: &UserContext, query: &ListQuery) -> Result<Page, StoreError> {
        let _ = (user, query);
        todo!()
    }

    /// Records whose name, e-mail or (for digits) telephone number contains the text, grouped by
    /// object in the order given, at most `limit` for each.
    pub async fn search_text(
        &self,
        user: &UserContext,
        text: &str,
        objects: &[ObjectName],
        limit: u32,
    ) -> Result<Vec<Record>, StoreError> {
        let _ = (user, text, objects, limit);
        todo!()
    }

    /// Records that a telephone number belongs to, strongest match first, then in the order of
    /// the objects, then newest first; at most 2,000.
    pub async fn search_phone(
        &self,
        user: &UserContext,
        number: &str,
        objects: &[ObjectName],
    ) -> Result<Vec<PhoneHit>, StoreError> {
        let _ = (user, number, objects);
        todo!()
    }

    /// Creates a record: rights, checks and phone keys in one transaction.
    pub async fn create(
        &self,
        user: &UserContext,
        object: &ObjectName,
        fields: &Fields,
        strictness: Strictness,
    ) -> Result<RecordId, SaveFailure> {
        let _ = (user, object, fields, strictness);
        todo!()
    }

    /// Creates many records for the system in one transaction; for demo data and benchmarks.
    /// Values of `CreatedDate` and `LastModifiedDate` are taken when given.
    pub async fn create_many(
        &self,
        object: &ObjectName,
        records: &[Fields],
    ) -> Result<Vec<RecordId>, SaveFailure> {
        let _ = (object, records);
        todo!()
    }

    /// Changes a record. With `unchanged_since`, refuses if its `LastModifiedDate` is later.
    pub async fn update(
        &self,
        user: &UserContext,
        id: &RecordId,
        changes: &Fields,
        strictness: Strictness,
        unchanged_since: Option<i64>,
    ) -> Result<(), SaveFailure> {
        let _ = (user, id, changes, strictness, unchanged_since);
        todo!()
    }

    /// Moves a record to the recycle bin: it is no longer found, and can be restored.
    pub async fn delete(&self, user: &UserContext, id: &RecordId) -> Result<(), SaveFailure> {
        let _ = (user, id);
        todo!()
    }

    /// Takes a record out of the recycle bin.
    pub async fn restore(&self, user: &UserContext, id: &RecordId) -> Result<(), SaveFailure> {
        let _ = (user, id);
        todo!()
    }

    /// Tasks and events of a record (as Who or What; for an account also those of its contacts),
    /// newest first.
    pub async fn timeline(
        &self,
        user: &UserContext,
        id: &RecordId,
        limit: u32,
    ) -> Result<Vec<Record>, StoreError> {
        let _ = (user, id, limit);
        todo!()
    }

    /// Notes that the user looked at a record.
    pub async fn note_viewed(&self, user: &UserContext, id: &RecordId) -> Result<(), StoreError> {
        let _ = (user, id);
        todo!()
    }

    /// What the user looked at last, newest first; of one object where one is given.
    pub async fn recently_viewed(
        &self,
        user: &UserContext,
        object: Option<&ObjectName>,
        limit: u32,
    ) -> Result<Vec<Record>, StoreError> {
        let _ = (user, object, limit);
        todo!()
    }
}
