// Which address belongs where in the console: records and new-record forms are workspace tabs;
// home, lists, search and Setup share the one navigation tab. Pure: an address in, a place out.

/** Where an address is shown, and what counts as "the same thing is already open". */
export interface Place {
  /** Path, query and fragment, relative to the console's origin. */
  readonly url: string;
  readonly where: "navigation" | "workspace";
  /** Addresses with one key share a tab: view, edit and delete of a record, but not its lists. */
  readonly key: string;
}

/** The key of the tab that never closes. */
export const NAVIGATION = "navigation";

const HERE = "http://console.invalid";

/** The place of an address; null when it is no page of the console (sign-in, files, elsewhere). */
export function placeOf(address: string, origin: string = HERE): Place | null {
  let found: URL;
  try {
    found = new URL(address, origin);
  } catch {
    return null;
  }
  if (found.origin !== new URL(origin).origin) return null;
  const url = found.pathname + found.search + found.hash;
  const [root, area, ...rest] = found.pathname.split("/").filter((step) => step !== "");
  if (root === undefined) return navigation("/lightning/page/home");
  if (root === "apex") return workspace(webTab(url), webTab(url));
  if (root !== "lightning") return null;
  if (area === "web") return workspace(url, url);
  if (area === "r" && rest[2] === "related") return workspace(url, `related:${found.pathname}`);
  if (area === "r") return workspace(url, recordKey(rest) ?? url);
  if (area === "o" && rest[1] === "new") return workspace(url, url);
  return navigation(url);
}

/** The console's address for a page of another origin, or of the pages origin, in a tab. */
export function webTab(url: string): string {
  return `/lightning/web?url=${encodeURIComponent(url)}`;
}

function navigation(url: string): Place {
  return { url, where: "navigation", key: NAVIGATION };
}

function workspace(url: string, key: string): Place {
  return { url, where: "workspace", key };
}

/** `r/Contact/003.../view` and `r/003...`: the first 15 characters tell records apart. */
function recordKey(steps: readonly string[]): string | null {
  const id = steps.find((step) => /^[A-Za-z0-9]{15}([A-Za-z0-9]{3})?$/.test(step));
  return id === undefined ? null : `record:${id.slice(0, 15)}`;
}

/** A title for a tab whose page has not been read yet. */
export function provisionalTitle(url: string): string {
  const [, area, object, verb] = url.split(/[?#]/)[0]!.split("/").filter((step) => step !== "");
  if (area === "o" && verb === "new") return `New ${object}`;
  if (area === "r" && object !== undefined && object.length < 15) return object;
  if (area === "web") return "Web page";
  return "Loading";
}
