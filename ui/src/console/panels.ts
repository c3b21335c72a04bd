// The panels under the tabs: one for each page, holding the server's `<main>` with everything typed
// and scrolled in it. Only the panel in front is in the document, so that ids of two edit forms
// never meet; the others keep their elements and wait. A panel with a frame stays in the document,
// out of sight: a frame that is taken out of it loads its page anew.

import { narrowAll } from "./dependent.ts";
import { element, icon } from "./dom.ts";
import { focusField, isSameRecordPage, openField } from "./inline.ts";
import { fetchPage, type Outcome, type Submission } from "./fetch_page.ts";
import { prepareGrids } from "./rights_grid.ts";
import { labelCells, revealPlace } from "./setup_pages.ts";
import type { Facts } from "./tabs.ts";

/** What the panels tell the console. */
export interface PanelEvents {
  /** A page came and is in its panel. */
  loaded(page: string, facts: Facts, why: Why, status: number): void;
  signedOut(): void;
  file(url: string): void;
  /** A form could not be sent or a page not refreshed; what was in the panel is still there. */
  notSent(title: string, detail: string): void;
  /** Unsaved entries appeared or went. */
  dirtyChanged(): void;
}

/** What a refused form is to be corrected at first. */
const FIRST_FAULT = '[aria-invalid="true"], .slds-has-error :is(input, select, textarea)';

interface Panel {
  readonly element: HTMLElement;
  main: HTMLElement | null;
  scrollTop: number;
  focused: HTMLElement | null;
  dirty: boolean;
  /** Its data may have changed on the server since it was fetched. */
  stale: boolean;
  request: AbortController | null;
}

/** How a page comes into its panel. */
export type Why = "navigate" | "refresh" | "submit";

export class Panels {
  readonly #place: HTMLElement;
  readonly #events: PanelEvents;
  readonly #panels = new Map<string, Panel>();
  #front: string | null = null;

  /** `place` holds the panel in front. */
  constructor(place: HTMLElement, events: PanelEvents) {
    this.#place = place;
    this.#events = events;
  }

  /** Takes over the page that came with the document. */
  adopt(page: string, main: HTMLElement): void {
    this.#show(this.#panel(page), main);
  }

  /** Puts a page's panel in front and the one before it aside. */
  front(page: string): void {
    if (this.#front === page) return;
    this.#setAside();
    const panel = this.#panel(page);
    panel.main?.setAttribute("id", "oh-main");
    panel.element.hidden = false;
    if (!panel.element.isConnected) this.#place.append(panel.element);
    revealChosenList(panel.element);
    panel.element.scrollTop = panel.scrollTop;
    this.#front = page;
  }

  /** Moves the keyboard into the panel in front: where it was before, else to its beginning. */
  focusFront(): void {
    const panel = this.#front === null ? undefined : this.#panels.get(this.#front);
    const before = panel?.focused?.isConnected ? panel.focused : null;
    (before ?? panel?.main ?? panel?.element)?.focus({ preventScroll: true });
  }

  /** Forgets the panels of pages that are no longer open. */
  keepOnly(pages: ReadonlySet<string>): void {
    for (const [page, panel] of this.#panels) {
      if (pages.has(page)) continue;
      panel.request?.abort();
      panel.element.remove();
      this.#panels.delete(page);
      if (this.#front === page) this.#front = null;
    }
  }

  isDirty(page: string): boolean {
    return this.#panels.get(page)?.dirty ?? false;
  }

  anyDirty(): boolean {
    return [...this.#panels.values()].some((panel) => panel.dirty);
  }

  /** Whether the page must be fetched before it can be looked at. */
  needsLoading(page: string): boolean {
    const panel = this.#panels.get(page);
    if (panel === undefined || panel.request !== null) return panel === undefined;
    return panel.main === null || (panel.stale && !panel.dirty);
  }

  isEmpty(page: string): boolean {
    return this.#panels.get(page)?.main == null;
  }

  /** Takes a page's own notice off the page, so that it can be shown above it. */
  takeNotice(page: string): HTMLElement | null {
    const main = this.#panels.get(page)?.main;
    return main ? noticeOf(main) : null;
  }

  /** Whether an element is in a page rather than in the shell around it. */
  holds(element: Element | null): boolean {
    return element !== null && this.#place.contains(element);
  }

  /** Whether a request for the page is under way; a form is not sent twice. */
  isSending(page: string): boolean {
    return this.#panels.get(page)?.request != null;
  }

  /** After a save, other pages may show what was changed; all of them when `page` is null. */
  markOthersStale(page: string | null): void {
    for (const [other, panel] of this.#panels) if (other !== page) panel.stale = true;
  }

  markStale(page: string): void {
    const panel = this.#panels.get(page);
    if (panel !== undefined) panel.stale = true;
  }

  /** Notes that the user typed into a form of the panel in front. */
  markFrontDirty(): void {
    const panel = this.#front === null ? undefined : this.#panels.get(this.#front);
    if (panel === undefined || panel.dirty) return;
    panel.dirty = true;
    this.#events.dirtyChanged();
  }

  /** Fetches a page into its panel. What was there stays until the answer comes. */
  async load(
    page: string,
    url: string,
    why: Why,
    submission: Submission | null = null,
  ): Promise<void> {
    const panel = this.#panel(page);
    panel.request?.abort();
    const request = new AbortController();
    panel.request = request;
    panel.element.setAttribute("aria-busy", "true");
    const outcome = await fetchPage(url, submission, request.signal);
    if (panel.request !== request) return;
    panel.request = null;
    panel.element.removeAttribute("aria-busy");
    this.#settle(page, panel, outcome, { url, why });
  }

  #settle(page: string, panel: Panel, outcome: Outcome, asked: { url: string; why: Why }): void {
    switch (outcome.type) {
      case "superseded":
        return;
      case "signed_out":
        return this.#events.signedOut();
      case "file":
        return this.#events.file(asked.url);
      case "failed":
        return this.#failed(page, panel, outcome, asked);
      case "page":
        return this.#arrived(page, panel, outcome, asked.why);
    }
  }

  #failed(
    page: string,
    panel: Panel,
    outcome: Extract<Outcome, { type: "failed" }>,
    asked: { url: string; why: Why },
  ): void {
    const worthKeeping = asked.why !== "navigate" && panel.main !== null;
    if (worthKeeping) return this.#events.notSent(outcome.title, outcome.detail);
    this.#show(panel, this.#failure(page, outcome, asked.url));
  }

  #arrived(
    page: string,
    panel: Panel,
    outcome: Extract<Outcome, { type: "page" }>,
    why: Why,
  ): void {
    const [before, after] = [panel.main?.dataset["url"], outcome.main.dataset["url"]];
    const samePage = isSameRecordPage(before, after);
    const keeps = why === "refresh" || samePage || (why === "submit" && before === after);
    const open = panel.main === null ? null : openField(panel.main);
    const keepScroll = keeps ? panel.element.scrollTop || panel.scrollTop : 0;
    const refused = why === "submit" && outcome.status === 422;
    this.#show(panel, outcome.main);
    panel.element.scrollTop = panel.scrollTop = keepScroll;
    if (refused) outcome.main.querySelector<HTMLElement>(FIRST_FAULT)?.focus();
    else focusField(outcome.main, open);
    panel.stale = false;
    if (panel.dirty !== refused) {
      panel.dirty = refused;
      this.#events.dirtyChanged();
    }
    this.#events.loaded(page, outcome.facts, why, outcome.status);
  }

  #show(panel: Panel, main: HTMLElement): void {
    const had = panel.element.contains(document.activeElement);
    panel.main = main;
    panel.focused = null;
    main.id = "oh-main";
    main.tabIndex = -1;
    labelCells(main);
    prepareGrids(main);
    panel.element.replaceChildren(main);
    // Opened behind the page in front: the frame in it runs all the same.
    if (!panel.element.isConnected && holdsFrame(panel)) this.#hide(panel);
    revealPlace(main);
    narrowAll(main);
    revealChosenList(main);
    if (had) main.focus({ preventScroll: true });
  }

  #setAside(): void {
    const panel = this.#front === null ? undefined : this.#panels.get(this.#front);
    if (panel === undefined) return;
    panel.scrollTop = panel.element.scrollTop;
    const active = document.activeElement;
    const inside = active instanceof HTMLElement && panel.element.contains(active);
    panel.focused = inside ? active : null;
    if (holdsFrame(panel)) this.#hide(panel);
    else panel.element.remove();
  }

  #hide(panel: Panel): void {
    panel.element.hidden = true;
    panel.main?.removeAttribute("id");
    if (!panel.element.isConnected) this.#place.append(panel.element);
  }

  #panel(page: string): Panel {
    const known = this.#panels.get(page);
    if (known !== undefined) return known;
    const attributes = {
      id: `oh-panel-${page}`,
      class: "oh-panel",
      role: "tabpanel",
      tabindex: "0",
      "aria-labelledby": `oh-tab-${page}`,
    };
    const panel: Panel = {
      element: element("div", attributes, waiting()),
      main: null,
      scrollTop: 0,
      focused: null,
      dirty: false,
      stale: false,
      request: null,
    };
    this.#panels.set(page, panel);
    return panel;
  }

  #failure(page: string, outcome: { title: string; detail: string }, url: string): HTMLElement {
    const again = element(
      "button",
      { type: "button", class: "slds-button slds-button_brand" },
      "Try again",
    );
    again.addEventListener("click", () => void this.load(page, url, "navigate"));
    return element(
      "main",
      { class: "oh-failure" },
      icon("utility", "warning", "slds-icon slds-icon-text-warning oh-failure__icon"),
      element("h1", { class: "slds-text-heading_medium" }, outcome.title),
      element("p", { class: "slds-m-vertical_small" }, outcome.detail),
      again,
    );
  }
}

function holdsFrame({ element }: Panel): boolean {
  return element.querySelector("iframe") !== null;
}

/** On a small screen the list view in front may stand beyond the edge. */
function revealChosenList(root: Element): void {
  const chosen = root.querySelector(".oh-views [aria-current]");
  chosen?.scrollIntoView({ inline: "center", block: "nearest" });
}

/** Takes the notice (`data-toast`) out of a page. */
export function noticeOf(main: HTMLElement): HTMLElement | null {
  const notice = main.querySelector<HTMLElement>("[data-toast]");
  notice?.remove();
  return notice;
}

function waiting(): HTMLElement {
  const lines = ["oh-waiting__title", "oh-waiting__line", "oh-waiting__line", "oh-waiting__block"];
  return element(
    "div",
    { class: "oh-waiting" },
    element("span", { class: "slds-assistive-text" }, "Loading"),
    ...lines.map((line) => element("div", { class: line })),
  );
}
