// A desk for the tests of the softphone's reducer: a page without a browser. Events go in, the
// state and what was asked of the shells can be looked at.
import { load } from "./load.mjs";

const { reduce } = await load("src/softphone/reduce.ts");
export const { initial, screen, busy, elsewhere, activeCall } = await load("src/softphone/state.ts");

export const NOW = 1_795_510_809_000;
export const CALL = "01JDEXAMPLE00000000000000A";
export const ANN = { id: "003000000000001AAA", object: "Contact", name: "Ann Smith" };

/** A call as the server shows it. */
export const call = (phase, more = {}) => ({
  id: CALL,
  direction: "inbound",
  phase,
  far_number: "+15551234567",
  far_display: "(555) 123-4567",
  far_name: null,
  dialled: "+14155550100",
  far_rings: false,
  muted: false,
  media_lost: false,
  started_at_ms: NOW - 9000,
  answered_at_ms: phase === "ringing" || phase === "dialling" ? null : NOW - 5000,
  ended_at_ms: phase === "wrap_up" ? NOW : null,
  talk_duration_ms: phase === "wrap_up" ? 5400 : 0,
  end_cause: phase === "wrap_up" ? "far_end_hung_up" : null,
  wrap_up_ends_at_ms: phase === "wrap_up" ? NOW + 60_000 : null,
  pop: null,
  record: null,
  outcome: null,
  notes: "",
  logging: false,
  ...more,
});

export const POP = { event_id: `${CALL}:005`, number: "+15551234567" };

/** The call's row as a reply to wrap-up carries it. */
export const record = (more = {}) => ({
  call: CALL,
  version: 9,
  direction: "inbound",
  trunk: "demo",
  far_number: "+15551234567",
  far_name: null,
  dialled: "+14155550100",
  agent: "005",
  state: "wrap_up",
  started_at_ms: NOW - 9000,
  answered_at_ms: NOW - 5000,
  ended_at_ms: NOW,
  ring_duration_ms: 4000,
  talk_duration_ms: 5400,
  end_cause: "far_end_hung_up",
  record: ANN,
  outcome: "Connected",
  notes: "Wants a quote.",
  task: null,
  ...more,
});

/** A page at work. */
export class Desk {
  state = initial("page", NOW);
  effects = [];
  #sequence = 0;

  /** Something happens; gives what was asked of the shells because of it. */
  on(event, rest = {}) {
    const step = reduce(this.state, typeof event === "string" ? { event, ...rest } : event);
    this.state = step.state;
    this.effects.push(...step.effects);
    return step.effects;
  }

  /** The server says something. */
  hears(message) {
    return this.on("message", { message, now_ms: NOW });
  }

  /** A view, newer than the last unless a sequence is given. */
  view(shown, more = {}) {
    this.#sequence = more.sequence ?? this.#sequence + 1;
    return this.hears({
      type: "view",
      agent: "005000000000001AAA",
      agent_name: "Rosa Delgado",
      presence: "ready",
      this_device: "here",
      media_device: "here",
      device_count: 1,
      now_ms: NOW,
      call: shown,
      ...more,
      sequence: this.#sequence,
    });
  }

  press(press) {
    return this.on("press", { press });
  }

  /** The reply to the last command of this name. */
  replies(command, reply = {}) {
    const sent = this.sent(command).at(-1);
    if (!sent) throw new Error(`no ${command} was sent`);
    return this.hears({ type: "reply", id: sent.id, accepted: true, ...reply });
  }

  /** Commands of this name that were sent. */
  sent(command) {
    return this.asked("send")
      .map(({ message }) => message)
      .filter((message) => message.command === command);
  }

  /** Everything that was asked of the shells under this name. */
  asked(effect) {
    return this.effects.filter((e) => e.effect === effect);
  }

  get screen() {
    return screen(this.state);
  }
}

/** A page inside a CRM, connected, with this call or none. */
export function desk(shown = null, more = {}) {
  const page = new Desk();
  page.on("host", { host: "inside", note: "" });
  online(page);
  page.view(shown, more);
  return page;
}

/** The socket opens. */
export function online(page) {
  page.on("link", { link: "online", note: "", retry_at_ms: null });
}

/** The socket is lost. */
export function offline(page) {
  page.on("link", { link: "offline", note: "lost", retry_at_ms: NOW + 200 });
}
