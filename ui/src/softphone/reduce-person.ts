// The reducer's part for the person: buttons, keys, what is typed.

import { DRAFT_REST_MS } from "./reduce-server.ts";
import type { Press, State } from "./state.ts";
import { activeCall, busy, waits } from "./state.ts";
import { ask, askOrSay, run, set, toast, type Turn } from "./turn.ts";
import type { Command, RecordRef } from "./wire.ts";

/** The longest number that is sent; longer ones are no numbers. */
const NUMBER_LENGTH_MAX = 64;

/** The most notes that the server keeps. */
export const NOTES_LENGTH_MAX = 32_000;

/** A button. */
export function onPress(turn: Turn, press: Press): void {
  const call = turn.state.view?.call ?? null;
  switch (press) {
    case "answer":
    case "decline":
    case "hang_up":
    case "hold":
    case "resume":
      return call ? command(turn, { command: press, call: call.id }) : undefined;
    case "mute":
    case "unmute":
      if (!call) return;
      return command(turn, { command: "mute", call: call.id, muted: press === "mute" });
    case "take_media":
      return command(turn, { command: "take_media" });
    case "redial":
      return onDial(turn, redialNumber(turn.state), null);
    case "save_log":
      return onSaveLog(turn);
    case "find_record":
      return onFindRecord(turn);
    case "ask_microphone":
      return run(turn, { effect: "ask_microphone" });
    case "retry_media":
      return set(turn, { media_for: null, media_tries: 0 });
    case "play_sound":
      return run(turn, { effect: "play_sound" });
    case "test_sound":
      return run(turn, { effect: "test_sound" });
    case "reload":
      return run(turn, { effect: "reload" });
    case "reconnect":
      return run(turn, { effect: "reconnect" });
  }
}

/** A second press while the first one waits is one press. */
function command(turn: Turn, asked: Command): void {
  if (!busy(turn.state)) askOrSay(turn, asked);
}

/** The number that Redial calls: the last one dialled here, else the last outbound call's. */
export function redialNumber(state: State): string {
  if (state.last_number) return state.last_number;
  return state.recent?.find((call) => call.direction === "outbound")?.far_number ?? "";
}

/** What was typed or pasted, without the wrapping that comes along. */
export function cleanNumber(typed: string): string {
  return typed.replace(/[\p{Cc}\p{Cf}]/gu, "").trim().replace(/^tel:/iu, "");
}

/** Places a call. */
export function onDial(turn: Turn, typed: string, record: RecordRef | null): void {
  const number = cleanNumber(typed);
  if (!/[\p{L}\p{N}]/u.test(number)) return toast(turn, "error", "Enter a number to call.");
  if (number.length > NUMBER_LENGTH_MAX) {
    return toast(turn, "error", "This is too long for a telephone number.");
  }
  if (turn.state.view?.call) return toast(turn, "error", "Finish this call first.");
  command(turn, { command: "dial", number, record });
}

/** A key of the keypad: a tone in a call, a digit of the number before one. */
export function onDigit(turn: Turn, digit: string): void {
  if (!/^[0-9*#+]$/u.test(digit)) return;
  const call = activeCall(turn.state);
  if (!call) {
    run(turn, { effect: "key_sound", digit });
    return set(turn, { number: turn.state.number + digit, tab: "keypad" });
  }
  if (call.phase !== "talking" || digit === "+") return;
  if (!askOrSay(turn, { command: "digits", call: call.id, digits: digit })) return;
  run(turn, { effect: "key_sound", digit });
  set(turn, { digits: (turn.state.digits + digit).slice(-32) });
}

/** Outcome or notes were changed. */
export function onDraft(turn: Turn, change: { outcome: string | null } | { notes: string }): void {
  const draft = turn.state.draft;
  if (!draft) return;
  const next = { ...draft, ...change, version: draft.version + 1 };
  set(turn, { draft: { ...next, notes: next.notes.slice(0, NOTES_LENGTH_MAX) } });
  run(turn, { effect: "timer", timer: "draft", after_ms: DRAFT_REST_MS });
}

/** Claims the log key, with outcome and notes as they are now; saving again claims it again. */
function onSaveLog(turn: Turn): void {
  const { view, draft, log } = turn.state;
  const call = view?.call;
  if (call?.phase !== "wrap_up" || draft?.call !== call.id) return;
  const { outcome, notes } = draft;
  const again = log?.stage === "failed" || log?.stage === "silent";
  if ((log && !again) || waits(turn.state, "wrap_up")) return;
  const asked = askOrSay(turn, { command: "wrap_up", call: call.id, outcome, notes });
  if (!asked) return;
  run(turn, { effect: "stop_timer", timer: "draft" });
  set(turn, { log: { call: call.id, stage: "claiming", message: "", fields: [] } });
}

/** Looks the far party up by hand. */
function onFindRecord(turn: Turn): void {
  const call = turn.state.view?.call;
  if (!call || turn.state.host !== "inside" || turn.state.searching || !call.far_number) return;
  set(turn, { searching: true, unmatched: "" });
  run(turn, { effect: "search", call: call.id, number: call.far_number });
}

/** One of several matches is the caller. */
export function onChooseMatch(turn: Turn, record: RecordRef): void {
  const matches = turn.state.matches;
  if (!matches || matches.call !== turn.state.view?.call?.id) return;
  ask(turn, { command: "popped", call: matches.call, record });
  run(turn, { effect: "show_record", record });
  set(turn, { matches: null });
}

/** A sheet opens over the screen, or closes. */
export function onSheet(turn: Turn, sheet: State["sheet"]): void {
  if (sheet === "audio" || turn.state.sheet === "audio") {
    run(turn, { effect: "meter", running: sheet === "audio" });
  }
  set(turn, { sheet });
}
