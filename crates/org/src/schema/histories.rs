//! The objects of field history: every object whose changes can be kept has one, a custom object
//! too. A row tells one change of one field.

use super::{
    Abilities, DeleteRule, Field, FieldKind, Object, ObjectKind, SharingDefault, relationships,
};
use crate::{FieldName, ObjectName};

/// The prefix of the ids of every history.
const PREFIX: &str = "017";

/// Standard objects whose changes can be kept.
const TRACKABLE: [&str; 6] = [
    "Account",
    "Contact",
    "Lead",
    "Opportunity",
    "Case",
    "Campaign",
];

/// Fields of one object whose changes are kept, as on the platform.
pub const TRACKED_MAX: usize = 20;

/// Can changes of the object's fields be kept?
pub fn is_trackable(object: &Object) -> bool {
    object.kind == ObjectKind::Custom || TRACKABLE.contains(&object.name.as_str())
}

/// The object that keeps the changes: `CaseHistory`, `Visit__History`, and (the platform's
/// exception) `OpportunityFieldHistory`.
pub fn history_of(object: &str) -> String {
    match (object, object.strip_suffix("__c")) {
        ("Opportunity", _) => "OpportunityFieldHistory".to_owned(),
        (_, Some(custom)) => format!("{custom}__History"),
        (standard, None) => format!("{standard}History"),
    }
}

/// The field of the history that names the record: `CaseId`; `ParentId` of a custom object.
pub fn record_field(object: &Object) -> FieldName {
    match object.kind {
        ObjectKind::Custom => "ParentId".into(),
        _ => FieldName::new(format!("{}Id", object.name)),
    }
}

/// Adds the histories that are lacking.
pub(super) fn add(objects: &mut Vec<Object>) {
    let lacking: Vec<Object> = objects
        .iter()
        .filter(|object| is_trackable(object))
        .filter(|object| {
            let name = history_of(object.name.as_str());
            objects.iter().all(|other| other.name.as_str() != name)
        })
        .map(history)
        .collect();
    objects.extend(lacking);
}

fn history(object: &Object) -> Object {
    let mut record = field(
        record_field(object).as_str(),
        "Record ID",
        FieldKind::Reference,
    );
    record.reference_to = vec![object.name.clone()];
    record.child_relationship = Some("Histories".to_owned());
    record.delete_rule = DeleteRule::Cascade;
    record.nillable = false;
    let mut by = field("CreatedById", "Created By", FieldKind::Reference);
    by.reference_to = vec!["User".into()];
    by.nillable = false;
    let mut at = field("CreatedDate", "Created Date", FieldKind::DateTime);
    at.nillable = false;
    let mut name = field("Field", "Changed Field", FieldKind::Text);
    name.length_max = 255;
    name.nillable = false;
    let value = |api: &str, label: &str| {
        let mut value = field(api, label, FieldKind::Text);
        value.length_max = 765;
        value
    };
    let mut id = field("Id", "History ID", FieldKind::Id);
    id.nillable = false;
    let mut deleted = field("IsDeleted", "Deleted", FieldKind::Checkbox);
    deleted.nillable = false;
    let mut data_type = field("DataType", "Datatype", FieldKind::Text);
    data_type.length_max = 40;
    Object {
        name: ObjectName::new(history_of(object.name.as_str())),
        label: format!("{} History", object.label),
        plural_label: format!("{} Histories", object.label),
        key_prefix: PREFIX.to_owned(),
        kind: ObjectKind::History,
        abilities: Abilities::READ_ONLY,
        icon: object.icon.clone(),
        name_field: "Field".into(),
        sharing: SharingDefault::ControlledByParent,
        has_tab: false,
        description: String::new(),
        fields: vec![
            id,
            deleted,
            record,
            by,
            at,
            name,
            data_type,
            value("OldValue", "Old Value"),
            value("NewValue", "New Value"),
        ],
        record_types: Vec::new(),
        sections: Vec::new(),
        highlights: Vec::new(),
        list_columns: vec!["CreatedDate".into(), "Field".into()],
        related_lists: Vec::new(),
        layouts: Vec::new(),
        layout_assignments: Vec::new(),
        list_views: Vec::new(),
    }
}

fn field(name: &str, label: &str, kind: FieldKind) -> Field {
    let mut field = Field::new(name, label, kind);
    field.relationship_name = relationships::parent(kind, name, None);
    field.createable = false;
    field.updateable = false;
    field
}
