// The Open CTI host: hears the messages of the phone's frame, answers each request exactly once,
// sends events to registered listeners. It knows nothing of the page: what the window can do comes
// as a Desk, what the server answers comes through `callServer`.

import { CHANNEL_METHODS, HostChannels, type Channels } from "./host_channels.ts";
import { deskMethod, LISTENERS, type Desk } from "./host_methods.ts";
import { channelEvent, eventFor, parseRequest, refused, replyTo } from "./wire.ts";
import type { Dropped, Message, Request, Response } from "./wire.ts";

/** The frame that is listened to: its window and the only origin it may have. */
export interface Frame {
  readonly window: unknown;
  readonly origin: string;
}

/** What `POST /host/call` answers. */
export interface ServerAnswer {
  readonly reply: Response;
  /** An address to pop, if the call had that outcome. */
  readonly navigate?: string | null;
  readonly title?: string;
  /** For the adapter's developer: what was left out. */
  readonly warnings?: readonly string[];
}

/** How the host reaches its surroundings. */
export interface Surroundings {
  readonly desk: Desk;
  /** The message service. */
  readonly channels: Channels;
  /** The frame now in the panel; null before there is one. */
  frame(): Frame | null;
  /** Posts to that frame, to its own origin only. */
  post(frame: Frame, message: Message): void;
  /** Asks the server; rejects when it cannot be reached. */
  callServer(request: Request): Promise<ServerAnswer>;
  pop(url: string, title: string): void;
  /** A request came: the adapter is alive. */
  heard(request: Request): void;
  /** Tells the developer console. */
  note(text: string): void;
}

/** The part of a message event that decides. */
export interface Heard {
  readonly source: unknown;
  readonly origin: string;
  readonly data: unknown;
}

/** Requests waiting for the server beyond this many are refused: the adapter is out of control. */
export const WAITING_MAX = 200;

const WORDS: Readonly<Record<Dropped, string>> = {
  not_a_request: "no Open CTI request",
  too_large: "too large",
  prototype_key: "poisoned: it has a key of the object prototype, or is nested too deep",
};

export class Host {
  readonly #around: Surroundings;
  /** The first registration of each listener method: one event for each, however many there are. */
  readonly #registrations = new Map<string, Request>();
  readonly #channels: HostChannels;
  readonly #dropped = { foreign: 0, not_a_request: 0, too_large: 0, prototype_key: 0 };
  #lastCallId = -1;
  /** Grows with each new document in the frame; replies for an earlier one are not sent. */
  #document = 0;
  #queue: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(around: Surroundings) {
    this.#around = around;
    this.#channels = new HostChannels(around.channels, (registration, channel, message) => {
      const frame = around.frame();
      if (frame !== null) around.post(frame, channelEvent(registration, channel, message));
    });
  }

  /** How many messages were dropped, by reason. */
  get dropped(): Readonly<Record<Dropped | "foreign", number>> {
    return { ...this.#dropped };
  }

  /** Takes any message event of the window. */
  hear(event: Heard): void {
    const frame = this.#around.frame();
    if (frame === null || event.source !== frame.window) return void this.#dropped.foreign++;
    if (event.origin !== frame.origin) {
      return this.#drop("foreign", `it came from ${event.origin}, not from ${frame.origin}`);
    }
    const request = parseRequest(event.data);
    if (typeof request === "string") return this.#drop(request, `it is ${WORDS[request]}`);
    // Clients count up from 0 within a page: a smaller number is a new page in the same frame.
    if (request.callId < this.#lastCallId) this.forget();
    this.#lastCallId = request.callId;
    this.#around.heard(request);
    this.#carryOut(request, frame);
  }

  /** The frame holds a new document: its listeners and open questions are gone. */
  forget(): void {
    this.#registrations.clear();
    this.#channels.forget();
    this.#lastCallId = -1;
    this.#document += 1;
    this.#around.desk.setClickToDial(false);
  }

  /** Whether the adapter listens for this event. */
  listens(methodName: string): boolean {
    return this.#registrations.has(methodName);
  }

  /** Sends one event, if the adapter listens for it. */
  send(methodName: string, payload: unknown): void {
    const frame = this.#around.frame();
    const registration = this.#registrations.get(methodName);
    if (frame === null || registration === undefined) return;
    this.#around.post(frame, eventFor(registration, payload));
  }

  /** The first of each kind is told to the developer console; a flood of them is only counted. */
  #drop(reason: Dropped | "foreign", text: string): void {
    this.#dropped[reason] += 1;
    if (this.#dropped[reason] > 1) return;
    this.#around.note(`A message of the phone was dropped: ${text}.`);
  }

  #carryOut(request: Request, frame: Frame): void {
    if (LISTENERS.has(request.methodName)) {
      // Never answered: older clients would take the answer for an event.
      if (!this.listens(request.methodName)) this.#registrations.set(request.methodName, request);
      return;
    }
    if (CHANNEL_METHODS.has(request.methodName)) {
      return this.#answer(request, frame, this.#channels.carryOut(request));
    }
    const method = deskMethod(request.methodName);
    if (method !== undefined) {
      return this.#answer(request, frame, method(this.#around.desk, request.args));
    }
    this.#askServer(request, frame);
  }

  #answer(request: Request, frame: Frame, response: Response): void {
    for (const { code, description } of response.errors ?? []) {
      this.#around.note(`Open CTI ${request.methodName}: ${code}: ${description}`);
    }
    if (request.isCallbackRegistered) this.#around.post(frame, replyTo(request, response));
  }

  /** The server is asked one request after the other, so that effects come in order of arrival. */
  #askServer(request: Request, frame: Frame): void {
    if (this.#waiting >= WAITING_MAX) {
      const text = `Too many calls are waiting for the server (${WAITING_MAX}).`;
      return this.#answer(request, frame, refused("GENERIC_ERROR", text));
    }
    const asking = this.#document;
    this.#waiting += 1;
    this.#queue = this.#queue.then(async () => {
      const answer = await this.#serverAnswer(request);
      this.#waiting -= 1;
      for (const warning of answer.warnings ?? []) {
        this.#around.note(`Open CTI ${request.methodName}: ${warning}`);
      }
      if (asking === this.#document) this.#answer(request, frame, answer.reply);
      if (answer.navigate) this.#around.pop(answer.navigate, answer.title ?? "");
    });
    // A failure of one call's effects must not keep the next from being asked.
    this.#queue = this.#queue.catch((error: unknown) => this.#around.note(String(error)));
  }

  async #serverAnswer(request: Request): Promise<ServerAnswer> {
    try {
      return await this.#around.callServer(request);
    } catch (error) {
      this.#around.note(`Open CTI ${request.methodName}: ${String(error)}`);
      return { reply: refused("SERVER_ERROR", "A problem was encountered on the server.") };
    }
  }
}
