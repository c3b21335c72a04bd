//! What must hold of a row of Setup before it is written, where other rows must be asked; what
//! must be written with it. The write gate calls both for every record of such an object.

use offhook_org::access::{
    Permission, Rights, check_field_row, check_giver, check_object_row, check_permission_columns,
    given_by_row,
};
use offhook_org::record::Fields;
use offhook_org::save::{SaveError, SaveErrorCode};
use offhook_org::schema::{FieldKind, Object, ObjectKind};
use offhook_org::{FieldName, RecordId, UserContext, Value};

use super::people::People;
use super::rows::{link, text};
use super::sets::{Sets, is_set};
use super::source::Source;
use crate::Store;
use crate::database::{DbError, Statement, Transaction};

/// What comes of a check: nothing, or a refusal.
type Check = Result<(), SaveError>;

impl Store {
    /// Checks a row that is to be made or changed. `before` is the row as it lies there, `after`
    /// the whole row as it will be; names of objects and fields in it are spelled as the
    /// schema's.
    pub(crate) async fn check_setup_row(
        &self,
        transaction: &mut Transaction,
        user: &UserContext,
        object: &Object,
        before: Option<(&RecordId, &Fields)>,
        after: &mut Fields,
    ) -> Result<Check, DbError> {
        let id = before.map(|(id, _)| id);
        match object.name.as_str() {
            "ObjectPermissions" => {
                let name = match check_object_row(&self.schema(), after) {
                    Ok(name) => name,
                    Err(error) => return Ok(Err(error)),
                };
                after.insert(FieldName::new("SobjectType"), Value::Text(name));
                let keys = &["ParentId", "SobjectType"];
                self.check_right_row(transaction, user, object, before, after, keys)
                    .await
            }
            "FieldPermissions" => {
                let (name, field) = match check_field_row(&self.schema(), after) {
                    Ok(names) => names,
                    Err(error) => return Ok(Err(error)),
                };
                after.insert(FieldName::new("SobjectType"), Value::Text(name));
                after.insert(FieldName::new("Field"), Value::Text(field));
                let keys = &["ParentId", "Field"];
                self.check_right_row(transaction, user, object, before, after, keys)
                    .await
            }
            "PermissionSet" | "Profile" => match check_permission_columns(after) {
                Ok(()) => {
                    self.check_given(transaction, user, object, before, after)
                        .await
                }
                refused => Ok(refused),
            },
            "PermissionSetAssignment" => {
                self.check_assignment(transaction, user, object, after)
                    .await
            }
            "PermissionSetGroupComponent" => {
                let fields = ["PermissionSetGroupId", "PermissionSetId"];
                let twin = self.twin(transaction, object, id, after, &fields).await?;
                if twin.is_err() {
                    return Ok(twin);
                }
                self.check_giving_set(transaction, user, after).await
            }
            "UserRole" => self.check_role(transaction, id, after).await,
            "Group" => Ok(check_group(before, after)),
            "GroupMember" => self.check_member(transaction, object, after).await,
            "QueueSobject" => self.check_queue_object(transaction, object, after).await,
            "User" => {
                let known = self.match_profile(transaction, before, after).await?;
                match known {
                    Ok(()) => self.check_user(transaction, user, before, after).await,
                    refused => Ok(refused),
                }
            }
            _ if object.kind == ObjectKind::Share => {
                self.check_share(transaction, object, id, after).await
            }
            _ => Ok(Ok(())),
        }
    }

    /// A row of rights: one for each of these, giving no more than its writer may.
    async fn check_right_row(
        &self,
        transaction: &mut Transaction,
        user: &UserContext,
        object: &Object,
        before: Option<(&RecordId, &Fields)>,
        after: &Fields,
        keys: &[&str],
    ) -> Result<Check, DbError> {
        let id = before.map(|(id, _)| id);
        match self.twin(transaction, object, id, after, keys).await? {
            Ok(()) => {
                self.check_given(transaction, user, object, before, after)
                    .await
            }
            refused => Ok(refused),
        }
    }

    /// A share by hand: Read or Edit, once for each record and user or group.
    async fn check_share(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        id: Option<&RecordId>,
        after: &mut Fields,
    ) -> Result<Check, DbError> {
        let cause = FieldName::new("RowCause");
        if after.get(&cause).is_none_or(Value::is_null) {
            after.insert(cause, Value::Text("Manual".to_owned()));
        }
        let fields = object
            .fields
            .iter()
            .filter(|field| field.kind == FieldKind::Reference);
        let record = fields.into_iter().find(|field| field.is_master_detail);
        let Some(record) = record else {
            return Ok(Ok(()));
        };
        let grantee = id_of(after, "UserOrGroupId");
        if let Some(group) = grantee.filter(|id| id.key_prefix() == "00G")
            && self.group_type(transaction, &group.clone()).await? == "Queue"
        {
            return Ok(Err(integrity(
                "User/Group: records are not shared with a queue. Choose a group",
                "UserOrGroupId",
            )));
        }
        let fields = [record.name.as_str(), "UserOrGroupId"];
        self.twin(transaction, object, id, after, &fields).await
    }

    /// No other row has the same values in these fields.
    async fn twin(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        id: Option<&RecordId>,
        after: &Fields,
        fields: &[&str],
    ) -> Result<Check, DbError> {
        let from = format!(
            "SELECT id FROM {} WHERE NOT is_deleted",
            crate::tables::table(object)
        );
        let mut statement = Statement::new(from);
        for name in fields {
            let value = match after.get(&FieldName::new(*name)) {
                Some(Value::Reference(id)) => id.as_str(),
                Some(Value::Text(text)) => text,
                _ => {
                    statement.push(&format!(" AND {} IS NULL", name.to_ascii_lowercase()));
                    continue;
                }
            };
            let column = name.to_ascii_lowercase();
            statement
                .push(&format!(" AND lower({column}) = lower("))
                .arg(value)
                .push(")");
        }
        let twin = match transaction.fetch_one(&statement).await? {
            Some(row) => row.record_id(0)?,
            None => return Ok(Ok(())),
        };
        if Some(&twin) == id {
            return Ok(Ok(()));
        }
        let words = format!(
            "duplicate value found: {} duplicates value on record with id: {twin}",
            fields.join(", ")
        );
        let fields = fields.iter().map(|field| (*field).to_owned()).collect();
        Ok(Err(SaveError::new(
            SaveErrorCode::DuplicateValue,
            words,
            fields,
        )))
    }

    async fn check_assignment(
        &self,
        transaction: &mut Transaction,
        user: &UserContext,
        object: &Object,
        after: &Fields,
    ) -> Result<Check, DbError> {
        let fields = ["AssigneeId", "PermissionSetId", "PermissionSetGroupId"];
        let twin = self.twin(transaction, object, None, after, &fields).await?;
        if twin.is_err() {
            return Ok(twin);
        }
        let (set, group) = (
            id_of(after, "PermissionSetId"),
            id_of(after, "PermissionSetGroupId"),
        );
        if set.is_some() == group.is_some() {
            let words = "Required fields are missing: [PermissionSetId]. Name a permission set or \
                         a permission set group, not both";
            let fields = vec!["PermissionSetId".to_owned()];
            return Ok(Err(SaveError::new(
                SaveErrorCode::RequiredFieldMissing,
                words,
                fields,
            )));
        }
        let assignee = id_of(after, "AssigneeId");
        let active = Statement::new("SELECT isactive FROM org_user WHERE id = $1")
            .with(assignee.map_or("", RecordId::as_str));
        let is_active = match transaction.fetch_one(&active).await? {
            Some(row) => is_set(&row, 0)?,
            None => false,
        };
        if !is_active {
            let words = "Assignee: the user is not active. Activate the user first";
            let fields = vec!["AssigneeId".to_owned()];
            return Ok(Err(SaveError::new(
                SaveErrorCode::InactiveOwnerOrUser,
                words,
                fields,
            )));
        }
        self.check_giving_set(transaction, user, after).await
    }

    /// The permission set in the row is nobody's own, and whoever gives it holds what it gives.
    async fn check_giving_set(
        &self,
        transaction: &mut Transaction,
        user: &UserContext,
        after: &Fields,
    ) -> Result<Check, DbError> {
        let (set, group) = (
            id_of(after, "PermissionSetId"),
            id_of(after, "PermissionSetGroupId"),
        );
        if let Some(set) = set {
            let owned =
                Statement::new("SELECT isownedbyprofile FROM org_permissionset WHERE id = $1")
                    .with(set);
            let row = transaction.fetch_one(&owned).await?;
            if row.is_some_and(|row| row.boolean(0).unwrap_or(false)) {
                let words = "Permission Set: this one belongs to a profile and is given with it";
                let fields = vec!["PermissionSetId".to_owned()];
                let code = SaveErrorCode::InvalidCrossReferenceKey;
                return Ok(Err(SaveError::new(code, words, fields)));
            }
        }
        let to_self = user.user.is_some() && id_of(after, "AssigneeId") == user.user.as_ref();
        if user.holds(Permission::ManageUsers) && !to_self {
            return Ok(Ok(()));
        }
        let sets = Sets::load(&mut Source::Within(transaction)).await?;
        let given = set
            .or(group)
            .map(|id| sets.rights_of(id))
            .unwrap_or_default();
        Ok(match to_self && !may_give_to_self(user, &given) {
            true => Err(gift_to_self()),
            false => check_giver(user, &given),
        })
    }

    /// Who writes the row holds what it gives beyond what it gave before.
    async fn check_given(
        &self,
        transaction: &mut Transaction,
        user: &UserContext,
        object: &Object,
        before: Option<(&RecordId, &Fields)>,
        after: &Fields,
    ) -> Result<Check, DbError> {
        let name = object.name.as_str();
        let given = given_by_row(name, after);
        let had = before
            .map(|(_, before)| given_by_row(name, before))
            .unwrap_or_default();
        if had.contains(&given) {
            return Ok(Ok(()));
        }
        let checked = check_giver(user, &given);
        if checked.is_err() || may_give_to_self(user, &given) {
            return Ok(checked);
        }
        let row = before.map(|(id, _)| id);
        let set = id_of(after, "ParentId").or(row);
        let (Some(set), Some(giver)) = (set, &user.user) else {
            return Ok(Ok(()));
        };
        Ok(match self.gives_to_self(transaction, giver, set).await? {
            true => Err(gift_to_self()),
            false => Ok(()),
        })
    }

    async fn check_role(
        &self,
        transaction: &mut Transaction,
        id: Option<&RecordId>,
        after: &Fields,
    ) -> Result<Check, DbError> {
        let (Some(id), Some(parent)) = (id, id_of(after, "ParentRoleId")) else {
            return Ok(Ok(()));
        };
        let people = People::load(&mut Source::Within(transaction)).await?;
        Ok(match people.directory.role_makes_ring(id, parent) {
            true => Err(integrity(
                "Parent Role: the role would be below itself. Choose a role that is not below it",
                "ParentRoleId",
            )),
            false => Ok(()),
        })
    }

    async fn check_member(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        after: &Fields,
    ) -> Result<Check, DbError> {
        let fields = ["GroupId", "UserOrGroupId"];
        let twin = self.twin(transaction, object, None, after, &fields).await?;
        if twin.is_err() {
            return Ok(twin);
        }
        let (Some(group), Some(member)) = (id_of(after, "GroupId"), id_of(after, "UserOrGroupId"))
        else {
            return Ok(Ok(()));
        };
        let kind = self.group_type(transaction, group).await?;
        if !["Regular", "Queue"].contains(&kind.as_str()) {
            return Ok(Err(integrity(
                "Group: only public groups and queues have members",
                "GroupId",
            )));
        }
        if self.group_type(transaction, member).await? == "Queue" {
            return Ok(Err(integrity(
                "User or Group: a queue is no member of a group",
                "UserOrGroupId",
            )));
        }
        let people = People::load(&mut Source::Within(transaction)).await?;
        Ok(match people.directory.member_makes_ring(group, member) {
            true => Err(integrity(
                "User or Group: the group would hold itself. Choose a group that does not hold it",
                "UserOrGroupId",
            )),
            false => Ok(()),
        })
    }

    async fn check_queue_object(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        after: &mut Fields,
    ) -> Result<Check, DbError> {
        let Some(Value::Text(name)) = after.get(&FieldName::new("SobjectType")) else {
            return Ok(Ok(()));
        };
        let schema = self.schema();
        let owned = schema.object(name).filter(|object| takes_queues(object));
        let Some(owned) = owned else {
            let words = format!("sObject Type: records of {name} are not owned by queues");
            return Ok(Err(integrity(&words, "SobjectType")));
        };
        let name = Value::Text(owned.name.as_str().to_owned());
        after.insert(FieldName::new("SobjectType"), name);
        let queue = id_of(after, "QueueId").cloned();
        let kind = match &queue {
            Some(queue) => self.group_type(transaction, queue).await?,
            None => String::new(),
        };
        if kind != "Queue" {
            return Ok(Err(integrity("Queue: this is no queue", "QueueId")));
        }
        let fields = ["QueueId", "SobjectType"];
        self.twin(transaction, object, None, after, &fields).await
    }

    /// The type of a group; empty where there is none.
    async fn group_type(
        &self,
        transaction: &mut Transaction,
        group: &RecordId,
    ) -> Result<String, DbError> {
        let kind = Statement::new("SELECT type FROM org_group WHERE id = $1 AND NOT is_deleted")
            .with(group);
        let row = transaction.fetch_one(&kind).await?;
        let kind = row.map(|row| {
            row.optional_text(0)
                .map(|kind| kind.unwrap_or("").to_owned())
        });
        Ok(kind.transpose()?.unwrap_or_default())
    }

    /// A user's profile by its id or by its name: the other follows.
    async fn match_profile(
        &self,
        transaction: &mut Transaction,
        before: Option<(&RecordId, &Fields)>,
        after: &mut Fields,
    ) -> Result<Check, DbError> {
        let before = before.map(|(_, before)| before);
        let id_changes =
            before.and_then(|before| id_of(before, "ProfileId")) != id_of(after, "ProfileId");
        let name_changes = before.map(|before| text_of(before, "ProfileName"))
            != Some(text_of(after, "ProfileName"));
        let id = id_of(after, "ProfileId").filter(|_| id_changes || !name_changes);
        let sql = "SELECT id, name FROM org_profile WHERE NOT is_deleted AND ";
        let statement = match id {
            Some(id) => Statement::new(format!("{sql} id = $1")).with(id),
            None => Statement::new(format!("{sql} lower(name) = lower($1)"))
                .with(text_of(after, "ProfileName")),
        };
        let Some(found) = transaction.fetch_one(&statement).await? else {
            let words = match text_of(after, "ProfileName") {
                name if name.is_empty() => "Required fields are missing: [ProfileId]".to_owned(),
                name => format!("Profile: there is no profile {name}"),
            };
            let fields = vec!["ProfileId".to_owned()];
            let code = SaveErrorCode::RequiredFieldMissing;
            return Ok(Err(SaveError::new(code, words, fields)));
        };
        after.insert(FieldName::new("ProfileId"), link(&found.record_id(0)?));
        after.insert(FieldName::new("ProfileName"), text(found.text(1)?));
        Ok(Ok(()))
    }

    /// Nobody shuts themselves out, and somebody who manages users is always left.
    async fn check_user(
        &self,
        transaction: &mut Transaction,
        user: &UserContext,
        before: Option<(&RecordId, &Fields)>,
        after: &Fields,
    ) -> Result<Check, DbError> {
        let active = |fields: &Fields| is_on(fields, "IsActive");
        let Some((id, before)) = before else {
            return Ok(Ok(()));
        };
        if user.user.as_ref() == Some(id) && active(before) && !active(after) {
            return Ok(Err(integrity(
                "Active: you cannot deactivate yourself. Ask another administrator",
                "IsActive",
            )));
        }
        let profile = |fields: &Fields| id_of(fields, "ProfileId").cloned();
        if user.user.as_ref() == Some(id) && profile(before) != profile(after) {
            let sets = Sets::load(&mut Source::Within(transaction)).await?;
            let set = profile(after).and_then(|profile| sets.of_profile.get(&profile).cloned());
            let given = set.map(|set| sets.rights_of(&set)).unwrap_or_default();
            if !may_give_to_self(user, &given) {
                return Ok(Err(gift_to_self()));
            }
        }
        let leaves = active(before) && (!active(after) || profile(before) != profile(after));
        if !leaves || user.is_system() {
            return Ok(Ok(()));
        }
        let sets = Sets::load(&mut Source::Within(transaction)).await?;
        let people = People::load(&mut Source::Within(transaction)).await?;
        let manages = |profile: &RecordId| {
            let set = sets.of_profile.get(profile);
            set.and_then(|set| sets.rights.get(set))
                .is_some_and(|rights| rights.permissions.contains(&Permission::ManageUsers))
        };
        let mut others = people.users.iter().filter(|(other, _)| *other != id);
        let somebody_is_left = others
            .any(|(_, person)| person.is_active && person.profile.as_ref().is_some_and(manages));
        let stays = active(after) && profile(after).as_ref().is_some_and(manages);
        let counts = profile(before).as_ref().is_some_and(manages);
        Ok(match counts && !stays && !somebody_is_left {
            true => Err(integrity(
                "Active: this is the last active user whose profile has Manage Users. Give \
                 somebody else such a profile first",
                "IsActive",
            )),
            false => Ok(()),
        })
    }

    /// Why a row of Setup may not be deleted.
    pub(crate) async fn check_setup_delete(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        before: &offhook_org::Record,
    ) -> Result<Check, DbError> {
        let (id, row) = (&before.id, &before.fields);
        let in_use = |what: &str| {
            let words = format!(
                "Your attempt to delete {} could not be completed because {what}",
                before.text(object.name_field.as_str())
            );
            Err(SaveError::new(
                SaveErrorCode::DeleteFailed,
                words,
                Vec::new(),
            ))
        };
        let count = async |transaction: &mut Transaction, sql: &str| {
            let row = transaction.fetch_one(&Statement::new(sql).with(id)).await?;
            row.map_or(Ok(0), |row| row.integer(0))
        };
        let users = "SELECT count(*) FROM org_user WHERE profileid = $1 AND NOT is_deleted";
        let holders = "SELECT count(*) FROM org_user WHERE userroleid = $1 AND NOT is_deleted";
        Ok(match object.name.as_str() {
            "Profile" if count(transaction, users).await? > 0 => {
                in_use("users have it. Give them another profile first")
            }
            "UserRole" if count(transaction, holders).await? > 0 => {
                in_use("users have it. Give them another role first")
            }
            "PermissionSet" if is_on(row, "IsOwnedByProfile") => {
                in_use("it belongs to a profile. Delete the profile")
            }
            "Group" if !["Regular", "Queue"].contains(&before.text("Type")) => {
                in_use("it stands for a role. Delete the role")
            }
            "User" => in_use("users are deactivated, not deleted"),
            _ => Ok(()),
        })
    }
}

/// May a queue own records of the object?
pub(crate) fn takes_queues(object: &Object) -> bool {
    object.field("OwnerId").is_some_and(|owner| {
        owner
            .reference_to
            .iter()
            .any(|target| target.as_str() == "Group")
    })
}

fn check_group(before: Option<(&RecordId, &Fields)>, after: &Fields) -> Check {
    let kind = text_of(after, "Type");
    if before.is_some() || ["", "Regular", "Queue"].contains(&kind.as_str()) {
        return Ok(());
    }
    Err(integrity(
        "Type: groups that stand for roles are made with their role. Choose Regular or Queue",
        "Type",
    ))
}

/// May the user take these rights? Who holds them may, and who manages users and all data, since
/// nothing is kept from that one.
fn may_give_to_self(user: &UserContext, given: &Rights) -> bool {
    let holds_all = user.holds(Permission::ManageUsers) && user.holds(Permission::ModifyAllData);
    holds_all || user.rights.contains(given)
}

fn gift_to_self() -> SaveError {
    let words = "insufficient access rights on object id: this would give yourself rights that \
                 you do not hold. Ask another administrator";
    let code = SaveErrorCode::InsufficientAccessOrReadonly;
    SaveError::new(code, words, Vec::new())
}

fn integrity(words: &str, field: &str) -> SaveError {
    let code = SaveErrorCode::FieldIntegrityException;
    SaveError::new(code, words, vec![field.to_owned()])
}

pub(super) fn id_of<'a>(row: &'a Fields, field: &str) -> Option<&'a RecordId> {
    row.get(&FieldName::new(field))
        .and_then(Value::as_reference)
}

pub(super) fn text_of(row: &Fields, field: &str) -> String {
    match row.get(&FieldName::new(field)) {
        Some(Value::Text(text)) => text.clone(),
        _ => String::new(),
    }
}

pub(super) fn is_on(row: &Fields, field: &str) -> bool {
    row.get(&FieldName::new(field)) == Some(&Value::Boolean(true))
}
