//! What every change of a record leaves behind in the same transaction: field history, and
//! what change events are made from.

use std::collections::BTreeSet;

use offhook_org::record::Fields;
use offhook_org::schema::Object;
use offhook_org::{FieldName, ObjectName, RecordId, Value};

use super::gate::Gate;
use crate::database::{DbError, Transaction};

/// What happened to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Create,
    Update,
    Delete,
    Undelete,
}

/// A change that is written and will be committed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Changed {
    pub(crate) object: ObjectName,
    pub(crate) id: RecordId,
    pub(crate) kind: Kind,
    /// All fields before; empty of a record that was not there.
    pub(crate) before: Fields,
    /// All fields afterwards; empty of one that is gone.
    pub(crate) after: Fields,
    /// The fields that differ.
    pub(crate) fields: BTreeSet<FieldName>,
    /// Who did it; none for the system.
    pub(crate) user: Option<RecordId>,
    /// The door or client that wrote.
    pub(crate) client: String,
    /// When, in milliseconds since 1970.
    pub(crate) at_ms: i64,
}

impl Gate<'_> {
    pub(super) fn changed(
        &self,
        object: &Object,
        id: RecordId,
        kind: Kind,
        before: Fields,
        after: Fields,
    ) -> Changed {
        let names = before.keys().chain(after.keys());
        let value = |fields: &Fields, name| fields.get(name).cloned().unwrap_or(Value::Null);
        let fields = names
            .filter(|name| value(&before, name) != value(&after, name))
            .cloned()
            .collect();
        Changed {
            object: object.name.clone(),
            id,
            kind,
            fields,
            before,
            after,
            user: self.user.user.clone(),
            client: self.options.client.clone(),
            at_ms: self.now_ms,
        }
    }

    /// The one place that hears of every change of a record.
    pub(super) async fn note_changes(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        changes: &[Changed],
    ) -> Result<(), DbError> {
        // Field history hangs here.
        self.telling
            .changes(self.store, transaction, object, changes)
    }
}
