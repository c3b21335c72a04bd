//! Deleting a record, taking that back, and completing a task: the small forms of a record page.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use offhook_org::access::Operation;
use offhook_org::record::Fields;
use offhook_org::save::Strictness;
use offhook_org::schema::Object;
use offhook_org::{Record, RecordId, Value};
use offhook_store::error::SaveFailure;

use super::shell::{self, Head, RecordHead};
use super::{edit, flash, login, record, value};
use crate::error::Failure;
use crate::session::SignedIn;
use crate::{AppState, query};

#[derive(Template)]
#[template(path = "delete.html")]
struct DeleteTemplate<'a> {
    object: &'a Object,
    name: String,
    action: String,
    cancel: String,
    csrf: &'a str,
}

/// `/lightning/r/{object}/{id}/delete`: asks first.
pub(crate) async fn ask(
    State(state): State<AppState>,
    who: SignedIn,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let (object, record) = deletable(&state, &who, &id).await?;
    let object = &*object;
    let name = value::name_of(object, &record);
    let body = DeleteTemplate {
        object,
        name: name.clone(),
        action: format!("/lightning/r/{}/{}/delete", object.name, record.id),
        cancel: value::record_path(object, &record.id),
        csrf: &who.session.csrf_token,
    };
    let head = Head {
        kind: "edit",
        title: format!("Delete {name}"),
        icon: object.icon.clone(),
        record: Some(RecordHead {
            id: record.id.to_string(),
            name,
            object: object.name.to_string(),
            person: value::person_of(&record),
        }),
        ..Head::default()
    };
    shell::page(&state, &who, head, &body).await
}

/// Moves the record to the recycle bin; the next page offers to take it back.
pub(crate) async fn delete(
    State(state): State<AppState>,
    who: SignedIn,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let (object, record) = deletable(&state, &who, &id).await?;
    let object = &*object;
    let said = format!(
        "{} “{}” was deleted.",
        object.label,
        value::name_of(object, &record)
    );
    state
        .store
        .delete(&who.user, &record.id)
        .await
        .map_err(not_saved)?;
    let undo = format!("/lightning/r/{}/{}/restore", object.name, record.id);
    let list = format!("/lightning/o/{}/list", object.name);
    Ok(flash::redirect(&list, &said, Some(&undo)))
}

/// `/lightning/r/{object}/{id}/restore`: takes it out of the recycle bin.
pub(crate) async fn restore(
    State(state): State<AppState>,
    who: SignedIn,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let id = RecordId::parse(&id).map_err(|_| Failure::NotFound)?;
    let object = &state
        .store
        .schema()
        .object_of(&id)
        .cloned()
        .ok_or(Failure::NotFound)?;
    state
        .store
        .restore(&who.user, &id)
        .await
        .map_err(not_saved)?;
    let said = format!(
        "{} was restored.",
        edit::named(&state, &who, object, &id).await?
    );
    Ok(flash::redirect(
        &value::record_path(object, &id),
        &said,
        None,
    ))
}

/// `/lightning/r/{object}/{id}/complete`: for tasks.
pub(crate) async fn complete(
    State(state): State<AppState>,
    who: SignedIn,
    Path((_, id)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Failure> {
    let (object, record) = record::readable(&state, &who, &id).await?;
    let object = &*object;
    if object.name.as_str() != "Task" {
        return Err(Failure::NotFound);
    }
    let completed = Value::Text("Completed".to_owned());
    let changes = Fields::from([("Status".into(), completed)]);
    let strict = Strictness::Strict;
    state
        .store
        .update(&who.user, &record.id, &changes, strict, None)
        .await
        .map_err(not_saved)?;
    let said = format!(
        "{} is completed.",
        edit::named(&state, &who, object, &record.id).await?
    );
    let sent = query::pairs(&body);
    Ok(flash::redirect(
        login::own_path(query::value(&sent, "back")),
        &said,
        None,
    ))
}

async fn deletable(
    state: &AppState,
    who: &SignedIn,
    id: &str,
) -> Result<(Arc<Object>, Record), Failure> {
    let (object, record) = record::readable(state, who, id).await?;
    let level = record::level(state, who, &record).await?;
    match record::may_change(who, &object, level, Operation::Delete) {
        true => Ok((object, record)),
        false => Err(Failure::Forbidden {
            needs: format!(
                "You may read this {}, not delete it. Ask its owner or an administrator.",
                object.label.to_lowercase()
            ),
        }),
    }
}

fn not_saved(failure: SaveFailure) -> Failure {
    match failure {
        SaveFailure::NotFound => Failure::NotFound,
        SaveFailure::Store(error) => Failure::Store(error),
        refusal @ (SaveFailure::Refused(_) | SaveFailure::Changed { .. }) => Failure::Forbidden {
            needs: format!("Nothing was changed: {refusal}."),
        },
    }
}
