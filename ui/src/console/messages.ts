// The Lightning Message Service: what one part of the console says on a channel, all others that
// listen hear: the phone, pages in the workspace, and the console in other windows of the same
// browser. A channel needs no definition; its name has the documented form. Pure: the way to
// other windows is handed in.

import { isObject } from "./wire.ts";

/** How far away a listener wants to hear. */
export type Scope = "active" | "application";

/** Hears the messages of a channel. */
export type Listener = (message: Message) => void;

/** What is said on a channel: any object that JSON can hold. */
export type Message = Readonly<Record<string, unknown>>;

/** A message on its way to other windows. */
export interface Carried {
  readonly channel: string;
  readonly message: Message;
}

/** `Name__c` of this org, `Ns__Name__c` of a package. */
const CHANNEL = /^[A-Za-z][A-Za-z0-9_]{0,79}__c$/;
/** Channels with listeners, and listeners on one: beyond them a subscription is refused. */
export const CHANNELS_MAX = 100;
export const LISTENERS_MAX = 100;
/** Messages within a second: two listeners that answer each other would never end. */
export const MESSAGES_A_SECOND_MAX = 100;

/** Whether that can be the name of a channel. */
export function isChannel(name: unknown): name is string {
  return typeof name === "string" && CHANNEL.test(name);
}

/** Whether that can be said on a channel. */
export function isMessage(value: unknown): value is Message {
  return isObject(value);
}

interface Subscriber {
  readonly listener: Listener;
  readonly scope: Scope;
  /** Whether its part of the console is in front now. */
  readonly inFront: () => boolean;
}

export class MessageService {
  readonly #carry: (carried: Carried) => void;
  readonly #now_ms: () => number;
  readonly #channels = new Map<string, Set<Subscriber>>();
  #second = { began_ms: -1_000, count: 0 };

  constructor(carry: (carried: Carried) => void, now_ms: () => number) {
    this.#carry = carry;
    this.#now_ms = now_ms;
  }

  /** Listens until the answer is called; null when there are too many listeners. */
  subscribe(
    channel: string,
    listener: Listener,
    scope: Scope = "application",
    inFront: () => boolean = () => true,
  ): (() => void) | null {
    const subscribers = this.#channels.get(channel) ?? new Set<Subscriber>();
    if (subscribers.size >= LISTENERS_MAX) return null;
    if (subscribers.size === 0 && this.#channels.size >= CHANNELS_MAX) return null;
    const subscriber = { listener, scope, inFront };
    this.#channels.set(channel, subscribers.add(subscriber));
    return () => {
      subscribers.delete(subscriber);
      if (subscribers.size === 0 && this.#channels.get(channel) === subscribers) {
        this.#channels.delete(channel);
      }
    };
  }

  /** Says it here and in other windows; false when too much is said. */
  publish(channel: string, message: Message): boolean {
    if (!this.#mayGoOn()) return false;
    this.#deliver(channel, message, false);
    this.#carry({ channel, message });
    return true;
  }

  /** Takes what another window said. */
  arrived(carried: unknown): void {
    if (!isMessage(carried)) return;
    const { channel, message } = carried;
    if (isChannel(channel) && isMessage(message)) this.#deliver(channel, message, true);
  }

  #deliver(channel: string, message: Message, fromAfar: boolean): void {
    for (const { listener, scope, inFront } of [...(this.#channels.get(channel) ?? [])]) {
      if (scope === "application" || (!fromAfar && inFront())) listener(message);
    }
  }

  #mayGoOn(): boolean {
    const now_ms = this.#now_ms();
    if (now_ms - this.#second.began_ms >= 1_000) this.#second = { began_ms: now_ms, count: 0 };
    this.#second.count += 1;
    return this.#second.count <= MESSAGES_A_SECOND_MAX;
  }
}
