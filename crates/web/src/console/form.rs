//! A form for a record: one control for each field that the user may write, in the sections of
//! the record page. Keeps what was entered, says what is wrong at the field where it is wrong.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use offhook_org::save::{SaveError, SaveErrorCode};
use offhook_org::schema::{Field, FieldKind, Layout, Object, PicklistValue};
use offhook_org::{FieldName, Record, RecordId, UserContext, Value};

use super::lookup::{Chosen, Suggestions};
use super::value;

/// What is in the form, by API name: the texts of its controls.
pub(crate) type Entered = BTreeMap<String, String>;

/// A form as a page shows it.
pub(crate) struct Form {
    pub(crate) sections: Vec<FormSection>,
    pub(crate) suggestions: Vec<Suggestions>,
    /// What is wrong, each with the id of its control where it has one.
    pub(crate) problems: Vec<Problem>,
}

/// A section with the controls of its fields.
pub(crate) struct FormSection {
    pub(crate) label: String,
    pub(crate) fields: Vec<FormField>,
}

/// A control with all that belongs to it.
pub(crate) struct FormField {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) required: bool,
    pub(crate) help: Option<String>,
    pub(crate) error: Option<String>,
    /// What somebody else saved meanwhile.
    pub(crate) saved: Option<String>,
    pub(crate) wide: bool,
    pub(crate) control: Control,
}

impl FormField {
    /// The attributes that tie a control to its help and its error. Made of names of the schema.
    pub(crate) fn described(&self) -> String {
        let parts = [
            (self.help.is_some(), "help"),
            (self.saved.is_some(), "saved"),
            (self.error.is_some(), "error"),
        ];
        let ids: Vec<String> = parts
            .iter()
            .filter(|(is_there, _)| *is_there)
            .map(|(_, part)| format!("{part}-{}", self.name))
            .collect();
        if ids.is_empty() {
            return String::new();
        }
        let invalid = if self.error.is_some() {
            " aria-invalid=\"true\""
        } else {
            ""
        };
        format!("{invalid} aria-describedby=\"{}\"", ids.join(" "))
    }
}

/// How a field is entered.
pub(crate) enum Control {
    Input {
        /// The input's type: `text`, `tel`, `email`, `url`, `date`, `datetime-local`.
        kind: &'static str,
        /// Which keys a telephone shows: `text`, `decimal`, `numeric`, `tel`, `email`, `url`.
        keys: &'static str,
        value: String,
        length_max: usize,
    },
    Area {
        value: String,
        length_max: usize,
    },
    Choice {
        options: Vec<ChoiceOption>,
    },
    Checkbox {
        checked: bool,
    },
    Lookup {
        chosen: Chosen,
        /// The id of its list of suggestions.
        list: String,
        placeholder: String,
    },
}

/// A value to choose.
pub(crate) struct ChoiceOption {
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) selected: bool,
}

/// Something that is wrong with what was entered.
pub(crate) struct Problem {
    pub(crate) message: String,
    /// API name of the field, when the form has it.
    pub(crate) field: Option<String>,
}

/// Is the record new, or changed?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Create,
    Update,
}

/// The fields of a form: those of the object's sections and layouts that the user may write.
pub(crate) fn writable<'a>(
    user: &'a UserContext,
    object: &'a Object,
    purpose: Purpose,
) -> impl Iterator<Item = &'a Field> {
    let own = object.sections.iter().flat_map(|section| &section.fields);
    let layouts = object.layouts.iter().flat_map(|layout| &layout.sections);
    let placed = layouts.flat_map(|section| &section.fields);
    let names: BTreeSet<&FieldName> = own.chain(placed.map(|placed| &placed.field)).collect();
    let fields = object.fields.iter();
    fields
        .filter(move |field| names.contains(&field.name))
        .filter(move |field| is_writable(user, object, field, purpose))
}

fn is_writable(user: &UserContext, object: &Object, field: &Field, purpose: Purpose) -> bool {
    let open = match purpose {
        Purpose::Create => field.createable,
        Purpose::Update => field.updateable,
    };
    open && user.may_write_field(object.name.as_str(), field.name.as_str())
}

/// The layout that the user sees of a record of this record type.
pub(crate) fn layout_of(user: &UserContext, object: &Object, record_type: &str) -> Layout {
    let record_type = RecordId::parse(record_type).ok();
    object.layout_for(&user.profile, record_type.as_ref())
}

/// What the layout requires and the form leaves empty.
pub(crate) fn lacking(
    user: &UserContext,
    object: &Object,
    purpose: Purpose,
    entered: &Entered,
    record_type: &str,
) -> Vec<SaveError> {
    let layout = layout_of(user, object, record_type);
    let placed = layout.sections.iter().flat_map(|section| &section.fields);
    let is_empty = |field: &Field| {
        let text = entered.get(field.name.as_str());
        text.is_none_or(|text| text.trim().is_empty())
    };
    placed
        .filter(|placed| placed.required && !placed.read_only)
        .filter_map(|placed| object.field(placed.field.as_str()))
        .filter(|field| is_writable(user, object, field, purpose) && !field.required)
        .filter(|field| field.kind != FieldKind::Checkbox && is_empty(field))
        .map(|field| {
            let words = format!("Required fields are missing: [{}]", field.label);
            let fields = vec![field.name.as_str().to_owned()];
            SaveError::new(SaveErrorCode::RequiredFieldMissing, words, fields)
        })
        .collect()
}

/// Builds the form from what is entered. `saved` is the record as somebody else saved it.
pub(crate) fn build(
    user: &UserContext,
    object: &Object,
    purpose: Purpose,
    entered: &Entered,
    lookups: &BTreeMap<String, Chosen>,
    errors: &[SaveError],
    saved: Option<&Entered>,
) -> Form {
    let record_type = entered.get("RecordTypeId").map_or("", String::as_str);
    let layout = layout_of(user, object, record_type);
    let record_type = RecordId::parse(record_type).ok();
    let field_of = |field: &Field, is_asked_for: bool| {
        let name = field.name.as_str();
        let text = entered.get(name).map_or("", String::as_str);
        let values = object.values_for(field, record_type.as_ref());
        FormField {
            name: name.to_owned(),
            label: field.label.clone(),
            required: (field.required || is_asked_for) && field.kind != FieldKind::Checkbox,
            help: field.help.clone(),
            error: error_of(name, errors),
            saved: saved.and_then(|saved| saved_text(field, lookups, text, saved)),
            wide: matches!(field.kind, FieldKind::LongText | FieldKind::TextArea),
            control: control(field, text, lookups, &values),
        }
    };
    let sections = layout.sections.iter().map(|section| FormSection {
        label: section.label.clone(),
        fields: (section.fields.iter())
            .filter(|placed| !placed.read_only)
            .filter_map(|placed| Some((object.field(placed.field.as_str())?, placed.required)))
            .filter(|(field, _)| {
                let name = field.name.as_str();
                user.may_read_field(object.name.as_str(), name)
                    && is_writable(user, object, field, purpose)
            })
            .map(|(field, required)| field_of(field, required))
            .collect(),
    });
    Form {
        sections: sections
            .filter(|section| !section.fields.is_empty())
            .collect(),
        suggestions: Vec::new(),
        problems: problems(user, object, purpose, errors),
    }
}

fn control(
    field: &Field,
    text: &str,
    lookups: &BTreeMap<String, Chosen>,
    values: &[&PicklistValue],
) -> Control {
    let input = |kind, keys| Control::Input {
        kind,
        keys,
        value: text.to_owned(),
        length_max: if field.length_max == 0 {
            255
        } else {
            field.length_max
        },
    };
    match field.kind {
        FieldKind::Checkbox => Control::Checkbox {
            checked: text == "true",
        },
        FieldKind::Picklist => Control::Choice {
            options: options(field, text, values),
        },
        FieldKind::Reference => Control::Lookup {
            chosen: lookups
                .get(field.name.as_str())
                .cloned()
                .unwrap_or_default(),
            list: super::lookup::list_id(field),
            placeholder: super::lookup::placeholder(field),
        },
        FieldKind::LongText | FieldKind::TextArea => Control::Area {
            value: text.to_owned(),
            length_max: if field.length_max == 0 {
                32_000
            } else {
                field.length_max
            },
        },
        FieldKind::Date => input("date", "text"),
        FieldKind::DateTime => input("datetime-local", "text"),
        FieldKind::Phone => input("tel", "tel"),
        FieldKind::Email => input("email", "email"),
        FieldKind::Url => input("url", "url"),
        FieldKind::Integer => input("text", "numeric"),
        FieldKind::Number | FieldKind::Currency | FieldKind::Percent => input("text", "decimal"),
        FieldKind::Time => input("time", "text"),
        FieldKind::Id
        | FieldKind::Text
        | FieldKind::AutoNumber
        | FieldKind::MultiPicklist
        | FieldKind::Combobox
        | FieldKind::Address
        | FieldKind::Base64 => input("text", "text"),
    }
}

/// The values of a picklist, and the present one when the list does not have it.
fn options(field: &Field, text: &str, values: &[&PicklistValue]) -> Vec<ChoiceOption> {
    let option = |value: &str, label: &str| ChoiceOption {
        value: value.to_owned(),
        label: label.to_owned(),
        selected: value == text,
    };
    let mut options = Vec::new();
    if !field.required || text.is_empty() {
        options.push(option("", "--None--"));
    }
    let shown = values.iter();
    options.extend(shown.map(|value| option(&value.value, &value.label)));
    if !text.is_empty() && !values.iter().any(|value| value.value == text) {
        options.push(option(text, text));
    }
    options
}

fn error_of(name: &str, errors: &[SaveError]) -> Option<String> {
    let at_field = |error: &&SaveError| error.fields.iter().any(|f| f == name);
    let messages: Vec<&str> = errors
        .iter()
        .filter(at_field)
        .map(|error| error.message.as_str())
        .collect();
    (!messages.is_empty()).then(|| messages.join(" "))
}

fn problems(
    user: &UserContext,
    object: &Object,
    purpose: Purpose,
    errors: &[SaveError],
) -> Vec<Problem> {
    let in_form = |name: &&String| {
        writable(user, object, purpose).any(|field| field.name.as_str() == name.as_str())
    };
    let problem = |error: &SaveError| Problem {
        message: error.message.clone(),
        field: error.fields.iter().find(in_form).cloned(),
    };
    errors.iter().map(problem).collect()
}

/// What is saved, where it differs from what is entered. A lookup is told by its name.
fn saved_text(
    field: &Field,
    lookups: &BTreeMap<String, Chosen>,
    entered: &str,
    saved: &Entered,
) -> Option<String> {
    let name = field.name.as_str();
    let entered = match field.kind {
        FieldKind::Reference => lookups.get(name).map_or("", |chosen| chosen.text.as_str()),
        _ => entered,
    };
    let there = saved.get(name).map_or("", String::as_str);
    (there != entered).then(|| match (field.kind, there) {
        (FieldKind::Checkbox, "") => "no".to_owned(),
        (FieldKind::Checkbox, _) => "yes".to_owned(),
        (_, "") => "empty".to_owned(),
        (_, text) => text.to_owned(),
    })
}

/// A record's values as the texts of a form's controls.
pub(crate) fn texts_of(user: &UserContext, record: &Record) -> Entered {
    let zone = value::zone_of(user);
    let pairs = record.fields.iter();
    pairs
        .map(|(name, value)| (name.to_string(), text_of(value, &zone)))
        .collect()
}

fn text_of(value: &Value, zone: &TimeZone) -> String {
    match value {
        Value::Null => String::new(),
        Value::Text(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Boolean(yes) => if *yes { "true" } else { "" }.to_owned(),
        Value::Date(date) => date.to_string(),
        Value::Time(time) => time.strftime("%H:%M:%S").to_string(),
        Value::DateTime(ms) => match jiff::Timestamp::from_millisecond(*ms) {
            Ok(moment) => zone
                .to_datetime(moment)
                .strftime("%Y-%m-%dT%H:%M")
                .to_string(),
            Err(_) => String::new(),
        },
        Value::Reference(id) => id.to_string(),
    }
}
