// The utility bar with its one item, Phone, and the panel that docks above it. Built once and never
// again: the frame inside must stay the same element for as long as the console lives, because a
// frame that is moved or drawn anew loads its page anew.

import { element, icon, iconButton, symbol } from "./dom.ts";

/** What the panel shows around its frame. */
export type Notice =
  | { readonly type: "none" }
  | { readonly type: "loading" }
  /** The adapter is silent; its page stays visible, as it may show a sign-in form. */
  | { readonly type: "silent"; readonly text: string }
  /** Another window has the phone. */
  | { readonly type: "elsewhere"; readonly text: string }
  /** There is nothing to show but the reason. */
  | { readonly type: "problem"; readonly text: string };

interface Events {
  /** The panel was opened or minimised, by whomever. */
  visibleChanged(visible: boolean): void;
  retry(): void;
  leaveStandby(): void;
  /** The user wants the phone in this window. */
  takeOver(): void;
}

export class PhonePanel {
  readonly frame: HTMLIFrameElement;
  readonly #panel: HTMLElement;
  readonly #button: HTMLButtonElement;
  readonly #item: { icon: SVGSVGElement; label: HTMLElement };
  readonly #header: { icon: SVGSVGElement; label: HTMLElement };
  readonly #notice: HTMLElement;
  readonly #standby = iconButton("utility", "refresh", "Leave the standby page: load the phone");
  readonly #events: Events;
  readonly #picture = element("img", { class: "oh-utility__picture", alt: "" });
  /** The button was pressed, with what became of the panel. */
  pressed: (visible: boolean) => void = () => undefined;

  /** Fills `bar`, the footer of the page. */
  constructor(bar: HTMLElement, visible: boolean, events: Events) {
    this.#events = events;
    this.#item = {
      icon: icon("utility", "call", "slds-button__icon oh-utility__icon"),
      label: element("span", { class: "slds-utility-bar__text" }, "Phone"),
    };
    this.#header = {
      icon: icon("utility", "call", "slds-icon slds-icon_x-small oh-phone-panel__icon"),
      label: element("h2", { id: "oh-phone-title", class: "oh-phone-panel__title" }, "Phone"),
    };
    this.#button = this.#makeButton();
    this.#notice = element("div", { class: "oh-phone-panel__notice", role: "status" });
    this.frame = element("iframe", { class: "oh-phone-panel__frame", title: "Phone" });
    this.#panel = this.#makePanel();
    const items = element(
      "ul",
      { class: "slds-utility-bar oh-utility" },
      element("li", { class: "slds-utility-bar__item" }, this.#button),
    );
    bar.classList.add("slds-utility-bar_container");
    bar.setAttribute("aria-label", "Utility bar");
    bar.append(this.#panel, items);
    bar.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.visible) this.#toggle(false);
    });
    this.setVisible(visible);
  }

  get visible(): boolean {
    return this.#button.getAttribute("aria-expanded") === "true";
  }

  setVisible(visible: boolean): void {
    // A minimised panel keeps its frame running; only sight and keyboard are taken from it.
    this.#panel.classList.toggle("slds-is-open", visible);
    this.#panel.inert = !visible;
    this.#button.setAttribute("aria-expanded", String(visible));
    this.#button.parentElement?.classList.toggle("slds-is-active", visible);
    this.#events.visibleChanged(visible);
  }

  /** Opens the panel and moves the keyboard into it. */
  enter(): void {
    this.setVisible(true);
    this.frame.focus();
  }

  /** Whether the frame holds the standby page; then the header has a way back. */
  setStandby(onStandby: boolean): void {
    this.#standby.hidden = !onStandby;
  }

  setWidth(px: number): void {
    // On the root, as a phone in a side bar moves the pages aside by as much.
    document.documentElement.style.setProperty("--oh-phone-width", `${px}px`);
  }

  /** The height of the frame; the panel's header comes on top of it. */
  setHeight(px: number): void {
    this.#panel.style.setProperty("--oh-phone-height", `${px}px`);
  }

  setPanelLabel(label: string): void {
    this.#header.label.textContent = label;
    this.frame.title = label;
  }

  setItemLabel(label: string): void {
    this.#item.label.textContent = label;
  }

  setPanelIcon(key: string): void {
    this.#header.icon.firstElementChild?.setAttribute("href", symbol("utility", key));
  }

  /** A picture in the place of the item's icon. */
  setItemPicture(url: string): void {
    this.#picture.src = url;
    this.#item.icon.before(this.#picture);
    this.#item.icon.classList.add("slds-hide");
  }

  /** Colours of the item; those of before go. */
  setItemStyle(style: Readonly<Record<string, string>>): void {
    this.#button.removeAttribute("style");
    for (const [name, value] of Object.entries(style)) this.#button.style.setProperty(name, value);
  }

  setItemIcon(key: string): void {
    this.#picture.remove();
    this.#item.icon.classList.remove("slds-hide");
    this.#item.icon.firstElementChild?.setAttribute("href", symbol("utility", key));
  }

  /** How much the item wants to be looked at. */
  setUrgency(urgency: "rest" | "busy" | "ringing"): void {
    this.#button.dataset["urgency"] = urgency;
  }

  show(notice: Notice): void {
    this.#panel.dataset["notice"] = notice.type;
    this.#button.classList.toggle("oh-utility__button_failed", notice.type === "problem");
    if (notice.type === "none") return this.#notice.replaceChildren();
    if (notice.type === "loading") {
      const text = element("span", { class: "slds-assistive-text" }, "The phone is loading");
      return this.#notice.replaceChildren(element("div", { class: "oh-spinner" }, text));
    }
    const again = element(
      "button",
      { type: "button", class: "slds-button slds-button_neutral" },
      notice.type === "elsewhere" ? "Use the phone here" : "Load the phone again",
    );
    again.addEventListener("click", () => {
      if (notice.type === "elsewhere") this.#events.takeOver();
      else this.#events.retry();
    });
    const sign = notice.type === "elsewhere" ? "info" : "warning";
    this.#notice.replaceChildren(
      icon("utility", sign, `slds-icon slds-icon_small slds-icon-text-${tone(sign)}`),
      element("p", {}, notice.text),
      again,
    );
  }

  #makeButton(): HTMLButtonElement {
    const button = element(
      "button",
      {
        type: "button",
        class: "slds-button slds-utility-bar__action oh-utility__button",
        "aria-controls": "oh-phone",
      },
      this.#item.icon,
      this.#item.label,
    );
    button.addEventListener("click", () => {
      this.#toggle(!this.visible);
      this.pressed(this.visible);
    });
    return button;
  }

  #makePanel(): HTMLElement {
    const minimise = iconButton("utility", "minimize_window", "Minimise the phone");
    minimise.addEventListener("click", () => this.#toggle(false));
    this.#standby.hidden = true;
    this.#standby.addEventListener("click", () => this.#events.leaveStandby());
    return element(
      "section",
      { id: "oh-phone", class: "oh-phone-panel", "aria-labelledby": "oh-phone-title" },
      element(
        "div",
        { class: "oh-phone-panel__header" },
        this.#header.icon,
        this.#header.label,
        this.#standby,
        minimise,
      ),
      element("div", { class: "oh-phone-panel__body" }, this.#notice, this.frame),
    );
  }

  #toggle(visible: boolean): void {
    this.setVisible(visible);
    if (!visible) this.#button.focus();
  }
}

function tone(sign: "info" | "warning"): string {
  return sign === "info" ? "default" : "warning";
}
