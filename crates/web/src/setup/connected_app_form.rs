//! The form of a connected app: its choices as a page shows them, what comes back, and what is
//! wrong with it, field by field.

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use offhook_org::oauth::{
    ALL_SCOPES, AppProblem, AppSettings, Flow, PermittedUsers, Scope, Scopes,
};
use offhook_org::{FieldName, ObjectName, RecordId, UserContext, Value};
use offhook_store::accounts::AppError;
use offhook_store::org::{Filter, ListQuery, Order};

use super::connected_apps::{detail_page, find, refusal};
use super::frame::{self, Place, admit};
use crate::console::flash;
use crate::error::Failure;
use crate::session::SignedIn;
use crate::{AppState, now_ms, query};

/// Permission sets and users that a form offers.
const CHOICES_MAX: u32 = 500;

/// Refresh tokens end at most this many days after their last use.
const DAYS_MAX: u32 = 3_650;

struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "setup/connected_app_edit.html")]
struct FormTemplate<'a> {
    csrf: &'a str,
    action: &'a str,
    cancel: &'a str,
    title: &'a str,
    is_new: bool,
    settings: &'a AppSettings,
    redirect_uris: String,
    days: String,
    flows: Vec<Choice>,
    scopes: Vec<Choice>,
    profiles: Vec<Choice>,
    permission_sets: Vec<Choice>,
    users: Vec<Choice>,
    problems: &'a [AppProblem],
}

impl FormTemplate<'_> {
    /// What is wrong with a field.
    fn problem(&self, field: &str) -> Option<&str> {
        let found = self.problems.iter().find(|(name, _)| *name == field);
        found.map(|(_, text)| text.as_str())
    }

    fn is_admin_approved(&self) -> bool {
        self.settings.permitted_users == PermittedUsers::AdminApproved
    }
}

/// `GET /lightning/setup/connected-apps/new`.
pub(super) async fn new(State(state): State<AppState>, who: SignedIn) -> Result<Response, Failure> {
    admit(&who, Place::ConnectedApps)?;
    let settings = AppSettings {
        scopes: [Scope::Api, Scope::RefreshToken].into_iter().collect(),
        flows: [Flow::WebServer].into(),
        secret_required: true,
        ..AppSettings::default()
    };
    form(&state, &who, None, &settings, &[]).await
}

/// `GET …/{id}/edit`.
pub(super) async fn edit(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    admit(&who, Place::ConnectedApps)?;
    let app = find(&state, &id).await?;
    form(&state, &who, Some(&app.id), &app.settings, &[]).await
}

/// `POST /lightning/setup/connected-apps/new`: the answer shows the secret, once.
pub(super) async fn create(
    State(state): State<AppState>,
    who: SignedIn,
    body: Bytes,
) -> Result<Response, Failure> {
    admit(&who, Place::ConnectedApps)?;
    let (settings, problems) = read(&query::pairs(&body));
    if !problems.is_empty() {
        return form(&state, &who, None, &settings, &problems).await;
    }
    let made = state
        .store
        .create_connected_app(&who.user, &settings, now_ms())
        .await;
    match made {
        Ok((app, secret)) => detail_page(&state, &who, &app, Some(&secret), None).await,
        Err(AppError::Problems(problems)) => form(&state, &who, None, &settings, &problems).await,
        Err(error) => Err(refusal(error)),
    }
}

/// `POST …/{id}/edit`.
pub(super) async fn save(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Failure> {
    admit(&who, Place::ConnectedApps)?;
    let app = find(&state, &id).await?;
    let (settings, problems) = read(&query::pairs(&body));
    if !problems.is_empty() {
        return form(&state, &who, Some(&app.id), &settings, &problems).await;
    }
    match state
        .store
        .update_connected_app(&who.user, &app.id, &settings)
        .await
    {
        Ok(()) => {
            let target = format!("{}/{}", Place::ConnectedApps.path(), app.id);
            let text = format!("{} was saved.", settings.name.trim());
            Ok(flash::redirect(&target, &text, None))
        }
        Err(AppError::Problems(problems)) => {
            form(&state, &who, Some(&app.id), &settings, &problems).await
        }
        Err(error) => Err(refusal(error)),
    }
}

/// Where the form goes, where "Cancel" goes, and its title.
fn addresses(app: Option<&RecordId>, settings: &AppSettings) -> (String, String, String) {
    let root = Place::ConnectedApps.path();
    match app {
        Some(id) => {
            let path = format!("{root}/{id}");
            let title = format!("Edit {}", settings.name);
            (format!("{path}/edit"), path, title)
        }
        None => {
            let title = "New Connected App".to_owned();
            (format!("{root}/new"), root.to_owned(), title)
        }
    }
}

async fn form(
    state: &AppState,
    who: &SignedIn,
    app: Option<&RecordId>,
    settings: &AppSettings,
    problems: &[AppProblem],
) -> Result<Response, Failure> {
    let (action, cancel, title) = addresses(app, settings);
    let profiles = named(state, "Profile", "Name", Vec::new()).await?;
    let sets = permission_sets(state).await?;
    let choice = |value: String, label: String, chosen: bool| Choice {
        value,
        label,
        chosen,
    };
    let body = FormTemplate {
        csrf: &who.session.csrf_token,
        action: &action,
        cancel: &cancel,
        title: &title,
        is_new: app.is_none(),
        settings,
        redirect_uris: settings.redirect_uris.join("\n"),
        days: settings
            .refresh_token_days
            .map(|days| days.to_string())
            .unwrap_or_default(),
        flows: (Flow::ALL.into_iter())
            .map(|f| {
                choice(
                    f.name().into(),
                    f.label().into(),
                    settings.flows.contains(&f),
                )
            })
            .collect(),
        scopes: (ALL_SCOPES.into_iter())
            .map(|s| {
                let label = format!("{}: {}", s.name(), s.meaning());
                choice(s.name().into(), label, settings.scopes.names(s))
            })
            .collect(),
        profiles: (profiles.into_iter())
            .map(|(_, name)| {
                let chosen = settings.profiles.contains(&name);
                choice(name.clone(), name, chosen)
            })
            .collect(),
        permission_sets: (sets.into_iter())
            .map(|(id, label)| {
                let chosen = settings.permission_sets.contains(&id);
                choice(id.to_string(), label, chosen)
            })
            .collect(),
        users: users(state, settings).await?,
        problems,
    };
    let status = match problems.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let place = Place::ConnectedApps;
    frame::page_with_status(state, who, status, place, &title, None, &body).await
}

/// Permission sets that an app can be approved for: id and label.
pub(super) async fn permission_sets(state: &AppState) -> Result<Vec<(RecordId, String)>, Failure> {
    let own = Filter::Equals("IsOwnedByProfile".into(), Value::Boolean(false));
    let found = named(state, "PermissionSet", "Label", vec![own]).await?;
    Ok(found)
}

async fn users(state: &AppState, settings: &AppSettings) -> Result<Vec<Choice>, Failure> {
    let active = Filter::Equals("IsActive".into(), Value::Boolean(true));
    let found = named(state, "User", "Name", vec![active]).await?;
    let choice = |(id, label): (RecordId, String)| Choice {
        chosen: settings.run_as.as_ref() == Some(&id),
        value: id.to_string(),
        label,
    };
    Ok(found.into_iter().map(choice).collect())
}

/// An administrator of apps chooses among all of them, as the org itself sees them.
async fn named(
    state: &AppState,
    object: &str,
    label: &str,
    filters: Vec<Filter>,
) -> Result<Vec<(RecordId, String)>, Failure> {
    let query = ListQuery {
        object: ObjectName::new(object),
        filters,
        order: Some((FieldName::new(label), Order::Ascending)),
        offset: 0,
        limit: CHOICES_MAX,
    };
    let found = state.store.list(&UserContext::system(), &query).await?;
    let pair = |record: &offhook_org::Record| (record.id.clone(), record.text(label).to_owned());
    Ok(found.records.iter().map(pair).collect())
}

/// The settings of a form. What is no value of a choice is left out; what cannot be read is a
/// problem.
fn read(pairs: &[(String, String)]) -> (AppSettings, Vec<AppProblem>) {
    let value = |name: &str| query::value(pairs, name).trim().to_owned();
    let all = |name: &'static str| {
        let named = pairs.iter().filter(move |(key, _)| key == name);
        named.map(|(_, value)| value.as_str())
    };
    let is_on = |name: &str| !query::value(pairs, name).is_empty();
    let mut problems = Vec::new();
    let refresh_token_days = match value("refresh_token_days").as_str() {
        "" => None,
        text => match text.parse::<u32>() {
            Ok(days) if (1..=DAYS_MAX).contains(&days) => Some(days),
            _ => {
                let text = format!("Enter a number of days from 1 to {DAYS_MAX}, or nothing.");
                problems.push(("refresh_token_days", text));
                None
            }
        },
    };
    let settings = AppSettings {
        name: value("name"),
        description: value("description"),
        contact_email: value("contact_email"),
        redirect_uris: lines(query::value(pairs, "redirect_uris")),
        scopes: Scopes::parse(&all("scope").collect::<Vec<_>>().join(" ")).unwrap_or_default(),
        flows: (Flow::ALL.into_iter())
            .filter(|flow| all("flow").any(|name| name == flow.name()))
            .collect(),
        secret_required: is_on("secret_required"),
        pkce_required: is_on("pkce_required"),
        rotate_refresh_tokens: is_on("rotate_refresh_tokens"),
        refresh_token_days,
        permitted_users: match value("permitted_users").as_str() {
            "admin_approved" => PermittedUsers::AdminApproved,
            _ => PermittedUsers::AllUsers,
        },
        profiles: all("profile").map(ToOwned::to_owned).collect(),
        permission_sets: all("permission_set")
            .filter_map(|id| RecordId::parse(id).ok())
            .collect(),
        run_as: RecordId::parse(&value("run_as")).ok(),
        certificate: Some(value("certificate")).filter(|pem| !pem.is_empty()),
        is_blocked: is_on("is_blocked"),
    };
    (settings, problems)
}

fn lines(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(ToOwned::to_owned).collect()
}
