//! Publishing platform events: checked like a new record, kept in the log of events, no record.

use offhook_org::RecordId;
use offhook_org::events::body::BODY_MAX_BYTES;
use offhook_org::events::platform_event;
use offhook_org::save::{SaveError, SaveErrorCode};
use offhook_org::schema::Object;

use super::gate::{Draft, Gate};
use super::resolve::Target;
use super::write::Written;
use crate::database::{DbError, Transaction};
use crate::events::NewEvent;
use crate::random;

/// Is it a kind of platform event?
pub(super) fn is_event(object: &Object) -> bool {
    object.name.as_str().ends_with("__e")
}

impl Gate<'_> {
    /// Publishes what is to be created; an event can be neither changed nor taken back.
    pub(super) async fn publish_run(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        drafts: &mut [Draft],
    ) -> Result<(), DbError> {
        for draft in drafts.iter_mut() {
            match draft.target {
                Target::New => self.prepare(object, draft),
                _ => draft.refuse(not_changeable(object)),
            }
        }
        self.refuse_beyond_limit(drafts);
        let going = drafts.iter().filter(|d| !d.is_refused()).count();
        let going = u32::try_from(going).unwrap_or(u32::MAX);
        if going == 0 {
            return Ok(());
        }
        let first = self.store.take_ids(transaction, object, going).await?;
        let going = drafts.iter_mut().filter(|d| !d.is_refused());
        for (serial, draft) in (first..).zip(going) {
            let (uuid, user) = (random::uuid(), self.user.user.clone());
            let fields = std::mem::take(&mut draft.prepared);
            let Some(body) = platform_event(object, &fields, uuid.clone(), user, self.now_ms)
            else {
                draft.refuse(too_large());
                continue;
            };
            transaction.tell(NewEvent::new(&body, self.now_ms)?);
            draft.written = Some(Written {
                id: RecordId::from_serial(&object.key_prefix, serial),
                created: true,
                event_uuid: Some(uuid),
            });
        }
        Ok(())
    }

    /// An hour takes so many events; those beyond are refused, the others go on.
    fn refuse_beyond_limit(&self, drafts: &mut [Draft]) {
        let wanted = drafts.iter().filter(|d| !d.is_refused()).count();
        let max = self.store.api_limits().hourly_events_max;
        let wanted = u64::try_from(wanted).unwrap_or(u64::MAX);
        let room = self.store.inner.published.take(wanted, max, self.now_ms);
        let room = usize::try_from(room).unwrap_or(usize::MAX);
        for draft in drafts.iter_mut().filter(|d| !d.is_refused()).skip(room) {
            draft.refuse(too_many(max));
        }
    }
}

fn too_many(max: u64) -> SaveError {
    SaveError::new(
        SaveErrorCode::LimitExceeded,
        format!("the org publishes at most {max} platform events in an hour. Publish it later"),
        Vec::new(),
    )
}

fn not_changeable(object: &Object) -> SaveError {
    SaveError::new(
        SaveErrorCode::CannotInsertUpdateActivateEntity,
        format!(
            "{} is a platform event: it can be published, and neither changed nor deleted",
            object.name
        ),
        Vec::new(),
    )
}

fn too_large() -> SaveError {
    SaveError::new(
        SaveErrorCode::LimitExceeded,
        format!("the event is larger than {BODY_MAX_BYTES} bytes. Publish less at once"),
        Vec::new(),
    )
}
