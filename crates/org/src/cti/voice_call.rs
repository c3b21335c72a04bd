//! A call as a record: from what is known of a call to the fields of a `VoiceCall`, in the words
//! of the platform's object for telephony integrations.

use crate::record::Fields;
use crate::schema::Schema;
use crate::{RecordId, Value};

/// What is known of a call of one agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoiceCallFacts {
    /// What tells the call of this agent apart from every other: the log key.
    pub key: String,
    /// Did the agent place it?
    pub is_outbound: bool,
    /// Is it over?
    pub is_over: bool,
    /// The far party's number; may be empty.
    pub far_number: String,
    /// The number that was called, or that called out; may be empty.
    pub own_number: String,
    /// When it came in or was dialled, milliseconds since 1970.
    pub started_at_ms: i64,
    /// When it was answered.
    pub answered_at_ms: Option<i64>,
    /// When it ended.
    pub ended_at_ms: Option<i64>,
    /// Answer to hang-up in milliseconds; 0 when unanswered.
    pub talk_duration_ms: u64,
    /// The agent, who owns the record.
    pub agent: RecordId,
    /// The agent's call center.
    pub call_center: Option<RecordId>,
    /// The Task that logs it.
    pub task: Option<RecordId>,
    /// The record that it concerns.
    pub record: Option<RecordId>,
}

/// What stands for a number that was withheld.
const NO_NUMBER: &str = "Anonymous";

/// Characters of a telephone number in a record.
const NUMBER_LENGTH_MAX: usize = 40;

/// The fields of the record. A link that the object cannot hold is left out.
pub fn voice_call_fields(facts: &VoiceCallFacts, schema: &Schema) -> Fields {
    let text = |text: &str| Value::Text(text.to_owned());
    let moment = |at: Option<i64>| at.map_or(Value::Null, Value::DateTime);
    let link = |id: &Option<RecordId>| id.clone().map_or(Value::Null, Value::Reference);
    let (call_type, from, to) = match facts.is_outbound {
        true => ("Outbound", &facts.own_number, &facts.far_number),
        false => ("Inbound", &facts.far_number, &facts.own_number),
    };
    let disposition = match facts.is_over {
        true => "completed",
        false => "in-progress",
    };
    let seconds = i64::try_from(facts.talk_duration_ms.saturating_add(500) / 1_000);
    let object = schema.object("VoiceCall");
    let related = object.and_then(|object| object.field("RelatedRecordId"));
    let is_related = |id: &RecordId| {
        related.is_some_and(|field| {
            let mut prefixes = field.reference_prefixes.iter();
            prefixes.any(|prefix| prefix == id.key_prefix())
        })
    };
    Fields::from([
        ("VendorCallKey".into(), text(&facts.key)),
        ("OwnerId".into(), Value::Reference(facts.agent.clone())),
        ("UserId".into(), Value::Reference(facts.agent.clone())),
        ("CallType".into(), text(call_type)),
        ("CallDisposition".into(), text(disposition)),
        ("FromPhoneNumber".into(), Value::Text(number(from))),
        ("ToPhoneNumber".into(), Value::Text(number(to))),
        (
            "CallStartDateTime".into(),
            Value::DateTime(facts.started_at_ms),
        ),
        ("CallConnectDateTime".into(), moment(facts.answered_at_ms)),
        ("CallAcceptDateTime".into(), moment(facts.answered_at_ms)),
        ("CallEndDateTime".into(), moment(facts.ended_at_ms)),
        (
            "CallDurationInSeconds".into(),
            Value::Integer(seconds.unwrap_or(i64::MAX)),
        ),
        ("CallCenterId".into(), link(&facts.call_center)),
        ("ActivityId".into(), link(&facts.task)),
        (
            "RelatedRecordId".into(),
            link(&facts.record.clone().filter(is_related)),
        ),
    ])
}

/// A number as the record holds it: it is required, and no longer than a telephone field.
fn number(number: &str) -> String {
    match number.trim() {
        "" => NO_NUMBER.to_owned(),
        number => number.chars().take(NUMBER_LENGTH_MAX).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> VoiceCallFacts {
        VoiceCallFacts {
            key: "01CALL:005REP".to_owned(),
            is_outbound: false,
            is_over: true,
            far_number: "+14155550177".to_owned(),
            own_number: "+14155550100".to_owned(),
            started_at_ms: 1_000,
            answered_at_ms: Some(5_000),
            ended_at_ms: Some(66_000),
            talk_duration_ms: 61_000,
            agent: RecordId::from_serial("005", 1),
            call_center: None,
            task: Some(RecordId::from_serial("00T", 2)),
            record: Some(RecordId::from_serial("003", 7)),
        }
    }

    #[test]
    fn a_call_becomes_a_record_with_its_times_its_numbers_and_its_links() {
        let schema = Schema::standard();
        let fields = voice_call_fields(&facts(), &schema);
        let get = |fields: &Fields, name: &str| fields[&name.into()].clone();
        assert_eq!(get(&fields, "CallType"), Value::Text("Inbound".into()));
        assert_eq!(
            get(&fields, "FromPhoneNumber"),
            Value::Text("+14155550177".into())
        );
        assert_eq!(get(&fields, "CallEndDateTime"), Value::DateTime(66_000));
        assert_eq!(get(&fields, "CallDurationInSeconds"), Value::Integer(61));
        let contact = Value::Reference(RecordId::from_serial("003", 7));
        assert_eq!(get(&fields, "RelatedRecordId"), contact);
        let out = VoiceCallFacts {
            is_outbound: true,
            is_over: false,
            ended_at_ms: None,
            far_number: "5".repeat(60),
            own_number: " ".to_owned(),
            record: Some(RecordId::from_serial("a00", 1)),
            ..facts()
        };
        let fields = voice_call_fields(&out, &schema);
        assert_eq!(get(&fields, "CallType"), Value::Text("Outbound".into()));
        assert_eq!(
            get(&fields, "FromPhoneNumber"),
            Value::Text("Anonymous".into())
        );
        assert_eq!(get(&fields, "ToPhoneNumber"), Value::Text("5".repeat(40)));
        assert_eq!(
            get(&fields, "CallDisposition"),
            Value::Text("in-progress".into())
        );
        assert_eq!(get(&fields, "CallEndDateTime"), Value::Null);
        assert_eq!(get(&fields, "RelatedRecordId"), Value::Null);
    }

    #[test]
    fn every_field_of_the_record_is_a_field_of_the_object() {
        let schema = Schema::standard();
        let object = schema.object("VoiceCall").unwrap();
        for name in voice_call_fields(&facts(), &schema).keys() {
            assert!(object.field(name.as_str()).is_some(), "{name}");
        }
    }
}
