// Short notices at the top of the console, read out by screen readers through their live region.

import { element, icon, iconButton } from "./dom.ts";

export type Tone = "success" | "info" | "warning" | "error";

/** Text, or elements of a page's own notice. */
export type Told = string | Node;

/** How long a notice stays when nobody is pointing at it. Errors stay until closed. */
const TOAST_MS = 6_000;
/** Older notices make room beyond this many. */
const TOASTS_MAX = 4;

const ICONS: Record<Tone, string> = {
  success: "success",
  info: "info",
  warning: "warning",
  error: "error",
};

/** Shows notices in `region`, which is announced politely. */
export function createToasts(region: HTMLElement): (tone: Tone, ...told: Told[]) => void {
  region.classList.add("oh-toasts");
  return (tone, ...told) => {
    const close = iconButton("utility", "close", "Close notice");
    close.classList.add("oh-toast__close");
    const toast = element(
      "div",
      { class: `oh-toast oh-toast_${tone}` },
      icon("utility", ICONS[tone], "oh-toast__icon"),
      element("div", { class: "oh-toast__text" }, ...told),
      close,
    );
    close.addEventListener("click", () => toast.remove());
    // An offer in the notice (Undo) is taken once.
    toast.addEventListener("submit", () => toast.remove());
    region.append(toast);
    while (region.childElementCount > TOASTS_MAX) region.firstElementChild?.remove();
    if (tone !== "error") expire(toast);
  };
}

function expire(toast: HTMLElement): void {
  let timer = setTimeout(() => toast.remove(), TOAST_MS);
  const hold = (): void => clearTimeout(timer);
  const release = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => toast.remove(), TOAST_MS);
  };
  toast.addEventListener("pointerenter", hold);
  toast.addEventListener("pointerleave", release);
  toast.addEventListener("focusin", hold);
  toast.addEventListener("focusout", release);
}
