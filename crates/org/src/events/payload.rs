//! What one subscriber is sent of an event: the fields that the subscriber may read, in the
//! platform's shape.

use serde_json::{Map, Value as Json, json};

use super::body::{BODY_MAX_BYTES, ChangeHeader, EventBody, EventKind};
use super::change::ChangeType;
use crate::record::Fields;
use crate::schema::{Field, FieldKind, Object};
use crate::{RecordId, UserContext, Value};

/// Objects whose name is written in parts.
const PERSONS: [&str; 3] = ["Contact", "Lead", "User"];

/// The parts of a person's name.
const NAME_PARTS: [&str; 5] = [
    "Salutation",
    "FirstName",
    "MiddleName",
    "LastName",
    "Suffix",
];

/// The parts of an address, as they end the names of its fields.
const ADDRESS_PARTS: [&str; 9] = [
    "Street",
    "City",
    "StateCode",
    "State",
    "PostalCode",
    "CountryCode",
    "Country",
    "Latitude",
    "Longitude",
];

/// A value as the events' JSON has it.
pub(super) fn json_of(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Text(text) => Json::from(text.as_str()),
        Value::Number(number) => Json::from(*number),
        Value::Integer(number) => Json::from(*number),
        Value::Boolean(flag) => Json::from(*flag),
        Value::Date(date) => Json::from(date.to_string()),
        Value::DateTime(ms) => moment(*ms),
        Value::Time(time) => Json::from(time.strftime("%H:%M:%S%.3fZ").to_string()),
        Value::Reference(id) => Json::from(id.as_str()),
    }
}

/// `2026-01-01T00:00:00.000Z`.
fn moment(ms: i64) -> Json {
    let moment = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    Json::from(moment.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string())
}

/// A platform event of these values; `None` when it is larger than an event may be. Fields
/// without a value are told as null.
pub fn platform_event(
    object: &Object,
    values: &Fields,
    uuid: String,
    created_by: Option<RecordId>,
    created_at_ms: i64,
) -> Option<EventBody> {
    let own = object.fields.iter().filter(|f| is_own(f));
    let fields = own.map(|field| {
        let value = values.get(&field.name).unwrap_or(&Value::Null);
        (field.name.as_str().to_owned(), json_of(value))
    });
    let fields: Map<String, Json> = fields.collect();
    let size = serde_json::to_string(&fields).map_or(usize::MAX, |text| text.len());
    (size <= BODY_MAX_BYTES).then(|| EventBody {
        object: object.name.as_str().to_owned(),
        kind: EventKind::Platform {
            uuid,
            created_by,
            created_at_ms,
        },
        fields,
    })
}

/// Is it a field of the event itself, and not one that every object has?
fn is_own(field: &Field) -> bool {
    field.kind != FieldKind::Id && field.name.as_str().ends_with("__c")
}

impl EventBody {
    /// The `data` of a delivery: schema, payload and replay id. Fields of a record that the user
    /// may not read are absent, from the lists in the header too; a platform event has no
    /// field-level security, as on the platform. That the user may read the object and see the
    /// record was asked before.
    pub fn data(&self, user: &UserContext, object: &Object, replay: i64) -> Json {
        let mut fields = self.fields.clone();
        let name = object.name.as_str();
        fields.retain(|field, _| !self.is_change() || user.may_read_field(name, field));
        let mut event = json!({ "replayId": replay });
        let payload = match &self.kind {
            EventKind::Platform {
                uuid,
                created_by,
                created_at_ms,
            } => {
                event["EventUuid"] = Json::from(uuid.as_str());
                let mut payload = Map::new();
                payload.insert("CreatedDate".to_owned(), moment(*created_at_ms));
                payload.insert("CreatedById".to_owned(), id(created_by.as_ref()));
                payload.extend(fields);
                payload
            }
            EventKind::Change(header) => change_payload(header, object, &fields, replay),
        };
        json!({ "schema": schema_id(object), "payload": payload, "event": event })
    }
}

fn id(id: Option<&RecordId>) -> Json {
    id.map_or(Json::Null, |id| Json::from(id.as_str()))
}

fn change_payload(
    header: &ChangeHeader,
    object: &Object,
    fields: &Map<String, Json>,
    replay: i64,
) -> Map<String, Json> {
    let is_update = header.change_type == ChangeType::Update;
    let paths = |wanted: &dyn Fn(&Json) -> bool| -> Vec<String> {
        let wanted = fields.iter().filter(|(_, v)| is_update && wanted(v));
        wanted.map(|(name, _)| path(object, name)).collect()
    };
    let header = json!({
        "entityName": object.name.as_str(),
        "recordIds": header.record.iter().map(RecordId::as_str).collect::<Vec<_>>(),
        "changeType": header.change_type,
        "changeOrigin": header.origin,
        "transactionKey": header.transaction_key,
        "sequenceNumber": header.sequence_number,
        "commitTimestamp": header.commit_ms,
        "commitNumber": replay,
        "commitUser": id(header.commit_user.as_ref()),
        "nulledFields": paths(&Json::is_null),
        "diffFields": [],
        "changedFields": paths(&|_| true),
    });
    let mut payload = Map::new();
    payload.insert("ChangeEventHeader".to_owned(), header);
    for (name, value) in fields {
        match compound(object, name) {
            Some((whole, part)) => {
                let parts = payload.entry(whole).or_insert_with(|| json!({}));
                parts[part] = value.clone();
            }
            None => {
                payload.insert(name.clone(), value.clone());
            }
        }
    }
    payload
}

/// `Name.FirstName`, `MailingAddress.City`, or the field's own name.
fn path(object: &Object, field: &str) -> String {
    match compound(object, field) {
        Some((whole, part)) => format!("{whole}.{part}"),
        None => field.to_owned(),
    }
}

/// Is the object's name written in parts?
pub(super) fn names_in_parts(object: &Object) -> bool {
    PERSONS.contains(&object.name.as_str())
}

/// The compound field that a part belongs to, and the part's name in it.
fn compound<'a>(object: &Object, field: &'a str) -> Option<(String, &'a str)> {
    if names_in_parts(object) && NAME_PARTS.contains(&field) {
        return Some(("Name".to_owned(), field));
    }
    let part = ADDRESS_PARTS.iter().find(|part| field.ends_with(**part))?;
    let prefix = &field[..field.len() - part.len()];
    let has_street = object.field(&format!("{prefix}Street")).is_some();
    has_street.then(|| (format!("{prefix}Address"), &field[prefix.len()..]))
}

/// A name of the shape that the object's events have now: it changes with the fields. 22
/// characters, as the platform's have.
fn schema_id(object: &Object) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut hash = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128;
    let names = object.fields.iter().map(|field| field.name.as_str());
    for byte in [object.name.as_str()].into_iter().chain(names) {
        for byte in byte.bytes().chain([0]) {
            hash =
                (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }
    let digit = |i: u32| char::from(ALPHABET[(hash >> (6 * i) & 63) as usize]);
    (0..22).map(digit).collect()
}

#[cfg(test)]
mod tests;
