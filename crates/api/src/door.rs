//! Which paths belong to the API, and how a request's path and address are read.
//!
//! Clients write paths in many ways (`//services/data/v64.0/…`, `/limits/`); they are folded
//! before routing, without decoding anything, so that `%2F` never splits a segment.

use std::net::{IpAddr, SocketAddr};

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::{Extensions, HeaderMap, Uri, header};
use axum::response::Response;
use offhook_store::accounts::SignInDoor;
use percent_encoding::percent_decode_str;
use tower::ServiceExt;

use crate::ApiSettings;

/// Prefixes of the API's paths.
const OURS: [&str; 4] = [
    "/services",
    "/id",
    "/cometd",
    "/.well-known/openid-configuration",
];

/// Pages below them that people see: the web serves these.
const PAGES: [&str; 2] = ["/services/oauth2/authorize", "/services/oauth2/approve"];

/// In the extensions of a request that came over TLS; whoever ends TLS puts it there.
#[derive(Debug, Clone, Copy)]
pub struct OverTls;

/// From where a request came, for the history of sign-ins.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    source: Option<IpAddr>,
    program: String,
}

impl Origin {
    pub(crate) fn of(extensions: &Extensions, headers: &HeaderMap) -> Self {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>();
        let program = headers.get(header::USER_AGENT);
        let program = program.and_then(|value| value.to_str().ok());
        Self {
            source: peer.map(|ConnectInfo(peer)| peer.ip()),
            program: program.unwrap_or_default().to_owned(),
        }
    }

    /// As one comes for a token.
    pub(crate) fn oauth(&self, app: String) -> SignInDoor {
        SignInDoor {
            login_type: "Remote Access 2.0",
            application: app,
            api_type: "REST API",
            source: self.source,
            program: self.program.clone(),
            login_url: "/services/oauth2/token",
        }
    }

    /// As one comes to the login of SOAP.
    pub(crate) fn soap(&self, client: String) -> SignInDoor {
        SignInDoor {
            login_type: "Other Apex API",
            application: client,
            api_type: "SOAP Partner",
            source: self.source,
            program: self.program.clone(),
            login_url: "/services/Soap",
        }
    }
}

/// One router for the console's origin: the API's paths go to `api`, everything else to
/// `console`, untouched.
pub fn in_front_of(console: Router, api: Router) -> Router {
    Router::new().fallback(move |request: Request| {
        let (console, api) = (console.clone(), api.clone());
        async move { choose(console, api, request).await }
    })
}

/// The router as it is behind TLS: addresses in answers begin with https.
pub fn over_tls(router: Router) -> Router {
    router.layer(axum::Extension(OverTls))
}

async fn choose(console: Router, api: Router, mut request: Request<Body>) -> Response {
    let path = normalised(request.uri().path());
    let chosen = if is_ours(&path) {
        if let Some(uri) = with_path(request.uri(), &path) {
            *request.uri_mut() = uri;
        }
        api
    } else {
        console
    };
    match chosen.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

fn is_ours(path: &str) -> bool {
    let below = |prefix: &str| {
        path.strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    OURS.iter().any(|p| below(p)) && !PAGES.iter().any(|p| below(p))
}

/// The path with double slashes folded and without one at its end.
pub(crate) fn normalised(path: &str) -> String {
    let mut folded = String::with_capacity(path.len());
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        folded.push('/');
        folded.push_str(segment);
    }
    if folded.is_empty() {
        folded.push('/');
    }
    folded
}

fn with_path(uri: &Uri, path: &str) -> Option<Uri> {
    let path_and_query = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path_and_query.parse().ok()?);
    Uri::from_parts(parts).ok()
}

/// One segment of a path, still encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segment(String);

impl Segment {
    /// The segments of a path.
    pub(crate) fn of(path: &str) -> Vec<Self> {
        let segments = path.split('/').filter(|segment| !segment.is_empty());
        segments.map(|segment| Self(segment.to_owned())).collect()
    }

    /// As most clients mean it: `+` is a plus.
    pub(crate) fn literal(&self) -> String {
        percent_decode_str(&self.0).decode_utf8_lossy().into_owned()
    }

    /// As some clients mean it: `+` is a blank. `None` when that makes no difference.
    pub(crate) fn with_blanks(&self) -> Option<String> {
        self.0.contains('+').then(|| {
            let blanks = self.0.replace('+', "%20");
            percent_decode_str(&blanks).decode_utf8_lossy().into_owned()
        })
    }
}

/// Scheme, host and port for absolute addresses in answers to this request.
pub(crate) fn base_address(settings: &ApiSettings, headers: &HeaderMap, over_tls: bool) -> String {
    let public = settings.public_origin.trim_end_matches('/');
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .filter(|host| is_host(host));
    let Some(host) = host else {
        return public.to_owned();
    };
    let public_host = public.split_once("://").map_or(public, |(_, host)| host);
    match (host.eq_ignore_ascii_case(public_host), over_tls) {
        (true, _) => public.to_owned(),
        (false, true) => format!("https://{host}"),
        (false, false) => format!("http://{host}"),
    }
}

/// Nothing but a name or an address and a port.
fn is_host(host: &str) -> bool {
    let is_part = |b: u8| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b);
    !host.is_empty() && host.len() <= 255 && host.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_folded_and_never_split_at_an_encoded_slash() {
        for (given, folded) in [
            (
                "//services/data/v64.0/limits/",
                "/services/data/v64.0/limits",
            ),
            ("/services//data/", "/services/data"),
            ("/", "/"),
            ("///", "/"),
            ("/services/a%2Fb", "/services/a%2Fb"),
        ] {
            assert_eq!(normalised(given), folded);
        }
        let segments = Segment::of("/services/a%2Fb+c");
        assert_eq!(segments[1].literal(), "a/b+c");
        assert_eq!(segments[1].with_blanks().as_deref(), Some("a/b c"));
        assert_eq!(segments[0].with_blanks(), None);
    }

    #[test]
    fn pages_for_people_stay_with_the_web() {
        assert!(is_ours("/services/data"));
        assert!(is_ours("/services/oauth2/token"));
        assert!(is_ours("/id/00D000000000001EAA/005000000000001AAA"));
        assert!(!is_ours("/services/oauth2/authorize"));
        assert!(!is_ours("/identity"));
        assert!(!is_ours("/lightning/page/home"));
    }

    #[test]
    fn addresses_follow_the_host_that_was_asked() {
        let settings = ApiSettings::new("https://crm.example.com");
        let mut headers = HeaderMap::new();
        assert_eq!(
            base_address(&settings, &headers, false),
            "https://crm.example.com"
        );
        headers.insert(header::HOST, "127.0.0.1:8080".parse().unwrap());
        assert_eq!(
            base_address(&settings, &headers, false),
            "http://127.0.0.1:8080"
        );
        assert_eq!(
            base_address(&settings, &headers, true),
            "https://127.0.0.1:8080"
        );
        headers.insert(header::HOST, "evil.example/\"<".parse().unwrap());
        assert_eq!(
            base_address(&settings, &headers, false),
            "https://crm.example.com"
        );
    }
}
