// What pages of softphones give a tab beside what it shows: a name to find it by, a title, an icon,
// colours, and whether it may be closed. It is theirs and ends with their tab or a reload. Pure.

/** All that may be given; what is absent is the tab's own. */
export interface Dress {
  readonly name?: string | undefined;
  readonly title?: string | undefined;
  /** `standard:email`, or the address of a picture. */
  readonly icon?: string | undefined;
  readonly style?: Style | undefined;
  readonly textStyle?: Style | undefined;
  readonly unsaved?: boolean | undefined;
  /** Nobody may close it. */
  readonly locked?: boolean | undefined;
  readonly link?: string | undefined;
}

/** Declarations by their names in a style sheet. */
export type Style = Readonly<Record<string, string>>;

const NONE: Dress = {};
/** Characters of a title or a name. */
export const TITLE_LENGTH_MAX = 255;

export class Dresses {
  readonly #byPage = new Map<string, Dress>();

  of(page: string): Dress {
    return this.#byPage.get(page) ?? NONE;
  }

  change(page: string, change: Dress): void {
    this.#byPage.set(page, { ...this.of(page), ...change });
  }

  /** Forgets the pages that are no longer open. */
  keepOnly(pages: ReadonlySet<string>): void {
    for (const page of this.#byPage.keys()) if (!pages.has(page)) this.#byPage.delete(page);
  }
}

/** Properties that a tab may take; the others would move it or hide what is beside it. */
const TAB = ["background", "background-color", "color", "font-weight", "border-color"];
const TEXT = ["color", "font-weight", "font-style", "font-family", "text-decoration"];
const VALUE = /^(?!.*url\()[#\w\s(),.%'"-]{1,80}$/i;

/** The declarations of a style text that are taken; null when there is none among them. */
export function styleOf(text: string, of: "tab" | "text"): Style | null {
  const allowed = of === "tab" ? TAB : TEXT;
  const taken = text.split(";").flatMap((declaration) => {
    const [name = "", value = ""] = declaration.split(":").map((part) => part.trim());
    const property = name.toLowerCase();
    if (!allowed.includes(property) || !VALUE.test(value)) return [];
    return [[property === "background" ? "background-color" : property, value] as const];
  });
  return taken.length === 0 ? null : Object.fromEntries(taken);
}
