//! Several requests in one transaction, each resting on what those before it wrote: composites
//! and trees.

use std::collections::BTreeSet;

use offhook_org::UserContext;
use offhook_org::save::SaveError;
use tokio::sync::Mutex;

use super::{Outcome, Write, WriteOptions};
use crate::Store;
use crate::database::Transaction;
use crate::error::StoreError;
use crate::org::query::{QueryFailure, QueryOptions, QueryPage};

/// A transaction that takes writes until it is committed. Dropped, it leaves nothing behind. It
/// holds the one writer of SQLite: nothing else is written before it ends, so whoever has it
/// must not wait for another write of the store.
pub struct WriteUnit {
    store: Store,
    transaction: Mutex<Transaction>,
    /// Names of the objects that were written to.
    objects: BTreeSet<String>,
}

impl Store {
    /// Begins a unit of writes.
    pub async fn begin_writes(&self) -> Result<WriteUnit, StoreError> {
        Ok(WriteUnit {
            store: self.clone(),
            transaction: Mutex::new(self.database().begin().await?),
            objects: BTreeSet::new(),
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
        self.objects.extend(self.store.objects_of(writes));
        let transaction = self.transaction.get_mut();
        let writing = self.store.write_in(transaction, user, writes, options);
        let mut outcomes = writing.await?;
        for errors in outcomes.iter_mut().filter_map(|o| o.as_mut().err()) {
            SaveError::join_required(errors);
        }
        Ok(outcomes)
    }

    /// [`Store::query`] that sees what the unit has written. It notes no visits, and has less
    /// time, since nobody else can write meanwhile.
    pub async fn query(
        &self,
        user: &UserContext,
        soql: &str,
        options: QueryOptions,
    ) -> Result<QueryPage, QueryFailure> {
        let store = &self.store;
        store
            .query_within(&self.transaction, user, soql, options)
            .await
    }

    /// Keeps everything that was written.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.transaction.into_inner().commit().await?;
        for object in &self.objects {
            self.store.rights_changed(object);
        }
        Ok(())
    }
}
