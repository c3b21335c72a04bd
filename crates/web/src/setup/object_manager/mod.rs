//! Setup > Object Manager: the org's objects and fields; custom ones are made, changed, deleted
//! and restored here, and so are record types, page layouts and list views.

mod arrange;
mod fields;
mod layout_access;
mod layout_form;
mod layouts;
mod list_view_form;
mod list_views;
mod objects;
mod reading;
mod record_type_access;
mod record_types;
mod tabs;

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
        .merge(page_routes())
}

/// Routes of the pages of an object: record types, layouts, list views.
fn page_routes() -> Router<AppState> {
    let object = format!("{ROOT}/{{object}}");
    let types = format!("{object}/record-types");
    let layouts = format!("{object}/layouts");
    let views = format!("{object}/list-views");
    Router::new()
        .route(&types, get(record_types::list))
        .route(
            &format!("{types}/new"),
            get(record_types::new_form).post(record_types::create),
        )
        .route(
            &format!("{types}/access"),
            get(record_type_access::page).post(record_type_access::save),
        )
        .route(
            &format!("{types}/{{id}}"),
            get(record_types::edit_form).post(record_types::change),
        )
        .route(
            &format!("{types}/{{id}}/delete"),
            get(record_types::delete_form).post(record_types::delete),
        )
        .route(&layouts, get(layouts::list))
        .route(
            &format!("{layouts}/new"),
            get(layouts::new_form).post(layouts::create),
        )
        .route(
            &format!("{layouts}/access"),
            get(layout_access::page).post(layout_access::save),
        )
        .route(
            &format!("{layouts}/{{id}}"),
            get(layout_form::edit_form).post(layout_form::change),
        )
        .route(
            &format!("{layouts}/{{id}}/delete"),
            get(layouts::delete_form).post(layouts::delete),
        )
        .route(&views, get(list_views::list))
        .route(
            &format!("{views}/new"),
            get(list_view_form::new_form).post(list_view_form::create),
        )
        .route(
            &format!("{views}/{{id}}"),
            get(list_view_form::edit_form).post(list_view_form::change),
        )
        .route(
            &format!("{views}/{{id}}/delete"),
            get(list_views::delete_form).post(list_views::delete),
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
