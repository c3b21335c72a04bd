//! Softphone layouts: by name, one of them the default.

use offhook_org::UserContext;
use offhook_org::cti::SoftphoneLayout;

use super::{CallCenterError, may_manage};
use crate::Store;
use crate::accounts::to_json;
use crate::database::{DbError, Row, Statement};
use crate::error::StoreError;

impl Store {
    /// The layout of a profile, or the default; of an org without layouts, the standard one.
    /// Layouts are not assigned to single profiles, so all profiles have the default.
    pub async fn softphone_layout(&self, profile: &str) -> Result<SoftphoneLayout, StoreError> {
        let _ = profile;
        let default = "SELECT body, is_default FROM softphone_layout WHERE is_default LIMIT 1";
        let row = self.database().read_one(&Statement::new(default)).await?;
        match row {
            Some(row) => Ok(layout(&row)?),
            None => Ok(SoftphoneLayout::standard()),
        }
    }

    /// Stores or replaces a layout by its name. A new default takes the place of the old one;
    /// the first layout of an org is its default whatever it says.
    pub async fn put_softphone_layout(
        &self,
        by: &UserContext,
        layout: &SoftphoneLayout,
    ) -> Result<(), CallCenterError> {
        may_manage(by)?;
        let mut transaction = self.database().begin().await?;
        if layout.is_default {
            let step_down = "UPDATE softphone_layout SET is_default = FALSE WHERE is_default";
            transaction.execute(&Statement::new(step_down)).await?;
        }
        let put = Statement::new(
            "INSERT INTO softphone_layout (name, is_default, body) VALUES ($1, $2, $3)
             ON CONFLICT (name) DO UPDATE SET
                 is_default = excluded.is_default, body = excluded.body",
        )
        .with(layout.name.as_str())
        .with(layout.is_default)
        .with(to_json(layout)?);
        transaction.execute(&put).await?;
        let step_up = Statement::new(
            "UPDATE softphone_layout SET is_default = TRUE
             WHERE name = $1 AND NOT EXISTS (SELECT 1 FROM softphone_layout WHERE is_default)",
        );
        transaction
            .execute(&step_up.with(layout.name.as_str()))
            .await?;
        Ok(transaction.commit().await?)
    }

    /// All layouts by name.
    pub async fn softphone_layouts(&self) -> Result<Vec<SoftphoneLayout>, StoreError> {
        let all = "SELECT body, is_default FROM softphone_layout ORDER BY lower(name), name";
        let rows = self.database().read(&Statement::new(all)).await?;
        rows.iter().map(|row| Ok(layout(row)?)).collect()
    }
}

/// Which one is the default is said by the column.
fn layout(row: &Row) -> Result<SoftphoneLayout, DbError> {
    let mut layout: SoftphoneLayout = row.json(0)?;
    layout.is_default = row.boolean(1)?;
    Ok(layout)
}
