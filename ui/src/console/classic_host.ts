// The Classic half of the Open CTI host: hears the text messages of the phone's frame, answers each
// that waits for an answer exactly once, sends events to registered listeners. The frame is the one
// that the Lightning half hears; an adapter may speak both.

import type { Objects } from "./classic_addresses.ts";
import { CLASSIC_LISTENERS, classicMethod, type ClassicDesk } from "./classic_methods.ts";
import { classicDial, classicPage } from "./classic_results.ts";
import {
  classicEvent,
  classicReply,
  parseClassic,
  type ClassicAnswer,
  type ClassicRequest,
} from "./classic_wire.ts";
import type { Dialled } from "./click_to_dial.ts";
import { WAITING_MAX, type Frame, type Heard } from "./host.ts";
import type { ViewInfo } from "./host_methods.ts";

/** How the host reaches its surroundings. */
export interface ClassicSurroundings extends Omit<ClassicDesk, "objects"> {
  /** The frame now in the panel; null before there is one. */
  frame(): Frame | null;
  /** The nonce in the frame's address, which its messages must carry. */
  nonce(): string;
  post(frame: Frame, message: string): void;
  /** A request came: the adapter is alive. */
  heard(): void;
}

export class ClassicHost {
  readonly #around: ClassicSurroundings;
  readonly #registrations = new Map<string, ClassicRequest>();
  #dropped = 0;
  #document = 0;
  #waiting = 0;
  #queue: Promise<void> = Promise.resolve();
  #objects: Promise<Objects> | null = null;
  #lastPage = "";

  constructor(around: ClassicSurroundings) {
    this.#around = around;
  }

  /** How many messages of the frame were no requests of this wire, or had another nonce. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes a text message of the window; others are not of this wire. */
  hear(event: Heard & { readonly data: string }): void {
    const frame = this.#around.frame();
    if (frame === null || event.source !== frame.window) return;
    if (event.origin !== frame.origin) return this.#drop(`it came from ${event.origin}`);
    const request = parseClassic(event.data);
    // Pages say other things to their parents too, and those are none of our business.
    if (request === "not_a_request") return void this.#dropped++;
    if (request === "too_large") return this.#drop("it is too large");
    if (request.nonce !== this.#around.nonce()) return this.#drop("its nonce is another");
    this.#around.heard();
    this.#carryOut(request, frame);
  }

  /** The frame holds a new document: its listeners and open questions are gone. */
  forget(): void {
    this.#registrations.clear();
    this.#document += 1;
    this.#lastPage = "";
  }

  /** Whether the adapter listens for this event. */
  listens(name: string): boolean {
    return this.#registrations.has(name);
  }

  /** A telephone number was pressed. */
  dialled(dialled: Dialled): void {
    const registration = this.#registrations.get("onClickToDial");
    if (registration === undefined) return;
    void this.#words().then((objects) => {
      const told = classicDial(dialled, objects, registration.apiVersion);
      this.#send(registration, JSON.stringify(told));
    });
  }

  /** Another page is in front, or the window was returned to. The same page twice is told once. */
  focused(view: ViewInfo): void {
    const registration = this.#registrations.get("onFocus");
    const text = JSON.stringify(view);
    if (registration === undefined || text === this.#lastPage) return;
    this.#lastPage = text;
    void this.#words().then((objects) => {
      const told = classicPage(view, objects, registration.apiVersion);
      this.#send(registration, JSON.stringify(told));
    });
  }

  /** The page of a record was fetched anew. */
  updated(): void {
    const registration = this.#registrations.get("onObjectUpdate");
    const all = { fieldsUpdated: true, relatedListsUpdated: true, feedUpdated: true };
    if (registration !== undefined) this.#send(registration, JSON.stringify(all));
  }

  #send(registration: ClassicRequest, result: string): void {
    const frame = this.#around.frame();
    const still = this.#registrations.get(registration.name) === registration;
    if (frame !== null && still) this.#around.post(frame, classicEvent(registration, result));
  }

  #drop(text: string): void {
    this.#dropped += 1;
    if (this.#dropped === 1) this.#around.note(`A message of the phone was dropped: ${text}.`);
  }

  #carryOut(request: ClassicRequest, frame: Frame): void {
    if (CLASSIC_LISTENERS.has(request.name)) {
      if (!this.listens(request.name)) this.#registrations.set(request.name, request);
      return;
    }
    const method = classicMethod(request.name);
    if (method === undefined) {
      const error = `There is no method ${request.name}.`;
      return this.#answer(request, frame, { result: false, error });
    }
    if (this.#waiting >= WAITING_MAX) {
      const error = `Too many calls are waiting (${WAITING_MAX}).`;
      return this.#answer(request, frame, { result: false, error });
    }
    const asking = this.#document;
    this.#waiting += 1;
    // One after the other, so that effects come in order of arrival.
    this.#queue = this.#queue.then(async () => {
      const desk = { ...this.#around, objects: () => this.#words() };
      const answer = await this.#outcome(() => method(desk, request));
      this.#waiting -= 1;
      if (asking === this.#document) this.#answer(request, frame, answer);
    });
  }

  async #outcome(run: () => ClassicAnswer | Promise<ClassicAnswer>): Promise<ClassicAnswer> {
    try {
      return await run();
    } catch (error) {
      this.#around.note(`Open CTI: ${String(error)}`);
      return { result: false, error: "A problem was encountered on the server." };
    }
  }

  #answer(request: ClassicRequest, frame: Frame, answer: ClassicAnswer): void {
    if (answer.error !== undefined) {
      this.#around.note(`Open CTI ${request.name}: ${answer.error}`);
    }
    if (request.isCallbackRegistered) {
      this.#around.post(frame, classicReply(request, answer));
    }
  }

  /** Asked for once; without the words an answer has the objects' API names in their place. */
  #words(): Promise<Objects> {
    this.#objects ??= this.#around
      .ask("classic.objects", {})
      .then(({ reply }) => (reply.returnValue ?? {}) as Objects)
      .catch(() => {
        this.#objects = null;
        return {};
      });
    return this.#objects;
  }
}
