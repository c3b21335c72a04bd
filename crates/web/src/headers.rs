//! The headers that every answer carries: what the browser may load, frame and delegate.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use offhook_store::random;

use crate::AppState;

/// The features that an adapter's page may be given (the frame's `allow` list).
const DELEGATED: [&str; 6] = [
    "microphone",
    "camera",
    "autoplay",
    "clipboard-write",
    "display-capture",
    "hid",
];

/// A number used once: scripts of a page carry it, so that no other script runs.
#[derive(Debug, Clone)]
pub(crate) struct Nonce(pub(crate) String);

/// Origins of adapters that a page may frame, put into the answer by the page's shell.
#[derive(Debug, Clone)]
pub(crate) struct Frames(pub(crate) Vec<String>);

/// Origins that the answer to a page's form may lead to, beside our own.
#[derive(Debug, Clone)]
pub(crate) struct FormTargets(pub(crate) Vec<String>);

/// Adds the console's headers.
pub(crate) async fn console(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let nonce = Nonce(random::token()[..32].to_owned());
    request.extensions_mut().insert(nonce.clone());
    let mut response = next.run(request).await;
    let mut frames = vec![state.settings.pages_origin.clone()];
    if let Some(Frames(adapters)) = response.extensions_mut().remove::<Frames>() {
        frames.extend(adapters);
    }
    let forms = response.extensions_mut().remove::<FormTargets>();
    let mut forms = forms
        .map(|FormTargets(origins)| origins)
        .unwrap_or_default();
    forms.insert(0, "'self'".to_owned());
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{}'; style-src 'self'; img-src 'self' data: {}; \
         media-src 'self'; font-src 'self'; connect-src 'self'; frame-src {}; \
         frame-ancestors 'none'; base-uri 'none'; form-action {}",
        nonce.0,
        // Softphones give tabs pictures of their own.
        frames.join(" "),
        frames.join(" "),
        forms.join(" "),
    );
    // The content of a file brings a stricter one.
    if !response
        .headers()
        .contains_key(header::CONTENT_SECURITY_POLICY)
    {
        set(&mut response, header::CONTENT_SECURITY_POLICY, &policy);
    }
    set(
        &mut response,
        HeaderName::from_static("permissions-policy"),
        &permissions(&frames),
    );
    set(&mut response, header::X_FRAME_OPTIONS, "DENY");
    set(
        &mut response,
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin-allow-popups",
    );
    common(&mut response);
    response
}

/// Adds the headers of the pages origin; its handlers set their own Content-Security-Policy.
pub(crate) async fn pages(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if !response
        .headers()
        .contains_key(header::CONTENT_SECURITY_POLICY)
    {
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
             font-src 'self'; connect-src 'self'; media-src 'self' blob:; \
             frame-ancestors {}; base-uri 'none'; form-action 'self'",
            state.settings.console_origin,
        );
        set(&mut response, header::CONTENT_SECURITY_POLICY, &policy);
    }
    common(&mut response);
    response
}

fn common(response: &mut Response) {
    set(response, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    // Adapters read the referrer's origin to know their host, so it must not be withheld.
    set(
        response,
        header::REFERRER_POLICY,
        "strict-origin-when-cross-origin",
    );
    if !response.headers().contains_key(header::CACHE_CONTROL) {
        set(response, header::CACHE_CONTROL, "no-store");
    }
}

fn permissions(frames: &[String]) -> String {
    let origins: Vec<String> = frames
        .iter()
        .map(|origin| format!("\"{origin}\""))
        .collect();
    let allowed = format!("(self {})", origins.join(" "));
    let mut policy: Vec<String> = DELEGATED.iter().map(|f| format!("{f}={allowed}")).collect();
    policy.push("geolocation=()".to_owned());
    policy.push("payment=()".to_owned());
    policy.push("usb=()".to_owned());
    policy.join(", ")
}

fn set(response: &mut Response, name: impl Into<HeaderName>, value: &str) {
    match HeaderValue::from_str(value) {
        Ok(value) => {
            response.headers_mut().insert(name.into(), value);
        }
        Err(_) => tracing::error!("a header could not be set: its value has a forbidden character"),
    }
}
