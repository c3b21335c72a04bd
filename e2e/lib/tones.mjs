// Tones made and found by frequency: G.711 mu-law, a Goertzel filter, WAV files.
import { writeFile } from "node:fs/promises";

export const RATE = 8_000;

/** Two frequencies that are not close to each other, nor to harmonics of each other. */
export function twoTones() {
  const a = 500 + 20 * Math.floor(Math.random() * 20);
  const b = 1_150 + 20 * Math.floor(Math.random() * 20);
  return Math.random() < 0.5 ? [a, b] : [b, a];
}

/** Samples of a tone, -1..1. */
export function tone(frequency, milliseconds, rate = RATE) {
  const samples = new Float64Array(Math.round((rate * milliseconds) / 1_000));
  for (let n = 0; n < samples.length; n++) samples[n] = 0.5 * Math.sin((2 * Math.PI * frequency * n) / rate);
  return samples;
}

/** How much of the samples' energy is at the frequency, 0..1. */
export function share(samples, frequency, rate = RATE) {
  const k = (2 * Math.PI * frequency) / rate;
  let [s1, s2, energy] = [0, 0, 0];
  for (const x of samples) {
    const s0 = x + 2 * Math.cos(k) * s1 - s2;
    [s2, s1] = [s1, s0];
    energy += x * x;
  }
  if (energy === 0) return 0;
  const power = s1 * s1 + s2 * s2 - 2 * Math.cos(k) * s1 * s2;
  return (2 * power) / (samples.length * energy);
}

/** Of windows of 100 ms, the share in which the tone is at least half of the energy. */
export function presence(samples, frequency, rate = RATE) {
  const size = rate / 10;
  let [windows, hits] = [0, 0];
  for (let at = 0; at + size <= samples.length; at += size) {
    windows += 1;
    if (share(samples.subarray(at, at + size), frequency, rate) > 0.5) hits += 1;
  }
  return windows === 0 ? 0 : hits / windows;
}

const BIAS = 0x84;

/** One 16-bit sample as mu-law. */
export function encodeMuLaw(sample) {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.abs(sample), 32_635) + BIAS;
  let exponent = 7;
  for (let mask = 0x4000; (magnitude & mask) === 0 && exponent > 0; mask >>= 1) exponent -= 1;
  const mantissa = (magnitude >> (exponent + 3)) & 0x0f;
  return ~(sign | (exponent << 4) | mantissa) & 0xff;
}

/** One mu-law byte as a sample, -1..1. */
export function decodeMuLaw(byte) {
  const inverted = ~byte & 0xff;
  const exponent = (inverted >> 4) & 7;
  const magnitude = (((inverted & 0x0f) << 3) + BIAS) << exponent;
  const sample = magnitude - BIAS;
  return (inverted & 0x80 ? -sample : sample) / 32_768;
}

/** Writes a 48 kHz mono WAV file with a tone: what the fake microphone says. */
export async function writeToneWav(path, frequency, seconds) {
  const rate = 48_000;
  const samples = tone(frequency, seconds * 1_000, rate);
  const data = Buffer.alloc(44 + samples.length * 2);
  data.write("RIFF", 0);
  data.writeUInt32LE(data.length - 8, 4);
  data.write("WAVEfmt ", 8);
  data.writeUInt32LE(16, 16);
  data.writeUInt16LE(1, 20);
  data.writeUInt16LE(1, 22);
  data.writeUInt32LE(rate, 24);
  data.writeUInt32LE(rate * 2, 28);
  data.writeUInt16LE(2, 32);
  data.writeUInt16LE(16, 34);
  data.write("data", 36);
  data.writeUInt32LE(samples.length * 2, 40);
  samples.forEach((x, n) => data.writeInt16LE(Math.round(x * 32_000), 44 + n * 2));
  await writeFile(path, data);
}
