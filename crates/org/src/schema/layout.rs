//! Page layouts and list views: which fields a page shows and asks for, by profile and record
//! type; which records a list shows, and to whom.

use serde::{Deserialize, Serialize};

use super::{Object, Section};
use crate::{FieldName, RecordId, UserContext};

/// Sections of one layout, fields of one section, columns of one list at most.
pub const LAYOUT_SECTIONS_MAX: usize = 40;
/// Fields of one section at most.
pub const SECTION_FIELDS_MAX: usize = 200;
/// Columns of one list view at most, as the platform has it.
pub const LIST_COLUMNS_MAX: usize = 15;
/// Conditions of one list view at most, as the platform has it.
pub const LIST_FILTERS_MAX: usize = 10;

/// A page layout: what the record page and its forms show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// `Case Layout`.
    pub name: String,
    /// Its sections, in order.
    pub sections: Vec<LayoutSection>,
}

/// A section of a layout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayoutSection {
    /// Its heading.
    pub label: String,
    /// Its fields, row by row over two columns.
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
    /// Name of the profile; `None`: every profile that has no assignment of its own.
    pub profile: Option<String>,
    /// The record type; `None`: records without one, and types that have no assignment.
    pub record_type: Option<RecordId>,
    /// Name of the layout.
    pub layout: String,
}

/// A list view of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListView {
    /// Its id, `00B…`.
    pub id: RecordId,
    /// API name.
    pub developer_name: String,
    /// What people see.
    pub label: String,
    /// Only records of the user who looks?
    pub mine: bool,
    /// All of them hold.
    pub filters: Vec<ListFilter>,
    /// Its columns, the name first.
    pub columns: Vec<FieldName>,
    /// Who sees it.
    pub shown_to: ListAudience,
}

/// A condition of a list view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListFilter {
    /// The field that is compared.
    pub field: FieldName,
    /// How.
    pub operator: ListOperator,
    /// With what; empty text is "no value".
    pub value: String,
}

/// How a list view compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the operators speak for themselves")]
pub enum ListOperator {
    Equals,
    NotEqual,
    Contains,
    LessThan,
    GreaterOrEqual,
}

impl ListOperator {
    /// Every operator, in the order of the form.
    pub const ALL: [Self; 5] = [
        Self::Equals,
        Self::NotEqual,
        Self::Contains,
        Self::LessThan,
        Self::GreaterOrEqual,
    ];

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Equals => "equals",
            Self::NotEqual => "not equal to",
            Self::Contains => "contains",
            Self::LessThan => "less than",
            Self::GreaterOrEqual => "greater or equal",
        }
    }
}

/// Who sees a list view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListAudience {
    /// Everyone who may read the object.
    Everyone,
    /// The one user who made it.
    Only(RecordId),
}

impl ListView {
    /// Does this user see the list view?
    pub fn is_for(&self, user: &UserContext) -> bool {
        match &self.shown_to {
            ListAudience::Everyone => true,
            ListAudience::Only(owner) => user.user.as_ref() == Some(owner),
        }
    }
}

impl Layout {
    /// The field's place in the layout, if it is on it.
    pub fn field(&self, name: &FieldName) -> Option<&LayoutField> {
        let mut fields = self.sections.iter().flat_map(|section| &section.fields);
        fields.find(|field| field.field == *name)
    }

    /// The layout that an object has before an admin makes one.
    fn of_sections(object: &str, sections: &[Section]) -> Self {
        let field = |name: &FieldName| LayoutField {
            field: name.clone(),
            required: false,
            read_only: false,
        };
        Self {
            name: format!("{object} Layout"),
            sections: sections
                .iter()
                .map(|section| LayoutSection {
                    label: section.label.clone(),
                    fields: section.fields.iter().map(field).collect(),
                })
                .collect(),
        }
    }
}

impl Object {
    /// The layout that the object has without any admin's doing.
    pub fn default_layout(&self) -> Layout {
        Layout::of_sections(&self.label, &self.sections)
    }

    /// The layout of this name; the first one, if there is none.
    fn layout_named(&self, name: &str) -> Option<&Layout> {
        let named = self.layouts.iter().find(|layout| layout.name == name);
        named.or_else(|| self.layouts.first())
    }

    /// The layout that a user of the profile sees of a record of the record type.
    pub fn layout_for(&self, profile: &str, record_type: Option<&RecordId>) -> Layout {
        let rank = |assignment: &LayoutAssignment| {
            let by_profile = match assignment.profile.as_deref() {
                Some(own) if own == profile => 2,
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
        let layout = match best {
            Some((_, assignment)) => self.layout_named(&assignment.layout),
            None => self.layouts.first(),
        };
        layout.map_or_else(|| self.default_layout(), Clone::clone)
    }
}
