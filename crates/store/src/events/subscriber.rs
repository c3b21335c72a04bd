//! Reading the log for one subscriber: what it may see of it, by its rights of this moment.

use std::collections::{BTreeMap, BTreeSet};

use offhook_org::access::{AccessLevel, Operation};
use offhook_org::events::body::ChangeHeader;
use offhook_org::events::{Channel, ChannelFacts, ChannelRefusal, EventBody, EventKind};
use offhook_org::schema::Object;
use offhook_org::{RecordId, UserContext};
use serde_json::Value as Json;

use crate::Store;
use crate::database::{DbError, Statement};
use crate::error::StoreError;
use crate::org::visibility::push_level;
use crate::tables;

/// Events that are looked at in one page.
const PAGE_ROWS: usize = 200;

/// Events that are read at once.
const STEP_ROWS: u32 = 25;

/// A page is full when its bodies have this many bytes.
const PAGE_BYTES: usize = 1_000_000;

/// An event for a subscriber.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// Its replay id.
    pub replay: i64,
    /// `data` of the delivery.
    pub data: Json,
}

/// What was found on a channel.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EventPage {
    /// What the subscriber may see, in order.
    pub deliveries: Vec<Delivery>,
    /// Everything up to this replay id was looked at.
    pub read_to: i64,
    /// There may be more.
    pub has_more: bool,
}

struct Found {
    replay: i64,
    body: EventBody,
}

impl Store {
    /// What a channel is for this user, and how far its log reaches; or why it is refused.
    pub async fn channel(
        &self,
        user: &UserContext,
        name: &str,
    ) -> Result<Result<ChannelFacts, ChannelRefusal>, StoreError> {
        let resolved = Channel::parse(name)
            .and_then(|channel| channel.resolve(name, &self.schema(), &self.publishing(), user));
        let channel = match resolved {
            Ok(channel) => channel,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let mut gone = Statement::new("SELECT max(replay) FROM event_gone WHERE is_change = ");
        gone.arg(!matches!(channel, Channel::Platform(_)));
        if let Channel::Platform(object) | Channel::Changes(object) = &channel {
            gone.push(" AND object = ").arg(object.as_str());
        }
        let row = self.database().read_one(&gone).await?;
        let gone = match row.filter(|row| !row.is_null(0)) {
            Some(row) => row.integer(0)?,
            None => 0,
        };
        Ok(Ok(ChannelFacts {
            channel,
            last: self.last_event(),
            gone,
        }))
    }

    /// The events of a channel after this replay id, as far as one page reaches and as far as
    /// the user may see them.
    pub async fn events_after(
        &self,
        user: &UserContext,
        channel: &Channel,
        after: i64,
    ) -> Result<EventPage, StoreError> {
        let mut page = EventPage {
            read_to: after,
            ..EventPage::default()
        };
        let (mut rows, mut bytes) = (0, 0);
        loop {
            let (found, read) = self.step(channel, page.read_to).await?;
            let count = found.len();
            rows += count;
            bytes += read;
            if let Some(last) = found.last() {
                page.read_to = last.replay;
            }
            let seen = self.visible(user, found).await?;
            page.deliveries.extend(seen);
            if count < STEP_ROWS as usize {
                return Ok(page);
            }
            if rows >= PAGE_ROWS || bytes >= PAGE_BYTES {
                page.has_more = true;
                return Ok(page);
            }
        }
    }

    async fn step(&self, channel: &Channel, after: i64) -> Result<(Vec<Found>, usize), StoreError> {
        let mut select = Statement::new("SELECT replay, body FROM event_log WHERE replay > ");
        select.arg(after).push(" AND is_change = ");
        select.arg(!matches!(channel, Channel::Platform(_)));
        if let Channel::Platform(object) | Channel::Changes(object) = channel {
            select.push(" AND object = ").arg(object.as_str());
        }
        select.push(" ORDER BY replay LIMIT ").arg(STEP_ROWS);
        let mut found = Vec::new();
        let mut bytes = 0;
        for row in self.database().read(&select).await? {
            bytes += row.text(1)?.len();
            found.push(Found {
                replay: row.integer(0)?,
                body: row.json(1)?,
            });
        }
        Ok((found, bytes))
    }

    /// What the user may see of these events.
    async fn visible(
        &self,
        user: &UserContext,
        found: Vec<Found>,
    ) -> Result<Vec<Delivery>, StoreError> {
        let publishing = self.publishing();
        let schema = self.schema();
        let mut records: BTreeMap<&str, BTreeSet<&RecordId>> = BTreeMap::new();
        for event in &found {
            if let EventKind::Change(ChangeHeader {
                record: Some(record),
                ..
            }) = &event.body.kind
            {
                let of_object = records.entry(event.body.object.as_str()).or_default();
                of_object.insert(record);
            }
        }
        let mut places = BTreeMap::new();
        for (name, ids) in records {
            if let Some(object) = schema.object(name) {
                places.insert(name.to_owned(), self.places(user, object, &ids).await?);
            }
        }
        let mut deliveries = Vec::new();
        for Found { replay, body } in &found {
            let Some(object) = schema.object(&body.object) else {
                continue;
            };
            let is_open = user.may(&body.object, Operation::Read)
                && match &body.kind {
                    EventKind::Platform { .. } => true,
                    EventKind::Change(header) => {
                        let places = places.get(&body.object);
                        publishing.contains(&body.object) && may_see(user, object, header, places)
                    }
                };
            if is_open {
                deliveries.push(Delivery {
                    replay: *replay,
                    data: body.data(user, object, *replay),
                });
            }
        }
        Ok(deliveries)
    }

    /// Which of the records are there, in the recycle bin too, and which of them the user sees.
    async fn places(
        &self,
        user: &UserContext,
        object: &Object,
        ids: &BTreeSet<&RecordId>,
    ) -> Result<Places, DbError> {
        let table = tables::table(object);
        let mut select = Statement::new(format!("SELECT id FROM {table} WHERE id IN "));
        select.arg_list(ids.iter().map(|id| (*id).into()));
        let mut places = Places::default();
        for row in self.database().read(&select).await? {
            places.there.insert(row.record_id(0)?);
        }
        push_level(
            &mut select,
            self.asker(user),
            object,
            &table,
            AccessLevel::Read,
        );
        for row in self.database().read(&select).await? {
            places.seen.insert(row.record_id(0)?);
        }
        Ok(places)
    }
}

#[derive(Default)]
struct Places {
    there: BTreeSet<RecordId>,
    seen: BTreeSet<RecordId>,
}

/// May the user see the record of a change? One that is there no more is seen by its last owner
/// and by those who see all.
fn may_see(
    user: &UserContext,
    object: &Object,
    header: &ChangeHeader,
    places: Option<&Places>,
) -> bool {
    let (Some(record), Some(places)) = (&header.record, places) else {
        return user.sees_all(object);
    };
    match places.there.contains(record) {
        true => places.seen.contains(record),
        false => user.may_see_record(object, header.owner.as_ref()),
    }
}
