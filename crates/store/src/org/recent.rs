//! What a user looked at last.

use offhook_org::soql::plan::Visit;
use offhook_org::{ObjectName, Record, RecordId, UserContext};

use crate::Store;
use crate::database::Statement;
use crate::error::StoreError;

/// Records that are remembered for each user.
const REMEMBERED_MAX: u32 = 200;

impl Store {
    /// Notes that the user looked at a record.
    pub async fn note_viewed(&self, user: &UserContext, id: &RecordId) -> Result<(), StoreError> {
        let ids = std::slice::from_ref(id);
        self.note_seen(user, ids, Visit::View).await
    }

    /// Notes that the user looked at records, or referred to them; the last of them is the
    /// newest.
    pub(crate) async fn note_seen(
        &self,
        user: &UserContext,
        ids: &[RecordId],
        visit: Visit,
    ) -> Result<(), StoreError> {
        let schema = self.schema();
        let known = ids
            .iter()
            .filter_map(|id| Some((id, schema.object_of(id)?)));
        let known: Vec<(&RecordId, &str)> = known
            .map(|(id, object)| (id, object.name.as_str()))
            .collect();
        let Some(viewer) = user.user.as_ref().filter(|_| !known.is_empty()) else {
            return Ok(());
        };
        let (table, column) = match visit {
            Visit::View => ("recent_view", "viewed_at_ms"),
            Visit::Reference => ("recent_reference", "referenced_at_ms"),
        };
        let mut transaction = self.database().begin().await?;
        let last = format!("SELECT max({column}) FROM {table} WHERE user_id = $1");
        let last = Statement::new(last).with(viewer);
        let last_ms = match transaction.fetch_one(&last).await? {
            Some(row) if !row.is_null(0) => row.integer(0)?,
            _ => 0,
        };
        // Two looks within a millisecond still have an order.
        let times = crate::now_ms().max(last_ms + 1)..;
        for (at_ms, (id, object)) in times.zip(known) {
            let note = Statement::new(format!(
                "INSERT INTO {table} (user_id, record, object, {column})
                 VALUES ($1, $2, $3, $4)
                 ON CONFLICT (user_id, record) DO UPDATE SET {column} = excluded.{column}"
            ));
            let note = note.with(viewer).with(id).with(object).with(at_ms);
            transaction.execute(&note).await?;
        }
        let forget = Statement::new(format!(
            "DELETE FROM {table} WHERE user_id = $1 AND {column} < (
                 SELECT {column} FROM {table} WHERE user_id = $1
                 ORDER BY {column} DESC LIMIT 1 OFFSET $2
             )"
        ));
        let forget = forget.with(viewer).with(REMEMBERED_MAX);
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
