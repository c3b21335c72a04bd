//! WebRTC with the softphone pages (RFC 8825): ICE, DTLS and SRTP for every browser through one
//! UDP port. A page offers, we answer with G.711; a new offer of a page replaces its old session.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use offhook_calls::{DeviceId, LegId};
use str0m::change::SdpOffer;
use str0m::config::CryptoProvider;
use str0m::crypto::from_feature_flags;
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Input, RtcConfig};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::page::Page;
use super::session::Frame;
use crate::sip::endpoint::reachable_ip;

/// Voice packets for pages that may wait: two seconds of fifty calls.
const VOICE_WAITING_MAX: usize = 5_000;
/// Datagrams of browsers that may wait.
const DATAGRAMS_WAITING_MAX: usize = 4_096;
/// Pages at once; one more is told so.
const PAGES_MAX: usize = 1_000;
/// Longer descriptions are no offer of ours.
const SDP_BYTES_MAX: usize = 64 * 1_024;

/// What happened to a page's media.
#[derive(Debug)]
pub(crate) enum PageEvent {
    /// Here is the answer to its offer.
    Answered { device: DeviceId, sdp: String },
    /// Its offer cannot be taken; why, for a person.
    Refused { device: DeviceId, reason: String },
    /// Voice can flow.
    Up { device: DeviceId },
    /// Nothing comes from it any more.
    Down { device: DeviceId },
}

/// What the room of pages is told.
#[derive(Debug)]
enum Order {
    Offer {
        device: DeviceId,
        sdp: String,
    },
    Close {
        device: DeviceId,
    },
    Join {
        device: DeviceId,
        leg: LegId,
        to: mpsc::Sender<Frame>,
    },
    Part {
        device: DeviceId,
        leg: LegId,
    },
    Mute {
        device: DeviceId,
        muted: bool,
    },
}

/// The handle of the room. It ends when the token it was started with ends.
#[derive(Debug, Clone)]
pub(crate) struct Pages {
    orders: mpsc::UnboundedSender<Order>,
    voice: PageVoice,
}

/// Where a leg puts the far end's voice.
#[derive(Debug, Clone)]
pub(crate) struct PageVoice(mpsc::Sender<(DeviceId, Frame)>);

impl PageVoice {
    /// This page hears this frame; lost when the room cannot keep up.
    pub(crate) fn hears(&self, device: &DeviceId, frame: Frame) {
        let _ = self.0.try_send((device.clone(), frame));
    }
}

impl Pages {
    /// Binds the port and starts the room.
    pub(crate) async fn start(
        ip: IpAddr,
        public_ip: Option<IpAddr>,
        port: u16,
        events: mpsc::UnboundedSender<PageEvent>,
        stop: CancellationToken,
    ) -> std::io::Result<Self> {
        let doors = doors(ip, public_ip, port).await?;
        let (orders, order_queue) = mpsc::unbounded_channel();
        let (voice, voice_queue) = mpsc::channel(VOICE_WAITING_MAX);
        let room = Room {
            doors,
            crypto: Arc::new(from_feature_flags()),
            pages: HashMap::new(),
            sources: HashMap::new(),
            joined: HashMap::new(),
            muted: HashSet::new(),
            events,
        };
        tokio::spawn(room.run(order_queue, voice_queue, stop));
        Ok(Self {
            orders,
            voice: PageVoice(voice),
        })
    }

    /// Where legs put voice for pages.
    pub(crate) fn voice(&self) -> PageVoice {
        self.voice.clone()
    }

    /// Takes a page's offer. `Answered` or `Refused` follows.
    pub(crate) fn offer(&self, device: DeviceId, sdp: String) {
        self.tell(Order::Offer { device, sdp });
    }

    /// Closes a page's media.
    pub(crate) fn close(&self, device: DeviceId) {
        self.tell(Order::Close { device });
    }

    /// What the page says goes to this leg.
    pub(crate) fn join(&self, device: DeviceId, leg: LegId, to: mpsc::Sender<Frame>) {
        self.tell(Order::Join { device, leg, to });
    }

    /// What the page says goes to this leg no longer.
    pub(crate) fn part(&self, device: DeviceId, leg: LegId) {
        self.tell(Order::Part { device, leg });
    }

    /// What the page says is replaced by silence, or not any more.
    pub(crate) fn mute(&self, device: DeviceId, muted: bool) {
        self.tell(Order::Mute { device, muted });
    }

    fn tell(&self, order: Order) {
        // The room ends with the process.
        let _ = self.orders.send(order);
    }
}

/// A socket and the address under which browsers reach it.
struct Door {
    socket: Arc<UdpSocket>,
    advertised: SocketAddr,
}

/// One socket on `ip`. When that is every address, one on the address that leads outside and one
/// on loopback, so that it is known by which of them a packet came.
async fn doors(ip: IpAddr, public_ip: Option<IpAddr>, port: u16) -> std::io::Result<Vec<Door>> {
    let outside = SocketAddr::from(([192, 0, 2, 1], 9));
    let mut addresses = vec![ip];
    if ip.is_unspecified() {
        addresses = vec![reachable_ip(ip, outside), IpAddr::from([127, 0, 0, 1])];
        addresses.retain(|address| !address.is_unspecified());
        addresses.dedup();
    }
    let mut doors = Vec::new();
    let mut port = port;
    for address in addresses {
        let socket = UdpSocket::bind(SocketAddr::new(address, port)).await?;
        port = socket.local_addr()?.port();
        let advertised = match public_ip {
            Some(public) if !address.is_loopback() => public,
            _ => address,
        };
        doors.push(Door {
            socket: Arc::new(socket),
            advertised: SocketAddr::new(advertised, port),
        });
    }
    Ok(doors)
}

struct Datagram {
    door: usize,
    source: SocketAddr,
    bytes: Vec<u8>,
}

struct Room {
    doors: Vec<Door>,
    crypto: Arc<CryptoProvider>,
    pages: HashMap<DeviceId, Page>,
    /// Which page a browser's address belongs to, as far as known.
    sources: HashMap<SocketAddr, DeviceId>,
    joined: HashMap<DeviceId, (LegId, mpsc::Sender<Frame>)>,
    muted: HashSet<DeviceId>,
    events: mpsc::UnboundedSender<PageEvent>,
}

impl Room {
    async fn run(
        mut self,
        mut orders: mpsc::UnboundedReceiver<Order>,
        mut voice: mpsc::Receiver<(DeviceId, Frame)>,
        stop: CancellationToken,
    ) {
        let (datagrams, mut arrived) = mpsc::channel(DATAGRAMS_WAITING_MAX);
        for (number, door) in self.doors.iter().enumerate() {
            let reading = read(number, door.socket.clone(), datagrams.clone());
            tokio::spawn(stop.clone().run_until_cancelled_owned(reading));
        }
        loop {
            let wake = self.next_wake();
            tokio::select! {
                () = stop.cancelled() => return self.close_all().await,
                order = orders.recv() => match order {
                    Some(order) => self.order(order).await,
                    None => return self.close_all().await,
                },
                Some(datagram) = arrived.recv() => self.datagram(&datagram).await,
                Some((device, frame)) = voice.recv() => self.voice(device, frame).await,
                () = tokio::time::sleep_until(wake.into()) => self.time_passed().await,
            }
        }
    }

    fn next_wake(&self) -> Instant {
        let idle = Instant::now() + Duration::from_millis(500);
        let due = self.pages.values().map(Page::wake_at).min();
        due.map_or(idle, |due| due.min(idle))
    }

    async fn order(&mut self, order: Order) {
        match order {
            Order::Offer { device, sdp } => self.offer(device, &sdp).await,
            Order::Close { device } => self.close(&device).await,
            Order::Join { device, leg, to } => {
                self.joined.insert(device, (leg, to));
            }
            Order::Part { device, leg } => {
                // It may have been joined to another leg since.
                if self
                    .joined
                    .get(&device)
                    .is_some_and(|(joined, _)| *joined == leg)
                {
                    self.joined.remove(&device);
                }
            }
            Order::Mute {
                device,
                muted: true,
            } => {
                self.muted.insert(device);
            }
            Order::Mute {
                device,
                muted: false,
            } => {
                self.muted.remove(&device);
            }
        }
    }

    async fn offer(&mut self, device: DeviceId, sdp: &str) {
        if let Some(old) = self.pages.remove(&device) {
            self.forget_sources(&device);
            self.farewell(old).await;
        }
        let taken = match self.pages.len() < PAGES_MAX {
            true => self.page(sdp),
            false => Err("too many softphones are connected with audio; try again later".into()),
        };
        let event = match taken {
            Ok((page, answer)) => {
                self.pages.insert(device.clone(), page);
                PageEvent::Answered {
                    device: device.clone(),
                    sdp: answer,
                }
            }
            Err(reason) => PageEvent::Refused {
                device: device.clone(),
                reason,
            },
        };
        self.emit(event);
        self.settle(&device).await;
    }

    fn page(&self, sdp: &str) -> Result<(Page, String), String> {
        let unreadable = |why: String| format!("the browser's audio offer cannot be read: {why}");
        if sdp.len() > SDP_BYTES_MAX {
            return Err(unreadable("it is too long".into()));
        }
        let offer =
            SdpOffer::from_sdp_string(sdp).map_err(|error| unreadable(error.to_string()))?;
        let now = Instant::now();
        let mut rtc = RtcConfig::new()
            .set_crypto_provider(self.crypto.clone())
            .clear_codecs()
            .enable_pcmu(true, false)
            .enable_pcma(true, false)
            // Voice that comes late is worth less than voice that comes.
            .set_reordering_size_audio(3)
            .set_reordering_timeout_audio(Some(Duration::from_millis(60)))
            .build(now);
        for door in &self.doors {
            let candidate = Candidate::host(door.advertised, "udp");
            rtc.add_local_candidate(candidate.map_err(|error| unreadable(error.to_string()))?);
        }
        let answer = rtc.sdp_api().accept_offer(offer);
        let answer = answer.map_err(|error| unreadable(error.to_string()))?;
        Ok((Page::new(rtc, now), answer.to_sdp_string()))
    }

    async fn close(&mut self, device: &DeviceId) {
        self.muted.remove(device);
        self.forget_sources(device);
        if let Some(page) = self.pages.remove(device) {
            self.farewell(page).await;
        }
    }

    async fn farewell(&self, mut page: Page) {
        for (source, destination, bytes) in page.farewell() {
            self.send(source, destination, &bytes).await;
        }
    }

    async fn close_all(&mut self) {
        for (_, page) in std::mem::take(&mut self.pages) {
            self.farewell(page).await;
        }
    }

    fn forget_sources(&mut self, device: &DeviceId) {
        self.sources.retain(|_, owner| owner != device);
    }

    async fn datagram(&mut self, datagram: &Datagram) {
        let Some(door) = self.doors.get(datagram.door) else {
            return;
        };
        let received = Receive::new(
            Protocol::Udp,
            datagram.source,
            door.advertised,
            &datagram.bytes,
        );
        // Not STUN, DTLS, RTP or RTCP: somebody else's.
        let Ok(received) = received else { return };
        let now = Instant::now();
        let input = Input::Receive(now, received);
        let known = self.sources.get(&datagram.source).cloned();
        let known = known.filter(|d| self.pages.get(d).is_some_and(|page| page.accepts(&input)));
        let device = known.or_else(|| {
            let mut pages = self.pages.iter();
            pages
                .find(|(_, page)| page.accepts(&input))
                .map(|(device, _)| device.clone())
        });
        let Some(device) = device else { return };
        if self.sources.len() < PAGES_MAX * 8 {
            self.sources.insert(datagram.source, device.clone());
        }
        if let Some(page) = self.pages.get_mut(&device) {
            page.receive(now, input);
        }
        self.settle(&device).await;
    }

    async fn voice(&mut self, device: DeviceId, frame: Frame) {
        if let Some(page) = self.pages.get_mut(&device) {
            page.play(Instant::now(), frame);
            self.settle(&device).await;
        }
    }

    async fn time_passed(&mut self) {
        let now = Instant::now();
        let due = self.pages.iter().filter(|(_, page)| page.wake_at() <= now);
        let due: Vec<DeviceId> = due.map(|(device, _)| device.clone()).collect();
        for device in due {
            if let Some(page) = self.pages.get_mut(&device) {
                page.time_passed(now);
            }
            self.settle(&device).await;
        }
    }

    /// Carries out what a page wants after something happened to it.
    async fn settle(&mut self, device: &DeviceId) {
        let Some(page) = self.pages.get_mut(device) else {
            return;
        };
        let wants = page.wants(Instant::now());
        for (source, destination, bytes) in wants.datagrams {
            self.send(source, destination, &bytes).await;
        }
        if let Some((_, to)) = self.joined.get(device) {
            let muted = self.muted.contains(device);
            for mut frame in wants.said {
                if muted {
                    frame.payload.fill(frame.law.silence());
                }
                // A leg that cannot keep up loses voice, not its call.
                let _ = to.try_send(frame);
            }
        }
        if wants.came_up {
            self.emit(PageEvent::Up {
                device: device.clone(),
            });
        }
        if wants.went_down {
            self.emit(PageEvent::Down {
                device: device.clone(),
            });
        }
        if wants.over || wants.went_down {
            // Once lost, a session counts for nothing: the page offers again. It is told, in
            // case it can still be reached.
            self.forget_sources(device);
            if let Some(page) = self.pages.remove(device) {
                self.farewell(page).await;
            }
        }
    }

    async fn send(&self, source: SocketAddr, destination: SocketAddr, bytes: &[u8]) {
        let door = self.doors.iter().find(|door| door.advertised == source);
        if let Some(door) = door.or(self.doors.first()) {
            // Lost like any other packet; ICE and DTLS send again.
            let _ = door.socket.send_to(bytes, destination).await;
        }
    }

    fn emit(&self, event: PageEvent) {
        // The engine ends last; when it is gone nobody needs to know.
        let _ = self.events.send(event);
    }
}

async fn read(door: usize, socket: Arc<UdpSocket>, datagrams: mpsc::Sender<Datagram>) {
    let mut buffer = vec![0; 2_000];
    loop {
        let Ok((length, source)) = socket.recv_from(&mut buffer).await else {
            // An ICMP answer to something sent; it is read off the socket by this error.
            continue;
        };
        let bytes = buffer.get(..length).unwrap_or_default().to_vec();
        let datagram = Datagram {
            door,
            source,
            bytes,
        };
        if let Err(mpsc::error::TrySendError::Closed(_)) = datagrams.try_send(datagram) {
            return;
        }
    }
}
