//! Reading and writing call centers as files, in both dialects: call center definition files, and
//! `CallCenter` metadata (spec/open-cti 4.1 and 4.2; outcomes for what real files hold: 4.4).

mod file;
mod metadata;
mod settle;
mod text;
mod write;

use super::CallCenter;
use super::call_center_lint::{self, Advice};

pub use write::{export, export_metadata};

/// The largest file taken.
pub const DEFINITION_SIZE_MAX: usize = 5 * 1024 * 1024;
/// The most characters of a name.
pub const NAME_LENGTH_MAX: usize = 40;
/// The most characters of a label or display name.
pub const LABEL_LENGTH_MAX: usize = 1_000;
/// The most characters of a name where the org takes what the rules refuse.
const LENIENT_NAME_LENGTH_MAX: usize = 255;

/// How a file is read.
#[derive(Debug, Clone, Copy, Default)]
pub struct ImportOptions<'a> {
    /// Names over 40 characters and underscores in names are warned of instead of refused.
    pub lenient: bool,
    /// The name of the file: that of a metadata file says the internal name.
    pub file_name: &'a str,
}

/// Which kind of file it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `<callCenter>` with sections and items, as makers of softphones supply it.
    DefinitionFile,
    /// `<CallCenter>` of the Metadata API.
    Metadata,
}

/// A definition with what an admin should know about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// The call center.
    pub call_center: CallCenter,
    /// The kind of the file.
    pub dialect: Dialect,
    /// Milder defects that did not stop the import, in the order of the file.
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

impl Finding {
    fn at(place: Place, message: impl Into<String>) -> Self {
        Self {
            line: place.0,
            column: place.1,
            message: message.into(),
        }
    }
}

/// Line and column, from 1.
type Place = (u32, u32);

/// A section as it stands in a file.
struct ReadSection {
    name: String,
    label: Option<String>,
    place: Place,
    items: Vec<ReadItem>,
}

/// An item as it stands in a file.
struct ReadItem {
    name: String,
    label: Option<String>,
    value: String,
    place: Place,
}

/// Errors and warnings while a file is read.
struct Findings<'a> {
    options: ImportOptions<'a>,
    errors: Vec<Finding>,
    warnings: Vec<Finding>,
}

impl Findings<'_> {
    fn error(&mut self, place: Place, message: impl Into<String>) {
        self.errors.push(Finding::at(place, message));
    }

    fn warn(&mut self, place: Place, message: impl Into<String>) {
        self.warnings.push(Finding::at(place, message));
    }

    /// The rules of names, for sections and items.
    fn check_name(&mut self, place: Place, element: &str, name: &str) {
        if name.is_empty() {
            return self.error(place, format!("This <{element}> has no name."));
        }
        match name_problem(name, self.options.lenient) {
            NameProblem::None => {}
            NameProblem::Mild(problem) => {
                self.warn(place, format!("The name {name:?} {problem}"));
            }
            NameProblem::Refused(problem) => {
                self.error(place, format!("The name {name:?} {problem}"));
            }
        }
        if RESERVED_NAMES.contains(&name) {
            let reserved = "is reserved for what the settings of the softphone say of themselves";
            self.error(
                place,
                format!("The name {name:?} {reserved}: choose another."),
            );
        }
    }

    fn check_label(&mut self, place: Place, label: Option<&str>) {
        if label.is_some_and(|label| label.chars().count() > LABEL_LENGTH_MAX) {
            self.error(
                place,
                format!("The label is over {LABEL_LENGTH_MAX} characters long."),
            );
        }
    }
}

/// Names that no section and no item may have.
const RESERVED_NAMES: &[&str] = &[
    "label",
    "sortOrder",
    "internalNameLabel",
    "displayNameLabel",
];

enum NameProblem {
    None,
    /// Told, since the org is lenient.
    Mild(String),
    Refused(String),
}

fn name_problem(name: &str, lenient: bool) -> NameProblem {
    let length = name.chars().count();
    let is_long = length > NAME_LENGTH_MAX;
    let plain = |c: char| c.is_ascii_alphanumeric();
    if !name.chars().all(|c| plain(c) || c == '_') || length > LENIENT_NAME_LENGTH_MAX {
        let message = "may have letters and digits only, 40 of them at most.";
        return NameProblem::Refused(message.to_owned());
    }
    let message = match (is_long, name.chars().all(plain)) {
        (false, true) => return NameProblem::None,
        (true, _) => format!("has {length} characters; {NAME_LENGTH_MAX} are allowed."),
        (false, false) => "may have letters and digits only; it has an underscore.".to_owned(),
    };
    match lenient {
        true => NameProblem::Mild(message),
        false => NameProblem::Refused(message),
    }
}

/// What is wrong with an internal name, to follow the words `The internal name`; `None` when it
/// is right. `lenient` as in [`ImportOptions`].
pub fn internal_name_problem(name: &str, lenient: bool) -> Option<String> {
    if name.is_empty() {
        return Some("is empty: give a name of letters and digits.".to_owned());
    }
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Some(format!("{name:?} must begin with a letter."));
    }
    match name_problem(name, lenient) {
        NameProblem::Refused(problem) => Some(format!("{name:?} {problem}")),
        NameProblem::None | NameProblem::Mild(_) => None,
    }
}

/// Reads a file of either dialect as [`import_with`] does, by the strict rules.
pub fn import(bytes: &[u8]) -> Result<Imported, Vec<Finding>> {
    import_with(bytes, ImportOptions::default())
}

/// Reads a file of either dialect. Refused with every problem that was found, each with line and
/// column: not well-formed, a DOCTYPE, over the size, a missing, duplicate, over-long or
/// malformed `reqInternalName`, a duplicate `sortOrder`, an over-long or reserved name.
pub fn import_with(bytes: &[u8], options: ImportOptions<'_>) -> Result<Imported, Vec<Finding>> {
    let text = text::text_of(bytes).map_err(|finding| vec![finding])?;
    let document = text::parsed(text).map_err(|finding| vec![finding])?;
    let mut findings = Findings {
        options,
        errors: Vec::new(),
        warnings: Vec::new(),
    };
    let root = document.root_element();
    let (dialect, settled) = match metadata::is_metadata(root) {
        true => {
            let settled = metadata::read(&document, &mut findings);
            (Dialect::Metadata, settled)
        }
        false => {
            let settled = file::read(&document, &mut findings);
            (Dialect::DefinitionFile, settled)
        }
    };
    let Findings {
        mut errors,
        mut warnings,
        ..
    } = findings;
    match settled {
        Some((call_center, places)) if errors.is_empty() => {
            let place = |advice: &Advice| {
                let name = advice.item.as_deref();
                let known = places.iter().find(|(item, _)| Some(item.as_str()) == name);
                known.map_or((0, 0), |(_, place)| *place)
            };
            let advice = call_center_lint::advice(&call_center);
            warnings.extend(advice.iter().map(|a| Finding::at(place(a), &a.message)));
            warnings.sort_by_key(|finding| (finding.line, finding.column));
            Ok(Imported {
                call_center,
                dialect,
                warnings,
            })
        }
        _ => {
            errors.sort_by_key(|finding| (finding.line, finding.column));
            Err(errors)
        }
    }
}

/// Can this character stand in a file? Control characters cannot, and what is typed in Setup must
/// be a file again.
pub fn may_stand_in_a_file(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests;
