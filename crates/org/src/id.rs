//! Record ids: 15 characters that tell case apart, 18 with the checksum that does not need to.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The id of a record, always held with 18 characters. The first three are the key prefix of
/// its object (`003` Contact).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RecordId(String);

impl RecordId {
    /// From 15 characters (the checksum is added) or 18 (the checksum must be right, in any
    /// case of the letters).
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let _ = text;
        todo!()
    }

    /// The id that has this prefix and this serial number (base 62, zero-padded to 12).
    pub fn from_serial(key_prefix: &str, serial: u64) -> Self {
        let _ = (key_prefix, serial);
        todo!()
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
