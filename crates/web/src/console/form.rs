//! A form for a record: one control for each field of the user's page layout that the user may
//! write. Keeps what was entered, says what is wrong at the field where it is wrong.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use offhook_org::save::{SaveError, SaveErrorCode};
use offhook_org::schema::{Field, FieldKind, Layout, LayoutField, Object};
use offhook_org::{Record, RecordId, UserContext, Value};

use super::control::{self, Control, FormField};
use super::lookup::{Chosen, Suggestions};
use super::record_type;
use super::value::{self, Shown};

/// What is in the form, by API name: the texts of its controls.
pub(crate) type Entered = BTreeMap<String, String>;

/// A form as a page shows it.
pub(crate) struct Form {
    /// Label of the record type, if the record has one.
    pub(crate) record_type: Option<String>,
    pub(crate) sections: Vec<FormSection>,
    /// Values that are sent along though the layout has no place for them.
    pub(crate) hidden: Vec<(String, String)>,
    pub(crate) suggestions: Vec<Suggestions>,
    /// What is wrong, each with the id of its control where it has one.
    pub(crate) problems: Vec<Problem>,
}

/// A section with the controls of its fields.
pub(crate) struct FormSection {
    pub(crate) label: String,
    /// Its fields stand below each other.
    pub(crate) one_column: bool,
    pub(crate) fields: Vec<FormField>,
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

/// What a form is about, and what was entered so far.
pub(crate) struct Draft<'a> {
    pub(crate) object: &'a Object,
    /// The record that is changed; none for a new one.
    pub(crate) record: Option<&'a Record>,
    /// The record type that it will have.
    pub(crate) record_type: Option<RecordId>,
    pub(crate) entered: Entered,
    pub(crate) lookups: BTreeMap<String, Chosen>,
    pub(crate) errors: Vec<SaveError>,
    /// Who changed the record since the form was opened.
    pub(crate) changed_by: Option<String>,
}

impl Draft<'_> {
    pub(crate) fn purpose(&self) -> Purpose {
        match self.record {
            Some(_) => Purpose::Update,
            None => Purpose::Create,
        }
    }

    /// The layout that the user sees of a record of this record type.
    pub(crate) fn layout(&self, user: &UserContext) -> Layout {
        let record_type = self.record_type.as_ref();
        self.object.layout_for(&user.profile, record_type)
    }
}

/// Every field of the object that the user may write, whatever the layout.
pub(crate) fn writable<'a>(
    user: &'a UserContext,
    object: &'a Object,
    purpose: Purpose,
) -> impl Iterator<Item = &'a Field> {
    let fields = object.fields.iter();
    fields.filter(move |field| is_writable(user, object, field, purpose))
}

fn is_writable(user: &UserContext, object: &Object, field: &Field, purpose: Purpose) -> bool {
    let open = match purpose {
        Purpose::Create => field.createable,
        Purpose::Update => field.updateable,
    };
    let name = field.name.as_str();
    open && field.has_column()
        && user.may_write_field(object.name.as_str(), name)
        && user.may_read_field(object.name.as_str(), name)
}

/// The fields of a layout that its form asks for.
pub(crate) fn asked_for<'a>(
    user: &'a UserContext,
    object: &'a Object,
    purpose: Purpose,
    layout: &'a Layout,
) -> impl Iterator<Item = (&'a Field, &'a LayoutField)> {
    let placed = layout.sections.iter().flat_map(|section| &section.fields);
    placed
        .filter(|placed| !placed.read_only)
        .filter_map(|placed| Some((object.field(placed.field.as_str())?, placed)))
        .filter(move |(field, _)| is_writable(user, object, field, purpose))
}

/// What the layout requires and the form leaves empty.
pub(crate) fn lacking(user: &UserContext, draft: &Draft<'_>) -> Vec<SaveError> {
    let layout = draft.layout(user);
    // Of a record that is there, what was not sent stays as it is.
    let is_empty = |field: &Field| match draft.entered.get(field.name.as_str()) {
        Some(text) => text.trim().is_empty(),
        None => draft.record.is_none(),
    };
    asked_for(user, draft.object, draft.purpose(), &layout)
        .filter(|(field, placed)| placed.required && !field.required)
        .map(|(field, _)| field)
        .filter(|field| field.kind != FieldKind::Checkbox && is_empty(field))
        .map(|field| {
            let words = format!("Required fields are missing: [{}]", field.label);
            let fields = vec![field.name.as_str().to_owned()];
            SaveError::new(SaveErrorCode::RequiredFieldMissing, words, fields)
        })
        .collect()
}

/// The form with what is entered. `saved` is the record as somebody else saved it; `shown`: the
/// values of the fields that the layout shows without an input.
pub(crate) fn build(
    user: &UserContext,
    draft: &Draft<'_>,
    saved: Option<&Entered>,
    mut shown: BTreeMap<String, Shown>,
) -> Form {
    let (object, purpose) = (draft.object, draft.purpose());
    let layout = draft.layout(user);
    let asked: BTreeMap<&str, &LayoutField> = asked_for(user, object, purpose, &layout)
        .map(|(field, placed)| (field.name.as_str(), placed))
        .collect();
    let mut sections = Vec::new();
    for section in &layout.sections {
        let mut fields = Vec::new();
        for placed in &section.fields {
            let Some(field) = object.field(placed.field.as_str()) else {
                continue;
            };
            let name = field.name.as_str();
            if asked.contains_key(name) {
                fields.push(form_field(draft, field, placed.required, saved, |name| {
                    asked.contains_key(name)
                }));
            } else if let Some(shown) = shown.remove(name) {
                fields.push(fixed(field, shown));
            }
        }
        if !fields.is_empty() {
            sections.push(FormSection {
                label: section.label.clone(),
                one_column: section.one_column,
                fields,
            });
        }
    }
    let record_type = draft.record_type.as_ref();
    let record_type = record_type.and_then(|id| object.record_type(id));
    Form {
        record_type: record_type.map(|record_type| record_type.label.clone()),
        sections,
        hidden: hidden(draft, |name| asked.contains_key(name)),
        suggestions: Vec::new(),
        problems: problems(&draft.errors, |name| asked.contains_key(name)),
    }
}

/// One field of a draft. `in_form`: does the form have this field too?
pub(crate) fn form_field(
    draft: &Draft<'_>,
    field: &Field,
    is_required: bool,
    saved: Option<&Entered>,
    in_form: impl Fn(&str) -> bool,
) -> FormField {
    let name = field.name.as_str();
    let text = draft.entered.get(name).map_or("", String::as_str);
    let controller = field.controller.as_ref().map(|c| c.as_str().to_owned());
    let (beside, alone) = match controller {
        Some(name) if in_form(&name) => (Some(name), None),
        Some(name) => (None, Some(controlling_value(draft, &name))),
        None => (None, None),
    };
    let values = control::offered(
        draft.object,
        field,
        draft.record_type.as_ref(),
        alone.as_deref(),
    );
    FormField {
        name: name.to_owned(),
        label: field.label.clone(),
        required: (field.required || is_required) && field.kind != FieldKind::Checkbox,
        help: field.help.clone(),
        error: error_of(name, &draft.errors),
        saved: saved.and_then(|saved| saved_text(field, &draft.lookups, text, saved)),
        wide: is_wide(field),
        control: control::control(draft.object, field, text, &draft.lookups, &values, beside),
    }
}

/// The value of a controlling field, as dependent values name it.
pub(crate) fn controlling_value(draft: &Draft<'_>, name: &str) -> String {
    let is_checkbox = (draft.object.field(name)).is_some_and(|f| f.kind == FieldKind::Checkbox);
    let kept = || match draft.record.map(|record| record.get(name)) {
        Some(Value::Boolean(yes)) => yes.to_string(),
        Some(Value::Text(text)) => text.clone(),
        _ => String::new(),
    };
    let text = draft.entered.get(name).cloned().unwrap_or_else(kept);
    match (is_checkbox, text.is_empty()) {
        (true, true) => "false".to_owned(),
        _ => text,
    }
}

pub(crate) fn is_wide(field: &Field) -> bool {
    matches!(field.kind, FieldKind::LongText | FieldKind::TextArea)
}

/// A field that the layout shows and nobody writes here.
fn fixed(field: &Field, shown: Shown) -> FormField {
    FormField {
        name: field.name.to_string(),
        label: field.label.clone(),
        required: false,
        help: field.help.clone(),
        error: None,
        saved: None,
        wide: is_wide(field),
        control: Control::Fixed { shown },
    }
}

/// The record type, and what came with the link to a new record and is not on its layout.
fn hidden(draft: &Draft<'_>, in_form: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let none = match (draft.record, draft.object.record_types.is_empty()) {
        (None, false) => record_type::MASTER_ID,
        _ => "",
    };
    let record_type = draft.record_type.as_ref().map_or(none, RecordId::as_str);
    let mut hidden = vec![("RecordTypeId".to_owned(), record_type.to_owned())];
    hidden.retain(|(name, _)| draft.object.field(name).is_some());
    if draft.record.is_none() {
        let entered = draft.entered.iter();
        let beside = entered.filter(|(name, _)| !in_form(name) && *name != "RecordTypeId");
        hidden.extend(beside.map(|(name, text)| (name.clone(), text.clone())));
    }
    hidden
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

fn problems(errors: &[SaveError], in_form: impl Fn(&str) -> bool) -> Vec<Problem> {
    let problem = |error: &SaveError| Problem {
        message: error.message.clone(),
        field: error.fields.iter().find(|name| in_form(name)).cloned(),
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
        Value::Time(time) => time.strftime("%H:%M").to_string(),
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
