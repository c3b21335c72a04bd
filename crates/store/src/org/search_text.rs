//! Records by text, as a person types it: each word is the beginning of a word of the record; of
//! digits that look like a number, records are also found by the keys of numbers.

use offhook_org::record::Fields;
use offhook_org::save::person;
use offhook_org::schema::{Field, FieldKind, Object};
use offhook_org::{ObjectName, Record, RecordId, UserContext, Value};

use super::search_words::{SearchFields, Wanted, digits, words};
use crate::Store;
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

impl Store {
    /// Records that have all words of the text (as beginnings of words) or, for digits, a
    /// telephone number that begins or ends so; grouped by object in the order given, at most
    /// `limit` for each. A person is found once, as an account.
    pub async fn search_text(
        &self,
        user: &UserContext,
        text: &str,
        objects: &[ObjectName],
        limit: u32,
    ) -> Result<Vec<Record>, StoreError> {
        let mut found = Vec::new();
        let Some(wanted) = typed(text) else {
            return Ok(found);
        };
        for object in objects {
            let Some(object) = self.readable_object(user, object) else {
                continue;
            };
            let search = self
                .search_in(user, &object, &wanted, SearchFields::All)
                .await?;
            let told = self.told(&object, &search, LOOKED_AT_MAX).await?;
            let told: Vec<RecordId> = told.into_iter().collect();
            let mut best = self.ranked(user, &object, &search, &told).await?;
            best.truncate(limit as usize);
            let mut records = self.records(user, &best).await?;
            found.extend(best.iter().filter_map(|id| records.remove(id)));
        }
        person::once_each(&mut found, |record| record);
        Ok(found)
    }
}

/// What a person wants who types this; `None` if there is no word in it.
fn typed(text: &str) -> Option<Wanted> {
    let text: String = text.chars().take(TEXT_MAX).collect();
    let mut all = words(&text);
    all.truncate(WORDS_MAX);
    if all.is_empty() {
        return None;
    }
    let between = |c: char| c.is_whitespace() || "+-().,/".contains(c);
    let is_number = text.chars().all(|c| c.is_ascii_digit() || between(c));
    let digits = digits(&text);
    let words = Wanted::All(all.iter().map(|word| Wanted::prefix(word)).collect());
    if !is_number || digits.len() < DIGITS_MIN {
        return Some(words);
    }
    let begins = Wanted::Any(vec![words, Wanted::prefix(&digits)]);
    let words = Box::new(begins);
    Some(Wanted::Number { text, words })
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
