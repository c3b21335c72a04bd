//! References: what a record points to must be there, and be visible to who saves it.

use std::collections::{BTreeMap, BTreeSet};

use offhook_org::record::Fields;
use offhook_org::save::{SaveError, SaveErrorCode};
use offhook_org::schema::Object;
use offhook_org::{RecordId, UserContext, Value};

use super::visibility::push_visible;
use crate::Store;
use crate::database::{DbError, Statement, Transaction};
use crate::tables;

/// Ids in one statement.
const IDS_MAX: usize = 500;

impl Store {
    /// Which of these records are not there, or not for this user's eyes. Users are there for
    /// everybody: a record may be given to one that cannot be looked at.
    pub(crate) async fn missing(
        &self,
        transaction: &mut Transaction,
        user: &UserContext,
        ids: &BTreeSet<RecordId>,
    ) -> Result<BTreeSet<RecordId>, DbError> {
        let mut missing = ids.clone();
        let mut groups: BTreeMap<&str, Vec<&RecordId>> = BTreeMap::new();
        for id in ids {
            groups.entry(id.key_prefix()).or_default().push(id);
        }
        let schema = self.schema();
        for ids in groups.values().flat_map(|ids| ids.chunks(IDS_MAX)) {
            let Some(object) = ids.first().and_then(|id| schema.object_of(id)) else {
                continue;
            };
            let is_user = object.name.as_str() == "User";
            let readable = self.readable_object(user, &object.name).is_some();
            if !is_user && !readable {
                continue;
            }
            let from = format!("SELECT id FROM {} WHERE id IN ", tables::table(object));
            let mut statement = Statement::new(from);
            statement.arg_list(ids.iter().map(|id| (*id).into()));
            match is_user {
                true => drop(statement.push(" AND NOT is_deleted")),
                false => push_visible(&mut statement, self.asker(user), object),
            }
            if !is_user && object.abilities.deletable {
                // Nobody deletes it until what points to it is saved.
                let dialect = self.database().dialect();
                statement.push(" ORDER BY id").push(dialect.to_be_there());
            }
            for row in transaction.fetch(&statement).await? {
                missing.remove(&row.record_id(0)?);
            }
        }
        Ok(missing)
    }
}

/// Everything that the fields point to.
pub(crate) fn pointed_to<'a>(fields: impl IntoIterator<Item = &'a Fields>) -> BTreeSet<RecordId> {
    let values = fields.into_iter().flat_map(|fields| fields.values());
    values.filter_map(|v| v.as_reference().cloned()).collect()
}

/// An error for each field that points to something missing.
pub(crate) fn errors(
    object: &Object,
    fields: &Fields,
    missing: &BTreeSet<RecordId>,
) -> Vec<SaveError> {
    let dangling = fields.iter().filter_map(|(name, value)| match value {
        Value::Reference(id) if missing.contains(id) => Some((name, id)),
        _ => None,
    });
    dangling
        .map(|(name, id)| {
            let label = object
                .field(name.as_str())
                .map_or(name.as_str(), |f| &f.label);
            let words = format!(
                "{label}: invalid cross reference id: the record {id} does not exist, or you \
                 have no access to it"
            );
            let code = SaveErrorCode::InvalidCrossReferenceKey;
            SaveError::new(code, words, vec![name.as_str().to_owned()])
        })
        .collect()
}
