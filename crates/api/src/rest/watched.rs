//! Large answers on their way out. One that takes its time is cut when its session ends: what was
//! revoked goes on reading nothing, and a client sees by its length that the answer is not whole.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, BodyDataStream, Bytes};
use futures_core::Stream;

use crate::session::Watch;

/// Smaller answers are sent at once.
pub(super) const WHOLE_BYTES_MAX: usize = 256 * 1024;

/// Bytes between two looks at the session.
const PIECE_BYTES: usize = 64 * 1024;

/// What is sent.
enum Source {
    Bytes(Bytes),
    Stream(BodyDataStream),
}

impl Source {
    async fn next(&mut self) -> Piece {
        match self {
            Self::Bytes(bytes) if bytes.is_empty() => None,
            Self::Bytes(bytes) => Some(Ok(bytes.split_to(bytes.len().min(PIECE_BYTES)))),
            Self::Stream(stream) => {
                let next = poll_fn(|context| Pin::new(&mut *stream).poll_next(context)).await;
                next.map(|piece| piece.map_err(std::io::Error::other))
            }
        }
    }
}

type Piece = Option<std::io::Result<Bytes>>;

/// These bytes, for as long as the session is good.
pub(super) fn bytes(watch: Watch, bytes: Bytes) -> Body {
    watched(watch, Source::Bytes(bytes))
}

/// What this body brings, for as long as the session is good.
pub(super) fn body(watch: Watch, body: Body) -> Body {
    watched(watch, Source::Stream(body.into_data_stream()))
}

fn watched(watch: Watch, source: Source) -> Body {
    Body::from_stream(Watched(Some(next_of(watch, source))))
}

/// Piece by piece; nothing after the end or a failure.
struct Watched(Option<NextPiece>);

type NextPiece = Pin<Box<dyn Future<Output = (Watch, Source, Piece)> + Send>>;

fn next_of(mut watch: Watch, mut source: Source) -> NextPiece {
    Box::pin(async move {
        let piece = match watch.check().await {
            Ok(()) => source.next().await,
            Err(_) => Some(Err(std::io::Error::other("the session has ended"))),
        };
        (watch, source, piece)
    })
}

impl Stream for Watched {
    type Item = std::io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(next) = &mut self.0 else {
            return Poll::Ready(None);
        };
        let (watch, source, piece) = ready!(next.as_mut().poll(context));
        self.0 = matches!(piece, Some(Ok(_))).then(|| next_of(watch, source));
        Poll::Ready(piece)
    }
}
