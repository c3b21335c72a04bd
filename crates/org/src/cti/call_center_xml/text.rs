//! From the bytes of a file to XML: size, encoding, and what a person can do about a file that is
//! not well formed.

use roxmltree::{Document, Node, ParsingOptions};

use super::{DEFINITION_SIZE_MAX, Finding, Place};

/// The most elements, attributes and texts of a file.
const NODE_COUNT_MAX: u32 = 20_000;

/// The text of a file, without its byte order mark.
pub(super) fn text_of(bytes: &[u8]) -> Result<&str, Finding> {
    if bytes.len() > DEFINITION_SIZE_MAX {
        let size = bytes.len();
        return Err(Finding::at(
            (0, 0),
            format!(
                "The file has {size} bytes; a definition may have {DEFINITION_SIZE_MAX}. Is it \
                 the right file?"
            ),
        ));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let message = "The file is encoded as UTF-16: save it with UTF-8 encoding.";
        return Err(Finding::at((1, 1), message));
    }
    match str::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(error) => {
            let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let message = "This character is not UTF-8: save the file with UTF-8 encoding.";
            Err(Finding::at(
                behind(&String::from_utf8_lossy(before)),
                message,
            ))
        }
    }
}

/// Line and column behind this text.
fn behind(before: &str) -> Place {
    let line = before.matches('\n').count() + 1;
    let last = before.rsplit('\n').next().unwrap_or_default();
    let column = last.trim_start_matches('\u{feff}').chars().count() + 1;
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    (number(line), number(column))
}

/// The text as XML, without DOCTYPE, so without entities of its own.
pub(super) fn parsed(text: &str) -> Result<Document<'_>, Finding> {
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: NODE_COUNT_MAX,
        ..Default::default()
    };
    Document::parse_with_options(text, options).map_err(|error| not_well_formed(text, &error))
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
    Finding::at((position.row, position.col), format!("{hint} ({error})"))
}

/// Where an element stands.
pub(super) fn place(node: Node<'_, '_>) -> Place {
    let position = node.document().text_pos_at(node.range().start);
    (position.row, position.col)
}

/// All text of an element.
pub(super) fn whole_text(node: Node<'_, '_>) -> String {
    let texts = node
        .descendants()
        .filter(Node::is_text)
        .filter_map(|text| text.text());
    texts.collect()
}

/// The text of an element; white space at the ends is layout of the file.
pub(super) fn value(node: Node<'_, '_>) -> String {
    whole_text(node).trim().to_owned()
}
