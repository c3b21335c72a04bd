// The client half of the Open CTI wire for Classic, without a browser: positional arguments become
// a query string for the console, its answers and events become calls of callbacks and listeners.
// Written from the documented contract and from observed messages of genuine clients; the thin
// file interaction.ts ties it to a window.

import { INTERACTION, wireName, type InteractionMethod } from "./interaction_methods.ts";

/** What a callback receives; `id` with saveLog alone. */
export interface Answer {
  result?: unknown;
  error?: string | undefined;
  id?: string;
}

/** The global object, plus the inlet for messages of the console. */
export interface InteractionClient {
  readonly interaction: Record<string, unknown>;
  /** Takes the data of one message whose sender was checked. Anything unknown is ignored. */
  receive(data: unknown): void;
}

/** How the client reaches its surroundings. */
export interface InteractionSurroundings {
  readonly apiVersion: number;
  readonly nonce: string;
  /** Origin of the page that speaks. */
  readonly frameOrigin: string;
  /** Posts to the console; null when there is none. */
  readonly post: ((message: string) => void) | null;
  /** Runs later, never within the present call. */
  later(run: () => void): void;
  /** Tells of an error thrown by the adapter's own callback or listener. */
  report(error: unknown): void;
}

/** From this version on messages have a prefix and say their version. */
export const PREFIX_SINCE = 31;
export const PREFIX = "interactionApi/";

const NO_CONSOLE = "This page was not opened by a console.";

type Callback = (answer: Answer) => void;
type Listener = (event: { method: string; result: unknown }) => void;

/** Builds a client whose callbacks are numbered from 1. */
export function createInteraction(around: InteractionSurroundings): InteractionClient {
  const wire = new Wire(around);
  const interaction: Record<string, unknown> = { initialize: () => undefined };
  for (const method of INTERACTION) {
    const steps = method.path.split(".");
    const last = steps.pop()!;
    let place = interaction;
    for (const step of steps) place = (place[step] ??= {}) as Record<string, unknown>;
    place[last] = (...given: unknown[]) => wire.call(method, given);
  }
  return { interaction, receive: (data) => wire.receive(data) };
}

class Wire {
  readonly #around: InteractionSurroundings;
  readonly #callbacks = new Map<string, { method: InteractionMethod; callback: Callback }>();
  readonly #listeners = new Map<string, Listener[]>();
  #next = 1;

  constructor(around: InteractionSurroundings) {
    this.#around = around;
  }

  /**
   * Functions are told from values wherever they stand: `screenPop(url, callback)` of old versions
   * and `screenPop(url, force, callback)` are one method.
   */
  call(method: InteractionMethod, given: readonly unknown[]): void {
    const values = given.filter((value) => typeof value !== "function");
    const run = given.find((value) => typeof value === "function") as Callback | undefined;
    const { post, later } = this.#around;
    if (post === null) {
      const answer = method.path === "isInConsole" ? {} : { error: NO_CONSOLE };
      if (run !== undefined && method.takes === "callback") {
        later(() => this.#guard(() => run({ result: false, error: undefined, ...answer })));
      }
      return;
    }
    post(this.#message(method, values, run));
  }

  #message(method: InteractionMethod, values: readonly unknown[], run?: Callback): string {
    let name = wireName(method);
    if (run !== undefined && method.takes === "listener") {
      const listeners = this.#listeners.get(name) ?? [];
      this.#listeners.set(name, [...listeners, run as unknown as Listener]);
    } else if (run !== undefined) {
      name = `${name}_${this.#next++}`;
      this.#callbacks.set(name, { method, callback: run });
    }
    const { apiVersion, nonce, frameOrigin } = this.#around;
    const prefixed = apiVersion >= PREFIX_SINCE;
    const pairs: [string, string][] = [["method", name]];
    for (const [index, parameter] of method.sends.entries()) {
      const value = values[index];
      // Nothing stands for what was not given: `callType` null is the same as none.
      if (value === undefined || value === null) continue;
      pairs.push([parameter, textOf(value, parameter)]);
    }
    if (prefixed) pairs.push(["apiVersion", String(apiVersion)], ["frameOrigin", frameOrigin]);
    pairs.push(["nonce", nonce]);
    const query = pairs.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join("&");
    return (prefixed ? PREFIX : "") + query;
  }

  receive(data: unknown): void {
    if (typeof data !== "string") return;
    const at = data.indexOf("method=");
    if (at < 0 || (at > 0 && data[at - 1] !== "/" && data[at - 1] !== "&")) return;
    const answer = parseAnswer(data.slice(at));
    const { method } = answer;
    if (method === undefined) return;
    const waiting = this.#callbacks.get(method);
    if (waiting !== undefined) {
      this.#callbacks.delete(method);
      const { result, error, id } = answer;
      const logged = waiting.method.path === "saveLog" && id !== undefined ? { id } : {};
      return this.#guard(() => waiting.callback({ result: valueOf(result), error, ...logged }));
    }
    const given = valueOf(answer.result);
    for (const listener of this.#listeners.get(method) ?? []) {
      this.#guard(() => listener({ method, result: objectOf(method, given) }));
    }
  }

  /** One bad listener must not keep the others from hearing. */
  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#around.report(error);
    }
  }
}

/** A parameter's text; `saveParams` is encoded once more, as its receivers decode twice. */
function textOf(value: unknown, parameter: string): string {
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return parameter === "saveParams" ? encodeURIComponent(text) : text;
}

function parseAnswer(query: string): Partial<Record<string, string>> {
  const pairs = query.split("&").map((pair) => {
    const at = pair.indexOf("=");
    return at < 0 ? [pair, ""] : [pair.slice(0, at), decoded(pair.slice(at + 1))];
  });
  return Object.fromEntries(pairs) as Partial<Record<string, string>>;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function valueOf(result: string | undefined): unknown {
  return result === "true" ? true : result === "false" ? false : result;
}

/** What changed on a page comes as an object; everything else keeps its JSON as text. */
function objectOf(method: string, result: unknown): unknown {
  if (method !== "onObjectUpdate" || typeof result !== "string") return result;
  try {
    return JSON.parse(result);
  } catch {
    return result;
  }
}
