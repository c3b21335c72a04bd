//! Facts of the schema as rows that clients query: record types, the values of statuses and
//! stages, and (made when they are first asked for) the definitions of objects and fields.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use offhook_org::record::Fields;
use offhook_org::schema::describe::type_name;
use offhook_org::schema::{Field, FieldKind, Object, PicklistValue, Schema, SharingDefault};
use offhook_org::{RecordId, UserContext, Value};

use crate::Store;
use crate::database::{DbError, Statement, Transaction};
use crate::error::StoreError;
use crate::org::columns;
use crate::rights::rows::{link, row, text};
use crate::tables;

/// Parameters in one statement.
const PARAMS_MAX: usize = 8_000;

/// Objects whose rows tell the values of a picklist.
const VALUE_OBJECTS: [(&str, &str, &str); 5] = [
    ("TaskStatus", "Task", "Status"),
    ("TaskPriority", "Task", "Priority"),
    ("CaseStatus", "Case", "Status"),
    ("LeadStatus", "Lead", "Status"),
    ("OpportunityStage", "Opportunity", "StageName"),
];

impl Store {
    /// The rows of record types and picklist values, brought in step when the store is opened.
    pub(crate) async fn keep_value_rows(&self) -> Result<(), StoreError> {
        let schema = self.schema();
        let mut transaction = self.database().begin().await?;
        self.write_value_rows(&mut transaction, &schema).await?;
        Ok(transaction.commit().await?)
    }

    /// The same within the transaction that changes the schema.
    pub(super) async fn write_value_rows(
        &self,
        transaction: &mut Transaction,
        schema: &Schema,
    ) -> Result<(), DbError> {
        for (object, of, field) in VALUE_OBJECTS {
            let values = schema.object(of).and_then(|of| of.field(field));
            let values = values.map_or(&[][..], |field| &field.values);
            let rows = (1_i64..).zip(values).map(|(place, value)| {
                let id = stable_id("01J", &format!("{object}.{}", value.value));
                (id, value_row(object, place, value))
            });
            self.replace_rows(transaction, schema, object, rows.collect())
                .await?;
        }
        let types = schema.objects().iter().flat_map(|object| {
            let types = object.record_types.iter();
            types.map(move |it| {
                let values = row([
                    ("Name", text(it.label.as_str())),
                    ("DeveloperName", text(it.developer_name.as_str())),
                    ("Description", text(it.description.as_str())),
                    ("SobjectType", text(object.name.as_str())),
                    ("IsActive", Value::Boolean(it.is_active)),
                    ("IsPersonType", Value::Boolean(it.is_person)),
                ]);
                (it.id.clone(), values)
            })
        });
        let types = types.collect();
        self.replace_rows(transaction, schema, "RecordType", types)
            .await
    }

    /// Makes the rows of entity and field definitions, where they do not tell of the schema as
    /// it is now. Called before a query that reads them.
    pub(crate) async fn tell_definitions(&self) -> Result<(), StoreError> {
        let mut told = self.inner.metadata.told.lock().await;
        let schema = self.schema();
        if told.as_ref().is_some_and(|told| Arc::ptr_eq(told, &schema)) {
            return Ok(());
        }
        let mut entities = BTreeMap::new();
        let mut fields = BTreeMap::new();
        for object in schema.objects() {
            let entity = stable_id("4ie", object.name.as_str());
            for field in &object.fields {
                let name = format!("{}.{}", object.name, field.name);
                fields.insert(stable_id("4fd", &name), field_row(&entity, object, field));
            }
            entities.insert(entity, entity_row(object));
        }
        let mut transaction = self.database().begin().await?;
        for (name, rows) in [("EntityDefinition", entities), ("FieldDefinition", fields)] {
            self.replace_rows(&mut transaction, &schema, name, rows)
                .await?;
        }
        transaction.commit().await?;
        *told = Some(schema);
        Ok(())
    }

    /// Puts these rows in the place of all rows of an object. Rows that stay the same keep their
    /// times.
    pub(crate) async fn replace_rows(
        &self,
        transaction: &mut Transaction,
        schema: &Schema,
        object: &str,
        rows: BTreeMap<RecordId, Fields>,
    ) -> Result<(), DbError> {
        let Some(object) = schema.object(object) else {
            return Ok(());
        };
        let fields = columns::written_fields(object);
        let is_own = |field: &&&Field| {
            let name = field.name.as_str();
            ![
                "CreatedById",
                "CreatedDate",
                "LastModifiedById",
                "LastModifiedDate",
            ]
            .contains(&name)
                && name != "SystemModstamp"
        };
        let own: Vec<&Field> = fields.iter().filter(is_own).copied().collect();
        let known = transaction.fetch(&columns::select(object, &own)).await?;
        let mut kept = BTreeSet::new();
        for found in &known {
            let record = columns::record(object, &own, found)?;
            let is_same = |fields: &&Fields| own.iter().all(|f| same(f, &record.fields, fields));
            if rows.get(&record.id).filter(is_same).is_some() {
                kept.insert(record.id);
                continue;
            }
            let delete = format!("DELETE FROM {} WHERE id = $1", tables::table(object));
            transaction
                .execute(&Statement::new(delete).with(&record.id))
                .await?;
        }
        let system = UserContext::system();
        let now_ms = crate::now_ms();
        let new = rows.into_iter().filter(|(id, _)| !kept.contains(id));
        let new: Vec<(RecordId, Fields)> = new
            .map(|(id, fields)| (id, self.completed(&system, object, fields, now_ms)))
            .collect();
        for rows in new.chunks((PARAMS_MAX / (fields.len() + 3)).max(1)) {
            let insertion = insertion(object, &fields, rows)?;
            transaction.execute(&insertion).await?;
        }
        Ok(())
    }
}

/// Is the field's value the same in both?
fn same(field: &Field, one: &Fields, other: &Fields) -> bool {
    let empty = match field.kind {
        FieldKind::Checkbox => Value::Boolean(false),
        _ => Value::Null,
    };
    let value = |fields: &Fields| {
        let value = fields.get(&field.name).cloned();
        value.filter(|v| !v.is_null()).unwrap_or(empty.clone())
    };
    value(one) == value(other)
}

fn insertion(
    object: &Object,
    fields: &[&Field],
    rows: &[(RecordId, Fields)],
) -> Result<Statement, DbError> {
    let table = tables::table(object);
    let mut insert = Statement::new(format!("INSERT INTO {table} (id, is_deleted, search_text"));
    for field in fields {
        insert.push(", ").push(&tables::column(field));
    }
    insert.push(") VALUES ");
    let mut separator = "(";
    for (id, values) in rows {
        insert.push(separator).arg(id).push(", ").arg(false);
        insert.push(", ").arg("");
        for field in fields {
            let value = values.get(&field.name).unwrap_or(&Value::Null);
            let param = columns::param(field, value).ok_or_else(|| {
                DbError::Failed(format!(
                    "{}.{} does not take its value",
                    object.name, field.name
                ))
            })?;
            insert.push(", ").arg(param);
        }
        separator = "), (";
    }
    insert.push(")");
    Ok(insert)
}

/// An id that the same name always has.
fn stable_id(prefix: &str, name: &str) -> RecordId {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in name.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    RecordId::from_serial(prefix, hash)
}

fn value_row(object: &str, place: i64, value: &PicklistValue) -> Fields {
    let flag = Value::Boolean;
    let meaning = &value.meaning;
    let mut fields = row([
        ("MasterLabel", text(value.label.as_str())),
        ("ApiName", text(value.value.as_str())),
        ("SortOrder", Value::Integer(place)),
    ]);
    let more = match object {
        "TaskStatus" | "CaseStatus" => vec![("IsClosed", flag(meaning.is_closed))],
        "TaskPriority" => vec![("IsHighPriority", flag(meaning.is_high_priority))],
        "LeadStatus" => vec![("IsConverted", flag(meaning.is_converted))],
        _ => stage(value),
    };
    if object != "OpportunityStage" {
        fields.insert("IsDefault".into(), flag(value.is_default));
    }
    fields.extend(more.into_iter().map(|(name, value)| (name.into(), value)));
    fields
}

fn stage(value: &PicklistValue) -> Vec<(&'static str, Value)> {
    let meaning = &value.meaning;
    let category = meaning.forecast_category.as_deref().unwrap_or("Pipeline");
    let name = match category {
        "BestCase" => "Best Case",
        "MostLikely" => "Most Likely",
        "Forecast" => "Commit",
        other => other,
    };
    vec![
        ("IsActive", Value::Boolean(value.is_active)),
        ("IsClosed", Value::Boolean(meaning.is_closed)),
        ("IsWon", Value::Boolean(meaning.is_won)),
        ("ForecastCategory", text(category)),
        ("ForecastCategoryName", text(name)),
        (
            "DefaultProbability",
            Value::Number(f64::from(meaning.probability.unwrap_or(0))),
        ),
    ]
}

fn entity_row(object: &Object) -> Fields {
    let abilities = object.abilities;
    let flag = Value::Boolean;
    let name = object.name.as_str();
    let plain = name.split("__").next().unwrap_or(name);
    let sharing = match object.sharing {
        SharingDefault::Private => "Private",
        SharingDefault::PublicRead => "Read",
        SharingDefault::PublicReadWrite => "ReadWrite",
        SharingDefault::ControlledByParent => "ControlledByParent",
    };
    row([
        ("DurableId", text(name)),
        ("QualifiedApiName", text(name)),
        ("DeveloperName", text(plain)),
        ("MasterLabel", text(object.label.as_str())),
        ("Label", text(object.label.as_str())),
        ("PluralLabel", text(object.plural_label.as_str())),
        ("KeyPrefix", text(object.key_prefix.as_str())),
        ("IsCustomizable", flag(abilities.layoutable)),
        ("IsCompactLayoutable", flag(abilities.layoutable)),
        ("IsLayoutable", flag(abilities.layoutable)),
        (
            "IsReplicateable",
            flag(object.field("SystemModstamp").is_some()),
        ),
        ("IsRetrieveable", flag(abilities.queryable)),
        ("IsQueryable", flag(abilities.queryable)),
        ("IsSearchable", flag(abilities.searchable)),
        ("IsSearchLayoutable", flag(abilities.searchable)),
        ("IsIdEnabled", flag(true)),
        ("IsEverCreatable", flag(abilities.createable)),
        ("IsEverUpdatable", flag(abilities.updateable)),
        ("IsEverDeletable", flag(abilities.deletable)),
        ("IsMruEnabled", flag(abilities.mru_enabled)),
        ("InternalSharingModel", text(sharing)),
        ("ExternalSharingModel", text("Private")),
    ])
}

fn field_row(entity: &RecordId, object: &Object, field: &Field) -> Fields {
    let flag = Value::Boolean;
    let name = field.name.as_str();
    let plain = name.strip_suffix("__c").unwrap_or(name);
    let length = i64::try_from(field.length_max).unwrap_or(i64::MAX);
    let mut row = row([
        ("DurableId", text(format!("{}.{plain}", object.name))),
        ("QualifiedApiName", text(name)),
        ("EntityDefinitionId", link(entity)),
        ("DeveloperName", text(plain)),
        ("MasterLabel", text(field.label.as_str())),
        ("Label", text(field.label.as_str())),
        ("Length", Value::Integer(length)),
        ("DataType", text(type_name(field.kind))),
        ("IsNameField", flag(field.name == object.name_field)),
        ("IsNillable", flag(field.nillable)),
        ("Precision", Value::Integer(i64::from(field.precision))),
        ("Scale", Value::Integer(i64::from(field.scale))),
        ("IsFieldHistoryTracked", flag(field.history_tracked)),
        ("IsIndexed", flag(field.unique || field.external_id)),
        ("IsApiFilterable", flag(field.is_filterable())),
        ("IsApiSortable", flag(field.is_sortable())),
        ("IsApiGroupable", flag(field.is_groupable())),
        ("IsCompound", flag(field.kind == FieldKind::Address)),
        ("IsPolymorphicForeignKey", flag(field.is_polymorphic())),
    ]);
    if let Some(relationship) = &field.relationship_name {
        row.insert("RelationshipName".into(), text(relationship.as_str()));
    }
    row
}
