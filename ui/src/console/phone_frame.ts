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
}

interface Surroundings {
  /** A fresh address; rejects with a sentence for the user when there is none. */
  ask(): Promise<FrameAnswer>;
  /** A new page is about to be in the frame. */
  replaced(): void;
  /** Label of the phone at rest. */
  labelled(label: string): void;
  /** Origin of our own pages, whose addresses work once only. */
  readonly pagesOrigin: string;
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
  #speaks = false;
  /** We set an address whose load has not been reported yet. */
  #expected = false;
  /** Counts requests for an address; only the answer to the last one is used. */
  #asked = 0;
  #reloads: number[] = [];
  #silence: ReturnType<typeof setTimeout> | undefined;

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
    this.#panel.show({ type: "none" });
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
    this.#load(answer, answer.url, answer.origin);
  }

  async #answer(): Promise<FrameAnswer> {
    try {
      return await this.#around.ask();
    } catch {
      return { problem: "The phone's address could not be fetched from the server." };
    }
  }

  #load(answer: FrameAnswer, url: string, origin: string): void {
    const first = this.#origin === null;
    const { frame } = this.#panel;
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
    if (this.#origin !== this.#around.pagesOrigin) return;
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
