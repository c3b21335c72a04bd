//! The search page: records of every object whose name, e-mail address or telephone number
//! meets the text, grouped by object, with the field that matched.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use offhook_org::access::Operation;
use offhook_org::schema::{FieldKind, Object};
use offhook_org::{FieldName, ObjectName, Record};
use offhook_phone::MatchStrength;

use super::list::{self, Row};
use super::shell::{self, Head};
use super::value::{self, Words};
use crate::error::Failure;
use crate::session::SignedIn;
use crate::{AppState, query};

/// Fewer letters would match nearly everything.
const TEXT_LENGTH_MIN: usize = 2;

/// Records of one object, at most.
const GROUP_MAX: u32 = 25;

#[derive(Template)]
#[template(path = "search.html")]
struct SearchTemplate {
    text: String,
    groups: Vec<Group>,
    summary: String,
    /// The text was read as a telephone number.
    by_number: bool,
    too_short: bool,
}

/// The records of one object.
struct Group {
    label: String,
    icon: String,
    key: String,
    columns: Vec<String>,
    rows: Vec<Row>,
    /// There may be more.
    cut: bool,
}

/// A record with the reason why it was found.
struct Hit {
    record: Record,
    matched: String,
}

/// `/lightning/search`.
pub(crate) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
    RawQuery(raw): RawQuery,
) -> Result<Response, Failure> {
    let asked = query::pairs(raw.unwrap_or_default().as_bytes());
    let text: String = query::value(&asked, "q").trim().chars().take(250).collect();
    let too_short = text.chars().count() < TEXT_LENGTH_MIN;
    let objects = searched(&state, &who);
    let hits = match too_short {
        true => Vec::new(),
        false => find(&state, &who, &text, &objects).await?,
    };
    let groups = groups(&state, &who, &objects, &hits).await?;
    let title = match text.is_empty() {
        true => "Search".to_owned(),
        false => format!("Search: {text}"),
    };
    let body = SearchTemplate {
        summary: summary(hits.len()),
        by_number: is_number(&text),
        groups,
        text,
        too_short,
    };
    let head = Head {
        kind: "search",
        title,
        icon: "search".to_owned(),
        ..Head::default()
    };
    shell::page(&state, &who, head, &body).await
}

/// People first, then companies, then what concerns them.
fn searched(state: &AppState, who: &SignedIn) -> Vec<ObjectName> {
    let order = ["Contact", "Lead", "Account", "Case", "Opportunity", "User"];
    let schema = state.store.schema();
    let objects = order.into_iter().filter_map(|name| schema.object(name));
    objects
        .filter(|object| who.user.may(object.name.as_str(), Operation::Read))
        .map(|object| object.name.clone())
        .collect()
}

async fn find(
    state: &AppState,
    who: &SignedIn,
    text: &str,
    objects: &[ObjectName],
) -> Result<Vec<Hit>, Failure> {
    let schema = state.store.schema();
    let mut hits: Vec<Hit> = Vec::new();
    if is_number(text) {
        for found in state.store.search_phone(&who.user, text, objects).await? {
            if hits.iter().any(|hit| hit.record.id == found.record.id) {
                continue;
            }
            let object = schema.object(found.record.object.as_str());
            let field = object.and_then(|object| object.field(found.field.as_str()));
            let label = field.map_or_else(|| found.field.to_string(), |f| f.label.clone());
            hits.push(Hit {
                matched: format!("{label}{}", strength_words(found.strength)),
                record: found.record,
            });
        }
    }
    // A number is looked up by its keys; its digits inside other fields are nobody's number.
    if !hits.is_empty() {
        return Ok(hits);
    }
    for record in state
        .store
        .search_text(&who.user, text, objects, GROUP_MAX)
        .await?
    {
        let object = schema.object(record.object.as_str());
        let matched = object
            .map(|object| matched_field(object, &record, text))
            .unwrap_or_default();
        hits.push(Hit { record, matched });
    }
    Ok(hits)
}

/// Seven digits or more, and nothing that a number is not written with.
fn is_number(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    digits >= 7 && letters <= 4
}

fn strength_words(strength: MatchStrength) -> &'static str {
    match strength {
        MatchStrength::Exact => "",
        MatchStrength::National => " (same national number)",
        MatchStrength::Suffix => " (same last digits)",
    }
}

/// The label of the first field that contains the text.
fn matched_field(object: &Object, record: &Record, text: &str) -> String {
    let wanted = text.to_lowercase();
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let name_first = object.field(object.name_field.as_str()).into_iter();
    let field = name_first.chain(&object.fields).find(|field| {
        let there = record.text(field.name.as_str());
        match field.kind {
            FieldKind::Phone if digits.len() >= 3 => {
                let there: String = there.chars().filter(char::is_ascii_digit).collect();
                there.contains(&digits)
            }
            FieldKind::Reference | FieldKind::Id => false,
            _ => there.to_lowercase().contains(&wanted),
        }
    });
    field.map(|field| field.label.clone()).unwrap_or_default()
}

async fn groups(
    state: &AppState,
    who: &SignedIn,
    objects: &[ObjectName],
    hits: &[Hit],
) -> Result<Vec<Group>, Failure> {
    let all: Vec<&Record> = hits.iter().map(|hit| &hit.record).collect();
    let words = Words::of(state, &who.user, &all).await?;
    let schema = state.store.schema();
    let mut groups = Vec::new();
    for name in objects {
        let Some(object) = schema.object(name.as_str()) else {
            continue;
        };
        let own: Vec<&Hit> = hits
            .iter()
            .filter(|hit| hit.record.object == *name)
            .collect();
        if !own.is_empty() {
            groups.push(group(who, object, &own, &words));
        }
    }
    Ok(groups)
}

fn group(who: &SignedIn, object: &Object, hits: &[&Hit], words: &Words<'_>) -> Group {
    let names: Vec<FieldName> = columns_of(object);
    let records: Vec<Record> = hits.iter().map(|hit| hit.record.clone()).collect();
    let mut rows = list::rows(&who.user, object, &names, &records, words);
    for (row, hit) in rows.iter_mut().zip(hits) {
        row.cells.push(value::Entry {
            label: "Matched".to_owned(),
            value: match hit.matched.as_str() {
                "" => value::Shown::Empty,
                words => value::Shown::Text(words.to_owned()),
            },
            wide: false,
        });
    }
    let mut columns: Vec<String> = value::readable(&who.user, object, &names)
        .map(|field| field.label.clone())
        .collect();
    columns.push("Matched".to_owned());
    Group {
        label: object.plural_label.clone(),
        icon: object.icon.clone(),
        key: object.name.to_string(),
        columns,
        cut: rows.len() >= GROUP_MAX as usize,
        rows,
    }
}

/// The list's columns without the owner.
fn columns_of(object: &Object) -> Vec<FieldName> {
    let columns = object
        .list_columns
        .iter()
        .filter(|name| name.as_str() != "OwnerId");
    columns.take(5).cloned().collect()
}

fn summary(count: usize) -> String {
    match count {
        0 => "No results".to_owned(),
        1 => "1 result".to_owned(),
        count => format!("{count} results"),
    }
}

#[cfg(test)]
mod tests {
    use super::is_number;

    #[test]
    fn a_number_is_told_from_a_name_with_digits() {
        let cases = [
            ("+1 (415) 555-1212", true),
            ("4155551212 ext 7", true),
            ("555", false),
            ("Unit 7355608 Alpha Bravo", false),
            ("00001027", true),
            ("Ada", false),
        ];
        for (text, is) in cases {
            assert_eq!(is_number(text), is, "{text}");
        }
    }
}
