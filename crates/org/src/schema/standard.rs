//! The standard objects, read from the TOML files beside this one: one file an object, in the
//! order of the app's tabs. Labels, lengths and picklists are those of the platform's object
//! reference; fields that end in `__c` are Offhook's own or the demo org's.

use serde::Deserialize;

use super::{Field, FieldKind, Object, RelatedList, Schema, Section, SharingDefault};
use crate::{FieldName, ObjectName};

const FILES: [(&str, &str); 8] = [
    ("Account", include_str!("standard/account.toml")),
    ("Contact", include_str!("standard/contact.toml")),
    ("Lead", include_str!("standard/lead.toml")),
    ("Opportunity", include_str!("standard/opportunity.toml")),
    ("Case", include_str!("standard/case.toml")),
    ("Task", include_str!("standard/task.toml")),
    ("Event", include_str!("standard/event.toml")),
    ("User", include_str!("standard/user.toml")),
];

/// `Id` and the fields that say who made and changed a record; every object has them.
const SYSTEM_FIELDS: &str = include_str!("standard/system_fields.toml");

/// Reads the standard objects. A fault in the files is a fault of ours and panics.
pub fn load() -> Schema {
    let system: SystemFields = toml::from_str(SYSTEM_FIELDS)
        .unwrap_or_else(|e| panic!("the system fields cannot be read: {e}"));
    let objects = FILES.map(|(name, text)| {
        let file: ObjectFile =
            toml::from_str(text).unwrap_or_else(|e| panic!("{name} cannot be read: {e}"));
        file.into_object(&system)
    });
    Schema::new(objects.into())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SystemFields {
    first: Vec<FieldEntry>,
    last: Vec<FieldEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ObjectFile {
    name: ObjectName,
    label: String,
    plural_label: String,
    key_prefix: String,
    icon: String,
    name_field: FieldName,
    sharing: SharingDefault,
    has_tab: bool,
    highlights: Vec<FieldName>,
    list_columns: Vec<FieldName>,
    fields: Vec<FieldEntry>,
    sections: Vec<SectionEntry>,
    #[serde(default)]
    related_lists: Vec<RelatedListEntry>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldEntry {
    name: FieldName,
    label: String,
    kind: FieldKind,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    unique: bool,
    /// Filled in by the system alone.
    #[serde(default)]
    read_only: bool,
    #[serde(default)]
    create_only: bool,
    #[serde(default)]
    length: usize,
    #[serde(default)]
    values: Vec<String>,
    #[serde(default)]
    restricted: bool,
    #[serde(default)]
    reference_to: Vec<ObjectName>,
    /// Of a phone field that finds no caller.
    #[serde(default)]
    unmatched: bool,
    default: Option<String>,
    help: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SectionEntry {
    label: String,
    fields: Vec<FieldName>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RelatedListEntry {
    object: ObjectName,
    field: FieldName,
    label: String,
    columns: Vec<FieldName>,
}

impl ObjectFile {
    fn into_object(self, system: &SystemFields) -> Object {
        let fields = (system.first.iter().cloned())
            .chain(self.fields)
            .chain(system.last.iter().cloned())
            .map(FieldEntry::into_field)
            .collect();
        Object {
            name: self.name,
            label: self.label,
            plural_label: self.plural_label,
            key_prefix: self.key_prefix,
            icon: self.icon,
            name_field: self.name_field,
            sharing: self.sharing,
            has_tab: self.has_tab,
            fields,
            sections: self
                .sections
                .into_iter()
                .map(SectionEntry::into_section)
                .collect(),
            highlights: self.highlights,
            list_columns: self.list_columns,
            related_lists: self
                .related_lists
                .into_iter()
                .map(RelatedListEntry::into_list)
                .collect(),
        }
    }
}

impl FieldEntry {
    fn into_field(self) -> Field {
        let length_max = match self.kind {
            FieldKind::Phone if self.length == 0 => 40,
            FieldKind::Email if self.length == 0 => 80,
            FieldKind::Url if self.length == 0 => 255,
            FieldKind::Picklist if self.length == 0 => 255,
            _ => self.length,
        };
        Field {
            match_caller: self.kind == FieldKind::Phone && !self.unmatched,
            name: self.name,
            label: self.label,
            kind: self.kind,
            required: self.required,
            unique: self.unique,
            createable: !self.read_only,
            updateable: !self.read_only && !self.create_only,
            length_max,
            values: self.values,
            restricted: self.restricted,
            reference_to: self.reference_to,
            reference_prefixes: Vec::new(),
            default: self.default,
            help: self.help,
        }
    }
}

impl SectionEntry {
    fn into_section(self) -> Section {
        Section {
            label: self.label,
            fields: self.fields,
        }
    }
}

impl RelatedListEntry {
    fn into_list(self) -> RelatedList {
        RelatedList {
            object: self.object,
            field: self.field,
            label: self.label,
            columns: self.columns,
        }
    }
}
