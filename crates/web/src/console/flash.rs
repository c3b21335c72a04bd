//! What was just done, told once on the next page: a short-lived cookie that the answer to a form
//! sets and the next page takes away.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};

use crate::query;

const COOKIE: &str = "offhook_done";

/// A sentence for the next page, and a form's action that undoes what was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) text: String,
    pub(crate) undo_action: Option<String>,
}

/// The notice that the request carries. An extractor.
pub(crate) struct Flash(pub(crate) Option<Notice>);

impl<S: Sync> FromRequestParts<S> for Flash {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let cookies = parts.headers.get_all(header::COOKIE).iter();
        let found = cookies
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, value)| *name == COOKIE && !value.is_empty());
        Ok(Self(found.and_then(|(_, value)| read(value))))
    }
}

/// `TEXT` or `TEXT&ACTION`, both percent-encoded. An action is a path of ours.
fn read(value: &str) -> Option<Notice> {
    let (text, action) = match value.split_once('&') {
        Some((text, action)) => (text, Some(query::decode(action))),
        None => (value, None),
    };
    let text = query::decode(text);
    (!text.is_empty()).then(|| Notice {
        text,
        undo_action: action.filter(|a| a.starts_with("/lightning/")),
    })
}

/// Goes to another page, which will say this.
pub(crate) fn redirect(target: &str, text: &str, undo_action: Option<&str>) -> Response {
    let mut response = Redirect::to(target).into_response();
    let action = undo_action
        .map(|a| format!("&{}", query::encode(a)))
        .unwrap_or_default();
    let cookie = format!(
        "{COOKIE}={}{action}; Path=/; HttpOnly; SameSite=Lax; Max-Age=60",
        query::encode(text)
    );
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Takes the notice away once a page has said it.
pub(crate) fn said(mut response: Response) -> Response {
    let gone = format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
    if let Ok(cookie) = HeaderValue::from_str(&gone) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
