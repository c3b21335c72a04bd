//! The REST resources below `/services/data`.
//!
//! A request becomes a [`Call`], a call becomes a [`Reply`]: composites make calls of their own
//! and go the same way, without HTTP in between. `dispatch` is the table of resources.

mod as_xml;
mod batch;
mod blobs;
pub(crate) mod body;
mod call;
mod changes;
mod collections;
mod columns;
mod composite;
mod conditions;
mod describe;
mod described;
mod dispatch;
mod external;
mod from_xml;
mod home;
mod layouts;
pub(crate) mod limits;
mod listviews;
mod passwords;
mod query;
mod quick_actions;
mod records;
mod references;
mod related;
mod search;
mod select;
mod tooling;
mod tree;
mod versions;
mod watched;
mod write;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};

pub(crate) use call::{Call, Content, Reply};
pub(crate) use described::Described;
pub(crate) use dispatch::dispatch;

use crate::ApiState;
use crate::error::ApiError;

/// Every request below `/services/data`.
pub(crate) async fn enter(State(state): State<ApiState>, request: Request) -> Response {
    call::serve(&state, request).await
}

/// Server-side actions under a path of their own: there are none yet.
pub(crate) async fn apex_rest(State(state): State<ApiState>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    match call::user_of(&mut parts, &state).await {
        Ok(_) => ApiError::new(
            axum::http::StatusCode::NOT_FOUND,
            "NOT_FOUND",
            "Could not find a match for URL. Apex does not run here",
        )
        .into_response(),
        Err(error) => error.into_response(),
    }
}
