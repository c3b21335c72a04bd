//! The door for API clients: the platform's REST, SOAP, Bulk, Tooling, streaming and OAuth token
//! endpoints, as unmodified clients send them.
//!
//! It decides nothing: who may see what, what a query means and what a save does are asked of
//! `offhook_org` and `offhook_store`. Pages that people see (consent, Setup) are in the web.
//!
//! The rooms: `door` (which paths are ours, and how they are read), `session` (who asks), `error`
//! (refusals in the platform's words), `version`, `limits`, `json` and `xml` (records and answers
//! as text), `rest` (the REST resources), `cometd` (streaming).

mod bulk;
mod cometd;
mod door;
mod error;
mod json;
mod limits;
mod oauth;
mod rest;
mod session;
mod soap;
mod version;
mod xml;

use std::sync::Arc;

use axum::Router;
use axum::routing::any;
use offhook_store::Store;
use tower_http::compression::CompressionLayer;
use tower_http::decompression::RequestDecompressionLayer;

pub use door::{OverTls, in_front_of, over_tls};
pub use error::ApiError;
pub use session::ApiUser;
pub use version::ApiVersion;

/// What the API must know of the house.
#[derive(Debug, Clone)]
pub struct ApiSettings {
    /// Origin of the console as clients reach it, `http://127.0.0.1:8080`. Absolute addresses in
    /// answers begin with it, unless a request came to another host.
    pub public_origin: String,
    /// Limits of clients that listen to events.
    pub streaming: offhook_org::events::Limits,
}

impl ApiSettings {
    /// The limits that an org starts with, behind this origin.
    pub fn new(public_origin: impl Into<String>) -> Self {
        Self {
            public_origin: public_origin.into(),
            streaming: offhook_org::events::Limits::default(),
        }
    }
}

/// What every handler can reach. Cheap to clone.
#[derive(Clone)]
pub(crate) struct ApiState {
    pub(crate) settings: Arc<ApiSettings>,
    pub(crate) store: Store,
    pub(crate) hub: Arc<cometd::Hub>,
    pub(crate) described: Arc<rest::Described>,
    pub(crate) bulk: bulk::Worker,
}

/// Every API resource. Paths must be normalised already: put it [`in_front_of`] the console.
/// Must be called inside a tokio runtime: it starts the worker of bulk jobs.
pub fn router(settings: ApiSettings, store: Store) -> Router {
    let state = ApiState {
        hub: Arc::new(cometd::Hub::new(settings.streaming)),
        settings: Arc::new(settings),
        bulk: bulk::start(store.clone()),
        store,
        described: Arc::default(),
    };
    Router::new()
        .route("/services/data", any(rest::enter))
        .route("/services/data/{*rest}", any(rest::enter))
        .route("/services/apexrest/{*rest}", any(rest::apex_rest))
        .route("/services/async/{*rest}", any(bulk::enter_v1))
        .route("/cometd", any(cometd::enter))
        .route("/cometd/{*rest}", any(cometd::enter))
        .merge(oauth::routes())
        .merge(soap::routes())
        .fallback(error::no_such_resource)
        .layer(RequestDecompressionLayer::new())
        .layer(CompressionLayer::new())
        .with_state(state)
}

/// The wall clock: milliseconds since 1970, UTC.
pub(crate) fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
