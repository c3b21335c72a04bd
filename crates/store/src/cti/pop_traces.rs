//! Why screen pops were as they were: the newest are kept.

use super::PopTrace;
use crate::Store;
use crate::accounts::to_json;
use crate::database::Statement;
use crate::error::StoreError;
use crate::serial;

/// Traces that are kept.
const TRACES_MAX: u32 = 1_000;

impl Store {
    /// Keeps a trace; the newest 1,000 are kept.
    pub async fn put_pop_trace(&self, trace: &PopTrace) -> Result<(), StoreError> {
        let mut transaction = self.database().begin().await?;
        let number = serial::take(&mut transaction, "pop_trace", 1).await?;
        let id = i64::try_from(number).unwrap_or(i64::MAX);
        let put = Statement::new("INSERT INTO pop_trace (id, body) VALUES ($1, $2)")
            .with(id)
            .with(to_json(trace)?);
        transaction.execute(&put).await?;
        let prune = Statement::new("DELETE FROM pop_trace WHERE id <= $1");
        transaction
            .execute(&prune.with(id - i64::from(TRACES_MAX)))
            .await?;
        Ok(transaction.commit().await?)
    }

    /// The newest traces.
    pub async fn pop_traces(&self, limit: u32) -> Result<Vec<PopTrace>, StoreError> {
        let newest = Statement::new("SELECT body FROM pop_trace ORDER BY id DESC LIMIT $1");
        let rows = self.database().read(&newest.with(limit)).await?;
        rows.iter().map(|row| Ok(row.json(0)?)).collect()
    }
}
