// The Console Toolkit's calls about the window around the tabs: the entries of the header, links to
// tabs, the window's title, news of changed records, and the session.

import { TAB_LINK } from "../classic/integration_client.ts";
import { done, refused, type Acts, type Args, type Caller, type Given } from "./toolkit.ts";
import type { Toolkit } from "./toolkit.ts";
import { objectIdOf, openTab, primaryId, subtabId, type TabDesk } from "./toolkit_tabs.ts";
import { shownPage, workspaceOf, type Page, type Workspace } from "./tabs.ts";

/** An entry of the header. */
export interface NavigationItem {
  readonly label: string;
  /** A path. */
  readonly url: string;
  readonly selected: boolean;
}

/** The window as the calls see it. */
export interface WindowDesk {
  readonly tabs: TabDesk;
  navigation(): readonly NavigationItem[];
  /** Shows an address in the navigation tab. */
  navigate(url: string): void;
  refreshNavigation(): void;
  addTitle(title: string): void;
  removeTitle(title: string): boolean;
  /** A method of the server; its value, or null when it was refused. */
  ask(method: string, args: Record<string, unknown>): Promise<unknown>;
  /** Runs again and again until the answer is called. */
  every(ms: number, run: () => void): () => void;
}

/** Calls of this room. */
export type WindowActs = Pick<
  Acts,
  | `${"focus" | "refresh"}NavigationTab`
  | "getNavigationTabs"
  | `${"get" | "set"}SelectedNavigationTab`
  | `${"get" | "set"}TabLink`
  | "generateConsoleUrl"
  | "openConsoleUrl"
  | "addToBrowserTitleQueue"
  | "removeFromBrowserTitleQueue"
  | `${"add" | "remove"}PushNotificationListener`
  | "resetSessionTimeOut"
  | "onEnclosingTabRefresh"
  | "onFocusedPrimaryTab"
  | "onFocusedSubtab"
  | "onTabSave"
>;

/** How often the server is asked for changed records while somebody listens. */
export const CHANGES_EVERY_MS = 5_000;
/** Addresses in one link. */
const LINKED_MAX = 12;
const CHANGES = "pushNotification";

/** The calls, on this window. */
export function windowActs(toolkit: Toolkit, desk: WindowDesk): WindowActs {
  const listener = (key: string) => (_: Args, caller: Caller) => toolkit.listen(key, caller);
  return {
    ...navigationActs(desk),
    ...linkActs(desk),
    ...newsActs(toolkit, desk),
    onEnclosingTabRefresh: listener("onEnclosingTabRefresh"),
    onFocusedPrimaryTab: listener("onFocusedPrimaryTab"),
    onFocusedSubtab: listener("onFocusedSubtab"),
    onTabSave: listener("onTabSave"),
    addToBrowserTitleQueue: ({ title }) => {
      if (typeof title !== "string" || title === "") return refused("A title was expected.");
      desk.addTitle(title.slice(0, 255));
      return done();
    },
    removeFromBrowserTitleQueue: ({ title }) =>
      desk.removeTitle(String(title).slice(0, 255)) ? done() : refused("It is not in the queue."),
    resetSessionTimeOut: async () => {
      await desk.ask("getCallCenterSettings", {});
      return done();
    },
  };
}

function navigationActs(desk: WindowDesk) {
  const idOf = (item: NavigationItem): string => `nav-${item.url}`;
  const told = (item: NavigationItem): Given => ({
    navigationTabId: idOf(item),
    label: item.label,
    listViewUrl: desk.tabs.origin + item.url,
    selected: item.selected,
  });
  return {
    focusNavigationTab: (): Given => {
      desk.tabs.focus(desk.tabs.tabs().navigation.id);
      return done();
    },
    refreshNavigationTab: (): Given => {
      desk.refreshNavigation();
      return done();
    },
    getNavigationTabs: (): Given => {
      const items = JSON.stringify(desk.navigation().map(told));
      // The guide's table says menuItems, its samples items.
      return done({ items, menuItems: items });
    },
    getSelectedNavigationTab: (): Given => {
      const selected = desk.navigation().find((item) => item.selected);
      return selected ? done(told(selected)) : refused("No entry of the header is chosen.");
    },
    setSelectedNavigationTab: ({ navigatorTabId, url }: Args): Given => {
      const path = String(url ?? "").replace(desk.tabs.origin, "");
      const all = desk.navigation();
      const item = all.find((one) => idOf(one) === navigatorTabId || one.url === path);
      if (item === undefined) return refused("There is no such entry of the header.");
      desk.navigate(item.url);
      return done();
    },
  };
}

function linkActs(desk: WindowDesk) {
  const { tabs } = desk;
  const linkOf = (page: Page): string => tabs.dresses.of(page.id).link ?? tabs.origin + page.url;
  const links = (workspace: Workspace): string => {
    const urls = workspace.pages.map((page) => page.url);
    return consoleUrl(tabs.origin, urls);
  };
  return {
    getTabLink: ({ level, tabId }: Args, { frame }: Caller): Given => {
      const all = tabs.tabs().workspaces;
      const page = all
        .flatMap(({ pages }) => pages)
        .find((one) => subtabId(one) === tabId || (tabId == null && one.id === frame.page));
      const named = all.find((workspace) => primaryId(workspace) === tabId);
      const meant = page ?? named?.pages[0] ?? (tabId == null ? shownPage(tabs.tabs()) : undefined);
      const workspace = meant && workspaceOf(tabs.tabs(), meant.id);
      if (!meant || !workspace) return refused("There is no such tab.");
      if (level === TAB_LINK.PARENT_AND_CHILDREN) return done({ tabLink: links(workspace) });
      const asked = level === TAB_LINK.PARENT_ONLY ? workspace.pages[0]! : meant;
      return done({ tabLink: linkOf(asked) });
    },
    setTabLink: ({ address }: Args, { frame }: Caller): Given => {
      const inTab = frame.page !== null && workspaceOf(tabs.tabs(), frame.page) !== undefined;
      if (!inTab) return refused("The page is in no tab.");
      const own = typeof address === "string" && URL.canParse(address) ? new URL(address) : null;
      if (own?.origin !== frame.origin) return refused("The page's address was expected.");
      tabs.dresses.change(frame.page!, { link: own.href });
      return done();
    },
    generateConsoleUrl: async ({ urls }: Args): Promise<Given> => {
      const given = Array.isArray(urls) ? urls : String(urls ?? "").split(",");
      if (given.length > LINKED_MAX) return refused(`${LINKED_MAX} addresses at most.`);
      const found: string[] = [];
      for (const url of given) {
        const address = await tabs.address(String(url).trim());
        if ("problem" in address) return refused(address.problem);
        found.push(address.url);
      }
      return done({ consoleUrl: consoleUrl(tabs.origin, found) });
    },
    openConsoleUrl: async ({ id, consoleUrl, active, tabLabels, tabNames }: Args) => {
      const urls = urlsOf(String(consoleUrl ?? ""), tabs.origin);
      if (urls === null) return refused("An address by generateConsoleUrl was expected.");
      const [titles, names] = [listOf(tabLabels), listOf(tabNames)];
      const all = tabs.tabs().workspaces;
      const named = all.find((one) => primaryId(one) === id)?.pages[0] ?? null;
      let workspace: Workspace | null = null;
      for (const [index, url] of urls.entries()) {
        const page = index === 0 ? named : null;
        const look = { title: titles[index], name: names[index] };
        const tab = await openTab(tabs, { url, ...look, active, workspace, page });
        if (typeof tab === "string") return refused(tab);
        workspace ??= tab.workspace;
      }
      return done({ id: workspace && primaryId(workspace) });
    },
  };
}

/** One address for several: the first as it is, the others in its fragment. */
function consoleUrl(origin: string, urls: readonly string[]): string {
  const [first = "", ...rest] = urls.map((url) => url.split("#")[0]!);
  const others = rest.length === 0 ? "" : `#tabs=${encodeURIComponent(JSON.stringify(rest))}`;
  return origin + first + others;
}

function urlsOf(url: string, origin: string): string[] | null {
  const [first = "", fragment = ""] = url.split("#tabs=");
  const path = first.startsWith(origin) ? first.slice(origin.length) : first;
  if (!path.startsWith("/")) return null;
  if (fragment === "") return [path];
  try {
    const rest: unknown = JSON.parse(decodeURIComponent(fragment));
    const texts = Array.isArray(rest) && rest.every((one) => typeof one === "string");
    return texts && rest.length < LINKED_MAX ? [path, ...(rest as string[])] : null;
  } catch {
    return null;
  }
}

function listOf(given: unknown): unknown[] {
  return Array.isArray(given) ? given : String(given ?? "").split(",");
}

interface Change {
  readonly id: string;
  readonly entityType: string;
  readonly Type: string;
  readonly LastModifiedById: string;
  readonly modified: number;
}

/** News of changed records: each object is asked for once, whoever listens for it. */
function newsActs(toolkit: Toolkit, desk: WindowDesk) {
  let objects = new Set<string>();
  let since: number | null = null;
  let told = new Set<string>();
  let stop: (() => void) | null = null;
  const look = async (): Promise<void> => {
    if (!toolkit.listens(CHANGES)) return end();
    const args = { objects: [...objects], ...(since === null ? {} : { since }) };
    const value = (await desk.ask("classic.getChanges", args)) as {
      now?: number;
      changes?: readonly Change[];
    } | null;
    if (value === null || stop === null) return;
    // What was committed while the last answer was made has an earlier time: look back a little.
    since = (value.now ?? Date.now()) - 2_000;
    const seen = new Set<string>();
    for (const { modified, ...change } of value.changes ?? []) {
      const key = `${change.id}:${modified}`;
      seen.add(key);
      if (!told.has(key)) toolkit.emit(CHANGES, { ...change, success: true });
    }
    told = seen;
  };
  const end = (): void => {
    stop?.();
    stop = null;
    since = null;
    told = new Set();
    objects = new Set();
  };
  return {
    addPushNotificationListener: (args: Args, caller: Caller): Given | null => {
      const given = Array.isArray(args["objects"]) ? args["objects"].map(String) : [];
      if (given.length === 0) return refused("objects: a list of objects was expected.");
      for (const object of given.slice(0, 20)) objects.add(object);
      const registered = toolkit.listen(CHANGES, caller);
      if (stop === null) {
        stop = desk.every(CHANGES_EVERY_MS, () => void look());
        void look();
      }
      return registered;
    },
    removePushNotificationListener: (_: Args, { frame }: Caller): Given => {
      toolkit.stop(CHANGES, frame, null);
      if (!toolkit.listens(CHANGES)) end();
      return done();
    },
  };
}

/** What is told of a tab that came to the front. */
export function focusedPrimary(workspace: Workspace): Given {
  return { id: primaryId(workspace), objectId: objectIdOf(workspace.pages[0]) };
}

/** What is told of a subtab that came to the front. */
export function focusedSubtab(page: Page): Given {
  return { id: subtabId(page), objectId: objectIdOf(page) };
}
