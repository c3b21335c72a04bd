//! Importing a call center definition: a file is read and shown with everything that is wrong or
//! odd about it; only a confirmed file without errors becomes a call center.

use askama::Template;
use axum::extract::multipart::MultipartError;
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use axum::response::Response;
use offhook_org::cti::call_center_xml::{
    self, DEFINITION_SIZE_MAX, Dialect, Finding, ImportOptions, Imported,
};

use super::call_center_view::{self as view, SectionView};
use super::call_centers::refusal;
use super::frame::{self, Place, admit};
use crate::AppState;
use crate::console::flash;
use crate::error::Failure;
use crate::opencti::AdapterUrl;
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "setup/call_center_import.html")]
struct FormTemplate<'a> {
    csrf: &'a str,
    file_name: &'a str,
    problem: Option<String>,
    errors: Vec<Finding>,
}

#[derive(Template)]
#[template(path = "setup/call_center_preview.html")]
struct PreviewTemplate<'a> {
    csrf: &'a str,
    file_name: &'a str,
    display_name: &'a str,
    is_metadata: bool,
    lenient: bool,
    sections: Vec<SectionView>,
    warnings: &'a [Finding],
    load_problem: Option<String>,
    definition: &'a str,
}

/// `GET /lightning/setup/call-centers/import`.
pub(super) async fn form(
    State(state): State<AppState>,
    who: SignedIn,
) -> Result<Response, Failure> {
    admit(&who, Place::CallCenters)?;
    form_page(&state, &who, StatusCode::OK, "", None, Vec::new()).await
}

async fn form_page(
    state: &AppState,
    who: &SignedIn,
    status: StatusCode,
    file_name: &str,
    problem: Option<String>,
    errors: Vec<Finding>,
) -> Result<Response, Failure> {
    let body = FormTemplate {
        csrf: &who.session.csrf_token,
        file_name,
        problem,
        errors,
    };
    let title = "Import a Call Center";
    frame::page_with_status(state, who, status, Place::CallCenters, title, None, &body).await
}

/// `POST /lightning/setup/call-centers/import`: reads the file and shows what it holds. Nothing
/// is created.
pub(super) async fn preview(
    State(state): State<AppState>,
    who: SignedIn,
    form: Multipart,
) -> Result<Response, Failure> {
    admit(&who, Place::CallCenters)?;
    let Sent {
        file_name,
        bytes,
        lenient,
    } = sent_file(form, "file").await?;
    if bytes.is_empty() {
        let problem = Some("Choose a call center definition file first.".to_owned());
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return form_page(&state, &who, status, "", problem, Vec::new()).await;
    }
    match read(bytes, &file_name, lenient).await? {
        Ok((imported, definition)) => {
            let center = &imported.call_center;
            let body = PreviewTemplate {
                csrf: &who.session.csrf_token,
                file_name: &file_name,
                display_name: &center.display_name,
                is_metadata: imported.dialect == Dialect::Metadata,
                lenient,
                sections: view::sections(center, None, false),
                warnings: &imported.warnings,
                load_problem: AdapterUrl::of(center, &state.settings).err(),
                definition: &definition,
            };
            let title = format!("Import {}", center.display_name);
            frame::page(&state, &who, Place::CallCenters, &title, None, &body).await
        }
        Err(errors) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            form_page(&state, &who, status, &file_name, None, errors).await
        }
    }
}

/// `POST /lightning/setup/call-centers/import/confirm`: creates the call center. The definition
/// is read again: what comes back from a browser is trusted no more than the first time.
pub(super) async fn confirm(
    State(state): State<AppState>,
    who: SignedIn,
    form: Multipart,
) -> Result<Response, Failure> {
    admit(&who, Place::CallCenters)?;
    let Sent { bytes, lenient, .. } = sent_file(form, "definition").await?;
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let center = match read(bytes, "", lenient).await? {
        Ok((imported, _)) => imported.call_center,
        Err(errors) => return form_page(&state, &who, status, "", None, errors).await,
    };
    match state.store.import_call_center(&who.user, &center).await {
        Ok(id) => {
            let text = format!("{} was imported. Nobody is in it yet.", center.display_name);
            let target = format!("{}/{id}", Place::CallCenters.path());
            Ok(flash::redirect(&target, &text, None))
        }
        Err(error) => {
            let problem = Some(refusal(error)?);
            form_page(&state, &who, StatusCode::CONFLICT, "", problem, Vec::new()).await
        }
    }
}

type Read = Result<(Imported, String), Vec<Finding>>;

/// Reads a definition, off the threads that serve others: five megabytes take a while. Gives the
/// text too, for the confirmation.
async fn read(bytes: Vec<u8>, file_name: &str, lenient: bool) -> Result<Read, Failure> {
    let file_name = file_name.to_owned();
    let task = tokio::task::spawn_blocking(move || {
        let options = ImportOptions {
            lenient,
            file_name: &file_name,
        };
        let imported = call_center_xml::import_with(&bytes, options)?;
        let definition = call_center_xml::export(&imported.call_center);
        Ok((imported, definition))
    });
    task.await
        .map_err(|error| Failure::Broken(format!("the reading of a file ended: {error}")))
}

/// What a form brought.
#[derive(Default)]
struct Sent {
    file_name: String,
    bytes: Vec<u8>,
    /// Names that are too long or have an underscore are to be taken.
    lenient: bool,
}

/// The file (or text) under this name, with the file's own name.
async fn sent_file(mut form: Multipart, name: &str) -> Result<Sent, Failure> {
    let mut sent = Sent::default();
    while let Some(mut part) = form.next_field().await.map_err(unreadable)? {
        if part.name() == Some("lenient") {
            sent.lenient = true;
            continue;
        }
        if part.name() != Some(name) {
            continue;
        }
        part.file_name()
            .unwrap_or("")
            .clone_into(&mut sent.file_name);
        // One byte more than is allowed is enough for `import` to refuse it.
        while sent.bytes.len() <= DEFINITION_SIZE_MAX {
            match part.chunk().await.map_err(unreadable)? {
                Some(chunk) => sent.bytes.extend_from_slice(&chunk),
                None => break,
            }
        }
        if sent.bytes.len() > DEFINITION_SIZE_MAX {
            break;
        }
    }
    Ok(sent)
}

fn unreadable(error: MultipartError) -> Failure {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Failure::TooLarge;
    }
    Failure::BadRequest {
        why: "The file did not arrive whole. Choose it once more and try again.".to_owned(),
    }
}
