//! How a field is entered: the control that its kind asks for, with the values that it offers.

use std::collections::BTreeMap;
use std::fmt;

use askama::Template;
use offhook_org::RecordId;
use offhook_org::schema::{Field, FieldKind, Object, PicklistValue};

use super::lookup::{self, Chosen};
use super::value::Shown;

/// A control with all that belongs to it; its `Display` is HTML.
#[derive(Template)]
#[template(path = "parts/field.html")]
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
        format!("{} aria-describedby=\"{}\"", self.invalid(), ids.join(" "))
    }

    /// The attribute of a control whose value is refused.
    pub(crate) fn invalid(&self) -> &'static str {
        match self.error {
            Some(_) => " aria-invalid=\"true\"",
            None => "",
        }
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
        /// What stands beside the input: `$`, `%`.
        unit: Option<&'static str>,
        /// Values that are proposed.
        proposals: Vec<String>,
    },
    Area {
        value: String,
        length_max: usize,
    },
    Choice {
        options: Vec<ChoiceOption>,
        controller: Option<String>,
    },
    /// Several values of a list.
    Several {
        options: Vec<ChoiceOption>,
        controller: Option<String>,
    },
    Checkbox {
        checked: bool,
    },
    Lookup {
        chosen: Chosen,
        /// The id of its list of suggestions.
        list: String,
        placeholder: String,
        /// Where the console's script finds more suggestions.
        search: String,
    },
    /// The layout shows the field and lets nobody write it.
    Fixed {
        shown: Shown,
    },
}

/// A value to choose.
pub(crate) struct ChoiceOption {
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) selected: bool,
    /// Of a dependent picklist: the values of the controlling field that it goes with, as JSON.
    pub(crate) fits: Option<String>,
}

/// The control of a field that may be written. `controller`: the controlling field, if the form
/// has it.
pub(crate) fn control(
    object: &Object,
    field: &Field,
    text: &str,
    lookups: &BTreeMap<String, Chosen>,
    values: &[&PicklistValue],
    controller: Option<String>,
) -> Control {
    let input = |kind, keys| Control::Input {
        kind,
        keys,
        value: text.to_owned(),
        length_max: or_else(field.length_max, 255),
        unit: unit(field.kind),
        proposals: Vec::new(),
    };
    match field.kind {
        FieldKind::Checkbox => Control::Checkbox {
            checked: text == "true",
        },
        FieldKind::Picklist => Control::Choice {
            options: options(field, text, values),
            controller,
        },
        FieldKind::MultiPicklist => Control::Several {
            options: several(field, text, values),
            controller,
        },
        FieldKind::Combobox => Control::Input {
            kind: "text",
            keys: "text",
            value: text.to_owned(),
            length_max: or_else(field.length_max, 255),
            unit: None,
            proposals: values.iter().map(|value| value.label.clone()).collect(),
        },
        FieldKind::Reference => Control::Lookup {
            chosen: lookups
                .get(field.name.as_str())
                .cloned()
                .unwrap_or_default(),
            list: lookup::list_id(field),
            placeholder: lookup::placeholder(field),
            search: format!("/lightning/lookup/{}/{}", object.name, field.name),
        },
        FieldKind::LongText | FieldKind::TextArea => Control::Area {
            value: text.to_owned(),
            length_max: or_else(field.length_max, 32_000),
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
        | FieldKind::Address
        | FieldKind::Base64 => input("text", "text"),
    }
}

fn or_else(length: usize, otherwise: usize) -> usize {
    match length {
        0 => otherwise,
        length => length,
    }
}

fn unit(kind: FieldKind) -> Option<&'static str> {
    match kind {
        FieldKind::Currency => Some("$"),
        FieldKind::Percent => Some("%"),
        _ => None,
    }
}

/// The values that a record of the type may have, narrowed to those that go with the value of
/// the controlling field where the form itself does not have that field.
pub(crate) fn offered<'a>(
    object: &'a Object,
    field: &'a Field,
    record_type: Option<&RecordId>,
    fixed_controller: Option<&str>,
) -> Vec<&'a PicklistValue> {
    let mut values = object.values_for(field, record_type);
    if let Some(controlling) = fixed_controller {
        values.retain(|value| value.valid_for.contains(controlling));
    }
    values
}

fn option(field: &Field, value: &PicklistValue, selected: bool) -> ChoiceOption {
    let fits = || serde_json::json!(value.valid_for).to_string();
    ChoiceOption {
        value: value.value.clone(),
        label: value.label.clone(),
        selected,
        fits: field.controller.is_some().then(fits),
    }
}

/// A value that the record has and the list does not offer (any more).
fn kept(field: &Field, text: &str) -> ChoiceOption {
    let label = field.picklist_value(text);
    ChoiceOption {
        value: text.to_owned(),
        label: label.map_or(text, |value| &value.label).to_owned(),
        selected: true,
        fits: None,
    }
}

/// The values of a picklist, and the present one when the list does not have it.
fn options(field: &Field, text: &str, values: &[&PicklistValue]) -> Vec<ChoiceOption> {
    let mut options = Vec::new();
    if !field.required || text.is_empty() || field.controller.is_some() {
        options.push(ChoiceOption {
            value: String::new(),
            label: "--None--".to_owned(),
            selected: text.is_empty(),
            fits: None,
        });
    }
    let shown = values.iter();
    options.extend(shown.map(|value| option(field, value, value.value == text)));
    if !text.is_empty() && !values.iter().any(|value| value.value == text) {
        options.push(kept(field, text));
    }
    options
}

fn several(field: &Field, text: &str, values: &[&PicklistValue]) -> Vec<ChoiceOption> {
    let chosen: Vec<&str> = text.split(';').filter(|value| !value.is_empty()).collect();
    let is_chosen = |value: &PicklistValue| chosen.contains(&value.value.as_str());
    let mut options: Vec<ChoiceOption> = values
        .iter()
        .map(|value| option(field, value, is_chosen(value)))
        .collect();
    for text in chosen {
        if !values.iter().any(|value| value.value == text) {
            options.push(kept(field, text));
        }
    }
    options
}

impl fmt::Debug for FormField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use offhook_org::schema::{Field, FieldKind, PicklistValue};

    use super::{options, several};

    fn field(kind: FieldKind) -> Field {
        let mut field = Field::new("Topic__c", "Topic", kind);
        field.values = ["Heat", "Water", "Power"].map(PicklistValue::new).into();
        field.values[2].is_active = false;
        field
    }

    fn offered(field: &Field) -> Vec<&PicklistValue> {
        field.active_values().collect()
    }

    #[test]
    fn an_inactive_value_is_offered_only_where_the_record_has_it() {
        let field = field(FieldKind::Picklist);
        let labels = |text: &str| -> Vec<String> {
            let options = options(&field, text, &offered(&field));
            options.into_iter().map(|option| option.label).collect()
        };
        assert_eq!(labels("Heat"), ["--None--", "Heat", "Water"]);
        assert_eq!(labels("Power"), ["--None--", "Heat", "Water", "Power"]);
    }

    #[test]
    fn of_several_values_each_that_is_chosen_is_checked_and_none_is_lost() {
        let field = field(FieldKind::MultiPicklist);
        let options = several(&field, "Power;Water", &offered(&field));
        let shown: Vec<(&str, bool)> = options
            .iter()
            .map(|option| (option.value.as_str(), option.selected))
            .collect();
        assert_eq!(
            shown,
            [("Heat", false), ("Water", true), ("Power", true)],
            "in the order of the list, then what is no longer in it"
        );
    }
}
