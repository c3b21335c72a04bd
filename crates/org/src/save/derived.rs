//! Fields that follow from others: a person's `Name`, `IsClosed`, the dates of closing; and
//! what two fields may not say together.

use super::{SaveError, SaveErrorCode};
use crate::record::Fields;
use crate::schema::Object;
use crate::{FieldName, Value};

/// Adds the derived fields that change. `today` is known when a record is made.
pub(super) fn add(
    object: &Object,
    before: &Fields,
    fields: &mut Fields,
    today: Option<jiff::civil::Date>,
) {
    match object.name.as_str() {
        "Contact" | "Lead" | "User" => {
            let name = full_name(before, fields);
            put(before, fields, "Name", Value::Text(name));
        }
        "Task" => {
            let is_closed = text(before, fields, "Status") == "Completed";
            put(before, fields, "IsClosed", Value::Boolean(is_closed));
        }
        "Case" => {
            let is_closed = text(before, fields, "Status") == "Closed";
            put(before, fields, "IsClosed", Value::Boolean(is_closed));
        }
        "Opportunity" => add_stage(before, fields),
        _ => {}
    }
    let converted = FieldName::new("IsConverted");
    if let (Some(today), Some(Value::Boolean(true))) = (today, fields.get(&converted)) {
        let date = FieldName::new("ConvertedDate");
        fields.entry(date).or_insert(Value::Date(today));
    }
}

/// What the fields may not say together.
pub(super) fn contradiction(
    object: &Object,
    before: &Fields,
    fields: &Fields,
) -> Option<SaveError> {
    if object.name.as_str() != "Event" {
        return None;
    }
    let start = current(before, fields, "StartDateTime");
    let end = current(before, fields, "EndDateTime");
    match (start, end) {
        (Value::DateTime(start), Value::DateTime(end)) if end < start => Some(SaveError::new(
            SaveErrorCode::FieldIntegrityException,
            "End: the event ends before it starts; give a later end",
            vec!["EndDateTime".to_owned()],
        )),
        _ => None,
    }
}

fn full_name(before: &Fields, fields: &Fields) -> String {
    let first = text(before, fields, "FirstName");
    let last = text(before, fields, "LastName");
    format!("{first} {last}").trim().to_owned()
}

/// A closed stage closes the opportunity and makes it certain, one way or the other. A stage's
/// usual probability is filled in only where a person gives none.
fn add_stage(before: &Fields, fields: &mut Fields) {
    let stage = text(before, fields, "StageName").to_owned();
    let is_won = stage == "Closed Won";
    let is_closed = is_won || stage == "Closed Lost";
    put(before, fields, "IsWon", Value::Boolean(is_won));
    put(before, fields, "IsClosed", Value::Boolean(is_closed));
    let stage_changes = fields.contains_key(&FieldName::new("StageName"));
    let is_given = fields.contains_key(&FieldName::new("Probability"));
    if let (true, false, Some(percent)) = (stage_changes, is_given, probability(&stage)) {
        put(before, fields, "Probability", Value::Number(percent));
    }
}

fn probability(stage: &str) -> Option<f64> {
    Some(match stage {
        "Prospecting" | "Qualification" => 10.0,
        "Needs Analysis" => 20.0,
        "Value Proposition" => 50.0,
        "Id. Decision Makers" => 60.0,
        "Perception Analysis" => 70.0,
        "Proposal/Price Quote" => 75.0,
        "Negotiation/Review" => 90.0,
        "Closed Won" => 100.0,
        "Closed Lost" => 0.0,
        _ => return None,
    })
}

fn put(before: &Fields, fields: &mut Fields, name: &str, value: Value) {
    let name = FieldName::new(name);
    match before.get(&name) == Some(&value) {
        true => fields.remove(&name),
        false => fields.insert(name, value),
    };
}

fn text<'a>(before: &'a Fields, fields: &'a Fields, name: &str) -> &'a str {
    current(before, fields, name).as_text().unwrap_or("")
}

fn current<'a>(before: &'a Fields, fields: &'a Fields, name: &str) -> &'a Value {
    let name = FieldName::new(name);
    let value = fields.get(&name).or_else(|| before.get(&name));
    value.unwrap_or(&Value::Null)
}
