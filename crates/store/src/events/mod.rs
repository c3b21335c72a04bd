//! The log of events: changes of records and platform events, kept for 72 hours so that clients
//! can replay them.
//!
//! An event is handed to the transaction of the change that it tells of (`Transaction::tell`) and
//! numbered as the last thing before the commit: replay ids then ascend in the order of the
//! commits, on both engines, and a reader that has seen one will never be shown a lower one that
//! is new. After the commit everybody who waits is woken.

mod log;
mod publishing;
mod retention;
mod subscriber;
mod telling;

pub use publishing::PUBLISHING_MAX;
pub use retention::{KEPT_MS, KEPT_ROWS_MAX};
pub use subscriber::{Delivery, EventPage};

pub(crate) use log::{NewEvent, Told, append};
pub(crate) use telling::Telling;

use offhook_org::events::Publishing;
use tokio::sync::watch;

use crate::Store;
use crate::database::{Database, DbError};

/// The series in `serial` that replay ids come from.
const SERIES: &str = "event";

impl Store {
    /// The replay id of the newest committed event, 0 when there was none; changes after each
    /// commit that brought events.
    pub fn watch_events(&self) -> watch::Receiver<i64> {
        self.database().last_event().subscribe()
    }

    /// The replay id of the newest committed event.
    pub fn last_event(&self) -> i64 {
        *self.database().last_event().borrow()
    }
}

/// Reads where the log ends, and says which objects publish.
pub(crate) async fn start(database: &Database) -> Result<Publishing, DbError> {
    let last = match database.read_one(&log::last_replay()).await? {
        Some(row) => row.integer(0)?,
        None => 0,
    };
    database.last_event().send_replace(last);
    publishing::read(database).await
}
