//! Records as the platform's JSON: `attributes` first, ids of 18 characters, moments in UTC,
//! parents inside their children and lists of children inside their parents.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use serde_json::{Map, Value as Json, json};

use super::result::{ResultList, ResultRow, ResultValue};
use crate::schema::Schema;
use crate::{RecordId, Value};

/// What rows must know of the request to be written.
#[derive(Clone, Copy)]
pub struct Rendering<'a> {
    /// The schema of the rows.
    pub schema: &'a Schema,
    /// `/services/data/v64.0`, or the same with `/tooling`.
    pub root: &'a str,
}

impl Rendering<'_> {
    /// The address of a record.
    pub fn url(&self, id: &RecordId) -> String {
        let object = self.schema.object_of(id);
        let object = object.map_or("Name", |object| object.name.as_str());
        format!("{}/sobjects/{object}/{id}", self.root)
    }

    /// A row of a query.
    pub fn row(&self, row: &ResultRow) -> Json {
        let mut body = Map::with_capacity(row.fields.len() + 1);
        body.insert("attributes".to_owned(), self.attributes(row));
        for (name, value) in &row.fields {
            let address = self.content_address(row, name);
            let entry = address.map_or_else(|| self.entry(value), Json::String);
            body.insert(name.clone(), entry);
        }
        Json::Object(body)
    }

    /// Where the content of a file is read, which a row has in the place of the content.
    fn content_address(&self, row: &ResultRow, name: &str) -> Option<String> {
        if name != "VersionData" || row.object.as_ref()?.as_str() != "ContentVersion" {
            return None;
        }
        Some(format!("{}/{name}", self.url(row.id.as_ref()?)))
    }

    fn attributes(&self, row: &ResultRow) -> Json {
        let Some(object) = &row.object else {
            return json!({"type": "AggregateResult"});
        };
        let mut attributes = json!({"type": object.as_str()});
        if let Some(id) = &row.id {
            // Objects of the same prefix (histories) are told apart by their names.
            let known = self.schema.object_of(id).is_some();
            attributes["url"] = match known {
                true => json!(self.url(id)),
                false => json!(format!("{}/sobjects/{object}/{id}", self.root)),
            };
        }
        attributes
    }

    fn entry(&self, value: &ResultValue) -> Json {
        match value {
            ResultValue::Value(value) => self::value(value),
            ResultValue::Parent(parent) => {
                let parent = parent.as_deref();
                parent.map_or(Json::Null, |parent| self.row(parent))
            }
            ResultValue::Children(None) | ResultValue::Address(None) => Json::Null,
            ResultValue::Children(Some(list)) => self.list(list),
            ResultValue::Address(Some(parts)) => parts
                .iter()
                .map(|(name, part)| (name.clone(), self::value(part)))
                .collect(),
        }
    }

    fn list(&self, list: &ResultList) -> Json {
        let mut body = json!({
            "totalSize": list.total,
            "done": list.locator.is_none(),
        });
        if let Some(locator) = &list.locator {
            body["nextRecordsUrl"] = json!(format!("{}/query/{locator}", self.root));
        }
        body["records"] = list.rows.iter().map(|row| self.row(row)).collect();
        body
    }
}

/// A field's value.
pub fn value(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Text(text) => json!(text),
        Value::Number(number) => json!(number),
        Value::Integer(number) => json!(number),
        Value::Boolean(flag) => json!(flag),
        Value::Date(date) => json!(self::date(*date)),
        Value::DateTime(ms) => json!(moment(*ms)),
        Value::Time(at) => json!(time(*at)),
        Value::Reference(id) => json!(id.as_str()),
    }
}

/// A field's value as text, for CSV and XML; nothing is the empty text.
pub fn plain_text(value: &Value) -> String {
    match self::value(value) {
        Json::Null => String::new(),
        Json::String(text) => text,
        other => other.to_string(),
    }
}

/// `2026-01-01T00:00:00.000+0000`.
pub fn moment(ms: i64) -> String {
    let moment = Timestamp::from_millisecond(ms).unwrap_or_default();
    let at = jiff::tz::TimeZone::UTC.to_datetime(moment);
    format!(
        "{}T{:02}:{:02}:{:02}.{:03}+0000",
        date(at.date()),
        at.hour(),
        at.minute(),
        at.second(),
        at.millisecond()
    )
}

/// `2026-01-01`.
fn date(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
}

/// `10:00:00.000Z`.
fn time(at: Time) -> String {
    let (hour, minute, second, ms) = (at.hour(), at.minute(), at.second(), at.millisecond());
    format!("{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_the_platform_writes_them() {
        assert_eq!(moment(1_767_225_600_123), "2026-01-01T00:00:00.123+0000");
        assert_eq!(time(jiff::civil::time(10, 0, 0, 0)), "10:00:00.000Z");
        assert_eq!(value(&Value::Number(5.0)).to_string(), "5.0");
        assert_eq!(value(&Value::Integer(5)).to_string(), "5");
        let date = jiff::civil::date(2026, 1, 31);
        assert_eq!(value(&Value::Date(date)), "2026-01-31");
    }
}
