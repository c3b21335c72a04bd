// The messages between a page that has loaded the Console Toolkit and the console: our own, since
// nothing about them is documented. Positional arguments become named ones; each call that waits
// for an answer and each handler has a number of the page's own.

/** What marks these messages, both ways. */
export const TOOLKIT_API = "offhook.console";

/** Whether a message is of this wire. */
export function isToolkit(data: unknown): boolean {
  const apiType = typeof data === "object" && data !== null && "apiType" in data && data.apiType;
  return apiType === TOOLKIT_API;
}

/** From the page: a call. */
export interface ToolkitCall {
  readonly apiType: typeof TOOLKIT_API;
  readonly method: string;
  /** Of the callback or handler, which is one and the same for the console. */
  readonly id: number;
  readonly args: Readonly<Record<string, unknown>>;
}

/** To the page: an answer, or an event for a handler. */
export interface ToolkitMessage {
  readonly apiType: typeof TOOLKIT_API;
  readonly id: number;
  /** `answer` is the last of its number; `event` may be followed by more. */
  readonly kind: "answer" | "event";
  readonly given: Readonly<Record<string, unknown>>;
}
