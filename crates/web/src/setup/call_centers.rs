//! Call centers: the list, one with all that its definition says, export and deletion.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use offhook_org::RecordId;
use offhook_org::cti::call_center::CompatibilityMode;
use offhook_org::cti::{CallCenter, call_center_xml};
use offhook_store::cti::{CallCenterError, StoredCallCenter};

use super::frame::{self, Place, admit};
use super::show;
use crate::AppState;
use crate::console::flash::{self, Flash};
use crate::error::Failure;
use crate::opencti::AdapterUrl;
use crate::session::SignedIn;

struct Row {
    id: String,
    display_name: String,
    internal_name: String,
    adapter_url: String,
    user_count: u32,
    problem: Option<String>,
    created: String,
}

#[derive(Template)]
#[template(path = "setup/call_centers.html")]
struct ListTemplate {
    rows: Vec<Row>,
}

/// `GET /lightning/setup/call-centers`.
pub(super) async fn list(
    State(state): State<AppState>,
    who: SignedIn,
    Flash(notice): Flash,
) -> Result<Response, Failure> {
    admit(&who, Place::CallCenters)?;
    let centers = state.store.call_centers().await?;
    let row = |center: StoredCallCenter| Row {
        id: center.id.as_str().to_owned(),
        problem: AdapterUrl::of(&center.definition, &state.settings).err(),
        adapter_url: center.definition.adapter_url().unwrap_or("").to_owned(),
        display_name: center.definition.display_name,
        internal_name: center.definition.internal_name,
        user_count: center.user_count,
        created: show::moment(center.created_at_ms, &who.user),
    };
    let body = ListTemplate {
        rows: centers.into_iter().map(row).collect(),
    };
    let place = Place::CallCenters;
    frame::page(&state, &who, place, place.label(), notice, &body)
        .await
        .map(flash::said)
}

#[derive(Template)]
#[template(path = "setup/call_center.html")]
struct DetailTemplate<'a> {
    id: &'a str,
    center: &'a CallCenter,
    user_count: u32,
    created: String,
    loads_from: Option<String>,
    problem: Option<String>,
    mode: &'static str,
    size: String,
}

/// `GET /lightning/setup/call-centers/{id}`.
pub(super) async fn detail(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    Flash(notice): Flash,
) -> Result<Response, Failure> {
    admit(&who, Place::CallCenters)?;
    let center = find(&state, &id).await?;
    let adapter = AdapterUrl::of(&center.definition, &state.settings);
    let (height, width) = center.definition.softphone_size_px();
    let body = DetailTemplate {
        id: center.id.as_str(),
        center: &center.definition,
        user_count: center.user_count,
        created: show::moment(center.created_at_ms, &who.user),
        loads_from: adapter.as_ref().ok().map(AdapterUrl::text),
        problem: adapter.err(),
        mode: mode(center.definition.compatibility_mode()),
        size: format!("{height} high, {width} wide"),
    };
    let title = &center.definition.display_name;
    let page = frame::page(&state, &who, Place::CallCenters, title, notice, &body).await;
    page.map(flash::said)
}

fn mode(mode: CompatibilityMode) -> &'static str {
    match mode {
        CompatibilityMode::Classic => "Classic",
        CompatibilityMode::Lightning => "Lightning",
        CompatibilityMode::ClassicAndLightning => "Classic and Lightning",
    }
}

/// The call center with this id in a URL.
pub(super) async fn find(state: &AppState, id: &str) -> Result<StoredCallCenter, Failure> {
    let id = RecordId::parse(id).map_err(|_| Failure::NotFound)?;
    state.store.call_center(&id).await?.ok_or(Failure::NotFound)
}

#[derive(Template)]
#[template(path = "setup/call_center_delete.html")]
struct DeleteTemplate<'a> {
    id: &'a str,
    csrf: &'a str,
    center: &'a CallCenter,
    user_count: u32,
    problem: Option<String>,
}

/// `GET /lightning/setup/call-centers/{id}/delete`.
pub(super) async fn confirm_delete(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    admit(&who, Place::CallCenters)?;
    let center = find(&state, &id).await?;
    delete_page(&state, &who, StatusCode::OK, &center, None).await
}

async fn delete_page(
    state: &AppState,
    who: &SignedIn,
    status: StatusCode,
    center: &StoredCallCenter,
    problem: Option<String>,
) -> Result<Response, Failure> {
    let body = DeleteTemplate {
        id: center.id.as_str(),
        csrf: &who.session.csrf_token,
        center: &center.definition,
        user_count: center.user_count,
        problem,
    };
    let title = format!("Delete {}", center.definition.display_name);
    frame::page_with_status(state, who, status, Place::CallCenters, &title, None, &body).await
}

/// `POST /lightning/setup/call-centers/{id}/delete`.
pub(super) async fn delete(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    admit(&who, Place::CallCenters)?;
    let center = find(&state, &id).await?;
    match state.store.delete_call_center(&who.user, &center.id).await {
        Ok(()) => {
            let text = format!("{} was deleted.", center.definition.display_name);
            Ok(flash::redirect(Place::CallCenters.path(), &text, None))
        }
        Err(error) => {
            let why = refusal(error)?;
            delete_page(&state, &who, StatusCode::CONFLICT, &center, Some(why)).await
        }
    }
}

/// A refusal of the store as a sentence; what is not the admin's to mend goes on as a failure.
pub(super) fn refusal(error: CallCenterError) -> Result<String, Failure> {
    match error {
        CallCenterError::Store(error) => Err(error.into()),
        CallCenterError::NotAllowed => Err(Failure::Forbidden {
            needs: format!("{error}. Ask an administrator for it."),
        }),
        CallCenterError::Exists(_)
        | CallCenterError::NotFound
        | CallCenterError::UserElsewhere { .. }
        | CallCenterError::UserInactive(_)
        | CallCenterError::HasUsers { .. } => Ok(sentence(&error.to_string())),
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).chain(['.']).collect()
}

/// `GET /lightning/setup/call-centers/{id}/export`: the definition file.
pub(super) async fn export(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    admit(&who, Place::CallCenters)?;
    let center = find(&state, &id).await?;
    // Only letters and digits get into the header, whatever a lenient import let through.
    let letters = center
        .definition
        .internal_name
        .chars()
        .filter(char::is_ascii_alphanumeric);
    let name: String = letters.collect();
    let head = [
        (
            header::CONTENT_TYPE,
            "application/xml; charset=utf-8".to_owned(),
        ),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}.xml\""),
        ),
    ];
    Ok((head, call_center_xml::export(&center.definition)).into_response())
}
