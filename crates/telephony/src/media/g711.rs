//! G.711 (ITU-T): the two laws by which the telephone network writes a sample of voice in one
//! byte. North America and Japan use µ-law (PCMU), the rest of the world A-law (PCMA).

use std::sync::LazyLock;

use audio_codec::{Decoder, Encoder, pcma, pcmu};

/// Samples a second on every leg of ours.
pub(crate) const SAMPLE_RATE_HZ: u32 = 8_000;
/// Samples, and so bytes, in one packet of 20 ms.
pub(crate) const FRAME_SAMPLES: usize = 160;

/// Which law a payload is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Law {
    Mu,
    A,
}

impl Law {
    /// The static payload type of RFC 3551.
    pub(crate) fn static_payload_type(self) -> u8 {
        match self {
            Law::Mu => 0,
            Law::A => 8,
        }
    }

    /// The encoding's name in SDP.
    pub(crate) fn encoding_name(self) -> &'static str {
        match self {
            Law::Mu => "PCMU",
            Law::A => "PCMA",
        }
    }

    /// The byte that sounds like nothing.
    pub(crate) fn silence(self) -> u8 {
        match self {
            Law::Mu => 0xFF,
            Law::A => 0xD5,
        }
    }

    /// Linear samples to bytes of this law.
    pub(crate) fn encode(self, samples: &[i16]) -> Vec<u8> {
        match self {
            Law::Mu => pcmu::PcmuEncoder::new().encode(samples),
            Law::A => pcma::PcmaEncoder::new().encode(samples),
        }
    }

    /// Bytes of this law to linear samples.
    pub(crate) fn decode(self, bytes: &[u8]) -> Vec<i16> {
        match self {
            Law::Mu => pcmu::PcmuDecoder::new().decode(bytes),
            Law::A => pcma::PcmaDecoder::new().decode(bytes),
        }
    }

    /// Rewrites bytes of this law in place into bytes of the other.
    pub(crate) fn transcode(self, to: Law, bytes: &mut [u8]) {
        let table: &[u8; 256] = match (self, to) {
            (Law::Mu, Law::A) => &MU_TO_A,
            (Law::A, Law::Mu) => &A_TO_MU,
            (Law::Mu, Law::Mu) | (Law::A, Law::A) => return,
        };
        for byte in bytes {
            *byte = table[usize::from(*byte)];
        }
    }
}

static MU_TO_A: LazyLock<[u8; 256]> = LazyLock::new(|| law_table(Law::Mu, Law::A));
static A_TO_MU: LazyLock<[u8; 256]> = LazyLock::new(|| law_table(Law::A, Law::Mu));

fn law_table(from: Law, to: Law) -> [u8; 256] {
    let every_byte: Vec<u8> = (0..=255).collect();
    let encoded = to.encode(&from.decode(&every_byte));
    let mut table = [to.silence(); 256];
    for (slot, byte) in table.iter_mut().zip(encoded) {
        *slot = byte;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_decodes_to_nearly_nothing_in_both_laws() {
        for law in [Law::Mu, Law::A] {
            let heard = law.decode(&[law.silence()]);
            assert!(heard[0].abs() <= 8, "{law:?} silence sounds like {heard:?}");
        }
    }

    #[test]
    fn a_sample_survives_the_way_through_both_laws() {
        for sample in [-20_000_i16, -900, -40, 0, 40, 900, 20_000] {
            let mut bytes = Law::Mu.encode(&[sample]);
            Law::Mu.transcode(Law::A, &mut bytes);
            let heard = Law::A.decode(&bytes)[0];
            let error = (i32::from(heard) - i32::from(sample)).abs();
            assert!(
                error <= 8 + i32::from(sample).abs() / 12,
                "{sample} became {heard}"
            );
        }
    }
}
