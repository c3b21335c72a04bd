//! Custom objects and platform events: made, changed, deleted.

use offhook_org::schema::ObjectKind;
use offhook_org::schema::definition::{
    DefinitionError, Metadata, OBJECTS_MAX, ObjectDefinition, check_object,
};
use offhook_org::{ObjectName, RecordId, UserContext};

use super::{MetadataFailure, Said, VisibleTo, deleted};
use crate::Store;
use crate::database::Transaction;
use crate::serial;

/// Prefixes from `a00` to `azz`.
const PREFIXES_MAX: u64 = 62 * 62;

impl Store {
    /// Makes a custom object or a platform event; its key prefix is given here, and never again.
    pub async fn create_object(
        &self,
        user: &UserContext,
        mut definition: ObjectDefinition,
        visible_to: &VisibleTo,
    ) -> Result<ObjectName, MetadataFailure> {
        self.change_metadata(user, async |transaction, metadata| {
            check_object(&definition)?;
            if metadata.objects.len() >= OBJECTS_MAX {
                let words = format!("an org may have at most {OBJECTS_MAX} custom objects");
                return Err(DefinitionError::new("Object", words).into());
            }
            definition.key_prefix = new_prefix(transaction, definition.kind).await?;
            let name = definition.name.clone();
            self.give_object(transaction, name.as_str(), visible_to)
                .await?;
            let display = format!("Created custom object {} ({name})", definition.label);
            metadata.objects.push(definition);
            let action = "createdCustomObject";
            Ok((name, Said { action, display }))
        })
        .await
    }

    /// Changes labels, description, sharing, tab and record name of a custom object. Its name,
    /// its kind and its prefix stay.
    pub async fn update_object(
        &self,
        user: &UserContext,
        definition: ObjectDefinition,
    ) -> Result<(), MetadataFailure> {
        self.change_metadata(user, async |_, metadata| {
            let known = own(metadata, &definition.name)?;
            let label = definition.label.clone();
            *known = ObjectDefinition {
                name: known.name.clone(),
                kind: known.kind,
                key_prefix: known.key_prefix.clone(),
                // A name that counts is not turned into text, nor text into a number.
                name_format: match known.name_format {
                    Some(_) => definition.name_format.or_else(|| known.name_format.clone()),
                    None => None,
                },
                ..definition
            };
            let display = format!("Changed custom object {label} ({})", known.name);
            let action = "changedCustomObject";
            Ok(((), Said { action, display }))
        })
        .await
    }

    /// Deletes a custom object with its records; for some days it can be restored.
    pub async fn delete_object(
        &self,
        user: &UserContext,
        name: &ObjectName,
    ) -> Result<(), MetadataFailure> {
        let schema = self.schema();
        let object = super::object(&schema, name.as_str())?;
        let pointing = (schema.objects().iter())
            .filter(|other| {
                other.name != object.name
                    && !matches!(other.kind, ObjectKind::Share | ObjectKind::History)
            })
            .flat_map(|other| other.fields.iter().map(move |field| (other, field)))
            .find(|(_, field)| field.is_custom() && field.reference_to.contains(&object.name));
        if let Some((other, field)) = pointing {
            let words = format!(
                "the field {} of {} points to it; delete that field first",
                field.label, other.plural_label
            );
            return Err(DefinitionError::new(&object.label, words).into());
        }
        self.change_metadata(user, async |transaction, metadata| {
            let definition = own(metadata, &object.name)?.clone();
            deleted::hide_object(transaction, self, user, metadata, object, &definition).await?;
            let display = format!("Deleted custom object {} ({})", object.label, object.name);
            let action = "deletedCustomObject";
            Ok(((), Said { action, display }))
        })
        .await
    }
}

/// The definition of a custom object.
pub(super) fn own<'a>(
    metadata: &'a mut Metadata,
    name: &ObjectName,
) -> Result<&'a mut ObjectDefinition, MetadataFailure> {
    let found = metadata
        .objects
        .iter_mut()
        .find(|object| object.name.as_str().eq_ignore_ascii_case(name.as_str()));
    found.ok_or_else(|| MetadataFailure::NotFound(format!("custom object {name}")))
}

/// `a00`, `a01`, … for objects, `e00`, … for platform events; as ids grow.
async fn new_prefix(
    transaction: &mut Transaction,
    kind: ObjectKind,
) -> Result<String, MetadataFailure> {
    let (letter, series) = match kind {
        ObjectKind::Event => ('e', "prefix.e"),
        _ => ('a', "prefix.a"),
    };
    let number = serial::take(transaction, series, 1).await?;
    let number = number.saturating_sub(1);
    if number >= PREFIXES_MAX {
        let words = "every key prefix of custom objects is given out";
        return Err(DefinitionError::new("Object", words).into());
    }
    let id = RecordId::from_serial("000", number);
    let digits = id.short().get(13..).unwrap_or("00");
    Ok(format!("{letter}{digits}"))
}
