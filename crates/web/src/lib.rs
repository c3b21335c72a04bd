//! The HTTP door: the console, Setup, the Open CTI host behind the console, and the softphone's
//! page and socket. Two origins: the console, and pages (everything that runs in the frame).
//!
//! It decides nothing: rights, screen pops and the fields of a log are asked of `offhook_org`,
//! calls belong to the telephone, which is reached by `offhook_calls::link` alone.
//!
//! The rooms: `router` (every route), `session`, `csrf`, `headers` and `error` (the layers around
//! them), `console` (the rep's pages), `setup` (the admin's pages), `opencti` (the host's side of
//! Open CTI), `apex_pages` (pages that admins write), `provider` (the softphone's page and
//! socket), `oauth` (signing in for apps), `assets` (the built UI), `tls` (what is known of the
//! certificate), `proxy` (vendors' pages through our origin).

mod apex_pages;
mod assets;
mod console;
mod csrf;
mod error;
mod headers;
mod oauth;
mod opencti;
mod provider;
mod proxy;
mod query;
mod router;
mod serve;
mod session;
mod setup;
pub mod tls;

use std::sync::Arc;

use offhook_calls::link::{Down, Up};
use offhook_script::Scripts;
use offhook_store::Store;
use tokio::sync::mpsc;

pub use axum::Router;
pub use serve::{serve, serve_secured};

/// What the web needs to know.
#[derive(Debug, Clone)]
pub struct WebSettings {
    /// Origin of the console as browsers see it, `http://127.0.0.1:8080`.
    pub console_origin: String,
    /// Origin of adapters and the softphone, `http://127.0.0.1:8081`.
    pub pages_origin: String,
    /// The SIP address to call, for Setup: `sip:5550100@127.0.0.1:5060`.
    pub sip_address: String,
    /// Configured trunks for Setup: name and address.
    pub trunks: Vec<(String, String)>,
    /// Version for the about page.
    pub version: &'static str,
    /// The data folder, for Setup: where the newest backup is noted.
    pub data_folder: std::path::PathBuf,
    /// The certificate of the https doors.
    pub tls: tls::TlsBoard,
}

/// The two routers, and the task that carries `Down` messages to sockets.
pub struct Web {
    /// Serves the console origin.
    pub console: Router,
    /// Serves the pages origin.
    pub pages: Router,
    state: AppState,
}

impl Web {
    /// The same two doors at another pair of origins: https beside http. A session belongs to
    /// the origin that it began at.
    pub fn beside(&self, console_origin: &str, pages_origin: &str) -> (Router, Router) {
        let state = AppState {
            settings: Arc::new(WebSettings {
                console_origin: console_origin.to_owned(),
                pages_origin: pages_origin.to_owned(),
                ..(*self.state.settings).clone()
            }),
            ..self.state.clone()
        };
        (router::console(state.clone()), router::pages(state))
    }
}

/// What every handler can reach. Cheap to clone.
#[derive(Clone)]
pub(crate) struct AppState {
    pub(crate) settings: Arc<WebSettings>,
    pub(crate) store: Store,
    /// To the telephone.
    pub(crate) up: mpsc::Sender<Up>,
    /// The softphone pages that are connected.
    pub(crate) sockets: provider::Sockets,
    /// Runs what admins wrote.
    pub(crate) scripts: Scripts,
}

/// Puts the web together. `up` goes to the telephone, `down` comes from it. Must be called
/// inside a tokio runtime: it starts the task that carries `down` to the sockets.
pub fn web(
    settings: WebSettings,
    store: Store,
    up: mpsc::Sender<Up>,
    down: mpsc::Receiver<Down>,
) -> Web {
    let sockets = provider::Sockets::default();
    tokio::spawn(provider::carry_down(down, sockets.clone()));
    tokio::spawn(opencti::membership::keep(store.clone(), sockets.clone()));
    let state = AppState {
        settings: Arc::new(settings),
        scripts: Scripts::new(store.clone()),
        store,
        up,
        sockets,
    };
    Web {
        console: router::console(state.clone()),
        pages: router::pages(state.clone()),
        state,
    }
}

/// The wall clock: milliseconds since 1970, UTC.
pub(crate) fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
