//! `/services/oauth2/approve`: what the app asks for, and the person's answer. Nobody is asked
//! where an administrator approved the app for the user, nor again by an app that has a secret.

use askama::Template;
use axum::Form;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use offhook_org::oauth::{PermittedUsers, Scopes};
use serde::Deserialize;

use super::request::{Asked, found_at};
use crate::console::shell;
use crate::error::Failure;
use crate::session::{SignedIn, Visit};
use crate::{AppState, now_ms};

#[derive(Template)]
#[template(path = "oauth/consent.html")]
struct ConsentTemplate<'a> {
    app: &'a str,
    request: &'a str,
    csrf: &'a str,
    user_name: &'a str,
    wants: Vec<&'static str>,
    leads_to: &'a str,
}

/// What scopes mean to a person.
pub(super) fn meanings(scopes: &Scopes) -> Vec<&'static str> {
    scopes
        .iter()
        .map(offhook_org::oauth::Scope::meaning)
        .collect()
}

/// `GET`: the question, or back to the app with its code.
pub(super) async fn page(
    State(state): State<AppState>,
    visit: Visit,
    who: Result<SignedIn, Failure>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let asked = match Asked::of(&state, &visit, &query.unwrap_or_default()).await {
        Ok(asked) => asked,
        Err(answer) => return Ok(answer),
    };
    let Ok(who) = who else {
        let login = format!("/services/oauth2/authorize?{}", asked.query);
        return Ok(found_at(&login));
    };
    if let Some(answer) = without_asking(&state, &asked, &who).await? {
        return Ok(answer);
    }
    let body = ConsentTemplate {
        app: &asked.app.settings.name,
        request: &asked.query,
        csrf: &who.session.csrf_token,
        user_name: &who.user.user_name,
        wants: meanings(&asked.authorization.scopes),
        leads_to: &asked.authorization.redirect_uri,
    };
    let page = shell::bare_page(&visit, StatusCode::OK, "Allow access?", &body)?;
    Ok(asked.lets_form_lead_to_app(page))
}

async fn without_asking(
    state: &AppState,
    asked: &Asked,
    who: &SignedIn,
) -> Result<Option<Response>, Failure> {
    let settings = &asked.app.settings;
    let is_clear = match settings.permitted_users {
        PermittedUsers::AdminApproved => {
            if !state
                .store
                .is_approved_for(&asked.app, who.user_id())
                .await?
            {
                let why = "user is not admin approved to access this app";
                let address = asked.authorization.refused("access_denied", why);
                return Ok(Some(found_at(&address)));
            }
            true
        }
        PermittedUsers::AllUsers => {
            let (app, scopes) = (&asked.app.id, &asked.authorization.scopes);
            // Anybody can pose as an app without a secret: it asks each time.
            settings.secret_required
                && !asked.prompts("consent")
                && state.store.has_granted(app, who.user_id(), scopes).await?
        }
    };
    match is_clear {
        true => granted(state, asked, who).await.map(Some),
        false => Ok(None),
    }
}

async fn granted(state: &AppState, asked: &Asked, who: &SignedIn) -> Result<Response, Failure> {
    let authorization = &asked.authorization;
    let (app, user) = (&asked.app, who.user_id());
    let issued = state
        .store
        .issue_authorization_code(app, user, authorization, now_ms());
    Ok(found_at(&authorization.granted(&issued.await?)))
}

#[derive(Deserialize)]
pub(super) struct Answer {
    #[serde(default)]
    request: String,
    #[serde(default)]
    answer: String,
}

/// `POST`: the answer.
pub(super) async fn answer(
    State(state): State<AppState>,
    visit: Visit,
    who: SignedIn,
    Form(entry): Form<Answer>,
) -> Result<Response, Failure> {
    let asked = match Asked::of(&state, &visit, &entry.request).await {
        Ok(asked) => asked,
        Err(answer) => return Ok(answer),
    };
    if entry.answer != "allow" {
        let why = "end-user denied authorization";
        let address = asked.authorization.refused("access_denied", why);
        return Ok(found_at(&address).into_response());
    }
    if asked.app.settings.permitted_users == PermittedUsers::AdminApproved {
        return match without_asking(&state, &asked, &who).await? {
            Some(answer) => Ok(answer),
            None => Err(Failure::NotFound),
        };
    }
    granted(&state, &asked, &who).await
}
