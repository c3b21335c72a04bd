//! Setup > Object Manager: the org's objects and fields; custom ones are made, changed, deleted
//! and restored here.

mod fields;
mod objects;
mod reading;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use offhook_org::schema::Object;
use offhook_store::org::metadata::MetadataFailure;

use crate::AppState;
use crate::error::Failure;

const ROOT: &str = "/lightning/setup/object-manager";

/// Routes below Setup.
pub(super) fn routes() -> Router<AppState> {
    let object = format!("{ROOT}/{{object}}");
    Router::new()
        .route(ROOT, get(objects::list))
        .route(
            &format!("{ROOT}/new"),
            get(objects::new_form).post(objects::create),
        )
        .route(&format!("{ROOT}/restore"), post(objects::restore))
        .route(&object, get(objects::detail).post(objects::change))
        .route(
            &format!("{object}/delete"),
            get(objects::delete_form).post(objects::delete),
        )
        .route(
            &format!("{object}/fields/new"),
            get(fields::new_form).post(fields::create),
        )
        .route(
            &format!("{object}/fields/{{field}}"),
            get(fields::edit_form).post(fields::change),
        )
        .route(
            &format!("{object}/fields/{{field}}/delete"),
            get(fields::delete_form).post(fields::delete),
        )
}

/// The address of an object's page.
fn path(object: &Object) -> String {
    format!("{ROOT}/{}", object.name)
}

/// What a person is told of a refused change; other failures are pages of their own.
fn refusal(failure: MetadataFailure) -> Result<String, Failure> {
    match failure {
        MetadataFailure::Refused(error) => Ok(error.to_string()),
        MetadataFailure::Forbidden => Err(Failure::Forbidden {
            needs: MetadataFailure::Forbidden.to_string(),
        }),
        MetadataFailure::NotFound(_) => Err(Failure::NotFound),
        MetadataFailure::Store(error) => Err(error.into()),
    }
}

/// The status of a form that is shown again.
fn status(problem: Option<&String>) -> StatusCode {
    match problem {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    }
}

/// The end of a handler that changes something.
type Done = Result<Response, Failure>;
