// The Console Toolkit's calls about custom console components. There is one in this console: the
// phone's panel, with its button in the utility bar. The frame in it may set both; the frame of a
// tab may not.

import { styleOf, type Style } from "./tab_dress.ts";
import { done, refused, type Acts, type Args, type Caller, type Given } from "./toolkit.ts";
import type { Toolkit } from "./toolkit.ts";

/** The panel and its button, as the calls see them. */
export interface Component {
  visible(): boolean;
  setVisible(visible: boolean): void;
  setHeight(px: number): void;
  setWidth(px: number): void;
  /** The label of the button. */
  setText(text: string): void;
  /** The key of a utility icon, or the address of a picture. */
  setIcon(icon: string): void;
  setStyle(style: Style): void;
}

/** Calls of this room. */
export type PhoneActs = Pick<
  Acts,
  | `${"blink" | "scroll" | "set"}CustomConsoleComponentButtonText`
  | `setCustomConsoleComponent${"ButtonIconUrl" | "ButtonStyle" | "Height" | "Width"}`
  | `setCustomConsoleComponent${"Visible" | "WindowVisible"}`
  | `isCustomConsoleComponent${"Hidden" | "PoppedOut" | "WindowHidden"}`
  | "isInCustomConsoleComponent"
  | "onCustomConsoleComponentButtonClicked"
>;

/** Pixels of the panel. */
const SIZE_PX = { min: 80, max: 2_560 } as const;
/** A label that changes faster than this cannot be read. */
const INTERVAL_MS = { min: 100, max: 60_000 } as const;
const TEXT_LENGTH_MAX = 255;
const IN_A_TAB = "Only the page in the phone's panel is in a custom console component.";

/** Moves a label by time. */
export class Label {
  readonly #show: (text: string) => void;
  #text = "Phone";
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(show: (text: string) => void) {
    this.#show = show;
  }

  set(text: string): void {
    clearInterval(this.#timer);
    this.#text = text;
    this.#show(text);
  }

  blink(other: string, interval_ms: number): void {
    let on = false;
    this.#every(interval_ms, () => this.#show((on = !on) ? other : this.#text));
  }

  scroll(interval_ms: number, left: boolean): void {
    const text = `${this.#text}   `;
    let at = 0;
    this.#every(interval_ms, () => {
      at = (at + (left ? 1 : text.length - 1)) % text.length;
      this.#show((text.slice(at) + text.slice(0, at)).trim());
    });
  }

  #every(interval_ms: number, run: () => void): void {
    clearInterval(this.#timer);
    this.#timer = setInterval(run, interval_ms);
  }
}

/** The calls, on the phone; there is none for users outside of call centers. */
export function phoneActs(toolkit: Toolkit, phone: Component | null): PhoneActs {
  const label = new Label((text) => phone?.setText(text));
  const inPhone =
    (act: (phone: Component, args: Args, caller: Caller) => Given | null) =>
    (args: Args, caller: Caller): Given | null =>
      phone === null || caller.frame.page !== null ? refused(IN_A_TAB) : act(phone, args, caller);
  const visible = inPhone((phone, { visible }) => {
    if (typeof visible !== "boolean") return refused("visible: a boolean was expected.");
    phone.setVisible(visible);
    return done();
  });
  const hidden = inPhone((phone) => done({ hidden: !phone.visible() }));
  const size = (name: string, set: (phone: Component, px: number) => void) =>
    inPhone((phone, args) => {
      const px = args[name];
      if (typeof px !== "number" || px < 0) return refused(`${name}: a number was expected.`);
      set(phone, Math.min(Math.max(px, SIZE_PX.min), SIZE_PX.max));
      return done();
    });
  return {
    ...buttonActs(label, inPhone),
    setCustomConsoleComponentVisible: visible,
    setCustomConsoleComponentWindowVisible: visible,
    isCustomConsoleComponentHidden: hidden,
    isCustomConsoleComponentWindowHidden: hidden,
    isCustomConsoleComponentPoppedOut: inPhone(() => done({ poppedOut: false })),
    isInCustomConsoleComponent: (_, { frame }) =>
      done({ inCustomConsoleComponent: frame.page === null }),
    setCustomConsoleComponentHeight: size("height", (phone, px) => phone.setHeight(px)),
    setCustomConsoleComponentWidth: size("width", (phone, px) => phone.setWidth(px)),
    onCustomConsoleComponentButtonClicked: inPhone((_phone, _args, caller) =>
      toolkit.listen("onCustomConsoleComponentButtonClicked", caller),
    ),
  };
}

type InPhone = (
  act: (phone: Component, args: Args, caller: Caller) => Given | null,
) => (args: Args, caller: Caller) => Given | null;

function buttonActs(label: Label, inPhone: InPhone) {
  return {
    setCustomConsoleComponentButtonText: inPhone((_, { text }) => {
      label.set(String(text ?? "").slice(0, TEXT_LENGTH_MAX));
      return done();
    }),
    blinkCustomConsoleComponentButtonText: inPhone((_, { alternateText, interval }) => {
      const every = intervalOf(interval);
      if (every === null) return refused("interval: milliseconds were expected.");
      label.blink(String(alternateText ?? "").slice(0, TEXT_LENGTH_MAX), every);
      return done();
    }),
    scrollCustomConsoleComponentButtonText: inPhone((_, { interval, isLeftScrolling }) => {
      const every = intervalOf(interval);
      if (every === null) return refused("interval: milliseconds were expected.");
      label.scroll(every, isLeftScrolling !== false);
      return done();
    }),
    setCustomConsoleComponentButtonIconUrl: inPhone((phone, { iconURL }) => {
      const icon = String(iconURL ?? "");
      const known = /^([a-z0-9_]+|(https?:\/\/|data:image\/|\/)\S+)$/i.test(icon);
      if (!known || icon.length > 8_192) return refused("iconURL: an address was expected.");
      phone.setIcon(icon);
      return done();
    }),
    setCustomConsoleComponentButtonStyle: inPhone((phone, { style }) => {
      const taken = styleOf(String(style ?? ""), "tab");
      if (style && taken === null) return refused("The style has nothing that the button takes.");
      phone.setStyle(taken ?? {});
      return done();
    }),
  };
}

function intervalOf(given: unknown): number | null {
  if (typeof given !== "number" || !(given > 0)) return null;
  return Math.min(Math.max(given, INTERVAL_MS.min), INTERVAL_MS.max);
}
