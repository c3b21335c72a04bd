// Finds the frame of the workspace that a message came from, by its window.

import type { PageFrame } from "./page_frames.ts";

/** The frame with this window; the phone's is none of the workspace. */
export function workspaceFrame(
  source: unknown,
  phone: HTMLIFrameElement,
  origin: string,
): PageFrame | null {
  if (source === null) return null;
  const frames = [...document.querySelectorAll("iframe")];
  const frame = frames.find((one) => one !== phone && one.contentWindow === source);
  const window = frame?.contentWindow;
  if (!frame || !window) return null;
  return {
    window,
    alive: () => frame.isConnected && frame.contentWindow === window,
    inFront: () => frame.checkVisibility(),
    post: (message) => window.postMessage(message, origin),
  };
}
