// The adapter's channels of the message service: subscribe, unsubscribe and publish of Open CTI.
// One event goes to the frame for each message, however many subscriptions its page holds.

import { expected } from "./host_methods.ts";
import { isChannel, isMessage, type Message } from "./messages.ts";
import { refused, success, type Request, type Response } from "./wire.ts";

/** The message service as the host sees it. */
export interface Channels {
  /** Listens until the answer is called; null when there are too many listeners. */
  subscribe(channel: string, listener: (message: Message) => void): (() => void) | null;
  /** False when too much is said. */
  publish(channel: string, message: Message): boolean;
}

/** The three methods. */
export const CHANNEL_METHODS: ReadonlySet<string> = new Set([
  "subscribe",
  "unsubscribe",
  "publish",
]);

export class HostChannels {
  readonly #channels: Channels;
  readonly #send: (registration: Request, channel: string, message: Message) => void;
  readonly #subscribed = new Map<string, () => void>();

  /** `send` carries a message to the frame. */
  constructor(
    channels: Channels,
    send: (registration: Request, channel: string, message: Message) => void,
  ) {
    this.#channels = channels;
    this.#send = send;
  }

  /** The page is gone, and its subscriptions with it. */
  forget(): void {
    for (const end of this.#subscribed.values()) end();
    this.#subscribed.clear();
  }

  /** Carries one of the three methods out. */
  carryOut(request: Request): Response {
    const { eventName: channel, message } = request.args;
    if (!isChannel(channel)) {
      return expected("channelName", "The name of a channel, as SampleMC__c,", channel);
    }
    if (request.methodName === "subscribe") return this.#subscribe(request, channel);
    if (request.methodName === "unsubscribe") {
      this.#subscribed.get(channel)?.();
      this.#subscribed.delete(channel);
      return success();
    }
    if (!isMessage(message)) return expected("message", "An object", message);
    if (this.#channels.publish(channel, message)) return success();
    return refused("GENERIC_ERROR", "Too many messages were published within a second.");
  }

  #subscribe(request: Request, channel: string): Response {
    if (this.#subscribed.has(channel)) return success();
    const listener = (message: Message): void => this.#send(request, channel, message);
    const end = this.#channels.subscribe(channel, listener);
    if (end === null) return refused("GENERIC_ERROR", "There are too many subscriptions.");
    this.#subscribed.set(channel, end);
    return success();
  }
}
