//! The RTP of one leg: a socket, what the far end hears, and what it says. Voice between the far
//! end and a page is passed through as it comes; everything else the far end hears is made here,
//! in one stream whose numbering never breaks.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use offhook_calls::{DeviceId, LegId};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;

use super::dtmf::{self, DigitDetector};
use super::g711::{FRAME_SAMPLES, Law, SAMPLE_RATE_HZ};
use super::rtp::{OutgoingStream, PACKET_BYTES_MAX, RtpPacket};
use super::tone::Sound;
use super::webrtc::PageVoice;
use crate::sip::sdp::Agreed;

/// Packets of a page that may wait for a leg: a second of voice.
const FRAMES_WAITING_MAX: usize = 50;
/// A page that says nothing for this long leaves a gap, which is filled with silence.
const PAGE_GAP: Duration = Duration::from_millis(250);
/// Another source of voice is believed only when the present one is silent for this long.
const SOURCE_CHANGE: Duration = Duration::from_secs(2);

/// One packet of voice on its way between a page and a leg.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) law: Law,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) payload: Vec<u8>,
}

/// What the far end hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Hears {
    /// Nothing yet, or nothing any more.
    Silence,
    /// The sound for held callers.
    Hold,
    /// The sound for callers whose agent's page is gone.
    AgentAway,
    /// This page.
    Page(DeviceId),
}

/// What a session is told.
#[derive(Debug)]
enum Told {
    Agreed(Agreed),
    Hears(Hears),
    Digits(String),
}

/// A session's handle. The session ends when it is dropped.
#[derive(Debug, Clone)]
pub(crate) struct RtpSession {
    told: mpsc::UnboundedSender<Told>,
    frames: mpsc::Sender<Frame>,
    local: SocketAddr,
}

impl RtpSession {
    /// Starts a session on this socket. Voice of the far end goes to `pages`; its digits go to
    /// `digits`.
    pub(crate) fn start(
        leg: LegId,
        socket: UdpSocket,
        pages: PageVoice,
        digits: mpsc::Sender<(LegId, char)>,
    ) -> std::io::Result<Self> {
        let local = socket.local_addr()?;
        let (told, orders) = mpsc::unbounded_channel();
        let (frames, page_frames) = mpsc::channel(FRAMES_WAITING_MAX);
        let running = Running {
            leg,
            socket: Arc::new(socket),
            agreed: None,
            hears: Hears::Silence,
            sound: None,
            source: None,
            stream: OutgoingStream::new(),
            page_spoke_at: None,
            pages,
            detector: DigitDetector::default(),
            digits,
            keying: Keying::default(),
        };
        tokio::spawn(running.run(orders, page_frames));
        Ok(Self {
            told,
            frames,
            local,
        })
    }

    /// Where the session's socket is.
    pub(crate) fn local(&self) -> SocketAddr {
        self.local
    }

    /// What the descriptions of both sides settled; also after a re-INVITE.
    pub(crate) fn agreed(&self, agreed: Agreed) {
        self.tell(Told::Agreed(agreed));
    }

    /// What the far end hears from here on.
    pub(crate) fn hears(&self, hears: Hears) {
        self.tell(Told::Hears(hears));
    }

    /// Sends DTMF digits.
    pub(crate) fn digits(&self, digits: &str) {
        self.tell(Told::Digits(digits.to_owned()));
    }

    /// Where a page puts its voice for this leg.
    pub(crate) fn frames(&self) -> mpsc::Sender<Frame> {
        self.frames.clone()
    }

    fn tell(&self, told: Told) {
        // A session that is gone needs no orders.
        let _ = self.told.send(told);
    }
}

/// Digits that are being sent.
#[derive(Debug, Default)]
struct Keying {
    waiting: VecDeque<char>,
    current: Option<Key>,
    pause_frames: u32,
}

#[derive(Debug)]
struct Key {
    digit: char,
    began: u32,
    frames_sent: u32,
    /// For far ends that know no telephone events.
    tones: Option<Sound>,
}

struct Running {
    leg: LegId,
    socket: Arc<UdpSocket>,
    agreed: Option<Agreed>,
    hears: Hears,
    sound: Option<Sound>,
    /// Whose packets are taken, and when the last one came.
    source: Option<(SocketAddr, Instant)>,
    stream: OutgoingStream,
    page_spoke_at: Option<Instant>,
    pages: PageVoice,
    detector: DigitDetector,
    digits: mpsc::Sender<(LegId, char)>,
    keying: Keying,
}

impl Running {
    async fn run(
        mut self,
        mut orders: mpsc::UnboundedReceiver<Told>,
        mut page_frames: mpsc::Receiver<Frame>,
    ) {
        let socket = self.socket.clone();
        let mut buffer = [0; PACKET_BYTES_MAX];
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        loop {
            tokio::select! {
                // A page's voice that waits goes before silence to fill its gap.
                biased;
                told = orders.recv() => match told {
                    Some(told) => self.told(told),
                    None => return,
                },
                Some(frame) = page_frames.recv() => self.page_says(frame).await,
                // The time at which it was due: late ticks come at once and lose nothing.
                due = ticks.tick() => self.tick(due.into_std()).await,
                received = socket.recv_from(&mut buffer) => {
                    // An error here is an ICMP answer to something sent; the next may be voice.
                    let Ok((length, source)) = received else { continue };
                    if let Some(datagram) = buffer.get(..length) {
                        self.far_end_says(source, datagram);
                    }
                }
            }
        }
    }

    fn told(&mut self, told: Told) {
        match told {
            Told::Agreed(agreed) => {
                if self.agreed.map(|old| old.far) != Some(agreed.far) {
                    self.source = None;
                }
                self.agreed = Some(agreed);
            }
            Told::Hears(hears) => {
                self.sound = match &hears {
                    Hears::Hold => Some(Sound::hold()),
                    Hears::AgentAway => Some(Sound::agent_away()),
                    Hears::Silence | Hears::Page(_) => None,
                };
                self.hears = hears;
                self.page_spoke_at = None;
            }
            Told::Digits(digits) => {
                let room = dtmf::DIGITS_WAITING_MAX.saturating_sub(self.keying.waiting.len());
                self.keying.waiting.extend(digits.chars().take(room));
            }
        }
    }

    async fn page_says(&mut self, frame: Frame) {
        let (Some(agreed), Hears::Page(_)) = (self.agreed, &self.hears) else {
            return;
        };
        let now = Instant::now();
        self.page_spoke_at = Some(now);
        if self.keying.is_busy() {
            return;
        }
        let mut payload = frame.payload;
        frame.law.transcode(agreed.law, &mut payload);
        let packet = self.stream.passed_through(
            now,
            agreed.payload_type,
            &payload,
            frame.sequence,
            frame.timestamp,
        );
        self.send(&packet).await;
    }

    fn far_end_says(&mut self, source: SocketAddr, datagram: &[u8]) {
        let (Some(agreed), Some(packet)) = (self.agreed, RtpPacket::parse(datagram)) else {
            return;
        };
        let now = Instant::now();
        // Symmetric RTP (RFC 4961): where voice comes from is where it goes. The first to speak
        // is believed; a stranger only when that one has fallen silent.
        let stranger = self.source.is_some_and(|(known, heard_at)| {
            known != source && now.duration_since(heard_at) < SOURCE_CHANGE
        });
        if stranger {
            return;
        }
        self.source = Some((source, now));
        if agreed.event_payload_type == Some(packet.payload_type) {
            if let Some(digit) = self.detector.packet(packet.timestamp, packet.payload) {
                // A flood of digits may lose some; voice goes on.
                let _ = self.digits.try_send((self.leg.clone(), digit));
            }
            return;
        }
        let law = match packet.payload_type {
            pt if pt == agreed.payload_type => agreed.law,
            pt if pt == Law::Mu.static_payload_type() => Law::Mu,
            pt if pt == Law::A.static_payload_type() => Law::A,
            _ => return,
        };
        if let Hears::Page(device) = &self.hears {
            let frame = Frame {
                law,
                sequence: packet.sequence,
                timestamp: packet.timestamp,
                payload: packet.payload.to_vec(),
            };
            self.pages.hears(device, frame);
        }
    }

    async fn tick(&mut self, now: Instant) {
        let Some(agreed) = self.agreed.filter(|agreed| agreed.we_send) else {
            return;
        };
        if let Some(packets) = self.next_of_keys(now, agreed) {
            for packet in packets {
                self.send(&packet).await;
            }
            return;
        }
        let page_speaks = self
            .page_spoke_at
            .is_some_and(|at| now.duration_since(at) < PAGE_GAP);
        if page_speaks && matches!(self.hears, Hears::Page(_)) {
            return;
        }
        let payload = match &mut self.sound {
            Some(sound) => agreed.law.encode(&sound.next_samples(FRAME_SAMPLES)),
            None => vec![agreed.law.silence(); FRAME_SAMPLES],
        };
        let packet = self
            .stream
            .made_here(now, agreed.payload_type, &payload, SAMPLE_RATE_HZ / 50);
        self.send(&packet).await;
    }

    async fn send(&self, packet: &[u8]) {
        let Some(agreed) = self.agreed.filter(|agreed| agreed.we_send) else {
            return;
        };
        let far = self.source.map(|(source, _)| source).or(agreed.far);
        if let Some(far) = far {
            // Lost like any other packet.
            let _ = self.socket.send_to(packet, far).await;
        }
    }

    /// The packets of this tick when digits are being sent; `None` when there are none.
    fn next_of_keys(&mut self, now: Instant, agreed: Agreed) -> Option<Vec<Vec<u8>>> {
        let keying = &mut self.keying;
        if keying.current.is_none() && keying.pause_frames == 0 {
            let digit = keying.waiting.pop_front()?;
            let tones = match agreed.event_payload_type {
                Some(_) => None,
                None => Some(Sound::key(digit)?),
            };
            keying.current = Some(Key {
                digit,
                began: self.stream.clock(now),
                frames_sent: 0,
                tones,
            });
        }
        let Some(key) = &mut keying.current else {
            keying.pause_frames -= 1;
            let silence = vec![agreed.law.silence(); FRAME_SAMPLES];
            let samples = SAMPLE_RATE_HZ / 50;
            let packet = self
                .stream
                .made_here(now, agreed.payload_type, &silence, samples);
            return Some(vec![packet]);
        };
        let last = key.frames_sent + 1 == dtmf::DIGIT_MS / 20;
        let packets = key.packets(now, agreed, &mut self.stream, last);
        key.frames_sent += 1;
        if last {
            keying.current = None;
            keying.pause_frames = dtmf::PAUSE_MS / 20;
        }
        Some(packets)
    }
}

impl Keying {
    fn is_busy(&self) -> bool {
        self.current.is_some() || self.pause_frames > 0 || !self.waiting.is_empty()
    }
}

impl Key {
    fn packets(
        &mut self,
        now: Instant,
        agreed: Agreed,
        stream: &mut OutgoingStream,
        last: bool,
    ) -> Vec<Vec<u8>> {
        let frame = SAMPLE_RATE_HZ / 50;
        if let Some(tones) = &mut self.tones {
            let payload = agreed.law.encode(&tones.next_samples(FRAME_SAMPLES));
            return vec![stream.made_here(now, agreed.payload_type, &payload, frame)];
        }
        let (Some(payload_type), Some(event)) =
            (agreed.event_payload_type, dtmf::event_of_digit(self.digit))
        else {
            return Vec::new();
        };
        let duration = u16::try_from((self.frames_sent + 1) * frame).unwrap_or(u16::MAX);
        let payload = dtmf::event_payload(event, last, duration);
        let repeats = if last { dtmf::END_REPEATS } else { 1 };
        let first = self.frames_sent == 0;
        (0..repeats)
            .map(|repeat| {
                let advance = if repeat == 0 { frame } else { 0 };
                stream.event(now, payload_type, &payload, self.began, first, advance)
            })
            .collect()
    }
}
