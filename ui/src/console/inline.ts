// One field changed on the record page itself: the server's page with the field open takes the
// place of the page, which stays where it was scrolled to; the keyboard goes into the field, and
// back to its pencil afterwards.

/** The record whose page an address shows, whole or with one field open; null for others. */
export function recordPageOf(address: string | undefined): string | null {
  const path = (address ?? "").split(/[?#]/)[0]!;
  return /^(\/lightning\/r\/[^/]+\/[^/]+)\/(view|field\/[^/]+)$/.exec(path)?.[1] ?? null;
}

/** Do both addresses show the page of one record? */
export function isSameRecordPage(one: string | undefined, other: string | undefined): boolean {
  const record = recordPageOf(one);
  return record !== null && record === recordPageOf(other);
}

/** The field that is open on a page. */
export function openField(main: HTMLElement): string | null {
  return main.querySelector<HTMLElement>("form[data-inline]")?.dataset["inline"] ?? null;
}

const INPUTS = "input:not([type='hidden']), select, textarea";

/** Puts the keyboard into the field that is open, else on the pencil of the one that was. */
export function focusField(main: HTMLElement, before: string | null): void {
  const now = openField(main);
  if (now !== null) {
    const named = `[name="${CSS.escape(now)}"]:not([type="hidden"])`;
    const form = main.querySelector<HTMLElement>("form[data-inline]");
    const own = form?.querySelector<HTMLElement>(named);
    const input = own ?? form?.querySelector<HTMLElement>(INPUTS);
    input?.focus();
    if (input instanceof HTMLInputElement && input.type === "text") input.select();
  } else if (before !== null) {
    main.querySelector<HTMLElement>(`[data-pencil="${CSS.escape(before)}"]`)?.focus();
  }
}

/** A double click on a value opens it, as its pencil does. */
export function openByDoubleClick(event: MouseEvent): void {
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest("a, button, form") != null) return;
  const pencil = target?.closest(".oh-fields > div")?.querySelector<HTMLElement>(".oh-pencil");
  if (!pencil) return;
  getSelection()?.removeAllRanges();
  pencil.click();
}

/** Escape leaves an open field as Cancel does; Control or Command and Enter save it. */
export function keyInField(event: KeyboardEvent): void {
  const form = event.target instanceof Element ? event.target.closest("form[data-inline]") : null;
  if (!(form instanceof HTMLFormElement) || event.isComposing) return;
  const saves = event.key === "Enter" && (event.ctrlKey || event.metaKey);
  if (saves) form.requestSubmit();
  else if (event.key === "Escape") form.querySelector<HTMLElement>("[data-cancel]")?.click();
  else return;
  event.preventDefault();
}
