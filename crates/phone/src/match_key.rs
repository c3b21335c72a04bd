//! The keys by which a stored and a dialled number meet, and how strong the match is.
//!
//! | key | stored for | looked up for |
//! |---|---|---|
//! | `E` country and national number | every number, in every plausible reading | the same |
//! | `G` national number | a number that names its country | one that does not, and is not whole |
//! | `U` national number | a number that does not, and is not whole | one that names its country |
//! | `L` country, last 7 or 8 digits | every number | one without its area code |
//! | `A` country, 7 or 8 digits | a number without its area code | every number |
//!
//! A stored number with an extension has each key twice, ending in `x` and in `x` and the
//! extension; a lookup without one takes the bare key and the one ending in `x`, a lookup with
//! one the bare key and the one with the same extension. So the number of a switchboard finds
//! everybody behind it, and an extension finds its own person and the switchboard.
//!
//! Two numbers that both name their country meet by `E` alone, so different numbers never match;
//! the tail of a number never meets one of another country.

use crate::{PhoneNumber, Reading, Region, clean, plan, read};

/// How a stored number and a dialled one met; the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MatchStrength {
    /// The same country code and national number (and extension, where both have one).
    Exact,
    /// The same national number, where one of the two did not say its country.
    National,
    /// The same last digits, 7 or more, where one of the two was written without its area code.
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
    keys(text, region, Side::Stored)
}

/// The keys to look up for a number that called or was searched, strongest first; empty when the
/// text is no number of at least 7 digits.
pub fn lookup_keys(text: &str, region: Region) -> Vec<MatchKey> {
    keys(text, region, Side::LookedUp)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Stored,
    LookedUp,
}

fn keys(text: &str, region: Region, side: Side) -> Vec<MatchKey> {
    let Reading::Number(number) = read(text, region) else {
        return Vec::new();
    };
    let complete = number.country_given || plan::is_complete(text, region);
    let mut keys = vec![key(MatchStrength::Exact, 'E', "", digits_of(&number))];
    if !complete {
        keys.extend(keys_of_incomplete(text, &number, region, side));
    }
    if !number.country_given {
        keys.extend(reading_with_plus(text, region));
    }
    if complete {
        keys.extend(keys_of_complete(&number, side));
    }
    keys.sort();
    keys.dedup_by(|a, b| a.text == b.text);
    with_extension(keys, number.extension.as_deref(), side)
}

fn with_extension(keys: Vec<MatchKey>, extension: Option<&str>, side: Side) -> Vec<MatchKey> {
    let marked = extension.map(|extension| format!("x{extension}"));
    let endings = match (side, marked.as_deref()) {
        (Side::Stored, None) => return keys,
        (Side::Stored, Some(marked)) => ["x", marked],
        (Side::LookedUp, None) => ["", "x"],
        (Side::LookedUp, Some(marked)) => ["", marked],
    };
    let ended = |key: MatchKey| {
        endings.map(|ending| MatchKey {
            strength: key.strength,
            text: format!("{}{ending}", key.text),
        })
    };
    keys.into_iter().flat_map(ended).collect()
}

fn digits_of(number: &PhoneNumber) -> &str {
    number.e164.trim_start_matches('+')
}

/// `468124699` dialled in Sweden may be a national number, or Stockholm with its country code.
fn reading_with_plus(text: &str, region: Region) -> Option<MatchKey> {
    let digits = clean::digits(clean::split_extension(text).0);
    if digits.starts_with('0') {
        return None;
    }
    let number = plan::number(&format!("+{digits}"), region)?;
    let readable = plan::is_complete(&number.e164, region);
    readable.then(|| key(MatchStrength::National, 'E', "", digits_of(&number)))
}

/// A number that is whole, with its country given or assumed.
fn keys_of_complete(number: &PhoneNumber, side: Side) -> Vec<MatchKey> {
    let country = plan::country_of(number);
    let mut keys = Vec::new();
    if number.country_given {
        let kind = if side == Side::Stored { 'G' } else { 'U' };
        keys.push(key(MatchStrength::National, kind, "", &number.national));
    }
    let kind = if side == Side::Stored { 'L' } else { 'A' };
    for length in [7, 8] {
        let start = number.national.len().checked_sub(length);
        if let Some(tail) = start
            .filter(|s| *s > 0)
            .and_then(|s| number.national.get(s..))
        {
            keys.push(key(MatchStrength::Suffix, kind, country, tail));
        }
    }
    keys
}

/// A number that is not whole in the region: of another country, or without its area code.
fn keys_of_incomplete(
    text: &str,
    number: &PhoneNumber,
    region: Region,
    side: Side,
) -> Vec<MatchKey> {
    let digits = clean::digits(clean::split_extension(text).0);
    // The trunk prefix of another country's national form: 020 7946 … is 20 7946 … after +44.
    let national = digits.trim_start_matches('0');
    let kind = if side == Side::Stored { 'U' } else { 'G' };
    let mut keys = Vec::new();
    if national.len() >= 7 {
        keys.push(key(MatchStrength::National, kind, "", national));
    }
    if let (7 | 8, Some(country)) = (number.national.len(), plan::country_code(region)) {
        let kind = if side == Side::Stored { 'A' } else { 'L' };
        keys.push(key(
            MatchStrength::Suffix,
            kind,
            &country.to_string(),
            &number.national,
        ));
    }
    keys
}

fn key(strength: MatchStrength, kind: char, country: &str, digits: &str) -> MatchKey {
    let separator = if country.is_empty() { "" } else { "/" };
    let mut text = format!("{kind}{country}{separator}{digits}");
    text.truncate(24);
    MatchKey { strength, text }
}
