//! Signing in and out.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use offhook_store::accounts::SignInError;
use serde::Deserialize;

use super::shell;
use crate::error::Failure;
use crate::session::{self, Origin, SignedIn, Visit};
use crate::{AppState, now_ms};

const HOME: &str = "/lightning/page/home";

#[derive(Template)]
#[template(path = "login.html")]
struct LoginTemplate<'a> {
    next: &'a str,
    user_name: &'a str,
    problem: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
pub(crate) struct Entry {
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

/// The form. Who is signed in already goes on.
pub(crate) async fn form(
    visit: Visit,
    who: Result<SignedIn, Failure>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    if who.is_ok() {
        return Ok(Redirect::to(own_path(&asked.next)).into_response());
    }
    let body = LoginTemplate {
        next: own_path(&asked.next),
        user_name: "",
        problem: None,
    };
    shell::bare_page(&visit, StatusCode::OK, "Sign in", &body)
}

/// Takes the form.
pub(crate) async fn sign_in(
    State(state): State<AppState>,
    visit: Visit,
    origin: Origin,
    Form(entry): Form<Entry>,
) -> Result<Response, Failure> {
    let name = entry.username.trim();
    let signed_in = state.store.sign_in(name, &entry.password, now_ms()).await;
    origin.note(&state, name, &signed_in, "Browser", "/login");
    let (status, problem) = match signed_in {
        Ok(session) => {
            origin.describe(&state, &session).await?;
            let cookie = session::set_cookie(&state, &session.token);
            let go = Redirect::to(own_path(&entry.next));
            return Ok(([(header::SET_COOKIE, cookie)], go).into_response());
        }
        Err(SignInError::Store(error)) => return Err(error.into()),
        Err(problem) => told(&problem),
    };
    let body = LoginTemplate {
        next: own_path(&entry.next),
        user_name: name,
        problem: Some(problem),
    };
    shell::bare_page(&visit, status, "Sign in", &body)
}

/// Ends the session, and with it every softphone that came from it.
pub(crate) async fn sign_out(
    State(state): State<AppState>,
    who: SignedIn,
) -> Result<Response, Failure> {
    state.store.sign_out(&who.session.token).await?;
    let mut headers = HeaderMap::new();
    headers.insert(header::SET_COOKIE, session::clear_cookie(&state));
    Ok((headers, Redirect::to("/login")).into_response())
}

/// Only a path of this console: never a way to another site, nor back to the login page.
pub(crate) fn own_path(next: &str) -> &str {
    let is_page = next.starts_with("/lightning/") || next.starts_with("/setup/connect");
    let own = is_page
        && !next.contains("//")
        && !next.contains('\\')
        && !next.chars().any(char::is_control);
    if own { next } else { HOME }
}

/// Why somebody could not sign in, as a person reads it.
pub(crate) fn told(problem: &SignInError) -> (StatusCode, String) {
    let status = match problem {
        SignInError::Wrong => StatusCode::UNAUTHORIZED,
        SignInError::Locked { .. } => StatusCode::TOO_MANY_REQUESTS,
        SignInError::Inactive => StatusCode::FORBIDDEN,
        SignInError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, sentence(&problem.to_string()))
}

/// An error's words as a sentence.
pub(crate) fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).chain(['.']).collect()
}

#[cfg(test)]
mod tests {
    use super::{HOME, own_path};

    #[test]
    fn after_signing_in_one_never_lands_on_another_site() {
        for next in [
            "",
            "//evil.example",
            "https://evil.example",
            "/login",
            "/lightning/..\\x",
        ] {
            assert_eq!(own_path(next), HOME, "{next}");
        }
        let list = "/lightning/o/Lead/list?q=a";
        assert_eq!(own_path(list), list);
    }
}
