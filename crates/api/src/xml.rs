//! XML as this door writes and reads it: elements with attributes, text and children. Written,
//! characters that XML does not know are left out; read, names count without their prefixes, and
//! document types and entities are refused.

use std::borrow::Cow;

/// Elements within elements that are read.
const DEPTH_MAX: usize = 64;

/// Elements of one document.
const NODES_MAX: u32 = 2_000_000;

/// An element that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Node {
    /// Its name without prefix.
    pub(crate) name: String,
    /// Its own text.
    pub(crate) text: String,
    /// `xsi:nil`.
    pub(crate) is_nil: bool,
    /// Attributes without a namespace.
    pub(crate) attributes: Vec<(String, String)>,
    /// Its elements, in order.
    pub(crate) children: Vec<Self>,
}

impl Node {
    /// The first element of this name, in any case of its letters.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        let mut children = self.children.iter();
        children.find(|child| child.name.eq_ignore_ascii_case(name))
    }

    /// The elements of this name, in any case of its letters.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        let children = self.children.iter();
        children.filter(move |child| child.name.eq_ignore_ascii_case(name))
    }

    /// The text of the first element of this name; empty where there is none.
    pub(crate) fn value(&self, name: &str) -> &str {
        self.child(name).map_or("", |child| child.text.trim())
    }
}

/// Reads a document. The refusal says where.
pub(crate) fn read(text: &str) -> Result<Node, String> {
    let options = roxmltree::ParsingOptions {
        allow_dtd: false,
        nodes_limit: NODES_MAX,
        ..roxmltree::ParsingOptions::default()
    };
    let document = roxmltree::Document::parse_with_options(text, options);
    let document = document.map_err(|error| error.to_string())?;
    node(document.root_element(), 0)
}

fn node(element: roxmltree::Node<'_, '_>, depth: usize) -> Result<Node, String> {
    if depth > DEPTH_MAX {
        return Err(format!(
            "elements stand more than {DEPTH_MAX} deep in each other"
        ));
    }
    let is_nil = |a: roxmltree::Attribute<'_, '_>| a.name() == "nil" && a.value() == "true";
    let texts = element.children().filter(roxmltree::Node::is_text);
    let children = element.children().filter(roxmltree::Node::is_element);
    Ok(Node {
        name: element.tag_name().name().to_owned(),
        text: texts.filter_map(|text| text.text()).collect(),
        is_nil: element.attributes().any(is_nil),
        attributes: element
            .attributes()
            .filter(|a| a.namespace().is_none())
            .map(|a| (a.name().to_owned(), a.value().to_owned()))
            .collect(),
        children: children
            .map(|child| node(child, depth + 1))
            .collect::<Result<_, _>>()?,
    })
}

/// An element in the making.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Self>,
}

impl Element {
    /// An empty element.
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            attributes: Vec::new(),
            text: String::new(),
            children: Vec::new(),
        }
    }

    /// With an attribute.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.attributes.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With text before its children.
    #[must_use]
    pub(crate) fn text(mut self, text: impl Into<String>) -> Self {
        self.text = text.into();
        self
    }

    /// With more children.
    #[must_use]
    pub(crate) fn children(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }

    /// With one more child.
    #[must_use]
    pub(crate) fn child(self, child: Self) -> Self {
        self.children([child])
    }

    /// A whole document.
    pub(crate) fn document(&self) -> String {
        let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>".to_owned();
        self.write(&mut text);
        text
    }

    fn write(&self, out: &mut String) {
        out.push('<');
        out.push_str(&self.name);
        for (name, value) in &self.attributes {
            out.push(' ');
            out.push_str(name);
            out.push_str("=\"");
            out.push_str(&escaped(value));
            out.push('"');
        }
        if self.text.is_empty() && self.children.is_empty() {
            out.push_str("/>");
            return;
        }
        out.push('>');
        out.push_str(&escaped(&self.text));
        for child in &self.children {
            child.write(out);
        }
        out.push_str("</");
        out.push_str(&self.name);
        out.push('>');
    }
}

fn escaped(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| !matches!(c, '<' | '>' | '&' | '"' | '\r') && is_allowed(c);
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars().filter(|c| is_allowed(*c)) {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\r' => escaped.push_str("&#13;"),
            c => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

/// Characters of XML 1.0.
fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_has_no_prefixes_and_no_document_type() {
        let text = r#"<se:a xmlns:se="urn:x" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
            <b>one</b><se:B xsi:nil="true"/></se:a>"#;
        let read = read(text).unwrap();
        assert_eq!((read.name.as_str(), read.value("b")), ("a", "one"));
        assert_eq!(
            read.all("b").map(|b| b.is_nil).collect::<Vec<_>>(),
            [false, true]
        );
        let entity = "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>";
        assert!(super::read(entity).is_err());
    }

    #[test]
    fn elements_too_deep_in_each_other_are_refused() {
        let text = format!("{}{}", "<a>".repeat(300), "</a>".repeat(300));
        assert!(read(&text).unwrap_err().contains("deep"));
    }

    #[test]
    fn what_is_written_reads_as_it_was_meant() {
        let nasty = "a<b> & \"c\" \r\n\t\u{0}\u{b}ü😀]]>";
        let element = Element::new("root")
            .with("note", nasty)
            .children([Element::new("empty"), Element::new("text").text(nasty)]);
        let text = element.document();
        let document = roxmltree::Document::parse(&text).unwrap();
        let expected = "a<b> & \"c\" \r\n\tü😀]]>";
        let read = document.descendants().find(|n| n.has_tag_name("text"));
        assert_eq!(read.unwrap().text(), Some(expected));
        assert!(document.descendants().any(|n| n.has_tag_name("empty")));
    }
}
