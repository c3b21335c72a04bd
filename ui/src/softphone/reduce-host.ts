// The reducer's part for the CRM around the page: what was clicked there, found there, saved there.

import type { Host, SaveResult, SearchResult } from "./state.ts";
import { waits } from "./state.ts";
import { ask, askOrSay, considerPop, run, set, toast, type Turn } from "./turn.ts";
import type { RecordRef } from "./wire.ts";

/** The host was found, or is not there. */
export function onHost(turn: Turn, host: Host, note: string): void {
  set(turn, { host, host_note: note });
  considerPop(turn);
}

/** A number was clicked in the CRM. One click may arrive several times. */
export function onHostDial(turn: Turn, number: string, record: RecordRef | null): void {
  if (waits(turn.state, "dial")) return;
  run(turn, { effect: "show_panel" });
  if (turn.state.view?.call) {
    const over = turn.state.view.call.phase === "wrap_up";
    const first = over ? "Save the log of the last call first" : "Finish this call first";
    return toast(turn, "error", `${first}, then click ${number} again.`);
  }
  if (askOrSay(turn, { command: "dial", number, record })) set(turn, { number });
}

/** The host has searched, and popped what it found. */
export function onSearched(turn: Turn, call: string, result: SearchResult): void {
  if (turn.state.view?.call?.id !== call) return;
  set(turn, { searching: false });
  if ("problem" in result) {
    toast(turn, "error", `The caller could not be looked up: ${result.problem}`);
    return;
  }
  const { records } = result;
  const [only] = records;
  ask(turn, { command: "popped", call, record: records.length === 1 && only ? only : null });
  set(turn, {
    matches: records.length > 1 ? { call, records } : null,
    unmatched: records.length === 0 ? noMatch(turn.state.layout?.objects ?? []) : "",
  });
}

/** In words of the layout: where it was looked. */
function noMatch(objects: readonly string[]): string {
  const names = objects.map((name) => name.replace(/__c$/u, "").replaceAll("_", " "));
  if (names.length === 0) return "No record has this number.";
  const last = names.pop();
  return `No ${names.length > 0 ? `${names.join(", ")} or ${last}` : last} has this number.`;
}

/** The host has answered a `saveLog`. A late answer counts as much as a quick one. */
export function onLogAnswer(turn: Turn, call: string, result: SaveResult): void {
  const log = turn.state.log;
  if (log?.call !== call || log.stage === "saved") return;
  run(turn, { effect: "stop_timer", timer: "log_silent" });
  if (result.saved) return set(turn, { log: { ...log, stage: "saved", message: "", fields: [] } });
  const { message, fields } = result;
  set(turn, { log: { ...log, stage: "failed", message, fields } });
}

/** The host has not answered a `saveLog` in time. */
export function onLogSilent(turn: Turn): void {
  const log = turn.state.log;
  if (log?.stage === "saving") set(turn, { log: { ...log, stage: "silent" } });
}
