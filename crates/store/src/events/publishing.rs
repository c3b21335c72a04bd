//! Which objects publish their changes: the org's setting for Change Data Capture.

use std::sync::Arc;

use offhook_org::events::Publishing;

use crate::Store;
use crate::accounts::to_json;
use crate::database::{Database, DbError, Statement};
use crate::error::StoreError;

/// Its row in `org_setting`.
const NAME: &str = "change_data_capture";

/// What an org starts with: calls and other activities are what integrations follow first.
const FIRST: &str = "Task";

/// Most objects that may publish.
pub const PUBLISHING_MAX: usize = 100;

impl Store {
    /// The objects whose changes are published.
    pub fn publishing(&self) -> Arc<Publishing> {
        let held = self.inner.publishing.read();
        held.map_or_else(
            |poisoned| poisoned.into_inner().clone(),
            |held| held.clone(),
        )
    }

    /// Sets the objects whose changes are published from now on. Names that the schema does not
    /// know, and more than [`PUBLISHING_MAX`] of them, are refused.
    pub async fn put_publishing(&self, objects: &[String]) -> Result<(), StoreError> {
        if objects.len() > PUBLISHING_MAX {
            return Err(StoreError::BadQuery(format!(
                "at most {PUBLISHING_MAX} objects may publish their changes"
            )));
        }
        let mut names = Vec::with_capacity(objects.len());
        let schema = self.schema();
        for name in objects {
            let object = schema.object(name).ok_or_else(|| {
                StoreError::BadQuery(format!("there is no object {name} that could publish"))
            })?;
            names.push(object.name.as_str().to_owned());
        }
        let put = Statement::new(
            "INSERT INTO org_setting (name, body) VALUES ($1, $2)
             ON CONFLICT (name) DO UPDATE SET body = excluded.body",
        )
        .with(NAME)
        .with(to_json(&names)?);
        self.database().write(&put).await?;
        let publishing = Arc::new(Publishing::new(names));
        match self.inner.publishing.write() {
            Ok(mut held) => *held = publishing,
            Err(poisoned) => *poisoned.into_inner() = publishing,
        }
        Ok(())
    }
}

/// What publishes when the store is opened.
pub(super) async fn read(database: &Database) -> Result<Publishing, DbError> {
    let statement = Statement::new("SELECT body FROM org_setting WHERE name = $1").with(NAME);
    let names: Vec<String> = match database.read_one(&statement).await? {
        Some(row) => row.json(0)?,
        None => vec![FIRST.to_owned()],
    };
    Ok(Publishing::new(names))
}
