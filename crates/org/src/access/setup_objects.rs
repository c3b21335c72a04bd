//! The objects whose rights are no rows of ObjectPermissions: those of Setup, whose rows are
//! read widely and written by whoever holds a permission over the org; activities; and what
//! belongs to another object, as its history and its shares.

use super::Operation::{Create, Delete, Edit, ModifyAll, Read, ViewAll};
use super::{Operation, Permission};

/// Who may do what with the rows of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gate<'a> {
    /// By rows of ObjectPermissions.
    Rows,
    /// Everybody reads, holders of the permission write.
    Write(Permission),
    /// Holders of the first permission read, of the second write.
    ReadWrite(Permission, Permission),
    /// Everybody reads their own rows, holders of the permission all; nobody writes.
    OwnRows(Permission),
    /// Everybody reads their own rows, holders of the first permission all; of the second write.
    OwnRowsWrite(Permission, Permission),
    /// Holders of the permission read; nobody writes.
    ReadOnly(Permission),
    /// Everybody does everything that the records' sharing allows.
    Everybody,
    /// Everybody reads, nobody writes.
    Everyone,
    /// Everybody reads what they may read of tasks and events; nobody writes.
    ActivityList,
    /// Everybody reads what the sharing shows, holders of the permission write.
    Activity(Permission),
    /// As the object it belongs to is read; its rows are written by the system.
    Belongs(&'a str),
    /// As the object it belongs to is read; who may edit that may write rows.
    Shares(&'a str),
}

/// The gate of an object, by its name in any case of the letters.
pub(super) fn gate(object: &str) -> Gate<'_> {
    use Permission as P;
    let name = object.to_ascii_lowercase();
    match name.as_str() {
        "task" => Gate::Activity(P::EditTask),
        "event" => Gate::Activity(P::EditEvent),
        "user" | "userrole" | "group" | "groupmember" | "queuesobject" => {
            Gate::Write(P::ManageUsers)
        }
        "profile" | "permissionset" | "permissionsetgroup" | "permissionsetgroupcomponent" => {
            Gate::Write(P::ManageProfilesPermissionsets)
        }
        "objectpermissions" | "fieldpermissions" | "setupentityaccess" => {
            Gate::ReadWrite(P::ViewSetup, P::ManageProfilesPermissionsets)
        }
        "permissionsetassignment" => Gate::OwnRowsWrite(P::ViewSetup, P::AssignPermissionSets),
        "loginhistory" => Gate::OwnRows(P::ManageUsers),
        "setupaudittrail" => Gate::ReadOnly(P::ViewSetup),
        "callcenter" | "additionalnumber" => Gate::Write(P::ManageCallCenters),
        "oauthtoken" => Gate::OwnRows(P::ManageUsers),
        "connectedapplication" => Gate::ReadWrite(P::ViewSetup, P::CustomizeApplication),
        "organization" | "recordtype" | "taskstatus" | "taskpriority" | "casestatus"
        | "leadstatus" | "opportunitystage" => Gate::Write(P::CustomizeApplication),
        "entitydefinition" | "fielddefinition" | "name" | "userlicense" | "recentlyviewed" => {
            Gate::Everyone
        }
        "openactivity" | "activityhistory" => Gate::ActivityList,
        "contentversion" | "contentdocument" | "contentdocumentlink" => Gate::Everybody,
        _ => belonging(object),
    }
}

/// `CaseHistory`, `Visit__Share`: what belongs to another object.
fn belonging(object: &str) -> Gate<'_> {
    let parent = |suffix: &str| {
        let at = object.len().checked_sub(suffix.len())?;
        let is_suffix = object.get(at..)?.eq_ignore_ascii_case(suffix);
        (is_suffix && at > 0).then(|| &object[..at])
    };
    if object.eq_ignore_ascii_case("OpportunityFieldHistory") {
        return Gate::Belongs("Opportunity");
    }
    if let Some(parent) = parent("ChangeEvent").or_else(|| parent("History")) {
        return Gate::Belongs(parent);
    }
    match parent("Share") {
        Some(parent) => Gate::Shares(parent),
        None => Gate::Rows,
    }
}

/// Does another object's name stand for this one's rights? `Visit__History` belongs to
/// `Visit__c`.
pub(super) fn owner_name(parent: &str) -> String {
    match parent.strip_suffix("__") {
        Some(custom) => format!("{custom}__c"),
        None => parent.to_owned(),
    }
}

/// Are the fields of the object outside field-level security?
pub(super) fn has_open_fields(object: &str) -> bool {
    !matches!(
        gate(object),
        Gate::Rows | Gate::Activity(_) | Gate::ActivityList
    )
}

/// Is it a list of activities, whose fields are seen by whoever sees them at the activity?
pub(super) fn is_activity_list(object: &str) -> bool {
    gate(object) == Gate::ActivityList
}

/// Whose rows everybody reads are one's own only: the field that names the user.
pub fn own_row_field(object: &str) -> Option<&'static str> {
    match object.to_ascii_lowercase().as_str() {
        "permissionsetassignment" => Some("AssigneeId"),
        "loginhistory" | "oauthtoken" => Some("UserId"),
        _ => None,
    }
}

impl Gate<'_> {
    /// Does the gate let the operation through? `holds` answers for rights over the org; `parent`
    /// for rights to the object that this one belongs to. `None`: rows decide.
    pub(super) fn lets(
        self,
        operation: Operation,
        holds: impl Fn(Permission) -> bool,
        parent: impl Fn(&str, Operation) -> bool,
    ) -> Option<bool> {
        let reads = matches!(operation, Read | ViewAll);
        let all = match operation {
            Read | Create | Edit | Delete => true,
            ViewAll => holds(Permission::ViewAllData),
            ModifyAll => holds(Permission::ModifyAllData),
        };
        Some(match self {
            Self::Rows => return None,
            Self::Write(write) => reads || holds(write),
            Self::ReadWrite(read, write) => match reads {
                true => holds(read),
                false => holds(write),
            },
            Self::OwnRows(all) => operation == Read || (operation == ViewAll && holds(all)),
            Self::OwnRowsWrite(all, write) => match operation {
                Read => true,
                ViewAll => holds(all),
                Create | Edit | Delete | ModifyAll => holds(write),
            },
            Self::ReadOnly(read) => reads && holds(read),
            Self::Everybody => all,
            Self::Everyone | Self::ActivityList => reads,
            Self::Activity(write) => all && (reads || holds(write)),
            Self::Belongs(object) => reads && parent(&owner_name(object), operation),
            Self::Shares(object) => {
                let operation = match operation {
                    Create | Edit | Delete => Edit,
                    Read | ViewAll | ModifyAll => operation,
                };
                parent(&owner_name(object), operation)
            }
        })
    }
}
