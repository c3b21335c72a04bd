//! RTP (RFC 3550): packets of voice over UDP, and the sockets they come through. Only what a
//! telephone needs: no header extensions or CSRC lists are sent, both are skipped when received;
//! no RTCP.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use rsipstack::transaction::random_text;
use tokio::net::UdpSocket;

/// The longest packet of RTP we read; voice of 20 ms has 172 bytes.
pub(crate) const PACKET_BYTES_MAX: usize = 1_500;
const HEADER_BYTES: usize = 12;

/// One packet, its payload still in the buffer it came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RtpPacket<'a> {
    pub(crate) payload_type: u8,
    pub(crate) marker: bool,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) ssrc: u32,
    pub(crate) payload: &'a [u8],
}

impl<'a> RtpPacket<'a> {
    /// Reads a datagram; `None` for anything that is not RTP version 2 or is cut short.
    pub(crate) fn parse(datagram: &'a [u8]) -> Option<Self> {
        let (header, rest) = datagram.split_at_checked(HEADER_BYTES)?;
        if header[0] >> 6 != 2 {
            return None;
        }
        // RTCP on the same port (RFC 5761): packet types 192 to 223 are not RTP.
        if (192..=223).contains(&header[1]) {
            return None;
        }
        let csrc_bytes = usize::from(header[0] & 0x0F) * 4;
        let mut payload = rest.get(csrc_bytes..)?;
        if header[0] & 0x10 != 0 {
            let extension = payload.get(..4)?;
            let words = usize::from(u16::from_be_bytes([extension[2], extension[3]]));
            payload = payload.get(4 + words * 4..)?;
        }
        if header[0] & 0x20 != 0 {
            let padding = usize::from(*payload.last()?);
            let kept = payload.len().checked_sub(padding)?;
            payload = payload.get(..kept)?;
        }
        Some(Self {
            payload_type: header[1] & 0x7F,
            marker: header[1] & 0x80 != 0,
            sequence: u16::from_be_bytes([header[2], header[3]]),
            timestamp: u32::from_be_bytes([header[4], header[5], header[6], header[7]]),
            ssrc: u32::from_be_bytes([header[8], header[9], header[10], header[11]]),
            payload,
        })
    }

    /// The packet as a datagram.
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES + self.payload.len());
        bytes.push(0x80);
        bytes.push(self.payload_type & 0x7F | if self.marker { 0x80 } else { 0 });
        bytes.extend_from_slice(&self.sequence.to_be_bytes());
        bytes.extend_from_slice(&self.timestamp.to_be_bytes());
        bytes.extend_from_slice(&self.ssrc.to_be_bytes());
        bytes.extend_from_slice(self.payload);
        bytes
    }
}

/// The outgoing half of one RTP stream: its SSRC never changes, its sequence numbers and
/// timestamps run on through every change of source.
#[derive(Debug)]
pub(crate) struct OutgoingStream {
    ssrc: u32,
    next_sequence: u16,
    next_timestamp: u32,
    sent_at: Option<Instant>,
    source: Option<SourceClock>,
}

/// How the clock of the source that is being passed through maps onto ours.
#[derive(Debug, Clone, Copy)]
struct SourceClock {
    sequence_offset: u16,
    timestamp_offset: u32,
}

/// A jump of a source's timestamps larger than this is a new source, not a pause: 30 s.
const SOURCE_JUMP_SAMPLES_MAX: u32 = 240_000;

impl OutgoingStream {
    /// A stream that was never sent.
    pub(crate) fn new() -> Self {
        let random = random_u32();
        Self {
            ssrc: random_u32(),
            next_sequence: u16::try_from(random & 0x7FFF).unwrap_or(0),
            next_timestamp: random_u32(),
            sent_at: None,
            source: None,
        }
    }

    /// The next packet, made by us: `samples` long, after whatever was sent before.
    pub(crate) fn made_here(
        &mut self,
        now: Instant,
        payload_type: u8,
        payload: &[u8],
        samples: u32,
    ) -> Vec<u8> {
        let marker = self.catch_up(now);
        let packet = RtpPacket {
            payload_type,
            marker,
            sequence: self.next_sequence,
            timestamp: self.next_timestamp,
            ssrc: self.ssrc,
            payload,
        };
        let bytes = packet.to_bytes();
        self.source = None;
        self.next_sequence = self.next_sequence.wrapping_add(1);
        self.next_timestamp = self.next_timestamp.wrapping_add(samples);
        bytes
    }

    /// A packet of a telephone event: all packets of one event share the timestamp at which it
    /// began (RFC 4733 section 2.5.1.2). The clock moves on by `advance` samples.
    pub(crate) fn event(
        &mut self,
        now: Instant,
        payload_type: u8,
        payload: &[u8],
        began: u32,
        marker: bool,
        advance: u32,
    ) -> Vec<u8> {
        self.catch_up(now);
        let packet = RtpPacket {
            payload_type,
            marker,
            sequence: self.next_sequence,
            timestamp: began,
            ssrc: self.ssrc,
            payload,
        };
        let bytes = packet.to_bytes();
        self.source = None;
        self.next_sequence = self.next_sequence.wrapping_add(1);
        self.next_timestamp = self.next_timestamp.wrapping_add(advance);
        bytes
    }

    /// The timestamp that the next packet made here would have.
    pub(crate) fn clock(&mut self, now: Instant) -> u32 {
        self.catch_up(now);
        self.next_timestamp
    }

    /// A packet of a source that is passed through: gaps and disorder of its numbering are kept,
    /// so that the far end can conceal them.
    pub(crate) fn passed_through(
        &mut self,
        now: Instant,
        payload_type: u8,
        payload: &[u8],
        sequence: u16,
        timestamp: u32,
    ) -> Vec<u8> {
        let known = self.source.filter(|clock| {
            let ours = timestamp.wrapping_add(clock.timestamp_offset);
            let ahead = ours.wrapping_sub(self.next_timestamp);
            ahead < SOURCE_JUMP_SAMPLES_MAX || ahead.wrapping_neg() < SOURCE_JUMP_SAMPLES_MAX
        });
        let fresh = known.is_none();
        let clock = known.unwrap_or_else(|| {
            self.catch_up(now);
            SourceClock {
                sequence_offset: self.next_sequence.wrapping_sub(sequence),
                timestamp_offset: self.next_timestamp.wrapping_sub(timestamp),
            }
        });
        self.source = Some(clock);
        let sequence = sequence.wrapping_add(clock.sequence_offset);
        let timestamp = timestamp.wrapping_add(clock.timestamp_offset);
        let samples = u32::try_from(payload.len()).unwrap_or(0);
        if sequence.wrapping_sub(self.next_sequence) < 0x8000 {
            self.next_sequence = sequence.wrapping_add(1);
            self.next_timestamp = timestamp.wrapping_add(samples);
        }
        self.sent_at = Some(self.sent_at.map_or(now, |sent_at| now.max(sent_at)));
        RtpPacket {
            payload_type,
            marker: fresh,
            sequence,
            timestamp,
            ssrc: self.ssrc,
            payload,
        }
        .to_bytes()
    }

    /// Moves the clock over time in which nothing was sent. True when that was a pause.
    fn catch_up(&mut self, now: Instant) -> bool {
        let Some(sent_at) = self.sent_at else {
            self.sent_at = Some(now);
            return true;
        };
        self.sent_at = Some(now.max(sent_at));
        let idle = now.saturating_duration_since(sent_at);
        let idle_ms = u32::try_from(idle.as_millis()).unwrap_or(u32::MAX);
        let paused = idle_ms > PAUSE_MS;
        if paused {
            let skipped = (idle_ms - FRAME_MS).saturating_mul(8);
            self.next_timestamp = self.next_timestamp.wrapping_add(skipped);
        }
        paused
    }
}

/// One frame.
const FRAME_MS: u32 = 20;
/// Longer than this without a packet is a pause in the stream, not jitter of our own clock.
const PAUSE_MS: u32 = 100;

fn random_u32() -> u32 {
    random_text(8).bytes().fold(0x9E37_79B9, |hash: u32, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

/// The UDP ports of plain RTP.
#[derive(Debug, Clone)]
pub(crate) struct RtpPorts {
    ip: IpAddr,
    first: u16,
    last: u16,
    next: Arc<AtomicU32>,
}

impl RtpPorts {
    /// Ports `first` to `last` on this address; (0, 0) lets the system choose.
    pub(crate) fn new(ip: IpAddr, (first, last): (u16, u16)) -> Self {
        Self {
            ip,
            first,
            last: last.max(first),
            next: Arc::new(AtomicU32::new(0)),
        }
    }

    /// A socket on the next free even port. Fails when all are taken.
    pub(crate) async fn bind(&self) -> io::Result<UdpSocket> {
        if self.first == 0 {
            return UdpSocket::bind(SocketAddr::new(self.ip, 0)).await;
        }
        let first_even = self.first + self.first % 2;
        let count = u32::from(self.last.saturating_sub(first_even) / 2) + 1;
        for _ in 0..count {
            let step = self.next.fetch_add(1, Ordering::Relaxed) % count;
            let port = first_even + u16::try_from(step * 2).unwrap_or(0);
            if let Ok(socket) = UdpSocket::bind(SocketAddr::new(self.ip, port)).await {
                return Ok(socket);
            }
        }
        Err(io::Error::new(
            io::ErrorKind::AddrInUse,
            format!("no free RTP port from {} to {}", self.first, self.last),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_reads_as_it_was_written() {
        let packet = RtpPacket {
            payload_type: 101,
            marker: true,
            sequence: 65_535,
            timestamp: 7,
            ssrc: 9,
            payload: &[1, 2, 3],
        };
        assert_eq!(RtpPacket::parse(&packet.to_bytes()), Some(packet));
    }

    #[test]
    fn damaged_datagrams_are_not_packets() {
        let good = RtpPacket {
            payload_type: 0,
            marker: false,
            sequence: 1,
            timestamp: 1,
            ssrc: 1,
            payload: &[0; 4],
        }
        .to_bytes();
        for length in 0..HEADER_BYTES {
            assert_eq!(RtpPacket::parse(&good[..length]), None, "{length} bytes");
        }
        let mut claims_csrcs = good.clone();
        claims_csrcs[0] = 0x8F;
        assert_eq!(RtpPacket::parse(&claims_csrcs), None);
        let mut claims_extension = good.clone();
        claims_extension[0] = 0x90;
        claims_extension[14] = 0xFF;
        assert_eq!(RtpPacket::parse(&claims_extension), None);
        let mut claims_padding = good.clone();
        claims_padding[0] = 0xA0;
        claims_padding[15] = 200;
        assert_eq!(RtpPacket::parse(&claims_padding), None);
        let mut wrong_version = good;
        wrong_version[0] = 0x40;
        assert_eq!(RtpPacket::parse(&wrong_version), None);
    }

    #[test]
    fn numbering_runs_on_when_the_source_changes() {
        let mut stream = OutgoingStream::new();
        let mut now = Instant::now();
        let first = stream.passed_through(now, 0, &[0; 160], 100, 5_000);
        let second = stream.passed_through(now, 0, &[0; 160], 101, 5_160);
        now += std::time::Duration::from_millis(20);
        let other = stream.made_here(now, 0, &[0; 160], 160);
        now += std::time::Duration::from_millis(20);
        let back = stream.passed_through(now, 0, &[0; 160], 9_000, 77);
        let numbers: Vec<(u16, u32, u32)> = [&first, &second, &other, &back]
            .iter()
            .filter_map(|bytes| RtpPacket::parse(bytes))
            .map(|packet| (packet.sequence, packet.timestamp, packet.ssrc))
            .collect();
        for pair in numbers.windows(2) {
            assert_eq!(pair[1].0, pair[0].0.wrapping_add(1), "{numbers:?}");
            assert_eq!(pair[1].1, pair[0].1.wrapping_add(160), "{numbers:?}");
            assert_eq!(pair[1].2, pair[0].2);
        }
    }

    #[test]
    fn loss_of_a_source_stays_visible() {
        let mut stream = OutgoingStream::new();
        let now = Instant::now();
        let first = stream.passed_through(now, 0, &[0; 160], 10, 1_600);
        let after_loss = stream.passed_through(now, 0, &[0; 160], 13, 2_080);
        let (first, after) = (
            RtpPacket::parse(&first).map(|p| (p.sequence, p.timestamp)),
            RtpPacket::parse(&after_loss).map(|p| (p.sequence, p.timestamp)),
        );
        let ((s1, t1), (s2, t2)) = (first.unwrap_or_default(), after.unwrap_or_default());
        assert_eq!((s2.wrapping_sub(s1), t2.wrapping_sub(t1)), (3, 480));
    }

    #[tokio::test]
    async fn ports_are_even_and_run_out_with_a_reason() {
        let taken = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
        let port = taken.local_addr().expect("its address").port();
        let even = port & !1;
        let ports = RtpPorts::new(IpAddr::from([127, 0, 0, 1]), (even, even + 1));
        let first = ports.bind().await;
        if port == even {
            assert!(first.is_err(), "the only port is taken");
        } else if let Ok(socket) = first {
            assert_eq!(socket.local_addr().expect("its address").port() % 2, 0);
            assert!(ports.bind().await.is_err(), "there was one port only");
        }
    }
}
