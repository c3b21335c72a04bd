//! Names of files: what is left of a path from somebody's computer, and how a name is told to a
//! browser.

use std::fmt::Write;

/// Characters of an extension; a longer one is a part of the name.
const EXTENSION_MAX: usize = 20;

/// Characters of a name that a browser is told.
const NAME_MAX: usize = 150;

/// The last part of a path, whatever system it came from, without characters that cannot be
/// seen or that turn text around. Empty for `..` and paths that end with a slash.
pub fn base_name(path: &str) -> String {
    let last = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_odd = |c: char| {
        c.is_control()
            || matches!(
                c,
                '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            )
    };
    let name: String = last.chars().filter(|c| !is_odd(*c)).collect();
    match name.trim().trim_matches('.').is_empty() {
        true => String::new(),
        false => name.trim().to_owned(),
    }
}

/// `pdf` of `Offer.PDF`; empty where there is none.
pub fn extension_of(path: &str) -> String {
    let name = base_name(path);
    let Some((stem, extension)) = name.rsplit_once('.') else {
        return String::new();
    };
    let is_extension = !stem.is_empty()
        && extension.len() <= EXTENSION_MAX
        && extension.bytes().all(|b| b.is_ascii_alphanumeric());
    match is_extension {
        true => extension.to_ascii_lowercase(),
        false => String::new(),
    }
}

/// The title of a file that is given none: its name without the extension.
pub fn title_of(path: &str) -> String {
    let name = base_name(path);
    let extension = extension_of(path);
    let stem = match extension.is_empty() {
        true => name.as_str(),
        false => &name[..name.len() - extension.len() - 1],
    };
    stem.chars().take(255).collect()
}

/// `Content-Disposition: attachment` with the name, in letters that every browser reads and
/// then as it is (RFC 6266): no name can add a header or end the quotes.
pub fn attachment_header(title: &str, extension: &str) -> String {
    let mut name: String = base_name(&title.replace(['/', '\\'], "-"));
    name = name.chars().take(NAME_MAX).collect();
    if name.is_empty() {
        "file".clone_into(&mut name);
    }
    let has_extension = extension_of(&name) == extension;
    if !extension.is_empty() && !has_extension {
        let _ = write!(name, ".{extension}");
    }
    let plain: String = name
        .chars()
        .map(|c| match c {
            ' '..='~' if !matches!(c, '"' | '\\' | '%') => c,
            _ => '_',
        })
        .collect();
    let mut coded = String::new();
    for byte in name.bytes() {
        match byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            true => coded.push(char::from(byte)),
            // Writing to a String cannot fail.
            false => drop(write!(coded, "%{byte:02X}")),
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{coded}")
}
