//! Server scripts and pages: lists of what admins wrote, one with its text and versions, what
//! changed between versions, going back to one, and deleting.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use offhook_script::{Contents, ScriptError};
use offhook_store::sources::{Source, SourceDraft, SourceError, SourceKind, SourceVersion};

use super::frame::{self, Place, admit};
use super::line_diff::{Change, difference};
use super::script_desk::Tried;
use super::show;
use crate::AppState;
use crate::console::flash::{self, Flash, Notice};
use crate::error::Failure;
use crate::session::SignedIn;

/// A kind as it stands in addresses: `classes` or `pages`.
pub(super) fn kind_of(word: &str) -> Result<SourceKind, Failure> {
    match word {
        "classes" => Ok(SourceKind::Class),
        "pages" => Ok(SourceKind::Page),
        _ => Err(Failure::NotFound),
    }
}

pub(super) fn place_of(kind: SourceKind) -> Place {
    match kind {
        SourceKind::Class => Place::ServerScripts,
        SourceKind::Page => Place::Pages,
    }
}

/// The source of an address, for somebody who may see it; its kind and place.
pub(super) async fn opened(
    state: &AppState,
    who: &SignedIn,
    kind: &str,
    id: &str,
) -> Result<(SourceKind, Place, Source), Failure> {
    let kind = kind_of(kind)?;
    let place = place_of(kind);
    admit(who, place)?;
    Ok((kind, place, find(state, kind, id).await?))
}

/// One of its versions.
async fn version_of(
    state: &AppState,
    source: &Source,
    number: i64,
) -> Result<SourceVersion, Failure> {
    let found = state.store.source_version(source.id, number).await?;
    found.ok_or(Failure::NotFound)
}

/// A source that is there.
pub(super) async fn find(state: &AppState, kind: SourceKind, id: &str) -> Result<Source, Failure> {
    let id = id.parse().map_err(|_| Failure::NotFound)?;
    let found = state.store.source(kind, id).await?;
    found.ok_or(Failure::NotFound)
}

/// A refusal that no form can show.
pub(super) fn refusal(error: SourceError) -> Failure {
    match error {
        SourceError::NotFound => Failure::NotFound,
        SourceError::NotAllowed => Failure::Forbidden {
            needs: format!("This needs more: {error}."),
        },
        SourceError::Store(error) => error.into(),
        other => Failure::BadRequest {
            why: format!("Nothing was saved: {other}."),
        },
    }
}

struct Row {
    href: String,
    name: String,
    description: String,
    version: i64,
    author: String,
    at: String,
    open_to: String,
}

#[derive(Template)]
#[template(path = "setup/code_list.html")]
struct ListTemplate {
    root: &'static str,
    is_class: bool,
    title: &'static str,
    rows: Vec<Row>,
}

/// `GET /lightning/setup/code/{kind}`.
pub(super) async fn list(
    State(state): State<AppState>,
    Path(kind): Path<String>,
    who: SignedIn,
    Flash(notice): Flash,
) -> Result<Response, Failure> {
    let kind = kind_of(&kind)?;
    let place = place_of(kind);
    admit(&who, place)?;
    let row = |source: Source| Row {
        href: format!("{}/{}", place.path(), source.id),
        at: show::moment(source.at_ms, &who.user),
        open_to: open_to(&source),
        name: source.name,
        description: source.settings.description,
        version: source.version,
        author: source.author_name,
    };
    let sources = state.store.sources(kind).await?;
    let body = ListTemplate {
        root: place.path(),
        is_class: kind == SourceKind::Class,
        title: place.label(),
        rows: sources.into_iter().map(row).collect(),
    };
    let page = frame::page(&state, &who, place, place.label(), notice, &body).await;
    page.map(flash::said)
}

fn open_to(source: &Source) -> String {
    match source.settings.profiles.as_slice() {
        [] => "Every profile".to_owned(),
        profiles => profiles.join(", "),
    }
}

struct VersionRow {
    href: String,
    version: i64,
    note: String,
    author: String,
    at: String,
}

#[derive(Template)]
#[template(path = "setup/code.html")]
struct DetailTemplate<'a> {
    csrf: &'a str,
    root: &'static str,
    list_label: &'static str,
    is_class: bool,
    source: &'a Source,
    open_to: String,
    at: String,
    lines: Vec<&'a str>,
    contents: Contents,
    problem: Option<String>,
    versions: Vec<VersionRow>,
    tried: &'a Tried,
    address: String,
}

/// `GET /lightning/setup/code/{kind}/{id}`.
pub(super) async fn detail(
    State(state): State<AppState>,
    Path((kind, id)): Path<(String, String)>,
    who: SignedIn,
    Flash(notice): Flash,
) -> Result<Response, Failure> {
    let (kind, _, source) = opened(&state, &who, &kind, &id).await?;
    let tried = Tried::nothing(&who);
    let page = detail_page(&state, &who, kind, &source, &tried, notice).await;
    page.map(flash::said)
}

/// The page of a source, with what was just tried of it.
pub(super) async fn detail_page(
    state: &AppState,
    who: &SignedIn,
    kind: SourceKind,
    source: &Source,
    tried: &Tried,
    notice: Option<Notice>,
) -> Result<Response, Failure> {
    let place = place_of(kind);
    let root = place.path();
    let checked = match kind {
        SourceKind::Class => state.scripts.check(&source.body).await,
        SourceKind::Page => Ok(Contents::default()),
    };
    let (contents, problem) = match checked {
        Ok(contents) => (contents, None),
        Err(error) => (Contents::default(), Some(told(&error))),
    };
    let versions = state.store.source_versions(source.id).await?;
    let version = |one: SourceVersion| VersionRow {
        href: format!("{root}/{}/versions/{}", source.id, one.version),
        version: one.version,
        note: one.note,
        author: one.author_name,
        at: show::moment(one.at_ms, &who.user),
    };
    let body = DetailTemplate {
        csrf: &who.session.csrf_token,
        root,
        list_label: place.label(),
        is_class: kind == SourceKind::Class,
        source,
        open_to: open_to(source),
        at: show::moment(source.at_ms, &who.user),
        lines: source.body.lines().collect(),
        contents,
        problem,
        versions: versions.into_iter().map(version).collect(),
        tried,
        address: format!("/apex/{}", source.name.replace('.', "__")),
    };
    frame::page(state, who, place, &source.name, notice, &body).await
}

/// An error of a script as a sentence with its place.
pub(super) fn told(error: &ScriptError) -> String {
    match error {
        ScriptError::Thrown {
            message,
            place: Some((line, column)),
        } => format!("{message} (line {line}, column {column})"),
        other => other.to_string(),
    }
}

struct DiffLine<'a> {
    class: &'static str,
    sign: &'static str,
    text: &'a str,
}

#[derive(Template)]
#[template(path = "setup/code_version.html")]
struct VersionTemplate<'a> {
    csrf: &'a str,
    root: &'static str,
    list_label: &'static str,
    source: &'a Source,
    version: i64,
    note: &'a str,
    author: &'a str,
    at: String,
    is_current: bool,
    against: String,
    changes: Vec<DiffLine<'a>>,
}

/// `GET …/{id}/versions/{version}`: its text beside the one before it.
pub(super) async fn version(
    State(state): State<AppState>,
    Path((kind, id, number)): Path<(String, String, i64)>,
    who: SignedIn,
) -> Result<Response, Failure> {
    let (_, place, source) = opened(&state, &who, &kind, &id).await?;
    let found = version_of(&state, &source, number).await?;
    let before = state.store.source_version(source.id, number - 1).await?;
    let (old, against) = match &before {
        Some(before) => (before.body.as_str(), format!("version {}", before.version)),
        None => ("", "nothing".to_owned()),
    };
    let changes = difference(old, &found.body).into_iter().map(|change| {
        let (class, sign, text) = match change {
            Change::Same(text) => ("", " ", text),
            Change::Gone(text) => ("oh-code__gone", "−", text),
            Change::New(text) => ("oh-code__new", "+", text),
        };
        DiffLine { class, sign, text }
    });
    let title = format!("{}, version {number}", source.name);
    let body = VersionTemplate {
        csrf: &who.session.csrf_token,
        root: place.path(),
        list_label: place.label(),
        source: &source,
        version: number,
        note: &found.note,
        author: &found.author_name,
        at: show::moment(found.at_ms, &who.user),
        is_current: number == source.version,
        against,
        changes: changes.collect(),
    };
    frame::page(&state, &who, place, &title, None, &body).await
}

/// `POST …/{id}/versions/{version}/restore`: an old text becomes the newest version.
pub(super) async fn restore(
    State(state): State<AppState>,
    Path((kind, id, number)): Path<(String, String, i64)>,
    who: SignedIn,
) -> Result<Response, Failure> {
    let (kind, place, source) = opened(&state, &who, &kind, &id).await?;
    let found = version_of(&state, &source, number).await?;
    let draft = SourceDraft {
        name: source.name.clone(),
        body: found.body,
        note: format!("Back to version {number}"),
        settings: source.settings.clone(),
    };
    let store = &state.store;
    let saved = store.save_source(&who.user, kind, source.id, source.version, &draft);
    let saved = saved.await.map_err(refusal)?;
    let text = format!("Version {number} is in force again, as version {saved}.");
    let target = format!("{}/{}", place.path(), source.id);
    Ok(flash::redirect(&target, &text, None))
}

#[derive(Template)]
#[template(path = "setup/code_delete.html")]
struct DeleteTemplate<'a> {
    csrf: &'a str,
    root: &'static str,
    list_label: &'static str,
    is_class: bool,
    source: &'a Source,
}

/// `GET …/{id}/delete`.
pub(super) async fn confirm_delete(
    State(state): State<AppState>,
    Path((kind, id)): Path<(String, String)>,
    who: SignedIn,
) -> Result<Response, Failure> {
    let (kind, place, source) = opened(&state, &who, &kind, &id).await?;
    let title = format!("Delete {}", source.name);
    let body = DeleteTemplate {
        csrf: &who.session.csrf_token,
        root: place.path(),
        list_label: place.label(),
        is_class: kind == SourceKind::Class,
        source: &source,
    };
    frame::page(&state, &who, place, &title, None, &body).await
}

/// `POST …/{id}/delete`.
pub(super) async fn delete(
    State(state): State<AppState>,
    Path((kind, id)): Path<(String, String)>,
    who: SignedIn,
) -> Result<Response, Failure> {
    let (kind, place, source) = opened(&state, &who, &kind, &id).await?;
    let deleted = state.store.delete_source(&who.user, kind, source.id).await;
    deleted.map_err(refusal)?;
    let text = format!("{} was deleted.", source.name);
    Ok(flash::redirect(place.path(), &text, None))
}
