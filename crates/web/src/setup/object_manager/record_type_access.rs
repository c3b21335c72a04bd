//! Which profiles choose which record types for new records, and which they have where they
//! choose none.

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use offhook_org::access::ProfileName;
use offhook_org::schema::Object;
use offhook_store::org::metadata::RecordTypesOfProfile;

use super::record_types::{root, typed};
use super::tabs::{Tab, tabs};
use super::{Done, path, refusal, status};
use crate::AppState;
use crate::console::flash;
use crate::error::Failure;
use crate::query;
use crate::session::SignedIn;
use crate::setup::frame::{self, Place, admit};

struct Cell {
    id: String,
    label: String,
    has: bool,
    is_default: bool,
}

struct ProfileRow {
    id: String,
    name: String,
    cells: Vec<Cell>,
    is_master_default: bool,
}

#[derive(Template)]
#[template(path = "setup/object_manager/record_type_access.html")]
struct AccessTemplate<'a> {
    csrf: &'a str,
    object: &'a Object,
    path: String,
    tabs: Vec<Tab>,
    rows: Vec<ProfileRow>,
    problem: Option<&'a String>,
}

fn of_profile(object: &Object, profile: &ProfileName) -> RecordTypesOfProfile {
    let having = object.record_types.iter();
    let having = having.filter(|it| it.is_given_to(profile));
    let mut types = object.record_types.iter();
    let default = types.find(|it| it.is_default_of(profile));
    RecordTypesOfProfile {
        profile: profile.clone(),
        available: having.map(|it| it.id.clone()).collect(),
        default: default.map(|it| it.id.clone()),
    }
}

fn row(object: &Object, given: &RecordTypesOfProfile) -> ProfileRow {
    let cell = |it: &offhook_org::schema::RecordType| Cell {
        id: it.id.to_string(),
        label: it.label.clone(),
        has: given.available.contains(&it.id),
        is_default: given.default.as_ref() == Some(&it.id),
    };
    let id = given.profile.id.as_ref();
    ProfileRow {
        id: id.map(ToString::to_string).unwrap_or_default(),
        name: given.profile.name.clone(),
        cells: object.record_types.iter().map(cell).collect(),
        is_master_default: given.default.is_none(),
    }
}

async fn show(
    state: &AppState,
    who: &SignedIn,
    object: &Object,
    given: &[RecordTypesOfProfile],
    problem: Option<&String>,
) -> Result<Response, Failure> {
    let body = AccessTemplate {
        csrf: &who.session.csrf_token,
        object,
        path: path(object),
        tabs: tabs(object, "Record Types"),
        rows: given.iter().map(|given| row(object, given)).collect(),
        problem,
    };
    let (place, title) = (Place::ObjectManager, "Record Type Assignment");
    frame::page_with_status(state, who, status(problem), place, title, None, &body).await
}

/// `GET …/record-types/access`.
pub(super) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
    Path(name): Path<String>,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = typed(&state, &name)?;
    let profiles = state.store.profiles().await?;
    let given: Vec<_> = profiles.iter().map(|p| of_profile(&object, p)).collect();
    show(&state, &who, &object, &given, None).await
}

/// `POST …/record-types/access`.
pub(super) async fn save(
    State(state): State<AppState>,
    who: SignedIn,
    Path(name): Path<String>,
    body: Bytes,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = typed(&state, &name)?;
    let sent = query::pairs(&body);
    let mut given = Vec::new();
    for profile in state.store.profiles().await? {
        let Some(id) = profile.id.as_ref() else {
            continue;
        };
        // A profile that was made since the page was opened is not in the form, and keeps its own.
        if !sent
            .iter()
            .any(|(name, value)| name == "profile" && value == id.as_str())
        {
            continue;
        }
        let key = format!("has.{id}");
        let types = object.record_types.iter();
        let available = types.filter(|it| {
            let is_it = |(name, value): &(String, String)| *name == key && value == it.id.as_str();
            sent.iter().any(is_it)
        });
        let default = query::value(&sent, &format!("default.{id}"));
        let mut types = object.record_types.iter();
        let default = types.find(|it| it.id.as_str() == default);
        given.push(RecordTypesOfProfile {
            available: available.map(|it| it.id.clone()).collect(),
            default: default.map(|it| it.id.clone()),
            profile,
        });
    }
    let store = &state.store;
    let done = store.put_record_type_assignments(&who.user, &object.name, &given);
    match done.await {
        Ok(()) => {
            let said = "The assignment of record types was saved; it acts with the next request.";
            Ok(flash::redirect(&root(&object), said, None))
        }
        Err(failure) => show(&state, &who, &object, &given, Some(&refusal(failure)?)).await,
    }
}
