// Lookup fields while a person types: suggestions from the server under the input, chosen by
// mouse or keyboard, and "New" for a record that is not there yet. Without this the server finds
// the record by the text alone.

import { element, icon } from "./dom.ts";
import type { Facts } from "./tabs.ts";

/** What the server suggests. */
interface Option {
  readonly id: string;
  readonly name: string;
  readonly more: string;
  readonly object: string;
  readonly icon: string;
}

/** Where a record is made that is not there yet. */
interface Create {
  readonly label: string;
  readonly object: string;
  readonly href: string;
}

interface Suggested {
  readonly options: readonly Option[];
  readonly creates: readonly Create[];
}

/** What lookups ask of the console. */
export interface LookupHost {
  /** Id of the page in front. */
  front(): string;
  /** Brings a page to the front, if it is still open. */
  focus(page: string): void;
  /** Opens an address beside the page in front. */
  open(url: string): void;
}

/** A pause in typing after which the server is asked. */
const PAUSE_MS = 150;

interface Waiting {
  readonly input: HTMLInputElement;
  readonly object: string;
  readonly page: string;
}

export class Lookups {
  readonly #host: LookupHost;
  #input: HTMLInputElement | null = null;
  #list: HTMLElement | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #request: AbortController | null = null;
  /** A record is being made for this field. */
  #waiting: Waiting | null = null;

  constructor(host: LookupHost) {
    this.#host = host;
  }

  /** Listens to every lookup field that will ever be in the document. */
  listen(document: Document): void {
    document.addEventListener("focusin", (event) => this.#focused(event.target));
    document.addEventListener("focusout", (event) => {
      if (event.target === this.#input) this.#close();
    });
    document.addEventListener("input", (event) => {
      if (event.target === this.#input && this.#input !== null) this.#ask(PAUSE_MS);
    });
    document.addEventListener("click", (event) => {
      if (event.target === this.#input && this.#list === null) this.#ask(0);
    });
    // Before the shortcuts of the console hear of it.
    document.addEventListener("keydown", (event) => this.#key(event), { capture: true });
  }

  /** A record was saved: if a field waits for it, it has it. */
  saved(facts: Facts): void {
    const waiting = this.#waiting;
    if (waiting === null || facts.objectType !== waiting.object) return;
    this.#waiting = null;
    choose(waiting.input, facts.recordId, facts.recordName);
    this.#host.focus(waiting.page);
    waiting.input.focus();
    waiting.input.dispatchEvent(new Event("input", { bubbles: true }));
    this.#close();
  }

  #focused(target: EventTarget | null): void {
    const input = target instanceof HTMLInputElement ? target : null;
    if (input?.dataset["search"] === undefined || input === this.#input) return;
    this.#close();
    this.#input = input;
    input.removeAttribute("list");
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
  }

  #ask(pause: number): void {
    clearTimeout(this.#timer);
    const input = this.#input;
    if (input === null) return;
    this.#timer = setTimeout(() => void this.#fetch(input), pause);
  }

  async #fetch(input: HTMLInputElement): Promise<void> {
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    // A record that was chosen is not what to search for: whoever opens the list wants another.
    const untouched = hidden(input, "name")?.value === input.value;
    const chosen = untouched && hidden(input, "id")?.value !== "";
    const text = chosen ? "" : input.value.trim();
    const url = `${input.dataset["search"]}?q=${encodeURIComponent(text)}`;
    const found = await suggestions(url, request.signal);
    if (found === null || input !== this.#input || this.#request !== request) return;
    if (document.activeElement !== input) return;
    this.#draw(input, found, text);
  }

  #draw(input: HTMLInputElement, found: Suggested, text: string): void {
    this.#list?.remove();
    const id = `suggestions-${input.name}`;
    const list = element("div", { id, class: "oh-suggestions", role: "listbox" });
    list.setAttribute("aria-label", "Suggestions");
    found.options.forEach((option, at) => list.append(row(`${id}-${at}`, option)));
    found.creates.forEach((create, at) => list.append(createRow(`${id}-new-${at}`, create)));
    if (found.options.length === 0) {
      const words = text === "" ? "Type a name to search." : `Nothing found for “${text}”.`;
      list.prepend(element("div", { class: "oh-suggestions__none", role: "presentation" }, words));
    }
    // The mouse must not take the keyboard from the input.
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const at = event.target instanceof Element ? event.target.closest('[role="option"]') : null;
      if (at instanceof HTMLElement) this.#take(at);
    });
    input.closest(".oh-lookup")?.append(list);
    input.setAttribute("aria-expanded", "true");
    input.setAttribute("aria-controls", id);
    this.#list = list;
  }

  #key(event: KeyboardEvent): void {
    if (event.target !== this.#input || this.#input === null || event.isComposing) return;
    if (this.#list === null) {
      if (event.key === "ArrowDown" && !event.altKey) this.#ask(0);
      return;
    }
    const at = this.#list.querySelector<HTMLElement>('[aria-selected="true"]');
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      this.#step(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && at !== null) this.#take(at);
    else if (event.key === "Escape") this.#close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #step(by: 1 | -1): void {
    const rows = [...(this.#list?.querySelectorAll<HTMLElement>('[role="option"]') ?? [])];
    const at = rows.findIndex((row) => row.getAttribute("aria-selected") === "true");
    const next = at === -1 ? (by === 1 ? 0 : rows.length - 1) : at + by;
    rows.forEach((row, place) => row.setAttribute("aria-selected", String(place === next)));
    const row = rows[next];
    row?.scrollIntoView({ block: "nearest" });
    if (row === undefined) this.#input?.removeAttribute("aria-activedescendant");
    else this.#input?.setAttribute("aria-activedescendant", row.id);
  }

  #take(row: HTMLElement): void {
    const input = this.#input;
    if (input === null) return;
    const { id, name, href, object } = row.dataset;
    this.#close();
    if (href !== undefined && object !== undefined) {
      this.#waiting = { input, object, page: this.#host.front() };
      return this.#host.open(`${href}?lookup=${encodeURIComponent(input.name)}`);
    }
    choose(input, id ?? "", name ?? "");
    input.dispatchEvent(new Event("input", { bubbles: true }));
    // That was no typing.
    clearTimeout(this.#timer);
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#request?.abort();
    this.#request = null;
    this.#list?.remove();
    this.#list = null;
    this.#input?.setAttribute("aria-expanded", "false");
    this.#input?.removeAttribute("aria-activedescendant");
    this.#input?.removeAttribute("aria-controls");
  }
}

async function suggestions(url: string, signal: AbortSignal): Promise<Suggested | null> {
  try {
    const answer = await fetch(url, { signal, credentials: "same-origin", cache: "no-store" });
    return answer.ok ? ((await answer.json()) as Suggested) : null;
  } catch {
    return null;
  }
}

function hidden(input: HTMLInputElement, part: string): HTMLInputElement | null {
  const named = `input[name="${CSS.escape(`${input.name}.${part}`)}"]`;
  return input.closest(".oh-lookup")?.querySelector<HTMLInputElement>(named) ?? null;
}

function choose(input: HTMLInputElement, id: string, name: string): void {
  input.value = name;
  const [idInput, nameInput] = [hidden(input, "id"), hidden(input, "name")];
  if (idInput !== null) idInput.value = id;
  if (nameInput !== null) nameInput.value = name;
}

function row(id: string, option: Option): HTMLElement {
  const made = element("div", { id, class: "oh-suggestions__row", role: "option" });
  made.setAttribute("aria-selected", "false");
  made.dataset["id"] = option.id;
  made.dataset["name"] = option.name;
  const colour = `slds-icon-standard-${option.icon.replaceAll("_", "-")}`;
  const more = [option.object, option.more].filter((text) => text !== "").join(" · ");
  made.append(
    element(
      "span",
      { class: `slds-icon_container ${colour} oh-icon oh-icon_small` },
      icon("standard", option.icon, "slds-icon"),
    ),
    element(
      "span",
      { class: "oh-suggestions__words" },
      element("span", { class: "oh-suggestions__name" }, option.name),
      element("span", { class: "oh-suggestions__more" }, more),
    ),
  );
  return made;
}

function createRow(id: string, create: Create): HTMLElement {
  const classes = "oh-suggestions__row oh-suggestions__new";
  const made = element("div", { id, class: classes, role: "option" });
  made.setAttribute("aria-selected", "false");
  made.dataset["href"] = create.href;
  made.dataset["object"] = create.object;
  made.append(icon("utility", "add", "oh-suggestions__plus"), `${create.label}…`);
  return made;
}
