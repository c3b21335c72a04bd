//! Into the recycle bin and out of it.

use offhook_org::access::AccessLevel;
use offhook_org::record::Fields;
use offhook_org::schema::Object;

use super::changes::Kind;
use super::gate::{Draft, Gate};
use super::row::{BIN, SHELF};
use super::write::Written;
use crate::database::{DbError, Transaction};

impl Gate<'_> {
    /// Moves records to the bin: they are no longer found, and can be restored.
    pub(super) async fn delete_run(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        drafts: &mut [Draft],
    ) -> Result<(), DbError> {
        self.load(transaction, object, drafts, SHELF, AccessLevel::Full)
            .await?;
        self.move_run(transaction, object, drafts, BIN).await
    }

    /// Takes records out of the bin.
    pub(super) async fn undelete_run(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        drafts: &mut [Draft],
    ) -> Result<(), DbError> {
        self.load(transaction, object, drafts, BIN, AccessLevel::Full)
            .await?;
        self.move_run(transaction, object, drafts, SHELF).await
    }

    async fn move_run(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        drafts: &mut [Draft],
        place: bool,
    ) -> Result<(), DbError> {
        let mut changes = Vec::new();
        for draft in drafts.iter_mut() {
            self.check_delete(object, draft);
            if draft.is_refused() {
                continue;
            }
            let Some(before) = draft.before.take() else {
                continue;
            };
            self.store
                .move_row(transaction, self.user, object, &before, place)
                .await?;
            let id = before.id.clone();
            draft.written = Some(Written {
                id: id.clone(),
                created: false,
                event_uuid: None,
            });
            let change = match place {
                BIN => self.changed(object, id, Kind::Delete, before.fields, Fields::new()),
                SHELF => self.changed(object, id, Kind::Undelete, Fields::new(), before.fields),
            };
            changes.push(change);
        }
        self.note_changes(transaction, object, &changes).await
    }
}
