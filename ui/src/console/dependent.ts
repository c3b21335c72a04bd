// Dependent picklists: as the controlling field of a form changes, the values that go with it are
// the only ones to choose. The server sends every value with what it goes with, and checks.

/** A value of a dependent picklist; `fits` is null for what goes with everything. */
export interface Value {
  readonly value: string;
  readonly fits: readonly string[] | null;
}

/** The values to offer beside a controlling value. */
export function fitting<Known extends Value>(
  values: readonly Known[],
  controlling: string,
): Known[] {
  return values.filter((known) => known.fits === null || known.fits.includes(controlling));
}

/** What is chosen after the values were narrowed: as before if it is still there. */
export function chosenAfter(offered: readonly Value[], before: string): string {
  if (offered.some((known) => known.value === before)) return before;
  return offered.some((known) => known.value === "") ? "" : (offered[0]?.value ?? "");
}

/** Reads `data-fits`. */
export function fitsOf(text: string | undefined): readonly string[] | null {
  if (text === undefined) return null;
  try {
    const read: unknown = JSON.parse(text);
    return Array.isArray(read) ? read.map(String) : null;
  } catch {
    return null;
  }
}

interface KnownOption extends Value {
  readonly option: HTMLOptionElement;
}

/** All options of a select, also those that are not offered at the moment. */
const all = new WeakMap<HTMLSelectElement, readonly KnownOption[]>();

/** Narrows every dependent picklist below this element, each to what its form says now. */
export function narrowAll(root: ParentNode): void {
  for (const field of root.querySelectorAll<HTMLElement>("[data-controller]")) narrow(field, true);
}

/** A control changed: narrows the picklists of its form that depend on it, and on those. */
export function narrowAfter(changed: EventTarget | null): void {
  const control = changed instanceof Element ? changed : null;
  const form = control?.closest("form");
  const name = control?.getAttribute("name");
  if (!form || !name) return;
  for (const field of form.querySelectorAll<HTMLElement>("[data-controller]")) {
    if (field.dataset["controller"] === name) narrow(field, false);
  }
}

function narrow(field: HTMLElement, keep: boolean): void {
  const form = field.closest("form");
  if (form === null) return;
  const controlling = controllingValue(form, field.dataset["controller"] ?? "");
  if (field instanceof HTMLSelectElement) narrowSelect(field, controlling, keep);
  else narrowBoxes(field, controlling, keep);
}

function controllingValue(form: HTMLFormElement, name: string): string {
  const data = new FormData(form).getAll(name).map(String);
  const named = `input[type="checkbox"][name="${CSS.escape(name)}"]`;
  const box = form.querySelector<HTMLInputElement>(named);
  if (box !== null) return String(box.checked);
  return data.at(-1) ?? "";
}

/** With `keep`, what the record has stays though it does not fit: nothing is lost unasked. */
function narrowSelect(select: HTMLSelectElement, controlling: string, keep: boolean): void {
  const known = all.get(select) ?? remember(select);
  const before = select.value;
  const offered = known.filter(
    (one) => (keep && one.value === before) || fitting([one], controlling).length > 0,
  );
  select.replaceChildren(...offered.map((one) => one.option));
  select.value = chosenAfter(offered, before);
  if (select.value !== before) narrowAfter(select);
}

function remember(select: HTMLSelectElement): readonly KnownOption[] {
  const known = [...select.options].map((option) => ({
    option,
    value: option.value,
    fits: fitsOf(option.dataset["fits"]),
  }));
  all.set(select, known);
  return known;
}

function narrowBoxes(field: HTMLElement, controlling: string, keep: boolean): void {
  let shown = 0;
  for (const box of field.querySelectorAll<HTMLElement>(".slds-checkbox")) {
    const input = box.querySelector<HTMLInputElement>('input[type="checkbox"]');
    if (input === null) continue;
    const fits = fitsOf(box.dataset["fits"]);
    box.hidden = !(fits === null || fits.includes(controlling) || (keep && input.checked));
    if (box.hidden) input.checked = false;
    else shown += 1;
  }
  const none = field.querySelector<HTMLElement>(".oh-several__none");
  if (none !== null) none.hidden = shown > 0;
}
