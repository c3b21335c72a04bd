//! The rights of a profile or permission set as one table: read as a whole, changed as a whole,
//! copied. Every change goes through the write gate, row by row and all or none, so that what is
//! checked and noted in the audit trail is the same as for a client that writes the rows.

use std::collections::{BTreeMap, BTreeSet};

use offhook_org::access::{FieldAccess, Operation, Permission, Rights};
use offhook_org::record::Fields;
use offhook_org::save::{SaveError, SaveErrorCode, Strictness};
use offhook_org::{FieldName, ObjectName, RecordId, UserContext, Value};

use super::rows::{link, row, text};
use super::sets::Sets;
use super::source::Source;
use crate::Store;
use crate::database::Statement;
use crate::error::{SaveFailure, StoreError};
use crate::org::{Write, WriteOptions};

/// Rights that were changed on the table; what is not named stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RightsChange {
    /// Rights over the org.
    pub permissions: BTreeMap<Permission, bool>,
    /// By the object's name: all that is given of it from now on.
    pub objects: BTreeMap<String, BTreeSet<Operation>>,
    /// By object and field: what is given from now on.
    pub fields: BTreeMap<(String, String), Option<FieldAccess>>,
}

/// A profile or permission set whose rights are read.
#[derive(Debug, Clone, PartialEq)]
pub struct RightsSet {
    /// The permission set; of a profile, the one that it owns.
    pub set: RecordId,
    /// The profile that owns it.
    pub profile: Option<RecordId>,
    /// Its name, as people read it.
    pub label: String,
    /// What its rows give.
    pub rights: Rights,
}

impl Store {
    /// What a profile or permission set gives by its rows; `None` where there is none.
    pub async fn rights_set(&self, id: &RecordId) -> Result<Option<RightsSet>, StoreError> {
        let find = Statement::new(
            "SELECT s.id, s.profileid, COALESCE(p.name, s.label) FROM org_permissionset s
             LEFT JOIN org_profile p ON p.id = s.profileid
             WHERE (s.id = $1 OR s.profileid = $1) AND NOT s.is_deleted",
        )
        .with(id);
        let Some(found) = self.database().read_one(&find).await? else {
            return Ok(None);
        };
        let set = found.record_id(0)?;
        let (_, sets) = self.sets().await?;
        Ok(Some(RightsSet {
            rights: sets.rights.get(&set).cloned().unwrap_or_default(),
            profile: match found.is_null(1) {
                true => None,
                false => Some(found.record_id(1)?),
            },
            label: found.optional_text(2)?.unwrap_or_default().to_owned(),
            set,
        }))
    }

    /// Every profile's own set and every permission set, with their names, by name.
    pub async fn rights_sets(&self) -> Result<Vec<(RecordId, String)>, StoreError> {
        let select = Statement::new(
            "SELECT s.id, COALESCE(p.name, s.label) FROM org_permissionset s
             LEFT JOIN org_profile p ON p.id = s.profileid WHERE NOT s.is_deleted ORDER BY 2, 1",
        );
        let rows = self.database().read(&select).await?;
        let named = rows.iter().map(|row| {
            let label = row.optional_text(1)?.unwrap_or_default().to_owned();
            Ok((row.record_id(0)?, label))
        });
        named.collect()
    }

    /// Changes rights, all or none. What a right is nothing without is given with it, and what is
    /// nothing without a right that goes, goes with it. How many rows were written.
    pub async fn change_rights(
        &self,
        user: &UserContext,
        target: &RightsSet,
        change: &RightsChange,
    ) -> Result<usize, SaveFailure> {
        let mut writes = Vec::new();
        if let Some(write) = permissions_write(target, change) {
            writes.push(write);
        }
        let known = self.right_rows(&target.set).await?;
        for (object, operations) in &change.objects {
            let given: BTreeSet<Operation> = operations
                .iter()
                .flat_map(|operation| operation.with_needed())
                .copied()
                .collect();
            let had = Operation::ALL.into_iter();
            let had = had.filter(|operation| target.rights.gives(object, *operation));
            if had.eq(given.iter().copied()) {
                continue;
            }
            let key = object.to_ascii_lowercase();
            writes.extend(object_write(
                target,
                object,
                &given,
                known.objects.get(&key),
            ));
        }
        for ((object, field), access) in &change.fields {
            if target.rights.field(object, field) == *access {
                continue;
            }
            let name = format!("{object}.{field}");
            let known = known.fields.get(&name.to_ascii_lowercase());
            writes.extend(field_write(target, object, &name, *access, known));
        }
        self.write_together(user, writes).await
    }

    /// Makes a profile of a profile, a permission set of a permission set, with everything that
    /// it gives. The id of the new one.
    pub async fn clone_rights(
        &self,
        user: &UserContext,
        from: &RightsSet,
        name: &str,
    ) -> Result<RecordId, SaveFailure> {
        let name = name.trim();
        let mut fields = match from.profile {
            Some(_) => row([("Name", text(name))]),
            None => row([("Label", text(name)), ("Name", text(api_name(name)))]),
        };
        for permission in &from.rights.permissions {
            fields.insert(FieldName::new(permission.column()), Value::Boolean(true));
        }
        let object = ObjectName::new(match from.profile {
            Some(_) => "Profile",
            None => "PermissionSet",
        });
        let made = self
            .create(user, &object, &fields, Strictness::Strict)
            .await?;
        let copied = self.copy_rows(user, from, &made).await;
        if copied.is_err() {
            // Half a copy would be a set that gives less than its name says.
            let system = UserContext::system();
            self.delete(&system, &made).await?;
        }
        copied.map(|_| made)
    }

    async fn copy_rows(
        &self,
        user: &UserContext,
        from: &RightsSet,
        made: &RecordId,
    ) -> Result<usize, SaveFailure> {
        let target = self.rights_set(made).await?.ok_or(SaveFailure::NotFound)?;
        let schema = self.schema();
        let mut change = RightsChange::default();
        for (object, operations) in from.rights.objects() {
            if let Some(object) = schema.object(object) {
                let name = object.name.as_str().to_owned();
                change.objects.insert(name, operations.clone());
            }
        }
        for object in schema.objects() {
            let name = object.name.as_str();
            for field in &object.fields {
                let field = field.name.as_str();
                if let Some(access) = from.rights.field(name, field) {
                    let key = (name.to_owned(), field.to_owned());
                    change.fields.insert(key, Some(access));
                }
            }
        }
        self.change_rights(user, &target, &change).await
    }

    async fn write_together(
        &self,
        user: &UserContext,
        writes: Vec<Write>,
    ) -> Result<usize, SaveFailure> {
        let options = WriteOptions {
            all_or_none: true,
            ..WriteOptions::default()
        };
        let count = writes.len();
        let outcomes = self.write(user, writes, options).await?;
        let errors: Vec<SaveError> = outcomes
            .into_iter()
            .filter_map(Result::err)
            .flatten()
            .filter(|e| e.status_code != SaveErrorCode::AllOrNoneOperationRolledBack)
            .collect();
        match errors.is_empty() {
            true => Ok(count),
            false => Err(SaveFailure::Refused(errors)),
        }
    }

    /// The rows of a set, by what they are about in small letters.
    async fn right_rows(&self, set: &RecordId) -> Result<RightRows, StoreError> {
        let mut rows = RightRows::default();
        let objects = Statement::new(
            "SELECT id, sobjecttype FROM org_objectpermissions
             WHERE parentid = $1 AND NOT is_deleted",
        );
        for found in self.database().read(&objects.with(set)).await? {
            let name = found.text(1)?.to_ascii_lowercase();
            rows.objects.insert(name, found.record_id(0)?);
        }
        let fields = Statement::new(
            "SELECT id, field FROM org_fieldpermissions WHERE parentid = $1 AND NOT is_deleted",
        );
        for found in self.database().read(&fields.with(set)).await? {
            let name = found.text(1)?.to_ascii_lowercase();
            rows.fields.insert(name, found.record_id(0)?);
        }
        Ok(rows)
    }

    /// The permission sets, groups of them and the profile's own that give the user rights, with
    /// what each gives by itself.
    pub async fn rights_sources(&self, user: &RecordId) -> Result<Vec<RightsSource>, StoreError> {
        let (_, sets) = self.sets().await?;
        let (_, people) = self.people().await?;
        let Some(person) = people.users.get(user) else {
            return Ok(Vec::new());
        };
        let mut sources = Vec::new();
        if let Ok((profile, rights)) = super::profile_of(user, person, &sets) {
            sources.push(RightsSource {
                kind: RightsSourceKind::Profile,
                id: profile.id,
                label: profile.name,
                through: None,
                rights,
            });
        }
        let labels = self.set_labels().await?;
        for given in &person.sets {
            let members = sets.of_group.get(given);
            let label = |id: &RecordId| labels.get(id).cloned().unwrap_or_else(|| id.to_string());
            let each: &[RecordId] = members.map_or(std::slice::from_ref(given), Vec::as_slice);
            sources.extend(each.iter().map(|set| RightsSource {
                kind: RightsSourceKind::PermissionSet,
                id: Some(set.clone()),
                label: label(set),
                through: members.map(|_| label(given)),
                rights: sets.rights.get(set).cloned().unwrap_or_default(),
            }));
        }
        Ok(sources)
    }

    async fn set_labels(&self) -> Result<BTreeMap<RecordId, String>, StoreError> {
        let mut labels = BTreeMap::new();
        let groups = "SELECT id, masterlabel FROM org_permissionsetgroup WHERE NOT is_deleted";
        for select in [
            "SELECT id, label FROM org_permissionset WHERE NOT is_deleted",
            groups,
        ] {
            for found in self.database().read(&Statement::new(select)).await? {
                let label = found.optional_text(1)?.unwrap_or_default().to_owned();
                labels.insert(found.record_id(0)?, label);
            }
        }
        Ok(labels)
    }

    /// Is the set one of the user's own, or the profile's? A change of such a one is a gift to
    /// oneself.
    pub(super) async fn gives_to_self(
        &self,
        transaction: &mut crate::database::Transaction,
        user: &RecordId,
        set: &RecordId,
    ) -> Result<bool, crate::database::DbError> {
        let people = super::people::People::load(&mut Source::Within(transaction)).await?;
        let sets = Sets::load(&mut Source::Within(transaction)).await?;
        let Some(person) = people.users.get(user) else {
            return Ok(false);
        };
        let profile = person.profile.as_ref();
        let own = profile.and_then(|profile| sets.of_profile.get(profile));
        let is_own_profile = own == Some(set) || profile == Some(set);
        let among = |given: &RecordId| {
            given == set
                || sets
                    .of_group
                    .get(given)
                    .is_some_and(|sets| sets.contains(set))
        };
        Ok(is_own_profile || person.sets.iter().any(among))
    }
}

/// One source of a user's rights.
#[derive(Debug, Clone, PartialEq)]
pub struct RightsSource {
    /// What it is.
    pub kind: RightsSourceKind,
    /// Its id.
    pub id: Option<RecordId>,
    /// Its name.
    pub label: String,
    /// The permission set group by which the user has it.
    pub through: Option<String>,
    /// What it gives by itself.
    pub rights: Rights,
}

/// What gives rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the platform's")]
pub enum RightsSourceKind {
    Profile,
    PermissionSet,
}

#[derive(Default)]
struct RightRows {
    objects: BTreeMap<String, RecordId>,
    fields: BTreeMap<String, RecordId>,
}

fn permissions_write(target: &RightsSet, change: &RightsChange) -> Option<Write> {
    let has = |permission: &Permission| target.rights.permissions.contains(permission);
    let mut wanted: BTreeMap<Permission, bool> = change.permissions.clone();
    for (permission, _) in change.permissions.iter().filter(|(_, on)| **on) {
        for needed in permission.depends_on() {
            wanted.insert(*needed, true);
        }
    }
    let fields: Fields = wanted
        .iter()
        .filter(|(permission, on)| has(permission) != **on)
        .map(|(permission, on)| (FieldName::new(permission.column()), Value::Boolean(*on)))
        .collect();
    (!fields.is_empty()).then(|| Write::Update {
        id: target.set.clone(),
        fields,
        lookups: Vec::new(),
    })
}

fn object_write(
    target: &RightsSet,
    object: &str,
    given: &BTreeSet<Operation>,
    known: Option<&RecordId>,
) -> Option<Write> {
    let flags = Operation::ALL.into_iter().map(|operation| {
        let is_given = Value::Boolean(given.contains(&operation));
        (FieldName::new(operation.column()), is_given)
    });
    let fields: Fields = flags.collect();
    let own = [
        ("ParentId", link(&target.set)),
        ("SobjectType", text(object)),
    ];
    write_of("ObjectPermissions", own, fields, known, !given.is_empty())
}

fn field_write(
    target: &RightsSet,
    object: &str,
    name: &str,
    access: Option<FieldAccess>,
    known: Option<&RecordId>,
) -> Option<Write> {
    let fields = row([
        ("PermissionsRead", Value::Boolean(access.is_some())),
        (
            "PermissionsEdit",
            Value::Boolean(access == Some(FieldAccess::Edit)),
        ),
    ]);
    let own = [
        ("ParentId", link(&target.set)),
        ("SobjectType", text(object)),
        ("Field", text(name)),
    ];
    write_of("FieldPermissions", own, fields, known, access.is_some())
}

/// A row is changed, made, or goes when it gives nothing more.
fn write_of<const N: usize>(
    object: &str,
    own: [(&str, Value); N],
    mut fields: Fields,
    known: Option<&RecordId>,
    gives: bool,
) -> Option<Write> {
    match (known, gives) {
        (Some(id), true) => Some(Write::Update {
            id: id.clone(),
            fields,
            lookups: Vec::new(),
        }),
        (Some(id), false) => Some(Write::Delete { id: id.clone() }),
        (None, true) => {
            fields.extend(row(own));
            Some(Write::Create {
                object: ObjectName::new(object),
                fields,
                lookups: Vec::new(),
            })
        }
        (None, false) => None,
    }
}

/// `CTI Users 2` as an API name: `CTI_Users_2`.
fn api_name(label: &str) -> String {
    let mut name = String::new();
    for c in label.chars() {
        match c.is_ascii_alphanumeric() {
            true => name.push(c),
            false if !name.is_empty() && !name.ends_with('_') => name.push('_'),
            false => {}
        }
    }
    let name = name.trim_matches('_');
    match name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        true => name.chars().take(80).collect(),
        false => format!("Set_{name}").chars().take(80).collect(),
    }
}
