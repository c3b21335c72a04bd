//! Connections: taken, secured where that is wanted, and held to limits. A client that sends its
//! request slowly, or never, costs a place for some seconds and nothing more; one that sends long
//! addresses, as API clients do with queries, is heard.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, header};
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tower::ServiceExt;

/// Connections of one door at once; further ones wait in the system's queue.
const CONNECTIONS_MAX: usize = 10_000;

/// A connection must be secured within this.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);

/// A request's head must arrive within this, and an idle connection is closed after it.
const HEAD_MAX: Duration = Duration::from_secs(30);

/// The head of a request: the platform's clients put queries of 64 kB into the address.
const HEAD_SIZE_MAX: usize = 256 * 1024;

/// Requests at once on one HTTP/2 connection.
const STREAMS_MAX: u32 = 128;

/// An HTTP/2 connection is asked this often whether anybody is there.
const PING_EVERY: Duration = Duration::from_secs(30);

/// After a refused `accept` (no file handles left) the next try waits this long.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// Serves a router on a socket until `ended`; requests that are under way are finished.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    ended: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    serve_secured(listener, router, async |stream| Ok(stream), ended).await
}

/// The same on connections that `secure` makes of those that come in: TLS.
pub async fn serve_secured<IO, Secured>(
    listener: TcpListener,
    router: Router,
    secure: impl Fn(TcpStream) -> Secured,
    ended: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()>
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    Secured: Future<Output = io::Result<IO>> + Send + 'static,
{
    let (ending, end) = watch::channel(());
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut talks = JoinSet::new();
    tokio::pin!(ended);
    loop {
        let (stream, peer, place) = tokio::select! {
            () = &mut ended => break,
            accepted = accept(&listener, &places) => accepted,
            Some(_) = talks.join_next() => continue,
        };
        let secured = secure(stream);
        let (router, end) = (router.clone(), end.clone());
        talks.spawn(async move {
            let _place = place;
            match tokio::time::timeout(HANDSHAKE_MAX, secured).await {
                Ok(Ok(io)) => talk(io, peer, router, end).await,
                Ok(Err(error)) => tracing::debug!(%error, "a connection was not secured"),
                Err(_) => tracing::debug!("a connection was not secured in time"),
            }
        });
    }
    drop(listener);
    ending.send_replace(());
    while talks.join_next().await.is_some() {}
    Ok(())
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, Option<OwnedSemaphorePermit>) {
    // The semaphore is never closed.
    let place = places.clone().acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Answers are small and awaited: no byte waits for company.
                let _ = stream.set_nodelay(true);
                return (stream, peer, place);
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(ACCEPT_AGAIN).await;
            }
        }
    }
}

/// One connection, from its first request to its end.
async fn talk<IO>(io: IO, peer: SocketAddr, router: Router, mut end: watch::Receiver<()>)
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = with_host(request.map(Body::new));
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    let builder = limits();
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(io), service);
    tokio::pin!(connection);
    let outcome = tokio::select! {
        outcome = connection.as_mut() => outcome,
        _ = end.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// HTTP/2 says the host in the address; what comes after looks for it among the headers.
fn with_host(mut request: Request<Body>) -> Request<Body> {
    let authority = request
        .uri()
        .authority()
        .map(|authority| authority.as_str().to_owned());
    if let Some(host) = authority.and_then(|authority| HeaderValue::from_str(&authority).ok())
        && !request.headers().contains_key(header::HOST)
    {
        request.headers_mut().insert(header::HOST, host);
    }
    request
}

fn limits() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_MAX)
        .max_buf_size(HEAD_SIZE_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(HEAD_SIZE_MAX).unwrap_or(u32::MAX))
        .max_concurrent_streams(STREAMS_MAX)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(HANDSHAKE_MAX);
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_http_2_is_found_where_that_of_http_1_is() {
        let request = |uri: &str| Request::get(uri).body(Body::empty()).unwrap();
        let host = |request: &Request<Body>| request.headers().get(header::HOST).cloned();
        let second = with_host(request("https://crm.test:8443/a"));
        assert_eq!(host(&second).unwrap(), "crm.test:8443");
        assert_eq!(host(&with_host(request("/a"))), None);
        let mut first = request("http://other.test/");
        first
            .headers_mut()
            .insert(header::HOST, HeaderValue::from_static("crm.test"));
        assert_eq!(host(&with_host(first)).unwrap(), "crm.test");
    }
}
