//! Custom fields, and changes of fields that were there.

use offhook_org::schema::definition::{DefinitionError, FieldChange, Metadata, check_values};
use offhook_org::schema::{DeleteRule, Field, FieldKind, Object};
use offhook_org::{FieldName, ObjectName, UserContext};

use super::{MetadataFailure, Said, VisibleTo, deleted};
use crate::Store;
use crate::database::{Statement, Transaction};
use crate::tables;

impl Store {
    /// Makes a custom field. The column is added in the same transaction, without touching the
    /// rows that are there; so is the index of a unique field.
    pub async fn create_field(
        &self,
        user: &UserContext,
        object: &ObjectName,
        field: Field,
        visible_to: &VisibleTo,
    ) -> Result<FieldName, MetadataFailure> {
        let schema = self.schema();
        let object = super::object(&schema, object.as_str())?;
        let field = completed(field);
        self.change_metadata(user, async |transaction, metadata| {
            if field.is_master_detail {
                has_no_records(transaction, object).await?;
            }
            let name = field.name.clone();
            self.give_field(transaction, object, name.as_str(), visible_to)
                .await?;
            let display = format!(
                "Created custom field {} ({name}) of {}",
                field.label, object.label
            );
            let fields = metadata.fields.entry(object.name.clone()).or_default();
            fields.push(field);
            // Layouts that are kept have it too, as the platform's wizard proposes.
            if let Some(pages) = metadata.pages.get_mut(&object.name) {
                pages
                    .layouts
                    .iter_mut()
                    .for_each(|layout| layout.add_field(&name));
            }
            let action = "createdCF";
            Ok((name, Said { action, display }))
        })
        .await
    }

    /// Changes a custom field. Its name, its type and what it points to stay.
    pub async fn update_field(
        &self,
        user: &UserContext,
        object: &ObjectName,
        field: Field,
    ) -> Result<(), MetadataFailure> {
        let field = completed(field);
        self.change_metadata(user, async |transaction, metadata| {
            let known = own(metadata, object, &field.name)?;
            check_kept(known, &field)?;
            let was_unique = (known.unique, known.case_sensitive, known.external_id);
            let is_unique = (field.unique, field.case_sensitive, field.external_id);
            let display = format!("Changed custom field {} ({})", field.label, field.name);
            *known = field.clone();
            if was_unique != is_unique {
                let schema = self.schema();
                drop_indexes(
                    transaction,
                    super::object(&schema, object.as_str())?,
                    &field,
                )
                .await?;
            }
            let action = "changedCF";
            Ok(((), Said { action, display }))
        })
        .await
    }

    /// Changes what may be changed of a field that was there: label, help, the values of a
    /// picklist, whether changes are kept.
    pub async fn change_field(
        &self,
        user: &UserContext,
        object: &ObjectName,
        field: &FieldName,
        change: FieldChange,
    ) -> Result<(), MetadataFailure> {
        let schema = self.schema();
        let object = super::object(&schema, object.as_str())?;
        let field = object.field(field.as_str());
        let field = field.ok_or_else(|| MetadataFailure::NotFound("such field".to_owned()))?;
        check_change(field, &change)?;
        self.change_metadata(user, async |_, metadata| {
            let key = (object.name.clone(), field.name.clone());
            let known = metadata.changes.entry(key).or_default();
            *known = FieldChange {
                label: change.label.or_else(|| known.label.clone()),
                help: change.help.or_else(|| known.help.clone()),
                values: change.values.or_else(|| known.values.clone()),
                controller: change.controller.or_else(|| known.controller.clone()),
                history_tracked: change.history_tracked.or(known.history_tracked),
            };
            let display = format!("Changed field {} of {}", field.label, object.label);
            let action = "changedStdField";
            Ok(((), Said { action, display }))
        })
        .await
    }

    /// Deletes a custom field with its values; for some days it can be restored.
    pub async fn delete_field(
        &self,
        user: &UserContext,
        object: &ObjectName,
        field: &FieldName,
    ) -> Result<(), MetadataFailure> {
        let schema = self.schema();
        let object = super::object(&schema, object.as_str())?;
        let controlled = object
            .fields
            .iter()
            .find(|other| other.controller.as_ref() == Some(field));
        if let Some(other) = controlled {
            let words = format!("it controls the values of {}; end that first", other.label);
            return Err(DefinitionError::new(field.as_str(), words).into());
        }
        self.change_metadata(user, async |transaction, metadata| {
            let known = own(metadata, &object.name, field)?.clone();
            if known.is_master_detail {
                has_no_records(transaction, object).await?;
            }
            deleted::hide_field(transaction, user, metadata, object, &known).await?;
            if object.name.as_str() == "Contact" {
                self.drop_person_column(transaction, field.as_str()).await?;
            }
            let display = format!(
                "Deleted custom field {} ({}) of {}",
                known.label, known.name, object.label
            );
            let action = "deletedCF";
            Ok(((), Said { action, display }))
        })
        .await
    }
}

/// What goes without saying of a custom field.
fn completed(mut field: Field) -> Field {
    let name = field.name.as_str();
    let plain = name.strip_suffix("__c").unwrap_or(name).to_owned();
    field.length_max = match field.kind {
        FieldKind::TextArea | FieldKind::Url | FieldKind::Picklist => 255,
        FieldKind::Phone => 40,
        FieldKind::Email => 80,
        FieldKind::MultiPicklist => 4_099,
        FieldKind::AutoNumber => 30,
        FieldKind::Text | FieldKind::LongText => field.length_max,
        _ => 0,
    };
    if field.kind == FieldKind::Reference {
        field.relationship_name = Some(format!("{plain}__r"));
        let children = field.child_relationship.take();
        field.child_relationship = children.filter(|name| !name.trim().is_empty()).map(|name| {
            match name.ends_with("__r") {
                true => name,
                false => format!("{name}__r"),
            }
        });
        if field.is_master_detail {
            field.delete_rule = DeleteRule::Cascade;
            field.required = true;
        }
    }
    if field.kind == FieldKind::AutoNumber {
        (field.createable, field.updateable) = (false, false);
    }
    field.nillable = !field.required && field.kind != FieldKind::Checkbox;
    field.match_caller = field.kind == FieldKind::Phone;
    if field.kind.is_picklist() {
        let default = field.values.iter().find(|value| value.is_default);
        field.default = default.map(|value| value.value.clone());
    }
    field
}

pub(super) fn own<'a>(
    metadata: &'a mut Metadata,
    object: &ObjectName,
    field: &FieldName,
) -> Result<&'a mut Field, MetadataFailure> {
    let fields = metadata.fields.get_mut(object);
    let found = fields.and_then(|fields| {
        fields
            .iter_mut()
            .find(|known| known.name.as_str().eq_ignore_ascii_case(field.as_str()))
    });
    found.ok_or_else(|| MetadataFailure::NotFound(format!("custom field {field} of {object}")))
}

fn check_kept(known: &Field, field: &Field) -> Result<(), DefinitionError> {
    if known.kind != field.kind || known.is_master_detail != field.is_master_detail {
        let words = "the type of a field cannot be changed; make another field";
        return Err(DefinitionError::new("Data Type", words));
    }
    if known.reference_to != field.reference_to {
        let words = "what a relationship points to cannot be changed; make another field";
        return Err(DefinitionError::new("Related To", words));
    }
    if field.length_max < known.length_max {
        let words = format!("it cannot be shorter than it is ({})", known.length_max);
        return Err(DefinitionError::new("Length", words));
    }
    Ok(())
}

fn check_change(field: &Field, change: &FieldChange) -> Result<(), DefinitionError> {
    if let Some(label) = &change.label {
        offhook_org::schema::definition::check_label("Field Label", label, 40)?;
    }
    if change.values.is_some() || change.controller.is_some() {
        if !field.kind.is_picklist() {
            let words = "only a picklist has values";
            return Err(DefinitionError::new("Values", words));
        }
        if let Some(values) = &change.values {
            check_values(values)?;
        }
    }
    Ok(())
}

/// A detail without a master cannot be, so a master comes before the records.
async fn has_no_records(
    transaction: &mut Transaction,
    object: &Object,
) -> Result<(), MetadataFailure> {
    let any = Statement::new(format!("SELECT id FROM {} LIMIT 1", tables::table(object)));
    match transaction.fetch_one(&any).await? {
        None => Ok(()),
        Some(_) => Err(DefinitionError::new(
            "Data Type",
            format!(
                "there are {} already; a master-detail relationship is made or deleted while \
                 there are none, also in the recycle bin",
                object.plural_label.to_lowercase()
            ),
        )
        .into()),
    }
}

/// Indexes are made anew from what the field is now.
pub(super) async fn drop_indexes(
    transaction: &mut Transaction,
    object: &Object,
    field: &Field,
) -> Result<(), MetadataFailure> {
    for index in tables::index_names(object, field) {
        let drop = format!("DROP INDEX IF EXISTS {index}");
        transaction.execute_script(&drop).await?;
    }
    Ok(())
}
