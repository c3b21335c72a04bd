//! Objects and their fields. The standard ones are data: one TOML file an object in `standard/`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{FieldName, ObjectName, RecordId};

pub mod activities;
pub mod definition;
pub mod describe;
mod field;
pub mod histories;
pub mod layout;
pub mod list_view;
mod object;
pub mod person_accounts;
pub mod recently_viewed;
mod record_type;
mod relationships;
mod shares;
pub mod standard;

pub use field::{DeleteRule, Field, FieldKind, Meaning, PicklistValue, Storage};
pub use layout::{Layout, LayoutAssignment, LayoutField, LayoutSection};
pub use list_view::{ListAudience, ListFilter, ListOperator, ListScope, ListSort, ListView};
pub use object::{Abilities, Object, ObjectKind, RelatedList, Section, SharingDefault};
pub use record_type::{RecordType, RecordTypeValues};
pub use relationships::ChildRelationship;

/// Every object of the org: a snapshot that does not change. A change of an admin makes another.
#[derive(Debug, Clone)]
pub struct Schema {
    objects: Vec<Arc<Object>>,
}

impl Schema {
    /// The standard objects, with Offhook's own fields.
    pub fn standard() -> Self {
        standard::load()
    }

    /// A schema of these objects, which are checked against each other: a prefix, a field or
    /// an object that is named but not there is a fault of whoever wrote them, and panics.
    /// The objects of field history, of shares and the views are added to it.
    pub fn new(objects: Vec<Object>) -> Self {
        Self::try_new(objects).unwrap_or_else(|fault| panic!("{fault}"))
    }

    /// [`Schema::new`] of what an admin made: a fault is told.
    pub fn try_new(mut objects: Vec<Object>) -> Result<Self, String> {
        histories::add(&mut objects);
        shares::add(&mut objects);
        activities::add(&mut objects);
        recently_viewed::add(&mut objects);
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
        let schema = Self {
            objects: objects.into_iter().map(Arc::new).collect(),
        };
        for object in &schema.objects {
            schema.check(object)?;
        }
        Ok(schema)
    }

    fn check(&self, object: &Object) -> Result<(), String> {
        let name = &object.name;
        let has = |field: &FieldName| object.field(field.as_str()).is_some();
        let named = (object.sections.iter().flat_map(|s| &s.fields))
            .chain(&object.highlights)
            .chain(&object.list_columns)
            .chain(object.fields.iter().filter_map(|f| f.controller.as_ref()))
            .chain([&object.name_field]);
        if let Some(field) = named.into_iter().find(|field| !has(field)) {
            return Err(format!("{name} has no field {field}"));
        }
        for field in &object.fields {
            if field.reference_to.len() != field.reference_prefixes.len() {
                return Err(format!("{name}.{} points to an unknown object", field.name));
            }
            let own = field.name.as_str();
            let twins = object.fields.iter();
            let twins = twins.filter(|other| other.name.as_str().eq_ignore_ascii_case(own));
            if twins.count() != 1 {
                return Err(format!("{name} has {own} twice"));
            }
        }
        for list in &object.related_lists {
            let other = self.object(list.object.as_str());
            let other = other.ok_or_else(|| format!("{name} lists unknown {}", list.object))?;
            let mut columns = list.columns.iter().chain([&list.field]);
            if let Some(field) = columns.find(|field| other.field(field.as_str()).is_none()) {
                return Err(format!("{} has no field {field}", list.object));
            }
        }
        let same = |other: &&Arc<Object>| other.key_prefix == object.key_prefix;
        let count = self.objects.iter().filter(same).count();
        match count == 1 || object.shares_prefix() {
            true => Ok(()),
            false => Err(format!("{name} shares its prefix")),
        }
    }

    /// The same, with these defaults of sharing, by the object's name.
    #[must_use]
    pub fn with_sharing(&self, chosen: &BTreeMap<String, SharingDefault>) -> Self {
        let objects = self
            .objects
            .iter()
            .map(|object| match chosen.get(object.name.as_str()) {
                Some(sharing) if *sharing != object.sharing => Arc::new(Object {
                    sharing: *sharing,
                    ..Object::clone(object)
                }),
                _ => object.clone(),
            });
        Self {
            objects: objects.collect(),
        }
    }

    /// The object of this name, in any case of its letters.
    pub fn object(&self, name: &str) -> Option<&Arc<Object>> {
        self.objects
            .iter()
            .find(|o| o.name.as_str().eq_ignore_ascii_case(name))
    }

    /// The object whose ids begin so. Those that share a prefix are not found by it.
    pub fn object_of(&self, id: &RecordId) -> Option<&Arc<Object>> {
        self.objects
            .iter()
            .find(|o| o.key_prefix == id.key_prefix() && !o.shares_prefix())
    }

    /// All objects, in the order of the standard set.
    pub fn objects(&self) -> &[Arc<Object>] {
        &self.objects
    }
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
                "SystemModstamp",
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

    #[test]
    fn relationships_have_the_names_of_the_platform() {
        let schema = Schema::standard();
        for (object, field, up, down) in [
            ("Contact", "AccountId", "Account", Some("Contacts")),
            ("Contact", "ReportsToId", "ReportsTo", None),
            ("Contact", "OwnerId", "Owner", None),
            ("Contact", "CreatedById", "CreatedBy", None),
            ("Account", "ParentId", "Parent", Some("ChildAccounts")),
            ("Opportunity", "AccountId", "Account", Some("Opportunities")),
            ("Case", "AccountId", "Account", Some("Cases")),
            ("Case", "ContactId", "Contact", Some("Cases")),
            ("Case", "ParentId", "Parent", Some("Cases")),
            ("Task", "WhoId", "Who", Some("Tasks")),
            ("Task", "WhatId", "What", Some("Tasks")),
            ("Event", "WhoId", "Who", Some("Events")),
            ("User", "ManagerId", "Manager", Some("ManagedUsers")),
            ("Lead", "ConvertedContactId", "ConvertedContact", None),
        ] {
            let object = schema.object(object).unwrap();
            let found = object.field(field).unwrap();
            assert_eq!(found.relationship_name.as_deref(), Some(up), "{field}");
            assert_eq!(found.child_relationship.as_deref(), down, "{field}");
            assert_eq!(object.parent_relationship(up).unwrap().name, found.name);
        }
        let contact = schema.object("Contact").unwrap();
        let tasks = schema.child_relationship(contact, "tasks").unwrap();
        assert_eq!(tasks.object.name.as_str(), "Task");
        assert_eq!(tasks.field.name.as_str(), "WhoId");
        assert!(schema.child_relationship(contact, "Contacts").is_none());
    }

    #[test]
    fn limits_that_go_without_saying_are_those_of_the_platform() {
        let schema = Schema::standard();
        let opportunity = schema.object("Opportunity").unwrap();
        let amount = opportunity.field("Amount").unwrap();
        assert_eq!((amount.precision, amount.scale), (18, 2));
        let task = schema.object("Task").unwrap();
        let subject = task.field("Subject").unwrap();
        assert_eq!(subject.kind, FieldKind::Combobox);
        assert_eq!(subject.length_max, 255);
        let status = task.field("Status").unwrap();
        assert!(status.picklist_value("not started").unwrap().is_default);
        assert!(task.field("IsDeleted").is_some());
        assert!(schema.object("User").unwrap().field("IsDeleted").is_none());
    }
}
