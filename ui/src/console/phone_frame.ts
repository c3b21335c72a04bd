// The life of the phone's page in its frame: asks the server for an address, loads it when the
// console starts, notices when it stays silent or starts over. The frame element itself is the
// panel's and is never replaced; only its address changes.

import type { Frame } from "./host.ts";
import type { PhonePanel } from "./phone_panel.ts";

/** What `POST /host/phone-frame` answers. */
export interface FrameAnswer {
  readonly url?: string;
  readonly origin?: string;
  readonly height?: number;
  readonly width?: number;
  readonly label?: string;
  readonly problem?: string | null;
  readonly allow?: string;
  /** `classic`: the phone stands in a side bar beside the pages. */
  readonly layout?: "classic" | "lightning";
  /** Our own softphone: each load of its page needs a fresh address. */
  readonly own?: boolean;
  /** The page to fall back to when the adapter does not say in time that it is ready. */
  readonly standby?: StandbyPage | null;
}

/** The standby page of a call center. */
export interface StandbyPage {
  readonly url: string;
  readonly origin: string;
  readonly timeout_ms: number;
}

interface Surroundings {
  /** A fresh address; rejects with a sentence for the user when there is none. */
  ask(): Promise<FrameAnswer>;
  /** A new page is about to be in the frame. */
  replaced(): void;
  /** Whether this window may load the page of an adapter: one of all windows does. */
  leads(): Promise<boolean>;
  /** Label of the phone at rest. */
  labelled(label: string): void;
  /** Whether this browser session fell back to the standby page, and stays there. */
  readonly standby: { get(): boolean; set(onStandby: boolean): void };
}

/** An adapter that has said nothing by then is reported as failed. */
const SILENT_MS = 10_000;
/** More reloads of its own within a minute than this are a loop, and it is left alone. */
const RELOADS_A_MINUTE_MAX = 6;

export class PhoneFrame {
  readonly #panel: PhonePanel;
  readonly #around: Surroundings;
  #origin: string | null = null;
  #nonce = "";
  #own = false;
  #dressed = false;
  #speaks = false;
  /** The adapter has a standby page and has not said that it is ready. */
  #awaited = false;
  /** We set an address whose load has not been reported yet. */
  #expected = false;
  /** Counts requests for an address; only the answer to the last one is used. */
  #asked = 0;
  #reloads: number[] = [];
  #silence: ReturnType<typeof setTimeout> | undefined;
  #fallback: ReturnType<typeof setTimeout> | undefined;

  constructor(panel: PhonePanel, around: Surroundings) {
    this.#panel = panel;
    this.#around = around;
    panel.frame.addEventListener("load", () => this.#loaded());
  }

  /** The frame as the host may trust it. */
  get trusted(): Frame | null {
    const { contentWindow } = this.#panel.frame;
    if (contentWindow === null || this.#origin === null) return null;
    return { window: contentWindow, origin: this.#origin };
  }

  /** The nonce in the address of the page, which messages of the Classic wire carry. */
  get nonce(): string {
    return this.#nonce;
  }

  /** The adapter said something. */
  heard(): void {
    if (this.#speaks) return;
    this.#speaks = true;
    clearTimeout(this.#silence);
    if (!this.#awaited) this.#panel.show({ type: "none" });
  }

  /** The adapter said that it is ready: there is no falling back any more. */
  initialized(): void {
    clearTimeout(this.#fallback);
    this.#awaited = false;
    this.#panel.show({ type: "none" });
  }

  /** Back from the standby page to the adapter. */
  leaveStandby(): void {
    this.#around.standby.set(false);
    void this.start();
  }

  /** Another window has the phone: the adapter's page goes from this one. */
  elsewhere(): void {
    const text = "The phone is open in another window of this browser.";
    this.#panel.show({ type: "elsewhere", text });
    this.#asked += 1;
    clearTimeout(this.#silence);
    clearTimeout(this.#fallback);
    if (this.#origin === null) return;
    this.#origin = null;
    this.#around.replaced();
    this.#panel.frame.src = "about:blank";
  }

  /** Loads the phone, or loads it again from a fresh address. */
  async start(): Promise<void> {
    this.#panel.show({ type: "loading" });
    const asked = ++this.#asked;
    const answer = await this.#answer();
    if (asked !== this.#asked) return;
    if (answer.problem || !answer.url || !answer.origin) {
      const text = answer.problem || "The server gave no address for the phone.";
      return this.#panel.show({ type: "problem", text });
    }
    if (answer.own !== true && !(await this.#around.leads())) return this.elsewhere();
    if (asked !== this.#asked) return;
    const { standby } = answer;
    const onStandby = Boolean(standby) && this.#around.standby.get();
    this.#panel.setStandby(onStandby);
    if (standby && onStandby) return this.#load(answer, standby.url, standby.origin);
    this.#load(answer, answer.url, answer.origin);
    if (!standby) return;
    this.#awaited = true;
    this.#fallback = setTimeout(() => this.#fallBack(answer, standby), standby.timeout_ms);
  }

  /** Once on standby, the browser session stays there. */
  #fallBack(answer: FrameAnswer, standby: StandbyPage): void {
    this.#around.standby.set(true);
    this.#panel.setStandby(true);
    this.#load(answer, standby.url, standby.origin);
  }

  async #answer(): Promise<FrameAnswer> {
    try {
      return await this.#around.ask();
    } catch {
      return { problem: "The phone's address could not be fetched from the server." };
    }
  }

  #load(answer: FrameAnswer, url: string, origin: string): void {
    const first = !this.#dressed;
    const { frame } = this.#panel;
    this.#own = answer.own === true;
    this.#awaited = false;
    clearTimeout(this.#fallback);
    this.#around.replaced();
    this.#origin = origin;
    this.#nonce = new URL(url).searchParams.getAll("nonce").at(-1) ?? "";
    this.#speaks = false;
    this.#expected = true;
    if (first) this.#dress(answer);
    frame.src = url;
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#tooSilent(origin), SILENT_MS);
  }

  /** Size and label hold for the first load; afterwards they are what the adapter made of them. */
  #dress(answer: FrameAnswer): void {
    const { frame } = this.#panel;
    this.#dressed = true;
    // No sandbox: adapters open sign-in windows and keep settings. The other origin is the wall.
    document.body.classList.toggle("oh-side-phone", answer.layout === "classic");
    frame.allow = answer.allow ?? "";
    frame.referrerPolicy = "strict-origin-when-cross-origin";
    if (answer.width) this.#panel.setWidth(answer.width);
    if (answer.height) this.#panel.setHeight(answer.height);
    this.#around.labelled(answer.label ?? "Phone");
  }

  #loaded(): void {
    if (this.#origin === null) return; // the empty document before the first address
    if (this.#expected) {
      this.#expected = false;
      return;
    }
    // The page started over by itself. Our own page needs a new address for that, as its token is
    // spent; other adapters may be walking through a sign-in and are left to it.
    if (!this.#own) return;
    const minuteAgo = performance.now() - 60_000;
    this.#reloads = [...this.#reloads.filter((at) => at > minuteAgo), performance.now()];
    if (this.#reloads.length <= RELOADS_A_MINUTE_MAX) return void this.start();
    const text = "The phone keeps loading again. Ask your administrator to look at its address.";
    this.#panel.show({ type: "silent", text });
  }

  #tooSilent(origin: string): void {
    const text = this.#expected
      ? `The phone at ${origin} has not loaded. Check that this computer can reach that address.`
      : `The phone at ${origin} has not spoken to this console. If it waits for a sign-in, sign ` +
        "in below. If the space below is empty, it may refuse to be shown in this window; your " +
        "administrator finds the reason in Setup, Call Centers.";
    this.#panel.show({ type: "silent", text });
  }
}
