//! Streaming: CometD by long polling, at `/cometd/NN.0`.
//!
//! What is said is decided by `offhook_org::events::Bayeux`; here a request is read, its session
//! checked, and a connect held until there is something to tell (`hold.rs`). An event is never
//! queued here: it lies in the store's log until a held connect takes it.

mod hold;
mod hub;

use std::collections::BTreeMap;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use offhook_org::events::{
    ChannelFacts, ChannelRefusal, Message, Post, read_batch, unauthenticated,
};
use offhook_store::random;
use serde_json::{Value as Json, json};

pub(crate) use hub::Hub;

use crate::door::Segment;
use crate::error::{ApiError, JSON_TYPE};
use crate::session::{ApiUser, authenticate, token_of};
use crate::version::ApiVersion;
use crate::{ApiState, now_ms};

/// Bytes of a request's body, as on the platform.
const BODY_BYTES_MAX: usize = 32_768;

/// Every request below `/cometd`.
pub(crate) async fn enter(State(state): State<ApiState>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let version = match version_of(&parts) {
        Ok(version) => version,
        Err(why) => return refuse(StatusCode::BAD_REQUEST, &why),
    };
    if parts.method != Method::POST {
        return not_offered(&parts);
    }
    let body = match to_bytes(body, BODY_BYTES_MAX).await {
        Ok(body) => body,
        Err(error) if format!("{error:?}").contains("LengthLimit") => {
            let why = "413::Maximum Request Size Exceeded";
            return refuse(StatusCode::PAYLOAD_TOO_LARGE, why);
        }
        Err(_) => return refuse(StatusCode::BAD_REQUEST, "400::The body ended too early"),
    };
    let messages = match read_batch(&String::from_utf8_lossy(&body)) {
        Ok(messages) => messages,
        Err(error) => return refuse(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    let Some(token) = token_of(&parts.headers, &parts.uri) else {
        return respond(StatusCode::OK, unauthenticated(&messages, false));
    };
    match serve(&state, &token, version, &messages).await {
        Ok(replies) => respond(StatusCode::OK, replies),
        Err(error) => failed(&messages, &error),
    }
}

async fn serve(
    state: &ApiState,
    token: &str,
    version: ApiVersion,
    messages: &[Message],
) -> Result<Vec<Json>, ApiError> {
    let user = authenticate(state, token, version).await?;
    let channels = channels(state, &user, messages).await?;
    let answer = state.hub.answer(&Post {
        user: &user.session.user,
        messages,
        channels: &channels,
        fresh_client: &random::token()[..32],
        now_ms: now_ms(),
    });
    let Some(hold) = answer.hold else {
        return Ok(answer.replies);
    };
    let held = hold::Held::new(state, hold, token, user);
    let mut replies = answer.replies;
    replies.extend(held.wait().await?);
    Ok(replies)
}

/// What the messages want to subscribe to.
async fn channels(
    state: &ApiState,
    user: &ApiUser,
    messages: &[Message],
) -> Result<BTreeMap<String, Result<ChannelFacts, ChannelRefusal>>, ApiError> {
    let subscribing = messages.iter().filter(|m| m.channel == "/meta/subscribe");
    let mut channels = BTreeMap::new();
    for name in subscribing.flat_map(|message| &message.subscriptions) {
        if !channels.contains_key(name) {
            let facts = state.store.channel(&user.user, name).await?;
            channels.insert(name.clone(), facts);
        }
    }
    Ok(channels)
}

/// The version in the path. What follows it (`/handshake`, `/connect`) says nothing that the
/// messages do not say.
fn version_of(parts: &Parts) -> Result<ApiVersion, String> {
    let newest = ApiVersion::NEWEST;
    let segments = Segment::of(parts.uri.path());
    let Some(version) = segments.get(1) else {
        return Err(format!(
            "400::API version in the URI is mandatory. URI format: '/cometd/{newest}'"
        ));
    };
    ApiVersion::parse(&format!("v{}", version.literal()))
        .map_err(|_| format!("400::Unsupported API version. URI format: '/cometd/{newest}'"))
}

/// Anything but long polling: clients that try a WebSocket first then fall back.
fn not_offered(parts: &Parts) -> Response {
    if parts.headers.contains_key(header::UPGRADE) {
        return refuse(
            StatusCode::BAD_REQUEST,
            "400::Invalid connection type {websocket}",
        );
    }
    let why = "405::Only long-polling is supported: send messages by POST";
    let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, why);
    let allow = header::HeaderValue::from_static("POST");
    response.headers_mut().insert(header::ALLOW, allow);
    response
}

fn failed(messages: &[Message], error: &ApiError) -> Response {
    match error.status {
        StatusCode::UNAUTHORIZED => respond(StatusCode::OK, unauthenticated(messages, true)),
        status if status.is_client_error() && status != StatusCode::BAD_REQUEST => {
            let why = error.problems.first().map_or("", |p| p.message.as_str());
            refuse(status, &format!("{}::{why}", status.as_u16()))
        }
        _ => refuse(
            StatusCode::SERVICE_UNAVAILABLE,
            "503::Server is too busy. Please try your request again later.",
        ),
    }
}

/// A refusal of the whole request, in a message that belongs to none of its own.
fn refuse(status: StatusCode, why: &str) -> Response {
    respond(status, vec![json!({ "error": why, "successful": false })])
}

fn respond(status: StatusCode, replies: Vec<Json>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, JSON_TYPE),
        (header::CACHE_CONTROL, "no-cache,no-store,private"),
    ];
    (status, headers, Json::Array(replies).to_string()).into_response()
}
