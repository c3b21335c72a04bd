//! The provider's side of the web: the softphone's page, its tickets and its socket. Nothing
//! here knows the console's session; a page is known by its ticket alone, so that the same page
//! works in a frame without cookies.

mod bearer;
mod socket_map;
mod softphone_page;
mod softphone_socket;

use axum::Router;
use axum::routing::{get, post};
use offhook_calls::link::Down;
use tokio::sync::mpsc;

use crate::AppState;

pub(crate) use socket_map::Sockets;
pub(crate) use softphone_page::far_display;

/// Carries what the telephone says to the sockets, until the telephone ends; then the sockets
/// are closed, and their pages wait for the next server.
pub(crate) async fn carry_down(mut down: mpsc::Receiver<Down>, sockets: Sockets) {
    while let Some(message) = down.recv().await {
        sockets.send(message);
    }
    sockets.close_all();
}

/// Routes of the pages origin.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/softphone", get(softphone_page::page))
        .route("/softphone/ticket", post(softphone_page::ticket))
        .route("/softphone/recent", get(softphone_page::recent))
        .route("/softphone/socket", get(softphone_socket::open))
}
