//! The keys by which a stored and a dialled number meet, and how strong the match is.

use crate::Region;

/// How a stored number and a dialled one met; the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MatchStrength {
    /// The same country code and national number (and extension, where both have one).
    Exact,
    /// The same national number; one of the two did not say its country.
    National,
    /// The same last digits, 7 or more, of a number written without its area code.
    Suffix,
}

/// One key of a number. Two numbers meet where a stored key equals a looked-up one; the match is
/// as strong as the weaker of the two keys.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MatchKey {
    /// How strong a match by this key is.
    pub strength: MatchStrength,
    /// The key: a letter for its kind, then digits. At most 24 characters.
    pub text: String,
}

/// The keys to store for a number in a record: one for every plausible reading.
pub fn stored_keys(text: &str, region: Region) -> Vec<MatchKey> {
    let _ = (text, region);
    todo!()
}

/// The keys to look up for a number that called or was searched, strongest first; empty when the
/// text is no number of at least 7 digits.
pub fn lookup_keys(text: &str, region: Region) -> Vec<MatchKey> {
    let _ = (text, region);
    todo!()
}
