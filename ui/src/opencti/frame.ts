// Where the library finds itself: the host's origin and the mode from the page's URL, and the API
// version from the URL the script was loaded by. Pure: strings in, values out.

/** The two URL parameters without which there is no host to speak to. */
export interface HostParameters {
  readonly sfdcIframeOrigin: string;
  readonly mode: string;
}

/** What was found, or the names of what is missing or unusable. */
export type Found =
  | { readonly parameters: HostParameters; readonly missing: readonly [] }
  | { readonly parameters: null; readonly missing: readonly string[] };

/** The version used when the script's URL does not tell. */
export const DEFAULT_API_VERSION = 66;

/**
 * Reads the parameters from a query string (`?mode=Lightning&...`). What the query lacks is taken
 * from `kept`, the values of an earlier page of the same frame: redirects and client-side routers
 * lose them. The last of several values counts, as the host appends its own.
 */
export function hostParameters(query: string, kept: Partial<HostParameters>): Found {
  const given = new URLSearchParams(query);
  const ownOrigin = usableOrigin(given.getAll("sfdcIframeOrigin").at(-1));
  const origin = ownOrigin ?? usableOrigin(kept.sfdcIframeOrigin);
  const mode = given.getAll("mode").at(-1) ?? kept.mode;
  if (origin !== undefined && mode !== undefined) {
    return { parameters: { sfdcIframeOrigin: origin, mode }, missing: [] };
  }
  const missing = [];
  if (origin === undefined) missing.push("sfdcIframeOrigin");
  if (mode === undefined) missing.push("mode");
  return { parameters: null, missing };
}

/** The number N of `/support/api/N.0/` in a script's address. */
export function apiVersionOf(scriptUrls: readonly (string | undefined)[]): number {
  for (const url of scriptUrls) {
    const found = /\/support\/api\/(\d{1,3})\.\d+\//.exec(url ?? "");
    if (found?.[1] !== undefined) return Number(found[1]);
  }
  return DEFAULT_API_VERSION;
}

/** Host names are not judged, unlike in the platform's own library: our hosts have any name. */
function usableOrigin(given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  try {
    const url = new URL(given);
    return url.protocol === "https:" || url.protocol === "http:" ? url.origin : undefined;
  } catch {
    return undefined;
  }
}
