// Links and forms of ordinary pages, taken over so that they open in tabs instead of leaving the
// document (which would reload the phone). Pages need nothing for it; `data-native` opts out.

import { placeOf } from "./address.ts";
import type { Submission } from "./fetch_page.ts";

/** What a click on a link asks for. */
export interface Followed {
  readonly url: string;
  readonly as: "place" | "subtab";
  /** The link stands inside a form (Cancel): leaving its entries behind is meant. */
  readonly insideForm: boolean;
}

/** What a submitted form asks for. */
export type Submitted = Shown | Posted;

/** A form that asks for a page. */
export interface Shown {
  readonly type: "get";
  readonly url: string;
  /** The answer takes the place of the page with the form (`data-here`). */
  readonly here: boolean;
}

/** A form that changes something. */
export interface Posted {
  readonly type: "post";
  readonly url: string;
  readonly submission: Submission;
}

/** The link a click is on, if the console should follow it. */
export function followedLink(event: MouseEvent): Followed | null {
  if (event.defaultPrevented || event.button !== 0) return null;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return null;
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  if (!(link instanceof HTMLAnchorElement) || link.closest("[data-native]") !== null) return null;
  if ((link.target !== "" && link.target !== "_self") || link.hasAttribute("download")) return null;
  const place = placeOf(link.href, location.origin);
  if (place === null) return null;
  const as = link.dataset["open"] === "subtab" ? "subtab" : "place";
  return { url: place.url, as, insideForm: link.closest("form") !== null };
}

/** A link to a place on the same page (`#section`): its target, or null for any other link. */
export function anchorTarget(event: MouseEvent): HTMLElement | null {
  const link = event.target instanceof Element ? event.target.closest('a[href^="#"]') : null;
  const id = link?.getAttribute("href")?.slice(1);
  return id ? document.getElementById(id) : null;
}

/** The request a form makes, if the console should make it. */
export function submittedForm(event: SubmitEvent): Submitted | null {
  const form = event.target;
  if (event.defaultPrevented || !(form instanceof HTMLFormElement)) return null;
  const submitter = event.submitter;
  if (form.closest("[data-native]") !== null || submitter?.hasAttribute("data-native")) return null;
  const action = submitter?.getAttribute("formaction") ?? form.getAttribute("action") ?? "";
  const url = new URL(action, location.href);
  const method = submitter?.getAttribute("formmethod") ?? form.getAttribute("method") ?? "get";
  if (method.toLowerCase() === "dialog" || placeOf(url.href, location.origin) === null) return null;
  const data = new FormData(form, submitter);
  if (method.toLowerCase() !== "post") {
    url.search = textFields(data).toString();
    const here = form.hasAttribute("data-here");
    return { type: "get", url: url.pathname + url.search, here };
  }
  const multipart = form.enctype === "multipart/form-data";
  const submission: Submission = { method: "POST", body: multipart ? data : textFields(data) };
  return { type: "post", url: url.pathname + url.search, submission };
}

/** A file in a form that is not multipart is sent as its name, as browsers do. */
function textFields(data: FormData): URLSearchParams {
  const text = (value: FormDataEntryValue): string =>
    typeof value === "string" ? value : value.name;
  return new URLSearchParams([...data].map(([name, value]) => [name, text(value)]));
}

/** Whether typing into this element makes entries that could be lost. */
export function holdsEntries(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false;
  const form = target.closest("form");
  return form !== null && form.method === "post" && form.closest("[data-native]") === null;
}

/** A link to one of our own pages outside the console, which would unload it. */
export function leavesConsole(event: MouseEvent): HTMLAnchorElement | null {
  if (event.defaultPrevented || event.button !== 0) return null;
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  if (!(link instanceof HTMLAnchorElement) || link.hasAttribute("download")) return null;
  const web = link.protocol === "http:" || link.protocol === "https:";
  const own = link.target === "" || link.target === "_self";
  return web && own && link.closest("[data-native]") === null ? link : null;
}
