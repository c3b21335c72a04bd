//! How long events are kept.

use std::collections::BTreeMap;

use crate::Store;
use crate::database::Statement;
use crate::error::StoreError;

/// Events older than this go: 72 hours.
pub const KEPT_MS: i64 = 72 * 60 * 60 * 1_000;

/// Events that are kept at most, however young.
pub const KEPT_ROWS_MAX: i64 = 2_000_000;

/// Events that go in one step, so that nobody waits long for the writer.
const STEP_ROWS: i64 = 500;

impl Store {
    /// One step of forgetting events that were kept long enough; says how many went. Call it
    /// again at once while it is not 0.
    pub async fn prune_events(&self, now_ms: i64) -> Result<u64, StoreError> {
        let oldest = Statement::new(
            "SELECT replay, object, is_change, created_at_ms FROM event_log
             ORDER BY replay LIMIT $1",
        )
        .with(STEP_ROWS);
        let keep_after = self.last_event() - KEPT_ROWS_MAX;
        let mut gone = BTreeMap::new();
        let mut last = None;
        for row in self.database().read(&oldest).await? {
            let replay = row.integer(0)?;
            if row.integer(3)? >= now_ms - KEPT_MS && replay > keep_after {
                break;
            }
            gone.insert((row.text(1)?.to_owned(), row.boolean(2)?), replay);
            last = Some(replay);
        }
        let Some(last) = last else {
            return Ok(0);
        };
        let mut transaction = self.database().begin().await?;
        for ((object, is_change), replay) in gone {
            let note = Statement::new(
                "INSERT INTO event_gone (object, is_change, replay) VALUES ($1, $2, $3)
                 ON CONFLICT (object, is_change) DO UPDATE SET replay = excluded.replay",
            );
            let note = note.with(object).with(is_change).with(replay);
            transaction.execute(&note).await?;
        }
        let delete = Statement::new("DELETE FROM event_log WHERE replay <= $1").with(last);
        let count = transaction.execute(&delete).await?;
        transaction.commit().await?;
        Ok(count)
    }
}
