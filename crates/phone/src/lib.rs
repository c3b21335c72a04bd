//! Telephone numbers: reading them as people write them, and the keys by which a stored and a
//! dialled number meet.
//!
//! Matching never asks whether a number is valid: `+1 (555) 123-4567` and `5551234567` are the
//! same line although no numbering plan assigns them.

pub mod match_key;

pub use match_key::{MatchKey, MatchStrength, lookup_keys, stored_keys};

/// A country or region whose numbering plan reads numbers without a country code: `US`, `DE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Region([u8; 2]);

impl Region {
    /// From two ASCII letters in either case; `None` for anything that no numbering plan knows.
    pub fn parse(text: &str) -> Option<Self> {
        let _ = text;
        todo!()
    }

    /// The two upper-case letters.
    pub fn as_str(&self) -> &str {
        todo!()
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
}

/// Reads a number as people write or a trunk sends it: any formatting, `tel:` and `sip:`
/// addresses (their user part), extensions, Unicode digits, vanity letters, no-break spaces.
/// Never panics, whatever the text; at most 250 bytes are looked at.
pub fn read(text: &str, region: Region) -> Reading {
    let _ = (text, region);
    todo!()
}

/// For people: national form for the own region, international form for others, the text as it
/// is when it is no number.
pub fn display(text: &str, region: Region) -> String {
    let _ = (text, region);
    todo!()
}

/// What to dial: `+` and digits for a number, digits for a short code, `None` when the text
/// cannot be dialled. `*` and `#` codes (`*72`) are kept.
pub fn dialable(text: &str, region: Region) -> Option<String> {
    let _ = (text, region);
    todo!()
}

/// Digits typed on a keypad or found in text: is this an emergency number in the region?
pub fn is_emergency(text: &str, region: Region) -> bool {
    let _ = (text, region);
    todo!()
}
