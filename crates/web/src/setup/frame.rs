//! The frame of a Setup page: who may open it, the navigation at its left, and the page.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use offhook_org::access::Permission;
use offhook_store::usage::UsageLevel;

use super::show;
use crate::AppState;
use crate::console::flash::Notice;
use crate::console::shell::{self, Head};
use crate::error::Failure;
use crate::session::SignedIn;

/// A place in Setup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Home,
    CallCenters,
    SoftphoneLayouts,
    ScreenPops,
    Calls,
    PhoneSystem,
    Users,
    ConnectedApps,
    ApiAccess,
    ObjectManager,
    ChangeDataCapture,
    ApiUsage,
    Backups,
    Profiles,
    PermissionSets,
    PermissionSetGroups,
    Roles,
    Groups,
    Sharing,
    LoginHistory,
    AuditTrail,
}

impl Place {
    pub(super) const ALL: [Self; 21] = [
        Self::Home,
        Self::CallCenters,
        Self::SoftphoneLayouts,
        Self::ScreenPops,
        Self::Calls,
        Self::PhoneSystem,
        Self::Users,
        Self::ConnectedApps,
        Self::ApiAccess,
        Self::ObjectManager,
        Self::ChangeDataCapture,
        Self::ApiUsage,
        Self::Backups,
        Self::Profiles,
        Self::PermissionSets,
        Self::PermissionSetGroups,
        Self::Roles,
        Self::Groups,
        Self::Sharing,
        Self::LoginHistory,
        Self::AuditTrail,
    ];

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Home => "Setup Home",
            Self::CallCenters => "Call Centers",
            Self::SoftphoneLayouts => "Softphone Layouts",
            Self::ScreenPops => "Screen Pops",
            Self::Calls => "Calls and Logs",
            Self::PhoneSystem => "Phone System",
            Self::Users => "Users",
            Self::ConnectedApps => "Connected Apps",
            Self::ApiAccess => "API Access",
            Self::ObjectManager => "Object Manager",
            Self::ChangeDataCapture => "Change Data Capture",
            Self::ApiUsage => "API Usage",
            Self::Backups => "Backups",
            Self::Profiles => "Profiles",
            Self::PermissionSets => "Permission Sets",
            Self::PermissionSetGroups => "Permission Set Groups",
            Self::Roles => "Roles",
            Self::Groups => "Groups and Queues",
            Self::Sharing => "Sharing Settings",
            Self::LoginHistory => "Login History",
            Self::AuditTrail => "View Setup Audit Trail",
        }
    }

    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Home => "/lightning/setup/home",
            Self::CallCenters => "/lightning/setup/call-centers",
            Self::SoftphoneLayouts => "/lightning/setup/softphone-layouts",
            Self::ScreenPops => "/lightning/setup/screen-pops",
            Self::Calls => "/lightning/setup/calls",
            Self::PhoneSystem => "/lightning/setup/phone-system",
            Self::Users => "/lightning/setup/users",
            Self::ConnectedApps => "/lightning/setup/connected-apps",
            Self::ApiAccess => "/lightning/setup/api-access",
            Self::ObjectManager => "/lightning/setup/object-manager",
            Self::ChangeDataCapture => "/lightning/setup/change-data-capture",
            Self::ApiUsage => "/lightning/setup/api-usage",
            Self::Backups => "/lightning/setup/backups",
            Self::Profiles => "/lightning/setup/rows/Profile",
            Self::PermissionSets => "/lightning/setup/rows/PermissionSet",
            Self::PermissionSetGroups => "/lightning/setup/rows/PermissionSetGroup",
            Self::Roles => "/lightning/setup/rows/UserRole",
            Self::Groups => "/lightning/setup/rows/Group",
            Self::Sharing => "/lightning/setup/sharing",
            Self::LoginHistory => "/lightning/setup/rows/LoginHistory",
            Self::AuditTrail => "/lightning/setup/rows/SetupAuditTrail",
        }
    }

    /// Name in the design system's utility sprite.
    fn icon(self) -> &'static str {
        match self {
            Self::Home => "settings",
            Self::CallCenters => "call",
            Self::SoftphoneLayouts => "layout",
            Self::ScreenPops => "magicwand",
            Self::Calls => "log_a_call",
            Self::PhoneSystem => "incoming_call",
            Self::ConnectedApps => "connected_apps",
            Self::ApiAccess => "key",
            Self::ObjectManager => "database",
            Self::ChangeDataCapture => "sync",
            Self::ApiUsage => "metrics",
            Self::Backups => "archive",
            Self::Users | Self::Roles | Self::Groups => "people",
            Self::Profiles | Self::PermissionSets | Self::PermissionSetGroups => "lock",
            Self::Sharing => "share",
            Self::LoginHistory | Self::AuditTrail => "clock",
        }
    }

    /// What its pages show: the rights that they need beside View Setup.
    fn needs(self) -> Permission {
        match self {
            Self::Home
            | Self::ApiUsage
            | Self::Backups
            | Self::AuditTrail
            | Self::Profiles
            | Self::PermissionSets
            | Self::PermissionSetGroups => Permission::ViewSetup,
            Self::Users | Self::Roles | Self::Groups | Self::Sharing | Self::LoginHistory => {
                Permission::ManageUsers
            }
            Self::ObjectManager
            | Self::ChangeDataCapture
            | Self::ConnectedApps
            | Self::ApiAccess => Permission::CustomizeApplication,
            Self::CallCenters
            | Self::SoftphoneLayouts
            | Self::ScreenPops
            | Self::Calls
            | Self::PhoneSystem => Permission::ManageCallCenters,
        }
    }

    fn open_to(self, who: &SignedIn) -> bool {
        who.user.holds(Permission::ViewSetup) && who.user.holds(self.needs())
    }
}

/// Refuses users who may not open the place.
pub(super) fn admit(who: &SignedIn, place: Place) -> Result<(), Failure> {
    if place.open_to(who) {
        return Ok(());
    }
    let permission = match place.needs() {
        Permission::ViewSetup => "View Setup and Configuration".to_owned(),
        other => format!("View Setup and Configuration and {}", other.label()),
    };
    Err(Failure::Forbidden {
        needs: format!(
            "This page needs the permission {permission}. Ask an administrator for a profile \
             that has it."
        ),
    })
}

fn alert(state: &AppState) -> Option<&'static str> {
    let calls = state.store.api_calls(show::now_ms());
    let max = state.store.api_limits().daily_requests_max;
    match UsageLevel::of(calls, max) {
        UsageLevel::Fine => None,
        UsageLevel::Warning => Some("More than 70 % of the API calls of 24 hours are used."),
        UsageLevel::Critical => Some("More than 90 % of the API calls of 24 hours are used."),
        UsageLevel::Full => Some(
            "The limit of API calls is reached: API clients are refused. Calls and the console \
             go on.",
        ),
    }
}

struct Link {
    label: &'static str,
    path: &'static str,
    icon: &'static str,
    current: bool,
}

#[derive(Template)]
#[template(path = "setup/frame.html")]
struct FrameTemplate {
    links: Vec<Link>,
    /// The use of the APIs comes near its limit, or has reached it.
    alert: Option<&'static str>,
    body: String,
}

/// A Setup page with status 200.
pub(super) async fn page(
    state: &AppState,
    who: &SignedIn,
    place: Place,
    title: &str,
    notice: Option<Notice>,
    body: &impl Template,
) -> Result<Response, Failure> {
    page_with_status(state, who, StatusCode::OK, place, title, notice, body).await
}

/// A Setup page, for a form that was not right too.
pub(super) async fn page_with_status(
    state: &AppState,
    who: &SignedIn,
    status: StatusCode,
    place: Place,
    title: &str,
    notice: Option<Notice>,
    body: &impl Template,
) -> Result<Response, Failure> {
    let open = Place::ALL.into_iter().filter(|place| place.open_to(who));
    let link = |other: Place| Link {
        label: other.label(),
        path: other.path(),
        icon: other.icon(),
        current: other == place,
    };
    let frame = FrameTemplate {
        links: open.map(link).collect(),
        alert: alert(state),
        body: shell::render(body)?,
    };
    let head = Head {
        kind: "setup",
        title: title.to_owned(),
        icon: "settings".to_owned(),
        notice,
        ..Head::default()
    };
    shell::page_with_status(state, who, status, head, &frame).await
}
