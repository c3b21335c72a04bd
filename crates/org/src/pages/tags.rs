//! The `apex:` tags that pages may have, and the HTML that each becomes.

use super::{Part, Piece};

/// A tag with its attributes as they were read.
pub(super) struct Tag {
    /// In lower case, without the prefix.
    pub(super) name: String,
    pub(super) attributes: Vec<Attribute>,
}

pub(super) struct Attribute {
    /// As it is written.
    pub(super) name: String,
    pub(super) pieces: Vec<Piece>,
}

/// Attributes of `apex:page` that need something behind a page which is not here.
pub(super) const IGNORED: &[&str] = &[
    "controller",
    "extensions",
    "standardcontroller",
    "recordsetvar",
    "action",
];

/// Attributes of `apex:page` that change how the platform draws it, or nothing.
const DRAWN: &[&str] = &[
    "apiversion",
    "applybodytag",
    "applyhtmltag",
    "cache",
    "contenttype",
    "deferlastcommanduntilready",
    "doctype",
    "expires",
    "id",
    "label",
    "language",
    "lightningstylesheets",
    "name",
    "readonly",
    "renderas",
    "rendered",
    "setup",
    "showchat",
    "showheader",
    "showquickactionvfheader",
    "sidebar",
    "standardstylesheets",
    "tabstyle",
    "title",
    "wizard",
];

/// What a frame in a page may use, as the frame around the page has it.
const ALLOW: &str = "microphone; camera; autoplay; clipboard-write; display-capture; hid";

/// Attributes that are only passed on.
const PASSED: &[&str] = &[
    "id", "title", "style", "alt", "width", "height", "lang", "dir",
];

impl Tag {
    pub(super) fn pieces(&self, name: &str) -> Option<&[Piece]> {
        let mut named = self.attributes.iter();
        let found = named.find(|attribute| attribute.name.eq_ignore_ascii_case(name));
        found.map(|attribute| attribute.pieces.as_slice())
    }

    /// The value of an attribute without merge fields.
    pub(super) fn plain(&self, name: &str) -> Option<&str> {
        match self.pieces(name)? {
            [] => Some(""),
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Is there an attribute that `apex:page` does not have?
    pub(super) fn unknown_of_page(&self) -> Option<&str> {
        let known = |name: &str| {
            let name = name.to_ascii_lowercase();
            IGNORED.contains(&name.as_str())
                || DRAWN.contains(&name.as_str())
                || name.starts_with("xmlns")
        };
        let mut names = self
            .attributes
            .iter()
            .map(|attribute| attribute.name.as_str());
        names.find(|name| !known(name))
    }

    /// The HTML of every tag but `apex:page`, or what is wrong with it.
    pub(super) fn html(&self) -> Result<Vec<Part>, String> {
        if self.plain("rendered") == Some("false") {
            return Ok(Vec::new());
        }
        let text = |text: &str| Part::Text(text.to_owned());
        let address = |name: &str| {
            let pieces = self.pieces(name).filter(|pieces| !pieces.is_empty());
            let pieces = pieces.ok_or_else(|| format!("apex:{} needs {name}", self.name))?;
            Ok::<_, String>(Part::Address(pieces.to_vec()))
        };
        let mut parts = match self.name.as_str() {
            "iframe" => {
                self.only(&["src", "scrolling", "frameborder", "html-allow"])?;
                self.frame(address("src")?)
            }
            "includescript" => {
                self.only(&["value", "loadonready"])?;
                return Ok(vec![
                    text("<script src=\""),
                    address("value")?,
                    text("\"></script>"),
                ]);
            }
            "stylesheet" => {
                self.only(&["value"])?;
                let start = text("<link rel=\"stylesheet\" href=\"");
                return Ok(vec![start, address("value")?, text("\">")]);
            }
            "image" => {
                self.only(&["value", "url", "styleclass"])?;
                let named = if self.pieces("url").is_some() {
                    "url"
                } else {
                    "value"
                };
                vec![text("<img src=\""), address(named)?, text("\"")]
            }
            "outputtext" => {
                self.only(&["value", "escape"])?;
                if self.plain("escape").is_some_and(|escape| escape != "true") {
                    return Err("apex:outputText always escapes here: leave escape out".to_owned());
                }
                return Ok(self.pieces("value").map(texts).unwrap_or_default());
            }
            other => {
                return Err(format!(
                    "apex:{other} is not known here: apex:page, apex:iframe, apex:includeScript, \
                     apex:stylesheet, apex:image and apex:outputText are"
                ));
            }
        };
        self.push_passed(&mut parts);
        parts.push(text(match self.name.as_str() {
            "iframe" => "></iframe>",
            _ => ">",
        }));
        Ok(parts)
    }

    /// The beginning of a frame, with the sizes that the platform gives one.
    fn frame(&self, src: Part) -> Vec<Part> {
        let text = |text: &str| Part::Text(text.to_owned());
        let mut parts = vec![text("<iframe src=\""), src, text("\"")];
        for (name, usual) in [("width", "100%"), ("height", "600")] {
            if self.pieces(name).is_none() {
                parts.push(Part::Text(format!(" {name}=\"{usual}\"")));
            }
        }
        let scrolling = match self.plain("scrolling") {
            Some("false") => "no",
            _ => "yes",
        };
        parts.push(Part::Text(format!(
            " scrolling=\"{scrolling}\" frameborder=\"0\" allow=\"{ALLOW}\""
        )));
        parts
    }

    /// The attributes that are only passed on.
    fn push_passed(&self, parts: &mut Vec<Part>) {
        for attribute in &self.attributes {
            let name = attribute.name.to_ascii_lowercase();
            if PASSED.contains(&name.as_str()) {
                parts.push(Part::Text(format!(" {name}=\"")));
                parts.extend(texts(&attribute.pieces));
                parts.push(Part::Text("\"".to_owned()));
            }
        }
    }

    fn only(&self, own: &[&str]) -> Result<(), String> {
        let known = |name: &str| {
            let name = name.to_ascii_lowercase();
            own.contains(&name.as_str()) || PASSED.contains(&name.as_str()) || name == "rendered"
        };
        let mut names = self.attributes.iter().map(|attribute| &attribute.name);
        match names.find(|name| !known(name)) {
            Some(name) => Err(format!("apex:{} has no attribute {name} here", self.name)),
            None => Ok(()),
        }
    }
}

fn texts(pieces: &[Piece]) -> Vec<Part> {
    let part = |piece: &Piece| match piece {
        Piece::Text(text) => Part::Text(text.clone()),
        Piece::Merge(value) => Part::Merge(value.clone(), super::Place::Text),
    };
    pieces.iter().map(part).collect()
}
