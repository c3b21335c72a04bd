//! What is wrong with a query, where, and what to do: the platform's code and its text with the
//! caret, then a hint of ours.

use super::ast::At;

/// A query that cannot be run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SoqlError {
    /// The platform's error code: `MALFORMED_QUERY`, `INVALID_FIELD`, `INVALID_TYPE`, …
    pub code: &'static str,
    /// The whole text for the client: the line with a caret below, `ERROR at Row:1:Column:12`,
    /// what is wrong, and the hint.
    pub message: String,
    /// What is wrong, without place and hint.
    pub fact: String,
    /// What to do about it; may be empty.
    pub hint: String,
    /// Line in the query, from 1.
    pub line: usize,
    /// Column in that line, from 1, in characters.
    pub column: usize,
}

/// Characters of a line that an error quotes. Ours: enough to recognise the place.
const EXCERPT_CHARS_MAX: usize = 120;

/// Characters of what is wrong; a name that somebody wrote 64 kB long is not sent back whole.
const FACT_CHARS_MAX: usize = 1_000;

/// Characters that stay of the end of a longer text.
const FACT_END_CHARS: usize = 200;

impl SoqlError {
    /// An error at a place of the text.
    pub(crate) fn at(text: &str, at: At, mut fault: Fault) -> Self {
        (fault.fact, fault.hint) = (shortened(fault.fact), shortened(fault.hint));
        let place = Place::of(text, at);
        let mut message = format!(
            "\n{}\n{}^\nERROR at Row:{}:Column:{}\n{}",
            place.excerpt,
            " ".repeat(place.caret),
            place.line,
            place.column,
            fault.fact
        );
        if !fault.hint.is_empty() {
            message.push(' ');
            message.push_str(&fault.hint);
        }
        Self {
            code: fault.code,
            message,
            fact: fault.fact,
            hint: fault.hint,
            line: place.line,
            column: place.column,
        }
    }
}

/// The text, or its beginning and its end.
fn shortened(text: String) -> String {
    let count = text.chars().count();
    if count <= FACT_CHARS_MAX {
        return text;
    }
    let begin = text.chars().take(FACT_CHARS_MAX - FACT_END_CHARS);
    let end = text.chars().skip(count - FACT_END_CHARS);
    begin.chain(['…']).chain(end).collect()
}

/// What is wrong, before its place in the text is put to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub code: &'static str,
    pub fact: String,
    pub hint: String,
}

impl Fault {
    pub(crate) fn new(code: &'static str, fact: impl Into<String>) -> Self {
        Self {
            code,
            fact: fact.into(),
            hint: String::new(),
        }
    }

    pub(crate) fn malformed(fact: impl Into<String>) -> Self {
        Self::new("MALFORMED_QUERY", fact)
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
}

/// Line, column and what to quote of the line.
struct Place {
    line: usize,
    column: usize,
    excerpt: String,
    /// Characters before the caret.
    caret: usize,
}

impl Place {
    fn of(text: &str, at: At) -> Self {
        let mut offset = at.0.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &text[..offset];
        let start = before.rfind('\n').map_or(0, |n| n + 1);
        let line_text = text[start..].lines().next().unwrap_or("");
        let column = text[start..offset].chars().count();
        let skipped = column.saturating_sub(EXCERPT_CHARS_MAX / 2);
        let quoted = line_text.chars().skip(skipped).take(EXCERPT_CHARS_MAX);
        Self {
            line: before.matches('\n').count() + 1,
            column: column + 1,
            excerpt: quoted
                .map(|c| if c.is_control() { ' ' } else { c })
                .collect(),
            caret: column - skipped,
        }
    }
}

/// The name among these that is nearest to what was written, if one is near: at most a third of
/// its letters differ.
pub(crate) fn nearest<'a>(written: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let most = (written.chars().count() / 3).max(1);
    let written = written.to_lowercase();
    let distance = |name: &str| edit_distance(&written, &name.to_lowercase(), most);
    names
        .filter_map(|name| distance(name).map(|d| (d, name)))
        .min()
        .map(|(_, name)| name)
}

/// Levenshtein's distance, or nothing when it is more than `most`.
fn edit_distance(a: &str, b: &str, most: usize) -> Option<usize> {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > most || a.len() > 100 {
        return None;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(ca != cb);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row.last().copied().filter(|&d| d <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_fault() {
        let text = "SELECT Id, BADFIELD FROM Task";
        let fault = Fault::new(
            "INVALID_FIELD",
            "No such column 'BADFIELD' on entity 'Task'.",
        );
        let error = SoqlError::at(text, At(11), fault);
        assert_eq!(
            error.message,
            "\nSELECT Id, BADFIELD FROM Task\n           ^\nERROR at Row:1:Column:12\n\
             No such column 'BADFIELD' on entity 'Task'."
        );
    }

    #[test]
    fn a_name_without_end_is_not_told_whole() {
        let fact = format!("No such column '{}' on entity 'Task'.", "x".repeat(64_000));
        let error = SoqlError::at("SELECT", At(0), Fault::malformed(fact));
        assert!(error.message.len() < 1_300, "{}", error.message.len());
        assert!(error.fact.starts_with("No such column 'xxx"));
        assert!(error.fact.ends_with("xxx' on entity 'Task'."));
    }

    #[test]
    fn lines_and_columns_count_characters() {
        let error = SoqlError::at("SELECT Id\nFROM Über x y", At(17), Fault::malformed("no"));
        assert_eq!((error.line, error.column), (2, 7));
        let end = SoqlError::at("SELECT", At(99), Fault::malformed("no"));
        assert_eq!((end.line, end.column), (1, 7));
    }

    #[test]
    fn a_long_line_is_quoted_around_its_fault() {
        let text = format!("SELECT {} FROM Task", "Id, ".repeat(1000));
        let error = SoqlError::at(&text, At(2000), Fault::malformed("no"));
        let lines: Vec<&str> = error.message.lines().collect();
        assert_eq!(lines[1].chars().count(), 120);
        assert_eq!(lines[2].len(), 61);
        assert_eq!(error.column, 2001);
    }

    #[test]
    fn the_nearest_name_is_offered_only_when_it_is_near() {
        let names = ["LastName", "FirstName", "Phone"];
        assert_eq!(nearest("LasName", names.into_iter()), Some("LastName"));
        assert_eq!(nearest("phnoe", names.into_iter()), None);
        assert_eq!(nearest("Fone", names.into_iter()), None);
        assert_eq!(nearest("Shoesize", names.into_iter()), None);
    }
}
