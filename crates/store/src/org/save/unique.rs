//! Values that no two records may share, looked up for a whole run, so that a refusal can name
//! the record that has the value. The unique indexes of the tables are behind it.

use std::collections::BTreeMap;

use offhook_org::RecordId;
use offhook_org::save::{SaveError, SaveErrorCode};
use offhook_org::schema::{Field, Object};

use super::gate::{Draft, Gate, IDS_MAX};
use crate::database::{DbError, Statement, Transaction, fold};
use crate::tables;

impl Gate<'_> {
    /// Refuses the drafts whose unique values another record has, or another draft before them.
    pub(super) async fn check_unique(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        drafts: &mut [Draft],
    ) -> Result<(), DbError> {
        for field in object.fields.iter().filter(|f| f.unique) {
            let mut wanted: BTreeMap<String, usize> = BTreeMap::new();
            for (place, draft) in drafts.iter_mut().enumerate() {
                let Some(value) = value(draft, field) else {
                    continue;
                };
                if wanted.insert(value, place).is_some() {
                    draft.refuse(duplicate(object, field, Twin::JustSaved));
                }
            }
            let values: Vec<&String> = wanted.keys().collect();
            let mut taken = Vec::new();
            for values in values.chunks(IDS_MAX) {
                let (table, column) = (tables::table(object), tables::column(field));
                let folded = tables::unique_key(field, self.store.database().dialect());
                let select = format!("SELECT id, {column} FROM {table} WHERE {folded} IN ");
                let mut statement = Statement::new(select);
                statement.arg_list(values.iter().map(|v| v.as_str().into()));
                for row in transaction.fetch(&statement).await? {
                    taken.push((compared(field, row.text(1)?), row.record_id(0)?));
                }
            }
            for (value, id) in taken {
                let draft = wanted.get(&value).and_then(|place| drafts.get_mut(*place));
                let Some(draft) = draft else { continue };
                if draft.before.as_ref().is_none_or(|before| before.id != id) {
                    let ids = std::slice::from_ref(&id);
                    let access = self
                        .store
                        .access_levels(transaction, self.user, object, ids);
                    let twin = match access.await?.is_empty() {
                        true => Twin::Unseen,
                        false => Twin::Seen(&id),
                    };
                    draft.refuse(duplicate(object, field, twin));
                }
            }
        }
        Ok(())
    }
}

fn value(draft: &Draft, field: &Field) -> Option<String> {
    if draft.is_refused() {
        return None;
    }
    let value = Gate::prepared(draft).get(&field.name)?.as_text()?;
    Some(compared(field, value))
}

/// The value as two are compared.
fn compared(field: &Field, value: &str) -> String {
    match field.case_sensitive {
        true => value.to_owned(),
        false => fold(value),
    }
}

/// The record that has the value already.
pub(super) enum Twin<'a> {
    /// One that the user may see.
    Seen(&'a RecordId),
    /// One that the user may not see; its id stays untold, as on the platform.
    Unseen,
    /// One of the same run, or of another that was quicker.
    JustSaved,
}

/// A value that a unique field may not have twice.
pub(super) fn duplicate(object: &Object, field: &Field, twin: Twin<'_>) -> SaveError {
    let whose = match twin {
        Twin::Seen(id) => format!("record with id: {id}"),
        Twin::Unseen => "record with id: <unknown>".to_owned(),
        Twin::JustSaved => "another record that was just saved".to_owned(),
    };
    let mut error = SaveError::new(
        SaveErrorCode::DuplicateValue,
        format!(
            "duplicate value found: {} duplicates value on {whose}. {}: another {} has this \
             value already",
            field.name,
            field.label,
            object.label.to_lowercase()
        ),
        vec![field.name.as_str().to_owned()],
    );
    if let Twin::Seen(id) = twin {
        error.records.push(id.clone());
    }
    error
}
