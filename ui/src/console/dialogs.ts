// Dialogs of the shell. They cover the pages but never the phone: a rep who is being rung must be
// able to answer whatever question is open, so these are not modal in the browser's sense.

import { element } from "./dom.ts";
import { HELP } from "./shortcuts.ts";

const FOCUSABLE = "button, [href], input, select, textarea, [tabindex='0']";

/** Asks a yes-or-no question; Escape and the first button mean no. */
export function ask(title: string, text: string, no: string, yes: string): Promise<boolean> {
  return new Promise((resolve) => {
    const answer = (given: boolean) => () => {
      close();
      resolve(given);
    };
    const noButton = button(no, "slds-button_neutral", answer(false));
    const yesButton = button(yes, "slds-button_destructive", answer(true));
    const body = element("p", {}, text);
    const close = open("alertdialog", title, body, [noButton, yesButton], answer(false));
    noButton.focus();
  });
}

/** Shows the table of keys. */
export function showHelp(): void {
  const rows = HELP.map(({ keys, does }) =>
    element("tr", {}, element("th", { scope: "row" }, keys), element("td", {}, does)),
  );
  const head = element(
    "tr",
    {},
    element("th", { scope: "col" }, "Keys"),
    element("th", { scope: "col" }, "What they do"),
  );
  const table = element(
    "table",
    { class: "slds-table slds-table_bordered oh-keys" },
    element("thead", {}, head),
    element("tbody", {}, ...rows),
  );
  const done = button("Close", "slds-button_neutral", () => close());
  const close = open("dialog", "Keyboard shortcuts", table, [done], () => close());
  done.focus();
}

function button(label: string, style: string, pressed: () => void): HTMLButtonElement {
  const made = element("button", { type: "button", class: `slds-button ${style}` }, label);
  made.addEventListener("click", pressed);
  return made;
}

/** Puts a dialog up and gives back what takes it down; the keyboard returns to where it was. */
function open(
  role: "dialog" | "alertdialog",
  title: string,
  body: HTMLElement,
  buttons: readonly HTMLButtonElement[],
  escaped: () => void,
): () => void {
  const before = document.activeElement;
  const heading = element("h2", { id: "oh-dialog-title", class: "oh-dialog__title" }, title);
  const box = element(
    "div",
    { role, class: "oh-dialog", "aria-labelledby": "oh-dialog-title" },
    heading,
    element("div", { class: "oh-dialog__body", tabindex: "0" }, body),
    element("div", { class: "oh-dialog__buttons" }, ...buttons),
  );
  const veil = element("div", { class: "oh-veil" }, box);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") escaped();
    if (event.key === "Tab") keepInside(box, event);
    event.stopPropagation();
  });
  document.body.append(veil);
  return () => {
    veil.remove();
    if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  };
}

function keepInside(box: HTMLElement, event: KeyboardEvent): void {
  const stops = [...box.querySelectorAll<HTMLElement>(FOCUSABLE)];
  const at = stops.indexOf(document.activeElement as HTMLElement);
  const next = at + (event.shiftKey ? -1 : 1);
  stops[(next + stops.length) % stops.length]?.focus();
  event.preventDefault();
}
