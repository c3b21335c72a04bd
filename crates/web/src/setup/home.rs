//! Setup's first page: is the phone system up, and the way to everything else.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::frame::{self, Place, admit};
use crate::AppState;
use crate::console::flash::{self, Flash};
use crate::error::Failure;
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "setup/home.html")]
struct HomeTemplate<'a> {
    csrf: &'a str,
    manages_calls: bool,
    sip_address: &'a str,
    development: bool,
    centers: usize,
    members: u32,
    connected: usize,
    parked: usize,
    default_from: &'static str,
}

/// `GET /lightning/setup/home`.
pub(super) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
    Flash(notice): Flash,
) -> Result<Response, Failure> {
    admit(&who, Place::Home)?;
    let centers = state.store.call_centers().await?;
    let body = HomeTemplate {
        csrf: &who.session.csrf_token,
        manages_calls: admit(&who, Place::PhoneSystem).is_ok(),
        sip_address: &state.settings.sip_address,
        development: state.settings.console_origin.starts_with("http:"),
        centers: centers.len(),
        members: centers.iter().map(|center| center.user_count).sum(),
        connected: state.sockets.agent_count(),
        parked: state.store.parked_logs().await?.len(),
        default_from: super::phone_system::TEST_CALL_FROM,
    };
    frame::page(&state, &who, Place::Home, "Setup", notice, &body)
        .await
        .map(flash::said)
}
