//! A profile as it is first made, before it is rows: what its users may do, told by exceptions.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{FieldAccess, Operation, Permission, Rights, standard_profiles, takes_field_rows};
use crate::Schema;

/// What a new profile gives. Every field of an object that it reads is given but the named ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// `Standard User`, `System Administrator`.
    pub name: String,
    /// Rights over the whole org.
    pub permissions: BTreeSet<Permission>,
    /// Rights by object; an object that is not named gives none.
    pub objects: BTreeMap<String, BTreeSet<Operation>>,
    /// `Object.Field` that may not be read.
    #[serde(default)]
    pub hidden_fields: BTreeSet<String>,
    /// `Object.Field` that may be read, not written.
    #[serde(default)]
    pub read_only_fields: BTreeSet<String>,
}

impl Profile {
    /// The profiles that an org starts with: System Administrator, Sales Rep, Service Agent,
    /// Supervisor.
    pub fn standard() -> Vec<Self> {
        standard_profiles::all()
    }

    /// The rights to be given by rows: no open fields among them.
    pub fn rights(&self, schema: &Schema) -> Rights {
        let mut rights = Rights::default();
        rights.permissions.clone_from(&self.permissions);
        for (object, operations) in &self.objects {
            for operation in operations {
                rights.grant(object, *operation);
            }
        }
        for object in schema.objects() {
            let name = object.name.as_str();
            let reads = rights.gives(name, Operation::Read) || is_activity(name);
            for field in object.fields.iter().filter(|_| reads) {
                if takes_field_rows(object, field)
                    && let Some(access) = self.access(name, field.name.as_str())
                {
                    rights.grant_field(name, field.name.as_str(), access);
                }
            }
        }
        rights
    }

    fn access(&self, object: &str, field: &str) -> Option<FieldAccess> {
        if names_field(&self.hidden_fields, object, field) {
            return None;
        }
        Some(match names_field(&self.read_only_fields, object, field) {
            true => FieldAccess::Read,
            false => FieldAccess::Edit,
        })
    }
}

/// Activities are read by everybody, without rows for the object.
fn is_activity(object: &str) -> bool {
    ["Task", "Event"].contains(&object)
}

/// Does a set of `Object.Field` name this field, in any case of the letters?
fn names_field(set: &BTreeSet<String>, object: &str, field: &str) -> bool {
    set.iter().any(|entry| {
        entry
            .split_once('.')
            .is_some_and(|(o, f)| o.eq_ignore_ascii_case(object) && f.eq_ignore_ascii_case(field))
    })
}
