//! Call centers as records that clients read, and the two fields by which a user is in one:
//! `CallCenterName` (the internal name) and `CallCenterId`. They are kept in step.

use std::collections::BTreeMap;

use offhook_org::cti::CallCenter;
use offhook_org::record::Fields;
use offhook_org::schema::Schema;
use offhook_org::{RecordId, Value};

use crate::Store;
use crate::database::{DbError, Statement, Transaction};
use crate::error::StoreError;
use crate::rights::rows::{link, row, text};

impl Store {
    /// The rows and the users brought in step, when the store is opened.
    pub(crate) async fn keep_call_center_rows(&self) -> Result<(), StoreError> {
        let mut transaction = self.database().begin().await?;
        self.write_call_center_rows(&mut transaction, None).await?;
        let join = "UPDATE org_user SET callcenterid = (
                        SELECT c.id FROM call_center c
                        WHERE lower(c.internal_name) = lower(org_user.callcentername))
                    WHERE callcentername IS NOT NULL AND callcenterid IS NULL";
        transaction.execute(&Statement::new(join)).await?;
        Ok(transaction.commit().await?)
    }

    /// A row for every call center, and none beside them. `by` made what is new.
    pub(super) async fn write_call_center_rows(
        &self,
        transaction: &mut Transaction,
        by: Option<&RecordId>,
    ) -> Result<(), DbError> {
        let all = Statement::new("SELECT id, body, created_at_ms FROM call_center");
        let mut rows = BTreeMap::new();
        for found in transaction.fetch(&all).await? {
            let definition: CallCenter = found.json(1)?;
            let mut fields = row_of(&definition);
            let made_at = Value::DateTime(found.integer(2)?);
            fields.insert("CreatedDate".into(), made_at);
            fields.extend(by.map(|user| ("CreatedById".into(), link(user))));
            rows.insert(found.record_id(0)?, fields);
        }
        let schema: &Schema = &self.schema();
        self.replace_rows(transaction, schema, "CallCenter", rows)
            .await
    }

    /// What belonged to a call center that is deleted.
    pub(super) async fn forget_call_center(
        &self,
        transaction: &mut Transaction,
        id: &RecordId,
    ) -> Result<(), DbError> {
        for statement in [
            "DELETE FROM org_additionalnumber WHERE callcenterid = $1",
            "UPDATE org_voicecall SET callcenterid = NULL WHERE callcenterid = $1",
            "UPDATE org_user SET callcenterid = NULL WHERE callcenterid = $1",
        ] {
            transaction
                .execute(&Statement::new(statement).with(id))
                .await?;
        }
        Ok(())
    }
}

fn row_of(definition: &CallCenter) -> Fields {
    let settings = serde_json::Value::Object(definition.custom_settings());
    let version = definition.item("reqVersion").and_then(|v| v.parse().ok());
    row([
        ("Name", text(definition.display_name.as_str())),
        ("InternalName", text(definition.internal_name.as_str())),
        ("Version", version.map_or(Value::Null, Value::Number)),
        (
            "AdapterUrl",
            definition.adapter_url().map_or(Value::Null, text),
        ),
        ("CustomSettings", text(settings.to_string())),
    ])
}
