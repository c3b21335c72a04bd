// The reducer's part for what the server says: views, replies, media, and the connection itself.

import { logFields } from "./log.ts";
import type { Link, Pending, State } from "./state.ts";
import { ask, considerPop, notePop, run, set, toast, type Turn } from "./turn.ts";
import type { AgentView, CallRecord, Reply, ToPage } from "./wire.ts";
import { farParty } from "./words.ts";

/** How long a typed draft rests before it is sent. */
export const DRAFT_REST_MS = 500;

/** How long the host may take to answer a `saveLog` before the person is told. */
export const LOG_SILENT_MS = 8000;

/** The connection changed. */
export function onLink(turn: Turn, link: Link, note: string, retry_at_ms: number | null): void {
  const was = turn.state.link;
  set(turn, { link, link_note: note, retry_at_ms });
  if (link === "online") set(turn, { last_sequence: -1 });
  else if (was === "online") forgetUnanswered(turn);
}

/** Replies will not come any more: the next view tells what became of the commands. */
function forgetUnanswered(turn: Turn): void {
  const { pops, log } = turn.state;
  const claimed = Object.entries(pops).filter(([, claim]) => claim.stage === "done");
  set(turn, {
    pending: [],
    pops: Object.fromEntries(claimed),
    log: log?.stage === "claiming" ? null : log,
  });
}

/** A message of the server. */
export function onMessage(turn: Turn, message: ToPage, now_ms: number): void {
  switch (message.type) {
    case "view":
      return onView(turn, message, now_ms);
    case "reply":
      return onReply(turn, message);
    case "answer":
      return run(turn, { effect: "media_answer", sdp: message.sdp });
    case "media_refused":
      // An offer that crossed the end of its call is refused as well; nobody waits for it.
      if (turn.state.media_for === null) return;
      return set(turn, { media: "refused", media_note: message.reason });
    case "ticket":
      return run(turn, { effect: "ticket", ticket: message.ticket });
    case "goodbye":
      return set(turn, { link_note: "The phone server is restarting." });
    case "pong":
      return;
  }
}

function onView(turn: Turn, message: AgentView & { type?: "view" }, now_ms: number): void {
  const { type: _, ...view } = message;
  const before = turn.state.view;
  if (view.sequence <= turn.state.last_sequence) return;
  const first = turn.state.last_sequence < 0;
  set(turn, {
    view,
    last_sequence: view.sequence,
    server_ahead_ms: view.now_ms - now_ms,
    clock_ms: now_ms,
  });
  const changed = (before?.call?.id ?? null) !== (view.call?.id ?? null);
  if (changed) onOtherCall(turn, before);
  adoptDraft(turn, first);
  if (first || (changed && !view.call)) run(turn, { effect: "fetch_recent" });
  considerPop(turn);
}

/** The agent's call is another one than before, or there is none any more. */
function onOtherCall(turn: Turn, before: AgentView | null): void {
  const gone = before?.call;
  const { log } = turn.state;
  if (gone?.phase === "wrap_up") {
    const ours = log?.call === gone.id && log.stage !== "failed" && log.stage !== "claiming";
    if (ours) toast(turn, "success", "Call logged.");
    else toast(turn, "info", "The server wrote the log of the call.");
  }
  const { view, settled_call } = turn.state;
  const missed = gone?.phase === "ringing" && gone.id !== settled_call;
  if (missed && view?.presence === "ready") {
    toast(turn, "info", `${farParty(gone)} rings here no longer.`);
  }
  const call = view?.call;
  set(turn, {
    log: null,
    matches: null,
    unmatched: "",
    searching: false,
    digits: "",
    sheet: turn.state.sheet === "keypad" ? null : turn.state.sheet,
    pops: call ? turn.state.pops : {},
    media_tries: 0,
  });
}

/** Takes over the server's outcome and notes, unless newer ones were typed here. */
function adoptDraft(turn: Turn, first: boolean): void {
  const call = turn.state.view?.call ?? null;
  const draft = turn.state.draft;
  if (!call) return set(turn, { draft: null });
  const typed = draft?.call === call.id && draft.version > draft.saved;
  if (typed) {
    if (first) run(turn, { effect: "timer", timer: "draft", after_ms: DRAFT_REST_MS });
    return;
  }
  const { id, outcome, notes } = call;
  const version = draft?.version ?? 0;
  set(turn, { draft: { call: id, outcome, notes, version, saved: version } });
}

/** The typed draft has rested: it goes to the server. */
export function sendDraft(turn: Turn): void {
  const { draft, view } = turn.state;
  if (!draft || draft.version <= draft.saved || view?.call?.id !== draft.call) return;
  const { call, outcome, notes, version } = draft;
  ask(turn, { command: "draft", call, outcome, notes }, version);
}

function onReply(turn: Turn, reply: Reply): void {
  const pending = turn.state.pending.find((p) => p.id === reply.id);
  set(turn, { pending: turn.state.pending.filter((p) => p.id !== reply.id) });
  if (!pending) return onLateReply(turn, reply);
  if (reply.accepted) onAccepted(turn, pending, reply);
  else onRefused(turn, pending, reply.reason ?? "The phone server refused.");
}

/** A reply that was given up; a claimed log key in it is still worth having. */
function onLateReply(turn: Turn, { accepted, log_key, call }: Reply): void {
  const { log, view } = turn.state;
  if (!accepted || !log_key || !call || view?.call?.id !== call.call) return;
  if (!log) saveLog(turn, log_key, call);
}

function onAccepted(turn: Turn, { command, version }: Pending, reply: Reply): void {
  const { draft, pops } = turn.state;
  switch (command.command) {
    case "claim_pop": {
      const claim = pops[command.event_id];
      if (!claim) return;
      notePop(turn, command.event_id, { ...claim, stage: "done" });
      set(turn, { searching: true });
      return run(turn, { effect: "search", call: claim.call, number: claim.number });
    }
    case "draft":
      if (draft?.call !== command.call || version === undefined) return;
      return set(turn, { draft: { ...draft, saved: Math.max(draft.saved, version) } });
    case "decline":
      return set(turn, { settled_call: command.call });
    case "dial":
      return set(turn, { number: "", last_number: command.number });
    case "wrap_up":
      if (!reply.log_key || !reply.call) return;
      return saveLog(turn, reply.log_key, reply.call);
    default:
      return;
  }
}

function onRefused(turn: Turn, { command, version }: Pending, reason: string): void {
  const { draft, pops, log } = turn.state;
  switch (command.command) {
    case "claim_pop": {
      const claim = pops[command.event_id];
      if (claim) notePop(turn, command.event_id, { ...claim, stage: "done" });
      return;
    }
    case "draft":
      if (draft?.call !== command.call || version === undefined) return;
      return set(turn, { draft: { ...draft, saved: Math.max(draft.saved, version) } });
    case "answer":
      set(turn, { settled_call: command.call });
      return toast(turn, "error", reason);
    case "popped":
      return;
    case "wrap_up":
      if (log?.call === command.call && log.stage === "claiming") set(turn, { log: null });
      return toast(turn, "error", reason);
    default:
      return toast(turn, "error", reason);
  }
}

/** The log key is ours: the host is asked to save, or the server is left to it. */
function saveLog(turn: Turn, key: string, record: CallRecord): void {
  const inside = turn.state.host === "inside";
  const log: State["log"] = {
    call: record.call,
    stage: inside ? "saving" : "server",
    message: "",
    fields: [],
  };
  set(turn, { log });
  if (!inside) return;
  const about = turn.state.view?.call?.record ?? record.record;
  const fields = logFields(record, key, about);
  run(turn, { effect: "save_log", call: record.call, fields });
  run(turn, { effect: "timer", timer: "log_silent", after_ms: LOG_SILENT_MS });
}
