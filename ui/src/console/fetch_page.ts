// One page of the console over HTTP: asks for the fragment and says what came of it. The caller
// shows it; nothing here touches the document.

import type { Facts } from "./tabs.ts";

/** What a request for a page led to. */
export type Outcome =
  | {
      readonly type: "page";
      readonly main: HTMLElement;
      readonly facts: Facts;
      readonly status: number;
    }
  | { readonly type: "signed_out" }
  /** Something to be saved to disk rather than shown. */
  | { readonly type: "file" }
  | { readonly type: "failed"; readonly title: string; readonly detail: string }
  /** A newer request for the same panel took over. */
  | { readonly type: "superseded" };

/** A page that has not come by then will hardly come. */
const PAGE_TIMEOUT_MS = 30_000;

/** A request with its body, as a form makes it; a plain GET when absent. */
export interface Submission {
  readonly method: "POST";
  readonly body: FormData | URLSearchParams;
}

/** Fetches a page, following redirects, and parses its `<main>`. */
export async function fetchPage(
  url: string,
  submission: Submission | null,
  stop: AbortSignal,
): Promise<Outcome> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(PAGE_TIMEOUT_MS)]);
  const headers = { "X-Offhook-Fragment": "1", Accept: "text/html" };
  try {
    const answer = await fetch(url, {
      ...(submission ?? { method: "GET" }),
      headers,
      signal,
      credentials: "same-origin",
      cache: "no-store",
    });
    return await outcomeOf(answer);
  } catch (error) {
    if (stop.aborted) return { type: "superseded" };
    const late = error instanceof DOMException && error.name === "TimeoutError";
    return failed(late ? "The server took too long to answer" : "The server cannot be reached");
  }
}

async function outcomeOf(answer: Response): Promise<Outcome> {
  const path = new URL(answer.url).pathname;
  if (answer.status === 401 || path === "/login") return { type: "signed_out" };
  const type = answer.headers.get("Content-Type") ?? "";
  if (answer.ok && !type.startsWith("text/html")) return { type: "file" };
  const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
  const main = parsed.querySelector("main");
  if (main === null) return refusal(answer.status);
  return { type: "page", main, facts: factsOf(main, answer.url), status: answer.status };
}

/** What a `<main>` says of itself; the address it was fetched by fills in for one not given. */
export function factsOf(main: HTMLElement, fetchedFrom: string): Facts {
  const { dataset } = main;
  const from = new URL(fetchedFrom);
  const heading = main.querySelector("h1")?.textContent?.trim();
  return {
    url: dataset["url"] || from.pathname + from.search,
    title: dataset["title"] || heading || "Untitled",
    kind: dataset["kind"] ?? "",
    icon: dataset["icon"] ?? "",
    recordId: dataset["recordId"] ?? "",
    recordName: dataset["recordName"] ?? "",
    objectType: dataset["objectType"] ?? "",
    person: dataset["person"] ?? "",
  };
}

function refusal(status: number): Outcome {
  if (status === 403) {
    return failed("You have no access to this page", "Ask your administrator if you need it.");
  }
  if (status === 404) {
    return failed("This page does not exist", "It may have been deleted, or the link is wrong.");
  }
  return failed("The server could not show this page", `It answered with status ${status}.`);
}

function failed(title: string, detail = "Check your connection, then try again."): Outcome {
  return { type: "failed", title, detail };
}
