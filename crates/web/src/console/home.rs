//! The first page of the day: what is due, what was open last, who called.

use askama::Template;
use axum::extract::State;
use axum::response::{Redirect, Response};

use super::flash::{self, Flash};
use super::shell::{self, Head};
use crate::AppState;
use crate::error::Failure;
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "home.html")]
struct HomeTemplate<'a> {
    greeting: &'static str,
    name: &'a str,
}

/// `/`.
pub(crate) async fn start() -> Redirect {
    Redirect::to("/lightning/page/home")
}

/// `/lightning/page/home`.
pub(crate) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
    Flash(notice): Flash,
) -> Result<Response, Failure> {
    let body = HomeTemplate {
        greeting: "Hello",
        name: &who.user.user_name,
    };
    let head = Head {
        kind: "home",
        title: "Home".to_owned(),
        icon: "home".to_owned(),
        notice,
        ..Head::default()
    };
    shell::page(&state, &who, head, &body)
        .await
        .map(flash::said)
}
