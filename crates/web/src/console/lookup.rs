//! Lookup fields of a form, which work without script: a person types a name, with suggestions;
//! the server finds the record, and asks when the name belongs to none or to several.

use std::collections::BTreeMap;
use std::sync::Arc;

use offhook_org::Value;
use offhook_org::save::{SaveError, SaveErrorCode};
use offhook_org::schema::{Field, Object};
use offhook_org::{ObjectName, Record, RecordId};
use offhook_store::org::{Filter, ListQuery, Order};

use super::form::Entered;
use super::value;
use crate::error::Failure;
use crate::session::SignedIn;
use crate::{AppState, query};

/// Records that a name may stand for, at most.
const CANDIDATES_MAX: u32 = 10;

/// Names suggested for each object, at most.
const SUGGESTIONS_MAX: u32 = 100;

/// What a lookup field holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Chosen {
    /// As typed, or the record's name.
    pub(crate) text: String,
    /// The record that the text stands for.
    pub(crate) id: Option<RecordId>,
    /// The records that it may stand for.
    pub(crate) candidates: Vec<Candidate>,
}

impl Chosen {
    /// The record's id as the form carries it.
    pub(crate) fn id_text(&self) -> &str {
        self.id.as_ref().map_or("", RecordId::as_str)
    }
}

/// A record to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) id: String,
    pub(crate) label: String,
}

/// Names for the fields that refer to the same objects.
pub(crate) struct Suggestions {
    pub(crate) list: String,
    /// The name, and more about the record.
    pub(crate) options: Vec<(String, String)>,
}

/// The id of the list of suggestions for a field.
pub(crate) fn list_id(field: &Field) -> String {
    let objects: Vec<&str> = field.reference_to.iter().map(ObjectName::as_str).collect();
    format!("names-{}", objects.join("-"))
}

/// What to type.
pub(crate) fn placeholder(field: &Field) -> String {
    match field.reference_to.as_slice() {
        [only] => format!("Name of the {}", only.as_str().to_lowercase()),
        _ => "Name of the record".to_owned(),
    }
}

/// The lookup fields with ids in their texts: their records' names.
pub(crate) async fn from_ids(
    state: &AppState,
    who: &SignedIn,
    fields: &[&Field],
    entered: &Entered,
) -> Result<BTreeMap<String, Chosen>, Failure> {
    let id_of = |field: &Field| RecordId::parse(entered.get(field.name.as_str())?).ok();
    let ids: Vec<RecordId> = fields.iter().filter_map(|field| id_of(field)).collect();
    let names = state.store.names(&who.user, &ids).await?;
    let chosen = |field: &&Field| {
        let id = id_of(field)?;
        let text = names.get(&id).cloned().unwrap_or_else(|| id.to_string());
        let chosen = Chosen {
            text,
            id: Some(id),
            candidates: Vec::new(),
        };
        Some((field.name.to_string(), chosen))
    };
    Ok(fields.iter().filter_map(chosen).collect())
}

/// Finds the records that were typed or chosen. Puts their ids into the texts of the form.
pub(crate) async fn resolve(
    state: &AppState,
    who: &SignedIn,
    fields: &[&Field],
    sent: &[(String, String)],
    entered: &mut Entered,
) -> Result<(BTreeMap<String, Chosen>, Vec<SaveError>), Failure> {
    let mut lookups = BTreeMap::new();
    let mut errors = Vec::new();
    for field in fields {
        let name = field.name.as_str();
        let Some(text) = entered.get(name).map(|text| text.trim().to_owned()) else {
            continue;
        };
        let mut chosen = already_chosen(field, sent, &text);
        if chosen.id.is_none() && !text.is_empty() {
            chosen = by_name(state, who, field, &text).await?;
            if chosen.id.is_none() {
                errors.push(refusal(state, field, &chosen));
            }
        }
        entered.insert(name.to_owned(), chosen.id_text().to_owned());
        lookups.insert(name.to_owned(), chosen);
    }
    Ok((lookups, errors))
}

/// The record that the form names itself: untouched since it was shown, picked among the
/// candidates, or typed as an id.
fn already_chosen(field: &Field, sent: &[(String, String)], text: &str) -> Chosen {
    let part = |part: &str| query::value(sent, &format!("{}.{part}", field.name)).trim();
    let untouched = part("name") == text;
    let id = [("choice", untouched), ("id", untouched)]
        .into_iter()
        .filter(|(_, counts)| *counts)
        .find_map(|(name, _)| RecordId::parse(part(name)).ok())
        .or_else(|| RecordId::parse(text).ok());
    Chosen {
        text: text.to_owned(),
        id,
        candidates: Vec::new(),
    }
}

async fn by_name(
    state: &AppState,
    who: &SignedIn,
    field: &Field,
    text: &str,
) -> Result<Chosen, Failure> {
    let mut found = Vec::new();
    for object in objects_of(state, who, field) {
        let filter = Filter::Equals(object.name_field.clone(), Value::Text(text.to_owned()));
        found.extend(named(state, who, &object, filter).await?);
    }
    if let [(object, record)] = found.as_slice() {
        return Ok(Chosen {
            text: value::name_of(object, record),
            id: Some(record.id.clone()),
            candidates: Vec::new(),
        });
    }
    if found.is_empty() {
        for object in objects_of(state, who, field) {
            let filter = Filter::Contains(object.name_field.clone(), text.to_owned());
            found.extend(named(state, who, &object, filter).await?);
        }
    }
    found.truncate(CANDIDATES_MAX as usize);
    Ok(Chosen {
        text: text.to_owned(),
        id: None,
        candidates: found
            .iter()
            .map(|(object, record)| candidate(object, record))
            .collect(),
    })
}

pub(crate) fn objects_of<'a>(
    state: &'a AppState,
    who: &'a SignedIn,
    field: &'a Field,
) -> impl Iterator<Item = Arc<Object>> {
    let names = field.reference_to.iter();
    names
        .filter_map(|name| state.store.schema().object(name.as_str()).cloned())
        .filter(|object| {
            who.user
                .may(object.name.as_str(), offhook_org::access::Operation::Read)
        })
}

async fn named(
    state: &AppState,
    who: &SignedIn,
    object: &Arc<Object>,
    filter: Filter,
) -> Result<Vec<(Arc<Object>, Record)>, Failure> {
    let list = ListQuery {
        object: object.name.clone(),
        filters: vec![filter],
        order: Some((object.name_field.clone(), Order::Ascending)),
        offset: 0,
        limit: CANDIDATES_MAX,
    };
    let page = state.store.list(&who.user, &list).await?;
    Ok(page
        .records
        .into_iter()
        .map(|record| (object.clone(), record))
        .collect())
}

fn candidate(object: &Object, record: &Record) -> Candidate {
    let name = value::name_of(object, record);
    let label = match more_about(object, record) {
        more if more.is_empty() => format!("{name} ({})", object.label),
        more => format!("{name} ({}, {more})", object.label),
    };
    Candidate {
        id: record.id.to_string(),
        label,
    }
}

/// What tells records of the same name apart.
pub(crate) fn more_about(object: &Object, record: &Record) -> String {
    let telling = [
        "Subject",
        "Email",
        "Company",
        "Phone",
        "BillingCity",
        "StageName",
    ];
    let texts = telling
        .into_iter()
        .filter(|name| object.field(name).is_some());
    let texts: Vec<&str> = texts
        .map(|name| record.text(name))
        .filter(|t| !t.is_empty())
        .collect();
    texts.into_iter().take(2).collect::<Vec<_>>().join(", ")
}

fn refusal(state: &AppState, field: &Field, chosen: &Chosen) -> SaveError {
    let schema = state.store.schema();
    let labels = field.reference_to.iter().map(|name| {
        let object = schema.object(name.as_str());
        object.map_or_else(|| name.to_string(), |object| object.label.to_lowercase())
    });
    let kinds = labels.collect::<Vec<_>>().join(" or ");
    let (label, text) = (&field.label, &chosen.text);
    let message = match chosen.candidates.len() {
        0 => format!("{label}: there is no {kinds} with the name “{text}” that you may see."),
        _ => format!("{label}: “{text}” is not the full name of one {kinds}. Choose which one."),
    };
    let code = SaveErrorCode::InvalidCrossReferenceKey;
    SaveError::new(code, message, vec![field.name.to_string()])
}

/// Names to suggest for these fields: what was viewed last, then by the alphabet.
pub(crate) async fn suggestions(
    state: &AppState,
    who: &SignedIn,
    fields: &[&Field],
) -> Result<Vec<Suggestions>, Failure> {
    let mut lists: Vec<Suggestions> = Vec::new();
    for field in fields {
        let list = list_id(field);
        if lists.iter().any(|known| known.list == list) {
            continue;
        }
        let mut options = Vec::new();
        for object in objects_of(state, who, field) {
            options.extend(names_of(state, who, &object).await?);
        }
        lists.push(Suggestions { list, options });
    }
    Ok(lists)
}

async fn names_of(
    state: &AppState,
    who: &SignedIn,
    object: &Object,
) -> Result<Vec<(String, String)>, Failure> {
    let viewed = state
        .store
        .recently_viewed(&who.user, Some(&object.name), 20)
        .await?;
    let list = ListQuery {
        object: object.name.clone(),
        filters: vec![],
        order: Some((object.name_field.clone(), Order::Ascending)),
        offset: 0,
        limit: SUGGESTIONS_MAX,
    };
    let all = state.store.list(&who.user, &list).await?;
    let mut names: Vec<(String, String)> = Vec::new();
    for record in viewed.iter().chain(&all.records) {
        let name = value::name_of(object, record);
        let more = more_about(object, record);
        if !names.contains(&(name.clone(), more.clone())) {
            names.push((name, more));
        }
    }
    Ok(names)
}
