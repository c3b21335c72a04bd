//! Record ids: 15 characters that tell case apart, 18 with the checksum that does not need to.
//!
//! The last three of 18 characters say which of the first fifteen are capitals: each stands for
//! a group of five, the first character being the least significant bit (the platform's object
//! reference, "ID Field Type").

use std::fmt;

use serde::{Deserialize, Serialize};

/// The letters of the checksum, by the value of five bits.
const CHECKSUM_ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/// Digits of a serial number, in the order of their ASCII codes, so that ids sort as they grow.
const SERIAL_ALPHABET: &[u8; 62] =
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The id of a record, always held with 18 characters. The first three are the key prefix of
/// its object (`003` Contact).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RecordId(String);

impl RecordId {
    /// From 15 characters (the checksum is added) or 18 (the checksum must be right). Of 18 that
    /// were turned into all capitals or all small letters on their way, the checksum restores
    /// the case.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        if !text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(IdError::Malformed(shortened(text)));
        }
        match text.len() {
            15 => Ok(Self::with_checksum(text)),
            18 => Self::checked(text).ok_or_else(|| IdError::Checksum(text.to_owned())),
            _ => Err(IdError::Malformed(shortened(text))),
        }
    }

    /// The id that has this prefix and this serial number (base 62, zero-padded to 12).
    pub fn from_serial(key_prefix: &str, serial: u64) -> Self {
        assert_eq!(key_prefix.len(), 3, "a key prefix has three characters");
        assert!(key_prefix.bytes().all(|b| b.is_ascii_alphanumeric()));
        let mut digits = [b'0'; 12];
        let mut rest = serial;
        for digit in digits.iter_mut().rev() {
            *digit = SERIAL_ALPHABET[(rest % 62) as usize];
            rest /= 62;
        }
        let mut short = key_prefix.to_owned();
        short.extend(digits.iter().map(|&digit| char::from(digit)));
        Self::with_checksum(&short)
    }

    /// The serial number of [`RecordId::from_serial`]; `None` where an id of elsewhere has a
    /// larger one.
    pub fn serial(&self) -> Option<u64> {
        self.0[3..15].bytes().try_fold(0_u64, |number, digit| {
            let value = SERIAL_ALPHABET.iter().position(|known| *known == digit)?;
            let value = u64::try_from(value).ok()?;
            number.checked_mul(62)?.checked_add(value)
        })
    }

    /// The 18 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The 15 characters without checksum.
    pub fn short(&self) -> &str {
        &self.0[..15]
    }

    /// The first three characters.
    pub fn key_prefix(&self) -> &str {
        &self.0[..3]
    }

    fn with_checksum(short: &str) -> Self {
        let mut id = String::with_capacity(18);
        id.push_str(short);
        for group in short.as_bytes().chunks(5) {
            let bits = (0..5).fold(0, |bits, i| {
                bits | (usize::from(group[i].is_ascii_uppercase()) << i)
            });
            id.push(char::from(CHECKSUM_ALPHABET[bits]));
        }
        Self(id)
    }

    /// The id of 18 letters and digits, or `None` when checksum and characters do not agree.
    fn checked(text: &str) -> Option<Self> {
        let (short, checksum) = text.split_at(15);
        let as_given = Self::with_checksum(short);
        if as_given.0[15..].eq_ignore_ascii_case(checksum) {
            return Some(as_given);
        }
        let has_capital = short.bytes().any(|b| b.is_ascii_uppercase());
        let has_small = short.bytes().any(|b| b.is_ascii_lowercase());
        if has_capital && has_small {
            return None;
        }
        let restored = Self::with_checksum(&with_case_of(short, checksum)?);
        restored.0[15..]
            .eq_ignore_ascii_case(checksum)
            .then_some(restored)
    }
}

/// The fifteen characters in the case that the checksum tells.
fn with_case_of(short: &str, checksum: &str) -> Option<String> {
    let mut restored = String::with_capacity(15);
    for (group, letter) in short.as_bytes().chunks(5).zip(checksum.bytes()) {
        let letter = letter.to_ascii_uppercase();
        let bits = CHECKSUM_ALPHABET.iter().position(|&l| l == letter)?;
        for (i, byte) in group.iter().enumerate() {
            let capital = bits >> i & 1 == 1;
            restored.push(char::from(match capital {
                true => byte.to_ascii_uppercase(),
                false => byte.to_ascii_lowercase(),
            }));
        }
    }
    Some(restored)
}

/// Enough of a text to recognise it in a message.
fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for RecordId {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        Self::parse(&text)
    }
}

impl From<RecordId> for String {
    fn from(id: RecordId) -> Self {
        id.0
    }
}

/// Text that is no record id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Neither 15 nor 18 characters, or a character outside a-z, A-Z, 0-9.
    #[error("{0:?} is not a record id: 15 or 18 letters and digits are expected")]
    Malformed(String),
    /// The last three characters do not fit the first fifteen.
    #[error("{0:?} is not a record id: its last three characters do not match the rest")]
    Checksum(String),
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fifteen_characters_get_the_checksum_of_the_platform() {
        for (short, long) in [
            ("0012K00001drfGY", "0012K00001drfGYQAY"),
            ("001D000000IqhSL", "001D000000IqhSLIAZ"),
            ("005D0000001KyEI", "005D0000001KyEIIA0"),
            ("500D000000IJ6ii", "500D000000IJ6iiIAD"),
            ("003e0000003GuNX", "003e0000003GuNXAA0"),
            ("005i0000002MUqL", "005i0000002MUqLAAW"),
            ("00Di0000000icUB", "00Di0000000icUBEAY"),
            ("001xx000003DHP0", "001xx000003DHP0AAO"),
        ] {
            assert_eq!(RecordId::parse(short).unwrap().as_str(), long);
            assert_eq!(RecordId::parse(long).unwrap().short(), short);
            let small = long.to_ascii_lowercase();
            assert_eq!(RecordId::parse(&small).unwrap().as_str(), long);
            let capitals = long.to_ascii_uppercase();
            assert_eq!(RecordId::parse(&capitals).unwrap().as_str(), long);
        }
    }

    #[test]
    fn text_that_is_no_id_is_refused() {
        for text in [
            "",
            "003",
            "0012K00001drfG!",
            "0012K00001drfGYQA",
            "0012K00001drfGÜ",
        ] {
            assert!(matches!(RecordId::parse(text), Err(IdError::Malformed(_))));
        }
        for text in [
            "0012K00001drfGYQAZ",
            "0012K00001drfgyQAY",
            "0012K00001drfGY999",
        ] {
            assert!(matches!(RecordId::parse(text), Err(IdError::Checksum(_))));
        }
    }

    #[test]
    fn serial_numbers_sort_as_they_grow() {
        assert_eq!(RecordId::from_serial("003", 0).short(), "003000000000000");
        assert_eq!(RecordId::from_serial("003", 61).short(), "00300000000000z");
        assert_eq!(RecordId::from_serial("003", 62).short(), "003000000000010");
        let id = RecordId::from_serial("00T", u64::MAX);
        assert_eq!(id.key_prefix(), "00T");
        assert!(RecordId::from_serial("00T", 5_000_000) > RecordId::from_serial("00T", 4_999_999));
    }

    proptest! {
        #[test]
        fn an_id_survives_any_case(short in "[a-zA-Z0-9]{15}") {
            let id = RecordId::parse(&short).unwrap();
            for text in [id.0.clone(), id.0.to_ascii_lowercase(), id.0.to_ascii_uppercase()] {
                prop_assert_eq!(&RecordId::parse(&text).unwrap(), &id);
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            let _ = RecordId::parse(&text);
        }
    }
}
