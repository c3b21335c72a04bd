//! The standard objects, read from the TOML files beside this one: one file an object, in the
//! order of the app's tabs. Labels, lengths and picklists are those of the platform's object
//! reference; fields that end in `__c` are Offhook's own or the demo org's.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{
    Abilities, DeleteRule, Field, FieldKind, Meaning, Object, ObjectKind, PicklistValue,
    RelatedList, Schema, Section, SharingDefault, relationships,
};
use crate::{FieldName, ObjectName};

const FILES: &[(&str, &str)] = &[
    ("Account", include_str!("standard/account.toml")),
    ("Contact", include_str!("standard/contact.toml")),
    ("Lead", include_str!("standard/lead.toml")),
    ("Opportunity", include_str!("standard/opportunity.toml")),
    ("Case", include_str!("standard/case.toml")),
    ("Task", include_str!("standard/task.toml")),
    ("Event", include_str!("standard/event.toml")),
    ("Campaign", include_str!("standard/campaign.toml")),
    (
        "CampaignMember",
        include_str!("standard/campaign_member.toml"),
    ),
    ("VoiceCall", include_str!("standard/voice_call.toml")),
    (
        "ContentDocument",
        include_str!("standard/content_document.toml"),
    ),
    (
        "ContentVersion",
        include_str!("standard/content_version.toml"),
    ),
    (
        "ContentDocumentLink",
        include_str!("standard/content_document_link.toml"),
    ),
    ("User", include_str!("standard/user.toml")),
    ("CallCenter", include_str!("standard/call_center.toml")),
    (
        "AdditionalNumber",
        include_str!("standard/additional_number.toml"),
    ),
    ("RecordType", include_str!("standard/record_type.toml")),
    ("TaskStatus", include_str!("standard/task_status.toml")),
    ("TaskPriority", include_str!("standard/task_priority.toml")),
    ("CaseStatus", include_str!("standard/case_status.toml")),
    ("LeadStatus", include_str!("standard/lead_status.toml")),
    (
        "OpportunityStage",
        include_str!("standard/opportunity_stage.toml"),
    ),
    (
        "EntityDefinition",
        include_str!("standard/entity_definition.toml"),
    ),
    (
        "FieldDefinition",
        include_str!("standard/field_definition.toml"),
    ),
    ("Organization", include_str!("standard/organization.toml")),
    ("UserRole", include_str!("standard/user_role.toml")),
    ("Profile", include_str!("standard/profile.toml")),
    (
        "PermissionSet",
        include_str!("standard/permission_set.toml"),
    ),
    (
        "PermissionSetGroup",
        include_str!("standard/permission_set_group.toml"),
    ),
    (
        "PermissionSetGroupComponent",
        include_str!("standard/permission_set_group_component.toml"),
    ),
    (
        "PermissionSetAssignment",
        include_str!("standard/permission_set_assignment.toml"),
    ),
    (
        "ObjectPermissions",
        include_str!("standard/object_permissions.toml"),
    ),
    (
        "FieldPermissions",
        include_str!("standard/field_permissions.toml"),
    ),
    (
        "SetupEntityAccess",
        include_str!("standard/setup_entity_access.toml"),
    ),
    ("Group", include_str!("standard/group.toml")),
    ("GroupMember", include_str!("standard/group_member.toml")),
    ("QueueSobject", include_str!("standard/queue_sobject.toml")),
    ("LoginHistory", include_str!("standard/login_history.toml")),
    (
        "SetupAuditTrail",
        include_str!("standard/setup_audit_trail.toml"),
    ),
];

/// `Id` and the fields that say who made and changed a record; every object has them.
const SYSTEM_FIELDS: &str = include_str!("standard/system_fields.toml");

/// Reads the standard objects. A fault in the files is a fault of ours and panics.
pub fn load() -> Schema {
    Schema::new(objects())
}

/// The standard objects, without what follows from them.
pub(super) fn objects() -> Vec<Object> {
    let system = system_fields();
    let objects = FILES.iter().map(|(name, text)| {
        let file: ObjectFile =
            toml::from_str(text).unwrap_or_else(|e| panic!("{name} cannot be read: {e}"));
        file.into_object(&system)
    });
    objects.collect()
}

fn system_fields() -> SystemFields {
    toml::from_str(SYSTEM_FIELDS)
        .unwrap_or_else(|e| panic!("the system fields cannot be read: {e}"))
}

/// The fields that stand first and last in every object.
pub(super) fn fields_of_every_object() -> (Vec<Field>, Vec<Field>) {
    let system = system_fields();
    let fields = |entries: Vec<FieldEntry>| entries.into_iter().map(FieldEntry::into_field);
    (
        fields(system.first).collect(),
        fields(system.last).collect(),
    )
}

/// An object from text as in the files; a fault in it is a fault of ours and panics.
pub(super) fn object_from(text: &str) -> Object {
    let file: ObjectFile =
        toml::from_str(text).unwrap_or_else(|e| panic!("an object cannot be read: {e}\n{text}"));
    file.into_object(&system_fields())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SystemFields {
    first: Vec<FieldEntry>,
    last: Vec<FieldEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ObjectFile {
    name: ObjectName,
    label: String,
    plural_label: String,
    key_prefix: String,
    #[serde(default)]
    kind: ObjectKind,
    #[serde(default)]
    abilities: Abilities,
    icon: String,
    name_field: FieldName,
    sharing: SharingDefault,
    has_tab: bool,
    /// System fields that the platform's object has not, though its table has the column.
    #[serde(default)]
    without: Vec<FieldName>,
    #[serde(default)]
    highlights: Vec<FieldName>,
    list_columns: Vec<FieldName>,
    fields: Vec<FieldEntry>,
    #[serde(default)]
    sections: Vec<Section>,
    #[serde(default)]
    related_lists: Vec<RelatedList>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldEntry {
    name: FieldName,
    label: String,
    kind: FieldKind,
    #[serde(default)]
    required: bool,
    /// Never empty, though nobody needs to fill it in.
    #[serde(default)]
    filled: bool,
    #[serde(default)]
    unique: bool,
    #[serde(default)]
    case_sensitive: bool,
    #[serde(default)]
    external_id: bool,
    /// Filled in by the system alone.
    #[serde(default)]
    read_only: bool,
    #[serde(default)]
    create_only: bool,
    #[serde(default)]
    length: usize,
    #[serde(default)]
    precision: u8,
    #[serde(default)]
    scale: u8,
    #[serde(default)]
    values: Vec<ValueEntry>,
    #[serde(default)]
    restricted: bool,
    controller: Option<FieldName>,
    #[serde(default)]
    reference_to: Vec<ObjectName>,
    /// The relationship's name, where it is not the field's without `Id`.
    relationship: Option<String>,
    /// What the records are called at the record they point to.
    children: Option<String>,
    #[serde(default)]
    on_delete: DeleteRule,
    #[serde(default)]
    master_detail: bool,
    format: Option<String>,
    compound: Option<FieldName>,
    #[serde(default)]
    tracked: bool,
    /// Of a phone field that finds no caller.
    #[serde(default)]
    unmatched: bool,
    default: Option<String>,
    help: Option<String>,
}

/// A value alone, or with more about it.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum ValueEntry {
    Plain(String),
    Full {
        value: String,
        label: Option<String>,
        #[serde(default)]
        valid_for: BTreeSet<String>,
        #[serde(default)]
        closed: bool,
        #[serde(default)]
        won: bool,
        #[serde(default)]
        converted: bool,
        #[serde(default)]
        high: bool,
        probability: Option<u8>,
        forecast: Option<String>,
    },
}

impl ObjectFile {
    fn into_object(self, system: &SystemFields) -> Object {
        let fields = (system.first.iter().cloned())
            .chain(self.fields)
            .chain(system.last.iter().cloned())
            .filter(|field| !self.without.contains(&field.name))
            .map(FieldEntry::into_field)
            .collect();
        Object {
            name: self.name,
            label: self.label,
            plural_label: self.plural_label,
            key_prefix: self.key_prefix,
            kind: self.kind,
            abilities: self.abilities,
            icon: self.icon,
            name_field: self.name_field,
            sharing: self.sharing,
            has_tab: self.has_tab,
            description: String::new(),
            fields,
            record_types: Vec::new(),
            sections: self.sections,
            highlights: self.highlights,
            list_columns: self.list_columns,
            related_lists: self.related_lists,
            layouts: Vec::new(),
            layout_assignments: Vec::new(),
            list_views: Vec::new(),
        }
    }
}

impl FieldEntry {
    fn into_field(self) -> Field {
        let never_empty = self.required || self.filled;
        let is_standing = matches!(self.kind, FieldKind::Id | FieldKind::Checkbox);
        let (length_max, precision, scale) = self.limits();
        let default = self.default.clone();
        Field {
            match_caller: self.kind == FieldKind::Phone && !self.unmatched,
            relationship_name: relationships::parent(
                self.kind,
                self.name.as_str(),
                self.relationship.as_deref(),
            ),
            child_relationship: self.children,
            nillable: !never_empty && !is_standing,
            name: self.name,
            label: self.label,
            kind: self.kind,
            required: self.required,
            unique: self.unique,
            case_sensitive: self.case_sensitive,
            external_id: self.external_id,
            createable: !self.read_only,
            updateable: !self.read_only && !self.create_only,
            length_max,
            precision,
            scale,
            values: self
                .values
                .into_iter()
                .map(|value| value.into_value(default.as_deref()))
                .collect(),
            restricted: self.restricted,
            controller: self.controller,
            reference_to: self.reference_to,
            reference_prefixes: Vec::new(),
            delete_rule: match self.master_detail {
                true => DeleteRule::Cascade,
                false => self.on_delete,
            },
            is_master_detail: self.master_detail,
            auto_number_format: self.format,
            compound: self.compound,
            history_tracked: self.tracked,
            default,
            help: self.help,
        }
    }

    /// Length, precision and scale, with those that go without saying.
    fn limits(&self) -> (usize, u8, u8) {
        let length = match self.kind {
            FieldKind::Phone => 40,
            FieldKind::Email => 80,
            FieldKind::Url | FieldKind::Picklist | FieldKind::Combobox | FieldKind::TextArea => 255,
            FieldKind::MultiPicklist => 4099,
            FieldKind::AutoNumber => 30,
            _ => 0,
        };
        let (precision, scale) = match self.kind {
            FieldKind::Currency => (18, 2),
            FieldKind::Number | FieldKind::Percent => (18, 0),
            _ => (0, 0),
        };
        let or = |given: u8, usual: u8| match given {
            0 => usual,
            given => given,
        };
        let length = match self.length {
            0 => length,
            given => given,
        };
        (length, or(self.precision, precision), or(self.scale, scale))
    }
}

impl ValueEntry {
    fn into_value(self, default: Option<&str>) -> PicklistValue {
        let mut entry = match self {
            Self::Plain(value) => PicklistValue::new(value),
            Self::Full {
                value,
                label,
                valid_for,
                closed,
                won,
                converted,
                high,
                probability,
                forecast,
            } => {
                let mut entry = PicklistValue::new(value);
                entry.label = label.unwrap_or(entry.label);
                entry.valid_for = valid_for;
                entry.meaning = Meaning {
                    is_closed: closed,
                    is_won: won,
                    is_converted: converted,
                    is_high_priority: high,
                    probability,
                    forecast_category: forecast,
                };
                entry
            }
        };
        entry.is_default = default == Some(entry.value.as_str());
        entry
    }
}
