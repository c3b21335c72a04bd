//! The provider's view of a CRM, and the outbox worker that brings call logs into it. One log at
//! a time, oldest first; what the CRM refuses is parked where an admin sees it, what fails for
//! another reason is tried again, ever more slowly, and never dropped.

mod org;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use offhook_calls::{Input, LogEntry, LogKey};
use offhook_store::Store;
use offhook_store::calls::OutboxRow;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

/// Logs taken from the outbox at once.
const LOGS_AT_ONCE: u32 = 50;
/// The outbox is looked into this often even when nobody says that something is there.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// The pause after a first failure, and the longest there is.
const PAUSE_FIRST_MS: i64 = 1_000;
const PAUSE_MAX_MS: i64 = 5 * 60 * 1_000;

/// A CRM that call logs go to.
#[derive(Clone)]
pub(crate) enum Crm {
    /// Ours, in this process.
    Org(org::OrgCrm),
}

/// Why a log is not in the CRM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotLogged {
    /// Its rules refuse it; trying again would not help.
    Refused(String),
    /// It could not be asked; trying again may help.
    Later(String),
}

impl Crm {
    /// Our own org.
    pub(crate) fn org(store: Store) -> Self {
        Self::Org(org::OrgCrm::new(store))
    }

    /// Writes the log; the id of its Task.
    async fn log(&self, entry: &LogEntry) -> Result<String, NotLogged> {
        match self {
            Self::Org(org) => org.log(entry).await,
        }
    }
}

/// The outbox worker.
pub(crate) struct Outbox {
    pub(crate) crm: Crm,
    pub(crate) store: Store,
    /// Says that something was put into the outbox.
    pub(crate) wake: Arc<Notify>,
    /// Where the switchboard hears of logs.
    pub(crate) inbox: mpsc::UnboundedSender<Input>,
}

impl Outbox {
    /// Works until `stop`; what is due at that moment is still tried once.
    pub(crate) async fn serve(self, stop: CancellationToken) {
        loop {
            let more = self.work().await;
            if stop.is_cancelled() {
                return;
            }
            if more {
                continue;
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.wake.notified() => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
    }

    /// Logs what is due. True when there may be more.
    async fn work(&self) -> bool {
        let due = match self.store.due_logs(now_ms(), LOGS_AT_ONCE).await {
            Ok(due) => due,
            Err(error) => {
                tracing::warn!(%error, "the outbox of call logs cannot be read; trying again");
                return false;
            }
        };
        let full = due.len() >= LOGS_AT_ONCE as usize;
        for row in due {
            self.log(row).await;
        }
        full
    }

    async fn log(&self, row: OutboxRow) {
        let key = row.entry.key.clone();
        let crm = self.crm.clone();
        let entry = row.entry;
        // A task of its own: a log that breaks something does not stop the others.
        let logging = tokio::spawn(async move { crm.log(&entry).await });
        let outcome = logging.await.unwrap_or_else(|error| {
            tracing::error!(call.id = %key.call, %error, "logging a call failed unexpectedly");
            Err(NotLogged::Later("an internal error; see the log".into()))
        });
        match outcome {
            Ok(task) => {
                tracing::info!(call.id = %key.call, task.id = task, "a call is logged");
                let LogKey { call, agent } = key;
                // The engine ends last.
                let _ = self.inbox.send(Input::Logged { call, agent, task });
            }
            Err(NotLogged::Refused(why)) => {
                let call = &key.call;
                tracing::warn!(call.id = %call, "a call log was refused and parked; see Setup");
                self.postpone(&key, &why, None).await;
            }
            Err(NotLogged::Later(why)) => {
                let next_ms = now_ms() + pause_ms(row.attempts);
                self.postpone(&key, &why, Some(next_ms)).await;
            }
        }
    }

    async fn postpone(&self, key: &LogKey, why: &str, next_ms: Option<i64>) {
        if let Err(error) = self.store.postpone_log(key, why, next_ms).await {
            // It stays due and is tried again at the next look.
            tracing::warn!(call.id = %key.call, %error, "a call log could not be put off");
        }
    }
}

/// Twice as long each time.
fn pause_ms(attempts: u32) -> i64 {
    let doubled = PAUSE_FIRST_MS
        .checked_shl(attempts.min(20))
        .unwrap_or(PAUSE_MAX_MS);
    doubled.min(PAUSE_MAX_MS)
}

fn now_ms() -> i64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_five_minutes_and_no_further() {
        let pauses: Vec<i64> = [0, 1, 2, 8, 9, 100].map(pause_ms).to_vec();
        assert_eq!(pauses, [1_000, 2_000, 4_000, 256_000, 300_000, 300_000]);
    }
}
