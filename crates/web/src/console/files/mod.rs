//! Files in the console: the card on a record's page, the page of a file, and the ways in and
//! out. What is uploaded goes to disk piece by piece; what is shown in a page is a picture, a
//! sound or a film by its own bytes, and has no rights there.

mod download;
mod page;
mod upload;

use askama::Template;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use offhook_org::files::{Preview, size_in_words};
use offhook_org::schema::Object;
use offhook_org::{Record, RecordId};
use offhook_store::files::FileRow;

use super::shell;
use super::value;
use crate::AppState;
use crate::error::Failure;
use crate::session::SignedIn;

/// Files on a record's page; the rest is on a page of its own.
const CARD_FILES_MAX: u32 = 6;

/// The pages, and the content of files.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/lightning/r/ContentDocument/{id}/view", get(page::page))
        .route(
            "/lightning/r/ContentVersion/{id}/view",
            get(page::of_version),
        )
        .route(
            "/lightning/r/ContentDocument/{id}/delete",
            get(page::ask).post(page::delete),
        )
        .route("/lightning/r/{object}/{id}/files", get(page::of_record))
        .route(
            "/lightning/files/{version}/download",
            get(download::download),
        )
        .route("/lightning/files/{version}/preview", get(download::preview))
}

/// Where files come in. These routes stand beside the guard of forms, which holds whole bodies in
/// memory; `upload` checks the same of them.
pub(crate) fn upload_routes() -> Router<AppState> {
    Router::new()
        .route("/lightning/r/{object}/{id}/files", post(upload::to_record))
        .route(
            "/lightning/r/ContentDocument/{id}/versions",
            post(upload::new_version),
        )
        .layer(DefaultBodyLimit::disable())
}

/// A file as a line of a list.
pub(super) struct Line {
    name: String,
    href: String,
    download_href: String,
    icon: &'static str,
    /// `PDF`, `1.2 MB`, `24 Nov 2026`, `Ana Admin`.
    facts: Vec<String>,
    reason: String,
    number: String,
}

#[derive(Template)]
#[template(path = "files/card.html")]
struct CardTemplate<'a> {
    files: Vec<Line>,
    total: u64,
    all_href: Option<String>,
    action: String,
    csrf: &'a str,
    max_bytes: u64,
    max_words: String,
}

/// The card of a record's files; none for what files are not linked to.
pub(crate) async fn card(
    state: &AppState,
    who: &SignedIn,
    object: &Object,
    record: &Record,
) -> Result<Option<String>, Failure> {
    if !takes_files(state, object) {
        return Ok(None);
    }
    let store = &state.store;
    let found = store
        .linked_files(&who.user, &record.id, CARD_FILES_MAX)
        .await?;
    let (files, total) = found;
    let here = format!("/lightning/r/{}/{}/files", object.name, record.id);
    let max_bytes = store.file_limits().file_bytes_max;
    let card = CardTemplate {
        files: lines(state, who, &files).await?,
        total,
        all_href: (total > u64::from(CARD_FILES_MAX)).then(|| here.clone()),
        action: here,
        csrf: &who.session.csrf_token,
        max_bytes,
        max_words: size_in_words(max_bytes),
    };
    shell::render(&card).map(Some)
}

/// Are files linked to records of the object? Those of users are not shown on a page.
pub(super) fn takes_files(state: &AppState, object: &Object) -> bool {
    let schema = state.store.schema();
    let link = schema.object("ContentDocumentLink");
    let field = link.and_then(|link| link.field("LinkedEntityId"));
    let is_linked = field.is_some_and(|field| field.reference_to.contains(&object.name));
    is_linked && object.name.as_str() != "User"
}

pub(super) async fn lines(
    state: &AppState,
    who: &SignedIn,
    files: &[FileRow],
) -> Result<Vec<Line>, Failure> {
    let owners: Vec<RecordId> = files.iter().filter_map(|f| f.owner.clone()).collect();
    let names = state.store.names(&who.user, &owners).await?;
    let forms = value::forms_of(&who.user);
    let line = |file: &FileRow| {
        let owner = file.owner.as_ref().and_then(|owner| names.get(owner));
        let mut facts = vec![
            kind(file),
            size_in_words(file.size),
            forms.page_moment(file.changed_at_ms),
        ];
        facts.extend(owner.cloned());
        Line {
            name: name_of(file),
            href: format!("/lightning/r/ContentDocument/{}/view", file.document),
            download_href: format!("/lightning/files/{}/download", file.version),
            icon: icon(file),
            facts,
            reason: file.reason.clone(),
            number: file.version_number.clone(),
        }
    };
    Ok(files.iter().map(line).collect())
}

/// `Offer.pdf`.
pub(super) fn name_of(file: &FileRow) -> String {
    match file.extension.as_str() {
        "" => file.title.clone(),
        extension => format!("{}.{extension}", file.title),
    }
}

/// `PDF`, `DOCX`, `File`.
fn kind(file: &FileRow) -> String {
    match (file.file_type.as_str(), file.extension.as_str()) {
        ("UNKNOWN", _) | (_, "") => "File".to_owned(),
        (_, extension) => extension.to_uppercase(),
    }
}

/// A symbol of the design system's document types.
fn icon(file: &FileRow) -> &'static str {
    match (file.preview, file.file_type.as_str()) {
        (Preview::Image, _) => "image",
        (Preview::Audio, _) => "audio",
        (Preview::Video, _) => "video",
        (Preview::None, file_type) => match file_type {
            "PDF" => "pdf",
            "WORD" | "WORD_X" | "WORD_T" => "word",
            "EXCEL" | "EXCEL_X" => "excel",
            "POWER_POINT" | "POWER_POINT_X" => "ppt",
            "CSV" => "csv",
            "TEXT" | "JSON" | "EML" | "ICS" => "txt",
            "VCF" => "vcf",
            "RTF" => "rtf",
            "XML" | "SVG" => "xml",
            "HTML" => "html",
            "CSS" | "JS" => "css",
            "ZIP" | "GZIP" | "SEVENZIP" | "RAR" => "zip",
            "BMP" | "TIFF" => "image",
            _ => "unknown",
        },
    }
}

/// Names and links of records that are written out on a page.
pub(super) async fn links(
    state: &AppState,
    who: &SignedIn,
    ids: &[RecordId],
) -> Result<Vec<value::RecordLink>, Failure> {
    let names = state.store.names(&who.user, ids).await?;
    let schema = state.store.schema();
    let link = |id: &RecordId| {
        let object = schema.object_of(id)?;
        Some(value::link(object, id, names.get(id)?))
    };
    Ok(ids.iter().filter_map(link).collect())
}
