//! The record of a call: one `VoiceCall` for each call and agent, written with its log.

use offhook_calls::{CallRecord, CallState, Direction, LogKey};
use offhook_org::cti::voice_call::{VoiceCallFacts, voice_call_fields};
use offhook_org::record::Fields;
use offhook_org::save::Strictness;
use offhook_org::schema::Object;
use offhook_org::{Record, RecordId, UserContext, Value};

use crate::Store;
use crate::database::{DbError, Statement, Transaction};
use crate::error::SaveFailure;
use crate::org::references;
use crate::org::save::{BIN, SHELF};

impl Store {
    /// Makes the record of the key's call, or brings it up to date, within the transaction that
    /// writes the log. A key of no call of ours has none; one that a person deleted stays so.
    pub(super) async fn keep_voice_call(
        &self,
        transaction: &mut Transaction,
        key: &LogKey,
        task: &RecordId,
    ) -> Result<(), SaveFailure> {
        let schema = self.schema();
        let Some(object) = schema.object("VoiceCall") else {
            return Ok(());
        };
        let facts = self.voice_call_facts(transaction, key, task).await?;
        let Some(facts) = facts else { return Ok(()) };
        let mut fields = voice_call_fields(&facts, &schema);
        let ids = references::pointed_to([&fields]);
        let system = UserContext::system();
        let missing = self.missing(transaction, &system, &ids).await?;
        fields.retain(|_, value| value.as_reference().is_none_or(|id| !missing.contains(id)));
        let known = "SELECT id, is_deleted FROM org_voicecall WHERE vendorcallkey = $1";
        let known = Statement::new(known).with(key.to_string());
        let saved = match transaction.fetch_one(&known).await? {
            Some(row) if row.boolean(1)? == BIN => return Ok(()),
            Some(row) => {
                let id = row.record_id(0)?;
                self.change_voice_call(transaction, object, &id, fields)
                    .await
            }
            None => {
                fields.insert("CreatedById".into(), Value::Reference(facts.agent.clone()));
                self.create_in(
                    transaction,
                    &system,
                    object,
                    &fields,
                    Strictness::Compatible,
                )
                .await
                .map(drop)
            }
        };
        match saved {
            // The log of a call is never lost for its record's sake.
            Err(SaveFailure::Refused(errors)) => {
                let code = errors.first().map(|error| error.status_code);
                tracing::warn!(?code, "the record of a call was refused");
                Ok(())
            }
            other => other,
        }
    }

    async fn change_voice_call(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        id: &RecordId,
        mut fields: Fields,
    ) -> Result<(), SaveFailure> {
        let before = self.locked_record(transaction, object, id, SHELF).await?;
        let Some(before) = before else { return Ok(()) };
        // What somebody changed of the links stays.
        let stays = |before: &Record, name: &str| !before.get(name).is_null();
        fields.remove(&"VendorCallKey".into());
        for name in ["OwnerId", "UserId", "RelatedRecordId"] {
            if stays(&before, name) {
                fields.remove(&name.into());
            }
        }
        fields.retain(|name, value| before.get(name.as_str()) != value);
        if fields.is_empty() {
            return Ok(());
        }
        let system = UserContext::system();
        let strictness = Strictness::Compatible;
        self.update_in(transaction, &system, object, &before, &fields, strictness)
            .await
    }

    async fn voice_call_facts(
        &self,
        transaction: &mut Transaction,
        key: &LogKey,
        task: &RecordId,
    ) -> Result<Option<VoiceCallFacts>, DbError> {
        let call = Statement::new("SELECT body FROM call WHERE call_id = $1");
        let call = call.with(key.call.as_str());
        let row = transaction.fetch_one(&call).await?;
        let (Some(row), Ok(agent)) = (row, RecordId::parse(key.agent.as_str())) else {
            return Ok(None);
        };
        let call: CallRecord = row.json(0)?;
        let center = Statement::new("SELECT callcenterid FROM org_user WHERE id = $1");
        let center = transaction.fetch_one(&center.with(&agent)).await?;
        let call_center = match center {
            Some(row) if !row.is_null(0) => Some(row.record_id(0)?),
            _ => None,
        };
        let record = call.record.as_ref();
        Ok(Some(VoiceCallFacts {
            key: key.to_string(),
            is_outbound: call.direction == Direction::Outbound,
            is_over: matches!(call.state, CallState::WrapUp | CallState::Closed),
            far_number: call.far_number,
            own_number: match call.direction {
                Direction::Inbound => call.dialled,
                Direction::Outbound => String::new(),
            },
            started_at_ms: call.started_at_ms,
            answered_at_ms: call.answered_at_ms,
            ended_at_ms: call.ended_at_ms,
            talk_duration_ms: call.talk_duration_ms,
            agent,
            call_center,
            task: Some(task.clone()),
            record: record.and_then(|record| RecordId::parse(&record.id).ok()),
        }))
    }
}
