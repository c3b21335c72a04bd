//! A telephone without a person: says something into an RTP stream and keeps what it hears. The
//! test caller and the demo's answering party are stations.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio_util::sync::CancellationToken;

use super::g711::{FRAME_SAMPLES, SAMPLE_RATE_HZ};
use super::rtp::{OutgoingStream, PACKET_BYTES_MAX, RtpPacket};
use super::tone::Sound;
use crate::sip::sdp::Agreed;

/// One packet every 20 ms.
const FRAME: Duration = Duration::from_millis(20);
/// What is heard is kept for this long: ten minutes.
const KEPT_SAMPLES_MAX: usize = 8_000 * 600;
/// Echo that waits longer than this is dropped: half a second.
const ECHO_SAMPLES_MAX: usize = 4_000;

/// What a station says.
#[derive(Debug)]
pub(crate) enum Program {
    /// These samples, over and over.
    Say { samples: Vec<i16>, at: usize },
    /// A voice-like murmur.
    Murmur(Sound),
    /// A murmur of six seconds, a tone, then what it hears.
    AnsweringParty {
        sound: Sound,
        said: usize,
        echo: VecDeque<i16>,
    },
}

impl Program {
    /// Says these samples over and over; nothing when there are none.
    pub(crate) fn say(samples: Vec<i16>) -> Self {
        Self::Say { samples, at: 0 }
    }

    /// Murmurs.
    pub(crate) fn murmur() -> Self {
        Self::Murmur(Sound::voice())
    }

    /// Greets, then echoes.
    pub(crate) fn answering_party() -> Self {
        Self::AnsweringParty {
            sound: Sound::voice(),
            said: 0,
            echo: VecDeque::new(),
        }
    }

    fn next_frame(&mut self) -> Vec<i16> {
        const GREETING_SAMPLES: usize = 48_000;
        const TONE_SAMPLES: usize = 4_000;
        match self {
            Self::Say { samples, at } => {
                let start = *at;
                *at = (start + FRAME_SAMPLES) % samples.len().max(1);
                let endless = samples.iter().cycle().skip(start);
                let mut frame: Vec<i16> = endless.take(FRAME_SAMPLES).copied().collect();
                frame.resize(FRAME_SAMPLES, 0);
                frame
            }
            Self::Murmur(sound) => sound.next_samples(FRAME_SAMPLES),
            Self::AnsweringParty { sound, said, echo } => {
                *said += FRAME_SAMPLES;
                if *said > GREETING_SAMPLES + TONE_SAMPLES {
                    let count = echo.len().min(FRAME_SAMPLES);
                    let mut frame: Vec<i16> = echo.drain(..count).collect();
                    frame.resize(FRAME_SAMPLES, 0);
                    return frame;
                }
                if *said == GREETING_SAMPLES + FRAME_SAMPLES {
                    *sound = Sound::tone(1_000.0, 0.2);
                }
                sound.next_samples(FRAME_SAMPLES)
            }
        }
    }

    fn hears(&mut self, samples: &[i16]) {
        let Self::AnsweringParty { said, echo, .. } = self else {
            return;
        };
        // Before its own words are over it does not listen.
        if *said < 50_000 {
            return;
        }
        echo.extend(samples);
        let excess = echo.len().saturating_sub(ECHO_SAMPLES_MAX);
        echo.drain(..excess);
    }
}

/// What a station heard.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// Packets of voice.
    pub(crate) packets: u64,
    /// The voice, gaps as silence.
    pub(crate) samples: Vec<i16>,
    first_timestamp: Option<u32>,
}

impl Heard {
    fn keep(&mut self, timestamp: u32, samples: &[i16]) {
        self.packets += 1;
        let first = *self.first_timestamp.get_or_insert(timestamp);
        let start = usize::try_from(timestamp.wrapping_sub(first)).unwrap_or(usize::MAX);
        let end = start.saturating_add(samples.len());
        if end > KEPT_SAMPLES_MAX {
            return;
        }
        if self.samples.len() < end {
            self.samples.resize(end, 0);
        }
        self.samples[start..end].copy_from_slice(samples);
    }
}

/// Talks and listens until `stop`.
pub(crate) async fn run(
    socket: UdpSocket,
    agreed: Agreed,
    mut program: Program,
    stop: CancellationToken,
) -> Heard {
    let mut heard = Heard::default();
    let mut stream = OutgoingStream::new();
    let mut far = agreed.far;
    let mut buffer = [0; PACKET_BYTES_MAX];
    let mut ticks = tokio::time::interval(FRAME);
    loop {
        tokio::select! {
            () = stop.cancelled() => return heard,
            // The time at which it was due: late ticks come at once and lose nothing.
            due = ticks.tick() => {
                let payload = agreed.law.encode(&program.next_frame());
                let samples = SAMPLE_RATE_HZ / 50;
                let packet =
                    stream.made_here(due.into_std(), agreed.payload_type, &payload, samples);
                send(&socket, &packet, far).await;
            }
            received = socket.recv_from(&mut buffer) => {
                // An ICMP answer to what we sent; the next packet may do better.
                let Ok((length, source)) = received else { continue };
                let packet = buffer.get(..length).and_then(RtpPacket::parse);
                let Some(packet) = packet.filter(|p| p.payload_type == agreed.payload_type) else {
                    continue;
                };
                far = Some(source);
                let samples = agreed.law.decode(packet.payload);
                program.hears(&samples);
                heard.keep(packet.timestamp, &samples);
            }
        }
    }
}

async fn send(socket: &UdpSocket, packet: &[u8], far: Option<SocketAddr>) {
    if let Some(far) = far {
        // Lost like any other packet.
        let _ = socket.send_to(packet, far).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_said_over_and_over_without_a_gap() {
        let mut program = Program::say((0..200).collect());
        let mut said = program.next_frame();
        said.extend(program.next_frame());
        let expected: Vec<i16> = (0..200).chain(0..120).collect();
        assert_eq!(said, expected);
        assert_eq!(
            Program::say(Vec::new()).next_frame(),
            vec![0; FRAME_SAMPLES]
        );
    }

    #[test]
    fn the_answering_party_greets_then_echoes() {
        let mut program = Program::answering_party();
        program.hears(&[7; 160]);
        let greeting: Vec<i16> = (0..325).flat_map(|_| program.next_frame()).collect();
        assert!(greeting.iter().any(|sample| sample.abs() > 1_000));
        assert_eq!(
            program.next_frame(),
            vec![0; FRAME_SAMPLES],
            "nothing was heard yet"
        );
        program.hears(&[9; 160]);
        assert_eq!(program.next_frame(), vec![9; FRAME_SAMPLES]);
    }

    #[test]
    fn gaps_in_what_is_heard_are_kept_as_silence() {
        let mut heard = Heard::default();
        heard.keep(1_000, &[1; 160]);
        heard.keep(1_320, &[2; 160]);
        assert_eq!(heard.samples.len(), 480);
        assert_eq!(heard.samples[160..320], [0; 160]);
        heard.keep(900, &[3; 160]);
        assert_eq!(
            heard.samples.len(),
            480,
            "an old packet cannot make it enormous"
        );
    }
}
