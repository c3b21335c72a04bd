// What the server tells the console at start: the JSON beside the page.

/** Contents of `<script id="oh-boot">`. */
export interface Boot {
  readonly user: { readonly id: string; readonly name: string };
  /** Sent back as `X-CSRF-Token` with each JSON request. */
  readonly csrf: string;
  /** Whether the user is in a call center, so that a phone is to be shown. */
  readonly phone: boolean;
  /** Origin of pages that we serve for the frame: our softphone lives there. */
  readonly pages_origin: string;
  /** Name of the app, shown in the window's title. */
  readonly app: string;
  readonly version: string;
}

/** Reads the boot data; null on pages without a console (sign-in). */
export function readBoot(page: Document): Boot | null {
  const text = page.getElementById("oh-boot")?.textContent;
  return text ? (JSON.parse(text) as Boot) : null;
}

/** The element a page of the server must have; its absence is a fault of the template. */
export function part(page: Document, id: string): HTMLElement {
  const found = page.getElementById(id);
  if (found === null) throw new Error(`The page has no element #${id}.`);
  return found;
}
