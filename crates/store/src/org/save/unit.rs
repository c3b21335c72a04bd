//! Several requests in one transaction, each resting on what those before it wrote: composites
//! and trees.

use std::collections::BTreeSet;

use offhook_org::UserContext;
use offhook_org::save::SaveError;
use tokio::sync::Mutex;

use super::{Outcome, Write, WriteOptions};
use crate::Store;
use crate::database::{Attempts, DbError, MayBeDeadlock, Transaction};
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
    /// The attempts at these requests, and whether this one ended in a deadlock.
    attempts: Attempts,
    met_deadlock: bool,
}

impl Store {
    /// Begins a unit of writes.
    pub async fn begin_writes(&self) -> Result<WriteUnit, StoreError> {
        self.begin_unit(Attempts::default()).await
    }

    async fn begin_unit(&self, attempts: Attempts) -> Result<WriteUnit, StoreError> {
        let transaction = self.database().begin_attempt(&attempts).await?;
        Ok(WriteUnit {
            store: self.clone(),
            transaction: Mutex::new(transaction),
            objects: BTreeSet::new(),
            attempts,
            met_deadlock: false,
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
        let mut writes = writes.to_vec();
        let contents = self.store.take_contents(user, &mut writes).await?;
        let transaction = self.transaction.get_mut();
        let writing = self.store.write_in(transaction, user, &writes, options);
        let written = writing.await;
        self.store.forget_contents(&contents);
        let mut outcomes = match written {
            Ok(outcomes) => outcomes,
            Err(error) => {
                self.met_deadlock |= error.is_deadlock();
                return Err(error.into());
            }
        };
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

    /// After a request failed: the unit for another attempt, from the first request on, when
    /// that is worth it. What this one wrote is taken back.
    pub async fn begin_again(self) -> Result<Option<Self>, StoreError> {
        let (store, mut attempts) = (self.store, self.attempts);
        drop(self.transaction);
        let deadlock = DbError::Deadlock(String::new());
        if !self.met_deadlock || !attempts.again(&deadlock) {
            return Ok(None);
        }
        Ok(Some(store.begin_unit(attempts).await?))
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
