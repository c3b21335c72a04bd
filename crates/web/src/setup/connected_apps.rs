//! Connected apps: the list, one with its secrets and the users who gave it a token, and what
//! ends: a secret, a user's tokens, all tokens, the app.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use offhook_org::RecordId;
use offhook_org::oauth::{Flow, PermittedUsers};
use offhook_store::accounts::{AppError, AppSecret, AppUse, ConnectedApp, read_certificate};
use serde::Deserialize;

use super::frame::{self, Place, admit};
use super::show;
use crate::console::flash::{self, Flash};
use crate::error::Failure;
use crate::session::SignedIn;
use crate::{AppState, now_ms};

const HOUR_MS: i64 = 60 * 60 * 1_000;

/// Choices for how long a secret stays good that was rotated away, in hours.
pub(super) const OVERLAPS_H: [i64; 4] = [0, 1, 24, 168];

struct Row {
    id: String,
    name: String,
    flows: String,
    who: &'static str,
    user_count: u32,
    blocked: bool,
    built_in: bool,
}

#[derive(Template)]
#[template(path = "setup/connected_apps.html")]
struct ListTemplate {
    rows: Vec<Row>,
}

/// `GET /lightning/setup/connected-apps`.
pub(super) async fn list(
    State(state): State<AppState>,
    who: SignedIn,
    Flash(notice): Flash,
) -> Result<Response, Failure> {
    admit(&who, Place::ConnectedApps)?;
    let counts = state.store.app_user_counts(now_ms()).await?;
    let row = |app: ConnectedApp| Row {
        user_count: counts.get(&app.id).copied().unwrap_or(0),
        id: app.id.to_string(),
        flows: flows(&app),
        who: permitted(&app),
        blocked: app.settings.is_blocked,
        built_in: app.is_built_in,
        name: app.settings.name,
    };
    let apps = state.store.connected_apps().await?;
    let body = ListTemplate {
        rows: apps.into_iter().map(row).collect(),
    };
    let place = Place::ConnectedApps;
    let page = frame::page(&state, &who, place, place.label(), notice, &body).await;
    page.map(flash::said)
}

fn flows(app: &ConnectedApp) -> String {
    let labels: Vec<&str> = app.settings.flows.iter().map(|flow| flow.label()).collect();
    labels.join(", ")
}

fn permitted(app: &ConnectedApp) -> &'static str {
    match app.settings.permitted_users {
        PermittedUsers::AllUsers => "All users, who are asked",
        PermittedUsers::AdminApproved => "Users whom an administrator approved",
    }
}

struct SecretRow {
    created: String,
    ends: Option<String>,
}

struct UseRow {
    user: String,
    name: String,
    grants: u32,
    sessions: u32,
    last_used: String,
}

#[derive(Template)]
#[template(path = "setup/connected_app.html")]
struct DetailTemplate<'a> {
    csrf: &'a str,
    app: &'a ConnectedApp,
    id: &'a str,
    created: String,
    flows: String,
    scopes: String,
    who: &'static str,
    approved: Vec<String>,
    run_as: Option<String>,
    certificate: Option<String>,
    /// A secret that was just made: shown this once.
    secret: Option<&'a str>,
    secrets: Vec<SecretRow>,
    uses: Vec<UseRow>,
    overlaps_h: [i64; 4],
    needs_secret: bool,
}

/// `GET /lightning/setup/connected-apps/{id}`.
pub(super) async fn detail(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    Flash(notice): Flash,
) -> Result<Response, Failure> {
    admit(&who, Place::ConnectedApps)?;
    let app = find(&state, &id).await?;
    let page = detail_page(&state, &who, &app, None, notice).await;
    page.map(flash::said)
}

/// The page of an app; with its new secret, once.
pub(super) async fn detail_page(
    state: &AppState,
    who: &SignedIn,
    app: &ConnectedApp,
    secret: Option<&str>,
    notice: Option<flash::Notice>,
) -> Result<Response, Failure> {
    let now_ms = now_ms();
    let settings = &app.settings;
    let secrets = state.store.app_secrets(&app.id, now_ms).await?;
    let uses = state.store.app_uses(&app.id, now_ms).await?;
    let body = DetailTemplate {
        csrf: &who.session.csrf_token,
        app,
        id: app.id.as_str(),
        created: match app.created_at_ms {
            0 => "Comes with Offhook".to_owned(),
            at_ms => show::moment(at_ms, &who.user),
        },
        flows: flows(app),
        scopes: settings.scopes.to_string(),
        who: permitted(app),
        approved: approved(state, app).await?,
        run_as: match &settings.run_as {
            Some(user) => Some(name_of(state, user).await?),
            None => None,
        },
        certificate: settings
            .certificate
            .as_deref()
            .map(|pem| shown_certificate(pem, who)),
        secret,
        secrets: secrets.iter().map(|s| secret_row(s, who)).collect(),
        uses: uses.into_iter().map(|u| use_row(u, who)).collect(),
        overlaps_h: OVERLAPS_H,
        needs_secret: settings.secret_required
            || settings.flows.contains(&Flow::ClientCredentials)
            || settings.flows.contains(&Flow::UsernamePassword),
    };
    frame::page(
        state,
        who,
        Place::ConnectedApps,
        &settings.name,
        notice,
        &body,
    )
    .await
}

async fn approved(state: &AppState, app: &ConnectedApp) -> Result<Vec<String>, Failure> {
    let mut names: Vec<String> = app.settings.profiles.iter().cloned().collect();
    for (id, label) in super::connected_app_form::permission_sets(state).await? {
        if app.settings.permission_sets.contains(&id) {
            names.push(label);
        }
    }
    Ok(names)
}

async fn name_of(state: &AppState, user: &RecordId) -> Result<String, Failure> {
    let found = state.store.user_context(user).await?;
    Ok(found.map_or_else(|| format!("{user} (not active)"), |user| user.user_name))
}

fn shown_certificate(pem: &str, who: &SignedIn) -> String {
    match read_certificate(pem) {
        Ok(facts) => {
            let subject = match facts.subject.as_str() {
                "" => "A public key",
                subject => subject,
            };
            let until = facts
                .not_after_ms
                .map(|at_ms| show::moment(at_ms, &who.user));
            let until = until.map_or_else(String::new, |until| format!(", good until {until}"));
            format!("{subject}{until} (key {})", facts.fingerprint)
        }
        Err(why) => why,
    }
}

fn secret_row(secret: &AppSecret, who: &SignedIn) -> SecretRow {
    SecretRow {
        created: show::moment(secret.created_at_ms, &who.user),
        ends: secret
            .ends_at_ms
            .map(|at_ms| show::moment(at_ms, &who.user)),
    }
}

fn use_row(app_use: AppUse, who: &SignedIn) -> UseRow {
    UseRow {
        user: app_use.user.to_string(),
        last_used: show::moment(app_use.last_used_ms, &who.user),
        name: app_use.user_name,
        grants: app_use.grants,
        sessions: app_use.sessions,
    }
}

/// The app with this id in a URL.
pub(super) async fn find(state: &AppState, id: &str) -> Result<ConnectedApp, Failure> {
    let id = RecordId::parse(id).map_err(|_| Failure::NotFound)?;
    state
        .store
        .connected_app(&id)
        .await?
        .ok_or(Failure::NotFound)
}

/// A refusal that no form can mend.
pub(super) fn refusal(error: AppError) -> Failure {
    match error {
        AppError::Store(error) => error.into(),
        AppError::NotFound => Failure::NotFound,
        AppError::NotAllowed => Failure::Forbidden {
            needs: format!("{error}. Ask an administrator for it."),
        },
        AppError::BuiltIn | AppError::TooMany | AppError::Problems(_) => Failure::BadRequest {
            why: format!("{error}."),
        },
    }
}

#[derive(Deserialize)]
pub(super) struct Rotation {
    #[serde(default)]
    overlap_h: i64,
}

/// `POST …/secret`: a new secret, shown on the page that answers.
pub(super) async fn rotate(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    Form(rotation): Form<Rotation>,
) -> Result<Response, Failure> {
    admit(&who, Place::ConnectedApps)?;
    let app = find(&state, &id).await?;
    let overlap_h = rotation.overlap_h;
    if !OVERLAPS_H.contains(&overlap_h) {
        let why = "Choose one of the times that the page offers.".to_owned();
        return Err(Failure::BadRequest { why });
    }
    let rotated = state
        .store
        .rotate_app_secret(&who.user, &app.id, overlap_h * HOUR_MS, now_ms());
    let secret = rotated.await.map_err(refusal)?;
    detail_page(&state, &who, &app, Some(&secret), None).await
}

#[derive(Deserialize)]
pub(super) struct Revocation {
    /// A user's id; empty: all users.
    #[serde(default)]
    user: String,
}

/// `POST …/revoke`.
pub(super) async fn revoke(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    Form(revocation): Form<Revocation>,
) -> Result<Response, Failure> {
    admit(&who, Place::ConnectedApps)?;
    let app = find(&state, &id).await?;
    let user = match revocation.user.as_str() {
        "" => None,
        user => Some(RecordId::parse(user).map_err(|_| Failure::NotFound)?),
    };
    let revoked = state
        .store
        .revoke_app_tokens(&who.user, &app.id, user.as_ref());
    revoked.await.map_err(refusal)?;
    let text = match user {
        Some(_) => "The user's tokens have ended.",
        None => "All tokens of this app have ended.",
    };
    let target = format!("{}/{}", Place::ConnectedApps.path(), app.id);
    Ok(flash::redirect(&target, text, None))
}

#[derive(Template)]
#[template(path = "setup/connected_app_delete.html")]
struct DeleteTemplate<'a> {
    id: &'a str,
    csrf: &'a str,
    name: &'a str,
    user_count: u32,
    built_in: bool,
    /// All tokens end, and the app stays.
    only_tokens: bool,
}

/// `GET …/delete`.
pub(super) async fn confirm_delete(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    question(&state, &who, &id, false).await
}

/// `GET …/revoke`: the question before all tokens end.
pub(super) async fn confirm_revoke(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    question(&state, &who, &id, true).await
}

async fn question(
    state: &AppState,
    who: &SignedIn,
    id: &str,
    only_tokens: bool,
) -> Result<Response, Failure> {
    admit(who, Place::ConnectedApps)?;
    let app = find(state, id).await?;
    let counts = state.store.app_user_counts(now_ms()).await?;
    let name = &app.settings.name;
    let body = DeleteTemplate {
        id: app.id.as_str(),
        csrf: &who.session.csrf_token,
        name,
        user_count: counts.get(&app.id).copied().unwrap_or(0),
        built_in: app.is_built_in,
        only_tokens,
    };
    let title = match only_tokens {
        true => format!("End all tokens of {name}"),
        false => format!("Delete {name}"),
    };
    let (place, ok) = (Place::ConnectedApps, StatusCode::OK);
    frame::page_with_status(state, who, ok, place, &title, None, &body).await
}

/// `POST …/delete`.
pub(super) async fn delete(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    admit(&who, Place::ConnectedApps)?;
    let app = find(&state, &id).await?;
    let deleted = state.store.delete_connected_app(&who.user, &app.id).await;
    deleted.map_err(refusal)?;
    let text = format!(
        "{} was deleted, and its tokens have ended.",
        app.settings.name
    );
    Ok(flash::redirect(Place::ConnectedApps.path(), &text, None))
}
