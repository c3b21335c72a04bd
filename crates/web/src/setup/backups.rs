//! Backups: the newest one, and how to make another.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use offhook_store::backup::{self, LastBackup};

use super::frame::{self, Place, admit};
use super::show;
use crate::AppState;
use crate::error::Failure;
use crate::session::SignedIn;

/// A backup that is older is worth a warning.
const FRESH_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

#[derive(Template)]
#[template(path = "setup/backups.html")]
struct BackupsTemplate {
    last: Option<LastBackup>,
    made_at: String,
    size: String,
    is_old: bool,
}

/// `GET /lightning/setup/backups`.
pub(super) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
) -> Result<Response, Failure> {
    admit(&who, Place::Backups)?;
    let last = backup::last(&state.settings.data_folder);
    let made_at_ms = last.as_ref().map_or(0, |last| last.made_at_ms);
    let body = BackupsTemplate {
        made_at: show::moment(made_at_ms, &who.user),
        size: show::number(last.as_ref().map_or(0, |last| last.bytes)),
        is_old: show::now_ms() - made_at_ms > FRESH_MS,
        last,
    };
    let place = Place::Backups;
    frame::page(&state, &who, place, place.label(), None, &body).await
}
