// Pages of the org in the workspace (frames of the pages origin) speak to the console here: the
// message service and click-to-dial. They are not the phone: nothing of Open CTI is answered. A
// frame is known by its window and its origin; what it asks goes away with it.

import { PAGE_API } from "../opencti/page_wire.ts";
import type { Listener, Scope } from "./messages.ts";
import { isChannel, isMessage, type Message } from "./messages.ts";

/** A frame of the workspace. */
export interface PageFrame {
  readonly window: unknown;
  /** Still in the document, with the same window. */
  readonly alive: () => boolean;
  /** Its tab is in front. */
  readonly inFront: () => boolean;
  post(message: unknown): void;
}

interface Surroundings {
  readonly pagesOrigin: string;
  /** The frame with this window; null when it is none of the workspace. */
  frame(source: unknown): PageFrame | null;
  subscribe(
    channel: string,
    listener: Listener,
    scope: Scope,
    inFront: () => boolean,
  ): (() => void) | null;
  publish(channel: string, message: Message): boolean;
  /** A click on a number in a page. */
  dial(number: string, recordId: string, params: string | undefined): void;
}

/** Subscriptions of one frame. */
export const SUBSCRIPTIONS_MAX = 100;
/** Characters of a number, an id or params. */
const TEXT_MAX = 4_096;

export class PageFrames {
  readonly #around: Surroundings;
  /** Subscriptions by window and number. */
  readonly #frames = new Map<unknown, Map<number, () => void>>();

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** Takes any message event of the window; true when it was one of these. */
  hear(event: { source: unknown; origin: string; data: unknown }): boolean {
    const { data, source, origin } = event;
    if (!isMessage(data) || data["apiType"] !== PAGE_API) return false;
    if (origin !== this.#around.pagesOrigin) return false;
    const frame = this.#around.frame(source);
    if (frame === null) return false;
    this.#carryOut(data, frame);
    return true;
  }

  #carryOut(data: Message, frame: PageFrame): void {
    const { method, id, channel } = data;
    if (method === "dial") return this.#dial(data);
    if (method === "hello") return this.#forget(frame.window);
    if (method === "unsubscribe" && typeof id === "number") return this.#end(frame.window, id);
    if (!isChannel(channel)) return;
    if (method === "publish" && isMessage(data["message"])) {
      this.#around.publish(channel, data["message"]);
    }
    if (method === "subscribe" && typeof id === "number") {
      const scope = data["scope"] === "APPLICATION" ? "application" : "active";
      this.#subscribe(frame, id, channel, scope);
    }
  }

  #subscribe(frame: PageFrame, id: number, channel: string, scope: Scope): void {
    this.#prune();
    const { window } = frame;
    const own = this.#frames.get(window) ?? new Map<number, () => void>();
    if (own.has(id) || own.size >= SUBSCRIPTIONS_MAX) return;
    const listener: Listener = (message) => {
      if (!frame.alive()) return this.#end(window, id);
      frame.post({ apiType: PAGE_API, method: "message", id, message });
    };
    const end = this.#around.subscribe(channel, listener, scope, frame.inFront);
    if (end !== null) this.#frames.set(window, own.set(id, end));
  }

  /** A frame that was taken away cannot say goodbye. */
  #prune(): void {
    for (const window of [...this.#frames.keys()]) {
      if (this.#around.frame(window) === null) this.#forget(window);
    }
  }

  #forget(window: unknown): void {
    for (const end of this.#frames.get(window)?.values() ?? []) end();
    this.#frames.delete(window);
  }

  #end(window: unknown, id: number): void {
    this.#frames.get(window)?.get(id)?.();
    this.#frames.get(window)?.delete(id);
  }

  #dial({ number, recordId, params }: Message): void {
    const text = (value: unknown): value is string =>
      typeof value === "string" && value.length <= TEXT_MAX;
    if (!text(number) || number === "") return;
    this.#around.dial(number, text(recordId) ? recordId : "", text(params) ? params : undefined);
  }
}
