//! Checks of a custom field: by itself, and among the others of its object.

use std::collections::BTreeSet;

use super::names::{LABEL_LENGTH_MAX, check_label, check_name};
use super::{DefinitionError, Metadata};
use crate::FieldName;
use crate::schema::{Field, FieldKind, Object, ObjectKind, PicklistValue, Schema};

/// Custom fields of one object at most.
pub const FIELDS_MAX: usize = 500;

/// Values of one picklist at most.
pub const VALUES_MAX: usize = 1_000;

/// Masters of one object at most, as the platform has it.
const MASTERS_MAX: usize = 2;

/// Digits of a number at most, before and behind the point together.
const DIGITS_MAX: u8 = 18;

/// Characters of a long text at most.
const LONG_TEXT_MAX: usize = 131_072;

/// Checks a custom field of an object, as it is to be.
pub fn check_field(
    schema: &Schema,
    metadata: &Metadata,
    object: &Object,
    field: &Field,
) -> Result<(), DefinitionError> {
    let name = field.name.as_str();
    let Some(plain) = name.strip_suffix("__c") else {
        let words = format!("{name} must end with __c");
        return Err(DefinitionError::new("Field Name", words));
    };
    check_name("Field Name", plain)?;
    check_label("Field Label", &field.label, LABEL_LENGTH_MAX)?;
    if field
        .help
        .as_ref()
        .is_some_and(|help| help.chars().count() > 510)
    {
        let words = "it may have at most 510 characters";
        return Err(DefinitionError::new("Help Text", words));
    }
    check_host(metadata, object, field)?;
    check_limits(field)?;
    check_uses(field)?;
    if field.kind.is_picklist() {
        check_values(&field.values)?;
        check_controller(object, field)?;
    }
    if field.kind == FieldKind::Reference {
        check_reference(schema, object, field)?;
    }
    check_default(field)
}

/// May the object have it?
fn check_host(metadata: &Metadata, object: &Object, field: &Field) -> Result<(), DefinitionError> {
    let refusal = |words: String| Err(DefinitionError::new("Data Type", words));
    let count = metadata.fields.get(&object.name).map_or(0, Vec::len);
    if count > FIELDS_MAX {
        return refusal(format!(
            "an object may have at most {FIELDS_MAX} custom fields"
        ));
    }
    match object.kind {
        ObjectKind::Standard | ObjectKind::Custom => Ok(()),
        ObjectKind::Setup if object.name.as_str() == "User" => Ok(()),
        ObjectKind::Event => match field.kind {
            FieldKind::Text
            | FieldKind::LongText
            | FieldKind::Number
            | FieldKind::Checkbox
            | FieldKind::Date
            | FieldKind::DateTime => Ok(()),
            _ => refusal(
                "a platform event takes text, long text, numbers, checkboxes, dates and \
                 date/times"
                    .to_owned(),
            ),
        },
        ObjectKind::Setup | ObjectKind::Share | ObjectKind::History | ObjectKind::View => {
            refusal(format!("{} takes no custom fields", object.label))
        }
    }
}

fn check_limits(field: &Field) -> Result<(), DefinitionError> {
    let length = |least: usize, most: usize| match (least..=most).contains(&field.length_max) {
        true => Ok(()),
        false => Err(DefinitionError::new(
            "Length",
            format!("give a length from {least} to {most}"),
        )),
    };
    match field.kind {
        FieldKind::Text | FieldKind::TextArea => length(1, 255),
        FieldKind::LongText => length(256, LONG_TEXT_MAX),
        FieldKind::Number | FieldKind::Currency | FieldKind::Percent => {
            if field.precision == 0 || field.precision > DIGITS_MAX {
                let words = format!("a number has from 1 to {DIGITS_MAX} digits in all");
                return Err(DefinitionError::new("Length", words));
            }
            match field.scale <= field.precision {
                true => Ok(()),
                false => Err(DefinitionError::new(
                    "Decimal Places",
                    "there can be no more decimal places than digits in all",
                )),
            }
        }
        FieldKind::AutoNumber => {
            let format = field.auto_number_format.as_deref().unwrap_or_default();
            check_number_format("Display Format", format)
        }
        FieldKind::Checkbox
        | FieldKind::Date
        | FieldKind::DateTime
        | FieldKind::Time
        | FieldKind::Phone
        | FieldKind::Email
        | FieldKind::Url
        | FieldKind::Picklist
        | FieldKind::MultiPicklist
        | FieldKind::Reference => Ok(()),
        FieldKind::Id
        | FieldKind::Integer
        | FieldKind::Combobox
        | FieldKind::Address
        | FieldKind::Base64 => Err(DefinitionError::new(
            "Data Type",
            "custom fields of this type cannot be made",
        )),
    }
}

/// `INV-{0000}`: the number's place once, in braces, with at least so many digits.
pub(super) fn check_number_format(what: &str, format: &str) -> Result<(), DefinitionError> {
    let parts = format.split_once('{').and_then(|(before, rest)| {
        let (digits, after) = rest.split_once('}')?;
        let is_plain = !before.contains('}') && !after.contains(['{', '}']);
        let is_number = (1..=10).contains(&digits.len()) && digits.bytes().all(|b| b == b'0');
        Some(is_plain && is_number)
    });
    match parts == Some(true) && format.len() <= 30 {
        true => Ok(()),
        false => Err(DefinitionError::new(
            what,
            "write the place of the number once, as zeros in braces, such as INV-{0000}; at most \
             30 characters",
        )),
    }
}

fn check_uses(field: &Field) -> Result<(), DefinitionError> {
    let kind = field.kind;
    let can_be_key = matches!(
        kind,
        FieldKind::Text | FieldKind::Number | FieldKind::Email | FieldKind::AutoNumber
    );
    let never_required = matches!(
        kind,
        FieldKind::Checkbox
            | FieldKind::AutoNumber
            | FieldKind::LongText
            | FieldKind::MultiPicklist
    );
    let refusal = |what: &str, words: &str| Err(DefinitionError::new(what, words));
    if field.external_id && !can_be_key {
        return refusal(
            "External ID",
            "only text, number, e-mail and auto number can be one",
        );
    }
    if field.unique && !can_be_key {
        return refusal(
            "Unique",
            "only text, number, e-mail and auto number can be unique",
        );
    }
    if field.required && never_required {
        return refusal("Required", "a field of this type cannot be required");
    }
    Ok(())
}

/// Checks the values of a picklist.
pub fn check_values(values: &[PicklistValue]) -> Result<(), DefinitionError> {
    let refusal = |words: String| Err(DefinitionError::new("Values", words));
    if values.is_empty() {
        return refusal("give at least one value".to_owned());
    }
    if values.len() > VALUES_MAX {
        return refusal(format!("a picklist may have at most {VALUES_MAX} values"));
    }
    let mut seen = BTreeSet::new();
    for value in values {
        let text = &value.value;
        if text.trim().is_empty() || value.label.trim().is_empty() {
            return refusal("a value may not be empty".to_owned());
        }
        if text.chars().count() > 255 || value.label.chars().count() > 255 {
            return refusal(format!("{text}: a value may have at most 255 characters"));
        }
        if text.contains([';', '\n', '\r']) {
            return refusal(format!(
                "{text}: a value may hold no semicolon or line break"
            ));
        }
        if !seen.insert(text.to_lowercase()) {
            return refusal(format!("{text} is there twice"));
        }
    }
    match values.iter().filter(|value| value.is_default).count() {
        0 | 1 => Ok(()),
        _ => refusal("only one value can be the default".to_owned()),
    }
}

/// The controlling field is a picklist or a checkbox of the same object, and is not controlled
/// by this one in turn.
fn check_controller(object: &Object, field: &Field) -> Result<(), DefinitionError> {
    let Some(controller) = &field.controller else {
        return Ok(());
    };
    let refusal = |words: String| Err(DefinitionError::new("Controlling Field", words));
    let mut next: Option<&FieldName> = Some(controller);
    let mut steps = 0;
    while let Some(name) = next {
        steps += 1;
        if *name == field.name || steps > 10 {
            return refusal("fields cannot control each other in a circle".to_owned());
        }
        let Some(other) = object.field(name.as_str()) else {
            return refusal(format!("{} has no field {name}", object.label));
        };
        if !matches!(other.kind, FieldKind::Picklist | FieldKind::Checkbox) {
            return refusal(format!(
                "{} is neither a picklist nor a checkbox",
                other.label
            ));
        }
        next = other.controller.as_ref();
    }
    Ok(())
}

fn check_reference(schema: &Schema, object: &Object, field: &Field) -> Result<(), DefinitionError> {
    let refusal = |words: String| Err(DefinitionError::new("Related To", words));
    let [target] = field.reference_to.as_slice() else {
        return refusal("choose one object".to_owned());
    };
    let Some(target) = schema.object(target.as_str()) else {
        return refusal(format!("there is no object {target}"));
    };
    let is_user = target.name.as_str() == "User";
    if !matches!(target.kind, ObjectKind::Standard | ObjectKind::Custom) && !is_user {
        return refusal(format!("{} cannot be pointed to", target.plural_label));
    }
    if let Some(children) = &field.child_relationship {
        let plain = children.strip_suffix("__r").unwrap_or(children);
        check_name("Child Relationship Name", plain)?;
        let taken = schema
            .child_relationships(target)
            .filter(|other| other.field.name != field.name || other.object.name != object.name)
            .any(|other| other.name() == Some(children.as_str()));
        if taken {
            let words = format!("{} has a relationship {children} already", target.label);
            return Err(DefinitionError::new("Child Relationship Name", words));
        }
    }
    if !field.is_master_detail {
        return Ok(());
    }
    if object.kind != ObjectKind::Custom || is_user {
        return refusal(
            "a master-detail relationship leads from a custom object to another object; make a \
             lookup instead"
                .to_owned(),
        );
    }
    let others = object.fields.iter().filter(|other| other.is_master_detail);
    match others.filter(|other| other.name != field.name).count() < MASTERS_MAX {
        true => Ok(()),
        false => refusal(format!("an object has at most {MASTERS_MAX} masters")),
    }
}

fn check_default(field: &Field) -> Result<(), DefinitionError> {
    let Some(default) = &field.default else {
        return Ok(());
    };
    match crate::save::check_default(field, default) {
        Ok(()) => Ok(()),
        Err(words) => Err(DefinitionError::new("Default Value", words)),
    }
}
