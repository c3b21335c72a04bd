// The library for pages of the org in the workspace: the message service as `sforce.one` has it
// (publish, subscribe, unsubscribe), and the element `<lightning-click-to-dial>`. It speaks to the
// console that the page is shown in, and to no other window.

import { PAGE_API } from "./page_wire.ts";

type Handler = (message: unknown) => void;

interface Subscription {
  readonly id: number;
}

interface One {
  publish(channel: string, message: unknown): void;
  subscribe(channel: string, handler: Handler, options?: { scope?: string }): Subscription;
  unsubscribe(subscription: Subscription): void;
}

const KEPT = "offhook.page.host";

/** The origin of the console; a page that moves on within its frame loses the referrer. */
function hostOrigin(): string | null {
  const [ancestor] = location.ancestorOrigins ?? [];
  const referrer = URL.canParse(document.referrer) ? new URL(document.referrer).origin : null;
  const seen = ancestor ?? (referrer === location.origin ? null : referrer);
  try {
    if (seen) sessionStorage.setItem(KEPT, seen);
    return seen ?? sessionStorage.getItem(KEPT);
  } catch {
    return seen; // storage is blocked
  }
}

class Wire implements One {
  readonly #origin = window.parent === window ? null : hostOrigin();
  readonly #handlers = new Map<number, Handler>();
  #next = 1;

  constructor() {
    window.addEventListener("message", (event) => {
      if (event.source !== window.parent || event.origin !== this.#origin) return;
      const { apiType, method, id, message } = (event.data ?? {}) as Record<string, unknown>;
      if (apiType !== PAGE_API || method !== "message") return;
      this.#handlers.get(id as number)?.(message);
    });
    // What an earlier page of this frame had asked for is over.
    this.send({ method: "hello" });
  }

  send(message: Record<string, unknown>): void {
    if (this.#origin === null) return;
    window.parent.postMessage({ apiType: PAGE_API, ...message }, this.#origin);
  }

  publish(channel: string, message: unknown): void {
    this.send({ method: "publish", channel, message });
  }

  subscribe(channel: string, handler: Handler, options?: { scope?: string }): Subscription {
    const id = this.#next++;
    this.#handlers.set(id, handler);
    this.send({ method: "subscribe", id, channel, scope: options?.scope });
    return { id };
  }

  unsubscribe({ id }: Subscription): void {
    this.#handlers.delete(id);
    this.send({ method: "unsubscribe", id });
  }
}

const wire = new Wire();

/** A number to dial: attributes `value`, `record-id` and `params`, as the platform's component. */
class ClickToDialElement extends HTMLElement {
  static readonly observedAttributes = ["value"];

  connectedCallback(): void {
    this.#draw();
  }

  attributeChangedCallback(): void {
    this.#draw();
  }

  #draw(): void {
    const value = this.getAttribute("value") ?? "";
    const link = document.createElement("a");
    link.href = `tel:${value.replace(/[^+\d]/g, "")}`;
    link.textContent = value;
    link.addEventListener("click", (event) => {
      event.preventDefault();
      wire.send({
        method: "dial",
        number: value,
        recordId: this.getAttribute("record-id") ?? "",
        params: this.getAttribute("params") ?? undefined,
      });
    });
    this.replaceChildren(...(value === "" ? [] : [link]));
  }
}

const global = window as { sforce?: { one?: One } };
global.sforce ??= {};
global.sforce.one ??= wire;
for (const name of ["lightning-click-to-dial", "offhook-click-to-dial"]) {
  if (customElements.get(name) === undefined) {
    customElements.define(name, class extends ClickToDialElement {});
  }
}
