//! Short ways to write the fields of a record.

use offhook_org::record::Fields;
use offhook_org::{FieldName, RecordId, Value};

/// Milliseconds of a day.
pub(super) const DAY_MS: i64 = 86_400_000;

/// Fields being put together.
#[derive(Debug, Clone, Default)]
pub(super) struct Build(Fields);

impl Build {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// A text; an empty one is left out.
    pub(super) fn text(mut self, name: &str, text: impl Into<String>) -> Self {
        let text = text.into();
        if !text.is_empty() {
            self.0.insert(FieldName::new(name), Value::Text(text));
        }
        self
    }

    pub(super) fn integer(mut self, name: &str, number: i64) -> Self {
        self.0.insert(FieldName::new(name), Value::Integer(number));
        self
    }

    pub(super) fn number(mut self, name: &str, number: f64) -> Self {
        self.0.insert(FieldName::new(name), Value::Number(number));
        self
    }

    pub(super) fn flag(mut self, name: &str, flag: bool) -> Self {
        self.0.insert(FieldName::new(name), Value::Boolean(flag));
        self
    }

    pub(super) fn link(mut self, name: &str, id: &RecordId) -> Self {
        self.0
            .insert(FieldName::new(name), Value::Reference(id.clone()));
        self
    }

    /// Owned by this person, who made it as well.
    pub(super) fn owner(self, id: &RecordId) -> Self {
        self.link("OwnerId", id).link("CreatedById", id)
    }

    pub(super) fn moment(mut self, name: &str, ms: i64) -> Self {
        self.0.insert(FieldName::new(name), Value::DateTime(ms));
        self
    }

    /// The calendar date of a moment, UTC.
    pub(super) fn date(mut self, name: &str, ms: i64) -> Self {
        if let Ok(at) = jiff::Timestamp::from_millisecond(ms) {
            let date = jiff::tz::TimeZone::UTC.to_datetime(at).date();
            self.0.insert(FieldName::new(name), Value::Date(date));
        }
        self
    }

    /// Made and last changed at this moment.
    pub(super) fn made(self, ms: i64) -> Self {
        self.moment("CreatedDate", ms)
            .moment("LastModifiedDate", ms)
    }

    pub(super) fn done(self) -> Fields {
        self.0
    }
}
