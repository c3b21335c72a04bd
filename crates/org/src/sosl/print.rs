//! From the tree back to text. What is printed parses to the same tree.

use std::fmt::{self, Display, Formatter};

use super::ast::{FieldGroup, Search, Terms};
use crate::soql::ast::Select;
use crate::soql::print::Listed;

impl Display for Search {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "FIND {{{}}}", self.terms)?;
        if let Some(group) = self.group {
            write!(f, " IN {} FIELDS", group_word(group))?;
        }
        for (i, select) in self.returning.iter().enumerate() {
            f.write_str(if i == 0 { " RETURNING " } else { ", " })?;
            returned(f, select)?;
        }
        if let Some(value) = self.spell_correction {
            write!(f, " WITH SPELL_CORRECTION = {value}")?;
        }
        match self.limit {
            Some(limit) => write!(f, " LIMIT {}", limit.rows),
            None => Ok(()),
        }
    }
}

fn group_word(group: FieldGroup) -> &'static str {
    let mut words = FieldGroup::WORDS.iter();
    words
        .find(|(_, known)| *known == group)
        .map_or("ALL", |(word, _)| *word)
}

fn returned(f: &mut Formatter<'_>, select: &Select) -> fmt::Result {
    write!(f, "{}({}", select.from, Listed(&select.items))?;
    if let Some(condition) = &select.condition {
        write!(f, " WHERE {condition}")?;
    }
    if !select.order.is_empty() {
        write!(f, " ORDER BY {}", Listed(&select.order))?;
    }
    if let Some(limit) = select.limit {
        write!(f, " LIMIT {}", limit.rows)?;
    }
    if let Some(offset) = select.offset {
        write!(f, " OFFSET {}", offset.rows)?;
    }
    f.write_str(")")
}

impl Display for Terms {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => escaped(f, word),
            Self::Phrase(phrase) => {
                f.write_str("\"")?;
                escaped_phrase(f, phrase)?;
                f.write_str("\"")
            }
            Self::And(terms) => all(f, terms),
            Self::Or(terms) => joined(f, terms, " OR "),
            Self::AndNot(left, right) => {
                leftmost(f, left)?;
                f.write_str(" AND NOT ")?;
                unit(f, right)
            }
        }
    }
}

/// Terms that are all wanted.
fn all(f: &mut Formatter<'_>, terms: &[Terms]) -> fmt::Result {
    let Some((first, rest)) = terms.split_first() else {
        return Ok(());
    };
    match first {
        Terms::AndNot(..) => first.fmt(f)?,
        Terms::Word(_) | Terms::Phrase(_) | Terms::And(_) | Terms::Or(_) => unit(f, first)?,
    }
    for term in rest {
        f.write_str(" ")?;
        unit(f, term)?;
    }
    Ok(())
}

/// What stands before AND NOT, which takes all that was said so far: no parentheses are needed
/// there, and a long row must not become a deep nest.
fn leftmost(f: &mut Formatter<'_>, terms: &Terms) -> fmt::Result {
    match terms {
        Terms::And(_) | Terms::AndNot(..) => terms.fmt(f),
        Terms::Word(_) | Terms::Phrase(_) | Terms::Or(_) => unit(f, terms),
    }
}

fn joined(f: &mut Formatter<'_>, terms: &[Terms], word: &str) -> fmt::Result {
    for (i, term) in terms.iter().enumerate() {
        if i > 0 {
            f.write_str(word)?;
        }
        unit(f, term)?;
    }
    Ok(())
}

fn unit(f: &mut Formatter<'_>, terms: &Terms) -> fmt::Result {
    match terms {
        Terms::Word(_) | Terms::Phrase(_) => terms.fmt(f),
        Terms::And(_) | Terms::Or(_) | Terms::AndNot(..) => write!(f, "({terms})"),
    }
}

/// A word; one that would be an operator has a backslash before it.
fn escaped(f: &mut Formatter<'_>, word: &str) -> fmt::Result {
    if ["AND", "OR", "NOT"]
        .iter()
        .any(|operator| word.eq_ignore_ascii_case(operator))
    {
        f.write_str("\\")?;
    }
    for c in word.chars() {
        if matches!(c, '{' | '}' | '(' | ')' | '"' | '\\') {
            f.write_str("\\")?;
        }
        write!(f, "{c}")?;
    }
    Ok(())
}

fn escaped_phrase(f: &mut Formatter<'_>, phrase: &str) -> fmt::Result {
    for c in phrase.chars() {
        if matches!(c, '{' | '}') {
            f.write_str("\\")?;
        }
        write!(f, "{c}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
