//! The rows of calls: written through the group commit, read by agents, Setup and a restart.

use offhook_calls::{AgentId, CallId, CallRecord};

use super::Durable;
use crate::Store;
use crate::database::{DbError, Row, Statement};
use crate::error::StoreError;

/// What a call's row is read from.
const COLUMNS: &str = "SELECT body, task FROM call";

impl Store {
    /// A call id that was never used: a ULID.
    pub fn new_call_id(&self) -> CallId {
        CallId::new(ulid::Ulid::generate().to_string())
    }

    /// Commits everything in one transaction. Safe to repeat.
    pub async fn commit(&self, batch: &[Durable]) -> Result<(), StoreError> {
        if batch.is_empty() {
            return Ok(());
        }
        self.inner.group_commit.commit(batch.to_vec()).await
    }

    /// Calls that are not closed, as a crashed process left them.
    pub async fn open_calls(&self) -> Result<Vec<CallRecord>, StoreError> {
        let open = format!("{COLUMNS} WHERE is_open ORDER BY started_at_ms, call_id");
        self.calls(&Statement::new(open)).await
    }

    /// An agent's last calls, newest first.
    pub async fn recent_calls(
        &self,
        agent: &AgentId,
        limit: u32,
    ) -> Result<Vec<CallRecord>, StoreError> {
        let recent = format!(
            "{COLUMNS} WHERE agent = $1 ORDER BY started_at_ms DESC, call_id DESC LIMIT $2"
        );
        let recent = Statement::new(recent).with(agent.as_str()).with(limit);
        self.calls(&recent).await
    }

    /// The newest calls of the org, for Setup.
    pub async fn latest_calls(&self, limit: u32) -> Result<Vec<CallRecord>, StoreError> {
        let latest = format!("{COLUMNS} ORDER BY started_at_ms DESC, call_id DESC LIMIT $1");
        self.calls(&Statement::new(latest).with(limit)).await
    }

    /// One call.
    pub async fn call(&self, call: &CallId) -> Result<Option<CallRecord>, StoreError> {
        let one = Statement::new(format!("{COLUMNS} WHERE call_id = $1")).with(call.as_str());
        Ok(self.calls(&one).await?.into_iter().next())
    }

    async fn calls(&self, statement: &Statement) -> Result<Vec<CallRecord>, StoreError> {
        let rows = self.database().read(statement).await?;
        rows.iter().map(|row| Ok(call_of(row)?)).collect()
    }
}

/// A saved log notes its Task in the row beside the switchboard's own words, so that neither
/// waits for the other.
fn call_of(row: &Row) -> Result<CallRecord, DbError> {
    let mut call: CallRecord = row.json(0)?;
    if call.task.is_none() {
        call.task = row.optional_text(1)?.map(ToOwned::to_owned);
    }
    Ok(call)
}
