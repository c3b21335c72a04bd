//! Records by telephone number: through the table of keys alone, never by looking through the
//! records (spec R50, R53).

use std::collections::BTreeMap;
use std::sync::Arc;

use offhook_org::save::person;
use offhook_org::schema::Object;
use offhook_org::{FieldName, ObjectName, RecordId, UserContext};
use offhook_phone::{MatchKey, MatchStrength, lookup_keys};

use super::{PhoneHit, phone_keys};
use crate::Store;
use crate::database::Statement;
use crate::error::StoreError;

/// Keys that are looked at for one number. A switchboard number of a large customer is in many
/// records; beyond this the weakest matches are left out.
const KEYS_MAX: u32 = 10_000;

/// Records that are given out.
const HITS_MAX: usize = 2_000;

/// How a record was found: the best of its fields.
pub(super) struct Match {
    strength: MatchStrength,
    /// Places of object and field, in the order asked for and the order of the schema.
    object_place: usize,
    field_place: usize,
    field: FieldName,
}

impl Store {
    /// Records that a telephone number belongs to, strongest match first, then in the order of
    /// the objects, then newest first; at most 2,000. A field that the user may not read finds
    /// nothing. A person whose account is found is not found as a contact beside it.
    pub async fn search_phone(
        &self,
        user: &UserContext,
        number: &str,
        objects: &[ObjectName],
    ) -> Result<Vec<PhoneHit>, StoreError> {
        let objects: Vec<Arc<Object>> = objects
            .iter()
            .filter_map(|name| self.readable_object(user, name))
            .collect();
        let matches = self.phone_matches(user, number, &objects).await?;
        let ids: Vec<RecordId> = matches.keys().cloned().collect();
        let mut records = self.records(user, &ids).await?;
        let mut hits: Vec<(Match, PhoneHit)> = Vec::with_capacity(records.len());
        for (id, found) in matches {
            // A record that is not there is not for this user's eyes.
            let Some(record) = records.remove(&id) else {
                continue;
            };
            let hit = PhoneHit {
                record,
                field: found.field.clone(),
                strength: found.strength,
            };
            hits.push((found, hit));
        }
        hits.sort_by(|(a, hit_a), (b, hit_b)| {
            let places = (a.strength, a.object_place).cmp(&(b.strength, b.object_place));
            places.then_with(|| made_at(hit_b).cmp(&made_at(hit_a)))
        });
        person::once_each(&mut hits, |(_, hit)| &hit.record);
        hits.truncate(HITS_MAX);
        Ok(hits.into_iter().map(|(_, hit)| hit).collect())
    }

    pub(super) async fn phone_matches(
        &self,
        user: &UserContext,
        number: &str,
        objects: &[Arc<Object>],
    ) -> Result<BTreeMap<RecordId, Match>, StoreError> {
        let keys = lookup_keys(number, self.region());
        let mut matches: BTreeMap<RecordId, Match> = BTreeMap::new();
        if keys.is_empty() || objects.is_empty() {
            return Ok(matches);
        }
        for row in self.database().read(&keys_statement(&keys)).await? {
            let (record, field, key) = (row.record_id(0)?, row.text(1)?, row.text(2)?);
            let prefix = record.key_prefix();
            let Some(object_place) = objects.iter().position(|o| o.key_prefix == prefix) else {
                continue;
            };
            let fields = &objects[object_place].fields;
            let Some(field_place) = fields.iter().position(|f| f.name.as_str() == field) else {
                continue;
            };
            let looked_up = keys.iter().find(|k| k.text == key).map(|k| k.strength);
            let stored = phone_keys::strength(row.integer(3)?)?;
            let found = Match {
                strength: stored.max(looked_up.unwrap_or(stored)),
                object_place,
                field_place,
                field: fields[field_place].name.clone(),
            };
            let object = objects[object_place].name.as_str();
            if user.may_read_field(object, field) {
                keep_better(&mut matches, record, found);
            }
        }
        Ok(matches)
    }
}

/// Finds stored keys by looked-up ones; also run by the test of its plan.
pub(super) fn keys_statement(keys: &[MatchKey]) -> Statement {
    let mut statement =
        Statement::new("SELECT record, field, key, strength FROM phone_key WHERE key IN ");
    statement.arg_list(keys.iter().map(|key| key.text.as_str().into()));
    statement.push(" ORDER BY strength LIMIT ").arg(KEYS_MAX);
    statement
}

fn keep_better(matches: &mut BTreeMap<RecordId, Match>, record: RecordId, found: Match) {
    let rank = |m: &Match| (m.strength, m.field_place);
    match matches.get(&record) {
        Some(known) if rank(known) <= rank(&found) => {}
        _ => drop(matches.insert(record, found)),
    }
}

fn made_at(hit: &PhoneHit) -> (i64, &RecordId) {
    let made_at = match hit.record.get("CreatedDate") {
        offhook_org::Value::DateTime(moment) => *moment,
        _ => 0,
    };
    (made_at, &hit.record.id)
}
