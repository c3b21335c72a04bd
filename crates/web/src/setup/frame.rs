//! The frame of a Setup page: who may open it, the navigation at its left, and the page.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use offhook_org::access::Permission;
use offhook_store::usage::UsageLevel;

pub(super) use super::places::Place;
use super::places::{GROUPS, PlaceGroup};
use super::show;
use crate::AppState;
use crate::console::flash::Notice;
use crate::console::shell::{self, Head};
use crate::error::Failure;
use crate::session::SignedIn;

fn open_to(who: &SignedIn, place: Place) -> bool {
    who.user.holds(Permission::ViewSetup) && who.user.holds(place.needs())
}

/// Refuses users who may not open the place.
pub(super) fn admit(who: &SignedIn, place: Place) -> Result<(), Failure> {
    if open_to(who, place) {
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

struct LinkGroup {
    heading: &'static str,
    links: Vec<Link>,
}

#[derive(Template)]
#[template(path = "setup/frame.html")]
struct FrameTemplate {
    groups: Vec<LinkGroup>,
    /// Where one is, for the menu of a small screen.
    here: &'static str,
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
    let frame = FrameTemplate {
        groups: groups(who, place),
        here: place.label(),
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

/// The navigation as this user has it: without the places that are closed to them.
fn groups(who: &SignedIn, here: Place) -> Vec<LinkGroup> {
    let link = |place: Place| Link {
        label: place.label(),
        path: place.path(),
        icon: place.icon(),
        current: place == here,
    };
    let shown = |group: &PlaceGroup| LinkGroup {
        heading: group.heading,
        links: (group.places.iter().copied())
            .filter(|place| open_to(who, *place))
            .map(link)
            .collect(),
    };
    let groups = GROUPS.iter().map(shown);
    groups.filter(|group| !group.links.is_empty()).collect()
}
