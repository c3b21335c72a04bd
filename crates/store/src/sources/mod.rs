//! What admins write and what runs here: classes of server scripts and pages, each with all its
//! versions; the files that pages load; the log of runs; and for whom a page is rendered.

mod page_tickets;
mod resources;
mod script_runs;
mod versions;

use offhook_org::UserContext;
use offhook_org::access::Permission;
use serde::{Deserialize, Serialize};

pub use resources::{NewResource, Resource, ResourceFile};
pub use script_runs::{CAPTURE_MS, RUNS_MAX, ScriptRun};

use crate::database::DbError;
use crate::error::StoreError;

/// Characters of a name (the platform's 40, and a namespace of 15 with its dot).
pub const NAME_LENGTH_MAX: usize = 56;

/// Bytes of one source.
pub const BODY_SIZE_MAX: usize = 256 * 1024;

/// Sources of a kind.
pub const SOURCES_MAX: u32 = 500;

/// Versions that are kept of one source.
pub const VERSIONS_MAX: u32 = 200;

/// Bytes of one static resource (the platform's 5 MB).
pub const RESOURCE_SIZE_MAX: usize = 5 * 1024 * 1024;

/// Bytes of all static resources.
pub const RESOURCES_SIZE_MAX: u64 = 100 * 1024 * 1024;

/// A kind of source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    /// A class: its exported functions are methods that `runApex` calls.
    Class,
    /// The markup of a page under `/apex/`.
    Page,
}

impl SourceKind {
    fn word(self) -> &'static str {
        match self {
            Self::Class => "class",
            Self::Page => "page",
        }
    }

    /// The place in Setup, for the audit trail.
    fn section(self) -> &'static str {
        match self {
            Self::Class => "Server Scripts",
            Self::Page => "Pages",
        }
    }

    /// The platform's words for the audit trail.
    fn action(self, what: &str) -> String {
        match self {
            Self::Class => format!("{what}ApexClass"),
            Self::Page => format!("{what}ApexPage"),
        }
    }
}

/// What a source is beside its text. Stored as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SourceSettings {
    /// For people.
    pub description: String,
    /// Names of the profiles whose users may use it; without any, every user may.
    pub profiles: Vec<String>,
}

impl SourceSettings {
    /// May a user with this profile use it?
    pub fn is_open_to(&self, profile: &str) -> bool {
        let named = |name: &String| name.eq_ignore_ascii_case(profile);
        self.profiles.is_empty() || self.profiles.iter().any(named)
    }
}

/// A source as it is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its number.
    pub id: i64,
    /// Its name, as the admin spells it.
    pub name: String,
    /// What it is beside its text.
    pub settings: SourceSettings,
    /// The version in force, from 1.
    pub version: i64,
    /// The text.
    pub body: String,
    /// Who wrote this version.
    pub author_name: String,
    /// When, UTC milliseconds.
    pub at_ms: i64,
}

/// One version of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceVersion {
    /// Its number, from 1.
    pub version: i64,
    /// The text.
    pub body: String,
    /// What the author says of the change.
    pub note: String,
    /// Who wrote it.
    pub author_name: String,
    /// When, UTC milliseconds.
    pub at_ms: i64,
}

/// What is to be saved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceDraft {
    /// The name.
    pub name: String,
    /// The text.
    pub body: String,
    /// What is said of the change.
    pub note: String,
    /// The rest.
    pub settings: SourceSettings,
}

/// Why a source was not saved.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The name cannot be one.
    #[error(
        "a name has letters, digits and single underscores, begins with a letter, and has at most \
         40 characters; a namespace may stand before it: Phones.ContactSearch"
    )]
    BadName,
    /// The name is taken.
    #[error("there is already one with the name {0}")]
    Exists(String),
    /// It is gone.
    #[error("it does not exist any more")]
    NotFound,
    /// Somebody else saved it meanwhile.
    #[error("{by} saved another version meanwhile: compare it with yours, and save again")]
    Changed {
        /// Who.
        by: String,
    },
    /// The text is too long, or there are too many.
    #[error("{0}")]
    TooLarge(String),
    /// The right is missing.
    #[error("you need the permission Author Apex")]
    NotAllowed,
    /// The world.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbError> for SourceError {
    fn from(error: DbError) -> Self {
        Self::Store(error.into())
    }
}

fn may_author(user: &UserContext) -> Result<(), SourceError> {
    match user.holds(Permission::AuthorApex) {
        true => Ok(()),
        false => Err(SourceError::NotAllowed),
    }
}

/// The key of a name: `Phones__Search` and `phones.search` are one.
pub fn name_key(name: &str) -> String {
    name.trim().replacen("__", ".", 1).to_ascii_lowercase()
}

/// `Name` or `Namespace.Name`.
fn is_name(name: &str) -> bool {
    let part = |part: &str, length_max: usize| {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        (1..=length_max).contains(&part.len())
            && part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part.chars().all(plain)
            && !part.contains("__")
            && !part.ends_with('_')
    };
    match name.split_once('.') {
        Some((namespace, name)) => part(namespace, 15) && part(name, 40),
        None => part(name, 40),
    }
}

#[cfg(test)]
mod tests {
    use super::{is_name, name_key};

    #[test]
    fn names_are_the_platforms() {
        for name in ["A", "ContactSearch", "Phones.ContactSearch", "a_1"] {
            assert!(is_name(name), "{name}");
        }
        let long = "x".repeat(41);
        for name in [
            "", "1a", "a__b", "a_", "a.b.c", ".a", "a.", "a b", "ä", "a/b", &long,
        ] {
            assert!(!is_name(name), "{name}");
        }
        assert_eq!(name_key(" Phones__Search "), name_key("phones.SEARCH"));
    }
}
