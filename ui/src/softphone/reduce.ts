// The softphone's reducer: an event and the state before it give the state after it and what is
// to be done. Pure: no clock, no browser, no network. After every event the state is reconciled
// with what should be true of the world: is audio open for the right device, does it ring, does
// the utility bar say the right thing.

import { onHost, onHostDial, onLogAnswer, onLogSilent, onSearched } from "./reduce-host.ts";
import { onChooseMatch, onDial, onDigit, onDraft, onPress, onSheet } from "./reduce-person.ts";
import { onLink, onMessage, sendDraft } from "./reduce-server.ts";
import type { Event, Media, State, Step, TimerName, Tone } from "./state.ts";
import { activeCall, busy, elsewhere, waits } from "./state.ts";
import { askOrSay, claimWaitingPop, considerPop, REPLY_MS_MAX, run, set, toast } from "./turn.ts";
import type { Turn } from "./turn.ts";
import { utilityItem } from "./words.ts";

/** How long the server may still say that audio is lost after this page has it. */
const DOUBT_MS_MAX = 2000;

/** One event. */
export function reduce(state: State, event: Event): Step {
  const turn: Turn = { state, effects: [] };
  onEvent(turn, event);
  reconcileMedia(turn);
  reconcileDoubt(turn);
  reconcileMute(turn);
  reconcileTone(turn);
  reconcileHost(turn);
  reconcileNote(turn);
  return turn;
}

function onEvent(turn: Turn, event: Event): void {
  switch (event.event) {
    case "tick":
      return onTick(turn, event.now_ms);
    case "visibility":
      set(turn, { visible: event.visible });
      return considerPop(turn);
    case "configured":
      return set(turn, { config: event.config });
    case "link":
      return onLink(turn, event.link, event.note, event.retry_at_ms);
    case "message":
      return onMessage(turn, event.message, event.now_ms);
    case "recent":
      return set(turn, { recent: event.calls ?? turn.state.recent, recent_note: event.note });
    case "host":
      return onHost(turn, event.host, event.note);
    case "call_center":
      return set(turn, { call_center: event.name, layout: event.layout });
    case "host_dial":
      return onHostDial(turn, event.number, event.record);
    case "searched":
      return onSearched(turn, event.call, event.result);
    case "log_answer":
      return onLogAnswer(turn, event.call, event.result);
    case "screen_pop_failed":
      return toast(turn, "error", `The record could not be opened: ${event.message}`);
    case "timer":
      return onTimer(turn, event.timer);
    case "press":
    case "presence":
    case "number":
    case "dial":
    case "digit":
    case "outcome":
    case "notes":
    case "choose_match":
    case "open_record":
    case "tab":
    case "sheet":
    case "device":
    case "dismiss":
      return onPerson(turn, event);
    case "microphone":
    case "devices":
    case "offer":
    case "media":
    case "sound_blocked":
    case "tone_blocked":
      return onAudio(turn, event);
  }
}

type Named<Name extends Event["event"]> = Extract<Event, { event: Name }>;

type PersonEvent = Named<
  | "press"
  | "presence"
  | "number"
  | "dial"
  | "digit"
  | "outcome"
  | "notes"
  | "choose_match"
  | "open_record"
  | "tab"
  | "sheet"
  | "device"
  | "dismiss"
>;

function onPerson(turn: Turn, event: PersonEvent): void {
  switch (event.event) {
    case "press":
      return onPress(turn, event.press);
    case "presence":
      if (waits(turn.state, "set_presence")) return;
      askOrSay(turn, { command: "set_presence", presence: event.presence });
      return;
    case "number":
      return set(turn, { number: event.number });
    case "dial":
      return onDial(turn, event.number, event.record);
    case "digit":
      return onDigit(turn, event.digit);
    case "outcome":
      return onDraft(turn, { outcome: event.outcome });
    case "notes":
      return onDraft(turn, { notes: event.notes });
    case "choose_match":
      return onChooseMatch(turn, event.record);
    case "open_record":
      return run(turn, { effect: "show_record", record: event.record });
    case "tab":
      set(turn, { tab: event.tab });
      if (event.tab === "recent") run(turn, { effect: "fetch_recent" });
      return;
    case "sheet":
      return onSheet(turn, event.sheet);
    case "device":
      return run(turn, { effect: "choose_device", kind: event.kind, id: event.id });
    case "dismiss":
      return set(turn, { toasts: turn.state.toasts.filter((t) => t.id !== event.toast) });
  }
}

type AudioEvent = Named<
  "microphone" | "devices" | "offer" | "media" | "sound_blocked" | "tone_blocked"
>;

function onAudio(turn: Turn, event: AudioEvent): void {
  switch (event.event) {
    case "microphone":
      return onMicrophone(turn, event.microphone);
    case "devices":
      return set(turn, { devices: event.devices });
    case "offer":
      if (turn.state.media_for !== event.device || turn.state.link !== "online") return;
      return run(turn, { effect: "send", message: { type: "offer", sdp: event.sdp } });
    case "media":
      return onMedia(turn, event.device, event.media, event.note);
    case "sound_blocked":
      return set(turn, { sound_blocked: event.blocked });
    case "tone_blocked":
      return set(turn, { tone_blocked: event.blocked });
  }
}

/** The microphone came back while a call waits for it: audio is tried again. */
function onMicrophone(turn: Turn, microphone: State["microphone"]): void {
  const back = microphone === "granted" && turn.state.microphone !== "granted";
  set(turn, { microphone });
  if (back && turn.state.media === "off") set(turn, { media_for: null });
}

/** Audio was lost: it is tried again, each time a little later. */
function onMedia(turn: Turn, device: string, media: Media, note: string): void {
  if (turn.state.media_for !== device) return;
  set(turn, { media, media_note: note });
  if (media === "on") set(turn, { media_tries: 0 });
  if (media !== "lost") return;
  const tries = turn.state.media_tries;
  set(turn, { media_tries: tries + 1 });
  const after_ms = Math.min(250 * 2 ** tries, 5000);
  run(turn, { effect: "timer", timer: "media_retry", after_ms });
}

function onTick(turn: Turn, now_ms: number): void {
  const { pending } = turn.state;
  set(turn, { clock_ms: now_ms });
  const kept = pending.filter((p) => now_ms - p.asked_at_ms < REPLY_MS_MAX);
  if (kept.length === pending.length) return;
  const log = turn.state.log;
  const loud = busy(turn.state);
  set(turn, { pending: kept, log: log?.stage === "claiming" ? null : log });
  if (loud && !busy(turn.state)) {
    toast(turn, "error", "The phone server did not answer. Try again.");
  }
}

function onTimer(turn: Turn, timer: TimerName): void {
  switch (timer) {
    case "claim":
      return claimWaitingPop(turn);
    case "draft":
      return sendDraft(turn);
    case "media_doubt":
      if (turn.state.media_doubted) set(turn, { media_for: null });
      return;
    case "log_silent":
      return onLogSilent(turn);
    case "media_retry":
      if (turn.state.media === "lost") set(turn, { media_for: null });
      return;
    default: {
      const toast = Number(timer.slice("toast ".length));
      return set(turn, { toasts: turn.state.toasts.filter((t) => t.id !== toast) });
    }
  }
}

/** Audio is open for exactly the device that the server has given the microphone. */
function reconcileMedia(turn: Turn): void {
  const { view, link, media_for } = turn.state;
  if (link !== "online" || !view) return;
  const ours = activeCall(turn.state) && view.media_device === view.this_device;
  const wanted = ours ? view.this_device : null;
  if (wanted === media_for && turn.state.media_settled) return;
  set(turn, {
    media_for: wanted,
    media: wanted ? "connecting" : "off",
    media_note: "",
    media_settled: true,
  });
  run(turn, wanted ? { effect: "open_media", device: wanted } : { effect: "close_media" });
}

/** A path that carries nothing can look alive from here: the server's word counts. */
function reconcileDoubt(turn: Turn): void {
  const lost = activeCall(turn.state)?.media_lost === true;
  const doubted = lost && turn.state.media === "on" && turn.state.link === "online";
  if (doubted === turn.state.media_doubted) return;
  set(turn, { media_doubted: doubted });
  const timer = "media_doubt";
  if (doubted) run(turn, { effect: "timer", timer, after_ms: DOUBT_MS_MAX });
  else run(turn, { effect: "stop_timer", timer });
}

/** Muted at the server is muted here as well; unmuting waits for the server's word. */
function reconcileMute(turn: Turn): void {
  const asked = turn.state.pending.some((p) => p.command.command === "mute" && p.command.muted);
  const muted = asked || activeCall(turn.state)?.muted === true;
  if (muted === turn.state.muted_here) return;
  set(turn, { muted_here: muted });
  run(turn, { effect: "mute", muted });
}

/** It rings in the page that has the microphone, until something was pressed. */
function wantedTone(state: State): Tone {
  const call = activeCall(state);
  if (!call || state.link !== "online" || elsewhere(state)) return null;
  if (call.phase === "ringing") {
    return waits(state, "answer") || waits(state, "decline") ? null : "ringtone";
  }
  return call.phase === "dialling" && call.far_rings ? "ringback" : null;
}

function reconcileTone(turn: Turn): void {
  const tone = wantedTone(turn.state);
  if (tone === turn.state.tone) return;
  set(turn, { tone, tone_blocked: tone ? turn.state.tone_blocked : false });
  run(turn, { effect: "tone", tone });
}

/** The utility bar says what goes on; its panel opens when it rings, and when this page finds a
 * call that went on without it. */
function reconcileHost(turn: Turn): void {
  if (turn.state.host !== "inside") return;
  const { label, icon } = utilityItem(turn.state);
  if (turn.state.item !== `${icon} ${label}`) {
    set(turn, { item: `${icon} ${label}` });
    run(turn, { effect: "item", label, icon });
  }
  const call = turn.state.view?.call;
  if (!call || turn.state.panel_for === call.id) return;
  set(turn, { panel_for: call.id });
  run(turn, { effect: "show_panel" });
}

/** Notes that a call is on, so that the next start of the page opens the microphone at once. */
function reconcileNote(turn: Turn): void {
  const { view, link, call_noted } = turn.state;
  if (link !== "online" || !view) return;
  const active = activeCall(turn.state) !== null;
  if (active === call_noted) return;
  set(turn, { call_noted: active });
  run(turn, { effect: "note_call", active });
}
