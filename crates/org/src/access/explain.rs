//! Why a user gets as far with a record as the user does: the same facts that decide, told one by
//! one. What decides is the widest of them, and tests hold both against each other.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{AccessLevel, Comparison, Criterion, Directory, Operation, Reach, SharingRule};
use super::{SharingBasis, UserContext, Which, criterion_value};
use crate::fold::fold;
use crate::record::Fields;
use crate::schema::{Object, SharingDefault};
use crate::{RecordId, Value};

/// What is known of a record, as far as access depends on it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RecordFacts {
    /// The user or queue that owns it.
    pub owner: Option<RecordId>,
    /// Its values, for rules with conditions.
    pub values: Fields,
    /// Rows that share it.
    pub shares: Vec<ShareFact>,
    /// The record by which it is seen, where it is seen by another.
    pub parent: Option<Box<ParentFacts>>,
}

/// A row that shares a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareFact {
    /// The user or group.
    pub grantee: RecordId,
    /// How far it reaches.
    pub level: AccessLevel,
    /// `Manual`, or what else made it.
    pub cause: String,
}

/// The record by which another is seen.
#[derive(Debug, Clone, PartialEq)]
pub struct ParentFacts {
    /// Its object.
    pub object: Arc<Object>,
    /// Its id.
    pub id: RecordId,
    /// What is known of it.
    pub facts: RecordFacts,
}

/// A sharing rule that reaches a user, worked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFact {
    /// What people call it.
    pub label: String,
    /// The object whose records it shares.
    pub object: String,
    /// The group that it shares with.
    pub grantee: RecordId,
    /// How far.
    pub level: AccessLevel,
    /// Which records.
    pub which: Which,
}

/// One cause of access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// Modify All of the object, or Modify All Data.
    ModifyAll,
    /// View All of the object, or View All Data.
    ViewAll,
    /// What everybody may do by the org's default.
    Default(SharingDefault),
    /// The user owns it.
    Owner,
    /// Somebody below in the tree of roles owns it.
    OwnerBelow(RecordId),
    /// A queue of the user's owns it.
    Queue(RecordId),
    /// A sharing rule, with the group that it shares with.
    Rule(String, RecordId),
    /// A row that shares it, with whom, and what made the row.
    Share(RecordId, String),
    /// The record that it belongs to.
    Parent(RecordId),
}

/// A cause, and how far it reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// How far.
    pub level: AccessLevel,
    /// Why.
    pub cause: Cause,
}

/// The rules that reach somebody who stands so.
pub fn rules_that_reach(
    directory: &Directory,
    rules: &[SharingRule],
    reach: &Reach,
) -> Vec<RuleFact> {
    let reaching = rules
        .iter()
        .filter(|rule| reach.grantees.contains(&rule.grantee));
    let fact = |rule: &SharingRule| RuleFact {
        label: rule.label.clone(),
        object: rule.object.as_str().to_owned(),
        grantee: rule.grantee.clone(),
        level: match rule.edits {
            true => AccessLevel::Edit,
            false => AccessLevel::Read,
        },
        which: match &rule.basis {
            SharingBasis::OwnedBy(group) => Which::OwnedBy(directory.members(group)),
            SharingBasis::Criteria(criteria) => Which::Criteria(criteria.clone()),
        },
    };
    reaching.map(fact).collect()
}

/// How far the reasons together reach.
pub fn widest(reasons: &[Reason]) -> AccessLevel {
    let levels = reasons.iter().map(|reason| reason.level);
    levels.max().unwrap_or(AccessLevel::None)
}

/// Everything that gives the user access to the record; nothing without the right to read the
/// object.
pub fn reasons(
    user: &UserContext,
    object: &Object,
    rules: &[RuleFact],
    facts: &RecordFacts,
) -> Vec<Reason> {
    if !user.may(object.name.as_str(), Operation::Read) {
        return Vec::new();
    }
    let mut found: Vec<Reason> = for_all(user, object).into_iter().collect();
    let parent = user.sharing.parent(object);
    match (parent, &facts.parent) {
        (Some(_), Some(parent)) => found.extend(by_parent(user, rules, parent)),
        (Some(_), None) => found.extend(by_owner(user, facts.owner.as_ref())),
        (None, _) => {
            found.extend(by_owner(user, facts.owner.as_ref()));
            found.extend(by_rules(object, rules, facts));
            found.extend(by_shares(user, facts));
        }
    }
    found
}

fn for_all(user: &UserContext, object: &Object) -> Option<Reason> {
    let level = user.level_for_all(object);
    let cause = match (level, object.sharing) {
        (AccessLevel::None, _) => return None,
        (AccessLevel::Full, _) => Cause::ModifyAll,
        (AccessLevel::Edit, default) => Cause::Default(default),
        (AccessLevel::Read, SharingDefault::PublicRead) => {
            Cause::Default(SharingDefault::PublicRead)
        }
        (AccessLevel::Read, _) => Cause::ViewAll,
    };
    Some(Reason { level, cause })
}

fn by_owner(user: &UserContext, owner: Option<&RecordId>) -> Option<Reason> {
    let owner = owner?;
    let cause = if user.user.as_ref() == Some(owner) {
        Cause::Owner
    } else if user.reach.queues.contains(owner) {
        Cause::Queue(owner.clone())
    } else if user.reach.subordinates.contains(owner) {
        Cause::OwnerBelow(owner.clone())
    } else {
        return None;
    };
    let level = AccessLevel::Full;
    Some(Reason { level, cause })
}

fn by_rules(object: &Object, rules: &[RuleFact], facts: &RecordFacts) -> Vec<Reason> {
    let rules = rules.iter().filter(|rule| {
        object.name.as_str().eq_ignore_ascii_case(&rule.object)
            && match &rule.which {
                Which::OwnedBy(owners) => owns(owners, facts.owner.as_ref()),
                Which::Criteria(criteria) => all_hold(object, criteria, &facts.values),
            }
    });
    rules
        .map(|rule| Reason {
            level: rule.level,
            cause: Cause::Rule(rule.label.clone(), rule.grantee.clone()),
        })
        .collect()
}

fn owns(owners: &BTreeSet<RecordId>, owner: Option<&RecordId>) -> bool {
    owner.is_some_and(|owner| owners.contains(owner))
}

fn by_shares(user: &UserContext, facts: &RecordFacts) -> Vec<Reason> {
    let shares = facts.shares.iter();
    let reaching = shares.filter(|share| user.reach.grantees.contains(&share.grantee));
    reaching
        .map(|share| Reason {
            level: share.level.min(AccessLevel::Edit),
            cause: Cause::Share(share.grantee.clone(), share.cause.clone()),
        })
        .collect()
}

/// Who reads the whole reads its parts; who changes the whole changes and deletes them.
fn by_parent(user: &UserContext, rules: &[RuleFact], parent: &ParentFacts) -> Option<Reason> {
    let level = match widest(&reasons(user, &parent.object, rules, &parent.facts)) {
        AccessLevel::None => return None,
        AccessLevel::Read => AccessLevel::Read,
        AccessLevel::Edit | AccessLevel::Full => AccessLevel::Full,
    };
    let cause = Cause::Parent(parent.id.clone());
    Some(Reason { level, cause })
}

/// A rule without conditions, or with one that cannot be said of its field, shares nothing.
fn all_hold(object: &Object, criteria: &[Criterion], values: &Fields) -> bool {
    !criteria.is_empty() && criteria.iter().all(|c| holds(object, c, values))
}

fn holds(object: &Object, criterion: &Criterion, values: &Fields) -> bool {
    let Some(field) = object.field(criterion.field.as_str()) else {
        return false;
    };
    let Some(wanted) = criterion_value(field, criterion) else {
        return false;
    };
    let value = values.get(&field.name).unwrap_or(&Value::Null);
    let (value, wanted) = (folded(value), folded(&wanted));
    match (criterion.comparison, &value, &wanted) {
        (Comparison::Equals, value, wanted) => value == wanted,
        (Comparison::NotEquals, value, wanted) => value != wanted,
        (Comparison::Contains, Value::Text(value), Value::Text(wanted)) => value.contains(wanted),
        (Comparison::StartsWith, Value::Text(value), Value::Text(wanted)) => {
            value.starts_with(wanted)
        }
        (Comparison::Contains | Comparison::StartsWith, ..) => false,
    }
}

/// Texts are compared in any case of their letters; an empty box is one that is off.
fn folded(value: &Value) -> Value {
    match value {
        Value::Text(text) => Value::Text(fold(text)),
        other => other.clone(),
    }
}
