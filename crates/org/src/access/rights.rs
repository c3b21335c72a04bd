//! What one permission set gives, and what several give together: the union of all. A field is
//! given by a row of its own; fields that no row can give or take away are open.

use std::collections::{BTreeMap, BTreeSet};

use super::{Operation, Permission, setup_objects};
use crate::Schema;
use crate::schema::activities::{self, ActivityList};
use crate::schema::{Field, FieldKind, Object, person_accounts};

/// What may be done with a field; who may edit one may read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FieldAccess {
    /// `PermissionsRead`.
    Read,
    /// `PermissionsEdit`.
    Edit,
}

/// Rights over the org, over objects and over fields. What is not named is not given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rights {
    /// Over the whole org.
    pub permissions: BTreeSet<Permission>,
    /// By the object's name in small letters.
    objects: BTreeMap<String, BTreeSet<Operation>>,
    /// By the object's name, then the field's, in small letters.
    fields: BTreeMap<String, BTreeMap<String, FieldAccess>>,
}

impl Rights {
    /// Gives an operation, and those that it is nothing without.
    pub fn grant(&mut self, object: &str, operation: Operation) {
        let operations = self.objects.entry(lower(object)).or_default();
        operations.extend(operation.with_needed());
    }

    /// Takes every operation on the object.
    pub fn revoke_object(&mut self, object: &str) {
        self.objects.remove(&lower(object));
    }

    /// Gives a field; the wider access wins.
    pub fn grant_field(&mut self, object: &str, field: &str, access: FieldAccess) {
        let fields = self.fields.entry(lower(object)).or_default();
        let known = fields.entry(lower(field)).or_insert(access);
        *known = access.max(*known);
    }

    /// Takes fields, named `Contact.Email`.
    pub fn hide(&mut self, names: &[&str]) {
        for (object, field) in names.iter().filter_map(|name| name.split_once('.')) {
            if let Some(fields) = self.fields.get_mut(&lower(object)) {
                fields.remove(&lower(field));
            }
        }
    }

    /// Everything that the other gives as well.
    pub fn add(&mut self, other: &Self) {
        self.permissions.extend(&other.permissions);
        for (object, operations) in &other.objects {
            let known = self.objects.entry(object.clone()).or_default();
            known.extend(operations);
        }
        for (object, fields) in &other.fields {
            for (field, access) in fields {
                self.grant_field(object, field, *access);
            }
        }
    }

    /// Does this give everything that the other gives? Decides whether somebody gives away more
    /// than they hold.
    pub fn contains(&self, other: &Self) -> bool {
        let objects = &mut other.objects.iter();
        let fields = &mut other.fields.iter();
        other.permissions.is_subset(&self.permissions)
            && objects.all(|(object, operations)| {
                operations.is_empty()
                    || (self.objects.get(object)).is_some_and(|own| operations.is_subset(own))
            })
            && fields.all(|(object, fields)| {
                let own = self.fields.get(object);
                fields
                    .iter()
                    .all(|(field, access)| own.and_then(|own| own.get(field)) >= Some(access))
            })
    }

    /// Is the operation on the object given by a row?
    pub fn gives(&self, object: &str, operation: Operation) -> bool {
        let operations = self.objects.get(&lower(object));
        operations.is_some_and(|operations| operations.contains(&operation))
    }

    /// What is given on a field.
    pub fn field(&self, object: &str, field: &str) -> Option<FieldAccess> {
        self.fields.get(&lower(object))?.get(&lower(field)).copied()
    }

    /// The objects that are given, by their names in small letters, with what.
    pub fn objects(&self) -> impl Iterator<Item = (&str, &BTreeSet<Operation>)> {
        let objects = self.objects.iter();
        objects.map(|(name, operations)| (name.as_str(), operations))
    }

    /// With the fields that need no row, so that a field which is not named here is closed.
    #[must_use]
    pub fn with_open_fields(mut self, schema: &Schema) -> Self {
        for object in schema.objects() {
            for field in &object.fields {
                if is_open_field(object, field) {
                    let (object, field) = (object.name.as_str(), field.name.as_str());
                    self.grant_field(object, field, FieldAccess::Edit);
                }
            }
        }
        self.follow_contacts(schema);
        self.follow_activities(schema);
        self
    }

    /// What a list of activities shows is read by whoever reads it at the task or the event.
    fn follow_activities(&mut self, schema: &Schema) {
        let (Some(task), Some(event)) = (schema.object("Task"), schema.object("Event")) else {
            return;
        };
        for list in ActivityList::ALL {
            let fields = schema.object(list.object()).map(|object| &object.fields);
            for field in fields.into_iter().flatten() {
                let name = field.name.as_str();
                let origin = activities::origin(task, event, name);
                let of_task = origin.task.and_then(|field| self.field("Task", field));
                let of_event = origin.event.and_then(|field| self.field("Event", field));
                let is_own = origin.task.is_none() && origin.event.is_none();
                if is_own || of_task.is_some() || of_event.is_some() {
                    self.grant_field(list.object(), name, FieldAccess::Read);
                }
            }
        }
    }

    /// What an account shows of its person is seen by whoever sees it at the contact.
    fn follow_contacts(&mut self, schema: &Schema) {
        let account = schema.object("Account");
        let Some(account) = account.filter(|account| person_accounts::has_persons(account)) else {
            return;
        };
        for field in &account.fields {
            let name = field.name.as_str();
            let Some(shown) = person_accounts::contact_field("Account", name) else {
                continue;
            };
            if is_open_field(account, field) {
                continue;
            }
            if let Some(fields) = self.fields.get_mut("account") {
                fields.remove(&lower(name));
            }
            if let Some(access) = self.field("Contact", shown.as_str()) {
                self.grant_field("Account", name, access);
            }
        }
    }
}

/// Fields by which the system keeps house, or that say what a record is; no row gives or takes
/// them.
const OPEN_FIELDS: [&str; 24] = [
    "IsDeleted",
    "CreatedById",
    "CreatedDate",
    "LastModifiedById",
    "LastModifiedDate",
    "SystemModstamp",
    "LastActivityDate",
    "LastViewedDate",
    "LastReferencedDate",
    "OwnerId",
    "RecordTypeId",
    "CurrencyIsoCode",
    "IsPersonAccount",
    "PersonContactId",
    "MasterRecordId",
    "IsClosed",
    "IsWon",
    "IsConverted",
    "ConvertedDate",
    "ConvertedAccountId",
    "ConvertedContactId",
    "ConvertedOpportunityId",
    "IsArchived",
    "TaskSubtype",
];

/// The parts of a person's name, open where the object has a last name.
const NAME_PARTS: [&str; 5] = [
    "FirstName",
    "LastName",
    "MiddleName",
    "Salutation",
    "Suffix",
];

/// Fields of a Task about a call: the platform exempts them from field-level security
/// (developer guide to Open CTI, `saveLog`).
const CALL_FIELDS: [&str; 4] = [
    "CallType",
    "CallDurationInSeconds",
    "CallDisposition",
    "CallObject",
];

/// Is the field outside field-level security? So are ids, the fields of the system, the name,
/// what every record must have, and every field of the objects of Setup.
pub fn is_open_field(object: &Object, field: &Field) -> bool {
    let name = field.name.as_str();
    let is_in = |names: &[&str]| names.iter().any(|other| other.eq_ignore_ascii_case(name));
    field.kind == FieldKind::Id
        || field.required
        || field.name == object.name_field
        || is_in(&OPEN_FIELDS)
        || (object.field("LastName").is_some() && is_in(&NAME_PARTS))
        || (object.name.as_str().eq_ignore_ascii_case("Task") && is_in(&CALL_FIELDS))
        || setup_objects::has_open_fields(object.name.as_str())
}

fn lower(name: &str) -> String {
    name.to_ascii_lowercase()
}
