//! Objects and their fields. The standard ones are data: one TOML file an object in `standard/`.

use crate::{FieldName, ObjectName, RecordId};

pub mod standard;

/// Every object of the org.
#[derive(Debug, Clone)]
pub struct Schema {
    objects: Vec<Object>,
}

impl Schema {
    /// The standard objects, with Offhook's own fields.
    pub fn standard() -> Self {
        standard::load()
    }

    /// A schema of these objects, which are checked against each other.
    pub fn new(objects: Vec<Object>) -> Self {
        Self { objects }
    }

    /// The object of this name, in any case of its letters.
    pub fn object(&self, name: &str) -> Option<&Object> {
        self.objects
            .iter()
            .find(|o| o.name.as_str().eq_ignore_ascii_case(name))
    }

    /// The object whose ids begin so.
    pub fn object_of(&self, id: &RecordId) -> Option<&Object> {
        self.objects
            .iter()
            .find(|o| o.key_prefix == id.key_prefix())
    }

    /// All objects, in the order of the standard set.
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }
}

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
    /// Name of its icon in the design system's standard sprite: `contact`.
    pub icon: String,
    /// The field that names a record: `Name`, `Subject`, `CaseNumber`.
    pub name_field: FieldName,
    /// Who else sees a record than its owner and those above.
    pub sharing: SharingDefault,
    /// Has it a tab, list views and record pages of its own?
    pub has_tab: bool,
    /// Its fields, `Id` first.
    pub fields: Vec<Field>,
    /// Sections of the record page and the forms, in order.
    pub sections: Vec<Section>,
    /// Fields beside the name at the head of the record page.
    pub highlights: Vec<FieldName>,
    /// Columns of its list views.
    pub list_columns: Vec<FieldName>,
    /// Lists of other records that point here.
    pub related_lists: Vec<RelatedList>,
}

impl Object {
    /// The field of this name, in any case of its letters.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields
            .iter()
            .find(|f| f.name.as_str().eq_ignore_ascii_case(name))
    }

    /// Fields of kind `Phone`.
    pub fn phone_fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|f| f.kind == FieldKind::Phone)
    }
}

/// Organisation-wide default for records of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SharingDefault {
    /// Owner and those above in the role hierarchy.
    Private,
    /// Everyone who may read the object reads all its records; owner and those above edit.
    PublicRead,
    /// Everyone who may edit the object edits all its records.
    PublicReadWrite,
}

/// One field.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// API name.
    pub name: FieldName,
    /// `Mobile`.
    pub label: String,
    /// What it holds.
    pub kind: FieldKind,
    /// Must it have a value when a record is saved?
    pub required: bool,
    /// May no two records have the same value?
    pub unique: bool,
    /// May it be set when a record is created?
    pub createable: bool,
    /// May it be changed afterwards?
    pub updateable: bool,
    /// Most characters of a text; 0 where it has no meaning.
    pub length_max: usize,
    /// Values of a picklist, in order.
    pub values: Vec<String>,
    /// May a picklist hold only its values?
    pub restricted: bool,
    /// The objects that a reference may point to.
    pub reference_to: Vec<ObjectName>,
    /// Value of a new record where none is given.
    pub default: Option<String>,
    /// Help text for people.
    pub help: Option<String>,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the platform's field types")]
pub enum FieldKind {
    Id,
    Text,
    LongText,
    Integer,
    Number,
    Currency,
    Percent,
    Checkbox,
    Date,
    DateTime,
    Phone,
    Email,
    Url,
    Picklist,
    Reference,
}

/// A section of a record page.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// Its heading.
    pub label: String,
    /// Its fields, row by row over two columns.
    pub fields: Vec<FieldName>,
}

/// A list of other records that point to a record through one of their fields.
#[derive(Debug, Clone, PartialEq)]
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
