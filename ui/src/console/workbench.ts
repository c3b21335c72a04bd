// The workbench: tabs and the panels under them. All changes of the tabs go through `dispatch`;
// what is seen, remembered and shown in the address bar follows from the state after it.

import { placeOf } from "./address.ts";
import { part, type Boot } from "./boot.ts";
import { ask, showHelp } from "./dialogs.ts";
import { element } from "./dom.ts";
import { factsOf, fetchPage } from "./fetch_page.ts";
import { followedLink, submittedForm, type Followed, type Posted } from "./intercept.ts";
import type { Cause } from "./navigation_events.ts";
import { noticeOf, Panels, type PanelEvents, type Why } from "./panels.ts";
import { forgetTabs, keepTabs, readTabs, type Storages } from "./saved_tabs.ts";
import { Dresses } from "./tab_dress.ts";
import { drawTabs, type TabActions } from "./tab_strip.tsx";
import {
  allPages,
  reduce,
  shownPage,
  startTabs,
  workspaceOf,
  type Effect,
  type Event,
  type Facts,
  type Page,
  type Tabs,
} from "./tabs.ts";
import type { Tone, Told } from "./toasts.ts";

const STORAGES: Storages = { window: () => sessionStorage, lasting: () => localStorage };

/** What the workbench tells the rest of the console. */
export interface WorkbenchEvents {
  /** Another page is in front, or the one in front changed. */
  front(page: Page, cause: Cause): void;
  toast(tone: Tone, ...told: Told[]): void;
  /** A form was taken; the page of its record came in answer. */
  saved(facts: Facts, page: string): void;
  /** The tabs are others now; `before` is null at the start. */
  changed(before: Tabs | null, after: Tabs): void;
  /** A page is to be fetched anew; false when what is in its frame wants to do that by itself. */
  mayReload(page: string): boolean;
}

export class Workbench {
  readonly #boot: Boot;
  readonly #events: WorkbenchEvents;
  readonly #panels: Panels;
  readonly #strip = part(document, "oh-tabs");
  readonly #actions: TabActions;
  /** What softphones gave their tabs. */
  readonly dresses = new Dresses();
  #tabs: Tabs;

  /** Takes over the page that the server sent with the document. */
  constructor(boot: Boot, events: WorkbenchEvents) {
    this.#boot = boot;
    this.#events = events;
    const main = part(document, "oh-main");
    const place = element("div", { id: "oh-panels" });
    main.replaceWith(place);
    this.#panels = new Panels(place, this.#panelEvents());
    this.#actions = this.#tabActions();
    const facts = factsOf(main, location.href);
    this.#tabs = startTabs(readTabs(STORAGES, boot.user.id), facts);
    const page = shownPage(this.#tabs);
    this.#panels.adopt(page.id, main);
    const notice = this.#panels.takeNotice(page.id);
    history.replaceState({ page: page.id }, "", location.pathname + location.search);
    this.#settle("shown");
    if (notice !== null) this.#tell(notice);
  }

  get front(): Page {
    return shownPage(this.#tabs);
  }

  get tabs(): Tabs {
    return this.#tabs;
  }

  /** Puts an address where a softphone says. */
  put(event: Omit<Extract<Event, { type: "put" }>, "type">): void {
    this.#dispatch({ type: "put", ...event });
  }

  /** Fetches any page anew, unless that would lose entries; `wholly` with the frame in it. */
  reload(page: string, wholly: boolean): void {
    const found = allPages(this.#tabs).find((other) => other.id === page);
    if (found === undefined) return;
    if (this.#panels.isDirty(page)) return this.#panels.markStale(page);
    if (!wholly && !this.#events.mayReload(page)) return;
    void this.#panels.load(page, found.url, "refresh");
  }

  /** What softphones gave a tab has changed. */
  redraw(): void {
    this.#draw();
    this.#events.front(this.#named(this.front), "shown");
  }

  /** Shows an address that a call asked for, without taking the keyboard from the phone. */
  pop(address: string, title: string): void {
    const place = placeOf(address, location.origin);
    if (place === null) return this.#offer(address, title);
    const spare = this.#panels.isDirty(this.#tabs.navigation.id);
    const wasInside = this.#panels.holds(document.activeElement);
    this.#dispatch({ type: "pop", url: place.url, title: title || "Loading", spare });
    if (wasInside) this.#panels.focusFront();
  }

  /** A page outside the console is not opened unasked: browsers would refuse the window. */
  #offer(address: string, title: string): void {
    if (!URL.canParse(address, location.origin)) return;
    const url = new URL(address, location.origin);
    if (url.protocol !== "http:" && url.protocol !== "https:") return;
    const link = element(
      "a",
      { href: url.href, target: "_blank", rel: "noopener" },
      title || url.host + url.pathname,
    );
    this.#events.toast("info", "The phone shows a page outside the console: ", link);
  }

  /** Fetches the page in front anew, unless that would lose entries. */
  refresh(): void {
    this.reload(this.front.id, false);
  }

  step(by: 1 | -1, among: "tabs" | "subtabs"): void {
    this.#dispatch({ type: "step", by, among });
  }

  go(to: number): void {
    this.#dispatch({ type: "go", to });
  }

  reopen(): void {
    this.#dispatch({ type: "reopen" });
  }

  /** Closes a page, after asking when entries would be lost; whether it is closed. */
  async close(page: string = this.front.id): Promise<boolean> {
    const workspace = workspaceOf(this.#tabs, page);
    if (workspace === undefined) return false;
    if (this.dresses.of(page).locked) {
      this.#events.toast("info", "The phone keeps this tab open for now.");
      return false;
    }
    const whole = workspace.pages[0]?.id === page;
    const goes = whole ? workspace.pages.map((p) => p.id) : [page];
    const onStrip = this.#strip.contains(document.activeElement);
    if (!(await this.#mayLose(goes))) return false;
    this.#dispatch({ type: "close", page });
    if (onStrip) this.#focusSelectedTab();
    else this.#panels.focusFront();
    return true;
  }

  async closeOthers(): Promise<void> {
    const others = this.#tabs.workspaces.filter((w) => w.id !== this.#tabs.focused);
    const free = others.filter((w) => !this.dresses.of(w.pages[0]!.id).locked);
    const pages = free.flatMap((w) => w.pages.map((page) => page.id));
    if (!(await this.#mayLose(pages))) return;
    if (free.length === others.length) return this.#dispatch({ type: "close_others" });
    for (const { pages } of free) this.#dispatch({ type: "close", page: pages[0]!.id });
  }

  anyDirty(): boolean {
    return this.#panels.anyDirty() || allPages(this.#tabs).some((page) => this.#isDirty(page.id));
  }

  entered(): void {
    this.#panels.markFrontDirty();
  }

  /** Forgets the tabs at sign-out. */
  forget(): void {
    forgetTabs(STORAGES, this.#boot.user.id);
  }

  /** Follows a click on a link; false leaves it to the browser. */
  follow(event: MouseEvent): boolean {
    const link = followedLink(event);
    if (link === null) return false;
    event.preventDefault();
    void this.#open(link);
    return true;
  }

  /** Sends a form; false leaves it to the browser. */
  submit(event: SubmitEvent): boolean {
    const form = submittedForm(event);
    if (form === null) return false;
    event.preventDefault();
    const inside = this.#panels.holds(event.target as Element | null);
    if (form.type === "get" && form.here && inside) this.#replace(form.url);
    else if (form.type === "get") this.#show(form.url);
    else if (inside) this.#send(form);
    else void this.#sendAside(form);
    return true;
  }

  /** The browser's back and forward buttons. */
  async traverse(state: unknown): Promise<void> {
    const url = location.pathname + location.search;
    const page = (state as { page?: unknown } | null)?.page;
    const target = allPages(this.#tabs).find((p) => p.id === page);
    const moves = target !== undefined && target.url !== url;
    if (moves && !(await this.#mayLose([target.id]))) {
      return history.pushState({ page: target.id }, "", target.url);
    }
    this.#dispatch({ type: "history", page: String(page), url });
    this.#panels.focusFront();
  }

  async #open(link: Followed): Promise<void> {
    const { url, as } = link;
    const from = this.front;
    const lost = link.insideForm ? [] : this.#replacedBy(url);
    if (!(await this.#mayLose(lost))) return;
    this.#dispatch({ type: "open", url, as, from: from.id });
    // Cancel: the form of a new record has nothing more to do once it was left.
    const cancelled = link.insideForm && from.kind === "new" && this.front.id !== from.id;
    if (cancelled) this.#dispatch({ type: "close", page: from.id });
    this.#panels.focusFront();
  }

  /** Pages whose content an address would take the place of. */
  #replacedBy(url: string): string[] {
    const key = placeOf(url)?.key;
    const page = allPages(this.#tabs).find((p) => p.key === key);
    return page === undefined || page.url === url ? [] : [page.id];
  }

  #show(url: string): void {
    this.#dispatch({ type: "open", url, as: "place", from: this.front.id });
  }

  /** The next step of a page in front, in its place. */
  #replace(url: string): void {
    void this.#panels.load(this.front.id, url, "navigate");
  }

  /** Opens an address beside the page in front. */
  openBeside(url: string): void {
    this.#dispatch({ type: "open", url, as: "subtab", from: this.front.id });
    this.#panels.focusFront();
  }

  /** Brings a page to the front, if it is still open. */
  focus(page: string): void {
    const open = allPages(this.#tabs).some((other) => other.id === page);
    if (open) this.#dispatch({ type: "focus", page });
  }

  #send(form: Posted): void {
    const { id } = this.front;
    if (this.#panels.isSending(id)) return;
    void this.#panels.load(id, form.url, "submit", form.submission);
  }

  /** Sends a form of the shell itself (Undo in a notice); its answer opens where it belongs. */
  async #sendAside(form: Posted): Promise<void> {
    const outcome = await fetchPage(form.url, form.submission, new AbortController().signal);
    if (outcome.type === "signed_out") return signIn();
    if (outcome.type === "failed") {
      return this.#events.toast("error", `${outcome.title}. ${outcome.detail}`);
    }
    if (outcome.type !== "page") return;
    const notice = noticeOf(outcome.main);
    if (notice !== null) this.#tell(notice);
    this.#panels.markOthersStale(null);
    this.#show(outcome.facts.url);
    this.#settle("shown");
  }

  async #mayLose(pages: readonly string[]): Promise<boolean> {
    if (!pages.some((page) => this.#isDirty(page))) return true;
    const text = "What you entered has not been saved and will be lost.";
    return ask("Leave without saving?", text, "Keep editing", "Discard changes");
  }

  /** Holds entries, or what a softphone's page in it says are some. */
  #isDirty(page: string): boolean {
    return this.#panels.isDirty(page) || this.dresses.of(page).unsaved === true;
  }

  /** The page as its tab is called. */
  #named(page: Page): Page {
    return { ...page, title: this.dresses.of(page.id).title ?? page.title };
  }

  #dispatch(event: Event): void {
    const before = this.front.id;
    const was = this.#tabs;
    const { tabs, effects } = reduce(this.#tabs, event);
    this.#tabs = tabs;
    for (const effect of effects) this.#carryOut(effect);
    const loadedInFront = event.type === "loaded" && event.page === this.front.id;
    if (before !== this.front.id || effects.length > 0 || loadedInFront) this.#settle("shown");
    else this.#draw();
    if (was !== this.#tabs) this.#events.changed(was, this.#tabs);
  }

  #carryOut(effect: Effect): void {
    if (effect.type === "load") return void this.#panels.load(effect.page, effect.url, "navigate");
    const state = { page: effect.page };
    if (effect.how === "push") history.pushState(state, "", effect.url);
    else history.replaceState(state, "", effect.url);
  }

  /** Makes everything that follows from the tabs follow. */
  #settle(cause: Cause): void {
    const page = this.front;
    const open = new Set(allPages(this.#tabs).map((p) => p.id));
    this.#panels.keepOnly(open);
    this.dresses.keepOnly(open);
    this.#panels.front(page.id);
    if (this.#panels.needsLoading(page.id)) {
      const why = this.#panels.isEmpty(page.id) ? "navigate" : "refresh";
      void this.#panels.load(page.id, page.url, why);
    }
    keepTabs(STORAGES, this.#boot.user.id, this.#tabs);
    this.#draw();
    this.#events.front(this.#named(page), cause);
  }

  #draw(): void {
    const dirty = (page: string): boolean => this.#isDirty(page);
    const dress = (page: string) => this.dresses.of(page);
    drawTabs(this.#strip, { tabs: this.#tabs, dirty, dress, actions: this.#actions });
  }

  #focusSelectedTab(): void {
    this.#strip.querySelector<HTMLElement>('[aria-selected="true"]')?.focus();
  }

  #tabActions(): TabActions {
    return {
      focus: (page) => this.#dispatch({ type: "focus", page }),
      close: (page) => void this.close(page),
      closeOthers: () => void this.closeOthers(),
      reopen: () => this.reopen(),
      refresh: () => this.refresh(),
      help: showHelp,
    };
  }

  #panelEvents(): PanelEvents {
    return {
      loaded: (page, facts, why, status) => this.#pageLoaded(page, facts, why, status),
      signedOut: () => signIn(),
      file: (url) => location.assign(url),
      notSent: (title, detail) => this.#events.toast("error", `${title}. ${detail}`),
      dirtyChanged: () => this.#draw(),
    };
  }

  /** Shows a page's own notice as a toast, with the offers in it but without its icon. */
  #tell(notice: HTMLElement): void {
    const given = notice.dataset["toast"] ?? "";
    const tone = TONES.has(given) ? (given as Tone) : "info";
    this.#events.toast(tone, ...[...notice.children].filter((child) => child.tagName !== "svg"));
  }

  #pageLoaded(page: string, facts: Facts, why: Why, status: number): void {
    const was = allPages(this.#tabs).find((p) => p.id === page);
    const notice = this.#panels.takeNotice(page);
    if (notice !== null) this.#tell(notice);
    if (why === "submit" && status < 400) {
      this.#panels.markOthersStale(page);
      if (notice === null) this.#events.toast("success", savedText(was?.url ?? "", facts));
    }
    this.#dispatch({ type: "loaded", page, facts });
    const isSaved = why === "submit" && status < 400 && facts.kind === "record";
    if (isSaved) this.#events.saved(facts, page);
    if (why === "refresh" && page === this.front.id) {
      this.#events.front(this.#named(this.front), "refreshed");
    }
  }
}

const TONES: ReadonlySet<string> = new Set<Tone>(["success", "info", "warning", "error"]);

function savedText(from: string, facts: Facts): string {
  if (from.split("?")[0]!.endsWith("/delete")) return "Deleted.";
  return facts.kind === "record" ? `${facts.title} was saved.` : "Saved.";
}

/** Leads to the sign-in page and back to here afterwards. */
export function signIn(): void {
  location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
}
