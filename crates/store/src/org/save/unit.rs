//! Several requests in one transaction, each resting on what those before it wrote: composites
//! and trees.

use offhook_org::UserContext;
use offhook_org::save::SaveError;

use super::{Outcome, Write, WriteOptions};
use crate::Store;
use crate::database::Transaction;
use crate::error::StoreError;

/// A transaction that takes writes until it is committed. Dropped, it leaves nothing behind. It
/// holds the one writer of SQLite: nothing else is written before it ends, so whoever has it
/// must not wait for another write of the store.
pub struct WriteUnit {
    store: Store,
    transaction: Transaction,
}

impl Store {
    /// Begins a unit of writes.
    pub async fn begin_writes(&self) -> Result<WriteUnit, StoreError> {
        Ok(WriteUnit {
            store: self.clone(),
            transaction: self.database().begin().await?,
        })
    }
}

impl WriteUnit {
    /// [`Store::write`] as a part of the unit, which stays usable whatever is refused.
    pub async fn write(
        &mut self,
        user: &UserContext,
        writes: &[Write],
        options: &WriteOptions,
    ) -> Result<Vec<Outcome>, StoreError> {
        let mut outcomes = self
            .store
            .write_in(&mut self.transaction, user, writes, options)
            .await?;
        for errors in outcomes.iter_mut().filter_map(|o| o.as_mut().err()) {
            SaveError::join_required(errors);
        }
        Ok(outcomes)
    }

    /// Keeps everything that was written.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit().await?)
    }
}
