// The phone in the console: panel, frame and host put together. Only made for users in a call
// center.

import type { Attention } from "./attention.ts";
import { part, type Boot } from "./boot.ts";
import { ClassicHost } from "./classic_host.ts";
import { isClassic } from "./classic_wire.ts";
import { isToolkit } from "../classic/toolkit_wire.ts";
import { ClickToDial } from "./click_to_dial.ts";
import { Host, type Frame } from "./host.ts";
import type { Desk } from "./host_methods.ts";
import { NavigationEvents, navigationPayload, viewInfo, type Cause } from "./navigation_events.ts";
import { PhoneFrame } from "./phone_frame.ts";
import { PhonePanel } from "./phone_panel.ts";
import { callServer, hostCall, phoneFrame, SignedOut } from "./server.ts";
import type { Page } from "./tabs.ts";
import type { Component } from "./toolkit_phone.ts";

/** What the phone asks of the console around it. */
export interface PhoneSurroundings {
  readonly boot: Boot;
  readonly attention: Attention;
  front(): Page;
  pop(url: string, title: string): void;
  refreshView(): void;
  signedOut(): void;
}

const OPEN = "offhook.phone.open";

/** A reload in the middle of a call must leave the phone as it was. */
function wasOpen(): boolean {
  try {
    return sessionStorage.getItem(OPEN) === "yes";
  } catch {
    return false; // storage is blocked: the phone starts minimised
  }
}

function keepOpen(open: boolean): void {
  try {
    sessionStorage.setItem(OPEN, open ? "yes" : "no");
  } catch {
    // storage is blocked: the phone is minimised after a reload
  }
}

export class Phone {
  readonly #around: PhoneSurroundings;
  readonly #panel: PhonePanel;
  readonly #frame: PhoneFrame;
  readonly #host: Host;
  readonly #classic: ClassicHost;
  readonly #clickToDial = new ClickToDial();
  readonly #navigation = new NavigationEvents();
  #item = { resting: "Phone", label: "Phone", icon: "call" };

  constructor(around: PhoneSurroundings) {
    this.#around = around;
    this.#panel = new PhonePanel(part(document, "oh-utility"), wasOpen(), {
      visibleChanged: keepOpen,
      retry: () => void this.#frame.start(),
    });
    this.#frame = new PhoneFrame(this.#panel, {
      ask: () => this.#signedIn(phoneFrame(around.boot)),
      replaced: () => {
        this.#host.forget();
        this.#classic.forget();
      },
      labelled: (label) => this.#rest(label),
      pagesOrigin: around.boot.pages_origin,
    });
    const desk = this.#desk();
    this.#host = new Host({
      desk,
      frame: () => this.#frame.trusted,
      post: (frame, message) => (frame.window as Window).postMessage(message, frame.origin),
      callServer: (request) => this.#signedIn(hostCall(around.boot, request)),
      pop: (url, title) => around.pop(url, title),
      heard: () => this.#frame.heard(),
      note: (text) => console.warn(text),
    });
    this.#classic = this.#classicHost(desk);
    window.addEventListener("message", (event) => {
      const { source, origin, data } = event;
      if (isClassic(data)) this.#classic.hear({ source, origin, data });
      else if (!isToolkit(data)) this.#host.hear(event);
    });
  }

  /** Loads the phone's page: with the console, not with the first opening of the panel. */
  start(): void {
    void this.#frame.start();
  }

  /** The frame as the Console Toolkit hears it. */
  get toolkitFrame(): Frame | null {
    return this.#frame.trusted;
  }

  /** The panel and its button as a custom console component. */
  get component(): Component {
    const panel = this.#panel;
    return {
      visible: () => panel.visible,
      setVisible: (visible) => panel.setVisible(visible),
      setHeight: (px) => panel.setHeight(px),
      setWidth: (px) => panel.setWidth(px),
      setText: (label) => this.#setItem({ label }),
      setIcon: (icon) => {
        if (/^[a-z0-9_]+$/i.test(icon)) this.#setItem({ icon: icon.toLowerCase() });
        else panel.setItemPicture(icon);
      },
      setStyle: (style) => panel.setItemStyle(style),
    };
  }

  /** Runs when the user presses the phone's button. */
  onPressed(run: (visible: boolean) => void): void {
    this.#panel.pressed = run;
  }

  toggle(): void {
    if (this.#panel.visible) this.#panel.setVisible(false);
    else this.#panel.enter();
  }

  /** Tells the adapter of the page in front, where the rules of navigation say so. */
  navigated(page: Page, cause: Cause): void {
    const payload = this.#navigation.next(page, cause, location.origin);
    if (payload !== null) this.#host.send("onNavigationChange", payload);
    if (page.kind !== "") this.#classic.focused(navigationPayload(page, location.origin));
    if (cause === "refreshed") this.#classic.updated();
  }

  /** Takes a click on a phone number; false leaves it to the browser's `tel:` link. */
  dial(link: HTMLElement): boolean {
    const listens = this.#host.listens("onClickToDial") || this.#classic.listens("onClickToDial");
    if (!this.#clickToDial.enabled || !listens) return false;
    const dialled = this.#clickToDial.dial(link.dataset, performance.now());
    if (dialled !== null) {
      this.#host.send("onClickToDial", dialled);
      this.#classic.dialled(dialled);
      this.#panel.setVisible(true);
    }
    return true;
  }

  #rest(resting: string): void {
    this.#panel.setPanelLabel(resting);
    this.#setItem({ resting, label: resting });
  }

  /**
   * Label and icon are all an adapter can say of its state: what goes beyond the resting label
   * ("Phone", "Phone (away)") is a call, and a call with the icon of incoming ones rings.
   */
  #setItem(change: Partial<{ resting: string; label: string; icon: string }>): void {
    this.#item = { ...this.#item, ...change };
    const { resting, icon } = this.#item;
    const label = this.#item.label || resting;
    const busy = !label.startsWith(resting);
    this.#panel.setItemLabel(label);
    this.#panel.setItemIcon(icon);
    this.#panel.setUrgency(!busy ? "rest" : icon.startsWith("incoming") ? "ringing" : "busy");
    this.#around.attention.phone(label, busy);
  }

  #classicHost(desk: Desk): ClassicHost {
    const { boot } = this.#around;
    return new ClassicHost({
      desk,
      frame: () => this.#frame.trusted,
      nonce: () => this.#frame.nonce,
      post: (frame, message) => (frame.window as Window).postMessage(message, frame.origin),
      ask: (method, args) => this.#signedIn(callServer(boot, method, args)),
      pop: (url, title) => this.#around.pop(url, title),
      reloadFrame: () => void this.#frame.start(),
      heard: () => this.#frame.heard(),
      note: (text) => console.warn(text),
    });
  }

  #desk(): Desk {
    const panel = this.#panel;
    return {
      viewInfo: () => viewInfo(this.#around.front(), location.origin),
      refreshView: () => this.#around.refreshView(),
      setClickToDial: (enabled) => {
        this.#clickToDial.set(enabled);
        document.body.classList.toggle("oh-click-to-dial", enabled);
      },
      // The panel's spinner goes with the first message of the adapter, so nothing waits for this.
      initialized: () => undefined,
      panelVisible: () => panel.visible,
      setPanelVisible: (visible) => panel.setVisible(visible),
      setPanelHeight: (px) => panel.setHeight(px),
      setPanelWidth: (px) => panel.setWidth(px),
      setPanelLabel: (label) => panel.setPanelLabel(label),
      setPanelIcon: (key) => panel.setPanelIcon(key),
      setItemLabel: (label) => this.#setItem({ label }),
      setItemIcon: (icon) => this.#setItem({ icon }),
    };
  }

  async #signedIn<Answer>(asked: Promise<Answer>): Promise<Answer> {
    try {
      return await asked;
    } catch (error) {
      if (error instanceof SignedOut) this.#around.signedOut();
      throw error;
    }
  }
}
