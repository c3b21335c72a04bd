// The client half of the Console Toolkit, without a browser: builds `sforce.console` out of the
// table of signatures, names positional arguments, and runs callbacks and handlers. The thin file
// integration.ts ties it to a window.

import { reasonOf, SIGNATURES, signatureOf, type Signature } from "./toolkit_table.ts";
import { TOOLKIT_API, type ToolkitCall, type ToolkitMessage } from "./toolkit_wire.ts";

/** Types of events that the console itself fires. */
export const CONSOLE_EVENT = {
  OPEN_TAB: "sforce.console.openTab",
  CLOSE_TAB: "sforce.console.closeTab",
  CONSOLE_LOGOUT: "sforce.console.logout",
} as const;

/** What `getTabLink` may be asked for. */
export const TAB_LINK = {
  PARENT_AND_CHILDREN: "parentAndChildren",
  PARENT_ONLY: "parentOnly",
  TAB_ONLY: "tabOnly",
} as const;

/** The global object, plus the inlet for messages of the console. */
export interface ToolkitClient {
  readonly console: Record<string, unknown>;
  /** Takes the data of one message whose sender was checked. Anything unknown is ignored. */
  receive(data: unknown): void;
}

/** How the client reaches its surroundings. */
export interface ToolkitSurroundings {
  /** Posts to the console; null when there is none. */
  readonly post: ((message: ToolkitCall) => void) | null;
  /** Runs later, never within the present call. */
  later(run: () => void): void;
  /** Tells of an error thrown by the page's own callback or handler. */
  report(error: unknown): void;
  /** The page's present address, for its tab's link. */
  address(): string;
}

type Run = (given: Record<string, unknown>) => void;

/** Builds a client. */
export function createToolkit(around: ToolkitSurroundings): ToolkitClient {
  const wire = new Wire(around);
  const console: Record<string, unknown> = {
    ConsoleEvent: { ...CONSOLE_EVENT },
    TabLink: { ...TAB_LINK },
  };
  for (const signature of SIGNATURES) {
    const [first, second] = signature.name.split(".");
    const place = second === undefined ? console : ((console[first!] ??= {}) as typeof console);
    place[second ?? first!] = (...given: unknown[]) => wire.call(signature, given);
  }
  // The one answer that is not waited for.
  console["isInConsole"] = () => around.post !== null;
  return { console, receive: (data) => wire.receive(data) };
}

class Wire {
  readonly #around: ToolkitSurroundings;
  readonly #waiting = new Map<number, { run: Run | null; handler: boolean }>();
  #handlers: { id: number; type: unknown; run: unknown }[] = [];
  #next = 1;

  constructor(around: ToolkitSurroundings) {
    this.#around = around;
  }

  call(signature: Signature, given: readonly unknown[]): void {
    const { values, run } = toldApart(signature, given);
    const id = this.#next++;
    const handler = signature.parameters.some((parameter) => parameter.is === "handler");
    const { post, later } = this.#around;
    if (post === null) {
      const message = "This page was not opened by a console.";
      if (run !== null) later(() => this.#guard(() => run({ success: false, message })));
      return;
    }
    if (signature.name === "removeEventListener") {
      values["listeners"] = this.#forget(values["eventType"], run);
    } else {
      if (run !== null) this.#waiting.set(id, { run, handler });
      if (signature.name === "addEventListener" && run !== null) {
        this.#handlers.push({ id, type: values["eventType"], run });
      }
    }
    if (signature.name === "setTabLink") values["address"] = this.#around.address();
    post({ apiType: TOOLKIT_API, method: signature.name, id, args: plain(values) });
  }

  /** The numbers under which a function, or every one, listens for a type. */
  #forget(type: unknown, run: Run | null): number[] {
    const going = this.#handlers.filter(
      (one) => one.type === type && (run === null || one.run === run),
    );
    this.#handlers = this.#handlers.filter((one) => !going.includes(one));
    for (const { id } of going) this.#waiting.delete(id);
    return going.map(({ id }) => id);
  }

  receive(data: unknown): void {
    if (typeof data !== "object" || data === null) return;
    const { apiType, id, kind, given } = data as Partial<ToolkitMessage>;
    if (apiType !== TOOLKIT_API || typeof id !== "number" || typeof given !== "object") return;
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    if (kind === "answer" && !waiting.handler) this.#waiting.delete(id);
    this.#guard(() => waiting.run?.({ ...given }));
  }

  /** One bad handler must not keep the others from hearing. */
  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#around.report(error);
    }
  }
}

/**
 * Functions are told from values wherever they stand, because the guide's signatures and samples
 * disagree on it. What is empty in a function's place is no value.
 */
function toldApart(signature: Signature, given: readonly unknown[]) {
  const names = signature.parameters.filter(({ is }) => is === "value").map(({ name }) => name);
  const values: Record<string, unknown> = {};
  let run: Run | null = null;
  let next = 0;
  for (const [index, value] of given.entries()) {
    const place = signature.parameters[index];
    const isFunctionsPlace = place !== undefined && place.is !== "value";
    if (typeof value === "function") run ??= value as Run;
    else if (isFunctionsPlace && (value === null || value === undefined)) continue;
    else if (next < names.length) values[names[next++]!] = value;
  }
  return { values, run };
}

/** Only what JSON can hold goes to the console. */
function plain(values: Record<string, unknown>): Record<string, unknown> {
  try {
    return JSON.parse(JSON.stringify(values)) as Record<string, unknown>;
  } catch {
    return {}; // circular: the console then says what is missing
  }
}

/** Why a method answers as it does, for those that are refused. */
export function refusalOf(name: string): string {
  const signature = signatureOf(name);
  return signature === undefined ? `There is no method ${name}.` : reasonOf(signature);
}
