//! The markup of pages that admins write for adapters: HTML with a few `apex:` tags and with
//! merge fields (`{!$User.Id}`). Read once when it is saved, with errors at line and column;
//! rendered for each visit. What comes from outside is escaped for the place where it stands.

mod escape;
mod expression;
mod parse;
mod tags;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use escape::Place;
use expression::Expression;
pub use parse::parse;

/// What is wrong with a page's markup, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (line {line}, column {column})")]
pub struct MarkupError {
    /// What, as a sentence without its end.
    pub message: String,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

/// A page that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    parts: Vec<Part>,
    /// The title of the document.
    title: String,
    /// Does the author write `<html>` or `<body>`?
    has_own_frame: bool,
    /// Attributes that mean something on the platform and nothing here, for a warning.
    pub ignored: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Text(String),
    /// A value, escaped for its place.
    Merge(Expression, Place),
    /// The whole value of an attribute that is an address.
    Address(Vec<Piece>),
}

/// A piece of an address.
#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Text(String),
    Merge(Expression),
}

/// What merge fields mean for one visit.
#[derive(Debug, Clone, Default)]
pub struct Visit {
    /// The page's name.
    pub name: String,
    /// The parameters of the query, in order.
    pub parameters: Vec<(String, String)>,
    /// `$User.X`, `$Profile.X` and `$Organization.X`, in lower case with their `$`.
    pub facts: BTreeMap<String, String>,
    /// Addresses of static resources by their names in lower case.
    pub resources: BTreeMap<String, String>,
    /// What is put behind the address of another page: its ticket.
    pub page_query: String,
    /// Where the API is: the console's origin.
    pub api_origin: String,
    /// The org's id.
    pub org_id: String,
}

impl Page {
    /// The document for a visit.
    pub fn render(&self, visit: &Visit) -> String {
        let mut html = String::from("<!DOCTYPE html>\n");
        if !self.has_own_frame {
            html.push_str("<html><head><meta charset=\"utf-8\"><title>");
            html.push_str(&escape::html(&self.title));
            html.push_str("</title></head><body>\n");
        }
        for part in &self.parts {
            match part {
                Part::Text(text) => html.push_str(text),
                Part::Merge(expression, place) => {
                    html.push_str(&place.escaped(&expression.value(visit, *place)));
                }
                Part::Address(pieces) => html.push_str(&address(pieces, visit)),
            }
        }
        if !self.has_own_frame {
            html.push_str("\n</body></html>\n");
        }
        html
    }
}

/// An address with its merge fields, as the value of an attribute. One that a merge field turns
/// into a script leads nowhere.
fn address(pieces: &[Piece], visit: &Visit) -> String {
    let mut whole = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => whole.push_str(text),
            // The author's own text is written as HTML already, so the values are too.
            Piece::Merge(expression) => {
                let value = expression.value(visit, Place::Text);
                whole.push_str(&escape::html(&value));
            }
        }
    }
    match escape::is_harmless_address(&whole) {
        true => whole,
        false => "about:blank".to_owned(),
    }
}
