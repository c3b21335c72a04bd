//! Which record is meant: by its id, by another key, or a new one; and references that are given
//! by another key than the id. One statement for each key field of a run.

use std::collections::{BTreeMap, BTreeSet};

use offhook_org::access::AccessLevel;
use offhook_org::save::{Lookup, SaveError, SaveErrorCode};
use offhook_org::schema::{Field, FieldKind, Object};
use offhook_org::{FieldName, ObjectName, RecordId, Value};

use super::gate::{Draft, Gate, IDS_MAX};
use super::row::SHELF;
use crate::database::{DbError, Param, Statement, Transaction, fold};
use crate::org::visibility::push_visible;
use crate::tables;

/// Records that are named when a key matches several.
const MATCHES_MAX: usize = 10;

/// The record that is written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Target {
    New,
    Record(RecordId),
    /// The record with this value in this field, or a new one.
    Key(FieldName, Value),
}

impl Target {
    pub(super) fn record(&self) -> Option<&RecordId> {
        match self {
            Self::Record(id) => Some(id),
            _ => None,
        }
    }
}

/// Records by a key, folded for comparing.
type ByKey = BTreeMap<String, Vec<RecordId>>;

impl Gate<'_> {
    /// Turns keys, all in one field, into records or new ones, and loads the records.
    pub(super) async fn find_targets(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        drafts: &mut [Draft],
    ) -> Result<(), DbError> {
        let named = drafts.iter().find_map(|draft| match &draft.target {
            Target::Key(name, _) => Some(name.clone()),
            _ => None,
        });
        if let Some(name) = named {
            self.find_by(transaction, object, drafts, &name).await?;
        }
        self.load(transaction, object, drafts, SHELF, AccessLevel::Edit)
            .await
    }

    async fn find_by(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        drafts: &mut [Draft],
        name: &FieldName,
    ) -> Result<(), DbError> {
        let Some(field) = key_field(object, name.as_str()) else {
            for draft in drafts.iter_mut() {
                draft.refuse(no_key(object, name));
            }
            return Ok(());
        };
        let wanted = drafts.iter().filter_map(|draft| match &draft.target {
            Target::Key(_, key) => folded(field, key),
            _ => None,
        });
        let wanted: BTreeSet<String> = wanted.collect();
        let found = match field.kind {
            FieldKind::Id => ByKey::new(),
            _ => self.by_key(transaction, object, field, &wanted).await?,
        };
        for draft in drafts.iter_mut() {
            let Target::Key(_, key) = draft.target.clone() else {
                continue;
            };
            let matches = folded(field, &key).and_then(|key| found.get(&key));
            match target(field, &key, matches) {
                Ok(target) => {
                    if target == Target::New && field.kind != FieldKind::Id {
                        draft.fields.insert(field.name.clone(), key);
                    }
                    draft.target = target;
                }
                Err(error) => draft.refuse(error),
            }
        }
        Ok(())
    }

    /// Puts the ids of records that are named by another key into the fields.
    pub(super) async fn resolve_lookups(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        drafts: &mut [Draft],
    ) -> Result<(), DbError> {
        let mut asked: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        for draft in drafts.iter_mut() {
            for lookup in draft.lookups.clone() {
                match self.asked(object, &lookup) {
                    Ok((other, field)) => {
                        let place = (other.name.to_string(), field.name.to_string());
                        asked
                            .entry(place)
                            .or_default()
                            .extend(folded(field, &lookup.key));
                    }
                    Err(error) => draft.refuse(error),
                }
            }
        }
        let mut found = BTreeMap::new();
        for ((other, field), keys) in asked {
            let Some(object) = self.schema.object(&other) else {
                continue;
            };
            if let Some(key) = object.field(&field) {
                let by_key = self.by_key(transaction, object, key, &keys).await?;
                found.insert((other, field), by_key);
            }
        }
        for draft in drafts.iter_mut().filter(|d| !d.is_refused()) {
            for lookup in std::mem::take(&mut draft.lookups) {
                let Ok((other, field)) = self.asked(object, &lookup) else {
                    continue;
                };
                let place = (other.name.to_string(), field.name.to_string());
                let key = folded(field, &lookup.key).unwrap_or_default();
                let matches = found.get(&place).and_then(|by_key| by_key.get(&key));
                match matches.map(Vec::as_slice) {
                    Some([id]) => {
                        let id = Value::Reference(id.clone());
                        draft.fields.insert(lookup.field, id);
                    }
                    Some([_, _, ..]) => {
                        draft.refuse(several(field, matches.map_or(&[], Vec::as_slice)));
                    }
                    _ => draft.refuse(not_found(other, field, &lookup)),
                }
            }
        }
        Ok(())
    }

    /// The object and the field that a reference is looked up by.
    fn asked(&self, object: &Object, lookup: &Lookup) -> Result<(&Object, &Field), SaveError> {
        let reference = object
            .field(lookup.field.as_str())
            .filter(|field| field.kind == FieldKind::Reference)
            .ok_or_else(|| SaveError::unknown_field(object, lookup.field.as_str()))?;
        let points_to = |name: &ObjectName| {
            let mut targets = reference.reference_to.iter();
            targets.any(|t| t.as_str().eq_ignore_ascii_case(name.as_str()))
        };
        let other = match (&lookup.object, reference.reference_to.as_slice()) {
            (Some(name), _) if points_to(name) => self.schema.object(name.as_str()),
            (None, [only]) => self.schema.object(only.as_str()),
            _ => None,
        };
        let other = other.ok_or_else(|| {
            let words = "the foreign key must name the object of its record: give it in \
                         attributes.type";
            SaveError::of(reference, SaveErrorCode::InvalidField, words)
        })?;
        match key_field(other, lookup.key_field.as_str()) {
            Some(field) => Ok((other, field)),
            None => Err(no_key(other, &lookup.key_field)),
        }
    }

    /// The records that the user may see with these keys.
    async fn by_key(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        field: &Field,
        keys: &BTreeSet<String>,
    ) -> Result<ByKey, DbError> {
        let (table, column) = (tables::table(object), tables::column(field));
        let compared = match tables::is_text(field) {
            true => self.store.database().dialect().folded(&column),
            false => column.clone(),
        };
        let keys: Vec<&String> = keys.iter().collect();
        let mut found = ByKey::new();
        for keys in keys.chunks(IDS_MAX) {
            let select = format!("SELECT id, {column} FROM {table} WHERE {compared} IN ");
            let mut statement = Statement::new(select);
            statement.arg_list(keys.iter().filter_map(|key| key_param(field, key)));
            push_visible(&mut statement, self.store.asker(self.user), object);
            statement.push(" ORDER BY id");
            for row in transaction.fetch(&statement).await? {
                let key = match tables::is_text(field) {
                    true => fold(row.text(1)?),
                    false => number_key(row.real(1)?),
                };
                found.entry(key).or_default().push(row.record_id(0)?);
            }
        }
        Ok(found)
    }
}

/// The field, if records can be found by it: `Id`, an external id, or a unique field.
fn key_field<'o>(object: &'o Object, name: &str) -> Option<&'o Field> {
    let field = object.field(name)?;
    (field.is_id_lookup() || field.unique).then_some(field)
}

fn target(
    field: &Field,
    key: &Value,
    matches: Option<&Vec<RecordId>>,
) -> Result<Target, SaveError> {
    if field.kind == FieldKind::Id {
        return match key {
            Value::Null => Ok(Target::New),
            Value::Reference(id) => Ok(Target::Record(id.clone())),
            Value::Text(text) => match RecordId::parse(text.trim()) {
                Ok(id) => Ok(Target::Record(id)),
                Err(error) => Err(SaveError::malformed_id(field, text, &error)),
            },
            _ => Err(SaveError::no_such_record()),
        };
    }
    if folded(field, key).is_none() {
        let words = format!(
            "{} not specified: give the value by which the record is found",
            field.name
        );
        let fields = vec![field.name.to_string()];
        return Err(SaveError::new(
            SaveErrorCode::MissingArgument,
            words,
            fields,
        ));
    }
    match matches.map(Vec::as_slice) {
        None | Some([]) => Ok(Target::New),
        Some([id]) => Ok(Target::Record(id.clone())),
        Some(matches) => Err(several(field, matches)),
    }
}

/// The key as it is compared: text without regard to case.
fn folded(field: &Field, key: &Value) -> Option<String> {
    let text = match key {
        Value::Text(text) => text.trim().to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Number(number) => number_key(*number),
        Value::Reference(id) => id.as_str().to_owned(),
        _ => return None,
    };
    if text.is_empty() {
        return None;
    }
    match tables::is_text(field) {
        true => Some(fold(&text)),
        false => Some(text.parse().map_or(text, number_key)),
    }
}

fn number_key(number: f64) -> String {
    number.to_string()
}

fn key_param(field: &Field, key: &str) -> Option<Param> {
    if tables::is_text(field) {
        return Some(key.into());
    }
    let number: f64 = key.parse().ok()?;
    match field.kind {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a key past 2^53 matches nothing"
        )]
        FieldKind::Integer => Some((number as i64).into()),
        _ => Some(Param::Real(Some(number))),
    }
}

fn no_key(object: &Object, name: &FieldName) -> SaveError {
    let name: String = name.as_str().chars().take(80).collect();
    let words = format!(
        "Field name provided, {name} is not an External ID, unique or Id field for {}. Mark the \
         field as External ID in Setup, or use another",
        object.name
    );
    SaveError::new(SaveErrorCode::InvalidField, words, vec![name])
}

fn several(field: &Field, matches: &[RecordId]) -> SaveError {
    let named = matches.iter().take(MATCHES_MAX);
    let ids: Vec<String> = named.map(ToString::to_string).collect();
    let mut error = SaveError::new(
        SaveErrorCode::DuplicateExternalId,
        format!(
            "{}: more than one record found for external id field: [{}]. Use the id of the one \
             that is meant",
            field.name,
            ids.join(", ")
        ),
        vec![field.name.to_string()],
    );
    error.records = matches.to_vec();
    error
}

fn not_found(object: &Object, field: &Field, lookup: &Lookup) -> SaveError {
    let key: String = match &lookup.key {
        Value::Text(text) => text.chars().take(60).collect(),
        other => folded(field, other).unwrap_or_default(),
    };
    SaveError::new(
        SaveErrorCode::InvalidField,
        format!(
            "Foreign key external ID: {key} not found for field {} in entity {}. Create that \
             record first",
            field.name, object.name
        ),
        vec![lookup.field.to_string()],
    )
}
