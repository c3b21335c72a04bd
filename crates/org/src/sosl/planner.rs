//! From the tree to the plan: terms become words, objects of RETURNING become SELECTs.

use super::ast::{FieldGroup, Search, Terms};
use super::parse::id_of;
use super::plan::{SearchPlan, Wanted};
use super::terms::SEARCH_CHARS_MAX;
use crate::schema::Object;
use crate::soql::ast::{At, Expr, Item, Name, Select};
use crate::soql::error::Fault;
use crate::soql::parse::Read;
use crate::soql::plan::{Output, SelectPlan};
use crate::soql::planner::Planner;
use crate::soql::{PlanOptions, SoqlError};
use crate::{Schema, UserContext};

/// Records of one answer, over all objects.
pub const RECORDS_MAX: u64 = 2_000;

/// Objects of one RETURNING.
const RETURNING_MAX: usize = 20;

/// Fewer digits are no telephone number.
const NUMBER_DIGITS_MIN: usize = 7;

/// Makes a plan of a search, as this user may run it. Without RETURNING it shows the ids of
/// every object that can be searched and that the user may read.
pub fn plan(
    schema: &Schema,
    user: &UserContext,
    search: &Search,
    options: PlanOptions,
) -> Result<SearchPlan, SoqlError> {
    let at = |(at, fault)| SoqlError::at(&search.text, at, fault);
    let wanted = wanted(search).map_err(at)?;
    let everything = everything(schema, user);
    let selects = match search.returning.as_slice() {
        [] => everything.as_slice(),
        named => named,
    };
    let mut returning = Vec::new();
    for select in selects {
        let planner = Planner::new(schema, user, select, &options);
        returning.push(returned(&planner, select).map_err(at)?);
    }
    check_returning(search).map_err(at)?;
    let limit = search
        .limit
        .map_or(RECORDS_MAX, |limit| limit.rows.min(RECORDS_MAX));
    Ok(SearchPlan {
        wanted,
        group: search.group.unwrap_or(FieldGroup::All),
        returning,
        limit,
    })
}

fn check_returning(search: &Search) -> Read<()> {
    match search.returning.get(RETURNING_MAX) {
        None => Ok(()),
        Some(select) => {
            let fact = format!("RETURNING names more than {RETURNING_MAX} objects");
            Err((select.at, Fault::new("MALFORMED_SEARCH", fact)))
        }
    }
}

/// The ids of all that can be searched.
fn everything(schema: &Schema, user: &UserContext) -> Vec<Select> {
    let may_read =
        |object: &&Object| user.may(object.name.as_str(), crate::access::Operation::Read);
    let objects = schema.objects().iter().map(|object| &**object);
    let objects = objects
        .filter(|object| object.abilities.searchable)
        .filter(may_read);
    let name = |object: &Object| Name {
        at: At(0),
        text: object.name.as_str().to_owned(),
    };
    objects.map(|object| id_of(At(0), name(object))).collect()
}

fn returned<'a>(planner: &Planner<'a>, select: &'a Select) -> Read<SelectPlan> {
    let object = planner.readable_object(&select.from.path.names[0])?;
    if !object.abilities.searchable {
        let fact = format!("entity type {} does not support search", object.name);
        return Err((select.at, Fault::new("INVALID_TYPE_FOR_OPERATION", fact)));
    }
    let plan = planner.select(object, select, 1)?;
    match plan.output {
        Output::Rows(_) => Ok(plan),
        Output::Count | Output::Groups(_) => {
            let fault = Fault::new("MALFORMED_SEARCH", "RETURNING cannot have aggregates");
            Err((
                first_at(select),
                fault.hint("Count the records of the answer."),
            ))
        }
    }
}

fn first_at(select: &Select) -> At {
    match select.items.first() {
        Some(Item::Expr { expr, .. }) => Expr::at(expr),
        Some(Item::Children(_) | Item::TypeOf(_)) | None => select.at,
    }
}

/// Terms as words. A term that is too long finds nothing.
fn wanted(search: &Search) -> Read<Wanted> {
    let length = terms_length(&search.terms);
    if length > SEARCH_CHARS_MAX {
        return Ok(Wanted::Any(Vec::new()));
    }
    words(&search.terms).map_err(|fault| (terms_at(search), fault))
}

fn terms_at(search: &Search) -> At {
    let open = search.text.find(['{', '\'', '"']);
    At(open.map_or(0, |open| open + 1))
}

fn terms_length(terms: &Terms) -> usize {
    match terms {
        Terms::Word(text) | Terms::Phrase(text) => text.chars().count() + 1,
        Terms::And(all) | Terms::Or(all) => all.iter().map(terms_length).sum(),
        Terms::AndNot(left, right) => terms_length(left) + terms_length(right),
    }
}

fn words(terms: &Terms) -> Result<Wanted, Fault> {
    match terms {
        Terms::Word(text) => word(text),
        Terms::Phrase(text) => phrase(text),
        Terms::And(all) => and(all),
        Terms::Or(any) => any
            .iter()
            .map(words)
            .collect::<Result<_, _>>()
            .map(Wanted::Any),
        Terms::AndNot(left, right) => {
            let (left, right) = (words(left)?, words(right)?);
            Ok(Wanted::Without(Box::new(left), Box::new(right)))
        }
    }
}

/// Terms that are all wanted: those that together are a telephone number are one.
fn and(all: &[Terms]) -> Result<Wanted, Fault> {
    let text = |terms: &Terms| match terms {
        Terms::Word(text) | Terms::Phrase(text) => Some(text.clone()),
        Terms::And(_) | Terms::Or(_) | Terms::AndNot(..) => None,
    };
    let texts: Option<Vec<String>> = all.iter().map(text).collect();
    let joined = texts.map(|texts| texts.join(" "));
    if let Some(text) = joined.filter(|text| is_number(text)) {
        return Ok(number(&text));
    }
    all.iter()
        .map(words)
        .collect::<Result<_, _>>()
        .map(Wanted::All)
}

fn word(text: &str) -> Result<Wanted, Fault> {
    if is_number(text) {
        return Ok(number(text));
    }
    let parts = parts(text);
    check_length(text, &parts)?;
    if parts[0].starts_with(['*', '?']) {
        let fault = Fault::new(
            "MALFORMED_SEARCH",
            format!("a wildcard begins the term: {text}"),
        );
        return Err(fault.hint("* and ? stand in the middle of a term or at its end."));
    }
    Ok(all_of(parts))
}

fn phrase(text: &str) -> Result<Wanted, Fault> {
    if is_number(text) {
        return Ok(number(text));
    }
    let parts = parts(&text.replace(['*', '?'], " "));
    check_length(text, &parts)?;
    Ok(Wanted::Phrase(parts))
}

/// A term has at least two letters or digits.
fn check_length(text: &str, parts: &[String]) -> Result<(), Fault> {
    let signs = parts.iter().flat_map(|part| part.chars());
    if signs.filter(|c| c.is_alphanumeric()).count() >= 2 {
        return Ok(());
    }
    let fact = format!("search term must be longer than one character: {text}");
    Err(Fault::new("MALFORMED_SEARCH", fact))
}

/// Digits and what stands between them, and enough of them.
fn is_number(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let is_part = |c: char| c.is_ascii_digit() || " +-().,/\u{a0}".contains(c);
    digits >= NUMBER_DIGITS_MIN && text.chars().all(is_part)
}

fn number(text: &str) -> Wanted {
    Wanted::Number {
        text: text.to_owned(),
        words: Box::new(all_of(parts(text))),
    }
}

fn all_of(mut parts: Vec<String>) -> Wanted {
    match parts.len() {
        1 => Wanted::Word(parts.remove(0)),
        _ => Wanted::All(parts.into_iter().map(Wanted::Word).collect()),
    }
}

/// The words of a text: they end at signs, and between letters and digits. Wildcards belong to
/// the word that they stand in.
fn parts(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut part = String::new();
    let mut was_digit = None;
    for c in text.chars() {
        let is_wildcard = matches!(c, '*' | '?');
        let is_digit = (!is_wildcard).then(|| c.is_numeric());
        let turns = matches!((was_digit, is_digit), (Some(was), Some(is)) if was != is);
        let ends = !(is_wildcard || c.is_alphanumeric());
        if (turns || ends) && !part.is_empty() {
            parts.push(std::mem::take(&mut part));
        }
        if ends {
            was_digit = None;
            continue;
        }
        part.push(c);
        was_digit = is_digit.or(was_digit);
    }
    if !part.is_empty() {
        parts.push(part);
    }
    parts.retain(|part| part.chars().any(char::is_alphanumeric));
    // Behind a sign, `?` begins a word that no index finds by its first letters.
    for part in parts.iter_mut().skip(1) {
        *part = part.trim_start_matches(['*', '?']).to_owned();
    }
    parts
}

#[cfg(test)]
mod tests;
