// The connection to the phone server: the one-time token of the page's address is swapped for a
// ticket, the ticket opens the socket, and a lost socket is opened again with a growing pause.
// The ticket is kept in memory only and renewed over the socket. Decides nothing about calls.

import type { Event } from "./state.ts";
import type { FromPage, RecentCall, TicketAnswer, ToPage } from "./wire.ts";

const PAUSE_MS_MIN = 200;
const PAUSE_MS_MAX = 5000;
/** A silent socket is asked for a sign of life this often. */
const PING_MS = 15_000;
/** … and given up when it stays silent this long after it. */
const PONG_MS_MAX = 10_000;
/** The server closes with this code when the ticket is not good. */
const TICKET_REFUSED = 4401;
/** One reload by itself in this time, so that a refused page does not loop. */
const RELOAD_MS_MIN = 60_000;
/** A host that gives a reloaded page a new token has done so by then. */
const HOST_RELOADS_MS_MAX = 2000;
const RELOADED = "offhook.reloaded_at_ms";

/** What the rest of the page may ask of the connection. */
export interface Connection {
  send(message: FromPage): void;
  reconnect(): void;
  /** Keeps a renewed ticket for the next connection. */
  renew(ticket: string): void;
  fetchRecent(): void;
  reload(): void;
}

/** Opens the connection and keeps it. */
export function connect(dispatch: (event: Event) => void): Connection {
  const link = new SocketLink(dispatch);
  void link.start();
  addEventListener("online", () => link.reconnect());
  addEventListener("pagehide", () => link.leave());
  addEventListener("pageshow", (event) => {
    if (event.persisted) link.reconnect();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) link.reconnect();
  });
  return link;
}

class SocketLink implements Connection {
  #socket: WebSocket | null = null;
  #ticket: string | null = null;
  #tries = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #ping: ReturnType<typeof setInterval> | undefined;
  #pong: ReturnType<typeof setTimeout> | undefined;
  #starting = false;

  constructor(private readonly dispatch: (event: Event) => void) {}

  /** Gets a ticket for the token, then connects. */
  async start(): Promise<void> {
    const token = new URL(location.href).searchParams.get("offhook_token");
    if (!token) {
      this.#signedOut("Open the phone from the console: this address carries no sign-in.", false);
      return;
    }
    if (this.#starting) return;
    this.#starting = true;
    try {
      const answer = await fetch("/softphone/ticket", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ token }),
      });
      if (answer.status === 401) return this.#tokenSpent(await wordsOf(answer));
      if (!answer.ok) return this.#later(await wordsOf(answer));
      const { ticket, config } = (await answer.json()) as TicketAnswer;
      this.#ticket = ticket;
      this.dispatch({ event: "configured", config });
      this.#open();
    } catch {
      this.#later("The phone server cannot be reached.");
    } finally {
      this.#starting = false;
    }
  }

  send(message: FromPage): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** Tries at once when it is waiting to try again; changes nothing on a living connection. */
  reconnect(): void {
    if (this.#retry === undefined) return;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#again();
  }

  renew(ticket: string): void {
    this.#ticket = ticket;
  }

  /** The page goes: the server should know at once. */
  leave(): void {
    const socket = this.#socket;
    this.#drop();
    socket?.close(1000);
    this.#later("");
  }

  async fetchRecent(): Promise<void> {
    if (!this.#ticket) return;
    try {
      const answer = await fetch("/softphone/recent", {
        headers: { authorization: `Bearer ${this.#ticket}` },
      });
      if (!answer.ok) throw new Error(await wordsOf(answer));
      const { calls } = (await answer.json()) as { calls: RecentCall[] };
      this.dispatch({ event: "recent", calls, note: "" });
    } catch {
      const note = "Recent calls could not be loaded.";
      this.dispatch({ event: "recent", calls: null, note });
    }
  }

  reload(): void {
    location.reload();
  }

  #again(): void {
    this.dispatch({ event: "link", link: "connecting", note: "", retry_at_ms: null });
    if (this.#ticket) this.#open();
    else void this.start();
  }

  #open(): void {
    const url = new URL("/softphone/socket", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url, ["offhook.v1", `ticket.${this.#ticket}`]);
    this.#socket = socket;
    socket.addEventListener("open", () => {
      if (this.#socket === socket) this.#opened();
    });
    socket.addEventListener("message", (event) => {
      if (this.#socket === socket) this.#heard(event.data);
    });
    socket.addEventListener("close", (event) => {
      if (this.#socket === socket) this.#closed(event);
    });
  }

  #opened(): void {
    this.dispatch({ event: "link", link: "online", note: "", retry_at_ms: null });
    this.#ping = setInterval(() => {
      this.send({ type: "ping" });
      clearTimeout(this.#pong);
      this.#pong = setTimeout(() => this.#silent(), PONG_MS_MAX);
    }, PING_MS);
  }

  #heard(data: unknown): void {
    clearTimeout(this.#pong);
    let message: ToPage;
    try {
      message = JSON.parse(String(data)) as ToPage;
    } catch {
      // A frame that is no JSON is not ours; the next view tells everything anyway.
      return;
    }
    if (message.type === "view") this.#tries = 0;
    this.dispatch({ event: "message", message, now_ms: Date.now() });
  }

  #silent(): void {
    const socket = this.#socket;
    this.#drop();
    socket?.close();
    this.#later("The phone server is silent.");
  }

  #closed(event: CloseEvent): void {
    this.#drop();
    if (event.code === TICKET_REFUSED) {
      this.#ticket = null;
      this.#signedOut("This page is no longer signed in to the phone.", true);
    } else {
      this.#later("The connection to the phone server was lost.");
    }
  }

  #drop(): void {
    this.#socket = null;
    clearInterval(this.#ping);
    clearTimeout(this.#pong);
  }

  /** Tries again after a pause that doubles, with some chance in it so that pages spread out. */
  #later(note: string): void {
    const pause = Math.min(PAUSE_MS_MIN * 2 ** this.#tries, PAUSE_MS_MAX);
    const after = pause * (0.8 + 0.4 * Math.random());
    this.#tries += 1;
    const retry_at_ms = Date.now() + after;
    this.dispatch({ event: "link", link: "offline", note, retry_at_ms });
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#again();
    }, after);
  }

  /** A page that was loaded again by the browser comes with its old token. Our host has noticed
   * and is about to load it with a new one; only where it does not, more has to be done. */
  #tokenSpent(note: string): void {
    setTimeout(() => this.#signedOut(note, true), HOST_RELOADS_MS_MAX);
  }

  /** The host gives a frame that loads again a new token; that is tried once in a while only. */
  #signedOut(note: string, may_reload: boolean): void {
    if (may_reload && parent !== window && noteReload()) {
      location.reload();
      return;
    }
    this.dispatch({ event: "link", link: "signed_out", note, retry_at_ms: null });
  }
}

/** May the page reload by itself now? Notes it when it may. */
function noteReload(): boolean {
  try {
    const last = Number(sessionStorage.getItem(RELOADED) ?? 0);
    if (Date.now() - last < RELOAD_MS_MIN) return false;
    sessionStorage.setItem(RELOADED, String(Date.now()));
    return true;
  } catch {
    // Without storage a loop could not be told from a first time.
    return false;
  }
}

/** The server's own words for a refusal, when it gave some. */
async function wordsOf(answer: Response): Promise<string> {
  try {
    const { message } = (await answer.json()) as { message?: string };
    if (message) return message;
  } catch {
    // Not JSON: something between us and the server answered.
  }
  return `The phone server answered with an error (${answer.status}).`;
}
