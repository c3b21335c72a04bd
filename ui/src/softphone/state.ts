// What the softphone page knows, what can happen to it, and what it wants done. The page is a
// view of its agent at the server: a call lives there, not here, so most of this state is the
// last view received; the rest is what only a page has (its microphone, its host, what is typed).
//
// The machine. Boxes on the right half belong to the server's view, the left half to this page:
//
//              ticket, socket                      caller rings here
//   connecting ──────────────▶ ready ◀────▶ away    ready ───────────▶ ringing ─┐ answer
//       ▲ │                      │  set presence      ▲                  │      ▼
//       │ │ no server            │ dial               │ decline, gave up │   talking ◀──▶ held
//       │ ▼                      ▼                    │ ◀────────────────┘      │   hold, resume
//   offline (tries again)     dialling ─ answered ─▶ talking                    │ hang up, either
//       │                        │ no answer, busy                              ▼ end
//       ▼ ticket refused         └───────────────────────────────────────▶ wrap-up
//   signed-out (reload)                              ready ◀─ logged, or time ─┘
//
// Across all of them lie flags, each shown as a notice with the one thing to do about it: the
// microphone (not asked, denied, none found), the server lost, another tab has the microphone,
// sound blocked, not inside a CRM.

import type {
  AgentView,
  CallView,
  Command,
  CommandName,
  FromPage,
  Presence,
  RecentCall,
  RecordRef,
  SoftphoneConfig,
  ToPage,
} from "./wire.ts";

/** The connection to the phone server. */
export type Link = "connecting" | "online" | "offline" | "signed_out";

/** The CRM around the page. */
export type Host = "looking" | "inside" | "none" | "failed";

/** The microphone as the browser lets us have it. */
export type Microphone = "unknown" | "prompt" | "granted" | "denied" | "missing" | "failed";

/** The audio path between this page and the server. */
export type Media = "off" | "connecting" | "on" | "lost" | "refused";

/** What the page plays by itself. */
export type Tone = "ringtone" | "ringback" | null;

/** One big picture of the machine above. */
export type Screen =
  | "connecting"
  | "offline"
  | "signed_out"
  | "ready"
  | "away"
  | "ringing"
  | "dialling"
  | "talking"
  | "held"
  | "wrap_up";

/** A command that waits for its reply. */
export interface Pending {
  id: string;
  command: Command;
  asked_at_ms: number;
  /** Of a draft: which version of the text it carries. */
  version?: number;
}

/** Outcome and notes as typed here. */
export interface Draft {
  call: string;
  outcome: string | null;
  notes: string;
  /** Counts changes; the server has all of them when `saved` has caught up. */
  version: number;
  saved: number;
}

/** Where the log of a call stands. */
export interface Log {
  call: string;
  stage: "claiming" | "saving" | "silent" | "failed" | "saved" | "server";
  message: string;
  /** Refused fields, each with the words for it. */
  fields: readonly { field: string; message: string }[];
}

/** Records that match the caller, when there are several. */
export interface Matches {
  call: string;
  records: readonly RecordRef[];
}

/** A screen pop that this page has seen: each is claimed once. */
export interface PopClaim {
  stage: "waiting" | "claiming" | "done";
  call: string;
  number: string;
}

/** A device that the browser lists. */
export interface AudioDevice {
  id: string;
  label: string;
}

/** Microphones and speakers, and which are chosen; the empty id is the system's default. */
export interface AudioDevices {
  inputs: readonly AudioDevice[];
  outputs: readonly AudioDevice[];
  input: string;
  output: string;
}

/** A message that goes by itself. */
export interface Toast {
  id: number;
  text: string;
  tone: "error" | "success" | "info";
}

/** Everything the page knows. */
export interface State {
  /** Makes command ids unique for the page. */
  page: string;
  next_id: number;
  link: Link;
  link_note: string;
  retry_at_ms: number | null;
  config: SoftphoneConfig | null;
  view: AgentView | null;
  /** The sequence of the last view of this connection. */
  last_sequence: number;
  /** This page's clock at its last tick, and how far the server's is ahead. */
  clock_ms: number;
  server_ahead_ms: number;
  host: Host;
  host_note: string;
  call_center: string;
  layout: CallLayout | null;
  visible: boolean;
  microphone: Microphone;
  media: Media;
  media_note: string;
  /** The device id that audio was opened for; another one needs a new offer. */
  media_for: string | null;
  /** Has a view said whose microphone it is? Until then one may be open in advance. */
  media_settled: boolean;
  media_tries: number;
  /** Up for this page, lost for the server: given some time, then opened anew. */
  media_doubted: boolean;
  /** Is the microphone's track silenced in this page, too? */
  muted_here: boolean;
  devices: AudioDevices;
  sound_blocked: boolean;
  tone: Tone;
  tone_blocked: boolean;
  pending: readonly Pending[];
  /** The ringing call that a button here declined, or came too late to answer. */
  settled_call: string | null;
  /** Pops by event id, and how far this page is with each. */
  pops: Readonly<Record<string, PopClaim>>;
  searching: boolean;
  matches: Matches | null;
  /** The host found nothing: where it looked, for the person. */
  unmatched: string;
  draft: Draft | null;
  log: Log | null;
  tab: "keypad" | "recent";
  sheet: "keypad" | "audio" | null;
  number: string;
  last_number: string;
  digits: string;
  recent: readonly RecentCall[] | null;
  recent_note: string;
  toasts: readonly Toast[];
  /** What the host's utility bar was last told. */
  item: string;
  /** The call that the host's panel was opened for. */
  panel_for: string | null;
  /** Was an active call noted for the next start of the page? */
  call_noted: boolean;
}

/** What the host's softphone layout says of inbound calls. */
export interface CallLayout {
  /** API names of the objects that are searched, in order. */
  objects: readonly string[];
  /** Is the dialled number shown? */
  dialled: boolean;
}

/** A record as the host's search gives it, or none, or why not. */
export type SearchResult = { records: readonly RecordRef[] } | { problem: string };

/** What a host says of a log. */
export type SaveResult =
  | { saved: true }
  | { saved: false; message: string; fields: readonly { field: string; message: string }[] };

/** What can happen. */
export type Event =
  | { event: "tick"; now_ms: number }
  | { event: "visibility"; visible: boolean }
  // the server
  | { event: "configured"; config: SoftphoneConfig }
  | { event: "link"; link: Link; note: string; retry_at_ms: number | null }
  | { event: "message"; message: ToPage; now_ms: number }
  | { event: "recent"; calls: readonly RecentCall[] | null; note: string }
  // the host
  | { event: "host"; host: Host; note: string }
  | { event: "call_center"; name: string; layout: CallLayout | null }
  | { event: "host_dial"; number: string; record: RecordRef | null }
  | { event: "searched"; call: string; result: SearchResult }
  | { event: "log_answer"; call: string; result: SaveResult }
  | { event: "screen_pop_failed"; message: string }
  // audio
  | { event: "microphone"; microphone: Microphone }
  | { event: "devices"; devices: AudioDevices }
  | { event: "offer"; device: string; sdp: string }
  | { event: "media"; device: string; media: Media; note: string }
  | { event: "sound_blocked"; blocked: boolean }
  | { event: "tone_blocked"; blocked: boolean }
  // a timer that an effect started
  | { event: "timer"; timer: TimerName }
  // the person
  | { event: "press"; press: Press }
  | { event: "presence"; presence: Presence }
  | { event: "number"; number: string }
  | { event: "dial"; number: string; record: RecordRef | null }
  | { event: "digit"; digit: string }
  | { event: "outcome"; outcome: string | null }
  | { event: "notes"; notes: string }
  | { event: "choose_match"; record: RecordRef }
  | { event: "open_record"; record: RecordRef }
  | { event: "tab"; tab: State["tab"] }
  | { event: "sheet"; sheet: State["sheet"] }
  | { event: "device"; kind: "input" | "output"; id: string }
  | { event: "dismiss"; toast: number };

/** Buttons that need no more than being pressed. */
export type Press =
  | "answer"
  | "decline"
  | "hang_up"
  | "hold"
  | "resume"
  | "mute"
  | "unmute"
  | "redial"
  | "save_log"
  | "find_record"
  | "take_media"
  | "ask_microphone"
  | "retry_media"
  | "play_sound"
  | "test_sound"
  | "reload"
  | "reconnect";

/** Timers by name: starting one again moves it. */
export type TimerName =
  | "claim"
  | "draft"
  | "log_silent"
  | "media_retry"
  | "media_doubt"
  | `toast ${number}`;

/** What is to be done; the shells do it and know nothing else. */
export type Effect =
  | { effect: "send"; message: FromPage }
  | { effect: "reconnect" }
  | { effect: "reload" }
  | { effect: "ticket"; ticket: string }
  | { effect: "fetch_recent" }
  | { effect: "timer"; timer: TimerName; after_ms: number }
  | { effect: "stop_timer"; timer: TimerName }
  | { effect: "open_media"; device: string }
  | { effect: "close_media" }
  | { effect: "media_answer"; sdp: string }
  | { effect: "mute"; muted: boolean }
  | { effect: "ask_microphone" }
  | { effect: "choose_device"; kind: "input" | "output"; id: string }
  | { effect: "meter"; running: boolean }
  | { effect: "play_sound" }
  | { effect: "test_sound" }
  | { effect: "tone"; tone: Tone }
  | { effect: "key_sound"; digit: string }
  | { effect: "note_call"; active: boolean }
  | { effect: "search"; call: string; number: string }
  | { effect: "show_record"; record: RecordRef }
  | { effect: "save_log"; call: string; fields: Record<string, string | number> }
  | { effect: "show_panel" }
  | { effect: "item"; label: string; icon: string };

/** State and effects after an event. */
export interface Step {
  state: State;
  effects: readonly Effect[];
}

/** The page before anything happened. */
export function initial(page: string, now_ms: number): State {
  return {
    page,
    next_id: 1,
    link: "connecting",
    link_note: "",
    retry_at_ms: null,
    config: null,
    view: null,
    last_sequence: -1,
    clock_ms: now_ms,
    server_ahead_ms: 0,
    host: "looking",
    host_note: "",
    call_center: "",
    layout: null,
    visible: true,
    microphone: "unknown",
    media: "off",
    media_note: "",
    media_for: null,
    media_settled: false,
    media_tries: 0,
    media_doubted: false,
    muted_here: false,
    devices: { inputs: [], outputs: [], input: "", output: "" },
    sound_blocked: false,
    tone: null,
    tone_blocked: false,
    pending: [],
    settled_call: null,
    pops: {},
    searching: false,
    matches: null,
    unmatched: "",
    draft: null,
    log: null,
    tab: "keypad",
    sheet: null,
    number: "",
    last_number: "",
    digits: "",
    recent: null,
    recent_note: "",
    toasts: [],
    item: "",
    panel_for: null,
    call_noted: false,
  };
}

/** Which picture of the machine is drawn. A call stays in sight while the server is lost. */
export function screen(state: State): Screen {
  if (state.link === "signed_out") return "signed_out";
  const call = state.view?.call;
  if (call) return call.phase;
  if (state.link !== "online") return state.link;
  return state.view ? state.view.presence : "connecting";
}

/** The call when it is one that is not over. */
export function activeCall(state: State): CallView | null {
  const call = state.view?.call ?? null;
  return call && call.phase !== "wrap_up" ? call : null;
}

/** Commands that do not keep the buttons waiting. */
const QUIET: readonly CommandName[] = ["draft", "digits", "claim_pop", "popped"];

/** Does a command of the person wait for its reply? Then the buttons wait too. */
export function busy(state: State): boolean {
  return state.pending.some((p) => !QUIET.includes(p.command.command));
}

/** Does a command of this name wait for its reply? */
export function waits(state: State, name: CommandName): boolean {
  return state.pending.some((p) => p.command.command === name);
}

/** Does another page of this agent hold the microphone of the call? */
export function elsewhere(state: State): boolean {
  const { view } = state;
  if (!view || !activeCall(state)) return false;
  return view.media_device !== null && view.media_device !== view.this_device;
}

/** The server's wall clock now, as far as this page can tell. */
export function serverNow(state: State): number {
  return state.clock_ms + state.server_ahead_ms;
}
