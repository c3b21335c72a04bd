// The one place where the page's state is kept and changed. Views read `state`, everything that
// happens goes through `dispatch`, and the shells given to `carryOut` do what is to be done.

import { signal } from "@preact/signals";
import { LevelMeter } from "./meter.ts";
import { reduce } from "./reduce.ts";
import { initial, type Effect, type Event, type State } from "./state.ts";

/** What the page knows. */
export const state = signal<State>(initial(pageName(), Date.now()));

/** How loud the microphone is; too quick for the state. */
export const meter = new LevelMeter();

let shells: (effect: Effect) => void = () => undefined;

/** Something happened. */
export function dispatch(event: Event): void {
  const step = reduce(state.peek(), event);
  state.value = step.state;
  step.effects.forEach(shells);
}

/** Names the function that does what is to be done. */
export function carryOut(run: (effect: Effect) => void): void {
  shells = run;
}

/** A name for this load of the page: command ids must not repeat after a reload. */
function pageName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(9));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
}
