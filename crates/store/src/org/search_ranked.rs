//! A search in one object: which records the index of words and the keys of numbers tell, which
//! of them the user may see, and in which order they come.
//!
//! The order: records that are called as it was searched, then those whose name begins so, then
//! those that have it in what they are called by, then others; each by name, then by id.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use offhook_org::schema::{Field, Object};
use offhook_org::{Record, RecordId, UserContext};

use super::search_words::{SearchFields, Wanted, Words, is_called_by, searched_fields, words};
use super::visibility::{push_visible, readable_fields};
use super::{columns, read, search_index};
use crate::Store;
use crate::database::folding::fold;
use crate::error::StoreError;

/// What is searched in one object.
pub(super) struct Search<'a> {
    pub(super) wanted: &'a Wanted,
    pub(super) fields: SearchFields,
    /// What names are compared with: words, folded, parted by blanks.
    pub(super) whole: String,
    /// Records of the object by the numbers that are searched.
    by_number: BTreeMap<String, BTreeSet<RecordId>>,
}

impl Store {
    /// Looks the numbers of a search up.
    pub(super) async fn search_in<'a>(
        &self,
        user: &UserContext,
        object: &Arc<Object>,
        wanted: &'a Wanted,
        fields: SearchFields,
    ) -> Result<Search<'a>, StoreError> {
        let mut by_number = BTreeMap::new();
        let has_numbers = !matches!(fields, SearchFields::Name | SearchFields::Email);
        for number in wanted.numbers() {
            if has_numbers && !by_number.contains_key(number) {
                let found = self
                    .phone_matches(user, number, std::slice::from_ref(object))
                    .await?;
                let ids: BTreeSet<RecordId> = found.into_keys().collect();
                by_number.insert(number.to_owned(), ids);
            }
        }
        Ok(Search {
            wanted,
            fields,
            whole: wanted.whole(),
            by_number,
        })
    }

    /// Records that may be wanted, at most about so many: first those that have it in what they
    /// are called by.
    pub(super) async fn told(
        &self,
        object: &Object,
        search: &Search<'_>,
        limit: u32,
    ) -> Result<BTreeSet<RecordId>, StoreError> {
        let mut told: BTreeSet<RecordId> = search.by_number.values().flatten().cloned().collect();
        let groups = match search.fields {
            SearchFields::All | SearchFields::Sidebar => {
                vec![SearchFields::Name, SearchFields::All]
            }
            one => vec![one],
        };
        for group in groups {
            let found = search_index::find(self.database(), object, search.wanted, group, limit);
            told.extend(found.await?);
        }
        Ok(told)
    }

    /// Those of the records that the user may see and that are wanted, in their order.
    pub(super) async fn ranked(
        &self,
        user: &UserContext,
        object: &Object,
        search: &Search<'_>,
        ids: &[RecordId],
    ) -> Result<Vec<RecordId>, StoreError> {
        let readable = readable_fields(user, object);
        let may_read = |field: &&Field| readable.iter().any(|known| known.name == field.name);
        let is_told = search.wanted.is_told_by_index()
            && searched_fields(object).all(|field| may_read(&field));
        let mut compared: Vec<&Field> = searched_fields(object).filter(may_read).collect();
        if is_told {
            // To put them in order their names are enough.
            compared.retain(|field| is_called_by(object, field));
        }
        let mut ranked = BTreeSet::new();
        for record in self.seen(user, object, &compared, ids).await? {
            let words = Words::of(object, &record.fields);
            // The index also knows fields that this user may not read: they must not tell.
            if is_told || search.is_in(&record.id, &words, search.fields) {
                ranked.insert(search.rank(object, record, &words));
            }
        }
        Ok(ranked.into_iter().map(|(_, _, id)| id).collect())
    }

    async fn seen(
        &self,
        user: &UserContext,
        object: &Object,
        fields: &[&Field],
        ids: &[RecordId],
    ) -> Result<Vec<Record>, StoreError> {
        let mut records = Vec::with_capacity(ids.len());
        for ids in ids.chunks(read::IDS_MAX) {
            let mut statement = columns::select(object, fields);
            statement.push(" AND id IN ");
            statement.arg_list(ids.iter().map(Into::into));
            push_visible(&mut statement, self.asker(user), object);
            for row in self.database().read(&statement).await? {
                records.push(columns::record(object, fields, &row)?);
            }
        }
        Ok(records)
    }
}

impl Search<'_> {
    fn is_in(&self, id: &RecordId, words: &Words, fields: SearchFields) -> bool {
        let has_number = |number: &str| {
            let ids = self.by_number.get(number);
            ids.is_some_and(|ids| ids.contains(id))
        };
        self.wanted.is_in(words, fields, &has_number)
    }

    /// The smaller the sooner: kind of match, name, id.
    fn rank(&self, object: &Object, record: Record, found: &Words) -> (u8, String, RecordId) {
        let name = record.text(object.name_field.as_str());
        let name_words = words(name).join(" ");
        let class = match () {
            () if name_words == self.whole => 0,
            () if name_words.starts_with(&self.whole) && !self.whole.is_empty() => 1,
            () if self.wanted.is_in(found, SearchFields::Name, &|_| false) => 2,
            () => 3,
        };
        (class, fold(name), record.id)
    }
}
