// The Console Toolkit in this window: ties its rooms to the workbench, the phone, the header and
// the server.

import { placeOf, webTab } from "./address.ts";
import type { Attention } from "./attention.ts";
import type { Boot } from "./boot.ts";
import { popOf, type Objects } from "./classic_addresses.ts";
import type { ServerAnswer } from "./host.ts";
import { callServer } from "./server.ts";
import { Toolkit, type ToolkitFrame } from "./toolkit.ts";
import { callActs } from "./toolkit_calls.ts";
import { leftToFrame, tellChange, tellLogout, tellSaved } from "./toolkit_events.ts";
import { phoneActs, type Component } from "./toolkit_phone.ts";
import { tabActs, type TabDesk } from "./toolkit_tabs.ts";
import { windowActs, type NavigationItem, type WindowDesk } from "./toolkit_window.ts";
import type { Tabs } from "./tabs.ts";
import type { Workbench } from "./workbench.ts";

/** The phone as the toolkit sees it. */
export interface ToolkitPhone {
  readonly component: Component;
  /** The frame in the panel, as far as it may be trusted. */
  readonly toolkitFrame: Omit<ToolkitFrame, "page"> | null;
  /** Its button in the utility bar was pressed. */
  onPressed(run: (visible: boolean) => void): void;
}

interface Surroundings {
  readonly boot: Boot;
  readonly workbench: Workbench;
  readonly attention: Attention;
  readonly phone: ToolkitPhone | null;
}

const FRAMES = "iframe.oh-web-tab";

/** The toolkit with everything that its calls reach. */
export class ConsoleToolkit {
  readonly #toolkit: Toolkit;
  readonly #around: Surroundings;
  #objects: Promise<Objects> | null = null;

  constructor(around: Surroundings) {
    this.#around = around;
    this.#toolkit = new Toolkit({
      frames: () => this.#frames(),
      post: (frame, message) => (frame.window as Window).postMessage(message, frame.origin),
      note: (text) => console.warn(text),
    });
    const tabs = this.#tabDesk();
    this.#toolkit.use({
      ...tabActs(tabs),
      ...callActs(this.#toolkit),
      ...phoneActs(this.#toolkit, around.phone?.component ?? null),
      ...windowActs(this.#toolkit, this.#windowDesk(tabs)),
    });
    around.phone?.onPressed((windowVisible) => {
      this.#toolkit.emit("onCustomConsoleComponentButtonClicked", { windowVisible });
    });
    window.addEventListener("message", (event) => this.#toolkit.hear(event));
  }

  changed(before: Tabs | null, after: Tabs): void {
    if (before !== null) tellChange(this.#toolkit, before, after);
  }

  saved(page: string, recordId: string): void {
    tellSaved(this.#toolkit, this.#around.workbench.tabs, page, recordId);
  }

  mayReload(page: string): boolean {
    return !leftToFrame(this.#toolkit, this.#around.workbench.tabs, page);
  }

  signedOut(): void {
    tellLogout(this.#toolkit);
  }

  #frames(): ToolkitFrame[] {
    const { phone } = this.#around;
    const own = phone?.toolkitFrame;
    const inTabs = [...document.querySelectorAll<HTMLIFrameElement>(FRAMES)].map((frame) => ({
      window: frame.contentWindow,
      origin: new URL(frame.src).origin,
      page: frame.closest(".oh-panel")?.id.replace("oh-panel-", "") ?? null,
    }));
    const known = inTabs.filter((frame) => frame.window !== null && frame.page !== null);
    return own ? [{ ...own, page: null }, ...known] : known;
  }

  #ask(method: string, args: Record<string, unknown>): Promise<ServerAnswer> {
    return callServer(this.#around.boot, method, args);
  }

  #words(): Promise<Objects> {
    this.#objects ??= this.#ask("classic.objects", {})
      .then(({ reply }) => (reply.returnValue ?? {}) as Objects)
      .catch(() => {
        this.#objects = null;
        return {};
      });
    return this.#objects;
  }

  #tabDesk(): TabDesk {
    const { workbench } = this.#around;
    return {
      tabs: () => workbench.tabs,
      dresses: workbench.dresses,
      put: (event) => workbench.put(event),
      focus: (page) => workbench.focus(page),
      close: (page) => workbench.close(page),
      reopen: () => workbench.reopen(),
      reload: (page, wholly) => workbench.reload(page, wholly),
      redraw: () => workbench.redraw(),
      address: (url) => this.#address(url),
      objects: () => this.#words(),
      origin: location.origin,
    };
  }

  /** A page of the console, one that may be shown in a tab, or a Classic address of a record. */
  async #address(given: string): Promise<{ url: string } | { problem: string }> {
    const { boot, phone } = this.#around;
    if (!URL.canParse(given, location.origin)) return { problem: "A URL was expected." };
    const url = new URL(given, location.origin);
    if (url.origin !== location.origin) {
      const ours = url.origin === boot.pages_origin || url.origin === phone?.toolkitFrame?.origin;
      if (ours) return { url: webTab(url.href) };
      return { problem: "Only pages of this server and of the phone's own address have tabs." };
    }
    const path = url.pathname + url.search + url.hash;
    const place = placeOf(path);
    if (place !== null && url.pathname !== "/") return { url: place.url };
    const pop = popOf(path, await this.#words()) ?? { type: "url", params: { url: path } };
    const { reply, navigate } = await this.#ask("screenPop", { ...pop });
    if (reply.success && navigate) return { url: navigate };
    return { problem: reply.errors?.[0]?.description ?? "There is no such page." };
  }

  #windowDesk(tabs: TabDesk): WindowDesk {
    const { workbench, attention } = this.#around;
    return {
      tabs,
      navigation: () => headerItems(workbench.tabs.navigation.url),
      navigate: (url) => workbench.pop(url, ""),
      refreshNavigation: () => workbench.reload(workbench.tabs.navigation.id, false),
      addTitle: (title) => attention.addTitle(title),
      removeTitle: (title) => attention.removeTitle(title),
      ask: async (method, args) => {
        const { reply } = await this.#ask(method, args);
        return reply.success ? reply.returnValue : null;
      },
      every: (ms, run) => {
        const timer = setInterval(() => {
          if (!document.hidden) run();
        }, ms);
        return () => clearInterval(timer);
      },
    };
  }
}

/** The entries of the header, and which of them the navigation tab shows. */
function headerItems(shown: string): NavigationItem[] {
  const links = [...document.querySelectorAll<HTMLAnchorElement>("#oh-header nav a")];
  const area = (path: string): string => path.split("?")[0]!.split("/").slice(0, 4).join("/");
  return links.map((link) => ({
    label: link.textContent?.trim() ?? "",
    url: link.pathname + link.search,
    selected: area(link.pathname) === area(shown),
  }));
}
