//! The rights of a profile or permission set, each as one table with one save: rights over the
//! org and over objects on the first page, rights over the fields of an object on one page each.
//! What a right needs is given with it. And a copy under another name.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use offhook_org::RecordId;
use offhook_org::access::{
    FieldAccess, Operation, Permission, takes_field_rows, takes_object_rows,
};
use offhook_org::schema::Object;
use offhook_store::error::SaveFailure;
use offhook_store::rights::{RightsChange, RightsSet};
use serde::Deserialize;

use super::frame::{self, Place, admit};
use crate::console::flash::{self, Flash, Notice};
use crate::error::Failure;
use crate::session::SignedIn;
use crate::{AppState, query};

/// Columns of the table of objects.
const OPERATIONS: [(Operation, &str); 6] = [
    (Operation::Read, "Read"),
    (Operation::Create, "Create"),
    (Operation::Edit, "Edit"),
    (Operation::Delete, "Delete"),
    (Operation::ViewAll, "View All"),
    (Operation::ModifyAll, "Modify All"),
];

struct Cell {
    name: String,
    label: String,
    on: bool,
    /// Names of the boxes that this one needs, apart by spaces.
    needs: String,
}

struct Line {
    label: String,
    name: String,
    href: Option<String>,
    cells: Vec<Cell>,
}

#[derive(Template)]
#[template(path = "setup/rights.html")]
struct RightsTemplate<'a> {
    csrf: &'a str,
    /// `/lightning/setup/rights/{id}`.
    base: String,
    record_href: String,
    list: Place,
    title: String,
    problems: Vec<String>,
    may_save: bool,
    /// Of the page of an object's fields: its label.
    of_object: Option<String>,
    action: String,
    /// Rights over the org.
    permissions: Vec<Cell>,
    columns: Vec<&'static str>,
    lines: Vec<Line>,
    /// What the boxes were when the page was made, so that a save changes what was changed.
    shown: String,
    copy_name: String,
}

/// The set with the place in Setup where it is listed.
async fn opened(state: &AppState, who: &SignedIn, id: &str) -> Result<(RightsSet, Place), Failure> {
    let id = RecordId::parse(id).map_err(|_| Failure::NotFound)?;
    let found = state.store.rights_set(&id).await?;
    let found = found.ok_or(Failure::NotFound)?;
    let place = match found.profile {
        Some(_) => Place::Profiles,
        None => Place::PermissionSets,
    };
    admit(who, place)?;
    Ok((found, place))
}

/// `GET /lightning/setup/rights/{id}`.
pub(super) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    Flash(notice): Flash,
) -> Result<Response, Failure> {
    let opened = opened(&state, &who, &id).await?;
    let page = show(&state, &who, opened, None, Vec::new(), notice).await;
    page.map(flash::said)
}

/// `GET /lightning/setup/rights/{id}/fields/{object}`.
pub(super) async fn fields_page(
    State(state): State<AppState>,
    who: SignedIn,
    Path((id, object)): Path<(String, String)>,
    Flash(notice): Flash,
) -> Result<Response, Failure> {
    let opened = opened(&state, &who, &id).await?;
    let object = object_named(&state, &object)?;
    let page = show(&state, &who, opened, Some(&object), Vec::new(), notice).await;
    page.map(flash::said)
}

fn object_named(state: &AppState, name: &str) -> Result<std::sync::Arc<Object>, Failure> {
    let schema = state.store.schema();
    let object = schema.object(name).filter(|object| has_fields(object));
    object.cloned().ok_or(Failure::NotFound)
}

fn has_fields(object: &Object) -> bool {
    let mut fields = object.fields.iter();
    fields.any(|field| takes_field_rows(object, field))
}

async fn show(
    state: &AppState,
    who: &SignedIn,
    (set, place): (RightsSet, Place),
    of: Option<&Object>,
    problems: Vec<String>,
    notice: Option<Notice>,
) -> Result<Response, Failure> {
    let id = set.profile.as_ref().unwrap_or(&set.set).clone();
    let base = format!("/lightning/setup/rights/{id}");
    let object_kind = if set.profile.is_some() {
        "Profile"
    } else {
        "PermissionSet"
    };
    let lines = match of {
        Some(object) => field_lines(&set, object),
        None => object_lines(state, &set, &base),
    };
    let permissions = match of {
        Some(_) => Vec::new(),
        None => permission_cells(&set),
    };
    let boxes = permissions
        .iter()
        .chain(lines.iter().flat_map(|line| &line.cells));
    let shown: Vec<&str> = boxes
        .filter(|cell| cell.on)
        .map(|cell| cell.name.as_str())
        .collect();
    let status = match problems.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let title = format!("Rights of {}", set.label);
    let body = RightsTemplate {
        csrf: &who.session.csrf_token,
        record_href: format!("/lightning/setup/rows/{object_kind}/{id}"),
        list: place,
        title: set.label.clone(),
        problems,
        may_save: who.user.holds(Permission::ManageProfilesPermissionsets),
        of_object: of.map(|object| object.label.clone()),
        action: match of {
            Some(object) => format!("{base}/fields/{}", object.name),
            None => base.clone(),
        },
        columns: match of {
            Some(_) => vec!["Read", "Edit"],
            None => OPERATIONS.iter().map(|(_, label)| *label).collect(),
        },
        shown: shown.join(" "),
        copy_name: format!("{} (copy)", set.label),
        permissions,
        lines,
        base,
    };
    frame::page_with_status(state, who, status, place, &title, notice, &body).await
}

fn permission_cells(set: &RightsSet) -> Vec<Cell> {
    let mut permissions = Permission::ALL.to_vec();
    permissions.sort_by_key(|permission| permission.label());
    let cell = |permission: Permission| Cell {
        name: permission.name().to_owned(),
        label: permission.label().to_owned(),
        on: set.rights.permissions.contains(&permission),
        needs: names(
            permission
                .depends_on()
                .iter()
                .map(|needed| needed.name().to_owned()),
        ),
    };
    permissions.into_iter().map(cell).collect()
}

fn names(names: impl Iterator<Item = String>) -> String {
    names.collect::<Vec<_>>().join(" ")
}

fn object_lines(state: &AppState, set: &RightsSet, base: &str) -> Vec<Line> {
    let schema = state.store.schema();
    let mut objects: Vec<_> = (schema.objects().iter())
        .filter(|object| takes_object_rows(object) || activity(object))
        .collect();
    objects.sort_by_key(|object| object.plural_label.to_lowercase());
    let line = |object: &std::sync::Arc<Object>| {
        let name = object.name.as_str();
        let cell = |(operation, label): (Operation, &str)| Cell {
            name: format!("{name}.{operation:?}"),
            label: format!("{label} {}", object.plural_label),
            on: set.rights.gives(name, operation),
            needs: names(
                (operation.with_needed().iter())
                    .filter(|needed| **needed != operation)
                    .map(|needed| format!("{name}.{needed:?}")),
            ),
        };
        let takes = takes_object_rows(object);
        Line {
            label: object.plural_label.clone(),
            name: name.to_owned(),
            href: has_fields(object).then(|| format!("{base}/fields/{name}")),
            cells: OPERATIONS.into_iter().filter(|_| takes).map(cell).collect(),
        }
    };
    objects.into_iter().map(line).collect()
}

/// Activities are everybody's; what is given of them is Edit Tasks and Edit Events.
fn activity(object: &Object) -> bool {
    ["Task", "Event"].contains(&object.name.as_str())
}

fn field_lines(set: &RightsSet, object: &Object) -> Vec<Line> {
    let name = object.name.as_str();
    let mut fields: Vec<_> = (object.fields.iter())
        .filter(|field| takes_field_rows(object, field))
        .collect();
    fields.sort_by_key(|field| field.label.to_lowercase());
    let line = |field: &&offhook_org::schema::Field| {
        let field_name = field.name.as_str();
        let access = set.rights.field(name, field_name);
        let cell = |word: &str, on: bool, needs: String| Cell {
            name: format!("{field_name}.{word}"),
            label: format!("{word} {}", field.label),
            on,
            needs,
        };
        Line {
            label: field.label.clone(),
            name: field_name.to_owned(),
            href: None,
            cells: vec![
                cell("Read", access.is_some(), String::new()),
                cell(
                    "Edit",
                    access == Some(FieldAccess::Edit),
                    format!("{field_name}.Read"),
                ),
            ],
        }
    };
    fields.iter().map(line).collect()
}

/// What was sent: the boxes that are on, and those that were on when the page was made.
struct Sent {
    on: BTreeSet<String>,
    was: BTreeSet<String>,
}

impl Sent {
    fn read(body: &str) -> Self {
        let pairs = query::pairs(body.as_bytes());
        let was = query::value(&pairs, "shown")
            .split(' ')
            .map(ToOwned::to_owned);
        Self {
            was: was.filter(|name| !name.is_empty()).collect(),
            on: (pairs.iter())
                .filter(|(_, value)| value == "true")
                .map(|(name, _)| name.clone())
                .collect(),
        }
    }

    /// What the person changed: `None` where the box is as it was shown.
    fn changed(&self, name: &str) -> Option<bool> {
        let on = self.on.contains(name);
        (on != self.was.contains(name)).then_some(on)
    }
}

/// `POST /lightning/setup/rights/{id}`.
pub(super) async fn save(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    body: String,
) -> Result<Response, Failure> {
    let (set, place) = opened(&state, &who, &id).await?;
    let sent = Sent::read(&body);
    let mut change = RightsChange::default();
    for permission in Permission::ALL {
        if let Some(on) = sent.changed(permission.name()) {
            change.permissions.insert(permission, on);
        }
    }
    for object in state.store.schema().objects() {
        let name = object.name.as_str();
        let mut given: BTreeSet<Operation> = Operation::ALL
            .into_iter()
            .filter(|operation| set.rights.gives(name, *operation))
            .collect();
        let before = given.clone();
        for operation in Operation::ALL {
            match sent.changed(&format!("{name}.{operation:?}")) {
                Some(true) => given.extend(operation.with_needed()),
                Some(false) => given.retain(|other| !other.with_needed().contains(&operation)),
                None => {}
            }
        }
        if given != before {
            change.objects.insert(name.to_owned(), given);
        }
    }
    let target = format!("/lightning/setup/rights/{id}");
    finish(&state, &who, (set, place), None, &change, &target).await
}

/// `POST /lightning/setup/rights/{id}/fields/{object}`.
pub(super) async fn save_fields(
    State(state): State<AppState>,
    who: SignedIn,
    Path((id, object)): Path<(String, String)>,
    body: String,
) -> Result<Response, Failure> {
    let (set, place) = opened(&state, &who, &id).await?;
    let object = object_named(&state, &object)?;
    let sent = Sent::read(&body);
    let mut change = RightsChange::default();
    let name = object.name.as_str();
    for field in object
        .fields
        .iter()
        .filter(|f| takes_field_rows(&object, f))
    {
        let field = field.name.as_str();
        let read = sent.changed(&format!("{field}.Read"));
        let edit = sent.changed(&format!("{field}.Edit"));
        let access = match (read, edit) {
            (None, None) => continue,
            (_, Some(true)) => Some(FieldAccess::Edit),
            (Some(false), _) => None,
            (Some(true), _) | (None, Some(false)) => Some(FieldAccess::Read),
        };
        change
            .fields
            .insert((name.to_owned(), field.to_owned()), access);
    }
    let target = format!("/lightning/setup/rights/{id}/fields/{name}");
    finish(&state, &who, (set, place), Some(&object), &change, &target).await
}

async fn finish(
    state: &AppState,
    who: &SignedIn,
    opened: (RightsSet, Place),
    of: Option<&Object>,
    change: &RightsChange,
    target: &str,
) -> Result<Response, Failure> {
    match state
        .store
        .change_rights(&who.user, &opened.0, change)
        .await
    {
        Ok(0) => Ok(flash::redirect(target, "Nothing was changed.", None)),
        Ok(_) => {
            let said = "The rights were saved. They act with the next request.";
            Ok(flash::redirect(target, said, None))
        }
        Err(failure) => show(state, who, opened, of, problems(failure)?, None).await,
    }
}

pub(super) fn problems(failure: SaveFailure) -> Result<Vec<String>, Failure> {
    match failure {
        SaveFailure::Refused(errors) => {
            let words: BTreeSet<String> = errors.into_iter().map(|error| error.message).collect();
            Ok(words.into_iter().collect())
        }
        changed @ SaveFailure::Changed { .. } => Ok(vec![changed.to_string()]),
        SaveFailure::NotFound => Err(Failure::NotFound),
        SaveFailure::Store(error) => Err(error.into()),
    }
}

#[derive(Deserialize)]
pub(super) struct Copy {
    #[serde(default)]
    name: String,
}

/// `POST /lightning/setup/rights/{id}/copy`.
pub(super) async fn copy(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    axum::Form(sent): axum::Form<Copy>,
) -> Result<Response, Failure> {
    let opened = opened(&state, &who, &id).await?;
    match state
        .store
        .clone_rights(&who.user, &opened.0, &sent.name)
        .await
    {
        Ok(made) => {
            let said = format!(
                "{} gives what {} gives. No user has it yet.",
                sent.name.trim(),
                opened.0.label
            );
            let target = format!("/lightning/setup/rights/{made}");
            Ok(flash::redirect(&target, &said, None))
        }
        Err(failure) => show(&state, &who, opened, None, problems(failure)?, None).await,
    }
}

#[derive(Deserialize)]
pub(super) struct Compared {
    #[serde(default)]
    with: String,
}

struct Difference {
    what: String,
    left: String,
    right: String,
}

#[derive(Template)]
#[template(path = "setup/rights_compare.html")]
struct CompareTemplate {
    base: String,
    left: String,
    right: Option<String>,
    /// Id, name, and whether it is the one that is compared with.
    choices: Vec<(String, String, bool)>,
    differences: Vec<Difference>,
}

/// `GET /lightning/setup/rights/{id}/compare?with={id}`.
pub(super) async fn compare(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    Query(asked): Query<Compared>,
) -> Result<Response, Failure> {
    let (left, place) = opened(&state, &who, &id).await?;
    let right = match RecordId::parse(&asked.with) {
        Ok(id) => state.store.rights_set(&id).await?,
        Err(_) => None,
    };
    let choices = state.store.rights_sets().await?.into_iter();
    let choices = choices
        .filter(|(id, _)| *id != left.set)
        .map(|(id, label)| {
            let chosen = right.as_ref().is_some_and(|right| right.set == id);
            (id.to_string(), label, chosen)
        });
    let body = CompareTemplate {
        base: format!("/lightning/setup/rights/{id}"),
        choices: choices.collect(),
        differences: match &right {
            Some(right) => differences(&state, &left, right),
            None => Vec::new(),
        },
        left: left.label,
        right: right.map(|right| right.label),
    };
    frame::page(&state, &who, place, "Compare Rights", None, &body).await
}

/// What one gives and the other does not, by name.
fn differences(state: &AppState, left: &RightsSet, right: &RightsSet) -> Vec<Difference> {
    let mut found: BTreeMap<String, (String, String)> = BTreeMap::new();
    let mut note = |what: String, left: String, right: String| {
        if left != right {
            found.insert(what, (left, right));
        }
    };
    let yes = |on: bool| if on { "Yes" } else { "No" }.to_owned();
    for permission in Permission::ALL {
        let has = |set: &RightsSet| yes(set.rights.permissions.contains(&permission));
        note(format!("1 {}", permission.label()), has(left), has(right));
    }
    for object in state.store.schema().objects() {
        let name = object.name.as_str();
        let given = |set: &RightsSet| {
            let given = OPERATIONS
                .iter()
                .filter(|(o, _)| set.rights.gives(name, *o));
            let given: Vec<&str> = given.map(|(_, label)| *label).collect();
            if given.is_empty() {
                "None".to_owned()
            } else {
                given.join(", ")
            }
        };
        note(
            format!("2 {}", object.plural_label),
            given(left),
            given(right),
        );
        for field in object.fields.iter().filter(|f| takes_field_rows(object, f)) {
            let access = |set: &RightsSet| match set.rights.field(name, field.name.as_str()) {
                Some(FieldAccess::Edit) => "Read, Edit".to_owned(),
                Some(FieldAccess::Read) => "Read".to_owned(),
                None => "None".to_owned(),
            };
            let what = format!("3 {}: {}", object.label, field.label);
            note(what, access(left), access(right));
        }
    }
    let difference = |(what, (left, right)): (String, (String, String))| Difference {
        what: what[2..].to_owned(),
        left,
        right,
    };
    found.into_iter().map(difference).collect()
}
