//! The outbox: logs that are due, were put off, or wait for an admin.

use offhook_calls::{LogEntry, LogKey};

use super::OutboxRow;
use crate::Store;
use crate::database::Statement;
use crate::error::StoreError;

impl Store {
    /// Logs in the outbox that are due, oldest first.
    pub async fn due_logs(&self, now_ms: i64, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
        let due = Statement::new(
            "SELECT body, attempts FROM outbox WHERE state = 'due' AND next_ms <= $1
             ORDER BY next_ms, log_key LIMIT $2",
        )
        .with(now_ms)
        .with(limit);
        let rows = self.database().read(&due).await?;
        let rows = rows.iter().map(|row| {
            Ok(OutboxRow {
                entry: row.json(0)?,
                attempts: u32::try_from(row.integer(1)?).unwrap_or(u32::MAX),
            })
        });
        rows.collect()
    }

    /// The log was refused or the database was busy: try again at this time, or park it (`None`)
    /// where an admin sees it.
    pub async fn postpone_log(
        &self,
        key: &LogKey,
        why: &str,
        next_ms: Option<i64>,
    ) -> Result<(), StoreError> {
        let postpone = Statement::new(
            "UPDATE outbox SET state = $2, next_ms = $3, last_error = $4, attempts = attempts + 1
             WHERE log_key = $1 AND state <> 'done'",
        )
        .with(key.to_string())
        .with(next_ms.map_or("parked", |_| "due"))
        .with(next_ms.unwrap_or_default())
        .with(why);
        self.database().write(&postpone).await?;
        Ok(())
    }

    /// Logs that are parked, with the reason.
    pub async fn parked_logs(&self) -> Result<Vec<(LogEntry, String)>, StoreError> {
        let parked = Statement::new(
            "SELECT body, last_error FROM outbox WHERE state = 'parked' ORDER BY log_key",
        );
        let rows = self.database().read(&parked).await?;
        let rows = rows
            .iter()
            .map(|row| Ok((row.json(0)?, row.text(1)?.to_owned())));
        rows.collect()
    }

    /// Puts a parked log back to be tried at once.
    pub async fn resend_log(&self, key: &LogKey) -> Result<(), StoreError> {
        let resend = Statement::new(
            "UPDATE outbox SET state = 'due', next_ms = 0 WHERE log_key = $1 AND state = 'parked'",
        )
        .with(key.to_string());
        self.database().write(&resend).await?;
        Ok(())
    }
}
