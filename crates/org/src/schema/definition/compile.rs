//! From what admins made to a schema: the standard objects, the changes of them, custom objects
//! and fields, record types and pages.

use super::{DefinitionError, FieldChange, Metadata, ObjectDefinition, check_field, check_object};
use crate::schema::{
    Abilities, Field, FieldKind, Object, ObjectKind, RelatedList, Schema, Section, SharingDefault,
    histories::TRACKED_MAX, person_accounts, standard,
};
use crate::{FieldName, ObjectName};

/// The schema of the standard objects with everything in the metadata, checked.
pub fn compile(metadata: &Metadata) -> Result<Schema, DefinitionError> {
    let mut objects = standard::objects();
    for definition in &metadata.objects {
        check_object(definition)?;
        let twin = objects.iter().any(|other| {
            let (one, two) = (other.name.as_str(), definition.name.as_str());
            one.eq_ignore_ascii_case(two)
        });
        if twin {
            let words = format!("there is an object {} already", definition.name);
            return Err(DefinitionError::new("Object Name", words));
        }
        objects.push(object_of(definition));
    }
    for object in &mut objects {
        add_custom_fields(metadata, object)?;
    }
    if metadata.person_accounts {
        person_accounts::add(&mut objects);
    }
    for object in &mut objects {
        complete(metadata, object);
    }
    add_related_lists(&mut objects);
    super::pages::drop_lost_lists(&mut objects);
    link_files(&mut objects);
    for object in &objects {
        check_tracked(object)?;
    }
    let schema = Schema::try_new(objects).map_err(|words| DefinitionError::new("Schema", words))?;
    for (name, fields) in &metadata.fields {
        let Some(object) = schema.object(name.as_str()) else {
            continue;
        };
        for field in fields {
            check_field(&schema, metadata, object, field)?;
        }
    }
    for (name, record_types) in &metadata.record_types {
        let Some(object) = schema.object(name.as_str()) else {
            continue;
        };
        for record_type in record_types {
            super::check_record_type(object, record_type)?;
        }
    }
    Ok(schema)
}

/// Not more fields than the platform keeps changes of, and of none that changes by itself.
fn check_tracked(object: &Object) -> Result<(), DefinitionError> {
    let tracked = object.fields.iter().filter(|field| field.history_tracked);
    let count = tracked.count();
    match count > TRACKED_MAX {
        true => Err(DefinitionError::new(
            "Field History",
            format!(
                "the changes of {TRACKED_MAX} fields of {} are kept at most, and these would be \
                 {count}; end it for another field first",
                object.label
            ),
        )),
        false => Ok(()),
    }
}

fn add_custom_fields(metadata: &Metadata, object: &mut Object) -> Result<(), DefinitionError> {
    let custom = metadata.fields.get(&object.name);
    for field in custom.into_iter().flatten() {
        if let Some(twin) = object.field(field.name.as_str()) {
            let words = format!("{} has a field {} already", object.label, twin.name);
            return Err(DefinitionError::new("Field Name", words));
        }
        place(object, field.clone());
    }
    Ok(())
}

/// Changes of fields, record types and pages.
fn complete(metadata: &Metadata, object: &mut Object) {
    for field in &mut object.fields {
        let key = (object.name.clone(), field.name.clone());
        if let Some(change) = metadata.changes.get(&key) {
            apply(field, change);
        }
    }
    if let Some(record_types) = metadata.record_types.get(&object.name) {
        object.record_types.clone_from(record_types);
        object.record_types.sort_by(|a, b| a.label.cmp(&b.label));
    }
    if let Some(pages) = metadata.pages.get(&object.name) {
        super::pages::take(object, pages);
    }
}

/// Records that a custom field points to list those with the field.
fn add_related_lists(objects: &mut [Object]) {
    let mut lists = Vec::new();
    for object in objects.iter() {
        let references = object.fields.iter().filter(|field| field.is_custom());
        for field in references.filter(|field| field.child_relationship.is_some()) {
            let columns = object.list_columns.iter();
            let list = RelatedList {
                object: object.name.clone(),
                field: field.name.clone(),
                label: object.plural_label.clone(),
                columns: columns
                    .filter(|name| **name != field.name)
                    .take(4)
                    .cloned()
                    .collect(),
            };
            lists.extend(
                field
                    .reference_to
                    .iter()
                    .map(|target| (target.clone(), list.clone())),
            );
        }
    }
    for (target, list) in lists {
        if let Some(object) = objects.iter_mut().find(|object| object.name == target) {
            object.related_lists.push(list);
        }
    }
}

/// Files are linked to records of custom objects as well.
fn link_files(objects: &mut [Object]) {
    let custom = objects.iter().filter(|o| o.kind == ObjectKind::Custom);
    let custom: Vec<ObjectName> = custom.map(|object| object.name.clone()).collect();
    let places = [
        ("ContentDocumentLink", "LinkedEntityId"),
        ("ContentVersion", "FirstPublishLocationId"),
    ];
    for (object, field) in places {
        let object = objects.iter_mut().find(|o| o.name.as_str() == object);
        let fields = object.into_iter().flat_map(|object| &mut object.fields);
        for field in fields.filter(|f| f.name.as_str() == field) {
            field.reference_to.extend(custom.iter().cloned());
        }
    }
}

/// Puts a custom field before the system's fields, and on the page. A master takes the place of
/// the owner.
fn place(object: &mut Object, field: Field) {
    let name = field.name.clone();
    if field.is_master_detail {
        object
            .fields
            .retain(|other| other.name.as_str() != "OwnerId");
        let is_owner = |other: &FieldName| other.as_str() == "OwnerId";
        for section in &mut object.sections {
            section.fields.retain(|other| !is_owner(other));
        }
        object.highlights.retain(|other| !is_owner(other));
        object.list_columns.retain(|other| !is_owner(other));
        object.sharing = SharingDefault::ControlledByParent;
    }
    let is_system = |other: &Field| other.name.as_str() == "IsDeleted";
    let at = object.fields.iter().position(is_system);
    let at = at.unwrap_or(object.fields.len());
    object.fields.insert(at, field);
    if let Some(section) = object.sections.first_mut() {
        section.fields.push(name);
    }
}

fn apply(field: &mut Field, change: &FieldChange) {
    if let Some(label) = &change.label {
        field.label.clone_from(label);
    }
    if let Some(help) = &change.help {
        field.help = Some(help.clone()).filter(|help| !help.is_empty());
    }
    if let Some(values) = &change.values {
        field.values.clone_from(values);
        let default = values.iter().find(|value| value.is_default);
        field.default = default.map(|value| value.value.clone());
    }
    if let Some(controller) = &change.controller {
        field.controller = Some(controller.clone()).filter(|name| !name.as_str().is_empty());
    }
    if let Some(tracked) = change.history_tracked {
        field.history_tracked = tracked;
    }
}

/// The object of a definition, without its custom fields.
fn object_of(definition: &ObjectDefinition) -> Object {
    let is_event = definition.kind == ObjectKind::Event;
    let (abilities, fields) = match is_event {
        true => (event_abilities(), event_fields()),
        false => (Abilities::default(), record_fields(definition)),
    };
    let names = |names: &[&str]| -> Vec<FieldName> {
        names.iter().map(|name| FieldName::from(*name)).collect()
    };
    Object {
        name: ObjectName::new(definition.name.as_str()),
        label: definition.label.clone(),
        plural_label: definition.plural_label.clone(),
        key_prefix: definition.key_prefix.clone(),
        kind: definition.kind,
        abilities,
        icon: "custom_notification".to_owned(),
        name_field: match is_event {
            true => "ReplayId".into(),
            false => "Name".into(),
        },
        sharing: definition.sharing,
        has_tab: definition.has_tab && !is_event,
        description: definition.description.clone(),
        fields,
        record_types: Vec::new(),
        sections: match is_event {
            true => Vec::new(),
            false => vec![Section {
                label: "Information".to_owned(),
                fields: names(&["Name", "OwnerId"]),
            }],
        },
        highlights: match is_event {
            true => Vec::new(),
            false => names(&["OwnerId", "CreatedDate"]),
        },
        list_columns: match is_event {
            true => names(&["ReplayId"]),
            false => names(&["Name", "OwnerId", "CreatedDate"]),
        },
        related_lists: Vec::new(),
        layouts: Vec::new(),
        layout_assignments: Vec::new(),
        list_views: Vec::new(),
    }
}

fn event_abilities() -> Abilities {
    Abilities {
        createable: true,
        queryable: false,
        ..Abilities::READ_ONLY
    }
}

fn event_fields() -> Vec<Field> {
    let closed = |mut field: Field| {
        field.createable = false;
        field.updateable = false;
        field
    };
    let mut replay_id = Field::new("ReplayId", "Replay ID", FieldKind::Text);
    replay_id.length_max = 1_000;
    let mut uuid = Field::new("EventUuid", "Event UUID", FieldKind::Text);
    uuid.length_max = 36;
    let system = standard::fields_of_every_object();
    let of_event = |field: &Field| ["CreatedById", "CreatedDate"].contains(&field.name.as_str());
    let mut fields = vec![closed(replay_id), closed(uuid)];
    fields.extend(system.1.into_iter().filter(of_event));
    fields
}

fn record_fields(definition: &ObjectDefinition) -> Vec<Field> {
    let (first, last) = standard::fields_of_every_object();
    let kind = match definition.name_format {
        Some(_) => FieldKind::AutoNumber,
        None => FieldKind::Text,
    };
    let mut name = Field::new("Name", &definition.name_label, kind);
    name.nillable = false;
    name.length_max = 80;
    match &definition.name_format {
        Some(format) => {
            name.auto_number_format = Some(format.clone());
            name.createable = false;
            name.updateable = false;
        }
        None => name.required = true,
    }
    let mut owner = Field::new("OwnerId", "Owner", FieldKind::Reference);
    owner.nillable = false;
    owner.reference_to = vec!["User".into(), "Group".into()];
    owner.relationship_name = Some("Owner".to_owned());
    let mut record_type = Field::new("RecordTypeId", "Record Type ID", FieldKind::Reference);
    record_type.reference_to = vec!["RecordType".into()];
    record_type.relationship_name = Some("RecordType".to_owned());
    let seen = |name: &str, label: &str, kind| {
        let mut field = Field::new(name, label, kind);
        field.createable = false;
        field.updateable = false;
        field
    };
    let mut fields = first;
    fields.extend([name, owner, record_type]);
    fields.extend([
        seen("LastActivityDate", "Last Activity Date", FieldKind::Date),
        seen("LastViewedDate", "Last Viewed Date", FieldKind::DateTime),
        seen(
            "LastReferencedDate",
            "Last Referenced Date",
            FieldKind::DateTime,
        ),
    ]);
    fields.extend(last);
    fields
}
