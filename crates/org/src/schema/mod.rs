//! Objects and their fields. The standard ones are data: one TOML file an object in `standard/`.

use serde::Deserialize;

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

    /// A schema of these objects, which are checked against each other: a prefix, a field or
    /// an object that is named but not there is a fault of whoever wrote them, and panics.
    pub fn new(mut objects: Vec<Object>) -> Self {
        let prefixes: Vec<(ObjectName, String)> = objects
            .iter()
            .map(|o| (o.name.clone(), o.key_prefix.clone()))
            .collect();
        for object in &mut objects {
            for field in &mut object.fields {
                field.reference_prefixes = prefixes
                    .iter()
                    .filter(|(name, _)| field.reference_to.contains(name))
                    .map(|(_, prefix)| prefix.clone())
                    .collect();
            }
        }
        let schema = Self { objects };
        for object in &schema.objects {
            schema.check(object);
        }
        schema
    }

    fn check(&self, object: &Object) {
        let name = &object.name;
        let has = |field: &FieldName| object.field(field.as_str()).is_some();
        let named = (object.sections.iter().flat_map(|s| &s.fields))
            .chain(&object.highlights)
            .chain(&object.list_columns)
            .chain([&object.name_field]);
        for field in named {
            assert!(has(field), "{name} has no field {field}");
        }
        for field in &object.fields {
            let targets = field.reference_to.len();
            let prefixes = field.reference_prefixes.len();
            assert_eq!(
                targets, prefixes,
                "{name}.{} points to an unknown object",
                field.name
            );
            let same = |other: &&Field| {
                other
                    .name
                    .as_str()
                    .eq_ignore_ascii_case(field.name.as_str())
            };
            let count = object.fields.iter().filter(same).count();
            assert_eq!(count, 1, "{name} has {} twice", field.name);
        }
        for list in &object.related_lists {
            let other = self.object(list.object.as_str());
            let other = other.unwrap_or_else(|| panic!("{name} lists unknown {}", list.object));
            for field in list.columns.iter().chain([&list.field]) {
                let known = other.field(field.as_str()).is_some();
                assert!(known, "{} has no field {field}", list.object);
            }
        }
        let id = |o: &&Object| o.key_prefix == object.key_prefix;
        assert_eq!(
            self.objects.iter().filter(id).count(),
            1,
            "{name} shares its prefix"
        );
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

    /// Phone fields by which a caller is found: all of kind `Phone` but fax numbers.
    pub fn phone_fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|f| f.match_caller)
    }
}

/// Organisation-wide default for records of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// The key prefixes of those objects; filled in by [`Schema::new`].
    pub reference_prefixes: Vec<String>,
    /// Of a phone field: is a caller found by it? Not so for fax numbers.
    pub match_caller: bool,
    /// Value of a new record where none is given.
    pub default: Option<String>,
    /// Help text for people.
    pub help: Option<String>,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_objects_agree_with_each_other() {
        let schema = Schema::standard();
        for (object, key_prefix) in [
            ("Account", "001"),
            ("Contact", "003"),
            ("Lead", "00Q"),
            ("Opportunity", "006"),
            ("Case", "500"),
            ("Task", "00T"),
            ("Event", "00U"),
            ("User", "005"),
        ] {
            let object = schema.object(object).unwrap();
            assert_eq!(object.key_prefix, key_prefix);
            assert_eq!(object.fields[0].name.as_str(), "Id");
            for field in [
                "CreatedById",
                "CreatedDate",
                "LastModifiedById",
                "LastModifiedDate",
            ] {
                assert!(!object.field(field).unwrap().createable);
            }
            let id = RecordId::from_serial(key_prefix, 7);
            assert_eq!(schema.object_of(&id).unwrap().name, object.name);
        }
    }

    #[test]
    fn callers_are_found_by_every_phone_field_but_fax() {
        let schema = Schema::standard();
        let contact = schema.object("contact").unwrap();
        let fields: Vec<_> = contact.phone_fields().map(|f| f.name.as_str()).collect();
        assert_eq!(
            fields,
            [
                "Phone",
                "MobilePhone",
                "HomePhone",
                "OtherPhone",
                "Direct_Line__c",
                "AssistantPhone"
            ]
        );
        assert_eq!(contact.field("fax").unwrap().kind, FieldKind::Phone);
    }

    #[test]
    fn a_reference_knows_the_prefixes_that_it_takes() {
        let schema = Schema::standard();
        let task = schema.object("Task").unwrap();
        assert_eq!(
            task.field("WhoId").unwrap().reference_prefixes,
            ["003", "00Q"]
        );
        assert!(task.field("Offhook_Call_Key__c").unwrap().unique);
    }
}
