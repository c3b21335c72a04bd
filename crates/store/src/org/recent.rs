//! What a user looked at last.

use offhook_org::{ObjectName, Record, RecordId, UserContext};

use crate::Store;
use crate::database::Statement;
use crate::error::StoreError;

/// Records that are remembered for each user.
const REMEMBERED_MAX: u32 = 200;

impl Store {
    /// Notes that the user looked at a record.
    pub async fn note_viewed(&self, user: &UserContext, id: &RecordId) -> Result<(), StoreError> {
        let (Some(viewer), Some(object)) = (&user.user, self.schema().object_of(id).cloned())
        else {
            return Ok(());
        };
        let mut transaction = self.database().begin().await?;
        let last = Statement::new("SELECT max(viewed_at_ms) FROM recent_view WHERE user_id = $1");
        let last = transaction.fetch_one(&last.with(viewer)).await?;
        let last_ms = match last {
            Some(row) if !row.is_null(0) => row.integer(0)?,
            _ => 0,
        };
        let note = Statement::new(
            "INSERT INTO recent_view (user_id, record, object, viewed_at_ms)
             VALUES ($1, $2, $3, $4)
             ON CONFLICT (user_id, record) DO UPDATE SET viewed_at_ms = excluded.viewed_at_ms",
        )
        .with(viewer)
        .with(id)
        .with(object.name.as_str())
        // Two looks within a millisecond still have an order.
        .with(crate::now_ms().max(last_ms + 1));
        let forget = Statement::new(
            "DELETE FROM recent_view WHERE user_id = $1 AND viewed_at_ms < (
                 SELECT viewed_at_ms FROM recent_view WHERE user_id = $1
                 ORDER BY viewed_at_ms DESC LIMIT 1 OFFSET $2
             )",
        )
        .with(viewer)
        .with(REMEMBERED_MAX);
        transaction.execute(&note).await?;
        transaction.execute(&forget).await?;
        Ok(transaction.commit().await?)
    }

    /// What the user looked at last, newest first; of one object where one is given.
    pub async fn recently_viewed(
        &self,
        user: &UserContext,
        object: Option<&ObjectName>,
        limit: u32,
    ) -> Result<Vec<Record>, StoreError> {
        let Some(viewer) = &user.user else {
            return Ok(Vec::new());
        };
        let statement = Statement::new(
            "SELECT record, object FROM recent_view WHERE user_id = $1
             ORDER BY viewed_at_ms DESC, record LIMIT $2",
        )
        .with(viewer)
        .with(REMEMBERED_MAX);
        let mut ids = Vec::new();
        for row in self.database().read(&statement).await? {
            let wanted = object.map(ObjectName::as_str);
            if wanted.is_none_or(|wanted| row.text(1).is_ok_and(|o| o.eq_ignore_ascii_case(wanted)))
            {
                ids.push(row.record_id(0)?);
            }
        }
        let mut records = self.records(user, &ids).await?;
        let records = ids.iter().filter_map(|id| records.remove(id));
        Ok(records.take(limit as usize).collect())
    }
}
