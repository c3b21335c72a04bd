// Where the Classic libraries find themselves: the console's origin and the nonce from the page's
// URL, and the API version from the URL the script was loaded by. Pure: strings in, values out.

/** The console that opened this page. */
export interface ClassicFrame {
  readonly origin: string;
  /** Goes with every message; the console drops those without it. Empty where none was given. */
  readonly nonce: string;
}

/** The version used when the script's URL does not tell. */
export const DEFAULT_API_VERSION = 66;

/**
 * Reads the parameters that the console appended (`sfdcIFrameOrigin` with a capital F, `nonce`).
 * A call center that speaks both APIs may have the other spelling alone. What the query lacks is
 * taken from `kept`, the values of an earlier page of the same frame.
 */
export function classicFrame(query: string, kept: Partial<ClassicFrame>): ClassicFrame | null {
  const given = new URLSearchParams(query);
  const named = given.getAll("sfdcIFrameOrigin").at(-1) ?? given.getAll("sfdcIframeOrigin").at(-1);
  const origin = usableOrigin(named) ?? usableOrigin(kept.origin);
  if (origin === undefined) return null;
  return { origin, nonce: given.getAll("nonce").at(-1) ?? kept.nonce ?? "" };
}

/** The number N of `/support/api/N.0/` or `/support/console/N.0/` in a script's address. */
export function apiVersionOf(scriptUrls: readonly (string | undefined)[]): number {
  for (const url of scriptUrls) {
    const found = /\/support\/(?:api|console)\/(\d{1,3})\.\d+\//.exec(url ?? "");
    if (found?.[1] !== undefined) return Number(found[1]);
  }
  return DEFAULT_API_VERSION;
}

function usableOrigin(given: string | undefined): string | undefined {
  if (given === undefined || !URL.canParse(given)) return undefined;
  const url = new URL(given);
  return url.protocol === "https:" || url.protocol === "http:" ? url.origin : undefined;
}
