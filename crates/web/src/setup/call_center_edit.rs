//! Changing a call center: the form with its values, what would change, the one-click remedy for
//! the misspelt compatibility item, and cloning.

use askama::Template;
use axum::Form;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use offhook_org::cti::CallCenter;
use offhook_org::cti::call_center::DefinitionItem;
use offhook_org::cti::call_center_edit::{Edit, EditProblem, differences, edited};
use offhook_org::cti::call_center_lint::{self, MISSPELT_MODE, MODE, MODES, is_secret};
use offhook_org::cti::call_center_xml::{LABEL_LENGTH_MAX, internal_name_problem};
use offhook_store::cti::StoredCallCenter;
use serde::Deserialize;

use super::call_center_view::{self as view, ChangeView};
use super::call_centers::{find, refusal};
use super::frame::{self, Place, admit};
use crate::AppState;
use crate::console::flash;
use crate::error::Failure;
use crate::query;
use crate::session::SignedIn;

/// How an item is edited.
enum Control {
    Fixed,
    Text,
    LongText,
    Number,
    Secret,
    Choice(Vec<&'static str>),
}

struct Field {
    key: String,
    label: String,
    name: String,
    value: String,
    control: Control,
    vendor_default: Option<String>,
    problem: Option<String>,
}

struct FieldSection {
    label: String,
    fields: Vec<Field>,
}

#[derive(Template)]
#[template(path = "setup/call_center_edit.html")]
struct EditTemplate<'a> {
    id: &'a str,
    csrf: &'a str,
    display_name: &'a str,
    version: u32,
    problems: Vec<String>,
    sections: Vec<FieldSection>,
}

/// `GET /lightning/setup/call-centers/{id}/edit`.
pub(super) async fn form(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    admit(&who, Place::CallCenters)?;
    let center = find(&state, &id).await?;
    form_page(&state, &who, StatusCode::OK, &center, &[], &[], None).await
}

async fn form_page(
    state: &AppState,
    who: &SignedIn,
    status: StatusCode,
    center: &StoredCallCenter,
    typed: &[Edit],
    problems: &[EditProblem],
    other: Option<String>,
) -> Result<Response, Failure> {
    let history = state.store.call_center_history(&center.id).await?;
    let original = history.last().map(|first| &first.definition);
    let told = problems.iter().map(|problem| problem.message.clone());
    let body = EditTemplate {
        id: center.id.as_str(),
        csrf: &who.session.csrf_token,
        display_name: &center.definition.display_name,
        version: center.version,
        problems: other.into_iter().chain(told).collect(),
        sections: fields(&center.definition, original, typed, problems),
    };
    let title = format!("Edit {}", center.definition.display_name);
    let place = Place::CallCenters;
    frame::page_with_status(state, who, status, place, &title, None, &body).await
}

fn fields(
    center: &CallCenter,
    original: Option<&CallCenter>,
    typed: &[Edit],
    problems: &[EditProblem],
) -> Vec<FieldSection> {
    let views = view::sections(center, original, false).into_iter();
    let sections = views.zip(&center.sections).enumerate();
    let section = |(s, (shown, section)): (usize, (view::SectionView, _))| {
        let section: &offhook_org::cti::call_center::DefinitionSection = section;
        let items = shown.items.into_iter().zip(&section.items).enumerate();
        let field = |(i, (shown, item)): (usize, (view::ItemView, &DefinitionItem))| {
            let control = control(item);
            let is_this = |section: usize, item: usize| section == s && item == i;
            let typed = typed.iter().find(|edit| is_this(edit.section, edit.item));
            let problem = problems.iter().find(|p| is_this(p.section, p.item));
            Field {
                key: format!("{s}.{i}"),
                label: shown.label,
                name: item.name.clone(),
                value: match (&control, typed) {
                    (Control::Secret, _) => String::new(),
                    (_, Some(edit)) => edit.value.clone(),
                    (_, None) => item.value.clone(),
                },
                control,
                vendor_default: shown.vendor_default,
                problem: problem.map(|problem| problem.message.clone()),
            }
        };
        FieldSection {
            label: shown.label,
            fields: items.map(field).collect(),
        }
    };
    sections.map(section).collect()
}

/// A value that is none of the choices is one too: it may stay as it is.
fn control(item: &DefinitionItem) -> Control {
    let is_one_of = |choices: &[&str]| item.value.is_empty() || choices.contains(&&*item.value);
    match item.name.as_str() {
        "reqInternalName" => Control::Fixed,
        "reqUseApi" if is_one_of(&["true", "false"]) => Control::Choice(vec!["true", "false"]),
        MODE | MISSPELT_MODE if is_one_of(&MODES) => Control::Choice(MODES.to_vec()),
        "reqSoftphoneHeight" | "reqSoftphoneWidth" | "reqTimeout"
            if item.value.is_empty() || item.value.parse::<u64>().is_ok() =>
        {
            Control::Number
        }
        _ if is_secret(item) => Control::Secret,
        _ if item.value.contains('\n') || item.value.chars().count() > 100 => Control::LongText,
        _ => Control::Text,
    }
}

/// The values of the form. An empty secret is one that stays, unless it is to be emptied.
fn typed(form: &[(String, String)], center: &CallCenter) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (key, value) in form {
        let key = key.strip_prefix("v.").and_then(|key| key.split_once('.'));
        let key = key.and_then(|(s, i)| Some((s.parse::<usize>().ok()?, i.parse::<usize>().ok()?)));
        let Some((section, item)) = key else {
            continue;
        };
        let known: Option<&DefinitionItem> = center
            .sections
            .get(section)
            .and_then(|section| section.items.get(item));
        let is_kept = value.is_empty() && known.is_some_and(is_secret);
        let is_emptied = query::value(form, &format!("empty.{section}.{item}")) == "1";
        if !is_kept || is_emptied {
            edits.push(Edit {
                section,
                item,
                value: value.clone(),
            });
        }
    }
    edits
}

#[derive(Template)]
#[template(path = "setup/call_center_review.html")]
struct ReviewTemplate<'a> {
    id: &'a str,
    csrf: &'a str,
    display_name: &'a str,
    version: u32,
    user_count: u32,
    changes: Vec<ChangeView>,
    warnings: Vec<String>,
    values: Vec<(String, String)>,
}

/// `POST /lightning/setup/call-centers/{id}/edit`: shows what would change; with `confirmed`,
/// changes it.
pub(super) async fn save(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Failure> {
    admit(&who, Place::CallCenters)?;
    let center = find(&state, &id).await?;
    let form = query::pairs(&body);
    let edits = typed(&form, &center.definition);
    let version = query::value(&form, "version").parse().unwrap_or(0);
    if version != center.version {
        let name = center.definition.display_name.clone();
        let changed = offhook_store::cti::CallCenterError::Changed(name);
        let told = Some(refusal(changed)?);
        let status = StatusCode::CONFLICT;
        return form_page(&state, &who, status, &center, &[], &[], told).await;
    }
    let changed = match edited(&center.definition, &edits) {
        Ok(changed) => changed,
        Err(problems) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return form_page(&state, &who, status, &center, &edits, &problems, None).await;
        }
    };
    let target = format!("{}/{}", Place::CallCenters.path(), center.id);
    if changed == center.definition {
        return Ok(flash::redirect(&target, "Nothing was changed.", None));
    }
    if query::value(&form, "confirmed") != "1" {
        return review(&state, &who, &center, &changed, &edits).await;
    }
    let done = state
        .store
        .change_call_center(&who.user, &center.id, version, &changed, "Edited")
        .await;
    match done {
        Ok(()) => {
            let text = format!(
                "{} was changed. Softphones have it when their console is loaded next.",
                changed.display_name
            );
            Ok(flash::redirect(&target, &text, None))
        }
        Err(error) => {
            let told = Some(refusal(error)?);
            let status = StatusCode::CONFLICT;
            form_page(&state, &who, status, &center, &edits, &[], told).await
        }
    }
}

async fn review(
    state: &AppState,
    who: &SignedIn,
    center: &StoredCallCenter,
    changed: &CallCenter,
    edits: &[Edit],
) -> Result<Response, Failure> {
    let before = call_center_lint::advice(&center.definition);
    let new = call_center_lint::advice(changed).into_iter();
    let new = new.filter(|advice| !before.contains(advice));
    let is_new = |edit: &&Edit| {
        let section = center.definition.sections.get(edit.section);
        let item = section.and_then(|section| section.items.get(edit.item));
        item.is_some_and(|item| item.value != edit.value)
    };
    let values = edits.iter().filter(is_new).flat_map(|edit| {
        let key = format!("{}.{}", edit.section, edit.item);
        let empty = edit
            .value
            .is_empty()
            .then(|| (format!("empty.{key}"), "1".to_owned()));
        [(format!("v.{key}"), edit.value.clone())]
            .into_iter()
            .chain(empty)
    });
    let body = ReviewTemplate {
        id: center.id.as_str(),
        csrf: &who.session.csrf_token,
        display_name: &center.definition.display_name,
        version: center.version,
        user_count: center.user_count,
        changes: view::changes(differences(&center.definition, changed)),
        warnings: new.map(|advice| advice.message).collect(),
        values: values.collect(),
    };
    let title = format!("Change {}?", center.definition.display_name);
    frame::page(state, who, Place::CallCenters, &title, None, &body).await
}

/// `POST /lightning/setup/call-centers/{id}/mend-mode`: names the misspelt item right.
pub(super) async fn mend_mode(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    admit(&who, Place::CallCenters)?;
    let center = find(&state, &id).await?;
    let target = format!("{}/{}", Place::CallCenters.path(), center.id);
    let Some(right) = center.definition.with_mode_spelt_right() else {
        return Ok(flash::redirect(&target, "Nothing was changed.", None));
    };
    let reason = "Corrected the spelling of reqSalesforceCompatibilityMode";
    let done = state
        .store
        .change_call_center(&who.user, &center.id, center.version, &right, reason)
        .await;
    let text = match done {
        Ok(()) => "The compatibility mode is spelt right now.".to_owned(),
        Err(error) => refusal(error)?,
    };
    Ok(flash::redirect(&target, &text, None))
}

#[derive(Template)]
#[template(path = "setup/call_center_clone.html")]
struct CloneTemplate<'a> {
    id: &'a str,
    csrf: &'a str,
    display_name: &'a str,
    new_internal_name: &'a str,
    new_display_name: &'a str,
    problem: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct CloneNames {
    #[serde(default)]
    internal_name: String,
    #[serde(default)]
    display_name: String,
}

/// `GET /lightning/setup/call-centers/{id}/clone`.
pub(super) async fn clone_form(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    admit(&who, Place::CallCenters)?;
    let center = find(&state, &id).await?;
    let names = CloneNames {
        internal_name: String::new(),
        display_name: format!("{} copy", center.definition.display_name),
    };
    clone_page(&state, &who, StatusCode::OK, &center, &names, None).await
}

async fn clone_page(
    state: &AppState,
    who: &SignedIn,
    status: StatusCode,
    center: &StoredCallCenter,
    names: &CloneNames,
    problem: Option<String>,
) -> Result<Response, Failure> {
    let body = CloneTemplate {
        id: center.id.as_str(),
        csrf: &who.session.csrf_token,
        display_name: &center.definition.display_name,
        new_internal_name: &names.internal_name,
        new_display_name: &names.display_name,
        problem,
    };
    let title = format!("Clone {}", center.definition.display_name);
    let place = Place::CallCenters;
    frame::page_with_status(state, who, status, place, &title, None, &body).await
}

/// `POST /lightning/setup/call-centers/{id}/clone`.
pub(super) async fn clone(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    Form(names): Form<CloneNames>,
) -> Result<Response, Failure> {
    admit(&who, Place::CallCenters)?;
    let center = find(&state, &id).await?;
    let (internal, display) = (names.internal_name.trim(), names.display_name.trim());
    let problem = internal_name_problem(internal, false)
        .map(|problem| format!("The internal name {problem}"))
        .or_else(|| display_name_problem(display));
    if problem.is_some() {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return clone_page(&state, &who, status, &center, &names, problem).await;
    }
    let done = state
        .store
        .clone_call_center(&who.user, &center.id, internal, display)
        .await;
    match done {
        Ok(id) => {
            let text = format!("{display} was made. Nobody is in it yet.");
            let target = format!("{}/{id}", Place::CallCenters.path());
            Ok(flash::redirect(&target, &text, None))
        }
        Err(error) => {
            let problem = Some(refusal(error)?);
            clone_page(&state, &who, StatusCode::CONFLICT, &center, &names, problem).await
        }
    }
}

fn display_name_problem(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("The display name is empty: give one.".to_owned());
    }
    let is_long = name.chars().count() > LABEL_LENGTH_MAX;
    is_long.then(|| format!("The display name may have {LABEL_LENGTH_MAX} characters."))
}
