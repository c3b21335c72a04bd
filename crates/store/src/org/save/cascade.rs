//! What a deletion takes along: records that belong to the deleted one, by the delete rules of
//! their references; links that are cut; and records that forbid it.

use std::collections::{BTreeMap, BTreeSet};

use offhook_org::save::{SaveError, SaveErrorCode};
use offhook_org::schema::{DeleteRule, Field, Object, ObjectKind};
use offhook_org::{Record, RecordId};

use super::gate::{Draft, Gate, IDS_MAX};
use crate::database::{DbError, Statement, Transaction};
use crate::tables;

/// Records that one request may take along.
const FALL_MAX: usize = 100_000;

/// Records that are named in a refusal.
const NAMED_MAX: usize = 5;

/// A record that goes into the bin.
pub(super) struct Fallen {
    /// The record whose deletion takes it.
    pub(super) root: RecordId,
    pub(super) record: Record,
}

/// A link that is cut.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cut {
    /// Where the record with the link lies.
    pub(super) object: String,
    pub(super) field: String,
    pub(super) record: RecordId,
    pub(super) target: RecordId,
    /// The record whose deletion cuts it.
    pub(super) root: RecordId,
}

/// All that some deletions bring about.
#[derive(Default)]
pub(super) struct Fall {
    /// By object, in the order in which they were found.
    pub(super) fallen: BTreeMap<String, Vec<Fallen>>,
    pub(super) cuts: Vec<Cut>,
    /// Records that forbid the deletion of a root.
    forbids: Vec<(RecordId, RecordId)>,
    known: BTreeSet<RecordId>,
}

impl Fall {
    fn take(&mut self, object: &Object, fallen: Fallen) {
        if self.known.insert(fallen.record.id.clone()) {
            let name = object.name.to_string();
            self.fallen.entry(name).or_default().push(fallen);
        }
    }

    /// Leaves out what a refused root would have taken.
    fn without(&mut self, refused: &BTreeSet<RecordId>) {
        for fallen in self.fallen.values_mut() {
            fallen.retain(|f| !refused.contains(&f.root));
        }
        let gone: BTreeSet<&RecordId> = self
            .fallen
            .values()
            .flatten()
            .map(|fallen| &fallen.record.id)
            .collect();
        // What falls itself keeps its links.
        self.cuts
            .retain(|cut| !refused.contains(&cut.root) && !gone.contains(&cut.record));
        self.cuts.sort();
        self.cuts.dedup();
    }
}

impl Gate<'_> {
    /// Everything that goes with the loaded records of the drafts. Drafts whose record must not
    /// go are refused.
    pub(super) async fn fall(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        drafts: &mut [Draft],
    ) -> Result<Fall, DbError> {
        let mut fall = Fall::default();
        let mut edge: Vec<(RecordId, RecordId)> = Vec::new();
        for draft in drafts.iter_mut().filter(|d| !d.is_refused()) {
            if let Some(record) = draft.before.take() {
                let root = record.id.clone();
                edge.push((root.clone(), root.clone()));
                fall.take(object, Fallen { root, record });
            }
        }
        while !edge.is_empty() && fall.known.len() <= FALL_MAX {
            edge = self.below(transaction, &mut fall, edge).await?;
        }
        let is_too_large = fall.known.len() > FALL_MAX;
        let mut refused = BTreeSet::new();
        for draft in drafts.iter_mut().filter(|d| !d.is_refused()) {
            let Some(id) = draft.target.record().cloned() else {
                continue;
            };
            let forbidding = fall.forbids.iter().filter(|(root, _)| *root == id);
            let forbidding = forbidding.map(|(_, record)| record);
            let forbidding: BTreeSet<&RecordId> =
                forbidding.filter(|r| !fall.known.contains(*r)).collect();
            if is_too_large {
                draft.refuse(too_large());
            } else if !forbidding.is_empty() {
                draft.refuse(self.forbidden(object, &id, &forbidding));
            } else {
                continue;
            }
            refused.insert(id);
        }
        fall.without(&refused);
        Ok(fall)
    }

    /// One step down: what points to the records at the edge, each with its root.
    async fn below(
        &self,
        transaction: &mut Transaction,
        fall: &mut Fall,
        edge: Vec<(RecordId, RecordId)>,
    ) -> Result<Vec<(RecordId, RecordId)>, DbError> {
        let roots: BTreeMap<RecordId, RecordId> = edge.into_iter().collect();
        let mut by_object: BTreeMap<&str, Vec<&RecordId>> = BTreeMap::new();
        for id in roots.keys() {
            by_object.entry(id.key_prefix()).or_default().push(id);
        }
        let mut next = Vec::new();
        for ids in by_object.into_values() {
            let Some(object) = ids.first().and_then(|id| self.schema.object_of(id)) else {
                continue;
            };
            for (child, field) in links_to(&self.schema, object) {
                let found = self.pointing(transaction, child, field, &ids).await?;
                let is_new = |id: &RecordId| !fall.known.contains(id);
                let taken: Vec<RecordId> = match field.delete_rule {
                    DeleteRule::Cascade => {
                        let ids = found.iter().map(|(id, _)| id.clone());
                        ids.filter(is_new).collect()
                    }
                    _ => Vec::new(),
                };
                let lock = self.store.database().dialect().for_update();
                let mut records = self.locked(transaction, child, &taken, lock).await?;
                for (id, target) in found {
                    let root = roots.get(&target).cloned().unwrap_or(target.clone());
                    match field.delete_rule {
                        DeleteRule::Restrict => fall.forbids.push((root, id)),
                        DeleteRule::SetNull => fall.cuts.push(Cut {
                            object: child.name.to_string(),
                            field: field.name.to_string(),
                            record: id,
                            target,
                            root,
                        }),
                        DeleteRule::Cascade => {
                            if let Some((record, _)) = records.remove(&id) {
                                next.push((id, root.clone()));
                                fall.take(child, Fallen { root, record });
                            }
                        }
                    }
                }
                if fall.known.len() > FALL_MAX {
                    return Ok(Vec::new());
                }
            }
        }
        Ok(next)
    }

    /// The records that lie on the shelf and point to these through this field, held: what
    /// pointed elsewhere or lay in the bin once its turn came is not among them.
    async fn pointing(
        &self,
        transaction: &mut Transaction,
        child: &Object,
        field: &Field,
        ids: &[&RecordId],
    ) -> Result<Vec<(RecordId, RecordId)>, DbError> {
        let (table, column) = (tables::table(child), tables::column(field));
        let mut found = Vec::new();
        for ids in ids.chunks(IDS_MAX) {
            let select = format!("SELECT id, {column} FROM {table} WHERE {column} IN ");
            let mut statement = Statement::new(select);
            statement.arg_list(ids.iter().map(|id| (*id).into()));
            statement.push(" AND NOT is_deleted ORDER BY id LIMIT ");
            statement.arg(i64::try_from(FALL_MAX).unwrap_or(i64::MAX) + 1);
            statement.push(self.store.database().dialect().for_change());
            for row in transaction.fetch(&statement).await? {
                found.push((row.record_id(0)?, row.record_id(1)?));
            }
        }
        Ok(found)
    }

    fn forbidden(
        &self,
        object: &Object,
        id: &RecordId,
        forbidding: &BTreeSet<&RecordId>,
    ) -> SaveError {
        let first = forbidding.iter().next();
        let what = first.and_then(|record| self.schema.object_of(record));
        let what = what.map_or("records", |o| o.plural_label.as_str());
        let named: Vec<&str> = (forbidding.iter().take(NAMED_MAX))
            .map(|record| record.as_str())
            .collect();
        let words = format!(
            "Your attempt to delete {id} could not be completed because it is associated with \
             the following {}: {}. Delete those first, or point them to another {}",
            what.to_lowercase(),
            named.join(", "),
            object.label.to_lowercase()
        );
        let mut error = SaveError::new(SaveErrorCode::DeleteFailed, words, Vec::new());
        error.records = forbidding.iter().map(|id| (*id).clone()).collect();
        error
    }
}

/// The references by which records hang on those of the object. Who made or changed a record is
/// no such link, nor are rows about a record: those stay with it.
pub(super) fn links_to<'s>(
    schema: &'s offhook_org::Schema,
    object: &'s Object,
) -> impl Iterator<Item = (&'s Object, &'s Field)> {
    let is_record = |child: &Object| {
        !matches!(
            child.kind,
            ObjectKind::History | ObjectKind::Share | ObjectKind::Event | ObjectKind::View
        )
    };
    let audits = ["CreatedById", "LastModifiedById"];
    schema
        .child_relationships(object)
        .map(|link| (link.object, link.field))
        .filter(move |(child, field)| {
            is_record(child) && field.has_column() && !audits.contains(&field.name.as_str())
        })
}

fn too_large() -> SaveError {
    let words = format!(
        "the deletion would take more than {FALL_MAX} records along. Delete those that hang on \
         it in parts first"
    );
    SaveError::new(SaveErrorCode::DeleteOperationTooLarge, words, Vec::new())
}
