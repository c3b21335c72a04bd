//! The page of a file: what it is, how it looks, its versions, where it is linked; deleting it;
//! and all files of a record.

use askama::Template;
use axum::extract::{Path, RawForm, State};
use axum::response::{IntoResponse, Redirect, Response};
use offhook_org::access::AccessLevel;
use offhook_org::files::{Preview, size_in_words};
use offhook_org::{RecordId, Value};
use offhook_store::error::SaveFailure;
use offhook_store::files::FileRow;

use super::super::flash::{self, Flash};
use super::super::shell::{self, Head, RecordHead};
use super::super::value::{self, RecordLink};
use super::super::{login, record};
use super::{Line, icon, lines, links, name_of, takes_files};
use crate::error::Failure;
use crate::session::SignedIn;
use crate::{AppState, query};

/// Files on the page of all files of a record.
const FILES_MAX: u32 = 200;

#[derive(Template)]
#[template(path = "files/page.html")]
struct PageTemplate<'a> {
    name: String,
    icon: &'static str,
    facts: Vec<(&'static str, String)>,
    description: String,
    /// `image`, `audio`, `video`.
    preview: Option<(&'static str, String)>,
    download_href: String,
    versions: Vec<Line>,
    linked: Vec<RecordLink>,
    edits: bool,
    delete_href: Option<String>,
    new_version_action: String,
    csrf: &'a str,
    max_bytes: u64,
    max_words: String,
}

#[derive(Template)]
#[template(path = "files/delete.html")]
struct DeleteTemplate<'a> {
    name: String,
    versions: usize,
    linked: Vec<RecordLink>,
    action: String,
    cancel: String,
    csrf: &'a str,
}

#[derive(Template)]
#[template(path = "files/all.html")]
struct AllTemplate {
    parent: RecordLink,
    files: Vec<Line>,
    total: u64,
}

/// `/lightning/r/ContentVersion/{id}/view`: the page of its file.
pub(super) async fn of_version(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Redirect, Failure> {
    let (_, version) = record::readable(&state, &who, &id).await?;
    let document = version.get("ContentDocumentId").as_reference();
    let document = document.ok_or(Failure::NotFound)?;
    Ok(Redirect::to(&path_of(document)))
}

/// `/lightning/r/ContentDocument/{id}/view`.
pub(super) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
    Flash(notice): Flash,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let (object, document) = record::readable(&state, &who, &id).await?;
    if object.name.as_str() != "ContentDocument" {
        return Err(Failure::NotFound);
    }
    if document.id.as_str() != id {
        return Ok(Redirect::to(&path_of(&document.id)).into_response());
    }
    let (store, user) = (&state.store, &who.user);
    let versions = store.file_versions(user, &document.id).await?;
    let latest = versions.first().ok_or(Failure::NotFound)?;
    let level = store.access_level(user, &document.id).await?;
    let linked = store.linked_records(user, &document.id).await?;
    let max_bytes = store.file_limits().file_bytes_max;
    let here = path_of(&document.id);
    let here = here.trim_end_matches("/view");
    let owner = document.get("OwnerId").as_reference().cloned();
    let body = PageTemplate {
        name: name_of(latest),
        icon: icon(latest),
        facts: facts(&state, &who, latest, owner.as_ref(), versions.len()).await?,
        description: match document.get("Description") {
            Value::Text(text) => text.clone(),
            _ => String::new(),
        },
        preview: shown(latest),
        download_href: format!("/lightning/files/{}/download", latest.version),
        versions: lines(&state, &who, &versions).await?,
        linked: links(&state, &who, &others(&linked)).await?,
        edits: level >= AccessLevel::Edit,
        delete_href: (level >= AccessLevel::Full).then(|| format!("{here}/delete")),
        new_version_action: format!("{here}/versions"),
        csrf: &who.session.csrf_token,
        max_bytes,
        max_words: size_in_words(max_bytes),
    };
    let head = Head {
        kind: "record",
        title: body.name.clone(),
        icon: "file".to_owned(),
        record: Some(RecordHead {
            id: document.id.to_string(),
            name: body.name.clone(),
            object: object.name.to_string(),
            person: None,
        }),
        notice,
        ..Head::default()
    };
    shell::page(&state, &who, head, &body)
        .await
        .map(flash::said)
}

async fn facts(
    state: &AppState,
    who: &SignedIn,
    latest: &FileRow,
    owner: Option<&RecordId>,
    versions: usize,
) -> Result<Vec<(&'static str, String)>, Failure> {
    let owners: Vec<RecordId> = owner.into_iter().cloned().collect();
    let names = state.store.names(&who.user, &owners).await?;
    let name = owner.and_then(|owner| names.get(owner)).cloned();
    let forms = value::forms_of(&who.user);
    Ok(vec![
        ("Type", super::kind(latest)),
        ("Size", size_in_words(latest.size)),
        ("Owner", name.unwrap_or_else(|| "Offhook".to_owned())),
        ("Last Changed", forms.page_moment(latest.changed_at_ms)),
        ("Versions", versions.to_string()),
    ])
}

/// Where the page shows the content, and with which element.
fn shown(latest: &FileRow) -> Option<(&'static str, String)> {
    let element = match latest.preview {
        Preview::None => return None,
        Preview::Image => "image",
        Preview::Audio => "audio",
        Preview::Video => "video",
    };
    Some((
        element,
        format!("/lightning/files/{}/preview", latest.version),
    ))
}

/// Users have no page that a file belongs to.
fn others(linked: &[RecordId]) -> Vec<RecordId> {
    let records = linked.iter().filter(|id| id.key_prefix() != "005");
    records.cloned().collect()
}

/// `GET /lightning/r/ContentDocument/{id}/delete`: asks first.
pub(super) async fn ask(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let latest = deletable(&state, &who, &id).await?;
    let name = name_of(&latest);
    let versions = state
        .store
        .file_versions(&who.user, &latest.document)
        .await?;
    let linked = state
        .store
        .linked_records(&who.user, &latest.document)
        .await?;
    let view = path_of(&latest.document);
    let body = DeleteTemplate {
        name: name.clone(),
        versions: versions.len(),
        linked: links(&state, &who, &others(&linked)).await?,
        action: format!("{}/delete", view.trim_end_matches("/view")),
        cancel: view,
        csrf: &who.session.csrf_token,
    };
    let head = Head {
        kind: "edit",
        title: format!("Delete {name}"),
        icon: "file".to_owned(),
        record: Some(RecordHead {
            id: latest.document.to_string(),
            name,
            object: "ContentDocument".to_owned(),
            person: None,
        }),
        ..Head::default()
    };
    shell::page(&state, &who, head, &body).await
}

/// `POST /lightning/r/ContentDocument/{id}/delete`: into the recycle bin; the next page, that of
/// a record that it was linked to, offers to take it back.
pub(super) async fn delete(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    RawForm(sent): RawForm,
) -> Result<Response, Failure> {
    let latest = deletable(&state, &who, &id).await?;
    let linked = state
        .store
        .linked_records(&who.user, &latest.document)
        .await?;
    let deleted = state.store.delete(&who.user, &latest.document).await;
    deleted.map_err(|failure| match failure {
        SaveFailure::NotFound => Failure::NotFound,
        SaveFailure::Store(error) => Failure::Store(error),
        refusal => Failure::Forbidden {
            needs: format!("Nothing was deleted: {refusal}."),
        },
    })?;
    let schema = state.store.schema();
    let linked = others(&linked);
    let back = linked.first().and_then(|id| {
        let object = schema.object_of(id)?;
        Some(value::record_path(object, id))
    });
    let back = back.unwrap_or_else(|| "/lightning/page/home".to_owned());
    let sent = query::pairs(&sent);
    let back = match query::value(&sent, "back") {
        "" => back.as_str(),
        back => login::own_path(back),
    };
    let said = format!("File “{}” was deleted.", name_of(&latest));
    let undo = format!("/lightning/r/ContentDocument/{}/restore", latest.document);
    Ok(flash::redirect(back, &said, Some(&undo)))
}

async fn deletable(state: &AppState, who: &SignedIn, id: &str) -> Result<FileRow, Failure> {
    let document = RecordId::parse(id).map_err(|_| Failure::NotFound)?;
    let versions = state.store.file_versions(&who.user, &document).await?;
    let latest = versions.into_iter().next().ok_or(Failure::NotFound)?;
    match state.store.access_level(&who.user, &document).await? {
        AccessLevel::Full => Ok(latest),
        _ => Err(Failure::Forbidden {
            needs: "You may see this file, not delete it. Ask its owner or an administrator."
                .to_owned(),
        }),
    }
}

/// `GET /lightning/r/{object}/{id}/files`: all files of a record.
pub(super) async fn of_record(
    State(state): State<AppState>,
    who: SignedIn,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let (object, record) = record::readable(&state, &who, &id).await?;
    if !takes_files(&state, &object) {
        return Err(Failure::NotFound);
    }
    let found = state
        .store
        .linked_files(&who.user, &record.id, FILES_MAX)
        .await?;
    let (files, total) = found;
    let name = value::name_of(&object, &record);
    let body = AllTemplate {
        parent: value::link(&object, &record.id, &name),
        files: lines(&state, &who, &files).await?,
        total,
    };
    let head = Head {
        kind: "record",
        title: format!("Files of {name}"),
        icon: "file".to_owned(),
        record: Some(RecordHead {
            id: record.id.to_string(),
            name,
            object: object.name.to_string(),
            person: None,
        }),
        ..Head::default()
    };
    shell::page(&state, &who, head, &body).await
}

fn path_of(document: &RecordId) -> String {
    format!("/lightning/r/ContentDocument/{document}/view")
}
