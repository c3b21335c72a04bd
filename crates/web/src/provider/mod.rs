//! The provider's side of the web: the softphone's page, its tickets and its socket.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use offhook_calls::DeviceId;
use offhook_calls::link::Down;
use offhook_calls::softphone::ToPage;
use tokio::sync::mpsc;

use crate::AppState;

/// The softphone pages that are connected, and the way to each.
#[derive(Clone, Default)]
pub(crate) struct Sockets {
    by_device: Arc<Mutex<BTreeMap<DeviceId, mpsc::Sender<ToPage>>>>,
}

impl Sockets {
    /// Sends to a page; a page that is gone or does not read is skipped.
    fn send(&self, down: Down) {
        let sockets = self
            .by_device
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(socket) = sockets.get(&down.device) {
            let _ = socket.try_send(down.message);
        }
    }
}

/// Carries what the telephone says to the sockets, until the telephone ends.
pub(crate) async fn carry_down(mut down: mpsc::Receiver<Down>, sockets: Sockets) {
    while let Some(message) = down.recv().await {
        sockets.send(message);
    }
}

/// Routes of the pages origin.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
}
