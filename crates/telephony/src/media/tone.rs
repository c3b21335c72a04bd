//! Sounds made here: what a held caller hears, what a caller hears while the agent's tab is gone,
//! key tones, and a voice-like murmur for calls without a person.

use std::f32::consts::TAU;

use super::dtmf::key_frequencies_hz;
use super::g711::SAMPLE_RATE_HZ;

/// A sound without end, given out sample by sample.
#[derive(Debug, Clone)]
pub(crate) struct Sound {
    kind: Kind,
    /// Samples given out so far.
    position: u64,
    noise: Noise,
    /// Phase of the voice's glottal pulse, in turns.
    phase: f32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Hold,
    AgentAway,
    Voice,
    Key(f32, f32),
    Tone { hz: f32, amplitude: f32 },
}

impl Sound {
    /// For a held caller: two soft notes, then a pause, every three seconds.
    pub(crate) fn hold() -> Self {
        Self::of(Kind::Hold)
    }

    /// For a caller whose agent's tab is gone: quiet noise with a short tone every four seconds.
    pub(crate) fn agent_away() -> Self {
        Self::of(Kind::AgentAway)
    }

    /// A murmur with pitch, vowels and syllables of a voice, saying nothing.
    pub(crate) fn voice() -> Self {
        Self::of(Kind::Voice)
    }

    /// The two tones of a key; `None` for a character that is no key.
    pub(crate) fn key(digit: char) -> Option<Self> {
        let (low, high) = key_frequencies_hz(digit)?;
        Some(Self::of(Kind::Key(low, high)))
    }

    /// A plain sine.
    pub(crate) fn tone(hz: f32, amplitude: f32) -> Self {
        Self::of(Kind::Tone { hz, amplitude })
    }

    fn of(kind: Kind) -> Self {
        Self {
            kind,
            position: 0,
            noise: Noise(0x2545_F491),
            phase: 0.0,
        }
    }

    /// The next samples, at 8 kHz.
    pub(crate) fn next_samples(&mut self, count: usize) -> Vec<i16> {
        (0..count).map(|_| to_sample(self.next_value())).collect()
    }

    fn next_value(&mut self) -> f32 {
        let position = self.position;
        self.position += 1;
        match self.kind {
            Kind::Hold => hold_value(position),
            Kind::AgentAway => away_value(position) + self.noise.value() * 0.004,
            Kind::Voice => self.voice_value(position),
            Kind::Key(low, high) => 0.25 * (sine(low, position) + sine(high, position)),
            Kind::Tone { hz, amplitude } => amplitude * sine(hz, position),
        }
    }

    /// Harmonics of a gliding pitch, weighted by two formants that move with each syllable, under
    /// an envelope of about four syllables a second, with a pause after every eleventh.
    fn voice_value(&mut self, position: u64) -> f32 {
        const SYLLABLE_SAMPLES: u64 = 1_840;
        const FORMANTS_HZ: [(f32, f32); 5] = [
            (730.0, 1_090.0),
            (270.0, 2_290.0),
            (570.0, 840.0),
            (440.0, 1_720.0),
            (300.0, 870.0),
        ];
        let syllable = position / SYLLABLE_SAMPLES;
        let within = (position % SYLLABLE_SAMPLES) as f32 / SYLLABLE_SAMPLES as f32;
        let vowel = usize::try_from(syllable * 7 % 5).unwrap_or(0);
        let (first_hz, second_hz) = FORMANTS_HZ[vowel];
        let melody = ((syllable * 5 % 7) as f32 - 3.0) * 6.0;
        let pitch_hz = 122.0 + melody + 10.0 * (0.5 - within);
        self.phase = (self.phase + pitch_hz / SAMPLE_RATE_HZ as f32).fract();
        if syllable % 11 == 10 {
            return self.noise.value() * 0.002;
        }
        let envelope = (within * std::f32::consts::PI).sin().powf(0.6);
        let breath = if within < 0.12 {
            self.noise.value() * 0.05
        } else {
            0.0
        };
        let mut value = 0.0;
        for harmonic in 1..=18_u8 {
            let number = f32::from(harmonic);
            let hz = pitch_hz * number;
            let weight = resonance(hz, first_hz, 90.0) + 0.5 * resonance(hz, second_hz, 140.0);
            value += weight * (self.phase * number * TAU).sin();
        }
        envelope * (value * 0.22 + breath)
    }
}

fn hold_value(position: u64) -> f32 {
    const ROUND_SAMPLES: u64 = 24_000;
    const NOTE_SAMPLES: u64 = 3_200;
    let within = position % ROUND_SAMPLES;
    let (hz, start) = if within < NOTE_SAMPLES {
        (440.0, 0)
    } else if within < 2 * NOTE_SAMPLES {
        (554.4, NOTE_SAMPLES)
    } else {
        return 0.0;
    };
    let place = (within - start) as f32 / NOTE_SAMPLES as f32;
    0.12 * (place * std::f32::consts::PI).sin() * sine(hz, position)
}

fn away_value(position: u64) -> f32 {
    const ROUND_SAMPLES: u64 = 32_000;
    const NOTE_SAMPLES: u64 = 1_600;
    let within = position % ROUND_SAMPLES;
    if within >= NOTE_SAMPLES {
        return 0.0;
    }
    let place = within as f32 / NOTE_SAMPLES as f32;
    0.15 * (place * std::f32::consts::PI).sin() * sine(950.0, position)
}

fn resonance(hz: f32, centre_hz: f32, width_hz: f32) -> f32 {
    let distance = (hz - centre_hz) / width_hz;
    1.0 / (1.0 + distance * distance)
}

fn sine(hz: f32, position: u64) -> f32 {
    // Taken modulo one second first: a call of hours keeps the precision of its first second.
    let second = u64::from(SAMPLE_RATE_HZ) * 10;
    let seconds = (position % second) as f32 / SAMPLE_RATE_HZ as f32;
    (TAU * hz * seconds).sin()
}

fn to_sample(value: f32) -> i16 {
    let scaled = value.clamp(-1.0, 1.0) * 32_000.0;
    scaled as i16
}

/// White noise, the same each time.
#[derive(Debug, Clone)]
struct Noise(u32);

impl Noise {
    fn value(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        (self.0 >> 8) as f32 / 8_388_608.0 - 1.0
    }
}

/// How much of a frequency there is in these samples: the amplitude of its sine (Goertzel), full
/// scale being 1.
pub fn amplitude_at(samples: &[i16], hz: f32) -> f32 {
    if samples.is_empty() {
        return 0.0;
    }
    let turn = TAU * hz / SAMPLE_RATE_HZ as f32;
    let coefficient = 2.0 * turn.cos();
    let (mut before, mut before_that) = (0.0_f32, 0.0_f32);
    for sample in samples {
        let value = f32::from(*sample) / 32_768.0 + coefficient * before - before_that;
        before_that = before;
        before = value;
    }
    let power = before * before + before_that * before_that - coefficient * before * before_that;
    2.0 * power.max(0.0).sqrt() / samples.len() as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loudness(samples: &[i16]) -> f32 {
        let sum: f32 = samples
            .iter()
            .map(|s| (f32::from(*s) / 32_768.0).powi(2))
            .sum();
        (sum / samples.len() as f32).sqrt()
    }

    #[test]
    fn a_tone_is_found_at_its_frequency_and_not_beside_it() {
        let samples = Sound::tone(1_004.0, 0.3).next_samples(8_000);
        assert!((amplitude_at(&samples, 1_004.0) - 0.3).abs() < 0.01);
        assert!(amplitude_at(&samples, 1_200.0) < 0.01);
    }

    #[test]
    fn the_held_caller_hears_soft_notes_and_pauses() {
        let mut sound = Sound::hold();
        let round = sound.next_samples(24_000);
        assert!(loudness(&round[..6_400]) > 0.02);
        assert!(loudness(&round[..6_400]) < 0.2);
        assert!(loudness(&round[7_000..]) < 0.001);
    }

    #[test]
    fn the_line_is_never_dead_while_the_agent_is_away() {
        let round = Sound::agent_away().next_samples(32_000);
        for second in round.chunks(8_000) {
            assert!(loudness(second) > 0.001);
        }
        assert!(amplitude_at(&round[400..1_200], 950.0) > 0.05);
    }

    #[test]
    fn the_voice_rises_and_falls_as_speech_does() {
        let samples = Sound::voice().next_samples(80_000);
        let levels: Vec<f32> = samples.chunks(800).map(loudness).collect();
        let loud = levels.iter().filter(|level| **level > 0.05).count();
        let quiet = levels.iter().filter(|level| **level < 0.01).count();
        assert!(loud > levels.len() / 2, "{levels:?}");
        assert!(quiet > 2, "{levels:?}");
    }

    #[test]
    fn a_key_has_its_two_tones() {
        let samples = Sound::key('5').expect("a key").next_samples(1_280);
        assert!(amplitude_at(&samples, 770.0) > 0.15);
        assert!(amplitude_at(&samples, 1_336.0) > 0.15);
        assert!(Sound::key('x').is_none());
    }
}
