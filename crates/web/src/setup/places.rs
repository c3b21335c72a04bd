//! The places of Setup: one row each, in the groups and the order of its navigation. Whoever adds
//! a page adds its place, its row and its line in a group here.

use offhook_org::access::Permission;

/// A place in Setup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Home,
    Company,
    CallCenters,
    SoftphoneLayouts,
    ScreenPops,
    Calls,
    PhoneSystem,
    Users,
    ConnectedApps,
    ApiAccess,
    ObjectManager,
    PersonAccounts,
    ServerScripts,
    Pages,
    StaticResources,
    ChangeDataCapture,
    ApiUsage,
    Backups,
    Certificate,
    Storage,
    Profiles,
    PermissionSets,
    PermissionSetGroups,
    Roles,
    Groups,
    Sharing,
    LoginHistory,
    AuditTrail,
}

/// Places under a heading of the navigation.
pub(super) struct PlaceGroup {
    /// Empty for the first, which needs no heading.
    pub(super) heading: &'static str,
    pub(super) places: &'static [Place],
}

const fn group(heading: &'static str, places: &'static [Place]) -> PlaceGroup {
    PlaceGroup { heading, places }
}

/// The navigation, top to bottom.
pub(super) const GROUPS: &[PlaceGroup] = &[
    group("", &[Place::Home, Place::Company]),
    group(
        "Telephone",
        &[
            Place::CallCenters,
            Place::SoftphoneLayouts,
            Place::ScreenPops,
            Place::Calls,
            Place::PhoneSystem,
        ],
    ),
    group(
        "People and rights",
        &[
            Place::Users,
            Place::Profiles,
            Place::PermissionSets,
            Place::PermissionSetGroups,
            Place::Roles,
            Place::Groups,
            Place::Sharing,
        ],
    ),
    group(
        "Data",
        &[
            Place::ObjectManager,
            Place::PersonAccounts,
            Place::ChangeDataCapture,
        ],
    ),
    group(
        "Custom code",
        &[Place::ServerScripts, Place::Pages, Place::StaticResources],
    ),
    group(
        "Integrations",
        &[Place::ConnectedApps, Place::ApiAccess, Place::ApiUsage],
    ),
    group(
        "Operations",
        &[
            Place::LoginHistory,
            Place::AuditTrail,
            Place::Certificate,
            Place::Storage,
            Place::Backups,
        ],
    ),
];

impl Place {
    pub(super) fn label(self) -> &'static str {
        self.row().0
    }

    pub(super) fn path(self) -> &'static str {
        self.row().1
    }

    /// Its name and its address.
    fn row(self) -> (&'static str, &'static str) {
        match self {
            Self::Home => ("Setup Home", "/lightning/setup/home"),
            Self::Company => ("Company Information", "/lightning/setup/company"),
            Self::CallCenters => ("Call Centers", "/lightning/setup/call-centers"),
            Self::SoftphoneLayouts => ("Softphone Layouts", "/lightning/setup/softphone-layouts"),
            Self::ScreenPops => ("Screen Pops", "/lightning/setup/screen-pops"),
            Self::Calls => ("Calls and Logs", "/lightning/setup/calls"),
            Self::PhoneSystem => ("Phone System", "/lightning/setup/phone-system"),
            Self::Users => ("Users", "/lightning/setup/users"),
            Self::ConnectedApps => ("Connected Apps", "/lightning/setup/connected-apps"),
            Self::ApiAccess => ("API Access", "/lightning/setup/api-access"),
            Self::ObjectManager => ("Object Manager", "/lightning/setup/object-manager"),
            Self::PersonAccounts => ("Person Accounts", "/lightning/setup/person-accounts"),
            Self::ServerScripts => ("Server Scripts", "/lightning/setup/code/classes"),
            Self::Pages => ("Pages", "/lightning/setup/code/pages"),
            Self::StaticResources => ("Static Resources", "/lightning/setup/static-resources"),
            Self::ChangeDataCapture => (
                "Change Data Capture",
                "/lightning/setup/change-data-capture",
            ),
            Self::ApiUsage => ("API Usage", "/lightning/setup/api-usage"),
            Self::Backups => ("Backups", "/lightning/setup/backups"),
            Self::Certificate => ("TLS Certificate", "/lightning/setup/certificate"),
            Self::Storage => ("Storage Usage", "/lightning/setup/storage"),
            Self::Profiles => ("Profiles", "/lightning/setup/rows/Profile"),
            Self::PermissionSets => ("Permission Sets", "/lightning/setup/rows/PermissionSet"),
            Self::PermissionSetGroups => (
                "Permission Set Groups",
                "/lightning/setup/rows/PermissionSetGroup",
            ),
            Self::Roles => ("Roles", "/lightning/setup/roles"),
            Self::Groups => ("Groups and Queues", "/lightning/setup/rows/Group"),
            Self::Sharing => ("Sharing Settings", "/lightning/setup/sharing"),
            Self::LoginHistory => ("Login History", "/lightning/setup/login-history"),
            Self::AuditTrail => (
                "View Setup Audit Trail",
                "/lightning/setup/rows/SetupAuditTrail",
            ),
        }
    }

    /// Name in the design system's utility sprite.
    pub(super) fn icon(self) -> &'static str {
        match self {
            Self::Home => "settings",
            Self::Company => "company",
            Self::CallCenters => "call",
            Self::SoftphoneLayouts => "layout",
            Self::ScreenPops => "magicwand",
            Self::Calls => "log_a_call",
            Self::PhoneSystem => "incoming_call",
            Self::Users => "people",
            Self::ConnectedApps => "connected_apps",
            Self::ApiAccess => "key",
            Self::ObjectManager => "database",
            Self::PersonAccounts => "user",
            Self::ServerScripts => "apex",
            Self::Pages => "page",
            Self::StaticResources => "attach",
            Self::ChangeDataCapture => "sync",
            Self::ApiUsage => "metrics",
            Self::Backups => "archive",
            Self::Certificate => "shield",
            Self::Storage => "database",
            Self::Profiles | Self::PermissionSets | Self::PermissionSetGroups => "lock",
            Self::Roles => "hierarchy",
            Self::Groups => "groups",
            Self::Sharing => "share",
            Self::LoginHistory | Self::AuditTrail => "clock",
        }
    }

    /// What its pages show: the right that they need beside View Setup.
    pub(super) fn needs(self) -> Permission {
        match self {
            Self::Home
            | Self::ApiUsage
            | Self::Backups
            | Self::Certificate
            | Self::Storage
            | Self::Profiles
            | Self::PermissionSets
            | Self::PermissionSetGroups
            | Self::AuditTrail => Permission::ViewSetup,
            Self::CallCenters
            | Self::SoftphoneLayouts
            | Self::ScreenPops
            | Self::Calls
            | Self::PhoneSystem => Permission::ManageCallCenters,
            Self::Users | Self::Roles | Self::Groups | Self::Sharing | Self::LoginHistory => {
                Permission::ManageUsers
            }
            Self::ServerScripts | Self::Pages | Self::StaticResources => Permission::AuthorApex,
            Self::ConnectedApps
            | Self::ApiAccess
            | Self::Company
            | Self::ObjectManager
            | Self::PersonAccounts
            | Self::ChangeDataCapture => Permission::CustomizeApplication,
        }
    }
}
