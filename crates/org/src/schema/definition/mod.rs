//! What admins make: custom objects and fields, changes of standard ones, record types, page
//! layouts, list views. It is checked and put together with the standard objects to a schema.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Field, Layout, LayoutAssignment, ListView, ObjectKind, PicklistValue, RecordType,
    SharingDefault,
};
use crate::{FieldName, ObjectName};

mod check_field;
mod compile;
mod names;
mod pages;

pub use check_field::{FIELDS_MAX, VALUES_MAX, check_field, check_values};
pub use compile::compile;
pub use names::{LABEL_LENGTH_MAX, check_label, check_name, name_from_label};
pub use pages::{PAGES_MAX, check_layout, check_list_view, check_record_type};

/// Custom objects and platform events of one org at most.
pub const OBJECTS_MAX: usize = 400;

/// Why a definition is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {words}")]
pub struct DefinitionError {
    /// What is at fault, in the words of the form: `Field Label`.
    pub what: String,
    /// What is wrong with it, and what to do.
    pub words: String,
}

impl DefinitionError {
    /// A fault of one part of a definition.
    pub fn new(what: impl Into<String>, words: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            words: words.into(),
        }
    }
}

/// A custom object or a platform event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectDefinition {
    /// API name with its suffix: `Visit__c`, `Call_Event__e`.
    pub name: ObjectName,
    /// `Visit`.
    pub label: String,
    /// `Visits`.
    pub plural_label: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// First three characters of its ids; given when it is made.
    #[serde(default)]
    pub key_prefix: String,
    /// `Custom` or `Event`.
    pub kind: ObjectKind,
    /// Label of the field `Name`: `Visit Name`, `Visit Number`.
    #[serde(default)]
    pub name_label: String,
    /// How the name counts, if it does: `V-{0000}`.
    #[serde(default)]
    pub name_format: Option<String>,
    /// Who else sees its records.
    pub sharing: SharingDefault,
    /// Has it a tab?
    #[serde(default)]
    pub has_tab: bool,
}

/// What an admin changed of a standard field, or of the name of a custom object; what is `None`
/// stays as it comes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FieldChange {
    /// Another label.
    pub label: Option<String>,
    /// Another help text; an empty one is none.
    pub help: Option<String>,
    /// The values of a picklist.
    pub values: Option<Vec<PicklistValue>>,
    /// The controlling field of a picklist; an empty one is none.
    pub controller: Option<FieldName>,
    /// Are changes kept?
    pub history_tracked: Option<bool>,
}

/// What an admin changed of an object that is not made here.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ObjectPages {
    /// Its layouts; none: the one that it comes with.
    pub layouts: Vec<Layout>,
    /// Who sees which.
    pub layout_assignments: Vec<LayoutAssignment>,
    /// Its list views, beside those that every object has.
    pub list_views: Vec<ListView>,
}

/// Everything that admins made of an org.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Metadata {
    /// Custom objects and platform events, in the order of their making.
    pub objects: Vec<ObjectDefinition>,
    /// Custom fields by object, in the order of their making.
    pub fields: BTreeMap<ObjectName, Vec<Field>>,
    /// Changes of fields that were there.
    pub changes: BTreeMap<(ObjectName, FieldName), FieldChange>,
    /// Record types by object.
    pub record_types: BTreeMap<ObjectName, Vec<RecordType>>,
    /// Layouts and list views by object.
    pub pages: BTreeMap<ObjectName, ObjectPages>,
    /// Can accounts be persons?
    pub person_accounts: bool,
}

impl Metadata {
    /// The custom object or event of this name.
    pub fn object(&self, name: &str) -> Option<&ObjectDefinition> {
        self.objects
            .iter()
            .find(|object| object.name.as_str().eq_ignore_ascii_case(name))
    }

    /// The custom field of this name.
    pub fn field(&self, object: &ObjectName, name: &str) -> Option<&Field> {
        let fields = self.fields.get(object)?;
        fields
            .iter()
            .find(|field| field.name.as_str().eq_ignore_ascii_case(name))
    }
}

/// Checks a custom object or a platform event by itself.
pub fn check_object(object: &ObjectDefinition) -> Result<(), DefinitionError> {
    let suffix = match object.kind {
        ObjectKind::Event => "__e",
        _ => "__c",
    };
    let name = object.name.as_str();
    let Some(plain) = name.strip_suffix(suffix) else {
        let words = format!("{name} must end with {suffix}");
        return Err(DefinitionError::new("Object Name", words));
    };
    check_name("Object Name", plain)?;
    check_label("Label", &object.label, LABEL_LENGTH_MAX)?;
    check_label("Plural Label", &object.plural_label, LABEL_LENGTH_MAX)?;
    if object.description.chars().count() > 1_000 {
        let words = "it may have at most 1,000 characters";
        return Err(DefinitionError::new("Description", words));
    }
    if object.kind == ObjectKind::Custom {
        check_label("Record Name", &object.name_label, LABEL_LENGTH_MAX)?;
    }
    match &object.name_format {
        Some(format) => check_field::check_number_format("Display Format", format),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
