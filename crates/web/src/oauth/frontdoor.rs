//! `/secur/frontdoor.jsp`: a one-time password (`otp`) or the token of an API session (`sid`)
//! opens the console.

use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use offhook_org::oauth::Scope;
use offhook_store::accounts::Session;
use serde::Deserialize;

use crate::console::{failure, login};
use crate::error::{Failure, Sentence};
use crate::session::{self, Origin, Visit};
use crate::{AppState, now_ms};

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(super) struct Asked {
    otp: String,
    sid: String,
    #[serde(rename = "startURL", alias = "retURL")]
    start_url: String,
}

/// `GET`.
pub(super) async fn enter(
    State(state): State<AppState>,
    visit: Visit,
    origin: Origin,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let Some(session) = session_of(&state, &asked).await? else {
        let sentence = Sentence {
            title: "This link does not open the console".to_owned(),
            text: "It was used already, is too old, or its token has no access to pages (scope \
                   web). Ask the program for a new one, or sign in with your password."
                .to_owned(),
        };
        return Ok(failure::bare_page(&visit, StatusCode::FORBIDDEN, &sentence));
    };
    origin.note_user(
        &state,
        &session.user,
        "Single access",
        "/secur/frontdoor.jsp",
    );
    let start = format!("/{}", asked.start_url.trim_start_matches('/'));
    let headers = [
        (
            header::SET_COOKIE,
            session::set_cookie(&state, &session.token),
        ),
        (
            header::REFERRER_POLICY,
            axum::http::HeaderValue::from_static("no-referrer"),
        ),
    ];
    Ok((headers, Redirect::to(login::own_path(&start))).into_response())
}

async fn session_of(state: &AppState, asked: &Asked) -> Result<Option<Session>, Failure> {
    let (store, now_ms) = (&state.store, now_ms());
    if !asked.otp.is_empty() {
        return Ok(store.redeem_one_time_login(&asked.otp, now_ms).await?);
    }
    match store.api_session(&asked.sid, now_ms).await? {
        Some(session) if session.scopes.allow(Scope::Web) => {
            Ok(store.open_session(&session.user, now_ms).await?)
        }
        Some(_) | None => Ok(None),
    }
}
