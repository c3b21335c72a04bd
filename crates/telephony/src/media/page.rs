//! The media of one softphone page: an ICE, DTLS and SRTP session without any I/O of its own.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use str0m::format::Codec;
use str0m::media::{Frequency, MediaData, MediaTime, Mid, Pt};
use str0m::{Event, IceConnectionState, Input, Output, Rtc};

use super::g711::Law;
use super::session::Frame;

/// A page from which nothing came, or to which nothing goes, for this long has lost its media.
const SILENCE_MAX: Duration = Duration::from_secs(3);
/// Outputs taken from the session in one go; more wait for the next wake-up.
const OUTPUTS_MAX: usize = 1_000;

/// From our address, to the browser's address, what.
pub(crate) type Outgoing = (SocketAddr, SocketAddr, Vec<u8>);

/// A page's session.
pub(crate) struct Page {
    rtc: Rtc,
    audio: Option<Mid>,
    /// DTLS is up: voice is encrypted for the right browser.
    secured: bool,
    /// Since when ICE has no way to the browser.
    way_lost_at: Option<Instant>,
    up: bool,
    heard_at: Instant,
    wake_at: Instant,
    clock: PlayoutClock,
}

/// What a session wants done.
#[derive(Debug, Default)]
pub(crate) struct Wants {
    pub(crate) datagrams: Vec<Outgoing>,
    pub(crate) said: Vec<Frame>,
    pub(crate) came_up: bool,
    pub(crate) went_down: bool,
    /// The session is at its end and can be dropped.
    pub(crate) over: bool,
}

impl Page {
    pub(crate) fn new(rtc: Rtc, now: Instant) -> Self {
        Self {
            rtc,
            audio: None,
            secured: false,
            way_lost_at: None,
            up: false,
            heard_at: now,
            wake_at: now,
            clock: PlayoutClock::default(),
        }
    }

    /// When it wants to be told that time passed.
    pub(crate) fn wake_at(&self) -> Instant {
        let doubts = [Some(self.heard_at), self.way_lost_at];
        let doubts = doubts.into_iter().flatten().map(|at| at + SILENCE_MAX);
        match self.up {
            true => doubts.fold(self.wake_at, Instant::min),
            false => self.wake_at,
        }
    }

    /// Is this datagram for this session?
    pub(crate) fn accepts(&self, input: &Input<'_>) -> bool {
        self.rtc.accepts(input)
    }

    /// A datagram came.
    pub(crate) fn receive(&mut self, now: Instant, input: Input<'_>) {
        self.heard_at = now;
        self.input(input);
    }

    /// Time passed.
    pub(crate) fn time_passed(&mut self, now: Instant) {
        self.input(Input::Timeout(now));
    }

    fn input(&mut self, input: Input<'_>) {
        if let Err(error) = self.rtc.handle_input(input) {
            tracing::debug!(%error, "a browser's media session failed");
            self.rtc.disconnect();
        }
    }

    /// The browser plays this.
    pub(crate) fn play(&mut self, now: Instant, mut frame: Frame) {
        let Some(mid) = self.audio.filter(|_| self.up) else {
            return;
        };
        let Some((payload_type, law)) = self.codec(mid) else {
            return;
        };
        let samples = frame.payload.len();
        let Some(time) = self.clock.place(now, frame.timestamp, samples) else {
            return;
        };
        frame.law.transcode(law, &mut frame.payload);
        let time = MediaTime::new(time, Frequency::EIGHT_KHZ);
        let written = match self.rtc.writer(mid) {
            Some(writer) => writer.write(payload_type, now, time, frame.payload),
            None => return,
        };
        if let Err(error) = written {
            tracing::debug!(%error, "a frame could not be sent to a browser");
        }
    }

    /// The best codec that the browser takes: µ-law, else A-law.
    fn codec(&mut self, mid: Mid) -> Option<(Pt, Law)> {
        let writer = self.rtc.writer(mid)?;
        let mut found = None;
        for params in writer.payload_params() {
            match params.spec().codec {
                Codec::PCMU => return Some((params.pt(), Law::Mu)),
                Codec::PCMA => found = Some((params.pt(), Law::A)),
                _ => {}
            }
        }
        found
    }

    /// Everything that the session wants done by now.
    pub(crate) fn wants(&mut self, now: Instant) -> Wants {
        let mut wants = Wants::default();
        for _ in 0..OUTPUTS_MAX {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(at)) => {
                    self.wake_at = at;
                    break;
                }
                Ok(Output::Transmit(packet)) => {
                    let bytes = packet.contents.to_vec();
                    wants
                        .datagrams
                        .push((packet.source, packet.destination, bytes));
                }
                Ok(Output::Event(event)) => self.event(now, event, &mut wants),
                Err(error) => {
                    tracing::debug!(%error, "a browser's media session failed");
                    self.rtc.disconnect();
                    break;
                }
            }
        }
        self.judge(now, &mut wants);
        wants
    }

    fn event(&mut self, now: Instant, event: Event, wants: &mut Wants) {
        match event {
            Event::Connected => self.secured = true,
            Event::Closed => self.secured = false,
            Event::MediaAdded(media) => self.audio = self.audio.or(Some(media.mid)),
            Event::MediaData(data) => wants.said.extend(frame_of(data)),
            Event::IceConnectionStateChange(state) => {
                let lost = state == IceConnectionState::Disconnected;
                self.way_lost_at = lost.then(|| self.way_lost_at.unwrap_or(now));
            }
            _ => {}
        }
    }

    /// Up when there is a secured way, and the browser was heard of lately.
    fn judge(&mut self, now: Instant, wants: &mut Wants) {
        let since = |at| now.saturating_duration_since(at);
        let silent = since(self.heard_at) >= SILENCE_MAX;
        let cut_off = self.way_lost_at.is_some_and(|at| since(at) >= SILENCE_MAX);
        let alive = self.rtc.is_alive();
        let up = self.secured && !cut_off && !silent && alive;
        if up != self.up {
            wants.came_up = up;
            wants.went_down = !up;
        }
        self.up = up;
        wants.over = !alive;
    }

    /// Closes the session; what must still be sent.
    pub(crate) fn farewell(&mut self) -> Vec<Outgoing> {
        if self.rtc.close().is_err() {
            return Vec::new();
        }
        self.wants(Instant::now()).datagrams
    }
}

fn frame_of(data: MediaData) -> Option<Frame> {
    let law = match data.params.spec().codec {
        Codec::PCMU => Law::Mu,
        Codec::PCMA => Law::A,
        _ => return None,
    };
    let sequence: u64 = **data.seq_range.start();
    Some(Frame {
        law,
        // RTP numbers wrap; so do ours.
        sequence: (sequence & 0xFFFF) as u16,
        timestamp: (data.time.numer() & 0xFFFF_FFFF) as u32,
        payload: data.data.to_vec(),
    })
}

/// Puts the frames of changing legs onto one clock that only goes forward.
#[derive(Debug, Default)]
struct PlayoutClock {
    next: u64,
    /// Last timestamp of the source and where it was put.
    last: Option<(u32, u64)>,
    placed_at: Option<Instant>,
}

/// A step of a source's clock larger than this is another source: five seconds.
const STEP_MAX: u32 = 40_000;

impl PlayoutClock {
    /// Where this frame goes; `None` when it comes too late.
    fn place(&mut self, now: Instant, timestamp: u32, samples: usize) -> Option<u64> {
        let placed = match self.last {
            Some((last, placed)) => {
                let step = timestamp.wrapping_sub(last);
                let back = step.wrapping_neg();
                if step < STEP_MAX {
                    placed + u64::from(step)
                } else if back < STEP_MAX {
                    return None;
                } else {
                    self.after_pause(now)
                }
            }
            None => self.after_pause(now),
        };
        if self.last.is_some() && placed < self.next {
            return None;
        }
        self.last = Some((timestamp, placed));
        self.next = placed + u64::try_from(samples).unwrap_or(0);
        self.placed_at = Some(now);
        Some(placed)
    }

    fn after_pause(&self, now: Instant) -> u64 {
        let pause = self
            .placed_at
            .map_or(Duration::ZERO, |at| now.duration_since(at));
        let samples = u64::try_from(pause.as_millis()).unwrap_or(0) * 8;
        self.next + samples.saturating_sub(160)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browser_hears_one_clock_whatever_leg_is_joined() {
        let mut clock = PlayoutClock::default();
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        assert_eq!(clock.place(at(0), 5_000, 160), Some(0));
        assert_eq!(clock.place(at(20), 5_160, 160), Some(160));
        // One was lost; its place stays empty.
        assert_eq!(clock.place(at(60), 5_480, 160), Some(480));
        // Too late, and twice.
        assert_eq!(clock.place(at(61), 5_320, 160), None);
        assert_eq!(clock.place(at(62), 5_480, 160), None);
        // Another leg, far away on its own clock, a second later.
        assert_eq!(
            clock.place(at(1_060), 3_000_000_000, 160),
            Some(640 + 8_000 - 160)
        );
        assert_eq!(
            clock.place(at(1_080), 3_000_000_160, 160),
            Some(640 + 8_000)
        );
    }

    #[test]
    fn a_wrap_of_the_source_clock_is_no_jump() {
        let mut clock = PlayoutClock::default();
        let now = Instant::now();
        assert_eq!(clock.place(now, u32::MAX - 159, 160), Some(0));
        assert_eq!(clock.place(now, 0, 160), Some(160));
    }
}
