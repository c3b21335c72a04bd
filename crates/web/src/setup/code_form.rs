//! The editor of scripts and pages: a plain text area. The text is read before it is saved; what
//! is wrong is said with line and column, beside the lines around it, and nothing is lost.

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use offhook_org::access::ProfileName;
use offhook_org::pages;
use offhook_script::ScriptError;
use offhook_store::sources::{SourceDraft, SourceError, SourceKind, SourceSettings};

use super::code::{kind_of, opened, place_of, refusal, told};
use super::frame::{self, admit};
use crate::console::flash;
use crate::error::Failure;
use crate::session::SignedIn;
use crate::{AppState, query};

/// Lines that are shown around a fault.
const AROUND: usize = 3;

/// Where a new class begins.
const NEW_CLASS: &str = "\
// Each exported function is a method that adapters call by runApex. It gets the parameters as an
// object of texts, and what it returns goes back to the adapter.
export function findContact({ phone }) {
  const found = org.search(
    \"FIND {:phone} IN PHONE FIELDS RETURNING Contact(Id, Name, Phone)\",
    { phone },
  );
  return found[0] ?? null;
}

export const tests = {
  \"a number that nobody has finds nothing\"() {
    assert.equal(findContact({ phone: \"+15550100999\" }), null);
  },
};
";

/// Where a new page begins.
const NEW_PAGE: &str = "\
<apex:page title=\"Softphone\">
  <apex:includeScript value=\"/support/api/66.0/lightning/opencti_min.js\"/>
  <p>Hello {!$User.FirstName}</p>
</apex:page>
";

struct Choice {
    name: String,
    chosen: bool,
}

/// A line near a fault.
struct Near<'a> {
    number: usize,
    text: &'a str,
    is_it: bool,
}

#[derive(Template)]
#[template(path = "setup/code_edit.html")]
struct FormTemplate<'a> {
    csrf: &'a str,
    action: String,
    cancel: String,
    root: &'static str,
    list_label: &'static str,
    title: &'a str,
    is_class: bool,
    /// The version that the author began with; 0 for a new one.
    known: i64,
    draft: &'a SourceDraft,
    profiles: Vec<Choice>,
    problem: Option<&'a Problem>,
    near: Vec<Near<'a>>,
}

/// What is wrong with a draft.
struct Problem {
    text: String,
    /// From 1; 0 where it has no place.
    line: usize,
}

/// `GET /lightning/setup/code/{kind}/new`.
pub(super) async fn new(
    State(state): State<AppState>,
    Path(kind): Path<String>,
    who: SignedIn,
) -> Result<Response, Failure> {
    let kind = kind_of(&kind)?;
    admit(&who, place_of(kind))?;
    let body = match kind {
        SourceKind::Class => NEW_CLASS,
        SourceKind::Page => NEW_PAGE,
    };
    let draft = SourceDraft {
        body: body.to_owned(),
        ..SourceDraft::default()
    };
    form(&state, &who, kind, None, &draft, None).await
}

/// `GET …/{id}/edit`.
pub(super) async fn edit(
    State(state): State<AppState>,
    Path((kind, id)): Path<(String, String)>,
    who: SignedIn,
) -> Result<Response, Failure> {
    let (kind, _, source) = opened(&state, &who, &kind, &id).await?;
    let draft = SourceDraft {
        name: source.name.clone(),
        body: source.body.clone(),
        note: String::new(),
        settings: source.settings.clone(),
    };
    form(
        &state,
        &who,
        kind,
        Some((source.id, source.version)),
        &draft,
        None,
    )
    .await
}

/// `POST /lightning/setup/code/{kind}/new`.
pub(super) async fn create(
    State(state): State<AppState>,
    Path(kind): Path<String>,
    who: SignedIn,
    body: Bytes,
) -> Result<Response, Failure> {
    let kind = kind_of(&kind)?;
    admit(&who, place_of(kind))?;
    let (draft, _) = read(&body);
    if let Err(problem) = check(&state, kind, &draft).await {
        return form(&state, &who, kind, None, &draft, Some(&problem)).await;
    }
    match state.store.create_source(&who.user, kind, &draft).await {
        Ok(id) => Ok(saved(
            kind,
            id,
            &format!("{} was created.", draft.name.trim()),
        )),
        Err(error) => {
            let problem = problem_of(error)?;
            form(&state, &who, kind, None, &draft, Some(&problem)).await
        }
    }
}

/// `POST …/{id}/edit`.
pub(super) async fn save(
    State(state): State<AppState>,
    Path((kind, id)): Path<(String, String)>,
    who: SignedIn,
    body: Bytes,
) -> Result<Response, Failure> {
    let (kind, _, source) = opened(&state, &who, &kind, &id).await?;
    let (draft, known) = read(&body);
    let at = Some((source.id, known));
    if let Err(problem) = check(&state, kind, &draft).await {
        return form(&state, &who, kind, at, &draft, Some(&problem)).await;
    }
    let store = &state.store;
    match store
        .save_source(&who.user, kind, source.id, known, &draft)
        .await
    {
        Ok(version) => {
            let text = format!("{} was saved as version {version}.", draft.name.trim());
            Ok(saved(kind, source.id, &text))
        }
        Err(error) => {
            // Whoever saves again after this knows the other version.
            let at = Some((source.id, source.version));
            let problem = problem_of(error)?;
            form(&state, &who, kind, at, &draft, Some(&problem)).await
        }
    }
}

fn saved(kind: SourceKind, id: i64, text: &str) -> Response {
    let target = format!("{}/{id}", place_of(kind).path());
    flash::redirect(&target, text, None)
}

/// A refusal that the form shows.
fn problem_of(error: SourceError) -> Result<Problem, Failure> {
    match error {
        SourceError::BadName
        | SourceError::Exists(_)
        | SourceError::Changed { .. }
        | SourceError::TooLarge(_) => Ok(Problem {
            text: format!("{error}."),
            line: 0,
        }),
        other => Err(refusal(other)),
    }
}

fn read(body: &[u8]) -> (SourceDraft, i64) {
    let pairs = query::pairs(body);
    let value = |name: &str| query::value(&pairs, name).to_owned();
    let profiles = pairs.iter().filter(|(name, _)| name == "profile");
    let draft = SourceDraft {
        name: value("name").trim().to_owned(),
        // Browsers send lines with a carriage return.
        body: value("body").replace("\r\n", "\n"),
        note: value("note"),
        settings: SourceSettings {
            description: value("description").chars().take(255).collect(),
            profiles: profiles.map(|(_, name)| name.clone()).collect(),
        },
    };
    (draft, value("known").parse().unwrap_or(0))
}

async fn check(state: &AppState, kind: SourceKind, draft: &SourceDraft) -> Result<(), Problem> {
    match kind {
        SourceKind::Class => {
            let contents = state.scripts.check(&draft.body).await;
            let contents = contents.map_err(|error| Problem {
                line: match &error {
                    ScriptError::Thrown {
                        place: Some((line, _)),
                        ..
                    } => usize::try_from(*line).unwrap_or(0),
                    _ => 0,
                },
                text: told(&error),
            })?;
            match contents.methods.is_empty() {
                false => Ok(()),
                true => Err(Problem {
                    text: "There is no method: export a function, for example export function \
                           findContact({ phone }) { … }."
                        .to_owned(),
                    line: 0,
                }),
            }
        }
        SourceKind::Page => match pages::parse(&draft.body) {
            Ok(_) => Ok(()),
            Err(error) => Err(Problem {
                line: usize::try_from(error.line).unwrap_or(0),
                text: error.to_string(),
            }),
        },
    }
}

async fn form(
    state: &AppState,
    who: &SignedIn,
    kind: SourceKind,
    at: Option<(i64, i64)>,
    draft: &SourceDraft,
    problem: Option<&Problem>,
) -> Result<Response, Failure> {
    let place = place_of(kind);
    let root = place.path();
    let (action, cancel, known) = match at {
        Some((id, known)) => (format!("{root}/{id}/edit"), format!("{root}/{id}"), known),
        None => (format!("{root}/new"), root.to_owned(), 0),
    };
    let title = match (at, kind) {
        (Some(_), _) => format!("Edit {}", draft.name),
        (None, SourceKind::Class) => "New Server Script".to_owned(),
        (None, SourceKind::Page) => "New Page".to_owned(),
    };
    let profiles: Vec<ProfileName> = state.store.profiles().await?;
    let choice = |profile: ProfileName| Choice {
        chosen: draft.settings.profiles.contains(&profile.name),
        name: profile.name,
    };
    let line = problem.map_or(0, |problem| problem.line);
    let near = (1..)
        .zip(draft.body.lines())
        .filter(|(number, _)| line > 0 && line.abs_diff(*number) <= AROUND)
        .map(|(number, text)| Near {
            number,
            text,
            is_it: number == line,
        });
    let body = FormTemplate {
        csrf: &who.session.csrf_token,
        action,
        cancel,
        root,
        list_label: place.label(),
        title: &title,
        is_class: kind == SourceKind::Class,
        known,
        draft,
        profiles: profiles.into_iter().map(choice).collect(),
        problem,
        near: near.collect(),
    };
    let status = match problem {
        None => StatusCode::OK,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    frame::page_with_status(state, who, status, place, &title, None, &body).await
}
