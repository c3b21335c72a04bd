// The tabs of the console as a machine: one navigation tab, workspace tabs, and the subtabs inside
// each. `reduce` takes the tabs and one event and gives the tabs after it and what is to be done:
// pages to fetch, the address to show. No DOM, no clock.

import { NAVIGATION, placeOf, provisionalTitle, type Place } from "./address.ts";

/** What the server says of a page in the attributes of its `<main>`. */
export interface Facts {
  readonly url: string;
  readonly title: string;
  /** home, list, record, new, edit, search, setup; empty while unknown. */
  readonly kind: string;
  /** `standard:contact`, or empty. */
  readonly icon: string;
  readonly recordId: string;
  readonly recordName: string;
  readonly objectType: string;
  /** `contactId:003…` or `accountId:001…` of a person, `no` of what is no account, or empty. */
  readonly person?: string;
}

/** One page in its own panel. */
export interface Page extends Facts {
  readonly id: string;
  readonly key: string;
}

/** A workspace tab: its first page is the record it was opened for, the others are subtabs. */
export interface Workspace {
  readonly id: string;
  readonly pages: readonly Page[];
  /** Id of the page in front. */
  readonly shown: string;
}

/** All tabs of one browser window. */
export interface Tabs {
  readonly navigation: Page;
  readonly workspaces: readonly Workspace[];
  /** Id of the workspace in front, or `navigation`. */
  readonly focused: string;
  /** Closed workspaces, the last closed first. */
  readonly closed: readonly Workspace[];
  readonly nextId: number;
}

export type Event =
  /** A link, form or address bar asks for an address. `subtab` opens inside workspace of `from`. */
  | {
      readonly type: "open";
      readonly url: string;
      readonly as: "place" | "subtab";
      readonly from: string;
    }
  /** The host pops an address: an open tab of it comes to the front as it is. */
  | {
      readonly type: "pop";
      readonly url: string;
      readonly title: string;
      /** The navigation tab holds unsaved entries and is to be left alone. */
      readonly spare: boolean;
    }
  /** A page of a softphone says where an address goes, and whether it comes to the front. */
  | {
      readonly type: "put";
      readonly url: string;
      readonly title: string;
      /** Id of the workspace to open it in; null for one of its own. */
      readonly workspace: string | null;
      /** Id of the page that is to show it; null for a new one. */
      readonly page: string | null;
      readonly front: boolean;
    }
  | { readonly type: "history"; readonly page: string; readonly url: string }
  | { readonly type: "loaded"; readonly page: string; readonly facts: Facts }
  | { readonly type: "focus"; readonly page: string }
  | { readonly type: "close"; readonly page: string }
  | { readonly type: "close_others" }
  | { readonly type: "reopen" }
  | { readonly type: "step"; readonly by: 1 | -1; readonly among: "tabs" | "subtabs" }
  | { readonly type: "go"; readonly to: number };

export type Effect =
  | { readonly type: "load"; readonly page: string; readonly url: string }
  | {
      readonly type: "address";
      readonly how: "push" | "replace";
      readonly page: string;
      readonly url: string;
    };

export interface Step {
  readonly tabs: Tabs;
  readonly effects: readonly Effect[];
}

/** Beyond this many workspaces, addresses open in the navigation tab: nothing is closed unasked. */
export const WORKSPACES_MAX = 40;
/** Beyond this many pages in a workspace, further ones become workspaces of their own. */
export const SUBTABS_MAX = 12;
/** How many closed tabs can be reopened. */
export const CLOSED_MAX = 15;

/** The page in front. */
export function shownPage(tabs: Tabs): Page {
  const workspace = tabs.workspaces.find((w) => w.id === tabs.focused);
  return workspace?.pages.find((page) => page.id === workspace.shown) ?? tabs.navigation;
}

/** Every page with a panel, in the order of the tabs. */
export function allPages(tabs: Tabs): Page[] {
  return [tabs.navigation, ...tabs.workspaces.flatMap((w) => w.pages)];
}

/** The workspace a page is in; undefined for the navigation tab's page. */
export function workspaceOf(tabs: Tabs, page: string): Workspace | undefined {
  return tabs.workspaces.find((w) => w.pages.some((p) => p.id === page));
}

/** Tabs at start: those of before, with the page the server has just sent in front. */
export function startTabs(saved: Tabs | null, facts: Facts): Tabs {
  const start: Place = { url: "/lightning/page/home", where: "navigation", key: NAVIGATION };
  const home = pageOf("p0", start, "Home");
  const before: Tabs = saved ?? {
    navigation: home,
    workspaces: [],
    focused: NAVIGATION,
    closed: [],
    nextId: 1,
  };
  const place = placeOf(facts.url);
  if (place === null || place.where === "navigation") {
    const navigation = { ...before.navigation, ...facts };
    return { ...before, navigation, focused: NAVIGATION };
  }
  const open = allPages(before).find((page) => page.key === place.key);
  if (open !== undefined) {
    return bringToFront(replacePage(before, { ...open, ...facts, key: place.key }), open.id);
  }
  const { tabs, page } = addWorkspace(before, place, facts.title);
  return replacePage(tabs, { ...page, ...facts });
}

/** One step of the machine. */
export function reduce(tabs: Tabs, event: Event): Step {
  switch (event.type) {
    case "open":
      return open(tabs, event);
    case "pop":
      return pop(tabs, event);
    case "put":
      return put(tabs, event);
    case "history":
      return history(tabs, event);
    case "loaded":
      return loaded(tabs, event.page, event.facts);
    case "focus":
      return focus(tabs, event.page);
    case "close":
      return close(tabs, event.page);
    case "close_others":
      return closeOthers(tabs);
    case "reopen":
      return reopen(tabs);
    case "step":
      return focus(tabs, neighbour(tabs, event));
    case "go":
      return go(tabs, event.to);
  }
}

function open(tabs: Tabs, event: Extract<Event, { type: "open" }>): Step {
  const place = placeOf(event.url);
  if (place === null) return { tabs, effects: [] };
  const existing = allPages(tabs).find((page) => page.key === place.key);
  if (existing !== undefined) return show(tabs, existing, place);
  const workspace = workspaceOf(tabs, event.from);
  if (event.as === "subtab" && workspace !== undefined && workspace.pages.length < SUBTABS_MAX) {
    return openSubtab(tabs, workspace, place);
  }
  return openWorkspace(tabs, place, provisionalTitle(place.url));
}

function pop(tabs: Tabs, event: Extract<Event, { type: "pop" }>): Step {
  const found = placeOf(event.url);
  if (found === null) return { tabs, effects: [] };
  // A pop spares a navigation tab that holds unsaved entries, and goes beside it.
  const aside = found.where === "navigation" && event.spare;
  const place: Place = aside ? { ...found, where: "workspace", key: found.url } : found;
  const existing = allPages(tabs).find((page) => page.key === place.key);
  if (existing === undefined) return openWorkspace(tabs, place, event.title);
  if (existing.id === tabs.navigation.id) return show(tabs, existing, place);
  return focus(tabs, existing.id);
}

/** As told; beyond the limits nothing changes, which the asker sees. */
function put(tabs: Tabs, event: Extract<Event, { type: "put" }>): Step {
  const found = placeOf(event.url);
  if (found === null) return { tabs, effects: [] };
  const key = found.where === "navigation" ? found.url : found.key;
  const place: Place = { ...found, where: "workspace", key };
  const all = allPages(tabs);
  const named = all.find((p) => p.id === event.page);
  const page = named ?? all.find((p) => p.key === place.key);
  const into = tabs.workspaces.find((w) => w.id === event.workspace);
  const step =
    page !== undefined
      ? putInto(tabs, page, place)
      : into === undefined
        ? putAsWorkspace(tabs, place, event.title)
        : into.pages.length < SUBTABS_MAX
          ? openSubtab(tabs, into, place)
          : { tabs, effects: [] };
  if (step.tabs === tabs) return event.front && page ? focus(tabs, page.id) : step;
  if (event.front) return page ? then(step, (t) => focus(t, page.id)) : step;
  return inBackground(tabs, step);
}

/** An open page shows another address; at its own already, it is left alone. */
function putInto(tabs: Tabs, page: Page, place: Place): Step {
  if (page.url === place.url) return { tabs, effects: [] };
  const moved = { ...pageOf(page.id, place, page.title), icon: page.icon };
  const load: Effect = { type: "load", page: page.id, url: place.url };
  return { tabs: replacePage(tabs, moved), effects: [load] };
}

function putAsWorkspace(tabs: Tabs, place: Place, title: string): Step {
  if (tabs.workspaces.length >= WORKSPACES_MAX) return { tabs, effects: [] };
  return openWorkspace(tabs, place, title);
}

/** What was opened stays behind what was in front before. */
function inBackground(before: Tabs, step: Step): Step {
  const workspaces = step.tabs.workspaces.map((w) => {
    const was = before.workspaces.find((other) => other.id === w.id);
    return was === undefined ? w : { ...w, shown: was.shown };
  });
  const effects = step.effects.filter((effect) => effect.type === "load");
  return { tabs: { ...step.tabs, workspaces, focused: before.focused }, effects };
}

/** Brings an open page to the front, at another address of the same thing if so asked. */
function show(tabs: Tabs, page: Page, place: Place): Step {
  const moved = page.url === place.url ? page : movedTo(page, place);
  const after = bringToFront(replacePage(tabs, moved), page.id);
  const address: Effect = { type: "address", how: "push", page: page.id, url: place.url };
  const again = page.url !== place.url || page.id === tabs.navigation.id;
  const effects: Effect[] = again ? [{ type: "load", page: page.id, url: place.url }] : [];
  return { tabs: after, effects: [...effects, address] };
}

/** A record stays the same under another address; the navigation tab becomes something unknown. */
function movedTo(page: Page, place: Place): Page {
  if (page.key !== NAVIGATION) return { ...page, url: place.url };
  const unknown = pageOf(page.id, place, page.title);
  return { ...unknown, key: NAVIGATION, icon: page.icon };
}

function openWorkspace(tabs: Tabs, place: Place, title: string): Step {
  if (tabs.workspaces.length >= WORKSPACES_MAX) return show(tabs, tabs.navigation, place);
  const { tabs: after, page } = addWorkspace(tabs, place, title);
  return { tabs: after, effects: openingOf(page) };
}

function openSubtab(tabs: Tabs, workspace: Workspace, place: Place): Step {
  const page = pageOf(`p${tabs.nextId}`, place, provisionalTitle(place.url));
  const grown = { ...workspace, pages: [...workspace.pages, page], shown: page.id };
  const after = replaceWorkspace({ ...tabs, nextId: tabs.nextId + 1 }, grown);
  return { tabs: { ...after, focused: workspace.id }, effects: openingOf(page) };
}

function openingOf(page: Page): Effect[] {
  return [
    { type: "load", page: page.id, url: page.url },
    { type: "address", how: "push", page: page.id, url: page.url },
  ];
}

function addWorkspace(tabs: Tabs, place: Place, title: string): { tabs: Tabs; page: Page } {
  const page = pageOf(`p${tabs.nextId}`, place, title);
  const workspace: Workspace = { id: `w${tabs.nextId}`, pages: [page], shown: page.id };
  const workspaces = [...tabs.workspaces, workspace];
  return { tabs: { ...tabs, workspaces, focused: workspace.id, nextId: tabs.nextId + 1 }, page };
}

function history(tabs: Tabs, event: Extract<Event, { type: "history" }>): Step {
  const place = placeOf(event.url);
  if (place === null) return { tabs, effects: [] };
  const byId = allPages(tabs).find((page) => page.id === event.page);
  const page = byId ?? allPages(tabs).find((open) => open.key === place.key);
  const step =
    page === undefined
      ? openWorkspace(tabs, place, provisionalTitle(place.url))
      : show(tabs, { ...page, key: keyAt(page, place) }, place);
  // The browser has the address already; a page that did not move is not fetched again.
  const still = page !== undefined && page.url === place.url;
  return { tabs: step.tabs, effects: step.effects.filter((e) => e.type === "load" && !still) };
}

function loaded(tabs: Tabs, id: string, facts: Facts): Step {
  const page = allPages(tabs).find((p) => p.id === id);
  const place = placeOf(facts.url);
  if (page === undefined || place === null) return { tabs, effects: [] };
  const inFront = shownPage(tabs).id === id;
  if (id === tabs.navigation.id) return settle(tabs, { ...page, ...facts }, inFront);
  // The record is gone and the server answered with a list: the tab has nothing more to show.
  const wasRecord = page.key.startsWith("record:") || page.kind === "new";
  if (place.where === "navigation" && wasRecord) {
    const step = close(tabs, id);
    return inFront ? then(step, (t) => show(t, t.navigation, place)) : step;
  }
  const twin = allPages(tabs).find((p) => p.key === place.key && p.id !== id);
  if (twin !== undefined && place.where === "workspace") {
    const reload: Effect = { type: "load", page: twin.id, url: twin.url };
    const step = close(tabs, id);
    const joined = inFront ? then(step, (t) => focus(t, twin.id)) : step;
    return { tabs: joined.tabs, effects: [...joined.effects, reload] };
  }
  return settle(tabs, { ...page, ...facts, key: keyAt(page, place) }, inFront);
}

/** The navigation tab keeps its key whatever it shows, and no other page ever takes that key. */
function keyAt(page: Page, place: Place): string {
  return page.key !== NAVIGATION && place.where === "workspace" ? place.key : page.key;
}

function settle(tabs: Tabs, page: Page, inFront: boolean): Step {
  const address: Effect = { type: "address", how: "replace", page: page.id, url: page.url };
  return { tabs: replacePage(tabs, page), effects: inFront ? [address] : [] };
}

function focus(tabs: Tabs, id: string): Step {
  const page = allPages(tabs).find((p) => p.id === id);
  if (page === undefined || shownPage(tabs).id === id) return { tabs, effects: [] };
  const address: Effect = { type: "address", how: "push", page: id, url: page.url };
  return { tabs: bringToFront(tabs, id), effects: [address] };
}

function close(tabs: Tabs, id: string): Step {
  const workspace = workspaceOf(tabs, id);
  if (workspace === undefined) return { tabs, effects: [] };
  const before = shownPage(tabs).id;
  const whole = workspace.pages[0]?.id === id;
  const after = whole ? closeWorkspace(tabs, workspace) : closeSubtab(tabs, workspace, id);
  const page = shownPage(after);
  const address: Effect = { type: "address", how: "push", page: page.id, url: page.url };
  return { tabs: after, effects: page.id === before ? [] : [address] };
}

function closeWorkspace(tabs: Tabs, workspace: Workspace): Tabs {
  const index = tabs.workspaces.indexOf(workspace);
  const workspaces = tabs.workspaces.filter((w) => w !== workspace);
  const next = workspaces[index] ?? workspaces[index - 1];
  const focused = tabs.focused === workspace.id ? (next?.id ?? NAVIGATION) : tabs.focused;
  return { ...tabs, workspaces, focused, closed: [workspace, ...tabs.closed].slice(0, CLOSED_MAX) };
}

function closeSubtab(tabs: Tabs, workspace: Workspace, id: string): Tabs {
  const index = workspace.pages.findIndex((page) => page.id === id);
  const pages = workspace.pages.filter((page) => page.id !== id);
  const next = pages[index] ?? pages[index - 1] ?? pages[0]!;
  const shown = workspace.shown === id ? next.id : workspace.shown;
  return replaceWorkspace(tabs, { ...workspace, pages, shown });
}

function closeOthers(tabs: Tabs): Step {
  const others = tabs.workspaces.filter((w) => w.id !== tabs.focused);
  const workspaces = tabs.workspaces.filter((w) => w.id === tabs.focused);
  const closed = [...others.reverse(), ...tabs.closed].slice(0, CLOSED_MAX);
  return { tabs: { ...tabs, workspaces, closed }, effects: [] };
}

function reopen(tabs: Tabs): Step {
  const [last, ...closed] = tabs.closed;
  if (last === undefined || tabs.workspaces.length >= WORKSPACES_MAX) return { tabs, effects: [] };
  const open = new Set(allPages(tabs).map((page) => page.key));
  const pages = last.pages.filter((page) => !open.has(page.key));
  const [first] = pages;
  const rest = { ...tabs, closed };
  if (first === undefined) {
    // All of it was opened again by other ways: the tab is brought to the front instead.
    const twin = allPages(tabs).find((page) => page.key === last.pages[0]?.key);
    return twin === undefined ? { tabs: rest, effects: [] } : focus(rest, twin.id);
  }
  const shown = pages.some((page) => page.id === last.shown) ? last.shown : first.id;
  const workspaces = [...tabs.workspaces, { ...last, pages, shown }];
  return focus({ ...rest, workspaces }, shown);
}

function neighbour(tabs: Tabs, event: Extract<Event, { type: "step" }>): string {
  if (event.among === "subtabs") {
    const workspace = tabs.workspaces.find((w) => w.id === tabs.focused);
    const ids = workspace?.pages.map((page) => page.id) ?? [];
    return beside(ids, workspace?.shown, event.by) ?? tabs.navigation.id;
  }
  const ids = [NAVIGATION, ...tabs.workspaces.map((w) => w.id)];
  return frontOf(tabs, beside(ids, tabs.focused, event.by) ?? NAVIGATION);
}

function beside(ids: readonly string[], from: string | undefined, by: number): string | undefined {
  const at = ids.findIndex((id) => id === from);
  return ids[(at + by + ids.length) % ids.length];
}

/** Tab 0 is the navigation tab; 1 is the first workspace. */
function go(tabs: Tabs, to: number): Step {
  const workspace = tabs.workspaces[to - 1];
  if (to !== 0 && workspace === undefined) return { tabs, effects: [] };
  return focus(tabs, workspace?.shown ?? tabs.navigation.id);
}

function frontOf(tabs: Tabs, tab: string): string {
  return tabs.workspaces.find((w) => w.id === tab)?.shown ?? tabs.navigation.id;
}

function bringToFront(tabs: Tabs, id: string): Tabs {
  const workspace = workspaceOf(tabs, id);
  if (workspace === undefined) return { ...tabs, focused: NAVIGATION };
  return { ...replaceWorkspace(tabs, { ...workspace, shown: id }), focused: workspace.id };
}

function replaceWorkspace(tabs: Tabs, workspace: Workspace): Tabs {
  const workspaces = tabs.workspaces.map((w) => (w.id === workspace.id ? workspace : w));
  return { ...tabs, workspaces };
}

function replacePage(tabs: Tabs, page: Page): Tabs {
  if (page.id === tabs.navigation.id) return { ...tabs, navigation: page };
  const workspace = workspaceOf(tabs, page.id);
  if (workspace === undefined) return tabs;
  const pages = workspace.pages.map((p) => (p.id === page.id ? page : p));
  return replaceWorkspace(tabs, { ...workspace, pages });
}

function pageOf(id: string, place: Place, title: string): Page {
  const unknown = { kind: "", icon: "", recordId: "", recordName: "", objectType: "" };
  return { id, key: place.key, url: place.url, title, ...unknown };
}

function then(step: Step, next: (tabs: Tabs) => Step): Step {
  const further = next(step.tabs);
  // The last address wins; the one in between was never seen by the user.
  const loads = step.effects.filter((effect) => effect.type === "load");
  return { tabs: further.tabs, effects: [...loads, ...further.effects] };
}
