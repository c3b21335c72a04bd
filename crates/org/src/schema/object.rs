//! One object: Contact, Task, User; what may be done with its records, and how they are shown.

use serde::{Deserialize, Serialize};

use super::{Field, FieldKind, Layout, LayoutAssignment, ListView, RecordType};
use crate::{FieldName, ObjectName};

/// One object: Contact, Task, User.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// API name.
    pub name: ObjectName,
    /// `Contact`.
    pub label: String,
    /// `Contacts`.
    pub plural_label: String,
    /// First three characters of its ids.
    pub key_prefix: String,
    /// What sort of object it is.
    pub kind: ObjectKind,
    /// What may be done with its records at all, whatever a user's rights.
    pub abilities: Abilities,
    /// Name of its icon in the design system's standard sprite: `contact`.
    pub icon: String,
    /// The field that names a record: `Name`, `Subject`, `CaseNumber`.
    pub name_field: FieldName,
    /// Who else sees a record than its owner and those above.
    pub sharing: SharingDefault,
    /// Has it a tab, list views and record pages of its own?
    pub has_tab: bool,
    /// What admins say it is for.
    pub description: String,
    /// Its fields, `Id` first.
    pub fields: Vec<Field>,
    /// Its record types, without the master; in the order of their labels.
    pub record_types: Vec<RecordType>,
    /// Sections of the record page and the forms, in order.
    pub sections: Vec<Section>,
    /// Fields beside the name at the head of the record page.
    pub highlights: Vec<FieldName>,
    /// Columns of its list views.
    pub list_columns: Vec<FieldName>,
    /// Lists of other records that point here.
    pub related_lists: Vec<RelatedList>,
    /// Layouts that admins made; none: [`Object::default_layout`].
    pub layouts: Vec<Layout>,
    /// Who sees which of them.
    pub layout_assignments: Vec<LayoutAssignment>,
    /// List views that were made, beside those that every object has.
    pub list_views: Vec<ListView>,
}

/// What sort of object it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectKind {
    /// Records of customers and of the work with them.
    #[default]
    Standard,
    /// Made by an admin: `__c`.
    Custom,
    /// How the org is set up: profiles, record types, call centers.
    Setup,
    /// A platform event, `__e`: published, not kept as records.
    Event,
    /// Whom records of another object are shared with.
    Share,
    /// What was changed in records of another object.
    History,
    /// Records of other objects, shown together: the activities of a record, what a user looked
    /// at last.
    View,
}

/// What may be done with records of an object at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the platform's own flags of a described object"
)]
pub struct Abilities {
    /// They can be created by clients.
    pub createable: bool,
    /// They can be changed.
    pub updateable: bool,
    /// They can be deleted.
    pub deletable: bool,
    /// They can be taken out of the recycle bin.
    pub undeletable: bool,
    /// They can be queried.
    pub queryable: bool,
    /// They are found by text.
    pub searchable: bool,
    /// They can be merged.
    pub mergeable: bool,
    /// Looking at one is remembered.
    pub mru_enabled: bool,
    /// Their pages have layouts.
    pub layoutable: bool,
}

impl Default for Abilities {
    fn default() -> Self {
        Self {
            createable: true,
            updateable: true,
            deletable: true,
            undeletable: true,
            queryable: true,
            searchable: true,
            mergeable: false,
            mru_enabled: true,
            layoutable: true,
        }
    }
}

impl Abilities {
    /// Of what is read, not written, by clients.
    pub const READ_ONLY: Self = Self {
        createable: false,
        updateable: false,
        deletable: false,
        undeletable: false,
        queryable: true,
        searchable: false,
        mergeable: false,
        mru_enabled: false,
        layoutable: false,
    };
}

impl Object {
    /// The field of this name, in any case of its letters.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields
            .iter()
            .find(|f| f.name.as_str().eq_ignore_ascii_case(name))
    }

    /// Phone fields by which a caller is found: all of kind `Phone` but fax numbers.
    pub fn phone_fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|f| f.match_caller)
    }

    /// Did an admin make it?
    pub fn is_custom(&self) -> bool {
        matches!(self.kind, ObjectKind::Custom | ObjectKind::Event)
            && self.name.as_str().contains("__")
    }

    /// Do ids of several objects begin like its own? So do those of histories, and of the
    /// values of standard picklists.
    pub fn shares_prefix(&self) -> bool {
        matches!(self.kind, ObjectKind::History | ObjectKind::View) || self.key_prefix == "01J"
    }

    /// The fields that count.
    pub fn auto_numbers(&self) -> impl Iterator<Item = &Field> {
        let fields = self.fields.iter();
        fields.filter(|f| f.kind == FieldKind::AutoNumber)
    }

    /// Has it a table of records? Platform events have none, nor have views.
    pub fn has_table(&self) -> bool {
        !matches!(self.kind, ObjectKind::Event | ObjectKind::View)
    }
}

/// Organisation-wide default for records of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SharingDefault {
    /// Owner and those above in the role hierarchy.
    Private,
    /// Everyone who may read the object reads all its records; owner and those above edit.
    PublicRead,
    /// Everyone who may edit the object edits all its records.
    PublicReadWrite,
    /// As far as one gets with the record that this one belongs to: a detail with its master, a
    /// contact with its account.
    ControlledByParent,
}

/// A section of a record page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Its heading.
    pub label: String,
    /// Its fields, row by row over two columns.
    pub fields: Vec<FieldName>,
}

/// A list of other records that point to a record through one of their fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelatedList {
    /// The other object.
    pub object: ObjectName,
    /// Its field that points here.
    pub field: FieldName,
    /// Heading.
    pub label: String,
    /// Columns.
    pub columns: Vec<FieldName>,
}
