//! Checks of record types, page layouts and list views.

use std::collections::BTreeSet;

use super::names::{check_label, check_name};
use super::{DefinitionError, ObjectPages};
use crate::schema::layout::{
    LAYOUT_SECTIONS_MAX, RELATED_COLUMNS_MAX, RELATED_LISTS_MAX, SECTION_FIELDS_MAX,
};
use crate::schema::list_view::logic::Logic;
use crate::schema::list_view::{LIST_COLUMNS_MAX, LIST_FILTERS_MAX, LIST_GROUPS_MAX};
use crate::schema::{
    Field, Layout, ListAudience, ListScope, ListView, Object, RecordType, RelatedList, Schema,
};
use crate::{FieldName, ObjectName, UserContext};

/// Record types, layouts and list views of one object at most, each.
pub const PAGES_MAX: usize = 200;

/// Checks a record type of the object.
pub fn check_record_type(object: &Object, it: &RecordType) -> Result<(), DefinitionError> {
    check_name("Record Type Name", &it.developer_name)?;
    check_label("Record Type Label", &it.label, 80)?;
    if it.description.chars().count() > 255 {
        let words = "it may have at most 255 characters";
        return Err(DefinitionError::new("Description", words));
    }
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
pub fn check_layout(
    schema: &Schema,
    object: &Object,
    layout: &Layout,
) -> Result<(), DefinitionError> {
    check_label("Layout Name", &layout.name, 80)?;
    let refusal = |words: String| Err(DefinitionError::new("Sections", words));
    if layout.sections.is_empty() || layout.sections.len() > LAYOUT_SECTIONS_MAX {
        return refusal(format!(
            "a layout has from 1 to {LAYOUT_SECTIONS_MAX} sections"
        ));
    }
    let mut seen = BTreeSet::new();
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
    let mut lacking = object.fields.iter().filter(|f| must_be_asked_for(f));
    if let Some(field) = lacking.find(|field| !seen.contains(&field.name)) {
        return refusal(format!(
            "{} is required, and must be on every layout; put it back",
            field.label
        ));
    }
    check_related_lists(schema, object, layout)
}

/// Is it required of every new record, and given by people?
fn must_be_asked_for(field: &Field) -> bool {
    field.required && field.createable
}

fn check_related_lists(
    schema: &Schema,
    object: &Object,
    layout: &Layout,
) -> Result<(), DefinitionError> {
    let refusal = |words: String| Err(DefinitionError::new("Related Lists", words));
    if layout.related_lists.len() > RELATED_LISTS_MAX {
        return refusal(format!("at most {RELATED_LISTS_MAX} are allowed"));
    }
    let mut seen = BTreeSet::new();
    for list in &layout.related_lists {
        check_label("Related Lists", &list.label, 80)?;
        let other = schema.object(list.object.as_str());
        let field = other.and_then(|other| other.field(list.field.as_str()));
        let points_here = field.is_some_and(|field| field.reference_to.contains(&object.name));
        let Some(other) = other.filter(|_| points_here) else {
            return refusal(format!(
                "{}.{} does not point to {}",
                list.object, list.field, object.plural_label
            ));
        };
        if !seen.insert((&list.object, &list.field)) {
            return refusal(format!("{} are on the layout twice", list.label));
        }
        if list.columns.is_empty() || list.columns.len() > RELATED_COLUMNS_MAX {
            return refusal(format!(
                "{} takes from 1 to {RELATED_COLUMNS_MAX} columns",
                list.label
            ));
        }
        let mut columns = list.columns.iter();
        if let Some(name) = columns.find(|name| other.field(name.as_str()).is_none()) {
            return refusal(format!("{} has no field {name}", other.label));
        }
    }
    Ok(())
}

/// Checks a list view of the object.
pub fn check_list_view(
    schema: &Schema,
    object: &Object,
    view: &ListView,
) -> Result<(), DefinitionError> {
    check_name("List View Name", &view.developer_name)?;
    check_label("List Name", &view.label, 80)?;
    let has = |name: &FieldName| object.field(name.as_str());
    if view.columns.is_empty() || view.columns.len() > LIST_COLUMNS_MAX {
        let words = format!("choose from 1 to {LIST_COLUMNS_MAX} fields");
        return Err(DefinitionError::new("Columns", words));
    }
    for (place, name) in view.columns.iter().enumerate() {
        let words = match has(name) {
            None => format!("{} has no field {name}", object.label),
            Some(field) if view.columns[..place].contains(name) => {
                format!("{} is chosen twice", field.label)
            }
            Some(_) => continue,
        };
        return Err(DefinitionError::new("Columns", words));
    }
    if view.scope != ListScope::Everything && object.field("OwnerId").is_none() {
        let words = format!("{} have no owner", object.plural_label);
        return Err(DefinitionError::new("Filter by Owner", words));
    }
    if view.filters.len() > LIST_FILTERS_MAX {
        let words = format!("at most {LIST_FILTERS_MAX} conditions are allowed");
        return Err(DefinitionError::new("Filters", words));
    }
    if let Some(sort) = &view.sort {
        let field = has(&sort.field).filter(|field| field.is_sortable() && field.has_column());
        if field.is_none() {
            let words = format!("records cannot be sorted by {}", sort.field);
            return Err(DefinitionError::new("Sort", words));
        }
    }
    let groups = match &view.shown_to {
        ListAudience::Groups(groups) => groups.as_slice(),
        ListAudience::Everyone | ListAudience::Only(_) => &[],
    };
    if matches!(view.shown_to, ListAudience::Groups(_)) && groups.is_empty() {
        let words = "choose a group that sees it";
        return Err(DefinitionError::new("Visible to", words));
    }
    if groups.len() > LIST_GROUPS_MAX {
        let words = format!("at most {LIST_GROUPS_MAX} groups are allowed");
        return Err(DefinitionError::new("Visible to", words));
    }
    view.condition(schema, object, &UserContext::system())
        .map(drop)
}

/// Gives an object its pages. They lose what is no longer there, and every layout has the fields
/// that every form must ask for.
pub(super) fn take(object: &mut Object, pages: &ObjectPages) {
    let mut pages = pages.clone();
    let has = |name: &FieldName| object.field(name.as_str()).is_some();
    for layout in &mut pages.layouts {
        for section in &mut layout.sections {
            section.fields.retain(|placed| has(&placed.field));
        }
        for field in object.fields.iter().filter(|f| must_be_asked_for(f)) {
            layout.add_field(&field.name);
        }
    }
    for view in &mut pages.list_views {
        view.columns.retain(|name| has(name));
        lose_filters(view, has);
        view.sort.take_if(|sort| !has(&sort.field));
    }
    pages.list_views.retain(|view| !view.columns.is_empty());
    object.layouts = pages.layouts;
    object.layout_assignments = pages.layout_assignments;
    object.list_views = pages.list_views;
}

/// Conditions of fields that are gone; those that are left are joined as before.
fn lose_filters(view: &mut ListView, has: impl Fn(&FieldName) -> bool) {
    let numbered = (1..).zip(&view.filters);
    let gone: BTreeSet<usize> = numbered
        .filter(|(_, filter)| !has(&filter.field))
        .map(|(number, _)| number)
        .collect();
    if gone.is_empty() {
        return;
    }
    if let Some(text) = &view.logic {
        let logic = Logic::parse(text, view.filters.len()).ok();
        view.logic = logic.and_then(|logic| Some(logic.without(&gone)?.to_string()));
    }
    view.filters.retain(|filter| has(&filter.field));
}

/// Related lists of layouts whose object or field is gone.
pub(super) fn drop_lost_lists(objects: &mut [Object]) {
    let fields: BTreeSet<(ObjectName, FieldName)> = objects
        .iter()
        .flat_map(|object| {
            let fields = object.fields.iter();
            fields.map(|field| (object.name.clone(), field.name.clone()))
        })
        .collect();
    let has =
        |object: &ObjectName, field: &FieldName| fields.contains(&(object.clone(), field.clone()));
    for layout in objects.iter_mut().flat_map(|o| &mut o.layouts) {
        for list in &mut layout.related_lists {
            list.columns.retain(|column| has(&list.object, column));
        }
        let is_there =
            |list: &RelatedList| has(&list.object, &list.field) && !list.columns.is_empty();
        layout.related_lists.retain(is_there);
    }
}
