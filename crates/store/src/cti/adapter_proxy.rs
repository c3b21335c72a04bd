//! Which call centers have their adapter's page served through us, and the secret part of its
//! address: without it nobody could use us as a way to the vendor's server.

use offhook_org::{RecordId, UserContext};

use super::{CallCenterError, StoredCallCenter, may_manage};
use crate::Store;
use crate::database::Statement;
use crate::error::StoreError;
use crate::random;

impl Store {
    /// The secret part of the address, for a call center whose adapter is served through us.
    pub async fn adapter_proxy(&self, center: &RecordId) -> Result<Option<String>, StoreError> {
        let one = Statement::new("SELECT secret FROM adapter_proxy WHERE call_center_id = $1");
        let row = self.database().read_one(&one.with(center)).await?;
        Ok(row
            .map(|row| row.text(0).map(ToOwned::to_owned))
            .transpose()?)
    }

    /// The call center whose adapter this address is for.
    pub async fn proxied_call_center(
        &self,
        secret: &str,
    ) -> Result<Option<StoredCallCenter>, StoreError> {
        let one = Statement::new("SELECT call_center_id FROM adapter_proxy WHERE secret = $1");
        let row = self.database().read_one(&one.with(secret)).await?;
        match row {
            Some(row) => self.call_center(&row.record_id(0)?).await,
            None => Ok(None),
        }
    }

    /// Switches it on, under a new address, or off.
    pub async fn set_adapter_proxy(
        &self,
        by: &UserContext,
        center: &RecordId,
        on: bool,
    ) -> Result<(), CallCenterError> {
        may_manage(by)?;
        let mut transaction = self.database().begin().await?;
        self.held_call_center(&mut transaction, center).await?;
        let off = Statement::new("DELETE FROM adapter_proxy WHERE call_center_id = $1");
        transaction.execute(&off.with(center)).await?;
        if on {
            let insert = Statement::new(
                "INSERT INTO adapter_proxy (call_center_id, secret) VALUES ($1, $2)",
            );
            let secret = &random::token()[..SECRET_LENGTH];
            transaction
                .execute(&insert.with(center).with(secret))
                .await?;
        }
        Ok(transaction.commit().await?)
    }
}

/// Hexadecimal digits: 128 bits.
const SECRET_LENGTH: usize = 32;
