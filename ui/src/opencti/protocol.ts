// The client half of the Open CTI wire for Lightning, without a browser: calls become messages to
// the host, messages from the host run callbacks and listeners. Written from the documented
// contract and from observed behaviour of genuine clients; every rule here has a test. The thin
// file lightning.ts ties it to a window.

import { CALL_TYPE, HVS_METHODS, METHODS, SCREENPOP_TYPE, type Method } from "./methods.ts";

/** Thrown, as a plain string, when the page was not opened by a host. */
export const INITIALIZE_FAILED =
  "Failed to initialize Open CTI. " +
  "Ensure that it is loaded from the right frame with correct URL parameters";

const ONE_OBJECT = "Must pass in only one object which holds arguments to this API method call.";
const missing = (argument: string): Error =>
  new Error(`Missing the required argument \`${argument}\`!`);

/** What a callback receives. */
export interface Response {
  readonly success: boolean;
  readonly returnValue: unknown;
  readonly errors: readonly { code: string; description: string; details?: unknown }[] | null;
}

/** A message from the adapter to its host. */
export interface Request {
  readonly methodName: string;
  readonly callId: number;
  readonly apiVersion: number;
  readonly apiType: "opencti";
  readonly isCallbackRegistered: boolean;
  readonly isListenerRegistered: boolean;
  readonly args: Record<string, unknown>;
}

/** What `subscribe` hands out and `unsubscribe` takes back; opaque to the adapter. */
export interface Subscription {
  readonly channelName: string;
  readonly id: number;
}

type Arguments = Record<string, unknown>;
type Callback = (response: Response & { subscription?: Subscription }) => void;
type Listener = (payload: unknown) => void;
type Call = (...args: unknown[]) => void;

/** The global object, plus the inlet for messages of the host. */
export interface Client {
  readonly opencti: Record<string, unknown>;
  /** Takes the data of one message whose sender was checked. Anything unknown is ignored. */
  receive(data: unknown): void;
}

/** How the client reaches its surroundings. */
export interface Surroundings {
  readonly apiVersion: number;
  /** Posts to the host; may throw when the value cannot be cloned. */
  post(message: Request): void;
  /** Runs later, never within the present call. */
  later(run: () => void): void;
  /** Tells of an error thrown by the adapter's own callback or listener. */
  report(error: unknown): void;
}

/** Builds a client whose calls are numbered from 0. */
export function createClient(around: Surroundings): Client {
  const wire = new Wire(around);
  const opencti: Record<string, unknown> = {
    CALL_TYPE: { ...CALL_TYPE },
    SCREENPOP_TYPE: { ...SCREENPOP_TYPE },
    initialize: () => undefined,
  };
  for (const method of METHODS) opencti[method.name] = caller(wire, method);
  opencti["saveLog"] = saveLog(wire);
  opencti["hvs"] = Object.fromEntries(HVS_METHODS.map((m) => [m.name, caller(wire, m)]));
  opencti["subscribe"] = subscribe(wire);
  opencti["unsubscribe"] = unsubscribe(wire, around);
  opencti["publish"] = publish(wire);
  return { opencti, receive: (data) => wire.receive(data) };
}

function caller(wire: Wire, method: Method): Call {
  return (...given) => {
    if (method.shape === "optional" && given.length === 0) return wire.send(method.name, {}, {});
    const args = oneObject(given);
    if (method.needs !== "nothing" && typeof args[method.needs] !== "function") {
      throw missing(method.needs);
    }
    // A listener is registered by itself: no callback travels with it, so no reply is asked for.
    const wanted =
      method.needs === "listener" ? { listener: args["listener"] } : { callback: args["callback"] };
    wire.send(method.name, pick(args, method.sends), wanted);
  };
}

function saveLog(wire: Wire): Call {
  return (...given) => {
    const args = oneObject(given);
    const value = args["value"];
    if (typeof value !== "object" || value === null) throw missing("value object");
    wire.send("saveLog", { object: value }, { callback: args["callback"] });
  };
}

function subscribe(wire: Wire): Call {
  return (...given) => {
    const args = oneObject(given);
    const channel = channelName(args["channelName"]);
    const listener = args["listener"];
    if (typeof listener !== "function") throw missing("listener");
    const subscription = wire.subscribe(channel, listener as Listener);
    const callback = args["callback"];
    const told = (response: Response): void => {
      if (typeof callback === "function") callback({ ...response, subscription });
    };
    const wanted = { callback: typeof callback === "function" ? told : undefined };
    wire.send("subscribe", { eventName: channel, subscription: {} }, wanted, true);
  };
}

function unsubscribe(wire: Wire, around: Surroundings): Call {
  return (...given) => {
    const args = oneObject(given);
    const subscription = args["subscription"];
    if (typeof subscription !== "object" || subscription === null) throw missing("subscription");
    const channel = channelName((subscription as Arguments)["channelName"]);
    const callback = args["callback"];
    const left = wire.unsubscribe(subscription as Subscription);
    if (left === 0) return wire.send("unsubscribe", { eventName: channel }, { callback });
    // Others still listen on the channel, so the host has nothing to do: answered here.
    if (typeof callback === "function") {
      around.later(() => callback({ success: true, returnValue: null, errors: null }));
    }
  };
}

function publish(wire: Wire): Call {
  return (...given) => {
    const args = oneObject(given);
    const eventName = channelName(args["channelName"]);
    const sent = { eventName, ...pick(args, ["message"]) };
    wire.send("publish", sent, { callback: args["callback"] });
  };
}

function oneObject(given: unknown[]): Arguments {
  const [args] = given;
  if (given.length !== 1 || typeof args !== "object" || args === null) throw new Error(ONE_OBJECT);
  if (Object.keys(args).length === 0) throw new Error(ONE_OBJECT);
  return args as Arguments;
}

function channelName(given: unknown): string {
  if (typeof given === "string" && given !== "") return given;
  throw new Error("The argument `channelName` must be a non-empty string!");
}

function pick(args: Arguments, names: readonly string[]): Arguments {
  const present = names.filter((name) => args[name] !== undefined);
  return Object.fromEntries(present.map((name) => [name, args[name]]));
}

/** Numbering, waiting callbacks, listeners and channel subscriptions. */
class Wire {
  readonly #around: Surroundings;
  readonly #waiting = new Map<number, { method: string; callback: Callback }>();
  readonly #listeners = new Map<string, Listener[]>();
  readonly #channels = new Map<string, Map<number, Listener>>();
  #nextCallId = 0;
  #nextSubscription = 1;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  send(
    methodName: string,
    args: Arguments,
    wanted: { callback?: unknown; listener?: unknown },
    isListenerRegistered = typeof wanted.listener === "function",
  ): void {
    const callId = this.#nextCallId;
    const isCallbackRegistered = typeof wanted.callback === "function";
    const { apiVersion } = this.#around;
    this.#around.post({
      methodName,
      callId,
      apiVersion,
      apiType: "opencti",
      isCallbackRegistered,
      isListenerRegistered,
      args,
    });
    this.#nextCallId += 1;
    if (isCallbackRegistered) {
      this.#waiting.set(callId, { method: methodName, callback: wanted.callback as Callback });
    }
    if (typeof wanted.listener === "function") {
      const listeners = this.#listeners.get(methodName) ?? [];
      this.#listeners.set(methodName, [...listeners, wanted.listener as Listener]);
    }
  }

  subscribe(channel: string, listener: Listener): Subscription {
    const id = this.#nextSubscription++;
    const listeners = this.#channels.get(channel) ?? new Map<number, Listener>();
    this.#channels.set(channel, listeners.set(id, listener));
    return { channelName: channel, id };
  }

  /** Takes a listener off its channel and tells how many are left there. */
  unsubscribe(subscription: Subscription): number {
    const listeners = this.#channels.get(subscription.channelName);
    listeners?.delete(subscription.id);
    return listeners?.size ?? 0;
  }

  receive(data: unknown): void {
    if (typeof data !== "object" || data === null) return;
    const message = data as Arguments;
    // The version comes back as the very number that was sent, or the message is not for us.
    if (message["apiVersion"] !== this.#around.apiVersion) return;
    const { methodName } = message;
    if (typeof methodName !== "string") return;
    if (message["shouldExecuteCallback"] === true) this.#runCallback(methodName, message);
    if (message["shouldExecuteListener"] === true) this.#runListeners(methodName, message);
  }

  #runCallback(methodName: string, message: Arguments): void {
    const callId = message["callId"];
    if (typeof callId !== "number") return;
    const waiting = this.#waiting.get(callId);
    if (waiting === undefined || waiting.method !== methodName) return;
    this.#waiting.delete(callId);
    this.#guard(() => waiting.callback(message["response"] as Response));
  }

  #runListeners(methodName: string, message: Arguments): void {
    const { eventName, response } = message;
    const listeners =
      methodName === "subscribe"
        ? [...(this.#channels.get(String(eventName))?.values() ?? [])]
        : (this.#listeners.get(methodName) ?? []);
    for (const listener of listeners) this.#guard(() => listener(response));
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
