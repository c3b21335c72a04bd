//! Forms of the Object Manager as definitions.

use offhook_org::FieldName;
use offhook_org::schema::definition::name_from_label;
use offhook_org::schema::{Field, FieldKind, PicklistValue};

use crate::query::value;

/// Types of custom fields: their words in addresses and forms, and their labels.
pub(super) const TYPES: [(&str, &str); 19] = [
    ("text", "Text"),
    ("text_area", "Text Area"),
    ("long_text", "Text Area (Long)"),
    ("number", "Number"),
    ("currency", "Currency"),
    ("percent", "Percent"),
    ("checkbox", "Checkbox"),
    ("date", "Date"),
    ("date_time", "Date/Time"),
    ("time", "Time"),
    ("phone", "Phone"),
    ("email", "Email"),
    ("url", "URL"),
    ("picklist", "Picklist"),
    ("multi_picklist", "Picklist (Multi-Select)"),
    ("lookup", "Lookup Relationship"),
    ("master_detail", "Master-Detail Relationship"),
    ("auto_number", "Auto Number"),
    ("external_id", "Text that is an External ID"),
];

/// The kind of field behind a word of [`TYPES`].
pub(super) fn kind_of(word: &str) -> Option<FieldKind> {
    Some(match word {
        "text" | "external_id" => FieldKind::Text,
        "text_area" => FieldKind::TextArea,
        "long_text" => FieldKind::LongText,
        "number" => FieldKind::Number,
        "currency" => FieldKind::Currency,
        "percent" => FieldKind::Percent,
        "checkbox" => FieldKind::Checkbox,
        "date" => FieldKind::Date,
        "date_time" => FieldKind::DateTime,
        "time" => FieldKind::Time,
        "phone" => FieldKind::Phone,
        "email" => FieldKind::Email,
        "url" => FieldKind::Url,
        "picklist" => FieldKind::Picklist,
        "multi_picklist" => FieldKind::MultiPicklist,
        "lookup" | "master_detail" => FieldKind::Reference,
        "auto_number" => FieldKind::AutoNumber,
        _ => return None,
    })
}

/// What people call the type of a field.
pub(super) fn type_label(field: &Field) -> &'static str {
    match field.kind {
        FieldKind::Id => "ID",
        FieldKind::Text => "Text",
        FieldKind::TextArea => "Text Area",
        FieldKind::LongText => "Text Area (Long)",
        FieldKind::Integer | FieldKind::Number => "Number",
        FieldKind::Currency => "Currency",
        FieldKind::Percent => "Percent",
        FieldKind::Checkbox => "Checkbox",
        FieldKind::Date => "Date",
        FieldKind::DateTime => "Date/Time",
        FieldKind::Time => "Time",
        FieldKind::Phone => "Phone",
        FieldKind::Email => "Email",
        FieldKind::Url => "URL",
        FieldKind::Picklist => "Picklist",
        FieldKind::MultiPicklist => "Picklist (Multi-Select)",
        FieldKind::Combobox => "Combobox",
        FieldKind::Reference if field.is_master_detail => "Master-Detail",
        FieldKind::Reference => "Lookup",
        FieldKind::AutoNumber => "Auto Number",
        FieldKind::Address => "Address",
        FieldKind::Base64 => "File",
    }
}

/// Is the box checked?
pub(super) fn checked(form: &[(String, String)], name: &str) -> bool {
    value(form, name) == "yes"
}

/// The name of a form's label and API name, with its suffix.
pub(super) fn api_name(form: &[(String, String)], suffix: &str) -> String {
    let given = value(form, "name").trim();
    let plain = given.strip_suffix(suffix).unwrap_or(given);
    match plain {
        "" => format!("{}{suffix}", name_from_label(value(form, "label"))),
        plain => format!("{plain}{suffix}"),
    }
}

/// A new custom field as the form gives it; what does not fit is told by the checks.
pub(super) fn field(form: &[(String, String)], word: &str, kind: FieldKind) -> Field {
    let label = value(form, "label").trim();
    let mut field = Field::new(&api_name(form, "__c"), label, kind);
    let number = |name: &str| value(form, name).trim().parse::<usize>().unwrap_or(0);
    let small = |name: &str| u8::try_from(number(name)).unwrap_or(u8::MAX);
    match kind {
        FieldKind::Text | FieldKind::LongText => field.length_max = number("length"),
        FieldKind::Number | FieldKind::Currency | FieldKind::Percent => {
            field.scale = small("scale");
            field.precision = small("digits").saturating_add(field.scale);
        }
        FieldKind::Reference => {
            field.reference_to = vec![value(form, "reference_to").into()];
            field.child_relationship = Some(value(form, "children").trim().to_owned());
            field.is_master_detail = word == "master_detail";
        }
        FieldKind::AutoNumber => {
            field.auto_number_format = Some(value(form, "format").trim().to_owned());
        }
        _ => {}
    }
    field.external_id = word == "external_id" || checked(form, "external_id");
    read_common(&mut field, form);
    if kind.is_picklist() {
        field.values = values(form, &[]);
    }
    field
}

/// What new and known custom fields have alike.
pub(super) fn read_common(field: &mut Field, form: &[(String, String)]) {
    field.required = checked(form, "required");
    field.unique = checked(form, "unique");
    field.case_sensitive = checked(form, "case_sensitive");
    field.restricted = checked(form, "restricted");
    field.history_tracked = checked(form, "tracked");
    let text = |name: &str| Some(value(form, name).trim().to_owned()).filter(|t| !t.is_empty());
    field.help = text("help");
    if !field.kind.is_picklist() {
        field.default = text("default");
    }
    field.controller = text("controller").map(FieldName::new);
}

/// Values of a picklist, a line each; of those that were there, what is known of them stays. One
/// that is no longer listed becomes inactive, since records may have it.
pub(super) fn values(form: &[(String, String)], known: &[PicklistValue]) -> Vec<PicklistValue> {
    let default = value(form, "default_value").trim();
    let lines = value(form, "values").lines().map(str::trim);
    let mut values: Vec<PicklistValue> = lines
        .filter(|line| !line.is_empty())
        .map(|line| {
            let old = known.iter().find(|value| value.value == line);
            let mut value = old.cloned().unwrap_or_else(|| PicklistValue::new(line));
            value.is_active = true;
            value.is_default = line == default;
            value
        })
        .collect();
    for old in known {
        if values.iter().all(|value| value.value != old.value) {
            let mut old = old.clone();
            (old.is_active, old.is_default) = (false, false);
            values.push(old);
        }
    }
    values
}

/// Which values fit which of the controlling field: boxes named `fit` with `ROW.COLUMN`.
pub(super) fn read_fits(values: &mut [PicklistValue], form: &[(String, String)], by: &[String]) {
    let fits = |row: usize, column: usize| {
        let cell = format!("{row}.{column}");
        form.iter()
            .any(|(name, value)| name == "fit" && *value == cell)
    };
    for (row, value) in values.iter_mut().enumerate() {
        let fitting = by
            .iter()
            .enumerate()
            .filter(|(column, _)| fits(row, *column));
        value.valid_for = fitting.map(|(_, name)| name.clone()).collect();
    }
}
