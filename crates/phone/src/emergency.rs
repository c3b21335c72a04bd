//! Emergency numbers: never blocked by a rule. From the national plans; 112 works in every mobile
//! network.

use crate::{Region, clean};

/// Regions whose emergency numbers are not 112 alone.
const BY_REGION: &[(&str, &[&str])] = &[
    ("US", &["911"]),
    ("CA", &["911"]),
    ("MX", &["911"]),
    ("GB", &["999"]),
    ("IE", &["999"]),
    ("AU", &["000", "106"]),
    ("NZ", &["111"]),
    ("JP", &["110", "118", "119"]),
    ("CN", &["110", "119", "120"]),
    ("IN", &["100", "101", "102", "108"]),
    ("BR", &["190", "192", "193"]),
    ("DE", &["110"]),
    ("FR", &["15", "17", "18"]),
    ("CH", &["117", "118", "144"]),
    ("ZA", &["10111", "10177"]),
];

/// Digits typed on a keypad or found in text: is this an emergency number in the region?
pub fn is_emergency(text: &str, region: Region) -> bool {
    let digits = clean::digits(text);
    if digits.len() > 5 || text.contains('+') {
        return false;
    }
    let own = BY_REGION.iter().find(|(name, _)| *name == region.as_str());
    digits == "112" || own.is_some_and(|(_, numbers)| numbers.contains(&digits.as_str()))
}
