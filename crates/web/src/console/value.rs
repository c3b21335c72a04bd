//! A field's value as pages show it: words for people, links to records, numbers to click.

use std::collections::BTreeMap;
use std::fmt;

use askama::Template;
use jiff::tz::TimeZone;
use offhook_org::save::person::is_person;
use offhook_org::schema::{Field, FieldKind, Object};
use offhook_org::soql::format::Formatting;
use offhook_org::{FieldName, Record, RecordId, UserContext, Value};
use offhook_phone::Region;

use crate::AppState;
use crate::error::Failure;

/// A field's value, ready to be put on a page: its `Display` is HTML.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shown {
    Empty,
    Text(String),
    /// Text with line breaks.
    LongText(String),
    Number(String),
    Checkbox(bool),
    Phone(Phone),
    Email(String),
    /// A page outside.
    Outside {
        href: String,
        text: String,
    },
    /// A record.
    Record(RecordLink),
    /// A record that the user may not see.
    Withheld,
}

#[derive(Template)]
#[template(path = "parts/value.html")]
struct ValueTemplate<'a> {
    shown: &'a Shown,
}

impl Shown {
    /// Is there something to read?
    pub(crate) fn says_something(&self) -> bool {
        !matches!(self, Self::Empty | Self::Checkbox(false))
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", ValueTemplate { shown: self })
    }
}

/// A telephone number to click.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Phone {
    /// What to dial; `None` when the text cannot be dialled.
    pub(crate) dial: Option<String>,
    pub(crate) display: String,
    pub(crate) record_id: String,
    pub(crate) record_name: String,
    pub(crate) object: String,
    /// The other record of the same person, see [`person_of`].
    pub(crate) person: Option<String>,
}

/// Of an account that is a person, and of a person's contact: the other record of the two, as
/// adapters are told of it: `contactId:003…`, `accountId:001…`.
pub(crate) fn person_of(record: &Record) -> Option<String> {
    if !is_person(&record.fields) {
        return None;
    }
    let (word, field) = match record.object.as_str() {
        "Account" => ("contactId", "PersonContactId"),
        _ => ("accountId", "AccountId"),
    };
    let id = record.get(field).as_reference();
    Some(format!("{word}:{}", id.map_or("", RecordId::as_str)))
}

/// A link to a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecordLink {
    pub(crate) href: String,
    pub(crate) name: String,
    /// API name of its object; names its icon's colour.
    pub(crate) object: String,
    /// Name in the standard sprite.
    pub(crate) icon: String,
    /// Opens beside the record that the page shows.
    pub(crate) subtab: bool,
}

/// A label and a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) label: String,
    pub(crate) value: Shown,
    /// The value wants the whole width.
    pub(crate) wide: bool,
}

/// All that turns values into words: for one user and one page.
pub(crate) struct Words<'a> {
    state: &'a AppState,
    forms: Formatting,
    names: BTreeMap<RecordId, String>,
    subtabs: bool,
}

impl<'a> Words<'a> {
    /// Looks up the names of every record that these records refer to.
    pub(crate) async fn of(
        state: &'a AppState,
        user: &UserContext,
        records: &[&Record],
    ) -> Result<Self, Failure> {
        let mut ids: Vec<RecordId> = records
            .iter()
            .flat_map(|record| record.fields.values())
            .filter_map(|value| value.as_reference().cloned())
            .collect();
        ids.sort();
        ids.dedup();
        let names = match ids.is_empty() {
            true => BTreeMap::new(),
            false => state.store.names(user, &ids).await?,
        };
        Ok(Self {
            state,
            forms: forms_of(user),
            names,
            subtabs: false,
        })
    }

    /// The same words on a record's page: links open beside the record.
    pub(crate) fn beside_a_record(self) -> Self {
        Self {
            subtabs: true,
            ..self
        }
    }

    /// The name of a record that is referred to.
    pub(crate) fn name(&self, id: &RecordId) -> Option<&str> {
        self.names.get(id).map(String::as_str)
    }

    /// The value of a record's field.
    pub(crate) fn show(&self, object: &Object, record: &Record, field: &Field) -> Shown {
        match record.get(field.name.as_str()) {
            Value::Null => Shown::Empty,
            Value::Text(text) => self.show_text(object, record, field, text),
            Value::Number(number) => Shown::Number(number_text(*number, field.kind, &self.forms)),
            Value::Integer(seconds) if field.name.as_str() == "CallDurationInSeconds" => {
                Shown::Number(duration_text(*seconds))
            }
            Value::Integer(number) => Shown::Number(self.forms.number(&number.to_string())),
            Value::Boolean(yes) => Shown::Checkbox(*yes),
            Value::Date(date) => Shown::Text(self.date(*date)),
            Value::Time(time) => Shown::Text(self.forms.page_time(*time)),
            Value::DateTime(ms) => Shown::Text(self.moment(*ms)),
            Value::Reference(id) => self.show_reference(id),
        }
    }

    fn show_text(&self, object: &Object, record: &Record, field: &Field, text: &str) -> Shown {
        match field.kind {
            FieldKind::Phone => Shown::Phone(self.phone(object, record, text)),
            FieldKind::Email => Shown::Email(text.to_owned()),
            FieldKind::Url => outside(text),
            FieldKind::LongText | FieldKind::TextArea => Shown::LongText(text.to_owned()),
            FieldKind::Picklist => Shown::Text(label_of(field, text)),
            FieldKind::MultiPicklist => {
                let labels: Vec<String> = text.split(';').map(|v| label_of(field, v)).collect();
                Shown::Text(labels.join("; "))
            }
            _ => Shown::Text(text.to_owned()),
        }
    }

    fn show_reference(&self, id: &RecordId) -> Shown {
        self.record_link(id).map_or(Shown::Withheld, Shown::Record)
    }

    /// A link to a record that is referred to; `None` when the user may not see it.
    pub(crate) fn record_link(&self, id: &RecordId) -> Option<RecordLink> {
        let object = self.state.store.schema().object_of(id)?.clone();
        Some(self.link(&object, id, self.name(id)?))
    }

    /// A link to a record.
    pub(crate) fn link(&self, object: &Object, id: &RecordId, name: &str) -> RecordLink {
        RecordLink {
            subtab: self.subtabs,
            ..link(object, id, name)
        }
    }

    /// A number of a record, to click.
    pub(crate) fn phone(&self, object: &Object, record: &Record, text: &str) -> Phone {
        let region = self.region();
        Phone {
            dial: offhook_phone::dialable(text, region),
            display: offhook_phone::display(text, region),
            record_id: record.id.to_string(),
            record_name: name_of(object, record),
            object: object.name.to_string(),
            person: person_of(record),
        }
    }

    pub(crate) fn region(&self) -> Region {
        self.state.store.region()
    }

    /// The fields with these names that the user may read, as labels and values.
    pub(crate) fn entries(
        &self,
        user: &UserContext,
        object: &Object,
        record: &Record,
        names: &[FieldName],
    ) -> Vec<Entry> {
        readable(user, object, names)
            .map(|field| Entry {
                label: field.label.clone(),
                value: self.show(object, record, field),
                wide: matches!(field.kind, FieldKind::LongText | FieldKind::TextArea),
            })
            .collect()
    }

    /// A moment in the user's zone and locale: `Nov 24, 2026, 9:05 AM`.
    pub(crate) fn moment(&self, ms: i64) -> String {
        self.forms.page_moment(ms)
    }

    /// A date in the user's locale: `Nov 24, 2026`.
    pub(crate) fn date(&self, date: jiff::civil::Date) -> String {
        self.forms.page_date(date)
    }
}

/// What people call a value of a picklist.
fn label_of(field: &Field, value: &str) -> String {
    let known = field.picklist_value(value);
    known.map_or(value, |known| &known.label).to_owned()
}

/// The fields with these names that the user may read.
pub(crate) fn readable<'a>(
    user: &'a UserContext,
    object: &'a Object,
    names: &'a [FieldName],
) -> impl Iterator<Item = &'a Field> {
    names
        .iter()
        .filter_map(|name| object.field(name.as_str()))
        .filter(|field| user.may_read_field(object.name.as_str(), field.name.as_str()))
}

/// A link to a record.
pub(crate) fn link(object: &Object, id: &RecordId, name: &str) -> RecordLink {
    RecordLink {
        href: record_path(object, id),
        name: if name.is_empty() {
            "(no name)".to_owned()
        } else {
            name.to_owned()
        },
        object: object.name.to_string(),
        icon: object.icon.clone(),
        subtab: false,
    }
}

/// The path of a record's page.
pub(crate) fn record_path(object: &Object, id: &RecordId) -> String {
    format!("/lightning/r/{}/{id}/view", object.name)
}

/// The name of a record for people; never empty.
pub(crate) fn name_of(object: &Object, record: &Record) -> String {
    match record.text(object.name_field.as_str()) {
        "" => format!("(no {})", object.field_label(object.name_field.as_str())),
        name => name.to_owned(),
    }
}

/// What pages ask of an object beyond the schema's own words.
pub(crate) trait ObjectWords {
    /// The label of a field, in lower case; `name` when there is no such field.
    fn field_label(&self, name: &str) -> String;
}

impl ObjectWords for Object {
    fn field_label(&self, name: &str) -> String {
        self.field(name)
            .map_or_else(|| "name".to_owned(), |field| field.label.to_lowercase())
    }
}

/// The user's time zone; UTC when the name is unknown.
pub(crate) fn zone_of(user: &UserContext) -> TimeZone {
    TimeZone::get(&user.time_zone).unwrap_or(TimeZone::UTC)
}

/// The class that gives a standard icon its colour.
pub(crate) fn icon_class(icon: &str) -> String {
    format!("slds-icon-standard-{}", icon.replace('_', "-"))
}

/// How numbers, dates and moments are written for the user.
pub(crate) fn forms_of(user: &UserContext) -> Formatting {
    Formatting::new(&user.locale, &user.time_zone)
}

/// `3 min 12 s`.
pub(crate) fn duration_text(seconds: i64) -> String {
    let (minutes, seconds) = (seconds.max(0) / 60, seconds.max(0) % 60);
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min {seconds} s"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

fn number_text(number: f64, kind: FieldKind, forms: &Formatting) -> String {
    match kind {
        FieldKind::Currency => forms.page_money(number),
        FieldKind::Percent => format!("{}%", forms.number(&number.to_string())),
        _ => forms.number(&number.to_string()),
    }
}

/// A web address: a link only when it is plain http or https.
fn outside(text: &str) -> Shown {
    let lower = text.to_ascii_lowercase();
    if lower.starts_with("https://") || lower.starts_with("http://") {
        return Shown::Outside {
            href: text.to_owned(),
            text: text.to_owned(),
        };
    }
    let bare = text.split(['/', '?', '#']).next().unwrap_or("");
    let is_host = bare.contains('.')
        && bare
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':'));
    match is_host {
        true => Shown::Outside {
            href: format!("https://{text}"),
            text: text.to_owned(),
        },
        false => Shown::Text(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use offhook_org::schema::FieldKind;
    use offhook_org::soql::format::Formatting;

    use super::{Shown, duration_text, number_text, outside};

    #[test]
    fn numbers_are_written_as_their_kind_and_the_locale_ask() {
        let english = Formatting::new("en_US", "UTC");
        assert_eq!(
            number_text(120_000.0, FieldKind::Currency, &english),
            "$120,000.00"
        );
        assert_eq!(number_text(62.5, FieldKind::Percent, &english), "62.5%");
        let german = Formatting::new("de_DE", "UTC");
        assert_eq!(
            number_text(1_062.5, FieldKind::Percent, &german),
            "1.062,5%"
        );
        assert_eq!(
            number_text(-1_234.5, FieldKind::Number, &german),
            "-1.234,5"
        );
    }

    #[test]
    fn durations_read_as_people_say_them() {
        let cases = [
            (0, "0 s"),
            (59, "59 s"),
            (192, "3 min 12 s"),
            (3_720, "1 h 2 min"),
        ];
        for (seconds, shown) in cases {
            assert_eq!(duration_text(seconds), shown);
        }
    }

    #[test]
    fn a_web_address_that_is_script_is_only_text() {
        let script = "javascript:alert(1)//.x";
        assert_eq!(outside(script), Shown::Text(script.to_owned()));
        assert_eq!(
            outside("acme.example/a"),
            Shown::Outside {
                href: "https://acme.example/a".to_owned(),
                text: "acme.example/a".to_owned()
            }
        );
    }
}
