//! Saving records: the org's rules say what may be written (`offhook_org::save`); here it is
//! written, with everything that goes with a record, in one transaction.

mod row;
mod row_fields;

use offhook_org::access::Operation;
use offhook_org::record::Fields;
use offhook_org::save::{SaveError, SaveErrorCode, Strictness, prepare_create, prepare_update};
use offhook_org::schema::Object;
use offhook_org::{FieldName, ObjectName, Record, RecordId, UserContext, Value};

pub(super) use row::execute;
pub(crate) use row::{BIN, SHELF};
pub(super) use row_fields::complete;

use super::{columns, phone_keys, references};
use crate::Store;
use crate::database::{DbError, Statement, Transaction};
use crate::error::SaveFailure;
use crate::tables;

impl Store {
    /// Creates a record: rights, checks and phone keys in one transaction.
    pub async fn create(
        &self,
        user: &UserContext,
        object: &ObjectName,
        fields: &Fields,
        strictness: Strictness,
    ) -> Result<RecordId, SaveFailure> {
        let object = self.object_to_save(object)?;
        let mut transaction = self.database().begin().await?;
        let id = self
            .create_in(&mut transaction, user, object, fields, strictness)
            .await?;
        transaction.commit().await?;
        Ok(id)
    }

    /// Changes a record. With `unchanged_since`, refuses if its `LastModifiedDate` is later.
    pub async fn update(
        &self,
        user: &UserContext,
        id: &RecordId,
        changes: &Fields,
        strictness: Strictness,
        unchanged_since: Option<i64>,
    ) -> Result<(), SaveFailure> {
        let object = self.object_of_saved(id)?;
        let mut transaction = self.database().begin().await?;
        let before = self
            .locked_record(&mut transaction, object, id, SHELF)
            .await?;
        let before = visible(user, object, before)?;
        if let (Some(since), Value::DateTime(changed)) =
            (unchanged_since, before.get("LastModifiedDate"))
            && *changed > since
        {
            drop(transaction);
            return Err(self.changed_by(&before).await?);
        }
        self.update_in(&mut transaction, user, object, &before, changes, strictness)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Moves a record to the recycle bin: it is no longer found, and can be restored.
    pub async fn delete(&self, user: &UserContext, id: &RecordId) -> Result<(), SaveFailure> {
        self.move_record(user, id, SHELF, BIN).await
    }

    /// Takes a record out of the recycle bin.
    pub async fn restore(&self, user: &UserContext, id: &RecordId) -> Result<(), SaveFailure> {
        self.move_record(user, id, BIN, SHELF).await
    }

    /// Moves a record that lies in `from`, as far as the user may see and delete it.
    async fn move_record(
        &self,
        user: &UserContext,
        id: &RecordId,
        from: bool,
        to: bool,
    ) -> Result<(), SaveFailure> {
        let object = self.object_of_saved(id)?;
        let mut transaction = self.database().begin().await?;
        let before = self
            .locked_record(&mut transaction, object, id, from)
            .await?;
        let before = visible(user, object, before)?;
        may_delete(user, object, &before)?;
        self.move_row(&mut transaction, user, object, &before, to)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// [`Store::create`] within a transaction.
    pub(crate) async fn create_in(
        &self,
        transaction: &mut Transaction,
        user: &UserContext,
        object: &Object,
        fields: &Fields,
        strictness: Strictness,
    ) -> Result<RecordId, SaveFailure> {
        let today = today(user, crate::now_ms());
        let prepared = prepare_create(user, object, fields, strictness, today)
            .map_err(SaveFailure::Refused)?;
        self.check_links(transaction, user, object, &prepared.fields)
            .await?;
        let first = self.take_ids(transaction, object, 1).await?;
        let id = RecordId::from_serial(&object.key_prefix, first);
        let number = self.take_auto_numbers(transaction, object, 1).await?;
        let fields = complete(user, object, prepared.fields, number, crate::now_ms());
        let insertion = self.insertion(object, &[(id.clone(), fields)])?;
        execute(transaction, object, &insertion.rows).await?;
        phone_keys::insert(transaction, &insertion.keys).await?;
        Ok(id)
    }

    /// [`Store::update`] within a transaction, of a record that was read in it.
    pub(crate) async fn update_in(
        &self,
        transaction: &mut Transaction,
        user: &UserContext,
        object: &Object,
        before: &Record,
        changes: &Fields,
        strictness: Strictness,
    ) -> Result<(), SaveFailure> {
        let prepared = prepare_update(user, object, before, changes, strictness)
            .map_err(SaveFailure::Refused)?;
        if prepared.fields.is_empty() {
            return Ok(());
        }
        self.check_links(transaction, user, object, &prepared.fields)
            .await?;
        self.update_row(transaction, user, object, before, prepared.fields)
            .await
    }

    /// Everything that the fields point to is there; a user's call center too.
    async fn check_links(
        &self,
        transaction: &mut Transaction,
        user: &UserContext,
        object: &Object,
        fields: &Fields,
    ) -> Result<(), SaveFailure> {
        let ids = references::pointed_to([fields]);
        let missing = self.missing(transaction, user, &ids).await?;
        let mut errors = references::errors(object, fields, &missing);
        let call_center = FieldName::new("CallCenterName");
        if let (true, Some(Value::Text(name))) =
            (object.name.as_str() == "User", fields.get(&call_center))
        {
            let known =
                Statement::new("SELECT id FROM call_center WHERE lower(internal_name) = lower($1)")
                    .with(name.as_str());
            if transaction.fetch_one(&known).await?.is_none() {
                errors.push(no_call_center(name));
            }
        }
        match errors.is_empty() {
            true => Ok(()),
            false => Err(SaveFailure::Refused(errors)),
        }
    }

    /// The whole record, on the shelf or in the bin, held until the transaction ends.
    pub(crate) async fn locked_record(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        id: &RecordId,
        place: bool,
    ) -> Result<Option<Record>, DbError> {
        let fields = columns::all_fields(object);
        let mut statement = columns::select(object, &fields);
        statement.push(" AND id = ").arg(id);
        statement.push(" AND is_deleted = ").arg(place);
        statement.push(self.database().dialect().for_update());
        let row = transaction.fetch_one(&statement).await?;
        let record = row.map(|row| columns::record(object, &fields, &row));
        record.transpose()
    }

    async fn changed_by(&self, before: &Record) -> Result<SaveFailure, SaveFailure> {
        let by = match before.get("LastModifiedById") {
            Value::Reference(user) => self.name_for_message(user).await?,
            _ => "Offhook itself".to_owned(),
        };
        Ok(SaveFailure::Changed { by })
    }

    pub(super) fn object_to_save(&self, name: &ObjectName) -> Result<&Object, SaveFailure> {
        self.schema().object(name.as_str()).ok_or_else(|| {
            let error = SaveError {
                status_code: SaveErrorCode::InvalidField,
                message: format!("there is no object {name}"),
                fields: Vec::new(),
            };
            SaveFailure::Refused(vec![error])
        })
    }

    fn object_of_saved(&self, id: &RecordId) -> Result<&Object, SaveFailure> {
        self.schema().object_of(id).ok_or(SaveFailure::NotFound)
    }
}

/// What the user may not see is not there.
fn visible(
    user: &UserContext,
    object: &Object,
    record: Option<Record>,
) -> Result<Record, SaveFailure> {
    record
        .filter(|record| user.may_see_record(object, columns::owner(object, record)))
        .ok_or(SaveFailure::NotFound)
}

fn may_delete(user: &UserContext, object: &Object, record: &Record) -> Result<(), SaveFailure> {
    let owner = columns::owner(object, record);
    if user.may_change_record(object, owner, Operation::Delete) {
        return Ok(());
    }
    Err(SaveFailure::Refused(vec![SaveError {
        status_code: SaveErrorCode::InsufficientAccessOrReadonly,
        message: format!(
            "you may not delete this {}: its owner, those above, or an administrator can",
            object.label.to_lowercase()
        ),
        fields: Vec::new(),
    }]))
}

fn no_call_center(name: &str) -> SaveError {
    SaveError {
        status_code: SaveErrorCode::InvalidCrossReferenceKey,
        message: format!("Call Center: there is no call center {name}; import it first"),
        fields: vec!["CallCenterName".to_owned()],
    }
}

/// A value that a unique field may not have twice.
pub(super) fn duplicate(object: &Object, index: &str) -> SaveFailure {
    let unique = object.fields.iter().filter(|field| field.unique);
    let field = unique
        .into_iter()
        .find(|field| tables::is_unique_index(object, field, index));
    let (label, fields) = match field {
        Some(field) => (field.label.as_str(), vec![field.name.as_str().to_owned()]),
        None => ("Id", Vec::new()),
    };
    SaveFailure::Refused(vec![SaveError {
        status_code: SaveErrorCode::DuplicateValue,
        message: format!(
            "{label}: another {} has this value already",
            object.label.to_lowercase()
        ),
        fields,
    }])
}

/// The date where the user is.
pub(super) fn today(user: &UserContext, now_ms: i64) -> jiff::civil::Date {
    let zone = jiff::tz::TimeZone::get(&user.time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let now = jiff::Timestamp::from_millisecond(now_ms).unwrap_or_default();
    zone.to_datetime(now).date()
}
