//! The SOAP doors: `/services/Soap/u` (partner) and `/services/Soap/c` (enterprise), which differ
//! in nothing here but the namespace of the answers. `/services/Soap/s` (Apex) and
//! `/services/Soap/m` (metadata) say in their own words that nothing runs behind them.

mod closed;
pub(crate) mod envelope;
mod login;
mod partner;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Router, extract::FromRequest};

use envelope::{Envelope, Fault};

use crate::door::{Origin, OverTls, base_address};
use crate::error::ApiError;
use crate::limits::count_call;
use crate::version::{ApiVersion, VersionError};
use crate::{ApiState, now_ms, session};

/// The largest request: 50 MB, as on the platform.
const BODY_SIZE_MAX: usize = 50 * 1024 * 1024;

/// Routes of the console's origin.
pub(crate) fn routes() -> Router<ApiState> {
    Router::new()
        .route("/services/Soap/{kind}/{version}", post(enter))
        .route("/services/Soap/{kind}/{version}/{org}", post(enter))
        .route("/services/Soap/{kind}/{version}/{org}/{id}", post(enter))
        .layer(DefaultBodyLimit::max(BODY_SIZE_MAX))
}

/// One call: what an operation needs to know of its surroundings.
pub(crate) struct Call {
    pub(crate) envelope: Envelope,
    pub(crate) version: ApiVersion,
    /// `u`, `c`, `s` or `m`.
    pub(crate) kind: String,
    /// Scheme, host and port that the client used.
    pub(crate) base: String,
    pub(crate) now_ms: i64,
    pub(crate) origin: Origin,
}

impl Call {
    /// Namespace of the answer.
    pub(crate) fn namespace(&self) -> &'static str {
        match self.kind.as_str() {
            "c" => "urn:enterprise.soap.sforce.com",
            "s" => closed::APEX,
            _ => envelope::PARTNER,
        }
    }

    /// The session that the header names.
    pub(crate) fn session_id(&self) -> &str {
        self.envelope.header("SessionHeader", "sessionId")
    }
}

async fn enter(
    State(state): State<ApiState>,
    Path(path): Path<Vec<(String, String)>>,
    request: Request,
) -> Result<Response, Response> {
    let part = |name: &str| {
        let found = path.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value.as_str())
    };
    let (kind, version) = (part("kind").to_owned(), part("version").to_owned());
    if !matches!(kind.as_str(), "u" | "c" | "s" | "m") {
        return Err(ApiError::not_found().into_response());
    }
    let version =
        ApiVersion::parse(&version).map_err(|error| unsupported(error).into_response())?;
    let over_tls = request.extensions().get::<OverTls>().is_some();
    let base = base_address(&state.settings, request.headers(), over_tls);
    let origin = Origin::of(request.extensions(), request.headers());
    let body = Bytes::from_request(request, &state)
        .await
        .map_err(|_| Fault::api("REQUEST_LIMIT_EXCEEDED", "the request is larger than 50 MB"));
    let body = body.map_err(IntoResponse::into_response)?;
    let call = Call {
        envelope: Envelope::parse(&body).map_err(IntoResponse::into_response)?,
        version,
        kind,
        base,
        now_ms: now_ms(),
        origin,
    };
    dispatch(&state, &call)
        .await
        .map_err(IntoResponse::into_response)
}

async fn dispatch(state: &ApiState, call: &Call) -> Result<Response, Fault> {
    if matches!(call.kind.as_str(), "s" | "m") {
        return closed::refuse(state, call).await;
    }
    match call.envelope.operation.name.as_str() {
        "login" => login::login(state, call).await,
        "logout" => login::logout(state, call).await,
        "getUserInfo" => login::user_info(state, call).await,
        "getServerTimestamp" => login::server_timestamp(state, call).await,
        _ => partner(state, call).await,
    }
}

/// The operations of loaders, with the rights of the session's user.
async fn partner(state: &ApiState, call: &Call) -> Result<Response, Fault> {
    let user = session::authenticate(state, call.session_id(), call.version);
    let user = user.await.map_err(Fault::from)?;
    let (usage, admitted) = count_call(state, &user);
    admitted.map_err(Fault::from)?;
    let ask = partner::Ask {
        state,
        user,
        operation: &call.envelope.operation,
        options: partner::Options::read(call.envelope.whole_header()),
    };
    let content = match ask.only_reads() {
        true => ask.user.while_good(state, partner::answer(&ask)).await,
        false => partner::answer(&ask).await,
    };
    let content = content.map_err(Fault::from)?;
    Ok(envelope::answer_with_usage(
        call.namespace(),
        usage,
        content,
    ))
}

fn unsupported(error: VersionError) -> Fault {
    let text = match error {
        VersionError::Retired => {
            "API versions 30.0 and lower are retired: use 31.0 or higher in the address"
        }
        VersionError::Unknown => {
            "the address names no API version that is served: use 31.0 to 68.0"
        }
    };
    Fault::api("UNSUPPORTED_API_VERSION", text)
}
