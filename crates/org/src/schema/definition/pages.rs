//! Checks of record types, page layouts and list views.

use super::DefinitionError;
use super::names::{check_label, check_name};
use crate::schema::layout::{
    LAYOUT_SECTIONS_MAX, LIST_COLUMNS_MAX, LIST_FILTERS_MAX, SECTION_FIELDS_MAX,
};
use crate::schema::{Layout, ListOperator, ListView, Object, RecordType};

/// Record types, layouts and list views of one object at most, each.
pub const PAGES_MAX: usize = 200;

/// Checks a record type of the object.
pub fn check_record_type(object: &Object, it: &RecordType) -> Result<(), DefinitionError> {
    check_name("Record Type Name", &it.developer_name)?;
    check_label("Record Type Label", &it.label, 80)?;
    let twin = object.record_types.iter().any(|other| {
        other.id != it.id
            && other
                .developer_name
                .eq_ignore_ascii_case(&it.developer_name)
    });
    if twin {
        let words = format!("{} has a record type {}", object.label, it.developer_name);
        return Err(DefinitionError::new("Record Type Name", words));
    }
    for (name, chosen) in &it.picklists {
        let Some(field) = object.field(name.as_str()) else {
            let words = format!("{} has no field {name}", object.label);
            return Err(DefinitionError::new("Picklists", words));
        };
        for value in chosen.values.iter().chain(&chosen.default) {
            if field.picklist_value(value).is_none() {
                let words = format!("{} has no value {value}", field.label);
                return Err(DefinitionError::new("Picklists", words));
            }
        }
        if let Some(default) = &chosen.default
            && !chosen.values.contains(default)
        {
            let words = format!("the default {default} of {} is not among them", field.label);
            return Err(DefinitionError::new("Picklists", words));
        }
    }
    Ok(())
}

/// Checks a layout of the object. Fields that every form must ask for have to be on it.
pub fn check_layout(object: &Object, layout: &Layout) -> Result<(), DefinitionError> {
    check_label("Layout Name", &layout.name, 80)?;
    let refusal = |words: String| Err(DefinitionError::new("Sections", words));
    if layout.sections.is_empty() || layout.sections.len() > LAYOUT_SECTIONS_MAX {
        return refusal(format!(
            "a layout has from 1 to {LAYOUT_SECTIONS_MAX} sections"
        ));
    }
    let mut seen = std::collections::BTreeSet::new();
    for section in &layout.sections {
        check_label("Section", &section.label, 80)?;
        if section.fields.len() > SECTION_FIELDS_MAX {
            return refusal(format!(
                "a section takes at most {SECTION_FIELDS_MAX} fields"
            ));
        }
        for placed in &section.fields {
            if object.field(placed.field.as_str()).is_none() {
                return refusal(format!("{} has no field {}", object.label, placed.field));
            }
            if !seen.insert(&placed.field) {
                return refusal(format!("{} is on the layout twice", placed.field));
            }
        }
    }
    let lacking = object
        .fields
        .iter()
        .find(|field| field.required && field.createable && !seen.contains(&field.name));
    match lacking {
        Some(field) => refusal(format!(
            "{} is required, and must be on every layout; put it back",
            field.label
        )),
        None => Ok(()),
    }
}

/// Checks a list view of the object.
pub fn check_list_view(object: &Object, view: &ListView) -> Result<(), DefinitionError> {
    check_name("List View Name", &view.developer_name)?;
    check_label("List Name", &view.label, 80)?;
    let has = |name: &crate::FieldName| object.field(name.as_str());
    if view.columns.is_empty() || view.columns.len() > LIST_COLUMNS_MAX {
        let words = format!("choose from 1 to {LIST_COLUMNS_MAX} fields");
        return Err(DefinitionError::new("Columns", words));
    }
    if let Some(name) = view.columns.iter().find(|name| has(name).is_none()) {
        let words = format!("{} has no field {name}", object.label);
        return Err(DefinitionError::new("Columns", words));
    }
    if view.mine && object.field("OwnerId").is_none() {
        let words = format!("{} have no owner", object.plural_label);
        return Err(DefinitionError::new("Filter by Owner", words));
    }
    if view.filters.len() > LIST_FILTERS_MAX {
        let words = format!("at most {LIST_FILTERS_MAX} conditions are allowed");
        return Err(DefinitionError::new("Filters", words));
    }
    for filter in &view.filters {
        let Some(field) = has(&filter.field) else {
            let words = format!("{} has no field {}", object.label, filter.field);
            return Err(DefinitionError::new("Filters", words));
        };
        if !field.is_filterable() || !field.has_column() {
            let words = format!("{} cannot be filtered by", field.label);
            return Err(DefinitionError::new("Filters", words));
        }
        let is_textual = filter.operator == ListOperator::Contains;
        if is_textual && !field.kind.is_text() {
            let words = format!("{} is no text, and contains nothing", field.label);
            return Err(DefinitionError::new("Filters", words));
        }
        if !is_textual && !filter.value.is_empty() {
            crate::save::check_default(field, &filter.value)
                .map_err(|words| DefinitionError::new("Filters", words))?;
        }
    }
    Ok(())
}
