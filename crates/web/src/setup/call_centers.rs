//! Call centers: the list, one with all that its definition says, and export.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use offhook_org::RecordId;
use offhook_org::cti::call_center::CompatibilityMode;
use offhook_org::cti::call_center_lint::AdviceKind;
use offhook_org::cti::{call_center_lint, call_center_xml};
use offhook_store::cti::{CallCenterError, DeletedCallCenter, StoredCallCenter};
use serde::Deserialize;

use super::call_center_view::{self as view, SectionView};
use super::frame::{self, Place, admit};
use super::show;
use crate::AppState;
use crate::console::flash::{self, Flash, Notice};
use crate::console::login::sentence;
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
struct ListTemplate<'a> {
    csrf: &'a str,
    rows: Vec<Row>,
    deleted: Vec<DeletedRow>,
    conflicts: usize,
}

/// A call center that can be restored.
struct DeletedRow {
    id: String,
    display_name: String,
    users: String,
    deleted: String,
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
    let deleted = |center: DeletedCallCenter| DeletedRow {
        id: center.id.as_str().to_owned(),
        users: show::count(center.users.len(), "user", "users"),
        deleted: match center.deleted_by.as_str() {
            "" => show::moment(center.deleted_at_ms, &who.user),
            by => format!("{} by {by}", show::moment(center.deleted_at_ms, &who.user)),
        },
        display_name: center.definition.display_name,
    };
    let gone = state.store.deleted_call_centers().await?;
    let body = ListTemplate {
        csrf: &who.session.csrf_token,
        rows: centers.into_iter().map(row).collect(),
        deleted: gone.into_iter().map(deleted).collect(),
        conflicts: state.store.call_center_group_conflicts().await?.len(),
    };
    let place = Place::CallCenters;
    frame::page(&state, &who, place, place.label(), notice, &body)
        .await
        .map(flash::said)
}

/// What an admin should know, with the mark of its weight.
struct AdviceView {
    message: String,
    is_mild: bool,
}

#[derive(Template)]
#[template(path = "setup/call_center.html")]
struct DetailTemplate<'a> {
    id: &'a str,
    csrf: &'a str,
    display_name: &'a str,
    user_count: u32,
    created: String,
    changed: Option<String>,
    version: u32,
    loads_from: Option<String>,
    problem: Option<String>,
    standby: Option<String>,
    mode: &'static str,
    size: String,
    advice: Vec<AdviceView>,
    can_mend_mode: bool,
    has_secrets: bool,
    revealed: bool,
    sections: Vec<SectionView>,
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
    let page = detail_page(&state, &who, &center, notice, false).await;
    page.map(flash::said)
}

/// `POST /lightning/setup/call-centers/{id}/reveal`: the same page with its secrets readable,
/// and a line in the audit trail.
pub(super) async fn reveal(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    admit(&who, Place::CallCenters)?;
    let center = find(&state, &id).await?;
    let said = format!(
        "Looked at the secrets of call center {}",
        center.definition.display_name
    );
    state
        .store
        .audit(&who.user, "Call Centers", "callcentersecrets", &said)
        .await?;
    detail_page(&state, &who, &center, None, true).await
}

async fn detail_page(
    state: &AppState,
    who: &SignedIn,
    center: &StoredCallCenter,
    notice: Option<Notice>,
    revealed: bool,
) -> Result<Response, Failure> {
    let definition = &center.definition;
    let history = state.store.call_center_history(&center.id).await?;
    let original = history.last().map(|first| &first.definition);
    let newest = history.first().filter(|newest| newest.version > 1);
    let adapter = AdapterUrl::of(definition, &state.settings);
    let (height, width) = definition.softphone_size_px();
    let problem = adapter.as_ref().err().cloned();
    let advice = call_center_lint::advice(definition).into_iter();
    let told = problem.clone().unwrap_or_default();
    let advice = advice.filter(|a| a.message != told);
    let body = DetailTemplate {
        id: center.id.as_str(),
        csrf: &who.session.csrf_token,
        display_name: &definition.display_name,
        user_count: center.user_count,
        created: show::moment(center.created_at_ms, &who.user),
        changed: newest.map(|newest| view::made(newest, &who.user)),
        version: center.version,
        loads_from: adapter.as_ref().ok().map(AdapterUrl::text),
        problem,
        standby: definition
            .standby()
            .map(|(url, ms)| format!("{url} after {}", view::seconds(u64::from(ms)))),
        mode: mode(definition.compatibility_mode()),
        size: format!("{height} high, {width} wide"),
        advice: advice
            .map(|a| AdviceView {
                is_mild: a.kind == AdviceKind::Hint,
                message: a.message,
            })
            .collect(),
        can_mend_mode: definition.with_mode_spelt_right().is_some(),
        has_secrets: definition.items().any(call_center_lint::is_secret),
        revealed,
        sections: view::sections(definition, original, revealed),
    };
    let title = &definition.display_name;
    frame::page(state, who, Place::CallCenters, title, notice, &body).await
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
        | CallCenterError::UserByGroup { .. }
        | CallCenterError::OtherUsers { .. }
        | CallCenterError::Changed(_)
        | CallCenterError::NoGroup
        | CallCenterError::GroupElsewhere { .. }
        | CallCenterError::LayoutExists(_)
        | CallCenterError::NoLayout
        | CallCenterError::LayoutUsed { .. } => Ok(sentence(&error.to_string())),
    }
}

#[derive(Deserialize)]
pub(super) struct AskedFile {
    #[serde(default)]
    kind: String,
}

/// `GET /lightning/setup/call-centers/{id}/export`: the definition file, or with
/// `kind=metadata` its metadata. It holds the secrets too, so the audit trail says who took it.
pub(super) async fn export(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    Query(asked): Query<AskedFile>,
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
    let (file, ending) = match asked.kind.as_str() {
        "metadata" => (
            call_center_xml::export_metadata(&center.definition),
            "callCenter-meta.xml",
        ),
        _ => (call_center_xml::export(&center.definition), "xml"),
    };
    let said = format!("Exported call center {}", center.definition.display_name);
    state
        .store
        .audit(&who.user, "Call Centers", "exportedcallcenter", &said)
        .await?;
    let head = [
        (
            header::CONTENT_TYPE,
            "application/xml; charset=utf-8".to_owned(),
        ),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}.{ending}\""),
        ),
    ];
    Ok((head, file).into_response())
}
