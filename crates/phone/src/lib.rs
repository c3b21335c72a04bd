//! Telephone numbers: reading them as people write them, and the keys by which a stored and a
//! dialled number meet.
//!
//! Matching never asks whether a number is valid: `+1 (555) 123-4567` and `5551234567` are the
//! same line although no numbering plan assigns them.
//!
//! The rooms: `clean` (from any text to what a numbering plan can read), `plan` (the numbering
//! plans, and the only file that names the number library), `match_key` (the keys of stored and
//! looked-up numbers), `emergency`. Pure: no clock, no I/O; the org's own region is an argument.
#![warn(missing_docs)]

mod clean;
mod emergency;
pub mod match_key;
mod plan;

pub use emergency::is_emergency;
pub use match_key::{MatchKey, MatchStrength, lookup_keys, stored_keys};

use clean::Cleaned;

/// A country or region whose numbering plan reads numbers without a country code: `US`, `DE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Region([u8; 2]);

impl Region {
    /// From two ASCII letters in either case; `None` for anything that no numbering plan knows.
    pub fn parse(text: &str) -> Option<Self> {
        let letters: [u8; 2] = text
            .trim()
            .to_ascii_uppercase()
            .into_bytes()
            .try_into()
            .ok()?;
        let region = Self(letters);
        (letters.iter().all(u8::is_ascii_uppercase) && plan::knows(region)).then_some(region)
    }

    /// The two upper-case letters.
    pub fn as_str(&self) -> &str {
        // The constructor lets only ASCII letters in.
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// What a piece of text is, read as a telephone number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// A number that a numbering plan can read (valid or not).
    Number(PhoneNumber),
    /// 3 to 6 digits: an extension, a short code or an emergency number.
    Short(String),
    /// No number was given: empty, `anonymous`, `unknown`, `restricted`, `private`.
    Anonymous,
    /// Text that is no number (a name, a SIP user, too many digits).
    NotANumber,
}

/// A telephone number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneNumber {
    /// `+` and digits: country code and national significant number.
    pub e164: String,
    /// The national significant number, digits only.
    pub national: String,
    /// The extension, digits only.
    pub extension: Option<String>,
    /// Did the text name its country (`+`, `00`, `011`), or was the region's assumed?
    pub country_given: bool,
}

/// Reads a number as people write or a trunk sends it: any formatting, `tel:` and `sip:`
/// addresses (their user part), extensions, Unicode digits, vanity letters, no-break spaces.
/// Never panics, whatever the text; at most 250 bytes are looked at.
pub fn read(text: &str, region: Region) -> Reading {
    match clean::clean(text) {
        Cleaned::Anonymous => Reading::Anonymous,
        Cleaned::NotANumber => Reading::NotANumber,
        Cleaned::Short(digits) => Reading::Short(digits),
        Cleaned::Candidate(candidate) => {
            plan::number(&candidate, region).map_or(Reading::NotANumber, Reading::Number)
        }
    }
}

/// For people: national form for the own region, international form for others, the text as it
/// is (cut at 60 characters) when it is no number.
pub fn display(text: &str, region: Region) -> String {
    let as_is = || text.trim().chars().take(60).collect();
    match clean::clean(text) {
        Cleaned::Candidate(candidate) => plan::display(&candidate, region).unwrap_or_else(as_is),
        Cleaned::Short(digits) => digits,
        Cleaned::Anonymous | Cleaned::NotANumber => as_is(),
    }
}

/// What to dial: `+` and digits for a number, digits for a short code or a local number, `None`
/// when the text cannot be dialled. `*` and `#` codes (`*72`) are kept.
pub fn dialable(text: &str, region: Region) -> Option<String> {
    if let Some(code) = service_code(text) {
        return Some(code);
    }
    match clean::clean(text) {
        Cleaned::Short(digits) => Some(digits),
        Cleaned::Candidate(candidate) => {
            let number = plan::number(&candidate, region)?;
            let complete = number.country_given || plan::is_complete(&candidate, region);
            Some(if complete {
                number.e164
            } else {
                clean::digits(&candidate)
            })
        }
        Cleaned::Anonymous | Cleaned::NotANumber => None,
    }
}

/// `*72`, `#31#5551234567`: digits with a star or hash, as a telephone's keypad sends them.
fn service_code(text: &str) -> Option<String> {
    let code = text.trim();
    let is_key = |key: char| key.is_ascii_digit() || key == '*' || key == '#';
    let has_sign = code.contains(['*', '#']);
    (has_sign && (2..=32).contains(&code.len()) && code.chars().all(is_key))
        .then(|| code.to_owned())
}

#[cfg(test)]
mod tests;
