//! API versions: which there are, which are gone, what they are called.

use std::fmt;

use serde_json::{Value as Json, json};

/// The version that a client asked for: 31.0 to 68.0. All behave the same, but for the few
/// differences that the handlers name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApiVersion(u16);

/// Why a text is no version that is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionError {
    /// The platform retired it: 30.0 and below.
    Retired,
    /// Not a version, or one of the future.
    Unknown,
}

impl ApiVersion {
    /// The oldest that is served.
    pub const OLDEST: Self = Self(31);
    /// The newest that is served.
    pub const NEWEST: Self = Self(68);

    /// From the segment of a path: `v64.0`, or `64.0` as SOAP and Bulk write it.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        let number = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let major = number.strip_suffix(".0").unwrap_or_default();
        let is_number = (1..=3).contains(&major.len()) && major.bytes().all(|b| b.is_ascii_digit());
        match major.parse::<u16>() {
            Ok(major) if is_number && major > 0 => match Self(major) {
                version if version < Self::OLDEST => Err(VersionError::Retired),
                version if version > Self::NEWEST => Err(VersionError::Unknown),
                version => Ok(version),
            },
            _ => Err(VersionError::Unknown),
        }
    }

    /// `64` of 64.0.
    pub fn major(self) -> u16 {
        self.0
    }

    /// The release that brought it: `Summer '25`.
    fn label(self) -> String {
        let since_summer_14 = self.0 - 31;
        let season = ["Summer", "Winter", "Spring"][usize::from(since_summer_14 % 3)];
        format!("{season} '{:02}", 14 + since_summer_14.div_ceil(3))
    }

    /// The list of versions, oldest first.
    pub(crate) fn list() -> Json {
        let versions = (Self::OLDEST.0..=Self::NEWEST.0).map(Self);
        let entry = |version: Self| {
            json!({
                "label": version.label(),
                "url": format!("/services/data/v{version}"),
                "version": version.to_string(),
            })
        };
        versions.map(entry).collect()
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.0", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_served_retired_or_unknown() {
        assert_eq!(ApiVersion::parse("v64.0").map(ApiVersion::major), Ok(64));
        assert_eq!(ApiVersion::parse("31.0").map(ApiVersion::major), Ok(31));
        assert_eq!(ApiVersion::parse("v30.0"), Err(VersionError::Retired));
        for text in [
            "v69.0", "v64", "v64.1", "vNN.0", "", "v0.0", "v99999.0", "v+64.0",
        ] {
            assert_eq!(
                ApiVersion::parse(text),
                Err(VersionError::Unknown),
                "{text}"
            );
        }
    }

    #[test]
    fn versions_are_called_by_their_releases() {
        for (major, label) in [(31, "Summer '14"), (32, "Winter '15"), (63, "Spring '25")] {
            assert_eq!(ApiVersion(major).label(), label);
        }
        assert_eq!(ApiVersion(67).label(), "Summer '26");
    }
}
