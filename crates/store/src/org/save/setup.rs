//! Steps of the gate that are about rights: how far the user gets with what a record belongs to,
//! and what must hold of the rows of Setup.

use std::collections::BTreeMap;

use offhook_org::access::{AccessLevel, is_share};
use offhook_org::record::Fields;
use offhook_org::save::{SaveError, SaveErrorCode};
use offhook_org::schema::{Object, ObjectKind};
use offhook_org::{FieldName, RecordId, Value};

use super::changes::{Changed, Kind};
use super::gate::{Draft, Gate};
use crate::database::{DbError, Statement, Transaction};
use crate::rights::takes_queues;

impl Gate<'_> {
    /// A part is added to what the user may change; a share, to what the user may give away. And
    /// a queue is given what it takes.
    pub(super) async fn check_parents(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        drafts: &mut [Draft],
    ) -> Result<(), DbError> {
        self.check_queues(transaction, object, drafts).await?;
        let Some(parent) = self.user.sharing.parent(object) else {
            return Ok(());
        };
        let needed = match object.name.as_str() {
            // Who sees a file may show it to others.
            "ContentDocumentLink" => AccessLevel::Read,
            name if is_share(name) => AccessLevel::Full,
            _ => AccessLevel::Edit,
        };
        let reference = |draft: &Draft| {
            let value = Self::prepared(draft).get(&parent.field);
            value.and_then(Value::as_reference).cloned()
        };
        let going = drafts.iter().filter(|draft| !draft.is_refused());
        let ids: Vec<RecordId> = going.filter_map(reference).collect();
        let levels = (self.store)
            .access_levels(transaction, self.user, &parent.object, &ids)
            .await?;
        for draft in drafts.iter_mut().filter(|draft| !draft.is_refused()) {
            let Some(id) = reference(draft) else { continue };
            if levels.get(&id).is_none_or(|level| *level < needed) {
                let words = format!(
                    "insufficient access rights on cross-reference id: {id}. You may see this \
                     {}, not change it",
                    parent.object.label.to_lowercase()
                );
                let code = SaveErrorCode::InsufficientAccessOnCrossReferenceEntity;
                let fields = vec![parent.field.as_str().to_owned()];
                draft.refuse(SaveError::new(code, words, fields));
            }
        }
        Ok(())
    }

    /// A queue owns records of the objects that it is for.
    async fn check_queues(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        drafts: &mut [Draft],
    ) -> Result<(), DbError> {
        if !takes_queues(object) {
            return Ok(());
        }
        let owner = FieldName::new("OwnerId");
        for draft in drafts.iter_mut().filter(|draft| !draft.is_refused()) {
            let queue = Self::prepared(draft)
                .get(&owner)
                .and_then(Value::as_reference);
            let Some(queue) = queue.filter(|owner| owner.key_prefix() == "00G") else {
                continue;
            };
            let takes = Statement::new(
                "SELECT q.id FROM org_queuesobject q JOIN org_group g ON g.id = q.queueid
                 WHERE q.queueid = $1 AND lower(q.sobjecttype) = lower($2)
                   AND g.type = 'Queue' AND NOT q.is_deleted AND NOT g.is_deleted",
            )
            .with(queue)
            .with(object.name.as_str());
            if transaction.fetch_one(&takes).await?.is_none() {
                let words = format!(
                    "Queue not associated with this SObject type: add {} to the queue in Setup",
                    object.name
                );
                let code = SaveErrorCode::InvalidCrossReferenceKey;
                draft.refuse(SaveError::new(code, words, vec!["OwnerId".to_owned()]));
            }
        }
        Ok(())
    }

    /// What must hold of rows of Setup and of shares.
    pub(super) async fn check_setup(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        drafts: &mut [Draft],
    ) -> Result<(), DbError> {
        let is_checked = matches!(object.kind, ObjectKind::Setup | ObjectKind::Share);
        if !is_checked && object.name.as_str() != "User" {
            return Ok(());
        }
        for draft in drafts.iter_mut().filter(|draft| !draft.is_refused()) {
            let before = draft.before.as_ref();
            let mut after = before.map_or_else(Fields::new, |record| record.fields.clone());
            after.extend(Self::prepared(draft).clone());
            let given = after.clone();
            let before = before.map(|record| (&record.id, &record.fields));
            let check = (self.store)
                .check_setup_row(transaction, self.user, object, before, &mut after)
                .await?;
            if let Err(error) = check {
                draft.refuse(error);
                continue;
            }
            let spelled = after
                .into_iter()
                .filter(|(name, value)| given.get(name) != Some(value));
            let spelled: BTreeMap<_, _> = spelled.collect();
            Self::prepared_mut(draft).extend(spelled);
        }
        Ok(())
    }

    /// Why a row of Setup may not be deleted.
    pub(super) async fn check_setup_delete(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        draft: &mut Draft,
    ) -> Result<(), DbError> {
        let is_checked = matches!(object.kind, ObjectKind::Setup | ObjectKind::Share);
        if draft.is_refused() || !(is_checked || object.name.as_str() == "User") {
            return Ok(());
        }
        if let Some(before) = &draft.before {
            let check = (self.store)
                .check_setup_delete(transaction, object, before)
                .await?;
            if let Err(error) = check {
                draft.refuse(error);
            }
        }
        Ok(())
    }

    /// What is written along with rows of Setup.
    pub(super) async fn complete_setup(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        changes: &[Changed],
    ) -> Result<(), DbError> {
        if object.kind != ObjectKind::Setup {
            return Ok(());
        }
        for change in changes {
            let (before, after) = (&change.before, &change.after);
            (self.store)
                .complete_setup_row(transaction, self.user, object, &change.id, before, after)
                .await?;
        }
        Ok(())
    }

    /// A line of the audit trail for each change of what is set up, by whichever door.
    pub(super) async fn audit_changes(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        changes: &[Changed],
    ) -> Result<(), DbError> {
        let is_setup = object.kind == ObjectKind::Setup || object.name.as_str() == "User";
        if !is_setup || self.user.is_system() {
            return Ok(());
        }
        for change in changes {
            let (section, action) = (section(object), action(object, change.kind));
            let display = display(object, change);
            self.store
                .audit_in(transaction, self.user, section, &action, &display)
                .await?;
        }
        Ok(())
    }
}

/// The place in Setup, in the platform's words.
fn section(object: &Object) -> &'static str {
    match object.name.as_str() {
        "User" | "PermissionSetAssignment" => "Manage Users",
        "UserRole" => "Manage Roles",
        "Group" | "GroupMember" => "Groups",
        "QueueSobject" => "Queues",
        "Profile" => "Manage Profiles",
        "PermissionSet"
        | "PermissionSetGroup"
        | "PermissionSetGroupComponent"
        | "ObjectPermissions"
        | "FieldPermissions"
        | "SetupEntityAccess" => "Permission Sets",
        _ => "Setup",
    }
}

/// A word for programs: `createdPermissionSet`.
fn action(object: &Object, kind: Kind) -> String {
    let done = match kind {
        Kind::Create => "created",
        Kind::Update => "changed",
        Kind::Delete => "deleted",
        Kind::Undelete => "restored",
    };
    format!("{done}{}", object.name)
}

/// A sentence for people. Of a user no values are told but those that decide rights.
fn display(object: &Object, change: &Changed) -> String {
    let fields = match change.kind {
        Kind::Delete => &change.before,
        Kind::Create | Kind::Update | Kind::Undelete => &change.after,
    };
    let done = match change.kind {
        Kind::Create => "Created",
        Kind::Update => "Changed",
        Kind::Delete => "Deleted",
        Kind::Undelete => "Restored",
    };
    let name = match fields.get(&object.name_field) {
        Some(Value::Text(name)) => name.as_str(),
        _ => change.id.as_str(),
    };
    let mut words = format!("{done} {} {name}", object.label);
    let is_house_keeping = |name: &FieldName| {
        name.as_str().starts_with("LastModified")
            || name.as_str().starts_with("Created")
            || ["SystemModstamp", "Id", "IsDeleted"].contains(&name.as_str())
    };
    let told: Vec<String> = (change.fields.iter())
        .filter(|name| !is_house_keeping(name) && **name != object.name_field)
        .map(|name| {
            let is_told = object.name.as_str() != "User"
                || ["IsActive", "ProfileName", "UserRoleId"].contains(&name.as_str());
            match is_told {
                true => format!("{name}: {}", shown(fields.get(name))),
                false => name.to_string(),
            }
        })
        .collect();
    if change.kind != Kind::Delete && !told.is_empty() {
        words.push_str(&format!(" ({})", told.join(", ")));
    }
    words
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "nothing".to_owned(),
        Some(Value::Boolean(flag)) => flag.to_string(),
        Some(Value::Integer(number)) => number.to_string(),
        Some(Value::Text(text)) => text.chars().take(80).collect(),
        Some(Value::Reference(id)) => id.to_string(),
        Some(_) => "set".to_owned(),
    }
}
