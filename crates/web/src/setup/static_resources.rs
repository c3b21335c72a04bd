//! Static resources: scripts, style sheets and pictures that pages load from the pages origin.

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use axum::response::Response;
use offhook_store::sources::{NewResource, Resource, SourceError};

use super::code::refusal;
use super::frame::{self, Place, admit};
use super::show;
use crate::console::flash::{self, Flash, Notice};
use crate::error::Failure;
use crate::session::SignedIn;
use crate::{AppState, query};

/// Endings of file names and what such a file is.
const MEDIA_TYPES: &[(&str, &str)] = &[
    (".js", "text/javascript; charset=utf-8"),
    (".mjs", "text/javascript; charset=utf-8"),
    (".css", "text/css; charset=utf-8"),
    (".json", "application/json"),
    (".png", "image/png"),
    (".jpg", "image/jpeg"),
    (".jpeg", "image/jpeg"),
    (".gif", "image/gif"),
    (".svg", "image/svg+xml"),
    (".webp", "image/webp"),
    (".ico", "image/x-icon"),
    (".woff2", "font/woff2"),
    (".mp3", "audio/mpeg"),
    (".ogg", "audio/ogg"),
    (".wav", "audio/wav"),
];

struct Row {
    name: String,
    media_type: String,
    size: String,
    author: String,
    at: String,
}

#[derive(Template)]
#[template(path = "setup/static_resources.html")]
struct ListTemplate<'a> {
    csrf: &'a str,
    rows: Vec<Row>,
    problem: Option<String>,
    name: &'a str,
}

/// `GET /lightning/setup/static-resources`.
pub(super) async fn list(
    State(state): State<AppState>,
    who: SignedIn,
    Flash(notice): Flash,
) -> Result<Response, Failure> {
    admit(&who, Place::StaticResources)?;
    let page = list_page(&state, &who, notice, None, "").await;
    page.map(flash::said)
}

async fn list_page(
    state: &AppState,
    who: &SignedIn,
    notice: Option<Notice>,
    problem: Option<String>,
    name: &str,
) -> Result<Response, Failure> {
    let row = |one: Resource| Row {
        size: format!("{} KiB", show::number(one.size.div_ceil(1_024))),
        at: show::moment(one.at_ms, &who.user),
        name: one.name,
        media_type: one.media_type,
        author: one.author_name,
    };
    let status = match problem {
        None => StatusCode::OK,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let resources = state.store.resources().await?;
    let body = ListTemplate {
        csrf: &who.session.csrf_token,
        rows: resources.into_iter().map(row).collect(),
        problem,
        name,
    };
    let place = Place::StaticResources;
    frame::page_with_status(state, who, status, place, place.label(), notice, &body).await
}

/// `POST /lightning/setup/static-resources`: a new one, or another content for one.
pub(super) async fn upload(
    State(state): State<AppState>,
    who: SignedIn,
    mut form: Multipart,
) -> Result<Response, Failure> {
    admit(&who, Place::StaticResources)?;
    let (mut name, mut file_name, mut content) = (String::new(), String::new(), Vec::new());
    let unreadable = |_| Failure::BadRequest {
        why: "The form could not be read: a file may have 5 MiB.".to_owned(),
    };
    while let Some(part) = form.next_field().await.map_err(unreadable)? {
        match part.name() {
            Some("name") => name = part.text().await.map_err(unreadable)?.trim().to_owned(),
            Some("file") => {
                file_name = part.file_name().unwrap_or_default().to_ascii_lowercase();
                content = part.bytes().await.map_err(unreadable)?.to_vec();
            }
            _ => {}
        }
    }
    let ending = MEDIA_TYPES
        .iter()
        .find(|(ending, _)| file_name.ends_with(ending));
    let Some((_, media_type)) = ending.filter(|_| !content.is_empty()) else {
        let endings: Vec<&str> = MEDIA_TYPES.iter().map(|(ending, _)| *ending).collect();
        let problem = format!(
            "Choose a file that is not empty, with one of these endings: {}.",
            endings.join(" ")
        );
        return list_page(&state, &who, None, Some(problem), &name).await;
    };
    let new = NewResource {
        name: name.clone(),
        media_type: (*media_type).to_owned(),
        description: String::new(),
        content,
    };
    match state.store.put_resource(&who.user, &new).await {
        Ok(()) => {
            let text = format!("{name} was uploaded. Pages write {{!$Resource.{name}}}.");
            Ok(flash::redirect(Place::StaticResources.path(), &text, None))
        }
        Err(error @ (SourceError::BadName | SourceError::TooLarge(_))) => {
            list_page(&state, &who, None, Some(format!("{error}.")), &name).await
        }
        Err(error) => Err(refusal(error)),
    }
}

/// `POST /lightning/setup/static-resources/delete`.
pub(super) async fn delete(
    State(state): State<AppState>,
    who: SignedIn,
    body: Bytes,
) -> Result<Response, Failure> {
    admit(&who, Place::StaticResources)?;
    let pairs = query::pairs(&body);
    let name = query::value(&pairs, "name");
    let deleted = state.store.delete_resource(&who.user, name).await;
    deleted.map_err(refusal)?;
    let text = format!("{name} was deleted. Pages that use it find nothing there.");
    Ok(flash::redirect(Place::StaticResources.path(), &text, None))
}
