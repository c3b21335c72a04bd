//! Putting the telephone together: sockets, rooms, the engine between them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use offhook_calls::link::{Down, Up};
use offhook_store::Store;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use crate::crm::{Crm, Outbox};
use crate::engine::{Engine, Parts, Sources, TestCallPlacer};
use crate::legs::Legs;
use crate::media::bridge::Bridge;
use crate::media::rtp::RtpPorts;
use crate::media::webrtc::Pages;
use crate::sip::endpoint::{Listen, SipEndpoint};
use crate::sip::trunk::Doorkeeper;
use crate::{StartError, Telephony, TelephonySettings, TestCall, caller};

/// Calls let in that the engine has not looked at; one more is asked to come back.
const ARRIVALS_WAITING_MAX: usize = 256;
/// Digits of far ends that may wait.
const DIGITS_WAITING_MAX: usize = 1_024;
/// After the goodbyes, logs that are due have this long to be written; the rest is for the next
/// start.
const LAST_LOGS: Duration = Duration::from_millis(700);
/// The number that an admin's test call dials.
const TEST_CALL_NUMBER: &str = "100";
/// An admin's test call ends by itself after this.
const TEST_CALL_TALK_MS: u64 = 10 * 60 * 1_000;

/// Starts everything. On `shutdown` calls are told goodbye and logged, within 4 s.
pub async fn start(
    settings: TelephonySettings,
    store: Store,
    up: mpsc::Receiver<Up>,
    down: mpsc::Sender<Down>,
    shutdown: CancellationToken,
) -> Result<Telephony, StartError> {
    let stop = CancellationToken::new();
    // If anything below fails, what was started ends.
    let guard = stop.clone().drop_guard();
    let listen = Listen {
        udp: settings.sip_udp,
        tcp: settings.sip_tcp,
        public_ip: settings.public_ip,
    };
    let endpoint = SipEndpoint::open(listen, stop.clone()).await?;
    let sip_udp = endpoint.udp;
    let (page_sender, pages) = mpsc::unbounded_channel();
    let page_room = pages_room(&settings, page_sender, stop.clone()).await?;
    let (inbox_sender, inbox) = mpsc::unbounded_channel();
    let (digit_sender, digits) = mpsc::channel(DIGITS_WAITING_MAX);
    let ports = RtpPorts::new(settings.media_ip, settings.rtp_ports);
    let bridge = Bridge::new(ports, page_room, digit_sender, settings.bridge_disabled);
    let legs = Legs::new(
        bridge,
        endpoint.dialogs.clone(),
        endpoint.contacts(),
        settings.public_ip,
        inbox_sender.clone(),
    );
    let outbox_wake = Arc::new(Notify::new());
    let outbox = Outbox {
        crm: Crm::org(store.clone()),
        store: store.clone(),
        wake: outbox_wake.clone(),
        inbox: inbox_sender,
    };
    let doorkeeper = Doorkeeper::new(&settings);
    let test_call = test_calls(&settings, sip_udp);
    let mut engine = Engine::new(Parts {
        settings,
        store,
        legs,
        down,
        outbox: outbox_wake,
        test_call,
    });
    engine.find_open_calls().await?;
    let (arrival_sender, arrivals) = mpsc::channel(ARRIVALS_WAITING_MAX);
    tokio::spawn(doorkeeper.serve(endpoint, arrival_sender));
    let sources = Sources {
        arrivals,
        inbox,
        pages,
        digits,
        up,
    };
    let outbox_stop = CancellationToken::new();
    let outbox = tokio::spawn(outbox.serve(outbox_stop.clone()));
    let stop = guard.disarm();
    let engine = tokio::spawn(async move {
        engine.run(sources, shutdown).await;
        outbox_stop.cancel();
        if tokio::time::timeout(LAST_LOGS, outbox).await.is_err() {
            tracing::info!("call logs that are not written yet are written at the next start");
        }
        stop.cancel();
    });
    Ok(Telephony { sip_udp, engine })
}

async fn pages_room(
    settings: &TelephonySettings,
    events: mpsc::UnboundedSender<crate::media::webrtc::PageEvent>,
    stop: CancellationToken,
) -> Result<Pages, StartError> {
    let (ip, port) = (settings.media_ip, settings.webrtc_port);
    let room = Pages::start(ip, settings.public_ip, port, events, stop).await;
    room.map_err(|error| StartError::Bind {
        what: "browser audio (WebRTC over UDP)",
        address: SocketAddr::new(ip, port),
        why: error.to_string(),
    })
}

/// Places an admin's test calls: into our own SIP address, as anybody outside would.
fn test_calls(settings: &TelephonySettings, sip_udp: SocketAddr) -> TestCallPlacer {
    let to = match sip_udp.ip().is_unspecified() {
        true => SocketAddr::from(([127, 0, 0, 1], sip_udp.port())),
        false => sip_udp,
    };
    let credentials = settings.test_caller.clone();
    let ring_ms = settings.calls.ring_timeout_ms.saturating_add(10_000);
    let say = settings.sounds.as_deref().and_then(first_wav);
    Box::new(move |from| {
        let call = TestCall {
            to,
            dialled: TEST_CALL_NUMBER.to_owned(),
            from,
            credentials: credentials.clone(),
            say: say.clone(),
            hear: None,
            talk_ms: TEST_CALL_TALK_MS,
            ring_ms,
        };
        tokio::spawn(async move {
            match caller::place_test_call(call).await {
                Ok(result) => tracing::info!(
                    status = result.status,
                    ring_ms = result.ring_ms,
                    talk_ms = result.talk_ms,
                    "a test call ended"
                ),
                Err(error) => tracing::warn!(%error, "a test call failed"),
            }
        });
    })
}

fn first_wav(folder: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?;
    let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let wavs = files.filter(|path| {
        path.extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("wav"))
    });
    wavs.min()
}
