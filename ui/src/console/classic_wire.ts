// The host's half of the Open CTI wire for Classic: query strings in, query strings out, with the
// later versions' prefixes and the case feed's JSON bodies. Pure. Nothing of a message is used
// before it has passed here.

/** A request of a Classic adapter, checked. */
export interface ClassicRequest {
  /** As it came, with the number of its callback: `saveLog_7`. */
  readonly method: string;
  /** Without that number. */
  readonly name: string;
  /** A callback waits for the answer. */
  readonly isCallbackRegistered: boolean;
  /** What stood before the query: empty, `interactionApi/` or `entityFeedApi/`. */
  readonly prefix: string;
  /** The body was JSON, and the answer is. */
  readonly json: boolean;
  /** The version that the adapter speaks; those before 31 do not tell. */
  readonly apiVersion: number;
  readonly nonce: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** What comes of a method. */
export interface ClassicAnswer {
  readonly result?: unknown;
  readonly error?: string;
  /** Of the record that was saved. */
  readonly id?: string;
}

/** Why a message was dropped. */
export type ClassicDropped = "not_a_request" | "too_large";

/** Characters of a message; a Task's comments have 32,000, encoded twice at most 9 for each. */
export const MESSAGE_LENGTH_MAX = 512 * 1024;
/** The version of adapters that do not tell theirs. */
const UNTOLD_VERSION = 30;
const PARAMETERS_MAX = 64;
const SPLIT = /^((?:interactionApi|entityFeedApi)\/)?([\s\S]*)$/;

/** Whether a message is of this wire at all: all of its messages are texts. */
export function isClassic(data: unknown): data is string {
  return typeof data === "string";
}

/** Checks one message. */
export function parseClassic(data: string): ClassicRequest | ClassicDropped {
  if (data.length > MESSAGE_LENGTH_MAX) return "too_large";
  const [, prefix = "", body = ""] = SPLIT.exec(data) ?? [];
  const json = body.startsWith("{");
  const parameters = json ? fromJson(body) : fromQuery(body);
  if (parameters === null) return "not_a_request";
  const { method = "", apiVersion = "", nonce = "" } = parameters;
  const found = /^([A-Za-z]{1,64})(_\d{1,9})?$/.exec(method);
  if (found === null) return "not_a_request";
  const version = /^\d{1,3}$/.test(apiVersion) ? Number(apiVersion) : UNTOLD_VERSION;
  return {
    method,
    name: found[1]!,
    isCallbackRegistered: found[2] !== undefined,
    prefix,
    json,
    apiVersion: version,
    nonce,
    parameters,
  };
}

function fromQuery(body: string): Record<string, string> | null {
  const pairs = body.split("&");
  if (pairs.length > PARAMETERS_MAX) return null;
  return Object.fromEntries(pairs.map(pairOf)) as Record<string, string>;
}

/** `{message: {method, toApi, version, …}, nonce, sourceFrameName}`, the case feed's envelope. */
function fromJson(body: string): Record<string, string> | null {
  let envelope: unknown;
  try {
    envelope = JSON.parse(body);
  } catch {
    return null;
  }
  const { message, nonce } = (envelope ?? {}) as { message?: unknown; nonce?: unknown };
  if (typeof message !== "object" || message === null) return null;
  const { args, version, ...rest } = message as Record<string, unknown>;
  const given = { ...rest, ...(typeof args === "object" ? args : {}) };
  const texts = Object.entries(given)
    .filter(([, value]) => value !== null && typeof value !== "object")
    .slice(0, PARAMETERS_MAX)
    .map(([key, value]) => [key, String(value)]);
  const said = { apiVersion: String(version ?? ""), nonce: String(nonce ?? "") };
  return { ...(Object.fromEntries(texts) as Record<string, string>), ...said };
}

/** The answer to a request, for its callback. */
export function classicReply(request: ClassicRequest, answer: ClassicAnswer): string {
  return message(request, request.method, answer);
}

/** An event for the listeners of a method; `registration` is the request that registered one. */
export function classicEvent(registration: ClassicRequest, result: unknown): string {
  return message(registration, registration.name, { result });
}

function message(request: ClassicRequest, method: string, answer: ClassicAnswer): string {
  const { result = false, error, id } = answer;
  if (request.json) {
    const body = { message: { method, toApi: "entityFeed", version: request.apiVersion } };
    return request.prefix + JSON.stringify({ ...body, method, result, error, id });
  }
  const pairs: [string, string][] = [["result", textOf(result)]];
  if (error !== undefined) pairs.push(["error", error]);
  if (id !== undefined) pairs.push(["id", id]);
  const rest = pairs.map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  return `${request.prefix}method=${[method, ...rest].join("&")}`;
}

/** Complex results are JSON as text. */
function textOf(result: unknown): string {
  return typeof result === "string" ? result : JSON.stringify(result);
}

/**
 * The fields of `saveParams` and the like: split at `&`, a part without `=` belongs to the value
 * before it, each value decoded once more if it can be. A raw `+` stays: telephone numbers.
 */
export function fieldsOf(query: string): Record<string, string> {
  const fields: [string, string][] = [];
  for (const part of query.replace(/^\?/, "").split("&")) {
    const last = fields.at(-1);
    if (part.includes("=")) fields.push(pairOf(part) as [string, string]);
    else if (last !== undefined) last[1] += `&${decoded(part)}`;
  }
  return Object.fromEntries(fields.map(([key, value]) => [key.trim(), value]));
}

/** Decoded once more, for what is encoded twice. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // "100% sure" was not encoded
  }
}

function pairOf(pair: string): string[] {
  const at = pair.indexOf("=");
  return at < 0 ? [pair, ""] : [decoded(pair.slice(0, at)), decoded(pair.slice(at + 1))];
}
