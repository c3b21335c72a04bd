//! Why has this user a phone, or none? Every link of the chain from the account to the adapter's
//! page, and where each is mended.

use std::time::Duration;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use offhook_calls::AgentId;
use offhook_org::access::{Operation, Permission};
use offhook_org::{RecordId, UserContext};
use offhook_store::cti::StoredCallCenter;

use super::frame::{self, Place, admit};
use super::softphone_layout_assignment;
use crate::AppState;
use crate::error::Failure;
use crate::opencti::AdapterUrl;
use crate::session::SignedIn;

/// So long a server of an adapter is waited for.
const REACH_TIME: Duration = Duration::from_secs(3);

/// How a link stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Good,
    Bad,
    /// Not bad for the phone itself.
    Weak,
    /// Cannot be known before another link is mended.
    Open,
}

/// A link of the chain.
struct Link {
    mark: Mark,
    title: &'static str,
    text: String,
    /// Address and words of where it is mended or looked at.
    fix: Option<(String, &'static str)>,
}

#[derive(Template)]
#[template(path = "setup/phone_check.html")]
struct CheckTemplate<'a> {
    name: &'a str,
    verdict: String,
    is_well: bool,
    links: Vec<Link>,
}

/// `GET /lightning/setup/users/{id}/phone`.
pub(super) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    admit(&who, Place::CallCenters)?;
    let id = RecordId::parse(&id).map_err(|_| Failure::NotFound)?;
    let user = state.store.phone_user(&id).await?;
    let user = user.ok_or(Failure::NotFound)?;
    let context = state.store.user_context(&id).await?;
    let center = state.store.call_center_of(&id).await?;
    let mut links = vec![account(&state, &id, context.as_ref()).await?];
    links.push(cti_access(&id, context.as_ref()));
    links.push(membership(&user, center.as_ref()));
    links.extend(definition(&state, center.as_ref()).await);
    links.push(layout(&state, context.as_ref(), &user.profile).await?);
    links.push(app());
    links.push(logging(&id, context.as_ref()));
    links.push(open_now(&state, &id));
    let first_bad = links.iter().find(|link| link.mark == Mark::Bad);
    let body = CheckTemplate {
        verdict: match first_bad {
            None => format!("{} has a phone.", user.name),
            Some(link) => format!("{} has no phone that works: {}", user.name, link.text),
        },
        is_well: first_bad.is_none(),
        name: &user.name,
        links,
    };
    let title = format!("Phone of {}", user.name);
    frame::page(&state, &who, Place::CallCenters, &title, None, &body).await
}

fn link(
    mark: Mark,
    title: &'static str,
    text: impl Into<String>,
    fix: Option<(String, &'static str)>,
) -> Link {
    Link {
        mark,
        title,
        text: text.into(),
        fix,
    }
}

async fn account(
    state: &AppState,
    id: &RecordId,
    context: Option<&UserContext>,
) -> Result<Link, Failure> {
    let title = "The account";
    let fix = Some((format!("/lightning/setup/rows/User/{id}"), "Open the user"));
    if context.is_some() {
        let text = "The user is active and not frozen.";
        return Ok(link(Mark::Good, title, text, None));
    }
    let text = match state.store.is_frozen(id).await? {
        true => "The user is frozen and cannot sign in: unfreeze the user.",
        false => "The user is not active and cannot sign in: activate the user.",
    };
    Ok(link(Mark::Bad, title, text, fix))
}

fn cti_access(id: &RecordId, context: Option<&UserContext>) -> Link {
    let title = "CTI Access";
    let fix = |words| Some((format!("/lightning/setup/users/{id}/access"), words));
    match context {
        None => link(Mark::Open, title, "Known when the user is active.", None),
        Some(user) if user.holds(Permission::CtiAccess) => {
            let text = "The user holds the permission CTI Access.";
            link(Mark::Good, title, text, fix("See where it comes from"))
        }
        Some(user) => {
            let text = format!(
                "The user lacks the permission CTI Access: give it to the profile {}, or assign \
                 a permission set that has it.",
                user.profile.name
            );
            let fix = (
                "/lightning/setup/rows/PermissionSet".to_owned(),
                "Permission sets",
            );
            link(Mark::Bad, title, text, Some(fix))
        }
    }
}

fn membership(user: &offhook_store::cti::PhoneUser, center: Option<&StoredCallCenter>) -> Link {
    let title = "The call center";
    let Some(center) = center else {
        let text = "The user is in no call center: add the user to one.";
        let fix = (Place::CallCenters.path().to_owned(), "Choose a call center");
        return link(Mark::Bad, title, text, Some(fix));
    };
    let name = &center.definition.display_name;
    let text = match &user.by_group {
        Some(group) => format!("The user is in {name} through the public group {group}."),
        None => format!("The user is in {name}."),
    };
    let fix = format!("{}/{}/users", Place::CallCenters.path(), center.id);
    link(Mark::Good, title, text, Some((fix, "Its users")))
}

/// What the definition says, and whether anybody is there.
async fn definition(state: &AppState, center: Option<&StoredCallCenter>) -> [Link; 2] {
    let (what, where_) = ("The definition", "The adapter's server");
    let Some(center) = center else {
        let text = "Known when the user is in a call center.";
        return [what, where_].map(|title| link(Mark::Open, title, text, None));
    };
    let path = format!("{}/{}", Place::CallCenters.path(), center.id);
    let adapter = match AdapterUrl::of(&center.definition, &state.settings) {
        Ok(adapter) => adapter,
        Err(problem) => {
            let fix = Some((format!("{path}/edit"), "Edit the call center"));
            let text = "Known when the definition is right.";
            return [
                link(Mark::Bad, what, format!("{problem}."), fix),
                link(Mark::Open, where_, text, None),
            ];
        }
    };
    let text = format!("The console loads {}.", adapter.text());
    let good = link(
        Mark::Good,
        what,
        text,
        Some((path.clone(), "The definition")),
    );
    if adapter.origin == state.settings.pages_origin {
        let text = "This server gives the page itself.";
        return [good, link(Mark::Good, where_, text, None)];
    }
    let reached = match reach(&adapter.origin).await {
        Ok(()) => {
            let text = format!(
                "{} takes connections. Its page may still refuse to be framed: look into the \
                 browser's console then.",
                adapter.origin
            );
            link(Mark::Good, where_, text, None)
        }
        Err(why) => {
            let text = format!(
                "{} was not reached from this server: {why}.",
                adapter.origin
            );
            link(
                Mark::Bad,
                where_,
                text,
                Some((format!("{path}/edit"), "Edit its address")),
            )
        }
    };
    [good, reached]
}

/// Connects to the server and says no word.
async fn reach(origin: &str) -> Result<(), String> {
    let uri: Uri = origin.parse().map_err(|_| "it is no address".to_owned())?;
    let host = uri.host().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = uri.port_u16().unwrap_or(match uri.scheme_str() {
        Some("http") => 80,
        _ => 443,
    });
    let connect = tokio::net::TcpStream::connect((host, port));
    match tokio::time::timeout(REACH_TIME, connect).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no answer in {} s", REACH_TIME.as_secs())),
    }
}

async fn layout(
    state: &AppState,
    context: Option<&UserContext>,
    profile: &str,
) -> Result<Link, Failure> {
    let title = "The softphone layout";
    let assigned = state.store.assigned_layout(profile).await?;
    let name = &assigned.layout.name;
    let why = match assigned.is_assigned {
        true => format!("{name}, assigned to the profile {profile}"),
        false => format!("{name}, the default: no layout is assigned to the profile {profile}"),
    };
    let fix = Some((
        softphone_layout_assignment::PATH.to_owned(),
        "Layout assignment",
    ));
    let Some(user) = context else {
        return Ok(link(Mark::Open, title, format!("{why}."), fix));
    };
    let schema = state.store.schema();
    let objects = &assigned.layout.inbound.objects;
    let found = objects.iter().filter(|object| {
        user.may(object.object.as_str(), Operation::Read)
            && object.readable_fields(&schema, user).next().is_some()
    });
    Ok(match found.count() {
        0 => {
            let text = format!(
                "{why}. The user may read nothing that it searches, so no call finds a record."
            );
            link(Mark::Weak, title, text, fix)
        }
        count => {
            let text =
                format!("{why}. Inbound calls search {count} objects that the user may read.");
            link(Mark::Good, title, text, fix)
        }
    })
}

/// The console is the one app, and its utility bar always has the item.
fn app() -> Link {
    let text = "The console has the item Phone in its utility bar for everybody with CTI Access \
                and a call center.";
    link(Mark::Good, "The app's utility bar", text, None)
}

fn logging(id: &RecordId, context: Option<&UserContext>) -> Link {
    let title = "Call logs";
    match context {
        None => link(Mark::Open, title, "Known when the user is active.", None),
        Some(user) if user.holds(Permission::EditTask) => {
            let text = "The user holds Edit Tasks, so calls can be logged from the softphone.";
            link(Mark::Good, title, text, None)
        }
        Some(_) => {
            let text = "The user lacks the permission Edit Tasks: the softphone cannot log calls.";
            let fix = (
                format!("/lightning/setup/users/{id}/access"),
                "The user's rights",
            );
            link(Mark::Weak, title, text, Some(fix))
        }
    }
}

fn open_now(state: &AppState, id: &RecordId) -> Link {
    let title = "Open now";
    match state.sockets.is_connected(&AgentId::new(id.as_str())) {
        true => link(
            Mark::Good,
            title,
            "The softphone is open in a browser.",
            None,
        ),
        false => {
            let text = "No softphone of this server is open for the user now. A console that \
                        was loaded before the user got the phone shows it after a reload.";
            link(Mark::Open, title, text, None)
        }
    }
}
