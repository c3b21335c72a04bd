// The Console Toolkit's calls about tabs: open, focus, close, refresh, titles, styles and icons,
// and the ids by which pages know them. They drive the same tabs that the user does.

import { shortId, type Objects } from "./classic_addresses.ts";
import { styleOf, TITLE_LENGTH_MAX, type Dress, type Dresses } from "./tab_dress.ts";
import { allPages, shownPage, workspaceOf, type Page, type Tabs, type Workspace } from "./tabs.ts";
import { done, refused, type Acts, type Args, type Caller, type Given } from "./toolkit.ts";

/** The tabs as the calls see them. */
export interface TabDesk {
  tabs(): Tabs;
  readonly dresses: Dresses;
  put(event: {
    url: string;
    title: string;
    workspace: string | null;
    page: string | null;
    front: boolean;
  }): void;
  focus(page: string): void;
  close(page: string): Promise<boolean>;
  reopen(): void;
  reload(page: string, wholly: boolean): void;
  redraw(): void;
  /** The console's address for one that a page gave; a refusal as a sentence. */
  address(url: string): Promise<{ url: string } | { problem: string }>;
  objects(): Promise<Objects>;
  /** Of the console, without a slash at its end. */
  readonly origin: string;
}

/** Ids of tabs as pages know them. */
export const primaryId = (workspace: Workspace): string => `scc-pt-${workspace.id.slice(1)}`;
export const subtabId = (page: Page): string => `scc-st-${page.id.slice(1)}`;

/** The record of a page, with 15 characters; null where there is none. */
export function objectIdOf(page: Page | undefined): string | null {
  const known = page?.recordId || /^record:(\w{15})/.exec(page?.key ?? "")?.[1] || "";
  return known === "" ? null : shortId(known);
}

/** Calls of this room. */
export type TabActs = Pick<
  Acts,
  | "openPrimaryTab"
  | "openSubtab"
  | "openSubtabByPrimaryTabName"
  | "focusPrimaryTabById"
  | "focusPrimaryTabByName"
  | "focusSubtabById"
  | "focusSubtabByNameAndPrimaryTabId"
  | "focusSubtabByNameAndPrimaryTabName"
  | "refreshPrimaryTabById"
  | "refreshPrimaryTabByName"
  | "refreshSubtabById"
  | "refreshSubtabByNameAndPrimaryTabId"
  | "refreshSubtabByNameAndPrimaryTabName"
  | "closeTab"
  | "disableTabClose"
  | "reopenLastClosedTab"
  | "getEnclosingPrimaryTabId"
  | "getEnclosingPrimaryTabObjectId"
  | "getEnclosingTabId"
  | "getFocusedPrimaryTabId"
  | "getFocusedPrimaryTabObjectId"
  | "getFocusedSubtabId"
  | "getFocusedSubtabObjectId"
  | "getPrimaryTabIds"
  | "getSubtabIds"
  | "getPageInfo"
  | "setTabTitle"
  | "setTabIcon"
  | "setTabStyle"
  | "setTabTextStyle"
  | "setTabUnsavedChanges"
>;

/** The calls, on these tabs. */
export function tabActs(desk: TabDesk): TabActs {
  const find = new Finder(desk);
  const looks = dressing(desk, find);
  return { ...opening(desk, find), ...moving(desk, find), ...asking(desk, find), ...looks };
}

/** A tab that was found: the workspace, and the page that is meant in it. */
interface Tab {
  readonly workspace: Workspace;
  readonly page: Page;
}

const NO_TAB = "There is no such tab.";

/** Finds tabs by the ids and names that pages give. */
class Finder {
  readonly #desk: TabDesk;

  constructor(desk: TabDesk) {
    this.#desk = desk;
  }

  primary(id: unknown): Workspace | undefined {
    return this.#desk.tabs().workspaces.find((workspace) => primaryId(workspace) === id);
  }

  primaryByName(name: unknown): Workspace | undefined {
    const named = (workspace: Workspace) => this.#name(workspace.pages[0]!);
    const all = this.#desk.tabs().workspaces;
    return name ? all.find((workspace) => named(workspace) === name) : undefined;
  }

  subtab(id: unknown): Tab | undefined {
    const page = allPages(this.#desk.tabs()).find((one) => subtabId(one) === id);
    return this.of(page?.id ?? null);
  }

  subtabByName(name: unknown, workspace: Workspace | undefined): Tab | undefined {
    const page = name ? workspace?.pages.find((one) => this.#name(one) === name) : undefined;
    return workspace && page ? { workspace, page } : undefined;
  }

  /** A tab of either kind; of a primary tab its first page is meant. */
  any(id: unknown): Tab | undefined {
    const workspace = this.primary(id);
    return workspace ? { workspace, page: workspace.pages[0]! } : this.subtab(id);
  }

  /** The tab of that id, or without one the tab around the caller. */
  orEnclosing(id: unknown, { frame }: Caller): Tab | undefined {
    return id === undefined || id === null || id === "" ? this.of(frame.page) : this.any(id);
  }

  of(page: string | null): Tab | undefined {
    const workspace = page === null ? undefined : workspaceOf(this.#desk.tabs(), page);
    const found = workspace?.pages.find((one) => one.id === page);
    return workspace && found ? { workspace, page: found } : undefined;
  }

  focused(): Workspace | undefined {
    const tabs = this.#desk.tabs();
    return tabs.workspaces.find((workspace) => workspace.id === tabs.focused);
  }

  #name(page: Page): string | undefined {
    return this.#desk.dresses.of(page.id).name;
  }
}

/** What is to be opened, and where. */
interface Opening {
  readonly url: unknown;
  readonly title: unknown;
  readonly name: unknown;
  readonly active: unknown;
  readonly workspace: Workspace | null;
  readonly page: Page | null;
}

/** Opens an address and gives the tab it is in, or why there is none. */
export async function openTab(desk: TabDesk, opening: Opening): Promise<Tab | string> {
  if (typeof opening.url !== "string" || opening.url === "") return "A URL was expected.";
  const address = await desk.address(opening.url);
  if ("problem" in address) return address.problem;
  const { url } = address;
  const title = typeof opening.title === "string" ? opening.title : "";
  const before = new Set(allPages(desk.tabs()).map((page) => page.id));
  const { workspace, page } = opening;
  const where = { workspace: workspace?.id ?? null, page: page?.id ?? null };
  desk.put({ url, title: title || "Loading", ...where, front: opening.active === true });
  const all = allPages(desk.tabs());
  const opened =
    all.find((one) => one.id === page?.id) ??
    all.find((one) => !before.has(one.id)) ??
    all.find((one) => one.url === url || one.key === url);
  const inside = opened && workspaceOf(desk.tabs(), opened.id);
  if (!opened || !inside) return "No more tabs can be opened: close some.";
  const dress: Dress = {
    ...(title === "" ? {} : { title: title.slice(0, TITLE_LENGTH_MAX) }),
    ...(typeof opening.name === "string" && opening.name ? { name: opening.name } : {}),
  };
  desk.dresses.change(opened.id, dress);
  desk.redraw();
  return { workspace: inside, page: opened };
}

function opening(desk: TabDesk, find: Finder) {
  const subtab = async (workspace: Workspace | undefined, args: Args): Promise<Given> => {
    if (workspace === undefined) return refused("There is no such primary tab.");
    const { url, active, tabLabel: title, name, id } = args;
    const page = workspace.pages.find((one) => subtabId(one) === id) ?? null;
    const tab = await openTab(desk, { url, title, name, active, workspace, page });
    return typeof tab === "string" ? refused(tab) : done({ id: subtabId(tab.page) });
  };
  return {
    openPrimaryTab: async ({ id, url, active, tabLabel: title, name }: Args) => {
      const page = find.primary(id)?.pages[0] ?? null;
      const tab = await openTab(desk, { url, title, name, active, workspace: null, page });
      return typeof tab === "string" ? refused(tab) : done({ id: primaryId(tab.workspace) });
    },
    openSubtab: (args: Args) => subtab(find.primary(args["primaryTabId"]), args),
    openSubtabByPrimaryTabName: (args: Args) =>
      subtab(find.primaryByName(args["primaryTabName"]), args),
  };
}

function moving(desk: TabDesk, find: Finder) {
  const focus = (page: string | undefined): Given => {
    if (page === undefined) return refused(NO_TAB);
    desk.focus(page);
    return done();
  };
  const refresh = (pages: readonly Page[] | undefined, args: Args): Given => {
    const first = pages?.[0];
    if (pages === undefined || first === undefined) return refused(NO_TAB);
    const wholly = args["fullRefresh"] === true;
    for (const page of wholly ? pages : [first]) desk.reload(page.id, wholly);
    if (args["activate"] === true || args["active"] === true) desk.focus(first.id);
    return done();
  };
  const named = ({ name, primaryTabId, primaryTabName }: Args): Tab | undefined => {
    const workspace = find.primary(primaryTabId) ?? find.primaryByName(primaryTabName);
    return find.subtabByName(name, workspace);
  };
  const one = (tab: Tab | undefined): Page[] | undefined => tab && [tab.page];
  return {
    focusPrimaryTabById: ({ id }: Args) => focus(find.primary(id)?.shown),
    focusPrimaryTabByName: ({ name }: Args) => focus(find.primaryByName(name)?.shown),
    focusSubtabById: ({ id }: Args) => focus(find.subtab(id)?.page.id),
    focusSubtabByNameAndPrimaryTabId: (args: Args) => focus(named(args)?.page.id),
    focusSubtabByNameAndPrimaryTabName: (args: Args) => focus(named(args)?.page.id),
    refreshPrimaryTabById: (args: Args) => refresh(find.primary(args["id"])?.pages, args),
    refreshPrimaryTabByName: (args: Args) => refresh(find.primaryByName(args["name"])?.pages, args),
    refreshSubtabById: (args: Args) => refresh(one(find.subtab(args["id"])), args),
    refreshSubtabByNameAndPrimaryTabId: (args: Args) => refresh(one(named(args)), args),
    refreshSubtabByNameAndPrimaryTabName: (args: Args) => refresh(one(named(args)), args),
    closeTab: async ({ id }: Args, caller: Caller) => {
      const tab = find.orEnclosing(id, caller);
      if (tab === undefined) return refused(NO_TAB);
      return (await desk.close(tab.page.id)) ? done() : refused("The tab was kept open.");
    },
    disableTabClose: ({ disable, tabId }: Args, caller: Caller) => {
      const tab = find.orEnclosing(tabId, caller);
      if (tab === undefined) return refused(NO_TAB);
      desk.dresses.change(tab.page.id, { locked: disable === true });
      desk.redraw();
      return done({ message: disable === true ? "disabled" : "enabled" });
    },
    reopenLastClosedTab: () => {
      if (desk.tabs().closed.length === 0) return refused("No tab was closed.");
      desk.reopen();
      return done();
    },
  };
}

function asking(desk: TabDesk, find: Finder) {
  const told = (id: string | null | undefined): Given => done({ id: id ?? null });
  const around = ({ frame }: Caller): Tab | undefined => find.of(frame.page);
  const front = (): Page | undefined => {
    const page = shownPage(desk.tabs());
    return find.focused() === undefined ? undefined : page;
  };
  return {
    getEnclosingPrimaryTabId: (_: Args, caller: Caller) => {
      const tab = around(caller);
      return told(tab && primaryId(tab.workspace));
    },
    getEnclosingPrimaryTabObjectId: (_: Args, caller: Caller) =>
      told(objectIdOf(around(caller)?.workspace.pages[0])),
    getEnclosingTabId: (_: Args, caller: Caller) => {
      const tab = around(caller);
      const first = tab?.workspace.pages[0] === tab?.page;
      return told(tab && (first ? primaryId(tab.workspace) : subtabId(tab.page)));
    },
    getFocusedPrimaryTabId: () => {
      const workspace = find.focused();
      return told(workspace && primaryId(workspace));
    },
    getFocusedPrimaryTabObjectId: () => told(objectIdOf(find.focused()?.pages[0])),
    getFocusedSubtabId: () => {
      const page = front();
      return told(page && subtabId(page));
    },
    getFocusedSubtabObjectId: () => told(objectIdOf(front())),
    getPrimaryTabIds: () => done({ ids: desk.tabs().workspaces.map(primaryId) }),
    getSubtabIds: ({ primaryTabId }: Args, caller: Caller) => {
      const named = primaryTabId !== undefined && primaryTabId !== null;
      const meant = (): Workspace | undefined => around(caller)?.workspace ?? find.focused();
      const workspace = named ? find.primary(primaryTabId) : meant();
      return workspace ? done({ ids: workspace.pages.map(subtabId) }) : refused(NO_TAB);
    },
    getPageInfo: async ({ tabId }: Args, caller: Caller) => {
      const page = find.orEnclosing(tabId, caller)?.page;
      if (page === undefined) return refused(NO_TAB);
      const { objectType: object, recordName: objectName } = page;
      const displayName = (await desk.objects())[object]?.label ?? object;
      const objectId = objectIdOf(page) ?? "";
      const facts = { url: desk.origin + page.url, objectId, objectName, object, displayName };
      return done({ pageInfo: JSON.stringify(facts) });
    },
  };
}

function dressing(desk: TabDesk, find: Finder) {
  const dress = (id: unknown, caller: Caller, change: Dress | string): Given => {
    if (typeof change === "string") return refused(change);
    const tab = find.orEnclosing(id, caller);
    if (tab === undefined) return refused(NO_TAB);
    desk.dresses.change(tab.page.id, change);
    desk.redraw();
    return done();
  };
  const styled = (name: "style" | "textStyle", given: unknown): Dress | string => {
    if (given === null || given === "" || given === undefined) return { [name]: undefined };
    const style = styleOf(String(given), name === "style" ? "tab" : "text");
    return style === null ? "The style has no declaration that a tab can take." : { [name]: style };
  };
  return {
    setTabTitle: ({ tabTitle, tabID }: Args, caller: Caller) => {
      const text = String(tabTitle ?? "").slice(0, TITLE_LENGTH_MAX);
      return dress(tabID, caller, text === "" ? "A title was expected." : { title: text });
    },
    setTabIcon: ({ iconUrl, tabID }: Args, caller: Caller) => {
      const icon = iconUrl === null || iconUrl === "" ? undefined : iconUrl;
      const known = icon === undefined || isIcon(icon);
      const change: Dress | string = known ? { icon: icon as string | undefined } : NO_ICON;
      return dress(tabID, caller, change);
    },
    setTabStyle: ({ style, tabId }: Args, caller: Caller) =>
      dress(tabId, caller, styled("style", style)),
    setTabTextStyle: ({ style, tabId }: Args, caller: Caller) =>
      dress(tabId, caller, styled("textStyle", style)),
    setTabUnsavedChanges: ({ unsaved, subtabId: id }: Args, caller: Caller) =>
      dress(id, caller, { unsaved: unsaved === true }),
  };
}

const NO_ICON = "An icon such as standard:email, or the address of a picture, was expected.";
const ICON_LENGTH_MAX = 8_192;

function isIcon(icon: unknown): boolean {
  if (typeof icon !== "string" || icon.length > ICON_LENGTH_MAX) return false;
  const key = /^(standard|custom|utility|action):[a-z0-9_]+$/;
  return key.test(icon) || /^(https?:\/\/|data:image\/|\/)\S+$/i.test(icon);
}
