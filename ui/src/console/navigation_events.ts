// When an adapter is told of navigation (onNavigationChange), for an app with console navigation:
// another tab or subtab in front, another address in it, a refresh, and the return to this window.
// Going from a record to a list view is not told. Pure: pages in, payload or silence out.

import type { PersonInfo, ViewInfo } from "./host_methods.ts";
import type { Page } from "./tabs.ts";

/** What brought the page to the front, as far as the rule asks. */
export type Cause = "shown" | "refreshed" | "returned";

/** What an adapter hears of a page; record fields are empty where there is no record. */
export function navigationPayload(page: Page, origin: string): ViewInfo {
  return {
    url: origin + page.url,
    recordId: page.recordId,
    recordName: page.recordName,
    objectType: page.objectType,
    ...personInfo(page.person),
  };
}

/**
 * What adapters are told of persons: true and the other record of the person, false where no
 * account is shown, nothing of a business or where the org has no person accounts.
 */
export function personInfo(person: string | undefined): PersonInfo {
  if (!person) return {};
  const [, member, id] = /^(contactId|accountId):(\w*)$/.exec(person) ?? [];
  if (member === undefined) return { personAccount: false };
  return { [member]: id ?? "", personAccount: true };
}

/** What `getAppViewInfo` tells: on a list view only the address. */
export function viewInfo(page: Page, origin: string): ViewInfo {
  return page.kind === "list" ? { url: origin + page.url } : navigationPayload(page, origin);
}

/** Remembers what was told last and decides what is told next. */
export class NavigationEvents {
  #last: { page: Page; payload: string } | null = null;

  /** The payload to send, or null when adapters are not to hear of it. */
  next(page: Page, cause: Cause, origin: string): ViewInfo | null {
    // A record's name is known once its page has come; forms are told by their address at once,
    // as adapters watch for it to hold back further pops.
    const known = page.kind !== "" || page.url.split("?")[0]!.endsWith("/new");
    if (!known) return null;
    const before = this.#last;
    const payload = navigationPayload(page, origin);
    const text = JSON.stringify(payload);
    this.#last = { page, payload: text };
    if (before?.page.kind === "record" && page.kind === "list") return null;
    return cause === "shown" && before?.payload === text ? null : payload;
  }
}
