//! From the text of a page to its parts. HTML is passed on as it is written; only where values
//! stand is looked at closely enough to know how they must be escaped.

use super::escape::{self, Place};
use super::expression;
use super::tags::{Attribute, IGNORED, Tag};
use super::{MarkupError, Page, Part, Piece};

/// Attributes that are addresses.
const ADDRESSES: &[&str] = &[
    "src",
    "href",
    "action",
    "formaction",
    "data",
    "poster",
    "xlink:href",
    "background",
    "cite",
];

/// Elements whose content is no markup.
const RAW: &[&str] = &["script", "style", "textarea", "title"];

/// Reads the markup of a page.
pub fn parse(text: &str) -> Result<Page, MarkupError> {
    let mut parser = Parser {
        text,
        at: 0,
        parts: Vec::new(),
        page: Root::Before,
        title: String::new(),
        ignored: Vec::new(),
        has_own_frame: false,
    };
    parser.run()?;
    Ok(Page {
        parts: parser.parts,
        title: parser.title,
        has_own_frame: parser.has_own_frame,
        ignored: parser.ignored,
    })
}

/// How far the one `apex:page` is.
#[derive(PartialEq, Eq)]
enum Root {
    Before,
    Inside,
    Closed,
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    parts: Vec<Part>,
    page: Root,
    title: String,
    ignored: Vec<String>,
    has_own_frame: bool,
}

/// A tag as it is written.
struct Opened {
    name: String,
    attributes: Vec<Attribute>,
    /// Where each attribute begins in the text.
    places: Vec<usize>,
    closes_itself: bool,
}

impl<'a> Parser<'a> {
    fn run(&mut self) -> Result<(), MarkupError> {
        self.text.strip_prefix('\u{feff}').inspect(|_| self.at = 3);
        while self.at < self.text.len() {
            let rest = self.rest();
            if rest.starts_with("<!--") {
                self.pass_to("-->", "a comment has no end")?;
            } else if rest.starts_with("<!") || rest.starts_with("<?") {
                // A document type or an XML declaration of the author's: ours is there already.
                let end = rest
                    .find('>')
                    .ok_or_else(|| self.error("a tag has no end"))?;
                self.at += end + 1;
            } else if rest.starts_with("</") {
                self.closing_tag()?;
            } else if self.tag_begins() {
                self.tag()?;
            } else {
                self.text_until_tag()?;
            }
        }
        match self.page {
            Root::Closed => Ok(()),
            Root::Before => Err(self.error("a page begins with <apex:page>")),
            Root::Inside => Err(self.error("<apex:page> has no </apex:page>")),
        }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn error(&self, message: &str) -> MarkupError {
        self.error_at(self.at, message)
    }

    fn error_at(&self, at: usize, message: &str) -> MarkupError {
        let before = &self.text[..at.min(self.text.len())];
        let line_start = before.rfind('\n').map_or(0, |place| place + 1);
        let count = |n: usize| u32::try_from(n + 1).unwrap_or(u32::MAX);
        MarkupError {
            message: message.to_owned(),
            line: count(before.matches('\n').count()),
            column: count(before[line_start..].chars().count()),
        }
    }

    fn push(&mut self, text: &str) {
        match self.parts.last_mut() {
            Some(Part::Text(last)) => last.push_str(text),
            _ => self.parts.push(Part::Text(text.to_owned())),
        }
    }

    fn tag_begins(&self) -> bool {
        let mut chars = self.rest().chars();
        chars.next() == Some('<') && chars.next().is_some_and(|c| c.is_ascii_alphabetic())
    }

    fn pass_to(&mut self, end: &str, missing: &str) -> Result<(), MarkupError> {
        let found = self.rest().find(end).ok_or_else(|| self.error(missing))?;
        let (passed, _) = self.rest().split_at(found + end.len());
        self.push(passed);
        self.at += passed.len();
        Ok(())
    }

    fn text_until_tag(&mut self) -> Result<(), MarkupError> {
        let rest = self.rest();
        let begins = |(at, _): &(usize, &str)| {
            *at > 0
                && rest[at + 1..]
                    .starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c))
        };
        let end = rest
            .match_indices('<')
            .find(begins)
            .map_or(rest.len(), |(at, _)| at);
        let text = &rest[..end];
        if self.page != Root::Inside && !text.trim().is_empty() {
            let message = match self.page {
                Root::Before => "a page begins with <apex:page>",
                _ => "nothing may follow </apex:page>",
            };
            return Err(self.error(message));
        }
        let pieces = self.pieces(self.at, text)?;
        for piece in pieces {
            match piece {
                Piece::Text(text) => self.push(&text),
                Piece::Merge(value) => self.parts.push(Part::Merge(value, Place::Text)),
            }
        }
        self.at += end;
        Ok(())
    }

    /// A text with its merge fields; `start` is where it begins, for errors.
    fn pieces(&self, start: usize, text: &str) -> Result<Vec<Piece>, MarkupError> {
        let mut pieces = Vec::new();
        let mut at = 0;
        while let Some(found) = text[at..].find("{!") {
            let begin = at + found;
            if begin > at {
                pieces.push(Piece::Text(text[at..begin].to_owned()));
            }
            let inner = &text[begin + 2..];
            let end = merge_end(inner).ok_or_else(|| {
                self.error_at(start + begin, "a merge field has no closing brace")
            })?;
            let value = expression::read(&inner[..end]);
            let value = value.map_err(|why| self.error_at(start + begin, &why))?;
            pieces.push(Piece::Merge(value));
            at = begin + 2 + end + 1;
        }
        if at < text.len() {
            pieces.push(Piece::Text(text[at..].to_owned()));
        }
        Ok(pieces)
    }

    fn closing_tag(&mut self) -> Result<(), MarkupError> {
        let rest = self.rest();
        let end = rest
            .find('>')
            .ok_or_else(|| self.error("a tag has no end"))?;
        let name = rest[2..end].trim().to_ascii_lowercase();
        match name.strip_prefix("apex:") {
            Some("page") if self.page == Root::Inside => self.page = Root::Closed,
            Some(name) => {
                return Err(self.error(&format!("</apex:{name}> closes nothing that is open")));
            }
            None => self.push(&rest[..=end]),
        }
        self.at += end + 1;
        Ok(())
    }

    fn tag(&mut self) -> Result<(), MarkupError> {
        let begin = self.at;
        let tag = self.read_tag()?;
        if let Some(name) = tag.name.strip_prefix("apex:") {
            let name = name.to_owned();
            return self.apex_tag(begin, &name, tag);
        }
        if tag.name.contains(':') && self.page == Root::Inside && !tag.name.starts_with("svg:") {
            let message = format!("<{}> is not known here: components do not run", tag.name);
            return Err(self.error_at(begin, &message));
        }
        if self.page != Root::Inside {
            return Err(self.error_at(begin, "a page begins with <apex:page> and ends with it"));
        }
        if ["html", "body"].contains(&tag.name.as_str()) {
            self.has_own_frame = true;
        }
        self.html_tag(&tag)?;
        if RAW.contains(&tag.name.as_str()) && !tag.closes_itself {
            self.raw_content(&tag.name)?;
        }
        Ok(())
    }

    fn apex_tag(&mut self, begin: usize, name: &str, opened: Opened) -> Result<(), MarkupError> {
        let tag = Tag {
            name: name.to_owned(),
            attributes: opened.attributes,
        };
        if name == "page" {
            if self.page != Root::Before {
                return Err(self.error_at(begin, "a page has one <apex:page>"));
            }
            if let Some(unknown) = tag.unknown_of_page() {
                let message = format!("apex:page has no attribute {unknown} here");
                return Err(self.error_at(begin, &message));
            }
            for ignored in IGNORED.iter().filter(|name| tag.pieces(name).is_some()) {
                self.ignored.push((*ignored).to_owned());
            }
            self.title = tag.plain("title").unwrap_or_default().to_owned();
            self.page = match opened.closes_itself {
                true => Root::Closed,
                false => Root::Inside,
            };
            return Ok(());
        }
        if self.page != Root::Inside {
            return Err(self.error_at(begin, "a page begins with <apex:page> and ends with it"));
        }
        let html = tag.html().map_err(|why| self.error_at(begin, &why))?;
        self.parts.extend(html);
        if opened.closes_itself {
            return Ok(());
        }
        let rest = self.rest();
        let closing = rest.trim_start();
        let wanted = format!("</apex:{name}>");
        let is_closed = closing
            .get(..wanted.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(&wanted));
        if !is_closed {
            let message = format!("<apex:{name}> must be empty: close it at once");
            return Err(self.error_at(begin, &message));
        }
        self.at += rest.len() - closing.len() + wanted.len();
        Ok(())
    }

    /// Passes a tag of HTML on, its values escaped for where they stand.
    fn html_tag(&mut self, tag: &Opened) -> Result<(), MarkupError> {
        self.push(&format!("<{}", tag.name));
        for (attribute, place) in tag.attributes.iter().zip(&tag.places) {
            let name = attribute.name.to_ascii_lowercase();
            let has_merge = attribute
                .pieces
                .iter()
                .any(|p| matches!(p, Piece::Merge(_)));
            self.push(&format!(" {}=\"", attribute.name));
            if has_merge && ["srcdoc", "style", "srcset"].contains(&name.as_str()) {
                let message = format!("a merge field cannot stand in {name}");
                return Err(self.error_at(*place, &message));
            }
            if has_merge && ADDRESSES.contains(&name.as_str()) {
                if let Some(Piece::Text(start)) = attribute.pieces.first()
                    && !escape::is_harmless_address(start)
                {
                    let message = "a merge field cannot stand in such an address: put it into a \
                                   script";
                    return Err(self.error_at(*place, message));
                }
                self.parts.push(Part::Address(attribute.pieces.clone()));
            } else {
                let kind = match name.starts_with("on") {
                    true => Place::Script,
                    false => Place::Text,
                };
                for piece in &attribute.pieces {
                    match piece {
                        Piece::Text(text) => self.push(text),
                        Piece::Merge(value) => self.parts.push(Part::Merge(value.clone(), kind)),
                    }
                }
            }
            self.push("\"");
        }
        self.push(if tag.closes_itself { "/>" } else { ">" });
        Ok(())
    }

    /// The content of a script, up to its end.
    fn raw_content(&mut self, name: &str) -> Result<(), MarkupError> {
        let lower = self.rest().to_ascii_lowercase();
        let wanted = format!("</{name}");
        let missing = format!("<{name}> has no </{name}>");
        let end = lower.find(&wanted).ok_or_else(|| self.error(&missing))?;
        let content = &self.rest()[..end];
        let place = match name {
            "script" => Place::Script,
            "style" if content.contains("{!") => {
                let at = self.at + content.find("{!").unwrap_or(0);
                return Err(self.error_at(at, "a merge field cannot stand in a style"));
            }
            _ => Place::Text,
        };
        for piece in self.pieces(self.at, content)? {
            match piece {
                Piece::Text(text) => self.push(&text),
                Piece::Merge(value) => self.parts.push(Part::Merge(value, place)),
            }
        }
        self.at += end;
        Ok(())
    }

    fn read_tag(&mut self) -> Result<Opened, MarkupError> {
        let begin = self.at;
        self.at += 1;
        let name = self.word().to_ascii_lowercase();
        let mut tag = Opened {
            name,
            attributes: Vec::new(),
            places: Vec::new(),
            closes_itself: false,
        };
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("/>") {
                self.at += 2;
                tag.closes_itself = true;
                return Ok(tag);
            }
            match trimmed.chars().next() {
                None => return Err(self.error_at(begin, "a tag has no end")),
                Some('>') => {
                    self.at += 1;
                    return Ok(tag);
                }
                Some(_) => {
                    tag.places.push(self.at);
                    let attribute = self.attribute()?;
                    tag.attributes.push(attribute);
                }
            }
        }
    }

    fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let ends = |c: char| c.is_whitespace() || matches!(c, '=' | '>' | '/' | '<' | '"' | '\'');
        let end = rest.find(ends).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn attribute(&mut self) -> Result<Attribute, MarkupError> {
        let begin = self.at;
        let name = self.word();
        if name.is_empty() || name.contains(['{', '&']) {
            return Err(self.error_at(begin, "the name of an attribute was expected"));
        }
        let rest = self.rest();
        let trimmed = rest.trim_start();
        let Some(after) = trimmed.strip_prefix('=') else {
            let pieces = Vec::new();
            return Ok(Attribute {
                name: name.to_owned(),
                pieces,
            });
        };
        self.at += rest.len() - after.len();
        self.at += after.len() - after.trim_start().len();
        let rest = self.rest();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (start, value) = match quote {
            Some(quote) => {
                let end = quoted_end(&rest[1..], quote)
                    .ok_or_else(|| self.error_at(begin, "the quotes of an attribute do not end"))?;
                self.at += end + 2;
                (self.at - end - 1, &rest[1..=end])
            }
            None => {
                let start = self.at;
                let end = rest.find(|c: char| c.is_whitespace() || c == '>');
                let value = &rest[..end.unwrap_or(rest.len())];
                if value.contains(['{', '"', '\'', '<', '`']) {
                    return Err(self.error_at(begin, "put the value of this attribute into quotes"));
                }
                self.at += value.len();
                (start, value)
            }
        };
        let mut pieces = self.pieces(start, value)?;
        // Everything is written in double quotes.
        for piece in &mut pieces {
            if let Piece::Text(text) = piece {
                *text = text.replace('"', "&quot;");
            }
        }
        let name = name.to_owned();
        Ok(Attribute { name, pieces })
    }
}

/// Where a merge field's brace is: not in a text in quotes.
fn merge_end(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '}') => return Some(at),
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
    }
    None
}

/// Where a quoted value ends; quotes within a merge field belong to it.
fn quoted_end(text: &str, quote: char) -> Option<usize> {
    let mut at = 0;
    loop {
        let end = at + text[at..].find(quote)?;
        match text[at..end].find("{!") {
            Some(merge) => {
                let inner = at + merge + 2;
                at = match merge_end(&text[inner..]) {
                    Some(close) => inner + close + 1,
                    None => return Some(end),
                };
            }
            None => return Some(end),
        }
    }
}
