//! Many records at once, for demo data, imports and benchmarks.

use offhook_org::record::Fields;
use offhook_org::save::{Strictness, prepare_create};
use offhook_org::schema::Object;
use offhook_org::{ObjectName, RecordId, UserContext};

use super::save::{complete, execute, today};
use super::{phone_keys, references};
use crate::Store;
use crate::database::Statement;
use crate::error::SaveFailure;

/// Parameters in one statement: SQLite takes 32,766, and a shorter text is planned sooner.
const PARAMS_MAX: usize = 4_000;

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
        let system = UserContext::system();
        let count = u32::try_from(records.len()).unwrap_or(u32::MAX);
        let mut transaction = self.database().begin().await?;
        let ids = references::pointed_to(records);
        let missing = self.missing(&mut transaction, &system, &ids).await?;
        let first = self.take_ids(&mut transaction, object, count).await?;
        let numbers = self
            .take_auto_numbers(&mut transaction, object, count)
            .await?;
        let now_ms = crate::now_ms();
        let today = today(&system, now_ms);
        let mut keys = Vec::new();
        let mut created = Vec::with_capacity(records.len());
        let rows_max = (PARAMS_MAX / (object.fields.len() + 2)).max(1);
        let numbered = (0_u64..).zip(records).collect::<Vec<_>>();
        for chunk in numbered.chunks(rows_max) {
            let mut rows = Vec::with_capacity(chunk.len());
            for (place, fields) in chunk {
                let prepared = prepare_create(&system, object, fields, Strictness::Strict, today)
                    .map_err(|errors| refused(object, *place, errors))?;
                let dangling = references::errors(object, &prepared.fields, &missing);
                if !dangling.is_empty() {
                    return Err(refused(object, *place, dangling));
                }
                let numbers: Vec<u64> = numbers.iter().map(|first| first + place).collect();
                let fields = complete(&system, object, prepared.fields, &numbers, now_ms);
                rows.push((
                    RecordId::from_serial(&object.key_prefix, first + place),
                    fields,
                ));
            }
            let insertion = self.insertion(object, &rows)?;
            execute(&mut transaction, object, &insertion.rows).await?;
            if let Some(words) = &insertion.words {
                transaction.execute(words).await?;
            }
            keys.extend(insertion.keys);
            created.extend(rows.into_iter().map(|(id, _)| id));
        }
        phone_keys::insert_sorted(&mut transaction, keys).await?;
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

fn refused(
    object: &Object,
    place: u64,
    mut errors: Vec<offhook_org::save::SaveError>,
) -> SaveFailure {
    for error in &mut errors {
        error.message = format!("{} number {}: {}", object.label, place + 1, error.message);
    }
    SaveFailure::Refused(errors)
}
