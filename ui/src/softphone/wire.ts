// The words of the softphone's wire, as TypeScript: what a page may ask of its server, and what
// it is told. The Rust types in crates/calls (softphone.rs, call_record.rs) are the source; the
// examples they generate must satisfy these types, so a change on one side breaks the other.
//
// Times are UTC milliseconds, durations milliseconds. `null` means "there is none".

/** Who placed the call, seen from the org. */
export type Direction = "inbound" | "outbound";

/** Where the durable call row stands. */
export type CallState = "ringing" | "dialling" | "talking" | "wrap_up" | "closed";

/** Why a call ended. */
export type EndCause =
  | "far_end_hung_up"
  | "agent_hung_up"
  | "caller_gave_up"
  | "no_answer"
  | "declined"
  | "busy"
  | "failed"
  | "agent_lost"
  | "refused"
  | "interrupted";

/** Is the agent there for calls? */
export type Presence = "ready" | "away";

/** Where the agent's call stands. */
export type Phase = "ringing" | "dialling" | "talking" | "held" | "wrap_up";

/** A record of the CRM, named by its id. */
export interface RecordRef {
  id: string;
  /** API name of its object, `Contact`. */
  object: string;
  /** Its name for display; may be empty. */
  name: string;
}

/** The row of a call, as the log must state it. */
export interface CallRecord {
  call: string;
  version: number;
  direction: Direction;
  trunk: string;
  /** As received or dialled; may be empty or `anonymous`. */
  far_number: string;
  far_name: string | null;
  dialled: string;
  agent: string | null;
  state: CallState;
  started_at_ms: number;
  answered_at_ms: number | null;
  ended_at_ms: number | null;
  ring_duration_ms: number;
  talk_duration_ms: number;
  end_cause: EndCause | null;
  record: RecordRef | null;
  outcome: string | null;
  notes: string;
  task: string | null;
}

/** What a page may ask. */
export type Command =
  | { command: "answer"; call: string }
  | { command: "decline"; call: string }
  | { command: "hang_up"; call: string }
  | { command: "hold"; call: string }
  | { command: "resume"; call: string }
  | { command: "mute"; call: string; muted: boolean }
  /** 0-9, *, #; at most 32. */
  | { command: "digits"; call: string; digits: string }
  | { command: "dial"; number: string; record?: RecordRef | null }
  | { command: "set_presence"; presence: Presence }
  | { command: "claim_pop"; event_id: string }
  | { command: "popped"; call: string; record: RecordRef | null }
  /** Notes: at most 32,000 characters. */
  | { command: "draft"; call: string; outcome?: string | null; notes?: string }
  | { command: "wrap_up"; call: string; outcome?: string | null; notes?: string }
  | { command: "take_media" };

/** The name of a command. */
export type CommandName = Command["command"];

/** What a page sends. */
export type FromPage =
  | ({ type: "command"; id: string } & Command)
  | { type: "offer"; sdp: string }
  | { type: "ping" };

/** A screen pop that is due; a page claims it by its event id, then pops. */
export interface Pop {
  event_id: string;
  number: string;
}

/** The agent's call as the page shows it. */
export interface CallView {
  id: string;
  direction: Direction;
  phase: Phase;
  /** May be empty or `anonymous`. */
  far_number: string;
  /** For display, `(415) 555-1212`; `Unknown caller` without a number. */
  far_display: string;
  far_name: string | null;
  dialled: string;
  /** The far end of an outbound call rings. */
  far_rings: boolean;
  /** The microphone is silenced at the server. */
  muted: boolean;
  /** The far end has lost our audio because no page holds media. */
  media_lost: boolean;
  started_at_ms: number;
  answered_at_ms: number | null;
  ended_at_ms: number | null;
  talk_duration_ms: number;
  end_cause: EndCause | null;
  wrap_up_ends_at_ms: number | null;
  pop: Pop | null;
  record: RecordRef | null;
  outcome: string | null;
  notes: string;
  /** A wrap-up was accepted and its log is awaited. */
  logging: boolean;
}

/** Everything a softphone page shows. */
export interface AgentView {
  /** Counts up; an older view is never drawn over a newer one. */
  sequence: number;
  agent: string;
  agent_name: string;
  presence: Presence;
  /** The page that this view was sent to. */
  this_device: string;
  /** The page that holds the microphone. */
  media_device: string | null;
  device_count: number;
  /** The server's wall clock when the view was made. */
  now_ms: number;
  call: CallView | null;
}

/** The answer to a command. */
export interface Reply {
  id: string;
  accepted: boolean;
  /** Why not, for a person. */
  reason?: string;
  /** For `wrap_up`: the log key to write into the Task. */
  log_key?: string;
  /** For `wrap_up`: the call as the log must state it. */
  call?: CallRecord;
}

/** What a page is told. */
export type ToPage =
  | ({ type: "view" } & AgentView)
  | ({ type: "reply" } & Reply)
  | { type: "answer"; sdp: string }
  | { type: "media_refused"; reason: string }
  | { type: "pong" }
  | { type: "ticket"; ticket: string }
  | { type: "goodbye" };

/** `POST /softphone/ticket`: the one-time token of the page's address, swapped for a ticket. */
export interface TicketAnswer {
  ticket: string;
  config: SoftphoneConfig;
}

/** What the server tells a page once, with its ticket. */
export interface SoftphoneConfig {
  /** Outcomes to choose from in wrap-up, in order. */
  outcomes: string[];
  /** The org's region, `US`. */
  region: string;
}

/** One line of `GET /softphone/recent`, newest first. */
export interface RecentCall {
  call: string;
  direction: Direction;
  far_number: string;
  far_display: string;
  far_name: string | null;
  record: RecordRef | null;
  started_at_ms: number;
  answered_at_ms: number | null;
  talk_duration_ms: number;
  outcome: string | null;
  end_cause: EndCause | null;
}
