//! The adapter proxy: `/proxy/{secret}/…` of the pages origin serves a vendor's page as our own,
//! with our Open CTI library in the place of a copy that accepts the platform's host names only.
//! Switched on for each call center. It reaches that call center's origin and no other, carries
//! no cookie either way, and knows its limits: what an adapter loads by itself from addresses
//! that collide with ours, sessions by cookie, and libraries bundled with other code do not work.

mod fetch;
mod rewrite;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use offhook_org::cti::call_center::is_loopback_http;

use crate::opencti::AdapterUrl;
use crate::{AppState, assets};
use fetch::{FetchError, Fetched};

/// Bytes that an adapter may send through.
const BODY_SIZE_MAX: usize = 1024 * 1024;

/// What of a request goes on to the vendor: nothing that names our users.
const SENT: [HeaderName; 6] = [
    header::ACCEPT,
    header::ACCEPT_LANGUAGE,
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    header::RANGE,
    header::USER_AGENT,
];
/// What of an answer comes back: no cookies, no rules about frames.
const RETURNED: [HeaderName; 4] = [
    header::CONTENT_TYPE,
    header::CONTENT_RANGE,
    header::CONTENT_DISPOSITION,
    header::LAST_MODIFIED,
];

/// Routes of the pages origin.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/proxy/{secret}", any(root))
        .route("/proxy/{secret}/", any(root))
        .route("/proxy/{secret}/{*path}", any(page))
        .layer(DefaultBodyLimit::max(BODY_SIZE_MAX))
}

/// The origin's own page.
async fn root(state: State<AppState>, Path(secret): Path<String>, request: Request) -> Response {
    answer(&state, &secret, request).await
}

/// Any other.
async fn page(
    state: State<AppState>,
    Path((secret, _)): Path<(String, String)>,
    request: Request,
) -> Response {
    answer(&state, &secret, request).await
}

/// A page that nobody here knows: an adapter behind the proxy asks from its root what it would
/// find at its own server. The address of the page that asks tells which adapter.
pub(crate) async fn strayed(uri: Uri, headers: HeaderMap) -> Response {
    let referrer = headers.get(header::REFERER);
    let referrer = referrer.and_then(|value| value.to_str().ok()?.parse::<Uri>().ok());
    let secret = referrer.as_ref().and_then(|from| {
        let rest = from.path().strip_prefix("/proxy/")?;
        rest.split('/').next().filter(|secret| is_secret(secret))
    });
    let (Some(secret), Some(path)) = (secret, uri.path_and_query()) else {
        return (StatusCode::NOT_FOUND, "There is no such page here.").into_response();
    };
    let target = format!("/proxy/{secret}{path}");
    (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, target)]).into_response()
}

fn is_secret(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

async fn answer(state: &AppState, secret: &str, request: Request) -> Response {
    let found = match state.store.proxied_call_center(secret).await {
        Ok(found) => found,
        Err(error) => {
            tracing::error!(%error, "an adapter's page was not served");
            return told(
                StatusCode::SERVICE_UNAVAILABLE,
                "The database did not answer.",
            );
        }
    };
    let Some(center) = found.filter(|_| is_secret(secret)) else {
        return told(
            StatusCode::NOT_FOUND,
            "No adapter is served at this address.",
        );
    };
    let vendor = match AdapterUrl::of(&center.definition, &state.settings) {
        Ok(vendor) if vendor.origin != state.settings.pages_origin => vendor.origin,
        Ok(_) => {
            return told(
                StatusCode::NOT_FOUND,
                "This adapter's page is our own already.",
            );
        }
        Err(why) => return told(StatusCode::NOT_FOUND, &why),
    };
    let prefix = format!("/proxy/{secret}");
    // A worker would outlive the page and speak for others of this origin.
    if request.headers().contains_key("service-worker") {
        return told(
            StatusCode::FORBIDDEN,
            "Service workers are not served through the proxy.",
        );
    }
    let onward = match onward(request, &prefix, &vendor) {
        Ok(onward) => onward,
        Err(why) => return told(StatusCode::BAD_REQUEST, why),
    };
    let path = onward.uri().path().to_owned();
    match fetch::fetch(onward, is_development(state)).await {
        Ok(fetched) => passed_on(
            fetched,
            &path,
            &prefix,
            &vendor,
            &state.settings.console_origin,
        ),
        Err(error) => {
            let status = match error {
                FetchError::Time => StatusCode::GATEWAY_TIMEOUT,
                FetchError::Busy => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::BAD_GATEWAY,
            };
            told(
                status,
                &format!("The adapter's page at {vendor} could not be fetched: {error}."),
            )
        }
    }
}

/// A server that its own browsers reach by loopback is a development server.
fn is_development(state: &AppState) -> bool {
    is_loopback_http(&state.settings.console_origin)
}

/// The request as the vendor gets it.
fn onward(request: Request, prefix: &str, vendor: &str) -> Result<Request, &'static str> {
    if request.method() == Method::CONNECT || request.method() == Method::TRACE {
        return Err("This method is not passed on.");
    }
    let (head, body) = request.into_parts();
    let asked = head
        .uri
        .path_and_query()
        .map_or("/", |asked| asked.as_str());
    let rest = asked.strip_prefix(prefix).unwrap_or("/");
    let slash = if rest.starts_with('/') { "" } else { "/" };
    let url = format!("{vendor}{slash}{rest}");
    let mut onward = axum::http::Request::builder().method(head.method).uri(url);
    for name in SENT {
        if let Some(value) = head.headers.get(&name) {
            onward = onward.header(name, value);
        }
    }
    onward = onward.header(header::ACCEPT_ENCODING, "identity");
    let body = Body::new(http_body_limited(body));
    onward
        .body(body)
        .map_err(|_| "This address cannot be passed on.")
}

/// The answer as the frame gets it.
fn passed_on(fetched: Fetched, path: &str, prefix: &str, vendor: &str, console: &str) -> Response {
    let Fetched { head, body } = fetched;
    let kind = head.headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or("");
    let is_page = kind.starts_with("text/html") || kind.starts_with("application/xhtml");
    let is_script = kind.contains("javascript") || path.ends_with(".js");
    if is_script && rewrite::is_library(path, &body) {
        return assets::script("opencti_min.js");
    }
    if is_script && rewrite::bundles_library(&body) {
        tracing::info!(
            path,
            "an adapter bundles the Open CTI library, which cannot be exchanged"
        );
    }
    let body = if is_page {
        rewrite::page(&body, prefix, vendor)
    } else {
        body
    };
    let mut response = (head.status, body).into_response();
    let out = response.headers_mut();
    out.remove(header::CONTENT_TYPE);
    for name in RETURNED {
        if let Some(value) = head.headers.get(&name) {
            out.insert(name, value.clone());
        }
    }
    let moved = head
        .headers
        .get(header::LOCATION)
        .and_then(|to| to.to_str().ok());
    if let Some(to) = moved {
        let to = rewrite::address(to, prefix, vendor).unwrap_or_else(|| to.to_owned());
        if let Ok(to) = HeaderValue::from_str(&to) {
            out.insert(header::LOCATION, to);
        }
    }
    // The vendor's page decides what it loads, and the console alone may frame it.
    let policy = format!(
        "default-src * data: blob: 'unsafe-inline' 'unsafe-eval'; frame-ancestors {console} 'self'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        out.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// The layer's limit bears on extractors; a body that is only carried is cut here.
fn http_body_limited(body: Body) -> Body {
    use futures_util::StreamExt;
    let mut left = BODY_SIZE_MAX;
    let stream = body.into_data_stream().map(move |chunk| {
        let chunk = chunk.map_err(std::io::Error::other)?;
        left = left
            .checked_sub(chunk.len())
            .ok_or_else(|| std::io::Error::other("too much is sent"))?;
        Ok::<_, std::io::Error>(chunk)
    });
    Body::from_stream(stream)
}

fn told(status: StatusCode, text: &str) -> Response {
    (status, text.to_owned()).into_response()
}
