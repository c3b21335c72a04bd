//! The search of the REST resource `parameterizedSearch`: parts in JSON, which make the same
//! search as a text. Each part is read for itself first, so that none can reach beyond its place.

use serde::Deserialize;

use super::ast::{FieldGroup, Search, Terms};
use super::parse::id_of;
use super::terms;
use crate::soql::SoqlError;
use crate::soql::ast::{At, Bound, Item, Name, Select};
use crate::soql::error::Fault;
use crate::soql::parse::{Cursor, Read};

/// What a client asks (REST API guide, "Search with Parameters"). Parts that this org does not
/// have (`dataCategories`, `division`, `netId`, …) are unknown fields of it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParameterizedSearch {
    /// What is searched for; operators, phrases and wildcards as in FIND.
    pub q: String,
    /// Fields of every object that names none.
    #[serde(default)]
    pub fields: Vec<String>,
    /// Objects; none: all that can be searched.
    #[serde(default)]
    pub sobjects: Vec<SearchedObject>,
    /// `ALL`, `NAME`, `EMAIL`, `PHONE`, `SIDEBAR`.
    #[serde(default, rename = "in")]
    pub group: Option<String>,
    /// Most records over all objects.
    #[serde(default)]
    pub overall_limit: Option<u64>,
    /// Most records of every object that names no limit.
    #[serde(default)]
    pub default_limit: Option<u64>,
    /// Records to skip, of every object.
    #[serde(default)]
    pub offset: Option<u64>,
    /// Makes no difference: spelling is never corrected.
    #[serde(default)]
    pub spell_correction: Option<bool>,
}

/// One object of a search.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SearchedObject {
    /// Its name.
    pub name: String,
    /// Its fields; none: those of the whole search, or `Id`.
    #[serde(default)]
    pub fields: Vec<String>,
    /// A condition.
    #[serde(default, rename = "where")]
    pub condition: Option<String>,
    /// An order: `Name DESC`.
    #[serde(default)]
    pub order_by: Option<String>,
    /// Most records of it.
    #[serde(default)]
    pub limit: Option<u64>,
}

impl ParameterizedSearch {
    /// The same search as a text would make it; [`Search::text`] is that text, which errors of
    /// the plan quote. An error quotes the part that is wrong.
    pub fn search(&self) -> Result<Search, SoqlError> {
        let mut returning = Vec::new();
        for object in &self.sobjects {
            returning.push(self.select(object)?);
        }
        if self.sobjects.is_empty() && !self.fields.is_empty() {
            let fault = Fault::new("MALFORMED_SEARCH", "fields need sobjects");
            let hint = "Name the objects whose fields they are.";
            return Err(SoqlError::at(&self.q, At(0), fault.hint(hint)));
        }
        let search = Search {
            text: String::new(),
            terms: self.terms()?,
            group: self.group()?,
            returning,
            spell_correction: self.spell_correction,
            limit: self.overall_limit.map(bound),
        };
        super::parse(&search.to_string())
    }

    /// What is searched for; a text that makes no sense with operators is searched word by word.
    fn terms(&self) -> Result<Terms, SoqlError> {
        let read = terms::terms(&self.q, 0);
        let plain = |_| {
            let words = self
                .q
                .split_whitespace()
                .map(|word| Terms::Word(word.replace('"', "-")));
            let mut words: Vec<Terms> = words.collect();
            match words.len() {
                1 => words.remove(0),
                _ => Terms::And(words),
            }
        };
        match self.q.trim() {
            "" => read.map_err(|(at, fault)| SoqlError::at(&self.q, at, fault)),
            _ => Ok(read.unwrap_or_else(plain)),
        }
    }

    fn group(&self) -> Result<Option<FieldGroup>, SoqlError> {
        let Some(written) = &self.group else {
            return Ok(None);
        };
        let mut known = FieldGroup::WORDS.iter();
        match known.find(|(word, _)| word.eq_ignore_ascii_case(written)) {
            Some((_, group)) => Ok(Some(*group)),
            None => {
                let fault = Fault::new("INVALID_SEARCH_SCOPE", format!("unknown: in={written}"));
                let hint = "It is ALL, NAME, EMAIL, PHONE or SIDEBAR.";
                Err(SoqlError::at(written, At(0), fault.hint(hint)))
            }
        }
    }

    fn select(&self, object: &SearchedObject) -> Result<Select, SoqlError> {
        let name = whole(&object.name, |cursor| cursor.any_word())?;
        let name = Name { at: At(0), ..name };
        let mut select = id_of(At(0), name);
        let fields = match object.fields.as_slice() {
            [] => self.fields.as_slice(),
            fields => fields,
        };
        let mut items = Vec::new();
        for field in fields {
            items.push(whole(field, |cursor| {
                let expr = cursor.expr()?;
                let alias = cursor.alias()?;
                Ok(Item::Expr { expr, alias })
            })?);
        }
        if !items.is_empty() {
            select.items = items;
        }
        if let Some(condition) = &object.condition {
            select.condition = Some(whole(condition, |cursor| cursor.condition())?);
        }
        if let Some(order) = &object.order_by {
            select.order = whole(order, |cursor| cursor.list(Cursor::order_item))?;
        }
        select.limit = object.limit.or(self.default_limit).map(bound);
        select.offset = self.offset.map(bound);
        Ok(select)
    }
}

fn bound(rows: u64) -> Bound {
    Bound {
        at: At(0),
        // More than this cannot be written in a statement, and more rows there never are.
        rows: rows.min(i64::MAX.unsigned_abs()),
    }
}

/// Reads a part, which must be used up.
fn whole<T>(text: &str, read: impl Fn(&mut Cursor<'_>) -> Read<T>) -> Result<T, SoqlError> {
    let read = Cursor::new(text).and_then(|mut cursor| {
        let part = read(&mut cursor)?;
        cursor.end()?;
        Ok(part)
    });
    read.map_err(|(at, fault)| {
        let code = "MALFORMED_SEARCH";
        SoqlError::at(text, at, Fault { code, ..fault })
    })
}

#[cfg(test)]
mod tests;
