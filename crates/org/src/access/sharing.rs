//! How records are shared beside their owners: rules that share what somebody owns, or what
//! looks so and so, with a group; and objects whose records are seen as another record is.
//!
//! Rules are asked when records are read, not laid down beforehand: a change of a rule, a role or
//! a group acts at once, and nothing has to be calculated anew.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::explain::rules_that_reach;
use super::{AccessLevel, Directory, Reach, belongs_to};
use crate::schema::{Field, FieldKind, Object, SharingDefault};
use crate::{FieldName, ObjectName, RecordId, Schema, Value};

/// Conditions of one rule.
pub const CRITERIA_MAX: usize = 10;

/// A sharing rule of Setup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharingRule {
    /// What people call it.
    pub label: String,
    /// The object whose records it shares.
    pub object: ObjectName,
    /// Which records.
    pub basis: SharingBasis,
    /// The group that they are shared with: a public group, or what stands for a role.
    pub grantee: RecordId,
    /// May they be changed, too?
    pub edits: bool,
}

/// Which records a rule shares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SharingBasis {
    /// Those of a group's members.
    OwnedBy(RecordId),
    /// Those for which all of these hold.
    Criteria(Vec<Criterion>),
}

/// A condition on one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Criterion {
    /// The field.
    pub field: FieldName,
    /// How it is compared.
    pub comparison: Comparison,
    /// With what; text as a person writes it.
    pub value: String,
}

/// How a field is compared with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub enum Comparison {
    Equals,
    NotEquals,
    Contains,
    StartsWith,
}

impl Comparison {
    /// Each of them.
    pub const ALL: [Self; 4] = [
        Self::Equals,
        Self::NotEquals,
        Self::Contains,
        Self::StartsWith,
    ];
}

/// What sharing gives one user beside ownership.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sharing {
    /// By the object's name in small letters.
    rules: BTreeMap<String, Vec<SharedRecords>>,
    parents: BTreeMap<String, Parent>,
    /// Objects whose records files are linked to.
    linked: Vec<std::sync::Arc<Object>>,
}

/// Records that a rule shares with the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedRecords {
    /// How far the user gets with them.
    pub level: AccessLevel,
    /// Which.
    pub which: Which,
}

/// Which records a rule shares with the user, worked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// Of these owners.
    OwnedBy(BTreeSet<RecordId>),
    /// Those for which all of these hold.
    Criteria(Vec<Criterion>),
}

/// The record by which another one is seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Parent {
    /// The reference to it.
    pub field: FieldName,
    /// Its object.
    pub object: std::sync::Arc<Object>,
}

impl Sharing {
    /// What the rules give the user who reaches so far.
    pub fn of_user(
        schema: &Schema,
        directory: &Directory,
        rules: &[SharingRule],
        reach: &Reach,
    ) -> Self {
        let mut sharing = Self {
            rules: BTreeMap::new(),
            parents: parents(schema),
            linked: linked(schema),
        };
        for fact in rules_that_reach(directory, rules, reach) {
            let shared = SharedRecords {
                level: fact.level,
                which: fact.which,
            };
            let object = fact.object.to_ascii_lowercase();
            sharing.rules.entry(object).or_default().push(shared);
        }
        sharing
    }

    /// What rules share of the object's records.
    pub fn rules(&self, object: &Object) -> &[SharedRecords] {
        let name = object.name.as_str().to_ascii_lowercase();
        self.rules.get(&name).map_or(&[], Vec::as_slice)
    }

    /// Objects whose records files are linked to: who sees the record sees the file.
    pub fn linked(&self) -> &[std::sync::Arc<Object>] {
        &self.linked
    }

    /// The record by which records of the object are seen, if they are.
    pub fn parent(&self, object: &Object) -> Option<&Parent> {
        self.parents.get(&object.name.as_str().to_ascii_lowercase())
    }
}

/// Objects whose records are seen as another record is: shares, history, details of a master, and
/// those whose default says so.
fn parents(schema: &Schema) -> BTreeMap<String, Parent> {
    let objects = schema.objects().iter();
    let parent = |object: &std::sync::Arc<Object>| {
        let field = parent_field(object)?;
        let target = schema.object(field.reference_to.first()?.as_str())?;
        let parent = Parent {
            field: field.name.clone(),
            object: target.clone(),
        };
        Some((object.name.as_str().to_ascii_lowercase(), parent))
    };
    objects.filter_map(parent).collect()
}

fn linked(schema: &Schema) -> Vec<std::sync::Arc<Object>> {
    let link = schema.object("ContentDocumentLink");
    let field = link.and_then(|link| link.field("LinkedEntityId"));
    let names = field.into_iter().flat_map(|field| &field.reference_to);
    let objects = names.filter_map(|name| schema.object(name.as_str()));
    objects
        .filter(|object| object.name.as_str() != "User")
        .cloned()
        .collect()
}

fn parent_field(object: &Object) -> Option<&Field> {
    let points_to = |field: &&Field, target: &str| {
        field.kind == FieldKind::Reference
            && (field.reference_to.iter()).any(|to| to.as_str().eq_ignore_ascii_case(target))
    };
    if let Some(parent) = belongs_to(object.name.as_str()) {
        return object.fields.iter().find(|field| points_to(field, &parent));
    }
    if object.sharing != SharingDefault::ControlledByParent {
        return None;
    }
    let masters = object.fields.iter().find(|field| field.is_master_detail);
    let by_name = || {
        let name = match object.name.as_str() {
            "Contact" => "AccountId",
            "CampaignMember" => "CampaignId",
            "ContentVersion" | "ContentDocumentLink" => "ContentDocumentId",
            _ => return None,
        };
        object.field(name)
    };
    masters.or_else(by_name)
}

/// The value of a condition as the field's type; `None` where it does not fit.
pub fn criterion_value(field: &Field, criterion: &Criterion) -> Option<Value> {
    crate::save::value_from_text(field, &criterion.value).ok()
}
