//! `/services/oauth2/authorize`: an app brings a person here to sign in. Who is signed in already
//! goes on to the consent, unless the app asks for a fresh login (`prompt=login`).

use askama::Template;
use axum::Form;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use offhook_store::accounts::SignInError;
use serde::Deserialize;

use super::request::Asked;
use crate::console::{login, shell};
use crate::error::Failure;
use crate::session::{self, Origin, SignedIn, Visit};
use crate::{AppState, now_ms};

#[derive(Template)]
#[template(path = "oauth/login.html")]
struct LoginTemplate<'a> {
    app: &'a str,
    request: &'a str,
    csrf: &'a str,
    user_name: &'a str,
    problem: Option<String>,
}

/// `GET`: the login form, or on to the consent.
pub(super) async fn page(
    State(state): State<AppState>,
    visit: Visit,
    headers: HeaderMap,
    who: Result<SignedIn, Failure>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let query = query.unwrap_or_default();
    if let Some(address) = at_our_origin(&state, &headers, &query) {
        return Ok(super::request::found_at(&address));
    }
    let asked = match Asked::of(&state, &visit, &query).await {
        Ok(asked) => asked,
        Err(answer) => return Ok(answer),
    };
    if who.is_ok() && !asked.prompts("login") {
        return Ok(super::request::found_at(&asked.approve_path()));
    }
    let csrf = who.map(|who| who.session.csrf_token).unwrap_or_default();
    form(&asked, &visit, &csrf, &asked.login_hint, None)
}

/// A program on this computer may call us `localhost` where we call ourselves `127.0.0.1`: forms
/// and cookies need the one origin that we know.
fn at_our_origin(state: &AppState, headers: &HeaderMap, query: &str) -> Option<String> {
    let ours = &state.settings.console_origin;
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let (_, our_host) = ours.split_once("://")?;
    let (name, port) = host.rsplit_once(':')?;
    let (our_name, our_port) = our_host.rsplit_once(':')?;
    let is_loopback = |name: &str| matches!(name, "localhost" | "127.0.0.1" | "[::1]");
    let is_other = is_loopback(name) && is_loopback(our_name) && name != our_name;
    (is_other && port == our_port).then(|| format!("{ours}/services/oauth2/authorize?{query}"))
}

fn form(
    asked: &Asked,
    visit: &Visit,
    csrf: &str,
    user_name: &str,
    problem: Option<(StatusCode, String)>,
) -> Result<Response, Failure> {
    let (status, problem) = match problem {
        Some((status, problem)) => (status, Some(problem)),
        None => (StatusCode::OK, None),
    };
    let body = LoginTemplate {
        app: &asked.app.settings.name,
        request: &asked.query,
        csrf,
        user_name,
        problem,
    };
    let page = shell::bare_page(visit, status, "Sign in", &body)?;
    Ok(asked.lets_form_lead_to_app(page))
}

#[derive(Deserialize)]
pub(super) struct Entry {
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    request: String,
}

/// `POST`: the form.
pub(super) async fn sign_in(
    State(state): State<AppState>,
    visit: Visit,
    origin: Origin,
    who: Result<SignedIn, Failure>,
    Form(entry): Form<Entry>,
) -> Result<Response, Failure> {
    let asked = match Asked::of(&state, &visit, &entry.request).await {
        Ok(asked) => asked,
        Err(answer) => return Ok(answer),
    };
    let name = entry.username.trim();
    let signed_in = state.store.sign_in(name, &entry.password, now_ms()).await;
    let app = &asked.app.settings.name;
    origin.note(&state, name, &signed_in, app, "/services/oauth2/authorize");
    let problem = match signed_in {
        Ok(session) => {
            origin.describe(&state, &session).await?;
            let cookie = session::set_cookie(&state, &session.token);
            let go = Redirect::to(&asked.approve_path());
            return Ok(([(header::SET_COOKIE, cookie)], go).into_response());
        }
        Err(SignInError::Store(error)) => return Err(error.into()),
        Err(problem) => login::told(&problem),
    };
    let csrf = who.map(|who| who.session.csrf_token).unwrap_or_default();
    form(&asked, &visit, &csrf, name, Some(problem))
}
