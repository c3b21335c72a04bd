//! The keys by which a number finds a record, kept beside it in the same transaction.

use offhook_org::record::Fields;
use offhook_org::schema::Object;
use offhook_org::{RecordId, Value};
use offhook_phone::{MatchStrength, Region, stored_keys};

use crate::database::{DbError, Statement, Transaction};

/// Keys in one statement.
const KEYS_MAX: usize = 200;

/// One row of the table.
pub(crate) struct PhoneKey {
    record: RecordId,
    field: String,
    key: String,
    strength: MatchStrength,
}

/// The keys of all numbers in a record by which a caller is found.
pub(super) fn keys_of(
    object: &Object,
    record: &RecordId,
    fields: &Fields,
    region: Region,
) -> Vec<PhoneKey> {
    let mut keys = Vec::new();
    for field in object.phone_fields() {
        let Some(Value::Text(number)) = fields.get(&field.name) else {
            continue;
        };
        for key in stored_keys(number, region) {
            keys.push(PhoneKey {
                record: record.clone(),
                field: field.name.as_str().to_owned(),
                key: key.text,
                strength: key.strength,
            });
        }
    }
    keys
}

pub(super) async fn insert(
    transaction: &mut Transaction,
    keys: &[PhoneKey],
) -> Result<(), DbError> {
    for keys in keys.chunks(KEYS_MAX) {
        let mut statement =
            Statement::new("INSERT INTO phone_key (record, field, key, strength) VALUES ");
        let mut separator = "(";
        for key in keys {
            statement
                .push(separator)
                .arg(&key.record)
                .push(", ")
                .arg(key.field.as_str())
                .push(", ")
                .arg(key.key.as_str())
                .push(", ")
                .arg(strength_number(key.strength));
            separator = "), (";
        }
        statement.push(") ON CONFLICT DO NOTHING");
        transaction.execute(&statement).await?;
    }
    Ok(())
}

/// Inserts many keys in the order of their index, so that it is gone through once.
pub(super) async fn insert_sorted(
    transaction: &mut Transaction,
    mut keys: Vec<PhoneKey>,
) -> Result<(), DbError> {
    keys.sort_by(|a, b| a.key.cmp(&b.key));
    insert(transaction, &keys).await
}

pub(super) async fn delete(
    transaction: &mut Transaction,
    record: &RecordId,
) -> Result<(), DbError> {
    let delete = Statement::new("DELETE FROM phone_key WHERE record = $1").with(record);
    transaction.execute(&delete).await?;
    Ok(())
}

/// Deletes the keys of some records.
pub(super) async fn delete_all(
    transaction: &mut Transaction,
    records: impl IntoIterator<Item = &RecordId>,
) -> Result<(), DbError> {
    let mut delete = Statement::new("DELETE FROM phone_key WHERE record IN ");
    delete.arg_list(records.into_iter().map(Into::into));
    transaction.execute(&delete).await?;
    Ok(())
}

pub(super) fn strength_number(strength: MatchStrength) -> i64 {
    match strength {
        MatchStrength::Exact => 0,
        MatchStrength::National => 1,
        MatchStrength::Suffix => 2,
    }
}

pub(super) fn strength(number: i64) -> Result<MatchStrength, DbError> {
    match number {
        0 => Ok(MatchStrength::Exact),
        1 => Ok(MatchStrength::National),
        2 => Ok(MatchStrength::Suffix),
        _ => Err(DbError::Corrupt(format!(
            "{number} is no strength of a phone key"
        ))),
    }
}
