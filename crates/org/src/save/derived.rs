//! Fields that follow from others: a person's `Name`, `IsClosed`, the figures of an opportunity's
//! stage, the length of an event; and what two fields may not say together.

use super::{SaveError, SaveErrorCode};
use crate::record::Fields;
use crate::schema::{Meaning, Object};
use crate::{FieldName, Value};

/// Milliseconds in a minute.
const MINUTE_MS: i64 = 60_000;

/// Letters of the last name in a new user's alias.
const ALIAS_LAST_NAME_LENGTH: usize = 4;

/// A record half way: what changes lies over what was there.
struct Half<'a> {
    object: &'a Object,
    before: &'a Fields,
    fields: &'a mut Fields,
}

/// Adds the derived fields that change; `before` is known of a record that was there.
pub(super) fn add(
    object: &Object,
    before: Option<&Fields>,
    fields: &mut Fields,
    today: jiff::civil::Date,
) {
    let nothing = Fields::new();
    let is_new = before.is_none();
    let before = before.unwrap_or(&nothing);
    let mut half = Half {
        object,
        before,
        fields,
    };
    match object.name.as_str() {
        "Contact" => half.add_name(),
        "User" => {
            half.add_name();
            if is_new {
                half.add_short_names();
            }
        }
        "Lead" => {
            half.add_name();
            if is_new {
                half.add_conversion(today);
            }
        }
        "CampaignMember" => half.add_member(today),
        "Account" => half.add_person(),
        "Task" => half.add_task(),
        "Event" => half.add_event(),
        "Case" => {
            let is_closed = half.meaning("Status").is_closed;
            half.put("IsClosed", Value::Boolean(is_closed));
            if is_new {
                half.put("IsClosedOnCreate", Value::Boolean(is_closed));
            }
        }
        "Opportunity" => half.add_stage(),
        _ => {}
    }
}

impl Half<'_> {
    fn value(&self, name: &str) -> &Value {
        let name = FieldName::new(name);
        let value = self.fields.get(&name).or_else(|| self.before.get(&name));
        value.unwrap_or(&Value::Null)
    }

    fn text(&self, name: &str) -> &str {
        self.value(name).as_text().unwrap_or("")
    }

    /// What the value of a picklist means.
    fn meaning(&self, name: &str) -> Meaning {
        let field = self.object.field(name);
        let value = field.and_then(|field| field.picklist_value(self.text(name)));
        value.map_or_else(Meaning::default, |value| value.meaning.clone())
    }

    fn moment(&self, name: &str) -> Option<i64> {
        match self.value(name) {
            Value::DateTime(moment) => Some(*moment),
            _ => None,
        }
    }

    fn is_given(&self, name: &str) -> bool {
        let value = self.fields.get(&FieldName::new(name));
        value.is_some_and(|value| !value.is_null())
    }

    /// Sets the field, where the object has it and it has another value.
    fn put(&mut self, name: &str, value: Value) {
        let Some(field) = self.object.field(name) else {
            return;
        };
        let old = self.before.get(&field.name).unwrap_or(&Value::Null);
        match *old == value {
            true => self.fields.remove(&field.name),
            false => self.fields.insert(field.name.clone(), value),
        };
    }

    fn add_name(&mut self) {
        let parts = ["FirstName", "MiddleName", "LastName", "Suffix"];
        let parts: Vec<&str> = parts.iter().map(|part| self.text(part)).collect();
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let name = parts.join(" ");
        self.put("Name", Value::Text(name));
    }

    /// A new user's alias and nickname, where none are given: the first letter and the
    /// beginning of the last name, and what stands before the `@`.
    fn add_short_names(&mut self) {
        if !self.is_given("Alias") {
            let first = self.text("FirstName").chars().take(1);
            let alias = first.chain(self.text("LastName").chars().take(ALIAS_LAST_NAME_LENGTH));
            let alias = alias.collect::<String>().to_lowercase();
            self.put("Alias", Value::Text(alias.chars().take(8).collect()));
        }
        if !self.is_given("CommunityNickname") {
            let name = self.text("Username");
            let name = name.split_once('@').map_or(name, |(name, _)| name);
            let name = name.chars().take(40).collect();
            self.put("CommunityNickname", Value::Text(name));
        }
    }

    /// Whom a member of a campaign stands for, and whether and when they responded first.
    fn add_member(&mut self, today: jiff::civil::Date) {
        let has_responded = self.meaning("Status").is_closed;
        self.put("HasResponded", Value::Boolean(has_responded));
        if has_responded && self.value("FirstRespondedDate").is_null() {
            self.put("FirstRespondedDate", Value::Date(today));
        }
        let (lead, contact) = (self.value("LeadId"), self.value("ContactId"));
        let (kind, id) = match (contact.as_reference(), lead.as_reference()) {
            (Some(contact), _) => ("Contact", contact.to_string()),
            (None, Some(lead)) => ("Lead", lead.to_string()),
            (None, None) => return,
        };
        self.put("Type", Value::Text(kind.to_owned()));
        self.put("LeadOrContactId", Value::Text(id));
    }

    fn add_conversion(&mut self, today: jiff::civil::Date) {
        let is_converted = self.fields.get(&"IsConverted".into()) == Some(&Value::Boolean(true));
        if let (true, false) = (is_converted, self.is_given("ConvertedDate")) {
            self.put("ConvertedDate", Value::Date(today));
        }
    }

    /// A person is called by first and last name.
    fn add_person(&mut self) {
        if *self.value("IsPersonAccount") == Value::Boolean(true) {
            self.add_name();
        }
    }

    fn add_task(&mut self) {
        let is_closed = self.meaning("Status").is_closed;
        self.put("IsClosed", Value::Boolean(is_closed));
        let is_high = self.meaning("Priority").is_high_priority;
        self.put("IsHighPriority", Value::Boolean(is_high));
    }

    /// Of start, end and length, two say the third. `ActivityDateTime` is another name of the
    /// start.
    fn add_event(&mut self) {
        if self.is_given("ActivityDateTime") && !self.is_given("StartDateTime") {
            let start = self.value("ActivityDateTime").clone();
            self.put("StartDateTime", start);
        }
        let Some(start) = self.moment("StartDateTime") else {
            return;
        };
        let minutes = match self.value("DurationInMinutes") {
            Value::Integer(minutes) => Some(*minutes),
            _ => None,
        };
        let end = self.moment("EndDateTime");
        let by_length = self.is_given("DurationInMinutes") && !self.is_given("EndDateTime");
        match (minutes, end) {
            (Some(minutes), _) if by_length || end.is_none() => {
                let end = start.saturating_add(minutes.saturating_mul(MINUTE_MS));
                self.put("EndDateTime", Value::DateTime(end));
            }
            (_, Some(end)) => {
                let minutes = end.saturating_sub(start) / MINUTE_MS;
                self.put("DurationInMinutes", Value::Integer(minutes));
            }
            _ => {}
        }
        self.put("ActivityDateTime", Value::DateTime(start));
        if let Ok(moment) = jiff::Timestamp::from_millisecond(start) {
            let day = jiff::tz::TimeZone::UTC.to_datetime(moment).date();
            self.put("ActivityDate", Value::Date(day));
        }
    }

    /// A closed stage closes the opportunity and makes it certain, one way or the other. A
    /// stage's usual probability and forecast are filled in only where a person gives none.
    fn add_stage(&mut self) {
        let stage = self.meaning("StageName");
        self.put("IsWon", Value::Boolean(stage.is_won));
        self.put("IsClosed", Value::Boolean(stage.is_closed));
        let stage_changes = self.fields.contains_key(&"StageName".into());
        let has_probability = self.fields.contains_key(&"Probability".into());
        if let (true, false, Some(percent)) = (stage_changes, has_probability, stage.probability) {
            self.put("Probability", Value::Number(f64::from(percent)));
        }
        match (
            self.is_given("ForecastCategoryName"),
            &stage.forecast_category,
        ) {
            (false, Some(category)) if stage_changes => {
                let name = match category.as_str() {
                    "BestCase" => "Best Case",
                    "MostLikely" => "Most Likely",
                    "Forecast" => "Commit",
                    same => same,
                };
                self.put("ForecastCategoryName", Value::Text(name.to_owned()));
                self.put("ForecastCategory", Value::Text(category.clone()));
            }
            (true, _) => {
                let category = match self.text("ForecastCategoryName") {
                    "Commit" => "Forecast".to_owned(),
                    name => name.replace(' ', ""),
                };
                self.put("ForecastCategory", Value::Text(category));
            }
            _ => {}
        }
        let revenue = match (self.value("Amount"), self.value("Probability")) {
            (Value::Number(amount), Value::Number(percent)) => {
                Value::Number(super::numbers::rounded(amount * percent / 100.0, 2))
            }
            _ => Value::Null,
        };
        self.put("ExpectedRevenue", revenue);
        if let Value::Date(date) = *self.value("CloseDate") {
            let quarter = (i64::from(date.month()) + 2) / 3;
            self.put("FiscalYear", Value::Integer(date.year().into()));
            self.put("FiscalQuarter", Value::Integer(quarter));
            let fiscal = format!("{} {quarter}", date.year());
            self.put("Fiscal", Value::Text(fiscal));
        }
    }
}

/// What the fields may not say together.
pub(super) fn contradictions(object: &Object, before: &Fields, fields: &Fields) -> Vec<SaveError> {
    let mut errors = Vec::new();
    let current = |name: &str| {
        let name = FieldName::new(name);
        let value = fields.get(&name).or_else(|| before.get(&name));
        value.cloned().unwrap_or(Value::Null)
    };
    let refusal = |words: &str, field: &str| {
        let code = SaveErrorCode::FieldIntegrityException;
        SaveError::new(code, words, vec![field.to_owned()])
    };
    match object.name.as_str() {
        "Event" => {
            let ends = (current("StartDateTime"), current("EndDateTime"));
            if matches!(ends, (Value::DateTime(start), Value::DateTime(end)) if end < start) {
                let words = "End: the event ends before it starts; give a later end";
                errors.push(refusal(words, "EndDateTime"));
            }
        }
        "Task" => {}
        "CampaignMember" if current("LeadId").is_null() && current("ContactId").is_null() => {
            let words = "Contact ID: a member of a campaign is a lead or a contact; give one";
            errors.push(refusal(words, "ContactId"));
            return errors;
        }
        _ => return errors,
    }
    let is_changed = ["WhoId", "WhatId"]
        .iter()
        .any(|n| fields.contains_key(&(*n).into()));
    let is_lead = current("WhoId")
        .as_reference()
        .is_some_and(|id| id.key_prefix() == "00Q");
    if is_changed && is_lead && !current("WhatId").is_null() {
        let words = "Related To ID: cannot be given together with a lead in Name (WhoId); leave \
                     one of them empty";
        errors.push(refusal(words, "WhatId"));
    }
    errors
}
