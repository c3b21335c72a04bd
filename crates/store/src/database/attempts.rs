//! Work that is done again from its beginning, when two transactions waited for each other and
//! the database ended this one: the asker is not to know of it. The second time it has the
//! database for itself, so that it gets through.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};
use tokio::time::timeout;

use super::DbError;
use crate::error::{SaveFailure, StoreError};

/// So often the same work is begun at most. One that has the database for itself meets no
/// deadlock; more than two come of others that hold it for so long that nobody has it alone.
const ATTEMPTS_MAX: u32 = 6;

/// So long an attempt waits to have the database for itself, in milliseconds; others wait behind
/// it. Longer ones are changes of the schema, and loads.
const ALONE_WAIT: Duration = Duration::from_secs(3);

/// The attempts at one piece of work.
#[derive(Debug, Default)]
pub(crate) struct Attempts(u32);

/// An error that may say that the transaction was ended because of a deadlock.
pub(crate) trait MayBeDeadlock {
    fn is_deadlock(&self) -> bool;
}

impl MayBeDeadlock for DbError {
    fn is_deadlock(&self) -> bool {
        matches!(self, Self::Deadlock(_))
    }
}

impl MayBeDeadlock for StoreError {
    fn is_deadlock(&self) -> bool {
        matches!(self, Self::Deadlock(_))
    }
}

impl MayBeDeadlock for SaveFailure {
    fn is_deadlock(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_deadlock())
    }
}

impl Attempts {
    /// Is the work that failed so to be done again?
    pub(crate) fn again(&mut self, error: &impl MayBeDeadlock) -> bool {
        let again = error.is_deadlock() && self.0 + 1 < ATTEMPTS_MAX;
        self.0 += u32::from(again);
        again
    }

    /// The turn of the next transaction: with others at first, alone after a deadlock.
    pub(super) async fn turn(&self, turns: &Arc<RwLock<()>>) -> Turn {
        self.turn_within(turns, ALONE_WAIT).await
    }

    async fn turn_within(&self, turns: &Arc<RwLock<()>>, wait: Duration) -> Turn {
        if self.0 > 0
            && let Ok(alone) = timeout(wait, turns.clone().write_owned()).await
        {
            return Turn::Alone(alone);
        }
        Turn::Shared(turns.clone().read_owned().await)
    }
}

/// Kept until the transaction ends.
#[expect(dead_code, reason = "what is kept is kept to be dropped")]
pub(super) enum Turn {
    Shared(OwnedRwLockReadGuard<()>),
    Alone(OwnedRwLockWriteGuard<()>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_deadlock_is_tried_again_but_not_for_ever_and_nothing_else_is() {
        let mut attempts = Attempts::default();
        let deadlock = DbError::Deadlock(String::new());
        let mut again = 0;
        while attempts.again(&deadlock) {
            again += 1;
        }
        assert_eq!(again, ATTEMPTS_MAX - 1);
        let mut attempts = Attempts::default();
        let full = StoreError::Full(String::new());
        assert!(!attempts.again(&full));
    }

    #[tokio::test]
    async fn after_a_deadlock_the_work_is_alone_unless_somebody_holds_on_for_too_long() {
        let turns = Arc::new(RwLock::new(()));
        let mut attempts = Attempts::default();
        let first = attempts.turn(&turns).await;
        assert!(matches!(first, Turn::Shared(_)));
        assert!(attempts.again(&DbError::Deadlock(String::new())));
        // The other one does not end.
        let short = Duration::from_millis(5);
        let second = attempts.turn_within(&turns, short).await;
        assert!(matches!(second, Turn::Shared(_)));
        drop(second);
        drop(first);
        let alone = attempts.turn(&turns).await;
        assert!(matches!(alone, Turn::Alone(_)));
        assert!(turns.try_read().is_err());
    }
}
