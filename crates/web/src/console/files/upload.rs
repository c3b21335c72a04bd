//! Files that come in: from a form, several at once, or one by one from the page's script. Each
//! part goes to disk while it comes; the record is made when its content is whole.

use axum::Json;
use axum::extract::multipart::Field;
use axum::extract::{Multipart, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use offhook_org::files::base_name;
use offhook_org::record::Fields;
use offhook_org::save::Strictness;
use offhook_org::{ObjectName, RecordId, Value};
use offhook_store::error::SaveFailure;
use offhook_store::files::UploadError;
use serde_json::json;

use super::super::{flash, record, value};
use super::takes_files;
use crate::error::Failure;
use crate::session::SignedIn;
use crate::{AppState, csrf};

/// Files of one form.
const FILES_MAX: usize = 20;

/// Bytes of a part that is no file.
const FIELD_BYTES_MAX: usize = 4_096;

/// Bytes that a part which is refused already may go on with; then the line is cut.
const REST_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Where the files of a form go.
enum Place {
    /// New files, linked to this record.
    Record(RecordId),
    /// A new version of this one.
    Document(RecordId),
}

/// What became of one file.
struct Outcome {
    name: String,
    refused: Option<String>,
}

/// `POST /lightning/r/{object}/{id}/files`.
pub(super) async fn to_record(
    State(state): State<AppState>,
    who: SignedIn,
    Path((_, id)): Path<(String, String)>,
    headers: HeaderMap,
    parts: Multipart,
) -> Result<Response, Failure> {
    let (object, record) = record::readable(&state, &who, &id).await?;
    if !takes_files(&state, &object) {
        return Err(Failure::NotFound);
    }
    let back = value::record_path(&object, &record.id);
    let place = Place::Record(record.id);
    let outcomes = receive(&state, &who, &headers, parts, &place).await?;
    Ok(answer(&headers, &back, &outcomes, "was added"))
}

/// `POST /lightning/r/ContentDocument/{id}/versions`.
pub(super) async fn new_version(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    headers: HeaderMap,
    parts: Multipart,
) -> Result<Response, Failure> {
    let (object, document) = record::readable(&state, &who, &id).await?;
    let back = value::record_path(&object, &document.id);
    let place = Place::Document(document.id);
    let outcomes = receive(&state, &who, &headers, parts, &place).await?;
    Ok(answer(&headers, &back, &outcomes, "is the new version"))
}

/// Takes the parts of a form in order. The token comes before the files, or in the header.
async fn receive(
    state: &AppState,
    who: &SignedIn,
    headers: &HeaderMap,
    mut parts: Multipart,
    place: &Place,
) -> Result<Vec<Outcome>, Failure> {
    csrf::check_origin(state, headers)?;
    let token = who.session.csrf_token.as_str();
    let mut is_ours = csrf::header_carries(headers, token);
    let (mut outcomes, mut reason) = (Vec::new(), String::new());
    while let Some(part) = parts.next_field().await.map_err(unread)? {
        if part.file_name().is_none() {
            let name = part.name().unwrap_or_default().to_owned();
            let text = text_of(part).await?;
            match name.as_str() {
                "_csrf" => is_ours |= csrf::same(text.as_bytes(), token.as_bytes()),
                "ReasonForChange" => reason = text,
                _ => {}
            }
            continue;
        }
        if !is_ours {
            return Err(Failure::StaleForm);
        }
        let name = base_name(part.file_name().unwrap_or_default());
        // A form without a chosen file sends a part without a name.
        if name.is_empty() {
            continue;
        }
        if outcomes.len() == FILES_MAX {
            let refused = Some(format!("at most {FILES_MAX} files at once"));
            outcomes.push(Outcome { name, refused });
            break;
        }
        let refused = take(state, who, part, &name, place, &reason).await?;
        outcomes.push(Outcome { name, refused });
    }
    match is_ours {
        true => Ok(outcomes),
        false => Err(Failure::StaleForm),
    }
}

/// Takes one file; why it was refused, if it was.
async fn take(
    state: &AppState,
    who: &SignedIn,
    mut part: Field<'_>,
    name: &str,
    place: &Place,
    reason: &str,
) -> Result<Option<String>, Failure> {
    let upload = match content(state, who, &mut part).await? {
        Ok(upload) => upload,
        Err(refused) => {
            pass_by(&mut part).await?;
            return Ok(Some(refused));
        }
    };
    let mut fields = Fields::from([
        ("PathOnClient".into(), Value::Text(name.to_owned())),
        ("VersionData".into(), Value::Text(upload)),
        ("Origin".into(), Value::Text("H".to_owned())),
    ]);
    match place {
        Place::Record(record) => {
            let record = Value::Reference(record.clone());
            fields.insert("FirstPublishLocationId".into(), record);
        }
        Place::Document(document) => {
            let document = Value::Reference(document.clone());
            fields.insert("ContentDocumentId".into(), document);
        }
    }
    if !reason.trim().is_empty() {
        fields.insert("ReasonForChange".into(), Value::Text(reason.to_owned()));
    }
    let object = ObjectName::new("ContentVersion");
    let saved = (state.store)
        .create(&who.user, &object, &fields, Strictness::Strict)
        .await;
    match saved {
        Ok(_) => Ok(None),
        Err(SaveFailure::Refused(errors)) => {
            let words = errors.first().map(|error| error.message.clone());
            Ok(Some(words.unwrap_or_else(|| "it was refused".to_owned())))
        }
        Err(SaveFailure::Store(error)) => Err(error.into()),
        Err(other) => Ok(Some(other.to_string())),
    }
}

/// The content on the shelf; the inner error is why it was refused.
async fn content(
    state: &AppState,
    who: &SignedIn,
    part: &mut Field<'_>,
) -> Result<Result<String, String>, Failure> {
    let refused = |error| match error {
        UploadError::Refused(error) => Ok(Err(error.message)),
        UploadError::Store(error) => Err(Failure::Store(error)),
    };
    let mut upload = match state.store.begin_upload(&who.user, None).await {
        Ok(upload) => upload,
        Err(error) => return refused(error),
    };
    while let Some(piece) = part.chunk().await.map_err(unread)? {
        if let Err(error) = upload.write(&piece).await {
            return refused(error);
        }
    }
    match upload.finish().await {
        Ok(upload) => Ok(Ok(upload)),
        Err(error) => refused(error),
    }
}

/// Lets the rest of a part go by, so that the browser hears the answer.
async fn pass_by(part: &mut Field<'_>) -> Result<(), Failure> {
    let mut passed = 0;
    while let Some(piece) = part.chunk().await.map_err(unread)? {
        passed += piece.len() as u64;
        if passed > REST_BYTES_MAX {
            return Err(Failure::TooLarge);
        }
    }
    Ok(())
}

async fn text_of(mut part: Field<'_>) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    while let Some(piece) = part.chunk().await.map_err(unread)? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > FIELD_BYTES_MAX {
            return Err(Failure::TooLarge);
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn unread(error: axum::extract::multipart::MultipartError) -> Failure {
    Failure::BadRequest {
        why: format!(
            "The upload did not come whole ({}). Nothing of that file was kept: send it again.",
            error.body_text()
        ),
    }
}

/// For a script each outcome, for a person the page with a sentence.
fn answer(headers: &HeaderMap, back: &str, outcomes: &[Outcome], done: &str) -> Response {
    let accept = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok());
    if accept.is_some_and(|accept| accept.contains("application/json")) {
        let files: Vec<_> = outcomes
            .iter()
            .map(|outcome| json!({"name": outcome.name, "refused": outcome.refused}))
            .collect();
        let status = match outcomes.iter().any(|outcome| outcome.refused.is_some()) {
            true => StatusCode::UNPROCESSABLE_ENTITY,
            false => StatusCode::OK,
        };
        return (status, Json(json!({ "files": files }))).into_response();
    }
    flash::redirect(back, &said(outcomes, done), None)
}

fn said(outcomes: &[Outcome], done: &str) -> String {
    let refused: Vec<String> = outcomes
        .iter()
        .filter_map(|o| Some(format!("{} was not kept: {}", o.name, o.refused.as_ref()?)))
        .collect();
    let taken = outcomes.len() - refused.len();
    let first = match (taken, outcomes.iter().find(|o| o.refused.is_none())) {
        (1, Some(one)) => format!("{} {done}.", one.name),
        (0, _) if refused.is_empty() => "No file was chosen.".to_owned(),
        (0, _) => String::new(),
        (count, _) => format!("{count} files were added."),
    };
    let sentences: Vec<String> = std::iter::once(first)
        .chain(refused.into_iter().map(|words| format!("{words}.")))
        .filter(|sentence| !sentence.is_empty())
        .collect();
    sentences.join(" ")
}
