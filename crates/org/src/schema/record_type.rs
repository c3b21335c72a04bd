//! Record types: which values of picklists, and which page, a record has; and which types the
//! users of a profile choose for new records.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Field, Object, PicklistValue};
use crate::access::ProfileName;
use crate::{FieldName, RecordId, UserContext};

/// A record type: which values of picklists, and which page, a record of it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordType {
    /// Its id, `012…`.
    pub id: RecordId,
    /// API name.
    pub developer_name: String,
    /// What people see.
    pub label: String,
    /// What admins say it is for.
    #[serde(default)]
    pub description: String,
    /// May new records have it?
    pub is_active: bool,
    /// Of an account: are its records persons? It stays what it is made.
    #[serde(default)]
    pub is_person: bool,
    /// Picklists of which it has some values only; those that are not named keep them all.
    #[serde(default)]
    pub picklists: BTreeMap<FieldName, RecordTypeValues>,
    /// The profiles, by id or by name, whose users choose it for new records; `None`: all, also
    /// those that are made later.
    #[serde(default)]
    pub profiles: Option<Vec<String>>,
    /// The profiles, by id or by name, whose users have it where they choose none.
    #[serde(default)]
    pub default_for: Vec<String>,
}

/// The values of one picklist that a record type has.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RecordTypeValues {
    /// The values.
    pub values: Vec<String>,
    /// The one that a new record has.
    pub default: Option<String>,
}

impl ProfileName {
    /// Is this what a definition means by a profile's id, or by its name?
    pub fn is_meant_by(&self, text: &str) -> bool {
        self.name == text || self.id.as_ref().is_some_and(|id| id.as_str() == text)
    }
}

impl RecordType {
    /// May users of the profile choose it for new records, if it is active?
    pub fn is_given_to(&self, profile: &ProfileName) -> bool {
        let profiles = self.profiles.as_ref();
        profiles.is_none_or(|profiles| profiles.iter().any(|text| profile.is_meant_by(text)))
    }

    /// Is it what users of the profile have where they choose none?
    pub fn is_default_of(&self, profile: &ProfileName) -> bool {
        self.default_for
            .iter()
            .any(|text| profile.is_meant_by(text))
    }
}

impl Object {
    /// The record types that the user chooses from for new records, beside the master; the
    /// active ones of the user's profile, in the order of their labels.
    pub fn record_types_for<'a>(
        &'a self,
        user: &'a UserContext,
    ) -> impl Iterator<Item = &'a RecordType> {
        let types = self.record_types.iter();
        types.filter(|it| self.is_available(user, it))
    }

    /// May the user choose the record type for a new record?
    pub fn is_available(&self, user: &UserContext, record_type: &RecordType) -> bool {
        record_type.is_active && (user.is_system() || record_type.is_given_to(&user.profile))
    }

    /// The record type of a new record for which the user chooses none; `None`: the master.
    pub fn default_record_type(&self, user: &UserContext) -> Option<&RecordType> {
        let mut types = self.record_types.iter();
        types.find(|it| self.is_available(user, it) && it.is_default_of(&user.profile))
    }

    /// The values of a picklist that a record of the type may have, in order.
    pub fn values_for<'a>(
        &'a self,
        field: &'a Field,
        record_type: Option<&RecordId>,
    ) -> Vec<&'a PicklistValue> {
        let chosen = record_type
            .and_then(|id| self.record_type(id))
            .and_then(|t| t.picklists.get(&field.name));
        let values = field.active_values();
        match chosen {
            Some(chosen) => values
                .filter(|value| chosen.values.contains(&value.value))
                .collect(),
            None => values.collect(),
        }
    }

    /// The value with which a new record of the type begins.
    pub fn default_value_for<'a>(
        &'a self,
        field: &'a Field,
        record_type: Option<&RecordId>,
    ) -> Option<&'a str> {
        let chosen = record_type
            .and_then(|id| self.record_type(id))
            .and_then(|t| t.picklists.get(&field.name));
        match chosen {
            Some(chosen) => chosen.default.as_deref(),
            None => field.default.as_deref(),
        }
    }

    /// The record type of this id.
    pub fn record_type(&self, id: &RecordId) -> Option<&RecordType> {
        self.record_types.iter().find(|t| t.id == *id)
    }
}
