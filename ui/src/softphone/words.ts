// Words and figures for people: names, initials, durations, what a state is called.

import { activeCall, screen, type Screen, type State } from "./state.ts";
import type { CallView, EndCause, RecentCall } from "./wire.ts";

/** What the far party is called: the record's name, the trunk's, or the number. */
export function farParty(call: CallView | RecentCall): string {
  return call.record?.name || call.far_name || call.far_display || "Unknown caller";
}

/** The number, unless it is what the party is called already. */
export function farNumber(call: CallView | RecentCall): string {
  return farParty(call) === call.far_display ? "" : call.far_display;
}

/** One or two letters for the circle; empty for a bare number. */
export function initials(name: string): string {
  const words = name.split(/\s+/u).filter((word) => /^\p{L}/u.test(word));
  const picked = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return picked.map((word) => [...(word ?? "")][0]?.toLocaleUpperCase() ?? "").join("");
}

/** A steady hue in degrees for a name, so that a caller keeps the colour. */
export function hue(name: string): number {
  let sum = 7;
  for (const char of name) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 360;
  return sum;
}

/** `2:05`, `1:02:05`. Never negative. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number) => String(value).padStart(2, "0");
  const minutes = Math.floor(seconds / 60) % 60;
  const hours = Math.floor(seconds / 3600);
  const tail = two(seconds % 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${tail}` : `${minutes}:${tail}`;
}

/** A day or a time, whichever says more about a call: `14:05`, `Mon 14:05`, `3 Nov`. */
export function moment(at_ms: number, now_ms: number, locale?: string): string {
  const at = new Date(at_ms);
  const time = at.toLocaleTimeString(locale, { hour: "numeric", minute: "2-digit" });
  const day = new Date(now_ms).toDateString();
  if (at.toDateString() === day) return time;
  if (now_ms - at_ms < 6 * 24 * 3600 * 1000) {
    return `${at.toLocaleDateString(locale, { weekday: "short" })} ${time}`;
  }
  return at.toLocaleDateString(locale, { day: "numeric", month: "short" });
}

/** Why the call is over. */
export function ending(cause: EndCause | null): string {
  switch (cause) {
    case "far_end_hung_up":
      return "They hung up";
    case "agent_hung_up":
      return "You hung up";
    case "caller_gave_up":
      return "The caller gave up";
    case "no_answer":
      return "No answer";
    case "declined":
      return "Declined";
    case "busy":
      return "Busy";
    case "failed":
      return "The call could not be connected";
    case "agent_lost":
      return "This phone was away too long";
    case "refused":
      return "Refused: too many calls";
    case "interrupted":
      return "The phone server restarted";
    case null:
      return "Call ended";
  }
}

/** What a screen reader is told when the state changes. */
export function announcement(state: State): string {
  const call = state.view?.call;
  const name = call ? farParty(call) : "";
  switch (screen(state)) {
    case "connecting":
      return "Connecting to the phone server";
    case "offline":
      return "The phone server cannot be reached";
    case "signed_out":
      return "Signed out of the phone";
    case "ready":
      return "Ready for calls";
    case "away":
      return "Away. Calls do not ring here";
    case "ringing":
      return `Incoming call from ${name}`;
    case "dialling":
      return call?.far_rings ? `${name}: ringing` : `Calling ${name}`;
    case "talking":
      return `Talking to ${name}${call?.muted ? ". Microphone muted" : ""}`;
    case "held":
      return `${name} is on hold`;
    case "wrap_up":
      return `Call ended. ${ending(call?.end_cause ?? null)}. Choose an outcome`;
  }
}

/** The label and icon of the utility bar's item. */
export function utilityItem(state: State): { label: string; icon: string } {
  const call = state.view?.call;
  const name = call ? farParty(call) : "";
  switch (screen(state)) {
    case "connecting":
      return { label: "Phone", icon: "call" };
    case "offline":
    case "signed_out":
      return { label: "Phone (not connected)", icon: "offline" };
    case "ready":
      return { label: "Phone", icon: "call" };
    case "away":
      return { label: "Phone (away)", icon: "away" };
    case "ringing":
      return { label: `Incoming: ${name}`, icon: "incoming_call" };
    case "dialling":
      return { label: `Calling ${name}`, icon: "outbound_call" };
    case "talking":
      return { label: `On a call: ${name}`, icon: "call" };
    case "held":
      return { label: `On hold: ${name}`, icon: "pause" };
    case "wrap_up":
      return { label: "Wrap-up", icon: "log_a_call" };
  }
}

/** The page's title, for a softphone in its own tab. */
export function title(state: State): string {
  const call = activeCall(state);
  if (call?.phase === "ringing") return `${farParty(call)} is calling`;
  return call ? `${farParty(call)} · Softphone` : "Softphone";
}

/** A dot in the colour of the state, for the browser's tab. */
export function favicon(shown: Screen): string {
  const colours: Partial<Record<Screen, string>> = {
    ready: "23a05c",
    ringing: "d08700",
    dialling: "d08700",
    talking: "0b5f6b",
    held: "0b5f6b",
  };
  const dot = `<circle cx="8" cy="8" r="7" fill="#${colours[shown] ?? "6b7786"}"/>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">${dot}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

/** Emergency numbers of a region, and the two that most networks know. */
const EMERGENCY: Readonly<Record<string, readonly string[]>> = {
  GB: ["999"],
  IE: ["999"],
  AU: ["000"],
  NZ: ["111"],
  DE: ["110"],
  FR: ["15", "17", "18"],
  JP: ["110", "119"],
  CN: ["110", "119", "120"],
  IN: ["100", "101", "102", "108"],
  BR: ["190", "192", "193"],
};

/** Is this an emergency number, as typed? */
export function isEmergency(number: string, region: string): boolean {
  const digits = number.replace(/\D/gu, "");
  return digits === "112" || digits === "911" || (EMERGENCY[region] ?? []).includes(digits);
}
