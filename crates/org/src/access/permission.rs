//! Rights over the whole org: the system permissions of profiles and permission sets, under the
//! platform's names. `CtiAccess` and `TransferCalls` are Offhook's own; a real org knows them as
//! custom permissions.

use serde::{Deserialize, Serialize};

/// A right over the whole org.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Setup pages can be opened.
    ViewSetup,
    /// Call centers, their users and softphone layouts.
    ManageCallCenters,
    /// Users, roles, groups, queues, sharing.
    ManageUsers,
    /// The softphone may be used at all.
    CtiAccess,
    /// Every record, whatever its sharing.
    ViewAllData,
    /// The same, to write.
    ModifyAllData,
    /// Tokens for REST, SOAP, Bulk and streaming.
    ApiEnabled,
    /// Tasks are made, changed and deleted.
    EditTask,
    /// Events are made, changed and deleted.
    EditEvent,
    /// Flows run.
    RunFlow,
    /// Reports run.
    RunReports,
    /// Objects, fields, layouts, connected applications.
    CustomizeApplication,
    /// The same, through the Metadata API.
    ModifyMetadata,
    /// Permission sets are given to users.
    AssignPermissionSets,
    /// Profiles and permission sets are made and changed.
    ManageProfilesPermissionsets,
    /// Every user, whatever the sharing of users.
    ViewAllUsers,
    /// The password never has to be changed.
    PasswordNeverExpires,
    /// The console with its tabs, in the platform's classic words.
    SalesConsole,
    /// The console with its tabs.
    LightningConsoleAllowedForUser,
    /// Calls are transferred.
    TransferCalls,
    /// Bulk jobs delete for good, past the recycle bin.
    BulkApiHardDelete,
    /// Server scripts, pages and static resources, which run here for other users.
    AuthorApex,
}

impl Permission {
    /// Every right over the whole org.
    pub const ALL: [Self; 22] = [
        Self::ViewSetup,
        Self::ManageCallCenters,
        Self::ManageUsers,
        Self::CtiAccess,
        Self::ViewAllData,
        Self::ModifyAllData,
        Self::ApiEnabled,
        Self::EditTask,
        Self::EditEvent,
        Self::RunFlow,
        Self::RunReports,
        Self::CustomizeApplication,
        Self::ModifyMetadata,
        Self::AssignPermissionSets,
        Self::ManageProfilesPermissionsets,
        Self::ViewAllUsers,
        Self::PasswordNeverExpires,
        Self::SalesConsole,
        Self::LightningConsoleAllowedForUser,
        Self::TransferCalls,
        Self::BulkApiHardDelete,
        Self::AuthorApex,
    ];

    /// The name without the prefix of its column: `ApiEnabled`.
    pub fn name(self) -> &'static str {
        &self.column()["Permissions".len()..]
    }

    /// The column of Profile and PermissionSet: `PermissionsApiEnabled`.
    pub fn column(self) -> &'static str {
        match self {
            Self::ViewSetup => "PermissionsViewSetup",
            Self::ManageCallCenters => "PermissionsManageCallCenters",
            Self::ManageUsers => "PermissionsManageUsers",
            Self::CtiAccess => "PermissionsCtiAccess",
            Self::ViewAllData => "PermissionsViewAllData",
            Self::ModifyAllData => "PermissionsModifyAllData",
            Self::ApiEnabled => "PermissionsApiEnabled",
            Self::EditTask => "PermissionsEditTask",
            Self::EditEvent => "PermissionsEditEvent",
            Self::RunFlow => "PermissionsRunFlow",
            Self::RunReports => "PermissionsRunReports",
            Self::CustomizeApplication => "PermissionsCustomizeApplication",
            Self::ModifyMetadata => "PermissionsModifyMetadata",
            Self::AssignPermissionSets => "PermissionsAssignPermissionSets",
            Self::ManageProfilesPermissionsets => "PermissionsManageProfilesPermissionsets",
            Self::ViewAllUsers => "PermissionsViewAllUsers",
            Self::PasswordNeverExpires => "PermissionsPasswordNeverExpires",
            Self::SalesConsole => "PermissionsSalesConsole",
            Self::LightningConsoleAllowedForUser => "PermissionsLightningConsoleAllowedForUser",
            Self::TransferCalls => "PermissionsTransferCalls",
            Self::BulkApiHardDelete => "PermissionsBulkApiHardDelete",
            Self::AuthorApex => "PermissionsAuthorApex",
        }
    }

    /// The right that this column of Profile and PermissionSet gives, in any case of the letters.
    pub fn of_column(column: &str) -> Option<Self> {
        let named = |permission: &Self| permission.column().eq_ignore_ascii_case(column);
        Self::ALL.into_iter().find(named)
    }

    /// As Setup shows it.
    pub fn label(self) -> &'static str {
        match self {
            Self::ViewSetup => "View Setup and Configuration",
            Self::ManageCallCenters => "Manage Call Centers",
            Self::ManageUsers => "Manage Users",
            Self::CtiAccess => "CTI Access",
            Self::ViewAllData => "View All Data",
            Self::ModifyAllData => "Modify All Data",
            Self::ApiEnabled => "API Enabled",
            Self::EditTask => "Edit Tasks",
            Self::EditEvent => "Edit Events",
            Self::RunFlow => "Run Flows",
            Self::RunReports => "Run Reports",
            Self::CustomizeApplication => "Customize Application",
            Self::ModifyMetadata => "Modify Metadata Through Metadata API Functions",
            Self::AssignPermissionSets => "Assign Permission Sets",
            Self::ManageProfilesPermissionsets => "Manage Profiles and Permission Sets",
            Self::ViewAllUsers => "View All Users",
            Self::PasswordNeverExpires => "Password Never Expires",
            Self::SalesConsole => "Sales Console",
            Self::LightningConsoleAllowedForUser => "Lightning Console User",
            Self::TransferCalls => "Transfer Calls",
            Self::BulkApiHardDelete => "Bulk API Hard Delete",
            Self::AuthorApex => "Author Apex",
        }
    }

    /// The rights that this one is nothing without; a profile or permission set that gives it
    /// must give them too.
    pub fn depends_on(self) -> &'static [Self] {
        match self {
            Self::ModifyAllData => &[Self::ViewAllData],
            Self::BulkApiHardDelete => &[Self::ApiEnabled],
            Self::ManageUsers => &[Self::ViewSetup, Self::ViewAllUsers],
            Self::AuthorApex
            | Self::CustomizeApplication
            | Self::ManageCallCenters
            | Self::AssignPermissionSets
            | Self::ManageProfilesPermissionsets => &[Self::ViewSetup],
            _ => &[],
        }
    }
}
