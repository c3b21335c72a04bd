//! Records by text: what a person types finds names, addresses, companies and numbers that have
//! words which begin like each of the typed ones.
//!
//! The order: records that are called so, then those whose name begins so, then those with all
//! words in what they are called by, then others; each by name, then by id.

use std::collections::{BTreeMap, BTreeSet};

use offhook_org::record::Fields;
use offhook_org::schema::{Field, FieldKind, Object};
use offhook_org::{ObjectName, Record, RecordId, UserContext, Value};

use super::search_words::{SearchFields, Wanted, Words, digits, searched_fields, words};
use super::visibility::{push_visible, readable_fields};
use super::{columns, search_index};
use crate::Store;
use crate::database::folding::fold;
use crate::error::StoreError;

/// More of a text than this is no name.
const TEXT_MAX: usize = 200;

/// Words of a text that are looked for.
const WORDS_MAX: usize = 8;

/// Fewer digits are in every number.
const DIGITS_MIN: usize = 3;

/// Records that the index tells before they are put in order; more have to be asked for in other
/// words.
const LOOKED_AT_MAX: u32 = 2_000;

/// What a person typed.
struct Typed {
    wanted: Wanted,
    /// As a whole, folded, to compare names with.
    whole: String,
    /// Is it all digits and what stands between them, and enough of them for a number?
    is_number: bool,
}

impl Store {
    /// Records that have all words of the text (as beginnings of words) or, for digits, a
    /// telephone number that begins or ends so; grouped by object in the order given, at most
    /// `limit` for each.
    pub async fn search_text(
        &self,
        user: &UserContext,
        text: &str,
        objects: &[ObjectName],
        limit: u32,
    ) -> Result<Vec<Record>, StoreError> {
        let mut found = Vec::new();
        let Some(typed) = Typed::new(text) else {
            return Ok(found);
        };
        let mut by_number: BTreeSet<RecordId> = BTreeSet::new();
        if typed.is_number {
            let hits = self.search_phone(user, text, objects).await?;
            by_number.extend(hits.into_iter().map(|hit| hit.record.id));
        }
        for object in objects {
            if let Some(object) = self.readable_object(user, object) {
                let of_object = by_number.iter();
                let of_object = of_object.filter(|id| id.key_prefix() == object.key_prefix);
                let ids = of_object.cloned().collect();
                found.extend(
                    self.search_object(user, &typed, &object, ids, limit)
                        .await?,
                );
            }
        }
        Ok(found)
    }

    async fn search_object(
        &self,
        user: &UserContext,
        typed: &Typed,
        object: &Object,
        by_number: BTreeSet<RecordId>,
        limit: u32,
    ) -> Result<Vec<Record>, StoreError> {
        let fields = readable_fields(user, object);
        let is_all_readable =
            searched_fields(object).all(|s| fields.iter().any(|f| f.name == s.name));
        let mut told = BTreeSet::new();
        for group in [SearchFields::Name, SearchFields::All] {
            let ids =
                search_index::find(self.database(), object, &typed.wanted, group, LOOKED_AT_MAX);
            told.extend(ids.await?);
        }
        let ids: Vec<RecordId> = told.union(&by_number).cloned().collect();
        let mut ranked = BTreeMap::new();
        for record in self.visible_records(user, object, &fields, &ids).await? {
            let words = Words::of(object, &record.fields);
            // The index also knows fields that this user may not read: they must not tell.
            let tells = is_all_readable
                || by_number.contains(&record.id)
                || typed.wanted.is_in(&words, SearchFields::All);
            if tells {
                ranked.insert(typed.rank(object, &record, &words), record);
            }
        }
        Ok(ranked.into_values().take(limit as usize).collect())
    }

    async fn visible_records(
        &self,
        user: &UserContext,
        object: &Object,
        fields: &[&Field],
        ids: &[RecordId],
    ) -> Result<Vec<Record>, StoreError> {
        let mut records = Vec::with_capacity(ids.len());
        for ids in ids.chunks(super::read::IDS_MAX) {
            let mut statement = columns::select(object, fields);
            statement.push(" AND id IN ");
            statement.arg_list(ids.iter().map(Into::into));
            push_visible(&mut statement, user, object);
            for row in self.database().read(&statement).await? {
                records.push(columns::record(object, fields, &row)?);
            }
        }
        Ok(records)
    }
}

impl Typed {
    fn new(text: &str) -> Option<Self> {
        let text: String = text.chars().take(TEXT_MAX).collect();
        let mut all = words(&text);
        all.truncate(WORDS_MAX);
        let between = |c: char| c.is_whitespace() || "+-().,/".contains(c);
        let is_number = text.chars().all(|c| c.is_ascii_digit() || between(c));
        let digits = digits(&text);
        let is_number = is_number && digits.len() >= DIGITS_MIN;
        let whole = all.join(" ");
        let words = Wanted::All(all.iter().map(|word| Wanted::prefix(word)).collect());
        if all.is_empty() {
            return None;
        }
        Some(Self {
            wanted: match is_number {
                true => Wanted::Any(vec![words, Wanted::prefix(&digits)]),
                false => words,
            },
            whole,
            is_number,
        })
    }

    /// The smaller the sooner: kind of match, name, id.
    fn rank(&self, object: &Object, record: &Record, found: &Words) -> (u8, String, RecordId) {
        let name = record.text(object.name_field.as_str());
        let name_words = words(name).join(" ");
        let class = match () {
            () if name_words == self.whole => 0,
            () if name_words.starts_with(&self.whole) => 1,
            () if self.wanted.is_in(found, SearchFields::Name) => 2,
            () => 3,
        };
        (class, fold(name), record.id.clone())
    }
}

/// The fields that are searched.
pub(super) fn searched(object: &Object) -> impl Iterator<Item = &Field> {
    object.fields.iter().filter(|field| {
        matches!(field.kind, FieldKind::Email | FieldKind::Phone)
            || field.name == object.name_field
            || ["Subject", "Company"].contains(&field.name.as_str())
    })
}

/// The text to keep for these fields.
pub(super) fn search_text(object: &Object, fields: &Fields) -> String {
    let mut text = String::new();
    for field in searched(object) {
        let Some(Value::Text(value)) = fields.get(&field.name) else {
            continue;
        };
        match field.kind {
            FieldKind::Phone => text.extend(value.chars().filter(char::is_ascii_digit)),
            _ => text.push_str(&value.to_lowercase()),
        }
        text.push('\n');
    }
    text
}
