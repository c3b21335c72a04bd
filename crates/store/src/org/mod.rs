//! Records of the org: a real table for each object, a real column for each field.

mod columns;
mod create_many;
pub(crate) mod list;
mod list_view;
pub mod metadata;
mod phone_keys;
#[cfg(test)]
mod plans;
pub mod query;
mod read;
mod recent;
mod recycle_bin;
pub(crate) mod references;
pub(crate) mod save;
pub(crate) mod search_index;
mod search_phone;
mod search_ranked;
mod search_text;
mod search_words;
mod timeline;
pub(crate) mod visibility;

use offhook_org::{FieldName, ObjectName, Record, Value};
use offhook_phone::MatchStrength;

pub use list_view::ListViewPage;
pub use offhook_org::save::Lookup;
pub use recycle_bin::{BIN_KEPT_MS, BinPage, Binned};
pub use save::{
    ConvertedLead, LeadConversion, Merge, Merged, Outcome, Write, WriteOptions, WriteUnit, Written,
};

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
