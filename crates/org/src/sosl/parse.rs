//! From text to the tree.
//!
//! ```text
//! search    = FIND ("{" terms "}" | "'" terms "'" | '"' terms '"') [IN group FIELDS]
//!             [RETURNING returned ("," returned)*] [WITH SPELL_CORRECTION "=" bool] [LIMIT bound]
//! returned  = object ["(" exprs [WHERE condition] [ORDER BY orders] [LIMIT n] [OFFSET n] ")"]
//! ```

use super::ast::{FieldGroup, Search};
use super::terms;
use crate::soql::SoqlError;
use crate::soql::ast::{At, Expr, From, Item, Name, Path, Select};
use crate::soql::error::Fault;
use crate::soql::limits::STATEMENT_CHARS_MAX;
use crate::soql::parse::{Cursor, Read};

/// Reads a search. An error says where the text stops making sense, and what was read there.
pub fn parse(text: &str) -> Result<Search, SoqlError> {
    search(text).map_err(|(at, fault)| SoqlError::at(text, at, as_search(fault)))
}

/// What SOQL's rules complain about is a malformed search here.
fn as_search(fault: Fault) -> Fault {
    match fault.code {
        "MALFORMED_QUERY" | "QUERY_TOO_COMPLICATED" => Fault {
            code: "MALFORMED_SEARCH",
            ..fault
        },
        _ => fault,
    }
}

fn search(text: &str) -> Read<Search> {
    if text.chars().nth(STATEMENT_CHARS_MAX).is_some() {
        let fact = format!("SOSL statement is longer than {STATEMENT_CHARS_MAX} characters.");
        return Err((At(0), Fault::malformed(fact)));
    }
    let found = find(text)?;
    let terms = terms::terms(&text[found.start..found.end], found.start)?;
    let mut cursor = Cursor::starting_at(text, found.rest)?;
    let group = group(&mut cursor)?;
    let returning = match cursor.take_keyword("RETURNING") {
        true => cursor.list(Cursor::returned)?,
        false => Vec::new(),
    };
    let spell_correction = with(&mut cursor)?;
    let limit = cursor.bound_after("LIMIT")?;
    cursor.end()?;
    Ok(Search {
        text: text.to_owned(),
        terms,
        group,
        returning,
        spell_correction,
        limit,
    })
}

/// Where the terms stand, and where the rest begins.
struct Found {
    start: usize,
    end: usize,
    rest: usize,
}

/// FIND and what follows it up to the closing brace or quote.
fn find(text: &str) -> Read<Found> {
    let start = text.len() - text.trim_start().len();
    let is_find = text[start..]
        .get(..4)
        .is_some_and(|word| word.eq_ignore_ascii_case("FIND"));
    if !is_find {
        let fault = Fault::new("MALFORMED_SEARCH", "A search begins with FIND");
        return Err((
            At(start),
            fault.hint("For example: FIND {Acme} RETURNING Account(Name)"),
        ));
    }
    let rest = text[start + 4..].trim_start();
    let open = text.len() - rest.len();
    let close = match rest.chars().next() {
        Some('{') => '}',
        Some(quote @ ('\'' | '"')) => quote,
        _ => {
            let fault = Fault::new("MALFORMED_SEARCH", "No search term found.");
            let hint = "The search term must be enclosed in braces: FIND {Acme}.";
            return Err((At(open), fault.hint(hint)));
        }
    };
    let mut chars = rest.char_indices().skip(1);
    while let Some((index, c)) = chars.next() {
        match c {
            '\\' => _ = chars.next(),
            c if c == close => {
                return Ok(Found {
                    start: open + 1,
                    end: open + index,
                    rest: open + index + 1,
                });
            }
            _ => {}
        }
    }
    let fault = Fault::new("MALFORMED_SEARCH", "unexpected token: '<EOF>'");
    let hint = format!("The search term has no closing {close}.");
    Err((At(open), fault.hint(hint)))
}

fn group(cursor: &mut Cursor<'_>) -> Read<Option<FieldGroup>> {
    if !cursor.take_keyword("IN") {
        return Ok(None);
    }
    for (word, group) in FieldGroup::WORDS {
        if cursor.take_keyword(word) {
            cursor.keyword("FIELDS")?;
            return Ok(Some(group));
        }
    }
    let (at, fault) = cursor.unexpected();
    Err((
        at,
        fault.hint("IN takes ALL, NAME, EMAIL, PHONE or SIDEBAR, then FIELDS."),
    ))
}

/// WITH: spelling is never corrected, so both its values are true; the rest is refused.
fn with(cursor: &mut Cursor<'_>) -> Read<Option<bool>> {
    if !cursor.take_keyword("WITH") {
        return Ok(None);
    }
    if !cursor.take_keyword("SPELL_CORRECTION") {
        let (at, fault) = cursor.unexpected();
        let hint = "Of WITH there is SPELL_CORRECTION only: divisions, networks, data categories, \
                    highlights and snippets are not supported.";
        return Err((at, fault.hint(hint)));
    }
    cursor.sign("=")?;
    if cursor.take_keyword("TRUE") {
        return Ok(Some(true));
    }
    cursor.keyword("FALSE")?;
    Ok(Some(false))
}

impl Cursor<'_> {
    fn returned(&mut self) -> Read<Select> {
        let at = self.at();
        let object = match self.is_keyword("GROUP") {
            true => self.any_word()?,
            false => self.name()?,
        };
        let mut select = id_of(at, object);
        if self.is_sign("(") {
            self.parenthesised(|cursor| cursor.returned_fields(&mut select))?;
        }
        Ok(select)
    }

    fn returned_fields(&mut self, select: &mut Select) -> Read<()> {
        select.items = self.list(Self::returned_item)?;
        select.condition = self.condition_after("WHERE")?;
        if self.is_keyword("USING") {
            let (at, fault) = self.unexpected();
            return Err((at, fault.hint("List views cannot be searched.")));
        }
        select.order = self.order()?;
        select.limit = self.bound_after("LIMIT")?;
        select.offset = self.bound_after("OFFSET")?;
        Ok(())
    }

    fn returned_item(&mut self) -> Read<Item> {
        let expr = self.expr()?;
        let alias = self.alias()?;
        Ok(Item::Expr { expr, alias })
    }
}

/// What an object shows of which no fields are named.
pub(super) fn id_of(at: At, object: Name) -> Select {
    let id = Name {
        at,
        text: "Id".to_owned(),
    };
    Select {
        at,
        items: vec![Item::Expr {
            expr: Expr::Field(Path { names: vec![id] }),
            alias: None,
        }],
        from: From {
            path: Path {
                names: vec![object],
            },
            alias: None,
        },
        aliases: Vec::new(),
        scope: None,
        condition: None,
        with: None,
        group: None,
        having: None,
        order: Vec::new(),
        limit: None,
        offset: None,
        purposes: Vec::new(),
        all_rows: false,
    }
}

#[cfg(test)]
mod tests;
