//! Records as the platform's JSON: `attributes` first, ids of 18 characters, moments in UTC,
//! parents inside their children and lists of children inside their parents.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use offhook_org::schema::Schema;
use offhook_org::soql::result::{ResultList, ResultRow, ResultValue};
use offhook_org::{RecordId, Value};
use serde_json::{Map, Value as Json, json};

/// What rows must know of the request to be written.
#[derive(Clone, Copy)]
pub(crate) struct Rendering<'a> {
    pub(crate) schema: &'a Schema,
    /// `/services/data/v64.0`, or the same with `/tooling`.
    pub(crate) root: &'a str,
}

impl Rendering<'_> {
    /// The address of a record.
    pub(crate) fn url(&self, id: &RecordId) -> String {
        let object = self.schema.object_of(id);
        let object = object.map_or("Name", |object| object.name.as_str());
        format!("{}/sobjects/{object}/{id}", self.root)
    }

    /// A row of a query.
    pub(crate) fn row(&self, row: &ResultRow) -> Json {
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
pub(crate) fn value(value: &Value) -> Json {
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
pub(crate) fn plain_text(value: &Value) -> String {
    match self::value(value) {
        Json::Null => String::new(),
        Json::String(text) => text,
        other => other.to_string(),
    }
}

/// `2026-01-01T00:00:00.000+0000`.
pub(crate) fn moment(ms: i64) -> String {
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

/// A moment as clients write it: with `Z`, `+0000` or `+01:00`, with or without fraction or
/// offset; a blank for a plus that was not encoded; a colon too many at the end.
pub(crate) fn read_moment(text: &str) -> Option<i64> {
    let text = text.trim().trim_end_matches(':').replace(' ', "+");
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment.as_millisecond());
    }
    let (date_time, offset) = match text.get(10..)?.find(['+', '-']) {
        Some(place) => text.split_at(place + 10),
        None => (text.as_str(), "+0000"),
    };
    let digits: String = offset.chars().filter(char::is_ascii_digit).collect();
    let (sign, hours, minutes) = match digits.len() {
        4 => (offset.get(..1)?, digits.get(..2)?, digits.get(2..)?),
        2 => (offset.get(..1)?, digits.as_str(), "00"),
        _ => return None,
    };
    let moment = format!("{date_time}{sign}{hours}:{minutes}");
    Some(moment.parse::<Timestamp>().ok()?.as_millisecond())
}

/// A moment as HTTP headers write it: `Thu, 01 Jan 2026 00:00:00 GMT`.
pub(crate) fn http_date(ms: i64) -> String {
    let moment = Timestamp::from_millisecond(ms).unwrap_or_default();
    let at = jiff::tz::TimeZone::UTC.to_datetime(moment);
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Such a moment, in milliseconds.
pub(crate) fn read_http_date(text: &str) -> Option<i64> {
    let text = text.trim();
    let named = text.strip_suffix(" GMT")?;
    let at = jiff::civil::DateTime::strptime("%a, %d %b %Y %H:%M:%S", named).ok()?;
    let moment = jiff::tz::TimeZone::UTC.to_timestamp(at).ok()?;
    Some(moment.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_clients_write_them() {
        for text in [
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00.000Z",
            "2026-01-01T00:00:00+00:00",
            "2026-01-01T00:00:00 00:00",
            "2026-01-01T01:00:00.000+0100",
            "2025-12-31T23:00:00-01",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00:",
        ] {
            assert_eq!(read_moment(text), Some(1_767_225_600_000), "{text}");
        }
        for text in [
            "",
            "yesterday",
            "2026-13-01T00:00:00Z",
            "ééééééééé",
            "2026-01-01",
        ] {
            assert_eq!(read_moment(text), None, "{text}");
        }
    }

    #[test]
    fn values_are_written_as_the_platform_writes_them() {
        assert_eq!(moment(1_767_225_600_123), "2026-01-01T00:00:00.123+0000");
        assert_eq!(time(jiff::civil::time(10, 0, 0, 0)), "10:00:00.000Z");
        assert_eq!(value(&Value::Number(5.0)).to_string(), "5.0");
        assert_eq!(value(&Value::Integer(5)).to_string(), "5");
        let date = jiff::civil::date(2026, 1, 31);
        assert_eq!(value(&Value::Date(date)), "2026-01-31");
    }

    #[test]
    fn dates_of_headers_go_there_and_back() {
        let text = "Thu, 01 Jan 2026 00:00:00 GMT";
        assert_eq!(read_http_date(text), Some(1_767_225_600_000));
        assert_eq!(http_date(1_767_225_600_999), text);
        assert_eq!(read_http_date("tomorrow"), None);
    }
}
