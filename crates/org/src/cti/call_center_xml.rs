//! Reading and writing call center definition files (the admin guide's "call center definition
//! files"; outcomes for what real files hold: spec/open-cti 4.4).

use std::collections::BTreeMap;

use roxmltree::{Document, Node, ParsingOptions};

use super::CallCenter;
use super::call_center::{DefinitionItem, DefinitionSection};
use super::call_center_lint::warnings;

/// The largest file taken.
pub const DEFINITION_SIZE_MAX: usize = 5 * 1024 * 1024;
/// The most elements, attributes and texts of a file.
const NODE_COUNT_MAX: u32 = 20_000;
/// The most characters of a name.
const NAME_LENGTH_MAX: usize = 40;
/// The most characters of a label or display name.
const LABEL_LENGTH_MAX: usize = 1_000;

/// A definition with what an admin should know about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// The call center.
    pub call_center: CallCenter,
    /// Milder defects that did not stop the import.
    pub warnings: Vec<Finding>,
}

/// Something about the file, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// From 1; 0 when it concerns the whole file.
    pub line: u32,
    /// From 1; 0 when it concerns the whole file.
    pub column: u32,
    /// What and what to do, for a person.
    pub message: String,
}

/// Reads a definition file. Refused with every problem that was found, each with line and
/// column: not well-formed, a DOCTYPE, over the size, a missing, duplicate, over-long or
/// malformed `reqInternalName`, a duplicate `sortOrder`.
pub fn import(bytes: &[u8]) -> Result<Imported, Vec<Finding>> {
    let text = text_of(bytes).map_err(|finding| vec![finding])?;
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: NODE_COUNT_MAX,
        ..Default::default()
    };
    let document = Document::parse_with_options(text, options)
        .map_err(|error| vec![not_well_formed(text, &error)])?;
    let mut reader = Reader {
        document: &document,
        errors: Vec::new(),
        warnings: Vec::new(),
    };
    let call_center = reader.call_center();
    let Reader {
        mut errors,
        warnings: mut found,
        ..
    } = reader;
    match call_center {
        Some(call_center) if errors.is_empty() => {
            found.extend(warnings(&call_center));
            Ok(Imported {
                call_center,
                warnings: found,
            })
        }
        _ => {
            errors.sort_by_key(|finding| (finding.line, finding.column));
            Err(errors)
        }
    }
}

fn text_of(bytes: &[u8]) -> Result<&str, Finding> {
    let whole = |message: String| Finding {
        line: 0,
        column: 0,
        message,
    };
    if bytes.len() > DEFINITION_SIZE_MAX {
        let size = bytes.len();
        return Err(whole(format!(
            "The file has {size} bytes; a definition may have {DEFINITION_SIZE_MAX}. Is it the \
             right file?"
        )));
    }
    match str::from_utf8(bytes) {
        Ok(text) => Ok(text.trim_start_matches('\u{feff}')),
        Err(error) => {
            let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let (line, column) = place(&String::from_utf8_lossy(before));
            let message = "This character is not UTF-8: save the file with UTF-8 encoding.";
            Err(Finding {
                line,
                column,
                message: message.to_owned(),
            })
        }
    }
}

/// Line and column behind this text.
fn place(before: &str) -> (u32, u32) {
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        + 1;
    (
        u32::try_from(line).unwrap_or(u32::MAX),
        u32::try_from(column).unwrap_or(u32::MAX),
    )
}

fn not_well_formed(text: &str, error: &roxmltree::Error) -> Finding {
    use roxmltree::Error;
    let position = error.pos();
    let line = text
        .lines()
        .nth((position.row as usize).saturating_sub(1))
        .unwrap_or_default();
    let hint = match error {
        Error::DtdDetected => {
            "A DOCTYPE is not allowed in a definition: remove it, and entities with it."
        }
        Error::NodesLimitReached => "The file has too many elements. Is it the right file?",
        Error::MalformedEntityReference(_) | Error::UnknownEntityReference(..) => {
            "Write & as &amp; in values, for example in an address with parameters."
        }
        Error::UnexpectedCloseTag(..) => "Close each element with its own name, inside out.",
        Error::DuplicatedAttribute(..) => "Give each attribute once.",
        _ if line.contains("<--") => "A comment begins with <!--.",
        _ if line.matches('<').count() > line.matches('>').count() => {
            "Write < as &lt; in values; replace placeholders with real values."
        }
        _ => "The file is not well-formed XML from here on.",
    };
    Finding {
        line: position.row,
        column: position.col,
        message: format!("{hint} ({error})"),
    }
}

struct Reader<'a, 'input> {
    document: &'a Document<'input>,
    errors: Vec<Finding>,
    warnings: Vec<Finding>,
}

impl<'a, 'input> Reader<'a, 'input> {
    fn call_center(&mut self) -> Option<CallCenter> {
        let root = self.document.root_element();
        if root.tag_name().name() != "callCenter" || root.tag_name().namespace().is_some() {
            let message = match root.tag_name().name() {
                "CallCenter" => {
                    "This is call center metadata, not a definition file: import the file that \
                     the softphone's maker supplies, with the root element <callCenter>."
                        .to_owned()
                }
                other => format!("The root element is <{other}>; <callCenter> is expected."),
            };
            self.error(root, message);
            return None;
        }
        if let Some(section) = self.named(root, "reqHvcc") {
            let message = "This is a contact center file of the vendor's own voice product, \
                           which has no softphone page; it cannot be used here.";
            self.error(section, message.to_owned());
            return None;
        }
        let sections = self.ordered(root, "section");
        let sections = sections
            .into_iter()
            .map(|node| self.section(node))
            .collect::<Vec<_>>();
        if sections.is_empty() {
            self.error(root, "There is no <section> in <callCenter>.".to_owned());
        }
        let internal_name = self.internal_name(root)?;
        let display_name = self.display_name(root, &internal_name);
        Some(CallCenter {
            internal_name,
            display_name,
            sections,
        })
    }

    fn section(&mut self, node: Node<'a, 'input>) -> DefinitionSection {
        let name = self.name(node);
        let label = self.label(node);
        let mut items = Vec::<DefinitionItem>::new();
        for item in self.ordered(node, "item") {
            let read = DefinitionItem {
                name: self.name(item),
                label: self.label(item),
                value: value(item),
            };
            if items.iter().any(|known| known.name == read.name) && read.name != "reqInternalName" {
                self.warn(item, format!(
                    "The item {} is in this section twice: the first one counts, {:?} is dropped.",
                    read.name, read.value
                ));
            } else {
                items.push(read);
            }
        }
        DefinitionSection { name, label, items }
    }

    /// The children of this name in `sortOrder`; a missing or doubled one is an error, another
    /// element a warning.
    fn ordered(&mut self, parent: Node<'a, 'input>, name: &str) -> Vec<Node<'a, 'input>> {
        let mut children = BTreeMap::<u32, Node<'a, 'input>>::new();
        for child in parent.children().filter(Node::is_element) {
            if child.tag_name().name() != name {
                let (found, parent) = (child.tag_name().name(), parent.tag_name().name());
                self.warn(
                    child,
                    format!("<{found}> has no meaning in <{parent}>; it is left out."),
                );
                continue;
            }
            let given = child.attribute("sortOrder").map(str::trim);
            let Some(order) = given.and_then(|text| text.parse::<u32>().ok()) else {
                let given = given.map_or("missing".to_owned(), |text| format!("{text:?}"));
                self.error(
                    child,
                    format!("sortOrder is {given}; a number from 0 is expected."),
                );
                continue;
            };
            if let Some(first) = children.get(&order) {
                let (line, _) = self.position(*first);
                let message = format!("sortOrder {order} is given twice; first in line {line}.");
                self.error(child, message);
                continue;
            }
            children.insert(order, child);
        }
        let contiguous = children
            .keys()
            .zip(0_u32..)
            .all(|(order, place)| *order == place);
        if !contiguous {
            self.warn(
                parent,
                format!("The sortOrder of <{name}> has gaps; the order is kept."),
            );
        }
        children.into_values().collect()
    }

    fn name(&mut self, node: Node<'a, 'input>) -> String {
        let name = node.attribute("name").map(str::trim).unwrap_or_default();
        let element = node.tag_name().name();
        if name.is_empty() {
            self.error(node, format!("This <{element}> has no name."));
        } else if name.chars().count() > NAME_LENGTH_MAX {
            let length = name.chars().count();
            let limit = format!("has {length} characters; {NAME_LENGTH_MAX} are allowed.");
            self.error(node, format!("The name {name:?} {limit}"));
        } else if !name.chars().all(|c| c.is_ascii_alphanumeric()) {
            self.error(
                node,
                format!("The name {name:?} may have letters and digits only."),
            );
        } else if [
            "label",
            "sortOrder",
            "internalNameLabel",
            "displayNameLabel",
        ]
        .contains(&name)
        {
            self.error(
                node,
                format!("The name {name:?} is reserved: choose another."),
            );
        }
        name.to_owned()
    }

    fn label(&mut self, node: Node<'a, 'input>) -> Option<String> {
        let label = node.attribute("label")?;
        if label.chars().count() > LABEL_LENGTH_MAX {
            self.error(
                node,
                format!("The label is over {LABEL_LENGTH_MAX} characters long."),
            );
        }
        Some(label.to_owned())
    }

    fn internal_name(&mut self, root: Node<'a, 'input>) -> Option<String> {
        let found = self.all_named(root, "reqInternalName");
        let Some(first) = found.first().copied() else {
            let message = "reqInternalName is missing: every definition needs it, in the section \
                           reqGeneralInfo. It cannot be given later.";
            self.error(root, message.to_owned());
            return None;
        };
        for other in found.iter().skip(1) {
            let (line, _) = self.position(first);
            self.error(
                *other,
                format!("reqInternalName is given twice; first in line {line}."),
            );
        }
        let name = value(first);
        if let Some(problem) = internal_name_problem(&name) {
            self.error(first, format!("reqInternalName {problem}"));
        }
        Some(name)
    }

    fn display_name(&mut self, root: Node<'a, 'input>, internal_name: &str) -> String {
        let given = self
            .named(root, "reqDisplayName")
            .map(|node| (node, value(node)));
        match given {
            Some((node, name)) if name.chars().count() > LABEL_LENGTH_MAX => {
                let message = format!("reqDisplayName is over {LABEL_LENGTH_MAX} characters long.");
                self.error(node, message);
                name
            }
            Some((_, name)) if !name.is_empty() => name,
            _ => {
                let message = "reqDisplayName is missing or empty: the internal name is shown.";
                self.warn(root, message.to_owned());
                internal_name.to_owned()
            }
        }
    }

    fn named(&self, root: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
        self.all_named(root, name).first().copied()
    }

    fn all_named(&self, root: Node<'a, 'input>, name: &str) -> Vec<Node<'a, 'input>> {
        root.descendants()
            .filter(|node| node.attribute("name").map(str::trim) == Some(name))
            .collect()
    }

    fn position(&self, node: Node<'a, 'input>) -> (u32, u32) {
        let position = self.document.text_pos_at(node.range().start);
        (position.row, position.col)
    }

    fn error(&mut self, node: Node<'a, 'input>, message: String) {
        let (line, column) = self.position(node);
        self.errors.push(Finding {
            line,
            column,
            message,
        });
    }

    fn warn(&mut self, node: Node<'a, 'input>, message: String) {
        let (line, column) = self.position(node);
        self.warnings.push(Finding {
            line,
            column,
            message,
        });
    }
}

fn internal_name_problem(name: &str) -> Option<String> {
    let length = name.chars().count();
    if name.is_empty() {
        Some("is empty: give a name of letters and digits.".to_owned())
    } else if length > NAME_LENGTH_MAX {
        Some(format!(
            "has {length} characters; {NAME_LENGTH_MAX} are allowed."
        ))
    } else if !name.chars().all(|c| c.is_ascii_alphanumeric()) {
        Some(format!("{name:?} may have letters and digits only."))
    } else if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        Some(format!("{name:?} must begin with a letter."))
    } else {
        None
    }
}

/// All text of the element; white space at the ends is layout of the file.
fn value(item: Node<'_, '_>) -> String {
    let texts = item
        .descendants()
        .filter(Node::is_text)
        .filter_map(|text| text.text());
    texts.collect::<String>().trim().to_owned()
}

/// Writes the definition file of a call center; importing it again gives the same.
pub fn export(call_center: &CallCenter) -> String {
    let mut xml = String::from("<callCenter>\n");
    for (order, section) in call_center.sections.iter().enumerate() {
        let head = head(order, &section.name, section.label.as_deref());
        xml.push_str(&format!("  <section {head}>\n"));
        for (order, item) in section.items.iter().enumerate() {
            let head = self::head(order, &item.name, item.label.as_deref());
            xml.push_str(&format!(
                "    <item {head}>{}</item>\n",
                escaped(&item.value)
            ));
        }
        xml.push_str("  </section>\n");
    }
    xml.push_str("</callCenter>\n");
    xml
}

fn head(order: usize, name: &str, label: Option<&str>) -> String {
    let label = label.map_or(String::new(), |label| {
        format!(" label=\"{}\"", escaped(label))
    });
    format!("sortOrder=\"{order}\" name=\"{}\"{label}", escaped(name))
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\r' | '\t' => escaped.push_str(&format!("&#{};", u32::from(c))),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
#[path = "call_center_xml_tests.rs"]
mod tests;
