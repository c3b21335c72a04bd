//! What is read once and kept until it changes. Whoever changes it says so after the commit; what
//! was read before that is then read anew, also by those who were reading in the meantime.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Mutex;

use crate::error::StoreError;

/// A value that was read when the generation was this.
type Kept<T> = Option<(u64, Arc<T>)>;

pub(super) struct Cached<T> {
    generation: AtomicU64,
    kept: Mutex<Kept<T>>,
}

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self {
            generation: AtomicU64::new(0),
            kept: Mutex::new(None),
        }
    }
}

impl<T> Cached<T> {
    /// What was read is out of date.
    pub(super) fn forget(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
    }

    /// The value with its generation. One reads, others wait for it.
    pub(super) async fn get(
        &self,
        load: impl AsyncFnOnce() -> Result<T, StoreError>,
    ) -> Result<(u64, Arc<T>), StoreError> {
        let mut kept = self.kept.lock().await;
        // Taken before anything is read: a change while it is read makes it old at once.
        let generation = self.generation.load(Ordering::SeqCst);
        if let Some((of, value)) = kept.as_ref()
            && *of == generation
        {
            return Ok((generation, value.clone()));
        }
        let value = Arc::new(load().await?);
        *kept = Some((generation, value.clone()));
        Ok((generation, value))
    }
}
