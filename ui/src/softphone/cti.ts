// The CRM around the page, as any Open CTI adapter sees it: `sforce.opencti` and nothing else, so
// that the page works the same in our console and in another org. Finds the library, turns its
// callbacks into promises, and says in plain words what a host refused.

import type { Event, SaveResult, SearchResult } from "./state.ts";
import type { RecordRef } from "./wire.ts";

const LIBRARY = "/support/api/66.0/lightning/opencti_min.js";

/** A host that has not answered a question by then will not. */
const ANSWER_MS_MAX = 10_000;

/** The callback argument of every method. */
interface HostAnswer {
  success: boolean;
  returnValue: unknown;
  errors: unknown;
}

type Method = (args?: Record<string, unknown>) => void;

/** The part of the library that this page uses. */
interface OpenCti {
  [method: string]: Method | Record<string, string> | undefined;
}

declare global {
  interface Window {
    sforce?: { opencti?: OpenCti };
  }
}

/** What the rest of the page may ask of the host. */
export interface HostWindow {
  search(call: string, number: string): void;
  showRecord(record: RecordRef): void;
  saveLog(call: string, fields: Record<string, string | number>): void;
  showPanel(): void;
  item(label: string, icon: string): void;
}

/** Looks for a host and says hello to it. */
export function findHost(dispatch: (event: Event) => void): HostWindow {
  const host = new LightningHost(dispatch);
  void host.start();
  return host;
}

class LightningHost implements HostWindow {
  #cti: OpenCti | null = null;

  constructor(private readonly dispatch: (event: Event) => void) {}

  async start(): Promise<void> {
    if (parent === window) return this.dispatch({ event: "host", host: "none", note: "" });
    const problem = await loadLibrary();
    this.#cti = window.sforce?.opencti ?? null;
    if (!this.#cti) {
      const note = problem || "The Open CTI library did not start.";
      return this.dispatch({ event: "host", host: "failed", note });
    }
    this.#listen(this.#cti);
    this.#call("enableClickToDial").catch(() => undefined);
    this.dispatch({ event: "host", host: "inside", note: "" });
    const [settings, layout] = await Promise.allSettled([
      this.#ask("getCallCenterSettings"),
      this.#ask("getSoftphoneLayout"),
    ]);
    if (settings.status === "fulfilled" || layout.status === "fulfilled") {
      this.dispatch({
        event: "call_center",
        name: settings.status === "fulfilled" ? displayName(settings.value) : "",
        layout: layout.status === "fulfilled" ? inboundLayout(layout.value) : null,
      });
    }
    this.#call("notifyInitializationComplete").catch(() => undefined);
  }

  search(call: string, number: string): void {
    this.#ask("searchAndScreenPop", { searchParams: number, callType: "inbound" }).then(
      (map) => this.#searched(call, { records: recordsOf(map) }),
      (error: unknown) => this.#searched(call, { problem: wordsOf(error) }),
    );
  }

  showRecord(record: RecordRef): void {
    const params = { recordId: record.id };
    this.#call("screenPop", { type: "sobject", params }).catch((error: unknown) =>
      this.dispatch({ event: "screen_pop_failed", message: wordsOf(error) }),
    );
  }

  /** No limit on the wait: the reducer tells the person, and a late answer still counts. */
  saveLog(call: string, fields: Record<string, string | number>): void {
    const answered = (result: SaveResult) =>
      this.dispatch({ event: "log_answer", call, result });
    this.#call("saveLog", { value: fields }).then(
      () => {
        answered({ saved: true });
        this.#call("refreshView").catch(() => undefined);
      },
      (error: unknown) => answered({ saved: false, ...refusalOf(error) }),
    );
  }

  showPanel(): void {
    this.#call("setSoftphonePanelVisibility", { visible: true }).catch(() => undefined);
  }

  item(label: string, icon: string): void {
    this.#call("setSoftphoneItemLabel", { label }).catch(() => undefined);
    this.#call("setSoftphoneItemIcon", { key: icon }).catch(() => undefined);
  }

  #searched(call: string, result: SearchResult): void {
    this.dispatch({ event: "searched", call, result });
  }

  #listen(cti: OpenCti): void {
    const listen = cti["onClickToDial"];
    if (typeof listen !== "function") return;
    listen.call(cti, {
      listener: (payload: Record<string, unknown>) => {
        const number = String(payload["number"] ?? "");
        if (number) this.dispatch({ event: "host_dial", number, record: clickedRecord(payload) });
      },
    });
  }

  /** Calls a method; resolves with its `returnValue`, rejects with its errors. */
  #call(method: string, args: Record<string, unknown> = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const cti = this.#cti;
      const run = cti?.[method];
      if (!cti || typeof run !== "function") {
        return reject(new Error(`This CRM does not know ${method}.`));
      }
      const callback = (answer: HostAnswer) =>
        answer.success ? resolve(answer.returnValue) : reject(new HostRefusal(answer.errors));
      run.call(cti, { ...args, callback });
    });
  }

  /** Calls a method whose answer is waited for, but not for ever. */
  #ask(method: string, args: Record<string, unknown> = {}): Promise<unknown> {
    const late = new Promise((_, reject) => {
      setTimeout(() => reject(new Error("the CRM did not answer.")), ANSWER_MS_MAX);
    });
    return Promise.race([this.#call(method, args), late]);
  }
}

/** What a host answered instead of doing it. */
export class HostRefusal extends Error {
  constructor(readonly errors: unknown) {
    super(describe(errors));
  }
}

/** Origins that may be the host's, the best first; the empty one is our own. */
function hostOrigins(): string[] {
  const ancestor = location.ancestorOrigins?.[0];
  let referrer = "";
  try {
    referrer = document.referrer ? new URL(document.referrer).origin : "";
  } catch {
    // A referrer that is no URL tells nothing.
  }
  const origins = [ancestor, referrer].filter((o): o is string => !!o && o !== "null");
  return [...new Set([...origins, ""])];
}

/** Loads the library from the first place that has it; gives the reason when none has. */
async function loadLibrary(): Promise<string> {
  let problem = "";
  for (const origin of hostOrigins()) {
    problem = await loadScript(origin + LIBRARY);
    if (window.sforce?.opencti) return "";
  }
  return problem;
}

function loadScript(src: string): Promise<string> {
  return new Promise((resolve) => {
    const script = document.createElement("script");
    // The library throws a plain string when the page's address lacks what it needs.
    const onError = (event: ErrorEvent) => resolve(String(event.error ?? event.message));
    addEventListener("error", onError, { once: true });
    script.addEventListener("load", () => {
      removeEventListener("error", onError);
      resolve("");
    });
    script.addEventListener("error", () => {
      removeEventListener("error", onError);
      resolve("The Open CTI library could not be loaded.");
    });
    script.src = src;
    document.head.append(script);
  });
}

/** The records of a search answer, in its order. */
export function recordsOf(map: unknown): RecordRef[] {
  if (typeof map !== "object" || map === null) return [];
  return Object.entries(map as Record<string, unknown>)
    .filter(([key, found]) => key !== "SCREEN_POP_DATA" && typeof found === "object" && found)
    .map(([key, found]) => {
      const fields = found as Record<string, unknown>;
      return {
        id: String(fields["Id"] ?? key),
        object: String(fields["RecordType"] ?? ""),
        name: String(fields["Name"] ?? ""),
      };
    });
}

/** The record that a clicked number stands on; none without an id. */
export function clickedRecord(payload: Record<string, unknown>): RecordRef | null {
  const id = String(payload["recordId"] ?? "");
  if (!id) return null;
  return {
    id,
    object: String(payload["objectType"] ?? ""),
    name: String(payload["recordName"] ?? ""),
  };
}

function displayName(settings: unknown): string {
  const map = (settings ?? {}) as Record<string, unknown>;
  return String(map["/reqGeneralInfo/reqDisplayName"] ?? "");
}

/** What the softphone layout wants of inbound calls. */
export function inboundLayout(layout: unknown): { objects: string[]; dialled: boolean } | null {
  const inbound = (layout as { Inbound?: Record<string, unknown> } | null)?.Inbound;
  if (!inbound) return null;
  const fields = inbound["callRelatedFields"];
  return {
    objects: Object.keys((inbound["objects"] ?? {}) as Record<string, unknown>),
    dialled: !Array.isArray(fields) || fields.includes("DNIS"),
  };
}

interface HostError {
  description?: unknown;
  details?: { message?: unknown; fieldErrors?: Record<string, unknown> };
}

/** The first error of a refusal: hosts send an array of objects, some send strings. */
function firstError(errors: unknown): HostError | string {
  const first: unknown = Array.isArray(errors) ? errors[0] : errors;
  if (typeof first === "string") return first;
  return typeof first === "object" && first !== null ? (first as HostError) : {};
}

function describe(errors: unknown): string {
  const first = firstError(errors);
  if (typeof first === "string") return first;
  const text = first.details?.message ?? first.description;
  return typeof text === "string" && text ? text : "the CRM gave no reason.";
}

/** A refused log in words: a sentence, and what is wrong with which field. */
export function refusalOf(error: unknown): {
  message: string;
  fields: { field: string; message: string }[];
} {
  const first = error instanceof HostRefusal ? firstError(error.errors) : {};
  const refused = typeof first === "string" ? {} : (first.details?.fieldErrors ?? {});
  const fields = Object.entries(refused).flatMap(([name, list]) =>
    (Array.isArray(list) ? list : [list]).map((entry: unknown) => {
      const { fieldLabel, message } = (entry ?? {}) as { fieldLabel?: string; message?: string };
      return { field: fieldLabel || name, message: message || String(entry) };
    }),
  );
  return { message: wordsOf(error), fields };
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
