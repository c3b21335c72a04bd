// Click-to-dial: while the adapter has enabled it, a click on a phone number becomes one event for
// the adapter instead of a `tel:` link. Pages mark numbers as `a.oh-phone` with data attributes.

import { personInfo } from "./navigation_events.ts";

/** What the adapter hears of a click. */
export interface Dialled {
  /** A string, though the platform's guide types it as a number: adapters expect a string. */
  readonly number: string;
  readonly recordId?: string;
  readonly recordName?: string;
  readonly objectType?: string;
  /** Of a person's record, with the id of the other record of the person. */
  readonly personAccount?: boolean;
  readonly contactId?: string;
  readonly accountId?: string;
  readonly params?: string;
}

/** Clicks on the same number within this time are one. */
export const SAME_CLICK_MS = 500;

export class ClickToDial {
  #enabled = false;
  #last: { key: string; at_ms: number } | null = null;

  get enabled(): boolean {
    return this.#enabled;
  }

  set(enabled: boolean): void {
    this.#enabled = enabled;
  }

  /** The event for a click at `now_ms`; null when it repeats the click before. */
  dial(link: Readonly<DOMStringMap>, now_ms: number): Dialled | null {
    const dialled = dialledOf(link);
    const key = JSON.stringify(dialled);
    const repeats = this.#last?.key === key && now_ms - this.#last.at_ms < SAME_CLICK_MS;
    if (!repeats) this.#last = { key, at_ms: now_ms };
    return repeats ? null : dialled;
  }
}

/** Without a record behind the number there is no record information at all. */
function dialledOf(link: Readonly<DOMStringMap>): Dialled {
  const { number = "", recordId, recordName = "", objectType = "", person, params } = link;
  const record = recordId ? { recordId, recordName, objectType, ...personInfo(person) } : {};
  return { number, ...record, ...(params === undefined ? {} : { params }) };
}
