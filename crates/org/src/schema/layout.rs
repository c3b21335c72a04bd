//! Page layouts: which fields a page shows and asks for, and which lists of other records stand
//! beside them, by profile and record type.

use serde::{Deserialize, Serialize};

use super::{Object, RelatedList, Section, person_accounts};
use crate::access::ProfileName;
use crate::{FieldName, RecordId};

/// Sections of one layout at most.
pub const LAYOUT_SECTIONS_MAX: usize = 40;
/// Fields of one section at most.
pub const SECTION_FIELDS_MAX: usize = 200;
/// Related lists of one layout at most, as the platform has it.
pub const RELATED_LISTS_MAX: usize = 100;
/// Columns of one related list at most, as the platform has it.
pub const RELATED_COLUMNS_MAX: usize = 10;

/// A page layout: what the record page and its forms show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// Its id, `00h…`.
    pub id: RecordId,
    /// `Case Layout`.
    pub name: String,
    /// Its sections, in order.
    pub sections: Vec<LayoutSection>,
    /// Lists of other records, in order.
    #[serde(default)]
    pub related_lists: Vec<RelatedList>,
}

/// A section of a layout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayoutSection {
    /// Its heading.
    pub label: String,
    /// Do its fields stand below each other, and not row by row over two columns?
    #[serde(default)]
    pub one_column: bool,
    /// Its fields, in order.
    pub fields: Vec<LayoutField>,
}

/// A field in a layout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayoutField {
    /// The field.
    pub field: FieldName,
    /// The form asks for it, though the field itself may be empty.
    #[serde(default)]
    pub required: bool,
    /// The form shows it without an input.
    #[serde(default)]
    pub read_only: bool,
}

/// Who sees which layout: the most particular one counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayoutAssignment {
    /// The profile, by id or by name; `None`: every profile that has no assignment of its own.
    pub profile: Option<String>,
    /// The record type; `None`: records without one, and types that have no assignment.
    pub record_type: Option<RecordId>,
    /// The layout.
    pub layout: RecordId,
}

impl LayoutField {
    /// The field, as its schema says, without more.
    pub fn plain(field: FieldName) -> Self {
        Self {
            field,
            required: false,
            read_only: false,
        }
    }
}

impl Layout {
    /// The field's place in the layout, if it is on it.
    pub fn field(&self, name: &FieldName) -> Option<&LayoutField> {
        let mut fields = self.sections.iter().flat_map(|section| &section.fields);
        fields.find(|field| field.field == *name)
    }

    /// Puts a field that is not on it yet at the end of the first section.
    pub fn add_field(&mut self, name: &FieldName) {
        if self.field(name).is_none()
            && let Some(section) = self.sections.first_mut()
        {
            section.fields.push(LayoutField::plain(name.clone()));
        }
    }

    /// The layout of an object for which no admin made one.
    fn of_sections(object: &Object, sections: &[Section]) -> Self {
        Self {
            id: super::list_view::standard_id("00h", object, 0),
            name: format!("{} Layout", object.label),
            sections: sections
                .iter()
                .map(|section| LayoutSection {
                    label: section.label.clone(),
                    one_column: false,
                    fields: (section.fields.iter())
                        .map(|name| LayoutField::plain(name.clone()))
                        .collect(),
                })
                .collect(),
            related_lists: object.related_lists.clone(),
        }
    }
}

impl Object {
    /// The layout that the object has without any admin's doing.
    pub fn default_layout(&self) -> Layout {
        Layout::of_sections(self, &self.sections)
    }

    /// The layout of an account that is a person, without any admin's doing. The name follows its
    /// parts.
    fn person_layout(&self) -> Layout {
        let sections = person_accounts::person_sections(self);
        let mut layout = Layout::of_sections(self, &sections);
        layout.id = super::list_view::standard_id("00h", self, 1);
        person_accounts::PERSON_LAYOUT.clone_into(&mut layout.name);
        let name = LayoutField {
            field: self.name_field.clone(),
            required: false,
            read_only: true,
        };
        if let Some(first) = layout.sections.first_mut() {
            first.fields.insert(0, name);
        }
        layout
    }

    /// Its layouts: those that admins keep, or the one that it comes with.
    pub fn all_layouts(&self) -> Vec<Layout> {
        match self.layouts.is_empty() {
            true => vec![self.default_layout()],
            false => self.layouts.clone(),
        }
    }

    /// The layout that a user of the profile sees of a record of the record type; of the master
    /// where there is none. Without an assignment it is the object's first one.
    pub fn layout_for(&self, profile: &ProfileName, record_type: Option<&RecordId>) -> Layout {
        let person = record_type.and_then(|id| self.record_type(id));
        let is_person = person.is_some_and(|record_type| record_type.is_person);
        let rank = |assignment: &LayoutAssignment| {
            // What is said of every account is said of businesses.
            if is_person && assignment.record_type.is_none() {
                return None;
            }
            let by_profile = match assignment.profile.as_deref() {
                Some(own) if profile.is_meant_by(own) => 2,
                Some(_) => return None,
                None => 0,
            };
            let by_type = match &assignment.record_type {
                Some(own) if Some(own) == record_type => 1,
                Some(_) => return None,
                None => 0,
            };
            Some(by_profile + by_type)
        };
        let assignments = self.layout_assignments.iter();
        let best = assignments
            .filter_map(|assignment| Some((rank(assignment)?, assignment)))
            .max_by_key(|(rank, _)| *rank);
        let assigned = best.and_then(|(_, best)| self.layout(&best.layout));
        if assigned.is_none() && is_person {
            return self.person_layout();
        }
        let layout = assigned.or_else(|| self.layouts.first());
        layout.map_or_else(|| self.default_layout(), Clone::clone)
    }

    /// The layout of this id, of those that admins keep.
    pub fn layout(&self, id: &RecordId) -> Option<&Layout> {
        self.layouts.iter().find(|layout| layout.id == *id)
    }
}
