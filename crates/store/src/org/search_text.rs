//! Records by text: names, e-mail addresses, subjects, companies, and digits of telephone
//! numbers. Each record keeps these in small letters in one column, a line for each field; a
//! search is a look through that column.

use offhook_org::record::Fields;
use offhook_org::schema::{Field, FieldKind, Object};
use offhook_org::{ObjectName, Record, UserContext, Value};

use super::columns;
use super::list::containing;
use super::visibility::{push_visible, readable_fields};
use crate::Store;
use crate::database::Statement;
use crate::error::StoreError;
use crate::tables;

/// More of a text than this is no name.
const TEXT_MAX: usize = 200;

/// Words of a text that are looked for.
const WORDS_MAX: usize = 8;

/// Fewer digits are in every number.
const DIGITS_MIN: usize = 3;

/// Records that are found before they are put in order; more have to be asked for in other words.
const LOOKED_AT_MAX: u32 = 2_000;

/// What a person typed, as it is compared.
struct Wanted {
    /// Each must be there, in small letters.
    words: Vec<String>,
    /// Of a text that could be part of a number: its digits.
    digits: Option<String>,
}

impl Store {
    /// Records whose name, e-mail, subject, company or (for digits) telephone number contains
    /// each word of the text, grouped by object in the order given, at most `limit` for each.
    pub async fn search_text(
        &self,
        user: &UserContext,
        text: &str,
        objects: &[ObjectName],
        limit: u32,
    ) -> Result<Vec<Record>, StoreError> {
        let wanted = Wanted::new(text);
        let mut found = Vec::new();
        if wanted.words.is_empty() {
            return Ok(found);
        }
        for object in objects {
            if let Some(object) = self.readable_object(user, object) {
                found.extend(self.search_object(user, &wanted, object, limit).await?);
            }
        }
        Ok(found)
    }

    async fn search_object(
        &self,
        user: &UserContext,
        wanted: &Wanted,
        object: &Object,
        limit: u32,
    ) -> Result<Vec<Record>, StoreError> {
        let fields = readable_fields(user, object);
        let is_all_readable = searched(object).all(|s| fields.iter().any(|f| f.name == s.name));
        let mut statement = columns::select(object, &fields);
        let ids = format!(
            " AND id IN (SELECT id FROM {} WHERE TRUE",
            tables::table(object)
        );
        statement.push(&ids);
        wanted.push_condition(&mut statement);
        push_visible(&mut statement, user, object);
        statement.push(" LIMIT ").arg(LOOKED_AT_MAX).push(")");
        let order = match object.field(object.name_field.as_str()) {
            Some(name) => {
                let name = self.database().dialect().folded(&tables::column(name));
                format!(" ORDER BY {name}, id LIMIT ")
            }
            None => " ORDER BY id LIMIT ".to_owned(),
        };
        let looked_at = match is_all_readable {
            true => limit,
            false => LOOKED_AT_MAX,
        };
        statement.push(&order).arg(looked_at);
        let mut records = Vec::new();
        for row in self.database().read(&statement).await? {
            let record = columns::record(object, &fields, &row)?;
            // The column also holds fields that this user may not read: they must not tell.
            let tells = is_all_readable || wanted.is_in(&search_text(object, &record.fields));
            if tells && records.len() < limit as usize {
                records.push(record);
            }
        }
        Ok(records)
    }
}

impl Wanted {
    fn new(text: &str) -> Self {
        let text: String = text.chars().take(TEXT_MAX).collect();
        let text = text.to_lowercase();
        let is_number = text
            .chars()
            .all(|c| c.is_ascii_digit() || c.is_whitespace() || "+-().,/".contains(c));
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        Self {
            words: text
                .split_whitespace()
                .take(WORDS_MAX)
                .map(ToOwned::to_owned)
                .collect(),
            digits: (is_number && digits.len() >= DIGITS_MIN).then_some(digits),
        }
    }

    fn push_condition(&self, statement: &mut Statement) {
        let mut separator = " AND ((";
        for word in &self.words {
            statement.push(&format!("{separator}search_text LIKE "));
            statement.arg(containing(word)).push(" ESCAPE '\\'");
            separator = " AND ";
        }
        if let Some(digits) = &self.digits {
            statement.push(") OR (search_text LIKE ");
            statement.arg(containing(digits)).push(" ESCAPE '\\'");
        }
        statement.push("))");
    }

    fn is_in(&self, search_text: &str) -> bool {
        let digits = self.digits.as_ref();
        self.words.iter().all(|word| search_text.contains(word))
            || digits.is_some_and(|digits| search_text.contains(digits))
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
