// Tabs that survive a reload: kept per browser window, and as the user's last set for a new window.
// What is read back is checked: storage may be old, foreign or damaged, and then counts as empty.

import { CLOSED_MAX, SUBTABS_MAX, WORKSPACES_MAX } from "./tabs.ts";
import type { Page, Tabs, Workspace } from "./tabs.ts";
import { NAVIGATION, placeOf } from "./address.ts";

const KEY = "offhook.tabs.1.";

/** The two storages of a browser window; either may be blocked and then throws. */
export interface Storages {
  readonly window: () => Storage;
  readonly lasting: () => Storage;
}

/** The user's tabs of this window, else the last ones of any window, else null. */
export function readTabs(storages: Storages, user: string): Tabs | null {
  return read(storages.window, user) ?? read(storages.lasting, user);
}

/** Keeps the tabs. Full or blocked storage loses them at the next reload, nothing else. */
export function keepTabs(storages: Storages, user: string, tabs: Tabs): void {
  const text = JSON.stringify(tabs);
  for (const storage of [storages.window, storages.lasting]) {
    quietly(() => storage().setItem(KEY + user, text));
  }
}

/** At sign-out: names of records must not stay on a shared computer. */
export function forgetTabs(storages: Storages, user: string): void {
  for (const storage of [storages.window, storages.lasting]) {
    quietly(() => storage().removeItem(KEY + user));
  }
}

function quietly(run: () => void): void {
  try {
    run();
  } catch {
    // storage is blocked or full; the tabs then live as long as the page does
  }
}

function read(storage: () => Storage, user: string): Tabs | null {
  try {
    return parseTabs(JSON.parse(storage().getItem(KEY + user) ?? "null"));
  } catch {
    return null;
  }
}

/** Tabs from untrusted JSON, or null. */
export function parseTabs(json: unknown): Tabs | null {
  if (!isObject(json) || !isPage(json["navigation"])) return null;
  const workspaces = parseWorkspaces(json["workspaces"], WORKSPACES_MAX);
  const closed = parseWorkspaces(json["closed"], CLOSED_MAX);
  if (workspaces === null || closed === null) return null;
  const { navigation, focused, nextId } = json;
  const ids = [navigation, ...[...workspaces, ...closed].flatMap((w) => w.pages)].map((p) => p.id);
  if (new Set(ids).size !== ids.length) return null;
  if (!Number.isSafeInteger(nextId)) return null;
  if (ids.some((id) => Number(id.slice(1)) >= Number(nextId))) return null;
  const known = focused === NAVIGATION || workspaces.some((w) => w.id === focused);
  const front = known ? String(focused) : NAVIGATION;
  return { navigation, workspaces, closed, focused: front, nextId: Number(nextId) };
}

function parseWorkspaces(json: unknown, max: number): Workspace[] | null {
  if (!Array.isArray(json) || json.length > max) return null;
  return json.every(isWorkspace) ? json : null;
}

function isWorkspace(json: unknown): json is Workspace {
  if (!isObject(json) || typeof json["id"] !== "string") return false;
  const { pages, shown } = json;
  if (!Array.isArray(pages) || pages.length === 0 || pages.length > SUBTABS_MAX) return false;
  return pages.every(isPage) && pages.some((page) => page.id === shown);
}

function isPage(json: unknown): json is Page {
  if (!isObject(json) || !/^p\d+$/.test(String(json["id"]))) return false;
  if (placeOf(String(json["url"])) === null) return false;
  const texts = ["key", "url", "title", "kind", "icon", "recordId", "recordName", "objectType"];
  return texts.every((name) => typeof json[name] === "string");
}

function isObject(json: unknown): json is Record<string, unknown> {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}
