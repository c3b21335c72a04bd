//! Telling of changes: from what the gate wrote to events of the same transaction.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use offhook_org::events::change::CHANGES_IN_TRANSACTION_MAX;
use offhook_org::events::{Change, ChangeType, Commit, change_event, overflow_event};
use offhook_org::schema::Object;

use super::NewEvent;
use crate::Store;
use crate::database::{DbError, Transaction};
use crate::org::save::changes::{Changed, Kind};
use crate::random;

/// What one request told so far. Its changes have one transaction key and count from 1.
#[derive(Debug, Default)]
pub(crate) struct Telling {
    key: OnceLock<String>,
    count: AtomicUsize,
    /// Objects of which too much changed to tell each.
    overflowing: Mutex<BTreeSet<String>>,
}

impl Telling {
    /// Tells changes of an object that publishes.
    pub(crate) fn changes(
        &self,
        store: &Store,
        transaction: &mut Transaction,
        object: &Object,
        changes: &[Changed],
    ) -> Result<(), DbError> {
        if !store.publishing().contains(object.name.as_str()) {
            return Ok(());
        }
        for changed in changes {
            let commit = Commit {
                at_ms: changed.at_ms,
                user: changed.user.clone(),
                origin: origin(&changed.client),
                transaction_key: self.key.get_or_init(random::uuid).clone(),
            };
            let told = self.count.load(Ordering::Relaxed);
            let sequence = u32::try_from(told + 1).unwrap_or(u32::MAX);
            let body = match told < CHANGES_IN_TRANSACTION_MAX {
                true => change_event(&change(object, changed), &commit, sequence),
                false => self
                    .overflows(object)
                    .then(|| overflow_event(object, &commit, sequence)),
            };
            if let Some(body) = body {
                self.count.fetch_add(1, Ordering::Relaxed);
                transaction.tell(NewEvent::new(&body, changed.at_ms)?);
            }
        }
        Ok(())
    }

    /// Is this the first change of the object that is too much?
    fn overflows(&self, object: &Object) -> bool {
        let known = self.overflowing.lock();
        let mut known = known.unwrap_or_else(PoisonError::into_inner);
        known.insert(object.name.as_str().to_owned())
    }
}

fn change<'a>(object: &'a Object, changed: &'a Changed) -> Change<'a> {
    Change {
        object,
        record: &changed.id,
        change_type: match changed.kind {
            Kind::Create => ChangeType::Create,
            Kind::Update => ChangeType::Update,
            Kind::Delete => ChangeType::Delete,
            Kind::Undelete => ChangeType::Undelete,
        },
        before: Some(&changed.before),
        after: match changed.kind {
            Kind::Delete => None,
            _ => Some(&changed.after),
        },
    }
}

/// As change events spell the door: empty for people's pages.
fn origin(client: &str) -> String {
    match client {
        "" => String::new(),
        door if door.starts_with("com/") => door.to_owned(),
        client => format!(";client={client}"),
    }
}
