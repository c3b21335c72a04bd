//! WAV files: what a test call says and what it heard, one channel at 8 kHz inside.

use std::path::Path;

use super::g711::SAMPLE_RATE_HZ;

/// Longer files are cut: ten minutes.
const SAMPLES_MAX: usize = 8_000 * 600;

/// Why a WAV file could not be used.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {why}")]
pub(crate) struct WavError {
    path: String,
    why: String,
}

/// The first channel of a WAV file of 8, 16, 24 or 32 bits, at 8 kHz.
pub(crate) fn read(path: &Path) -> Result<Vec<i16>, WavError> {
    let problem = |why: String| WavError {
        path: path.display().to_string(),
        why,
    };
    let mut reader = hound::WavReader::open(path).map_err(|e| problem(e.to_string()))?;
    let spec = reader.spec();
    if spec.channels == 0 || spec.sample_rate == 0 {
        return Err(problem("it has no channel or no sample rate".into()));
    }
    let step = usize::from(spec.channels);
    let limit = SAMPLES_MAX.saturating_mul(spec.sample_rate.div_ceil(SAMPLE_RATE_HZ) as usize);
    let samples: Result<Vec<i16>, hound::Error> = match spec.sample_format {
        hound::SampleFormat::Float => reader
            .samples::<f32>()
            .step_by(step)
            .take(limit)
            .map(|sample| sample.map(|value| (value.clamp(-1.0, 1.0) * 32_767.0) as i16))
            .collect(),
        hound::SampleFormat::Int => {
            let bits = spec.bits_per_sample;
            reader
                .samples::<i32>()
                .step_by(step)
                .take(limit)
                .map(|sample| sample.map(|value| to_16_bits(value, bits)))
                .collect()
        }
    };
    let samples = samples.map_err(|e| problem(e.to_string()))?;
    Ok(to_8_khz(&samples, spec.sample_rate))
}

/// Writes samples at 8 kHz.
pub(crate) fn write(path: &Path, samples: &[i16]) -> Result<(), WavError> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: SAMPLE_RATE_HZ,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let written = hound::WavWriter::create(path, spec).and_then(|mut writer| {
        for sample in samples {
            writer.write_sample(*sample)?;
        }
        writer.finalize()
    });
    written.map_err(|e| WavError {
        path: path.display().to_string(),
        why: e.to_string(),
    })
}

fn to_16_bits(value: i32, bits: u16) -> i16 {
    let scaled = match bits {
        0..=16 => value << (16 - bits),
        _ => value >> (bits - 16).min(16),
    };
    i16::try_from(scaled.clamp(i32::from(i16::MIN), i32::from(i16::MAX))).unwrap_or(0)
}

fn to_8_khz(samples: &[i16], rate_hz: u32) -> Vec<i16> {
    if rate_hz == SAMPLE_RATE_HZ {
        return samples.to_vec();
    }
    audio_codec::resample(samples, rate_hz, SAMPLE_RATE_HZ)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::tone::{Sound, amplitude_at};

    #[test]
    fn what_was_written_is_read_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("tone.wav");
        let samples = Sound::tone(600.0, 0.4).next_samples(8_000);
        write(&path, &samples).expect("written");
        assert_eq!(read(&path).expect("read"), samples);
    }

    #[test]
    fn a_studio_file_becomes_telephone_audio() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("studio.wav");
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: 48_000,
            bits_per_sample: 24,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(&path, spec).expect("a file");
        for n in 0..48_000_u32 {
            let turn = std::f64::consts::TAU * 700.0 * f64::from(n) / 48_000.0;
            writer
                .write_sample((turn.sin() * 4_000_000.0) as i32)
                .expect("left");
            writer.write_sample(0_i32).expect("right");
        }
        writer.finalize().expect("finished");
        let samples = read(&path).expect("read");
        assert!(samples.len().abs_diff(8_000) < 100, "{}", samples.len());
        assert!(amplitude_at(&samples[500..7_500], 700.0) > 0.4);
    }

    #[test]
    fn a_file_that_is_no_wav_is_named_with_the_reason() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("notes.txt");
        std::fs::write(&path, "not audio").expect("written");
        let message = read(&path).expect_err("refused").to_string();
        assert!(message.contains("notes.txt"), "{message}");
    }
}
