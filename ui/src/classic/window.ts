// What both Classic libraries need of the window they are loaded in: the frame's parameters, kept
// over pages of one frame that lose their URL's query, and messages to and from the console.

import { apiVersionOf, classicFrame, type ClassicFrame } from "./frame.ts";

/** Two frames of one origin share their storage: each keeps its own under its frame's name. */
const key = (): string => `offhook.classic.${window.name}`;

function kept(): Partial<ClassicFrame> {
  try {
    return JSON.parse(sessionStorage.getItem(key()) ?? "{}") ?? {};
  } catch {
    return {}; // storage is blocked or holds something else: the URL alone decides
  }
}

function keep(frame: ClassicFrame): void {
  try {
    sessionStorage.setItem(key(), JSON.stringify(frame));
  } catch {
    // storage is blocked: a page that loses its URL parameters then cannot find its console
  }
}

/** The console around this page; null, with a word to the developer, when there is none. */
export function findFrame(library: string): ClassicFrame | null {
  const frame = window.parent === window ? null : classicFrame(location.search, kept());
  if (frame !== null) keep(frame);
  else {
    console.error(
      `${library}: this page was not opened by a console, or its URL lost sfdcIFrameOrigin. The ` +
        "console adds it; look for a redirect or a router that drops the query string.",
    );
  }
  return frame;
}

/** The version in the address by which the running script was loaded. */
export function ownVersion(): number {
  const { currentScript } = document;
  const own = currentScript instanceof HTMLScriptElement ? currentScript.src : undefined;
  return apiVersionOf([own, ...Array.from(document.scripts, (script) => script.src)]);
}

/** Hands on what the console says, and nobody else. */
export function listen(frame: ClassicFrame, receive: (data: unknown) => void): void {
  window.addEventListener("message", (event) => {
    if (event.source !== window.parent || event.origin !== frame.origin) return;
    receive(event.data);
  });
}

/** Puts a library at its place under `sforce`; loaded twice, the first stays. */
export function provide(name: string, make: () => unknown): void {
  const global = window as { sforce?: Record<string, unknown> };
  global.sforce ??= {};
  global.sforce[name] ??= make();
}
