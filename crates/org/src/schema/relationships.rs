//! Names of relationships: what a record is called that a reference points to, and which
//! relationships lead down from an object.

use super::{Field, FieldKind, Object, ObjectKind, Schema, activities};

/// The name of the relationship up: `Account` of `AccountId`, `Vehicle__r` of `Vehicle__c`.
/// `None` for what is no reference.
pub(super) fn parent(kind: FieldKind, field: &str, given: Option<&str>) -> Option<String> {
    if kind != FieldKind::Reference {
        return None;
    }
    let derived = match (field.strip_suffix("__c"), field.strip_suffix("Id")) {
        (Some(custom), _) => format!("{custom}__r"),
        (None, Some(standard)) => standard.to_owned(),
        (None, None) => return given.map(ToOwned::to_owned),
    };
    Some(given.map_or(derived, ToOwned::to_owned))
}

/// A relationship that leads from an object down to records that point to it.
#[derive(Debug, Clone, Copy)]
pub struct ChildRelationship<'a> {
    /// The object whose records point here.
    pub object: &'a Object,
    /// With this field.
    pub field: &'a Field,
}

impl<'a> ChildRelationship<'a> {
    /// What a subquery calls it: `Contacts`; some have no name.
    pub fn name(self) -> Option<&'a str> {
        self.field.child_relationship.as_deref()
    }
}

impl Schema {
    /// Every relationship that leads down from the object, in the order of the objects.
    pub fn child_relationships<'a>(
        &'a self,
        object: &'a Object,
    ) -> impl Iterator<Item = ChildRelationship<'a>> {
        self.objects().iter().flat_map(move |child| {
            let fields = child.fields.iter();
            fields
                .filter(move |field| field.reference_to.contains(&object.name))
                .filter(move |field| {
                    child.kind != ObjectKind::View || activities::leads_to(object, field)
                })
                .map(move |field| ChildRelationship {
                    object: child,
                    field,
                })
        })
    }

    /// The relationship down that a subquery calls so, in any case of its letters.
    pub fn child_relationship<'a>(
        &'a self,
        object: &'a Object,
        name: &str,
    ) -> Option<ChildRelationship<'a>> {
        self.child_relationships(object).find(|relationship| {
            relationship
                .name()
                .is_some_and(|known| known.eq_ignore_ascii_case(name))
        })
    }
}

impl Object {
    /// The reference whose record is called so: `Account`, `Owner`, `Vehicle__r`; in any case of
    /// its letters.
    pub fn parent_relationship(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| {
            let known = field.relationship_name.as_deref();
            known.is_some_and(|known| known.eq_ignore_ascii_case(name))
        })
    }
}
