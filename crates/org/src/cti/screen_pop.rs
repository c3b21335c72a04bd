//! Screen pop: which record a call brings up, and why. The search itself is asked for and
//! answered; this room says what to search and chooses among what was found.

use offhook_phone::{MatchStrength, Reading, Region};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::SoftphoneLayout;
use super::softphone_layout::{CallType, MultipleMatches, NoMatch, SingleMatch};
use crate::save::person;
use crate::schema::Schema;
use crate::{FieldName, ObjectName, Record, RecordId, UserContext, Value};

pub use super::pop_address::{is_page_name, screen_pop_data, screen_pop_path};

/// What an adapter asks with `searchAndScreenPop`.
#[derive(Debug, Clone, PartialEq)]
pub struct PopRequest {
    /// `searchParams` as given: a number in any spelling, a name, an id, or several with ` OR `.
    pub search_params: String,
    /// Inbound where the adapter says nothing.
    pub call_type: CallType,
    /// Only say what would pop.
    pub deferred: bool,
    /// `defaultFieldValues` for a new record.
    pub default_field_values: Map<String, Json>,
    /// `queryParams` for a page of the org, `a=b&c=d`.
    pub query_params: String,
    /// `params.FLOW.flowArgs` for a flow.
    pub flow_args: Vec<Json>,
}

/// One thing to search: the shell runs it over the objects, within the user's rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Search {
    /// By telephone number (`offhook_phone::lookup_keys`).
    Phone(String),
    /// By the text of names and e-mail addresses; at least 3 characters.
    Text(String),
    /// The record with this id.
    Id(RecordId),
}

/// What to search for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchPlan {
    /// The objects, in layout order, that the user may read and that have fields in the layout.
    pub objects: Vec<ObjectName>,
    /// The searches, in order; the hits of all count together.
    pub searches: Vec<Search>,
    /// The text for a search page.
    pub search_string: String,
}

/// A record that a search found, readable by the user.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The record, with the fields that the user may read.
    pub record: Record,
    /// The field that matched, and how, for a number.
    pub phone_match: Option<(FieldName, MatchStrength)>,
}

/// What pops.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "pop", rename_all = "snake_case")]
pub enum ScreenPop {
    /// The page of this record.
    Record {
        /// Its id.
        id: RecordId,
    },
    /// The search page.
    SearchPage {
        /// For this text.
        search_string: String,
    },
    /// The form for a new record.
    NewRecord {
        /// Of this object.
        object: ObjectName,
        /// Filled in with this.
        default_field_values: Map<String, Json>,
    },
    /// A page of the org.
    Page {
        /// Its name.
        page: String,
        /// What the adapter gave for it, `a=b&c=d`.
        query_params: String,
    },
    /// A screen flow.
    Flow {
        /// Its API name.
        flow: String,
        /// What the adapter gave for it.
        flow_args: Vec<Json>,
    },
    /// Nothing.
    Nothing,
}

/// The decision, with the reasons an admin can read.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// What pops.
    pub pop: ScreenPop,
    /// The map that the adapter gets: record id to its fields (spec 1.12), without
    /// `SCREEN_POP_DATA`.
    pub matches: Map<String, Json>,
    /// Why, line by line: what was searched, where, what was found, which rule chose.
    pub trace: Vec<String>,
}

/// Says what to search.
pub fn plan(
    request: &PopRequest,
    layout: &SoftphoneLayout,
    schema: &Schema,
    user: &UserContext,
    region: Region,
) -> SearchPlan {
    let part = layout.part(request.call_type);
    let searchable = part.objects.iter();
    let searchable = searchable.filter(|o| o.readable_fields(schema, user).next().is_some());
    let mut searches = Vec::new();
    for term in terms(&request.search_params) {
        if let Some(search) = search_of(term, schema, region).filter(|s| !searches.contains(s)) {
            searches.push(search);
        }
    }
    SearchPlan {
        objects: searchable.map(|object| object.object.clone()).collect(),
        searches,
        search_string: terms(&request.search_params)
            .next()
            .unwrap_or_default()
            .to_owned(),
    }
}

/// Adapters join several spellings with ` OR `.
fn terms(search_params: &str) -> impl Iterator<Item = &str> {
    let terms = search_params
        .split(" OR ")
        .map(str::trim)
        .filter(|term| !term.is_empty());
    terms.take(TERM_COUNT_MAX)
}

fn search_of(term: &str, schema: &Schema, region: Region) -> Option<Search> {
    let id = RecordId::parse(term)
        .ok()
        .filter(|id| schema.object_of(id).is_some());
    // A short id of digits alone is told from a number abroad (`0055…`) by its zeros.
    let number_like = term.len() == 15 && term.get(3..7) != Some("0000");
    match offhook_phone::read(term, region) {
        Reading::Number(_) if id.is_none() || number_like => Some(Search::Phone(term.to_owned())),
        Reading::Short(_) | Reading::Anonymous => None,
        Reading::Number(_) | Reading::NotANumber => {
            let is_text = term.chars().count() >= TEXT_LENGTH_MIN;
            id.map(Search::Id)
                .or_else(|| is_text.then(|| Search::Text(term.to_owned())))
        }
    }
}

/// Contacts that converted leads among the candidates became: to be read, as far as the user may,
/// and put among the candidates before [`choose`].
pub fn converted_contacts(candidates: &[Candidate]) -> Vec<RecordId> {
    let known = |id: &RecordId| {
        candidates
            .iter()
            .any(|candidate| candidate.record.id == *id)
    };
    let contacts = candidates
        .iter()
        .filter_map(|candidate| converted_to(&candidate.record));
    contacts.filter(|id| !known(id)).cloned().collect()
}

fn converted_to(record: &Record) -> Option<&RecordId> {
    let converted = *record.get("IsConverted") == Value::Boolean(true);
    converted
        .then(|| record.get("ConvertedContactId").as_reference())
        .flatten()
}

/// Chooses among the candidates. They are ranked by strength (weaker matches only count when no
/// stronger ones were found), then by the order of objects, then newest first. A converted lead
/// gives way to its contact where that is among the candidates.
pub fn choose(
    request: &PopRequest,
    plan: &SearchPlan,
    candidates: &[Candidate],
    layout: &SoftphoneLayout,
    schema: &Schema,
    user: &UserContext,
    region: Region,
) -> Decision {
    let mut trace = vec![searched(request, plan, region)];
    let found = best_matches(&plan.objects, candidates, &mut trace);
    let pop = match (request.call_type, found.as_slice()) {
        (CallType::Outbound | CallType::Internal, _) => {
            trace.push("Outbound and internal calls search without a pop.".to_owned());
            ScreenPop::Nothing
        }
        (CallType::Inbound, []) => no_match(request, plan, layout, schema, region, &mut trace),
        (CallType::Inbound, [one]) => single_match(one, request, layout, &mut trace),
        (CallType::Inbound, many) => {
            multiple_matches(many.len(), request, plan, layout, &mut trace)
        }
    };
    let shown = found.iter().take(MATCH_COUNT_MAX);
    let matches = shown.map(|c| {
        let json = match_json(&c.record, layout, request.call_type, schema, user);
        (c.record.id.to_string(), json)
    });
    Decision {
        pop,
        matches: matches.collect(),
        trace,
    }
}

fn searched(request: &PopRequest, plan: &SearchPlan, region: Region) -> String {
    let objects = plan
        .objects
        .iter()
        .map(ObjectName::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    let searches = plan.searches.iter().map(|search| match search {
        Search::Phone(number) => {
            format!(
                "the telephone number {}",
                offhook_phone::display(number, region)
            )
        }
        Search::Text(text) => format!("the text {text:?}"),
        Search::Id(id) => format!("the record {id}"),
    });
    let searches = searches.collect::<Vec<_>>();
    if searches.is_empty() {
        return format!(
            "{:?} was not searched: it is no telephone number of 7 digits or more, no record id, \
             and no text of {TEXT_LENGTH_MIN} characters or more.",
            request.search_params
        );
    }
    format!(
        "Searched {} in {objects} (the layout's order).",
        searches.join(", then ")
    )
}

/// The candidates that count, best first: the strongest matches, in the order of the objects,
/// newest first, a converted lead's contact in its place. What was found and left out is told in
/// the trace.
pub fn best_matches<'a>(
    objects: &[ObjectName],
    candidates: &'a [Candidate],
    trace: &mut Vec<String>,
) -> Vec<&'a Candidate> {
    let mut found = Vec::<&Candidate>::new();
    for candidate in candidates {
        if !found
            .iter()
            .any(|known| known.record.id == candidate.record.id)
        {
            trace.push(told(candidate));
            found.push(candidate);
        }
    }
    let ids = found
        .iter()
        .map(|c| c.record.id.clone())
        .collect::<Vec<_>>();
    found.retain(|candidate| match converted_to(&candidate.record) {
        Some(contact) if ids.contains(contact) => {
            trace.push(format!(
                "Lead {} was converted: its contact counts.",
                name(candidate)
            ));
            false
        }
        _ => true,
    });
    let best = found
        .iter()
        .map(|c| strength(c))
        .min()
        .unwrap_or(MatchStrength::Exact);
    let before = found.len();
    found.retain(|candidate| strength(candidate) == best);
    if found.len() < before {
        trace.push(format!(
            "{} weaker matches do not count.",
            before - found.len()
        ));
    }
    let place = |object: &ObjectName| objects.iter().position(|o| o == object);
    found.sort_by_key(|c| {
        (
            place(&c.record.object).unwrap_or(usize::MAX),
            newest_first(&c.record),
        )
    });
    found
}

fn strength(candidate: &Candidate) -> MatchStrength {
    candidate
        .phone_match
        .as_ref()
        .map_or(MatchStrength::Exact, |(_, strength)| *strength)
}

fn newest_first(record: &Record) -> std::cmp::Reverse<i64> {
    match record.get("LastModifiedDate") {
        Value::DateTime(at) => std::cmp::Reverse(*at),
        _ => std::cmp::Reverse(i64::MIN),
    }
}

fn told(candidate: &Candidate) -> String {
    let how = match &candidate.phone_match {
        None => String::new(),
        Some((field, MatchStrength::Exact)) => format!(" by {field}, the same number"),
        Some((field, MatchStrength::National)) => {
            format!(" by {field}, the same national number without its country")
        }
        Some((field, MatchStrength::Suffix)) => {
            format!(" by {field}, the same last digits without an area code")
        }
    };
    format!(
        "Found {} {}{how}.",
        candidate.record.object,
        name(candidate)
    )
}

fn name(candidate: &Candidate) -> String {
    let record = &candidate.record;
    let names = ["Name", "CaseNumber", "Subject"];
    let name = names
        .iter()
        .map(|field| record.text(field))
        .find(|name| !name.is_empty());
    name.map_or_else(|| record.id.to_string(), ToOwned::to_owned)
}

fn no_match(
    request: &PopRequest,
    plan: &SearchPlan,
    layout: &SoftphoneLayout,
    schema: &Schema,
    region: Region,
    trace: &mut Vec<String>,
) -> ScreenPop {
    let reading = offhook_phone::read(&plan.search_string, region);
    if plan.searches.is_empty() && !matches!(reading, Reading::Short(_)) {
        trace.push("Nothing pops, since nothing was searched.".to_owned());
        return ScreenPop::Nothing;
    }
    match &layout.screen_pop.no_match {
        NoMatch::DoNotPop => {
            trace.push("No match, and the layout says: do not pop.".to_owned());
            ScreenPop::Nothing
        }
        NoMatch::NewRecord { object } => {
            trace.push(format!("No match, and the layout says: new {object}."));
            let given = &request.default_field_values;
            let values = with_number(given, &plan.search_string, object, schema, region);
            ScreenPop::NewRecord {
                object: object.clone(),
                default_field_values: values,
            }
        }
        NoMatch::Visualforce { page } => to_page("No match", page, request, trace),
        NoMatch::Flow { flow } => to_flow("No match", flow, request, trace),
    }
}

/// To a page of the org, with what the adapter gave for it.
fn to_page(found: &str, page: &str, request: &PopRequest, trace: &mut Vec<String>) -> ScreenPop {
    trace.push(format!("{found}: the page {page}."));
    ScreenPop::Page {
        page: page.to_owned(),
        query_params: request.query_params.clone(),
    }
}

/// To a flow, with what the adapter gave for it.
fn to_flow(found: &str, flow: &str, request: &PopRequest, trace: &mut Vec<String>) -> ScreenPop {
    trace.push(format!(
        "{found}: the flow {flow}. Flows do not run here yet, so nothing pops."
    ));
    ScreenPop::Flow {
        flow: flow.to_owned(),
        flow_args: request.flow_args.clone(),
    }
}

/// The adapter's values win; where it gives no telephone number, the searched one is filled in.
fn with_number(
    given: &Map<String, Json>,
    searched: &str,
    object: &ObjectName,
    schema: &Schema,
    region: Region,
) -> Map<String, Json> {
    let mut values = given.clone();
    let Some(object) = schema.object(object.as_str()) else {
        return values;
    };
    let is_given = object.phone_fields().any(|field| {
        values
            .keys()
            .any(|name| name.eq_ignore_ascii_case(field.name.as_str()))
    });
    let is_number = matches!(offhook_phone::read(searched, region), Reading::Number(_));
    if let (false, true, Some(field)) = (is_given, is_number, object.phone_fields().next()) {
        let shown = offhook_phone::display(searched, region);
        values.insert(field.name.as_str().to_owned(), Json::String(shown));
    }
    values
}

fn single_match(
    one: &Candidate,
    request: &PopRequest,
    layout: &SoftphoneLayout,
    trace: &mut Vec<String>,
) -> ScreenPop {
    match &layout.screen_pop.single_match {
        SingleMatch::Visualforce { page } => to_page("One match", page, request, trace),
        SingleMatch::Flow { flow } => to_flow("One match", flow, request, trace),
        SingleMatch::DoNotPop => {
            trace.push("One match, and the layout says: do not pop.".to_owned());
            ScreenPop::Nothing
        }
        SingleMatch::DetailPage => {
            let object = &one.record.object;
            trace.push(format!("One match: the page of {object} {}.", name(one)));
            ScreenPop::Record {
                id: one.record.id.clone(),
            }
        }
    }
}

fn multiple_matches(
    count: usize,
    request: &PopRequest,
    plan: &SearchPlan,
    layout: &SoftphoneLayout,
    trace: &mut Vec<String>,
) -> ScreenPop {
    let found = format!("{count} matches");
    match &layout.screen_pop.multiple_matches {
        MultipleMatches::Visualforce { page } => to_page(&found, page, request, trace),
        MultipleMatches::Flow { flow } => to_flow(&found, flow, request, trace),
        MultipleMatches::DoNotPop => {
            trace.push(format!("{count} matches, and the layout says: do not pop."));
            ScreenPop::Nothing
        }
        MultipleMatches::SearchPage => {
            trace.push(format!("{count} matches: the search page."));
            ScreenPop::SearchPage {
                search_string: plan.search_string.clone(),
            }
        }
    }
}

/// A record as adapters get it (spec 1.12): `RecordType` is the object's name.
fn match_json(
    record: &Record,
    layout: &SoftphoneLayout,
    call_type: CallType,
    schema: &Schema,
    user: &UserContext,
) -> Json {
    let mut json = Map::new();
    json.insert("Id".to_owned(), Json::String(record.id.to_string()));
    let object = schema.object(record.object.as_str());
    let name_field = object.map_or("Name", |object| object.name_field.as_str());
    json.insert("Name".to_owned(), value_json(record.get(name_field)));
    json.insert(
        "LastModifiedDate".to_owned(),
        value_json(record.get("LastModifiedDate")),
    );
    json.insert(
        "RecordType".to_owned(),
        Json::String(record.object.to_string()),
    );
    if person::is_person(&record.fields) {
        json.insert("IsPersonAccount".to_owned(), Json::Bool(true));
        let other = match record.object.as_str() {
            "Account" => "PersonContactId",
            _ => "AccountId",
        };
        json.insert(other.to_owned(), value_json(record.get(other)));
    }
    let part = layout
        .part(call_type)
        .objects
        .iter()
        .find(|o| o.object == record.object);
    for field in part
        .into_iter()
        .flat_map(|part| part.readable_fields(schema, user))
    {
        json.insert(
            field.name.as_str().to_owned(),
            value_json(record.get(field.name.as_str())),
        );
    }
    Json::Object(json)
}

fn value_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Text(text) => Json::String(text.clone()),
        Value::Number(number) => json!(number),
        Value::Integer(number) => json!(number),
        Value::Boolean(flag) => json!(flag),
        Value::Date(date) => Json::String(date.to_string()),
        Value::Time(time) => Json::String(time.strftime("%H:%M:%S%.3fZ").to_string()),
        Value::Reference(id) => Json::String(id.to_string()),
        Value::DateTime(ms) => jiff::Timestamp::from_millisecond(*ms).map_or(Json::Null, |at| {
            Json::String(at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
        }),
    }
}

/// The most terms of one search.
const TERM_COUNT_MAX: usize = 20;
/// The fewest characters of a text search.
const TEXT_LENGTH_MIN: usize = 3;
/// The most records that an adapter is given; the choice is made on the whole number.
const MATCH_COUNT_MAX: usize = 200;

#[cfg(test)]
#[path = "screen_pop_tests.rs"]
mod tests;
