//! Searching for the record that a call brings up: runs the searches that the org asks for, lets
//! it choose, and keeps the reasons. The same way for a call and for an admin who tries a number.

use std::time::Instant;

use offhook_org::cti::screen_pop::{self, Candidate, Decision, PopRequest, ScreenPop, Search};
use offhook_org::save::person;
use offhook_org::{ObjectName, Record, RecordId, UserContext};
use offhook_phone::MatchStrength;
use offhook_store::StoreError;
use offhook_store::cti::PopTrace;

use crate::{AppState, now_ms};

/// Records of a text search, for each object. The decision between one and several needs two.
const TEXT_HITS_MAX: u32 = 200;

/// A decision with its trace.
#[derive(Debug)]
pub(crate) struct Popped {
    pub(crate) decision: Decision,
    pub(crate) trace: PopTrace,
    /// Name of the record that pops, for the tab's title; empty when none does.
    pub(crate) title: String,
}

/// Searches and chooses, with the rights of `user`, whose id is `user_id`.
pub(crate) async fn search_and_choose(
    state: &AppState,
    user: &UserContext,
    user_id: &RecordId,
    request: &PopRequest,
) -> Result<Popped, StoreError> {
    let started = Instant::now();
    let store = &state.store;
    let (schema, region) = (store.schema(), store.region());
    let layout = store.softphone_layout(&user.profile.name).await?;
    let plan = screen_pop::plan(request, &layout, &schema, user, region);
    let mut candidates = Vec::new();
    for search in &plan.searches {
        for found in run(state, user, search, &plan.objects).await? {
            keep(&mut candidates, found);
        }
    }
    add_converted(state, user, &mut candidates).await?;
    person::once_each(&mut candidates, |candidate| &candidate.record);
    let decision = screen_pop::choose(request, &plan, &candidates, &layout, &schema, user, region);
    let title = title(&decision.pop, &candidates, state);
    let trace = PopTrace {
        at_ms: now_ms(),
        user: user_id.clone(),
        search_params: request.search_params.clone(),
        call_type: format!("{:?}", request.call_type).to_lowercase(),
        outcome: outcome(&decision, &title, request.deferred),
        lines: decision.trace.clone(),
        search_us: u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
    };
    Ok(Popped {
        decision,
        trace,
        title,
    })
}

async fn run(
    state: &AppState,
    user: &UserContext,
    search: &Search,
    objects: &[ObjectName],
) -> Result<Vec<Candidate>, StoreError> {
    let plain = |record| Candidate {
        record,
        phone_match: None,
    };
    match search {
        Search::Phone(number) => {
            let hits = state.store.search_phone(user, number, objects).await?;
            let candidates = hits.into_iter().map(|hit| Candidate {
                record: hit.record,
                phone_match: Some((hit.field, hit.strength)),
            });
            Ok(candidates.collect())
        }
        Search::Text(text) => {
            let found = state
                .store
                .search_text(user, text, objects, TEXT_HITS_MAX)
                .await?;
            Ok(found.into_iter().map(plain).collect())
        }
        Search::Id(id) => {
            let found = state.store.record(user, id).await?;
            let found = found.filter(|record| objects.contains(&record.object));
            Ok(found.into_iter().map(plain).collect())
        }
    }
}

/// Several spellings of one number find the same record: it counts once, by its best match.
fn keep(candidates: &mut Vec<Candidate>, found: Candidate) {
    let known = candidates
        .iter_mut()
        .find(|known| known.record.id == found.record.id);
    match known {
        Some(known) if rank(&found) < rank(known) => known.phone_match = found.phone_match,
        Some(_) => {}
        None => candidates.push(found),
    }
}

/// As [`screen_pop::choose`] ranks: a match by text counts like the same number. Of two equals the
/// one that says which field matched is kept.
fn rank(candidate: &Candidate) -> (MatchStrength, bool) {
    match &candidate.phone_match {
        Some((_, strength)) => (*strength, false),
        None => (MatchStrength::Exact, true),
    }
}

/// Puts the contacts that converted leads became among the candidates, as far as the user may see
/// them, each with the match of its lead.
async fn add_converted(
    state: &AppState,
    user: &UserContext,
    candidates: &mut Vec<Candidate>,
) -> Result<(), StoreError> {
    for id in screen_pop::converted_contacts(candidates) {
        let Some(record) = state.store.record(user, &id).await? else {
            continue;
        };
        let lead = candidates
            .iter()
            .find(|lead| lead.record.get("ConvertedContactId").as_reference() == Some(&id));
        let phone_match = lead.and_then(|lead| lead.phone_match.clone());
        candidates.push(Candidate {
            record,
            phone_match,
        });
    }
    Ok(())
}

fn title(pop: &ScreenPop, candidates: &[Candidate], state: &AppState) -> String {
    match pop {
        ScreenPop::Record { id } => candidates
            .iter()
            .find(|candidate| candidate.record.id == *id)
            .map_or_else(String::new, |candidate| {
                record_name(state, &candidate.record)
            }),
        ScreenPop::SearchPage { search_string } => search_string.clone(),
        ScreenPop::NewRecord { object, .. } => {
            let schema = state.store.schema();
            let object = schema.object(object.as_str());
            object.map_or_else(String::new, |object| format!("New {}", object.label))
        }
        ScreenPop::Page { page, .. } => page.clone(),
        ScreenPop::Flow { .. } | ScreenPop::Nothing => String::new(),
    }
}

/// The name of a record, as its object names records.
pub(super) fn record_name(state: &AppState, record: &Record) -> String {
    let schema = state.store.schema();
    let object = schema.object(record.object.as_str());
    let field = object.map_or("Name", |object| object.name_field.as_str());
    record.text(field).to_owned()
}

fn outcome(decision: &Decision, title: &str, deferred: bool) -> String {
    let popped = match &decision.pop {
        ScreenPop::Record { .. } => format!("Record: {title}"),
        ScreenPop::SearchPage { .. } => format!("Search page: {} records", decision.matches.len()),
        ScreenPop::NewRecord { .. } => title.to_owned(),
        ScreenPop::Page { page, .. } => format!("Page: {page}"),
        ScreenPop::Flow { flow, .. } => format!("Flow, which cannot open: {flow}"),
        ScreenPop::Nothing => "Nothing".to_owned(),
    };
    if deferred {
        format!("{popped} (deferred)")
    } else {
        popped
    }
}

#[cfg(test)]
mod tests {
    use offhook_org::{FieldName, Value};

    use super::*;

    fn contact(serial: u64, strength: Option<MatchStrength>) -> Candidate {
        Candidate {
            record: Record {
                object: ObjectName::new("Contact"),
                id: RecordId::from_serial("003", serial),
                fields: [(FieldName::new("Name"), Value::Text("Ann".to_owned()))].into(),
            },
            phone_match: strength.map(|strength| (FieldName::new("Phone"), strength)),
        }
    }

    #[test]
    fn a_record_found_by_two_spellings_counts_once_by_its_best_match() {
        let mut candidates = Vec::new();
        keep(&mut candidates, contact(1, Some(MatchStrength::Suffix)));
        keep(&mut candidates, contact(1, None));
        keep(&mut candidates, contact(1, Some(MatchStrength::Exact)));
        keep(&mut candidates, contact(1, Some(MatchStrength::National)));
        keep(&mut candidates, contact(2, None));
        assert_eq!(candidates.len(), 2);
        let strength = candidates[0]
            .phone_match
            .as_ref()
            .map(|(_, strength)| *strength);
        assert_eq!(strength, Some(MatchStrength::Exact));
    }
}
