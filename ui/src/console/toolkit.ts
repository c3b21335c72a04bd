// The console's half of the Console Toolkit: hears the pages in the phone's panel and in tabs,
// answers each call, and sends events to their handlers. What the calls do is in the rooms
// toolkit_*.ts; which there are is said by the table that the library is made of.

import type { Driven } from "../classic/toolkit_drives.ts";
import { refusalOf } from "../classic/integration_client.ts";
import { signatureOf } from "../classic/toolkit_table.ts";
import { TOOLKIT_API, type ToolkitMessage } from "../classic/toolkit_wire.ts";
import { isObject } from "./wire.ts";

/** A frame that may speak. */
export interface ToolkitFrame {
  readonly window: unknown;
  readonly origin: string;
  /** Id of the page in whose panel it is; null for the phone's. */
  readonly page: string | null;
}

/** What a callback or handler receives. */
export type Given = Readonly<Record<string, unknown>>;
export type Args = Readonly<Record<string, unknown>>;

/** Who calls. */
export interface Caller {
  readonly frame: ToolkitFrame;
  /** Number of the callback or handler, for events. */
  readonly id: number;
}

/** Carries a method out; null for a handler that was registered, which is not answered. */
export type Act = (args: Args, caller: Caller) => Given | null | Promise<Given | null>;

/** One for every signature that drives the console; `isInConsole` is answered by the library. */
export type Acts = Readonly<Record<Exclude<Driven, "isInConsole">, Act>>;

/** How the toolkit reaches its surroundings. */
export interface ToolkitSurroundings {
  /** The frames that there are now. */
  frames(): readonly ToolkitFrame[];
  post(frame: ToolkitFrame, message: ToolkitMessage): void;
  /** Tells the page's developer. */
  note(text: string): void;
}

interface Handler {
  readonly key: string;
  readonly window: unknown;
  readonly id: number;
  /** A tab to which its events are limited. */
  readonly tab: string | null;
}

/** Handlers of all frames together. */
export const HANDLERS_MAX = 1_000;
/** Characters of a call's arguments, as JSON text. */
export const ARGUMENTS_LENGTH_MAX = 256 * 1024;

/** A call that worked. */
export const done = (given: Given = {}): Given => ({ success: true, ...given });
/** A call that did not. */
export const refused = (message: string): Given => ({ success: false, message });

export class Toolkit {
  readonly #around: ToolkitSurroundings;
  #handlers: Handler[] = [];
  /** The first number of a page's life: a smaller one is a new page in the same frame. */
  readonly #last = new Map<unknown, number>();
  #acts: Partial<Acts> = {};

  constructor(around: ToolkitSurroundings) {
    this.#around = around;
  }

  /** Says what the calls do; the rooms that do it need the toolkit for their events. */
  use(acts: Acts): void {
    this.#acts = acts;
  }

  /** Takes any message event of the window; true when it was one of these. */
  hear(event: { source: unknown; origin: string; data: unknown }): boolean {
    const { data } = event;
    if (typeof data !== "object" || data === null) return false;
    const { apiType, method, id, args } = data as Args;
    if (apiType !== TOOLKIT_API) return false;
    const frame = this.#around.frames().find((one) => one.window === event.source);
    if (frame === undefined || frame.origin !== event.origin) return true;
    if (typeof method !== "string" || !Number.isSafeInteger(id)) return true;
    const caller = { frame, id: id as number };
    this.#noticeReload(caller);
    void this.#carryOut(method, argumentsOf(args), caller);
    return true;
  }

  /** Registers a handler under a key. */
  listen(key: string, caller: Caller, tab: string | null = null): null {
    if (this.#handlers.length >= HANDLERS_MAX) this.#prune();
    if (this.#handlers.length >= HANDLERS_MAX) {
      this.#around.note(`Console Toolkit: there are ${HANDLERS_MAX} handlers; no more are taken.`);
      return null;
    }
    this.#handlers.push({ key, window: caller.frame.window, id: caller.id, tab });
    return null;
  }

  /** Ends handlers of a frame, by their numbers. */
  stop(key: string, frame: ToolkitFrame, ids: readonly unknown[] | null): void {
    this.#handlers = this.#handlers.filter((handler) => {
      const theirs = handler.key === key && handler.window === frame.window;
      return !theirs || (ids !== null && !ids.includes(handler.id));
    });
  }

  /** Whether anybody listens, in a page of that id if one is given. */
  listens(key: string, page?: string): boolean {
    return this.#hearers(key).some(({ frame }) => page === undefined || frame.page === page);
  }

  /** Sends an event to those who listen and whom it concerns. */
  emit(
    key: string,
    given: Given,
    concerns: (frame: ToolkitFrame, tab: string | null) => boolean = () => true,
  ): void {
    for (const { handler, frame } of this.#hearers(key)) {
      if (!concerns(frame, handler.tab)) continue;
      this.#around.post(frame, { apiType: TOOLKIT_API, id: handler.id, kind: "event", given });
    }
  }

  #hearers(key: string): { handler: Handler; frame: ToolkitFrame }[] {
    const handlers = this.#handlers.filter((handler) => handler.key === key);
    if (handlers.length === 0) return [];
    const frames = this.#around.frames();
    return handlers.flatMap((handler) => {
      const frame = frames.find((one) => one.window === handler.window);
      return frame === undefined ? [] : [{ handler, frame }];
    });
  }

  /** Numbers only grow within a page: a smaller one comes from a page that was loaded anew. */
  #noticeReload({ frame, id }: Caller): void {
    const last = this.#last.get(frame.window) ?? 0;
    if (id <= last) this.#handlers = this.#handlers.filter((one) => one.window !== frame.window);
    this.#last.set(frame.window, id);
  }

  #prune(): void {
    const windows = new Set(this.#around.frames().map(({ window }) => window));
    this.#handlers = this.#handlers.filter(({ window }) => windows.has(window));
    for (const window of this.#last.keys()) if (!windows.has(window)) this.#last.delete(window);
  }

  async #carryOut(method: string, args: Args | null, caller: Caller): Promise<void> {
    const given = await this.#outcome(method, args, caller);
    if (given === null) return;
    if (given["success"] === false) {
      this.#around.note(`Console Toolkit ${method}: ${String(given["message"] ?? "failed")}`);
    }
    const message = { apiType: TOOLKIT_API, id: caller.id, kind: "answer", given } as const;
    this.#around.post(caller.frame, message);
  }

  async #outcome(method: string, args: Args | null, caller: Caller): Promise<Given | null> {
    if (args === null) return refused("The arguments are no object, or too large.");
    const act = Object.hasOwn(this.#acts, method) ? this.#acts[method as keyof Acts] : undefined;
    if (act === undefined) return { ...emptyOf(method), ...refused(refusalOf(method)) };
    try {
      return await act(args, caller);
    } catch (error) {
      this.#around.note(`Console Toolkit ${method}: ${String(error)}`);
      return refused("A problem was encountered in the console.");
    }
  }
}

/** The members that the callback of a refused method reads, empty. */
function emptyOf(method: string): Given {
  const gives = signatureOf(method)?.gives ?? [];
  return Object.fromEntries(gives.filter((name) => name !== "success").map((name) => [name, null]));
}

function argumentsOf(args: unknown): Args | null {
  if (!isObject(args)) return null;
  try {
    const text = JSON.stringify(args);
    return text.length > ARGUMENTS_LENGTH_MAX ? null : (JSON.parse(text) as Args);
  } catch {
    return null;
  }
}
