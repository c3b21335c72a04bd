// The phone in the console: panel, frame and host put together. Only made for users in a call
// center.

import type { Attention } from "./attention.ts";
import { part, type Boot } from "./boot.ts";
import { ClassicHost } from "./classic_host.ts";
import { isClassic } from "./classic_wire.ts";
import { isToolkit } from "../classic/toolkit_wire.ts";
import { ClickToDial, type Dialled } from "./click_to_dial.ts";
import { Host, type Frame } from "./host.ts";
import type { Desk } from "./host_methods.ts";
import { MessageService } from "./messages.ts";
import { NavigationEvents, navigationPayload, viewInfo, type Cause } from "./navigation_events.ts";
import { PageFrames } from "./page_frames.ts";
import { PhoneFrame } from "./phone_frame.ts";
import { PhoneLeader } from "./phone_leader.ts";
import { PhonePanel } from "./phone_panel.ts";
import { callServer, hostCall, phoneFrame, recordOf, SignedOut } from "./server.ts";
import type { Page } from "./tabs.ts";
import type { Component } from "./toolkit_phone.ts";
import { Windows } from "./windows.ts";
import { workspaceFrame } from "./workspace_frames.ts";

/** What the phone asks of the console around it. */
export interface PhoneSurroundings {
  readonly boot: Boot;
  readonly attention: Attention;
  front(): Page;
  pop(url: string, title: string): void;
  refreshView(): void;
  signedOut(): void;
}

/** A reload in the middle of a call must leave the phone as it was. */
const OPEN = "offhook.phone.open";
/** The browser session fell back to the standby page. */
const STANDBY = "offhook.phone.standby";

function kept(key: string): boolean {
  try {
    return sessionStorage.getItem(key) === "yes";
  } catch {
    return false; // storage is blocked: nothing outlives a reload
  }
}

function keep(key: string, value: boolean): void {
  try {
    sessionStorage.setItem(key, value ? "yes" : "no");
  } catch {
    // storage is blocked: nothing outlives a reload
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
  readonly #windows: Windows;
  readonly #leader: PhoneLeader;
  readonly #messages: MessageService;
  #item = { resting: "Phone", label: "Phone", icon: "call" };

  constructor(around: PhoneSurroundings) {
    this.#around = around;
    this.#panel = new PhonePanel(part(document, "oh-utility"), kept(OPEN), {
      visibleChanged: (visible) => keep(OPEN, visible),
      retry: () => void this.#frame.start(),
      leaveStandby: () => this.#frame.leaveStandby(),
      takeOver: () => this.#leader.takeOver(),
    });
    this.#frame = this.#makeFrame();
    this.#windows = this.#makeWindows();
    this.#leader = new PhoneLeader(navigator.locks, around.boot.user.id, {
      gained: () => void this.#frame.start(),
      lost: () => this.#frame.elsewhere(),
    });
    this.#messages = new MessageService(
      (carried) => this.#windows.carry(carried),
      () => performance.now(),
    );
    const desk = this.#desk();
    this.#host = new Host({
      desk,
      channels: this.#messages,
      frame: () => this.#frame.trusted,
      post: (frame, message) => (frame.window as Window).postMessage(message, frame.origin),
      callServer: (request) => this.#signedIn(hostCall(around.boot, request)),
      pop: (url, title) => around.pop(url, title),
      heard: () => this.#frame.heard(),
      note: (text) => console.warn(text),
    });
    this.#classic = this.#classicHost(desk);
    const pages = this.#makePages();
    window.addEventListener("message", (event) => {
      const { source, origin, data } = event;
      if (pages.hear(event)) return;
      if (isClassic(data)) this.#classic.hear({ source, origin, data });
      else if (!isToolkit(data)) this.#host.hear(event);
    });
  }

  #makeFrame(): PhoneFrame {
    return new PhoneFrame(this.#panel, {
      ask: () => this.#signedIn(phoneFrame(this.#around.boot)),
      replaced: () => {
        this.#host.forget();
        this.#classic.forget();
      },
      leads: () => this.#leader.leads(),
      labelled: (label) => this.#rest(label),
      standby: { get: () => kept(STANDBY), set: (onStandby) => keep(STANDBY, onStandby) },
    });
  }

  #makeWindows(): Windows {
    const windows = new Windows(this.#around.boot.user.id, {
      message: (carried) => this.#messages.arrived(carried),
      dial: (dialled) => this.#sendDialled(dialled),
      clickToDial: (enabled) => {
        if (this.#frame.trusted === null) this.#setClickToDial(enabled);
      },
      hello: () => {
        if (this.#frame.trusted !== null) windows.clickToDial(this.#clickToDial.enabled);
      },
    });
    return windows;
  }

  #makePages(): PageFrames {
    const { boot } = this.#around;
    return new PageFrames({
      pagesOrigin: boot.pages_origin,
      frame: (source) => workspaceFrame(source, this.#panel.frame, boot.pages_origin),
      subscribe: (...wanted) => this.#messages.subscribe(...wanted),
      publish: (channel, message) => this.#messages.publish(channel, message),
      dial: (number, recordId, params) => void this.#dialFromPage(number, recordId, params),
    });
  }

  /** Loads the phone's page: with the console, not with the first opening of the panel. */
  start(): void {
    void this.#frame.start();
    this.#windows.hello();
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
  dial(link: Readonly<DOMStringMap>): boolean {
    if (!this.#clickToDial.enabled) return false;
    const here =
      this.#host.listens("onClickToDial") || this.#classic.listens("onClickToDial");
    if (!here && this.#frame.trusted !== null) return false;
    const dialled = this.#clickToDial.dial(link, performance.now());
    if (dialled === null) return true;
    // The phone is in this window, or in the one that switched click-to-dial on here.
    if (!here) {
      this.#windows.dial(dialled);
      return true;
    }
    this.#sendDialled(dialled);
    this.#panel.setVisible(true);
    return true;
  }

  #sendDialled(dialled: Dialled): void {
    this.#host.send("onClickToDial", dialled);
    this.#classic.dialled(dialled);
  }

  /** A page knows a record's id only; adapters hear its name and object too. */
  async #dialFromPage(number: string, id: string, params: string | undefined): Promise<void> {
    const record = id === "" ? {} : await this.#recordOf(id);
    const more = params === undefined ? {} : { params };
    if (this.dial({ number, ...record, ...more })) return;
    location.href = `tel:${number.replace(/[^+\d]/g, "")}`;
  }

  async #recordOf(id: string): Promise<Readonly<DOMStringMap>> {
    try {
      return { ...(await this.#signedIn(recordOf(this.#around.boot, id))) };
    } catch (error) {
      console.warn(`The record ${id} of a number could not be read: ${String(error)}`);
      return {};
    }
  }

  #setClickToDial(enabled: boolean): void {
    this.#clickToDial.set(enabled);
    document.body.classList.toggle("oh-click-to-dial", enabled);
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
        this.#setClickToDial(enabled);
        this.#windows.clickToDial(enabled);
      },
      initialized: () => this.#frame.initialized(),
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
