//! Our own org as the CRM: a call's record becomes the fields of its Task.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use offhook_calls::{CallRecord, Direction, EndCause, LogEntry};
use offhook_org::cti::call_log::{CallFacts, task_fields};
use offhook_org::cti::screen_pop::{Candidate, best_matches, converted_contacts};
use offhook_org::{ObjectName, Record, RecordId, UserContext};
use offhook_phone::Region;
use offhook_store::error::SaveFailure;
use offhook_store::org::PhoneHit;
use offhook_store::{Store, StoreError};

use super::NotLogged;

/// The objects whose numbers a call is matched with.
const MATCHED_OBJECTS: [&str; 3] = ["Contact", "Lead", "Account"];
/// Candidates named in the Description when several records have the caller's number.
const CANDIDATES_NAMED_MAX: usize = 5;

/// Our own org.
#[derive(Clone)]
pub(crate) struct OrgCrm {
    store: Store,
}

impl OrgCrm {
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }

    /// Writes the log; the id of its Task.
    pub(crate) async fn log(&self, entry: &LogEntry) -> Result<String, NotLogged> {
        let owner = RecordId::parse(entry.key.agent.as_str());
        let owner = owner.map_err(|error| NotLogged::Refused(error.to_string()))?;
        let user = self.store.user_context(&owner).await.map_err(later)?;
        let user = user.ok_or_else(|| {
            NotLogged::Refused(format!(
                "the owner of the log, user {owner}, does not exist"
            ))
        })?;
        let (record, remark) = self.record_of(&entry.call, &user).await?;
        let facts = facts(entry, owner, record, remark, &user, self.store.region());
        let fields = task_fields(&facts, &self.store.schema());
        let system = UserContext::system();
        let saved = self
            .store
            .save_call_log(&system, &entry.key, &fields, false)
            .await;
        match saved {
            Ok(logged) => Ok(logged.task.as_str().to_owned()),
            Err(SaveFailure::Store(error)) => Err(later(error)),
            Err(refused) => Err(NotLogged::Refused(refusal(refused))),
        }
    }

    /// The record that the call concerns: the one that popped, else the only best match of the
    /// number. Several equally good ones are named instead, for a person to choose.
    async fn record_of(
        &self,
        call: &CallRecord,
        user: &UserContext,
    ) -> Result<(Option<(RecordId, String)>, Option<String>), NotLogged> {
        if let Some(known) = &call.record
            && let Ok(id) = RecordId::parse(&known.id)
        {
            return Ok((Some((id, known.name.clone())), None));
        }
        let objects = MATCHED_OBJECTS.map(ObjectName::new);
        let number = &call.far_number;
        let hits = self.store.search_phone(user, number, &objects).await;
        let found = hits.map_err(later)?.into_iter().map(candidate);
        let mut found: Vec<Candidate> = found.collect();
        for contact in converted_contacts(&found) {
            let record = self.store.record(user, &contact).await.map_err(later)?;
            // The contact answers for the lead, however its own number is written.
            let phone_match = found.first().and_then(|lead| lead.phone_match.clone());
            found.extend(record.map(|record| Candidate {
                record,
                phone_match,
            }));
        }
        match best_matches(&objects, &found, &mut Vec::new()).as_slice() {
            [] => Ok((None, None)),
            [only] => {
                let record = &only.record;
                Ok((Some((record.id.clone(), name_of(record))), None))
            }
            several => Ok((None, Some(candidates(several)))),
        }
    }
}

fn candidate(hit: PhoneHit) -> Candidate {
    Candidate {
        record: hit.record,
        phone_match: Some((hit.field, hit.strength)),
    }
}

fn later(error: StoreError) -> NotLogged {
    NotLogged::Later(error.to_string())
}

fn refusal(failure: SaveFailure) -> String {
    match failure {
        SaveFailure::Refused(errors) => {
            let messages: Vec<String> = errors.into_iter().map(|error| error.message).collect();
            messages.join("; ")
        }
        other => other.to_string(),
    }
}

fn name_of(record: &Record) -> String {
    let name = record.text("Name");
    let first_and_last = || format!("{} {}", record.text("FirstName"), record.text("LastName"));
    match name.is_empty() {
        true => first_and_last().trim().to_owned(),
        false => name.to_owned(),
    }
}

fn candidates(hits: &[&Candidate]) -> String {
    let names: Vec<String> = hits
        .iter()
        .take(CANDIDATES_NAMED_MAX)
        .map(|hit| format!("{} ({})", name_of(&hit.record), hit.record.object))
        .collect();
    let more = match hits.len().saturating_sub(names.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "Several records have this number: {}{more}.",
        names.join(", ")
    )
}

fn facts(
    entry: &LogEntry,
    owner: RecordId,
    record: Option<(RecordId, String)>,
    remark: Option<String>,
    user: &UserContext,
    region: Region,
) -> CallFacts {
    let call = &entry.call;
    let answered = call.answered_at_ms.is_some();
    let outcome = call.outcome.clone();
    let notes = [Some(call.notes.clone()), remark];
    let notes: Vec<String> = notes
        .into_iter()
        .flatten()
        .filter(|text| !text.is_empty())
        .collect();
    CallFacts {
        key: entry.key.to_string(),
        call_id: call.call.as_str().to_owned(),
        call_type: match call.direction {
            Direction::Inbound => "Inbound".to_owned(),
            Direction::Outbound => "Outbound".to_owned(),
        },
        number: offhook_phone::display(&call.far_number, region),
        far_name: call.far_name.clone(),
        answered,
        date: date_of(call.started_at_ms, &user.time_zone),
        talk_duration_ms: call.talk_duration_ms,
        owner,
        outcome: outcome.or_else(|| cause_of_silence(call.end_cause.filter(|_| !answered))),
        notes: notes.join("\n\n"),
        record,
    }
}

/// The day in the owner's time zone; in UTC when the zone is not known.
fn date_of(at_ms: i64, time_zone: &str) -> Date {
    let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    let zone = TimeZone::get(time_zone).unwrap_or(TimeZone::UTC);
    at.to_zoned_datetime(zone).date()
}

/// Why a call that nobody answered ended, in the words of an outcome.
fn cause_of_silence(cause: Option<EndCause>) -> Option<String> {
    let words = match cause? {
        EndCause::CallerGaveUp => "Caller hung up",
        EndCause::NoAnswer | EndCause::AgentLost => "No answer",
        EndCause::Declined => "Declined",
        EndCause::Busy => "Busy",
        EndCause::Failed => "Failed",
        EndCause::Refused => "All lines busy",
        EndCause::Interrupted => "Interrupted",
        EndCause::AgentHungUp => "Cancelled",
        EndCause::FarEndHungUp => "No answer",
    };
    Some(words.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_of_a_call_is_the_owners() {
        // 2026-03-01 02:30 UTC.
        let at_ms = 1_772_332_200_000;
        assert_eq!(
            date_of(at_ms, "America/Los_Angeles").to_string(),
            "2026-02-28"
        );
        assert_eq!(date_of(at_ms, "Europe/Stockholm").to_string(), "2026-03-01");
        assert_eq!(date_of(at_ms, "Nowhere/Land").to_string(), "2026-03-01");
    }

    #[test]
    fn an_unanswered_call_says_why() {
        assert_eq!(
            cause_of_silence(Some(EndCause::Busy)).as_deref(),
            Some("Busy")
        );
        assert_eq!(cause_of_silence(None), None);
    }
}
