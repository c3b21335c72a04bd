// What the windows of one user tell each other about the phone: a click on a number in a window
// without the phone goes to the one that has it, and messages of the message service go to all.

import type { Dialled } from "./click_to_dial.ts";
import { isMessage } from "./messages.ts";
import type { Carried } from "./messages.ts";

/** What goes from window to window. */
type Told =
  | { readonly type: "message"; readonly user: string; readonly carried: Carried }
  | { readonly type: "dial"; readonly user: string; readonly dialled: Dialled }
  | { readonly type: "click_to_dial"; readonly user: string; readonly enabled: boolean }
  | { readonly type: "hello"; readonly user: string };

interface Events {
  message(carried: unknown): void;
  dial(dialled: Dialled): void;
  /** The window with the phone switched click-to-dial on or off. */
  clickToDial(enabled: boolean): void;
  /** A window opened and asks how things stand. */
  hello(): void;
}

export class Windows {
  readonly #user: string;
  readonly #channel = new BroadcastChannel("offhook.console");

  constructor(user: string, events: Events) {
    this.#user = user;
    this.#channel.addEventListener("message", ({ data }) => {
      if (!isMessage(data) || data["user"] !== user) return;
      const told = data as unknown as Told;
      if (told.type === "message") events.message(told.carried);
      if (told.type === "dial" && isMessage(told.dialled)) events.dial(told.dialled);
      if (told.type === "click_to_dial") events.clickToDial(told.enabled === true);
      if (told.type === "hello") events.hello();
    });
  }

  carry(carried: Carried): void {
    this.#tell({ type: "message", user: this.#user, carried });
  }

  dial(dialled: Dialled): void {
    this.#tell({ type: "dial", user: this.#user, dialled });
  }

  clickToDial(enabled: boolean): void {
    this.#tell({ type: "click_to_dial", user: this.#user, enabled });
  }

  hello(): void {
    this.#tell({ type: "hello", user: this.#user });
  }

  #tell(told: Told): void {
    try {
      this.#channel.postMessage(told);
    } catch (error) {
      // What cannot be cloned cannot reach another window; this one has it.
      console.warn(`Not carried to other windows: ${String(error)}`);
    }
  }
}
