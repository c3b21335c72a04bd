// One turn of the reducer: the state being made and the effects gathered so far, and the few
// moves that every part of the reducer shares.

import type { Effect, PopClaim, State, Toast } from "./state.ts";
import type { Command } from "./wire.ts";

/** A turn under way. */
export interface Turn {
  state: State;
  effects: Effect[];
}

/** How long a command may wait for its reply. */
export const REPLY_MS_MAX = 8000;

/** How long a hidden tab leaves a pop to a visible one. */
export const CLAIM_DELAY_MS = 300;

/** How many toasts are kept in sight. */
const TOAST_COUNT_MAX = 3;

/** Changes some of the state. */
export function set(turn: Turn, change: Partial<State>): void {
  turn.state = { ...turn.state, ...change };
}

/** Asks the shells to do something. */
export function run(turn: Turn, effect: Effect): void {
  turn.effects.push(effect);
}

/** Tells the person something that goes by. */
export function toast(turn: Turn, tone: Toast["tone"], text: string): void {
  const { toasts, next_id } = turn.state;
  const kept = toasts.filter((t) => t.text !== text).slice(1 - TOAST_COUNT_MAX);
  set(turn, { next_id: next_id + 1, toasts: [...kept, { id: next_id, text, tone }] });
  run(turn, {
    effect: "timer",
    timer: `toast ${next_id}`,
    after_ms: tone === "error" ? 8000 : 4000,
  });
}

/** Sends a command, if there is a connection; the reply is awaited. */
export function ask(turn: Turn, command: Command, version?: number): boolean {
  const { link, page, next_id, pending, clock_ms } = turn.state;
  if (link !== "online") return false;
  const id = `${page}-${next_id}`;
  const asked = { id, command, asked_at_ms: clock_ms };
  const waiting = version === undefined ? asked : { ...asked, version };
  set(turn, { next_id: next_id + 1, pending: [...pending, waiting] });
  run(turn, { effect: "send", message: { type: "command", id, ...command } });
  return true;
}

/** Sends a command of the person, or says why it cannot be sent. */
export function askOrSay(turn: Turn, command: Command): boolean {
  if (ask(turn, command)) return true;
  toast(turn, "error", "The phone server cannot be reached. Try again when it is back.");
  return false;
}

/** Notes how far this page is with a pop. */
export function notePop(turn: Turn, event_id: string, claim: PopClaim): void {
  set(turn, { pops: { ...turn.state.pops, [event_id]: claim } });
}

/** Claims the call's pop if this page should: at once in a visible tab, later in a hidden one. */
export function considerPop(turn: Turn): void {
  const { view, host, link, pops, visible } = turn.state;
  const call = view?.call;
  if (!call?.pop || host !== "inside" || link !== "online") return;
  const { event_id, number } = call.pop;
  const stage = pops[event_id]?.stage;
  if (stage === "claiming" || stage === "done") return;
  if (visible) {
    if (ask(turn, { command: "claim_pop", event_id })) {
      notePop(turn, event_id, { stage: "claiming", call: call.id, number });
    }
  } else if (!stage) {
    notePop(turn, event_id, { stage: "waiting", call: call.id, number });
    run(turn, { effect: "timer", timer: "claim", after_ms: CLAIM_DELAY_MS });
  }
}

/** The hidden tab has waited: nobody else took the pop, so this page does. */
export function claimWaitingPop(turn: Turn): void {
  const { view, pops } = turn.state;
  const call = view?.call;
  if (!call?.pop) return;
  const claim = pops[call.pop.event_id];
  if (claim?.stage !== "waiting") return;
  if (ask(turn, { command: "claim_pop", event_id: call.pop.event_id })) {
    notePop(turn, call.pop.event_id, { ...claim, stage: "claiming" });
  }
}
