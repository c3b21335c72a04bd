//! A user's call center: `CallCenterId` and `CallCenterName` say the same, whichever is written.

use offhook_org::save::{SaveError, SaveErrorCode};
use offhook_org::schema::Object;
use offhook_org::{FieldName, Value};

use super::gate::{Draft, Gate};
use crate::database::{DbError, Statement, Transaction};

impl Gate<'_> {
    /// Writes into the one field what the other one says. A call center is held, so that it is
    /// not deleted while a user joins it.
    pub(super) async fn join_call_centers(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        drafts: &mut [Draft],
    ) -> Result<(), DbError> {
        if object.name.as_str() != "User" {
            return Ok(());
        }
        let (name, id) = (
            FieldName::new("CallCenterName"),
            FieldName::new("CallCenterId"),
        );
        for draft in drafts.iter_mut().filter(|d| !d.is_refused()) {
            let by_name = draft.prepared.get(&name).cloned();
            let by_id = draft.prepared.get(&id).cloned();
            let (column, wanted, field) = match (&by_name, &by_id) {
                (None, None) => continue,
                (_, Some(Value::Reference(id))) => ("id", id.to_string(), "CallCenterId"),
                (Some(Value::Text(name)), None | Some(Value::Null)) => (
                    "lower(internal_name)",
                    name.to_lowercase(),
                    "CallCenterName",
                ),
                _ => {
                    for field in [&name, &id] {
                        let is_there = draft.before.as_ref();
                        let is_there = is_there.is_some_and(|r| !r.get(field.as_str()).is_null());
                        if is_there {
                            draft.prepared.insert(field.clone(), Value::Null);
                        }
                    }
                    continue;
                }
            };
            let known = format!(
                "SELECT id, internal_name FROM call_center WHERE {column} = $1{}",
                self.store.database().dialect().for_update()
            );
            let known = Statement::new(known).with(wanted.as_str());
            let Some(row) = transaction.fetch_one(&known).await? else {
                draft.errors.push(no_call_center(&wanted, field));
                continue;
            };
            let internal_name = row.text(1)?;
            if let (Some(Value::Text(other)), "id") = (&by_name, column)
                && !other.eq_ignore_ascii_case(internal_name)
            {
                draft.errors.push(two_call_centers());
                continue;
            }
            let pairs = [
                (&name, Value::Text(internal_name.to_owned())),
                (&id, Value::Reference(row.record_id(0)?)),
            ];
            for (field, value) in pairs {
                let before = draft.before.as_ref().map(|r| r.get(field.as_str()));
                match before == Some(&value) {
                    true => drop(draft.prepared.remove(field)),
                    false => drop(draft.prepared.insert(field.clone(), value)),
                }
            }
        }
        Ok(())
    }
}

fn no_call_center(name: &str, field: &str) -> SaveError {
    let words = format!("Call Center: there is no call center {name}; import it first");
    let code = SaveErrorCode::InvalidCrossReferenceKey;
    SaveError::new(code, words, vec![field.to_owned()])
}

fn two_call_centers() -> SaveError {
    let words = "Call Center: CallCenterId and CallCenterName name two call centers; a user is in \
                 one. Give one of them";
    let code = SaveErrorCode::FieldIntegrityException;
    SaveError::new(code, words, vec!["CallCenterId".to_owned()])
}
