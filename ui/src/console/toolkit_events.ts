// What the Console Toolkit's pages are told when tabs change: which came to the front, which were
// opened, closed and saved. From the tabs before and after; nothing of it is remembered.

import { CONSOLE_EVENT } from "../classic/integration_client.ts";
import type { Toolkit } from "./toolkit.ts";
import { eventKey } from "./toolkit_calls.ts";
import { objectIdOf, primaryId, subtabId } from "./toolkit_tabs.ts";
import { focusedPrimary, focusedSubtab } from "./toolkit_window.ts";
import { shownPage, workspaceOf, type Page, type Tabs } from "./tabs.ts";

const OPENED = eventKey(CONSOLE_EVENT.OPEN_TAB);
const CLOSED = eventKey(CONSOLE_EVENT.CLOSE_TAB);

/** Tells what is different in the tabs. */
export function tellChange(toolkit: Toolkit, before: Tabs, after: Tabs): void {
  const [was, is] = [openIn(before), openIn(after)];
  for (const [id, page] of is) {
    if (!was.has(id)) toolkit.emit(OPENED, { id, objectId: objectIdOf(page) });
  }
  for (const [id, page] of was) {
    if (is.has(id)) continue;
    const objectId = objectIdOf(page);
    const given = { id, objectId, tabObjectId: objectId };
    toolkit.emit(CLOSED, given, (_, tab) => tab === null || tab === id);
  }
  tellFront(toolkit, before, after);
}

function tellFront(toolkit: Toolkit, before: Tabs, after: Tabs): void {
  const workspace = after.workspaces.find((one) => one.id === after.focused);
  if (workspace !== undefined && before.focused !== after.focused) {
    toolkit.emit("onFocusedPrimaryTab", focusedPrimary(workspace));
  }
  const page = shownPage(after);
  if (workspace !== undefined && shownPage(before).id !== page.id) {
    toolkit.emit("onFocusedSubtab", focusedSubtab(page));
  }
}

/** A record was saved in a page: its tab's own frames hear of it, and the phone. */
export function tellSaved(toolkit: Toolkit, tabs: Tabs, page: string, recordId: string): void {
  const workspace = workspaceOf(tabs, page);
  const found = workspace?.pages.find((one) => one.id === page);
  const id = found === undefined ? null : subtabId(found);
  const around = new Set(workspace?.pages.map((one) => one.id));
  toolkit.emit("onTabSave", { id, objectId: recordId.slice(0, 15) }, (frame) => {
    return frame.page === null || around.has(frame.page);
  });
}

/** A page is to be fetched anew: whether that is left to the frame in it, which is told. */
export function leftToFrame(toolkit: Toolkit, tabs: Tabs, page: string): boolean {
  if (!toolkit.listens("onEnclosingTabRefresh", page)) return false;
  const found = workspaceOf(tabs, page)?.pages.find((one) => one.id === page);
  if (found === undefined) return false;
  const given = focusedSubtab(found);
  toolkit.emit("onEnclosingTabRefresh", given, (frame) => frame.page === page);
  return true;
}

/** The user signs out. */
export function tellLogout(toolkit: Toolkit): void {
  toolkit.emit(eventKey(CONSOLE_EVENT.CONSOLE_LOGOUT), {});
}

/** All tabs by their ids: primary tabs, and subtabs beyond the first page. */
function openIn(tabs: Tabs): Map<string, Page> {
  const open = new Map<string, Page>();
  for (const workspace of tabs.workspaces) {
    const [first, ...rest] = workspace.pages;
    if (first !== undefined) open.set(primaryId(workspace), first);
    for (const page of rest) open.set(subtabId(page), page);
  }
  return open;
}
