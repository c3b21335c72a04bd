// Sounds that the page makes by itself: the ringtone, the ringback tone of an outbound call, and
// the short tones of the keypad. Browsers keep a page silent until somebody has clicked; the
// first click anywhere unlocks it, and until then the page says that it rings without a sound.

import type { Event, Tone } from "./state.ts";

/** A repeating pattern: pairs of frequencies with their seconds; no frequency is a pause. */
type Pattern = readonly { hz: readonly number[]; seconds: number; gain: number }[];

/** Two soft notes, twice, then a rest: heard across a room, bearable on a headset. */
const RINGTONE: Pattern = [
  { hz: [659.3, 1318.5], seconds: 0.18, gain: 0.22 },
  { hz: [880, 1760], seconds: 0.34, gain: 0.22 },
  { hz: [], seconds: 0.14, gain: 0 },
  { hz: [659.3, 1318.5], seconds: 0.18, gain: 0.22 },
  { hz: [880, 1760], seconds: 0.34, gain: 0.22 },
  { hz: [], seconds: 1.6, gain: 0 },
];

/** The North American ringback, quiet. */
const RINGBACK: Pattern = [
  { hz: [440, 480], seconds: 2, gain: 0.06 },
  { hz: [], seconds: 4, gain: 0 },
];

/** Row and column frequencies of the telephone keypad (ITU-T Q.23). */
const KEYS: Readonly<Record<string, readonly [number, number]>> = {
  "1": [697, 1209],
  "2": [697, 1336],
  "3": [697, 1477],
  "4": [770, 1209],
  "5": [770, 1336],
  "6": [770, 1477],
  "7": [852, 1209],
  "8": [852, 1336],
  "9": [852, 1477],
  "*": [941, 1209],
  "0": [941, 1336],
  "#": [941, 1477],
};

/** Plays the page's own sounds. */
export class Ringer {
  #context: AudioContext | null = null;
  #tone: Tone = null;
  #next: ReturnType<typeof setTimeout> | undefined;
  /** Counts starts, so that an older one that still waits does not ring as well. */
  #turn = 0;
  #output: GainNode | null = null;

  constructor(private readonly dispatch: (event: Event) => void) {
    const unlock = () => void this.#unlock();
    addEventListener("pointerdown", unlock, { capture: true });
    addEventListener("keydown", unlock, { capture: true });
  }

  /** Starts a tone, or silence. */
  play(tone: Tone): void {
    this.#tone = tone;
    this.#turn += 1;
    clearTimeout(this.#next);
    this.#output?.disconnect();
    this.#output = null;
    if (tone) void this.#begin(tone);
  }

  /** The short tone of a key. */
  key(digit: string): void {
    const pair = KEYS[digit];
    const context = this.#context;
    if (!pair || !context || !runs(context)) return;
    note(context, context.destination, pair, context.currentTime, 0.12, 0.05);
  }

  /** The ringtone once, so that the person hears where it comes from. */
  async once(): Promise<void> {
    const context = this.#ready();
    await context.resume().catch(() => undefined);
    if (!this.#tone) schedule(context, context.destination, RINGTONE);
  }

  async #begin(tone: "ringtone" | "ringback"): Promise<void> {
    const context = this.#ready();
    const turn = this.#turn;
    // Without a click this promise stays open for good: the state tells, not the promise.
    void context.resume().catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 150));
    if (this.#turn !== turn) return;
    this.dispatch({ event: "tone_blocked", blocked: !runs(context) });
    if (runs(context)) this.#repeat(context, tone);
  }

  #repeat(context: AudioContext, tone: "ringtone" | "ringback"): void {
    const pattern = tone === "ringtone" ? RINGTONE : RINGBACK;
    this.#output ??= gainTo(context);
    const seconds = schedule(context, this.#output, pattern);
    this.#next = setTimeout(() => this.#repeat(context, tone), seconds * 1000);
  }

  async #unlock(): Promise<void> {
    const context = this.#ready();
    if (runs(context)) return;
    await context.resume().catch(() => undefined);
    if (this.#tone && runs(context)) this.play(this.#tone);
  }

  #ready(): AudioContext {
    this.#context ??= new AudioContext();
    return this.#context;
  }
}

function runs(context: AudioContext): boolean {
  return context.state === "running";
}

/** Lays a pattern out from now on; gives its length in seconds. */
function schedule(context: AudioContext, output: AudioNode, pattern: Pattern): number {
  const start = context.currentTime + 0.02;
  let at = start;
  for (const { hz, seconds, gain } of pattern) {
    if (hz.length > 0) note(context, output, hz, at, seconds, gain);
    at += seconds;
  }
  return at - start;
}

function gainTo(context: AudioContext): GainNode {
  const node = context.createGain();
  node.connect(context.destination);
  return node;
}

/** One note of several sine waves with soft edges. */
function note(
  context: AudioContext,
  output: AudioNode,
  hz: readonly number[],
  at: number,
  seconds: number,
  gain: number,
): void {
  const envelope = context.createGain();
  envelope.connect(output);
  envelope.gain.setValueAtTime(0, at);
  envelope.gain.linearRampToValueAtTime(gain, at + 0.01);
  envelope.gain.setValueAtTime(gain, at + seconds - 0.03);
  envelope.gain.linearRampToValueAtTime(0, at + seconds);
  for (const frequency of hz) {
    const oscillator = context.createOscillator();
    oscillator.frequency.value = frequency;
    oscillator.connect(envelope);
    oscillator.start(at);
    oscillator.stop(at + seconds);
  }
}
