// The host's half of the Open CTI wire for Lightning: which messages from a frame are requests, and
// what replies and events look like. Pure. Nothing of a message is used before it has passed here.

/** A request of an adapter, checked and copied. */
export interface Request {
  readonly methodName: string;
  readonly callId: number;
  /** The adapter's own version; goes back as the very same number or clients ignore the reply. */
  readonly apiVersion: number;
  readonly isCallbackRegistered: boolean;
  readonly isListenerRegistered: boolean;
  readonly args: Readonly<Record<string, unknown>>;
}

/** One error of a refused call, as documented. */
export interface ApiError {
  readonly code: "INVALID_PARAM" | "GENERIC_ERROR" | "SERVER_ERROR" | "SOFTPHONE_CONTAINER_ERROR";
  readonly description: string;
  readonly details?: unknown;
}

/** What the adapter's callback receives. */
export interface Response {
  readonly success: boolean;
  readonly returnValue: unknown;
  readonly errors: readonly ApiError[] | null;
}

/** A message to the frame. */
export interface Message {
  readonly methodName: string;
  readonly callId: number;
  readonly apiVersion: number;
  readonly apiType: "opencti";
  readonly shouldExecuteCallback: boolean;
  readonly shouldExecuteListener: boolean;
  /** The channel, for a message of the message service. */
  readonly eventName?: string;
  readonly response: unknown;
}

/** Why a message was dropped. */
export type Dropped = "not_a_request" | "too_large" | "prototype_key";

/** A request larger than this, as JSON text, is dropped. */
export const REQUEST_BYTES_MAX = 256 * 1024;
/** Objects nested deeper than this are dropped; no method needs more than a few levels. */
const DEPTH_MAX = 32;

const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"]);

/** Checks the data of one message. Anything may come in; only plain JSON comes out. */
export function parseRequest(data: unknown): Request | Dropped {
  if (!isObject(data)) return "not_a_request";
  const { methodName, callId, apiVersion, isCallbackRegistered, isListenerRegistered } = data;
  if (typeof methodName !== "string") return "not_a_request";
  if (!/^[A-Za-z.]{1,64}$/.test(methodName)) return "not_a_request";
  if (!isCount(callId) || !isCount(apiVersion)) return "not_a_request";
  if (data["apiType"] !== undefined && data["apiType"] !== "opencti") return "not_a_request";
  const args = copyArguments(data["args"]);
  if (typeof args === "string") return args;
  return {
    methodName,
    callId,
    apiVersion,
    isCallbackRegistered: isCallbackRegistered === true,
    isListenerRegistered: isListenerRegistered === true,
    args,
  };
}

function copyArguments(args: unknown): Record<string, unknown> | Dropped {
  if (args === undefined || args === null) return {};
  if (!isObject(args)) return "not_a_request";
  let text: string;
  try {
    text = JSON.stringify(args);
  } catch {
    return "not_a_request"; // circular, or a number too large for JSON
  }
  if (new TextEncoder().encode(text).byteLength > REQUEST_BYTES_MAX) return "too_large";
  const copy = JSON.parse(text) as Record<string, unknown>;
  return isHarmless(copy, 0) ? copy : "prototype_key";
}

function isHarmless(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (depth > DEPTH_MAX) return false;
  return Object.entries(value).every(
    ([key, inner]) => !FORBIDDEN.has(key) && isHarmless(inner, depth + 1),
  );
}

/** Whether it is an object: no list, and not null. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** The reply to a request. */
export function replyTo(request: Request, response: Response): Message {
  return {
    methodName: request.methodName,
    callId: request.callId,
    apiVersion: request.apiVersion,
    apiType: "opencti",
    shouldExecuteCallback: true,
    shouldExecuteListener: false,
    response,
  };
}

/** An event for the listeners of a method; `registration` is the request that registered one. */
export function eventFor(registration: Request, payload: unknown): Message {
  return {
    methodName: registration.methodName,
    callId: registration.callId,
    apiVersion: registration.apiVersion,
    apiType: "opencti",
    shouldExecuteCallback: false,
    shouldExecuteListener: true,
    response: payload,
  };
}

/** A message on a channel; `registration` is the request that subscribed to it. */
export function channelEvent(registration: Request, eventName: string, payload: unknown): Message {
  return { ...eventFor(registration, payload), eventName };
}

/** A call that worked. */
export function success(returnValue: unknown = null): Response {
  return { success: true, returnValue, errors: null };
}

/** A call that did not. */
export function refused(code: ApiError["code"], description: string): Response {
  return { success: false, returnValue: null, errors: [{ code, description }] };
}
