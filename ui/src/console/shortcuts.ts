// The keyboard of the console: which keys mean what, once for the handler and the help dialog. Keys
// are told by their place on the keyboard, as Alt changes the letters on some systems. Alt+Shift is
// used because browsers and screen readers keep most of Ctrl and Alt for themselves.

export type Command =
  | { readonly type: "step"; readonly by: 1 | -1; readonly among: "tabs" | "subtabs" }
  | { readonly type: "go"; readonly to: number }
  | { readonly type: "close" }
  | { readonly type: "reopen" }
  | { readonly type: "refresh" }
  | { readonly type: "phone" }
  | { readonly type: "search" }
  | { readonly type: "help" };

/** The part of a keyboard event that decides. */
export interface Press {
  readonly code: string;
  readonly key: string;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  /** The keyboard is in a text field. */
  readonly typing: boolean;
}

const WITH_ALT_SHIFT: Readonly<Record<string, Command>> = {
  ArrowRight: { type: "step", by: 1, among: "tabs" },
  ArrowLeft: { type: "step", by: -1, among: "tabs" },
  ArrowDown: { type: "step", by: 1, among: "subtabs" },
  ArrowUp: { type: "step", by: -1, among: "subtabs" },
  KeyW: { type: "close" },
  KeyT: { type: "reopen" },
  KeyR: { type: "refresh" },
  KeyP: { type: "phone" },
  KeyS: { type: "search" },
  KeyH: { type: "help" },
};

/** The command of a key press, or null when it is none of ours. */
export function commandOf(press: Press): Command | null {
  if (press.ctrlKey || press.metaKey) return null;
  if (press.altKey && press.shiftKey) {
    const digit = /^Digit([0-9])$/.exec(press.code)?.[1];
    if (digit !== undefined) return { type: "go", to: Number(digit) };
    return WITH_ALT_SHIFT[press.code] ?? null;
  }
  if (press.altKey || press.typing) return null;
  if (press.key === "?") return { type: "help" };
  return press.key === "/" ? { type: "search" } : null;
}

/** The table of the help dialog. */
export const HELP: readonly { readonly keys: string; readonly does: string }[] = [
  { keys: "? or Alt+Shift+H", does: "Show this help" },
  { keys: "/ or Alt+Shift+S", does: "Go to the search field" },
  { keys: "Alt+Shift+P", does: "Open the phone and go to it, or minimise it" },
  { keys: "Esc", does: "Minimise the phone while the keyboard is on its bar" },
  { keys: "Alt+Shift+→ or ←", does: "Next or previous tab" },
  { keys: "Alt+Shift+↓ or ↑", does: "Next or previous subtab" },
  { keys: "Alt+Shift+0", does: "Go to the navigation tab" },
  { keys: "Alt+Shift+1 to 9", does: "Go to that workspace tab" },
  { keys: "Alt+Shift+W", does: "Close the tab" },
  { keys: "Alt+Shift+T", does: "Reopen the tab closed last" },
  { keys: "Alt+Shift+R", does: "Refresh the tab" },
  { keys: "→ ← Home End", does: "Move between tabs while on the tab bar" },
  { keys: "Enter or Space", does: "Show the tab the keyboard is on" },
  { keys: "Delete", does: "Close the tab the keyboard is on" },
];

/** Whether keys pressed on this element are text. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches("input, textarea, select");
}
