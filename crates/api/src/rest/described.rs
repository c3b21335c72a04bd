//! Descriptions that were written out, kept with the schema and the rights that they follow from:
//! a change of either is another snapshot, and makes another description.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use offhook_org::access::{ProfileName, Rights};
use offhook_org::{Schema, UserContext};
use serde_json::Value as Json;

/// Descriptions that are kept, and their bytes; then the oldest goes.
const KEPT_MAX: usize = 256;
const BYTES_MAX: usize = 16 * 1024 * 1024;

/// Descriptions of one object whose moments are remembered: users with other rights are told
/// other things.
const REMEMBERED_MAX: usize = 64;

/// What was described, and since when it is so.
#[derive(Debug, Default)]
pub(crate) struct Described {
    kept: Mutex<Kept>,
    /// By object, as far as this process knows.
    since: Mutex<BTreeMap<String, Vec<(u64, i64)>>>,
}

#[derive(Debug, Default)]
struct Kept {
    entries: VecDeque<(Of, Written)>,
    bytes: usize,
}

/// All that a description follows from. Schema and rights never change once they are made, and
/// live as long as this does, so the same place in memory is the same schema.
#[derive(Debug)]
pub(super) struct Of {
    schema: Arc<Schema>,
    rights: Arc<Rights>,
    profile: ProfileName,
    is_system: bool,
    name: String,
    base: String,
}

/// A description.
#[derive(Debug, Clone)]
pub(super) struct Written {
    /// JSON.
    pub(super) text: Bytes,
    /// Of the text.
    pub(super) hash: u64,
}

impl Of {
    /// The description of the object of this name, for the user; the path of the version is in
    /// it.
    pub(super) fn new(schema: Arc<Schema>, user: &UserContext, name: &str, base: &str) -> Self {
        Self {
            schema,
            rights: user.rights.clone(),
            profile: user.profile.clone(),
            is_system: user.is_system(),
            name: name.to_owned(),
            base: base.to_owned(),
        }
    }
}

impl PartialEq for Of {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.schema, &other.schema)
            && Arc::ptr_eq(&self.rights, &other.rights)
            && self.is_system == other.is_system
            && self.name == other.name
            && self.profile == other.profile
            && self.base == other.base
    }
}

impl Described {
    /// The description, made when it is not kept.
    pub(super) fn written(&self, of: Of, describe: impl FnOnce() -> Json) -> Written {
        if let Some(known) = self.kept().find(&of) {
            return known;
        }
        let text = describe().to_string();
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let written = Written {
            hash: hasher.finish(),
            text: text.into(),
        };
        self.kept().keep(of, written.clone());
        written
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The moment from which on the object was described so. Two descriptions of an object are
    /// never of the same second, since the dates of headers have no smaller part.
    pub(super) fn since(&self, name: &str, hash: u64, now_ms: i64) -> i64 {
        let mut known = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.entry(name.to_owned()).or_default();
        if let Some((_, since_ms)) = known.iter().find(|(known, _)| *known == hash) {
            return *since_ms;
        }
        let newest_ms = known.iter().map(|(_, since_ms)| since_ms + 1_000).max();
        let since_ms = newest_ms.unwrap_or(now_ms).max(now_ms);
        if known.len() == REMEMBERED_MAX {
            known.remove(0);
        }
        known.push((hash, since_ms));
        since_ms
    }
}

impl Kept {
    fn find(&self, of: &Of) -> Option<Written> {
        let mut entries = self.entries.iter();
        let found = entries.find(|(known, _)| known == of);
        found.map(|(_, written)| written.clone())
    }

    /// Descriptions of an older schema are never asked for again.
    fn keep(&mut self, of: Of, written: Written) {
        self.entries
            .retain(|(known, _)| Arc::ptr_eq(&known.schema, &of.schema));
        self.entries.push_back((of, written));
        let sizes = self.entries.iter().map(|(_, written)| written.text.len());
        self.bytes = sizes.sum();
        while self.entries.len() > KEPT_MAX || self.bytes > BYTES_MAX {
            let Some((_, oldest)) = self.entries.pop_front() else {
                return;
            };
            self.bytes -= oldest.text.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_description_is_of_another_second() {
        let described = Described::default();
        assert_eq!(described.since("Task", 1, 5_000), 5_000);
        assert_eq!(described.since("Task", 1, 9_000), 5_000);
        assert_eq!(described.since("Task", 2, 5_001), 6_000);
        assert_eq!(described.since("Lead", 2, 5_001), 5_001);
    }

    #[test]
    fn a_description_is_made_anew_for_other_rights_another_schema_and_another_object() {
        let described = Described::default();
        let (schema, user) = (Arc::new(Schema::standard()), UserContext::system());
        let mut other = user.clone();
        other.rights = Arc::new(Rights::default());
        let asks = [
            (&schema, &user, "Task", true),
            (&schema, &user, "Task", false),
            (&schema, &user, "Lead", true),
            (&schema, &other, "Task", true),
            (&schema, &user, "Task", false),
            (&Arc::new(Schema::standard()), &user, "Task", true),
        ];
        for (place, (schema, user, name, is_made)) in asks.into_iter().enumerate() {
            let mut made = false;
            let of = Of::new(schema.clone(), user, name, "/services/data/v60.0");
            described.written(of, || {
                made = true;
                Json::Null
            });
            assert_eq!(made, is_made, "{place}");
        }
    }

    #[test]
    fn no_more_bytes_are_kept_than_the_limit() {
        let mut kept = Kept::default();
        let (schema, user) = (Arc::new(Schema::standard()), UserContext::system());
        for number in 0..40_u64 {
            let written = Written {
                text: vec![b' '; BYTES_MAX / 8].into(),
                hash: number,
            };
            let of = Of::new(schema.clone(), &user, &format!("O{number}"), "");
            kept.keep(of, written);
            assert!(kept.bytes <= BYTES_MAX);
        }
        assert_eq!(kept.entries.len(), 8);
    }
}
