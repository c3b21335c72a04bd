// How loud the microphone is, from 0 to 1, measured as often as the screen is drawn and only
// while somebody looks.

import { signal } from "@preact/signals";

/** Quieter than this is silence, in decibels below full scale. */
const FLOOR_DB = -60;

/** Measures one stream at a time. */
export class LevelMeter {
  /** 0 is silence, 1 is full scale. */
  readonly level = signal(0);
  #stream: MediaStream | null = null;
  #context: AudioContext | null = null;
  #analyser: AnalyserNode | null = null;
  #viewers = 0;
  #samples = new Float32Array(1024);

  /** Measures this stream from now on; null is silence. */
  watch(stream: MediaStream | null): void {
    this.#stream = stream;
    this.#stop();
    if (this.#viewers > 0) this.#run();
  }

  /** Somebody looks; gives the function with which they look away. */
  look(): () => void {
    this.#viewers += 1;
    if (this.#viewers === 1) this.#run();
    return () => {
      this.#viewers -= 1;
      if (this.#viewers === 0) this.#stop();
    };
  }

  #run(): void {
    if (!this.#stream || this.#analyser) return;
    this.#context ??= new AudioContext();
    void this.#context.resume().catch(() => undefined);
    this.#analyser = this.#context.createAnalyser();
    this.#analyser.fftSize = this.#samples.length;
    this.#context.createMediaStreamSource(this.#stream).connect(this.#analyser);
    this.#measure(this.#analyser);
  }

  #measure(analyser: AnalyserNode): void {
    if (this.#analyser !== analyser) return;
    analyser.getFloatTimeDomainData(this.#samples);
    let sum = 0;
    for (const sample of this.#samples) sum += sample * sample;
    const db = 10 * Math.log10(sum / this.#samples.length + 1e-12);
    const level = Math.min(1, Math.max(0, 1 - db / FLOOR_DB));
    // Falls slower than it rises, so that the eye can follow.
    this.level.value = Math.max(level, this.level.peek() * 0.85);
    requestAnimationFrame(() => this.#measure(analyser));
  }

  #stop(): void {
    this.#analyser?.disconnect();
    this.#analyser = null;
    this.level.value = 0;
  }
}
