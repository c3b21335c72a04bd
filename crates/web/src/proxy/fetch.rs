//! Fetching from a vendor's server: one origin, addresses of the public internet alone (while we
//! ourselves are no development server), limits on time and size, and nothing of ours in the
//! request.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response, Uri};
use futures_util::StreamExt;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioExecutor;
use tokio::sync::Semaphore;
use tower::Service;

/// Bytes of an answer.
pub(super) const ANSWER_SIZE_MAX: usize = 10 * 1024 * 1024;
/// An answer that is not there by then is given up.
const TIME_MAX: Duration = Duration::from_secs(15);
/// Requests under way at once, of all users.
const UNDER_WAY_MAX: usize = 64;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("its address is in a private network, which an adapter's page must not be")]
    Private,
    #[error("it did not answer within {} seconds", TIME_MAX.as_secs())]
    Time,
    #[error("its answer is larger than {} MiB", ANSWER_SIZE_MAX / 1024 / 1024)]
    Size,
    #[error("too many pages are fetched at this moment; load it again")]
    Busy,
    #[error("the connection failed: {0}")]
    Connection(String),
}

/// An answer, whole.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) head: axum::http::response::Parts,
    pub(super) body: Vec<u8>,
}

type Fetcher = Client<HttpsConnector<HttpConnector<Resolver>>, Body>;

/// Sends a request; `private` allows addresses of private networks (development).
pub(super) async fn fetch(request: Request<Body>, private: bool) -> Result<Fetched, FetchError> {
    static UNDER_WAY: Semaphore = Semaphore::const_new(UNDER_WAY_MAX);
    static PUBLIC: LazyLock<Result<Fetcher, String>> = LazyLock::new(|| client(false));
    static ANY: LazyLock<Result<Fetcher, String>> = LazyLock::new(|| client(true));
    let Ok(_permit) = UNDER_WAY.try_acquire() else {
        return Err(FetchError::Busy);
    };
    if !private && literal(request.uri()).is_some_and(|ip| !is_public(ip)) {
        return Err(FetchError::Private);
    }
    let client = if private { &ANY } else { &PUBLIC };
    let client = client.as_ref();
    let client = client.map_err(|error| FetchError::Connection(error.clone()))?;
    let whole = async {
        let answer = client.request(request).await.map_err(connection)?;
        let (head, body) = Response::map(answer, Body::new).into_parts();
        let body = read(body).await?;
        Ok(Fetched { head, body })
    };
    let answered = tokio::time::timeout(TIME_MAX, whole).await;
    answered.unwrap_or(Err(FetchError::Time))
}

fn connection(error: hyper_util::client::legacy::Error) -> FetchError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    let mut text = String::new();
    while let Some(error) = cause {
        text = error.to_string();
        if text == NO_PUBLIC_ADDRESS {
            return FetchError::Private;
        }
        cause = error.source();
    }
    FetchError::Connection(text)
}

async fn read(body: Body) -> Result<Vec<u8>, FetchError> {
    let mut stream = body.into_data_stream();
    let mut whole = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| FetchError::Connection(error.to_string()))?;
        if whole.len() + chunk.len() > ANSWER_SIZE_MAX {
            return Err(FetchError::Size);
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole)
}

fn client(private: bool) -> Result<Fetcher, String> {
    let mut http = HttpConnector::new_with_resolver(Resolver { private });
    http.enforce_http(false);
    http.set_connect_timeout(Some(TIME_MAX / 3));
    let https = HttpsConnectorBuilder::new()
        .with_native_roots()
        .map_err(|error| format!("no certificate authorities are known here: {error}"))?
        .https_or_http()
        .enable_http1()
        .wrap_connector(http);
    Ok(Client::builder(TokioExecutor::new()).build(https))
}

/// The address in the host's place, which no resolver sees.
fn literal(uri: &Uri) -> Option<IpAddr> {
    let host = uri.host()?.trim_matches(['[', ']']);
    host.parse().ok()
}

/// Resolves names, and keeps the addresses that may be connected to: the connection goes to what
/// was checked, whatever the name resolves to a moment later.
#[derive(Debug, Clone)]
struct Resolver {
    private: bool,
}

const NO_PUBLIC_ADDRESS: &str = "the name has no address in the public internet";

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = std::io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let private = self.private;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed = |at: &SocketAddr| private || is_public(at.ip());
            let allowed: Vec<SocketAddr> = found.filter(allowed).collect();
            if allowed.is_empty() {
                return Err(std::io::Error::other(NO_PUBLIC_ADDRESS));
            }
            Ok(allowed.into_iter())
        })
    }
}

/// An address of the public internet: nothing of this computer, of private networks, of links, of
/// documentation, of benchmarks, and no group.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let benchmark = a == 198 && (b == 18 || b == 19);
    let protocol = a == 192 && b == 0 && c == 0;
    let reserved = a == 0 || a >= 224;
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || shared
        || benchmark
        || protocol
        || reserved)
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    if let Some(ip) = ip.to_ipv4_mapped() {
        return is_public_v4(ip);
    }
    let [first, second, ..] = ip.segments();
    let global = first & 0xe000 == 0x2000;
    let documentation = first == 0x2001 && second == 0x0db8;
    // Addresses of version 4 in those of 6 (6to4, Teredo): the inner one is not looked at.
    let carried = first == 0x2002 || (first == 0x2001 && second == 0);
    global && !documentation && !carried
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_private_networks_are_not_public_in_any_spelling() {
        for ip in [
            "127.0.0.1",
            "127.8.8.8",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "2001:db8::1",
        ] {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
        for ip in ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111"] {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
    }

    #[tokio::test]
    async fn an_address_of_this_computer_is_refused_before_anything_is_sent() {
        for url in [
            "http://127.0.0.1:1/",
            "http://[::1]:1/",
            "http://localhost:1/",
        ] {
            let request = Request::get(url).body(Body::empty()).unwrap();
            let refused = fetch(request, false).await;
            assert!(
                matches!(refused, Err(FetchError::Private)),
                "{url}: {refused:?}"
            );
        }
    }
}
