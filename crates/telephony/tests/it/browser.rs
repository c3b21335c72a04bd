//! A browser's half of a WebRTC call, made with the same sans-I/O library: offers, says a tone,
//! keeps what it hears.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use audio_codec::{Decoder, Encoder, pcmu};
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::media::{Direction, Frequency, MediaKind, MediaTime, Mid};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};
use tokio::net::UdpSocket;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub(crate) struct Browser {
    rtc: Rtc,
    socket: UdpSocket,
    mid: Mid,
    pending: Option<SdpPendingOffer>,
    local: SocketAddr,
}

/// A browser that is on the line. What it heard, at 8 kHz.
pub(crate) struct OnLine {
    heard: Arc<Mutex<Vec<i16>>>,
    connected: watch::Receiver<bool>,
    running: JoinHandle<()>,
}

impl OnLine {
    /// ICE and DTLS are up.
    pub(crate) async fn connected(&mut self) {
        self.connected
            .wait_for(|connected| *connected)
            .await
            .expect("it connects");
    }

    pub(crate) fn heard(&self) -> Vec<i16> {
        self.heard.lock().expect("heard").clone()
    }

    /// The tab is closed without a word.
    pub(crate) fn vanish(self) {
        self.running.abort();
    }
}

impl Browser {
    /// A browser and its offer.
    pub(crate) async fn new() -> (Self, String) {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
        let local = socket.local_addr().expect("its address");
        let mut rtc = RtcConfig::new()
            .set_crypto_provider(Arc::new(str0m::crypto::from_feature_flags()))
            .clear_codecs()
            .enable_opus(true, false)
            .enable_pcmu(true, false)
            .build(Instant::now());
        rtc.add_local_candidate(Candidate::host(local, "udp").expect("a candidate"));
        let mut change = rtc.sdp_api();
        let mid = change.add_media(MediaKind::Audio, Direction::SendRecv, None, None, None);
        let (offer, pending) = change.apply().expect("an offer");
        let browser = Self {
            rtc,
            socket,
            mid,
            pending: Some(pending),
            local,
        };
        (browser, offer.to_sdp_string())
    }

    /// Takes the answer and talks: a tone of this frequency.
    pub(crate) fn talk(mut self, answer: &str, hz: f32) -> OnLine {
        let answer = SdpAnswer::from_sdp_string(answer).expect("an answer");
        let pending = self.pending.take().expect("an offer was made");
        self.rtc
            .sdp_api()
            .accept_answer(pending, answer)
            .expect("it fits the offer");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (connected_sender, connected) = watch::channel(false);
        let running = tokio::spawn(self.run(hz, heard.clone(), connected_sender));
        OnLine {
            heard,
            connected,
            running,
        }
    }

    async fn run(mut self, hz: f32, heard: Arc<Mutex<Vec<i16>>>, connected: watch::Sender<bool>) {
        let mut position: u64 = 0;
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        let mut buffer = vec![0; 2_000];
        loop {
            let wake = loop {
                match self.rtc.poll_output().expect("the browser works") {
                    Output::Timeout(at) => break at,
                    Output::Transmit(packet) => {
                        let _ = self
                            .socket
                            .send_to(&packet.contents, packet.destination)
                            .await;
                    }
                    Output::Event(Event::Connected) => {
                        connected.send_replace(true);
                    }
                    Output::Event(Event::MediaData(data)) => {
                        let samples = pcmu::PcmuDecoder::new().decode(&data.data);
                        heard.lock().expect("heard").extend(samples);
                    }
                    Output::Event(_) => {}
                }
            };
            tokio::select! {
                () = tokio::time::sleep_until(wake.into()) => {
                    self.rtc.handle_input(Input::Timeout(Instant::now())).expect("time passes");
                }
                received = self.socket.recv_from(&mut buffer) => {
                    let Ok((length, source)) = received else { continue };
                    let received =
                        Receive::new(Protocol::Udp, source, self.local, &buffer[..length]);
                    if let Ok(received) = received {
                        let input = Input::Receive(Instant::now(), received);
                        self.rtc.handle_input(input).expect("a datagram is taken");
                    }
                }
                _ = ticks.tick(), if *connected.borrow() => {
                    let frame = tone(hz, position);
                    self.say(position, &frame);
                    position += 160;
                }
            }
        }
    }

    fn say(&mut self, position: u64, samples: &[i16]) {
        let Some(writer) = self.rtc.writer(self.mid) else {
            return;
        };
        let pcmu = writer
            .payload_params()
            .find(|params| params.spec().codec == str0m::format::Codec::PCMU)
            .map(|params| params.pt())
            .expect("PCMU was agreed");
        let payload = pcmu::PcmuEncoder::new().encode(samples);
        let time = MediaTime::new(position, Frequency::EIGHT_KHZ);
        writer
            .write(pcmu, Instant::now(), time, payload)
            .expect("written");
    }
}

/// 20 ms of a tone.
pub(crate) fn tone(hz: f32, position: u64) -> Vec<i16> {
    (position..position + 160)
        .map(|n| {
            let turn = std::f64::consts::TAU * f64::from(hz) * (n as f64) / 8_000.0;
            (turn.sin() * 9_000.0) as i16
        })
        .collect()
}
