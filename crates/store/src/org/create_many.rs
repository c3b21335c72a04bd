//! Many records at once, for demo data, imports and benchmarks.

use offhook_org::record::Fields;
use offhook_org::save::{SaveError, SaveErrorCode};
use offhook_org::schema::Object;
use offhook_org::{ObjectName, RecordId, UserContext};

use super::{Write, WriteOptions};
use crate::Store;
use crate::database::Statement;
use crate::error::SaveFailure;

impl Store {
    /// Creates many records for the system in one transaction; for demo data and benchmarks.
    /// Fields that people cannot set (`CreatedDate`, `CreatedById`, `IsConverted`) are taken
    /// when given. All or none are created; a refusal names the record by its place. In a large
    /// org the more at once the faster: the keys of telephone numbers are scattered over their
    /// index, and each of its pages is then written once.
    pub async fn create_many(
        &self,
        object: &ObjectName,
        records: &[Fields],
    ) -> Result<Vec<RecordId>, SaveFailure> {
        let object = &self.object_to_save(object)?;
        let create = |fields: &Fields| Write::Create {
            object: object.name.clone(),
            fields: fields.clone(),
            lookups: Vec::new(),
        };
        let writes: Vec<Write> = records.iter().map(create).collect();
        let options = WriteOptions {
            all_or_none: true,
            ..WriteOptions::default()
        };
        let system = UserContext::system();
        let mut transaction = self.database().begin().await?;
        let outcomes = self
            .write_in(&mut transaction, &system, &writes, &options)
            .await?;
        let mut created = Vec::with_capacity(outcomes.len());
        for (place, outcome) in outcomes.into_iter().enumerate() {
            match outcome {
                Ok(written) => created.push(written.id),
                Err(errors) if errors.iter().all(was_rolled_back) => {}
                Err(errors) => return Err(refused(object, place, errors)),
            }
        }
        if object.name.as_str() == "User" {
            let by_name = "UPDATE org_user SET profileid = (
                               SELECT p.id FROM org_profile p
                               WHERE lower(p.name) = lower(org_user.profilename))
                           WHERE profileid IS NULL";
            transaction.execute(&Statement::new(by_name)).await?;
        }
        transaction.commit().await?;
        self.rights_changed(object.name.as_str());
        Ok(created)
    }
}

fn was_rolled_back(error: &SaveError) -> bool {
    error.status_code == SaveErrorCode::AllOrNoneOperationRolledBack
}

fn refused(object: &Object, place: usize, mut errors: Vec<SaveError>) -> SaveFailure {
    for error in &mut errors {
        error.message = format!("{} number {}: {}", object.label, place + 1, error.message);
    }
    SaveFailure::Refused(errors)
}
